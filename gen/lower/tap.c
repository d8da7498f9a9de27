/* tap.c -- the loops over the taps of a window that slides over an image, and the elements under
   them. */
#include "lower/build.h"

/* The loops over an image's elements as loops over the other image, as far apart as the stride. */
Scope stride_scope(const Scope *out, const Shape *domain, const double *a)
{
    Scope s = *out;
    s.domain = domain;
    for (int i = 0; i < s.n; i++)
        if (s.loop[i].axis >= 2) s.loop[i].div = (long)a[s.loop[i].axis];
    return s;
}

Scope taps_scope(const Scope *out, const Shape *domain, const Window *w)
{
    Scope s = stride_scope(out, domain, w->a);
    for (int d = 0; d < 2; d++) scope_add(&s, 2 + d, (long)w->a[6 + d], (long)w->a[d], w->tap[d]);
    return s;
}

/* Subtracts the padding before an image's rows and columns. */
static void less_padding(At *at, const Layout *l, const Window *w)
{
    for (int d = 0; d < 2; d++)
        if ((long)w->a[4 + d])
            at->term[at->n++] =
                (Term) { val_int(-(long)w->a[4 + d]), l->axis[2 + d].factor[0].stride, 0 };
}

At tap_address(Build *b, const Scope *out, Node *x, const Window *w)
{
    Layout l;
    if (!node_layout(b->k, x, &l)) BUG("an image that lies nowhere");
    const Scope s = taps_scope(out, &x->shape, w);
    At at = address_of(&s, &l, &x->shape, formal_of(b, buffer_of(b->k, node_base(x))));
    less_padding(&at, &l, w);
    return at;
}

bool tap_lanes(Build *b, const Scope *out, Node *x, const Window *w)
{
    Layout l;
    if (!node_layout(b->k, x, &l)) return false;
    const Scope s = taps_scope(out, &x->shape, w);
    const At at = address_of(&s, &l, &x->shape, -1);
    return lane_stride(&s, &at) == 1;
}

StmtList *open_taps_along(Build *b, StmtList *into, const Along *x)
{
    const Val *place = times(x->at, x->stride), *from = val_int(0), *to = val_int(x->count);
    if (x->pad > 0) from = both(CALL_MAX, elements_left(x->pad, place, x->step), val_int(0));
    if ((x->most - 1) * x->stride + (x->count - 1) * x->step - x->pad >= x->extent)
        to = both(CALL_MIN, elements_left(x->extent + x->pad, place, x->step), val_int(x->count));
    return open_range(b, into, x->var->id, from, to, SERIAL);
}

/* Opens loops over the taps of a window at an element of s. The window slides over an image of
   shape `in` and makes one of shape `out`. */
StmtList *open_taps(Build *b, StmtList *into, const Scope *s, const Window *w, const Shape *in,
                    const Shape *out)
{
    for (int d = 0; d < 2; d++) {
        const Along x = { w->tap[d],         coordinate(s, 2 + d), (long)w->a[d],
                          (long)w->a[6 + d], (long)w->a[2 + d],    out->dim[2 + d],
                          (long)w->a[4 + d], in->dim[2 + d] };
        into = open_taps_along(b, into, &x);
    }
    return into;
}

Window window_of(Build *b, const Node *f)
{
    Window w;
    static const char *const names[] = { "ky", "kx" };
    for (int i = 0; i < 8; i++) w.a[i] = f->attr[i];
    for (int d = 0; d < 2; d++) w.tap[d] = val_var(b->l, loops_var(b->l, names[d], AS_INT));
    return w;
}
