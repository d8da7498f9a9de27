/* plan_svg.c -- draws the arena over the program's time. Every buffer is a bar at its place in
   memory, from the phase that first writes it to the last that reads it. The line above the bars
   is the peak, and the stairs are the live memory. */
#include <string.h>
#include "tools/plan.h"
#include "tools/svg.h"

enum {
    LEFT = 84,
    TOP = 78,
    HIGH_LEAST = 420,
    HIGH_MOST = 1400,
    BAR = 13,
    PHASE_LEAST = 20,
    WIDTH = 1000,
    LABEL = 40
};
typedef struct {
    Text *out;
    const Plan *p;
    const Layers *layers;
    double phase, high, most; /* width of a phase, height of the frame, reals that it shows */
    double right, foot;       /* how far kernels' names extend */
    VEC(const Buffer) small;
} Page;

static double px(const Page *v, double phase) { return LEFT + phase * v->phase; }
static double py(const Page *v, double reals) { return TOP + v->high * (1 - reals / v->most); }

static bool in_arena(const Buffer *b) { return b->home == HOME_ARENA; }

static int arena_count(const Kernels *k)
{
    int n = 0;
    for (int i = 0; i < k->buffers.n; i++) n += in_arena(k->buffers.at[i]);
    return n;
}

static long live_at(const Kernels *k, int phase)
{
    long sum = 0;
    for (int i = 0; i < k->buffers.n; i++) {
        const Buffer *b = k->buffers.at[i];
        if (in_arena(b) && b->first <= phase && phase <= b->last) sum += buffer_size(b);
    }
    return sum;
}

static int fullest_phase(const Kernels *k)
{
    int best = 0;
    for (int p = 1; p < k->phases; p++)
        if (live_at(k, p) > live_at(k, best)) best = p;
    return best;
}

static int most_alive(const Kernels *k)
{
    int most = 0;
    for (int p = 0; p < k->phases; p++) {
        int n = 0;
        for (int i = 0; i < k->buffers.n; i++)
            n += in_arena(k->buffers.at[i]) && k->buffers.at[i]->first <= p &&
                 p <= k->buffers.at[i]->last;
        if (n > most) most = n;
    }
    return most;
}

static const Kernel *writer_of(const Kernels *k, const Buffer *b)
{
    for (int i = 0; i < k->micro.n; i++)
        for (int t = 0; t < k->micro.at[i]->touches.n; t++)
            if (k->micro.at[i]->touches.at[t]->write && k->micro.at[i]->touches.at[t]->buffer == b)
                return k->micro.at[i];
    return NULL;
}

/* ---- frame ---- */
static void draw_scale(const Page *v)
{
    double at[TICKS];
    const double mib = 1048576.0 / 4, kib = 1024.0 / 4, unit = v->most > mib ? mib : kib;
    const int n = round_ticks(0, v->most / unit, 8, at);
    for (int i = 0; i < n; i++) {
        svg_line(v->out, "grid", LEFT, py(v, at[i] * unit), px(v, v->p->k->phases),
                 py(v, at[i] * unit));
        svg_words(v->out, "small soft right", LEFT - 6, py(v, at[i] * unit) + 3.5,
                  tick_text(at[i]));
    }
    svg_words(v->out, "small soft right", LEFT - 6, TOP - 10, unit >= mib ? "MiB" : "KiB");
}

static char *kernels_text(const Kernels *k, int phase)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < k->micro.n; i++)
        if (k->micro.at[i]->phase == phase)
            text_add(&t, "%s%s", t.n ? ", " : "", k->micro.at[i]->ident);
    return t.s;
}

/* Kernels are named below their phase, at a slant. The tooltip has the names that do not fit. */
static void draw_phase(Page *v, int phase)
{
    const char *all = kernels_text(v->p->k, phase), *comma = strchr(all, ',');
    const int n = comma ? (int)(comma - all) : (int)strlen(all);
    const char *first =
        text("%d  %.*s%s", phase, n < LABEL ? n : LABEL, all, comma || n > LABEL ? " ..." : "");
    const double x = px(v, phase + 0.5), y = TOP + v->high + 14,
                 reach = 5.6 * (double)strlen(first);
    svg_line(v->out, "grid", px(v, phase), TOP, px(v, phase), TOP + v->high);
    text_add(v->out,
             "<text class=\"small soft\" transform=\"translate(%.1f %.1f) "
             "rotate(38)\">%s<title>%s</title></text>\n",
             x, y, svg_escape(first), svg_escape(all));
    if (x + 0.79 * reach > v->right) v->right = x + 0.79 * reach;
    if (y + 0.62 * reach > v->foot) v->foot = y + 0.62 * reach;
}

