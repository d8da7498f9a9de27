/* window.c -- the text about a window that all targets share: statements before its first
   micro-step and after its last one. */
#include "back/emit.h"

bool any_beta(const Program *s)
{
    for (int i = 0; i < s->k->micro.n; i++)
        if (has_beta(s->k, s->k->micro.at[i]) && s->k->micro.at[i]->first_write) return true;
    return false;
}

long partials(const Whole *all)
{
    long most = 1;
    for (int i = 0; i < all->steps.n; i++)
        for (int j = 0; j < all->steps.at[i]->k->micro.n; j++) {
            const Kernel *x = all->steps.at[i]->k->micro.at[j];
            if (x->sum >= 0 && x->part.count > most) most = x->part.count;
        }
    return most;
}

/* ---- after the last micro-step ---- */
bool any_late(const Program *s)
{
    bool late = s->late || s->drops;
    for (int i = 0; i < s->g->roots.n; i++) late |= s->root_when[i] == ROOT_LATE;
    return late;
}

bool prepares(const Program *s)
{
    return s->k->once.n || (s->k->target->rounds && s->g->train.precision >= BF16);
}

bool notes(const Program *s) { return s->penalties.n || s->counts; }

bool concludes(const Program *s) { return any_late(s) || notes(s) || s->k->finish.n; }

char *penalties_text(const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (s->drops)
        text_add(&t, "if (!w.training) sums[%d] = (double)w.samples;\n",
                 s->g->first_sum + s->g->sums.n);
    if (s->counts) text_add(&t, "sums[%d] = (double)w.samples;\n", s->g->first_sum + s->g->sums.n);
    for (int i = 0; i < s->penalties.n; i++) {
        const Buffer *b = buffer_of(s->k, s->penalties.at[i]);
        text_add(&t, "sums[%d] = (double)w.samples * (double)%s;\n", first_penalty(s) + i,
                 buffer_name(b));
    }
    return t.s;
}

/* The scales that are known at that time, from the sums. */
static void scales_add(const Program *s, RootWhen when, Text *t)
{
    for (int i = 0; i < s->g->roots.n; i++) {
        const Expr *e = s->late ? s->scale_in[i] : guarded(s->scale_in[i]);
        if (s->root_when[i] == when)
            text_add(t, "w.scale_in[%d] = %s;\n", i, scale_text(t, s, e, "w."));
    }
}

/* Whether the scales that are known at that time depend on the number of samples. */
static bool needs_samples(const Program *s, RootWhen when)
{
    bool uses = s->count && s->late == (when == ROOT_LATE) && expr_uses(s->count, "samples");
    for (int i = 0; i < s->g->roots.n; i++)
        uses |= s->root_when[i] == when && expr_uses(s->scale_in[i], "samples");
    return uses;
}

/* Thread 0's statements: the denominator, scale_out, the factors of penalties. */
char *late_text(const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (needs_samples(s, ROOT_LATE)) text_add(&t, "const double samples = (double)w.samples;\n");
    if (s->late)
        text_add(&t,
                 "w.count = %s;\nconst double divisor = w.count%s;\nw.scale_out = divisor != 0 ? "
                 "(real)(1 / divisor) : 0;\n",
                 choice_text(&t, s->count), s->g->train.loss_scale > 0 ? " * w.loss_scale" : "");
    else if (s->drops) text_add(&t, "w.count = sums[%d];\n", s->g->sums.n);
    scales_add(s, ROOT_LATE, &t);
    return t.s;
}

/* ---- ahead of the window ---- */
char *counted_text(const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (needs_samples(s, ROOT_COUNTED)) text_add(&t, "const double samples = (double)w.samples;\n");
    if (s->count && !s->late) text_add(&t, "w.count = %s;\n", choice_text(&t, s->count));
    scales_add(s, ROOT_COUNTED, &t);
    return t.s;
}

/* ---- dropping ---- */
/* The sums over the batch on which the loss depends. */
static char *judged_text(const Program *s)
{
    Text t = { 0 };
    bool *in_loss = NEW_ARRAY(bool, s->g->nodes.n);
    mark_reached(s->g->minimize, in_loss);
    for (int i = 0; i < s->g->sums.n; i++)
        if (in_loss[s->g->sums.at[i]->id]) text_add(&t, t.n ? ", %d" : "%d", i);
    return t.s;
}

/* A micro-step's kernels that run only if its loss is finite: all except the forward ones. */
static void split_micro(const Program *s, Env *e)
{
    const Kernels *k = s->k;
    env_flag(e, "drops", s->drops);
    env_flag(e, "whole", !s->drops);
    if (!s->drops) return;
    for (int i = 0; i < k->forward.n; i++)
        if (k->micro.at[i]->backward)
            error_at(s->g->train.loc, "train: nonfinite = \"drop_micro\" is decided after the "
                                      "forward of all losses, but these run one "
                                      "after the other: say \"skip_window\"");
    stop_if_errors();
    env_set(e, "judged", "%s", judged_text(s));
    env_set(e, "rows_kept", "%d", s->g->first_sum + s->g->sums.n);
}

/* ---- the window ---- */
static void list_micros(const Program *s, Env *e)
{
    const Train *t = &s->g->train;
    for (long i = 1; s->unrolled && i < t->accumulate; i++)
        env_set(env_item(e, "micros"), "from", i == 1 ? ROWS_NAME : "%ld * " ROWS_NAME, i);
}

void window_facts(const Program *s, Env *e)
{
    const Train *t = &s->g->train;
    env_flag(e, "counted", s->counting.n > 0);
    env_flag(e, "ignores_beta", !any_beta(s));
    env_flag(e, "next", s->next);
    env_flag(e, "unrolled", s->unrolled);
    env_flag(e, "prepared", prepares(s));
    env_flag(e, "concluded", concludes(s));
    env_flag(e, "noise", s->g->train.noise_scale);
    env_flag(e, "penalties", notes(s) || s->drops);
    env_set(e, "window", "%ld samples = %ld x %ld", t->batch, t->accumulate, t->micro_batch);
    split_micro(s, e);
    list_micros(s, e);
}
