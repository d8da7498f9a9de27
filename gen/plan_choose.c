/* plan_choose.c -- the micro-batches that divide a batch, what each would need, and the largest that fits.

   The stages keep their state in static variables, so each micro-batch is tried by a child process: it goes through the
   same stages as the program itself will and sends back its figures. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "plan.h"

enum { MOST_ROWS = 65536 };

static _Noreturn void try(Graph *g, const Opts *o, long micro, int to)
{
    Program **steps = NEW_ARRAY(Program *, g->steps.n);
    bind_micro_batch(g, micro);
    for (int i = 0; i < g->steps.n; i++) {
        Graph *one = step_graph(g, i, i ? steps[i - 1] : NULL);
        differentiate(one);
        stop_if_errors();
        simplify(one);
        steps[i] = schedule(place(fuse(one, o->target), !o->no_reuse));
    }
    const Figures f = figures_of(join(steps, g->steps.n), rates_of(o));
    _exit(write(to, &f, sizeof f) == sizeof f ? 0 : 3);
}

static bool read_figures(int from, Figures *f)
{
    size_t done = 0;
    for (ssize_t n; done < sizeof *f; done += (size_t)n) {
        n = read(from, (char *)f + done, sizeof *f - done);
        if (n < 0 && errno == EINTR) n = 0;
        else if (n <= 0) break;
    }
    return done == sizeof *f;
}

/* A child that leaves by exit has told why. */
static Figures *figures_for(Graph *g, const Opts *o, long micro)
{
    Figures *f = NEW(Figures);
    int ends[2], status = 0;
    if (pipe(ends)) fatal("pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child < 0) fatal("fork: %s", strerror(errno));
    if (child == 0) close(ends[0]), try(g, o, micro, ends[1]);
    close(ends[1]);
    const bool good = read_figures(ends[0], f);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) fatal("wait: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status)) exit(WEXITSTATUS(status));
    if (!good || status) fatal("micro_batch = %ld could not be tried", micro);
    return f;
}

static int last_that_fits(const Choices *c, double bytes)
{
    int last = -1;
    for (int i = 0; i < c->at.n; i++)
        if (memory_of(c->at.at[i]) <= bytes) last = i;
    return last;
}

Choices *consider(Graph *g, const Opts *o)
{
    const Train *t = &g->train;
    Choices *c = NEW(Choices);
    if (!o->plan && !t->memory) return NULL;
    for (long micro = 1; micro <= t->batch && micro <= MOST_ROWS; micro++) {
        if (t->batch % micro) continue;
        if (micro == t->micro_batch) c->chosen = c->at.n;
        Figures *f = figures_for(g, o, micro);
        vec_push(&c->at, f);
    }
    if (t->memory) c->chosen = last_that_fits(c, t->memory_bytes);
    return c;
}

/* ---- memory = "6 GB" -------------------------------------------------------------------------------------------- */
static char *parts_text(const Figures *f)
{
    return text("parameters, gradients and states %s%s%s, a micro-step's values %s", size_text(f->state),
                f->packed > 0 ? text(", packed weights %s", size_text(f->packed)) : "",
                f->fixed > 0 ? text(", workspaces %s", size_text(f->fixed)) : "", size_text(f->arena));
}

static void tell_missing(const Figures *least, const Train *t)
{
    const double missing = memory_of(least) - t->memory_bytes;
    error_at(t->memory_loc, "memory = %s: not even micro_batch = 1 fits, by %s (%s bytes): it takes %s", t->memory, size_text(missing),
             digits(missing), parts_text(least));
}

void take_chosen(const Choices *c, Graph *g)
{
    Train *t = &g->train;
    if (c->chosen < 0) {
        tell_missing(c->at.at[0], t);
        return;
    }
    const Figures *f = c->at.at[c->chosen], *next = c->chosen + 1 < c->at.n ? c->at.at[c->chosen + 1] : NULL;
    bind_micro_batch(g, f->micro);
    t->chosen = text("micro_batch %ld is chosen for memory = %s: it takes %s%s", f->micro, t->memory, size_text(memory_of(f)),
                     next ? text(", %ld would take %s", next->micro, size_text(memory_of(next))) : "");
}

/* ---- the table -------------------------------------------------------------------------------------------------- */
static char *ms_text(double ms) { return ms < 999.5 ? text("%.3g", ms) : digits(ms); }

static void add_choice(Text *out, const Choices *c, int i, const Train *t)
{
    const Figures *f = c->at.at[i];
    const char *mark = i == c->chosen ? t->memory ? "  chosen" : "  in the model" : t->memory && memory_of(f) > t->memory_bytes ? "  too large" : "";
    text_add(out, "  %11ld %10ld %16s %13s %10s %12s %12s%s\n", f->micro, t->batch / f->micro, digits(memory_of(f)), size_text(f->arena),
             text("%.1f %%", f->bound > 0 ? 100 * (f->arena / f->bound - 1) : 0), size_text(f->rows), ms_text(f->seconds * 1e3), mark);
}

void choices_print(Text *out, const Choices *c, const Graph *g, const Opts *o)
{
    const Train *t = &g->train;
    const Rates r = rates_of(o);
    text_add(out, "micro-batches of batch %ld%s\n", t->batch, t->memory ? text(" in memory = %s, %s bytes", t->memory, digits(t->memory_bytes)) : "");
    text_add(out, "  %11s %10s %16s %13s %10s %12s %12s\n", "micro_batch", "accumulate", "memory, bytes", "arena", "over bound", "data rows",
             "ms an update");
    for (int i = 0; i < c->at.n; i++) add_choice(out, c, i, t);
    text_add(out, "  memory: parameters, gradients, states, packed weights, the arena%s; the data set itself is not counted,\n"
                  "  data rows are the part of it that a micro-batch reads\n", o->target == TARGET_CUDA ? ", workspaces" : "");
    text_add(out, "  ms an update: a prediction, at %g GFLOP/s and %g GB/s (--gflops, --gbytes), without caches and barriers\n", r.flop / 1e9,
             r.bytes / 1e9);
}
