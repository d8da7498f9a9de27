/* layout.c -- decides which values are stored, and in which layout.

   1. A value is stored if another kernel reads it, or its own kernel through a view. So are
      reports' values and outputs.
   2. The readers of a value decide its layout together (images.c). Matrices are in column blocks,
      images in blocks of channels with the largest halo that a convolution reads. The strongest
      want decides the layout of a parameter (wants.c). Values come first, since wants of
      parameters follow from them. Gradients and moments have the layout of their parameters, and
      so has a micro-batch's gradient that is folded into states.
   3. A reader whose want is not granted reads a copy, which a kernel before it makes: windows
      (windows.c), factors of contractions (factors_c.c, factors_cuda.c). A copy of values of
      parameters alone is made once per update, outside the arena. Copies of one order are one.
   4. Factors that a library multiplies in 16 bits are rounded copies of the same layout
      (round.c). */
#include <string.h>
#include "lower/layouts.h"

/* ---- buffers ---- */
static const char *wish_of(const Kernels *k, const Node *n)
{
    const Node *first = first_of(k->g, n);
    const Buffer *before = first ? buffer_of(k, first) : NULL;
    if (first) return text("%s_again", before ? before->ident : value_name(first));
    return value_name(n);
}

static void store(const Kernels *k, Node *n)
{
    Kernel *x = kernel_of(k, n);
    if (x->grad == n) return;
    for (int i = 0; i < x->stores.n; i++)
        if (x->stores.at[i] == n) return;
    vec_push(&x->stores, n);
}

/* Rule 1, of what u reads. */
static void store_arguments(const Kernels *k, const Node *u)
{
    if (!is_live(k->g, u) || u->kind == K_VIEW) return;
    for (int a = 0; a < u->nargs; a++) {
        Node *b = node_base(u->arg[a]);
        const Kernel *x = kernel_of(k, b);
        if (x && b->when != WHEN_AFTER && (x != kernel_of(k, u) || b != u->arg[a])) store(k, b);
    }
}

/* And what indexes the elements of a view. */
static void store_ids(const Kernels *k, const Node *view)
{
    for (int a = 1; a < view->nargs && view->kind == K_VIEW && is_live(k->g, view); a++)
        if (kernel_of(k, node_base(view->arg[a]))) store(k, node_base(view->arg[a]));
}

static void find_stores(const Kernels *k)
{
    const Graph *g = k->g;
    for (int i = 0; i < g->nodes.n; i++) store_arguments(k, g->nodes.at[i]);
    for (int i = 0; i < g->nodes.n; i++) store_ids(k, g->nodes.at[i]);
    for (int i = 0; i < g->nodes.n; i++)
        if (has_role(g->nodes.at[i], "next") && is_live(g, g->nodes.at[i]))
            store(k, g->nodes.at[i]);
    for (int i = 0; i < g->reports.n; i++) {
        Node *b = node_base(g->reports.at[i]->node);
        if (kernel_of(k, b) && b->when == WHEN_WINDOW) store(k, b);
    }
    for (int i = 0; i < g->outputs.n; i++) store(k, g->outputs.at[i]->node);
}

/* The memory of slots that n writes. */
static Buffer *memory_for(Kernels *k, Node *n)
{
    for (int i = 0; i < k->buffers.n; i++)
        if (k->buffers.at[i]->node == n) return k->buffers.at[i];
    const Shape s = step_shape(n);
    Layout l;
    const int v = s.rank > 1 ? s.rank - 1 : -1;
    layout_make(&l, &s, v, v < 0 ? 0 : block_of(k, s.dim[v]), 0);
    const Node *of = node_base(n->next ? n->next->arg[0] : n->arg[0]);
    const char *name = text("%s_steps", value_name(of));
    Buffer *b = buffer_new(k, n, HOME_ARENA, ident_new(k->g->names, name));
    layout_steps(&b->layout, &l, n->slots);
    b->slots = n->slots;
    return b;
}

/* The view of that memory that n writes or reads; equal ones are one. */
static void view_slots(Kernels *k, const Node *n, Buffer *memory)
{
    const bool step = is_step(n);
    const long steps = step ? 0 : n->slots;
    for (int i = 0; i < k->g->nodes.n; i++) {
        Buffer *o = buffer_of(k, k->g->nodes.at[i]);
        if (!o || o->of != memory || o->slot != n->slot || o->turns != (n->loop != NULL) ||
            o->slots != steps)
            continue;
        set_buffer(k, n, o);
        return;
    }
    Buffer *b = NEW(Buffer);
    *b = *memory;
    b->of = memory, b->slot = n->slot, b->turns = n->loop != NULL, b->slots = steps;
    Layout l;
    layout_step(&l, &memory->layout);
    if (step) b->layout = l;
    else layout_steps(&b->layout, &l, steps);
    set_buffer(k, n, b);
}

static void read_slots(Kernels *k)
{
    for (int i = 0; i < k->g->nodes.n; i++) {
        Node *n = k->g->nodes.at[i];
        if (n->kind == K_SLOT && is_live(k->g, n)) view_slots(k, n, memory_for(k, slots_of(n)));
    }
}

