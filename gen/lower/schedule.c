/* schedule.c -- decides when each scalar of the window is known, as formulas that the program
   computes in double.

   1. The variables of a formula are `samples` (the real rows of the window), t, T and E, and
      `sums[i]`, the sums over the batch. After them in sums[] come the penalties: scalars of
      parameters alone that a report shows, weighted by samples.
   2. A root's coefficient without sums is known before the first backward. It is scale_in, and
      scale_out is 1.
   3. If every coefficient is numerator / N with the same N, scale_in is the numerator and
      scale_out is 1 / N: post-scale. Otherwise the sums in the coefficients, of data alone, are
      counted first (count.c), and rule 2 holds: pre-count. If micro-batches may be dropped, the
      number of kept rows is such a sum, which cannot be counted first.
   4. A root without rows starts a gradient that is made once, after the last micro-step.
      scale_out undoes it, too, so its factor is coefficient / scale_out. */
#include <ctype.h>
#include <string.h>
#include "lower/lower.h"

enum { ROOTS = 64 }; /* as many as there is room for in Window */
typedef struct {
    Program *s;
    Graph *g;
    const Expr **known;     /* by node number: its formula */
    const Expr **numerator; /* by root: scale_in of rule 3 */
    bool reporting;         /* formulas are those of reports */
} Scales;

/* ---- nodes as formulas ---- */
static const Expr *formula(Scales *x, const Node *n);

static Expr *binary(Call call, const Expr *a, const Expr *b)
{
    Expr *e = NEW(Expr);
    *e = (Expr) { .kind = E_CALL, .call = call, .nargs = 2, .arg = { (Expr *)a, (Expr *)b } };
    return e;
}

typedef struct {
    Scales *x;
    const Node *n;
    const Expr *let[LETS];
    int lets;
} Lookup;

static const Expr *looked_up(void *context, const char *name)
{
    const Lookup *c = context;
    const Op *op = c->n->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return formula(c->x, c->n->arg[i]);
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return expr_number(c->n->attr[i]);
    for (int i = 0; i < c->lets; i++)
        if (!strcmp(op->let[i].name, name)) return c->let[i];
    return NULL;
}

static const Expr *map_formula(Scales *x, const Node *n)
{
    Lookup c = { .x = x, .n = n };
    for (; c.lets < n->op->nlets; c.lets++)
        c.let[c.lets] = expr_replace(n->op->let[c.lets].e, looked_up, &c);
    return expr_replace(n->op->value, looked_up, &c);
}

static const Expr *sum_formula(const Scales *x, const Node *n)
{
    for (int i = 0; i < x->g->sums.n; i++)
        if (x->g->sums.at[i] == n) return expr_variable(text("sums[%d]", x->g->first_sum + i));
    BUG("a sum over the batch that nobody makes");
}

/* the real rows of the window, or of those windows that a report covers */
static const Expr *samples_formula(const Scales *x)
{
    return expr_variable(x->reporting && x->s->counts
                             ? text("sums[%d]", x->g->first_sum + x->g->sums.n)
                             : "samples");
}

static const Expr *rows_formula(const Scales *x)
{
    return x->s->drops ? expr_variable(text("sums[%d]", x->g->sums.n)) : samples_formula(x);
}

/* A scalar of parameters alone: its value in this window, times the window's samples. */
static const Expr *penalty_formula(Scales *x, const Node *n)
{
    int i = 0;
    while (i < x->s->penalties.n && x->s->penalties.at[i] != n) i++;
    if (i == x->s->penalties.n) vec_push(&x->s->penalties, (Node *)n);
    return binary(CALL_DIV, expr_variable(text("sums[%d]", first_penalty(x->s) + i)),
                  samples_formula(x));
}

static const Expr *formula(Scales *x, const Node *n)
{
    const Expr **e = &x->known[n->id];
    if (*e) return *e;
    if (n->kind == K_CONST) *e = expr_number(n->value);
    else if (n->kind == K_ROWS) *e = n->schedule ? n->schedule : rows_formula(x);
    else if (n->kind == K_REDUCE && n->when == WHEN_AFTER) *e = sum_formula(x, n);
    else if (n->when == WHEN_WINDOW) *e = penalty_formula(x, n);
    else if (n->kind == K_VIEW) *e = formula(x, n->arg[0]);
    else if (n->kind == K_MAP) *e = map_formula(x, n);
    else BUG("node %d is no scalar of the window", n->id);
    return *e;
}

