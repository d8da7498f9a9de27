/* objective.c -- steps in turn: a graph for each, and the parts that their programs share.

   1. Each step goes through the stages with a graph of its own. It has the same forward nodes
      under the same numbers, and its own loss, parameters, optimizer and reports. Nodes that it
      does not need are dead.
   2. A report belongs to the step whose loss shares most nodes with it; of several, to the first.
   3. Kernels, buffers and sums are numbered on from one step to the next. A parameter has the
      layout that the first step which reads it wants. The parameters of a step are contiguous,
      since they are ordered by steps.
   4. Steps run one after another. They share the arena and the memory for values that are made
      from parameters.
   5. Steps may differ in accumulate, and so in the samples of their windows. Then each writes its
      number of samples into sums[], and reports divide by that.
   6. The last step computes the outputs, whichever step trains their parameters. */
#include <string.h>
#include "middle/middle.h"

/* ---- a step's graph ---- */
/* Rule 2. */
static int owner_of(const Graph *g, const Node *report)
{
    bool *mine = NEW_ARRAY(bool, g->nforward);
    int best = 0, most = -1;
    mark_reached(report, mine);
    for (int i = 0; i < g->steps.n; i++) {
        bool *its = NEW_ARRAY(bool, g->nforward);
        int shared = 0;
        mark_reached(g->steps.at[i]->minimize, its);
        for (int k = 0; k < g->nforward; k++) shared += mine[k] && its[k];
        if (shared > most) most = shared, best = i;
    }
    return best;
}

static void copy_params(Graph *to, const Graph *from, int step)
{
    memset(&to->params, 0, sizeof to->params);
    for (int i = 0; i < from->params.n; i++) {
        Param *p = NEW(Param);
        *p = *from->params.at[i];
        p->mine = p->trained && p->step == step;
        vec_push(&to->params, p);
    }
}

static void copy_nodes(Graph *to, const Graph *from)
{
    memset(&to->nodes, 0, sizeof to->nodes);
    memset(&to->found, 0, sizeof to->found);
    for (int i = 0; i < from->nforward; i++) {
        Node *n = NEW(Node);
        *n = *from->nodes.at[i];
        for (int k = 0; k < n->nargs; k++) n->arg[k] = to->nodes.at[n->arg[k]->id];
        if (n->param) n->param = to->params.at[n->param->index], n->param->node = n;
        vec_push(&to->nodes, n);
    }
    for (int i = 0; i < from->nforward; i++) {
        const Node *by = same_of(from, from->nodes.at[i]);
        Node *const n = to->nodes.at[i];
        if (n->next) n->next = to->nodes.at[n->next->id];
        if (by) set_same(to, to->nodes.at[i], to->nodes.at[by->id]);
    }
}

static void copy_reports(Graph *to, const Graph *from, int step)
{
    memset(&to->reports, 0, sizeof to->reports);
    for (int i = 0; i < from->reports.n; i++) {
        Report *r = NEW(Report);
        *r = *from->reports.at[i];
        if (owner_of(from, r->node) != step) continue;
        r->node = to->nodes.at[r->node->id];
        vec_push(&to->reports, r);
    }
}

static void copy_checks(Graph *to, const Graph *from, int step)
{
    memset(&to->checks, 0, sizeof to->checks);
    for (int i = 0; i < from->checks.n; i++) {
        Check *c = NEW(Check);
        *c = *from->checks.at[i];
        if (owner_of(from, c->of) != step) continue;
        c->sum = to->nodes.at[c->sum->id];
        vec_push(&to->checks, c);
    }
}

/* Rule 6. */
static void copy_outputs(Graph *to, const Graph *from, int step)
{
    memset(&to->outputs, 0, sizeof to->outputs);
    for (int i = 0; i < from->outputs.n && step == from->steps.n - 1; i++) {
        Output *o = NEW(Output);
        *o = *from->outputs.at[i];
        o->node = to->nodes.at[o->node->id];
        vec_push(&to->outputs, o);
    }
}

/* A state changes in the step that its layer belongs to, if that step's loss reads the layer's
   result. */
static void copy_states(Graph *to, const Graph *from, int step)
{
    bool *seen = NEW_ARRAY(bool, from->nforward);
    mark_reached(from->steps.at[step]->minimize, seen);
    memset(&to->states, 0, sizeof to->states);
    for (int i = 0; i < from->states.n; i++) {
        const Contribution *c = from->states.at[i];
        if (c->param->step != step || !seen[c->by->id]) continue;
        Contribution *d = NEW(Contribution);
        *d = (Contribution) { to->params.at[c->param->index], to->nodes.at[c->value->id], NULL };
        vec_push(&to->states, d);
    }
}

static Graph *copied(const Graph *from, int step)
{
    Graph *g = NEW(Graph);
    *g = *from;
    copy_params(g, from, step);
    copy_nodes(g, from);
    copy_reports(g, from, step);
    copy_checks(g, from, step);
    copy_outputs(g, from, step);
    copy_states(g, from, step);
    return g;
}

static void find_sums(Graph *g)
{
    bool *seen = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->reports.n; i++) mark_reached(g->reports.at[i]->node, seen);
    for (int i = 0; i < g->checks.n; i++) mark_reached(g->checks.at[i]->sum, seen);
    mark_reached(g->minimize, seen);
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        if (seen[i] && n->kind == K_REDUCE && n->when == WHEN_AFTER) vec_push(&g->sums, n);
    }
}

Graph *objective(const Graph *whole, const Whole *made)
{
    const int i = made->steps.n;
    const Program *before = i ? made->steps.at[i - 1] : NULL;
    Graph *g = copied(whole, i);
    g->step = whole->steps.at[i];
    g->train.batch = g->step->batch, g->train.accumulate = g->step->batch / g->train.micro_batch;
    g->before = before;
    g->names = before ? before->g->names : names_new();
    g->minimize = g->nodes.at[g->step->minimize->id];
    if (before) g->first_sum = first_penalty(before) + before->penalties.n;
    find_sums(g);
    return g;
}

/* ---- what the steps share ---- */
