/* main.c -- the map of the compiler: nine stages, each takes one struct and gives the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"
#include "plot.h"
#include "run.h"

static _Noreturn void show(const Text *t)
{
    write_output(NULL, t);
    exit(0);
}

static void check_options(const Opts *o)
{
    if (o->run && o->library) usage_error("run needs a main program: leave out --library");
    if (o->standalone && o->target == TARGET_CUDA && !o->run) usage_error("--standalone is of the C target: say -t c, or -o FILE.c");
}

/* mlp.h beside mlp.c */
static const char *header_path(const char *output)
{
    const size_t n = strlen(output);
    return text("%.*s.h", n > 2 && output[n - 2] == '.' ? (int)n - 2 : (int)n, output);
}

static void finish(Opts *o, Whole *all)
{
    Text out = { 0 }, header = { 0 };
    o->standalone |= o->run && o->target == TARGET_C;
    emit(all, o, &out);
    if (o->run) run_program(o, all->steps.at[0]->g->title, &out);
    if (o->library && o->output) {
        emit_header(all, o, &header);
        write_output(header_path(o->output), &header);
    }
    write_output(o->output, &out);
}

static _Noreturn void finish_plan(const Opts *o, const Whole *all, const Choices *c)
{
    Text out = { 0 }, picture = { 0 };
    plan_report(&out, all, c, o);
    plan_draw(&picture, all);
    if (o->picture) write_output(o->picture, &picture);
    if (!o->drawn) write_output(o->output, &out);
    exit(0);
}

static _Noreturn void plot(const Opts *o)
{
    Text out = { 0 };
    Logs all = { 0 };
    for (int i = 0; i < o->logs.n; i++) {
        Log *log = log_read(o->logs.at[i], &all);
        if (log) vec_push(&all.logs, log);
    }
    stop_if_errors();
    plot_draw(&out, &all);
    write_output(o->output, &out);
    exit(0);
}

/* memory = "6 GB": takes the largest micro-batch that fits, and says which were tried where there was a choice. */
static void choose(const Opts *o, Graph *g, const Choices *c)
{
    Text out = { 0 };
    choices_print(&out, c, g, o);
    if (!o->plan && g->train.memory && c->at.n + c->levels.n > 1) fputs(out.s, stderr);
    take_chosen(c, g);
    stop_if_errors();
}

/* Stages 4 to 8 of step i, or NULL when the dump that was asked for is written. */
static Program *compile(Graph *whole, int i, const Program *before, const Opts *o, Text *out)
{
    Graph *g = step_graph(whole, i, before);
    differentiate(g);
    stop_if_errors();
    if (o->dump == DUMP_GRAD) return graph_print(out, g), NULL;
    simplify(g);
    if (o->dump == DUMP_SIMPLE) return graph_print(out, g), NULL;
    Kernels *k = fuse(g, o->target);
    if (o->dump == DUMP_KERNELS) return kernels_print(out, k), NULL;
    Program *s = schedule(place(k, !o->no_reuse));
    if (o->dump == DUMP_PROGRAM) return program_print(out, s), NULL;
    return s;
}

int main(int argc, char **argv)
{
    Text out = { 0 };
    Opts o = options(argc, argv);
    if (o.run) choose_run_target(&o);
    check_options(&o);
    if (o.plot) plot(&o);
    Graph *g = read_model(&o);
    if (o.dump == DUMP_GRAPH) graph_print(&out, g), show(&out);
    check(g);
    stop_if_errors();
    Choices *c = consider(g, &o);
    if (c) choose(&o, g, c);
    Program **steps = NEW_ARRAY(Program *, g->steps.n);
    for (int i = 0; i < g->steps.n; i++) steps[i] = compile(g, i, i ? steps[i - 1] : NULL, &o, &out);
    if (o.dump && o.dump != DUMP_MEMORY) show(&out);
    Whole *all = join(steps, g->steps.n);
    if (o.dump) memory_print(&out, all), show(&out);
    if (o.plan) finish_plan(&o, all, c);
    finish(&o, all);
    return 0;
}
