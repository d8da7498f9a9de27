/* lower.c -- a contraction in C: vectors of its columns, rows in tiles, the depth inside. levels.c comes first.

   1. C's contiguous level is the vector. The operand that has its label is B; it must be contiguous there too.
   2. A weight that has no order yet gets the one its first reader likes: strips of columns, depth as A runs through it.
      One that has another order, a transposed one, is packed into that order once per update.
   3. A blocked label is summed over its padding too: both operands hold zeros there. */
#include <stdlib.h>
#include <string.h>
#include "lower/contraction.h"

/* ---- which operand is B ---- */
static char contiguous_label(const Operand *o)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->layout.axis[a].n; i++) {
            const Digit *d = &o->layout.axis[a].digit[i];
            if (d->stride == 1 && d->extent >= BLOCK_MIN && part_of(&o->place[a], o->place[a].label[0]) == 0) return o->place[a].label[o->place[a].n - 1];
        }
    BUG("a result without contiguous columns");
}


static int vector_level(const Lowering *w, char v)
{
    for (int i = 0; i < w->nlevels; i++)
        if (w->level[i].label == v && w->level[i].stride[2] == 1) return i;
    BUG("no vector level");
}

/* How many values the stored axis has room for at this level, padding included. */
static long room(const Operand *o, char label, long div)
{
    for (int a = 0; a < o->shape.rank; a++) {
        const int part = part_of(&o->place[a], label);
        for (int d = 0; d < o->layout.axis[a].n && part >= 0; d++) {
            const Digit *x = &o->layout.axis[a].digit[d];
            const long at = o->place[a].factor[part] * div, fits = x->extent * x->div / at;
            if (x->div <= at && at < x->div * (x->mod ? x->mod : x->extent)) return part && fits > o->place[a].factor[0] / div ? o->place[a].factor[0] / div : fits;
        }
    }
    return 0;
}

/* The label is part of a sum of two, an image's position: its room is the image and its halo. */
static bool in_sum(const Operand *o, char label)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->place[a].n && part_of(&o->place[a], label) < 0; i++)
            if (o->place[a].label[i] == label) return true;
    return false;
}

/* Blocks of one operand run over what another that has the label has no room for. Where a view repeats its elements there is always room. */
static bool overruns(const Operand *o, const Level *l)
{
    if (!known(o) || l->extent == 1 || !has_label(o, l->label) || in_sum(o, l->label)) return false;
    const long fits = room(o, l->label, l->div);
    return fits && fits < l->extent;
}

/* Rows are those of A and C: where a block of A ends behind C's last, A is copied without blocks. */
static bool rows_fit(Lowering *w)
{
    if (!lowering_levels(w)) return true;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[0] && overruns(&w->operand[2], &w->level[i])) return false;
    return true;
}

static bool b_fits(const Lowering *w, int vector)
{
    const Operand *b = &w->operand[1];
    if (!known(b) || w->level[vector].stride[1] != 1 || room(b, w->level[vector].label, w->level[vector].div) < w->level[vector].extent)
        return false;
    for (int i = 0; i < w->nlevels; i++) {
        const Level *l = &w->level[i];
        if (i == vector || l->extent == 1 || !label_of(w, l)->in[1]) continue;
        if (!in_sum(b, l->label) && !room(b, l->label, l->div)) return false;
        for (int o = 0; o < 3; o++)
            if (overruns(&w->operand[o], l)) return false;
    }
    return true;
}

/* ---- B in the order that suits ---- */
static const Lowering *sorting;
static int b_order(const void *pa, const void *pb)      /* outermost first: batch and columns by C, then the depth by A */
{
    const Level *a = pa, *b = pb;
    const bool ka = !label_of(sorting, a)->in[2], kb = !label_of(sorting, b)->in[2];
    if (ka != kb) return ka ? 1 : -1;
    const long x = labs(a->stride[ka ? 0 : 2]), y = labs(b->stride[kb ? 0 : 2]);
    return (x < y) - (x > y);
}

/* Strips that lie side by side because a micro-batch has one row: with another one they would not, and where all splits are to give
   the same bits, the norm too, weights have one order for all. */
static bool lone_row(const Lowering *w, const Operand *c)
{
    return w->k->g->train.split && c->shape.batch && c->shape.dim[0] == 1 && !c->layout.plane[2];
}

/* Columns that run on from the vector in C run on from it in B's rows too: one wide row instead of strips. */
static void join_columns(const Lowering *w, Level *order, int n, const Level *vector)
{
    long width = vector->extent;
    int joined = 0;
    for (int i = 0; i < n - joined && !lone_row(w, &w->operand[2]); i++) {
        const Level l = order[i];
        if (!label_of(w, &l)->in[2] || label_of(w, &l)->in[0] || l.stride[2] != width || width * l.extent > 512) continue;
        memmove(order + i, order + i + 1, sizeof(Level) * (size_t)(n - joined - 1 - i));
        order[n - joined - 1] = l;
        width *= l.extent, joined++;
        i = -1;
    }
}

