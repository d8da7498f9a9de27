/* differentiate.c -- the adjoint of every node that depends on a trained parameter.

   1. From the loss down to the sums over the batch, every value is a scalar of the whole window.
      The adjoint of a sum is its coefficient. It may use constants, the number of rows and sums of
      data; otherwise the loss is not additive.
   2. Each sum then starts the backward pass of a micro-step from a root: its coefficient in every
      real row, 0 in padded ones.
   3. A parameter's adjoints are not added up here. Each is a contribution, which a kernel writes
      into the gradient with its own beta. An optimizer that folds a micro-batch's gradient into
      its states needs their sum. */
#include "middle/backward.h"

/* A slot of what a loop carries depends on what the step before carried on. */
static bool is_needed(const Backward *b, const Node *n)
{
    bool needed = n->kind == K_PARAM && n->param->mine;
    for (int k = 0; k < n->nargs && !has_role(n, "detach"); k++) {
        needed |= b->needed[n->arg[k]->id];
        if (n->arg[k]->next) needed |= b->needed[n->arg[k]->next->id];
    }
    return needed;
}

static void find_needed(Backward *b)
{
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < b->g->nforward; i++) {
            const bool now = is_needed(b, b->g->nodes.at[i]);
            more |= now && !b->needed[i] && b->g->loops.n;
            b->needed[i] |= now;
        }
    }
}

/* Sums x over the axes along which `to` was broadcast. */
static Node *unbroadcast(Backward *b, Node *x, const Shape *to)
{
    unsigned axes = 0;
    Shape left = { .batch = x->shape.batch };
    for (int a = 0; a < x->shape.rank; a++) {
        int at = shape_axis(to, &x->shape, a);
        bool fold =
            at < 0 || to->dim[at] != x->shape.dim[a] || (a == 0 && x->shape.batch && !to->batch);
        if (fold) axes |= 1u << a;
        else left.dim[left.rank++] = x->shape.dim[a];
        if (fold && a == 0) left.batch = false;
    }
    if (axes) {
        Node *n = derived(b, K_REDUCE, op_with_role(b->g->ops, "sum"), x->loc, &left, x->when);
        n->arg[n->nargs++] = x, n->axes = axes;
        x = n;
    }
    return view(b, "reshape", x, to);
}

/* The K_ROOT node of a coefficient: of shape [N], or a scalar for a sum without a batch. */
static Node *root(Backward *b, Node *coefficient, Loc loc, bool rows)
{
    Shape s = { .rank = rows, .batch = rows, .dim = { b->g->train.micro_batch } };
    Root *x = NEW(Root);
    x->coefficient = coefficient;
    x->node = derived(b, K_ROOT, 0, loc, &s, rows ? WHEN_MICRO : WHEN_WINDOW);
    x->node->value = b->g->roots.n;
    vec_push(&b->g->roots, x);
    return x->node;
}

static bool formula_uses(const Op *op, const char *name)
{
    for (int i = 0; i < op->nlets; i++)
        if (expr_uses(op->let[i].e, name)) return true;
    return expr_uses(op->value, name);
}

static void map_backward(Backward *b, Node *y, Node *dy)
{
    for (int i = 0; i < y->nargs; i++) {
        if (!b->needed[y->arg[i]->id] || !y->op->grad[i]) continue;
        Op *op = op_gradient(b->g->ops, y->op, i);
        Node *arg[ARGS];
        for (int k = 0; k < op->nargs; k++) {
            Node *from = k < y->nargs ? y->arg[k] : k == y->nargs ? y : dy;
            arg[k] = formula_uses(op, op->arg[k]) ? from : node_const(b->g, 0);
        }
        Node *d = node_call(b->g, op, y->loc, op->nargs, arg);
        for (int k = 0; k < ATTRS; k++) d->attr[k] = y->attr[k];
        if (!shape_same(&d->shape, &y->shape)) d = view(b, "expand", d, &y->shape);
        d = unbroadcast(b, d, &y->arg[i]->shape);
        if (y->when == WHEN_AFTER && y->arg[i]->when == WHEN_WINDOW)
            d = root(b, d, y->arg[i]->loc, false);
        add_adjoint(b, y->arg[i], d);
    }
}

