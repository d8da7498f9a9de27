/* plan.c -- the windows of a run as a function of the number of samples; the order of the rows. */
#include "runtime.h"

static Plan gg_plan_epochs(const Program *p, long n)
{
    long B = gg_round(p), whole = n / B, rest = n % B;
    Plan plan = { .tail = p->tail, .samples = n, .batch = B, .E = whole + (rest > 0), .last = rest ? rest : B };
    if (p->tail == 'd') plan.E = whole, plan.last = B, plan.unread = rest;
    return plan;
}

Plan gg_plan(const Program *p, long samples, long epochs, long steps)
{
    Plan plan = gg_plan_epochs(p, samples);
    long carried = epochs * samples;
    if (!plan.E) return plan;
    if (p->tail != 'c') {
        plan.T = steps >= 0 ? steps : epochs * plan.E;
        long left = plan.T % plan.E;
        plan.total = plan.T / plan.E * (samples - plan.unread) + left * plan.batch;
        return plan;
    }
    plan.total = steps >= 0 ? steps * plan.batch : carried;
    plan.T = (plan.total + plan.batch - 1) / plan.batch;
    plan.last = plan.total % plan.batch ? plan.total % plan.batch : plan.batch;
    return plan;
}

static Place gg_place_carried(const Plan *plan, long update)
{
    long n = plan->samples, first = update * plan->batch, left = plan->total - first;
    long samples = left < plan->batch ? left : plan->batch, end = first + samples;
    return (Place){ first / n, first % n, first, samples, first / n != end / n };
}

Place gg_place(const Plan *plan, long update)
{
    if (plan->tail == 'c') return gg_place_carried(plan, update);
    long epoch = update / plan->E, step = update % plan->E, read = plan->samples - plan->unread;
    bool ends = step == plan->E - 1;
    long at = step * plan->batch, samples = ends ? plan->last : plan->batch;
    return (Place){ epoch, at, epoch * read + at, samples, ends };
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
        else for (long i = 0; i < n; i++) out[i] = (uint32_t)i;
        if (o->rows->list) for (long i = 0; i < n; i++) out[i] = o->rows->list[out[i]];
    }
}

void gg_order_start(Order *o, const Program *p, const Plan *plan, const Rows *rows, uint64_t seed)
{
    bool carry = p->tail == 'c';
    long epochs = carry ? (plan->batch + plan->samples - 1) / plan->samples : 1;
    *o = (Order){ .rows = rows, .group = -1, .epochs = epochs, .shuffle = p->shuffle, .seed = seed };
    if (!p->shuffle && !rows->list && epochs == 1) return;
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
    } else
        gg_order_fill(o, o->now, group);
    if (o->next) gg_order_fill(o, o->next, group + 1);
    o->group = group;
}

void gg_order_free(Order *o)
{
    free(o->now), free(o->next);
    o->now = o->next = NULL;
}
