/* layout.c -- which values are stored, and how: what producers and consumers want, solved here.

   1. A value is stored when another kernel reads it, or its own through a view; reports' values and outputs are, too.
   2. Who decides, in this order. A value that kernels make: its readers together (images.c); matrices are in column blocks,
      images in blocks of channels with the halo that convolutions want. A parameter: the first contraction that reads it, in the
      order of the lists, a micro-step before what runs once, those that add into gradients last; one that none has ordered: its
      own axes. A step after the first keeps the order of the one before. Gradients and moments are as their parameters, and a
      micro-batch's gradient that is folded into states is, too.
   3. A reader that wants another layout than was decided reads a copy of its own, which a kernel before it makes: windows
      (windows.c), factors of contractions (factors_c.c, factors_cuda.c). A copy of what parameters alone make is made once per
      update, apart from the arena, and those of one order are one.
   4. Factors that a library multiplies in 16 bits are rounded copies of the same layout (round.c). */
#include <string.h>
#include "lower/layouts.h"

/* ---- buffers ---- */
static const char *wish_of(const Kernels *k, const Node *n)
{
    const Kernel *x = kernel_of(k, n);
    const Buffer *before = n->again ? buffer_of(k, n->again) : NULL;
    if (n->again) return text("%s_again", before ? before->ident : wish_of(k, n->again));
    if (n->name) return x && x->backward ? text("d_%s", n->name) : n->name;
    if (n->path && strchr(n->path, '.')) return text("%s", n->path);
    return n->op ? n->op->name : "value";
}

<<<<<<< HEAD
/* ---- who reads what ---- */
static bool counts(const Node *u) { return u->uses > 0 && !u->same; }

static bool image_shape(const Shape *s) { return s->batch && s->rank == 4; }

/* Whichever kernel it stands in: values that are made again have other kernels than those that are kept. */
static bool made_by_matmul(const Node *n, int depth)
{
    if (n->kind == K_MATMUL) return true;
    for (int i = 0; i < n->nargs && n->kind == K_MAP && depth > 0; i++)
        if (shape_same(&n->arg[i]->shape, &n->shape) && made_by_matmul(n->arg[i], depth - 1)) return true;
    return false;
}

/* Four axes make an image, channels first, but where a matmul makes or reads it: there the last axis is the vector's.
   What slides over images makes images. */
static bool is_image(const Node *n)
{
    const Node *core = n->kernel ? n->kernel->core : 0;
    if (!image_shape(&n->shape) || (core && core->kind == K_MATMUL)) return false;
    if (core && core->kind == K_WINDOW) return true;
    if (made_by_matmul(n, 6)) return false;
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *u = g->nodes.at[i];
        for (int a = 0; a < u->nargs && u->kind == K_MATMUL && u->uses && !u->same; a++)
            if (u->arg[a] == n) return false;
    }
    return true;
}

static bool is_conv(const Node *n)
{
    return n->kind == K_WINDOW && !by_taps(K, n) && (has_role(n, "forward") || has_role(n, "data") || has_role(n, "weight"));
}

/* Calls f for every reader of n and of n's views. */
static void each_reader(Node *n, void (*f)(Node *user, int arg, void *x), void *x)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *u = g->nodes.at[i];
        for (int a = 0; a < u->nargs; a++)
            if (u->arg[a] == n && counts(u)) {
                f(u, a, x);
                if (u->kind == K_VIEW) each_reader(u, f, x);
            }
    }
}

typedef struct { const Shape *shape; bool slid_over; } Found;       /* as an image; a convolution or a pool reads it */
static void find_image(Node *u, int arg, void *x)
{
    Found *f = x;
    (void)arg;
    f->slid_over |= u->kind == K_WINDOW;
    if (u->kind == K_VIEW && is_image(u) && !f->shape && has_role(u, "reshape")) f->shape = &u->shape;
}

typedef struct { long halo[RANK][2]; bool only_conv, only_matmul; const Shape *shape; } Readers;
static void max_to(long *x, long y) { if (y > *x) *x = y; }

