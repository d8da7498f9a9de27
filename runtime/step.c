/* step.c -- a round: the steps of a program in turn. A round's samples are cut into windows; a step takes the last of them, as
   many as its times, and all steps share the last one. A program of one step has rounds of one window. */
#include "runtime.h"

int gg_step_count(const Program *p)
{
    return p->nsteps ? p->nsteps : 1;
}

Step gg_step(const Program *p, int i)
{
    if (p->nsteps) return p->step[i];
    return (Step){ "", 1, p->window, p->gradient, p->update, p->lr, p->scalars };
}

long gg_round(const Program *p)
{
    return p->nsteps ? p->batch * p->times : p->batch;
}

long gg_last_window(const Program *p, long samples)
{
    return (samples - 1) % p->batch + 1;
}

static long gg_windows(const Program *p, int step, long samples)
{
    long windows = (samples + p->batch - 1) / p->batch, times = gg_step(p, step).times;
    return times < windows ? times : windows;
}

Turn gg_turn(const Program *p, long samples, long n)
{
    long windows = (samples + p->batch - 1) / p->batch;
    Turn t = { .n = n };
    long take = gg_windows(p, 0, samples);
    for (t.nth = n; t.nth >= take; take = gg_windows(p, ++t.step, samples)) t.nth -= take;
    t.from = (windows - take + t.nth) * p->batch;
    t.samples = samples - t.from < p->batch ? samples - t.from : p->batch;
    t.closes = t.nth == take - 1, t.last = t.closes && t.step == gg_step_count(p) - 1;
    return t;
}

long gg_taken(const Program *p, const Plan *plan, int step, long rounds)
{
    const long whole = gg_windows(p, step, plan->batch), tail = gg_windows(p, step, plan->last);
    const long tails = plan->tail == 'c' ? rounds == plan->T : rounds / plan->E;
    return rounds * whole - (rounds > 0 ? tails : 0) * (whole - tail);
}
