/* verify.c -- rules of a model's graph after read_model, and after check.

   After read_model the rules of every graph hold (ir/verify_graph.c). The batch is micro-batches
   times their rows. Columns are in order. Each step has a loss and groups of parameters. No node
   was made for gradients.

   After check, too, a loss is one number of a window, a trained parameter belongs to an existing
   step, and all nodes are forward ones. */
#include "front/front.h"
#include "ir/verify_graph.h"

static void verify_model(const Verify *v)
{
    const Graph *g = v->g;
    verify_all(v);
    must(v, NULL, g->train.batch == g->train.micro_batch * g->train.accumulate,
         "a batch is its micro-batches");
    must(v, NULL, g->steps.n > 0, "there is a step");
    for (int i = 0; i < g->data.columns.n; i++)
        must(v, NULL, g->data.columns.at[i]->index == i, "a column's number is its place");
    for (int i = 0; i < g->nodes.n; i++)
        must(v, g->nodes.at[i], !g->nodes.at[i]->backward, "a model has forward nodes alone");
    must(v, NULL, !g->roots.n && !g->gradients.n, "a model has forward nodes alone");
}

void verify_read_model(const Graph *g) { verify_model(&(Verify) { "read_model", g }); }

void verify_check(const Graph *g)
{
    const Verify v = { "check", g };
    verify_model(&v);
    must(&v, NULL, g->nforward == g->nodes.n, "all nodes are forward ones");
    for (int i = 0; i < g->steps.n; i++) {
        const Node *j = g->steps.at[i]->minimize;
        must(&v, j, !j->shape.rank && (j->when == WHEN_AFTER || j->when == WHEN_WINDOW),
             "a loss is one number of a window");
    }
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        must(&v, p->node, !p->trained || (p->step >= 0 && p->step < g->steps.n),
             "a trained parameter has a step");
    }
}
