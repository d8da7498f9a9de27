/* verify_layout.c -- rules after layout and lower.

   layout:
   1. A stored buffer has a layout whose positions are inside its size, halo included, for all
      values of its factors. No two elements have one position.
   2. A value that another kernel reads, or its own through a view, is in a buffer. Factors of
      products and inputs of windows have layouts with factors. The input of a sliding window keeps
      every element (layout_whole).
   3. A micro-step's values are in the arena; values that are made once are not. A step's gradient
      has its parameter's size.
   4. A factor is an argument of its contraction, or a copy of one.

   lower:
   5. Every product and convolution has its nested sums, of the target's kind; nothing else has.
   6. For all turns of the loops, the sums stay inside the buffers of A, B and C (CUDA: an image
      inside its bounds).
   7. No two turns of the loops over C's elements have one position, so units own what they
      write. */
#include <stdlib.h>
#include "lower/verify.h"

/* ---- factors ---- */
typedef struct {
    long extent, stride;
} Stride; /* of a loop: its turns and its stride */

static int by_distance(const void *pa, const void *pb)
{
    const long a = labs(((const Stride *)pa)->stride), b = labs(((const Stride *)pb)->stride);
    return (a > b) - (a < b);
}

/* Whether no two combinations of turns have one position. */
static bool apart(Stride *at, int n)
{
    qsort(at, (size_t)n, sizeof *at, by_distance);
    long span = 0;
    for (int i = 0; i < n; i++) {
        if (at[i].extent > 1 && labs(at[i].stride) <= span) return false;
        span += (at[i].extent - 1) * labs(at[i].stride);
    }
    return true;
}

static long largest_value(const Factor *d, long extent)
{
    const long most = (extent - 1) / d->div;
    return d->mod && d->mod - 1 < most ? d->mod - 1 : most;
}

static void verify_places(const char *name, const Layout *l, const Shape *s)
{
    long low = l->offset, high = l->offset;
    Stride stride[RANK * FACTORS];
    int n = 0;
    MUST(l->size > 0 && l->size % ALIGN == 0, "layout: %s has no layout", name);
    MUST(l->rank == s->rank, "layout: %s has a layout of %d axes for a shape of %d", name, l->rank,
         s->rank);
    MUST(layout_whole(l, s), "layout: %s has elements without a place of their own", name);
    for (int a = 0; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++) {
            const Factor *d = &l->axis[a].factor[i];
            const long most = largest_value(d, s->dim[a]);
            MUST(most < d->extent, "layout: %s has %ld places for %ld values of axis %d", name,
                 d->extent, most + 1, a);
            stride[n++] = (Stride) { most + 1, d->stride };
            high += most * d->stride;
        }
    const long row = l->plane[1] * l->plane[2], column = l->plane[2];
    if (column)
        low -= l->halo[2][0] * row + l->halo[3][0] * column,
            high += l->halo[2][1] * row + l->halo[3][1] * column;
    MUST(low >= 0 && high < l->size, "layout: %s has places %ld to %ld in %ld reals", name, low,
         high, l->size);
    MUST(apart(stride, n), "layout: %s has two elements at one place", name);
}

/* ---- buffers ---- */
static void verify_buffer(Kernels *k, const Buffer *b)
{
    const Kernel *x = kernel_of(k, b->node);
    /* a later step orders it */
    if (b->home == HOME_PARAM && !b->layout.size && !uses_of(k->g, b->node)) return;
    Shape s = step_shape(b->node);
    s = b->slots ? all_steps(&s, b->slots) : b->node->shape;
    verify_places(b->ident, &b->layout, &s);
    const bool often = x && (x->predicts || x->when == WHEN_MICRO);
    MUST(b->home == HOME_PARAM || (b->home == HOME_ARENA) == often, "layout: %s is %s the arena",
         b->ident, often ? "outside" : "in");
    MUST(!b->half || k->target->rounds, "layout: %s has 16 bits", b->ident);
}

static void verify_argument(Kernels *k, const Kernel *x, const Node *n, Node *arg)
{
    const Bases below = node_bases(arg);
    for (int i = 0; i < below.n; i++) {
        const Node *base = below.at[i];
        const Kernel *y = kernel_of(k, base);
        if (!y || base->when == WHEN_AFTER || (y == x && base == arg)) continue;
        MUST(buffer_of(k, base), "layout: %s reads %s, which is not stored", value_text(n),
             value_text(base));
    }
}

static void verify_node(Kernels *k, const Kernel *x, Node *n, int at)
{
    Layout l;
    (void)at;
    for (int a = 0; a < n->nargs; a++) {
        if (!contracts(k, x) || n != x->core) verify_argument(k, x, n, n->arg[a]);
        const bool own = kernel_of(k, n->arg[a]) == x;
        if (n->kind != K_WINDOW || contracts(k, x) || own || n->arg[a]->kind == K_NOISE) continue;
        MUST(node_layout(k, n->arg[a], &l), "layout: %s slides over %s, which has no factors",
             value_text(n), value_text(n->arg[a]));
        MUST(a > 0 || layout_whole(&l, &n->arg[a]->shape),
             "layout: %s slides over %s, which repeats elements", value_text(n),
             value_text(n->arg[a]));
    }
}

/* The value that n copies: below copies that have kernels of their own, and the views between. */
static bool comes_from(const Node *n, const Node *arg)
{
    if (n == arg) return true;
    return (n->kind == K_VIEW || has_role(n, "copy")) &&
           comes_from(n->arg[0], arg->kind == K_VIEW && n->kind == K_VIEW ? arg->arg[0] : arg);
}

