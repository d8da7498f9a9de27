/* log.c -- the messages of a run: lines of JSON in a file, lines and a progress line on the
   terminal. */
#include "log.h"
#include "window.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* A run from the start begins a new log. A resumed one continues at the position of its
   checkpoint. */
void gg_log_open(Run *r)
{
    struct stat st;
    if (!r->o.log) return;
    r->log.file = open(r->o.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (r->log.file < 0 || fstat(r->log.file, &st))
        gg_fail(GG_DATA, "%s: %s", r->o.log, strerror(errno));
    if (S_ISREG(st.st_mode) && st.st_size > r->log.bytes && ftruncate(r->log.file, r->log.bytes))
        gg_fail(GG_DATA, "%s: %s", r->o.log, strerror(errno));
    if (fstat(r->log.file, &st) == 0) r->log.bytes = st.st_size;
}

/* ,"KEY":X; JSON has no NaN and no infinity, so such an X is null here, and gg_log_odd writes
   its value. */
static void gg_log_number(Run *r, const char *key, double x)
{
    gg_add(&r->log.text, ",");
    gg_add_quoted(&r->log.text, key);
    gg_add(&r->log.text, ":");
    gg_add_number(&r->log.text, x);
    if (isfinite(x)) return;
    gg_add(&r->log.odd, "%s", r->log.odd.n ? "," : "");
    gg_add_quoted(&r->log.odd, key);
    gg_add(&r->log.odd, ":\"%s\"", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
}

static void gg_log_reports(Run *r, const double *values)
{
    for (int i = 0; i < r->p->model.nreports; i++)
        gg_log_number(r, r->p->model.reports[i].name, values[i]);
}

/* ,"nonfinite":{"loss":"nan"}, where a number of the line is not finite */
static void gg_log_odd(Run *r)
{
    if (r->log.odd.n) gg_add(&r->log.text, ",\"nonfinite\":{%s}", r->log.odd.s);
    r->log.odd.n = 0;
}

/* One write per line: after a kill the file has whole lines, except with a full disk. */
static void gg_log_write(Run *r)
{
    gg_add(&r->log.text, "}\n");
    for (size_t done = 0; done < r->log.text.n;) {
        ssize_t n = write(r->log.file, r->log.text.s + done, r->log.text.n - done);
        if (n < 0 && errno != EINTR) gg_fail(GG_DATA, "%s: %s", r->o.log, strerror(errno));
        if (n > 0) done += (size_t)n;
    }
    r->log.bytes += (long)r->log.text.n;
}

/* Of the step whose name the keys end with. */
static void gg_log_rate(Run *r, const char *end, double lr, double norm, Noise *noise)
{
    char key[160];
    snprintf(key, sizeof key, "lr%s", end), gg_log_number(r, key, lr);
    if (norm < 0) return;
    snprintf(key, sizeof key, "grad_norm%s", end), gg_log_number(r, key, norm);
    if (!r->p->schedule.noise) return;
    snprintf(key, sizeof key, "noise_scale%s", end), gg_log_number(r, key, gg_noise_take(noise));
}

void gg_log_update(Run *r, const Started *s, double ms, double seconds)
{
    const Window *w = r->p->device.w;
    const bool several = gg_several_steps(&r->p->schedule);
    if (r->log.file < 0) return;
    r->log.text.n = 0;
    gg_add(&r->log.text, "{\"update\":%ld,\"epoch\":%ld,\"samples\":%ld", r->schedule.update,
           s->position.epoch + 1, s->position.first + s->position.samples);
    gg_log_reports(r, r->sums.values);
    if (!several) gg_log_rate(r, "", s->lr, w->norm, &r->log.noise_told[0]);
    for (int i = 0; several && i < r->p->schedule.nsteps; i++) {
        char end[128];
        snprintf(end, sizeof end, "_%s", r->p->schedule.steps[i].name);
        gg_log_rate(r, end, r->schedule.lr[i], r->schedule.norm[i], &r->log.noise_told[i]);
    }
    if (r->p->schedule.loss_scale > 0) gg_log_number(r, "loss_scale", w->loss_scale);
    if (w->dropped) gg_add(&r->log.text, ",\"dropped\":%d", w->dropped);
    if (!several && w->count == 0) gg_add(&r->log.text, ",\"skipped\":true");
    for (int i = 0; several && i < r->p->schedule.nsteps; i++)
        if (r->schedule.missed[i])
            gg_add(&r->log.text, ",\"skipped_%s\":%d", r->p->schedule.steps[i].name,
                   r->schedule.missed[i]);
    gg_log_odd(r);
    gg_add(&r->log.text, ",\"ms\":%.4f,\"time\":%.3f", ms, seconds);
    gg_log_write(r);
}

void gg_log_split(Run *r, const char *split, const double *values)
{
    if (r->log.file < 0) return;
    r->log.text.n = 0;
    gg_add(&r->log.text, "{\"split\":\"%s\",\"update\":%ld", split, r->schedule.update);
    gg_log_reports(r, values);
    gg_log_odd(r);
    gg_log_write(r);
}

/* ---- for people ---- */
static void gg_show_round(const Schedule *of)
{
    printf("; each is a round of %ld samples", of->round);
    for (int i = 0; i < of->nsteps; i++)
        printf("%s %s %ld x %ld", i ? "," : ", of which", of->steps[i].name, of->steps[i].times,
               of->steps[i].batch);
}

/* In a micro-batch of one row such a layer cannot normalise. */
static void gg_warn_lone(const Program *p, const Calendar *n)
{
    const long rows = n->tail == 'c' ? n->last : n->tail == 's' ? n->samples : 0;
    if (p->model.lone && n->T && rows % p->schedule.micro_batch == 1)
        fprintf(stderr,
                "warning: the last micro-batch of %s has 1 row, of which %s can make no variance: "
                "it returns its bias there; "
                "tail = \"drop\" leaves that window out, another batch or one row more or less "
                "avoids it\n",
                n->tail == 'c' ? "the run" : "an epoch", p->model.lone);
}

void gg_show_notes(const Run *r, FILE *to)
{
    if (r->data.notes.n) fputs(r->data.notes.s, to);
}

void gg_show_plan(const Run *r)
{
    const Calendar *n = &r->schedule.calendar;
    const Program *p = r->p;
    printf("%s: %ld training rows", p->name, n->samples);
    if (r->data.valid.count) printf(", %ld validation", r->data.valid.count);
    if (r->data.test.count) printf(", %ld test", r->data.test.count);
    if (r->device.text) printf("; %s", r->device.text);
    else printf("; %d thread%s", r->device.team->n, r->device.team->n > 1 ? "s" : "");
    const double mib = 1048576, mapped = (double)gg_table_mapped(&r->data) / mib;
    printf("; %.1f MiB and data %.1f MiB", (double)p->device.memory / mib,
           (double)gg_table_bytes(&r->data) / mib);
    if (mapped > 0) printf(", %.1f of it mapped", mapped);
    printf("\n");
    const long first = n->batch == p->schedule.batch ? n->span[0].batch : p->schedule.batch;
    const double epoch =
        n->tail == 'c' ? (double)n->samples / (double)n->span[0].batch : (double)n->E;
    printf("batch %ld = %ld x %ld: %.*f updates an epoch, %ld in all", first,
           first / p->schedule.micro_batch, p->schedule.micro_batch, epoch > floor(epoch) ? 3 : 0,
           epoch, n->T);
    for (int i = 1; i < n->spans; i++)
        if (n->span[i].update < n->T)
            printf("; from update %ld on %ld", n->span[i].update + 1, n->span[i].batch);
    if (gg_several_steps(&p->schedule)) gg_show_round(&p->schedule);
    if (n->last != n->batch && n->T && n->spans == 1)
        printf("; the last window %s %ld samples", n->tail == 'c' ? "of all has" : "has", n->last);
    if (n->unread) printf("; %ld samples of an epoch stay unread", n->unread);
    printf("\n");
    if (n->samples < n->batch && n->tail != 'c')
        printf("note: %ld rows are less than a batch: every update is an epoch\n", n->samples);
    gg_warn_lone(p, n);
    gg_show_notes(r, stdout);
}

/* Percentages first, since people look for them. */
static void gg_report_text(Run *r, const double *values)
{
    for (int percent = 1; percent >= 0; percent--)
        for (int i = 0; i < r->p->model.nreports; i++) {
            const ReportName *name = &r->p->model.reports[i];
            if (name->percent != percent) continue;
            /* printf would print a NaN's sign */
            double value = isnan(values[i]) ? fabs(values[i]) : values[i];
            if (percent) gg_add(&r->log.text, "  %s %.2f %%", name->name, 100 * value);
            else gg_add(&r->log.text, "  %s %.4g", name->name, value);
        }
}

static void gg_clear_progress(Run *r)
{
    if (r->log.shown > 0) fprintf(stderr, "\r\033[K");
    r->log.shown = 0;
}

void gg_show_report(Run *r, const char *what, const double *values)
{
    gg_clear_progress(r);
    r->log.text.n = 0;
    gg_report_text(r, values);
    printf("%s%s\n", what, r->log.text.s);
    fflush(stdout);
}

void gg_show_progress(Run *r)
{
    double now = gg_seconds(), spent = now - r->log.start;
    if (!r->log.terminal || now - r->log.shown < 0.2) return;
    double rate = (double)(r->schedule.update - r->log.start_update) / spent;
    const long read = gg_consumed(&r->schedule.calendar, r->schedule.update) -
                      gg_consumed(&r->schedule.calendar, r->log.start_update);
    r->log.text.n = 0;
    gg_report_text(r, r->sums.values);
    fprintf(stderr, "\r%ld/%ld%s  %.0f samples/s  %.0f s left\033[K", r->schedule.update,
            r->schedule.calendar.T, r->log.text.s, (double)read / spent,
            (double)(r->schedule.calendar.T - r->schedule.update) / rate);
    r->log.shown = now;
}
