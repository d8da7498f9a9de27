/* wants.c -- decides the order of weights: it collects the wants of all readers and grants the
   strongest.

   1. A convolution that is a sum over taps wants outputs as lanes. A contraction wants of a factor
      what factors_c.c or factors_cuda.c says, which may depend on the layouts of its other
      operands. A contraction that adds into a gradient wants nothing: its result has the weight's
      order, which must be known before.
   2. A weight has one order, and the strongest want decides it. Sums over taps come first, then
      contractions in the order of the lists, a micro-step before kernels that run once. Within a
      contraction A comes before B. A want becomes a layout in its turn, when all stronger ones are
      decided.
   3. A want of a reshaped weight goes through to the weight. If it cannot, or if nothing wants
      an order, the weight's own axes give it. A later step keeps the order of the one before. */
#include "lower/layouts.h"

static void add_want(Wants *all, const Kernels *k, const Kernel *by, Node *n)
{
    if (!unordered(k, n)) return;
    Want *w = NEW(Want);
    *w = (Want) { by, n, false };
    vec_push(all, w);
}

static void collect_taps(Wants *all, const Kernels *k, const KernelList *l)
{
    for (int i = 0; i < l->n; i++) {
        const Node *f = l->at[i]->core;
        if (f && by_taps(k, f) && !has_role(f, "weight")) add_want(all, k, l->at[i], f->arg[1]);
    }
}

static void collect_factors(Wants *all, Kernels *k, const KernelList *l)
{
    for (int i = 0; i < l->n; i++) {
        Kernel *x = l->at[i];
        Lowering w;
        if (!contracts(k, x) || x->adds_to || x->for_fold) continue;
        lowering_start(&w, k, x);
        lowering_order(&w, columns_label(&w));
        for (int a = 0; a < 2; a++) add_want(all, k, x, w.operand[a].node);
    }
}

/* Strongest first. */
static Wants collect(Kernels *k)
{
    Wants all = { 0 };
    collect_taps(&all, k, &k->micro), collect_taps(&all, k, &k->predict);
    collect_factors(&all, k, &k->micro), collect_factors(&all, k, &k->once);
    collect_factors(&all, k, &k->finish), collect_factors(&all, k, &k->predict);
    return all;
}

/* False: it accepts the order of its own axes. */
static bool wanted(Kernels *k, const Want *want, Layout *out)
{
    Lowering w;
    if (!contracts(k, want->by)) {
        order_taps(k, out, &want->node->shape);
        return true;
    }
    lowering_start(&w, k, (Kernel *)want->by);
    w.asks = true;
    copy_unfactored(&w);
    return (k->target->blocks ? wanted_c : wanted_cuda)(&w, want->node, out);
}

/* Rule 3. */
static bool grant(const Kernels *k, Node *n, const Layout *l)
{
    Node *p = node_base(n);
    Buffer *b = buffer_of(k, p);
    if (n == p) b->layout = *l;
    return n == p || (has_role(n, "reshape") && n->arg[0] == p &&
                      layout_view(&b->layout, l, &n->shape, &p->shape));
}

static void own_order(const Kernels *k, Buffer *b)
{
    const Shape *s = &b->param->shape;
    const int v = s->rank - 1;
    layout_make(&b->layout, s, v, v < 0 ? 0 : block_of(k, s->dim[v]), 0);
}

/* Rule 2: gives every parameter that is read its layout; the last step does so for all. */
Wants decide_weights(Kernels *k)
{
    const Graph *g = k->g;
    const bool last = g->step == g->steps.at[g->steps.n - 1];
    const Wants all = collect(k);
    for (int i = 0; i < all.n; i++) {
        Node *n = all.at[i]->node;
        Layout l;
        if (!unordered(k, n)) continue;
        all.at[i]->granted = wanted(k, all.at[i], &l) && grant(k, n, &l);
        if (!all.at[i]->granted) own_order(k, buffer_of(k, node_base(n)));
    }
    for (int i = 0; i < k->params.n; i++) {
        Buffer *b = k->params.at[i];
        if (!b->layout.size && (uses_of(g, b->node) || last)) own_order(k, b);
    }
    return all;
}

const Node *granted_to(const Wants *all, const Kernel *x)
{
    for (int i = 0; i < all->n; i++)
        if (all->at[i]->by == x && all->at[i]->granted) return all->at[i]->node;
    return NULL;
}
