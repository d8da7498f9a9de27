/* plan.c -- gagen plan: memory and work of a model, as a page of text. */
#include <math.h>
#include "ir/program.h"
#include "tools/plan.h"

/* 1.5, 20.1, 384 */
static char *mega(double flop)
{
    const double m = flop / 1e6;
    return text("%.*f", m < 9.995 ? 2 : m < 99.95 ? 1 : 0, m);
}

static char *kib(double bytes) { return digits(ceil(bytes / 1024)); }

static void add_row(Text *out, const Layer *y)
{
    text_add(out, "  %-16.40s %-24s %-18s %12s %10s %10s %10s %10s %10s %10s %6d\n", y->name,
             y->kind, shape_text(y->output), y->params ? digits((double)y->params) : "",
             mega(y->forward), mega(y->backward), kib(y->values), kib(y->kept), kib(y->again),
             kib(y->adjoints), y->line);
}

static void add_layers(Text *out, Kernels *k)
{
    const Layers *l = layers_of(&k, 1);
    Layer total = { .name = "all", .kind = "" };
    text_add(out, "layers, for a micro-batch of %ld\n", k->g->train.micro_batch);
    text_add(out, "  %-16s %-24s %-18s %12s %21s %43s %6s\n", "", "", "", "", "MFLOP", "KiB", "");
    text_add(out, "  %-16s %-24s %-18s %12s %10s %10s %10s %10s %10s %10s %6s\n", "layer", "",
             "output", "parameters", "forward", "backward", "values", "kept on", "remat.",
             "adjoints", "line");
    for (int i = 0; i < l->at.n; i++) {
        const Layer *y = l->at.at[i];
        add_row(out, y);
        total.params += y->params, total.forward += y->forward, total.backward += y->backward;
        total.values += y->values, total.adjoints += y->adjoints, total.kept += y->kept,
            total.again += y->again;
    }
    text_add(out, "  %-16s %-24s %-18s %12s %10s %10s %10s %10s %10s %10s\n", total.name, "", "",
             digits((double)total.params), mega(total.forward), mega(total.backward),
             kib(total.values), kib(total.kept), kib(total.again), kib(total.adjoints));
    add_untrained(out, k->g, "  ", 60);
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
