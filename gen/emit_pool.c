/* emit_pool.c -- windows that slide over images without weights: pools, their gradients, and images spread apart. */
#include <string.h>
#include "loops.h"

/* x's element under tap (ky, kx) of the window at (r, c) */
/* The loops over an image's places as loops over the other image: as far apart as the stride says. */
static Scope stride_scope(const Scope *out, const Shape *domain, const double *a)
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

/* dx's element under a tap, in the scope of dx: what maps behind a pool's gradient see */
Scope tap_scope(const Scope *out, const Node *f) { return taps_over(out, &f->shape, f->attr); }

static Address tap_address(const Scope *out, const Layout *l, Node *x, const double *a)
{
    const Scope s = taps_over(out, &x->shape, a);
    return address_of(&s, l, &x->shape);
}

/* Lanes are neighbours in x, too. */
static bool tap_lanes(const Scope *out, Node *x, const double *a)
{
    Layout l;
    if (!node_layout(x, &l)) return false;
    const Address at = tap_address(out, &l, x, a);
    return lane_stride(&at) == 1;
}

char *tap_text(const Scope *out, Node *x, const double *a)
{
    Layout l;
    node_layout(x, &l);
    Address at = tap_address(out, &l, x, a);
    for (int d = 0; d < 2; d++)
        if ((long)a[4 + d]) at.at[at.n++] = (Piece) { text("%ld", -(long)a[4 + d]), l.axis[2 + d].digit[0].stride, false };
    return address_text(&at, &l, buffer_name(node_base(x)->buffer));
}

void set_bounds(Env *e, const Scope *s, const double *a, const Shape *in, const Shape *out)
{
    Text t = { 0 };
    for (int d = 0; d < 2; d++) {
        const long kn = (long)a[d], stride = (long)a[2 + d], pad = (long)a[4 + d], dil = (long)a[6 + d];
        const long last = (out->dim[2 + d] - 1) * stride + (kn - 1) * dil - pad;
        const char *v = coordinate(s, 2 + d);
        const char *at = text("(%s) * %ld + %s * %ld", v, stride, d ? "kx" : "ky", dil);
        if (pad > 0) text_add(&t, "%s%s < %ld", t.n ? " || " : "", at, pad);
        if (last >= in->dim[2 + d]) text_add(&t, "%s%s >= %ld", t.n ? " || " : "", at, in->dim[2 + d] + pad);
    }
    env_flag(e, "bounds", t.n > 0);
    env_set(e, "outside", "%s", t.n ? t.s : "");
}

char *best_text(const Scope *s, Node *x, const Node *f, const Shape *out)
{
    Env *e = env_new(0);
    const bool lanes = s->vector >= 0;
    const char *at = tap_text(s, x, f->attr);
    env_set(e, "type", "%s", s->type);
    env_set(e, "least", lanes ? "%sset(-INFINITY)" : "-INFINITY%.0s", s->prefix);
    env_set(e, "kh", "%ld", (long)f->attr[0]);
    env_set(e, "kw", "%ld", (long)f->attr[1]);
    env_set(e, "load", lanes ? "%sload(&%s)" : "%.0s%s", s->prefix, at);
    env_set(e, "choose", lanes ? "%sselect((v > best) | (v != v), v, best)" : "v > best || v != v ? v : best%.0s", s->prefix);
    set_bounds(e, s, f->attr, &x->shape, out);
    return template_render("c/pool.c", e);
}

static void pool_lanes(Nest *x)
{
    const int j = x->scope.n - 1;
    if (j >= 0 && !strcmp(x->scope.loop[j].var, "j") && x->scope.loop[j].axis == 1 && x->scope.loop[j].extent % BLOCK_MIN == 0) scope_vector(&x->scope, j);
}

char *pool_text(void)
{
    Nest x;
    Node *f = k->core;
    loops_of(&x, main_layout(), &f->shape);
    const bool taps = by_taps(f);
    pool_lanes(&x);
    if (x.scope.vector >= 0 && !(taps ? taps_vectorise(&x.scope, f) : tap_lanes(&x.scope, f->arg[0], f->attr))) scope_scalar(&x.scope);
    if (x.scope.vector >= 0 && !body_vectorises(k, &x.scope, k->body.at, k->body.n)) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    text_add(&b->out, "%s", taps ? taps_text(&x.scope, f) : best_text(&x.scope, f->arg[0], f, &f->shape));
    body_define(b, f, expr_variable(taps ? "sum" : "best"), false);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    const int n = loop_at(&x.scope, 0, 1), j = x.scope.n - 1;
    char *inner = body_statements(b);
    unsigned done = 0;
    if (x.pad[j]) inner = pad_stores(&x, b, inner), done = 1u << j;
    inner = text("%s%s", zero_halos("n"), wrap_loops(&x, inner, done | 1u << 31 | (n < 0 ? 0 : 1u << n), false));
    return text("%s%s", units("q", k->part.count, wrap(rows_head(), row_line(b->reads_data), inner)), pad_others());
}

