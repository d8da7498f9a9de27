/* head.c -- which products are heads, and in how many pieces they are computed.

   1. A head is a product whose region (region.c) can be cut along one of its axes of rows: the
      longest that can be cut. An axis of samples cannot, since the micro-batch already cuts it.
   2. train's head_pieces says how many pieces, 1: none. Without it, logits of LARGE numbers or more
      are cut into pieces of LARGE numbers, but at least ROWS rows, and at most MOST pieces.
   3. Logits are whole where a micro-batch's gradient is folded into the optimizer's states, and
      where deterministic = "split" orders its sums. */
#include "middle/region.h"

enum { LARGE = 1 << 22, ROWS = 128, MOST = 16 };

/* Whether a parameter's gradient would be no sum of the pieces'. */
static bool joins_gradient(const Region *r)
{
    for (int i = 0; i < r->g->gradients.n; i++)
        if (r->axis[r->g->gradients.at[i]->value->id] >= 0) return true;
    return false;
}

static long least(long a, long b) { return a < b ? a : b; }

/* Rule 2. */
static long pieces_for(const Graph *g, const Node *product, int axis)
{
    const long extent = product->shape.dim[axis];
    if (g->train.head_pieces) return least(g->train.head_pieces, extent);
    const long large = (shape_count(&product->shape) + LARGE - 1) / LARGE;
    return least(least(large, rows_of_product(product) / ROWS), least(MOST, extent));
}

static bool may_be_head(const Graph *g, const Node *n)
{
    return n->kind == K_MATMUL && is_live(g, n) && !n->backward && n->when == WHEN_MICRO &&
           (g->train.head_pieces || shape_count(&n->shape) >= LARGE) && !g->train.chains &&
           !g->step->optimizer.fold[0];
}

/* The longest axis of rows that was not tried; -1: none. */
static int longest_axis(const Node *product, const bool *tried)
{
    int best = -1;
    for (int a = product->shape.batch; a < product->shape.rank; a++)
        if (!tried[a] && is_row_axis(product, a) &&
            (best < 0 || product->shape.dim[a] > product->shape.dim[best]))
            best = a;
    return best;
}

long find_head(Region *r, Graph *g, Node *product)
{
    bool tried[RANK] = { 0 };
    for (int a; may_be_head(g, product) && (a = longest_axis(product, tried)) >= 0;) {
        const long n = pieces_for(g, product, a);
        if (n > 1 && find_region(r, g, product, a) && !joins_gradient(r)) return n;
        tried[a] = true;
    }
    return 1;
}

long *piece_counts(Graph *g)
{
    long *count = NEW_ARRAY(long, g->nodes.n);
    for (int i = 0; i < g->nodes.n; i++) count[i] = 1;
    for (int i = 0; i < g->nodes.n; i++) {
        Region r;
        const long n = find_head(&r, g, g->nodes.at[i]);
        for (int k = 0; n > 1 && k < g->nodes.n; k++)
            if (r.wide[k]) count[k] = n;
    }
    return count;
}
