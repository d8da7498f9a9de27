/* back_loops.c -- differentiate goes back over the steps of loops.

   1. A loop has a loop back, whose first turn is the last step. It carries the adjoints of what the
      loop carries, and reads step by step the adjoints of all that the loop returned.
   2. It reads values of the loop's steps, so the loop keeps them.
   3. Of a value outside of the loop, each step has a part of the adjoint. A parameter's part is a
      sum over samples, of a product or of a tensor. Its factors are kept, and one sum goes over
      samples and steps after the loop back. Other parts are kept themselves, and added up.
   4. What is kept is read where it is kept, also in the same turn. */
#include <string.h>
#include "middle/backward.h"

static Node *add(Backward *b, Node *x, Node *y)
{
    Node *two[2] = { x, y };
    return x ? node_call(b->g, op_with_role(b->g->ops, "add"), y->loc, 2, two) : y;
}

void mark_backward(Backward *b, int made, Node *y)
{
    for (; made < b->g->nodes.n; made++)
        b->g->nodes.at[made]->of = y, b->g->nodes.at[made]->backward = true;
}

/* ---- the loop back ---- */
static Back *back_of(Backward *b, const Loop *l)
{
    for (int i = 0; i < b->backs.n; i++)
        if (b->backs.at[i]->of == l) return b->backs.at[i];
    Back *x = NEW(Back);
    Loop *own = NEW(Loop);
    *own = (Loop) { b->g->loops.n, l->turns, !l->back, true, l->loc };
    vec_push(&b->g->loops, own);
    *x = (Back) { l, own, false };
    vec_push(&b->backs, x);
    return x;
}

bool loop_goes_back(const Backward *b, const Loop *l)
{
    for (int i = 0; i < b->backs.n; i++)
        if (b->backs.at[i]->of == l) return true;
    return false;
}

static Node *zero(Backward *b, const Shape *s) { return view(b, "expand", node_const(b->g, 0), s); }

/* The memory of the carry's adjoint is in b->there of the carry. */
static void carry_back(Backward *b, Node *now, Loop *back)
{
    Node *c = now->arg[0], *next = c->next;
    if (!c->next || !b->needed[now->id] || b->there[c->id]) return;
    const int made = b->g->nodes.n;
    Node *end = b->last[next->id] ? b->last[next->id] : zero(b, &c->shape);
    Node *d = carry_new(b->g, end, back), *d_now = turn_new(b->g, d, back, back->back);
    b->there[c->id] = d;
    b->adjoint[next->id] = add(b, b->adjoint[next->id], d_now);
    mark_backward(b, made, next);
}

void open_loop_of(Backward *b, const Node *y)
{
    Back *x = back_of(b, y->loop);
    if (x->open) return;
    x->open = true;
    for (int i = 0; i < b->g->nforward; i++) {
        Node *n = b->g->nodes.at[i];
        if (n->loop == y->loop && n->kind == K_SLOT) carry_back(b, n, x->loop);
    }
}

/* ---- values ---- */
/* What keeps the node's value; new if need be. */
static Node *kept(Backward *b, Node *n)
{
    if (in_slots(n)) return n;
    for (int i = 0; i < b->g->nodes.n; i++) {
        Node *k = b->g->nodes.at[i];
        if (in_slots(k) && k->loop && k->arg[0] == n) return k;
    }
    Node *k = keep_new(b->g, n, n->loop);
    k->backward = n->backward, k->of = n->of;
    return k;
}

/* A value of a loop, in the loop back. */
static Node *value_there(Backward *b, Node *n, const Loop *l, Loop *back)
{
    if (n->loop != l) return n;
    if (b->there[n->id]) return b->there[n->id];
    Node *y;
    if (n->kind == K_SLOT) {
        y = turn_new(b->g, n->arg[0], back, n->slot);
    } else if (n->kind == K_VIEW) {
        Node *x = value_there(b, n->arg[0], l, back);
        y = derived(b, K_VIEW, n->op, n->loc, &n->shape, n->when);
        memcpy(y->attr, n->attr, sizeof y->attr), memcpy(y->perm, n->perm, sizeof y->perm);
        y->arg[y->nargs++] = x, y->type = n->type, y->loop = back;
    } else {
        Node *k = kept(b, n);
        y = turn_new(b->g, k, back, k->slot);
    }
    y->backward = true, y->of = n;
    return b->there[n->id] = y;
}

/* All steps of a value of the loop back. */
static Node *all_of(Backward *b, Node *n)
{
    const Loop *l = n->loop;
    if (n->kind == K_SLOT) return whole_new(b->g, n->arg[0], n->slot, l->turns);
    Node *k = kept(b, n);
    return whole_new(b->g, k, k->slot, l->turns);
}

/* ---- adjoints of values outside ---- */
static char free_label(const char *labels)
{
    for (char c = 'a'; c <= 'z'; c++)
        if (!strchr(labels, c)) return c;
    BUG("a product of 26 labels");
}

/* The product of a step as one over samples and steps. */
static Node *product_of_all(Backward *b, const Node *d, const Loop *l)
{
    Text labels = { 0 };
    const char t = free_label(d->labels), *at = d->labels;
    Node *y = derived(b, K_MATMUL, d->op, d->loc, &d->shape, d->when);
    for (int i = 0; i < 2; i++) {
        Node *x = d->arg[i];
        const bool turns = x->loop == l;
        y->arg[y->nargs++] = turns ? all_of(b, x) : x;
        text_add(&labels, "%s%.1s%.*s%.*s", i ? "," : "", at, turns, &t, x->shape.rank - 1, at + 1);
        at += x->shape.rank + 1;
    }
    text_add(&labels, "-%s", at);
    y->labels = labels.s;
    return y;
}

