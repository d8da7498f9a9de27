/* plot_log.c -- reads a log: a line of JSON for every update and every evaluation.

   1. Any other line is the user's error, with file and line. The last line may be cut, since the
      run may be going on.
   2. In a resumed run time starts again from 0; here it goes on.
   3. An evaluation has the position of the update before it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/plot.h"

enum { KEYS = 64, NAME = 80 };
/* larger values are not drawn; values below its inverse count as 0 */
static const double MOST = 1e100;
typedef struct {
    char name[NAME], word[NAME];
    double number;
    bool is_number;
} Field;
typedef struct {
    const char *at, *end, *wrong;
    Field field[KEYS];
    int n;
} Line;

/* ---- JSON, one level deep as in a log ---- */
static bool refuse(Line *l, const char *why)
{
    if (!l->wrong) l->wrong = why;
    return false;
}

static void skip_space(Line *l)
{
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r')) l->at++;
}

static bool take(Line *l, char c)
{
    skip_space(l);
    if (l->at >= l->end || *l->at != c) return false;
    l->at++;
    return true;
}

static bool take_word(Line *l, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(l->end - l->at) < n || strncmp(l->at, word, n)) return false;
    l->at += n;
    return true;
}

/* An escaped character stays as it is; reports have no names that need more. */
static bool read_string(Line *l, char out[NAME])
{
    int n = 0;
    if (!take(l, '"')) return refuse(l, "expected a name in quotes");
    for (; l->at < l->end && *l->at != '"'; l->at++) {
        if (*l->at == '\\' && ++l->at == l->end) break;
        if (n < NAME - 1) out[n++] = *l->at;
    }
    out[n] = 0;
    return take(l, '"') || refuse(l, "a string does not end");
}

static bool read_number(Line *l, double *x)
{
    char copy[64], *stop;
    const size_t n = strspn(l->at, "+-.0123456789eE");
    if (take_word(l, "NaN") || take_word(l, "null")) return *x = NAN, true;
    if (take_word(l, "Infinity")) return *x = INFINITY, true;
    if (take_word(l, "-Infinity")) return *x = -INFINITY, true;
    if (n == 0 || n >= sizeof copy || n > (size_t)(l->end - l->at))
        return refuse(l, "expected a number or a string");
    memcpy(copy, l->at, n), copy[n] = 0;
    *x = strtod(copy, &stop);
    l->at += n;
    return *stop == 0 || refuse(l, "a number that is none");
}

static Field *field_named(Line *l, const char *name)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->field[i].name, name)) return &l->field[i];
    return NULL;
}

/* { "loss": "nan" }: the values of the nulls among the fields so far */
static bool read_nonfinite(Line *l)
{
    do {
        char name[NAME], word[NAME];
        if (!read_string(l, name)) return false;
        if (!take(l, ':')) return refuse(l, "expected ':'");
        if (!read_string(l, word)) return false;
        Field *f = field_named(l, name);
        if (f)
            f->number = !strcmp(word, "inf") ? INFINITY : !strcmp(word, "-inf") ? -INFINITY : NAN;
    } while (take(l, ','));
    return take(l, '}') || refuse(l, "expected ',' or '}'");
}

static bool read_field(Line *l)
{
    Field *f = &l->field[l->n];
    if (l->n == KEYS) return refuse(l, "more fields than a log has");
    if (!read_string(l, f->name)) return false;
    if (!take(l, ':')) return refuse(l, "expected ':'");
    if (!strcmp(f->name, "nonfinite") && take(l, '{')) return read_nonfinite(l);
    skip_space(l);
    f->is_number = l->at < l->end && *l->at != '"';
    l->n++;
    return f->is_number ? read_number(l, &f->number) : read_string(l, f->word);
}

static bool read_line(Line *l)
{
    if (!take(l, '{')) return refuse(l, "expected '{'");
    do
        if (!read_field(l)) return false;
    while (take(l, ','));
    if (!take(l, '}')) return refuse(l, "expected ',' or '}'");
    skip_space(l);
    return l->at == l->end || refuse(l, "something stands after '}'");
}

static bool number_of(Line *l, const char *name, double *x)
{
    const Field *f = field_named(l, name);
    if (!f || !f->is_number) return refuse(l, text("no number '%s'", name));
    if (!(f->number >= 0 && f->number <= 1e15))
        return refuse(l, text("'%s' is %g", name, f->number));
    *x = f->number;
    return true;
}

