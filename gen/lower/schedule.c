/* sched.c -- stage 8: what is known when. Scalars of the window become formulas that the program computes in double.

   1. The variables of a formula are `samples`, the real rows of the window, t, T and E, and `sums[i]`, the sums over the batch. Behind
      them in sums[] stand the levels: scalars of parameters alone that a report shows, weighted by samples.
   2. A seed's coefficient without sums is known before the first backward: it is scale_in, and scale_out is 1.
   3. Where every coefficient is numerator / N with the same N, scale_in is the numerator, scale_out is 1 / N: post-scale.
      Else the sums in the coefficients, of data alone, are counted first (count.c), and rule 2 holds: pre-count.
      Where micro-batches may be dropped, the rows that are kept are such a sum, which nobody can count first.
   4. A seed without rows starts a gradient that is made once, after the last micro-step: it is undone by scale_out too, so
      its factor is coefficient / scale_out. */
#include <ctype.h>
#include <string.h>
#include "lower/lower.h"

enum { SEEDS = 64 };                    /* as many as Window has room for */
static Program *s;
static Graph *g;
static const Expr **known;              /* by node id */
static const Expr **numerator;          /* by seed: scale_in of rule 3 */
static bool reporting;                  /* formulas are those of reports */

/* ---- nodes as formulas ---------------------------------------------------------------------------------------------- */
static const Expr *formula(const Node *n);

static Expr *binary(ExprKind kind, const Expr *a, const Expr *b)
{
    Expr *e = NEW(Expr);
    *e = (Expr) { .kind = kind, .nargs = 2, .arg = { (Expr *)a, (Expr *)b } };
    return e;
}

typedef struct { const Node *n; const Expr *let[LETS]; int lets; } Scope;

static const Expr *in_scope(void *context, const char *name)
{
    const Scope *x = context;
    const Op *op = x->n->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return formula(x->n->arg[i]);
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return expr_number(x->n->attr[i]);
    for (int i = 0; i < x->lets; i++)
        if (!strcmp(op->let[i].name, name)) return x->let[i];
    return NULL;
}

static const Expr *map_formula(const Node *n)
{
    Scope x = { .n = n };
    for (; x.lets < n->op->nlets; x.lets++) x.let[x.lets] = expr_replace(n->op->let[x.lets].e, in_scope, &x);
    return expr_replace(n->op->value, in_scope, &x);
}

static const Expr *sum_formula(const Node *n)
{
    for (int i = 0; i < g->sums.n; i++)
        if (g->sums.at[i] == n) return expr_variable(text("sums[%d]", g->first_sum + i));
    BUG("a sum over the batch that nobody makes");
}

/* the real rows: of the window, or of those windows that a report speaks of */
static const Expr *samples_formula(void)
{
    return expr_variable(reporting && s->counts ? text("sums[%d]", g->first_sum + g->sums.n) : "samples");
}

static const Expr *rows_formula(void) { return s->drops ? expr_variable(text("sums[%d]", g->sums.n)) : samples_formula(); }

/* A scalar of parameters alone: its value in this window, times the samples it stood for. */
static const Expr *level_formula(const Node *n)
{
    int i = 0;
    while (i < s->levels.n && s->levels.at[i] != n) i++;
    if (i == s->levels.n) vec_push(&s->levels, (Node *)n);
    return binary(E_DIV, expr_variable(text("sums[%d]", first_level(s) + i)), samples_formula());
}

static const Expr *formula(const Node *n)
{
    const Expr **e = &known[n->id];
    if (*e) return *e;
    if (n->kind == K_CONST) *e = expr_number(n->value);
    else if (n->kind == K_ROWS) *e = n->schedule ? n->schedule : rows_formula();
    else if (n->kind == K_REDUCE && n->when == WHEN_AFTER) *e = sum_formula(n);
    else if (n->when == WHEN_WINDOW) *e = level_formula(n);
    else if (n->kind == K_VIEW) *e = formula(n->arg[0]);
    else if (n->kind == K_MAP) *e = map_formula(n);
    else BUG("node %d is no scalar of the window", n->id);
    return *e;
}

