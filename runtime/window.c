/* window.c -- windows, evaluation and prediction of rows. */
#include "window.h"
#include "data.h"
#include "device.h"
#include "tensor.h"
#include "weights.h"

/* ---- the window ---- */
/* The step's update t, among those of the run. */
static Clock gg_clock(const Run *r, int step, long t)
{
    const Schedule *of = &r->p->schedule;
    const Calendar *calendar = &r->schedule.calendar;
    if (!calendar->E) return (Clock) { .t = t };
    return (Clock) { t, gg_taken(of, calendar, step, calendar->T), gg_epoch(of, calendar, step) };
}

/* Updates that the step has finished, including those of a round under way. */
static long gg_updates(const Run *r, int step)
{
    const Schedule *of = &r->p->schedule;
    const Progress *at = &r->schedule;
    long done = gg_taken(of, &at->calendar, step, at->update) - at->skipped[step];
    for (long n = 0; n < at->step_window.n; n++)
        done += gg_step_window(of, gg_position(&at->calendar, at->update).samples, n).step == step;
    return done;
}

static void gg_tell_time(Window *w, Clock now) { w->t = now.t, w->T = now.T, w->E = now.E; }

static void gg_fill(Run *r, long samples, long places, long base)
{
    const Program *p = r->p;
    Window *w = p->device.w;
    long full = (samples - 1) / p->schedule.micro_batch;
    memset(w, 0, sizeof *w);
    w->micros = (int)(full + 1), w->rows = (int)(samples - full * p->schedule.micro_batch),
    w->samples = samples;
    w->places = places, w->base = base;
    w->seed = r->schedule.seed;
    w->loss_scale = r->schedule.loss_scale;
    w->scale_out = 1, w->clip = 1, w->norm = -1;
}

static void gg_run_aim(Run *r, long update, const Position *position)
{
    Progress *at = &r->schedule;
    Order *order = &at->order;
    Window *w = r->p->device.w;
    const StepWindow step_window = at->step_window;
    const Step *s = &r->p->schedule.steps[step_window.step];
    const long samples = at->calendar.samples,
               taken = gg_taken(&r->p->schedule, &at->calendar, step_window.step, update) +
                       step_window.nth;
    gg_order_group(order, position->epoch / order->epochs);
    gg_fill(r, step_window.samples, order->epochs * samples, order->now ? 0 : r->data.train.from);
    w->first = position->first + step_window.from;
    w->at = position->epoch % order->epochs * samples + position->at + step_window.from;
    w->order = order->now, w->order_next = order->next;
    w->training = true;
    at->clock[step_window.step] =
        gg_clock(r, step_window.step, taken - at->skipped[step_window.step] + 1);
    gg_tell_time(w, at->clock[step_window.step]);
    memcpy(w->of, at->clock, sizeof w->of);
    w->lr = s->lr((double)w->t, (double)w->T, w->E);
    if (r->p->schedule.plateau.factor > 0) w->lr *= at->level.rate;
    at->lr[step_window.step] = w->lr;
    s->scalars(w);
    gg_augment(r);
    gg_rows_stage(r);
}

bool gg_run_voided(const Run *r)
{
    return r->p->schedule.nonfinite && !isfinite(r->p->device.w->norm);
}

/* Adapts a dynamic loss scale after a window; an empty window does not change it. */
static void gg_rescale(Run *r)
{
    Progress *at = &r->schedule;
    if (gg_run_voided(r)) at->loss_scale /= 2, at->finite = 0;
    else if (r->p->device.w->count != 0 && ++at->finite == r->p->schedule.scale_interval)
        at->loss_scale *= 2, at->finite = 0;
}

static bool gg_all_finite(const Program *p)
{
    const Model *m = &p->model;
    bool finite = true;
    for (int i = 0; i < m->nsums; i++) finite = finite && isfinite(p->device.sums[i]);
    for (long i = 0, n = m->trained ? m->trained : m->elements; i < n; i++)
        finite = finite && isfinite(gg_gradients(m)[i]);
    return finite;
}

/* Runs the window again with more and more micro-batches, until one makes something that is not
   finite. */
