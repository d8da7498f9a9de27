/* emit.c -- stage 9: the program's text, from templates/program.c and what fills its holes. */
#include <string.h>
#include "back/emit.h"
#include "back/c/share.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* One step's rooms. */
static void fill_step(const Program *s, Env *e, bool share)
{
    const Step *t = s->g->step;
    const bool several = s->all->steps.n > 1;
    env_set(e, "prefix", "%s", t->prefix);
    env_set(e, "step_name", "%s", c_string(t->name));
    env_set(e, "step_times", "%ld, %ld", t->times, t->batch);
    env_set(e, "step_title", "%s", c_comment(t->name));
    env_flag(e, "makes_outputs", s->g->outputs.n > 0);
    env_flag(e, "refreshed", several && prepares(s));
    env_flag(e, "rounds_here", !s->g->before && s->g->train.precision >= BF16);
    env_set(e, "prepared_graph", "%s", prepares(s) ? text("&%sprepared", t->prefix) : "NULL");
    env_set(e, "fresh", "%s", s->g->before ? "false" : "true");
    if (s->k->target == &target_cuda) cuda_steps(s, e, share);
    else steps(s, e);
    update(s, e);
}

static char *program_text(const Whole *all, const Opts *o)
{
    Env *e = env_new(NULL);
    const bool cuda = o->target == &target_cuda;
    const Graph *g = all->steps.at[0]->g;
    env_set(e, "file", "%s", o->output ? c_comment(base_name(o->output)) : text("%s.%s", g->title, cuda ? "cu" : "c"));
    env_set(e, "command", "%s", o->command);
    env_set(e, "banner", "%s", banner(all));
    env_set(e, "title", "%s", g->title);
    env_set(e, "linkage", "%s", o->library ? "" : "static ");
    env_flag(e, "main", !o->library);
    env_flag(e, "precision", g->train.precision != FP32);
    env_set(e, "compute", "%d", (int)g->train.precision);
    declare(all, o->allocate, e);
    if (!cuda) share_kernels(all, !o->no_share);
    for (int i = 0; i < all->steps.n; i++) fill_step(all->steps.at[i], env_item(e, "steps"), !o->no_share);
    reports(all, e);
    lengths(all, e);
    tables(all, e);
    if (cuda) cuda_facts(all, e);
    else env_set(e, "kernels", "%s", share_functions());
    return template_render(cuda ? "program.cu" : "program.c", e);
}

/* The runtime's source around the program's own. */
static void put_standalone(Text *out, const char *program)
{
    static const char include[] = "#include \"gagen.h\"\n";
    const char *at = strstr(program, include);
    if (!at) BUG("the program includes no gagen.h");
    text_put(out, program, (size_t)(at - program));
    paste_headers(out, "gagen.h");
    text_add(out, "%s", at + sizeof include - 1);
    paste_runtime(out);
}

void emit(Whole *all, const Opts *o, Text *out)
{
    Text program = { 0 };
    indent(&program, program_text(all, o));
    if (o->standalone) put_standalone(out, program.s);
    else text_put(out, program.s, program.n);
}

void emit_header(const Whole *all, const Opts *o, Text *out)
{
    const char *title = all->steps.at[0]->g->title;
    text_add(out, "/* %s.h -- written by gagen: %s; a program that library.h drives */\n", title, o->command);
    if (o->standalone) paste_headers(out, "library.h");
    else text_add(out, "#include \"library.h\"\n");
    text_add(out, "extern const Program gagen_%s;\n", title);
}