static void note_reader(Node *u, int arg, void *x)
{
    Readers *r = x;
    if (u->kind == K_VIEW) return;
    if (u->kind != K_MATMUL) r->only_matmul = false;
    const bool forward = has_role(u, "forward") && arg == 0, weight = has_role(u, "weight") && arg == 0;
    if (!is_conv(u) || !(forward || weight)) r->only_conv = false;
    if (!is_conv(u) || !shape_same(&u->arg[arg]->shape, r->shape)) return;
    const double *a = u->attr;
    for (int d = 0; d < 2; d++) {
        const long k = (long)a[d], s = (long)a[2 + d], p = (long)a[4 + d], dil = (long)a[6 + d];
        const long in = r->shape->dim[2 + d];
        if (forward || weight) {
            const long out = (in + 2 * p - dil * (k - 1) - 1) / s + 1;
            max_to(&r->halo[2 + d][0], p);
            max_to(&r->halo[2 + d][1], (out - 1) * s + (k - 1) * dil - p - (in - 1));
        } else if (has_role(u, "data") && arg == 0 && s == 1) {
            max_to(&r->halo[2 + d][0], (k - 1) * dil - p);
            max_to(&r->halo[2 + d][1], u->shape.dim[2 + d] - 1 + p - (in - 1));
        }
    }
}

/* ---- buffers ---- */
static int vector_axis(const Shape *s, bool image)
{
    if (image) return 1;
    return s->rank == 0 || (s->rank == 1 && s->batch) ? -1 : s->rank - 1;
}

Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident)
=======
static Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident)
>>>>>>> b92561a (lower: legalize, group, layout, lower and partition are stages; node tables stand in Kernels)
{
    Buffer *b = NEW(Buffer);
    b->ident = ident, b->node = n, b->home = home, b->first = -1;
    set_buffer(k, n, b);
    vec_push(&k->buffers, b);
    return b;
}

static Home home_of(const Node *n) { return n->when == WHEN_MICRO ? HOME_ARENA : HOME_PACKED; }

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
    if (u->uses == 0 || u->same || u->kind == K_VIEW) return;
    for (int a = 0; a < u->nargs; a++) {
        Node *b = node_base(u->arg[a]);
        const Kernel *x = kernel_of(k, b);
        if (x && b->when != WHEN_AFTER && (x != kernel_of(k, u) || b != u->arg[a])) store(k, b);
    }
}

static void find_stores(const Kernels *k)
{
    const Graph *g = k->g;
    for (int i = 0; i < g->nodes.n; i++) store_arguments(k, g->nodes.at[i]);
    for (int i = 0; i < g->reports.n; i++) {
        Node *b = node_base(g->reports.at[i]->node);
        if (kernel_of(k, b) && b->when == WHEN_WINDOW) store(k, b);
    }
    for (int i = 0; i < g->outputs.n; i++) store(k, g->outputs.at[i]->node);
}

static void make_buffers(Kernels *k)
{
    for (int i = 0; i < k->g->nodes.n; i++) {
        Node *n = k->g->nodes.at[i];
        const Kernel *x = kernel_of(k, n);
        for (int s = 0; x && s < x->stores.n; s++)
            if (x->stores.at[s] == n) lay_out(k, buffer_new(k, n, home_of(n), ident_new(k->g->names, wish_of(k, n))));
    }
}