void gg_run_blame(Run *r, char *out, size_t room)
{
    const Program *p = r->p;
    Window *w = p->device.w;
    const Position position = gg_position(&r->schedule.calendar, r->schedule.update);
    r->schedule.step_window = gg_step_window(&p->schedule, position.samples, 0);
    const Step *s = &p->schedule.steps[r->schedule.step_window.step];
    gg_run_aim(r, r->schedule.update, &position);
    const int micros = w->micros, rows = w->rows;
    int k = 0;
    do {
        gg_run_aim(r, r->schedule.update, &position);
        w->rows = ++k == micros ? rows : (int)p->schedule.micro_batch;
        w->micros = k, w->samples = (k - 1) * p->schedule.micro_batch + w->rows;
        s->scalars(w);
        gg_team_call(r->device.team, s->gradient);
        r->device.fetched = false;
        gg_run_await(r), gg_run_fetch(r);
    } while (k < micros && gg_all_finite(p));
    snprintf(out, room,
             "update %ld: its gradient is not finite from micro-batch %d of %d on, samples %ld to "
             "%ld of the window",
             r->schedule.update + 1, k, micros, w->samples - w->rows + 1, w->samples);
}

bool gg_run_step(Run *r, long update, long n, bool whole)
{
    Progress *at = &r->schedule;
    const Position position = gg_position(&at->calendar, update);
    at->step_window = gg_step_window(&r->p->schedule, position.samples, n);
    if (n == 0) memset(at->missed, 0, sizeof at->missed);
    const Step *s = &r->p->schedule.steps[at->step_window.step];
    gg_run_aim(r, update, &position);
    r->sums.merged = false;
    gg_run_prepare(r);
    gg_team_call(r->device.team, whole ? s->window : s->gradient);
    r->device.fetched = false;
    return !at->step_window.last;
}

void gg_step_done(Run *r)
{
    const Program *p = r->p;
    const Window *w = p->device.w;
    Progress *at = &r->schedule;
    const StepWindow step_window = at->step_window;
    at->skipped[step_window.step] += w->count == 0, at->missed[step_window.step] += w->count == 0;
    at->norm[step_window.step] = w->norm;
    gg_noise_add(r, step_window.step);
    if (p->schedule.scale_interval) gg_rescale(r);
    for (int i = 0; step_window.closes && i < p->model.nsums; i++)
        r->sums.kept[i] = step_window.last ? 0 : p->device.sums[i];
}

void gg_run_done(Run *r)
{
    gg_step_done(r);
    r->schedule.step_window = (StepWindow) { 0 };
    r->schedule.update++;
}

void gg_run_update(Run *r)
{
    gg_run_prepare(r);
    gg_team_call(r->device.team, r->p->schedule.steps[r->schedule.step_window.step].update);
    r->device.fetched = false;
    if (r->p->schedule.nonfinite) gg_run_await(r);
    if (r->schedule.step_window.last) gg_run_done(r);
    else gg_step_done(r), r->schedule.step_window.n++;
}

/* The sums of n of the rows, from number `from` on. */
static void gg_evaluate_span(Run *r, const Rows *rows, long from, long n)
{
    const Program *p = r->p;
    gg_fill(r, n, n, rows->list ? 0 : rows->from + from);
    p->device.w->order = rows->list ? rows->list + from : NULL;
    p->device.w->first = from;
    for (int i = 0; i < p->schedule.nsteps; i++) {
        const long done = r->schedule.calendar.E ? gg_updates(r, i) : 0;
        p->device.w->of[i] = gg_clock(r, i, done > 0 ? done : 1);
    }
    gg_tell_time(p->device.w, p->device.w->of[0]);
    gg_rows_stage(r);
    gg_run_prepare(r);
    gg_team_call(r->device.team, p->device.evaluate);
    if (p->device.await) p->device.await();
}

/* Rows of a stream are copied, so a batch at a time. */
static void gg_evaluate_pieces(Run *r, const Rows *rows)
{
    const Program *p = r->p;
    const size_t bytes = (size_t)p->model.nsums * sizeof *r->staging.sums;
    const long most = p->schedule.batch;
    memset(r->staging.sums, 0, bytes);
    for (long from = 0; from < rows->count; from += most) {
        const long left = rows->count - from;
        gg_evaluate_span(r, rows, from, left < most ? left : most);
        for (int i = 0; i < p->model.nsums; i++) r->staging.sums[i] += p->device.sums[i];
    }
    memcpy(p->device.sums, r->staging.sums, bytes);
}

