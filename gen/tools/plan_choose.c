/* plan_choose.c -- lists the micro-batches that divide a batch with their memory, chooses the
   largest that fits, and compares recompute levels.

   recompute = "auto" rematerialises nothing if a micro-batch fits without. Otherwise it takes
   the first level that fits, at micro_batch = 1 if memory chooses it. "all" is the level that
   takes the least memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/plan.h"

enum { MOST_ROWS = 65536 };

typedef VEC(Figures) FiguresList;
typedef struct {
    const Pipeline *p;
    const Compilation *c;
    Graph *g;
    const Opts *o;
    FiguresList *tried;
} Search;
typedef struct {
    const Search *s;
    Figures *f;
} Trial;

static void try(void *context)
{
    const Trial *t = context;
    Opts o = *t->s->o;
    Compilation c = *t->s->c;
    o.dump = NULL, c.opts = &o;
    compile(t->s->p, "objective", "join", &c, NULL);
    *t->f = figures_of(c.all, rates_of(c.opts));
}

static Figures *tried(const Search *s, long micro, int level)
{
    for (int i = 0; i < s->tried->n; i++)
        if (s->tried->at[i]->micro == micro && s->tried->at[i]->level == level)
            return s->tried->at[i];
    return NULL;
}

/* NULL: the model has errors at this micro-batch. If it has to compile, the errors are printed
   and gagen ends. */
static Figures *figures_if(const Search *s, long micro, int level, bool has_to)
{
    if (tried(s, micro, level)) return tried(s, micro, level);
    Trial t = { s, NEW(Figures) };
    const Train given = s->g->train;
    bind_micro_batch(s->g, micro);
    s->g->train.recompute_level = level;
    const bool good = attempt(try, &t);
    if (!good && has_to) try(&t);
    bind_micro_batch(s->g, given.micro_batch);
    s->g->train = given;
    if (good) vec_push(s->tried, t.f);
    return good ? t.f : NULL;
}

static Figures *figures_for(const Search *s, long micro, int level)
{
    return figures_if(s, micro, level, true);
}

/* ---- levels of recomputation ---- */
/* Levels have rising work and falling memory. More pieces are tried while they save memory. */
static void try_levels(Choices *c, const Search *s, long micro)
{
    static const int levels[] = { 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64 };
    double least = INFINITY;
    c->levels.n = 0;
    for (int i = 0, worse = 0; i < (int)(sizeof levels / sizeof *levels) && worse < 2; i++) {
        Figures *f = figures_for(s, micro, levels[i]);
        vec_push(&c->levels, f);
        worse = memory_of(f) < least ? 0 : worse + 1;
        if (!worse) least = memory_of(f);
    }
}

static int least_level(const Choices *c)
{
    const Figures *best = c->levels.at[0];
    for (int i = 1; i < c->levels.n; i++)
        if (memory_of(c->levels.at[i]) < memory_of(best)) best = c->levels.at[i];
    return best->level;
}

/* -1: no level fits */
static int first_level_that_fits(const Choices *c, double bytes)
{
    for (int i = 0; i < c->levels.n; i++)
        if (memory_of(c->levels.at[i]) <= bytes) return c->levels.at[i]->level;
    return -1;
}

/* ---- micro-batches ---- */
static int last_that_fits(const Choices *c, double bytes)
{
    int last = -1;
    for (int i = 0; i < c->at.n; i++)
        if (memory_of(c->at.at[i]) <= bytes) last = i;
    return last;
}

static void try_micros(Choices *c, const Search *s, int level)
{
    const Train *t = &s->g->train;
    c->at.n = 0, c->chosen = -1, c->refused = "";
    for (long micro = 1; micro <= t->batch && micro <= MOST_ROWS; micro++) {
        if (t->batch % micro) continue;
        const bool given = micro == t->micro_batch && !t->memory_free;
        Figures *f = figures_if(s, micro, level, given);
        if (given) c->chosen = c->at.n;
        if (f) vec_push(&c->at, f);
        else c->refused = text("%s%s%ld", c->refused, *c->refused ? ", " : "", micro);
    }
    if (!c->at.n) figures_for(s, 1, level);
}

static void pick_micro(Choices *c, const Search *s)
{
    const Train *t = &s->g->train;
    if (t->recompute == RECOMPUTE_ALL) try_levels(c, s, 1);
    try_micros(c, s, t->recompute == RECOMPUTE_ALL ? least_level(c) : t->recompute_level);
    c->chosen = last_that_fits(c, t->memory_bytes);
    if (c->chosen >= 0 || t->recompute != RECOMPUTE_AUTO) return;
    try_levels(c, s, 1);
    const int level = first_level_that_fits(c, t->memory_bytes);
    try_micros(c, s, level < 0 ? least_level(c) : level);
    c->chosen = last_that_fits(c, t->memory_bytes);
}

/* The micro-batch is given; only its level is chosen. */
static void pick_level(Choices *c, const Search *s)
{
    const Train *t = &s->g->train;
    int level = t->recompute_level;
    const bool open =
        t->recompute == RECOMPUTE_ALL || (t->recompute == RECOMPUTE_AUTO && t->memory);
    if (open && (t->recompute == RECOMPUTE_ALL ||
                 memory_of(figures_for(s, t->micro_batch, 0)) > t->memory_bytes)) {
        try_levels(c, s, t->micro_batch);
        level = t->recompute == RECOMPUTE_ALL ? least_level(c)
                                              : first_level_that_fits(c, t->memory_bytes);
        if (level < 0) level = least_level(c);
    }
    if (s->o->plan) {
        try_micros(c, s, level);
        return;
    }
    Figures *f = figures_for(s, t->micro_batch, level);
    vec_push(&c->at, f);
}