/* Marks the change from forward to backward, and back where losses run in turn. */
static void draw_turns(const Page *v)
{
    const Kernels *k = v->p->k;
    for (int i = 0; i < k->micro.n; i++) {
        const bool backward = k->micro.at[i]->backward;
        if (i && k->micro.at[i - 1]->backward == backward) continue;
        const double x = px(v, k->micro.at[i]->phase);
        if (i) svg_line(v->out, "cut", x, TOP - 8, x, TOP + v->high);
        svg_words(v->out, "small soft", x + 4, TOP - 10, backward ? "backward" : "forward");
    }
}

static void draw_frame(Page *v)
{
    const Kernels *k = v->p->k;
    const int full = fullest_phase(k);
    text_add(v->out, "<rect class=\"zone\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"/>\n",
             px(v, full), TOP, v->phase, v->high);
    draw_scale(v);
    for (int p = 0; p < k->phases; p++) draw_phase(v, p);
    text_add(v->out, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"/>\n",
             LEFT, TOP, v->phase * k->phases, v->high);
    draw_turns(v);
}

/* ---- bars ---- */
static const char *what_is(const Kernels *k, const Buffer *b)
{
    return first_of(k->g, b->node) ? "a value rematerialised"
           : b->node->backward     ? "an adjoint"
           : is_kept(k, b)         ? "a value, kept for backward"
                                   : "a value, of forward alone";
}

/* Kept values are full, those of forward alone pale; rematerialised ones have a dashed border. */
static const char *look_of(const Kernels *k, const Buffer *b)
{
    if (first_of(k->g, b->node))
        return " stroke=\"#656d76\" stroke-width=\"1.2\" stroke-dasharray=\"4 2\"";
    return b->node->backward ? " fill-opacity=\"0.72\""
           : is_kept(k, b)   ? ""
                             : " fill-opacity=\"0.5\"";
}

static char *bar_tip(const Page *v, const Buffer *b, const Kernel *x, int layer)
{
    Text t = { 0 };
    text_add(&t, "%s %s: %s at %s, phase%s %d", b->ident, shape_text(&b->node->shape),
             size_text(4.0 * (double)buffer_size(b)), size_text(4.0 * (double)b->offset),
             b->first == b->last ? "" : "s", b->first);
    if (b->last != b->first) text_add(&t, " to %d", b->last);
    if (x) text_add(&t, "; written by %s", x->ident);
    if (layer >= 0) text_add(&t, ", %s of %s", what_is(v->p->k, b), v->layers->at.at[layer]->name);
    return t.s;
}

static bool has_room(const char *name, double wide, double high)
{
    return high >= 11 && wide >= 6.2 * (double)strlen(name) + 6;
}

static void draw_bar(Page *v, const Buffer *b)
{
    const Kernel *x = writer_of(v->p->k, b);
    const int layer = x ? layer_of(v->layers, x) : -1;
    const double left = px(v, b->first) + 1, wide = v->phase * (b->last - b->first + 1) - 2;
    const double top = py(v, (double)(b->offset + buffer_size(b))),
                 high = py(v, (double)b->offset) - top;
    text_add(v->out,
             "<rect x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" rx=\"%d\" "
             "fill=\"%s\"%s><title>%s</title></rect>\n",
             left, top, wide, high < 0.6 ? 0.6 : high - (high > 3 ? 0.8 : 0), high > 6 ? 2 : 0,
             svg_colour(layer < 0 ? COLOURS - 1 : layer), look_of(v->p->k, b),
             svg_escape(bar_tip(v, b, x, layer)));
    if (has_room(b->ident, wide, high))
        svg_words(v->out, "inside", left + 4, top + high / 2 + 3.5, b->ident);
    else vec_push(&v->small, b);
}

static void draw_bars(Page *v)
{
    const Kernels *k = v->p->k;
    for (int i = 0; i < k->buffers.n; i++)
        if (in_arena(k->buffers.at[i])) draw_bar(v, k->buffers.at[i]);
}

static void draw_live(const Page *v)
{
    const Kernels *k = v->p->k;
    text_add(v->out, "<path class=\"step\" d=\"M%.1f %.1f", px(v, 0), py(v, 0));
    for (int p = 0; p < k->phases; p++)
        text_add(v->out, "V%.1fH%.1f", py(v, (double)live_at(k, p)), px(v, p + 1));
    text_add(v->out, "V%.1f\"/>\n", py(v, 0));
}

static void draw_peak(const Page *v)
{
    const double y = py(v, (double)v->p->arena);
    svg_line(v->out, "mark", LEFT, y, px(v, v->p->k->phases), y);
    svg_words(v->out, "small head right", px(v, v->p->k->phases) - 4, y - 4,
              text("peak %s", size_text(4.0 * (double)v->p->arena)));
}

