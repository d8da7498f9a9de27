/* steps_cuda.c -- kernels as launches, in order: a micro-step, what is made before the window and behind it.

   1. One stream runs them one after another: nobody waits for anybody inside a window.
   2. Neighbours that are small share a launch of one block, which runs them in turn; its name says the first and the last,
      so they are neighbours in every list. */
#include <string.h>
#include "back/cuda/cuda.h"

enum { SMALL = 16384 };                 /* turns that one block goes through as fast as many would */
typedef struct {
    AlikeList alike;
    VEC(Coded) coded;                   /* by alike */
    Library library;
    Text functions;
    VEC(char) blocks;                   /* the names of launches that run several kernels in turn */
    bool alone;                         /* somewhere a launch of its own advances the micro-step's number */
} Launches;

/* ---- all kernels ---- */
static bool is_small(const Kernel *x) { return (!x->core || x->core->kind == K_REDUCE) && work_of(x->loops) <= SMALL; }

/* A kernel is shared when it and a neighbour are small: launches cost more than they compute. */
static bool is_shared(const Kernels *x, const Kernel *one)
{
    for (int i = 0; i < x->micro.n; i++)
        if (x->micro.at[i] == one)
            return is_small(one) && ((i > 0 && is_small(x->micro.at[i - 1])) || (i + 1 < x->micro.n && is_small(x->micro.at[i + 1])));
    return false;
}

static bool is_library(const Kernel *x) { return x->gemm && x->gemm->library; }

static void add_kernels(Launches *l, const Program *s, Kernel *const *at, int n, bool share)
{
    for (int i = 0; i < n; i++) {
        Coded *x = NEW(Coded);
        Alike *alike = alike_add(&l->alike, s, at[i]);
        x->alike = alike;
        x->shared = share && is_shared(s->k, at[i]);
        alike->kind = 4 * s->g->train.micro_batch + 2 * is_library(at[i]) + x->shared;
        vec_push(&l->coded, x);
        if (is_library(at[i])) library_plan(&l->library, s, at[i]);
    }
}

static bool is_known(const Launches *l, const Kernel *k)
{
    for (int i = 0; i < l->alike.at.n; i++)
        if (l->alike.at.at[i]->k == k) return true;
    return false;
}

static void add_step(Launches *l, const Program *s, bool share)
{
    const Kernels *k = s->k;
    add_kernels(l, s, k->once.at, k->once.n, share);
    add_kernels(l, s, k->micro.at, k->micro.n, share);
    for (int i = 0; i < s->counting.n; i++)
        if (!is_known(l, s->counting.at[i])) add_kernels(l, s, &s->counting.at[i], 1, share);
    add_kernels(l, s, k->finish.at, k->finish.n, share);
    add_kernels(l, s, k->predict.at, k->predict.n, share);
}

/* The kernel as it is written; NULL: it is in no list. */
static Coded *coded_of(const Launches *l, const Alike *x)
{
    for (int i = 0; i < l->coded.n; i++)
        if (l->coded.at[i]->alike == x) return l->coded.at[i];
    BUG("kernel %d has no function", x->k->id);
}

static void code_kernels(Launches *l)
{
    for (int i = 0; i < l->coded.n; i++)
        if (l->coded.at[i]->alike->first == l->coded.at[i]->alike) code_kernel(l->coded.at[i], &l->functions);
}

static Coded *function_of(const Launches *l, const Kernel *k) { return coded_of(l, alike_of(&l->alike, k)->first); }

static long most_split(Kernel *const *at, int n, long most)
{
    for (int i = 0; i < n; i++) {
        const long split = is_library(at[i]) ? 0 : split_of(at[i]->loops);
        if (split > most) most = split;
    }
    return most;
}

long split_reals(const Whole *all)
{
    long most = 0;
    for (int i = 0; i < all->steps.n; i++) {
        const Kernels *k = all->steps.at[i]->k;
        const KernelList *const lists[] = { &k->once, &k->micro, &k->finish, &k->predict };
        for (int l = 0; l < 4; l++) most = most_split(lists[l]->at, lists[l]->n, most);
    }
    return most;
}

/* ---- several in one block ---- */
static bool new_block(Launches *l, char *ident)
{
    for (int i = 0; i < l->blocks.n; i++)
        if (!strcmp(l->blocks.at[i], ident)) return false;
    vec_push(&l->blocks, ident);
    return true;
}

static void add_call(Env *e, const char *call, bool more)
{
    Env *c = env_item(e, "calls");
    env_set(c, "call", "%s", call);
    env_flag(c, "more", more);
}

