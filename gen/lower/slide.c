/* slide.c -- windows that slide over images: pools, their gradients, and images with zeros between
   rows.

   1. The bounds of the loops over taps leave out taps outside the image.
   2. In C rows of the batch are dealt, and lanes are channels where these are contiguous. On a
      device a thread has an element. */
#include <math.h>
#include "lower/build.h"

/* ---- pools ---- */
/* The largest element under the window at the position of s; NaN if there is one. */
static const Val *best_of(Build *b, const Scope *s, Node *x, const Window *w, const Shape *out)
{
    StmtList *here = b->out;
    const At at = tap_address(b, s, x, w);
    const int best = variable(b, "best", AS_REAL, val_number(-INFINITY));
    b->out = open_taps(b, here, s, w, &x->shape, out);
    const Val *v = let(b, "v", load_at(b, &at)), *old = val_var(b->l, best);
    fold_into(b, best, FOLD_NONE,
              choose(both(CALL_OR, both(CALL_GT, v, old), both(CALL_NE, v, v)), v, old));
    b->out = here;
    return old;
}

/* Lanes along channels, where these are contiguous. */
static void channel_lanes(Build *b)
{
    const Scope *s = &b->scope;
    if (b->k->target->blocks && scope_wide(s) && s->loop[s->n - 1].axis == 1)
        b->scope.lanes = s->n - 1;
}

/* A buffer's whole sample. */
static void zero_sample(Build *b, StmtList *into, const Buffer *to, const Val *row)
{
    const long sample = to->layout.axis[0].factor[0].stride;
    Stmt *s = stmt_new(into, STMT_ZERO);
    s->at = (At) { .buffer = formal_of(b, to),
                   .n = 1,
                   .term = { { row, sample, to->layout.axis[0].factor[0].extent - 1 } } };
    s->n = 1;
    s->side[0] = (Side) { sample, 1, 0, 0 };
}

/* Deals rows of the batch and opens the scope's other loops except those in skip; on a device it
   deals all. halos: zeroes the borders of the stores; zero: zeroes this whole buffer. */
static StmtList *open_image(Build *b, unsigned skip, bool halos, const Buffer *zero)
{
    const unsigned all = ((1u << b->scope.n) - 1) & ~skip;
    const int n = scope_batch(&b->scope);
    if (b->k->target->launches) return b->rows = open_loops(b, &b->l->body, all, UNITS);
    StmtList *inner = open_parts(b, NULL);
    if (halos) zero_halos(b, inner, b->scope.loop[n].index);
    if (zero) zero_sample(b, inner, zero, b->scope.loop[n].index);
    return open_loops(b, inner, all & ~(1u << n), SERIAL);
}

void build_pool(Build *b)
{
    Node *f = b->x->core;
    const bool taps = by_taps(b->k, f);
    b->scope = scope_of(b->l, main_layout(b), &f->shape);
    const Window w = window_of(b, f);
    channel_lanes(b);
    if (b->scope.lanes >= 0 &&
        !(taps ? taps_vectorise(b, f) : tap_lanes(b, &b->scope, f->arg[0], &w)))
        b->scope.lanes = -1;
    if (b->scope.lanes >= 0 && !lanes_do(b, &b->scope, b->x->body.at, b->x->body.n))
        b->scope.lanes = -1;
    const int j = b->scope.n - 1;
    const bool pads = b->k->target->blocks && loop_pads(&b->scope, j);
    StmtList *inner = open_image(b, pads ? 1u << j : 0, true, NULL);
    b->out = pads ? open_loop(b, inner, j, SERIAL) : inner;
    define(b, f, taps ? taps_sum(b, f) : best_of(b, &b->scope, f->arg[0], &w, &f->shape), false);
    store_node(b, f, b->value[f->id]);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
    if (pads) zero_loop(b, inner, &b->scope, NULL);
    if (b->k->target->blocks) zero_others(b);
}

