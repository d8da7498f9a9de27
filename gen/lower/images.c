/* images.c -- the layout that the readers of a value need.

   1. A value that is always read as an image is stored as one, whatever the shape of its kernel.
   2. A halo is the largest that any convolution reads, filled with zeros. In CUDA an image has
      none: its readers test the border.
   3. A product's result has contiguous columns, at least a vector of them (C). If it has fewer,
      readers of an image get a copy.
   4. A rematerialised value has the layout of the first one.
   5. The maps of a product follow over a part of its result (C). So all that its kernel stores has
      one layout, for the readers of all. */
#include <string.h>
#include "lower/layouts.h"

bool image_shape(const Shape *s) { return s->batch && s->rank == 4; }

/* By op, since rematerialised values have other kernels than kept ones. */
static bool made_by_matmul(const Node *n, int depth)
{
    if (n->kind == K_MATMUL) return true;
    /* the argument of a window, in a shape that is no image yet */
    if (has_role(n, "copy")) return false;
    for (int i = 0; i < n->nargs && n->kind == K_MAP && depth > 0; i++)
        if (shape_same(&n->arg[i]->shape, &n->shape) && made_by_matmul(n->arg[i], depth - 1))
            return true;
    return false;
}

/* Four axes make an image, channels first. But if a matmul makes or reads the value, the last
   axis is the vector's. Windows that slide over images make images. */
static bool is_image(const Kernels *k, const Node *n)
{
    const Kernel *x = kernel_of(k, n);
    const Node *core = x ? x->core : NULL;
    if (!image_shape(&n->shape) || (core && core->kind == K_MATMUL)) return false;
    if (core && core->kind == K_WINDOW) return true;
    if (made_by_matmul(n, 6)) return false;
    for (int i = 0; i < k->g->nodes.n; i++) {
        const Node *u = k->g->nodes.at[i];
        for (int a = 0; a < u->nargs && u->kind == K_MATMUL && is_live(k->g, u); a++)
            if (u->arg[a] == n) return false;
    }
    return true;
}

/* Calls f for every reader of n and of n's views. */
static void each_reader(const Graph *g, Node *n, void (*f)(Node *user, int arg, void *x), void *x)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *u = g->nodes.at[i];
        for (int a = 0; a < u->nargs; a++)
            if (u->arg[a] == n && is_live(g, u)) {
                f(u, a, x);
                if (u->kind == K_VIEW) each_reader(g, u, f, x);
            }
    }
}

/* read as an image; a convolution or a pool reads it */
typedef struct {
    const Kernels *k;
    const Shape *shape;
    bool slid_over;
} Found;
static void find_image(Node *u, int arg, void *x)
{
    Found *f = x;
    (void)arg;
    f->slid_over |= u->kind == K_WINDOW;
    if (u->kind == K_VIEW && is_image(f->k, u) && !f->shape && has_role(u, "reshape"))
        f->shape = &u->shape;
}

typedef struct {
    const Kernels *k;
    long halo[RANK][2];
    bool only_conv, only_matmul;
    const Shape *shape;
} Readers;
static void max_to(long *x, long y)
{
    if (y > *x) *x = y;
}