/* ---- the page ---- */
static void draw_head(const Page *v)
{
    const Graph *g = v->p->k->g;
    const Train *t = &g->train;
    svg_words(v->out, "title", LEFT, 26, text("%s: the arena of a micro-step", g->file));
    svg_words(v->out, "soft", LEFT, 46,
              text("batch %ld = %ld x %ld; peak %s, lower bound %s in phase %d; %d buffers in %d "
                   "phases of %d kernels",
                   t->batch, t->accumulate, t->micro_batch, size_text(4.0 * (double)v->p->arena),
                   size_text(4.0 * (double)v->p->bound), fullest_phase(v->p->k),
                   arena_count(v->p->k), v->p->k->phases, v->p->k->micro.n));
}

/* The colours of layers that keep values, in lines; returns the y of the last line. */
static double draw_legend(const Page *v, double top)
{
    double x = LEFT, y = top + 16;
    svg_words(v->out, "small head", LEFT, top,
              "layers: full colour the values that are kept for backward, pale those of forward "
              "alone and adjoints, dashed what is rematerialised; the stairs: what is alive");
    for (int i = 0; i < v->layers->at.n; i++) {
        const Layer *l = v->layers->at.at[i];
        const double wide = 24 + 6.0 * (double)strlen(l->name);
        if (!(l->values + l->adjoints > 0)) continue;
        if (x > LEFT && x + wide > LEFT + v->phase * v->p->k->phases) x = LEFT, y += 15;
        text_add(v->out,
                 "<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" height=\"10\" rx=\"2\" fill=\"%s\"/>\n",
                 x, y - 9, svg_colour(i));
        svg_words(v->out, "small soft", x + 14, y, l->name);
        x += wide;
    }
    return y;
}

/* Buffers too small for their names, listed below; returns the y of the last line. */
static double draw_small(const Page *v, double top)
{
    double x = LEFT, y = top + 16;
    if (v->small.n) svg_words(v->out, "small head", LEFT, top, "too small for a name above");
    for (int i = 0; i < v->small.n; i++) {
        const Buffer *b = v->small.at[i];
        svg_words(v->out, "small soft", x, y,
                  text("%s  %s, phases %d-%d", b->ident, size_text(4.0 * (double)buffer_size(b)),
                       b->first, b->last));
        if ((x += 320) + 280 > LEFT + v->phase * v->p->k->phases) x = LEFT, y += 14;
    }
    return y;
}

/* Chooses a height at which an average bar has room for its name, within limits. */
static double height_for(const Kernels *k)
{
    const double high = BAR * most_alive(k);
    return high < HIGH_LEAST ? HIGH_LEAST : high > HIGH_MOST ? HIGH_MOST : high;
}

/* A step's kernels and buffers, moved by `phases`. */
static void add_step(Kernels *to, const Kernels *k, int phases)
{
    for (int i = 0; i < k->micro.n; i++) {
        k->micro.at[i]->phase += phases;
        vec_push(&to->micro, k->micro.at[i]);
    }
    for (int i = 0; i < k->forward.n; i++) vec_push(&to->forward, k->forward.at[i]);
    for (int i = 0; i < k->buffers.n; i++) {
        if (in_arena(k->buffers.at[i]))
            k->buffers.at[i]->first += phases, k->buffers.at[i]->last += phases;
        vec_push(&to->buffers, k->buffers.at[i]);
    }
    to->phases = phases + k->phases;
}

/* The steps one after another. */
static Plan *in_turn(const Whole *all)
{
    Plan *p = NEW(Plan);
    *p = *all->steps.at[0]->p;
    if (all->steps.n == 1) return p;
    p->k = NEW(Kernels);
    p->k->g = all->steps.at[0]->g;
    memcpy(&p->k->params, &all->steps.at[0]->k->params, sizeof p->k->params);
    p->arena = all->arena, p->bound = all->bound;
    for (int i = 0; i < all->steps.n; i++) add_step(p->k, all->steps.at[i]->k, p->k->phases);
    return p;
}

static Kernels **steps_of(const Whole *all)
{
    Kernels **step = NEW_ARRAY(Kernels *, all->steps.n);
    for (int i = 0; i < all->steps.n; i++) step[i] = all->steps.at[i]->k;
    return step;
}

void plan_draw(Text *out, const Whole *all)
{
    const Plan *p = in_turn(all);
    const int phases = p->k->phases > 0 ? p->k->phases : 1;
    Text body = { 0 };
    Page v = { .out = &body,
               .p = p,
               .layers = layers_of(steps_of(all), all->steps.n),
               .high = height_for(p->k) };
    v.phase = (double)WIDTH / phases > PHASE_LEAST ? (double)WIDTH / phases : PHASE_LEAST;
    v.most = p->arena > 0 ? (double)p->arena * 1.06 : 1;
    v.right = px(&v, phases);
    draw_head(&v);
    draw_frame(&v);
    draw_bars(&v);
    draw_live(&v);
    draw_peak(&v);
    const double bottom = draw_small(&v, draw_legend(&v, v.foot + 24) + 24);
    svg_begin(out, v.right + 24, bottom + 24, text("%s: arena", p->k->g->file));
    text_put(out, body.s, body.n);
    svg_end(out);
}
