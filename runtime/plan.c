/* plan.c -- the windows of a run as a function of the number of samples; the order of the rows. */
#include "schedule.h"
#include "philox.h"
#include <limits.h>

/* ---- places: a window's first sample, in closed form from where its span begins ---- */
/* windows of this many samples, and the samples in them */
static long gg_windows_in(const Plan *plan, long samples, long batch)
{
    return plan->tail == 'd' ? samples / batch : (samples + batch - 1) / batch;
}

static long gg_read_in(const Plan *plan, long samples, long batch)
{
    return plan->tail == 'd' ? samples / batch * batch : samples;
}

static Place gg_place_carried(const Plan *plan, const Span *s, long update)
{
    long n = plan->samples, first = s->first + (update - s->update) * s->batch,
         left = plan->total - first;
    long samples = left < s->batch ? left : s->batch, end = first + samples;
    return (Place) { first / n, first % n, first, samples, first / n != end / n };
}

Place gg_place(const Plan *plan, long update)
{
    const Span *s = plan->span;
    while (s + 1 < plan->span + plan->spans && s[1].update <= update) s++;
    if (plan->tail == 'c') return gg_place_carried(plan, s, update);
    long n = plan->samples, B = s->batch, E = gg_windows_in(plan, n, B),
         here = gg_windows_in(plan, n - s->at, B);
    long step = update - s->update, epoch = s->epoch, at = s->at, first = s->first;
    if (step >= here) {
        step -= here, epoch += 1 + step / E, at = 0;
        first += gg_read_in(plan, n - s->at, B) + step / E * gg_read_in(plan, n, B);
        step %= E, here = E;
    }
    at += step * B, first += step * B;
    return (Place) { epoch, at, first, n - at < B ? n - at : B, step == here - 1 };
}

/* updates, samples, tokens or epochs before the start of this update */
static long gg_gone(const Plan *plan, char unit, long update)
{
    if (unit == 'u') return update;
    Place place = gg_place(plan, update);
    return unit == 's' ? place.first : unit == 't' ? place.first * plan->tokens : place.epoch;
}

/* the first update from `update` on that starts after so many */
static long gg_first_update(const Plan *plan, char unit, long update, long gone)
{
    long least = update, most = update + 1;
    if (gg_gone(plan, unit, update) >= gone) return update;
    while (gg_gone(plan, unit, most) < gone) least = most, most += most - update;
    while (most - least > 1) {
        long middle = least + (most - least) / 2;
        if (gg_gone(plan, unit, middle) < gone) least = middle;
        else most = middle;
    }
    return most;
}

/* Every span begins between two windows; false: one of them holds no window. */
static bool gg_plan_spans(Plan *plan, const Schedule *of)
{
    plan->spans = 1,
    plan->span[0] = (Span) { .batch = of->nmilestones ? of->milestones[0].batch : of->round };
    plan->E = gg_windows_in(plan, plan->samples, plan->span[0].batch);
    for (int i = 1; plan->E && i < of->nmilestones; i++) {
        const Milestone *to = &of->milestones[i];
        long update = gg_first_update(plan, to->unit, plan->span[i - 1].update, to->from);
        Place place = gg_place(plan, update);
        plan->span[plan->spans++] =
            (Span) { update, place.epoch, place.at, place.first, to->batch };
        if (!gg_windows_in(plan, plan->samples, to->batch)) plan->E = 0;
    }
    return plan->E > 0;
}

