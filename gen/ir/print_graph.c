/* print_graph.c -- the graph as text, for --dump. After simplify it has the live nodes, and the
   node that replaces each other one. */
#include "ir/graph.h"
#include <math.h>

static const char *const kinds[] = {
    [K_CONST] = "const", [K_PARAM] = "param",   [K_INPUT] = "input",        [K_NOISE] = "noise",
    [K_ROWS] = "rows",   [K_ROOT] = "root",     [K_TABLE] = "table",        [K_SLOT] = "slot",
    [K_MAP] = "map",     [K_REDUCE] = "reduce", [K_MATMUL] = "contraction", [K_WINDOW] = "window",
    [K_VIEW] = "view"
};
static const char *const whens[] = { "const", "window", "micro", "after" };
static const char *const types[] = { "real", "int", "u8" };

static void print_axes(Text *out, const Node *n)
{
    text_add(out, " over");
    for (int a = 0; a < RANK; a++)
        if (n->axes >> a & 1) text_add(out, " %d", a + 1);
}

static void print_facts(Text *out, const Graph *g, const Node *n)
{
    for (int i = 0; n->op && i < n->op->nattrs; i++)
        text_add(out, " %s=%g", n->op->attr[i], n->attr[i]);
    if (n->kind == K_REDUCE) print_axes(out, n);
    if (n->labels) text_add(out, " %s", n->labels);
    if (n->kind == K_VIEW && n->perm[1] + n->perm[0] > 0) {
        text_add(out, " axes");
        for (int a = 0; a < n->shape.rank; a++) text_add(out, " %d", n->perm[a] + 1);
    }
    if (n->kind == K_CONST || n->kind == K_ROOT) text_add(out, " %.9g", n->value);
    if (n->param) text_add(out, " %s", n->param->name);
    if (n->column) text_add(out, " %s", n->column->name);
    if (n->slots) text_add(out, " slots=%ld", n->slots);
    if (n->slots || n->kind == K_SLOT) text_add(out, " slot=%ld", n->slot);
    if (n->loop) text_add(out, " in loop %d", n->loop->id);
    if (n->path) text_add(out, " at %s", n->path);
    if (n->name && !n->param && !n->column) text_add(out, " named %s", n->name);
    if (same_of(g, n)) text_add(out, " same as %%%d", same_of(g, n)->id);
    if (first_of(g, n)) text_add(out, " again %%%d", first_of(g, n)->id);
    if (is_predicted(g, n)) text_add(out, " for outputs");
}

static void print_node(Text *out, const Graph *g, const Node *n)
{
    text_add(out, "  %%%-4d %-16s %-8s %-7s %-5s", n->id, n->op ? n->op->name : kinds[n->kind],
             kinds[n->kind], whens[n->when], types[n->type]);
    text_add(out, " %-20s", shape_text(&n->shape));
    for (int i = 0; i < n->nargs; i++) text_add(out, " %%%d", n->arg[i]->id);
    print_facts(out, g, n);
    if (n->loc.line) text_add(out, "   line %d", n->loc.line);
    text_add(out, "\n");
}

static void print_nodes(Text *out, const Graph *g)
{
    bool counted = false;
    for (int i = 0; i < g->nodes.n; i++) counted |= uses_of(g, g->nodes.at[i]) > 0;
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i], *now = node_now(g, n);
        if (counted && now != n && n->kind != K_CONST)
            text_add(out, "  %%%-4d same as %%%d\n", n->id, now->id);
        else if (!counted || is_live(g, n)) print_node(out, g, n);
    }
}

static void print_param(Text *out, const Param *p)
{
    text_add(out, "  %-24s %-24s %-16s %s %s(%g, %g)%s   line %d\n", p->name, p->ident,
             shape_text(&p->shape), p->layer, p->init.kind, p->init.a, p->init.b,
             p->trained ? "" : " frozen", p->loc.line);
}

static void print_held_out(Text *out, const char *name, const HeldOut *s)
{
    if (s->path) text_add(out, " %s \"%s\"", name, s->path);
    else if (s->value > 0) text_add(out, " %s %g", name, s->value);
}

static void print_data(Text *out, const Dataset *d)
{
    text_add(out, "data %s \"%s\"%s", d->kind, d->path, d->shuffle ? " shuffled" : "");
    print_held_out(out, "valid", &d->valid);
    print_held_out(out, "test", &d->test);
    text_add(out, "\n");
    for (int i = 0; i < d->columns.n; i++) {
        const Column *c = d->columns.at[i];
        Shape s = { .rank = c->rank };
        for (int a = 0; a < c->rank; a++) s.dim[a] = c->dim[a];
        text_add(out, "  %-12s %-12s %-5s %s from \"%s\"", c->name, c->ident, types[c->type],
                 shape_text(&s), c->source);
        if (c->classes) text_add(out, ", %ld classes", c->classes);
        if (c->ignored) text_add(out, ", %ld ignored", c->ignored);
        for (int k = 0; k < c->names.n; k++) text_add(out, "%s%s", k ? ", " : ": ", c->names.at[k]);
        text_add(out, "\n");
    }
}

static void print_formula(Text *out, const char *name, const Expr *e)
{
    text_add(out, "  %-8s = ", name);
    expr_print(out, e, STYLE_OPS);
    text_add(out, "\n");
}

