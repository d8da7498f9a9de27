/* slots.c -- memory of loops: values of each step, one beside the other.

   1. A loop is a body of nodes that runs so many turns. All nodes that read a body's nodes belong
      to it, but for those of kind K_SLOT, which read memory.
   2. Memory of slots has a value for each step, and what a loop carries has one more. A line holds
      all steps before the loop. A kept value is written in its turn. What is carried is written
      before the first turn, and each turn reads a slot and writes its neighbour: a loop that runs
      back reads slot t + 1 in turn t and writes slot t.
   3. A node that writes has in `slot` the slot, counted from the turn on in a loop, and in `slots`
      their number. A node of kind K_SLOT reads: in a loop a slot from the turn on; outside the one
      slot, or as many as `slots` says, with the steps as axis 1. */
#include "ir/graph.h"
#include <string.h>

bool in_slots(const Node *n) { return n->slots > 0 && n->kind == K_MAP; }

Node *slots_of(Node *n)
{
    if (n->kind == K_SLOT) return slots_of(n->arg[0]);
    return has_role(n, "next") ? n->arg[1] : n;
}

static bool is_line(const Node *n) { return in_slots(n) && !n->loop && !n->next; }

bool is_step(const Node *n) { return n->kind == K_SLOT ? !n->slots : in_slots(n) && !is_line(n); }

Shape step_shape(const Node *n)
{
    Shape s = n->shape;
    if (is_step(n)) return s;
    for (int a = 1; a + 1 < s.rank; a++) s.dim[a] = s.dim[a + 1];
    s.dim[--s.rank] = 0;
    return s;
}

Shape all_steps(const Shape *s, long slots)
{
    Shape all = *s;
    if (s->rank == RANK) BUG("steps of %d axes", s->rank);
    for (int a = all.rank++; a > 1; a--) all.dim[a] = all.dim[a - 1];
    all.dim[1] = slots;
    return all;
}

/* ---- new nodes ---- */
static Node *written(Graph *g, const char *role, int n, Node **arg, Loop *l, long slots, long slot)
{
    Node *y = node_call(g, op_with_role(g->ops, role), arg[0]->loc, n, arg);
    y->when = WHEN_MICRO, y->layer = node_base(arg[0])->layer;
    y->loop = l, y->slots = slots, y->slot = slot;
    return y;
}

Node *line_new(Graph *g, Node *x) { return written(g, "copy", 1, &x, NULL, x->shape.dim[1], 0); }

Node *carry_new(Graph *g, Node *x, const Loop *l)
{
    Node *y = written(g, "copy", 1, &x, NULL, l->turns + 1, l->back ? l->turns : 0);
    return y->next = y;
}

Node *keep_new(Graph *g, Node *x, Loop *l) { return written(g, "copy", 1, &x, l, l->turns, 0); }

Node *next_new(Graph *g, Node *x, Node *carry, Loop *l)
{
    Node *arg[2] = { x, carry };
    return carry->next = written(g, "next", 2, arg, l, carry->slots, !l->back);
}

static Node *reading(Graph *g, Node *of, Loop *l, long slots, long slot)
{
    Node *y = node_new(g, K_SLOT, of->loc);
    y->arg[y->nargs++] = of, y->when = WHEN_MICRO;
    y->loop = l, y->slots = slots, y->slot = slot;
    y->shape = step_shape(of);
    if (slots) y->shape = all_steps(&y->shape, slots);
    return y;
}

Node *turn_new(Graph *g, Node *of, Loop *l, long slot) { return reading(g, of, l, 0, slot); }

Node *whole_new(Graph *g, Node *of, long from, long turns)
{
    return reading(g, of, NULL, turns, from);
}

Node *last_new(Graph *g, Node *next)
{
    return reading(g, next, NULL, 0, next->loop->back ? 0 : next->loop->turns);
}

static bool reaches(const Graph *g, const Loop *l, const bool *reached)
{
    for (int i = 0; i < g->nodes.n; i++)
        if (reached[i] && g->nodes.at[i]->loop == l) return true;
    return false;
}

void reach_loops(const Graph *g, bool *reached)
{
    for (int i = g->nodes.n; i-- > 0 && g->loops.n;) {
        const Node *n = g->nodes.at[i];
        if (n->loop && !reached[i] && is_live(g, n) && reaches(g, n->loop, reached))
            mark_reached(n, reached), i = g->nodes.n;
    }
}

/* ---- order ---- */
typedef struct {
    Graph *g;
    bool *done, *open; /* by node; by loop: its body is being put in order */
    VEC(Node) order;
} Gathering;

static void put(Gathering *x, Node *n);

static void put_outside(Gathering *x, const Node *n)
{
    for (int i = 0; i < n->nargs; i++)
        if (n->arg[i]->loop != n->loop || !n->loop) put(x, n->arg[i]);
}

static void put_inside(Gathering *x, Node *n)
{
    if (x->done[n->id]) return;
    x->done[n->id] = true;
    for (int i = 0; i < n->nargs; i++)
        if (n->arg[i]->loop == n->loop) put_inside(x, n->arg[i]);
    vec_push(&x->order, n);
}

static void put_body(Gathering *x, const Loop *l)
{
    if (x->open[l->id]) return;
    x->open[l->id] = true;
    for (int i = 0; i < x->g->nodes.n; i++)
        if (x->g->nodes.at[i]->loop == l) put_outside(x, x->g->nodes.at[i]);
    for (int i = 0; i < x->g->nodes.n; i++)
        if (x->g->nodes.at[i]->loop == l) put_inside(x, x->g->nodes.at[i]);
}

static void put(Gathering *x, Node *n)
{
    if (n->loop) put_body(x, n->loop);
    if (n->loop || x->done[n->id]) return;
    x->done[n->id] = true;
    put_outside(x, n);
    vec_push(&x->order, n);
}

void gather_loops(Graph *g)
{
    if (!g->loops.n) return;
    Gathering x = { g, NEW_ARRAY(bool, g->nodes.n), NEW_ARRAY(bool, g->loops.n), { 0 } };
    for (int i = 0; i < g->nodes.n; i++) put(&x, g->nodes.at[i]);
    renumber(g, x.order.at, x.order.n);
}