static void note_reader(Node *u, int arg, void *x)
{
    Readers *r = x;
    if (u->kind == K_VIEW) return;
    if (u->kind != K_MATMUL) r->only_matmul = false;
    const bool forward = has_role(u, "forward") && arg == 0,
               weight = has_role(u, "weight") && arg == 0;
    if (!is_conv(r->k, u) || !(forward || weight)) r->only_conv = false;
    if (!is_conv(r->k, u) || !shape_same(&u->arg[arg]->shape, r->shape)) return;
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

void halo_read(const Kernels *k, Node *u, int arg, long halo[RANK][2])
{
    Readers r = { .k = k, .shape = &u->arg[arg]->shape };
    note_reader(u, arg, &r);
    memcpy(halo, r.halo, sizeof r.halo);
}

static int vector_axis(const Shape *s, bool image)
{
    if (image) return 1;
    return s->rank == 0 || (s->rank == 1 && s->batch) ? -1 : s->rank - 1;
}

/* a convolution in groups reads it: a weight, channel by channel */
typedef struct {
    const Kernels *k;
    bool found;
} Taps;
static void find_taps(Node *u, int arg, void *x)
{
    Taps *t = x;
    t->found |= by_taps(t->k, u) && arg == 1 && !has_role(u, "weight");
}

/* Rule 3. */
static bool suits_product(const Kernels *k, const Node *n, const Layout *l)
{
    const Kernel *x = kernel_of(k, n);
    if (!k->target->blocks || !x->core || x->core->kind != K_MATMUL) return true;
    for (int a = 0; a < l->rank; a++)
        for (int i = 0; i < l->axis[a].n; i++)
            if (l->axis[a].factor[i].stride == 1 && l->axis[a].factor[i].extent >= BLOCK_MIN)
                return true;
    return false;
}

/* Rule 5: the values that have n's layout. */
typedef VEC(Node) Stored;
static Stored alike(const Kernels *k, Node *n)
{
    const Kernel *x = kernel_of(k, n);
    Stored all = { 0 };
    vec_push(&all, n);
    const bool product = k->target->blocks && x->core && x->core->kind == K_MATMUL;
    for (int i = 0; i < x->stores.n && product; i++)
        if (x->stores.at[i] != n && shape_same(&x->stores.at[i]->shape, &n->shape))
            vec_push(&all, x->stores.at[i]);
    return all;
}

static void each_reader_of(const Kernels *k, Node *n, void (*f)(Node *user, int arg, void *x),
                           void *x)
{
    const Stored all = alike(k, n);
    for (int i = 0; i < all.n; i++) each_reader(k->g, all.at[i], f, x);
}

/* Rule 4: the buffer of the value that n, or one that lies alike, rematerialises; or NULL. */
static const Buffer *buffer_before(const Kernels *k, Node *n)
{
    const Stored all = alike(k, n);
    for (int i = 0; i < all.n; i++) {
        const Node *first = first_of(k->g, all.at[i]);
        if (first && buffer_of(k, first)) return buffer_of(k, first);
    }
    return NULL;
}

/* Rule 1: the shape of the images as which n is read; NULL: its own shape. */
static const Shape *image_of(const Kernels *k, Node *n)
{
    Found f = { .k = k };
    if (image_shape(&n->shape)) return NULL;
    each_reader_of(k, n, find_image, &f);
    const Kernel *x = kernel_of(k, n);
    if (f.shape && x->core && x->core->kind == K_MATMUL && f.shape->dim[1] < BLOCK_MIN &&
        !f.slid_over)
        return NULL;
    return f.shape;
}

static bool read_by_taps(const Kernels *k, Node *n)
{
    Taps t = { k, false };
    if (!n->shape.batch && n->shape.rank == 4) each_reader(k->g, n, find_taps, &t);
    return t.found;
}

/* The layout for n's readers, in the shape s that they read: n's own, or an image's. */
static void lay_out_as(const Kernels *k, Node *n, const Shape *s, bool image, Layout *out)
{
    const Kernel *x = kernel_of(k, n);
    Readers r = { .k = k, .only_conv = true, .only_matmul = true, .shape = s };
    each_reader_of(k, n, note_reader, &r);
    if (!k->target->blocks || !image) memset(r.halo, 0, sizeof r.halo);
    const int v = !x->core && reads_data(x) && r.only_matmul ? -1 : vector_axis(s, image);
    long block = v < 0 ? 0 : block_of(k, s->dim[v]);
    if (image && s->dim[1] < BLOCK_MIN && r.only_conv && !x->core) block = s->dim[1];
    layout_make(out, s, v, block, r.halo);
}

void lay_out(const Kernels *k, Buffer *b)
{
    Node *n = b->node;
    const Buffer *before = buffer_before(k, n);
    if (before) {
        b->layout = before->layout;
        return;
    }
    if (read_by_taps(k, n)) {
        order_taps(k, &b->layout, &n->shape);
        return;
    }
    const Shape *s = image_of(k, n);
    Layout l;
    lay_out_as(k, n, s ? s : &n->shape, s || is_image(k, n), &l);
    if (!s) {
        b->layout = l;
        return;
    }
    if (layout_view(&b->layout, &l, s, &n->shape) && suits_product(k, n, &b->layout))
        memcpy(b->layout.halo, l.halo, sizeof l.halo);
    else
        layout_make(&b->layout, &n->shape, vector_axis(&n->shape, false),
                    block_of(k, n->shape.dim[n->shape.rank - 1]), 0);
}
