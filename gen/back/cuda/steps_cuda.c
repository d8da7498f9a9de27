/* steps_cuda.c -- kernels as launches, in order: a micro-step, what is made before the window and behind it.

   1. One stream runs them one after another: nobody waits for anybody inside a window.
   2. Neighbours that are small share a launch of one block, which runs them in turn; its name says the first and the last,
      so they are neighbours in every list. */
#include <string.h>
#include "back/emit.h"
#include "back/cuda/emit_cuda.h"

enum { SMALL = 16384 };                 /* elements that one block goes through as fast as many would */
typedef struct { const Kernel *kernel; const char *launch; bool shared, counts; } Done;      /* counts: it reads the micro-step's number */
typedef struct {
    Cuda all;
    VEC(Done) done;                     /* kernels whose functions are written */
    VEC(char) blocks;                   /* and those that run several in turn */
    bool alone;                         /* somewhere a launch of its own advances the micro-step's number */
    bool share;
} Launches;

static bool is_small(const Kernel *x) { return cuda_work(x) <= SMALL; }

/* A kernel is shared when it and a neighbour are small: launches cost more than they compute. */
static bool is_shared(const Kernels *x, const Kernel *one)
{
    for (int i = 0; i < x->micro.n; i++)
        if (x->micro.at[i] == one)
            return is_small(one) && ((i > 0 && is_small(x->micro.at[i - 1])) || (i + 1 < x->micro.n && is_small(x->micro.at[i + 1])));
    return false;
}

static const Done *written(Launches *l, const Program *s, const Kernel *x)
{
    for (int i = 0; i < l->done.n; i++)
        if (l->done.at[i]->kernel == x) return l->done.at[i];
    Done *d = NEW(Done);
    const size_t from = l->all.functions.n;
    l->all.shared = l->share && is_shared(s->k, x);
    cuda_kernel(s, x, &l->all);
    *d = (Done) { x, l->all.launch.s, l->all.shared, l->all.functions.n > from && strstr(l->all.functions.s + from, "gg_micro") };
    vec_push(&l->done, d);
    return d;
}

/* ---- several in one block --------------------------------------------------------------------------------------- */
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

/* A launch of kernels at[0 .. n - 1] in turn; `last`: the micro-step's number is advanced behind them. */
static void add_block(Launches *l, const Program *s, Text *out, Kernel **at, int n, bool last)
{
    bool beta = false;
    for (int i = 0; i < n; i++) beta |= kernel_has_beta(s, at[i]) && at[i]->first_write;
    char *ident = text("k%d_to_k%d%s", at[0]->id, at[n - 1]->id, last ? "_next" : "");
    Env *e = env_new(NULL);
    env_set(e, "title", "k%d to k%d, one after another%s", at[0]->id, at[n - 1]->id, last ? "; no later kernel asks for the micro-step" : "");
    env_set(e, "threads", "%d", BLOCK_THREADS);
    env_set(e, "ident", "%s", ident);
    env_set(e, "parameter", "%s", beta ? ", int beta" : "");
    for (int i = 0; i < n; i++) {
        const char *b = !kernel_has_beta(s, at[i]) ? "" : at[i]->first_write ? ", beta" : ", 1";
        add_call(e, text("%s(dev%s);", at[i]->ident, b), i + 1 < n || last);
    }
    if (last) add_call(e, "if (threadIdx.x == 0) dev->w.micro++;", false);
    if (new_block(l, ident)) text_add(&l->all.functions, "%s\n", template_render("cuda/block.cu", e));
    text_add(out, "GG_LAUNCH(%s, 1, %d, 0, gg_stream, device%s);\n", ident, BLOCK_THREADS, beta ? ", beta" : "");
}

/* The kernels in order; `step`: the micro-step's number goes up behind the last one that reads it. */
static char *launches(Launches *l, const Program *s, Kernel **at, int n, bool step)
{
    Text t = { 0 };
    int last = -1;
    text_put(&t, "", 0);
    for (int i = 0; i < n; i++)
        if (written(l, s, at[i])->counts) last = i;
    for (int from = 0, to; from < n; from = to) {
        to = from + 1;
        if (!written(l, s, at[from])->shared) { text_add(&t, "%s", written(l, s, at[from])->launch); continue; }
        while (to < n && at[to]->id == at[to - 1]->id + 1 && written(l, s, at[to])->shared) to++;
        const bool here = step && from <= last && last < to;
        add_block(l, s, &t, at + from, to - from, here);
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
    env_set(e, text("%s_views", name), "%s", cuda_views(text("w %s", lines)));
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
    set_lines(e, "counted", counted_text(s));
}

static void fill_facts(const Launches *l, const Whole *all, Env *e)
{
    const Cuda *x = &l->all;
    bool skips = false;
    for (int i = 0; i < all->steps.n; i++) skips |= all->steps.at[i]->count || all->steps.at[i]->g->checks.n || checks_finite(all->steps.at[i]);
    env_flag(e, "next_micro", l->alone);
    env_set(e, "kernels", "%s", x->functions.s ? x->functions.s : "");
    env_flag(e, "rounds", all->steps.at[0]->g->train.precision >= BF16);
    env_flag(e, "blas", x->handles.n > 0);
    env_set(e, "handles", "%s", x->handles.s ? x->handles.s : "");
    env_set(e, "handles_are", "%s", x->handles.s && strchr(x->handles.s, '[') ? " @@ [2]: first stores, next adds" : "");
    env_set(e, "plans", "%s", x->plans.s ? x->plans.s : "");
    env_flag(e, "split", x->split > 0);
    env_set(e, "split", "%ld", x->split);
    env_set(e, "skips", "%s", skips ? "true" : "false");
}

void cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    Launches l = { .share = share };
    for (int i = 0; i < all->steps.n; i++) fill_step(&l, all->steps.at[i], step[i]);
    fill_facts(&l, all, program);
}
