/* buffers.c -- which values are stored, and how they lie.

   1. A value is stored when another kernel reads it, or its own through a view.
   2. Matrices lie in strips of features, images in blocks of channels with the halo that their convolutions want.
      What is always read as an image is stored as one, whatever shape the kernel that makes it knows.
   3. A parameter's order follows the first contraction that reads it; gradients and moments share it. */
#include <ctype.h>
#include <string.h>
#include "lower/lower.h"

static Kernels *K;
static Graph *g;

/* ---- names ---- */
static const char *wish_of(const Node *n)
{
    const bool backward = n->kernel && n->kernel->backward;
    if (n->again) return text("%s_again", n->again->buffer ? n->again->buffer->ident : wish_of(n->again));
    if (n->name) return backward ? text("d_%s", n->name) : n->name;
    if (n->path && strchr(n->path, '.')) return text("%s", n->path);
    return n->op ? n->op->name : "value";
}

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
{
    Buffer *b = NEW(Buffer);
    b->ident = ident, b->node = n, b->home = home, b->first = -1;
    n->buffer = b;
    vec_push(&k->buffers, b);
    return b;
}

/* A convolution in groups reads its weight channel by channel. */
static void find_taps(Node *u, int arg, void *x)
{
    *(bool *)x |= by_taps(K, u) && arg == 1 && !has_role(u, "weight");
}

static void order_taps(Layout *l, const Shape *s) { layout_make(l, s, 0, block_of(K, s->dim[0]), 0); }

/* A product's result has columns side by side, a vector of them at least (C); what reads it as an image gets a copy where it has not. */
static bool suits_product(const Node *n, const Layout *l)
{
    if (!K->target->blocks || !n->kernel->core || n->kernel->core->kind != K_MATMUL) return true;
    for (int a = 0; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++)
            if (l->axis[a].digit[i].stride == 1 && l->axis[a].digit[i].extent >= BLOCK_MIN) return true;
    return false;
}

/* 5. In CUDA a padding is no part of an image: what reads it knows. */
void lay_out(Buffer *b)
{
    Node *n = b->node;
    Found f = { 0 };
    if (n->again && n->again->buffer) {
        b->layout = n->again->buffer->layout;
        return;
    }
    bool taps = false;
    if (!n->shape.batch && n->shape.rank == 4) each_reader(n, find_taps, &taps);
    if (taps) { order_taps(&b->layout, &n->shape); return; }
    if (!image_shape(&n->shape)) each_reader(n, find_image, &f);
    if (f.shape && n->kernel->core && n->kernel->core->kind == K_MATMUL && f.shape->dim[1] < BLOCK_MIN && !f.slid_over) f.shape = 0;
    const Shape *s = f.shape ? f.shape : &n->shape;
    Readers r = { .only_conv = true, .only_matmul = true, .shape = s };
    each_reader(n, note_reader, &r);
    const bool image = f.shape || is_image(n);
    if (!K->target->blocks || !image) memset(r.halo, 0, sizeof r.halo);
    const int v = !n->kernel->core && reads_data(n->kernel) && r.only_matmul ? -1 : vector_axis(s, image);
    long block = v < 0 ? 0 : block_of(K, s->dim[v]);
    if (image && s->dim[1] < BLOCK_MIN && r.only_conv && !n->kernel->core) block = s->dim[1];
    Layout l;
    layout_make(&l, s, v, block, r.halo);
    if (f.shape && (!layout_view(&b->layout, &l, s, &n->shape) || !suits_product(n, &b->layout))) {
        layout_make(&b->layout, &n->shape, vector_axis(&n->shape, false), block_of(K, n->shape.dim[n->shape.rank - 1]), 0);
        return;
    }
    if (!f.shape) b->layout = l;
    memcpy(b->layout.halo, l.halo, sizeof l.halo);
}

static void store(Node *n)
{
    if (n->kernel->grad == n) return;
    for (int i = 0; i < n->kernel->stores.n; i++)
        if (n->kernel->stores.at[i] == n) return;
    vec_push(&n->kernel->stores, n);
}