/* ---- numerator and denominator --------------------------------------------------------------------------------------- */
typedef struct { const Expr *top, *bottom; } Ratio;         /* bottom NULL: 1; sums stand in the bottom alone */

static const Expr *product(const Expr *a, const Expr *b)
{
    const bool one = a->kind == E_NUM && a->num >= 1 && a->num <= 1;
    return one ? b : binary(E_MUL, a, b);
}

/* r divided by e; factors without sums go to the top. */
static void divide(Ratio *r, const Expr *e)
{
    if (!uses_sums(e)) {
        r->top = binary(E_DIV, r->top, e);
    } else if (e->kind == E_MUL && !(uses_sums(e->arg[0]) && uses_sums(e->arg[1]))) {
        divide(r, e->arg[0]);
        divide(r, e->arg[1]);
    } else {
        r->bottom = r->bottom ? product(r->bottom, e) : e;
    }
}

/* false: sums stand in e other than in its denominators */
static bool split(const Expr *e, Ratio *r)
{
    if (!uses_sums(e)) {
        r->top = product(r->top, e);
        return true;
    }
    if (e->kind == E_NEG) r->top = binary(E_MUL, expr_number(-1), r->top);
    if (e->kind == E_NEG) return split(e->arg[0], r);
    if (e->kind == E_MUL) return split(e->arg[0], r) && split(e->arg[1], r);
    if (e->kind != E_DIV || !split(e->arg[0], r)) return false;
    divide(r, e->arg[1]);
    return true;
}


static const Expr *keep(void *context, const char *name)
{
    (void)context, (void)name;
    return NULL;
}

/* ---- scales ---------------------------------------------------------------------------------------------------------- */
static bool has_rows(int i) { return g->seeds.at[i]->node->shape.rank > 0; }

/* Rule 3: every seed's numerator, or false: the denominators are not one and the same. */
static bool scale_late(void)
{
    for (int i = 0; i < g->seeds.n; i++) {
        Ratio r = { expr_number(1), NULL };
        if (!has_rows(i)) continue;
        if (!split(s->scale_in[i], &r) || !r.bottom) return false;
        if (!s->count) s->count = r.bottom;
        if (!expr_same(r.bottom, s->count)) return false;
        numerator[i] = expr_replace(r.top, keep, NULL);
    }
    return true;
}

static void take_numerators(void)
{
    for (int i = 0; i < g->seeds.n; i++) {
        s->seed_when[i] = has_rows(i) ? SEED_EARLY : SEED_LATE;
        s->scale_in[i] = has_rows(i) ? numerator[i] : product(s->scale_in[i], expr_variable("w.count"));
    }
}

static void refuse_dropping(void)
{
    error_at(g->train.loc, g->train.count_before
             ? "train: nonfinite = \"drop_micro\" is decided after the forward, count = \"before\" counts ahead of it: leave out one of them"
             : "train: nonfinite = \"drop_micro\" changes the denominators, and those of this loss differ, so they are counted ahead of the "
               "first forward, when nobody knows what will be dropped: say \"skip_window\"");
}

static void scale_seeds(void)
{
    bool sums = false;
    for (int i = 0; i < g->seeds.n; i++) {
        s->scale_in[i] = formula(g->seeds.at[i]->coefficient);
        if (uses_sums(s->scale_in[i])) s->seed_when[i] = has_rows(i) ? SEED_COUNTED : SEED_LATE;
        sums |= s->seed_when[i] == SEED_COUNTED;
    }
    if (s->levels.n) error_at(g->minimize->loc, "minimize: a term is multiplied by a scalar made from parameters");
    s->late = sums && !g->train.count_before && scale_late();
    if (s->late) take_numerators();
    else if (sums && s->drops) refuse_dropping();
    else if (sums) count_before(s);
}