static void make_buffers(Kernels *k)
{
    for (int i = 0; i < k->g->nodes.n; i++) {
        Node *n = k->g->nodes.at[i];
        const Kernel *x = kernel_of(k, n);
        for (int s = 0; x && s < x->stores.n; s++)
            if (x->stores.at[s] == n && in_slots(n)) view_slots(k, n, memory_for(k, slots_of(n)));
            else if (x->stores.at[s] == n)
                lay_out(k, buffer_new(k, n, home_of(n), ident_new(k->g->names, wish_of(k, n))));
    }
}

/* ---- parameters and gradients ---- */
static void make_parameters(Kernels *k)
{
    for (int i = 0; i < k->g->params.n; i++) {
        Param *p = k->g->params.at[i];
        Buffer *b = buffer_new(k, p->node, HOME_PARAM, p->ident);
        b->param = p;
        if (k->g->before) b->layout = k->g->before->k->params.at[i]->layout;
        vec_push(&k->params, b);
    }
}

/* Offsets in the flat array, and gradients. */
static void place_parameters(Kernels *k)
{
    for (int i = 0; i < k->params.n; i++) {
        Buffer *b = k->params.at[i], *d = NEW(Buffer);
        b->offset = k->elements;
        k->elements += b->layout.size;
        if (b->param->trained) k->trained = k->elements;
        *d = *b;
        d->home = HOME_GRADIENT;
        vec_push(&k->gradients, d);
    }
}

/* The layout of a gradient, in the shape of the node below n's views. */
static Layout layout_below(const Kernels *k, const Param *p, const Node *n)
{
    Layout l = k->gradients.at[p->index]->layout, below;
    for (; n->kind == K_VIEW; n = n->arg[0], l = below) {
        if (has_role(n, "reshape")) {
            if (!layout_view(&below, &l, &n->shape, &n->arg[0]->shape))
                BUG("a gradient's view has no factors");
        } else {
            int inverse[RANK] = { 0 };
            for (int a = 0; a < n->shape.rank; a++) inverse[n->perm[a]] = a;
            layout_permute(&below, &l, inverse);
        }
    }
    return l;
}

static void settle_gradient(Kernels *k, const Contribution *c)
{
    Node *n = node_base(c->value), *made = n->nargs ? node_base(n->arg[0]) : n;
    const Kernel *x = kernel_of(k, made);
    kernel_of(k, n)->grad_layout = layout_below(k, c->param, c->value);
    if (x && x->for_fold) buffer_of(k, made)->layout = layout_below(k, c->param, n->arg[0]);
}

/* ---- factors ---- */
static void settle_contraction(Kernels *k, Kernel *x, const Wants *wants)
{
    Lowering w;
    const Node *granted = granted_to(wants, x);
    lowering_start(&w, k, x);
    copy_unfactored(&w);
    (k->target->blocks ? settle_factors_c : settle_factors_cuda)(&w, granted);
    for (int i = 0; i < 2; i++) x->factor[i] = w.operand[i].node;
}

/* ---- copies where a want was not granted ---- */
/* The kernels of these lists before copies are inserted. */
static KernelList all_of(const KernelList *const *list, int n)
{
    KernelList all = { 0 };
    for (int i = 0; i < n; i++)
        for (int j = 0; j < list[i]->n; j++) vec_push(&all, list[i]->at[j]);
    return all;
}

static void settle_windows(Kernels *k, void settle(Kernels *k, Kernel *x))
{
    const KernelList all = all_of((const KernelList *const[]) { &k->micro, &k->predict }, 2);
    for (int i = 0; i < all.n; i++)
        if (all.at[i]->core && all.at[i]->core->kind == K_WINDOW) settle(k, all.at[i]);
}

static void settle_contractions(Kernels *k, const Wants *wants, bool into_gradients)
{
    const KernelList all =
        all_of((const KernelList *const[]) { &k->micro, &k->once, &k->finish, &k->predict }, 4);
    for (int i = 0; i < all.n; i++) {
        Kernel *x = all.at[i];
        if (contracts(k, x) && (x->adds_to || x->for_fold) == into_gradients)
            settle_contraction(k, x, wants);
    }
}

/* Gives every stored value its buffer, every buffer its layout, every contraction its factors. */
void layout(Kernels *k)
{
    find_stores(k);
    make_parameters(k);
    make_buffers(k);
    read_slots(k);
    settle_windows(k, settle_images);
    const Wants wants = decide_weights(k);
    place_parameters(k);
    for (int i = 0; i < k->g->gradients.n; i++) settle_gradient(k, k->g->gradients.at[i]);
    for (int i = 0; i < k->g->states.n; i++) settle_gradient(k, k->g->states.at[i]);
    settle_windows(k, settle_weights);
    settle_contractions(k, &wants, false);
    settle_contractions(k, &wants, true);
    round_factors(k);
}
