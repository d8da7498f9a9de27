/* partition.c -- who computes what, and where all must meet.

   1. A kernel's units are dealt to threads in order. Rows: parts of the batch. Strips: blocks of the result's columns.
      Tiles: pieces of a weight gradient. Their number is a constant, so the bits do not depend on the threads.
   2. Two kernels may run without a barrier between them when everything that one writes and the other touches is
      touched by the same unit of both: same kind of parts, same count, each its own.
   3. No unit ever adds to what another unit writes.
   4. What outputs alone need has phases of its own, behind the last one that has a forward kernel: there what it reads is
      still alive, and training is as it would be without.
   5. A buffer is free where its last phase ends, so phases end early where values are made again or terms run in turn. */
#include <string.h>
#include "lower/lower.h"

enum { SMALL = 64 };                    /* that many times smaller than the largest: no reason to meet */
static Kernels *K;
static long largest;                    /* buffer of the arena */

static long strips_of(const Layout *l)
{
    if (l->vaxis < 0 || l->rank < 2) return 1;
    const Axis *x = &l->axis[l->vaxis];
    return x->n == 2 && x->digit[0].div == 1 && x->digit[1].stride > x->digit[0].stride ? x->digit[1].extent : 1;
}

static Partition by_rows(const Node *n)
{
    const long rows = n->shape.dim[0], parts = row_parts(rows);
    return (Partition) { PART_ROWS, (int)parts, rows / parts };
}

static Partition one(void) { return (Partition) { PART_ONE, 1, 1 }; }

static const Layout *result_layout(const Kernel *x)
{
    if (x->stores.n) return &x->stores.at[0]->buffer->layout;
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
    if (u->label == c->vector.label) return (Partition) { PART_STRIPS, (int)u->extent, 1 };
    return (Partition) { PART_TILES, (int)u->extent, 1 };
}

static Partition of_fold(const Kernel *x)
{
    const Node *f = x->core;
    if (f->when == WHEN_AFTER || f->shape.batch) return by_rows(f->when == WHEN_AFTER ? f->arg[0] : f);
    Layout l;
    if (f->arg[0]->shape.batch && !x->pre.n && node_layout(f->arg[0], &l) && strips_of(&l) > 1 && !(f->axes >> l.vaxis & 1))
        return (Partition) { PART_STRIPS, (int)strips_of(&l), l.block };
    return one();
}

/* By strips of columns, where the result and what is added to it have the same. */
static Partition of_scatter(const Kernel *x)
{
    Layout l;
    const Layout *to = result_layout(x);
    const long strips = strips_of(to);
    const bool same = node_layout(x->core->arg[0], &l) && strips_of(&l) == strips && l.block == to->block;
    return same && strips > 1 ? (Partition) { PART_STRIPS, (int)strips, 1 } : one();
}

static Partition of_map(const Kernel *x)
{
    const Layout *l = result_layout(x);
    const long strips = strips_of(l);
    const bool image = x->out->shape.batch && layout_batch_first(l);
    if (strips > 1 && !image && !reads_data(x)) return (Partition) { PART_STRIPS, (int)strips, 1 };
    return x->out->shape.batch ? by_rows(x->out) : one();
}

static Partition partition_of(const Kernel *x)
{
    if (x->contraction) return of_contraction(x);
    if (x->core && x->core->kind == K_REDUCE) return of_fold(x);
    if (x->core && has_role(x->core, "scatter")) return of_scatter(x);
    if (x->core && by_taps(K, x->core) && !x->core->shape.batch) {
        const long strips = strips_of(result_layout(x));
        return strips > 1 ? (Partition) { PART_STRIPS, (int)strips, 1 } : one();
    }
    if (x->core) return by_rows(x->core);
    return of_map(x);
}

/* ---- what a kernel touches ---- */
static bool owns(const Kernel *x, const Node *value, const Layout *l)
{
    if (x->part.kind == PART_ONE) return true;
    if (x->part.kind == PART_ROWS) return value->shape.batch;
    return x->part.kind == PART_STRIPS && strips_of(l) == x->part.count;
}

static void touch(Kernel *x, Buffer *b, bool write, bool own)
{
    Touch *t = NEW(Touch);
    *t = (Touch) { b, write, own };
    vec_push(&x->touches, t);
}

static bool is_operand_a(const Kernel *x, const Node *n) { return x->contraction && x->contraction->a == n; }
static bool is_operand_b(const Kernel *x, const Node *n) { return x->contraction && x->contraction->b == n; }

/* Strip s of the view n is strip s of the buffer under it. */
static bool keeps_strips(Node *n, const Layout *b)
{
    Layout l;
    if (!node_layout(n, &l) || strips_of(&l) != strips_of(b)) return false;
    return strips_of(b) == 1 || (l.axis[l.vaxis].digit[1].stride == b->axis[b->vaxis].digit[1].stride && l.block == b->block);
}

static void touch_read(Kernel *x, Node *n)
{
    Node *b = node_base(n);
    if (!b->buffer || (b->buffer->home == HOME_PARAM && !b->param->state) || (b->kernel == x && b == n)) return;
    bool own = owns(x, b, &b->buffer->layout);
    if (x->part.kind == PART_STRIPS && (is_operand_a(x, n) || moves(n) || !keeps_strips(n, &b->buffer->layout))) own = false;
    if (x->core && by_taps(K, x->core) && x->part.kind == PART_STRIPS) own = false;
    if (is_operand_b(x, n) && x->part.kind == PART_ROWS && x->core->shape.batch) own = false;
    touch(x, b->buffer, false, own);
}

