/* emit_fold.c -- folds: passes along the axes of a sample, and sums over the batch. */
#include <string.h>
#include "back/loops.h"

const char *const fold_start[] = { [FOLD_SUM] = "0", [FOLD_MAX] = "-INFINITY", [FOLD_MIN] = "INFINITY", [FOLD_PROD] = "1" };
const char *const fold_step[] = { [FOLD_SUM] = "%s += %.0s%s;\n", [FOLD_MAX] = "%s = r_max(%s, %s);\n", [FOLD_MIN] = "%s = r_min(%s, %s);\n",
                                  [FOLD_PROD] = "%s *= %.0s%s;\n" };

/* Loops over the first argument, and which of them fold. */
unsigned fold_loops(Nest *x)
{
    Layout l;
    Node *f = k->core;
    const Shape *s = &f->arg[0]->shape;
    const bool known = !k->pre.n && node_layout(S->k, f->arg[0], &l) && layout_whole(&l, s);
    if (!known && k->stores.n && shape_same(&k->stores.at[0]->shape, s)) l = buffer_of(S->k, k->stores.at[0])->layout;
    else if (!known) layout_make(&l, s, -1, 0, 0);
    loops_of(x, &l, s);
    unsigned folded = 0;
    for (int i = 0; i < x->scope.n; i++)
        if (f->axes >> x->scope.loop[i].axis & 1) folded |= 1u << i;
    return folded;
}

static char *wrap_some(const Nest *x, char *inner, unsigned which)
{
    return wrap_loops(x, inner, ~which, false);
}

Body *fold_body(const Nest *x)
{
    Node *f = k->core;
    Body *b = body_new(S, k);
    b->scope = x->scope, b->fold = f;
    b->fold_count = 1;
    for (int i = 0; i < f->op->nlets; i++) b->fold_name[i] = body_name(b, f->op->let[i].name);
    for (int a = 0; a < f->arg[0]->shape.rank; a++)
        if (f->axes >> a & 1) b->fold_count *= f->arg[0]->shape.dim[a], b->fold_index = old_coordinate(&x->scope, a);
    return b;
}

/* One pass: "m = max(x)". */
static char *pass_text(Body *b, const Nest *x, int i, unsigned folded)
{
    Node *f = k->core;
    const Let *let = &f->op->let[i];
    const char *name = b->fold_name[i];
    if (let->fold == FOLD_NONE) {
        const char *value = body_text(b, body_formula(b, f, let->e));
        return text("%sconst real %s = %s;\n", body_statements(b), name, value);
    }
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    const char *e = body_text(b, body_formula(b, f, let->e));
    text_add(&b->out, fold_step[let->fold], name, name, e);
    return text("real %s = %s;\n%s", name, fold_start[let->fold], wrap_some(x, body_statements(b), folded));
}

/* The result has a value for each row: the folded axes are gone, the loops around it are the same. */
char *row_result(Body *b, const Nest *x)
{
    Node *f = k->core;
    Scope rows = { .domain = &f->shape };
    const Expr *e = body_formula(b, f, f->op->value);
    scope_scalar(&rows);
    for (int i = 0; i < x->scope.n; i++) {
        Loop l = x->scope.loop[i];
        if (f->axes >> l.axis & 1) continue;
        for (int a = 0, axis = l.axis; a < axis; a++) l.axis -= f->axes >> a & 1;
        rows.loop[rows.n++] = l;
    }
    b->scope = rows;
    body_define(b, f, e, k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return body_statements(b);
}

static char *element_result(Body *b, const Nest *x, unsigned folded)
{
    Node *f = k->core;
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    body_define(b, f, body_formula(b, f, f->op->value), k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return wrap_some(x, body_statements(b), folded);
}

/* Zeros for the padding of what a fold stored: in the row at hand, or in all. */
static char *zero_rows(bool row)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < k->stores.n; i++) text_add(&t, "%s", old_zero_padding(k->stores.at[i], row));
    return t.s;
}