/* The sum over axes of a step, and over steps. */
static Node *sum_of_all(Backward *b, Node *x, unsigned axes, const Shape *to)
{
    Node *y = derived(b, K_REDUCE, op_with_role(b->g->ops, "sum"), x->loc, to, x->when);
    y->arg[y->nargs++] = all_of(b, x), y->axes = (axes & 1) | 2 | (axes >> 1 << 2);
    return y;
}

/* Rule 3. */
static Node *over_steps(Backward *b, Node *d, const Loop *l)
{
    if (d->loop != l) return d; /* it is no multiple of an adjoint, so it is 0 */
    if (d->shape.batch) return sum_of_all(b, d, 0, &d->shape);
    Node *x = d->nargs ? d->arg[0] : NULL;
    if (d->kind == K_MATMUL && x->shape.batch) return product_of_all(b, d, l);
    if (d->kind == K_REDUCE && has_role(d, "sum") && x->shape.batch)
        return sum_of_all(b, x, d->axes, &d->shape);
    Node *y = derived(b, d->kind, d->op, d->loc, &d->shape, d->when);
    const bool linear =
        d->kind == K_VIEW || has_role(d, "add") || (d->kind == K_REDUCE && has_role(d, "sum"));
    if (!linear)
        BUG("the gradient %s of %s has no sum over steps", d->op->name, shape_text(&d->shape));
    memcpy(y->attr, d->attr, sizeof y->attr), memcpy(y->perm, d->perm, sizeof y->perm);
    y->axes = d->axes;
    for (int i = 0; i < d->nargs; i++) y->arg[y->nargs++] = over_steps(b, d->arg[i], l);
    return y;
}

void settle_in_loop(Backward *b, int made, const Node *y)
{
    Loop *back = back_of(b, y->loop)->loop;
    for (int i = made, n = b->g->nodes.n; i < n; i++) {
        Node *m = b->g->nodes.at[i];
        if (m->kind == K_SLOT || in_slots(m)) continue;
        m->loop = NULL;
        for (int k = 0; k < m->nargs; k++) {
            m->arg[k] = value_there(b, m->arg[k], y->loop, back);
            if (m->arg[k]->loop == back) m->loop = back;
        }
        if (m->loop) m->when = WHEN_MICRO;
    }
    const int first = b->g->nodes.n;
    for (int i = 0; i < b->captured.n; i++) {
        const Captured *c = b->captured.at[i];
        add_adjoint(b, c->of, over_steps(b, c->adjoint, back));
    }
    b->captured.n = 0;
    for (int i = first; i < b->g->nodes.n; i++) {
        Node *m = b->g->nodes.at[i];
        if (!(in_slots(m) && m->loop)) m->backward = true, m->of = (Node *)y;
    }
}

/* ---- memory ---- */
/* The adjoint of all that a loop returned goes into it step by step. */
static void whole_backward(Backward *b, Node *y, Node *dy)
{
    Node *written = y->arg[0];
    Loop *back = back_of(b, written->loop)->loop;
    Node *line = line_new(b->g, dy);
    b->adjoint[written->id] = add(b, b->adjoint[written->id], turn_new(b->g, line, back, 0));
}

/* What a turn reads: of a line, or of what is carried. */
static void turn_backward(Backward *b, Node *y, Node *dy)
{
    Node *memory = y->arg[0];
    Loop *back = back_of(b, y->loop)->loop;
    b->in = NULL;
    if (!memory->next) {
        if (!dy) return;
        Node *k = keep_new(b->g, dy, back);
        add_adjoint(b, memory, whole_new(b->g, k, 0, back->turns));
        return;
    }
    Node *d = b->there[memory->id];
    if (!d) return;
    Node *next = next_new(b->g, dy ? dy : zero(b, &y->shape), d, back);
    if (b->needed[memory->id]) add_adjoint(b, memory, last_new(b->g, next));
}

static void last_backward(Backward *b, const Node *next, Node *dy)
{
    back_of(b, next->loop);
    b->last[next->id] = add(b, b->last[next->id], dy);
}

bool slots_backward(Backward *b, Node *y, Node *dy)
{
    if (y->kind == K_SLOT) {
        if (y->loop) turn_backward(b, y, dy);
        else if (y->slots) whole_backward(b, y, dy);
        else last_backward(b, y->arg[0], dy);
        return true;
    }
    if (!dy) return true;
    if (!in_slots(y)) return false;
    if (b->needed[y->arg[0]->id]) add_adjoint(b, y->arg[0], dy);
    return true;
}

/* ---- the end ---- */
/* Rule 4. */
static void read_kept(const Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *k = g->nodes.at[i], *x = k->arg[0];
        if (!in_slots(k) || !k->loop || x->loop != k->loop || x->kind <= K_SLOT) continue;
        for (int u = 0; u < g->nodes.n; u++) {
            Node *n = g->nodes.at[u];
            for (int a = 0; a < n->nargs && n->loop == k->loop && !(in_slots(n)); a++)
                if (n->arg[a] == x) n->arg[a] = k;
        }
    }
}

void finish_loops(Backward *b)
{
    Graph *g = b->g;
    if (!g->loops.n) return;
    read_kept(g);
    gather_loops(g);
    int first = 0;
    while (first < g->nodes.n && !g->nodes.at[first]->backward) first++;
    g->nforward = first;
}
