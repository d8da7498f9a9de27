/* plot.c -- gagen plot draws every metric of every log against updates, samples and time, each in
   a panel.

   1. Panels of a row share the axis of their values, panels of a column the other axis.
   2. If training has more points than a panel has pixels, it is a line of means in a band from
      least to largest.
   3. Each log has a colour. Training is a line, validation a line with dots, and a test, which
      is one point, a diamond. */
#include <math.h>
#include <string.h>
#include "tools/plot.h"
#include "tools/svg.h"

enum { WIDE = 290, HIGH = 150, LEFT = 66, TOP = 30, GAP_X = 72, GAP_Y = 62, BUCKETS = WIDE / 2 };
typedef struct {
    double lo, hi;
    bool decades;
} Range;
typedef struct {
    Text *out;
    double left, top;
    Range x, y;
    int axis;
} Panel;

static const char *const axis_names[AXES] = { "updates", "samples", "seconds" };

/* ---- ranges ---- */
static void widen(Range *r, double v)
{
    if (!isfinite(v)) return;
    if (!(v >= r->lo)) r->lo = v;
    if (!(v <= r->hi)) r->hi = v;
}

static bool falls_by_decades(const char *metric)
{
    return strstr(metric, "loss") || strstr(metric, "norm");
}

/* Adds a twentieth of room below and above; a single value is in the middle. */
static void add_room(Range *r)
{
    if (!(r->hi > r->lo)) {
        const double half = fabs(r->lo) > 0 ? fabs(r->lo) / 2 : 1;
        r->lo -= half, r->hi += half;
    } else if (r->decades) {
        const double by = pow(r->hi / r->lo, 0.05);
        r->lo /= by, r->hi *= by;
    } else {
        const double by = 0.05 * (r->hi - r->lo);
        r->lo -= by, r->hi += by;
    }
}

static Range value_range(const Logs *all, int metric)
{
    Range r = { NAN, NAN, false };
    for (int l = 0; l < all->logs.n; l++)
        for (int i = 0; i < all->logs.at[l]->series.n; i++) {
            const Series *s = all->logs.at[l]->series.at[i];
            for (int k = 0; s->metric == metric && k < s->n; k++) widen(&r, s->at[k].y);
        }
    if (isnan(r.lo)) return (Range) { 0, 1, false };
    r.decades = falls_by_decades(all->metrics.at[metric]) && r.lo > 0 && r.hi > 20 * r.lo;
    add_room(&r);
    return r;
}

static Range axis_range(const Logs *all, int axis)
{
    Range r = { 0, 0, false };
    for (int l = 0; l < all->logs.n; l++) widen(&r, all->logs.at[l]->now[axis]);
    if (!(r.hi > 0)) r.hi = 1;
    return r;
}

static double part_of(const Range *r, double v)
{
    return r->decades ? log(v / r->lo) / log(r->hi / r->lo) : (v - r->lo) / (r->hi - r->lo);
}

static double px(const Panel *p, double x) { return p->left + WIDE * part_of(&p->x, x); }
static double py(const Panel *p, double y) { return p->top + HIGH * (1 - part_of(&p->y, y)); }

/* ---- a panel's frame ---- */
static void draw_axes(const Panel *p)
{
    double at[TICKS];
    int n =
        p->y.decades ? decade_ticks(p->y.lo, p->y.hi, 6, at) : round_ticks(p->y.lo, p->y.hi, 5, at);
    for (int i = 0; i < n; i++) {
        svg_line(p->out, "grid", p->left, py(p, at[i]), p->left + WIDE, py(p, at[i]));
        svg_words(p->out, "small soft right", p->left - 6, py(p, at[i]) + 3.5, tick_text(at[i]));
    }
    n = round_ticks(p->x.lo, p->x.hi, 5, at);
    for (int i = 0; i < n; i++) {
        svg_line(p->out, "grid", px(p, at[i]), p->top, px(p, at[i]), p->top + HIGH);
        svg_words(p->out, "small soft middle", px(p, at[i]), p->top + HIGH + 14, tick_text(at[i]));
    }
    text_add(p->out, "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\"/>\n",
             p->left, p->top, WIDE, HIGH);
    svg_words(p->out, "small soft middle", p->left + WIDE / 2.0, p->top + HIGH + 28,
              axis_names[p->axis]);
}

