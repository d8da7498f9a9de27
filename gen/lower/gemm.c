/* gemm.c -- a contraction in CUDA: four groups of levels with their strides, from levels.c.

   1. If each group is one level, and every operand has an axis of stride 1, cuBLASLt computes it.
      Otherwise a kernel of our own finds its elements by / and % of constants.
   2. A convolution's padding is not in memory: an index outside the image gives 0. */
#include "lower/contraction.h"

/* products in one call: the grid's z may count them */
enum { MOST_BATCH = 65535 };

/* ---- whether cuBLASLt can compute it ---- */
static bool single(const Levels *s, long *extent)
{
    *extent = s->n ? s->at[0].extent : 1;
    return s->n <= 1;
}

/* An operand of rows and columns: one of the two strides is 1, the other is the distance of its
   rows. A repeated operand has none. */
static bool matrix(const Levels *rows, const Levels *columns, int which, long *lead, bool *turned)
{
    const long r = rows->n ? rows->at[0].stride[which] : 0,
               c = columns->n ? columns->at[0].stride[which] : 0;
    *turned = columns->n ? c != 1 : rows->n && r == 1 ? true : false;
    const long inner = *turned ? (rows->n ? r : 1) : (columns->n ? c : 1), outer = *turned ? c : r;
    const Levels *along = *turned ? rows : columns, *across = *turned ? columns : rows;
    const long width = along->n ? along->at[0].extent : 1;
    *lead = outer ? outer : width;
    return inner == 1 && *lead >= width && (outer || !across->n || across->at[0].extent == 1);
}

static bool as_blas(const Lowering *w, const Gemm *m, Blas *b)
{
    const Levels batch = levels_in(w, true, true, true, -1, 2, true),
                 rows = levels_in(w, true, false, true, -1, 2, true);
    const Levels columns = levels_in(w, false, true, true, -1, 2, true),
                 depth = levels_in(w, true, true, false, -1, 0, true);
    bool turned = false;
    if (m->nbounds || !single(&batch, &b->batch) || !single(&rows, &b->rows)) return false;
    if (!single(&columns, &b->columns) || !single(&depth, &b->depth)) return false;
    for (int i = 0; i < 3; i++) b->step[i] = batch.n ? batch.at[0].stride[i] : 0;
    const bool said = matrix(&rows, &depth, 0, &b->lead[0], &b->turned[0]) &&
                      matrix(&depth, &columns, 1, &b->lead[1], &b->turned[1]) &&
                      matrix(&rows, &columns, 2, &b->lead[2], &turned) && !turned;
    const bool aligned = b->lead[0] % 8 == 0 && b->lead[1] % 8 == 0 && b->lead[2] % 4 == 0;
    return said && b->batch <= MOST_BATCH && (aligned || w->k->g->train.precision < BF16);
}

/* ---- padding ---- */
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
        const AxisIndex *p = &o->index[a];
        long low = p->constant, high = p->constant;
        if (p->n != 2) continue;
        for (int i = 0; i < 2; i++) {
            const long span = p->factor[i] * (extent_of(w, p->label[i]) - 1);
            if (span < 0) low += span;
            else high += span;
        }
        m->image = which;
        if (low < 0 || high >= o->shape.dim[a])
            m->bound[m->nbounds++] = (Bound) { { p->label[0], p->label[1] },
                                               { p->factor[0], p->factor[1] },
                                               p->constant,
                                               o->shape.dim[a],
                                               o->layout.axis[a].factor[0].stride };
    }
}

bool library_says(const Lowering *w, Gemm *m)
{
    for (int i = 0; i < 2; i++) find_bounds(w, m, i);
    return m->library = as_blas(w, m, &m->blas);
}

void lower_gemm(Kernels *k, Kernel *x)
{
    Lowering w;
    Gemm *m = NEW(Gemm);
    lowering_settled(&w, k, x);
    m->batch = levels_in(&w, true, true, true, -1, 2, false);
    m->rows = levels_in(&w, true, false, true, -1, 2, false);
    m->columns = levels_in(&w, false, true, true, -1, 2, false);
    m->depth = levels_in(&w, true, true, false, -1, 0, false);
    for (int a = 0; a < w.operand[2].shape.rank; a++) m->result[a] = w.operand[2].index[a].label[0];
    set_bases(&w, m->base);
    library_says(&w, m);
    m->flop = x->flop = lowering_flop(&w);
    x->gemm = m;
}
