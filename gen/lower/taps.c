/* taps.c -- convolutions in groups: an element of the result is a sum over the taps and its
   group's channels.

   1. The gradient of the image is such a sum over the other image, with the taps in reverse;
      that of the weight is a sum over the batch and the image's positions.
   2. If each channel is a group, lanes are channels. */
#include <string.h>
#include "lower/build.h"

/* variables of the image and of the weight; alone: they are the result's; i: the variable that
   runs over the group's channels, and how many */
typedef struct {
    const Val *channel, *out, *in;
    bool alone;
    long group;
    const Val *i;
} Indices;

static Indices indices_of(Build *b, const Node *f)
{
    const bool data = has_role(f, "data");
    const Shape *w = &f->arg[1]->shape;
    const long in = w->dim[1], out = w->dim[0] / conv_groups(f);
    const Val *c = coordinate(&b->scope, 1);
    if (in == 1 && out == 1) return (Indices) { c, c, val_int(0), true, 1, NULL };
    const Val *i = val_var(b->l, loops_var(b->l, "i", AS_INT));
    const long mine = data ? in : out, other = data ? out : in;
    const Val *o =
        both(CALL_ADD, both(CALL_MUL, both(CALL_IDIV, c, val_int(mine)), val_int(other)), i);
    return data ? (Indices) { o, o, both(CALL_MOD, c, val_int(in)), false, out, i }
                : (Indices) { o, c, i, false, in, i };
}

/* The window over the image that is read; a gradient has the taps in reverse. */
static Window sliding(Build *b, const Node *f)
{
    Window w = window_of(b, f);
    for (int d = 0; d < 2 && has_role(f, "data"); d++)
        w.a[2 + d] = 1, w.a[4 + d] = (w.a[d] - 1) * w.a[6 + d] - w.a[4 + d];
    return w;
}

/* The loops of s without those along the channels, which one value replaces. */
static Scope with_channel(const Scope *s, const Shape *domain, const Val *channel)
{
    Scope t = *s;
    t.n = 0, t.domain = domain;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis != 1) t.loop[t.n++] = s->loop[i];
    scope_add(&t, 1, 1, domain->dim[1], channel);
    return t;
}

static At image_address(Build *b, const Node *f, const Window *w, const Indices *at)
{
    const Scope t = with_channel(&b->scope, &f->arg[0]->shape, at->channel);
    return tap_address(b, at->alone ? &b->scope : &t, f->arg[0], w);
}

static At weight_address(Build *b, const Node *f, const Window *window, const Indices *at,
                         long *lanes)
{
    Layout l;
    Node *w = f->arg[1];
    const bool back = has_role(f, "data");
    if (!node_layout(b->k, w, &l)) BUG("a weight that lies nowhere");
    Scope t = { .domain = &w->shape, .lanes = -1, .blocks = -1 };
    for (int i = 0; i < b->scope.n && at->alone; i++) {
        if (b->scope.loop[i].axis != 1) continue;
        if (i == b->scope.lanes) t.lanes = t.n;
        t.loop[t.n] = b->scope.loop[i], t.loop[t.n++].axis = 0;
    }
    if (!at->alone)
        scope_add(&t, 0, 1, w->shape.dim[0], at->out), scope_add(&t, 1, 1, w->shape.dim[1], at->in);
    for (int d = 0; d < 2; d++) {
        const long extent = w->shape.dim[2 + d];
        scope_add(&t, 2 + d, 1, extent,
                  back ? both(CALL_SUB, val_int(extent - 1), window->tap[d]) : window->tap[d]);
    }
    const At e = address_of(&t, &l, &w->shape, formal_of(b, buffer_of(b->k, node_base(w))));
    *lanes = lane_stride(&t, &e);
    return e;
}

bool taps_vectorise(Build *b, const Node *f)
{
    Layout l;
    long lanes;
    const Indices at = indices_of(b, f);
    if (!at.alone || !node_layout(b->k, f->arg[0], &l)) return false;
    Scope t = b->scope;
    t.domain = &f->arg[0]->shape;
    const At e = address_of(&t, &l, &f->arg[0]->shape, -1);
    const Window w = sliding(b, f);
    weight_address(b, f, &w, &at, &lanes);
    return lane_stride(&t, &e) == 1 && lanes == 1;
}

