/* node.c -- properties of a node. */
#include "ir/graph.h"
#include <string.h>

bool has_role(const Node *n, const char *role)
{
    return n->op && *n->op->role == *role && !strcmp(n->op->role, role);
}

Node *node_base(Node *n)
{
    while (n->kind == K_VIEW) n = n->arg[0];
    return n;
}

bool is_leaf(const Node *n) { return n->kind < K_MAP; }

bool is_batch_sum(const Node *n) { return n->kind == K_REDUCE && n->when == WHEN_AFTER; }

bool attends_back(const Node *n)
{
    return has_role(n, "attention_dq") || has_role(n, "attention_dk") ||
           has_role(n, "attention_dv") || has_role(n, "attention_dbias");
}

bool attends(const Node *n)
{
    return has_role(n, "attention_rows") || has_role(n, "attention") || attends_back(n);
}

bool reads_buffers(const Node *n) { return n->kind == K_MATMUL || n->kind == K_WINDOW; }

static void add_bases(Bases *b, Node *n)
{
    if (b->n == BASES) BUG("more than %d nodes below the views of one", BASES);
    b->at[b->n++] = node_base(n);
    for (; n->kind == K_VIEW; n = n->arg[0])
        for (int i = 1; i < n->nargs; i++) add_bases(b, n->arg[i]);
}

Bases node_bases(Node *n)
{
    Bases b = { 0 };
    add_bases(&b, n);
    return b;
}

bool moves(const Node *n)
{
    for (; n->kind == K_VIEW; n = n->arg[0])
        if (has_role(n, "slice") || has_role(n, "place") || has_role(n, "gather")) return true;
    return false;
}

bool pool_tiles(const Node *n) /* every element of the input lies in exactly one window */
{
    const double *a = n->attr;
    const Shape *in = &n->shape, *out = &n->arg[1]->shape;
    return a[0] == a[2] && a[1] == a[3] && a[4] == 0 && a[5] == 0 && a[6] == 1 && a[7] == 1 &&
           in->dim[2] == out->dim[2] * (long)a[2] && in->dim[3] == out->dim[3] * (long)a[3];
}

long conv_groups(const Node *n)
{
    const bool data = has_role(n, "data"), weight = has_role(n, "weight");
    if (n->kind != K_WINDOW || !(data || weight || has_role(n, "forward"))) return 1;
    const Node *image = data ? n : n->arg[0], *w = weight ? n : n->arg[1];
    return image->shape.dim[1] / w->shape.dim[1];
}

void mark_reached(const Node *n, bool *reached)
{
    if (reached[n->id]) return;
    reached[n->id] = true;
    for (int i = 0; i < n->nargs; i++) mark_reached(n->arg[i], reached);
    if (n->next) mark_reached(n->next, reached);
}

double node_attr(const Node *n, const char *name)
{
    for (int i = 0; i < n->op->nattrs; i++)
        if (!strcmp(n->op->attr[i], name)) return n->attr[i];
    BUG("op '%s' has no attribute '%s'", n->op->name, name);
}
