/* factors_c.c -- the layouts that a contraction needs for its factors in C.

   The vector is C's contiguous level; B is the factor with its label.

   1. B has its rows in the vector's order and at least as wide: column blocks, with the depth in
      A's order. This is what it wants of a weight. A weight in another order, such as a transposed
      one, is packed once per update.
   2. A is broadcast, so it may have any order. Of a weight it wants the order of its own axes.
   3. A blocked label is summed over its padding, too; both factors hold zeros there. So no
      factor's blocks extend beyond another's.
   4. An image that B slides over has the halo that is read, and channels as lanes. */
#include <stdlib.h>
#include <string.h>
#include "lower/layouts.h"

/* Whether the label is a part of an image's position (a sum of two): its room is the image with
   its halo. */
static bool in_sum(const Operand *o, char label)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->index[a].n && part_of(&o->index[a], label) < 0; i++)
            if (o->index[a].label[i] == label) return true;
    return false;
}

/* Whether blocks of one operand extend beyond the room of another operand with the label. A view
   that repeats elements always has room. */
static bool overruns(const Operand *o, const Level *l)
{
    if (!known(o) || l->extent == 1 || !has_label(o, l->label) || in_sum(o, l->label)) return false;
    const long fits = room(o, l->label, l->div);
    return fits && fits < l->extent;
}

/* Rows belong to A and C. If a block of A extends beyond C's last row, A is copied without
   blocks. */
static bool rows_fit(Lowering *w)
{
    if (!lowering_levels(w)) return true;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[0] && overruns(&w->operand[2], &w->level[i]))
            return false;
    return true;
}

static bool b_fits(const Lowering *w, int vector)
{
    const Operand *b = &w->operand[1];
    if (!known(b) || w->level[vector].stride[1] != 1 ||
        room(b, w->level[vector].label, w->level[vector].div) < w->level[vector].extent)
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
/* Outermost first: batch and columns in C's order, then the depth in A's. */
static int b_order(const Lowering *w, const Level *a, const Level *b, int operand)
{
    const bool ka = !label_of(w, a)->in[2], kb = !label_of(w, b)->in[2];
    if (ka != kb) return ka ? 1 : -1;
    const long x = labs(a->stride[ka ? operand : 2]), y = labs(b->stride[kb ? operand : 2]);
    return (x < y) - (x > y);
}

/* Whether column blocks are contiguous only because a micro-batch has one row. With
   deterministic = "split" weights have one order for all micro-batches, so this must not decide
   it. */
static bool lone_row(const Lowering *w, const Operand *c)
{
    return w->k->g->train.chains && c->shape.batch && c->shape.dim[0] == 1 && !c->layout.plane[2];
}

/* Columns that continue the vector in C and in B's rows: they make one wide row instead of
   column blocks. */
static void join_columns(const Lowering *w, Level *order, int n, const Level *vector)
{
    long width = vector->extent;
    int joined = 0;
    for (int i = 0; i < n - joined && !lone_row(w, &w->operand[2]); i++) {
        const Level l = order[i];
        if (!label_of(w, &l)->in[2] || label_of(w, &l)->in[0] || l.stride[2] != width ||
            width * l.extent > 512)
            continue;
        memmove(order + i, order + i + 1, sizeof(Level) * (size_t)(n - joined - 1 - i));
        order[n - joined - 1] = l;
        width *= l.extent, joined++;
        i = -1;
    }
}

/* Whether no level of the label has more elements, padding included. */
static bool outermost(const Lowering *w, const Level *l)
{
    for (int i = 0; i < w->nlevels; i++)
        if (w->level[i].label == l->label && w->level[i].div > l->div && w->level[i].extent > 1)
            return false;
    return true;
}

static void b_layout(Lowering *w, int vector, Layout *out)
{
    Level order[LEVELS];
    int n = 0;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[1] && i != vector) order[n++] = w->level[i];
    sort_levels(w, order, n, b_order, 0);
    join_columns(w, order, n, &w->level[vector]);
    order[n++] = w->level[vector];
    const Operand *b = &w->operand[1];
    Layout l = { .rank = b->shape.rank, .vaxis = -1 };
    long stride = 1;
    for (int i = n; i-- > 0;) {
        const Level *v = &order[i];
        for (int a = 0; a < b->shape.rank; a++) {
            const int part = part_of(&b->index[a], v->label);
            if (part < 0) continue;
            Axis *x = &l.axis[a];
            const long div = v->div * b->index[a].factor[part];
            x->factor[x->n++] =
                (Factor) { div,
                           div * v->extent >= b->shape.dim[a] && outermost(w, v) ? 0 : v->extent,
                           stride, v->extent };
            if (i == n - 1) l.vaxis = a, l.block = v->extent;
        }
        stride *= v->extent;
    }
    long inner = 1;
    for (int i = n; i-- > 0; inner *= order[i].extent)
        if (i + 2 < n && order[i].label == order[i + 1].label &&
            order[i].div == order[i + 1].div * order[i + 1].extent && l.ndims > 1) {
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
        if (o->layout.axis[a].n != l->axis[a].n ||
            memcmp(o->layout.axis[a].factor, l->axis[a].factor,
                   sizeof(Factor) * (size_t)l->axis[a].n))
            return false;
    return true;
}

/* A packed copy of B in this order: an existing one of another contraction, or a new one. */
static void pack(Lowering *w, const Layout *l)
{
    Operand *b = &w->operand[1];
    for (int i = 0; i < w->k->once.n && w->k->once.at[i] != w->x; i++) {
        Node *n = w->k->once.at[i]->out;
        const Buffer *f = buffer_of(w->k, n);
        if (w->k->once.at[i]->core || !has_role(n, "copy") || n->arg[0] != b->node || !f) continue;
        if (same_order(&(Operand) { .layout = f->layout }, l)) {
            b->node = n, b->layout = f->layout;
            return;
        }
    }
    const Node *base = node_base(b->node);
    const Buffer *from = buffer_of(w->k, base);
    copy_operand(w, 1, l,
                 text("%s_%s", from ? from->ident : value_name(base),
                      !base->param || w->x->backward ? "t" : "packed"));
}

/* Packed rows are not contiguous with the next row, so they cannot have a halo; and a view may
   cut channels anywhere. So this operand is copied as an image of its own, with the halo that is
   read. */
static void copy_image(Lowering *w, int which)
{
    Operand *o = &w->operand[which];
    Node *f = w->x->core;
    int a = 0;
    while (a < f->nargs && f->arg[a] != o->node) a++;
    if (a == f->nargs) return;
    long halo[RANK][2];
    Layout l;
    halo_read(w->k, f, a, halo);
    layout_make(&l, &o->shape, 1, layout_block(o->shape.dim[1]), halo);
    copy_operand(w, which, &l, "image");
    f->arg[a] = o->node;
}

/* Whether every factor of the axis is within a group. */
static bool parts_nest(const Operand *o)
{
    for (int a = 0; a < o->shape.rank && known(o); a++)
        for (int d = 0; d < o->layout.axis[a].n && o->index[a].parts; d++) {
            const Factor *x = &o->layout.axis[a].factor[d];
            const long each = o->index[a].factor[0], end = x->div * (x->mod ? x->mod : x->extent);
            if (!(x->div % each == 0 ||
                  (each % x->div == 0 && (end % each == 0 || each % end == 0))))
                return false;
        }
    return true;
}

static void separate_groups(Lowering *w, int which)
{
    Operand *o = &w->operand[which];
    if (parts_nest(o)) return;
    if (o->shape.batch) copy_image(w, which);
    else o->layout.size = 0; /* a weight is packed */
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
        if (!known(&w->operand[1]) && !lowering_levels(w))
            BUG("a contraction's columns are cut at places that do not divide each other");
    }
}

