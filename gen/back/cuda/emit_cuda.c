/* emit_cuda.c -- the functions of a kernel on the device, and how they are enqueued.

   1. A map: a thread has an element, in the order of memory.
   2. A fold along axes of a sample: a warp has a row, or a block where rows are long. Lanes take every 32nd element.
   3. A sum over the batch that leaves a tensor: 32 neighbouring elements to a block, whose other dimension shares the sum.
   4. A sum over the batch that leaves a number: one block. All sums are trees of a constant shape; no atomics. */
#include <limits.h>
#include <string.h>
#include "back/cuda/emit_cuda.h"

enum { LONG_ROW = 1024 };

/* ---- maps ------------------------------------------------------------------------------------------------------- */
static void map_kernel(Cuda *out)
{
    const Layout *l = old_main_layout();
    Nest x;
    loops_of(&x, l, &k->out->shape);
    cuda_launch_flat(out, map_over(out, l, &k->out->shape, k->body.at, k->body.n, 0, 0), THREADS,
                blocks_of(loop_count(&x.scope, (1u << x.scope.n) - 1), THREADS));
}

/* ---- folds along axes of a sample ------------------------------------------------------------------------------- */
static const char *const fold_across[] = { [FOLD_SUM] = "sum", [FOLD_MAX] = "max", [FOLD_MIN] = "min", [FOLD_PROD] = "product" };

static char *over_lanes(const Scope *s, unsigned which, int threads, const char *inner)
{
    Env *e = env_new(0);
    env_set(e, "count", "%ld", loop_count(s, which));
    env_set(e, "step", "%d", threads);
    set_terms(e, s, which, inner);
    return template_render("cuda/lanes.cu", e);
}

/* One pass: "m = max(x)". */
static char *pass_text(Body *b, const Nest *x, int i, unsigned folded, int threads)
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
    return text("real %s = %s;\n%s%s = gg_fold_%s<%d>(%s);\n", name, fold_start[let->fold],
                over_lanes(&x->scope, folded, threads, body_statements(b)), name, fold_across[let->fold], threads, name);
}

