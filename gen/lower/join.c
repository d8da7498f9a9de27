/* join.c -- the parts that the programs of all steps share.

   1. All steps have a parameter at one position.
   2. Steps run one after another. They share the arena and the memory for values that are made
      from parameters. */
#include <string.h>
#include "lower/lower.h"

static void most(long *so_far, long x)
{
    if (x > *so_far) *so_far = x;
}

static void add_states(Whole *all, const Optimizer *o)
{
    for (int i = 0, at; i < o->nstates; i++) {
        for (at = 0; at < all->nstates && strcmp(all->state[at], o->state[i]);) at++;
        if (at < all->nstates) continue;
        if (at == STATES) {
            error_at(o->loc,
                     "optim.%s: the optimizers of all steps keep more than %d arrays of states",
                     o->name, STATES);
            return;
        }
        all->state[all->nstates++] = o->state[i];
    }
}

/* Rule 1. */
static void agree(const Whole *all)
{
    const Kernels *last = all->steps.at[all->steps.n - 1]->k;
    for (int s = 0; s < all->steps.n; s++) {
        Kernels *k = all->steps.at[s]->k;
        for (int i = 0; i < k->params.n; i++) {
            const Buffer *b = last->params.at[i];
            k->params.at[i]->layout = k->gradients.at[i]->layout = b->layout;
            k->params.at[i]->offset = k->gradients.at[i]->offset = b->offset;
        }
        k->elements = last->elements, k->trained = last->trained;
    }
}

/* The ranges of the flat arrays that the step and its groups train. */
static void find_ranges(Program *s)
{
    Kernels *k = s->k;
    for (int i = 0; i < k->params.n; i++) {
        const Buffer *b = k->params.at[i];
        if (!b->param->mine) continue;
        Optimizer *o = s->g->step->groups.at[b->param->group];
        if (o->to == 0) o->from = b->offset;
        o->to = b->offset + b->layout.size;
    }
    k->from = s->g->step->groups.at[0]->from,
    k->to = s->g->step->groups.at[s->g->step->groups.n - 1]->to;
}

/* head_pieces was stated for nothing. */
static void warn_of_heads(const Whole *all)
{
    const Train *t = &all->steps.at[0]->g->train;
    int heads = 0;
    for (int i = 0; i < all->steps.n; i++) heads += all->steps.at[i]->g->heads.n;
    if (t->head_pieces > 1 && !heads)
        warn_at(t->loc,
                "train: head_pieces = %ld cuts nothing: no product has rows within a sample that "
                "stay apart up to the loss%s; leave it out",
                t->head_pieces, t->chains ? ", or deterministic = \"split\" keeps it whole" : "");
}

void join(Whole *all)
{
    Program *const *steps = all->steps.at;
    const int n = all->steps.n;
    for (int i = 0; i < n; i++) {
        Program *s = steps[i];
        s->all = all;
        most(&all->arena, s->p->arena), most(&all->bound, s->p->bound),
            most(&all->packed, s->p->packed);
        all->nsums = first_penalty(s) + s->penalties.n;
        add_states(all, &s->g->step->optimizer);
    }
    all->in_place = steps[0]->g->step->optimizer.in_place;
    if (steps[0]->g->train.ema > 0)
        add_states(all, &(Optimizer) { .name = "ema", .nstates = 1, .state = { "ema" } });
    agree(all);
    for (int i = 0; i < n; i++) find_ranges(steps[i]);
    warn_of_heads(all);
}