/* Whether B cuts the columns inside a row of C that continues: a vector would overwrite its
   neighbour. */
static bool cut_short(const Lowering *w, char v)
{
    const Level *l = &w->level[vector_level(w, v)];
    return l->extent < room(&w->operand[2], v, l->div) && l->extent < label_of(w, l)->extent;
}

/* The order that B needs, whatever order it has. */
static void best_b(Lowering *w, char v, Layout *out)
{
    w->operand[1].layout.size = 0; /* its present cuts do not matter */
    cut_levels(w);
    if (crowded(w, 1)) {
        straighten(w, 0);
        cut_levels(w);
    }
    b_layout(w, widen_vector(w, v), out);
}

static void arrange_b(Lowering *w, char v)
{
    cut_levels(w);
    const bool cut = cut_short(w, v);
    int vector = widen_vector(w, v);
    if (!cut && b_fits(w, vector)) return;
    Operand *b = &w->operand[1];
    if (in_sum(b, 'y') && known(b)) {
        copy_image(w, 1);
        cut_levels(w);
        vector = widen_vector(w, v);
        if (b_fits(w, vector)) return;
        BUG("an image that does not fit its convolution");
    }
    Layout l;
    best_b(w, v, &l);
    pack(w, &l);
    if (!lowering_levels(w)) BUG("a packed operand does not fit");
}

/* Makes copies so that C's contiguous label is B's. Then rules 2 and 3 hold for A. */
static char arrange_a(Lowering *w)
{
    for (int i = 0; i < 2; i++) separate_groups(w, i);
    const char v = columns_label(w);
    lowering_order(w, v);
    if (known(&w->operand[0]) && !rows_fit(w)) straighten(w, 0);
    return v;
}

bool wanted_c(Lowering *w, const Node *weight, Layout *out)
{
    const char v = arrange_a(w);
    if (w->operand[0].node == weight) return false;
    cut_levels(w);
    best_b(w, v, out);
    return true;
}

void settle_factors_c(Lowering *w, const Node *granted)
{
    Layout l;
    forget(w, granted);
    if (granted) wanted_c(w, granted, &l);
    else arrange_b(w, arrange_a(w));
}