/* ---- numerator and denominator ---- */
/* bottom NULL: 1; only the bottom has sums */
typedef struct {
    const Expr *top, *bottom;
} Ratio;

static const Expr *product(const Expr *a, const Expr *b)
{
    const bool one = a->kind == E_NUM && a->num >= 1 && a->num <= 1;
    return one ? b : binary(CALL_MUL, a, b);
}

/* r divided by e; factors without sums go to the top. */
static void divide(Ratio *r, const Expr *e)
{
    if (!uses_sums(e)) {
        r->top = binary(CALL_DIV, r->top, e);
    } else if (expr_is(e, CALL_MUL) && !(uses_sums(e->arg[0]) && uses_sums(e->arg[1]))) {
        divide(r, e->arg[0]);
        divide(r, e->arg[1]);
    } else {
        r->bottom = r->bottom ? product(r->bottom, e) : e;
    }
}

/* false: e has sums outside its denominators */
static bool ratio_of(const Expr *e, Ratio *r)
{
    if (!uses_sums(e)) {
        r->top = product(r->top, e);
        return true;
    }
    if (expr_is(e, CALL_NEG)) r->top = binary(CALL_MUL, expr_number(-1), r->top);
    if (expr_is(e, CALL_NEG)) return ratio_of(e->arg[0], r);
    if (expr_is(e, CALL_MUL)) return ratio_of(e->arg[0], r) && ratio_of(e->arg[1], r);
    if (!expr_is(e, CALL_DIV) || !ratio_of(e->arg[0], r)) return false;
    divide(r, e->arg[1]);
    return true;
}

static const Expr *keep(void *context, const char *name)
{
    (void)context, (void)name;
    return NULL;
}

/* ---- scales ---- */
static bool has_rows(const Scales *x, int i) { return x->g->roots.at[i]->node->shape.rank > 0; }

/* Rule 3: every root's numerator, or false if the denominators differ. */
static bool scale_late(Scales *x)
{
    for (int i = 0; i < x->g->roots.n; i++) {
        Ratio r = { expr_number(1), NULL };
        if (!has_rows(x, i)) continue;
        if (!ratio_of(x->s->scale_in[i], &r) || !r.bottom) return false;
        if (!x->s->count) x->s->count = r.bottom;
        if (!expr_same(r.bottom, x->s->count)) return false;
        x->numerator[i] = expr_replace(r.top, keep, NULL);
    }
    return true;
}

static void take_numerators(const Scales *x)
{
    for (int i = 0; i < x->g->roots.n; i++) {
        x->s->root_when[i] = has_rows(x, i) ? ROOT_EARLY : ROOT_LATE;
        x->s->scale_in[i] =
            has_rows(x, i) ? x->numerator[i] : product(x->s->scale_in[i], expr_variable("w.count"));
    }
}

static void refuse_dropping(const Scales *x)
{
    error_at(x->g->train.loc,
             x->g->train.count_before
                 ? "train: nonfinite = \"drop_micro\" decides after the forward, but count = "
                   "\"before\" counts before it; leave out one of them"
                 : "train: nonfinite = \"drop_micro\" changes the denominators, but this loss "
                   "has several, which must be known before the first forward; write "
                   "\"skip_window\"");
}

static void scale_roots(Scales *x)
{
    bool sums = false;
    for (int i = 0; i < x->g->roots.n; i++) {
        x->s->scale_in[i] = formula(x, x->g->roots.at[i]->coefficient);
        if (uses_sums(x->s->scale_in[i]))
            x->s->root_when[i] = has_rows(x, i) ? ROOT_COUNTED : ROOT_LATE;
        sums |= x->s->root_when[i] == ROOT_COUNTED;
    }
    if (x->s->penalties.n)
        error_at(x->g->minimize->loc,
                 "minimize: a term is multiplied by a scalar made from parameters");
    x->s->late = sums && !x->g->train.count_before && scale_late(x);
    if (x->s->late) take_numerators(x);
    else if (sums && x->s->drops) refuse_dropping(x);
    else if (sums) count_before(x->s);
}

static void make_reports(Scales *x)
{
    x->s->report = NEW_ARRAY(const Expr *, x->g->reports.n);
    if (x->s->counts) x->known = NEW_ARRAY(const Expr *, x->g->nodes.n);
    x->reporting = true;
    for (int i = 0; i < x->g->reports.n; i++)
        x->s->report[i] = formula(x, x->g->reports.at[i]->node);
    if (x->g->reports.n) x->s->report[0] = counted_loss(x->s, x->s->report[0]);
}