static void find_stores(void)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *u = g->nodes.at[i];
        if (!counts(u) || u->kind == K_VIEW) continue;
        for (int a = 0; a < u->nargs; a++) {
            Node *b = node_base(u->arg[a]);
            if (b->kernel && b->when != WHEN_AFTER && (b->kernel != u->kernel || b != u->arg[a])) store(b);
        }
    }
    for (int i = 0; i < g->reports.n; i++) {
        Node *b = node_base(g->reports.at[i]->node);
        if (b->kernel && b->when == WHEN_WINDOW) store(b);
    }
    for (int i = 0; i < g->outputs.n; i++) store(g->outputs.at[i]->node);
}

static void make_arena(void)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        if (!n->kernel || n->buffer) continue;
        for (int s = 0; s < n->kernel->stores.n; s++)
            if (n->kernel->stores.at[s] == n)
                lay_out(buffer_new(K, n, n->when == WHEN_MICRO ? HOME_ARENA : HOME_PACKED, ident_new(g->names, wish_of(n))));
    }
}

/* ---- parameters ---- */
static void make_parameters(void)
{
    for (int i = 0; i < g->params.n; i++) {
        Param *p = g->params.at[i];
        Buffer *b = buffer_new(K, p->node, HOME_PARAM, p->ident);
        b->param = p;
        if (g->before) b->layout = g->before->k->params.at[i]->layout;
        vec_push(&K->params, b);
    }
}

/* The order of a parameter that no contraction has chosen: its own. */
void param_order(const Kernels *k, Buffer *b)
{
    const Shape *s = &b->param->shape;
    const int v = s->rank - 1;
    if (!b->layout.size) layout_make(&b->layout, s, v, v < 0 ? 0 : block_of(k, s->dim[v]), 0);
}

static void finish_parameters(void)
{
    for (int i = 0; i < K->params.n; i++) {
        Buffer *b = K->params.at[i], *d = NEW(Buffer);
        const bool last = g->step == g->steps.at[g->steps.n - 1];
        if (b->node->uses || last) param_order(K, b);
        b->offset = K->elements;
        K->elements += b->layout.size;
        if (b->param->trained) K->trained = K->elements;
        *d = *b;
        d->home = HOME_GRADIENT;
        vec_push(&K->gradients, d);
    }
}

