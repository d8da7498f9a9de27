/* factors_cuda.c -- the layouts that a contraction needs for its factors in CUDA.

   1. Nothing is packed, and there are no column blocks: matrices are row by row, images
      [batch][rows][columns][channels].
   2. A matmul wants of a weight its own axes in the result's order, then the depth in the other
      factor's order. A convolution wants [rows][columns][channels][outputs].
   3. If factors have cuts that do not divide each other, one of them is copied row by row. */
#include <stdlib.h>
#include <string.h>
#include "lower/layouts.h"

static bool summed(const Lowering *w, const Level *l) { return !label_of(w, l)->in[2]; }

/* First the result's labels, by its strides, then the sum's, by the other operand's. A
   convolution has the opposite order. */
static int weight_order(const Lowering *w, const Level *a, const Level *b, int other)
{
    const bool matmul = w->x->core->kind == K_MATMUL;
    if (summed(w, a) != summed(w, b)) return summed(w, a) == matmul ? 1 : -1;
    const int by = summed(w, a) ? other : 2;
    const long x = labs(a->stride[by]), y = labs(b->stride[by]);
    if (x != y) return x < y ? 1 : -1;
    return a->label != b->label ? a->label - b->label : a->div < b->div ? 1 : -1;
}

/* The weight's factors from its levels, innermost last; rows are a multiple of 16 bytes. */
static void order_weight(const Lowering *w, int which, Layout *out)
{
    const Operand *o = &w->operand[which];
    Level order[LEVELS];
    int n = 0;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[which]) order[n++] = w->level[i];
    sort_levels(w, order, n, weight_order, 1 - which);
    Layout l = { .rank = o->shape.rank, .vaxis = -1 };
    long stride = 1;
    for (int i = n; i-- > 0;) {
        const Level *v = &order[i];
        const bool last = i == n - 1;
        for (int a = 0; a < o->shape.rank; a++) {
            if (o->index[a].label[0] != v->label) continue;
            Axis *x = &l.axis[a];
            x->factor[x->n++] =
                (Factor) { v->div, v->div * v->extent >= o->shape.dim[a] ? 0 : v->extent, stride,
                           v->extent };
        }
        const long extent = last && n > 1 ? block_of(w->k, v->extent) : v->extent;
        if (extent > 1 || last) {
            memmove(l.dims + 1, l.dims, sizeof(long) * (size_t)l.ndims);
            memmove(l.strides + 1, l.strides, sizeof(long) * (size_t)l.ndims);
            l.dims[0] = extent, l.strides[0] = stride, l.ndims++;
        }
        stride *= extent;
    }
    l.size = (stride + ALIGN - 1) / ALIGN * ALIGN;
    *out = l;
}

static void cut_levels(Lowering *w)
{
    for (int i = 0; i < 2 && !lowering_levels(w); i++)
        if (known(&w->operand[i])) straighten(w, i);
    if (!lowering_levels(w)) BUG("a contraction is cut at places that do not divide each other");
}

bool wanted_cuda(Lowering *w, const Node *weight, Layout *out)
{
    lowering_order(w, columns_label(w));
    cut_levels(w);
    const int which = w->operand[0].node != weight;
    if (crowded(w, which)) {
        straighten(w, 1 - which);
        if (!lowering_levels(w)) BUG("a straight operand is cut");
    }
    order_weight(w, which, out);
    return true;
}

void settle_factors_cuda(Lowering *w, const Node *granted)
{
    Layout l;
    lowering_order(w, columns_label(w));
    forget(w, granted);
    if (granted) wanted_cuda(w, granted, &l);
    else cut_levels(w);
}
