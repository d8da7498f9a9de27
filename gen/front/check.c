/* check.c -- refuses models in which a window has no meaning.

   1. A value that depends on a sum over the batch is a scalar: it exists once a window, after all
      micro-batches.
   2. The loss is a linear combination of such sums. differentiate() checks this and prints the
      error.
   3. A parameter that its step's loss does not reach would never be trained, so it is an error. */
#include "front/front.h"

static void check_scalar(const Node *n)
{
    if (n->when == WHEN_AFTER && n->shape.rank > 0)
        error_at(n->loc,
                 "this mixes samples: a sum over the batch meets a tensor %s, but the program "
                 "sees one micro-batch at a time; reduce over the sample's own axes, or keep the "
                 "sum for the loss or a report",
                 shape_text(&n->shape));
}

/* n depends on its argument i, and is not detached from it. */
static bool depends(const Node *n, int i)
{
    (void)i;
    return !has_role(n, "detach");
}

/* A gradient reaches argument i of n: nothing on the way detaches it, compares or rounds. */
static bool passes_on(const Node *n, int i)
{
    if (n->kind == K_MAP || n->kind == K_REDUCE)
        return n->op->has_grad || (n->kind == K_MAP && n->op->grad[i]);
    return depends(n, i);
}

static void reach(Node *n, char *seen, bool (*by)(const Node *, int))
{
    if (seen[n->id]) return;
    seen[n->id] = 1;
    for (int i = 0; i < n->nargs; i++)
        if (by(n, i)) reach(n->arg[i], seen, by);
    if (n->next) reach(n->next, seen, by);
}

/* The loss reads at least one trained parameter. */
static void check_gradient(const Graph *g, int step, const char *in_loss)
{
    const Node *j = g->steps.at[step]->minimize;
    char *seen = mem_alloc((size_t)g->nodes.n);
    reach((Node *)j, seen, passes_on);
    bool any = false, gets = false;
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        if (p->trained && p->step == step && p->node && in_loss[p->node->id])
            any = true, gets |= seen[p->node->id];
    }
    if (any && !gets)
        error_at(j->loc, "minimize: no gradient reaches a parameter: comparisons, rounding and "
                         "argmax are not differentiable");
}

static void check_loss(const Node *j)
{
    if (j->shape.rank > 0 || (j->when != WHEN_AFTER && j->when != WHEN_WINDOW))
        error_at(j->loc, "minimize: expected a scalar made of sums or means over the batch, got %s",
                 shape_text(&j->shape));
}

/* Reports parameters of this step that its loss does not reach. */
static void check_parameters(const Graph *g, int step, const char *seen)
{
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        if (!p->trained || p->step != step || (p->node && seen[p->node->id])) continue;
        const char *of = g->steps.n == 1 ? "" : text(" of step '%s'", g->steps.at[step]->name);
        error_at(p->loc,
                 "parameter '%s' does not reach the loss%s, so nothing trains it: leave it out, or "
                 "freeze it, "
                 "rules = { { who, freeze = true } }",
                 p->name, of);
    }
}

/* An output is no value of a step. */
static void check_output(const Graph *g, const Output *o)
{
    if (!o->node->loop) return;
    error_at(g->train.loc,
             "train: predict: '%s' is a tensor of a step of fn.scan: the step returns "
             "what is needed later",
             o->name);
    note_at(o->node->loop->loc, "the scan stands here");
}

void check(Graph *g)
{
    bool *seen = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->reports.n; i++) mark_reached(g->reports.at[i]->node, seen);
    for (int i = 0; i < g->steps.n; i++) mark_reached(g->steps.at[i]->minimize, seen);
    for (int i = 0; i < g->nodes.n; i++)
        if (seen[i]) check_scalar(g->nodes.at[i]);
    for (int i = 0; i < g->steps.n; i++) {
        char *in_loss = mem_alloc((size_t)g->nodes.n);
        reach(g->steps.at[i]->minimize, in_loss, depends);
        check_loss(g->steps.at[i]->minimize);
        check_parameters(g, i, in_loss);
        check_gradient(g, i, in_loss);
    }
    for (int i = 0; i < g->outputs.n; i++) check_output(g, g->outputs.at[i]);
    g->nforward = g->nodes.n;
}
