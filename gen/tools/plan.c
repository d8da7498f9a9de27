/* plan.c -- gagen plan: memory and work of a model, as a page of text. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "ir/program.h"
#include "tools/plan.h"

/* 1.5, 20.1, 384 */
static char *mega(double flop)
{
    const double m = flop / 1e6;
    return text("%.*f", m < 9.995 ? 2 : m < 99.95 ? 1 : 0, m);
}

static char *kib(double bytes) { return digits(ceil(bytes / 1024)); }

/* The widths of the columns of text, for the longest name, kind and output. */
typedef struct {
    int name, kind, output;
} Widths;
enum { LONGEST = 40 }; /* characters of a name that are shown */

static void widen(int *width, const char *s, size_t most)
{
    const size_t n = strlen(s) < most ? strlen(s) : most;
    if (n > (size_t)*width) *width = (int)n;
}

static Widths widths_of(const Layers *l)
{
    Widths w = { 16, 24, 18 };
    for (int i = 0; i < l->at.n; i++) {
        widen(&w.name, l->at.at[i]->name, LONGEST);
        widen(&w.kind, l->at.at[i]->kind, SIZE_MAX);
        widen(&w.output, shape_text(l->at.at[i]->output), SIZE_MAX);
    }
    return w;
}

/* What a layer is: three columns. */
static void add_text(Text *out, const Widths *w, const char *name, const char *kind,
                     const char *output)
{
    text_add(out, "  %-*.*s %-*s %-*s", w->name, LONGEST, name, w->kind, kind, w->output, output);
}

static void add_row(Text *out, const Widths *w, const Layer *y)
{
    add_text(out, w, y->name, y->kind, shape_text(y->output));
    text_add(out, " %12s %10s %10s %10s %10s %10s %10s %6d\n",
             y->params ? digits((double)y->params) : "", mega(y->forward), mega(y->backward),
             kib(y->values), kib(y->kept), kib(y->again), kib(y->adjoints), y->line);
}

static void add_heading(Text *out, const Widths *w)
{
    add_text(out, w, "", "", "");
    text_add(out, " %12s %21s %43s %6s\n", "", "MFLOP", "KiB", "");
    add_text(out, w, "layer", "", "output");
    text_add(out, " %12s %10s %10s %10s %10s %10s %10s %6s\n", "parameters", "forward", "backward",
             "values", "kept on", "remat.", "adjoints", "line");
}

static void add_layers(Text *out, Kernels *k)
{
    const Layers *l = layers_of(&k, 1);
    const Widths w = widths_of(l);
    Layer total = { .name = "all", .kind = "" };
    text_add(out, "layers, for a micro-batch of %ld\n", k->g->train.micro_batch);
    add_heading(out, &w);
    for (int i = 0; i < l->at.n; i++) {
        const Layer *y = l->at.at[i];
        add_row(out, &w, y);
        total.params += y->params, total.forward += y->forward, total.backward += y->backward;
        total.values += y->values, total.adjoints += y->adjoints, total.kept += y->kept,
            total.again += y->again;
    }
    add_text(out, &w, total.name, "", "");
    text_add(out, " %12s %10s %10s %10s %10s %10s %10s\n", digits((double)total.params),
             mega(total.forward), mega(total.backward), kib(total.values), kib(total.kept),
             kib(total.again), kib(total.adjoints));
    add_untrained(out, k->g, "  ", w.name + w.kind + w.output + 2);
    text_add(out, "\n");
}

static void add_window(Text *out, const Graph *g, const Figures *f, const Target *target)
{
    const Train *t = &g->train;
    static const char *const tails[] = {
        [TAIL_STEP] = "step", [TAIL_DROP] = "drop", [TAIL_CARRY] = "carry"
    };
    text_add(out,
             "window\n  batch %ld = %ld x %ld, tail \"%s\": an update is %ld micro-step%s of %d "
             "kernels%s\n",
             t->batch, t->accumulate, t->micro_batch, tails[t->tail], t->accumulate,
             t->accumulate == 1 ? "" : "s", f->kernels,
             !target->launches ? text(" between %d barriers", f->barriers) : "");
    text_add(out, "  an update: %s MFLOP, %s read and written\n", mega(f->flop),
             size_text(f->traffic));
    if (t->plateau.factor > 0) text_add(out, "  lr %s\n", g->step->optimizer.lr_text);
    text_add(out, "\n");
}

static void add_memory(Text *out, const Whole *all, const Figures *f)
{
    text_add(out, "memory, bytes\n");
    const Kernels *k = all->steps.at[0]->k;
    text_add(out, "  %-42s %16s  %d arrays of %s numbers, padding included%s\n",
             "parameters, gradients, states", digits(f->state), flat_arrays(all),
             digits((double)k->elements),
             k->trained == k->elements
                 ? ""
                 : text("; but the first: %s, the others are frozen", digits((double)k->trained)));
    text_add(out, "  %-42s %16s\n", "packed weights, made once an update", digits(f->packed));
    text_add(out, "  %-42s %16s  lower bound %s, %.1f %% over it\n",
             "arena, the peak of a micro-step's values", digits(f->arena), digits(f->bound),
             f->bound > 0 ? 100 * (f->arena / f->bound - 1) : 0.0);
    for (int i = 0; i < k->g->heads.n; i++) text_add(out, "    %s\n", head_text(k->g->heads.at[i]));
    if (f->fixed > 0)
        text_add(out, "  %-42s %16s\n", "workspace, scratch, the window", digits(f->fixed));
    text_add(out, "  %-42s %16s  %s\n", "all", digits(memory_of(f)), size_text(memory_of(f)));
    text_add(out,
             "  beside it: the data set, and with validation and no --save a copy of the best "
             "parameters, %s\n\n",
             size_text(4 * (double)k->elements));
}

void plan_report(Text *out, const Whole *all, const Choices *c, const Opts *o)
{
    const Figures f = figures_of(all, rates_of(o));
    const Graph *g = all->steps.at[0]->g;
    text_add(out, "%s, planned for %s\n\n", g->file, o->target->title);
    for (int i = 0; i < all->steps.n; i++) {
        if (all->steps.n > 1) text_add(out, "step %s: ", all->steps.at[i]->g->step->name);
        add_layers(out, all->steps.at[i]->k);
    }
    add_window(out, g, &f, o->target);
    add_memory(out, all, &f);
    choices_print(out, c, g, o);
}