/* Gradients that are added to momentum or to moments never exist by themselves and are never
   scaled. */
static void check_in_place(const Scales *x)
{
    const Optimizer *o = &x->g->step->optimizer;
    const Train *t = &x->g->train;
    const char *why =
        x->g->steps.n > 1 ? "several steps share the arrays: leave it out"
        : t->nonfinite != NONFINITE_KEEP
            ? "nonfinite looks at a gradient before it counts: leave one of the two out"
        : t->noise_scale
            ? "report = { noise_scale = true } has no gradient to look at: leave one of the two out"
        : t->grad_norm
            ? "report = { grad_norm = true } has no gradient to look at: leave one of the two out"
        : t->loss_scale > 0
            ? "loss_scale is undone after the last micro-step: leave one of the two out"
        : t->chains ? "deterministic = \"split\" begins its sums anew in each window: leave one of "
                      "the two out"
        : x->s->late ? "the loss is divided by what is known after the last micro-step: count it "
                       "before, count = \"before\""
                     : NULL;
    for (int i = 0; i < x->g->roots.n && !why; i++) {
        if (has_rows(x, i)) continue;
        why = o->fold[0]    ? "a term without data has a gradient of its own after the last "
                              "micro-step: say it as weight_decay of optim.AdamW"
              : x->s->count ? "a term without data would be added in windows in which nothing "
                              "counts, too: say it as weight_decay"
                            : NULL;
    }
    if (o->in_place && why)
        error_at(o->loc, "optim.%s: accumulate_in = \"%s\": %s", o->name,
                 o->fold[0] ? "moments" : "momentum", why);
}

/* Compares a micro-batch's gradient with its window's: both are means over known counts. */
static void check_noise(const Scales *x)
{
    const char *why = !x->s->next ? "a window of one micro-batch has no smaller part to compare it "
                                    "with: accumulate has to be 2 or more"
                      : x->s->drops ? "nonfinite = \"drop_micro\" leaves the first micro-batch "
                                      "uncertain: say \"skip_window\""
                                    : NULL;
    for (int i = 0; i < x->g->roots.n && !why; i++)
        why = x->s->root_when[i] == ROOT_COUNTED
                  ? "the loss divides by sums over the data that are counted ahead, and not by "
                    "micro-batches: one "
                    "denominator for all terms, and without count = \"before\""
              : !has_rows(x, i) ? "a term without data has its gradient after the last "
                                  "micro-step, and no part in a micro-batch's: "
                                  "say it as weight_decay"
                                : NULL;
    if (x->g->train.noise_scale && why)
        error_at(x->g->train.loc, "train: report = { noise_scale = true }: %s", why);
}

static void check_options(const Graph *g, const Target *target)
{
    if (g->roots.n > ROOTS)
        error_at(g->minimize->loc, "minimize: a loss of more than %d sums over the batch", ROOTS);
    if (g->train.precision == TF32 && !target->tf32)
        error_at(g->train.loc, "train: precision = \"tf32\" is only for CUDA: the C target "
                               "multiplies in fp32, bf16 or fp16");
    if (g->train.nmilestones && expr_uses(g->step->optimizer.lr, "E"))
        error_at(g->train.loc, "train: lr counts in epochs, but accumulate changes the updates "
                               "of an epoch; write its intervals in updates");
}

Program *schedule(Plan *p)
{
    Graph *g = p->k->g;
    Program *s = NEW(Program);
    s->p = p, s->k = p->k, s->g = g;
    s->scale_in = NEW_ARRAY(const Expr *, g->roots.n);
    s->root_when = NEW_ARRAY(RootWhen, g->roots.n);
    s->drops = g->train.nonfinite == NONFINITE_DROP;
    s->counts = steps_differ(g);
    s->next = g->train.accumulate > 1 || s->drops;
    s->unrolled = g->train.accumulate <= 16 && !s->drops;
    Scales x = { s, g, NEW_ARRAY(const Expr *, g->nodes.n), NEW_ARRAY(const Expr *, g->roots.n),
                 false };
    check_options(g, p->k->target);
    scale_roots(&x);
    check_in_place(&x);
    check_noise(&x);
    make_reports(&x);
    stop_if_errors();
    make_tasks(s);
    build_updates(s);
    return s;
}