/* The layout of a gradient, seen in the shape of the node below n, its value's views. */
static Layout layout_below(const Param *p, const Node *n)
{
    Layout l = K->gradients.at[p->index]->layout, below;
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

static void gradient_layout(Contribution *c)
{
    Node *n = node_base(c->value), *made = n->nargs ? node_base(n->arg[0]) : n;
    n->kernel->grad_layout = layout_below(c->param, c->value);
    if (made->kernel && made->kernel->for_fold) made->buffer->layout = layout_below(c->param, n->arg[0]);
}

static void first_writes(void)
{
    for (int i = 0; i < K->micro.n; i++) {
        Kernel *x = K->micro.at[i];
        x->first_write = x->adds_to && !x->moves_state && !g->step->optimizer.in_place;
        for (int j = 0; j < i; j++)
            if (x->adds_to && K->micro.at[j]->adds_to == x->adds_to) x->first_write = false;
    }
}

static bool contracts(const Kernel *x) { return x->core && (x->core->kind == K_MATMUL || is_conv(x->core)); }

static void settle_taps(Kernel *x)
{
    const Node *f = x->core, *w = has_role(f, "weight") ? f : f->arg[1];
    Node *p = node_base((Node *)w);
    Layout l;
    x->flop = 2.0 * (double)shape_count(&f->shape) * (double)shape_count(&w->shape) / (double)w->shape.dim[has_role(f, "data") ? 1 : 0];
    if (has_role(f, "data")) x->flop /= (double)conv_groups(f);
    if (w == f) x->flop = 2.0 * (double)shape_count(&f->arg[1]->shape) * (double)shape_count(&w->shape) / (double)w->shape.dim[0];
    if (p->kind != K_PARAM || p->buffer->layout.size) return;
    order_taps(&l, &w->shape);
    if (w == p) p->buffer->layout = l;
    else if (!layout_view(&p->buffer->layout, &l, &w->shape, &p->shape)) param_order(K, p->buffer);
}

/* Channels are lanes, rows and columns are counted by one digit each. */
static bool lies_as_image(const Node *n, const Layout *l)
{
    if (!K->target->blocks || !image_shape(&n->shape)) return true;
    bool lanes = n->shape.dim[1] == 1;
    for (int i = 0; i < l->axis[1].n; i++) lanes |= l->axis[1].digit[i].stride == 1;
    return lanes && l->axis[2].n <= 1 && l->axis[3].n <= 1;
}

/* It has its buffer's rows and columns, so that its halo is the buffer's, too. */
static bool keeps_plane(const Node *n, const Layout *l)
{
    const Layout *b = &node_base((Node *)n)->buffer->layout;
    const long stride[2] = { l->plane[1] * l->plane[2], l->plane[2] };
    for (int i = 0; i < 2; i++) {
        const Axis *x = &l->axis[2 + i];
        if (l->plane[i] != n->shape.dim[2 + i] + b->halo[2 + i][0] + b->halo[2 + i][1]) return false;
        if (x->n && x->digit[0].extent > 1 && x->digit[0].stride != stride[i]) return false;
    }
    return true;
}

/* A convolution slides over its first argument, and needs its borders. */
static bool slides_over(const Kernel *x, const Node *n, const Layout *l)
{
    if (!layout_whole(l, &n->shape)) return false;
    return !contracts(x) || !K->target->blocks || keeps_plane(n, l);
}

/* An argument of a window's kernel needs no copy. What a convolution does not slide over, its lowering copies where it lies nowhere. */
static bool reads_in_place(const Kernel *x, int a)
{
    Layout l;
    Node *n = x->core->arg[a];
    const bool lies = node_layout(n, &l);
    if (contracts(x) && a > 0) return !lies || lies_as_image(n, &l);
    return lies && lies_as_image(n, &l) && slides_over(x, n, &l);
}

/* What slides over an image reads it by its digits: what has none, repeats some, or lies as a matmul likes it, is copied. */
static void settle(Kernel *x)
{
    Node *f = x->core;
    if (f && by_taps(K, f)) settle_taps(x);
    for (int a = 0; f && a < f->nargs && f->kind == K_WINDOW; a++) {
        if (reads_in_place(x, a)) continue;
        Node *c = f->arg[a] = copy_before(K, x, f->arg[a]);
        vec_push(&c->kernel->stores, c);
        lay_out(buffer_new(K, c, HOME_ARENA, ident_new(g->names, "copy")));
    }
}

static bool is_lowered(const Kernel *x) { return x->contraction || x->gemm; }

static void lower_list(const KernelList *l, bool adds)
{
    for (int i = 0; i < l->n; i++)              /* grows while copies come in */
        if (contracts(l->at[i]) && !is_lowered(l->at[i]) && (l->at[i]->adds_to || l->at[i]->for_fold) == adds) {
            (K->target->blocks ? lower : lower_gemm)(K, l->at[i]);
            i = -1;
        }
}

/* Those of a micro-step first: their readers choose the weights' orders. */
static void lower_lists(bool adds)
{
    lower_list(&K->micro, adds), lower_list(&K->once, adds), lower_list(&K->finish, adds), lower_list(&K->predict, adds);
}

void make_buffers(Kernels *k)
{
    K = k, g = k->g;
    find_stores();
    make_parameters();
    make_arena();
    for (int i = 0; i < K->micro.n; i++) settle(K->micro.at[i]);     /* grows while copies come in */
    for (int i = 0; i < K->predict.n; i++) settle(K->predict.at[i]);
    lower_lists(false);
    finish_parameters();
    for (int i = 0; i < g->gradients.n; i++) gradient_layout(g->gradients.at[i]);
    for (int i = 0; i < g->states.n; i++) gradient_layout(g->states.at[i]);
    lower_lists(true);
    round_factors(K);
    first_writes();
}
