/* library.c -- the calls of library.h over a run. */
#include "base.h"
#include "library.h"
#include "device.h"
#include "start.h"
#include "tensor.h"
#include "weights.h"
#include "window.h"

typedef struct Opened {
    Run run;
    const Program *p;
    struct Opened *next;
} Opened;
static Opened *gg_opened;

static Run *gg_find(const Program *p)
{
    for (Opened *o = gg_opened; o; o = o->next)
        if (o->p == p) return &o->run;
    snprintf(gg_message, sizeof gg_message, "%s is not open", p->name);
    return NULL;
}

const char *gg_error(void) { return gg_message; }

/* Calls fn(r, text); gg_fail inside it comes back here. */
static int gg_guard(void (*fn)(Run *, const char *), Run *r, const char *text)
{
    jmp_buf here;
    if (!r) return GG_USAGE;
    gg_trap = &here, gg_status = 0;
    if (!setjmp(here)) fn(r, text);
    gg_trap = NULL;
    return gg_status;
}

static void gg_opening(Run *r, const char *unused)
{
    (void)unused;
    gg_run_open(r);
}

static int gg_open_run(const Program *p, Options with, int threads, long seed)
{
    Opened *o = gg_alloc(1, sizeof *o);
    with.threads = threads > 0 ? threads : -1, with.seed = seed;
    o->p = o->run.p = p, o->run.o = with;
    o->next = gg_opened, gg_opened = o;
    int status = gg_guard(gg_opening, &o->run, NULL);
    if (status) gg_close(p);
    return status;
}

int gg_open(const Program *p, const char *data, int threads, long seed)
{
    Options with = GG_NO_OPTIONS;
    with.data = data;
    return gg_open_run(p, with, threads, seed);
}

int gg_open_rows(const Program *p, long rows, const void *const *columns, int threads, long seed)
{
    Options with = GG_NO_OPTIONS;
    with.rows = rows, with.columns = columns;
    return gg_open_run(p, with, threads, seed);
}

void gg_close(const Program *p)
{
    for (Opened **at = &gg_opened; *at; at = &(*at)->next)
        if ((*at)->p == p) {
            Opened *o = *at;
            *at = o->next;
            gg_run_close(&o->run);
            free(o);
            return;
        }
}

/* ---- windows ---- */
int gg_steps(const Program *p, long steps)
{
    Run *r = gg_find(p);
    if (!r) return GG_USAGE;
    r->schedule.calendar = gg_calendar(&p->schedule, r->data.train.count, -1, steps);
    return 0;
}

static int gg_all_done(const Program *p, const Run *r)
{
    snprintf(gg_message, sizeof gg_message, "%s: all %ld updates are done", p->name,
             r->schedule.calendar.T);
    return GG_USAGE;
}

/* A window's gradients are in a state of the optimizer; only their update makes it whole again. */
static bool gg_is_between(const Run *r)
{
    if (gg_gradients(&r->p->model) || !r->device.waits) return false;
    snprintf(gg_message, sizeof gg_message,
             "%s: a window waits for gg_update, and its gradients are in the optimizer's state "
             "already: gg_update first",
             r->p->name);
    return true;
}

/* Whether a computed id of the window is beyond its axis; gg_error() has the message. */
static bool gg_is_beyond(Run *r)
{
    const bool beyond = gg_run_beyond(r);
    if (beyond) snprintf(gg_message, sizeof gg_message, "%s", r->sums.beyond);
    return beyond;
}

int gg_window(const Program *p, double *reports)
{
    Run *r = gg_find(p);
    if (!r || gg_is_between(r)) return GG_USAGE;
    if (r->schedule.update >= r->schedule.calendar.T) return gg_all_done(p, r);
    r->device.waits = true;
    gg_run_step(r, r->schedule.update, r->schedule.step_window.n, false);
    gg_run_await(r);
    if (gg_is_beyond(r)) return GG_DATA;
    if (reports) p->model.report(p->device.sums, (double)p->device.w->samples, reports);
    return 0;
}

/* nonfinite = "abort": GG_DATA if the last window was not finite; it counts as not done */
static int gg_aborted(const Program *p, Run *r, long update)
{
    if (p->schedule.nonfinite != 'a' || !gg_run_voided(r)) return 0;
    r->schedule.update = update, r->schedule.skipped[0]--;
    gg_run_blame(r, gg_message, sizeof gg_message);
    return GG_DATA;
}

int gg_update(const Program *p)
{
    Run *r = gg_find(p);
    if (!r) return GG_USAGE;
    const long update = r->schedule.update;
    r->device.waits = false;
    gg_run_update(r);
    return gg_aborted(p, r, update);
}