static void print_group(Text *out, const Optimizer *o)
{
    for (int i = 0; i < o->nscalars; i++) print_formula(out, o->scalar[i], o->scalar_value[i]);
    for (int i = 0; i < o->nlets; i++) print_formula(out, o->let[i].name, o->let[i].e);
    for (int i = 0; i < o->nstates; i++) print_formula(out, o->state[i], o->next[i]);
    print_formula(out, "p", o->step);
}

static void print_step(Text *out, const Graph *g, const Objective *s)
{
    const Optimizer *o = &s->optimizer;
    if (g->steps.n > 1)
        text_add(out, "step %s, %ld x %ld of %ld samples\n", s->name, s->times, s->batch,
                 round_samples(g));
    text_add(out, "optim %s, lr %s", o->name, o->lr_text);
    if (o->clip > 0) text_add(out, ", clip %g", o->clip);
    text_add(out, "\n");
    print_formula(out, "lr", o->lr);
    for (int i = 0; i < s->groups.n; i++) {
        const Optimizer *k = s->groups.at[i];
        if (s->groups.n > 1) text_add(out, "group %d%s%s\n", i + 1, *k->text ? ": " : "", k->text);
        if (k->rate_slot >= 0) print_formula(out, "rate", k->lr);
        print_group(out, k);
    }
    text_add(out, "minimize %%%d\n", g->step ? g->minimize->id : s->minimize->id);
}

static void print_train(Text *out, const Train *t)
{
    static const char *const tails[] = { "step", "drop", "carry" };
    text_add(out, "train batch %ld = %ld x %ld, ", t->batch, t->accumulate, t->micro_batch);
    if (t->epochs) text_add(out, "%ld epochs", t->epochs);
    else text_add(out, "%ld steps", t->steps);
    text_add(out, ", tail %s, count %s%s%s, seed %ld, best %s %s\n", tails[t->tail],
             t->count_before ? "before" : "auto", t->chains ? ", deterministic split" : "",
             t->precision == FP32 ? "" : text(", %s", precisions[t->precision]), t->seed,
             t->best_max ? "max" : "min", t->best);
    if (t->ema > 0) text_add(out, "train ema %g\n", t->ema);
    if (t->patience) text_add(out, "train patience %ld\n", t->patience);
    if (t->validate.every)
        text_add(out, "train validate %ld %s\n", t->validate.every,
                 t->validate.unit == 'u'   ? "updates"
                 : t->validate.unit == 's' ? "samples"
                                           : "epochs");
}

void graph_print(Text *out, const Graph *g)
{
    text_add(out, "graph %s of %s\n", g->title, g->file);
    print_nodes(out, g);
    text_add(out, "parameters\n");
    for (int i = 0; i < g->params.n; i++) print_param(out, g->params.at[i]);
    print_data(out, &g->data);
    print_train(out, &g->train);
    for (int i = 0; i < g->steps.n; i++)
        if (!g->step || g->step == g->steps.at[i]) print_step(out, g, g->steps.at[i]);
    for (int i = 0; i < g->reports.n; i++)
        text_add(out, "report %s %%%d\n", g->reports.at[i]->name, g->reports.at[i]->node->id);
    for (int i = 0; i < g->outputs.n; i++)
        text_add(out, "output %s %%%d\n", g->outputs.at[i]->name, g->outputs.at[i]->node->id);
    for (int i = 0; i < g->sums.n; i++)
        text_add(out, "sum %d is %%%d\n", g->first_sum + i, g->sums.at[i]->id);
    for (int i = 0; i < g->roots.n; i++)
        text_add(out, "root %%%d is %%%d\n", g->roots.at[i]->node->id,
                 g->roots.at[i]->coefficient->id);
    if (g->in_turn) text_add(out, "terms in turn\n");
    for (int i = 0; i < g->heads.n; i++) text_add(out, "%s\n", head_text(g->heads.at[i]));
    for (int i = 0; i < g->states.n; i++)
        if (g->step)
            text_add(out, "state %s := %%%d\n", g->states.at[i]->param->name,
                     g->states.at[i]->value->id);
    for (int i = 0; i < g->gradients.n; i++)
        text_add(out, "gradient %s += %%%d\n", g->gradients.at[i]->param->name,
                 g->gradients.at[i]->value->id);
}

/* How many parameters there are of each kind, a line each if not zero. Statistics of one window
   are in no file and not counted. */
void add_untrained(Text *out, const Graph *g, const char *indent, int width)
{
    long statistics = 0, frozen = 0;
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        if (!p->trained && !p->scratch)
            *(p->state || p->of ? &statistics : &frozen) += shape_count(&p->shape);
    }
    if (statistics)
        text_add(out, "%s%-*s %12s\n", indent, width, "statistics", digits((double)statistics));
    if (frozen) text_add(out, "%s%-*s %12s\n", indent, width, "frozen", digits((double)frozen));
}

char *recompute_text(int level)
{
    return text(level == 0 ? "nothing" : level == 1 ? "what is cheap" : "%d pieces", level);
}

char *head_text(const Head *h)
{
    return text("logits of line %d in %ld pieces of up to %ld rows", h->product->loc.line,
                h->pieces, h->rows);
}
