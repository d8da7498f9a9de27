/* calendar.c -- the windows of a run, from the number of samples; the order of the rows. */
#include "schedule.h"
#include "philox.h"
#include <limits.h>

/* ---- places: a window's first sample, in closed form from where its span begins ---- */
/* windows of this many samples, and the samples in them */
static long gg_windows_in(const Calendar *calendar, long samples, long batch)
{
    return calendar->tail == 'd' ? samples / batch : (samples + batch - 1) / batch;
}

static long gg_read_in(const Calendar *calendar, long samples, long batch)
{
    return calendar->tail == 'd' ? samples / batch * batch : samples;
}

static Position gg_position_carried(const Calendar *calendar, const Span *s, long update)
{
    long n = calendar->samples, first = s->first + (update - s->update) * s->batch,
         left = calendar->total - first;
    long samples = left < s->batch ? left : s->batch, end = first + samples;
    return (Position) { first / n, first % n, first, samples, first / n != end / n };
}

Position gg_position(const Calendar *calendar, long update)
{
    const Span *s = calendar->span;
    while (s + 1 < calendar->span + calendar->spans && s[1].update <= update) s++;
    if (calendar->tail == 'c') return gg_position_carried(calendar, s, update);
    long n = calendar->samples, B = s->batch, E = gg_windows_in(calendar, n, B),
         here = gg_windows_in(calendar, n - s->at, B);
    long step = update - s->update, epoch = s->epoch, at = s->at, first = s->first;
    if (step >= here) {
        step -= here, epoch += 1 + step / E, at = 0;
        first += gg_read_in(calendar, n - s->at, B) + step / E * gg_read_in(calendar, n, B);
        step %= E, here = E;
    }
    at += step * B, first += step * B;
    return (Position) { epoch, at, first, n - at < B ? n - at : B, step == here - 1 };
}

/* updates, samples, tokens or epochs before the start of this update */
static long gg_gone(const Calendar *calendar, char unit, long update)
{
    if (unit == 'u') return update;
    Position position = gg_position(calendar, update);
    return unit == 's'   ? position.first
           : unit == 't' ? position.first * calendar->tokens
                         : position.epoch;
}

/* the first update from `update` on that starts after so many */
static long gg_first_update(const Calendar *calendar, char unit, long update, long gone)
{
    long least = update, most = update + 1;
    if (gg_gone(calendar, unit, update) >= gone) return update;
    while (gg_gone(calendar, unit, most) < gone) least = most, most += most - update;
    while (most - least > 1) {
        long middle = least + (most - least) / 2;
        if (gg_gone(calendar, unit, middle) < gone) least = middle;
        else most = middle;
    }
    return most;
}

/* Every span begins between two windows; false: one of them holds no window. */
static bool gg_calendar_spans(Calendar *calendar, const Schedule *of)
{
    calendar->spans = 1,
    calendar->span[0] = (Span) { .batch = of->nmilestones ? of->milestones[0].batch : of->round };
    calendar->E = gg_windows_in(calendar, calendar->samples, calendar->span[0].batch);
    for (int i = 1; calendar->E && i < of->nmilestones; i++) {
        const Milestone *to = &of->milestones[i];
        long update = gg_first_update(calendar, to->unit, calendar->span[i - 1].update, to->from);
        Position position = gg_position(calendar, update);
        calendar->span[calendar->spans++] =
            (Span) { update, position.epoch, position.at, position.first, to->batch };
        if (!gg_windows_in(calendar, calendar->samples, to->batch)) calendar->E = 0;
    }
    return calendar->E > 0;
}

Calendar gg_calendar(const Schedule *of, long samples, long epochs, long steps)
{
    Calendar calendar = { .tail = of->tail,
                          .samples = samples,
                          .tokens = of->tokens,
                          .batch = of->round,
                          .total = LONG_MAX };
    if (!gg_calendar_spans(&calendar, of)) {
        calendar.total = 0;
        return calendar;
    }
    const long B = calendar.span[0].batch;
    const bool carried = of->tail == 'c' && steps < 0;
    if (of->tail == 'd') calendar.unread = samples % B;
    calendar.T = steps >= 0 ? steps
                            : gg_first_update(&calendar, carried ? 's' : 'e', 0,
                                              carried ? epochs * samples : epochs);
    calendar.total = carried ? epochs * samples : gg_position(&calendar, calendar.T).first;
    calendar.last = of->tail == 'c'
                        ? calendar.T ? gg_position(&calendar, calendar.T - 1).samples : B
                    : of->tail == 's' && samples % B ? samples % B
                                                     : B;
    return calendar;
}

long gg_consumed(const Calendar *calendar, long update)
{
    return update < calendar->T ? gg_position(calendar, update).first : calendar->total;
}

static long gg_epochs_done(const Calendar *calendar, long update)
{
    if (calendar->tail == 'c') return gg_consumed(calendar, update) / calendar->samples;
    if (update == 0) return 0;
    Position position = gg_position(calendar, update - 1);
    return position.epoch + position.ends;
}

static long gg_done(const Calendar *calendar, char unit, long update)
{
    if (unit == 't') return gg_consumed(calendar, update) * calendar->tokens;
    return unit == 'u'   ? update
           : unit == 's' ? gg_consumed(calendar, update)
                         : gg_epochs_done(calendar, update);
}

bool gg_due(const Calendar *calendar, Interval i, long update)
{
    return update == calendar->T || gg_done(calendar, i.unit, update) / i.every >
                                        gg_done(calendar, i.unit, update - 1) / i.every;
}

/* Fisher and Yates, from the end; the numbers are Philox's at counter (position / 4, epoch). */
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

void gg_order_start(Order *o, const Calendar *calendar, const Rows *rows, bool shuffle,
                    uint64_t seed)
{
    bool carry = calendar->tail == 'c';
    long epochs = carry ? (calendar->batch + calendar->samples - 1) / calendar->samples : 1;
    *o = (Order) { .rows = rows, .group = -1, .epochs = epochs, .shuffle = shuffle, .seed = seed };
    if (!shuffle && !rows->list && epochs == 1) return;
    size_t places = (size_t)epochs * (size_t)rows->count;
    o->now = gg_alloc(places, sizeof *o->now);
    if (carry) o->next = gg_alloc(places, sizeof *o->next);
}

void gg_order_group(Order *o, long group)
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