static void make_reports(void)
{
    s->report = NEW_ARRAY(const Expr *, g->reports.n);
    if (s->counts) known = NEW_ARRAY(const Expr *, g->nodes.n);
    reporting = true;
    for (int i = 0; i < g->reports.n; i++) s->report[i] = formula(g->reports.at[i]->node);
    if (g->reports.n) s->report[0] = counted_loss(s, s->report[0]);
}

/* Gradients that are added to momentum, or to moments, are never seen by themselves, nor scaled. */
static void check_in_place(void)
{
    const Optimizer *o = &g->step->optimizer;
    const Train *t = &g->train;
    const char *why = g->steps.n > 1 ? "several steps share the arrays: leave it out"
                    : t->nonfinite != NONFINITE_KEEP ? "nonfinite looks at a gradient before it counts: leave one of the two out"
                    : t->noise_scale ? "report = { noise_scale = true } has no gradient to look at: leave one of the two out"
                    : t->grad_norm ? "report = { grad_norm = true } has no gradient to look at: leave one of the two out"
                    : t->loss_scale > 0 ? "loss_scale is undone behind the last micro-step: leave one of the two out"
                    : t->split ? "deterministic = \"split\" begins its sums anew in each window: leave one of the two out"
                    : s->late ? "the loss is divided by what is known behind the last micro-step: count it before, count = \"before\"" : NULL;
    for (int i = 0; i < g->seeds.n && !why; i++) {
        if (has_rows(i)) continue;
        why = o->fold[0] ? "a term without data has a gradient of its own behind the last micro-step: say it as weight_decay of optim.AdamW"
            : s->count ? "a term without data would be added in windows in which nothing counts, too: say it as weight_decay" : NULL;
    }
    if (o->in_place && why) error_at(o->loc, "optim.%s: accumulate_in = \"%s\": %s", o->name, o->fold[0] ? "moments" : "momentum", why);
}

/* A micro-batch's gradient beside its window's: both are means, over counts that are known. */
static void check_noise(void)
{
    const char *why = !s->next ? "a window of one micro-batch has no smaller part to compare it with: accumulate has to be 2 or more"
                    : s->drops ? "nonfinite = \"drop_micro\" leaves the first micro-batch uncertain: say \"skip_window\"" : NULL;
    for (int i = 0; i < g->seeds.n && !why; i++)
        why = s->seed_when[i] == SEED_COUNTED ? "the loss divides by sums over the data that are counted ahead, and not by micro-batches: one "
                                                "denominator for all terms, and without count = \"before\""
            : !has_rows(i) ? "a term without data has its gradient behind the last micro-step, and no part in a micro-batch's: "
                                             "say it as weight_decay" : NULL;
    if (g->train.noise_scale && why) error_at(g->train.loc, "train: report = { noise_scale = true }: %s", why);
}

Program *schedule(Plan *p)
{
    s = NEW(Program);
    s->p = p, s->k = p->k, s->g = g = p->k->g;
    known = NEW_ARRAY(const Expr *, g->nodes.n);
    reporting = false;
    s->scale_in = NEW_ARRAY(const Expr *, g->seeds.n);
    s->seed_when = NEW_ARRAY(SeedWhen, g->seeds.n);
    numerator = NEW_ARRAY(const Expr *, g->seeds.n);
    s->drops = g->train.nonfinite == NONFINITE_DROP;
    s->counts = steps_differ(g);
    s->next = g->train.accumulate > 1 || s->drops;
    s->unrolled = g->train.accumulate <= 16 && !s->drops;
    if (g->seeds.n > SEEDS) error_at(g->minimize->loc, "minimize: a loss of more than %d sums over the batch", SEEDS);
    if (g->train.precision == TF32 && !s->k->target->tf32)
        error_at(g->train.loc, "train: precision = \"tf32\" is of the CUDA target: the C target multiplies in fp32, bf16 or fp16");
    if (g->train.nphases && expr_uses(g->step->optimizer.lr, "E"))
        error_at(g->train.loc, "train: lr counts in epochs, but accumulate changes how many updates they have: say them in updates");
    scale_seeds();
    check_in_place();
    check_noise();
    make_reports();
    stop_if_errors();
    return s;
}
