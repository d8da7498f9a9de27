/* gemm.c -- a contraction in CUDA: four groups of levels and their strides. levels.c comes first.

   1. Nothing is packed and nothing lies in strips: matrices row by row, images as [batch][rows][columns][channels].
   2. A weight that has no order yet gets the one its first reader likes. A matmul's: its own axes by the result's, then the
      depth as the other operand runs through it. A convolution's: [rows][columns][channels][outputs].
   3. Where each group of levels is one level in the end, and every operand has an axis of stride 1, cuBLASLt can say it.
      All else is a kernel of our own, which finds its elements by / and % of constants.
   4. A convolution's padding is not in memory: an index outside of the image makes its element 0. */
#include <stdlib.h>
#include <string.h>
#include "lower/contraction.h"

enum { MOST_BATCH = 65535 };            /* products in one call: its kernels may count them in z of their grid */

/* ---- which operand is B ----------------------------------------------------------------------------------------- */
/* The result's label along which it is contiguous, unless both operands have it; 0: there is none. */
static char contiguous_label(const Lowering *w)
{
    const Operand *o = &w->operand[2];
    char label = 0;
    long extent = 0;
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->layout.axis[a].n; i++) {
            const Digit *d = &o->layout.axis[a].digit[i];
            if (d->stride != 1 || d->extent <= extent || o->place[a].n != 1) continue;
            if (has_label(&w->operand[0], o->place[a].label[0]) && has_label(&w->operand[1], o->place[a].label[0])) continue;
            label = o->place[a].label[0], extent = d->extent;
        }
    return label;
}

/* ---- the order of a weight -------------------------------------------------------------------------------------- */
static int other;                       /* the operand that is not the weight */
static const Lowering *sorting;
static bool summed(const Level *l) { return !label_of(sorting, l)->in[2]; }

/* The result's labels first, by its strides, then the sum's, by the other operand's; a convolution's the other way round. */
static int weight_order(const void *pa, const void *pb)
{
    const Level *a = pa, *b = pb;
    const bool matmul = sorting->x->core->kind == K_MATMUL;
    if (summed(a) != summed(b)) return summed(a) == matmul ? 1 : -1;
    const int by = summed(a) ? other : 2;
    const long x = labs(a->stride[by]), y = labs(b->stride[by]);
    if (x != y) return x < y ? 1 : -1;
    return a->label != b->label ? a->label - b->label : a->div < b->div ? 1 : -1;
}

