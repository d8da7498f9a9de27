/* emit_pool.c -- windows that slide over images without weights: pools, their gradients, and images spread apart. */
#include <string.h>
#include "back/loops.h"

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
    loops_of(&x, old_main_layout(), &f->shape);
    const bool taps = by_taps(S->k, f);
    pool_lanes(&x);
    if (x.scope.vector >= 0 && !(taps ? old_taps_vectorise(&x.scope, f) : old_tap_lanes(&x.scope, f->arg[0], f->attr))) scope_scalar(&x.scope);
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
    inner = text("%s%s", old_zero_halos("n"), wrap_loops(&x, inner, done | 1u << 31 | (n < 0 ? 0 : 1u << n), false));
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
    const bool tiles = pool_tiles(f), reads = old_tap_lanes(&x.scope, f->arg[0], f->attr), adds = tiles || old_tap_lanes(&x.scope, f, f->attr);
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
    const char *zero = tiles ? old_zero_halos("n") : text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(buffer_of(S->k, to)), sample);
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
    const Address at = old_address_of(&apart, to, &f->shape);
    if (x.scope.vector >= 0 && old_lane_stride(&at) != 1) scope_scalar(&x.scope);
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