static void structured_backward(Backward *b, Node *y, Node *dy)
{
    bool need[ARGS] = { 0 };
    Node *d[ARGS] = { 0 };
    for (int i = 0; i < y->nargs; i++) need[i] = b->needed[y->arg[i]->id];
    b->gradient.ask(b->gradient.host, b->g, y, dy, need, d);
    for (int i = 0; i < y->nargs; i++)
        if (need[i] && d[i]) add_adjoint(b, y->arg[i], d[i]);
}

static bool of_parameters(Backward *b, const Node *n)
{
    if (has_role(n, "detach") && n->when == WHEN_AFTER) return false;
    if (n->id < b->g->nforward && n->kind == K_REDUCE) return b->needed[n->id];
    for (int i = 0; i < n->nargs; i++)
        if (of_parameters(b, n->arg[i])) return true;
    return n->when != WHEN_AFTER && n->id < b->g->nforward && b->needed[n->id];
}

static void sum_backward(Backward *b, Node *sum, Node *coefficient)
{
    Node *x = sum->arg[0];
    if (!b->needed[x->id] || b->told) return;
    if (of_parameters(b, coefficient)) {
        error_at(b->g->minimize->loc, "minimize: the loss must be a sum of terms, each a number "
                                      "times a sum or a mean over the batch; here a term meets a "
                                      "factor or a function that depends on the parameters");
        note_at(sum->loc, "this is the sum; its factor is known only after its gradient: write "
                          "the term for each sample and take its mean, fn.detach the factor, or "
                          "declare a loss of each micro-batch, fn.per_micro(function() return "
                          "... end)");
        b->told = true;
        return;
    }
    Node *row = root(b, coefficient, sum->loc, true);
    Shape one = { .rank = x->shape.rank, .batch = true, .dim = { x->shape.dim[0] } };
    for (int a = 1; a < one.rank; a++) one.dim[a] = 1;
    add_adjoint(b, x, view(b, "expand", view(b, "reshape", row, &one), &x->shape));
}

static void backward(Backward *b, Node *y)
{
    if (y->loop) open_loop_of(b, y);
    Node *dy = b->adjoint[y->id];
    const int made = b->g->nodes.n;
    b->in = y->loop;
    if (slots_backward(b, y, dy)) dy = NULL;
    else if (y->kind == K_REDUCE && y->when == WHEN_AFTER) sum_backward(b, y, dy);
    else if (y->kind == K_MAP && !y->op->has_grad) map_backward(b, y, dy);
    else structured_backward(b, y, dy);
    b->in = NULL;
    mark_backward(b, made, y);
    if (y->loop) settle_in_loop(b, made, y);
}

/* A backward value is named by the forward node whose adjoint it is; of several, by the last. */
static void note_adjoint(const Backward *b, int i)
{
    Node *n = b->g->nodes.at[i], *dy = b->adjoint[i] ? node_base(b->adjoint[i]) : NULL;
    if (dy && dy->backward && !dy->adjoint_of && n->kind != K_VIEW) dy->adjoint_of = n;
}

/* It has an adjoint, or may get one when its loop is opened. */
static bool goes_back(const Backward *b, int i)
{
    const Node *n = b->g->nodes.at[i];
    return b->needed[i] && (n->loop ? loop_goes_back(b, n->loop) : b->adjoint[i] != NULL);
}

void differentiate(Graph *g, OpGradient gradient)
{
    Backward b = { .g = g,
                   .gradient = gradient,
                   .adjoint = NEW_ARRAY(Node *, g->nforward),
                   .last = NEW_ARRAY(Node *, g->nforward),
                   .there = NEW_ARRAY(Node *, g->nforward),
                   .needed = NEW_ARRAY(bool, g->nforward) };
    find_needed(&b);
    add_adjoint(&b, g->minimize, node_const(g, 1));
    for (int i = g->nforward; i-- > 0;)
        if (goes_back(&b, i)) backward(&b, g->nodes.at[i]);
    for (int i = g->nforward; i-- > 0;) note_adjoint(&b, i);
    finish_loops(&b);
}
