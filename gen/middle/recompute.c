/* recompute.c -- behind simplify: values that backward reads are made again in front of it, so that they need not be kept.

   1. Level 0 keeps every value that backward reads. Level 1 makes again what maps and folds make of values that are kept
      anyway. Level s >= 2 cuts the forward pass into about s pieces of equal weight where little crosses: what crosses a cut
      is kept; of the last piece, where backward begins, what level 1 keeps; the rest is made again.
   2. What is much smaller than the largest value is kept: the statistics of a row or of a channel.
   3. A value is made again by a second node, in front of the first adjoint that reads it. It belongs to backward, so it never
      shares a kernel with the first one. It computes the same bits; noise comes out again, since its key is the sample's. */
#include "middle/middle.h"

enum { SMALL = 64 };                    /* that many times smaller than the largest: kept */
static Graph *g;
static bool *wanted;                    /* backward reads it; by id, as all of these */
static int *last;                       /* the last forward node that reads it */
static bool *kept;
static Node **twin;
static long largest;
static VEC(Node) order;

static bool is_live(const Node *n) { return n->uses > 0 && !n->same && !n->predicted; }

static bool is_value(const Node *n)
{
    return is_live(n) && !n->backward && n->when == WHEN_MICRO && n->kind >= K_MAP && n->kind != K_VIEW;
}

static bool is_cheap(const Node *n) { return n->kind == K_MAP || n->kind == K_REDUCE; }
static bool is_small(const Node *n) { return shape_count(&n->shape) * SMALL <= largest; }

/* ---- who reads what ---- */
static void note_read(const Node *n, const Node *by)
{
    if (n->kind == K_VIEW)
        for (int i = 0; i < n->nargs; i++) note_read(n->arg[i], by);
    if (!is_value(n)) return;
    if (by->backward) wanted[n->id] = true;
    else if (by->id > last[n->id]) last[n->id] = by->id;
}

static void find_reads(void)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *u = g->nodes.at[i];
        for (int k = 0; k < u->nargs && is_live(u) && u->kind != K_VIEW; k++) note_read(u->arg[k], u);
    }
    for (int i = 0; i < g->nodes.n; i++)
        if (wanted[i] && shape_count(&g->nodes.at[i]->shape) > largest) largest = shape_count(&g->nodes.at[i]->shape);
}

/* ---- level 1 ---- */
static bool at_hand(const Node *n);
static bool arguments_at_hand(const Node *n)
{
    for (int i = 0; i < n->nargs; i++)
        if (!at_hand(n->arg[i])) return false;
    return true;
}

/* It is there, or can be made from what is there without a contraction. */
static bool at_hand(const Node *n)
{
    if (n->kind == K_VIEW) return arguments_at_hand(n);
    if (!is_value(n) || kept[n->id]) return true;
    return is_cheap(n) && arguments_at_hand(n);
}

static void keep_dear(int from)
{
    for (int i = from; i < g->nodes.n; i++) kept[i] |= wanted[i] && !is_cheap(g->nodes.at[i]);
    for (int i = from; i < g->nodes.n; i++) kept[i] |= wanted[i] && !arguments_at_hand(g->nodes.at[i]);
}

/* ---- pieces ---- */
/* What crosses a cut in front of each node, in numbers; a value that backward would not have read weighs an eighth more. */
static long *crossings(void)
{
    long *sum = NEW_ARRAY(long, g->nodes.n + 2);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!is_value(n) || last[i] <= i) continue;
        const long size = shape_count(&n->shape), weight = wanted[i] ? size : size + size / 8;
        sum[i + 1] += weight, sum[last[i] + 1] -= weight;
    }
    for (int i = 1; i <= g->nodes.n; i++) sum[i] += sum[i - 1];
    return sum;
}

static long weight_of(int i) { return wanted[i] ? shape_count(&g->nodes.at[i]->shape) : 0; }

/* The cheapest place behind `from` for a piece of half to all of `most` numbers; 0: the rest is no more than a piece. */
static int next_cut(int from, long most, const long *crossing)
{
    int best = 0;
    long sum = 0;
    for (int i = from; i < g->nodes.n; i++) {
        if (sum > most && best) return best;
        if (2 * sum >= most && i > from && !g->nodes.at[i]->backward && (!best || crossing[i] <= crossing[best])) best = i;
        sum += weight_of(i);
    }
    return sum > most ? best : 0;
}

static void keep_across(int cut)
{
    for (int i = 0; i < cut; i++) kept[i] |= last[i] >= cut;
}

static void keep_pieces(int pieces)
{
    const long *crossing = crossings();
    long all = 0;
    int cut = 0;
    for (int i = 0; i < g->nodes.n; i++) all += weight_of(i);
    for (int next; (next = next_cut(cut, all / pieces, crossing)) > 0; cut = next) keep_across(next);
    keep_dear(cut);
}

/* ---- the second nodes ---- */
static Node *again(Node *n)
{
    if (n->backward || n->when != WHEN_MICRO || n->kind < K_MAP || kept[n->id]) return n;
    if (twin[n->id]) return twin[n->id];
    Node *y = NEW(Node);
    bool same = n->kind == K_VIEW;
    *y = *n;
    for (int i = 0; i < n->nargs; i++) {
        y->arg[i] = again(n->arg[i]);
        same &= y->arg[i] == n->arg[i];
    }
    if (same) return twin[n->id] = n;
    y->backward = true, y->of = n, y->again = n;
    vec_push(&order, y);
    return twin[n->id] = y;
}

static void rewrite(void)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        for (int k = 0; k < n->nargs && n->backward && is_live(n); k++) n->arg[k] = again(n->arg[k]);
        vec_push(&order, n);
    }
    g->nodes.n = 0;
    for (int i = 0; i < order.n; i++) {
        order.at[i]->id = i;
        vec_push(&g->nodes, order.at[i]);
    }
}

void recompute(Graph *graph)
{
    g = graph;
    const int level = g->train.level, n = g->nodes.n;
    if (!level) return;
    largest = 0, order.n = 0;
    wanted = NEW_ARRAY(bool, n), kept = NEW_ARRAY(bool, n), last = NEW_ARRAY(int, n), twin = NEW_ARRAY(Node *, n);
    find_reads();
    for (int i = 0; i < n; i++) kept[i] = is_value(g->nodes.at[i]) && is_small(g->nodes.at[i]);
    if (level == 1) keep_dear(0);
    else keep_pieces(level);
    rewrite();
    count_uses(g);
}
