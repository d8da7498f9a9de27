/* steps.c -- the kernels in order: a micro-step, what is made before the window and behind it, the window.

   1. Threads meet where the phase changes and at the end.
   2. The parts of a sum are added up by thread 0 behind the barrier that ends their phase. The next micro-step writes them
      anew; a barrier lies between, but where a micro-step is one phase: there one is added. */
#include "back/c/share.h"
#include "back/c/steps.h"

typedef struct { Kernel **at; int n; const char *micro; const char *beta; } Steps;

static void call_kernel(const Program *s, Text *out, const Steps *x, const Kernel *k)
{
    const char *beta = k->first_write ? x->beta : "1";
    text_add(out, "%s", share_call(k, x->micro, kernel_has_beta(s, k) ? beta : NULL));
}

/* Thread 0 adds up the sums that kernels from .. to - 1 have left in parts; returns how many. */
static int add_sums(Text *out, const Steps *x, int from, int to)
{
    int sums = 0;
    for (int i = from; i < to; i++) sums += x->at[i]->sum >= 0;
    if (sums > 1) text_add(out, "if (t->id == 0) {\n");
    for (int i = from; i < to; i++) {
        const Kernel *k = x->at[i];
        if (k->sum >= 0) text_add(out, "%sadd_up(%d, %d);\n", sums == 1 ? "if (t->id == 0) " : "", k->sum, k->part.count);
    }
    if (sums > 1) text_add(out, "}\n");
    return sums;
}

static char *steps_text(const Program *s, Steps x)
{
    Text out = { 0 };
    text_put(&out, "", 0);
    for (int from = 0, to; from < x.n; from = to) {
        for (to = from; to < x.n && x.at[to]->phase == x.at[from]->phase; to++) call_kernel(s, &out, &x, x.at[to]);
        text_add(&out, "barrier(t);\n");
        if (add_sums(&out, &x, from, to) && from == 0 && to == x.n) text_add(&out, "barrier(t);\n");
    }
    return out.s;
}

static char *conclude_text(const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    const Steps finish = { s->k->finish.at, s->k->finish.n, "NULL", "0" };
    if (any_late(s) || notes(s)) {
        text_add(&t, "if (t->id == 0) {\n%s%s}\n", late_text(s), levels_text(s));
        if (any_late(s)) text_add(&t, "barrier(t);\n");
    }
    text_add(&t, "%s", steps_text(s, finish));
    return t.s;
}

static void fill_step(const Program *s, Env *e)
{
    const Kernels *k = s->k;
    const int from = s->drops ? k->forward.n : 0;
    env_set(e, "micro", "%s", steps_text(s, (Steps) { k->micro.at + from, k->micro.n - from, "m", "beta" }));
    const Steps forward = { k->forward.at, k->forward.n, "m", "1" }, evaluated = { k->evaluated.at, k->evaluated.n, "m", "1" };
    env_set(e, "forward", "%s", steps_text(s, s->drops ? forward : evaluated));
    env_set(e, "output_steps", "%s", steps_text(s, (Steps) { k->outputs.at, k->outputs.n, "m", "1" }));
    env_set(e, "counting", "%s", steps_text(s, (Steps) { s->counting.at, s->counting.n, "m", "1" }));
    env_set(e, "counted_lines", "%s", counted_text(s));
    env_set(e, "prepare", "%s", steps_text(s, (Steps) { k->once.at, k->once.n, "NULL", "1" }));
    env_set(e, "conclude", "%s", conclude_text(s));
    env_set(e, "level_lines", "%s", levels_text(s));
    window_facts(s, e);
}

void c_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    const Shared *list = share_kernels(all, share);
    for (int i = 0; i < all->steps.n; i++) fill_step(all->steps.at[i], step[i]);
    env_set(program, "kernels", "%s", share_functions(list));
}
