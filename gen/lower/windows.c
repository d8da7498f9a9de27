/* windows.c -- convolutions and pools find elements of images by factors. An image without
   factors, with repeated or unsuitable ones is copied. */
#include "lower/layouts.h"

/* Rows and columns have one factor each, so that a window moves by a stride. */
static bool has_plane(const Layout *l) { return l->axis[2].n <= 1 && l->axis[3].n <= 1; }

/* Whether channels are lanes in C, and each axis of the plane is one factor. */
static bool lies_as_image(const Kernels *k, const Node *n, const Layout *l)
{
    if (!k->target->blocks || !image_shape(&n->shape)) return true;
    bool lanes = n->shape.dim[1] == 1;
    for (int i = 0; i < l->axis[1].n; i++) lanes |= l->axis[1].factor[i].stride == 1;
    return lanes && has_plane(l);
}

/* Whether it has its buffer's rows and columns, so that its halo is the buffer's. */
static bool keeps_plane(const Kernels *k, const Node *n, const Layout *l)
{
    const Layout *b = &buffer_of(k, node_base((Node *)n))->layout;
    const long stride[2] = { l->plane[1] * l->plane[2], l->plane[2] };
    for (int i = 0; i < 2; i++) {
        const Axis *x = &l->axis[2 + i];
        if (l->plane[i] != n->shape.dim[2 + i] + b->halo[2 + i][0] + b->halo[2 + i][1])
            return false;
        if (x->n && x->factor[0].extent > 1 && x->factor[0].stride != stride[i]) return false;
    }
    return true;
}

/* A convolution slides over its first argument, and needs its borders. */
static bool slides_over(const Kernels *k, const Kernel *x, const Node *n, const Layout *l)
{
    if (!layout_whole(l, &n->shape)) return false;
    if (!k->target->blocks) return has_plane(l);
    return !contracts(k, x) || keeps_plane(k, n, l);
}

/* Whether an argument of a window's kernel needs no copy. For arguments without a buffer that a
   convolution does not slide over, lowering makes the copy. */
static bool reads_in_place(const Kernels *k, const Kernel *x, Node *f, int a)
{
    Layout l;
    Node *n = f->arg[a];
    if (kernel_of(k, n) == x || n->kind == K_NOISE) return true;
    const bool lies = node_layout(k, n, &l);
    if (contracts(k, x) && a > 0) return !lies || lies_as_image(k, n, &l);
    return lies && lies_as_image(k, n, &l) && slides_over(k, x, n, &l);
}

/* The copy of n that another node of the kernel reads: the core's arguments were `first`. */
static Node *copied_before(const Kernel *x, Node *const first[ARGS], const Node *n)
{
    for (int a = 0; a < x->core->nargs; a++)
        if (first[a] == n && x->core->arg[a] != n) return x->core->arg[a];
    return NULL;
}

static void settle_node(Kernels *k, Kernel *x, Node *f, Node *const first[ARGS], bool weights)
{
    for (int a = 0; a < f->nargs; a++) {
        Node *before = copied_before(x, first, f->arg[a]);
        if ((node_base(f->arg[a])->kind == K_PARAM) != weights) continue;
        if (before) f->arg[a] = before;
        if (before || reads_in_place(k, x, f, a)) continue;
        Buffer *b = store_copy(k, x, f->arg[a], "copy");
        f->arg[a] = b->node;
        lay_out(k, b);
    }
}

static void settle_arguments(Kernels *k, Kernel *x, bool weights)
{
    Node *first[ARGS] = { 0 };
    for (int a = 0; a < x->core->nargs; a++) first[a] = x->core->arg[a];
    settle_node(k, x, x->core, first, weights);
    for (int i = 0; i < x->body.n; i++)
        if (x->body.at[i]->kind == K_WINDOW) settle_node(k, x, x->body.at[i], first, weights);
}

void settle_images(Kernels *k, Kernel *x) { settle_arguments(k, x, false); }

void settle_weights(Kernels *k, Kernel *x) { settle_arguments(k, x, true); }
