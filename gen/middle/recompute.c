/* recompute.c -- after simplify: backward rematerialises values, so that they need not be kept
   (gradient checkpointing).

   1. Level 0 keeps every value that backward reads. Level 1 rematerialises the results of maps and
      folds over kept values. Level s >= 2 cuts the forward pass into about s pieces of equal
      weight, where few values cross. It keeps the values that cross a cut and, of the last piece,
      where backward begins, those of level 1. It rematerialises the others.
   2. Values much smaller than the largest are kept: the statistics of a row or of a channel.
   3. A second node rematerialises a value, before the first adjoint that reads it. It belongs to
      backward, so it never shares a kernel with the first one. It computes the same bits. Noise
      is the same, since its key is the sample's. */
#include "middle/middle.h"

enum { SMALL = 64 }; /* values that many times smaller than the largest are kept */
typedef struct Recomputation {
    Graph *g;
    bool *wanted; /* backward reads it; all arrays are by node id */
    int *last;    /* the last forward node that reads it */
    bool *kept;
    Node **twin; /* the second node; the node itself where it needs none */
    const long *pieces;
    long largest;
    VEC(Node) order; /* the new order of all nodes */
} Recomputation;

static bool is_value(const Graph *g, const Node *n)
{
    return is_live(g, n) && !is_predicted(g, n) && !n->backward && n->when == WHEN_MICRO &&
           n->kind >= K_MAP && n->kind != K_VIEW;
}

static bool is_cheap(const Node *n) { return n->kind == K_MAP || n->kind == K_REDUCE; }
/* the numbers of it that are in memory at once */
static long size_of(const Recomputation *r, const Node *n)
{
    return shape_count(&n->shape) / r->pieces[n->id];
}

static bool is_small(const Recomputation *r, const Node *n)
{
    return size_of(r, n) * SMALL <= r->largest;
}

/* ---- readers ---- */
static void note_read(Recomputation *r, const Node *n, const Node *by)
{
    if (n->kind == K_VIEW)
        for (int i = 0; i < n->nargs; i++) note_read(r, n->arg[i], by);
    if (!is_value(r->g, n)) return;
    if (by->backward) r->wanted[n->id] = true;
    else if (by->id > r->last[n->id]) r->last[n->id] = by->id;
}

static void find_reads(Recomputation *r)
{
    for (int i = 0; i < r->g->nodes.n; i++) {
        const Node *u = r->g->nodes.at[i];
        for (int k = 0;
             k < u->nargs && is_live(r->g, u) && !is_predicted(r->g, u) && u->kind != K_VIEW; k++)
            note_read(r, u->arg[k], u);
    }
    for (int i = 0; i < r->g->nodes.n; i++)
        if (r->wanted[i] && size_of(r, r->g->nodes.at[i]) > r->largest)
            r->largest = size_of(r, r->g->nodes.at[i]);
}

/* ---- level 1 ---- */
static bool at_hand(const Recomputation *r, const Node *n);
static bool arguments_at_hand(const Recomputation *r, const Node *n)
{
    for (int i = 0; i < n->nargs; i++)
        if (!at_hand(r, n->arg[i])) return false;
    return true;
}

/* The value is kept, or can be made from kept values without a contraction. */
static bool at_hand(const Recomputation *r, const Node *n)
{
    if (n->kind == K_VIEW) return arguments_at_hand(r, n);
    if (!is_value(r->g, n) || r->kept[n->id]) return true;
    return is_cheap(n) && arguments_at_hand(r, n);
}

static void keep_dear(Recomputation *r, int from)
{
    for (int i = from; i < r->g->nodes.n; i++)
        r->kept[i] |= r->wanted[i] && !is_cheap(r->g->nodes.at[i]);
    for (int i = from; i < r->g->nodes.n; i++)
        r->kept[i] |= r->wanted[i] && !arguments_at_hand(r, r->g->nodes.at[i]);
}

/* ---- pieces ---- */
/* The numbers that cross a cut before each node. A value that backward would not read otherwise
   counts an eighth more. */
