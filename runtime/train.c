/* train.c -- training from start to end: windows, validation, checkpoints, signals, and the
   other modes of a program. */
#include "start.h"
#include "device.h"
#include "log.h"
#include "tensor.h"
#include "weights.h"
#include "window.h"
#include <signal.h>

static volatile sig_atomic_t gg_stop; /* the signal that ends the run */

static void gg_on_signal(int number) { gg_stop = number; }

/* A mapped file became shorter than it was. */
static void gg_on_lost_page(int number)
{
    static const char text[] =
        "error: a page of a data file is gone: the file was cut while the program ran\n";
    (void)number;
    if (write(2, text, sizeof text - 1) < 0) _exit(GG_MACHINE);
    _exit(GG_DATA);
}

/* The second signal of a kind ends the process at once. */
static void gg_catch_signals(void)
{
    struct sigaction action = { .sa_handler = gg_on_signal, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void gg_catch_lost_pages(const Run *r)
{
    struct sigaction action = { .sa_handler = gg_on_lost_page };
    if (gg_table_mapped(&r->data)) sigaction(SIGBUS, &action, NULL);
}

/* ---- training ---- */
static void gg_keep_best(Run *r)
{
    const Program *p = r->p;
    double value = r->sums.values[p->schedule.best];
    bool better = p->model.reports[p->schedule.best].max ? value > r->schedule.best
                                                         : value < r->schedule.best;
    r->schedule.stale++;
    if (isnan(value) || !(better || isnan(r->schedule.best))) return;
    r->schedule.best = value, r->schedule.stale = 0;
    gg_run_fetch(r);
    gg_average_swap(r); /* keeps the validated weights */
    if (r->model.best)
        memcpy(r->model.best, gg_params(&p->model), (size_t)p->model.elements * sizeof(real));
    gg_average_swap(r);
    if (!r->o.save) return;
    char path[4096];
    gg_best_path(r, path);
    gg_save_run(r, path);
}

static bool gg_improves(const Plateau *p, double value, double best, bool max)
{
    return isinf(best) ? !isnan(value)
           : max       ? value > best * (1 + p->threshold)
                       : value < best * (1 - p->threshold);
}

/* A validation's value may lower the rate from now on: PyTorch's ReduceLROnPlateau. */
static void gg_level(Run *r)
{
    const Plateau *p = &r->p->schedule.plateau;
    const int best = r->p->schedule.best;
    Level *l = &r->schedule.level;
    if (p->factor <= 0) return;
    if (gg_improves(p, r->sums.values[best], l->best, r->p->model.reports[best].max))
        l->best = r->sums.values[best], l->bad = 0;
    else l->bad++;
    if (l->cooling > 0) l->cooling--, l->bad = 0;
    if (l->bad <= p->patience) return;
    l->rate = fmax(l->rate * p->factor, p->least);
    l->cooling = p->cooldown, l->bad = 0;
}

static bool gg_evaluate_split(Run *r, const char *split, const Rows *rows)
{
    if (!gg_run_evaluate(r, rows, r->sums.values)) return false;
    if (*r->sums.beyond) gg_fail(GG_DATA, "%s: %s", split, r->sums.beyond);
    gg_show_report(r, split, r->sums.values);
    gg_log_split(r, split, r->sums.values);
    return true;
}

static void gg_validate(Run *r)
{
    if (gg_evaluate_split(r, "valid", &r->data.valid)) {
        gg_level(r);
        gg_keep_best(r);
    }
    if (r->p->sampling.prompt) r->p->sampling.print(r, &r->p->sampling);
}

/* A line for the updates since the last one: every epoch, and every tenth of a run with few
   epochs. */
static void gg_report_since(Run *r, const Position *position)
{
    const Schedule *of = &r->p->schedule;
    const Progress *at = &r->schedule;
    long every = at->calendar.T / 10 < 1 ? 1 : at->calendar.T / 10;
    bool due = position->ends || at->update == at->calendar.T ||
               (at->calendar.T < 3 * at->calendar.E && at->update % every == 0);
    if (!due) return;
    char what[1024];
    int n = snprintf(what, sizeof what, "epoch %ld  update %ld/%ld", position->epoch + 1,
                     at->update, at->calendar.T);
    for (int i = 0; of->noise && i < of->nsteps; i++)
        n += snprintf(what + n, sizeof what - (size_t)n, "  noise_scale%s%.60s %.4g",
                      gg_several_steps(of) ? "_" : "", of->steps[i].name,
                      gg_noise_take(&r->log.noise_shown[i]));
    r->p->model.report(r->sums.since, r->sums.samples, r->sums.values);
    gg_show_report(r, what, r->sums.values);
    memset(r->sums.since, 0, (size_t)r->p->model.nsums * sizeof *r->sums.since);
    r->sums.samples = 0;
}

static void gg_train_await(Run *r)
{
    gg_run_await(r);
    if (gg_run_beyond(r)) gg_fail(GG_DATA, "%s", r->sums.beyond);
}

/* Begins the window after those under way. */
static void gg_train_start(Run *r)
{
    Progress *at = &r->schedule;
    Started *s = &at->under_way[at->started % 2];
    s->begin = gg_seconds();
    s->position = gg_position(&at->calendar, at->started);
    for (long n = 0; gg_run_step(r, at->started, n, true); n++) {
        gg_train_await(r);
        gg_step_done(r);
    }
    s->lr = r->p->device.w->lr;
    at->started++;
}

static _Noreturn void gg_abort(Run *r)
{
    char why[256];
    gg_run_blame(r, why, sizeof why);
    gg_fail(GG_DATA, "%s", why);
}

/* The oldest window under way is over: counts and reports it. */
static const Position *gg_train_end(Run *r)
{
    Progress *at = &r->schedule;
    const Program *p = r->p;
    const Started *s = &at->under_way[at->update % 2];
    gg_train_await(r);
    if (p->schedule.nonfinite == 'a' && gg_run_voided(r)) gg_abort(r);
    double end = gg_seconds(), begin = s->begin > at->ended ? s->begin : at->ended;
    gg_run_done(r);
    const double samples = (double)gg_last_window(&p->schedule, s->position.samples);
    r->sums.samples += samples;
    for (int i = 0; i < p->model.nsums; i++) r->sums.since[i] += p->device.sums[i];
    p->model.report(p->device.sums, samples, r->sums.values);
    const Interval line = p->schedule.line;
    if (!line.every || gg_due(&at->calendar, line, at->update))
        gg_log_update(r, s, (end - begin) * 1e3, end - r->log.start);
    gg_show_progress(r);
    at->ended = end;
    return &s->position;
}

static Interval gg_every(Interval told) { return told.every ? told : (Interval) { 'e', 1 }; }

/* Whether the weights after so many updates are saved, validated or read at all. */
static bool gg_saves(const Run *r, long update)
{
    return gg_due(&r->schedule.calendar, gg_every(r->p->schedule.checkpoint), update) ||
           (r->o.save_every > 0 && update % r->o.save_every == 0);
}

static bool gg_validates(const Run *r, long update)
{
    return gg_due(&r->schedule.calendar, gg_every(r->p->schedule.validate), update);
}

static bool gg_pauses(const Run *r, long update)
{
    return gg_saves(r, update) || gg_validates(r, update);
}

static bool gg_patience_ends(const Run *r)
{
    return r->p->schedule.patience && r->schedule.stale >= r->p->schedule.patience;
}

/* Keeps one window under way. A device gets the next one, too, if it needs no result of the
   first and the weights between are not read. */
static void gg_train_ahead(Run *r)
{
    const Engine *by = &r->p->device;
    const Progress *at = &r->schedule;
    const long most = by->await && !by->skips && !gg_several_steps(&r->p->schedule) ? 2 : 1;
    while (!gg_stop && !gg_patience_ends(r) && at->started < at->calendar.T &&
           at->started < at->update + most) {
        if (at->started > at->update && gg_pauses(r, at->started)) return;
        gg_train_start(r);
    }
}

static void gg_train_all(Run *r)
{
    Progress *at = &r->schedule;
    bool saved = true;
    at->started = at->update;
    for (gg_train_ahead(r); at->started > at->update; gg_train_ahead(r)) {
        const Position *position = gg_train_end(r);
        gg_report_since(r, position);
        if (gg_validates(r, at->update)) gg_validate(r);
        saved = gg_saves(r, at->update);
        if (saved && r->o.save) gg_save_run(r, r->o.save);
    }
    if (r->o.save && (!saved || at->calendar.T == 0)) gg_save_run(r, r->o.save);
}

/* The weights that validated best, where there was a validation. */
static void gg_use_best(Run *r)
{
    char path[4096];
    if (isnan(r->schedule.best)) return;
    gg_best_path(r, path);
    if (!r->model.best) gg_load_weights(r, path);
    else {
        gg_run_fetch(r);
        memcpy(gg_params(&r->p->model), r->model.best, (size_t)r->p->model.elements * sizeof(real));
        gg_average_start(r);
    }
    r->device.prepared = false;
}

static void gg_evaluate_all(Run *r)
{
    bool valid = gg_evaluate_split(r, "valid", &r->data.valid);
    bool test = gg_evaluate_split(r, "test", &r->data.test);
    if (!valid && !test) gg_evaluate_split(r, "train", &r->data.train);
}

/* an instruction set that the program was compiled for and this machine lacks, or NULL */
static const char *gg_lacking(const Program *p)
{
#if defined __x86_64__
    if (p->device.machine && !strcmp(p->device.machine, "avx512f") &&
        !__builtin_cpu_supports("avx512f"))
        return p->device.machine;
    if (p->device.machine && !strcmp(p->device.machine, "avx2") && !__builtin_cpu_supports("avx2"))
        return p->device.machine;
#endif
    (void)p;
    return NULL;
}

static int gg_finish(Run *r)
{
    const Schedule *of = &r->p->schedule;
    const Progress *at = &r->schedule;
    if (gg_stop) {
        printf("stopped after update %ld of %ld%s%s\n", at->update, at->calendar.T,
               r->o.save ? ", saved to " : "", r->o.save ? r->o.save : "");
        return 128 + gg_stop;
    }
    if (gg_patience_ends(r))
        printf("stopped after update %ld of %ld: %s was no better in %ld validations\n", at->update,
               at->calendar.T, r->p->model.reports[of->best].name, at->stale);
    double seconds = gg_seconds() - r->log.start;
    printf("%ld updates in %.2f s\n", at->update - r->log.start_update, seconds);
    for (int i = 0; i < of->nsteps; i++)
        if (at->skipped[i])
            printf("%ld of %ld windows%s%s changed nothing\n", at->skipped[i],
                   gg_taken(of, &at->calendar, i, at->update), gg_several_steps(of) ? " of " : "",
                   of->steps[i].name);
    if (r->data.test.count) {
        gg_use_best(r);
        gg_evaluate_split(r, "test", &r->data.test);
    }
    return 0;
}

/* Early stopping and a `best` of the model's own wait for validations. */
static void gg_need_valid(const Run *r)
{
    const Schedule *of = &r->p->schedule;
    const char *what = of->plateau.factor > 0 ? "optim.plateau"
                       : of->patience         ? "patience"
                                              : "best";
    if (r->o.eval || gg_infers(&r->o) || r->data.valid.count ||
        (!of->patience && !of->best_stated && of->plateau.factor <= 0))
        return;
    gg_fail(GG_DATA,
            "%s: the model's %s waits for validations, and of %ld rows none validate: raise valid "
            "in the data set, or leave %s out",
            r->p->name, what, r->data.rows, what);
}

static void gg_sample_asked(Run *r)
{
    const Sampling how = gg_options_sampling(&r->o, r->p);
    how.print(r, &how);
}

/* The prompt of the schedule is one that the vocabulary can say. */
static void gg_check_prompt(Run *r)
{
    Sampling how = r->p->sampling;
    how.samples = 0;
    if (how.prompt) how.print(r, &how);
}

/* All that a program does with data; the exit status. */
static int gg_run_all(Run *r)
{
    int status = 0;
    gg_run_open(r);
    gg_need_valid(r);
    gg_log_open(r);
    gg_catch_lost_pages(r);
    if (gg_infers(&r->o) || r->o.eval) gg_show_notes(r, r->o.eval ? stdout : stderr);
    if (r->o.predict) gg_predict(r);
    else if (r->o.eval) gg_evaluate_all(r);
    else if (r->o.sample) gg_sample_asked(r);
    else {
        gg_catch_signals();
        gg_check_prompt(r);
        gg_show_plan(r);
        if (r->schedule.update) printf("resumed after update %ld\n", r->schedule.update);
        fflush(stdout);
        gg_train_all(r);
        status = gg_finish(r);
    }
    if (r->o.profile) r->p->device.profile(false);
    return status;
}

static int gg_export_all(Run *r)
{
    gg_run_open_weights(r);
    gg_export(r);
    return 0;
}

int gg_main(int argc, char **argv, const Program *p)
{
    Run run = { .p = p, .o = gg_options(argc, argv, p) };
    if (gg_lacking(p))
        gg_fail(GG_MACHINE, "built for %s, which this machine lacks: compile again here",
                gg_lacking(p));
    gg_prove_writable(p, &run.o);
    const int status = (run.o.exported ? gg_export_all : gg_run_all)(&run);
    gg_run_close(&run);
    if (fflush(stdout) || ferror(stdout)) gg_fail(GG_DATA, "standard output cannot be written");
    return status;
}
