/* region.c -- the nodes around a large product, the logits, whose rows are independent.

   1. A wide node has as many numbers as the logits and depends on them, or its reader is wide. The
      region has the wide nodes, all nodes between them, and all that read them: sums of a row, the
      loss of a row, gradients.
   2. Rows are independent along an axis if each node of the region keeps it. A reader of wide nodes
      may also add up along it, as a weight's gradient does, if no other node of the region reads
      the result.
   3. Nodes between wide ones are maps, folds and views. A product between them belongs to more than
      a head.
   4. Of forward values, others read no more numbers than there are rows. */
#include <string.h>
#include "middle/region.h"

bool belongs(const Region *r, const Node *n)
{
    return is_live(r->g, n) && is_predicted(r->g, n) == is_predicted(r->g, r->product);
}

bool in_region(const Region *r, const Node *n) { return r->axis[n->id] != OUTSIDE; }

Node *original(const Region *r, Node *n)
{
    Node *first = first_of(r->g, n);
    return first ? first : n;
}

static bool is_output(const Region *r, const Node *n)
{
    for (int i = 0; i < r->g->outputs.n && is_predicted(r->g, n); i++)
        if (r->g->outputs.at[i]->node == n) return true;
    return false;
}

bool is_read(const Region *r, const Node *n)
{
    for (int i = 0; i < r->g->nodes.n; i++) {
        const Node *u = r->g->nodes.at[i];
        for (int k = 0; k < u->nargs && belongs(r, u) && !in_region(r, u); k++)
            if (original(r, u->arg[k]) == n) return true;
    }
    return is_output(r, n);
}

bool is_row_axis(const Node *product, int axis)
{
    const char label = strchr(product->labels, '>')[1 + axis];
    const char *second = strchr(product->labels, ',') + 1;
    for (const char *s = product->labels; *s != '-'; s++)
        if (*s == label && product->arg[s >= second]->when == WHEN_MICRO) return true;
    return false;
}

long rows_of_product(const Node *product)
{
    long rows = 1;
    for (int a = 0; a < product->shape.rank; a++)
        if (is_row_axis(product, a)) rows *= product->shape.dim[a];
    return rows;
}

/* ---- axes ---- */
/* An axis of a node's domain is a label of a product, an axis of a fold's first argument, or an
   axis of any other node. These four functions are -1 where there is none; into_result is OUTSIDE
   where the node does not keep rows apart. */
static int label_at(const char *labels, char label)
{
    int at = 0;
    for (; labels[at] != label; at++)
        if (!labels[at] || labels[at] == ',' || labels[at] == '-') return -1;
    return at;
}

static const char *labels_of(const Node *n, int k)
{
    const char *s = n->labels;
    return k ? s + n->arg[0]->shape.rank + 1 : s;
}

static const char *result_labels(const Node *n)
{
    return labels_of(n, 1) + n->arg[1]->shape.rank + 2;
}

static const Shape *domain_shape(const Node *n)
{
    return n->kind == K_REDUCE ? &n->arg[0]->shape : &n->shape;
}

/* The axis of `to` with as many elements before it and the same extent. */
static int reshaped_axis(const Shape *from, int axis, const Shape *to)
{
    long before = 1, count = 1;
    for (int a = 0; a < axis; a++) before *= from->dim[a];
    for (int a = 0; a < to->rank; count *= to->dim[a++])
        if (count == before && to->dim[a] == from->dim[axis]) return a;
    return -1;
}

static bool moves_axis(const Node *n) { return has_role(n, "slice") || has_role(n, "place"); }

static int view_into_domain(const Node *n, int axis)
{
    const Shape *x = &n->arg[0]->shape;
    if (has_role(n, "reshape")) return reshaped_axis(x, axis, &n->shape);
    if (moves_axis(n)) return axis == (int)node_attr(n, "axis") ? -1 : axis;
    for (int a = 0; a < n->shape.rank && has_role(n, "permute"); a++)
        if (n->perm[a] == axis) return a;
    return has_role(n, "expand") ? axis + (x->batch ? 0 : n->shape.rank - x->rank) : -1;
}