/* While a device works on a window the next one begins, unless the host must know whether the
   first counts. */
int gg_train(const Program *p, long windows, double *reports)
{
    Run *r = gg_find(p);
    if (!r || gg_is_between(r)) return GG_USAGE;
    r->device.waits = false;
    const long most =
                   p->device.await && !p->device.skips && !gg_several_steps(&p->schedule) ? 2 : 1,
               left = r->schedule.calendar.T - r->schedule.update;
    const long end = r->schedule.update + (windows < left ? windows : left);
    for (long started = r->schedule.update; r->schedule.update < end;) {
        for (; started < end && started < r->schedule.update + most; started++)
            for (long n = 0; gg_run_step(r, started, n, true); n++) {
                gg_run_await(r);
                if (gg_is_beyond(r)) return GG_DATA;
                gg_step_done(r);
            }
        gg_run_await(r);
        if (gg_is_beyond(r)) return GG_DATA;
        gg_run_done(r);
        if (gg_aborted(p, r, r->schedule.update - 1)) return GG_DATA;
    }
    if (windows > left) return gg_all_done(p, r);
    if (reports && windows > 0)
        p->model.report(p->device.sums, (double)p->device.w->samples, reports);
    return 0;
}

int gg_evaluate(const Program *p, const char *split, double *reports)
{
    Run *r = gg_find(p);
    if (!r) return GG_USAGE;
    const Table *d = &r->data;
    const Rows *rows = !strcmp(split, "test")    ? &d->test
                       : !strcmp(split, "valid") ? &d->valid
                                                 : &d->train;
    *r->sums.beyond = 0;
    if (gg_run_evaluate(r, rows, reports) && !*r->sums.beyond) return 0;
    if (*r->sums.beyond)
        return snprintf(gg_message, sizeof gg_message, "%s: %s", split, r->sums.beyond), GG_DATA;
    snprintf(gg_message, sizeof gg_message, "%s: no rows in split '%s'", p->name, split);
    return GG_DATA;
}

/* ---- tensors ---- */
static int gg_tensor_out(const Program *p, const char *name, const real *flat, real *out)
{
    const bool opened = p->device.fetch || p->device.allocate;
    Run *r = opened ? gg_find(p) : NULL;
    const Tensor *t = gg_tensor(&p->model, name);
    if (opened && !r) return GG_USAGE;
    if (r) gg_run_fetch(r);
    if (t && flat &&
        (flat == gg_params(&p->model) || !p->model.trained || t->offset < p->model.trained)) {
        gg_read_tensor(t, flat, 0, gg_count(t), out);
        return 0;
    }
    snprintf(gg_message, sizeof gg_message, t && flat ? "%s: %s is frozen" : "%s has no tensor %s",
             p->name, name);
    return GG_USAGE;
}

int gg_gradient(const Program *p, const char *name, real *out)
{
    int status = gg_tensor_out(p, name, gg_gradients(&p->model), out);
    for (long i = 0, n = status ? 0 : gg_count(gg_tensor(&p->model, name)); i < n; i++)
        out[i] *= p->device.w->scale_out;
    return status;
}

int gg_parameter(const Program *p, const char *name, real *out)
{
    return gg_tensor_out(p, name, gg_params(&p->model), out);
}

int gg_state(const Program *p, const char *state, const char *name, real *out)
{
    const real *flat = NULL;
    for (int i = 0; i < p->model.nstates; i++)
        if (!strcmp(p->model.state_names[i], state)) flat = gg_states(&p->model, i);
    return gg_tensor_out(p, name, flat, out);
}

int gg_set_parameter(const Program *p, const char *name, const real *in)
{
    Run *r = gg_find(p);
    const Tensor *t = gg_tensor(&p->model, name);
    if (r && t) {
        gg_run_fetch(r);
        gg_write_tensor(t, gg_params(&p->model), 0, gg_count(t), in);
        r->device.prepared = false;
        return 0;
    }
    if (r) snprintf(gg_message, sizeof gg_message, "%s has no tensor %s", p->name, name);
    return GG_USAGE;
}

/* ---- files ---- */
static void gg_resuming(Run *r, const char *file)
{
    if (!gg_load_run(r, file)) gg_fail(GG_DATA, "%s: no such file", file);
    r->device.waits = false;
}

int gg_save(const Program *p, const char *file)
{
    Run *r = gg_find(p);
    return r && gg_is_between(r) ? GG_USAGE : gg_guard(gg_save_run, r, file);
}

int gg_load(const Program *p, const char *file)
{
    return gg_guard(gg_load_weights, gg_find(p), file);
}
int gg_resume(const Program *p, const char *file)
{
    return gg_guard(gg_resuming, gg_find(p), file);
}
