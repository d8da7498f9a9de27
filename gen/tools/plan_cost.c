/* plan_cost.c -- estimates memory and work of a program from its kernels and its arena.

   The time of a kernel is that of its arithmetic or of its traffic, whichever is longer, at two
   assumed rates. Traffic counts every buffer, parameter and column once, and a gradient that it
   adds to twice. The estimate leaves out caches, barriers and waiting threads. It ranks
   micro-batches; it does not time them. */
#include "ir/program.h"
#include "tools/plan.h"

enum { REAL_BYTES = 4 };

Rates rates_of(const Opts *o)
{
    Rates r = { o->target->flops, o->target->bytes };
    if (o->gflops > 0) r.flop = o->gflops * 1e9;
    if (o->gbytes > 0) r.bytes = o->gbytes * 1e9;
    return r;
}

double memory_of(const Figures *f) { return f->state + f->packed + f->arena + f->fixed; }

static double row_bytes(const Column *c)
{
    static const double sizes[] = { [T_REAL] = REAL_BYTES, [T_INT] = 4, [T_U8] = 1 };
    double n = sizes[c->type];
    for (int a = 0; a < c->rank; a++) n *= (double)c->dim[a];
    return n;
}

/* ---- what a kernel reads besides buffers: parameters and data ---- */
typedef struct {
    const Kernels *k;
    VEC(Node) seen;
    double bytes;
} Reads;

static void read_leaf(Reads *r, Node *n)
{
    Node *b = node_base(n);
    if (b->kind != K_PARAM && b->kind != K_INPUT) return;
    for (int i = 0; i < r->seen.n; i++)
        if (r->seen.at[i] == b) return;
    vec_push(&r->seen, b);
    if (b->kind == K_PARAM)
        r->bytes += REAL_BYTES * (double)r->k->params.at[b->param->index]->layout.size;
    else r->bytes += row_bytes(b->column) * (double)r->k->g->train.micro_batch;
}

static void read_list(Reads *r, Node **at, int n)
{
    for (int i = 0; i < n; i++)
        for (int a = 0; a < at[i]->nargs; a++) read_leaf(r, at[i]->arg[a]);
}

static double leaf_traffic(const Kernels *k, const Kernel *x)
{
    Reads r = { .k = k };
    read_list(&r, x->pre.at, x->pre.n);
    read_list(&r, x->body.at, x->body.n);
    if (x->factor[0]) read_leaf(&r, x->factor[0]), read_leaf(&r, x->factor[1]);
    else if (x->core) read_list(&r, (Node **)(void *)&x->core, 1);
    return r.bytes;
}

static bool touched_before(const Kernel *x, int i)
{
    for (int j = 0; j < i; j++)
        if (x->touches.at[j]->buffer == x->touches.at[i]->buffer) return true;
    return false;
}

static double traffic_of(const Kernels *k, const Kernel *x)
{
    double bytes = leaf_traffic(k, x);
    for (int i = 0; i < x->touches.n; i++) {
        const Buffer *b = x->touches.at[i]->buffer;
        if (!touched_before(x, i))
            bytes += REAL_BYTES * (double)buffer_size(b) * (b->home == HOME_GRADIENT ? 2 : 1);
    }
    return bytes * (double)times_run(x);
}

/* ---- the sum ---- */
static void add_work(Figures *f, double flop, double bytes, Rates r, double times)
{
    f->flop += times * flop, f->traffic += times * bytes;
    f->seconds += times * (flop / r.flop > bytes / r.bytes ? flop / r.flop : bytes / r.bytes);
}

static void add_kernels(Figures *f, const Kernels *k, Kernel **at, int n, Rates r, double times)
{
    for (int i = 0; i < n; i++) add_work(f, at[i]->flop, traffic_of(k, at[i]), r, times);
}

/* The optimizer reads parameters, gradients and states, and writes all but the gradients. It
   takes ten operations an element. */
static void add_update(Figures *f, const Program *s, Rates r)
{
    const double elements = (double)(s->k->to - s->k->from);
    add_work(f, 10 * elements, REAL_BYTES * elements * (3 + 2 * s->p->nstates), r,
             (double)s->g->step->times);
}

static void add_step(Figures *f, const Program *s, Rates r)
{
    const Kernels *k = s->k;
    const double times = (double)s->g->step->times;
    add_kernels(f, k, k->micro.at, k->micro.n, r, (double)k->g->train.accumulate * times);
    add_kernels(f, k, k->once.at, k->once.n, r, times);
    add_kernels(f, k, k->finish.at, k->finish.n, r, times);
    add_update(f, s, r);
    f->kernels += (int)runs_of(k), f->barriers += (int)meetings_of(k);
}

Figures figures_of(const Whole *all, Rates r)
{
    const Kernels *k = all->steps.at[0]->k;
    const Graph *g = k->g;
    Figures f = { .micro = g->train.micro_batch, .level = g->train.recompute_level };
    f.state = REAL_BYTES * ((double)k->elements + (double)k->trained * (flat_arrays(all) - 1));
    f.packed = REAL_BYTES * (double)all->packed;
    f.arena = REAL_BYTES * (double)all->arena, f.bound = REAL_BYTES * (double)all->bound;
    if (k->target->fixed) f.fixed = k->target->fixed(all);
    for (int i = 0; i < g->data.columns.n; i++)
        f.rows += row_bytes(g->data.columns.at[i]) * (double)g->train.micro_batch;
    for (int i = 0; i < all->steps.n; i++) add_step(&f, all->steps.at[i], r);
    return f;
}
