/* pieces.c -- after order: a head computes its logits and all that reads them in pieces of rows,
   one piece after another, forward and backward. So no buffer has all logits.

   1. A head is a product whose region (region.c) can be cut along an axis of its rows. Here each
      node of the region becomes a node for each piece. A piece reads slices of what the region
      reads. What others read is joined: placed among zeros and added up.
   2. The pieces of a parameter's gradient are contributions of their own. The first kernel stores,
      the next ones add, as in layers that are used twice.
   3. The last piece may have fewer rows. All others have the same number, so they share functions.
   4. If micro-batches may be dropped, backward must not begin before forward ends. Then the forward
      pass has pieces, and those of backward compute wide values again.
   5. Outputs read logits of their own, in pieces, too, or whole ones. */
#include <string.h>
#include "middle/region.h"

typedef struct Cut {
    Region r;
    Graph *g;
    long pieces, rows; /* rows: of a piece along the axis */
    bool late;         /* rule 4 */
    Node **made;       /* by piece and node number, the node of a piece; of an input, its slice */
    Node **again;      /* the same for values that backward computes again */
    Node **joined;     /* by node number */
    bool *emitted;
    VEC(Node) order; /* the new order of all nodes */
} Cut;

/* ---- new nodes ---- */
static Node *emit(Cut *c, Node *n)
{
    vec_push(&c->order, n);
    return n;
}

static void emit_with_arguments(Cut *c, Node *n)
{
    if (c->emitted[n->id]) return;
    c->emitted[n->id] = true;
    for (int k = 0; k < n->nargs; k++) emit_with_arguments(c, n->arg[k]);
    emit(c, n);
}

static Node *like(const Node *n, Kind kind, Op *op)
{
    Node *y = NEW(Node);
    *y = (Node) { .id = n->id, .kind = kind, .op = op, .shape = n->shape, .when = n->when };
    y->type = n->type, y->loc = n->loc, y->layer = n->layer, y->name = n->name;
    y->backward = n->backward, y->of = n->of;
    return y;
}

static void set_attr(Node *n, const char *name, double value)
{
    for (int i = 0; i < n->op->nattrs; i++)
        if (!strcmp(n->op->attr[i], name)) n->attr[i] = value;
}

/* x seen through a slice or a placing: the axis has that extent. */
static Node *moved(Cut *c, const char *role, Node *x, int axis, long from, long extent)
{
    Node *y = like(x, K_VIEW, op_with_role(c->g->ops, role));
    y->arg[y->nargs++] = x;
    set_attr(y, "axis", axis), set_attr(y, "from", (double)from), set_attr(y, "step", 1);
    y->shape.dim[axis] = extent;
    return emit(c, y);
}

static Node *added(Cut *c, Node *a, Node *b)
{
    Node *y = like(a, K_MAP, op_with_role(c->g->ops, "add"));
    y->type = T_REAL, y->arg[0] = a, y->arg[1] = b, y->nargs = 2;
    return emit(c, y);
}

/* ---- a piece ---- */
static long first_row(const Cut *c, long piece) { return piece * c->rows; }

static long rows_of(const Cut *c, long piece)
{
    const long left = c->r.extent - first_row(c, piece);
    return left < c->rows ? left : c->rows;
}

static Node **entry(const Cut *c, Node **table, long piece, const Node *n)
{
    return &table[piece * c->g->nodes.n + n->id];
}

static bool repeats(const Node *n, int axis)
{
    const int a = has_role(n, "expand") ? shape_under(&n->arg[0]->shape, n->shape.rank, axis) : 0;
    return has_role(n, "expand") && (a < 0 || n->arg[0]->shape.dim[a] == 1);
}

/* The rows of a piece in a buffer of their own, so that the kernels of all pieces are alike. */
static Node *slice_of(Cut *c, long piece, Node *n, int axis)
{
    Node **at = entry(c, c->made, piece, n);
    if (*at) return *at;
    Node *y = repeats(n, axis) ? like(n, K_VIEW, n->op) : NULL;
    if (y) {
        y->arg[y->nargs++] = n->arg[0], y->shape.dim[axis] = rows_of(c, piece);
        return *at = emit(c, y);
    }
    n = moved(c, "slice", n, axis, first_row(c, piece), rows_of(c, piece));
    y = like(n, K_MAP, op_with_role(c->g->ops, "copy"));
    y->type = T_REAL, y->arg[y->nargs++] = n;
    return *at = emit(c, y);
}

static Node *piece_of(Cut *c, long piece, Node *n, bool again);

/* What a piece reads: n's own piece, a slice or all of it. */
static Node *argument(Cut *c, long piece, const Node *of, int k, bool backward)
{
    Node *n = original(&c->r, of->arg[k]);
    if (in_region(&c->r, n))
        return piece_of(c, piece, n, c->late && backward && !n->backward && c->r.wide[n->id]);
    const int axis = axis_of_argument(&c->r, of, k);
    return axis < 0 ? n : slice_of(c, piece, n, axis);
}

static Node *piece_of(Cut *c, long piece, Node *n, bool again)
{
    Node **at = entry(c, again ? c->again : c->made, piece, n);
    if (*at) return *at;
    Node *y = NEW(Node);
    *y = *n;
    y->path = NULL;
    if (again) y->backward = true, y->of = n;
    for (int k = 0; k < n->nargs; k++) y->arg[k] = argument(c, piece, n, k, y->backward);
    if (c->r.axis[n->id] >= 0) y->shape.dim[c->r.axis[n->id]] = rows_of(c, piece);
    return *at = emit(c, y);
}

