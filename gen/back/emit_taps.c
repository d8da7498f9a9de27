/* emit_taps.c -- convolutions in groups: an element of the result is a sum over the taps and its group's channels.

   1. The gradient of the image is such a sum over the other image, with the taps in reverse; that of the weight is one over
      the batch and the places.
   2. Where each channel is a group of its own, lanes are channels. */
#include <stdlib.h>
#include <string.h>
#include "back/loops.h"

typedef struct { const char *channel, *out, *in; bool alone; } Indices;     /* of the image, of the weight; alone: they are the result's */

static Indices indices_of(const Scope *s, const Node *f, long *group)
{
    const bool data = has_role(f, "data");
    const Shape *w = &f->arg[1]->shape;
    const long groups = conv_groups(f), in = w->dim[1], out = w->dim[0] / groups;
    const char *c = old_coordinate(s, 1);
    *group = data ? out : in;
    if (in == 1 && out == 1) return (Indices) { c, c, "0", true };
    if (!data) return (Indices) { text("(%s) / %ld * %ld + i", c, out, in), c, "i", false };
    const char *o = text("(%s) / %ld * %ld + i", c, in, out);
    return (Indices) { o, o, text("(%s) %% %ld", c, in), false };
}

/* The window as one that slides over the image that is read: a gradient's taps come in reverse. */
static void window_of(const Node *f, double a[8])
{
    memcpy(a, f->attr, 8 * sizeof *a);
    for (int d = 0; d < 2 && has_role(f, "data"); d++) a[2 + d] = 1, a[4 + d] = (a[d] - 1) * a[6 + d] - a[4 + d];
}

/* The loops of s but those along the channels, which one expression stands for. */
static Scope with_channel(const Scope *s, const Shape *domain, const char *channel)
{
    Scope t = *s;
    t.n = 0, t.domain = domain;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis != 1) t.loop[t.n++] = s->loop[i];
    t.loop[t.n++] = (Loop) { 1, 1, domain->dim[1], channel };
    return t;
}

static const char *image_text(const Scope *s, const Node *f, const double *a, const Indices *at)
{
    const Scope t = with_channel(s, &f->arg[0]->shape, at->channel);
    return tap_text(at->alone ? s : &t, f->arg[0], a);
}

/* The weight's element, and how far apart its lanes lie. */
static const char *weight_text(const Scope *s, const Node *f, const Indices *at, long *lanes)
{
    Layout l;
    Node *w = f->arg[1];
    const bool back = has_role(f, "data");
    if (!node_layout(S->k, w, &l)) BUG("a weight that lies nowhere");
    Scope t = { .domain = &w->shape, .vector = -1 };
    for (int i = 0; i < s->n && at->alone; i++) {
        if (s->loop[i].axis != 1) continue;
        if (i == s->vector) t.vector = t.n;
        t.loop[t.n] = s->loop[i], t.loop[t.n++].axis = 0;
    }
    if (!at->alone) t.loop[t.n++] = (Loop) { 0, 1, w->shape.dim[0], at->out }, t.loop[t.n++] = (Loop) { 1, 1, w->shape.dim[1], at->in };
    for (int d = 0; d < 2; d++) {
        const char *tap = d ? "kx" : "ky";
        t.loop[t.n++] = (Loop) { 2 + d, 1, w->shape.dim[2 + d], back ? text("%ld - %s", w->shape.dim[2 + d] - 1, tap) : tap };
    }
    Address e = old_address_of(&t, &l, &w->shape);
    *lanes = old_lane_stride(&e);
    return address_text(&e, &l, buffer_name(buffer_of(S->k, node_base(w))));
}

bool old_taps_vectorise(const Scope *s, const Node *f)
{
    Layout l;
    long lanes, group;
    const Indices at = indices_of(s, f, &group);
    if (!at.alone || !node_layout(S->k, f->arg[0], &l)) return false;
    Scope t = *s;
    t.domain = &f->arg[0]->shape;
    const Address e = old_address_of(&t, &l, &f->arg[0]->shape);
    weight_text(s, f, &at, &lanes);
    return old_lane_stride(&e) == 1 && lanes == 1;
}

char *taps_text(const Scope *s, const Node *f)
{
    Env *e = env_new(0);
    double a[8];
    long lanes, group;
    const bool vector = s->vector >= 0;
    const Indices at = indices_of(s, f, &group);
    window_of(f, a);
    env_set(e, "type", "%s", s->type);
    env_set(e, "zero", vector ? "%sset(0)" : "0%.0s", s->prefix);
    env_flag(e, "group", !at.alone);
    env_set(e, "group", "%ld", group);
    env_set(e, "x", vector ? "%sload(&%s)" : "%.0s%s", s->prefix, image_text(s, f, a, &at));
    env_set(e, "w", vector ? "%sload(&%s)" : "%.0s%s", s->prefix, weight_text(s, f, &at, &lanes));
    set_bounds(e, s, a, &f->arg[0]->shape, &f->shape);
    return template_render("c/taps.c", e);
}

