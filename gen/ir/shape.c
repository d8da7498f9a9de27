/* shape.c -- shapes and broadcasting. Two batch tensors have equal rank, except one number per
   sample, [N], which combines with any rank. Tensors without a batch align from the right. An
   extent of 1 is repeated. */
#include "ir/graph.h"

bool shape_same(const Shape *a, const Shape *b)
{
    if (a->rank != b->rank || a->batch != b->batch) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

static long count_from(const Shape *s, int axis)
{
    long n = 1;
    for (int i = axis; i < s->rank; i++) n *= s->dim[i];
    return n;
}

long shape_count(const Shape *s) { return count_from(s, 0); }

long shape_sample(const Shape *s) { return count_from(s, s->batch); }

char *shape_text(const Shape *s)
{
    Text t = { 0 };
    text_put(&t, "[", 1);
    for (int i = 0; i < s->rank; i++) {
        if (i == 0 && s->batch) text_add(&t, "N");
        else text_add(&t, "%s%ld", i ? ", " : "", s->dim[i]);
    }
    text_put(&t, "]", 1);
    return t.s;
}

int shape_under(const Shape *arg, int rank, int axis)
{
    if (!arg->batch) axis -= rank - arg->rank;
    return axis >= 0 && axis < arg->rank ? axis : -1;
}

int shape_axis(const Shape *arg, const Shape *out, int axis)
{
    int a = shape_under(arg, out->rank, axis);
    if (a < 0 || (axis == 0 && out->batch && !arg->batch)) return -1;
    return arg->dim[a] == out->dim[axis] ? a : -1;
}

bool shape_broadcast(const Shape *a, const Shape *b, Shape *out)
{
    if (a->batch && b->batch && a->rank != b->rank && a->rank != 1 && b->rank != 1) return false;
    *out = (Shape) { .rank = a->rank > b->rank ? a->rank : b->rank, .batch = a->batch || b->batch };
    if ((a->batch && !b->batch && b->rank > a->rank) ||
        (b->batch && !a->batch && a->rank > b->rank))
        return false;
    for (int i = 0; i < out->rank; i++) {
        int ia = shape_under(a, out->rank, i), ib = shape_under(b, out->rank, i);
        long da = ia < 0 ? 1 : a->dim[ia], db = ib < 0 ? 1 : b->dim[ib];
        if (i == 0 && out->batch) {
            if ((!a->batch && da != 1) || (!b->batch && db != 1)) return false;
            out->dim[0] = a->batch ? da : db;
        } else {
            if (da != db && da != 1 && db != 1) return false;
            out->dim[i] = da == 1 ? db : da;
        }
    }
    return true;
}
