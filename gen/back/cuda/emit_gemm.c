/* emit_gemm.c -- a contraction on the device: cuBLASLt where it can say it, else a tiled kernel of our own.

   1. What stands behind the result joins the library's epilogue where that is bias along the columns, or bias and relu;
      the rest of it is a map of its own over the result in place.
   2. In a kernel of our own it stands where the sums leave the registers.
   3. A long sum over few results is cut into a constant number of parts, whose sums a second kernel adds in order. */
#include <stdlib.h>
#include <string.h>
#include "back/cuda/emit_cuda.h"

enum { TILE = 64, STEP = 16, FEW_BLOCKS = 64, LONG_DEPTH = 2048, PART = 512, MOST_PARTS = 32 };

/* ---- the library ------------------------------------------------------------------------------------------------ */
static bool is_variable(const Expr *e, const char *name) { return e->kind == E_VAR && !strcmp(e->name, name); }
static bool is_zero(const Expr *e) { return e->kind == E_NUM && !(e->num < 0 || e->num > 0); }

/* select(x <= 0, 0, x): the library's relu, which keeps a NaN */
static bool is_relu(const Node *n)
{
    const Op *op = n->op;
    if (op->nargs != 1 || op->nlets || !expr_is_select(op->value)) return false;
    const Expr *const *a = (const Expr *const *)op->value->arg;
    return a[0]->kind == E_LE && is_variable(a[0]->arg[0], op->arg[0]) && is_zero(a[0]->arg[1]) && is_zero(a[1]) && is_variable(a[2], op->arg[0]);
}

/* The parameter that is one number for each column, or NULL. */
static Node *bias_of(const Node *add)
{
    Layout l;
    Node *b = add->arg[1], *p = node_base(b);
    const int last = add->shape.rank - 1;
    const bool along = p->kind == K_PARAM && p->shape.rank == 1 && k->gemm->columns.n == 1 && k->gemm->columns.at[0].label == k->gemm->result[last];
    if (!along || p->shape.dim[0] != add->shape.dim[last] || !node_layout(S->k, b, &l)) return 0;
    return shape_axis(&b->shape, &add->shape, last) >= 0 ? p : 0;
}

static bool used_by_next_only(int i)        /* of body[i], or of the core for -1 */
{
    const Node *n = i < 0 ? k->core : k->body.at[i];
    if (old_is_stored(k, n)) return false;
    for (int j = i + 2; j < k->body.n; j++)
        for (int a = 0; a < k->body.at[j]->nargs; a++)
            if (k->body.at[j]->arg[a] == n) return false;
    return true;
}

/* How many maps the epilogue takes over; the bias that it adds. */
static int epilogue(Node **bias)
{
    *bias = 0;
    if (!k->body.n || k->gemm->batch.n || !used_by_next_only(-1)) return 0;
    const Node *add = k->body.at[0];
    if (!has_role(add, "add") || add->arg[0] != k->core || !(*bias = bias_of(add))) return 0;
    if (k->body.n < 2 || !used_by_next_only(0) || !is_relu(k->body.at[1]) || k->body.at[1]->arg[0] != add) return 1;
    return 2;
}

static char *operand(int which, const Layout *l, const char *name)
{
    const Address a = { .constant = k->gemm->base[which] };
    return text("&device->%s", address_text(&a, l, name));
}

static char *operand_of(int which)
{
    Layout l;
    Node *n = k->factor[which];
    Buffer *b = buffer_of(S->k, node_base(n));
    node_layout(S->k, n, &l);
    if (S->g->train.precision >= BF16 && b->home == HOME_PARAM) return text("device->half_p + %ld", b->offset + k->gemm->base[which]);
    return operand(which, &l, buffer_name(b));
}

static const Layout *result_layout(const Node *n) { return k->grad == n ? &k->grad_layout : &buffer_of(S->k, n)->layout; }
static char *result_name(const Node *n) { return buffer_name(k->grad == n ? S->k->gradients.at[k->adds_to->index] : buffer_of(S->k, n)); }

/* The node whose place the product goes to: the last one that the epilogue makes, or where that is stored nowhere the first that is. */
static const Node *destination(int taken)
{
    const Node *last = taken ? k->body.at[taken - 1] : k->core;
    return old_is_stored(k, last) ? last : target_of(S->k, k);
}

