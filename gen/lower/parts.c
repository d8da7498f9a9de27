/* parts.c -- deals a kernel to threads in C. Rows: parts of the batch. Column blocks: blocks of
   the result's columns. Tiles: pieces of a weight gradient. Their number is a constant, so the
   bits do not depend on the threads. */
#include <string.h>
#include "lower/lower.h"

long blocks_of(const Layout *l)
{
    if (l->vaxis < 0 || l->rank < 2) return 1;
    const Axis *x = &l->axis[l->vaxis];
    return x->n == 2 && x->factor[0].div == 1 && x->factor[1].stride > x->factor[0].stride
               ? x->factor[1].extent
               : 1;
}

static Partition by_rows(const Node *n)
{
    const long rows = n->shape.dim[0], parts = row_parts(rows);
    return (Partition) { PART_ROWS, (int)parts, rows / parts };
}

static Partition one(void) { return (Partition) { PART_ONE, 1, 1 }; }

const Layout *dealt_layout(const Kernels *k, const Kernel *x)
{
    if (x->stores.n) return &buffer_of(k, x->stores.at[0])->layout;
    return &x->grad_layout;
}

static Partition of_contraction(const Kernel *x)
{
    const Contraction *c = x->contraction;
    const Level *u = &c->unit;
    if (u->extent == 1) return one();
    const Node *n = x->core;
    const char batch = !n->shape.batch ? 0 : n->kind == K_MATMUL ? strchr(n->labels, '>')[1] : 'n';
    if (u->label == batch) return (Partition) { PART_ROWS, (int)u->extent, u->div };
    if (u->label == c->vector.label) return (Partition) { PART_BLOCKS, (int)u->extent, 1 };
    return (Partition) { PART_TILES, (int)u->extent, 1 };
}

static Partition of_fold(const Kernels *k, const Kernel *x)
{
    const Node *f = x->core;
    if (f->when == WHEN_AFTER || f->shape.batch)
        return by_rows(f->when == WHEN_AFTER ? f->arg[0] : f);
    Layout l;
    if (f->arg[0]->shape.batch && !x->pre.n && node_layout(k, f->arg[0], &l) && blocks_of(&l) > 1 &&
        !(f->axes >> l.vaxis & 1))
        return (Partition) { PART_BLOCKS, (int)blocks_of(&l), l.block };
    return one();
}

/* By column blocks, if the result and its gradient have the same ones. */
static Partition of_scatter(const Kernels *k, const Kernel *x)
{
    Layout l;
    const Layout *to = dealt_layout(k, x);
    const long blocks = blocks_of(to);
    const bool same =
        node_layout(k, x->core->arg[0], &l) && blocks_of(&l) == blocks && l.block == to->block;
    return same && blocks > 1 ? (Partition) { PART_BLOCKS, (int)blocks, 1 } : one();
}

/* A sample and a head: forward of the queries, backward of the keys. */
static Partition of_attention(const Node *f)
{
    const bool back = attends_back(f);
    const long heads = (long)node_attr(f, back ? "kv_heads" : "heads");
    return (Partition) { PART_TILES, (int)(f->shape.dim[0] * heads), 1 };
}

static Partition of_map(const Kernels *k, const Kernel *x)
{
    const Layout *l = dealt_layout(k, x);
    const long blocks = blocks_of(l);
    const bool image = x->out->shape.batch && layout_batch_first(l);
    if (blocks > 1 && !image && !reads_data(x)) return (Partition) { PART_BLOCKS, (int)blocks, 1 };
    return x->out->shape.batch ? by_rows(x->out) : one();
}

Partition partition_of(const Kernels *k, const Kernel *x)
{
    if (x->contraction) return of_contraction(x);
    if (x->core && x->core->kind == K_REDUCE) return of_fold(k, x);
    if (x->core && attends(x->core)) return of_attention(x->core);
    if (x->core && has_role(x->core, "scatter")) return of_scatter(k, x);
    if (x->core && by_taps(k, x->core) && !x->core->shape.batch) {
        const long blocks = blocks_of(dealt_layout(k, x));
        return blocks > 1 ? (Partition) { PART_BLOCKS, (int)blocks, 1 } : one();
    }
    if (x->core) return by_rows(x->core);
    return of_map(k, x);
}
