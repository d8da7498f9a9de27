/* graph.c -- the graph that is being built: nodes with their shapes, types and when they are known. */
#include "host.h"
#include <string.h>

static Graph *current;

Graph *graph_current(void)
{
    if (!current) current = NEW(Graph);
    return current;
}

void graph_use(Graph *g) { current = g; }

Node *node_new(Kind kind, Loc loc)
{
    Graph *g = graph_current();
    Node *n = NEW(Node);
    n->id = g->nodes.n;
    n->kind = kind;
    n->loc = loc;
    n->type = T_REAL;
    vec_push(&g->nodes, n);
    return n;
}

Node *node_const(double value)
{
    Node *n = node_new(K_CONST, (Loc){ 0 });
    n->value = value;
    return n;
}

static void note_operand(const Node *n)
{
    if (n->loc.file) note_at(n->loc, "%s of shape %s was made here", n->kind == K_PARAM ? "a parameter" : "an operand",
                             shape_text(&n->shape));
}

static void infer_shape(Node *y)
{
    for (int i = 0; i < y->nargs; i++) {
        Shape s = y->shape;
        if (shape_broadcast(&s, &y->arg[i]->shape, &y->shape)) continue;
        error_at(y->loc, "%s: shapes %s and %s do not broadcast", host_called(y->op->name), shape_text(&s), shape_text(&y->arg[i]->shape));
        for (int k = 0; k <= i; k++) note_operand(y->arg[k]);
        stop_if_errors();
    }
}

Node *node_call(Op *op, Loc loc, int nargs, Node **arg)
{
    Node *y = node_new(op->kind, loc);
    y->op = op;
    y->nargs = nargs;
    if (nargs != op->nargs) BUG("%s: %d arguments, expected %d", op->name, nargs, op->nargs);
    memcpy(y->attr, op->preset, sizeof y->attr);
    for (int i = 0; i < nargs; i++) {
        y->arg[i] = arg[i];
        if (arg[i]->when > y->when) y->when = arg[i]->when;
    }
    if (op->kind == K_MAP) infer_shape(y);
    return y;
}
