/* slide.c -- windows that slide over images: pools, convolutions in groups, images spread apart; and rows that are added to
   rows of a table. */
#include "back/cuda/emit_cuda.h"

static void launch_nest(Cuda *out, const Nest *x, const char *inner, bool reads)
{
    cuda_launch_flat(out, flat_text(out, &x->scope, inner, reads), THREADS, blocks_of(loop_count(&x->scope, (1u << x->scope.n) - 1), THREADS));
}

void cuda_pool(Cuda *out)
{
    Nest x;
    Node *f = k->core;
    loops_of(&x, old_main_layout(), &f->shape);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const bool taps = by_taps(S->k, f);
    text_add(&b->out, "%s", taps ? taps_text(&x.scope, f) : best_text(&x.scope, f->arg[0], f, &f->shape));
    body_define(b, f, expr_variable(taps ? "sum" : "best"), false);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    launch_nest(out, &x, body_statements(b), b->reads_data);
}

/* Windows that tile the image: a thread has a window, and writes all that lies in it. */
void cuda_tile_grad(Cuda *out)
{
    Nest x;
    Layout l;
    Node *f = k->core, *gy = f->arg[1];
    if (!node_layout(S->k, gy, &l)) BUG("a pool's gradient that lies nowhere");
    loops_of(&x, &l, &gy->shape);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const char *load = body_text(b, body_load(b, gy));
    Env *e = env_new(0);
    env_set(e, "type", "real");
    env_set(e, "one", "1");
    env_set(e, "share", "%s == best ? open : 0", tap_text(&x.scope, f->arg[0], f->attr));
    env_set(e, "spread", "%s", spread_text(b, &x, true));
    set_bounds(e, &x.scope, f->attr, &f->shape, &gy->shape);
    const char *inner = text("%sconst real gy = %s;\n%s", best_text(&x.scope, f->arg[0], f, &gy->shape), load,
                             template_render("c/pool_grad.c", e));
    launch_nest(out, &x, inner, b->reads_data);
}

/* Windows that overlap: a thread has an element of the image, and asks every window around it whether it is the best. */
static Scope scope_of_window(const Scope *image, const Node *f)
{
    Scope s = *image;
    s.domain = &f->arg[1]->shape;
    for (int i = 0; i < s.n; i++)
        if (s.loop[i].axis >= 2) s.loop[i].var = s.loop[i].axis == 2 ? "wr" : "wc";
    return s;
}

void cuda_overlap_grad(Cuda *out)
{
    Nest x;
    Layout l;
    Node *f = k->core, *gy = f->arg[1];
    if (!node_layout(S->k, gy, &l)) BUG("a pool's gradient that lies nowhere");
    loops_of(&x, old_main_layout(), &f->shape);
    for (int i = 0; i < x.scope.n; i++) {
        Loop *at = &x.scope.loop[i];
        if (at->axis >= 2) at->var = at->axis == 2 ? "r" : "c";
    }
    Body *b = body_new(S, k);
    b->scope = scope_of_window(&x.scope, f);
    Env *e = env_new(0);
    static const char *const names[] = { "kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw" };
    for (int i = 0; i < 8; i++) env_set(e, names[i], "%ld", (long)f->attr[i]);
    env_set(e, "rows", "%ld", gy->shape.dim[2]);
    env_set(e, "columns", "%ld", gy->shape.dim[3]);
    env_set(e, "best", "%s", best_text(&b->scope, f->arg[0], f, &gy->shape));
    env_set(e, "value", "%s", tap_text(&b->scope, f->arg[0], f->attr));
    env_set(e, "gy", "%s", body_text(b, body_load(b, gy)));
    set_bounds(e, &b->scope, f->attr, &f->shape, &gy->shape);
    b->scope = x.scope;
    body_define(b, f, expr_variable("sum"), false);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    launch_nest(out, &x, text("%s%s", template_render("cuda/overlap.cu", e), body_statements(b)), b->reads_data);
}

/* An image's rows and columns, apart; zeros between them. */
void cuda_spread(Cuda *out)
{
    Nest x;
    Node *f = k->core;
    Text apart = { 0 };
    loops_of(&x, &buffer_of(S->k, f)->layout, &f->shape);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    for (int i = 0; i < b->scope.n; i++) {
        Loop *l = &b->scope.loop[i];
        const long stride = l->axis >= 2 ? (long)f->attr[l->axis] : 1;
        if (stride <= 1) continue;
        text_add(&apart, "%s%s %% %ld == 0", apart.n ? " && " : "", l->var, stride);
        l->var = text("%s / %ld", l->var, stride);
    }
    b->scope.domain = &f->arg[0]->shape;
    const char *e = body_text(b, body_local(b, body_load(b, f->arg[0]), false));
    b->scope = x.scope;
    body_store(b, f, expr_variable(apart.n ? text("(%s ? %s : 0)", apart.s, e) : e));
    launch_nest(out, &x, body_statements(b), b->reads_data);
}