char *spread_text(Body *b, const Nest *x, bool tiles)
{
    Node *f = k->core;
    const bool lanes = x->scope.vector >= 0;
    const char *p = x->scope.prefix;
    const char *dy = lanes ? text("%sselect(share > 0, gy, %sset(0))", p, p) : "share > 0 ? gy : 0";
    if (!tiles) {
        Node *target = f;
        char *at = tap_text(&x->scope, target, f->attr);
        return lanes ? text("%sstore(&%s, %sload(&%s) + %s);\n", p, at, p, at, dy) : text("%s += %s;\n", at, dy);
    }
    b->scope = tap_scope(&x->scope, f);
    body_define(b, f, expr_variable(lanes ? dy : text("(%s)", dy)), k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return body_statements(b);
}

char *pool_grad_text(void)
{
    Nest x;
    Layout l;
    Node *f = k->core, *gy = f->arg[1], *to = k->stores.at[0];
    const Layout *dx = &to->buffer->layout;
    if (!node_layout(gy, &l)) BUG("a pool's gradient that lies nowhere");
    loops_of(&x, &l, &gy->shape);
    pool_lanes(&x);
    const Scope taps = tap_scope(&x.scope, f);
    const bool tiles = pool_tiles(f), reads = tap_lanes(&x.scope, f->arg[0], f->attr), adds = tiles || tap_lanes(&x.scope, f, f->attr);
    if (x.scope.vector >= 0 && !(reads && adds && body_vectorises(k, &taps, k->body.at, k->body.n))) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const bool lanes = x.scope.vector >= 0;
    const char *load = body_text(b, body_load(b, gy)), *at = tap_text(&x.scope, f->arg[0], f->attr);
    Env *e = env_new(0);
    env_set(e, "type", "%s", x.scope.type);
    env_set(e, "one", lanes ? "%sset(1)" : "1%.0s", x.scope.prefix);
    env_set(e, "kh", "%ld", (long)f->attr[0]);
    env_set(e, "kw", "%ld", (long)f->attr[1]);
    env_set(e, "share", lanes ? "%sselect(%sload(&%s) == best, open, %sset(0))" : "%.0s%.0s%s == best ? open : 0%.0s", x.scope.prefix, x.scope.prefix, at, x.scope.prefix);
    env_set(e, "spread", "%s", spread_text(b, &x, tiles));
    set_bounds(e, &x.scope, f->attr, &f->shape, &gy->shape);
    char *inner = text("%sconst %s gy = %s;\n%s", best_text(&x.scope, f->arg[0], f, &gy->shape), x.scope.type, load, template_render("c/pool_grad.c", e));
    const int n = loop_at(&x.scope, 0, 1);
    inner = wrap_loops(&x, inner, 1u << 31 | (n < 0 ? 0 : 1u << n), false);
    const long sample = dx->axis[0].digit[0].stride;
    const char *zero = tiles ? zero_halos("n") : text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(to->buffer), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}

/* An image's rows and columns, apart; zeros between them. */
char *spread_image_text(void)
{
    Nest x;
    Layout l;
    Node *f = k->core, *from = f->arg[0];
    const Layout *to = &f->buffer->layout;
    if (!node_layout(from, &l)) BUG("an image that lies nowhere");
    loops_of(&x, &l, &from->shape);
    pool_lanes(&x);
    const Scope apart = stride_scope(&x.scope, &f->shape, f->attr);
    const Address at = address_of(&apart, to, &f->shape);
    if (x.scope.vector >= 0 && lane_stride(&at) != 1) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const Expr *e = body_load(b, from);
    b->scope = stride_scope(&x.scope, &f->shape, f->attr);
    body_store(b, f, e);
    const int n = loop_at(&x.scope, 0, 1);
    const long sample = to->axis[0].digit[0].stride;
    char *inner = wrap_loops(&x, body_statements(b), 1u << 31 | (n < 0 ? 0 : 1u << n), false);
    const char *zero = text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(f->buffer), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}
