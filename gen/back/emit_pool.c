/* emit_pool.c -- windows that slide over images without weights: pools, their gradients, and images spread apart. */
#include <string.h>
#include "back/loops.h"

<<<<<<< HEAD
=======
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
    if (!node_layout(S->k, x, &l)) return false;
    const Address at = tap_address(out, &l, x, a);
    return lane_stride(&at) == 1;
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
        env_set(e, d ? "kx" : "ky", "%s", range_text(d ? "kx" : "ky", (long)a[d], (long)a[6 + d], coordinate(s, 2 + d), stride, out->dim[2 + d], pad, extent));
    }
}

>>>>>>> b92561a (lower: legalize, group, layout, lower and partition are stages; node tables stand in Kernels)
char *best_text(const Scope *s, Node *x, const Node *f, const Shape *out)
{
    Env *e = env_new(0);
    const bool lanes = s->vector >= 0;
    const char *at = tap_text(s, x, f->attr);
    env_set(e, "type", "%s", s->type);
    env_set(e, "least", lanes ? "%sset(-INFINITY)" : "-INFINITY%.0s", s->prefix);
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
    const bool taps = by_taps(S->k, f);
    pool_lanes(&x);
    if (x.scope.vector >= 0 && !(taps ? taps_vectorise(&x.scope, f) : tap_lanes(&x.scope, f->arg[0], f->attr))) scope_scalar(&x.scope);
    if (x.scope.vector >= 0 && !body_vectorises(S, k, &x.scope, k->body.at, k->body.n)) scope_scalar(&x.scope);
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
    const Layout *dx = &buffer_of(S->k, to)->layout;
    if (!node_layout(S->k, gy, &l)) BUG("a pool's gradient that lies nowhere");
    loops_of(&x, &l, &gy->shape);
    pool_lanes(&x);
    const Scope taps = tap_scope(&x.scope, f);
    const bool tiles = pool_tiles(f), reads = tap_lanes(&x.scope, f->arg[0], f->attr), adds = tiles || tap_lanes(&x.scope, f, f->attr);
    if (x.scope.vector >= 0 && !(reads && adds && body_vectorises(S, k, &taps, k->body.at, k->body.n))) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const bool lanes = x.scope.vector >= 0;
    const char *load = body_text(b, body_load(b, gy)), *at = tap_text(&x.scope, f->arg[0], f->attr);
    Env *e = env_new(0);
    env_set(e, "type", "%s", x.scope.type);
    env_set(e, "one", lanes ? "%sset(1)" : "1%.0s", x.scope.prefix);
    env_set(e, "share", lanes ? "%sselect(%sload(&%s) == best, open, %sset(0))" : "%.0s%.0s%s == best ? open : 0%.0s", x.scope.prefix, x.scope.prefix, at, x.scope.prefix);
    env_set(e, "spread", "%s", spread_text(b, &x, tiles));
    set_bounds(e, &x.scope, f->attr, &f->shape, &gy->shape);
    char *inner = text("%sconst %s gy = %s;\n%s", best_text(&x.scope, f->arg[0], f, &gy->shape), x.scope.type, load, template_render("c/pool_grad.c", e));
    const int n = loop_at(&x.scope, 0, 1);
    inner = wrap_loops(&x, inner, 1u << 31 | (n < 0 ? 0 : 1u << n), false);
    const long sample = dx->axis[0].digit[0].stride;
    const char *zero = tiles ? zero_halos("n") : text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(buffer_of(S->k, to)), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}

/* An image's rows and columns, apart; zeros between them. */
char *spread_image_text(void)
{
    Nest x;
    Layout l;
    Node *f = k->core, *from = f->arg[0];
    const Layout *to = &buffer_of(S->k, f)->layout;
    if (!node_layout(S->k, from, &l)) BUG("an image that lies nowhere");
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
    const char *zero = text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(buffer_of(S->k, f)), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}
