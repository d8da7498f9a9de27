/* verify_graph.c -- rules of every graph between two stages.

   1. A node's number is its index. Its arguments are nodes of the same graph and come before it.
      It has an op of its own kind if its kind has ops, and no more arguments than the op.
   2. A node is known no earlier than its arguments, except a node that is made for outputs. Only
      nodes made for gradients read such nodes.
   3. Reports, sums, checks, roots, states, contributions, outputs and the loss are nodes of the
      graph.
   4. A parameter's number is its index. It has a node of its shape and a unique identifier. No two
      draws of noise have one key.
   5. After simplify: a live node reads live nodes, nothing replaces it, and its uses are its
      readers and results. */
#include "ir/verify_graph.h"
#include <string.h>

static bool is_of(const Graph *g, const Node *n)
{
    return n && n->id >= 0 && n->id < g->nodes.n && g->nodes.at[n->id] == n;
}

static void verify_arguments(const Verify *v, const Node *n)
{
    for (int i = 0; i < n->nargs; i++) {
        const Node *a = n->arg[i];
        must(v, n, is_of(v->g, a), "arguments are nodes of the same graph");
        must(v, n, a->id < n->id, "arguments come before their users");
        must(v, n, is_predicted(v->g, n) || a->when <= n->when,
             "a node is known no earlier than its arguments");
        must(v, n, n->backward || !a->backward, "what is made for gradients is read by that alone");
    }
}

static void verify_node(const Verify *v, const Node *n)
{
    must(v, n,
         n->kind < K_MAP ? !n->op && n->nargs == (n->kind == K_SLOT)
                         : n->op && n->op->kind == n->kind,
         "a node has an op of its own kind");
    must(v, n,
         !n->op || n->nargs == n->op->nargs || (n->kind == K_WINDOW && n->nargs < n->op->nargs),
         "a node has its op's arguments");
    verify_arguments(v, n);
    verify_shape(v, n);
}

/* ---- results ---- */
typedef void (*Visit)(const Verify *v, const Node *result, int *uses);

/* The nodes whose values are needed: simplify counts them as uses. */
static void visit_used(const Verify *v, Visit visit, int *uses)
{
    const Graph *g = v->g;
    for (int i = 0; i < g->reports.n; i++) visit(v, g->reports.at[i]->node, uses);
    for (int i = 0; i < g->sums.n; i++) visit(v, g->sums.at[i], uses);
    for (int i = 0; i < g->roots.n; i++)
        if (g->roots.at[i]->coefficient->when != WHEN_CONST)
            visit(v, g->roots.at[i]->coefficient, uses);
    for (int i = 0; i < g->states.n; i++) visit(v, g->states.at[i]->value, uses);
    for (int i = 0; i < g->gradients.n; i++) visit(v, g->gradients.at[i]->value, uses);
    for (int i = 0; i < g->outputs.n; i++) visit(v, g->outputs.at[i]->node, uses);
}

static void verify_result(const Verify *v, const Node *result, int *uses)
{
    (void)uses;
    must(v, NULL, is_of(v->g, result),
         "reports, sums, roots, states, contributions and outputs are nodes of the graph");
}

static void verify_results(const Verify *v)
{
    const Graph *g = v->g;
    visit_used(v, verify_result, NULL);
    for (int i = 0; i < g->checks.n; i++)
        must(v, NULL, is_of(g, g->checks.at[i]->sum), "a check's sum is a node of the graph");
    for (int i = 0; i < g->steps.n; i++)
        must(v, NULL, is_of(g, g->step ? g->minimize : g->steps.at[i]->minimize),
             "what is minimized is a node of the graph");
}

/* ---- parameters and noise ---- */
static void verify_params(const Verify *v)
{
    const Graph *g = v->g;
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        must(v, p->node, p->index == i, "a parameter's number is its place");
        must(v, p->node,
             is_of(g, p->node) && p->node->param == p && shape_same(&p->node->shape, &p->shape),
             "a parameter has a node of its shape");
        for (int k = 0; k < i; k++)
            must(v, p->node, strcmp(p->ident, g->params.at[k]->ident) != 0,
                 "no two parameters have one identifier");
    }
}

static void verify_noise(const Verify *v)
{
    VEC(const Node) all = { 0 };
    for (int i = 0; i < v->g->nodes.n; i++) {
        const Node *n = v->g->nodes.at[i];
        if (n->kind != K_NOISE || !n->path) continue;
        for (int k = 0; k < all.n; k++)
            must(v, n, strcmp(n->path, all.at[k]->path) != 0, "no two draws of noise have one key");
        vec_push(&all, n);
    }
}

static void verify_numbers(const Verify *v)
{
    for (int i = 0; i < v->g->nodes.n; i++)
        must(v, v->g->nodes.at[i], v->g->nodes.at[i]->id == i, "a node's number is its place");
}

void verify_all(const Verify *v)
{
    verify_numbers(v);
    for (int i = 0; i < v->g->nodes.n; i++) verify_node(v, v->g->nodes.at[i]);
    verify_results(v), verify_params(v), verify_noise(v);
}

/* ---- after simplify ---- */
static void count_result(const Verify *v, const Node *result, int *uses)
{
    must(v, result, !same_of(v->g, result), "no result has another node that stands for it");
    uses[result->id]++;
}

static void verify_uses(const Verify *v)
{
    const Graph *g = v->g;
    int *uses = NEW_ARRAY(int, g->nodes.n);
    visit_used(v, count_result, uses);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        for (int k = 0; k < n->nargs && is_live(g, n); k++) {
            must(v, n, !same_of(g, n->arg[k]), "no argument has another node that stands for it");
            must(v, n, is_predicted(g, n) || !is_predicted(g, n->arg[k]),
                 "what outputs alone need is read by that alone");
            uses[n->arg[k]->id]++;
        }
        if (n->next && is_live(g, n)) uses[n->next->id]++;
    }
    for (int i = 0; i < g->nodes.n; i++)
        must(v, g->nodes.at[i], uses_of(g, g->nodes.at[i]) == uses[i],
             "uses are the readers that count, and the results");
}

void verify_live(const Verify *v)
{
    verify_numbers(v);
    for (int i = 0; i < v->g->nodes.n; i++)
        if (is_live(v->g, v->g->nodes.at[i])) verify_node(v, v->g->nodes.at[i]);
    verify_results(v), verify_params(v), verify_noise(v), verify_uses(v);
}
