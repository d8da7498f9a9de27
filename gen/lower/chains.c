/* chains.c -- deterministic = "split": the bits do not depend on how a window is cut into
   micro-batches.

   1. Values of a sample never depend on other samples: every element is a chain of operations of
      its own.
   2. A gradient is one chain, too, over samples in order; each micro-step continues the gradient
      of the previous ones. For that, levels.c puts the batch outermost, and contract() with beta 2
      and column_text() begin with the gradient. So a chain must end in the gradient itself. A
      value that is summed over a micro-batch first and added afterwards is refused.
   3. Two chains into one gradient would take turns by micro-steps. They are refused as well. */
#include "lower/lower.h"

static bool is_chain(const Kernel *x) { return x->core && x->grad == x->core && !x->body.n; }

static void check_kernel(const Kernels *k, const Kernel *x)
{
    const Node *n = x->out;
    if (n->shape.batch || n->when != WHEN_MICRO || x->sum >= 0 || is_chain(x)) return;
    error_at(n->loc,
             "deterministic = \"split\": this value is summed over a micro-batch before it is %s, "
             "so its bits depend on micro_batch; leave deterministic out of train, or leave out "
             "the layer",
             x->adds_to ? "added to a gradient" : "used again");
    note_at(k->g->train.loc, "it was asked for here");
}

static void check_parameter(const Kernels *k, const Param *p)
{
    int writes = 0;
    for (int i = 0; i < k->micro.n; i++) writes += k->micro.at[i]->adds_to == p;
    if (writes < 2) return;
    error_at(p->loc,
             "deterministic = \"split\": parameter '%s' is used in %d places, whose gradients take "
             "turns by micro-steps, so its bits depend on micro_batch; use it once, or leave "
             "deterministic out of train",
             p->name, writes);
    note_at(k->g->train.loc, "it was asked for here");
}

void check_chains(const Kernels *k)
{
    if (!k->g->train.chains) return;
    if (!k->target->chains)
        error_at(k->g->train.loc, "train: deterministic = \"split\" is only for C: in CUDA, "
                                  "libraries choose the order of sums; leave it out here");
    for (int i = 0; i < k->micro.n; i++) check_kernel(k, k->micro.at[i]);
    for (int i = 0; i < k->g->params.n; i++) check_parameter(k, k->g->params.at[i]);
    stop_if_errors();
}
