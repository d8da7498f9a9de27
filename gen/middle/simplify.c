/* simplify.c -- removes nodes that compute an existing value and nodes without readers.

   1. Of pairs of views: a reshape of a reshape is one reshape; a view to the same shape is its
      argument.
   2. Two nodes of equal op, arguments and attributes are one.
   3. The labels of a matmul absorb a permutation of the parameter that it reads.
   4. A map whose value is one of its arguments is that argument.
   5. If training needs a part of a loop's body, it computes all that is used of it.
   6. Uses are counted from the results: reports, sums, coefficients and contributions to
      gradients. A node that only outputs use is computed with the outputs, micro-batch by
      micro-batch, even if it is made of parameters alone. */
#include <string.h>
#include "middle/middle.h"

static bool is_view(const Node *n, const char *role)
{
    return n->kind == K_VIEW && !strcmp(n->op->role, role);
}

static void merge_views(Graph *g, Node *n)
{
    if (n->kind != K_VIEW) return;
    if (is_view(n, "detach")) set_same(g, n, n->arg[0]);
    if (is_view(n, "reshape") && is_view(n->arg[0], "reshape")) n->arg[0] = n->arg[0]->arg[0];
    if ((is_view(n, "reshape") || is_view(n, "expand")) && shape_same(&n->shape, &n->arg[0]->shape))
        set_same(g, n, n->arg[0]);
}

/* matmul(x, permute(w)) reads w itself under permuted labels. */
static void absorb_permutation(const Graph *g, Node *n)
{
    if (n->kind != K_MATMUL) return;
    for (int i = 0, at = 0; i < 2; at += n->arg[i]->shape.rank + 1, i++)
        while (is_view(n->arg[i], "permute")) {
            Node *p = n->arg[i];
            char *labels = mem_copy(n->labels, strlen(n->labels));
            for (int a = 0; a < p->shape.rank; a++) labels[at + p->perm[a]] = n->labels[at + a];
            n->labels = labels;
            n->arg[i] = node_now(g, p->arg[0]);
        }
}

/* A convolution's gradients had a third argument for its shape, which they know by now. */
static void drop_shapes(Node *n)
{
    if (n->kind == K_WINDOW && (!strcmp(n->op->role, "data") || !strcmp(n->op->role, "weight")))
        n->nargs = 2;
}

static void pass_through(Graph *g, Node *n)
{
    if (n->kind != K_MAP || n->op->nlets || n->op->value->kind != E_VAR ||
        !strcmp(n->op->role, "copy") || in_slots(n))
        return;
    for (int i = 0; i < n->nargs; i++)
        if (!strcmp(n->op->arg[i], n->op->value->name) &&
            shape_same(&n->shape, &n->arg[i]->shape) && n->arg[i]->type == T_REAL)
            set_same(g, n, n->arg[i]);
}

static bool equal(const Node *a, const Node *b)
{
    if (a->kind != b->kind || a->op != b->op || a->nargs != b->nargs || a->axes != b->axes ||
        a->when != b->when || a->schedule != b->schedule)
        return false;
    if (a->loop != b->loop || a->slots != b->slots || a->slot != b->slot || a->next || b->next)
        return false;
    if (a->kind == K_ROOT || a->kind == K_NOISE || a->kind == K_PARAM || a->kind == K_INPUT)
        return false;
    if (a->table != b->table || a->value < b->value || a->value > b->value ||
        !shape_same(&a->shape, &b->shape))
        return false;
    if (memcmp(a->attr, b->attr, sizeof a->attr) || memcmp(a->perm, b->perm, sizeof a->perm))
        return false;
    if ((a->labels || b->labels) && (!a->labels || !b->labels || strcmp(a->labels, b->labels)))
        return false;
    for (int i = 0; i < a->nargs; i++)
        if (a->arg[i] != b->arg[i]) return false;
    return true;
}

static void find_equal(Graph *g, Node *n)
{
    for (int i = 0; i < n->id && !same_of(g, n); i++) {
        Node *m = g->nodes.at[i];
        if (!same_of(g, m) && equal(m, n)) set_same(g, n, m);
    }
}

bool has_equal(const Graph *g, const Node *n)
{
    for (int i = 0; i < n->id; i++)
        if (is_live(g, g->nodes.at[i]) && is_predicted(g, g->nodes.at[i]) == is_predicted(g, n) &&
            equal(g->nodes.at[i], n))
            return true;
    return false;
}

/* Counts one more use; whether it is the first. */
static bool add_use(Graph *g, const Node *n)
{
    const int before = uses_of(g, n);
    set_uses(g, n, before + 1);
    return !before;
}

static void use(Graph *g, const Node *n)
{
    if (!add_use(g, n)) return;
    for (int i = 0; i < n->nargs; i++) use(g, n->arg[i]);
    if (n->next) use(g, n->next);
}

/* The node that replaces the result now. */
static Node *use_result(Graph *g, const Node *result)
{
    Node *n = node_now(g, result);
    use(g, n);
    return n;
}

static void ask(Node *n, bool *seen)
{
    if (seen[n->id]) return;
    seen[n->id] = true;
    if (n->kind == K_INPUT) n->column->asked = true;
    for (int i = 0; i < n->nargs; i++) ask(n->arg[i], seen);
    if (n->next) ask(n->next, seen);
}

static void use_in_output(Graph *g, Node *n)
{
    if (!add_use(g, n)) return;
    set_predicted(g, n, true);
    if (n->nargs) n->when = WHEN_MICRO;
    for (int i = 0; i < n->nargs; i++) use_in_output(g, n->arg[i]);
    if (n->next) use_in_output(g, n->next);
}

static void count_outputs(Graph *g)
{
    bool *seen = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->outputs.n; i++) {
        Node *n = g->outputs.at[i]->node = node_now(g, g->outputs.at[i]->node);
        ask(n, seen);
        use_in_output(g, n);
    }
}

/* Rule 5. */
static void keep_loops_whole(Graph *g)
{
    bool *trained = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        trained[i] = is_live(g, n) && !is_predicted(g, n);
    }
    reach_loops(g, trained);
    for (int i = 0; i < g->nodes.n; i++)
        if (trained[i]) set_predicted(g, g->nodes.at[i], false);
}

void count_uses(Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) set_uses(g, g->nodes.at[i], 0);
    for (int i = 0; i < g->reports.n; i++)
        g->reports.at[i]->node = use_result(g, g->reports.at[i]->node);
    for (int i = 0; i < g->sums.n; i++) g->sums.at[i] = use_result(g, g->sums.at[i]);
    for (int i = 0; i < g->checks.n; i++) g->checks.at[i]->sum = node_now(g, g->checks.at[i]->sum);
    for (int i = 0; i < g->roots.n; i++) {
        Node *c = g->roots.at[i]->coefficient = node_now(g, g->roots.at[i]->coefficient);
        if (c->when != WHEN_CONST) use(g, c); /* a number becomes a part of scale_in */
    }
    for (int i = 0; i < g->states.n; i++)
        g->states.at[i]->value = use_result(g, g->states.at[i]->value);
    for (int i = 0; i < g->gradients.n; i++)
        g->gradients.at[i]->value = use_result(g, g->gradients.at[i]->value);
    g->minimize = node_now(g, g->minimize);
    count_outputs(g);
    keep_loops_whole(g);
}

void simplify(Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        for (int k = 0; k < n->nargs; k++) n->arg[k] = node_now(g, n->arg[k]);
        merge_views(g, n);
        absorb_permutation(g, n);
        drop_shapes(n);
        pass_through(g, n);
        if (!same_of(g, n)) find_equal(g, n);
    }
    count_uses(g);
}