char *fold_text(void)
{
    Nest x;
    Node *f = k->core;
    const unsigned folded = fold_loops(&x);
    heads(&x);
    Body *b = fold_body(&x);
    Text t = { 0 };
    for (int i = 0; i < f->op->nlets; i++) {
        text_add(&t, "%s", pass_text(b, &x, i, folded));
    }
    text_add(&t, "%s", f->op->per_row ? row_result(b, &x) : element_result(b, &x, folded));
    const int n = f->arg[0]->shape.batch ? loop_at(&x.scope, 0, 1) : -1;
    if (n < 0) return units("one", 1, text("{\n%s%s}\n", wrap_some(&x, t.s, ~folded), zero_rows(false)));
    char *inner = text("%s%s%s", old_zero_halos("n"), wrap_some(&x, t.s, ~folded & ~(1u << n)), zero_rows(true));
    return units("q", k->part.count, wrap(rows_head(), row_line(b->reads_data), inner));
}

/* A sum over the batch, down to one number a window. */
char *total_text(void)
{
    Nest x;
    fold_loops(&x);
    heads(&x);
    Node *f = k->core;
    Body *b = fold_body(&x);
    Env *e = env_new(0);
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    text_add(&b->out, "total += %s;\n", body_text(b, body_formula(b, f, f->op->let[0].e)));
    const int n = loop_at(&x.scope, 0, 1);
    const long p = k->part.size;
    env_set(e, "inner", "%s", wrap_loops(&x, body_statements(b), n < 0 ? 1u << 31 : 1u << n | 1u << 31, false));
    env_set(e, "first", "%s", row_line(b->reads_data));
    env_set(e, "count", "%d", k->part.count);
    env_set(e, "from", "%s", p == 1 ? "q" : text("%ld * q", p));
    env_set(e, "to", "%s", p == 1 ? "q + 1" : text("%ld * q + %ld", p, p));
    env_set(e, "sum", "%d", k->sum);
    env_set(e, "rows", "%s", body_scalar("rows"));
    return template_render("c/total.c", e);
}

/* What is made of the sum: what else stands in it is the same in all rows. */
const Expr *column_value(Body *b, const Node *f)
{
    b->fold_name[0] = "sum";
    return body_formula(b, f, f->op->value);
}

/* A sum over the batch that leaves a tensor: the gradient of a bias. Rows are summed one by one, then together. */
char *column_text(void)
{
    Nest x;
    Node *f = k->core;
    unsigned folded = fold_loops(&x);
    const int j = x.scope.n - 1, first = loop_at(&x.scope, 0, 1), n = first >= 0 && folded >> first & 1 ? first : -1;
    if (j >= 0 && !(folded >> j & 1) && x.scope.loop[j].extent % BLOCK_MIN == 0 && !k->pre.n && !old_loop_overlaps(&x.scope, j)) {
        Nest lanes = x;
        scope_vector(&lanes.scope, j);
        if (body_reads(S, k, &lanes.scope, f) && body_stores_lanes(fold_body(&lanes), f)) x = lanes;
    }
    heads(&x);
    Body *b = fold_body(&x);
    const char *type = x.scope.type, *zero = x.scope.vector < 0 ? "0" : text("%sset(0)", x.scope.prefix);
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    const char *e = body_text(b, body_formula(b, f, f->op->let[0].e));
    const bool two = n >= 0 && (folded & ~(1u << n));
    text_add(&b->out, "%s += %s;\n", two ? "row" : "sum", e);
    char *inner = body_statements(b);
    if (two) inner = text("%s row = %s;\n%ssum += row;\n", type, zero, wrap_some(&x, inner, folded & ~(1u << n)));
    inner = n >= 0 ? wrap(x.head[n].head, row_line(b->reads_data), inner) : wrap_some(&x, inner, folded);
    body_store(b, f, column_value(b, f));
    if (old_folds_in_training(f)) inner = text("if (%s) {\n%s}\n", body_scalar("training"), inner);
    inner = text("%s%s%s", body_start(b, f, zero), inner, body_statements(b));
    unsigned keep = ~folded;
    for (int i = 0; i < x.scope.n && k->part.kind == PART_STRIPS; i++)
        if (!strcmp(x.scope.loop[i].var, "s")) return units("s", k->part.count, wrap_some(&x, inner, keep & ~(1u << i)));
    return units("one", 1, wrap_some(&x, inner, keep));
}