/* ---- lines ---- */
static void begin_path(Text *out, const char *colour, const char *dashes)
{
    text_add(out, "<path class=\"run\" stroke=\"%s\"%s d=\"", colour, dashes);
}

/* A line through all points, with a gap at a value that is not finite. */
static void draw_line(const Panel *p, const Series *s, const char *colour, const char *dashes)
{
    bool pen = false;
    begin_path(p->out, colour, dashes);
    for (int i = 0; i < s->n; i++) {
        const bool good = isfinite(s->at[i].y);
        if (good)
            text_add(p->out, "%c%.1f %.1f", pen ? 'L' : 'M', px(p, s->at[i].x[p->axis]),
                     py(p, s->at[i].y));
        pen = good;
    }
    text_add(p->out, "\"/>\n");
}

typedef struct {
    double least, most, sum;
    int n;
} Bucket;

static void fill_buckets(const Panel *p, const Series *s, Bucket b[BUCKETS])
{
    for (int i = 0; i < s->n; i++) {
        const double y = s->at[i].y;
        int k = (int)(part_of(&p->x, s->at[i].x[p->axis]) * BUCKETS);
        if (!isfinite(y)) continue;
        k = k < 0 ? 0 : k >= BUCKETS ? BUCKETS - 1 : k;
        if (b[k].n == 0 || y < b[k].least) b[k].least = y;
        if (b[k].n == 0 || y > b[k].most) b[k].most = y;
        b[k].sum += y, b[k].n++;
    }
}

static double bucket_x(const Panel *p, int k) { return p->left + (k + 0.5) * WIDE / BUCKETS; }

static void draw_band(const Panel *p, const Bucket b[BUCKETS], const char *colour)
{
    bool pen = false;
    text_add(p->out, "<path fill=\"%s\" fill-opacity=\"0.22\" d=\"", colour);
    for (int k = 0; k < BUCKETS; k++)
        if (b[k].n)
            text_add(p->out, "%c%.1f %.1f", pen ? 'L' : 'M', bucket_x(p, k), py(p, b[k].most)),
                pen = true;
    for (int k = BUCKETS; k-- > 0;)
        if (b[k].n) text_add(p->out, "L%.1f %.1f", bucket_x(p, k), py(p, b[k].least));
    text_add(p->out, "%s\"/>\n", pen ? "Z" : "");
}

static void draw_means(const Panel *p, const Bucket b[BUCKETS], const char *colour,
                       const char *dashes)
{
    bool pen = false;
    begin_path(p->out, colour, dashes);
    for (int k = 0; k < BUCKETS; k++)
        if (b[k].n)
            text_add(p->out, "%c%.1f %.1f", pen ? 'L' : 'M', bucket_x(p, k),
                     py(p, b[k].sum / b[k].n)),
                pen = true;
    text_add(p->out, "\"/>\n");
}

static void draw_curve(const Panel *p, const Series *s, const char *colour)
{
    const char *dashes = s->part == PART_TRAIN ? "" : " stroke-dasharray=\"6 3\"";
    Bucket b[BUCKETS] = { 0 };
    if (s->n <= 2 * BUCKETS) {
        draw_line(p, s, colour, dashes);
        return;
    }
    fill_buckets(p, s, b);
    if (s->part == PART_TRAIN) draw_band(p, b, colour);
    draw_means(p, b, colour, dashes);
}

static void draw_mark(Text *out, Part part, double x, double y, const char *colour)
{
    if (part == PART_VALID)
        text_add(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\" fill=\"%s\"/>\n", x, y, colour);
    else text_add(out, "<path d=\"M%.1f %.1fl5 5l-5 5l-5 -5Z\" fill=\"%s\"/>\n", x, y - 5, colour);
}

static void draw_series(const Panel *p, const Series *s, const char *colour)
{
    const int every = s->n > 60 ? s->n / 30 : 1;
    if (s->part <= PART_VALID) draw_curve(p, s, colour);
    for (int i = s->n - 1; s->part != PART_TRAIN && i >= 0; i -= every)
        if (isfinite(s->at[i].y))
            draw_mark(p->out, s->part, px(p, s->at[i].x[p->axis]), py(p, s->at[i].y), colour);
}