Choices *consider(const Pipeline *p, const Compilation *compiled)
{
    Graph *g = compiled->model;
    const Opts *o = compiled->opts;
    const Search search = { p, compiled, g, o, NEW(FiguresList) }, *s = &search;
    const Train *t = &g->train;
    Choices *c = NEW(Choices);
    c->refused = "";
    if (!o->plan && !t->memory && t->recompute != RECOMPUTE_ALL) return NULL;
    if (t->memory_free) pick_micro(c, s);
    else pick_level(c, s);
    if (o->plan && c->chosen >= 0) try_levels(c, s, c->at.at[c->chosen]->micro);
    return c;
}

/* ---- memory = "6 GB" ---- */
static char *parts_text(const Figures *f)
{
    return text(
        "parameters, gradients and states %s%s%s, a micro-step's values %s", size_text(f->state),
        f->packed > 0 ? text(", packed weights %s", size_text(f->packed)) : "",
        f->fixed > 0 ? text(", workspaces %s", size_text(f->fixed)) : "", size_text(f->arena));
}

static void tell_missing(const Figures *f, const Train *t)
{
    const double missing = memory_of(f) - t->memory_bytes;
    error_at(t->memory_loc, "memory = %s: %s, by %s (%s bytes): %sit takes %s", t->memory,
             t->memory_free ? "not even micro_batch = 1 fits"
                            : text("micro_batch = %ld does not fit", f->micro),
             size_text(missing), digits(missing), f->level ? "with recomputation " : "",
             parts_text(f));
}

static const Figures *chosen(const Choices *c) { return c->at.at[c->chosen < 0 ? 0 : c->chosen]; }

void take_chosen(const Choices *c, Graph *g)
{
    Train *t = &g->train;
    const Figures *f = chosen(c), *next = c->chosen + 1 < c->at.n ? c->at.at[c->chosen + 1] : NULL;
    if (t->memory && memory_of(f) > t->memory_bytes) {
        tell_missing(f, t);
        return;
    }
    bind_micro_batch(g, f->micro);
    t->recompute_level = f->level;
    if (t->memory_free)
        t->chosen =
            text("micro_batch %ld is chosen for memory = %s: it takes %s%s", f->micro, t->memory,
                 size_text(memory_of(f)),
                 next ? text(", %ld would take %s", next->micro, size_text(memory_of(next))) : "");
}

/* ---- the table ---- */
static char *ms_text(double ms) { return ms < 999.5 ? text("%.3g", ms) : digits(ms); }

static void add_choice(Text *out, const Choices *c, int i, const Train *t)
{
    const Figures *f = c->at.at[i];
    const char *mark = i == c->chosen ? t->memory ? "  chosen" : "  in the model"
                       : t->memory && memory_of(f) > t->memory_bytes ? "  too large"
                                                                     : "";
    text_add(out, "  %11ld %10ld %16s %13s %10s %12s %12s%s\n", f->micro, t->batch / f->micro,
             digits(memory_of(f)), size_text(f->arena),
             text("%.1f %%", f->bound > 0 ? 100 * (f->arena / f->bound - 1) : 0),
             size_text(f->rows), ms_text(f->seconds * 1e3), mark);
}

static void add_levels(Text *out, const Choices *c)
{
    text_add(out, "rematerialised values for backward, at micro_batch %ld\n",
             c->levels.at[0]->micro);
    text_add(out, "  %-22s %16s %13s %16s %12s\n", "", "memory, bytes", "arena", "MFLOP an update",
             "ms an update");
    for (int i = 0; i < c->levels.n; i++) {
        const Figures *f = c->levels.at[i];
        text_add(out, "  %-22s %16s %13s %16s %12s%s\n", recompute_text(f->level),
                 digits(memory_of(f)), size_text(f->arena), digits(f->flop / 1e6),
                 ms_text(f->seconds * 1e3), f->level == chosen(c)->level ? "  chosen" : "");
    }
    text_add(out, "\n");
}

static void add_micros(Text *out, const Choices *c, const Graph *g, const Opts *o)
{
    const Train *t = &g->train;
    text_add(out, "micro-batches of batch %ld%s%s\n", t->batch,
             t->memory ? text(" in memory = %s, %s bytes", t->memory, digits(t->memory_bytes)) : "",
             chosen(c)->level ? text(", rematerialised: %s", recompute_text(chosen(c)->level))
                              : "");
    text_add(out, "  %11s %10s %16s %13s %10s %12s %12s\n", "micro_batch", "accumulate",
             "memory, bytes", "arena", "over bound", "data rows", "ms an update");
    for (int i = 0; i < c->at.n; i++) add_choice(out, c, i, t);
    if (*c->refused)
        text_add(out, "  %11s  not allowed in this model: -D micro_batch=... says why\n",
                 c->refused);
    text_add(out,
             "  memory: parameters, gradients, states, packed weights, the arena%s; the data set "
             "itself is not counted,\n"
             "  data rows are the part of it that a micro-batch reads\n",
             o->target->fixed ? ", workspaces" : "");
}

void choices_print(Text *out, const Choices *c, const Graph *g, const Opts *o)
{
    const Rates r = rates_of(o);
    if (c->levels.n) add_levels(out, c);
    if (c->at.n > 1 || *c->refused) add_micros(out, c, g, o);
    text_add(out,
             "  ms an update: a prediction, at %g GFLOP/s and %g GB/s (--gflops, --gbytes), "
             "without caches and barriers\n",
             r.flop / 1e9, r.bytes / 1e9);
}