static char *plan_call(const Node *to, const char *beta, const Node *bias, int taken)
{
    static const char *const epilogues[] = { "GG_NONE", "GG_BIAS", "GG_RELU_BIAS" };
    const Blas *b = &k->gemm->blas;
    Env *e = env_new(0);
    env_set(e, "ta", "%d", b->turned[0]);
    env_set(e, "tb", "%d", b->turned[1]);
    env_set(e, "m", "%ld", b->rows);
    env_set(e, "n", "%ld", b->columns);
    env_set(e, "k", "%ld", b->depth);
    env_set(e, "a", "%s", operand_of(0));
    env_set(e, "b", "%s", operand_of(1));
    env_set(e, "c", "%s", operand(2, result_layout(to), result_name(to)));
    env_set(e, "lda", "%ld", b->lead[0]);
    env_set(e, "ldb", "%ld", b->lead[1]);
    env_set(e, "ldc", "%ld", b->lead[2]);
    env_set(e, "batch", "%ld", b->batch);
    env_set(e, "steps", "%ld, %ld, %ld", b->step[0], b->step[1], b->step[2]);
    env_set(e, "beta", "%s", beta);
    env_set(e, "epilogue", "%s", epilogues[taken]);
    env_set(e, "bias", "%s", bias ? text("(const real *)&device->%s", buffer_name(buffer_of(S->k, bias))) : "NULL");
    return template_render("cuda/blas.cu", e);
}

/* "k4" of "k4_matmul_h" */
static char *handle_name(void) { return text("k%d", k->id); }

static void library_call(Cuda *out)
{
    Node *bias;
    int taken = epilogue(&bias);
    const Node *to = destination(taken);
    if (taken && !layout_same(result_layout(to), result_layout(target_of(S->k, k)))) taken = 0, bias = 0, to = destination(0);
    const bool beta = k->grad == to && kernel_has_beta(S, k);
    const char *h = handle_name();
    text_add(&out->handles, "%s%s%s", out->handles.n ? ", " : "", h, beta ? "[2]" : "");
    if (beta) text_add(&out->plans, "for (int beta = 0; beta < 2; beta++)\n%s[beta] = %s", h, plan_call(to, "beta", 0, 0));
    else text_add(&out->plans, "%s = %s", h, plan_call(to, "0", bias, taken));
    text_add(&out->launch, "gg_matmul_run(&%s%s); @@ %s\n", h, beta ? text("[%s]", cuda_beta()) : "", kernel_title());
    if (taken == k->body.n) return;
    const Layout *l = result_layout(to);
    const Node *last = taken ? k->body.at[taken - 1] : k->core;
    const char *body = map_over(out, l, &k->out->shape, k->body.at + taken, k->body.n - taken, (Node *)last, result_name(to));
    Nest x;
    loops_of(&x, l, &k->out->shape);
    const long count = loop_count(&x.scope, (1u << x.scope.n) - 1);
    const Launch post = { k->ident, text("%s, behind the product", kernel_title()), body, THREADS, { (count + THREADS - 1) / THREADS },
                          kernel_has_beta(S, k) };
    cuda_launch(out, &post);
}

/* ---- our own: indices ------------------------------------------------------------------------------------------- */
static long extent_of(const Levels *s)
{
    long n = 1;
    for (int i = 0; i < s->n; i++) n *= s->at[i].extent;
    return n;
}

static char *level_name(const Level *l) { return l->div == 1 ? text("i_%c", l->label) : text("i_%c%ld", l->label, l->div); }

/* The levels' variables from the group's index, innermost last; those that the body speaks of. */
static char *take_apart(const Levels *s, const char *index, const char *body)
{
    Text t = { 0 };
    long place = 1;
    text_put(&t, "", 0);
    for (int i = s->n; i-- > 0; ) {
        char *e = place == 1 ? text("%s", index) : text("%s / %ld", index, place);
        if (i) e = text("%s %% %ld", e, s->at[i].extent);
        if (speaks_of(body, level_name(&s->at[i]))) text_add(&t, "%s%s = %s", t.n ? ", " : "const int ", level_name(&s->at[i]), e);
        place *= s->at[i].extent;
    }
    if (t.n) text_add(&t, ";\n");
    return t.s;
}

static void add_levels(Address *a, const Levels *s, int which)
{
    for (int i = 0; i < s->n; i++)
        if (s->at[i].stride[which]) a->at[a->n++] = (Piece) { level_name(&s->at[i]), s->at[i].stride[which], false, 0 };
}

static void add_label(Text *t, const Levels *s, char label, long factor)
{
    for (int i = 0; i < s->n; i++)
        if (s->at[i].label == label) {
            const long by = factor * s->at[i].div;
            text_add(t, "%s%s", !t->n ? by < 0 ? "-" : "" : by < 0 ? " - " : " + ", level_name(&s->at[i]));
            if (by != 1 && by != -1) text_add(t, " * %ld", labs(by));
        }
}