/* No level of the label counts more, padded ones among them. */
static bool outermost(const Lowering *w, const Level *l)
{
    for (int i = 0; i < w->nlevels; i++)
        if (w->level[i].label == l->label && w->level[i].div > l->div && w->level[i].extent > 1) return false;
    return true;
}

static void b_layout(Lowering *w, int vector, Layout *out)
{
    Level order[LEVELS];
    int n = 0;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[1] && i != vector) order[n++] = w->level[i];
    sorting = w;
    qsort(order, (size_t)n, sizeof *order, b_order);
    join_columns(w, order, n, &w->level[vector]);
    order[n++] = w->level[vector];
    const Operand *b = &w->operand[1];
    Layout l = { .rank = b->shape.rank, .vaxis = -1 };
    long stride = 1;
    for (int i = n; i-- > 0; ) {
        const Level *v = &order[i];
        for (int a = 0; a < b->shape.rank; a++) {
            const int part = part_of(&b->place[a], v->label);
            if (part < 0) continue;
            Axis *x = &l.axis[a];
            const long div = v->div * b->place[a].factor[part];
            x->digit[x->n++] = (Digit) { div, div * v->extent >= b->shape.dim[a] && outermost(w, v) ? 0 : v->extent, stride, v->extent };
            if (i == n - 1) l.vaxis = a, l.block = v->extent;
        }
        stride *= v->extent;
    }
    long inner = 1;
    for (int i = n; i-- > 0; inner *= order[i].extent)
        if (i + 2 < n && order[i].label == order[i + 1].label && order[i].div == order[i + 1].div * order[i + 1].extent && l.ndims > 1) {
            l.dims[0] *= order[i].extent;
        } else if (order[i].extent > 1 || i == n - 1) {
            memmove(l.dims + 1, l.dims, sizeof(long) * (size_t)l.ndims);
            memmove(l.strides + 1, l.strides, sizeof(long) * (size_t)l.ndims);
            l.dims[0] = order[i].extent, l.strides[0] = inner, l.ndims++;
        }
    l.size = (stride + ALIGN - 1) / ALIGN * ALIGN;
    *out = l;
}

static bool same_order(const Operand *o, const Layout *l)
{
    for (int a = 0; a < l->rank; a++)
        if (o->layout.axis[a].n != l->axis[a].n || memcmp(o->layout.axis[a].digit, l->axis[a].digit, sizeof(Digit) * (size_t)l->axis[a].n))
            return false;
    return true;
}

/* A packed copy of b in this order: one that another contraction has made already, or a new one. */
static void pack(Lowering *w, const Layout *l)
{
    Operand *b = &w->operand[1];
    for (int i = 0; i < w->k->once.n && w->k->once.at[i] != w->x; i++) {
        Node *n = w->k->once.at[i]->out;
        if (w->k->once.at[i]->core || !has_role(n, "copy") || n->arg[0] != b->node || !n->buffer) continue;
        Operand o = { .node = n, .layout = n->buffer->layout };
        if (same_order(&o, l)) { b->node = n, b->layout = n->buffer->layout; return; }
    }
    Node *c = copy_before(w->k, w->x, b->node), *from = node_base(b->node);
    vec_push(&c->kernel->stores, c);
    Buffer *f = buffer_new(w->k, c, c->when == WHEN_MICRO ? HOME_ARENA : HOME_PACKED,
                           ident_new(w->k->g->names, from->param ? text("%s_%s", from->param->ident, w->x->backward ? "t" : "packed") : "turned"));
    f->layout = *l;
    b->node = c, b->layout = *l;
}

static void cut_levels(Lowering *w)
{
    Layout b = w->operand[1].layout;
    if (lowering_levels(w)) return;
    w->operand[1].layout.size = 0;
    if (!lowering_levels(w)) {
        w->operand[1].layout = b;
        straighten(w, 0);
        if (!lowering_levels(w)) w->operand[1].layout.size = 0;
        if (!known(&w->operand[1]) && !lowering_levels(w)) BUG("a contraction's columns are cut at places that do not divide each other");
    }
}

static int find_vector(Lowering *w, char v)
{
    const int vector = vector_level(w, v);
    w->level[vector].extent = room(&w->operand[2], v, w->level[vector].div);
    return vector;
}

/* A is broadcast, in any order: a weight that has none yet keeps its own. */
static void order_a(Lowering *w)
{
    Operand *a = &w->operand[0];
    if (known(a)) return;
    take_order(w, a, 0);
    if (!known(a)) straighten(w, 0);
}

/* B cuts the columns inside of a row of C that runs on: a vector would write over its neighbour. */
static bool cut_short(const Lowering *w, char v)
{
    const Level *l = &w->level[vector_level(w, v)];
    return l->extent < room(&w->operand[2], v, l->div) && l->extent < label_of(w, l)->extent;
}