const Val *taps_sum(Build *b, const Node *f)
{
    long lanes;
    const Indices at = indices_of(b, f);
    const Window w = sliding(b, f);
    StmtList *here = b->out, *into = here;
    const int sum = variable(b, "sum", AS_REAL, val_number(0));
    if (!at.alone) into = open_range(b, into, at.i->id, val_int(0), val_int(at.group), SERIAL);
    b->out = open_taps(b, into, &b->scope, &w, &f->arg[0]->shape, &f->shape);
    const At image = image_address(b, f, &w, &at), weight = weight_address(b, f, &w, &at, &lanes);
    fold_into(b, sum, FOLD_SUM, both(CALL_MUL, load_at(b, &image), load_at(b, &weight)));
    b->out = here;
    return val_var(b->l, sum);
}

/* ---- the gradient of the weight ---- */
/* a sample, and a row and column of its other image */
typedef struct {
    const Val *n, *at[2];
} Sample;

/* The loops of the weight's channels as the image's; channel NULL: they are the image's own. */
static Scope beside(const Scope *s, const Shape *domain, const Val *channel, const Val *n)
{
    Scope t = *s;
    t.n = 0, t.lanes = -1, t.domain = domain;
    for (int i = 0; i < s->n && !channel; i++) {
        if (s->loop[i].axis) continue;
        if (i == s->lanes) t.lanes = t.n;
        t.loop[t.n] = s->loop[i], t.loop[t.n++].axis = 1;
    }
    if (channel) scope_add(&t, 1, 1, domain->dim[1], channel);
    scope_add(&t, 0, 1, domain->dim[0], n);
    return t;
}

/* x * gy at that position, which is inside; NULL: lanes are not contiguous */
static const Val *term_of(Build *b, const Sample *p)
{
    Layout lx, ly;
    const Node *f = b->x->core;
    Node *x = f->arg[0], *gy = f->arg[1];
    const Scope *s = &b->scope;
    const long in = f->shape.dim[1], each = f->shape.dim[0] / conv_groups(f);
    const bool one = in == 1 && each == 1;
    if (!node_layout(b->k, x, &lx) || !node_layout(b->k, gy, &ly)) BUG("images that lie nowhere");
    const Val *channel = both(
        CALL_ADD, both(CALL_MUL, both(CALL_IDIV, coordinate(s, 0), val_int(each)), val_int(in)),
        coordinate(s, 1));
    Scope sx = beside(s, &x->shape, one ? NULL : channel, p->n),
          sy = beside(s, &gy->shape, NULL, p->n);
    for (int d = 0; d < 2; d++) {
        scope_add(&sy, 2 + d, 1, gy->shape.dim[2 + d], p->at[d]);
        scope_add(&sx, 2 + d, (long)f->attr[2 + d], gy->shape.dim[2 + d], p->at[d]);
        scope_add(&sx, 2 + d, (long)f->attr[6 + d], f->shape.dim[2 + d], coordinate(s, 2 + d));
    }
    At ax = address_of(&sx, &lx, &x->shape, formal_of(b, buffer_of(b->k, node_base(x))));
    const At ay = address_of(&sy, &ly, &gy->shape, formal_of(b, buffer_of(b->k, node_base(gy))));
    for (int d = 0; d < 2; d++)
        if ((long)f->attr[4 + d])
            ax.term[ax.n++] =
                (Term) { val_int(-(long)f->attr[4 + d]), lx.axis[2 + d].factor[0].stride, 0 };
    if (s->lanes >= 0 && (!one || lane_stride(&sx, &ax) != 1 || lane_stride(&sy, &ay) != 1))
        return NULL;
    return both(CALL_MUL, load_at(b, &ax), load_at(b, &ay));
}

