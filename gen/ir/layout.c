/* layout.c -- the position of a logical element in memory, and the effect of views on it.

   1. A buffer has one axis whose innermost factor is contiguous: the features of a matrix, the
      channels of an image. It is cut into blocks that are multiples of the vector's width, and
      padded with zeros.
   2. Features: column blocks are outermost, [features/b][batch]...[b], and a thread owns column
      blocks. Images: [batch][channels/b][h][w][b].
   3. A reshape keeps the memory and rewrites factors. Where it would cut factors unevenly, it
      returns false. */
#include <stdlib.h>
#include <string.h>
#include "ir/layout.h"

static long round_up(long x, long to) { return (x + to - 1) / to * to; }

/* The widest block that wastes little: 64, 32, 16 lanes, or 8 for a very narrow axis. */
long layout_block(long extent)
{
    if (extent <= BLOCK_MIN) return BLOCK_MIN;
    for (long b = BLOCK_MAX; b > ALIGN; b /= 2)
        if (round_up(extent, b) * 100 <= round_up(extent, ALIGN) * 112) return b;
    return ALIGN;
}

/* Rows that are multiples of `by` numbers: 16 bytes, which a GPU loads at once. */
long layout_row(long extent, long by) { return extent < by ? extent : round_up(extent, by); }

typedef struct {
    int axis;
    long div, extent, lo, hi;
} Dim; /* of the C array */

static void add_factor(Layout *l, int axis, long div, long mod, long stride, long extent)
{
    Axis *x = &l->axis[axis];
    if (x->n == FACTORS) BUG("more than four factors in an axis");
    x->factor[x->n++] = (Factor) { div, mod, stride, extent };
}

/* Orders the dimensions, innermost last, and makes the factors of every axis. */
static void assign(Layout *l, const Shape *s, const Dim *dim, int n)
{
    long stride = 1;
    for (int i = n; i-- > 0;) {
        const Dim *d = &dim[i];
        long physical = d->extent + d->lo + d->hi, blocks = d->div * d->extent;
        add_factor(l, d->axis, d->div, blocks >= s->dim[d->axis] ? 0 : d->extent, stride,
                   d->extent);
        l->offset += d->lo * stride;
        if (physical > 1 || i == n - 1) {
            memmove(l->dims + 1, l->dims, sizeof(long) * (size_t)l->ndims);
            memmove(l->strides + 1, l->strides, sizeof(long) * (size_t)l->ndims);
            l->dims[0] = physical, l->strides[0] = stride, l->ndims++;
            l->rows += l->rows > 0;
            if (s->batch && d->axis == 0 && physical == s->dim[0]) l->rows = 1;
        }
        stride *= physical;
    }
    l->size = round_up(stride, ALIGN);
}

static Dim plain(const Shape *s, int axis, long halo[RANK][2])
{
    return (Dim) { axis, 1, s->dim[axis], halo ? halo[axis][0] : 0, halo ? halo[axis][1] : 0 };
}

void layout_make(Layout *l, const Shape *s, int vaxis, long block, long halo[RANK][2])
{
    Dim dim[RANK + 1];
    int n = 0;
    const bool image = s->batch && s->rank == 4 && vaxis == 1;
    const long blocks = vaxis < 0 ? 1 : (s->dim[vaxis] + block - 1) / block;
    *l = (Layout) { .rank = s->rank,
                    .vaxis = vaxis,
                    .block = vaxis < 0 || block < BLOCK_MIN ? 0 : block };
    if (halo) memcpy(l->halo, halo, sizeof l->halo);
    if (image) dim[n++] = plain(s, 0, halo);
    if (blocks > 1 && s->rank > 1) dim[n++] = (Dim) { vaxis, block, blocks, 0, 0 };
    for (int a = image; a < s->rank; a++)
        if (a != vaxis) dim[n++] = plain(s, a, halo);
    if (vaxis >= 0) dim[n++] = (Dim) { vaxis, 1, s->rank == 1 ? blocks * block : block, 0, 0 };
    assign(l, s, dim, n);
    if (image)
        for (int i = 0; i < 3; i++)
            l->plane[i] = dim[n - 3 + i].extent + dim[n - 3 + i].lo + dim[n - 3 + i].hi;
}

/* ---- views ---- */
typedef struct {
    int n;
    Factor factor[16];
} Factors;

static bool is_wide_factor(const Factor *d) { return d->extent > 1; }

/* The factors of axes from..to-1 as factors of their flattened index; the first axis is the most
   significant. */