static void read_nodes(Kernel *x, Node **at, int n)
{
    for (int i = 0; i < n; i++)
        for (int a = 0; a < at[i]->nargs; a++) touch_read(x, at[i]->arg[a]);
}

static void find_touches(Kernel *x)
{
    x->touches.n = 0;
    read_nodes(x, x->pre.at, x->pre.n);
    read_nodes(x, x->body.at, x->body.n);
    if (x->contraction) touch_read(x, x->contraction->a), touch_read(x, x->contraction->b);
    else if (x->gemm) touch_read(x, x->gemm->a), touch_read(x, x->gemm->b);
    else if (x->core) read_nodes(x, &x->core, 1);
    for (int i = 0; i < x->stores.n; i++)
        touch(x, x->stores.at[i]->buffer, true, owns(x, x->stores.at[i], &x->stores.at[i]->buffer->layout));
    if (x->adds_to) {
        const int i = x->adds_to->index;
        Buffer *d = x->moves_state ? K->params.at[i] : K->gradients.at[i];
        touch(x, d, true, x->part.kind == PART_ONE || (x->part.kind == PART_STRIPS && strips_of(&d->layout) == x->part.count));
    }
}

static bool same_parts(const Kernel *a, const Kernel *b) { return a->part.kind == b->part.kind && a->part.count == b->part.count; }

static bool clash(const Kernel *a, const Kernel *b)
{
    for (int i = 0; i < a->touches.n; i++)
        for (int j = 0; j < b->touches.n; j++) {
            const Touch *s = a->touches.at[i], *t = b->touches.at[j];
            if (s->buffer != t->buffer || !(s->write || t->write)) continue;
            if (!(s->own && t->own && same_parts(a, b))) return true;
        }
    return false;
}

static bool touches(const Kernel *x, const Buffer *b)
{
    for (int i = 0; i < x->touches.n; i++)
        if (x->touches.at[i]->buffer == b) return true;
    return false;
}

/* Rule 5: a large buffer of the arena is read for the last time in at[from .. to - 1]. */
static bool frees(Kernel **at, int n, int from, int to)
{
    for (int i = from; i < to; i++)
        for (int t = 0; t < at[i]->touches.n; t++) {
            const Buffer *b = at[i]->touches.at[t]->buffer;
            bool later = b->home != HOME_ARENA || buffer_size(b) * SMALL < largest;
            for (int j = to; j < n && !later; j++) later = touches(at[j], b);
            if (!later) return true;
        }
    return false;
}

static void find_largest(void)
{
    largest = 0;
    for (int i = 0; i < K->buffers.n; i++) {
        const Buffer *b = K->buffers.at[i];
        if (b->home == HOME_ARENA && buffer_size(b) > largest) largest = buffer_size(b);
    }
}

static int find_phases(Kernel **at, int n)
{
    int phase = 0, from = 0;
    find_largest();
    for (int i = 0; i < n; i++) {
        at[i]->part = partition_of(at[i]);
        find_touches(at[i]);
    }
    for (int i = 0; i < n; i++) {
        bool meets = K->target->launches;
        for (int j = from; j < i; j++) meets |= clash(at[j], at[i]);
        if ((K->g->train.level || K->g->in_turn) && !meets) meets = frees(at, n, from, i);
        if (meets && i > from) phase++, from = i;
        at[i]->phase = phase;
    }
    return n ? phase + 1 : 0;
}

/* Rule 4. */
static void insert_predictions(void)
{
    const int phases = find_phases(K->predict.at, K->predict.n);
    int last = 0;
    for (int i = 0; i < K->forward.n; i++)
        if (K->forward.at[i]->phase > last) last = K->forward.at[i]->phase;
    for (int i = 0; i < K->micro.n; i++)
        if (K->micro.at[i]->phase > last) K->micro.at[i]->phase += phases;
    for (int i = 0; i < K->predict.n; i++) K->predict.at[i]->phase += last + 1;
    K->phases += phases;
    K->last_output = last + phases;
}

/* ---- numbers and names ---- */
static const char *name_of(const Kernel *x)
{
    Text t = { 0 };
    if (x->core && x->core->op) text_add(&t, "%s", x->core->path ? x->core->path : x->core->op->name);
    if (x->adds_to) text_add(&t, "%s%s%s", t.n ? "_" : "", x->moves_state ? "" : "d_", x->adds_to->ident);
    else if (x->stores.n && (x->stores.at[0] != x->core || !x->core)) text_add(&t, "%s%s", t.n ? "_" : "", x->stores.at[0]->buffer->ident);
    return t.n ? t.s : "map";
}

static void number(Kernel **at, int n, int *id)
{
    for (int i = 0; i < n; i++) {
        at[i]->id = ++*id;
        const char *name = c_ident(name_of(at[i]));
        at[i]->ident = text("k%d_%s%s", at[i]->id, strncmp(name, "to_k", 4) ? "" : "u_", name);     /* k6_to_k9 runs four */
        if (at[i]->flop == 0) at[i]->flop = (double)shape_count(&at[i]->out->shape) * (at[i]->body.n + (at[i]->core ? 1 : 0));
    }
}

void make_partitions(Kernels *k)
{
    int id = k->g->before ? k->g->before->k->kernels : 0;
    K = k;
    K->once_phases = find_phases(K->once.at, K->once.n);
    K->phases = find_phases(K->micro.at, K->micro.n);
    K->finish_phases = find_phases(K->finish.at, K->finish.n);
    insert_predictions();
    number(K->micro.at, K->micro.n, &id);
    number(K->finish.at, K->finish.n, &id);
    number(K->once.at, K->once.n, &id);
    number(K->predict.at, K->predict.n, &id);
    K->kernels = id;
}