/* ---- the gradient of the weight --------------------------------------------------------------------------------- */
/* The loops of the weight's channels as the image's. */
static Scope beside(const Scope *s, const Shape *domain, const char *channel)
{
    Scope t = *s;
    t.n = 0, t.vector = -1, t.domain = domain;
    for (int i = 0; i < s->n && !channel; i++) {
        if (s->loop[i].axis) continue;
        if (i == s->vector) t.vector = t.n;
        t.loop[t.n] = s->loop[i], t.loop[t.n++].axis = 1;
    }
    if (channel) t.loop[t.n++] = (Loop) { 1, 1, domain->dim[1], channel };
    t.loop[t.n++] = (Loop) { 0, 1, domain->dim[0], "n" };
    return t;
}

static const char *load_at(const Scope *s, Address *at, const Layout *l, Node *n)
{
    const char *words = address_text(at, l, buffer_name(buffer_of(S->k, node_base(n))));
    return s->vector < 0 ? words : text("%sload(&%s)", s->prefix, words);
}

/* The head of the loop over the rows, or the columns, of the other image whose place under the weight's tap is inside. */
static char *places_head(const Scope *s, const Node *f, int d)
{
    const long stride = (long)f->attr[2 + d], pad = (long)f->attr[4 + d], dil = (long)f->attr[6 + d];
    return range_text(d ? "xx" : "yy", f->arg[1]->shape.dim[2 + d], stride, old_coordinate(s, 2 + d), dil, (long)f->attr[d], pad, f->arg[0]->shape.dim[2 + d]);
}

char *taps_outside(const Scope *s, const Node *f)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int d = 0; d < 2; d++) {
        const long stride = (long)f->attr[2 + d], pad = (long)f->attr[4 + d], dil = (long)f->attr[6 + d], in = f->arg[0]->shape.dim[2 + d];
        const long last = (f->arg[1]->shape.dim[2 + d] - 1) * stride + ((long)f->attr[d] - 1) * dil - pad;
        if (pad || last >= in)
            text_add(&t, "%s(unsigned)(%s * %ld + (%s) * %ld - %ld) >= %ldu", t.n ? " || " : "", d ? "xx" : "yy", stride, old_coordinate(s, 2 + d), dil,
                     pad, in);
    }
    return t.s;
}

/* "sum += x * gy;" at place (yy, xx) of sample n, which lies inside; false: the lanes do not lie side by side */
bool tap_product(const Scope *s, Text *out)
{
    Layout lx, ly;
    const Node *f = k->core;
    Node *x = f->arg[0], *gy = f->arg[1];
    const long in = f->shape.dim[1], each = f->shape.dim[0] / conv_groups(f);
    const bool one = in == 1 && each == 1;
    if (!node_layout(S->k, x, &lx) || !node_layout(S->k, gy, &ly)) BUG("images that lie nowhere");
    Scope sx = beside(s, &x->shape, one ? 0 : text("(%s) / %ld * %ld + %s", old_coordinate(s, 0), each, in, old_coordinate(s, 1)));
    Scope sy = beside(s, &gy->shape, 0);
    for (int d = 0; d < 2; d++) {
        const char *v = d ? "xx" : "yy";
        sy.loop[sy.n++] = (Loop) { 2 + d, 1, gy->shape.dim[2 + d], v };
        sx.loop[sx.n++] = (Loop) { 2 + d, (long)f->attr[2 + d], gy->shape.dim[2 + d], v };
        sx.loop[sx.n++] = (Loop) { 2 + d, (long)f->attr[6 + d], f->shape.dim[2 + d], old_coordinate(s, 2 + d) };
    }
    Address ax = old_address_of(&sx, &lx, &x->shape), ay = old_address_of(&sy, &ly, &gy->shape);
    for (int d = 0; d < 2; d++) {
        const long pad = (long)f->attr[4 + d];
        if (pad) ax.at[ax.n++] = (Piece) { text("-%ld", pad), lx.axis[2 + d].digit[0].stride, false, 0 };
    }
    if (s->vector >= 0 && (!one || old_lane_stride(&ax) != 1 || old_lane_stride(&ay) != 1)) return false;
    text_add(out, "sum += %s * %s;\n", load_at(&sx, &ax, &lx, x), load_at(&sy, &ay, &ly, gy));
    return true;
}

char *weight_taps_text(void)
{
    Nest x;
    Text product = { 0 };
    const Node *f = k->core;
    loops_of(&x, old_main_layout(), &f->shape);
    const int j = x.scope.n - 1;
    if (j >= 0 && !strcmp(x.scope.loop[j].var, "j") && x.scope.loop[j].axis == 0 && x.scope.loop[j].extent % BLOCK_MIN == 0) scope_vector(&x.scope, j);
    if (!tap_product(&x.scope, &product)) scope_scalar(&x.scope), tap_product(&x.scope, &product);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const char *zero = x.scope.vector < 0 ? "0" : text("%sset(0)", x.scope.prefix);
    char *inner = wrap(places_head(&x.scope, f, 0), "", wrap(places_head(&x.scope, f, 1), "", product.s));
    inner = wrap(text("int n = 0; n < %ld; n++", f->arg[1]->shape.dim[0]), "", inner);
    const char *start = body_start(b, f, zero);
    body_store(b, f, expr_variable("sum"));
    inner = text("%s%s%s", start, inner, body_statements(b));
    unsigned done = 0;
    if (x.pad[j]) inner = pad_stores(&x, b, inner), done = 1u << j;
    if (!done) return deal(&x, inner, false);
    x.scope.n--;
    inner = deal(&x, inner, false);
    return inner;
}