static void draw_panel(Panel *p, const Logs *all, int metric)
{
    draw_axes(p);
    for (int split = 0; split < 2; split++)
        for (int l = 0; l < all->logs.n; l++)
            for (int i = 0; i < all->logs.at[l]->series.n; i++) {
                const Series *s = all->logs.at[l]->series.at[i];
                if (s->metric == metric && (s->part != PART_TRAIN) == split)
                    draw_series(p, s, svg_colour(l));
            }
}

/* ---- the page ---- */
/* "98.2, valid 97.9": the last values of a metric */
static char *last_values(const Log *log, int metric)
{
    static const char *const names[PARTS] = { "", "valid ", "test ", "evaluated " };
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < log->series.n; i++) {
        const Series *s = log->series.at[i];
        if (s->metric == metric)
            text_add(&t, "%s%s%.4g", t.n ? ", " : "", names[s->part], s->at[s->n - 1].y);
    }
    return t.s;
}

static char *legend_text(const Log *log, const Logs *all)
{
    int bad = 0;
    Text t = { 0 };
    text_add(&t, "%s: %ld update%s, %s samples, %.4g s", log->file, log->updates,
             log->updates == 1 ? "" : "s", tick_text(log->now[BY_SAMPLE]), log->now[BY_TIME]);
    for (int m = 0; m < all->metrics.n; m++)
        if (strcmp(all->metrics.at[m], "lr") && strcmp(all->metrics.at[m], "grad_norm") &&
            *last_values(log, m))
            text_add(&t, "; %s %s", all->metrics.at[m], last_values(log, m));
    for (int i = 0; i < log->series.n; i++) bad += log->series.at[i]->bad;
    if (bad) text_add(&t, "; %d value%s not finite", bad, bad == 1 ? " is" : "s are");
    return t.s;
}

static void draw_legend(Text *out, const Logs *all)
{
    const double y = 26;
    for (int i = 0; i < all->logs.n; i++) {
        text_add(out,
                 "<rect x=\"%d\" y=\"%.1f\" width=\"22\" height=\"4\" rx=\"2\" fill=\"%s\"/>\n",
                 LEFT, y + 18 * i - 6, svg_colour(i));
        svg_words(out, "words", LEFT + 30, y + 18 * i, legend_text(all->logs.at[i], all));
    }
    const double below = y + 18 * all->logs.n;
    svg_words(out, "small soft", LEFT + 30, below,
              "a line: training, an update each (a band: from least to largest); dashes and dots: "
              "validation; a diamond: a test");
}

/* order: loss, reports in their order, then learning rates and norms */
static int place_of(const char *metric)
{
    return !strcmp(metric, "loss")        ? 0
           : !strcmp(metric, "lr")        ? 2
           : !strcmp(metric, "grad_norm") ? 3
                                          : 1;
}

static void draw_row(Text *out, const Logs *all, int metric, double top)
{
    const Range y = value_range(all, metric);
    svg_words(out, "head", LEFT, top - 8,
              text("%s%s", all->metrics.at[metric], y.decades ? ", logarithmic" : ""));
    for (int axis = 0; axis < AXES; axis++) {
        Panel p = { out, LEFT + axis * (WIDE + GAP_X), top, axis_range(all, axis), y, axis };
        draw_panel(&p, all, metric);
    }
}

void plot_draw(Text *out, const Logs *all)
{
    const double head = 26 + 18 * all->logs.n + TOP + 14;
    double top = head;
    svg_begin(out, LEFT + AXES * (WIDE + GAP_X) - GAP_X + 24,
              head + all->metrics.n * (HIGH + GAP_Y) - 16, "training runs");
    draw_legend(out, all);
    for (int place = 0; place < 4; place++)
        for (int m = 0; m < all->metrics.n; m++)
            if (place_of(all->metrics.at[m]) == place)
                draw_row(out, all, m, top), top += HIGH + GAP_Y;
    svg_end(out);
}
