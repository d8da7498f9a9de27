/* count.c -- pre-count: scales that sums over the data are part of, known before the first backward.

   1. The sums that the scales are made of need a subset of the forward kernels: those that leave them and, from them
      upwards, all that write what those read. Order and phases stay, so every buffer is where it always is.
   2. A denominator of zero means that nothing of its term counts in this window: the term's scale is 0.
   3. Where that holds for every term that reads data, the window counts for nothing, and the update is left out. */
#include <stdio.h>
#include <string.h>
#include "emit.h"

typedef struct { const Expr *a, *b, *c; } Names;

static const Expr *named(void *context, const char *name)
{
    const Names *x = context;
    return name[1] ? NULL : *name == 'a' ? x->a : *name == 'b' ? x->b : *name == 'c' ? x->c : NULL;
}

/* the formula over a, b and c with those in their places */
static const Expr *filled(const char *formula, const Expr *a, const Expr *b, const Expr *c)
{
    const char *error;
    const Expr *e = expr_parse(formula, &error);
    if (!e) BUG("%s: %s", formula, error);
    return expr_replace(e, named, &(Names){ a, b, c });
}

bool uses_sums(const Expr *e)
{
    if (e->kind == E_VAR) return !strncmp(e->name, "sums[", 5);
    for (int i = 0; i < e->nargs; i++)
        if (uses_sums(e->arg[i])) return true;
    return false;
}

/* Rule 2: every quotient whose denominator is made of sums is 0 where that is 0. */
const Expr *guarded(const Expr *e)
{
    if (!e->nargs || !uses_sums(e)) return e;
    Expr *safe = NEW(Expr);
    *safe = *e;
    for (int i = 0; i < e->nargs; i++) safe->arg[i] = (Expr *)guarded(e->arg[i]);
    if (e->kind != E_DIV || !uses_sums(e->arg[1])) return safe;
    return filled("select(c == 0, 0, a / c)", safe->arg[0], NULL, safe->arg[1]);
}

/* yes where all denominators in e that are made of sums are other than 0, else no; yes itself where there are none */
static const Expr *where_counted(const Expr *e, const Expr *yes, const Expr *no)
{
    if (e->kind == E_DIV && uses_sums(e->arg[1])) yes = filled("select(c == 0, b, a)", yes, no, e->arg[1]);
    for (int i = 0; i < e->nargs; i++) yes = where_counted(e->arg[i], yes, no);
    return yes;
}

/* Rule 3: samples, or 0 where no term counts; NULL: some term always counts. */
static const Expr *count_of(const Program *s)
{
    const Expr *samples = expr_variable("samples"), *count = expr_number(0);
    for (int i = s->g->seeds.n; i-- > 0; ) {
        if (!s->g->seeds.at[i]->node->shape.rank) continue;
        const Expr *e = where_counted(s->scale_in[i], samples, count);
        if (e == samples) return NULL;
        count = e;
    }
    return count;
}

/* ---- kernels -------------------------------------------------------------------------------------------------------- */
static void mark_sums(const Expr *e, bool *used)
{
    int i;
    if (e->kind == E_VAR && sscanf(e->name, "sums[%d]", &i) == 1) used[i] = true;
    for (int k = 0; k < e->nargs; k++) mark_sums(e->arg[k], used);
}

static bool writes(const Kernel *x, const Buffer *b)
{
    for (int i = 0; i < x->touches.n; i++)
        if (x->touches.at[i]->write && x->touches.at[i]->buffer == b) return true;
    return false;
}

static void mark_writers(const Program *s, int reader, bool *wanted)
{
    const Kernel *x = s->k->micro.at[reader];
    for (int i = 0; i < x->touches.n; i++)
        for (int k = 0; k < reader; k++) wanted[k] |= writes(s->k->micro.at[k], x->touches.at[i]->buffer);
}

/* Rule 1. */
static void choose_kernels(Program *s, const bool *used)
{
    bool *wanted = NEW_ARRAY(bool, s->k->nforward);
    for (int i = s->k->nforward; i-- > 0; ) {
        const int sum = s->k->micro.at[i]->sum;
        wanted[i] |= sum >= 0 && used[sum];
        if (wanted[i]) mark_writers(s, i, wanted);
    }
    for (int i = 0; i < s->k->nforward; i++)
        if (wanted[i]) vec_push(&s->counting, s->k->micro.at[i]);
}

/* Decides what is counted; scale_in is made of sums where seed_when says so. */
void count_before(Program *s)
{
    bool *used = NEW_ARRAY(bool, s->g->sums.n);
    for (int i = 0; i < s->g->seeds.n; i++)
        if (s->seed_when[i] == SEED_COUNTED) mark_sums(s->scale_in[i], used);
    choose_kernels(s, used);
    s->count = count_of(s);
}