Plan gg_plan(const Schedule *of, long samples, long epochs, long steps)
{
    Plan plan = { .tail = of->tail,
                  .samples = samples,
                  .tokens = of->tokens,
                  .batch = of->round,
                  .total = LONG_MAX };
    if (!gg_plan_spans(&plan, of)) {
        plan.total = 0;
        return plan;
    }
    const long B = plan.span[0].batch;
    const bool carried = of->tail == 'c' && steps < 0;
    if (of->tail == 'd') plan.unread = samples % B;
    plan.T = steps >= 0 ? steps
                        : gg_first_update(&plan, carried ? 's' : 'e', 0,
                                          carried ? epochs * samples : epochs);
    plan.total = carried ? epochs * samples : gg_place(&plan, plan.T).first;
    plan.last = of->tail == 'c'                  ? plan.T ? gg_place(&plan, plan.T - 1).samples : B
                : of->tail == 's' && samples % B ? samples % B
                                                 : B;
    return plan;
}

long gg_consumed(const Plan *plan, long update)
{
    return update < plan->T ? gg_place(plan, update).first : plan->total;
}

static long gg_epochs_done(const Plan *plan, long update)
{
    if (plan->tail == 'c') return gg_consumed(plan, update) / plan->samples;
    if (update == 0) return 0;
    Place place = gg_place(plan, update - 1);
    return place.epoch + place.ends;
}

static long gg_done(const Plan *plan, char unit, long update)
{
    if (unit == 't') return gg_consumed(plan, update) * plan->tokens;
    return unit == 'u'   ? update
           : unit == 's' ? gg_consumed(plan, update)
                         : gg_epochs_done(plan, update);
}

bool gg_due(const Plan *plan, Interval i, long update)
{
    return update == plan->T ||
           gg_done(plan, i.unit, update) / i.every > gg_done(plan, i.unit, update - 1) / i.every;
}

/* Fisher and Yates, from the end; the numbers are Philox's at counter (place / 4, epoch). */
void gg_permute(uint32_t *out, long n, uint64_t seed, long epoch)
{
    uint32_t c[4] = { 0 };
    for (long i = 0; i < n; i++) out[i] = (uint32_t)i;
    for (long i = n - 1; i > 0; i--) {
        if (i % 4 == 3 || i == n - 1) {
            c[0] = (uint32_t)(i / 4), c[1] = 0x6f726472u;
            c[2] = (uint32_t)epoch, c[3] = (uint32_t)((uint64_t)epoch >> 32);
            philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
        }
        long j = (long)((uint64_t)c[i % 4] * (uint64_t)(i + 1) >> 32);
        uint32_t row = out[i];
        out[i] = out[j], out[j] = row;
    }
}

static void gg_order_fill(const Order *o, uint32_t *out, long group)
{
    long n = o->rows->count;
    for (long e = 0; e < o->epochs; e++, out += n) {
        if (o->shuffle) gg_permute(out, n, o->seed, group * o->epochs + e);
        else
            for (long i = 0; i < n; i++) out[i] = (uint32_t)i;
        if (o->rows->list)
            for (long i = 0; i < n; i++) out[i] = o->rows->list[out[i]];
    }
}

void gg_order_start(Order *o, const Plan *plan, const Rows *rows, bool shuffle, uint64_t seed)
{
    bool carry = plan->tail == 'c';
    long epochs = carry ? (plan->batch + plan->samples - 1) / plan->samples : 1;
    *o = (Order) { .rows = rows, .group = -1, .epochs = epochs, .shuffle = shuffle, .seed = seed };
    if (!shuffle && !rows->list && epochs == 1) return;
    size_t places = (size_t)epochs * (size_t)rows->count;
    o->now = gg_alloc(places, sizeof *o->now);
    if (carry) o->next = gg_alloc(places, sizeof *o->next);
}

void gg_order_turn(Order *o, long group)
{
    if (!o->now || group == o->group) return;
    if (o->next && o->group >= 0 && group == o->group + 1) {
        uint32_t *now = o->now;
        o->now = o->next, o->next = now;
    } else gg_order_fill(o, o->now, group);
    if (o->next) gg_order_fill(o, o->next, group + 1);
    o->group = group;
}

void gg_order_free(Order *o)
{
    free(o->now), free(o->next);
    o->now = o->next = NULL;
}
