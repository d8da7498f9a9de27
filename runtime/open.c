/* open.c -- opening a run and closing it. */
#include "start.h"
#include "data.h"
#include "tensor.h"
#include "tokens.h"
#include "weights.h"
#include "window.h"

static void gg_run_plan(Run *r)
{
    const Program *p = r->p;
    long epochs = r->o.epochs, steps = r->o.steps;
    if (epochs < 0 && steps < 0)
        epochs = p->schedule.epochs, steps = p->schedule.epochs > 0 ? -1 : p->schedule.updates;
    r->schedule.calendar = gg_calendar(&p->schedule, r->data.train.count, epochs, steps);
    if (!r->schedule.calendar.E)
        gg_fail(GG_DATA, "%ld training rows do not fill one batch of %ld, and tail = \"drop\"",
                r->data.train.count, p->schedule.round);
    const bool draws = r->data.tokens && p->data.tokens.random;
    gg_order_start(&r->schedule.order, &r->schedule.calendar, &r->data.train,
                   p->data.shuffle && !draws, r->schedule.seed);
}

static void gg_need_chars(const Run *r, const char *path)
{
    if (r->p->data.tokens.kind != 'c') return;
    if (!r->data.chars.n)
        gg_fail(GG_DATA,
                "%s: it has no vocabulary: a checkpoint of --save has one, other weights do not",
                path);
    gg_text_count(&r->data, path);
}

static void gg_run_table(Run *r)
{
    const Options *o = &r->o;
    char best[4096];
    if (o->sample) {
        gg_load_fields(r, gg_predict_weights(o, best));
        gg_table_ask(&r->data, &r->p->data, NULL, r->p->schedule.micro_batch);
        gg_need_chars(r, gg_predict_weights(o, best));
    } else if (o->predict) {
        long rows = gg_predict_count(&r->p->data, o->predict);
        gg_load_fields(r, gg_predict_weights(o, best));
        gg_table_ask(&r->data, &r->p->data, rows < 0 ? o->predict : NULL, rows);
    } else if (o->columns) gg_table_give(&r->data, &r->p->data, o->rows, o->columns);
    else gg_table_load(&r->data, &r->p->data, o->data);
}

static void gg_run_memory(Run *r)
{
    const Program *p = r->p;
    r->sums.since = gg_alloc((size_t)p->model.nsums, sizeof *r->sums.since);
    r->sums.values = gg_alloc((size_t)p->model.nreports, sizeof *r->sums.values);
    r->sums.kept = gg_alloc((size_t)p->model.nsums, sizeof *r->sums.kept);
    r->sums.aside = gg_alloc((size_t)p->model.nsums, sizeof *r->sums.aside);
    if (!r->o.save && r->data.valid.count)
        r->model.best = gg_alloc((size_t)p->model.elements, sizeof(real));
    gg_add(&r->log.text, "%4000s", "");
    gg_add(&r->model.header, "%*s",
           4000 + 400 * p->model.ntensors * (1 + p->model.nstates) +
               (int)(6 * (r->data.fields.n + r->data.chars.n)),
           "");
}

void gg_best_path(const Run *r, char out[4096]) { snprintf(out, 4096, "%s.best", r->o.save); }

/* The best weights of a resumed run are in a file beside. Without it the test would use other
   weights. */
static void gg_need_best(const Run *r)
{
    char path[4096];
    gg_best_path(r, path);
    if (!isnan(r->schedule.best) && access(path, R_OK))
        gg_fail(GG_DATA,
                "%s: it cannot be read, and %s says that the best weights so far are there: put it "
                "back, or begin a run with the "
                "last ones, --load %s",
                path, r->o.save, r->o.save);
}

static void gg_run_resume(Run *r)
{
    const bool found = gg_load_run(r, r->o.save);
    if (!found && r->o.eval) gg_fail(GG_DATA, "%s: no such file", r->o.save);
    if (found && !r->o.eval) gg_need_best(r);
}

/* Whether the file of --load leaves tensors out, as one of adapters does. */
static bool gg_loads_some(const Options *o, const Model *m)
{
    return o->load && o->key && gg_naming(m, o->key)->nsources < m->ntensors;
}

static void gg_run_weights(Run *r)
{
    char best[4096];
    const bool some = gg_loads_some(&r->o, &r->p->model);
    gg_init_weights(&r->p->model, r->schedule.seed);
    if (gg_infers(&r->o)) {
        if (some) gg_load_sources(r);
        gg_load_weights(r, gg_predict_weights(&r->o, best));
        gg_average_swap(r);
        return;
    }
    gg_table_statistics(&r->data, &r->p->model);
    /* the others hold every tensor */
    if ((!r->o.load || some) && !(r->o.resume && access(r->o.save, R_OK) == 0)) gg_load_sources(r);
    gg_average_start(r);
    if (r->o.load) gg_load_weights(r, r->o.load);
    if (r->o.resume) gg_run_resume(r);
}

static void gg_clear_states(const Program *p)
{
    const size_t n = (size_t)(p->model.trained ? p->model.trained : p->model.elements);
    for (int i = 0; i < p->model.nstates; i++) memset(gg_states(&p->model, i), 0, n * sizeof(real));
}

/* A device has its columns from now on, and its parameters after they are prepared. */
static void gg_run_device(Run *r)
{
    if (!r->p->device.open) return;
    r->device.opened = true;
    r->device.text = r->p->device.open(r->data.rows);
    if (r->o.profile) r->p->device.profile(true);
}

void gg_run_open_weights(Run *r)
{
    const Program *p = r->p;
    char best[4096];
    r->log.file = -1;
    if (p->device.allocate) p->device.allocate();
    gg_run_memory(r);
    gg_clear_states(p);
    gg_init_weights(&p->model, 0);
    gg_load_weights(r, gg_predict_weights(&r->o, best));
    gg_average_swap(r);
}

void gg_run_open(Run *r)
{
    const Program *p = r->p;
    const Options *o = &r->o;
    r->log.file = -1, r->schedule.best = NAN;
    r->schedule.level = (Level) { .rate = 1, .best = INFINITY };
    r->schedule.loss_scale = p->schedule.loss_scale > 0 ? p->schedule.loss_scale : 1;
    r->schedule.seed = (uint64_t)(o->seed < 0 ? p->schedule.seed : o->seed);
    gg_run_table(r);
    if (!gg_infers(o)) gg_run_plan(r);
    if (p->device.allocate) p->device.allocate();
    gg_run_memory(r);
    gg_run_device(r);
    gg_clear_states(p);
    gg_run_weights(r);
    r->device.team = gg_team_start((int)(p->device.open   ? 1
                                         : o->threads < 0 ? gg_cores()
                                                          : o->threads));
    if (!r->device.team) gg_fail(GG_MACHINE, "the threads cannot be started");
    if (!gg_infers(o)) gg_augment_open(r);
    gg_rows_open(r);
    r->log.terminal = isatty(2);
    r->log.start = gg_seconds(), r->log.start_update = r->schedule.update;
}

void gg_run_close(Run *r)
{
    if (r->device.opened) r->p->device.close();
    if (r->device.team) gg_team_stop(r->device.team);
    if (r->p->device.release) r->p->device.release();
    gg_table_free(&r->data);
    gg_archive_close(&r->model.archive);
    gg_order_free(&r->schedule.order);
    gg_augment_close(r);
    if (r->log.file >= 0) close(r->log.file);
    free(r->sums.since), free(r->sums.values), free(r->sums.kept), free(r->sums.aside);
    free(r->model.best), free(r->model.header.s), free(r->log.text.s), free(r->log.odd.s);
    *r = (Run) { 0 };
}