/* Whether the image has that position under the weight's tap; NULL: always. */
static const Val *inside_of(const Build *b, const Sample *p)
{
    const Node *f = b->x->core;
    const Val *all = NULL;
    for (int d = 0; d < 2; d++) {
        const long stride = (long)f->attr[2 + d], pad = (long)f->attr[4 + d],
                   dil = (long)f->attr[6 + d], in = f->arg[0]->shape.dim[2 + d];
        const long last =
            (f->arg[1]->shape.dim[2 + d] - 1) * stride + ((long)f->attr[d] - 1) * dil - pad;
        if (!pad && last < in) continue;
        const Val *at = both(CALL_SUB,
                             both(CALL_ADD, both(CALL_MUL, p->at[d], val_int(stride)),
                                  both(CALL_MUL, coordinate(&b->scope, 2 + d), val_int(dil))),
                             val_int(pad));
        const Val *one =
            both(CALL_AND, both(CALL_GE, at, val_int(0)), both(CALL_LT, at, val_int(in)));
        all = all ? both(CALL_AND, all, one) : one;
    }
    return all;
}

static Sample sample_of(Build *b)
{
    static const char *const names[] = { "n", "yy", "xx" };
    const Val *v[3];
    for (int i = 0; i < 3; i++) v[i] = val_var(b->l, loops_var(b->l, names[i], AS_INT));
    return (Sample) { v[0], { v[1], v[2] } };
}

/* On a device the batch and the positions are shared like a column's terms. */
static StmtList *open_shared(Build *b, StmtList *into, const Sample *p, const Shape *gy)
{
    const Val *const var[] = { p->n, p->at[0], p->at[1] };
    static const int axis[] = { 0, 2, 3 };
    const int shares = gy->dim[0] * gy->dim[2] * gy->dim[3] > LONG_SUM ? 32 : 8;
    for (int i = 0; i < 3; i++) {
        StmtList *body = open_range(b, into, var[i]->id, val_int(0),
                                    i ? val_int(gy->dim[axis[i]]) : val_rows(gy->dim[0]), SHARES);
        into->at[into->n - 1]->width = shares;
        into = body;
    }
    const Val *inside = inside_of(b, p);
    if (!inside) return into;
    Stmt *s = stmt_new(into, STMT_IF);
    s->value = inside;
    return &s->body;
}

static StmtList *open_places(Build *b, StmtList *into, const Sample *p, const Shape *gy)
{
    const Node *f = b->x->core;
    into = open_range(b, into, p->n->id, val_int(0), val_rows(gy->dim[0]), SERIAL);
    for (int d = 0; d < 2; d++) {
        const Along x = { p->at[d],
                          coordinate(&b->scope, 2 + d),
                          gy->dim[2 + d],
                          (long)f->attr[2 + d],
                          (long)f->attr[6 + d],
                          (long)f->attr[d],
                          (long)f->attr[4 + d],
                          f->arg[0]->shape.dim[2 + d] };
        into = open_taps_along(b, into, &x);
    }
    return into;
}

void build_weight_taps(Build *b)
{
    const Node *f = b->x->core;
    const bool device = b->k->target->launches;
    b->scope = scope_of(b->l, main_layout(b), &f->shape);
    const Sample p = sample_of(b);
    const int j = b->scope.n - 1;
    if (!device && scope_wide(&b->scope) && b->scope.loop[j].axis == 0) b->scope.lanes = j;
    if (!term_of(b, &p)) b->scope.lanes = -1;
    const bool pads = !device && loop_pads(&b->scope, j);
    StmtList *inner = open_dealt(b, pads ? 1u << j : 0);
    StmtList *element = b->out = pads ? open_loop(b, inner, j, SERIAL) : inner;
    const int sum = variable(b, "sum", AS_REAL, start_of(b, f));
    b->out = (device ? open_shared : open_places)(b, element, &p, &f->arg[1]->shape);
    fold_into(b, sum, FOLD_SUM, term_of(b, &p));
    b->out = element;
    store_node(b, f, val_var(b->l, sum));
    if (pads) zero_loop(b, inner, &b->scope, NULL);
}
