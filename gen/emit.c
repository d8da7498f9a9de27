/* emit.c -- stage 9: the program's text, from templates/program.c and what fills its holes. */
#include <string.h>
#include "emit.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *kernels_text(const Program *s)
{
    Text out = { 0 };
    text_put(&out, "", 0);
    const Kernels *k = s->k;
    for (int i = 0; i < k->once.n; i++) emit_kernel(s, k->once.at[i], &out);
    for (int i = 0; i < s->counting.n; i++)
        if (s->counting.at[i] != k->micro.at[s->counting.at[i]->id - 1]) emit_kernel(s, s->counting.at[i], &out);
    for (int i = 0; i < k->micro.n; i++) emit_kernel(s, k->micro.at[i], &out);
    for (int i = 0; i < k->finish.n; i++) emit_kernel(s, k->finish.at[i], &out);
    return out.s;
}

static char *program_text(const Program *s, const Opts *o)
{
    Env *e = env_new(NULL);
    const bool cuda = o->target == TARGET_CUDA;
    env_set(e, "file", "%s", o->output ? c_comment(base_name(o->output)) : text("%s.%s", s->g->title, cuda ? "cu" : "c"));
    env_set(e, "command", "%s", o->command);
    env_set(e, "banner", "%s", banner(s));
    env_set(e, "title", "%s", s->g->title);
    env_set(e, "linkage", "%s", o->library ? "" : "static ");
    env_flag(e, "main", !o->library);
    declare(s, e);
    if (cuda) cuda_steps(s, e, !o->no_share);
    else steps(s, e);
    update(s, e);
    tables(s, e);
    if (!cuda) env_set(e, "kernels", "%s", kernels_text(s));
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

void emit(Program *s, const Opts *o, Text *out)
{
    Text program = { 0 };
    indent(&program, program_text(s, o));
    if (o->standalone) put_standalone(out, program.s);
    else text_put(out, program.s, program.n);
}

void emit_header(const Program *s, const Opts *o, Text *out)
{
    const char *title = s->g->title;
    text_add(out, "/* %s.h -- written by gagen: %s; a program that library.h drives */\n", title, o->command);
    if (o->standalone) paste_headers(out, "library.h");
    else text_add(out, "#include \"library.h\"\n");
    text_add(out, "extern const Program %s;\n", title);
}
