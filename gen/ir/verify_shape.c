/* verify_shape.c -- a node's shape follows from its kind and its arguments' shapes.

   1. A map has the shape that its arguments broadcast to. A fold keeps its argument's axes, or all
      but the folded ones.
   2. A label of a contraction has one extent. A view has its argument's elements, or those of its
      role.
   3. A convolution and its two gradients relate an image [N, c, ...], weights [o, c / groups, ...]
      and a result [N, o, ...].
   4. A batch axis comes first and has the micro-batch's rows. */
#include "ir/verify_graph.h"
#include <string.h>

void must(const Verify *v, const Node *n, bool good, const char *rule)
{
    if (good) return;
    if (!n) BUG("the graph after %s breaks a rule: %s", v->stage, rule);
    BUG("the graph after %s breaks a rule: %s: %%%d %s", v->stage, rule, n->id,
        n->op ? n->op->name : "");
}

static void verify_extents(const Verify *v, const Node *n)
{
    const Shape *s = &n->shape;
    must(v, n, s->rank >= 0 && s->rank <= RANK, "a shape has no more axes than there may be");
    must(v, n, !s->batch || (s->rank > 0 && s->dim[0] == v->g->train.micro_batch),
         "the batch axis has the micro-batch's rows");
    for (int a = 0; a < s->rank; a++) must(v, n, s->dim[a] > 0, "an axis has elements");
}

static void verify_map(const Verify *v, const Node *n)
{
    Shape s = { 0 };
    for (int i = 0; i < n->nargs; i++) {
        const Shape so_far = s;
        must(v, n, shape_broadcast(&so_far, &n->arg[i]->shape, &s), "a map's arguments broadcast");
    }
    must(v, n, shape_same(&s, &n->shape), "a map has the shape that its arguments broadcast to");
}

static void verify_fold(const Verify *v, const Node *n)
{
    const Shape *x = &n->arg[0]->shape;
    Shape left = { .batch = x->batch && !(n->axes & 1) };
    must(v, n, n->axes && !(n->axes >> x->rank), "a fold folds axes that there are");
    for (int a = 0; a < x->rank; a++)
        if (!(n->axes >> a & 1)) left.dim[left.rank++] = x->dim[a];
    must(v, n, shape_same(&n->shape, n->op->per_row ? &left : x),
         "a fold has its argument's axes, or those that it does not fold");
}

/* The labels at s are those of that shape; returns the position after them. */
static const char *verify_labels(const Verify *v, const Node *n, const char *s, const Shape *shape,
                                 long extent[256])
{
    for (int a = 0; a < shape->rank; a++, s++) {
        long *e = &extent[(unsigned char)*s];
        must(v, n, *s && *s != ',' && *s != '-', "a contraction has a label for each axis");
        must(v, n, !*e || *e == shape->dim[a], "a label of a contraction has one extent");
        *e = shape->dim[a];
    }
    return s;
}

static void verify_contraction(const Verify *v, const Node *n)
{
    long extent[256] = { 0 };
    const char *s = verify_labels(v, n, n->labels, &n->arg[0]->shape, extent);
    must(v, n, *s == ',', "a contraction has a label for each axis");
    s = verify_labels(v, n, s + 1, &n->arg[1]->shape, extent);
    must(v, n, !strncmp(s, "->", 2), "a contraction has a label for each axis");
    for (const char *c = s + 2; *c; c++)
        must(v, n, extent[(unsigned char)*c] > 0, "a result's label is an operand's");
    s = verify_labels(v, n, s + 2, &n->shape, extent);
    must(v, n, !*s, "a contraction has a label for each axis");
}

/* All axes but that one have the extents of the argument's. */
static bool only_axis(const Node *n, int axis)
{
    const Shape *x = &n->arg[0]->shape;
    if (x->rank != n->shape.rank || axis < 0 || axis >= x->rank) return false;
    for (int a = 0; a < x->rank; a++)
        if (a != axis && x->dim[a] != n->shape.dim[a]) return false;
    return true;
}

/* Elements 0 .. count - 1 of the shorter axis are at from + i * step of the longer one, inside
   it. */
static bool moves_inside(const Node *n, long count, long extent)
{
    const long from = (long)node_attr(n, "from"),
               last = from + (count - 1) * (long)node_attr(n, "step");
    return from >= 0 && from < extent && last >= 0 && last < extent;
}

static bool view_fits(const Node *n)
{
    const Shape *x = &n->arg[0]->shape, *s = &n->shape;
    Shape both;
    if (has_role(n, "detach")) return shape_same(x, s);
    if (has_role(n, "reshape")) return shape_count(x) == shape_count(s);
    if (has_role(n, "expand")) return shape_broadcast(x, s, &both) && shape_same(&both, s);
    if (has_role(n, "gather"))
        return x->rank == 2 && s->dim[s->rank - 1] == x->dim[1] &&
               shape_count(s) == shape_count(&n->arg[1]->shape) * x->dim[1];
    if (has_role(n, "permute")) {
        for (int a = 0; a < s->rank; a++)
            if (x->rank != s->rank || s->dim[a] != x->dim[n->perm[a]]) return false;
        return true;
    }
    const int axis = (int)node_attr(n, "axis");
    if (!only_axis(n, axis)) return false;
    return has_role(n, "slice") ? moves_inside(n, s->dim[axis], x->dim[axis])
                                : moves_inside(n, x->dim[axis], s->dim[axis]);
}

static void verify_window(const Verify *v, const Node *n)
{
    const bool data = has_role(n, "data"), weight = has_role(n, "weight");
    const Shape *x = data ? &n->shape : &n->arg[0]->shape,
                *w = weight ? &n->shape : &n->arg[1]->shape;
    const Shape *y = data ? &n->arg[0]->shape : weight ? &n->arg[1]->shape : &n->shape;
    if (!data && !weight && !has_role(n, "forward")) return;
    must(v, n, x->dim[0] == y->dim[0] && x->dim[1] % w->dim[1] == 0 && w->dim[0] == y->dim[1],
         "a convolution's image, weights and result have the same samples and channels");
}

void verify_shape(const Verify *v, const Node *n)
{
    verify_extents(v, n);
    if (n->kind == K_MAP) verify_map(v, n);
    if (n->kind == K_REDUCE) verify_fold(v, n);
    if (n->kind == K_MATMUL) verify_contraction(v, n);
    if (n->kind == K_WINDOW) verify_window(v, n);
    if (n->kind == K_VIEW) must(v, n, view_fits(n), "a view shows its argument's elements");
}
