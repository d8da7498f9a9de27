/* step.c -- a round: the steps of a program in turn. Each cuts the round's samples into windows of its own batch, so that a whole
   round ends with a whole window, and takes the last of them, as many as its times; a short round has what there is of these
   windows. A program of one step has rounds of one window. */
#include "schedule.h"

int gg_step_count(const Program *p)
{
    return p->nsteps ? p->nsteps : 1;
}

Step gg_step(const Program *p, int i)
{
    if (p->nsteps) return p->step[i];
    return (Step){ "", 1, p->batch, p->window, p->gradient, p->update, p->lr, p->scalars };
}

long gg_round(const Program *p)
{
    return p->nsteps ? p->round : p->batch;
}

long gg_last_window(const Program *p, long samples)
{
    return (samples - 1) % p->batch + 1;
}

/* samples that a step's first window lacks at the start of a round */
static long gg_lack(const Program *p, const Step *s)
{
    const long over = gg_round(p) % s->batch;
    return over ? s->batch - over : 0;
}

static long gg_windows(const Program *p, const Step *s, long samples)
{
    return (samples + gg_lack(p, s) + s->batch - 1) / s->batch;
}

static long gg_takes(const Program *p, int step, long samples)
{
    const Step s = gg_step(p, step);
    const long windows = gg_windows(p, &s, samples);
    return s.times < windows ? s.times : windows;
}

Turn gg_turn(const Program *p, long samples, long n)
{
    Turn t = { .n = n };
    long take = gg_takes(p, 0, samples);
    for (t.nth = n; t.nth >= take; take = gg_takes(p, ++t.step, samples)) t.nth -= take;
    const Step s = gg_step(p, t.step);
    const long first = (gg_windows(p, &s, samples) - take + t.nth) * s.batch - gg_lack(p, &s), end = first + s.batch;
    t.from = first > 0 ? first : 0;
    t.samples = (end < samples ? end : samples) - t.from;
    t.closes = t.nth == take - 1, t.last = t.closes && t.step == gg_step_count(p) - 1;
    return t;
}

long gg_taken(const Program *p, const Plan *plan, int step, long rounds)
{
    const long whole = gg_takes(p, step, plan->batch), tail = gg_takes(p, step, plan->last);
    const long tails = plan->tail == 'c' ? rounds == plan->T : rounds / plan->E;
    return rounds * whole - (rounds > 0 ? tails : 0) * (whole - tail);
}

double gg_epoch(const Program *p, const Plan *plan, int step)
{
    if (plan->tail != 'c') return (double)gg_taken(p, plan, step, plan->E);
    return (double)plan->samples / (double)plan->span[0].batch * (double)gg_takes(p, step, plan->batch);
}