Buffer *store_copy(Kernels *k, Kernel *user, Node *n, const char *ident)
{
    Node *c = copy_before(k, user, n);
    vec_push(&kernel_of(k, c)->stores, c);
    return buffer_new(k, c, home_of(c), ident_new(k->g->names, ident));
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

void own_order(const Kernels *k, Buffer *b)
{
    const Shape *s = &b->param->shape;
    const int v = s->rank - 1;
    if (!b->layout.size) layout_make(&b->layout, s, v, v < 0 ? 0 : block_of(k, s->dim[v]), 0);
}

/* The order of those that no contraction has ordered, places in the flat array, and gradients. */
static void finish_parameters(Kernels *k)
{
    const Graph *g = k->g;
    for (int i = 0; i < k->params.n; i++) {
        Buffer *b = k->params.at[i], *d = NEW(Buffer);
        const bool last = g->step == g->steps.at[g->steps.n - 1];
        if (b->node->uses || last) own_order(k, b);
        b->offset = k->elements;
        k->elements += b->layout.size;
        if (b->param->trained) k->trained = k->elements;
        *d = *b;
        d->home = HOME_GRADIENT;
        vec_push(&k->gradients, d);
    }
}

/* The layout of a gradient, seen in the shape of the node below n, its value's views. */
static Layout layout_below(const Kernels *k, const Param *p, const Node *n)
{
    Layout l = k->gradients.at[p->index]->layout, below;
    for (; n->kind == K_VIEW; n = n->arg[0], l = below) {
        if (has_role(n, "reshape")) {
            if (!layout_view(&below, &l, &n->shape, &n->arg[0]->shape)) BUG("a gradient's view has no digits");
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
bool unordered(const Kernels *k, const Node *n)
{
    const Node *p = node_base((Node *)n);
    return p->kind == K_PARAM && !buffer_of(k, p)->layout.size;
}

/* Where a view lies between that cannot pass the order on, the weight keeps its own, and false. */
bool take_order(const Lowering *w, Operand *o, const Layout *l)
{
    Node *p = node_base(o->node);
    Buffer *b = buffer_of(w->k, p);
    const bool direct = o->node == p, below = !direct && has_role(o->node, "reshape") && o->node->arg[0] == p;
    const bool taken = l && (direct || (below && layout_view(&b->layout, l, &o->node->shape, &p->shape)));
    if (taken && direct) b->layout = *l;
    if (!taken) own_order(w->k, b);
    if (!node_layout(w->k, o->node, &o->layout)) o->layout.size = 0;
    return taken;
}

void copy_operand(Lowering *w, int which, const Layout *l, const char *ident)
{
    Operand *o = &w->operand[which];
    Buffer *b = store_copy(w->k, w->x, o->node, ident);
    o->node = b->node;
    o->layout = b->layout = *l;
}

void straighten(Lowering *w, int which)
{
    Layout l;
    layout_make(&l, &w->operand[which].shape, -1, 0, 0);
    copy_operand(w, which, &l, "straight");
}

bool crowded(const Lowering *w, int which)
{
    const Operand *o = &w->operand[which];
    for (int a = 0; a < o->shape.rank; a++) {
        int n = 0;
        for (int i = 0; i < w->nlevels; i++) n += part_of(&o->place[a], w->level[i].label) >= 0;
        if (n > DIGITS) return true;
    }
    return false;
}

/* No digits say where the elements of its arguments are: they are copied. */
static void copy_undigited(Lowering *w)
{
    for (int i = 0; i < 2; i++) {
        const Operand *o = &w->operand[i];
        const int v = o->shape.rank - 1;
        if (known(o) || unordered(w->k, o->node)) continue;
        Layout l;
        layout_make(&l, &o->shape, v, block_of(w->k, o->shape.dim[v]), 0);
        copy_operand(w, i, &l, "copy");
        w->x->core->arg[i] = o->node;
    }
}

static void settle_contraction(Kernels *k, Kernel *x)
{
    Lowering w;
    lowering_start(&w, k, x);
    copy_undigited(&w);
    (k->target->blocks ? settle_factors_c : settle_factors_cuda)(&w);
    for (int i = 0; i < 2; i++) x->factor[i] = w.operand[i].node;
}

/* ---- the order in which wants are heard ---- */
/* The kernels of these lists as they are before copies come in. */
static KernelList all_of(const KernelList *const *list, int n)
{
    KernelList all = { 0 };
    for (int i = 0; i < n; i++)
        for (int j = 0; j < list[i]->n; j++) vec_push(&all, list[i]->at[j]);
    return all;
}

static void settle_windows(Kernels *k)
{
    const KernelList all = all_of((const KernelList *const[]){ &k->micro, &k->predict }, 2);
    for (int i = 0; i < all.n; i++)
        if (all.at[i]->core && all.at[i]->core->kind == K_WINDOW) settle_window(k, all.at[i]);
}

static void settle_contractions(Kernels *k, bool into_gradients)
{
    const KernelList all = all_of((const KernelList *const[]){ &k->micro, &k->once, &k->finish, &k->predict }, 4);
    for (int i = 0; i < all.n; i++) {
        Kernel *x = all.at[i];
        if (contracts(k, x) && (x->adds_to || x->for_fold) == into_gradients) settle_contraction(k, x);
    }
}

/* Gives every stored value its buffer, every buffer its layout, every contraction its factors. */
void layout(Kernels *k)
{
    find_stores(k);
    make_parameters(k);
    make_buffers(k);
    settle_windows(k);
    settle_contractions(k, false);
    finish_parameters(k);
    for (int i = 0; i < k->g->gradients.n; i++) settle_gradient(k, k->g->gradients.at[i]);
    for (int i = 0; i < k->g->states.n; i++) settle_gradient(k, k->g->states.at[i]);
    settle_contractions(k, true);
    round_factors(k);
}