/* "(unsigned)(i_y + i_k - 2) >= 28u": where the image's padding is; `rows` are the levels that it does not sum over */
static char *outside_text(const Levels *rows)
{
    const Gemm *m = k->gemm;
    Text all = { 0 };
    text_put(&all, "", 0);
    for (int i = 0; i < m->nbounds; i++) {
        const Bound *b = &m->bound[i];
        Text t = { 0 };
        for (int l = 0; l < 2; l++) add_label(&t, rows, b->label[l], b->factor[l]), add_label(&t, &m->depth, b->label[l], b->factor[l]);
        if (b->constant) text_add(&t, " %c %ld", b->constant < 0 ? '-' : '+', labs(b->constant));
        text_add(&all, "%s(unsigned)(%s) >= %ldu", all.n ? " || " : "", t.s, b->extent);
    }
    return all.s;
}

static char *element_text(int which, const Levels *rows, const char *row, const char *at)
{
    Layout l;
    const Gemm *m = k->gemm;
    Node *n = k->factor[which];
    Address a = { .constant = m->base[which] };
    node_layout(S->k, n, &l);
    add_levels(&a, &m->batch, which), add_levels(&a, rows, which), add_levels(&a, &m->depth, which);
    for (int i = 0; i < m->nbounds && which == m->image; i++) {
        const Bound *b = &m->bound[i];
        a.constant -= b->constant * b->stride;
        if (b->constant) a.at[a.n++] = (Piece) { text("%ld", b->constant), b->stride, false, 0 };
    }
    const char *value = address_text(&a, &l, buffer_name(buffer_of(S->k, node_base(n)))), *outside = which == m->image ? outside_text(rows) : "";
    const char *all = text("%s %s", value, outside);
    const char *apart = text("%s%s%s", take_apart(&m->batch, "batch", all), take_apart(rows, row, all), take_apart(&m->depth, at, all));
    Env *e = env_new(0);
    env_set(e, "name", "%c", "ab"[which]);
    env_set(e, "row", speaks_of(apart, row) ? " %s" : "%.0s", row);
    env_set(e, "at", speaks_of(apart, at) ? " %s" : "%.0s", at);
    env_set(e, "decode", "%s", apart);
    env_flag(e, "bounds", *outside != 0);
    env_set(e, "outside", "%s", outside);
    env_set(e, "value", "%s", value);
    return template_render("cuda/element.cu", e);
}

/* ---- our own: what happens to a result -------------------------------------------------------------------------- */
static void add_loops(Scope *s, const Levels *l)
{
    for (int i = 0; i < l->n; i++)
        for (int a = 0; a < s->domain->rank; a++)
            if (k->gemm->result[a] == l->at[i].label)
                s->loop[s->n++] = (Loop) { a, l->at[i].div, l->at[i].extent, level_name(&l->at[i]) };
}