static bool flatten(Factors *out, const Layout *l, const Shape *s, int from, int to)
{
    long place = 1;
    for (int a = to; a-- > from; place *= s->dim[a])
        for (int i = 0; i < l->axis[a].n; i++) {
            Factor d = l->axis[a].factor[i];
            if (!is_wide_factor(&d) && a > from) continue;
            if (d.mod == 0 && a > from) {
                if (s->dim[a] % d.div) return false;
                d.mod = s->dim[a] / d.div;
            }
            if (d.mod == 1) continue;
            d.div *= place;
            out->factor[out->n++] = d;
        }
    return true;
}

/* Lanes of one channel. No index uses this factor, but it keeps their padding zero. */
static bool padded_above(const Factors *in, long end)
{
    for (int i = 0; i < in->n; i++)
        if (in->factor[i].div >= end && in->factor[i].stride == 1) return true;
    return false;
}

/* Distributes flattened factors over axes from..to-1 of the view. */
static bool deal(Layout *out, Factors *in, const Shape *s, int from, int to)
{
    long place = 1;
    for (int a = to; a-- > from;) {
        const long end = place * s->dim[a];
        for (int i = 0; i < in->n; i++) {
            Factor d = in->factor[i];
            /* no index uses it, or only its padding is there */
            if (d.div >= end && (a > from || d.stride != 1)) continue;
            if (d.div < place) continue;
            if (d.div % place) return false;
            if (a > from && (d.mod == 0 || d.div * d.mod > end)) {
                if (end % d.div) return false;
                const long low = end / d.div;
                if (d.mod && d.mod % low) return false;
                in->factor[in->n++] = (Factor) { end, d.mod ? d.mod / low : 0, d.stride * low,
                                                 (d.extent + low - 1) / low };
                d.mod = d.extent = low;
            }
            const bool top =
                d.mod == 0 || (d.div * d.mod >= end && !(a == from && padded_above(in, end)));
            if (out->axis[a].n == FACTORS || in->n >= 15) return false;
            add_factor(out, a, d.div / place, top ? 0 : d.mod, d.stride, d.extent);
        }
        place = end;
    }
    return true;
}

static void find_block(Layout *l)
{
    l->vaxis = -1, l->block = 0;
    for (int a = 0; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++)
            if (l->axis[a].factor[i].stride == 1 && l->axis[a].factor[i].extent >= BLOCK_MIN)
                l->vaxis = a, l->block = l->axis[a].factor[i].extent;
}

static Layout same_memory(const Layout *l, int rank)
{
    Layout v = {
        .rank = rank, .offset = l->offset, .size = l->size, .ndims = l->ndims, .rows = l->rows
    };
    memcpy(v.dims, l->dims, sizeof v.dims);
    memcpy(v.strides, l->strides, sizeof v.strides);
    memcpy(v.plane, l->plane, sizeof v.plane);
    return v;
}

bool layout_view(Layout *out, const Layout *l, const Shape *from, const Shape *to)
{
    Layout v = same_memory(l, to->rank);
    int i = 0, j = 0;
    if (from->batch && to->batch) v.axis[0] = l->axis[0], i = j = 1;
    while (i < from->rank || j < to->rank) {
        int i0 = i, j0 = j;
        long p = i < from->rank ? from->dim[i++] : 1, q = j < to->rank ? to->dim[j++] : 1;
        while (p != q)
            if (p < q) {
                if (i == from->rank) return false;
                p *= from->dim[i++];
            } else {
                if (j == to->rank) return false;
                q *= to->dim[j++];
            }
        while (i < from->rank && from->dim[i] == 1) i++;
        while (j < to->rank && to->dim[j] == 1) j++;
        Factors d = { 0 };
        if (!flatten(&d, l, from, i0, i) || !deal(&v, &d, to, j0, j)) return false;
    }
    find_block(&v);
    *out = v;
    return true;
}

void layout_steps(Layout *out, const Layout *l, long steps)
{
    Layout v = *l;
    long each = 1;
    for (int i = 0; i < l->ndims; i++) each *= l->dims[i];
    for (int a = v.rank++; a > 1; a--) v.axis[a] = l->axis[a - 1];
    v.axis[1] = (Axis) { 1, { { 1, 0, each, steps } } };
    memmove(v.dims + 1, l->dims, sizeof(long) * (size_t)l->ndims);
    memmove(v.strides + 1, l->strides, sizeof(long) * (size_t)l->ndims);
    v.dims[0] = steps, v.strides[0] = each, v.ndims++;
    v.rows += v.rows > 0, v.vaxis += v.vaxis > 0;
    v.size = round_up(each * steps, ALIGN);
    *out = v;
}