/* A launch of kernels at[0 .. n - 1] in turn; `last`: the micro-step's number is advanced after them. */
static void add_block(Launches *l, Text *out, Kernel **at, int n, bool last)
{
    bool beta = false;
    char *ident = text("k%d_to_k%d%s", at[0]->id, at[n - 1]->id, last ? "_next" : "");
    Env *e = env_new(NULL);
    for (int i = 0; i < n; i++) {
        const Coded *first = function_of(l, at[i]);
        const Piece *p = first->pieces.at[0];
        beta |= p->w->beta && at[i]->first_write;
        add_call(e, text("%s(%s);", first->alike->k->ident, call_text(first, alike_of(&l->alike, at[i]), p, "dev")), i + 1 < n || last);
    }
    if (last) add_call(e, "if (threadIdx.x == 0) dev->w.micro++;", false);
    env_set(e, "title", "k%d to k%d, one after another%s", at[0]->id, at[n - 1]->id, last ? "; no later kernel asks for the micro-step" : "");
    env_set(e, "threads", "%d", BLOCK_THREADS);
    env_set(e, "ident", "%s", ident);
    env_set(e, "parameter", "%s", beta ? ", int beta" : "");
    if (new_block(l, ident)) text_add(&l->functions, "%s\n", template_render("cuda/block.cu", e));
    text_add(out, "GG_LAUNCH(%s, 1, %d, 0, gg_stream, device%s);\n", ident, BLOCK_THREADS, beta ? ", beta" : "");
}

/* ---- lists of kernels ---- */
static void add_launch(Launches *l, const Program *s, Text *out, const Kernel *x)
{
    if (is_library(x)) text_add(out, "%s", library_call(s, x));
    text_add(out, "%s", launch_text(function_of(l, x), alike_of(&l->alike, x)));
}

/* The kernels in order; `step`: the micro-step's number goes up after the last one that reads it. */
static char *launches(Launches *l, const Program *s, Kernel **at, int n, bool step)
{
    Text t = { 0 };
    int last = -1;
    text_put(&t, "", 0);
    for (int i = 0; i < n; i++)
        if (function_of(l, at[i])->counts) last = i;
    for (int from = 0, to; from < n; from = to) {
        to = from + 1;
        if (!function_of(l, at[from])->shared) { add_launch(l, s, &t, at[from]); continue; }
        while (to < n && at[to]->id == at[to - 1]->id + 1 && function_of(l, at[to])->shared) to++;
        const bool here = step && from <= last && last < to;
        add_block(l, &t, at + from, to - from, here);
        if (here) step = false;
    }
    step &= n > 0;
    l->alone |= step;
    if (step) text_add(&t, "GG_LAUNCH(next_micro, 1, 1, 0, gg_stream, device);\n");
    return t.s;
}

/* A kernel of one thread for what is a few numbers, or nothing. */
static void set_lines(Env *e, const char *name, const char *lines)
{
    env_flag(e, text("has_%s", name), *lines != 0);
    env_set(e, text("%s_lines", name), "%s", lines);
}

static void fill_step(Launches *l, const Program *s, Env *e)
{
    const Kernels *x = s->k;
    window_facts(s, e);
    env_set(e, "prepare", "%s", launches(l, s, x->once.at, x->once.n, false));
    env_set(e, "counting", "%s", launches(l, s, s->counting.at, s->counting.n, true));
    const int from = s->drops ? x->forward.n : 0;
    env_set(e, "judging", "%s", s->drops ? launches(l, s, x->micro.at, from, false) : "");
    env_set(e, "micro", "%s", launches(l, s, x->micro.at + from, x->micro.n - from, true));
    env_flag(e, "no_beta", !any_beta(s));
    env_set(e, "forward", "%s", launches(l, s, x->evaluated.at, x->evaluated.n, true));
    env_set(e, "output_steps", "%s", launches(l, s, x->outputs.at, x->outputs.n, true));
    env_set(e, "finish", "%s", launches(l, s, x->finish.at, x->finish.n, false));
    set_lines(e, "late", any_late(s) ? late_text(s) : "");
    set_lines(e, "level", levels_text(s));
    env_set(e, "level_views", "%s", level_views(s));
    set_lines(e, "counted", counted_text(s));
}

static void fill_facts(const Launches *l, const Whole *all, Env *e)
{
    const Library *x = &l->library;
    const long split = split_reals(all);
    bool skips = false;
    for (int i = 0; i < all->steps.n; i++) skips |= all->steps.at[i]->count || all->steps.at[i]->g->checks.n || checks_finite(all->steps.at[i]);
    env_flag(e, "next_micro", l->alone);
    env_set(e, "kernels", "%s", l->functions.s ? l->functions.s : "");
    env_flag(e, "rounds", all->steps.at[0]->g->train.precision >= BF16);
    env_flag(e, "blas", x->handles.n > 0);
    env_set(e, "handles", "%s", x->handles.s ? x->handles.s : "");
    env_set(e, "handles_are", "%s", x->pairs ? " @@ [2]: first stores, next adds" : "");
    env_set(e, "plans", "%s", x->plans.s ? x->plans.s : "");
    env_flag(e, "split", split > 0);
    env_set(e, "split", "%ld", split);
    env_set(e, "skips", "%s", skips ? "true" : "false");
}

void cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    Launches l = { .alone = false };
    for (int i = 0; i < all->steps.n; i++) add_step(&l, all->steps.at[i], share);
    if (share) alike_find(&l.alike);
    code_kernels(&l);
    for (int i = 0; i < all->steps.n; i++) fill_step(&l, all->steps.at[i], step[i]);
    fill_facts(&l, all, program);
}