static void arrange_b(Lowering *w, char v)
{
    cut_levels(w);
    const bool cut = cut_short(w, v);
    int vector = find_vector(w, v);
    if (!cut && b_fits(w, vector)) return;
    Operand *b = &w->operand[1];
    if (in_sum(b, 'y') && known(b)) {
        copy_image(w, 1);
        cut_levels(w);
        vector = find_vector(w, v);
        if (b_fits(w, vector)) return;
        BUG("an image that does not fit its convolution");
    }
    Layout l;
    b->layout.size = 0;         /* another order: where it is cut now does not matter */
    cut_levels(w);
    if (crowded(w, 1)) {
        straighten(w, 0);
        cut_levels(w);
    }
    vector = find_vector(w, v);
    b_layout(w, vector, &l);
    if (!unordered(b) || !take_order(w, b, &l)) pack(w, &l);
    if (!lowering_levels(w)) BUG("a packed operand does not fit");
    find_vector(w, v);
}


/* ---- loops ---- */

static void take_outer(Contraction *c, const Level *l, bool sum)
{
    if (c->nouter == 8) BUG("more than eight outer loops");
    c->outer_sum[c->nouter] = sum;
    c->outer[c->nouter++] = *l;
}

static void widen(Contraction *c, Levels *columns)
{
    while (columns->n) {
        const Level *l = &columns->at[columns->n - 1];
        if (l->stride[1] != c->vector.extent || l->stride[2] != c->vector.extent || c->vector.extent * l->extent > 512) return;
        c->vector.extent *= l->extent;
        columns->n--;
    }
}

static void split_level(Levels *s, int i, long parts)
{
    memmove(s->at + i + 1, s->at + i, sizeof(Level) * (size_t)(s->n - i));
    s->n++;
    s->at[i].extent = parts;
    s->at[i + 1].extent /= parts;
    for (int k = 0; k < 3; k++) s->at[i].stride[k] *= s->at[i + 1].extent;
    s->at[i].div *= s->at[i + 1].extent;
}

/* Row parts: the smallest divisor that is at least 8, so that threads have something to share; constant, whatever they are. */
long row_parts(long n)
{
    for (long d = 8; d <= n; d++)
        if (n % d == 0) return d;
    return n;
}

static void take_unit(Contraction *c, Levels *s, int i)
{
    c->unit = s->at[i];
    memmove(s->at + i, s->at + i + 1, sizeof(Level) * (size_t)(--s->n - i));
}

/* Images are dealt by rows of the batch; matrices by strips of columns, or where there is one strip only by rows. */
static void choose_unit(const Lowering *w, Contraction *c, Levels *batch, Levels *rows, Levels *columns)
{
    const bool image = w->operand[2].shape.batch && layout_batch_first(&w->operand[2].layout);
    c->unit = (Level) { .extent = 1 };
    if (columns->n && !image) { take_unit(c, columns, 0); return; }
    if (batch->n && !w->operand[2].shape.batch) { take_unit(c, batch, 0); return; }
    if (!rows->n) return;
    const char sample = w->operand[2].shape.batch ? w->operand[2].place[0].label[0] : 0;
    int at = 0;
    for (int i = 0; i < rows->n; i++)
        if (rows->at[i].label == sample) at = i;
    if (w->operand[2].shape.batch && rows->at[at].label != sample) return;
    const long parts = row_parts(rows->at[at].extent);
    if ((sample || rows->n == 1) && parts < rows->at[at].extent) split_level(rows, at, parts);
    take_unit(c, rows, at);
}


static Contraction *assemble(const Lowering *w, char v)
{
    Contraction *c = NEW(Contraction);
    const int vector = vector_level(w, v);
    c->a = w->operand[0].node, c->b = w->operand[1].node;
    c->vector = w->level[vector];
    Levels batch = levels_in(w, true, true, true, vector, 2, true), rows = levels_in(w, true, false, true, vector, 2, true);
    Levels columns = levels_in(w, false, true, true, vector, 2, true), depth = levels_in(w, true, true, false, vector, 0, true);
    widen(c, &columns);
    choose_unit(w, c, &batch, &rows, &columns);
    for (int i = 0; i < batch.n; i++) take_outer(c, &batch.at[i], false);
    for (int i = 0; i < columns.n; i++) take_outer(c, &columns.at[i], false);
    const bool samples = has_role(w->x->core, "weight");
    int r = 0, d = 0;
    for (; rows.n - r > 2; r++) take_outer(c, &rows.at[r], false);
    for (; depth.n - d > 3 || (samples && d < depth.n && depth.at[d].label == 'n'); d++) take_outer(c, &depth.at[d], true);
    for (; r < rows.n; r++) c->rows[c->nrows++] = rows.at[r];
    for (; d < depth.n; d++) c->depth[c->ndepth++] = depth.at[d];
    set_bases(w, c->base);
    c->flop = lowering_flop(w);
    return c;
}

void lower(Kernels *k, Kernel *x)
{
    Lowering w;
    lowering_start(&w, k, x);
    const char v = contiguous_label(&w.operand[2]);
    lowering_order(&w, v);
    order_a(&w);
    if (!rows_fit(&w)) straighten(&w, 0);
    arrange_b(&w, v);
    x->contraction = assemble(&w, v);
    x->flop = x->contraction->flop;
}
