/* emit.c -- fills the holes of templates/program.c or program.cu, which becomes the program's
   text. */
#include <string.h>
#include "back/emit.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The holes of a step, without those of its kernels and of its update. */
static void fill_step(const Program *s, Env *e)
{
    const Objective *t = s->g->step;
    const bool several = s->all->steps.n > 1;
    env_set(e, "prefix", "%s", t->prefix);
    env_set(e, "row",
            "{ .name = \"%s\", .times = %ld, .batch = %ld, .window = %swindow, .gradient = "
            "%sgradient, .update = %supdate, .lr = %slearning_rate, .scalars = %sscalars },",
            c_string(t->name), t->times, t->batch, t->prefix, t->prefix, t->prefix, t->prefix,
            t->prefix);
    env_set(e, "step_title", "%s", c_comment(t->name));
    env_flag(e, "makes_outputs", s->g->outputs.n > 0);
    env_flag(e, "refreshed", several && prepares(s));
    env_flag(e, "rounds_here", !s->g->before && s->g->train.precision >= BF16);
    env_set(e, "prepared_graph", "%s", prepares(s) ? text("&%sprepared", t->prefix) : "NULL");
    env_set(e, "fresh", "%s", s->g->before ? "false" : "true");
}

static void fill_steps(const Whole *all, bool share, Env *e)
{
    const int n = all->steps.n;
    Env **step = NEW_ARRAY(Env *, n);
    bool any = false;
    for (int i = 0; i < n; i++) {
        fill_step(all->steps.at[i], step[i] = env_item(e, "steps"));
        any |= prepares(all->steps.at[i]);
    }
    env_flag(e, "prepares", any);
    all->steps.at[0]->k->target->kernels(all, share, e, step);
    for (int i = 0; i < n; i++) update(all->steps.at[i], step[i]);
}

/* The sizes that have names: "N = 32, MICROS = 4". */
static void name_sizes(const Whole *all, Env *e)
{
    const Graph *g = all->steps.at[0]->g;
    const bool several = all->steps.n > 1;
    Text t = { 0 };
    text_add(&t, ROWS_NAME " = %ld", g->train.micro_batch);
    for (int i = 0; i < all->steps.n; i++)
        text_add(&t, ", %s" MICROS_NAME " = %ld", all->steps.at[i]->g->step->prefix,
                 all->steps.at[i]->g->train.accumulate);
    env_set(e, "sizes", "%s", t.s);
    env_set(e, "sizes_are", "rows of a micro-batch, micro-batches of %s window",
            several                ? "each step's"
            : g->train.nmilestones ? "the largest"
                                   : "a");
    env_set(e, "samples", "%s",
            several ? text("%ld", largest_window(g)) : ROWS_NAME " * " MICROS_NAME);
    env_set(e, "micros", "%s",
            several ? text("%ld", largest_window(g) / g->train.micro_batch) : MICROS_NAME);
}

static Env *program_words(Whole *all, const Opts *o)
{
    Env *e = env_new(NULL);
    const Graph *g = all->steps.at[0]->g;
    const char *extension = o->target->extension;
    env_set(e, "file", "%s",
            o->output ? c_comment(base_name(o->output)) : text("%s.%s", g->title, extension));
    env_set(e, "command", "%s", o->command);
    env_set(e, "banner", "%s", banner(all));
    env_set(e, "model", "%s", c_comment(g->file));
    name_sizes(all, e);
    env_set(e, "title", "%s", g->title);
    env_set(e, "linkage", "%s", o->target->device ? "extern \"C\" " : o->library ? "" : "static ");
    env_set(e, "target", "%s", o->target->name);
    env_set(e, "machine", "%s", o->target->device ? "\"\"" : "GG_BUILT_FOR");
    env_flag(e, "main", !o->library);
    env_flag(e, "standalone", o->standalone);
    env_flag(e, "precision", g->train.precision != FP32);
    env_set(e, "compute", "%d", (int)g->train.precision);
    declare(all, o->allocate, e);
    fill_steps(all, !o->no_share, e);
    reports(all, e);
    lengths(all, e);
    tables(all, e);
    return e;
}

/* A standalone program has the runtime's headers before its own text and the rest of the runtime
   after it. */
void emit(Whole *all, const Opts *o, Text *out)
{
    Pasted done = { 0 };
    const Env *e = program_words(all, o);
    fit_lines(out, template_render("head.c", e));
    if (o->standalone) paste_headers(out, "gagen.h", &done);
    fit_lines(out, template_render(text("program.%s", o->target->extension), e));
    if (o->standalone) paste_runtime(out, &done, all->steps.at[0]->g->train.sampling.output >= 0);
}

void emit_header(const Whole *all, const Opts *o, Text *out)
{
    const char *title = all->steps.at[0]->g->title;
    text_add(out, "/* %s.h -- written by gagen: %s; a program that library.h drives */\n", title,
             o->command);
    if (o->standalone) paste_headers(out, "library.h", &(Pasted) { 0 });
    else text_add(out, "#include \"library.h\"\n");
    text_add(out, "extern const Program gagen_%s;\n", title);
}