/* Statements for the result `value` at (row, column). */
static char *result_text(const char *value, bool *reads)
{
    const Gemm *m = k->gemm;
    Body *b = body_new(S, k);
    b->scope = (Scope) { .domain = &k->out->shape };
    scope_scalar(&b->scope);
    add_loops(&b->scope, &m->batch), add_loops(&b->scope, &m->rows), add_loops(&b->scope, &m->columns);
    body_define(b, k->core, expr_variable(value), false);
    body_store(b, k->core, b->value[k->core->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    *reads = b->reads_data;
    const char *inner = body_statements(b);
    if (*reads) inner = text("const long at = dev->row[m->from + %s];\n%s", old_coordinate(&b->scope, 0), inner);
    return text("%s%s%s%s", take_apart(&m->batch, "batch", inner), take_apart(&m->rows, "row", inner),
                take_apart(&m->columns, "column", inner), inner);
}

/* ---- our own: the kernels --------------------------------------------------------------------------------------- */
typedef struct { long m, n, k, batch, parts, span; int wide; } Tiling;     /* wide: columns of a tile are 16 * wide */

static long over(long n, long by) { return (n + by - 1) / by; }

static Tiling tiling(void)
{
    const Gemm *g = k->gemm;
    Tiling t = { extent_of(&g->rows), extent_of(&g->columns), extent_of(&g->depth), extent_of(&g->batch), 1, 0, 0 };
    t.wide = t.n <= 16 ? 1 : t.n <= 32 ? 2 : 4;
    const long blocks = over(t.m, TILE) * over(t.n, 16 * t.wide) * t.batch;
    if (t.batch == 1 && blocks < FEW_BLOCKS && t.k >= LONG_DEPTH) t.parts = over(t.k, PART);
    if (t.parts > MOST_PARTS) t.parts = MOST_PARTS;
    t.span = over(over(t.k, t.parts), STEP) * STEP;
    t.parts = over(t.k, t.span);
    return t;
}

/* Lanes walk along the depth where that is how the operand lies. */
static bool along_depth(const Levels *rows, int which)
{
    const Levels *d = &k->gemm->depth;
    const long by_depth = d->n ? d->at[d->n - 1].stride[which] : 0, by_row = rows->n ? rows->at[rows->n - 1].stride[which] : 0;
    return by_depth && (!by_row || by_depth < by_row);
}

/* How many tiles there are: of rows, of columns, of parts or of the batch. */
static long tiles_along(const Tiling *t, int which)
{
    return which == 0 ? over(t->m, TILE) : which == 1 ? over(t->n, 16 * t->wide) : t->parts > 1 ? t->parts : t->batch;
}

/* Where the block's tile begins along one of these, whose tiles are `size` apart. Blocks have one number: in y and z a grid has
   65,535 at most. */
static char *tile_start(const Tiling *t, int which, long size)
{
    const long r = tiles_along(t, 0), c = tiles_along(t, 1), n = tiles_along(t, which), before = which == 0 ? 1 : which == 1 ? r : r * c;
    Text at = { 0 };
    if (n == 1) return text("0");
    text_add(&at, "blockIdx.x");
    if (before > 1) text_add(&at, " / %ld", before);
    if (r * c * tiles_along(t, 2) > before * n) text_add(&at, " %% %ld", n);
    if (size > 1) text_add(&at, " * %ld", size);
    return at.s;
}

static char *tile_text(const Tiling *t, const char *store)
{
    const Gemm *m = k->gemm;
    Env *e = env_new(0);
    env_set(e, "m", "%ld", t->m);
    env_set(e, "n", "%ld", t->n);
    env_set(e, "k", "%ld", t->k);
    env_set(e, "wide", "%d", t->wide);
    env_flag(e, "parts", t->parts > 1);
    env_flag(e, "batch", m->batch.n > 0);
    env_set(e, "row0", "%s", tile_start(t, 0, TILE));
    env_set(e, "column0", "%s", tile_start(t, 1, 16 * t->wide));
    env_set(e, "from", "%s", tile_start(t, 2, t->span));
    env_set(e, "span", "%ld", t->span);
    env_set(e, "batch_index", "%s", tile_start(t, 2, 1));
    env_set(e, "a", "%s", element_text(0, &m->rows, "row", "at"));
    env_set(e, "b", "%s", element_text(1, &m->columns, "column", "at"));
    env_set(e, "a_by_depth", "%s", along_depth(&m->rows, 0) ? "true" : "false");
    env_set(e, "b_by_depth", "%s", along_depth(&m->columns, 1) ? "true" : "false");
    env_set(e, "row", "%s", speaks_of(store, "row") ? " row" : "");
    env_set(e, "column", "%s", speaks_of(store, "column") ? " column" : "");
    env_set(e, "store", "%s", store);
    return template_render("cuda/gemm.cu", e);
}

static void own_kernel(Cuda *out)
{
    const Tiling t = tiling();
    bool reads;
    const char *result = result_text("sum", &reads);
    const char *store = t.parts > 1 ? text("dev->split[(%s * %ld + row) * %ld + column] = sum;\n", tile_start(&t, 2, 1), t.m, t.n) : result;
    const Launch tiles = { t.parts > 1 ? text("%s_parts", k->ident) : k->ident, kernel_title(), tile_text(&t, store), THREADS,
                           { tiles_along(&t, 0) * tiles_along(&t, 1) * tiles_along(&t, 2) },
                           t.parts == 1 && kernel_has_beta(S, k) };
    cuda_launch(out, &tiles);
    if (t.parts == 1) return;
    Env *e = env_new(0);
    env_set(e, "m", "%ld", t.m);
    env_set(e, "n", "%ld", t.n);
    env_set(e, "parts", "%ld", t.parts);
    env_set(e, "result", "%s", result);
    const Launch sum = { k->ident, text("%s: its parts added in order", kernel_title()), template_render("cuda/parts.cu", e), THREADS,
                         { over(t.m * t.n, THREADS) }, kernel_has_beta(S, k) };
    cuda_launch(out, &sum);
    if (t.parts * t.m * t.n > out->split) out->split = t.parts * t.m * t.n;
}

void cuda_gemm(Cuda *out)
{
    if (k->gemm->library) library_call(out);
    else own_kernel(out);
}
