/* taps.c -- the loops over the taps of a window that slides over an image, and the elements under them. */
#include <string.h>
#include "back/loops.h"

Scope stride_scope(const Scope *out, const Shape *domain, const double *a)
{
    Scope s = *out;
    s.domain = domain;
    for (int i = 0; i < s.n; i++)
        if (s.loop[i].axis >= 2) s.loop[i].div = (long)a[s.loop[i].axis];
    return s;
}

/* The same with the loops over the taps. */
static Scope taps_over(const Scope *out, const Shape *domain, const double *a)
{
    Scope s = stride_scope(out, domain, a);
    s.loop[s.n++] = (Loop) { 2, (long)a[6], (long)a[0], "ky" };
    s.loop[s.n++] = (Loop) { 3, (long)a[7], (long)a[1], "kx" };
    return s;
}

Scope tap_scope(const Scope *out, const Node *f) { return taps_over(out, &f->shape, f->attr); }

static Address tap_address(const Scope *out, const Layout *l, Node *x, const double *a)
{
    const Scope s = taps_over(out, &x->shape, a);
    return old_address_of(&s, l, &x->shape);
}

bool old_tap_lanes(const Scope *out, Node *x, const double *a)
{
    Layout l;
    if (!node_layout(S->k, x, &l)) return false;
    const Address at = tap_address(out, &l, x, a);
    return old_lane_stride(&at) == 1;
}

char *tap_text(const Scope *out, Node *x, const double *a)
{
    Layout l;
    node_layout(S->k, x, &l);
    Address at = tap_address(out, &l, x, a);
    for (int d = 0; d < 2; d++)
        if ((long)a[4 + d]) at.at[at.n++] = (Piece) { text("%ld", -(long)a[4 + d]), l.axis[2 + d].digit[0].stride, false, 0 };
    return address_text(&at, &l, buffer_name(buffer_of(S->k, node_base(x))));
}

/* "int ky = 0; ky < 3; ky++": those of 0 .. count - 1 whose place in an image of that extent, var * step + at * stride - pad, is inside;
   `at` is an index below `most`. */
char *range_text(const char *var, long count, long step, const char *at, long stride, long most, long pad, long extent)
{
    const bool sum = strpbrk(at, " ") != NULL;
    const char *place = stride == 1 ? at : text(sum ? "(%s) * %ld" : "%s * %ld", at, stride), *less = sum && stride == 1 ? text("(%s)", place) : place;
    const char *from = "0", *to = text("%ld", count);
    if (pad > 0) {
        const char *first = step == 1 ? text("%ld - %s", pad, less) : text("(%ld - %s) / %ld", pad + step - 1, less, step);
        from = text("%s < %ld ? %s : 0", place, pad, first);
    }
    if ((most - 1) * stride + (count - 1) * step - pad >= extent) {
        const char *end = step == 1 ? text("%ld - %s", extent + pad, less) : text("(%ld - %s) / %ld", extent + pad + step - 1, less, step);
        return text("int %s = %s, %s_to = %s < %ld ? %s : %ld; %s < %s_to; %s++", var, from, var, end, count, end, count, var, var, var);
    }
    return text("int %s = %s; %s < %s; %s++", var, from, var, to, var);
}

void set_bounds(Env *e, const Scope *s, const double *a, const Shape *in, const Shape *out)
{
    for (int d = 0; d < 2; d++) {
        const long stride = (long)a[2 + d], pad = (long)a[4 + d], extent = in->dim[2 + d];
        env_set(e, d ? "kx" : "ky", "%s", range_text(d ? "kx" : "ky", (long)a[d], (long)a[6 + d], old_coordinate(s, 2 + d), stride, out->dim[2 + d], pad, extent));
    }
}
