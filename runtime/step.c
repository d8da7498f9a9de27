/* step.c -- a round: the steps of a program in step_window.

   Each step cuts the round's samples into windows of its own batch, so that a whole round ends
   with a whole window. It takes the last of them, as many as its times. A short round has the
   existing parts of these windows. A program of one step has rounds of one window. */
#include "schedule.h"

long gg_last_window(const Schedule *of, long samples) { return (samples - 1) % of->batch + 1; }

/* samples that a step's first window lacks at the start of a round */
static long gg_lack(const Schedule *of, const Step *s)
{
    const long over = of->round % s->batch;
    return over ? s->batch - over : 0;
}

static long gg_windows(const Schedule *of, const Step *s, long samples)
{
    return (samples + gg_lack(of, s) + s->batch - 1) / s->batch;
}

static long gg_takes(const Schedule *of, int step, long samples)
{
    const Step *s = &of->steps[step];
    const long windows = gg_windows(of, s, samples);
    return s->times < windows ? s->times : windows;
}

StepWindow gg_step_window(const Schedule *of, long samples, long n)
{
    StepWindow t = { .n = n };
    long take = gg_takes(of, 0, samples);
    for (t.nth = n; t.nth >= take; take = gg_takes(of, ++t.step, samples)) t.nth -= take;
    const Step *s = &of->steps[t.step];
    const long first = (gg_windows(of, s, samples) - take + t.nth) * s->batch - gg_lack(of, s),
               end = first + s->batch;
    t.from = first > 0 ? first : 0;
    t.samples = (end < samples ? end : samples) - t.from;
    t.closes = t.nth == take - 1, t.last = t.closes && t.step == of->nsteps - 1;
    return t;
}

long gg_taken(const Schedule *of, const Calendar *calendar, int step, long rounds)
{
    const long whole = gg_takes(of, step, calendar->batch),
               tail = gg_takes(of, step, calendar->last);
    const long tails = calendar->tail == 'c' ? rounds == calendar->T : rounds / calendar->E;
    return rounds * whole - (rounds > 0 ? tails : 0) * (whole - tail);
}

double gg_epoch(const Schedule *of, const Calendar *calendar, int step)
{
    if (calendar->tail != 'c') return (double)gg_taken(of, calendar, step, calendar->E);
    return (double)calendar->samples / (double)calendar->span[0].batch *
           (double)gg_takes(of, step, calendar->batch);
}