/* ---- their gradients ---- */
/* Writes an element's gradient: it stores where windows tile the image, and adds otherwise. */
static void spread(Build *b, const Window *w, const Val *share, const Val *gy)
{
    Node *f = b->x->core;
    const Scope here = b->scope;
    const Val *dy = choose(both(CALL_GT, share, val_number(0)), gy, val_number(0));
    if (!pool_tiles(f)) {
        Stmt *s = stmt_new(b->out, STMT_STORE);
        s->at = tap_address(b, &here, f, w), s->value = dy, s->beta = val_int(1);
        return;
    }
    b->scope = taps_scope(&here, &f->shape, w);
    define(b, f, dy, b->x->stores.n + b->x->body.n > 1);
    store_node(b, f, b->value[f->id]);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
    b->scope = here;
}

/* Of equal elements, the first gets the gradient. */
static void spread_window(Build *b, const Window *w)
{
    Node *f = b->x->core, *gy = f->arg[1];
    StmtList *here = b->out;
    const Val *best = best_of(b, &b->scope, f->arg[0], w, &gy->shape),
              *g = let(b, "gy", load_node(b, gy));
    const At at = tap_address(b, &b->scope, f->arg[0], w);
    const int open = variable(b, "open", AS_REAL, val_number(1));
    b->out = open_taps(b, here, &b->scope, w, &f->shape, &gy->shape);
    const Val *left = val_var(b->l, open);
    const Val *share =
        let(b, "share", choose(both(CALL_EQ, load_at(b, &at), best), left, val_number(0)));
    spread(b, w, share, g);
    fold_into(b, open, FOLD_NONE, both(CALL_SUB, left, share));
    b->out = here;
}

/* Overlapping windows on a device: a thread has an element of the image and tests, for every
   window around it, whether it is the largest. */
static Scope around(Build *b, const Window *w, const Val *at[2])
{
    static const char *const names[] = { "wr", "wc" };
    const Node *f = b->x->core;
    Scope s = b->scope;
    s.domain = &f->arg[1]->shape;
    for (int d = 0; d < 2; d++) {
        const long reach = ((long)w->a[d] - 1) * (long)w->a[6 + d], stride = (long)w->a[2 + d];
        const int var = loops_var(b->l, names[d], AS_INT), i = scope_loop(&s, 2 + d, 1);
        at[d] = both(CALL_ADD, coordinate(&b->scope, 2 + d), val_int((long)w->a[4 + d]));
        if (i >= 0) s.loop[i].var = var, s.loop[i].index = val_var(b->l, var);
        else scope_add(&s, 2 + d, 1, s.domain->dim[2 + d], val_var(b->l, var));
        const Val *first =
            both(CALL_IDIV, both(CALL_ADD, at[d], val_int(stride - 1 - reach)), val_int(stride));
        const Val *last = both(CALL_ADD, both(CALL_IDIV, at[d], val_int(stride)), val_int(1));
        b->out = open_range(b, b->out, var, both(CALL_MAX, first, val_int(0)),
                            both(CALL_MIN, last, val_int(s.domain->dim[2 + d])), SERIAL);
    }
    return s;
}

static const Val *is_mine(const Scope *s, const Window *w, const Val *const at[2])
{
    const Val *mine[2];
    for (int d = 0; d < 2; d++) {
        const Val *place = both(CALL_MUL, coordinate(s, 2 + d), val_int((long)w->a[2 + d]));
        mine[d] = both(CALL_EQ,
                       both(CALL_ADD, place, both(CALL_MUL, w->tap[d], val_int((long)w->a[6 + d]))),
                       at[d]);
    }
    return both(CALL_AND, mine[0], mine[1]);
}