static void gg_evaluate_rows(Run *r, const Rows *rows, double *out)
{
    const Program *p = r->p;
    if (r->staging.rows) gg_table_bind(&r->data);
    gg_average_swap(r);
    if (r->data.tokens) gg_evaluate_pieces(r, rows);
    else gg_evaluate_span(r, rows, 0, rows->count);
    gg_average_swap(r);
    p->model.report(p->device.sums, (double)rows->count, out);
}

/* ---- computed ids ---- */
static const Check *gg_failed(const Program *p, bool predicting)
{
    for (int i = 0; i < p->model.nchecks; i++)
        if (p->device.sums[p->model.checks[i].sum] != 0 &&
            (p->model.checks[i].predicts || !predicting))
            return &p->model.checks[i];
    return NULL;
}

static bool gg_fails(Run *r, const Check *c, uint32_t *list, long n)
{
    gg_evaluate_rows(r, &(Rows) { 0, n, list }, r->sums.values);
    return r->p->device.sums[c->sum] != 0;
}

/* Evaluates fewer and fewer rows to find the fault. If none fails in evaluation, training
   computes other ids. */
static void gg_tell_beyond(Run *r, const Check *c, uint32_t *list, long n)
{
    long least = 0, most = n;
    const bool found = list && gg_fails(r, c, list, n);
    while (found && most - least > 1) {
        const long half = (least + most) / 2;
        if (gg_fails(r, c, list, half)) most = half;
        else least = half;
    }
    if (found)
        snprintf(r->sums.beyond, sizeof r->sums.beyond, "row %ld: %s", (long)list[most - 1],
                 c->what);
    else
        snprintf(r->sums.beyond, sizeof r->sums.beyond, "update %ld, one of %ld rows: %s",
                 r->schedule.update + 1, n, c->what);
    free(list);
}

bool gg_run_beyond(Run *r)
{
    const Window *w = r->p->device.w;
    const Check *c = gg_failed(r->p, false);
    const long n = w->samples;
    uint32_t *list = c && !r->staging.rows ? gg_alloc((size_t)n, sizeof *list) : NULL;
    for (long i = 0; list && i < n; i++) list[i] = (uint32_t)window_row(w, i);
    if (c) gg_tell_beyond(r, c, list, n);
    return c;
}

static void gg_rows_beyond(Run *r, const Rows *rows, bool predicting)
{
    const Check *c = gg_failed(r->p, predicting);
    uint32_t *list = c ? gg_alloc((size_t)rows->count, sizeof *list) : NULL;
    for (long i = 0; c && i < rows->count; i++)
        list[i] = rows->list ? rows->list[i] : (uint32_t)(rows->from + i);
    if (c) gg_tell_beyond(r, c, list, rows->count);
}

/* Saves and restores the window and its sums for a window that waits for its update. A device
   keeps its own copies of both. */
bool gg_run_evaluate(Run *r, const Rows *rows, double *out)
{
    const Program *p = r->p;
    const Window w = *p->device.w;
    if (!rows->count) return false;
    memcpy(r->sums.aside, p->device.sums, (size_t)p->model.nsums * sizeof *r->sums.aside);
    gg_evaluate_rows(r, rows, out);
    gg_rows_beyond(r, rows, false);
    memcpy(p->device.sums, r->sums.aside, (size_t)p->model.nsums * sizeof *r->sums.aside);
    *p->device.w = w;
    return true;
}

/* The sums of a prediction's rows; outputs alone have none. */
static void gg_predict_ids(Run *r, long from, long n)
{
    const Rows rows = { from, n, NULL };
    gg_evaluate_rows(r, &rows, r->sums.values);
    gg_rows_beyond(r, &rows, true);
    if (*r->sums.beyond) gg_fail(GG_DATA, "%s", r->sums.beyond);
}

static void gg_run_filled(Run *r)
{
    gg_tell_time(r->p->device.w, gg_clock(r, 0, 1));
    gg_run_prepare(r);
    gg_team_call(r->device.team, r->p->device.predict);
    gg_run_await(r);
}

void gg_run_predict(Run *r, long from, long n)
{
    if (r->p->model.nchecks) gg_predict_ids(r, from, n);
    Window *w = r->p->device.w;
    gg_fill(r, n, r->data.rows, 0);
    w->at = w->first = from;
    gg_rows_stage(r);
    gg_run_filled(r);
}

void gg_run_outputs(Run *r, long n)
{
    gg_fill(r, n, n, 0);
    gg_run_filled(r);
}
