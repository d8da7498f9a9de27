/* verify_program.c -- rules after schedule and join.

   schedule:
   1. Every root has its scale, and every report its formula. They are of sums, counts and numbers
      of the update.
   2. A scale that is known before the window has no sums. A counted scale needs kernels that
      count.
   3. If the count is late, it exists, and no root is counted before.
   4. Kernels that count read only what such kernels write.

   join:
   5. All steps have a parameter at one position and in one order. Parameters do not overlap;
      trained ones come first.
   6. A step's groups train ranges of their own, inside the trained part. The arena is the largest
      step's.
   7. Kernels, sums and functions have unique numbers over all steps. */
#include <stdio.h>
#include <string.h>
#include "lower/verify.h"

/* ---- schedule ---- */
static bool is_known(const Program *s, const char *name)
{
    static const char *const names[] = { "samples", "w.count", "t", "T", "E", NULL };
    int sum = -1;
    if (sscanf(name, "sums[%d]", &sum) == 1)
        return sum >= 0 && sum < first_penalty(s) + s->penalties.n;
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name)) return true;
    return false;
}

static void verify_formula(const Program *s, const Expr *e, const char *what)
{
    MUST(e, "schedule: %s has no formula", what);
    MUST(e->kind != E_VAR || is_known(s, e->name), "schedule: %s is made of '%s'", what,
         e->kind == E_VAR ? e->name : "");
    for (int i = 0; i < e->nargs; i++) verify_formula(s, e->arg[i], what);
}

static void verify_root(const Program *s, int i)
{
    const char *name = text("the scale of root %d", i);
    verify_formula(s, s->scale_in[i], name);
    MUST(s->root_when[i] != ROOT_EARLY || !uses_sums(s->scale_in[i]),
         "schedule: %s is known early, of sums", name);
    MUST(s->root_when[i] != ROOT_COUNTED ||
             (uses_sums(s->scale_in[i]) && !s->late && s->counting.n),
         "schedule: %s is counted, and no kernel counts", name);
}

static bool writes(const Kernel *x, const Buffer *b)
{
    for (int i = 0; i < x->stores.n; i++)
        for (int t = 0; t < x->touches.n; t++)
            if (x->touches.at[t]->write && x->touches.at[t]->buffer == b &&
                b->node == x->stores.at[i])
                return true;
    return false;
}

static void verify_counting(const Program *s, int i)
{
    const Kernel *x = s->counting.at[i];
    MUST(!x->backward, "schedule: %s counts, and is of backward", kernel_text(x));
    for (int n = 0; n < x->body.n; n++)
        for (int a = 0; a < x->body.at[n]->nargs; a++) {
            const Buffer *b = buffer_of(s->k, node_base(x->body.at[n]->arg[a]));
            bool made = !b || b->home != HOME_ARENA ||
                        kernel_of(s->k, b->node)->ident == x->ident ||
                        kernel_of(s->k, b->node)->id == x->id;
            for (int j = 0; j < i && !made; j++) made = writes(s->counting.at[j], b);
            MUST(made, "schedule: %s reads %s, which no kernel that counts writes", kernel_text(x),
                 b->ident);
        }
}

void verify_schedule(const Program *s)
{
    for (int i = 0; i < s->g->roots.n; i++) verify_root(s, i);
    for (int i = 0; i < s->g->reports.n; i++)
        verify_formula(s, s->report[i], text("the report %s", s->g->reports.at[i]->name));
    for (int i = 0; i < s->counting.n; i++) verify_counting(s, i);
    MUST(!s->late || s->count, "schedule: the count is late, and there is none");
    MUST(!s->unrolled || s->g->train.accumulate <= 16,
         "schedule: a window of %ld micro-steps is written out", s->g->train.accumulate);
    if (s->count) verify_formula(s, s->count, "the count");
}

/* ---- join ---- */
static void verify_parameter(const Whole *all, const Kernels *k, int i)
{
    const Buffer *b = k->params.at[i], *d = k->gradients.at[i],
                 *first = all->steps.at[0]->k->params.at[i];
    MUST(b->offset == first->offset && layout_same(&b->layout, &first->layout),
         "join: steps see %s at two places", b->param->name);
    MUST(d->offset == b->offset && layout_same(&b->layout, &d->layout),
         "join: the gradient of %s is not as %s", b->param->name, b->param->name);
    MUST(b->offset >= 0 &&
             b->offset + b->layout.size <= (b->param->trained ? k->trained : k->elements),
         "join: %s is outside of the flat array", b->param->name);
    for (int j = 0; j < i; j++) {
        const Buffer *c = k->params.at[j];
        MUST(c->offset + c->layout.size <= b->offset || b->offset + b->layout.size <= c->offset,
             "join: %s and %s overlap", c->param->name, b->param->name);
    }
}

static void verify_ranges(const Program *s)
{
    for (int i = 0; i < s->g->step->groups.n; i++) {
        const Optimizer *o = s->g->step->groups.at[i],
                        *before = i ? s->g->step->groups.at[i - 1] : NULL;
        MUST(s->k->from <= o->from && o->from <= o->to && o->to <= s->k->to &&
                 o->to <= s->k->trained,
             "join: group %d of step '%s' trains %ld to %ld", i, s->g->step->name, o->from, o->to);
        MUST(!before || before->to <= o->from, "join: two groups of step '%s' train one range",
             s->g->step->name);
    }
}

static void verify_numbers(const Whole *all)
{
    int last = 0, sums = 0;
    for (int i = 0; i < all->steps.n; i++) {
        const Program *s = all->steps.at[i];
        const KernelList list = all_kernels(s->k);
        for (int j = 0; j < list.n; j++)
            MUST(list.at[j]->id > last && list.at[j]->id <= s->k->kernels,
                 "join: %s has a number of another step", kernel_text(list.at[j]));
        MUST(s->g->first_sum >= sums, "join: the sums of step '%s' begin among another's",
             s->g->step->name);
        last = s->k->kernels, sums = first_penalty(s) + s->penalties.n;
    }
    MUST(all->nsums == sums, "join: %d sums of %d", all->nsums, sums);
}

void verify_join(const Whole *all)
{
    for (int i = 0; i < all->steps.n; i++) {
        const Program *s = all->steps.at[i];
        MUST(s->all == all && s->p->arena <= all->arena && s->p->packed <= all->packed,
             "join: step '%s' has no room", s->g->step->name);
        for (int p = 0; p < s->k->params.n; p++) verify_parameter(all, s->k, p);
        verify_ranges(s);
    }
    verify_numbers(all);
}
