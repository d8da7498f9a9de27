/* legalize.c -- inserts copies of values that a reader cannot address in place.

   1. Products and windows read buffers. Data, noise, roots and constants have none, and a moved
      value (a slice, a placing, gathered rows) has other positions than its buffer. Then the
      product reads a copy. Attention alone draws its noise.
   2. A copy writes a contribution into its gradient, and a state's next value into the state.
      `group` leaves out the copy of a contribution if the kernel of the value can add by itself.
   3. An output without a kernel, a leaf or a view, is copied.
   4. Copies are nodes of role "copy", from Graph.first_copy on, each with a kernel of its own.
      Backward never shares a copy with forward, nor training with outputs. What is copied once
      per window is copied before its micro-steps, whoever reads it. */
#include "lower/lower.h"

Node *copy_node(Graph *g, Node *n)
{
    Node *c = node_new(g, K_MAP, n->loc);
    c->op = op_with_role(g->ops, "copy"), c->arg[c->nargs++] = n;
    const Node *base = node_base(n);
    c->layer = base->of ? base->of->layer : base->layer;
    c->shape = n->shape, c->when = n->when, c->name = n->name, c->type = T_REAL;
    set_uses(g, c, 1);
    return c;
}

void predict_copy(Graph *g, Node *copy)
{
    set_predicted(g, copy, true);
    copy->when = WHEN_MICRO;
}

/* Whether the reader cannot read it in place. */
static bool needs_copy(const Node *reader, Node *n)
{
    const Node *base = node_base(n);
    if (attends(reader) && n->kind == K_NOISE) return false;
    return (moves(n) && !attends(reader)) ||
           (is_leaf(base) && base->kind != K_PARAM && base->kind != K_SLOT);
}

/* An existing copy of n that the user may read; NULL: none. */
static Node *copied(const Graph *g, const Node *n, const Node *user, bool predicted)
{
    for (int i = g->first_copy; i < g->nodes.n; i++) {
        Node *c = g->nodes.at[i];
        if (c->arg[0] != n || c->when < WHEN_MICRO || is_predicted(g, c) != predicted) continue;
        if (c->loop != user->loop) continue;
        if (predicted || user->backward || !c->backward) return c;
    }
    return is_predicted(g, user) && !predicted ? copied(g, n, user, true) : NULL;
}

static Node *copy_for(Graph *g, Node *n, const Node *user)
{
    Node *c = copied(g, n, user, false);
    if (c) return c;
    c = copy_node(g, n);
    c->loop = user->loop;
    c->backward = user->backward && (c->when >= WHEN_MICRO || node_base(n)->backward);
    if (is_predicted(g, user)) predict_copy(g, c);
    return c;
}

static void copy_contribution(Graph *g, Contribution *c)
{
    c->value = copy_node(g, c->value);
    c->value->backward = true;
}

/* A kernel that evaluation leaves out writes it at the end of every micro-step of training. */
static void copy_state(Graph *g, Contribution *c)
{
    copy_contribution(g, c);
    c->value->when = WHEN_MICRO;
}

static void copy_output(Graph *g, Output *o)
{
    if (computes(g, o->node)) return;
    o->node = copy_node(g, o->node);
    predict_copy(g, o->node);
}

/* Inserts the copies. Afterwards contributions, states and operands of products follow the
   rules. */
void legalize(Graph *g)
{
    g->first_copy = g->nodes.n;
    for (int i = 0; i < g->first_copy; i++) {
        Node *n = g->nodes.at[i];
        for (int a = 0; a < n->nargs && computes(g, n) && reads_buffers(n); a++)
            if (needs_copy(n, n->arg[a])) n->arg[a] = copy_for(g, n->arg[a], n);
    }
    for (int i = 0; i < g->gradients.n; i++) copy_contribution(g, g->gradients.at[i]);
    for (int i = 0; i < g->states.n; i++) copy_state(g, g->states.at[i]);
    for (int i = 0; i < g->outputs.n; i++) copy_output(g, g->outputs.at[i]);
}
