/* steps_cuda.c -- kernels as launches, in order: a micro-step, what is made before the window and behind it.

   1. One stream runs them one after another: nobody waits for anybody inside a window.
   2. Neighbours that are small share a launch of one block, which runs them in turn; its name says the first and the last,
      so they are neighbours in every list. */
#include <string.h>
#include "back/emit.h"
#include "back/cuda/emit_cuda.h"

enum { SMALL = 16384 };                 /* elements that one block goes through as fast as many would */
typedef struct { const Kernel *kernel; const char *launch; bool shared, counts; } Done;      /* counts: it reads the micro-step's number */
static VEC(Done) done;                  /* kernels whose functions are written */
static VEC(char) blocks;                /* and those that run several in turn */
static bool alone;                      /* somewhere a launch of its own advances the micro-step's number */
static Cuda all;
static bool sharing;

static bool is_small(const Kernel *x) { return sharing && cuda_work(x) <= SMALL; }

/* A kernel is shared when it and a neighbour are small: launches cost more than they compute. */
static bool is_shared(const Kernels *x, const Kernel *one)
{
    for (int i = 0; i < x->micro.n; i++)
        if (x->micro.at[i] == one)
            return is_small(one) && ((i > 0 && is_small(x->micro.at[i - 1])) || (i + 1 < x->micro.n && is_small(x->micro.at[i + 1])));
    return false;
}

static const Done *written(const Program *s, const Kernel *x)
{
    for (int i = 0; i < done.n; i++)
        if (done.at[i]->kernel == x) return done.at[i];
    Done *d = NEW(Done);
    const size_t from = all.functions.n;
    all.shared = is_shared(s->k, x);
    cuda_kernel(s, x, &all);
    *d = (Done) { x, all.launch.s, all.shared, all.functions.n > from && strstr(all.functions.s + from, "gg_micro") };
    vec_push(&done, d);
    return d;
}

/* ---- several in one block --------------------------------------------------------------------------------------- */
static bool new_block(char *ident)
{
    for (int i = 0; i < blocks.n; i++)
        if (!strcmp(blocks.at[i], ident)) return false;
    vec_push(&blocks, ident);
    return true;
}

static void add_call(Env *e, const char *call, bool more)
{
    Env *c = env_item(e, "calls");
    env_set(c, "call", "%s", call);
    env_flag(c, "more", more);
}

/* A launch of kernels at[0 .. n - 1] in turn; `last`: the micro-step's number is advanced behind them. */
static void add_block(const Program *s, Text *out, Kernel **at, int n, bool last)
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
    if (new_block(ident)) text_add(&all.functions, "%s\n", template_render("cuda/block.cu", e));
    text_add(out, "GG_LAUNCH(%s, 1, %d, 0, gg_stream, device%s);\n", ident, BLOCK_THREADS, beta ? ", beta" : "");
}

/* The kernels in order; `step`: the micro-step's number goes up behind the last one that reads it. */
static char *launches(const Program *s, Kernel **at, int n, bool step)
{
    Text t = { 0 };
    int last = -1;
    text_put(&t, "", 0);
    for (int i = 0; i < n; i++)
        if (written(s, at[i])->counts) last = i;
    for (int from = 0, to; from < n; from = to) {
        to = from + 1;
        if (!written(s, at[from])->shared) { text_add(&t, "%s", written(s, at[from])->launch); continue; }
        while (to < n && at[to]->id == at[to - 1]->id + 1 && written(s, at[to])->shared) to++;
        const bool here = step && from <= last && last < to;
        add_block(s, &t, at + from, to - from, here);
        if (here) step = false;
    }
    step &= n > 0;
    alone |= step;
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

static bool any_beta(const Program *s)
{
    for (int i = 0; i < s->k->micro.n; i++)
        if (kernel_has_beta(s, s->k->micro.at[i]) && s->k->micro.at[i]->first_write) return true;
    return false;
}

void cuda_steps(const Program *s, Env *e, bool share)
{
    const Kernels *x = s->k;
    sharing = share;
    window_facts(s, e);
    env_set(e, "prepare", "%s", launches(s, x->once.at, x->once.n, false));
    env_set(e, "counting", "%s", launches(s, s->counting.at, s->counting.n, true));
    const int from = s->drops ? x->forward.n : 0;
    env_set(e, "judging", "%s", s->drops ? launches(s, x->micro.at, from, false) : "");
    env_set(e, "micro", "%s", launches(s, x->micro.at + from, x->micro.n - from, true));
    env_flag(e, "no_beta", !any_beta(s));
    env_set(e, "forward", "%s", launches(s, x->evaluated.at, x->evaluated.n, true));
    env_set(e, "output_steps", "%s", launches(s, x->outputs.at, x->outputs.n, true));
    env_set(e, "finish", "%s", launches(s, x->finish.at, x->finish.n, false));
    set_lines(e, "late", any_late(s) ? late_text(s) : "");
    set_lines(e, "level", levels_text(s));
    set_lines(e, "counted", counted_text(s));
}

void cuda_facts(const Whole *all_steps, Env *e)
{
    const Program *s = all_steps->steps.at[0];
    env_flag(e, "next_micro", alone);
    env_set(e, "kernels", "%s", all.functions.s ? all.functions.s : "");
    env_flag(e, "rounds", s->g->train.precision >= BF16);
    env_flag(e, "blas", all.handles.n > 0);
    env_set(e, "handles", "%s", all.handles.s ? all.handles.s : "");
    env_set(e, "handles_are", "%s", all.handles.s && strchr(all.handles.s, '[') ? " @@ [2]: first stores, next adds" : "");
    env_set(e, "plans", "%s", all.plans.s ? all.plans.s : "");
    env_flag(e, "split", all.split > 0);
    env_set(e, "split", "%ld", all.split);
    bool skips = false;
    for (int i = 0; i < all_steps->steps.n; i++) skips |= all_steps->steps.at[i]->count || all_steps->steps.at[i]->g->checks.n || checks_finite(all_steps->steps.at[i]);
    env_set(e, "skips", "%s", skips ? "true" : "false");
}