static const Val *gather_windows(Build *b, const Window *w)
{
    Node *f = b->x->core, *gy = f->arg[1];
    StmtList *here = b->out;
    const Val *at[2];
    const int sum = variable(b, "sum", AS_REAL, val_number(0));
    const Scope image = b->scope, s = around(b, w, at);
    StmtList *window = b->out;
    const int mine = variable(b, "mine", AS_BOOL, val_int(0)),
              open = variable(b, "open", AS_BOOL, val_int(1));
    const Val *best = best_of(b, &s, f->arg[0], w, &gy->shape);
    const At x = tap_address(b, &s, f->arg[0], w);
    b->out = open_taps(b, window, &s, w, &f->shape, &gy->shape);
    Stmt *first = stmt_new(b->out, STMT_IF);
    first->value = both(CALL_AND, val_var(b->l, open), both(CALL_EQ, load_at(b, &x), best));
    b->out = &first->body;
    fold_into(b, open, FOLD_NONE, val_int(0));
    fold_into(b, mine, FOLD_NONE, is_mine(&s, w, at));
    Stmt *take = stmt_new(window, STMT_IF);
    take->value = val_var(b->l, mine);
    b->out = &take->body;
    b->scope = s;
    fold_into(b, sum, FOLD_SUM, load_node(b, gy));
    b->scope = image, b->out = here;
    return val_var(b->l, sum);
}

static void build_gathered(Build *b)
{
    Node *f = b->x->core;
    b->scope = scope_of(b->l, main_layout(b), &f->shape);
    const Window w = window_of(b, f);
    b->out = open_image(b, 0, false, NULL);
    define(b, f, gather_windows(b, &w), false);
    store_node(b, f, b->value[f->id]);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
}

void build_pool_grad(Build *b)
{
    Layout l;
    Node *f = b->x->core, *gy = f->arg[1];
    const bool tiles = pool_tiles(f);
    if (b->k->target->launches && !tiles) {
        build_gathered(b);
        return;
    }
    if (!node_layout(b->k, gy, &l)) BUG("a pool's gradient that lies nowhere");
    b->scope = scope_of(b->l, &l, &gy->shape);
    const Window w = window_of(b, f);
    channel_lanes(b);
    if (b->scope.lanes >= 0) {
        const Scope taps = taps_scope(&b->scope, &f->shape, &w);
        const bool reads = tap_lanes(b, &b->scope, f->arg[0], &w),
                   adds = tiles || tap_lanes(b, &b->scope, f, &w);
        if (!reads || !adds || !lanes_do(b, &taps, b->x->body.at, b->x->body.n))
            b->scope.lanes = -1;
    }
    b->out = open_image(b, 0, tiles, tiles ? NULL : buffer_of(b->k, b->x->stores.at[0]));
    spread_window(b, &w);
}

/* ---- an image's rows and columns, apart; zeros between them ---- */
/* On a device: computes every element of the larger image, from the smaller one if it has one
   there. */
static void build_apart(Build *b)
{
    Node *f = b->x->core;
    b->scope = scope_of(b->l, &buffer_of(b->k, f)->layout, &f->shape);
    const Val *there = NULL;
    b->out = open_image(b, 0, false, NULL);
    const Scope here = b->scope;
    for (int i = 0; i < here.n; i++) {
        ScopeLoop *l = &b->scope.loop[i];
        const long stride = l->axis >= 2 ? (long)f->attr[l->axis] : 1;
        if (stride <= 1) continue;
        const Val *on = both(CALL_EQ, both(CALL_MOD, l->index, val_int(stride)), val_int(0));
        there = there ? both(CALL_AND, there, on) : on;
        l->index = both(CALL_IDIV, l->index, val_int(stride));
    }
    b->scope.domain = &f->arg[0]->shape;
    const Val *v = let(b, "a", load_node(b, f->arg[0]));
    b->scope = here;
    store_node(b, f, there ? choose(there, v, val_number(0)) : v);
}

void build_spread(Build *b)
{
    Layout l;
    Node *f = b->x->core, *from = f->arg[0];
    const Layout *to = &buffer_of(b->k, f)->layout;
    if (b->k->target->launches) {
        build_apart(b);
        return;
    }
    if (!node_layout(b->k, from, &l)) BUG("an image that lies nowhere");
    b->scope = scope_of(b->l, &l, &from->shape);
    channel_lanes(b);
    Scope apart = stride_scope(&b->scope, &f->shape, f->attr);
    const At at = address_of(&apart, to, &f->shape, -1);
    if (lane_stride(&apart, &at) != 1) b->scope.lanes = apart.lanes = -1;
    b->out = open_image(b, 0, false, buffer_of(b->k, f));
    const Val *v = load_node(b, from);
    b->scope = apart;
    store_node(b, f, v);
}