/* ---- points ---- */
static bool is_place(const char *name)
{
    static const char *const places[] = { "update", "epoch", "samples", "time", "ms", "split" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!strcmp(places[i], name)) return true;
    return false;
}

static int metric_of(Logs *all, const char *name)
{
    for (int i = 0; i < all->metrics.n; i++)
        if (!strcmp(all->metrics.at[i], name)) return i;
    vec_push(&all->metrics, text("%s", name));
    return all->metrics.n - 1;
}

static Series *series_of(Log *log, int metric, Part part)
{
    for (int i = 0; i < log->series.n; i++)
        if (log->series.at[i]->metric == metric && log->series.at[i]->part == part)
            return log->series.at[i];
    Series *s = NEW(Series);
    s->metric = metric, s->part = part;
    vec_push(&log->series, s);
    return s;
}

static void add_point(Series *s, const double x[AXES], double y)
{
    if (s->n == s->room) {
        s->room = s->room ? s->room * 2 : 64;
        s->at = realloc(s->at, sizeof *s->at * (size_t)s->room);
        if (!s->at) fatal("out of memory");
    }
    if (fabs(y) > MOST) y = INFINITY;
    if (fabs(y) < 1 / MOST) y = 0;
    s->bad += !isfinite(y);
    memcpy(s->at[s->n].x, x, sizeof s->at->x);
    s->at[s->n++].y = y;
}

static void add_points(Log *log, Logs *all, const Line *l, Part part)
{
    for (int i = 0; i < l->n; i++) {
        const Field *f = &l->field[i];
        if (f->is_number && !is_place(f->name))
            add_point(series_of(log, metric_of(all, f->name), part), log->now, f->number);
    }
}

static bool add_update(Log *log, Logs *all, Line *l, double *offset)
{
    double update, samples, time;
    if (!number_of(l, "update", &update) || !number_of(l, "samples", &samples) ||
        !number_of(l, "time", &time))
        return false;
    if (log->updates && update <= log->now[BY_UPDATE])
        return refuse(l, text("update %.0f stands after update %.0f: two runs in one file? plot "
                              "takes several files",
                              update, log->now[BY_UPDATE]));
    if (time + *offset < log->now[BY_TIME]) *offset = log->now[BY_TIME];
    log->now[BY_UPDATE] = update, log->now[BY_SAMPLE] = samples, log->now[BY_TIME] = time + *offset;
    log->updates++;
    add_points(log, all, l, PART_TRAIN);
    return true;
}

static bool add_split(Log *log, Logs *all, Line *l, const char *split)
{
    static const char *const names[PARTS] = { "", "valid", "test", "train" };
    for (int part = PART_VALID; part < PARTS; part++)
        if (!strcmp(names[part], split)) return add_points(log, all, l, (Part)part), true;
    return refuse(l, text("unknown split '%s': there is valid, test and train", split));
}

static bool add_line(Log *log, Logs *all, Line *l, double *offset)
{
    if (!read_line(l)) return false;
    const Field *split = field_named(l, "split");
    return split ? add_split(log, all, l, split->word) : add_update(log, all, l, offset);
}

/* ---- files ---- */
static bool read_all(const char *file, Text *t)
{
    char block[1 << 16];
    FILE *f = fopen(file, "rb");
    if (!f) return error_at((Loc) { file, 0 }, "cannot open: %s", strerror(errno)), false;
    text_put(t, "", 0);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) text_put(t, block, n);
    const bool good = !ferror(f);
    if (!good) error_at((Loc) { file, 0 }, "cannot read: %s", strerror(errno));
    fclose(f);
    return good;
}

static const char *base_name(const char *path)
{
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

Log *log_read(const char *file, Logs *all)
{
    Text t = { 0 };
    Log *log = NEW(Log);
    Line *l = NEW(Line);
    double offset = 0;
    log->file = base_name(file);
    if (!read_all(file, &t)) return NULL;
    const char *end = t.s + t.n;
    int line = 1;
    for (const char *p = t.s, *stop; p < end; p = stop + 1, line++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        stop = newline ? newline : end;
        l->at = p, l->end = stop, l->wrong = NULL, l->n = 0;
        if (add_line(log, all, l, &offset)) continue;
        if (!newline) break;
        error_at((Loc) { file, line }, "no line of a log: %s", l->wrong);
        return NULL;
    }
    if (log->series.n) return log;
    error_at((Loc) { file, 0 }, "no update is in this log yet: programs write it with --log %s",
             log->file);
    return NULL;
}