void layout_step(Layout *out, const Layout *l)
{
    Layout v = *l;
    for (int a = 1; a + 1 < v.rank; a++) v.axis[a] = v.axis[a + 1];
    v.axis[--v.rank] = (Axis) { 0 };
    v.ndims--;
    memmove(v.dims, v.dims + 1, sizeof(long) * (size_t)v.ndims);
    memmove(v.strides, v.strides + 1, sizeof(long) * (size_t)v.ndims);
    v.rows -= v.rows > 0, v.vaxis -= v.vaxis > 1;
    v.size = round_up(l->axis[1].factor[0].stride, ALIGN);
    *out = v;
}

void layout_permute(Layout *out, const Layout *l, const int perm[RANK])
{
    Layout v = same_memory(l, l->rank);
    for (int a = 0; a < l->rank; a++) v.axis[a] = l->axis[perm[a]];
    find_block(&v);
    *out = v;
}

void layout_expand(Layout *out, const Layout *l, const Shape *from, const Shape *to)
{
    Layout v = same_memory(l, to->rank);
    for (int a = 0; a < to->rank; a++) {
        int from_axis = shape_axis(from, to, a);
        if (from_axis >= 0 && from->dim[from_axis] == to->dim[a]) v.axis[a] = l->axis[from_axis];
    }
    find_block(&v);
    *out = v;
}

/* Whole blocks of an axis in blocks. */
static bool slice_blocks(Layout *out, const Layout *l, int axis, long from, long extent)
{
    const Axis *x = &l->axis[axis];
    const Factor *in = &x->factor[0], *of = &x->factor[1];
    if (x->n != 2 || in->div != 1 || in->stride != 1 || of->div != in->extent || of->mod ||
        from % of->div || extent % of->div)
        return false;
    *out = *l;
    out->offset += from / of->div * of->stride;
    out->axis[axis].factor[1].extent = extent / of->div;
    return true;
}

/* Along the contiguous axis only in whole blocks: lanes would cross blocks. */
bool layout_slice(Layout *out, const Layout *l, int axis, long from, long step, long extent)
{
    const Axis *x = &l->axis[axis];
    if (step == 1 && slice_blocks(out, l, axis, from, extent)) return true;
    if (x->n != 1 || x->factor[0].div != 1 || x->factor[0].mod || x->factor[0].stride == 1)
        return false;
    Layout v = *l;
    v.offset += from * x->factor[0].stride;
    v.axis[axis].factor[0].stride *= step;
    v.axis[axis].factor[0].extent = extent;
    *out = v;
    return true;
}

/* Whether the factors of the axis reach all its elements, so none is repeated. */
static bool axis_whole(const Axis *x, long extent)
{
    long next = 1;
    for (int i = 0; i < x->n && next < extent; i++)
        if (x->factor[i].div == next && x->factor[i].mod != 1) {
            next = x->factor[i].mod ? next * x->factor[i].mod : extent;
            i = -1;
        }
    return next >= extent;
}

bool layout_whole(const Layout *l, const Shape *s)
{
    for (int a = 0; a < s->rank; a++)
        if (!axis_whole(&l->axis[a], s->dim[a])) return false;
    return true;
}

long layout_at(const Layout *l, const long index[RANK])
{
    long at = l->offset;
    for (int a = 0; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++) {
            const Factor *d = &l->axis[a].factor[i];
            long v = index[a] / d->div;
            at += (d->mod ? v % d->mod : v) * d->stride;
        }
    return at;
}

bool layout_same(const Layout *a, const Layout *b)
{
    if (a->rank != b->rank || a->offset != b->offset || a->size != b->size) return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->axis[i].n != b->axis[i].n) return false;
        for (int j = 0; j < a->axis[i].n; j++)
            if (memcmp(&a->axis[i].factor[j], &b->axis[i].factor[j], sizeof(Factor))) return false;
    }
    return true;
}

int layout_dim(const Layout *l, long stride)
{
    for (int i = 0; i < l->ndims; i++)
        if (l->strides[i] <= labs(stride) && stride % l->strides[i] == 0) return i;
    return l->ndims - 1;
}

bool layout_batch_first(const Layout *l)
{
    const long batch = l->rank && l->axis[0].n ? l->axis[0].factor[0].stride : 0;
    for (int a = 1; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++)
            if (l->axis[a].factor[i].extent > 1 && l->axis[a].factor[i].stride > batch)
                return false;
    return true;
}

char *layout_text(const Layout *l)
{
    Text t = { 0 };
    text_add(&t, "%s", "");
    for (int i = 0; i < l->ndims; i++) text_add(&t, "[%ld]", l->dims[i]);
    return t.s;
}