static int view_from_domain(const Node *n, int d)
{
    if (has_role(n, "reshape")) return reshaped_axis(&n->shape, d, &n->arg[0]->shape);
    if (has_role(n, "permute")) return n->perm[d];
    return moves_axis(n) ? d : shape_under(&n->arg[0]->shape, n->shape.rank, d);
}

static int into_domain(const Node *n, int k, int axis)
{
    const Shape *x = &n->arg[k]->shape;
    if (n->kind == K_MATMUL) return labels_of(n, k)[axis];
    if (n->kind == K_VIEW) return view_into_domain(n, axis);
    return axis + (x->batch ? 0 : domain_shape(n)->rank - x->rank);
}

static int from_domain(const Region *r, const Node *n, int k, int d)
{
    const Shape *x = &n->arg[k]->shape;
    const int axis = n->kind == K_MATMUL ? label_at(labels_of(n, k), (char)d)
                     : n->kind == K_VIEW ? view_from_domain(n, d)
                                         : shape_under(x, domain_shape(n)->rank, d);
    return axis >= 0 && x->dim[axis] == r->extent ? axis : -1;
}

static int into_result(const Node *n, int d)
{
    if (n->kind == K_MATMUL) {
        const int axis = label_at(result_labels(n), (char)d);
        return axis < 0 ? SUMMED : axis;
    }
    if (n->kind != K_REDUCE) return d;
    if (n->axes >> d & 1) return has_role(n, "sum") ? SUMMED : OUTSIDE;
    int axis = d;
    for (int a = 0; a < d && n->op->per_row; a++) axis -= n->axes >> a & 1;
    return axis;
}

static int out_of_result(const Node *n, int axis)
{
    if (n->kind == K_MATMUL) return result_labels(n)[axis];
    if (n->kind != K_REDUCE || !n->op->per_row) return axis;
    for (int d = 0; d < n->arg[0]->shape.rank; d++)
        if (!(n->axes >> d & 1) && axis-- == 0) return d;
    return -1;
}

/* The domain's axis that is cut; -1: unknown yet. */
static int cut_of(const Region *r, const Node *n)
{
    const int own = r->axis[n->id];
    if (own >= 0) return out_of_result(n, own);
    for (int k = 0; k < n->nargs; k++)
        if (r->axis[n->arg[k]->id] >= 0) return into_domain(n, k, r->axis[n->arg[k]->id]);
    return -1;
}

int axis_of_argument(const Region *r, const Node *n, int k)
{
    return from_domain(r, n, k, cut_of(r, n));
}

/* ---- the nodes ---- */
static bool is_large(const Region *r, const Node *n)
{
    return n->kind >= K_MAP && n->when == WHEN_MICRO && belongs(r, n) &&
           shape_count(&n->shape) >= shape_count(&r->product->shape);
}

static bool reads_wide(const Region *r, const Node *n)
{
    for (int k = 0; k < n->nargs; k++)
        if (r->wide[n->arg[k]->id]) return true;
    return false;
}

/* Rule 1. A product that reads a wide node ends the region; one that it reads begins it. */
static void find_wide(Region *r)
{
    r->wide[r->product->id] = true;
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < r->g->nodes.n; i++) {
            const Node *n = r->g->nodes.at[i];
            if (!r->wide[i] && n->kind != K_MATMUL && is_large(r, n) && reads_wide(r, n))
                r->wide[i] = more = true;
            for (int k = 0; k < n->nargs && r->wide[i] && n->kind != K_MATMUL; k++) {
                const Node *a = n->arg[k];
                if (!r->wide[a->id] && is_large(r, a)) r->wide[a->id] = more = true;
            }
        }
    }
}

/* Adds to `mine` what is between wide nodes and those in it; false: rule 3. */
static bool add_between(const Region *r, bool *mine)
{
    const int n = r->g->nodes.n;
    bool *after = NEW_ARRAY(bool, n), *before = NEW_ARRAY(bool, n);
    for (int i = 0; i < n; i++) {
        const Node *x = r->g->nodes.at[i];
        for (int k = 0; k < x->nargs; k++)
            after[i] |= after[x->arg[k]->id] || r->wide[x->arg[k]->id];
    }
    for (int i = n; i-- > 0;) {
        const Node *x = r->g->nodes.at[i];
        for (int k = 0; k < x->nargs && belongs(r, x); k++)
            before[x->arg[k]->id] |= before[i] || mine[i];
    }
    for (int i = 0; i < n; i++) {
        const bool between = after[i] && before[i] && !r->wide[i];
        if (between && reads_buffers(r->g->nodes.at[i])) return false;
        mine[i] |= between;
    }
    return true;
}