static void verify_factors(Kernels *k, const Kernel *x)
{
    for (int i = 0; i < 2; i++) {
        Node *f = x->factor[i];
        Layout l;
        MUST(f && node_layout(k, f, &l) && l.size > 0, "layout: %s has a factor without factors",
             kernel_text(x));
        MUST(comes_from(f, x->core->arg[0]) || comes_from(f, x->core->arg[1]),
             "layout: %s multiplies %s, which is no argument", kernel_text(x), value_text(f));
    }
}

static void verify_kernel(Kernels *k, const Kernel *x)
{
    each_node(k, x, verify_node);
    for (int i = 0; i < x->stores.n; i++) {
        const Buffer *b = buffer_of(k, x->stores.at[i]);
        MUST(b && kernel_of(k, x->stores.at[i]) == x, "layout: %s stores %s, which has no buffer",
             kernel_text(x), value_text(x->stores.at[i]));
    }
    if (contracts(k, x)) verify_factors(k, x);
    if (!x->grad) return;
    verify_places(text("the gradient of %s", x->adds_to->name), &x->grad_layout, &x->grad->shape);
    MUST(x->grad_layout.size == k->params.at[x->adds_to->index]->layout.size,
         "layout: %s adds to a gradient of another size than %s", kernel_text(x), x->adds_to->name);
}

void verify_layout(Kernels *k)
{
    const KernelList all = all_kernels(k);
    for (int i = 0; i < k->buffers.n; i++) verify_buffer(k, k->buffers.at[i]);
    for (int i = 0; i < all.n; i++) verify_kernel(k, all.at[i]);
}

/* ---- contractions ---- */
typedef struct {
    int n;
    Level at[64];
} AllLevels;

static void take(AllLevels *s, const Level *at, int n)
{
    for (int i = 0; i < n; i++) s->at[s->n++] = at[i];
}

static AllLevels levels_of(const Kernel *x)
{
    AllLevels s = { 0 };
    const Contraction *c = x->contraction;
    const Gemm *m = x->gemm;
    if (c)
        take(&s, &c->unit, 1), take(&s, c->outer, c->nouter), take(&s, c->rows, c->nrows),
            take(&s, c->depth, c->ndepth), take(&s, &c->vector, 1);
    else
        take(&s, m->batch.at, m->batch.n), take(&s, m->rows.at, m->rows.n),
            take(&s, m->columns.at, m->columns.n), take(&s, m->depth.at, m->depth.n);
    return s;
}

static void verify_range(const Kernel *x, const AllLevels *s, int which, long base, const Layout *l)
{
    long low = base, high = base;
    for (int i = 0; i < s->n; i++) {
        const long span = (s->at[i].extent - 1) * s->at[i].stride[which];
        if (span < 0) low += span;
        else high += span;
    }
    MUST(low >= 0 && high < l->size, "lower: %s goes from %ld to %ld of %c, which has %ld reals",
         kernel_text(x), low, high, "ABC"[which], l -> size);
}

/* Rule 7; with as many turns as C has elements, at least. */
static void verify_result(Kernels *k, const Kernel *x, const AllLevels *s)
{
    Stride stride[64];
    long elements = 1;
    int n = 0;
    (void)k;
    for (int i = 0; i < s->n; i++)
        if (s->at[i].stride[2])
            stride[n++] = (Stride) { s->at[i].extent, s->at[i].stride[2] },
            elements *= s->at[i].extent;
    MUST(apart(stride, n), "lower: %s makes two elements at one place", kernel_text(x));
    MUST(elements >= shape_count(&x->core->shape), "lower: %s makes %ld elements of %ld",
         kernel_text(x), elements, shape_count(&x->core->shape));
    if (x->contraction)
        MUST(x->contraction->unit.extent == 1 || x->contraction->unit.stride[2],
             "lower: %s deals a sum to its units", kernel_text(x));
}

static void verify_contraction(Kernels *k, const Kernel *x)
{
    const Gemm *m = x->gemm;
    MUST(k->target->blocks ? x->contraction && !m : m && !x->contraction,
         "lower: %s is not lowered for %s", kernel_text(x), k->target->name);
    const AllLevels s = levels_of(x);
    const long *base = m ? m->base : x->contraction->base;
    Node *const to = target_of(k, x);
    for (int i = 0; i < 2; i++)
        if (!m || !m->nbounds || m->image != i)
            verify_range(x, &s, i, base[i], &buffer_of(k, node_base(x->factor[i]))->layout);
    verify_range(x, &s, 2, base[2], to == x->grad ? &x->grad_layout : &buffer_of(k, to)->layout);
    verify_result(k, x, &s);
    if (x->contraction)
        MUST(x->contraction->vector.stride[1] == 1 && x->contraction->vector.stride[2] == 1,
             "lower: %s has columns apart", kernel_text(x));
}

void verify_lower(Kernels *k)
{
    const KernelList all = all_kernels(k);
    for (int i = 0; i < all.n; i++) {
        const Kernel *x = all.at[i];
        if (contracts(k, x)) verify_contraction(k, x);
        else MUST(!x->contraction && !x->gemm, "lower: %s is no contraction", kernel_text(x));
        MUST(x->flop >= 0, "lower: %s has no work", kernel_text(x));
        loops_verify(x->loops, text("lower: %s", kernel_text(x)));
    }
}