static char *element_result(Body *b, const Nest *x, unsigned folded, int threads)
{
    Node *f = k->core;
    body_define(b, f, body_formula(b, f, f->op->value), k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return over_lanes(&x->scope, folded, threads, body_statements(b));
}

static char *fold_result(Body *b, const Nest *x, unsigned folded, int threads)
{
    if (!k->core->op->per_row) return element_result(b, x, folded, threads);
    return text("if (lane == 0) {\n%s}\n", row_result(b, x));
}

static void fold_kernel(Cuda *out)
{
    Nest x;
    Node *f = k->core;
    const unsigned folded = fold_loops(&x), kept = ((1u << x.scope.n) - 1) & ~folded;
    const int threads = loop_count(&x.scope, folded) > LONG_ROW ? THREADS : 32;
    const long rows = loop_count(&x.scope, kept), each = THREADS / threads;
    Body *b = fold_body(&x);
    Text t = { 0 };
    for (int i = 0; i < f->op->nlets; i++) text_add(&t, "%s", pass_text(b, &x, i, folded, threads));
    text_add(&t, "%s", fold_result(b, &x, folded, threads));
    Env *e = env_new(0);
    const char *inner = text("%s%s", b->reads_data ? cuda_row() : "", t.s);
    env_flag(e, "alone", !out->shared);
    env_set(e, "warps_in_block", "%d", BLOCK_THREADS / 32);
    env_set(e, "each", "%ld", each);
    env_set(e, "lanes", "%d", threads);
    env_flag(e, "warps", each > 1);
    env_flag(e, "ragged", rows % each != 0);
    env_flag(e, "one", rows == 1);
    env_set(e, "rows", "%ld", rows);
    set_index(e, "id_type", "unsigned", rows);
    env_set(e, "decode", "%s", decode(&x.scope, kept, "id", inner));
    env_set(e, "inner", "%s", inner);
    cuda_launch_flat(out, template_render("cuda/fold.cu", e), THREADS, blocks_of(rows, each));
}

/* ---- sums over the batch ---------------------------------------------------------------------------------------- */
static char *batch_row(const Nest *x, bool reads)
{
    const int n = loop_at(&x->scope, 0, 1);
    return reads && n >= 0 ? cuda_row() : text("%s", "");
}

/* Down to a number. */
static void total_kernel(Cuda *out)
{
    Nest x;
    fold_loops(&x);
    Node *f = k->core;
    Body *b = fold_body(&x);
    Env *e = env_new(0);
    const unsigned all = (1u << x.scope.n) - 1;
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    text_add(&b->out, "total += %s;\n", body_text(b, body_formula(b, f, f->op->let[0].e)));
    const char *inner = text("%s%s", batch_row(&x, b->reads_data), body_statements(b));
    const long count = loop_count(&x.scope, all);
    const bool batched = loop_at(&x.scope, 0, 1) >= 0;
    const int threads = out->shared ? BLOCK_THREADS : count > LONG_ROW ? 1024 : count > THREADS ? THREADS : 32;
    env_set(e, "count", "%ld", count);
    env_set(e, "threads", "%d", threads);
    const bool lines = several_lines(inner);
    if (batched) inner = text("if (n < %s)%s @@ rows that are real\n%s%s", body_scalar("rows"), lines ? " {" : "", inner, lines ? "}\n" : "");
    set_terms(e, &x.scope, all, inner);
    env_set(e, "sum", "%d", k->sum);
    cuda_launch_flat(out, template_render("cuda/total.cu", e), threads, 1);
}

/* Down to a tensor: the gradient of a bias. */
static void column_kernel(Cuda *out)
{
    Nest x;
    Node *f = k->core;
    const unsigned folded = fold_loops(&x), kept = ((1u << x.scope.n) - 1) & ~folded;
    Body *b = fold_body(&x);
    Env *e = env_new(0);
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    text_add(&b->out, "sum += %s;\n", body_text(b, body_formula(b, f, f->op->let[0].e)));
    const char *inner = text("%s%s", batch_row(&x, b->reads_data), body_statements(b));
    body_store(b, f, column_value(b, f));
    const char *store = body_statements(b);
    const long count = loop_count(&x.scope, kept), terms = loop_count(&x.scope, folded);
    const int shares = out->shared ? BLOCK_THREADS / 32 : terms > LONG_SUM ? 32 : 8;
    env_flag(e, "alone", !out->shared);
    env_set(e, "count", "%ld", count);
    env_set(e, "shares", "%d", shares);
    env_set(e, "terms", "%ld", terms);
    env_set(e, "training", "%s", old_folds_in_training(f) ? text(" && %s", body_scalar("training")) : "");
    env_set(e, "decode", "%s", decode(&x.scope, kept, "id", text("%s%s", inner, store)));
    set_terms(e, &x.scope, folded, inner);
    set_index(e, "id_type", "unsigned", count);
    env_set(e, "store", "%s", store);
    cuda_launch_flat(out, template_render("cuda/column.cu", e), 32 * shares, blocks_of(count, 32));
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */
long cuda_work(const Kernel *x)
{
    const Node *f = x->core;
    if (x->gemm || (f && f->kind != K_REDUCE)) return LONG_MAX;
    const Shape *s = f ? &f->arg[0]->shape : &x->out->shape;
    long row = 1;
    for (int a = 0; f && a < s->rank; a++)
        if (f->axes >> a & 1) row *= s->dim[a];
    return f && f->shape.batch && row > LONG_ROW ? LONG_MAX : shape_count(s);
}

void cuda_kernel(const Program *s, const Kernel *kernel, Cuda *out)
{
    S = s, k = kernel;
    body_scalars_begin();
    const Node *f = k->core;
    out->launch = (Text) { 0 };
    if (!f) map_kernel(out);
    else if (k->gemm) cuda_gemm(out);
    else if (f->kind == K_REDUCE && f->when == WHEN_AFTER) total_kernel(out);
    else if (f->kind == K_REDUCE && !old_is_column(f)) fold_kernel(out);
    else if (f->kind == K_REDUCE) column_kernel(out);
    else if (has_role(f, "spread")) cuda_spread(out);
    else if (has_role(f, "scatter")) cuda_scatter(out);
    else if (by_taps(S->k, f) && has_role(f, "weight")) cuda_weight_taps(out);
    else if (has_role(f, "max") || by_taps(S->k, f)) cuda_pool(out);
    else if (pool_tiles(f)) cuda_tile_grad(out);
    else cuda_overlap_grad(out);
}