static long *crossings(const Recomputation *r)
{
    long *sum = NEW_ARRAY(long, r->g->nodes.n + 2);
    for (int i = 0; i < r->g->nodes.n; i++) {
        const Node *n = r->g->nodes.at[i];
        if (!is_value(r->g, n) || r->last[i] <= i) continue;
        const long size = size_of(r, n), weight = r->wanted[i] ? size : size + size / 8;
        sum[i + 1] += weight, sum[r->last[i] + 1] -= weight;
    }
    for (int i = 1; i <= r->g->nodes.n; i++) sum[i] += sum[i - 1];
    return sum;
}

static long weight_of(const Recomputation *r, int i)
{
    return r->wanted[i] ? size_of(r, r->g->nodes.at[i]) : 0;
}

/* The cheapest cut after `from` for a piece of half to all of `most` numbers; 0: the rest is one
   piece. */
static int next_cut(const Recomputation *r, int from, long most, const long *crossing)
{
    int best = 0;
    long sum = 0;
    for (int i = from; i < r->g->nodes.n; i++) {
        if (sum > most && best) return best;
        if (2 * sum >= most && i > from && !r->g->nodes.at[i]->backward &&
            (!best || crossing[i] <= crossing[best]))
            best = i;
        sum += weight_of(r, i);
    }
    return sum > most ? best : 0;
}

static void keep_across(Recomputation *r, int cut)
{
    for (int i = 0; i < cut; i++) r->kept[i] |= r->last[i] >= cut;
}

static void keep_pieces(Recomputation *r, int pieces)
{
    const long *crossing = crossings(r);
    long all = 0;
    int cut = 0;
    for (int i = 0; i < r->g->nodes.n; i++) all += weight_of(r, i);
    for (int next; (next = next_cut(r, cut, all / pieces, crossing)) > 0; cut = next)
        keep_across(r, next);
    keep_dear(r, cut);
}

/* ---- the second nodes ---- */
static Node *again(Recomputation *r, Node *n)
{
    if (n->backward || n->when != WHEN_MICRO || n->kind < K_MAP || r->kept[n->id]) return n;
    if (r->twin[n->id]) return r->twin[n->id];
    Node *y = NEW(Node);
    bool same = n->kind == K_VIEW;
    *y = *n;
    for (int i = 0; i < n->nargs; i++) {
        y->arg[i] = again(r, n->arg[i]);
        same &= y->arg[i] == n->arg[i];
    }
    if (same) return r->twin[n->id] = n;
    y->backward = true, y->of = n;
    vec_push(&r->order, y);
    return r->twin[n->id] = y;
}

static void rewrite(Recomputation *r)
{
    for (int i = 0; i < r->g->nodes.n; i++) {
        Node *n = r->g->nodes.at[i];
        for (int k = 0; k < n->nargs && n->backward && is_live(r->g, n) && !is_predicted(r->g, n);
             k++)
            n->arg[k] = again(r, n->arg[k]);
        vec_push(&r->order, n);
    }
    Node **first = r->g->nodes.at;
    const int n = r->g->nodes.n;
    renumber(r->g, r->order.at, r->order.n);
    for (int i = 0; i < n; i++)
        if (r->twin[i] && r->twin[i] != first[i]) set_first(r->g, r->twin[i], first[i]);
}

void recompute(Graph *g)
{
    const int level = g->train.recompute_level, n = g->nodes.n;
    Recomputation r = { .g = g,
                        .wanted = NEW_ARRAY(bool, n),
                        .last = NEW_ARRAY(int, n),
                        .kept = NEW_ARRAY(bool, n),
                        .twin = NEW_ARRAY(Node *, n) };
    if (!level) return;
    r.pieces = piece_counts(g);
    find_reads(&r);
    for (int i = 0; i < n; i++)
        r.kept[i] =
            is_value(g, g->nodes.at[i]) &&
            (is_small(&r, g->nodes.at[i]) || g->nodes.at[i]->loop || in_slots(g->nodes.at[i]));
    if (level == 1) keep_dear(&r, 0);
    else keep_pieces(&r, level);
    rewrite(&r);
    gather_loops(g);
    count_uses(g);
}