/* ---- what others read ---- */
static Node *joined_of(Cut *c, Node *n)
{
    Node **all = &c->joined[n->id];
    const int axis = c->r.axis[n->id];
    for (long p = 0; p < c->pieces; p++) {
        Node *y = *entry(c, c->made, p, n);
        if (axis >= 0) y = moved(c, "place", y, axis, first_row(c, p), c->r.extent);
        *all = *all ? added(c, *all, y) : y;
    }
    return *all;
}

/* A pass over the region: forward, backward or both. */
typedef struct Pass {
    bool forward, backward;
} Pass;

static bool runs_in(const Cut *c, Pass pass, const Node *n)
{
    return in_region(&c->r, n) && !first_of(c->g, n) &&
           (n->backward ? pass.backward : pass.forward);
}

/* Emits what the pass reads; for a piece, its slices. */
static void emit_inputs(Cut *c, Pass pass, long piece)
{
    for (int i = 0; i < c->g->nodes.n; i++) {
        const Node *n = c->g->nodes.at[i];
        for (int k = 0; k < n->nargs && runs_in(c, pass, n); k++) {
            Node *a = original(&c->r, n->arg[k]);
            if (in_region(&c->r, a)) continue;
            if (piece < 0) emit_with_arguments(c, a);
            else argument(c, piece, n, k, n->backward);
        }
    }
}

static void emit_piece(Cut *c, Pass pass, long piece)
{
    emit_inputs(c, pass, piece);
    for (int i = 0; i < c->g->nodes.n; i++)
        if (runs_in(c, pass, c->g->nodes.at[i])) piece_of(c, piece, c->g->nodes.at[i], false);
}

/* All pieces of a pass, then what others read of them. */
static void emit_pass(Cut *c, Pass pass)
{
    emit_inputs(c, pass, -1);
    for (long p = 0; p < c->pieces; p++) emit_piece(c, pass, p);
    for (int i = 0; i < c->g->nodes.n; i++) {
        Node *n = c->g->nodes.at[i];
        if (runs_in(c, pass, n) && is_read(&c->r, n)) joined_of(c, n);
    }
}

static void reorder(Cut *c)
{
    bool forward = false, backward = false;
    for (int i = 0; i < c->g->nodes.n; i++) {
        Node *n = c->g->nodes.at[i];
        if (in_region(&c->r, n) && !forward) {
            emit_pass(c, (Pass) { true, !c->late });
            forward = true, backward = !c->late;
        } else if (in_region(&c->r, n) && n->backward && !backward) {
            emit_pass(c, (Pass) { false, true });
            backward = true;
        }
        emit_with_arguments(c, n);
    }
}

/* ---- readers and results ---- */
static void rewire(const Cut *c)
{
    for (int i = 0; i < c->g->nodes.n; i++) {
        Node *n = c->g->nodes.at[i];
        if (!belongs(&c->r, n) || in_region(&c->r, n)) continue;
        for (int k = 0; k < n->nargs; k++) {
            const Node *a = original(&c->r, n->arg[k]);
            if (c->joined[a->id]) n->arg[k] = c->joined[a->id];
        }
    }
    for (int i = 0; i < c->g->outputs.n && is_predicted(c->g, c->r.product); i++) {
        Node **at = &c->g->outputs.at[i]->node;
        if (c->joined[(*at)->id]) *at = c->joined[(*at)->id];
    }
}

/* Rule 2. */
static void cut_contributions(const Cut *c)
{
    const Graph then = *c->g;
    memset(&c->g->gradients, 0, sizeof c->g->gradients);
    for (int i = 0; i < then.gradients.n; i++) {
        Contribution *old = then.gradients.at[i];
        const bool mine = in_region(&c->r, old->value);
        for (long p = 0; p < (mine ? c->pieces : 1); p++) {
            Contribution *d = NEW(Contribution);
            *d = *old;
            if (mine) d->value = *entry(c, c->made, p, old->value);
            vec_push(&c->g->gradients, d);
        }
    }
}

static void set_again(const Cut *c, int nodes, Node **first)
{
    for (long i = 0; i < c->pieces * nodes; i++)
        if (c->again[i]) set_first(c->g, c->again[i], first[i]);
}

static void cut_head(Graph *g, const Region *r, long pieces)
{
    const int n = g->nodes.n;
    Cut c = { *r, g, .rows = (r->extent + pieces - 1) / pieces };
    c.pieces = (r->extent + c.rows - 1) / c.rows;
    c.late = g->train.nonfinite == NONFINITE_DROP;
    c.made = NEW_ARRAY(Node *, c.pieces * n), c.again = NEW_ARRAY(Node *, c.pieces * n);
    c.joined = NEW_ARRAY(Node *, n), c.emitted = NEW_ARRAY(bool, n);
    reorder(&c);
    rewire(&c);
    cut_contributions(&c);
    renumber(g, c.order.at, c.order.n);
    gather_loops(g);
    set_again(&c, n, c.made);
    count_uses(g);
    for (int i = 0; i < g->heads.n; i++)
        if (g->heads.at[i]->product == r->product) return;
    Head *h = NEW(Head);
    *h = (Head) { r->product, c.pieces, rows_of_product(r->product) / r->extent * c.rows };
    vec_push(&g->heads, h);
}

void pieces(Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Region r;
        for (long n; (n = find_head(&r, g, g->nodes.at[i])) > 1; i = r.product->id)
            cut_head(g, &r, n);
    }
}
