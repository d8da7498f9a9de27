/* main.c -- the pipeline: the table of stages, and the commands that use their results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "back/emit.h"
#include "front/front.h"
#include "ir/stage.h"
#include "lower/lower.h"
#include "middle/middle.h"
#include "tools/plan.h"
#include "tools/plot.h"
#include "tools/run.h"

/* ---- the stages ---- */
static void run_read_model(Compilation *c) { c->model = read_model(c->opts, &c->gradient); }
static void run_check(Compilation *c) { check(c->model); }
static void run_objective(Compilation *c) { c->g = objective(c->model, c->all); }
static void run_differentiate(Compilation *c) { differentiate(c->g, c->gradient); }
static void run_simplify(Compilation *c) { simplify(c->g); }
static void run_recompute(Compilation *c) { recompute(c->g); }
static void run_order(Compilation *c) { order(c->g); }
static void run_pieces(Compilation *c) { pieces(c->g); }
static void run_legalize(Compilation *c) { legalize(c->g); }
static void run_group(Compilation *c) { c->k = group(c->g, c->opts->target); }
static void run_layout(Compilation *c) { layout(c->k); }
static void run_lower(Compilation *c) { lower(c->k); }
static void run_partition(Compilation *c) { partition(c->k); }
static void run_place(Compilation *c) { c->p = place(c->k, !c->opts->no_reuse); }
static void run_schedule(Compilation *c) { c->s = schedule(c->p); }
static void run_join(Compilation *c) { join(c->all); }

static void print_model(Text *out, const Compilation *c) { graph_print(out, c->model); }
static void print_graph(Text *out, const Compilation *c) { graph_print(out, c->g); }
static void print_groups(Text *out, const Compilation *c) { groups_print(out, c->k); }
static void print_layouts(Text *out, const Compilation *c) { layouts_print(out, c->k); }
static void print_lowered(Text *out, const Compilation *c) { lowered_print(out, c->k); }
static void print_kernels(Text *out, const Compilation *c) { kernels_print(out, c->k); }
static void print_program(Text *out, const Compilation *c) { program_print(out, c->s); }
static void print_memory(Text *out, const Compilation *c) { memory_print(out, c->all); }

static void verify_model(const Compilation *c) { verify_read_model(c->model); }
static void verify_checked(const Compilation *c) { verify_check(c->model); }
static void verify_step(const Compilation *c) { verify_objective(c->g); }
static void verify_adjoints(const Compilation *c) { verify_differentiate(c->g); }
static void verify_simplified(const Compilation *c) { verify_simplify(c->g); }
static void verify_recomputed(const Compilation *c) { verify_recompute(c->g); }
static void verify_ordered(const Compilation *c) { verify_order(c->g); }
static void verify_cut(const Compilation *c) { verify_pieces(c->g); }
static void verify_copies(const Compilation *c) { verify_legalize(c->g); }
static void verify_groups(const Compilation *c) { verify_group(c->k); }
static void verify_layouts(const Compilation *c) { verify_layout(c->k); }
static void verify_lowered(const Compilation *c) { verify_lower(c->k); }
static void verify_parts(const Compilation *c) { verify_partition(c->k); }
static void verify_places(const Compilation *c) { verify_place(c->p); }
static void verify_program(const Compilation *c) { verify_schedule(c->s); }
static void verify_whole(const Compilation *c) { verify_join(c->all); }

static const Stage table[] = {
    { "read_model", "the model's Graph: nodes, parameters, columns, the schedule", ONCE,
      run_read_model, verify_model, print_model },
    { "check", "the same; errors where a window has no meaning", ONCE, run_check, verify_checked,
      print_model },
    { "objective", "a step's Graph: what it minimizes and reports", EACH_STEP, run_objective,
      verify_step, print_graph },
    { "differentiate", "adjoints, and the contributions to each gradient", EACH_STEP,
      run_differentiate, verify_adjoints, print_graph },
    { "simplify", "one node for equal ones, no dead nodes", EACH_STEP, run_simplify,
      verify_simplified, print_graph },
    { "recompute", "second nodes for values that backward rematerialises", EACH_STEP, run_recompute,
      verify_recomputed, print_graph },
    { "order", "the order of nodes: term after term where that saves memory", EACH_STEP, run_order,
      verify_ordered, print_graph },
    { "pieces", "nodes for each piece of rows, where logits are large", EACH_STEP, run_pieces,
      verify_cut, print_graph },
    { "legalize", "copies of values that a reader cannot address in place", EACH_STEP, run_legalize,
      verify_copies, print_graph },
    { "group", "Kernels: which nodes each computes, in lists", EACH_STEP, run_group, verify_groups,
      print_groups },
    { "layout", "buffers with their layouts, factors of contractions", EACH_STEP, run_layout,
      verify_layouts, print_layouts },
    { "lower", "each kernel as a tree of loops", EACH_STEP, run_lower, verify_lowered,
      print_lowered },
    { "partition", "units, phases, numbers and names", EACH_STEP, run_partition, verify_parts,
      print_kernels },
    { "place", "Plan: lifetimes and offsets in one arena", EACH_STEP, run_place, verify_places,
      print_kernels },
    { "schedule", "Program: scales, counts, lists of tasks, the optimizer's passes", EACH_STEP,
      run_schedule, verify_program, print_program },
    { "join", "Whole: all steps in one order of parameters and one arena", ONCE, run_join,
      verify_whole, print_memory }
};
static const Pipeline pipeline = { table, sizeof table / sizeof *table };

/* ---- the commands ---- */
static _Noreturn void show(const Text *t)
{
    write_output(NULL, t);
    exit(0);
}

static void check_options(const Opts *o)
{
    if (o->run && o->library) usage_error("run needs a main program: leave out --library");
    if (o->standalone && !o->target->one_file && !o->run)
        usage_error("--standalone is only for C: write -t c, or -o FILE.c");
    if (!o->dump || stage_named(&pipeline, o->dump)) return;
    Text names = { 0 };
    for (int i = 0; i < pipeline.n; i++) text_add(&names, "%s%s", i ? ", " : "", table[i].name);
    usage_error("--dump=%s: the stages are %s", o->dump, names.s);
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
    o->standalone |= o->run && o->target->one_file;
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

/* memory = "6 GB": takes the largest micro-batch that fits, and prints the candidates if there
   were several. */
static void choose(const Opts *o, Graph *g, const Choices *c)
{
    Text out = { 0 };
    choices_print(&out, c, g, o);
    if (!o->plan && g->train.memory && c->at.n + c->levels.n > 1) fputs(out.s, stderr);
    take_chosen(c, g);
    stop_if_errors();
}

int main(int argc, char **argv)
{
    Text out = { 0 };
    Opts o = options(argc, argv);
    if (o.run && !o.target_given) o.target = run_target(&target_cuda, &target_c);
    check_options(&o);
    if (o.plot) plot(&o);
    Compilation c = { .opts = &o };
    if (compile(&pipeline, "read_model", "check", &c, &out)) show(&out);
    Choices *choices = consider(&pipeline, &c);
    if (choices) choose(&o, c.model, choices);
    if (compile(&pipeline, "objective", "join", &c, &out)) show(&out);
    if (o.plan) finish_plan(&o, c.all, choices);
    finish(&o, c.all);
    return 0;
}
