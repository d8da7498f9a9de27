/* contraction.c -- a contraction in C: vectors of its columns, rows in tiles, the depth inside.
   levels.c comes first. */
#include <string.h>
#include "lower/contraction.h"

static void take_outer(Contraction *c, const Level *l, bool sum)
{
    if (c->nouter == 8) BUG("more than eight outer loops");
    c->outer_sum[c->nouter] = sum;
    c->outer[c->nouter++] = *l;
}

static void widen(Contraction *c, Levels *columns)
{
    while (columns->n) {
        const Level *l = &columns->at[columns->n - 1];
        if (l->stride[1] != c->vector.extent || l->stride[2] != c->vector.extent ||
            c->vector.extent * l->extent > 512)
            return;
        c->vector.extent *= l->extent;
        columns->n--;
    }
}

static void split_level(Levels *s, int i, long parts)
{
    memmove(s->at + i + 1, s->at + i, sizeof(Level) * (size_t)(s->n - i));
    s->n++;
    s->at[i].extent = parts;
    s->at[i + 1].extent /= parts;
    for (int k = 0; k < 3; k++) s->at[i].stride[k] *= s->at[i + 1].extent;
    s->at[i].div *= s->at[i + 1].extent;
}

/* Parts of rows: the smallest divisor that is at least 8, for any number of threads. */
long row_parts(long n)
{
    for (long d = 8; d <= n; d++)
        if (n % d == 0) return d;
    return n;
}

static void take_unit(Contraction *c, Levels *s, int i)
{
    c->unit = s->at[i];
    memmove(s->at + i, s->at + i + 1, sizeof(Level) * (size_t)(--s->n - i));
}

/* Images are dealt by rows of the batch. Matrices are dealt by column blocks; if there is only
   one, by rows. */
static void choose_unit(const Lowering *w, Contraction *c, Levels *batch, Levels *rows,
                        Levels *columns)
{
    const bool image = w->operand[2].shape.batch && layout_batch_first(&w->operand[2].layout);
    c->unit = (Level) { .extent = 1 };
    if (columns->n && !image) {
        take_unit(c, columns, 0);
        return;
    }
    if (batch->n && !w->operand[2].shape.batch) {
        take_unit(c, batch, 0);
        return;
    }
    if (!rows->n) return;
    const char sample = w->operand[2].shape.batch ? w->operand[2].index[0].label[0] : 0;
    int at = 0;
    for (int i = 0; i < rows->n; i++)
        if (rows->at[i].label == sample) at = i;
    if (w->operand[2].shape.batch && rows->at[at].label != sample) return;
    const long parts = row_parts(rows->at[at].extent);
    if ((sample || rows->n == 1) && parts < rows->at[at].extent) split_level(rows, at, parts);
    take_unit(c, rows, at);
}

enum { ROWS_OF_SAMPLE = 32, LARGE = 1 << 17 };

/* A sample with enough rows for tiles is a product of its own, so that its part of A and of the
   result stay in the cache for the maps that follow. */
static void take_samples(const Lowering *w, Contraction *c, Levels *rows, int vector)
{
    const Operand *result = &w->operand[2];
    const Levels apart = levels_in(w, true, false, true, vector, 2, false);
    if (w->x->core->kind != K_MATMUL || rows->n != 1 || apart.n < 2 ||
        apart.at[0].label != result->index[0].label[0] || apart.at[0].div != 1 ||
        apart.at[0].extent != result->shape.dim[0] ||
        rows->at[0].extent / apart.at[0].extent < ROWS_OF_SAMPLE)
        return;
    split_level(rows, 0, apart.at[0].extent);
    take_outer(c, &apart.at[0], false);
    *rows = (Levels) { .n = 1, .at = { rows->at[1] } };
}

static long reals_in(const Levels *s)
{
    long n = 1;
    for (int i = 0; i < s->n; i++) n *= s->at[i].extent;
    return n;
}

/* If A is larger than a cache, a block of its rows is a product of its own, so that it is fetched
   once for all columns of the unit. */
static void take_block(const Lowering *w, Contraction *c, Levels *rows, const Levels *depth)
{
    if (w->x->core->kind != K_MATMUL || rows->n != 2 || rows->at[1].extent < ROWS_OF_SAMPLE ||
        reals_in(rows) * reals_in(depth) < LARGE)
        return;
    take_outer(c, &rows->at[0], false);
    *rows = (Levels) { .n = 1, .at = { rows->at[1] } };
}

enum { DEEP = 128 };

/* A sum over samples and steps, which are far apart, goes over few steps at once, so that rows of B
   stay in the cache for all rows of A. */
static void take_steps(const Lowering *w, Contraction *c, Levels *depth)
{
    const Node *f = w->x->core;
    long at_once = depth->at[0].extent;
    const bool steps = f->kind == K_MATMUL && node_base(f->arg[1])->kind == K_SLOT && depth->n == 2;
    if (!steps || depth->at[0].extent * depth->at[1].extent <= DEEP) return;
    while (depth->at[0].extent % at_once || at_once * depth->at[1].extent > DEEP) {
        if (at_once == 1) return;
        at_once--;
    }
    split_level(depth, 0, depth->at[0].extent / at_once);
    take_outer(c, &depth->at[0], true);
    depth->n--;
    memmove(depth->at, depth->at + 1, sizeof(Level) * (size_t)depth->n);
}

static Contraction *assemble(const Lowering *w, char v)
{
    Contraction *c = NEW(Contraction);
    const int vector = vector_level(w, v);
    c->vector = w->level[vector];
    Levels batch = levels_in(w, true, true, true, vector, 2, true),
           rows = levels_in(w, true, false, true, vector, 2, true);
    Levels columns = levels_in(w, false, true, true, vector, 2, true),
           depth = levels_in(w, true, true, false, vector, 0, true);
    widen(c, &columns);
    const int blocks = columns.n;
    choose_unit(w, c, &batch, &rows, &columns);
    for (int i = 0; i < batch.n; i++) take_outer(c, &batch.at[i], false);
    for (int i = 0; i < columns.n; i++) take_outer(c, &columns.at[i], false);
    if (blocks && w->operand[2].shape.batch) take_samples(w, c, &rows, vector);
    else if (blocks) take_block(w, c, &rows, &depth);
    take_steps(w, c, &depth);
    const bool samples = has_role(w->x->core, "weight");
    int r = 0, d = 0;
    for (; rows.n - r > 2; r++) take_outer(c, &rows.at[r], false);
    for (; depth.n - d > 3 || (samples && d < depth.n && depth.at[d].label == 'n'); d++)
        take_outer(c, &depth.at[d], true);
    for (; r < rows.n; r++) c->rows[c->nrows++] = rows.at[r];
    for (; d < depth.n; d++) c->depth[c->ndepth++] = depth.at[d];
    set_bases(w, c->base);
    c->flop = lowering_flop(w);
    return c;
}

void lower_contraction(Kernels *k, Kernel *x)
{
    Lowering w;
    lowering_settled(&w, k, x);
    const char v = columns_label(&w);
    widen_vector(&w, v);
    x->contraction = assemble(&w, v);
    x->flop = x->contraction->flop;
}