/* The weight's digits from its levels, innermost last; rows are a multiple of 16 bytes. */
static void order_weight(Lowering *w, int which)
{
    Operand *o = &w->operand[which];
    Level order[LEVELS];
    int n = 0;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[which]) order[n++] = w->level[i];
    sorting = w, other = 1 - which;
    qsort(order, (size_t)n, sizeof *order, weight_order);
    Layout l = { .rank = o->shape.rank, .vaxis = -1 };
    long stride = 1;
    for (int i = n; i-- > 0; ) {
        const Level *v = &order[i];
        const bool last = i == n - 1;
        for (int a = 0; a < o->shape.rank; a++) {
            if (o->place[a].label[0] != v->label) continue;
            Axis *x = &l.axis[a];
            x->digit[x->n++] = (Digit) { v->div, v->div * v->extent >= o->shape.dim[a] ? 0 : v->extent, stride, v->extent };
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
    if (!take_order(w, o, &l) && !known(o)) straighten(w, which);
}

static void cut(Lowering *w)
{
    for (int i = 0; i < 2 && !lowering_levels(w); i++)
        if (known(&w->operand[i])) straighten(w, i);
    if (!lowering_levels(w)) BUG("a contraction is cut at places that do not divide each other");
    for (int i = 0; i < 2; i++)
        if (!known(&w->operand[i])) {
            if (crowded(w, i)) {
                straighten(w, 1 - i);
                if (!lowering_levels(w)) BUG("a straight operand is cut");
            }
            order_weight(w, i);
            if (!lowering_levels(w)) BUG("a weight's own order does not fit");
        }
}

/* ---- can a library say it --------------------------------------------------------------------------------------- */
static bool single(const Levels *s, long *extent)
{
    *extent = s->n ? s->at[0].extent : 1;
    return s->n <= 1;
}

/* An operand of rows and columns: one of the two strides is 1, the other the distance of its rows. One that is repeated has none. */
static bool matrix(const Levels *rows, const Levels *columns, int which, long *lead, bool *turned)
{
    const long r = rows->n ? rows->at[0].stride[which] : 0, c = columns->n ? columns->at[0].stride[which] : 0;
    *turned = columns->n ? c != 1 : rows->n && r == 1 ? true : false;
    const long inner = *turned ? (rows->n ? r : 1) : (columns->n ? c : 1), outer = *turned ? c : r;
    const Levels *along = *turned ? rows : columns, *across = *turned ? columns : rows;
    const long width = along->n ? along->at[0].extent : 1;
    *lead = outer ? outer : width;
    return inner == 1 && *lead >= width && (outer || !across->n || across->at[0].extent == 1);
}

static bool as_blas(const Lowering *w, const Gemm *m, Blas *b)
{
    const Levels batch = levels_in(w, true, true, true, -1, 2, true), rows = levels_in(w, true, false, true, -1, 2, true);
    const Levels columns = levels_in(w, false, true, true, -1, 2, true), depth = levels_in(w, true, true, false, -1, 0, true);
    bool turned = false;
    if (m->nbounds || !single(&batch, &b->batch) || !single(&rows, &b->rows)) return false;
    if (!single(&columns, &b->columns) || !single(&depth, &b->depth)) return false;
    for (int i = 0; i < 3; i++) b->step[i] = batch.n ? batch.at[0].stride[i] : 0;
    const bool said = matrix(&rows, &depth, 0, &b->lead[0], &b->turned[0]) && matrix(&depth, &columns, 1, &b->lead[1], &b->turned[1])
        && matrix(&rows, &columns, 2, &b->lead[2], &turned) && !turned;
    const bool aligned = b->lead[0] % 8 == 0 && b->lead[1] % 8 == 0 && b->lead[2] % 4 == 0;
    return said && b->batch <= MOST_BATCH && (aligned || w->k->g->train.precision < BF16);
}

/* ---- padding ---------------------------------------------------------------------------------------------------- */
static long extent_of(const Lowering *w, char label)
{
    for (int i = 0; i < w->nlabels; i++)
        if (w->label[i].label == label) return w->label[i].extent;
    BUG("a place of an unknown label");
}

static void find_bounds(const Lowering *w, Gemm *m, int which)
{
    const Operand *o = &w->operand[which];
    for (int a = 0; a < o->shape.rank; a++) {
        const Place *p = &o->place[a];
        long low = p->constant, high = p->constant;
        if (p->n != 2) continue;
        for (int i = 0; i < 2; i++) {
            const long span = p->factor[i] * (extent_of(w, p->label[i]) - 1);
            if (span < 0) low += span;
            else high += span;
        }
        m->image = which;
        if (low < 0 || high >= o->shape.dim[a])
            m->bound[m->nbounds++] = (Bound) { { p->label[0], p->label[1] }, { p->factor[0], p->factor[1] }, p->constant, o->shape.dim[a],
                                                o->layout.axis[a].digit[0].stride };
    }
}

void lower_gemm(Kernels *k, Kernel *x)
{
    Lowering w;
    Gemm *m = NEW(Gemm);
    lowering_start(&w, k, x);
    lowering_order(&w, contiguous_label(&w));
    cut(&w);
    m->a = w.operand[0].node, m->b = w.operand[1].node;
    m->batch = levels_in(&w, true, true, true, -1, 2, false);
    m->rows = levels_in(&w, true, false, true, -1, 2, false);
    m->columns = levels_in(&w, false, true, true, -1, 2, false);
    m->depth = levels_in(&w, true, true, false, -1, 0, false);
    for (int a = 0; a < w.operand[2].shape.rank; a++) m->result[a] = w.operand[2].place[a].label[0];
    set_bases(&w, m->base);
    for (int i = 0; i < 2; i++) find_bounds(&w, m, i);
    m->library = as_blas(&w, m, &m->blas);
    m->flop = x->flop = lowering_flop(&w);
    x->gemm = m;
}
