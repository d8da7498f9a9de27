/* verify.c -- rules of a step's graph after each stage of middle/. The rules of every graph are in
   ir/verify_graph.c.

   After objective: the loss is the step's own, and all nodes are forward ones. Each sum over the
   batch appears once, and the parameters are those that this step trains.

   After differentiate: a node made for gradients names its forward node. Roots are numbered in
   order. A contribution has the shape of its parameter, which this step trains. (differentiate
   itself checks that an adjoint has its node's shape.)

   After simplify: live nodes have readers, no view could skip another view, and no permuted
   operand is left. Nodes that training needs are not marked as the outputs'. No two nodes are
   equal (has_equal, simplify.c).

   After recompute: a rematerialised node has the op, shape and attributes of the first one, comes
   after it, and reads the same values.

   After order: forward comes before backward, or terms run in turn.

   After pieces: training reads pieces alone of logits that are cut. */
#include <string.h>
#include "ir/verify_graph.h"
#include "middle/middle.h"

/* ---- objective ---- */
void verify_objective(const Graph *g)
{
    const Verify v = { "objective", g };
    verify_all(&v);
    must(&v, NULL, g->step && g->nforward == g->nodes.n && !g->roots.n && !g->gradients.n,
         "a step has forward nodes alone");
    for (int i = 0; i < g->sums.n; i++) {
        must(&v, g->sums.at[i],
             g->sums.at[i]->kind == K_REDUCE && g->sums.at[i]->when == WHEN_AFTER,
             "a sum is one over the batch");
        must(&v, g->sums.at[i], !i || g->sums.at[i - 1]->id < g->sums.at[i]->id,
             "a sum stands there once, in the order of nodes");
    }
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        must(&v, p->node, p->mine == (p->trained && g->steps.at[p->step] == g->step),
             "a step has the parameters that it trains");
    }
}

/* ---- differentiate ---- */
static void verify_gradients(const Verify *v)
{
    const Graph *g = v->g;
    for (int i = 0; i < g->roots.n; i++)
        must(v, g->roots.at[i]->node,
             g->roots.at[i]->node->kind == K_ROOT && (int)g->roots.at[i]->node->value == i,
             "roots are numbered in order");
    for (int i = 0; i < g->gradients.n; i++) {
        const Contribution *c = g->gradients.at[i];
        must(v, c->value, c->param->mine, "a contribution is to a parameter that the step trains");
        must(v, c->value, shape_same(&c->value->shape, &c->param->shape),
             "a contribution has its parameter's shape");
    }
}

void verify_differentiate(const Graph *g)
{
    const Verify v = { "differentiate", g };
    verify_all(&v);
    verify_gradients(&v);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        must(&v, n, n->backward == (n->of != NULL) && (i >= g->nforward || !n->backward),
             "what is made for gradients says of which forward node it is");
        must(&v, n, !n->of || n->of->id < g->nforward,
             "what is made for gradients says of which forward node it is");
    }
}

/* ---- simplify ---- */
static void verify_merged(const Verify *v, const Node *n)
{
    const bool again = has_role(n, "reshape") && has_role(n->arg[0], "reshape");
    must(v, n, !again && !has_role(n, "detach"), "a view is of no view that it could skip");
    for (int i = 0; i < n->nargs && n->kind == K_MATMUL; i++)
        must(v, n, !has_role(n->arg[i], "permute"),
             "labels have absorbed what permutes an operand");
}

/* Nodes that training needs are not the outputs'; other live nodes are. */
static void verify_predicted(const Verify *v)
{
    const Graph *g = v->g;
    bool *needed = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->reports.n; i++) mark_reached(g->reports.at[i]->node, needed);
    for (int i = 0; i < g->sums.n; i++) mark_reached(g->sums.at[i], needed);
    for (int i = 0; i < g->roots.n; i++)
        if (g->roots.at[i]->coefficient->when != WHEN_CONST)
            mark_reached(g->roots.at[i]->coefficient, needed);
    for (int i = 0; i < g->states.n; i++) mark_reached(g->states.at[i]->value, needed);
    for (int i = 0; i < g->gradients.n; i++) mark_reached(g->gradients.at[i]->value, needed);
    reach_loops(g, needed);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (is_live(g, n))
            must(v, n, is_predicted(g, n) == !needed[i],
                 "what outputs alone need is marked as theirs, and nothing else");
    }
}

/* Rules that hold after simplify and after all later stages. */
static void verify_simple(const Verify *v)
{
    verify_live(v);
    verify_gradients(v);
    verify_predicted(v);
    for (int i = 0; i < v->g->nodes.n; i++)
        if (is_live(v->g, v->g->nodes.at[i])) verify_merged(v, v->g->nodes.at[i]);
}

void verify_simplify(const Graph *g)
{
    const Verify v = { "simplify", g };
    verify_simple(&v);
    for (int i = 0; i < g->nodes.n; i++)
        must(&v, g->nodes.at[i], !is_live(g, g->nodes.at[i]) || !has_equal(g, g->nodes.at[i]),
             "no two nodes are equal");
}

/* ---- recompute ---- */
static void verify_again(const Verify *v, const Node *n)
{
    const Node *first = first_of(v->g, n);
    must(v, n, n->backward && !first->backward && first->id < n->id,
         "a value is rematerialised for gradients, after the first one");
    must(v, n,
         n->op == first->op && n->axes == first->axes && shape_same(&n->shape, &first->shape) &&
             !memcmp(n->attr, first->attr, sizeof n->attr),
         "a value rematerialised has the first one's op and shape");
    for (int i = 0; i < n->nargs; i++)
        must(v, n, n->arg[i] == first->arg[i] || first_of(v->g, n->arg[i]) == first->arg[i],
             "a value rematerialised reads the same values");
}

static void verify_values(const Verify *v)
{
    verify_simple(v);
    for (int i = 0; i < v->g->nodes.n; i++) {
        const Node *n = v->g->nodes.at[i];
        must(v, n, !first_of(v->g, n) || v->g->train.recompute_level > 0,
             "values are rematerialised where that is asked for");
        if (first_of(v->g, n)) verify_again(v, n);
    }
}

void verify_recompute(const Graph *g) { verify_values(&(Verify) { "recompute", g }); }

/* ---- order ---- */
void verify_order(const Graph *g)
{
    const Verify v = { "order", g };
    const Node *root = NULL;
    bool backward = false;
    verify_values(&v);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!is_live(g, n)) continue;
        must(&v, n, g->in_turn || !backward || n->backward || n->kind < K_MAP,
             "forward comes before backward where terms do not take turns");
        must(&v, n, !g->in_turn || n->kind != K_ROOT || !root || n->value < root->value,
             "terms in turn stand in the order of their roots");
        backward |= n->backward && n->kind >= K_MAP;
        if (n->kind == K_ROOT) root = n;
    }
}

/* ---- pieces ---- */
void verify_pieces(const Graph *g)
{
    const Verify v = { "pieces", g };
    verify_simple(&v);
    for (int h = 0; h < g->heads.n; h++)
        must(&v, g->heads.at[h]->product,
             !is_live(g, g->heads.at[h]->product) || is_predicted(g, g->heads.at[h]->product),
             "training reads pieces alone of logits that are cut");
}