static void find_readers(const Region *r, bool *mine)
{
    for (int i = 0; i < r->g->nodes.n; i++)
        mine[i] = r->wide[i] || (belongs(r, r->g->nodes.at[i]) && reads_wide(r, r->g->nodes.at[i]));
}

/* ---- the axis of each node ---- */
static bool spread_to_arguments(Region *r, const Node *n, const bool *mine)
{
    bool more = false;
    for (int k = 0; k < n->nargs && r->axis[n->id] >= 0; k++) {
        const int axis = axis_of_argument(r, n, k), a = n->arg[k]->id;
        if (!mine[a] || axis < 0 || in_region(r, n->arg[k])) continue;
        r->axis[a] = axis, more = true;
    }
    return more;
}

static bool sums_up(const Region *r, const Node *n) { return r->axis[n->id] == SUMMED; }

/* A view of what adds up adds up. */
static bool take_view(Region *r, const Node *n, bool *mine)
{
    if (n->kind != K_VIEW || in_region(r, n) || !belongs(r, n) || !sums_up(r, n->arg[0]))
        return false;
    mine[n->id] = true, r->axis[n->id] = SUMMED;
    return true;
}

static void spread(Region *r, bool *mine)
{
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < r->g->nodes.n; i++) {
            const Node *n = r->g->nodes.at[i];
            const int cut = mine[i] && !in_region(r, n) ? cut_of(r, n) : -1;
            if (cut >= 0) r->axis[i] = into_result(n, cut), more |= in_region(r, n);
            if (mine[i]) more |= spread_to_arguments(r, n, mine);
            more |= take_view(r, n, mine);
        }
    }
}

/* Rule 2 for one node. */
static bool keeps_rows(const Region *r, const Node *n)
{
    if (n->when != WHEN_MICRO || n->kind == K_WINDOW || !in_region(r, n)) return false;
    if (n->loop || in_slots(n) || n->kind == K_SLOT) return false;
    const int cut = cut_of(r, n);
    if (n->kind == K_VIEW && sums_up(r, n->arg[0])) return sums_up(r, n);
    if (cut < 0 || (!sums_up(r, n) && n->shape.dim[r->axis[n->id]] != r->extent)) return false;
    if (into_result(n, cut) != r->axis[n->id]) return false;
    for (int k = 0; k < n->nargs; k++) {
        const Node *a = n->arg[k];
        if (a->kind == K_NOISE || (n->kind == K_VIEW && k)) return false;
        if (in_region(r, a) && axis_of_argument(r, n, k) != r->axis[a->id]) return false;
    }
    return true;
}

/* Rule 4: of forward values, others read one of a row. */
static bool leaves_rows(const Region *r)
{
    for (int i = 0; i < r->g->nodes.n; i++) {
        const Node *n = r->g->nodes.at[i];
        if (in_region(r, n) && !n->backward && is_read(r, n) &&
            shape_count(&n->shape) > rows_of_product(r->product))
            return false;
    }
    return true;
}

bool find_region(Region *r, Graph *g, Node *product, int axis)
{
    const int n = g->nodes.n;
    bool *mine = NEW_ARRAY(bool, n), *wide = NEW_ARRAY(bool, n);
    *r = (Region) { g, product, product->shape.dim[axis], wide, NEW_ARRAY(int, n) };
    for (int i = 0; i < n; i++) r->axis[i] = OUTSIDE;
    find_wide(r);
    find_readers(r, mine);
    if (!add_between(r, mine)) return false;
    r->axis[product->id] = axis;
    spread(r, mine);
    for (int i = 0; i < n; i++)
        if (mine[i] && !keeps_rows(r, g->nodes.at[i])) return false;
    for (int i = 0; i < g->states.n; i++)
        if (in_region(r, g->states.at[i]->value)) return false;
    return leaves_rows(r);
}
