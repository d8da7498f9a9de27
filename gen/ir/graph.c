/* graph.c -- the graph that is being built: nodes with their shapes, types and when they are
   known. */
#include "ir/graph.h"
#include <string.h>

Node *node_new(Graph *g, Kind kind, Loc loc)
{
    Node *n = NEW(Node);
    n->id = g->nodes.n;
    n->kind = kind;
    n->loc = loc;
    n->type = T_REAL;
    vec_push(&g->nodes, n);
    return n;
}

Node *node_const(Graph *g, double value)
{
    Node *n = node_new(g, K_CONST, (Loc) { 0 });
    n->value = value;
    return n;
}

static void note_operand(const Node *n)
{
    if (n->loc.file)
        note_at(n->loc, "%s of shape %s was made here",
                n->kind == K_PARAM ? "a parameter" : "an operand", shape_text(&n->shape));
}

static void infer_shape(const Graph *g, Node *y)
{
    for (int i = 0; i < y->nargs; i++) {
        Shape s = y->shape;
        if (shape_broadcast(&s, &y->arg[i]->shape, &y->shape)) continue;
        error_at(y->loc, "%s: shapes %s and %s do not broadcast",
                 g->called ? g->called : y->op->name, shape_text(&s),
                 shape_text(&y->arg[i]->shape));
        for (int k = 0; k <= i; k++) note_operand(y->arg[k]);
        stop_if_errors();
    }
}

Node *node_call(Graph *g, Op *op, Loc loc, int nargs, Node **arg)
{
    Node *y = node_new(g, op->kind, loc);
    y->op = op;
    y->nargs = nargs;
    if (nargs > op->nargs || (nargs < op->nargs && op->kind != K_WINDOW))
        BUG("%s: %d arguments, expected %d", op->name, nargs, op->nargs);
    memcpy(y->attr, op->preset, sizeof y->attr);
    for (int i = 0; i < nargs; i++) {
        y->arg[i] = arg[i];
        if (arg[i]->when > y->when) y->when = arg[i]->when;
        if (arg[i]->loop) y->loop = arg[i]->loop;
    }
    if (op->kind == K_MAP) infer_shape(g, y);
    return y;
}

void bind_micro_batch(Graph *g, long micro)
{
    g->train.micro_batch = micro, g->train.accumulate = g->train.batch / micro;
    for (int i = 0; i < g->steps.n; i++) {
        Objective *s = g->steps.at[i];
        s->batch = (s->accumulate ? s->accumulate : g->train.accumulate) * micro;
    }
    for (int i = 0; i < g->nodes.n; i++) {
        Shape *s = &g->nodes.at[i]->shape;
        if (s->batch) s->dim[0] = micro;
    }
}

static void most(long *so_far, long x)
{
    if (x > *so_far) *so_far = x;
}

long round_samples(const Graph *g)
{
    long samples = 0;
    for (int i = 0; i < g->steps.n; i++)
        most(&samples, g->steps.at[i]->batch * g->steps.at[i]->times);
    return samples;
}

long largest_window(const Graph *g)
{
    long samples = 0;
    for (int i = 0; i < g->steps.n; i++) most(&samples, g->steps.at[i]->batch);
    return samples;
}

bool steps_differ(const Graph *g)
{
    for (int i = 1; i < g->steps.n; i++)
        if (g->steps.at[i]->batch != g->steps.at[0]->batch) return true;
    return false;
}
