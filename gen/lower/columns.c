/* columns.c -- the columns of a contraction: the label along which its result is contiguous.
   Then all labels and levels, once layouts are settled. */
#include "lower/contraction.h"

static char block_label(const Operand *o)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->layout.axis[a].n; i++) {
            const Factor *d = &o->layout.axis[a].factor[i];
            if (d->stride == 1 && d->extent >= BLOCK_MIN &&
                part_of(&o->index[a], o->index[a].label[0]) == 0)
                return o->index[a].label[o->index[a].n - 1];
        }
    BUG("a result without contiguous columns");
}

/* The longest label, unless both operands have it; 0: there is none. */
static char row_label(const Lowering *w)
{
    const Operand *o = &w->operand[2];
    char label = 0;
    long extent = 0;
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->layout.axis[a].n; i++) {
            const Factor *d = &o->layout.axis[a].factor[i];
            if (d->stride != 1 || d->extent <= extent || o->index[a].n != 1) continue;
            if (has_label(&w->operand[0], o->index[a].label[0]) &&
                has_label(&w->operand[1], o->index[a].label[0]))
                continue;
            label = o->index[a].label[0], extent = d->extent;
        }
    return label;
}

char columns_label(const Lowering *w)
{
    return w->k->target->blocks ? block_label(&w->operand[2]) : row_label(w);
}

int vector_level(const Lowering *w, char v)
{
    for (int i = 0; i < w->nlevels; i++)
        if (w->level[i].label == v && w->level[i].stride[2] == 1) return i;
    BUG("no vector level");
}

long room(const Operand *o, char label, long div)
{
    for (int a = 0; a < o->shape.rank; a++) {
        const int part = part_of(&o->index[a], label);
        for (int d = 0; d < o->layout.axis[a].n && part >= 0; d++) {
            const Factor *x = &o->layout.axis[a].factor[d];
            const long at = o->index[a].factor[part] * div, fits = x->extent * x->div / at;
            if (x->div <= at && at < x->div * (x->mod ? x->mod : x->extent))
                return part && fits > o->index[a].factor[0] / div ? o->index[a].factor[0] / div
                                                                  : fits;
        }
    }
    return 0;
}

int widen_vector(Lowering *w, char v)
{
    const int vector = vector_level(w, v);
    w->level[vector].extent = room(&w->operand[2], v, w->level[vector].div);
    return vector;
}

void lowering_settled(Lowering *w, Kernels *k, Kernel *x)
{
    lowering_start(w, k, x);
    lowering_order(w, columns_label(w));
    for (int i = 0; i < 2; i++) {
        Operand *o = &w->operand[i];
        o->node = x->factor[i];
        if (!node_layout(k, o->node, &o->layout) || !known(o))
            BUG("layout left a factor without one");
    }
    if (!lowering_levels(w))
        BUG("layout left factors that are cut at places that do not divide each other");
}