/* ---- rows added to rows of a table ------------------------------------------------------------------------------ */
/* A block has 128 columns and a range of the table's rows; it takes what is added in order, so no two threads meet. */
void cuda_scatter(Cuda *out)
{
    enum { COLUMNS = 128, RANGES = 64 };
    Layout l, ids;
    Node *f = k->core, *gy = f->arg[0], *t = f->arg[1];
    const Layout *to = old_main_layout();
    if (!node_layout(S->k, gy, &l) || !node_layout(S->k, t, &ids)) BUG("rows that lie nowhere");
    const char *target = buffer_name(k->grad == f ? S->k->gradients.at[k->adds_to->index] : buffer_of(S->k, f));
    const long rows = f->shape.dim[0], columns = f->shape.dim[1], ranges = rows < RANGES ? rows : RANGES;
    const int last = gy->shape.rank - 1;
    Scope terms = { .domain = &gy->shape }, at = { .domain = &f->shape, .n = 2, .loop = { { 0, 1, rows, "v" }, { 1, 1, columns, "j" } } };
    static const char *const names[RANK] = { "n", "i", "i2", "i3", "i4", "i5" };
    scope_scalar(&terms), scope_scalar(&at);
    for (int a = 0; a < last; a++) terms.loop[terms.n++] = (Loop) { a, 1, gy->shape.dim[a], names[a] };
    const unsigned which = (1u << terms.n) - 1;
    Scope number = terms;
    number.domain = &t->shape;
    terms.loop[terms.n++] = (Loop) { last, 1, columns, "j" };
    Address from = old_address_of(&terms, &l, &gy->shape), id = old_address_of(&number, &ids, &t->shape), place = old_address_of(&at, to, &f->shape);
    Env *e = env_new(0);
    env_set(e, "columns", "%ld", columns);
    env_set(e, "span", "%ld", blocks_of(rows, ranges));
    env_set(e, "rows", "%ld", rows);
    env_set(e, "terms", "%ld", loop_count(&terms, which));
    set_index(e, "f_type", "int", loop_count(&terms, which));
    const char *number_at = address_text(&id, &ids, buffer_name(buffer_of(S->k, node_base(t)))), *from_at = address_text(&from, &l, buffer_name(buffer_of(S->k, node_base(gy))));
    env_set(e, "decode", "%s", decode(&terms, which, "f", text("%s %s", number_at, from_at)));
    env_set(e, "id", "%s", number_at);
    env_set(e, "to", "%s", address_text(&place, to, target));
    env_set(e, "from", "%s", from_at);
    env_flag(e, "beta", kernel_has_beta(S, k));
    const Launch launch = { k->ident, kernel_title(), template_render("cuda/scatter.cu", e), COLUMNS,
                            { blocks_of(columns, COLUMNS), blocks_of(rows, blocks_of(rows, ranges)) }, kernel_has_beta(S, k) };
    cuda_launch(out, &launch);
}

/* Down to the weight of a convolution in groups: the batch and the places are shared as a column's terms are. */
void cuda_weight_taps(Cuda *out)
{
    Nest x;
    Text product = { 0 };
    const Node *f = k->core;
    const Shape *gy = &f->arg[1]->shape;
    loops_of(&x, old_main_layout(), &f->shape);
    const unsigned all = (1u << x.scope.n) - 1;
    const Scope places = { .domain = gy, .n = 3, .loop = { { 0, 1, gy->dim[0], "n" }, { 2, 1, gy->dim[2], "yy" }, { 3, 1, gy->dim[3], "xx" } } };
    const char *outside = taps_outside(&x.scope, f);
    if (*outside) text_add(&product, "if (%s) continue;\n", outside);
    tap_product(&x.scope, &product);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    body_store(b, f, expr_variable("sum"));
    const char *store = body_statements(b);
    const long count = loop_count(&x.scope, all), terms = gy->dim[0] * gy->dim[2] * gy->dim[3];
    const int shares = terms > LONG_SUM ? 32 : 8;
    Env *e = env_new(0);
    env_flag(e, "alone", true);
    env_set(e, "training", "%s", "");
    env_set(e, "count", "%ld", count);
    env_set(e, "shares", "%d", shares);
    env_set(e, "terms", "%ld", terms);
    env_set(e, "decode", "%s", decode(&x.scope, all, "id", text("%s%s", product.s, store)));
    set_terms(e, &places, 7, product.s);
    set_index(e, "id_type", "unsigned", count);
    env_set(e, "store", "%s", store);
    cuda_launch_flat(out, template_render("cuda/column.cu", e), 32 * shares, blocks_of(count, 32));
}
