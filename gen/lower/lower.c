/* lower.c -- turns kernels with settled layouts into trees of loops. Contractions first become
   nested sums (contraction.c, gemm.c). It also counts every kernel's floating-point operations. */
#include "ir/tidy.h"
#include "lower/build.h"

static void (*kind_of(const Kernels *k, const Kernel *x))(Build *b)
{
    const Node *f = x->core;
    if (!f) return build_map;
    if (contracts(k, x)) return build_product;
    if (f->kind == K_REDUCE)
        return f->when == WHEN_AFTER ? build_total : is_column(f) ? build_column : build_fold;
    if (attends(f)) return build_attention;
    if (has_role(f, "spread")) return build_spread;
    if (has_role(f, "scatter")) return build_scatter;
    if (by_taps(k, f) && has_role(f, "weight")) return build_weight_taps;
    return has_role(f, "max") || by_taps(k, f) ? build_pool : build_pool_grad;
}

void build_loops(Kernels *k, Kernel *x)
{
    Build b;
    build_start(&b, k, x);
    kind_of(k, x)(&b);
    loops_tidy(b.l);
    loops_inline(b.l);
    loops_number(b.l);
    loops_touch(b.l);
}

/* Operations of a convolution that is a sum over taps for each element. */
static double flop_of_taps(const Node *f)
{
    const Node *w = has_role(f, "weight") ? f : f->arg[1];
    if (w == f)
        return 2.0 * (double)shape_count(&f->arg[1]->shape) * (double)shape_count(&w->shape) /
               (double)w->shape.dim[0];
    const double flop = 2.0 * (double)shape_count(&f->shape) * (double)shape_count(&w->shape) /
                        (double)w->shape.dim[has_role(f, "data") ? 1 : 0];
    return has_role(f, "data") ? flop / (double)conv_groups(f) : flop;
}

static void lower_kernel(Kernels *k, Kernel *x)
{
    if (contracts(k, x)) (k->target->blocks ? lower_contraction : lower_gemm)(k, x);
    else if (x->core && by_taps(k, x->core)) x->flop = flop_of_taps(x->core);
    if (x->flop <= 0)
        x->flop = (double)shape_count(&x->out->shape) * (x->body.n + (x->core ? 1 : 0));
    if (x->loop) x->flop *= (double)x->loop->turns;
    x->part = partition_of(k, x);
    build_loops(k, x);
}

void lower(Kernels *k)
{
    const KernelList *const lists[] = { &k->once, &k->micro, &k->finish, &k->predict };
    for (int l = 0; l < 4; l++)
        for (int i = 0; i < lists[l]->n; i++) lower_kernel(k, lists[l]->at[i]);
}
