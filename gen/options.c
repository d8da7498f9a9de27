/* options.c -- stage 1: the command line. One table says what there is; --help prints it. */
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "0.1"

typedef struct State { Opts o; bool target_given; } State;
typedef struct {
    const char *name, *short_name, *value, *help;
    void (*set)(State *s, const char *value);
} Option;

static void show_help(State *s, const char *value);

static void set_output(State *s, const char *value) { s->o.output = value; }

static void set_target(State *s, const char *value)
{
    if (strcmp(value, "c") && strcmp(value, "cuda")) usage_error("-t %s: the targets are c and cuda", value);
    s->o.target = strcmp(value, "c") ? TARGET_CUDA : TARGET_C;
    s->target_given = true;
}

static void add_define(State *s, const char *value)
{
    const char *equal = strchr(value, '=');
    if (!equal || equal == value) usage_error("-D %s: expected name=value", value);
    vec_push(&s->o.defines, value);
}

static void set_dump(State *s, const char *value)
{
    static const char *const names[] = { "none", "graph", "grad", "simple", "kernels", "memory", "program" };
    for (int i = DUMP_GRAPH; i <= DUMP_PROGRAM; i++)
        if (!strcmp(names[i], value)) {
            s->o.dump = (Dump)i;
            return;
        }
    usage_error("--dump=%s: there is graph, grad, simple, kernels, memory and program", value);
}

static void set_library(State *s, const char *value)    { (void)value; s->o.library = true; }
static void set_standalone(State *s, const char *value) { (void)value; s->o.standalone = true; }
static void set_no_reuse(State *s, const char *value)   { (void)value; s->o.no_reuse = true; }

static void show_version(State *s, const char *value)
{
    (void)s, (void)value;
    puts("gagen " VERSION);
    exit(fflush(stdout) ? 3 : 0);
}

static const Option table[] = {
    { "--output", "-o", "FILE", "write FILE; its extension says the target, .c or .cu", set_output },
    { "--target", "-t", "c|cuda", "what to write; on standard output cuda unless told", set_target },
    { "--define", "-D", "NAME=VALUE", "what option(\"NAME\", default) gives in the model; batch, micro_batch, accumulate,\n"
      "epochs, steps, seed and tail stand before those of train { ... }", add_define },
    { "--dump", NULL, "STAGE", "print graph, grad, simple, kernels, memory or program instead", set_dump },
    { "--library", NULL, NULL, "write init, window, gradient, update, save instead of main", set_library },
    { "--standalone", NULL, NULL, "put the runtime into the file: cc -O3 train.c -lm -lpthread builds it", set_standalone },
    { "--no-reuse", NULL, NULL, "give every buffer a place of its own", set_no_reuse },
    { "--help", "-h", NULL, "print this", show_help },
    { "--version", NULL, NULL, "print the version", show_version }
};
enum { NOPTIONS = sizeof table / sizeof *table };

static void show_help(State *s, const char *value)
{
    (void)s, (void)value;
    puts("usage: gagen [options] model.lua             write a training program (model - is standard input)\n"
         "       gagen run [options] model.lua [-- trainer options]     write, compile and run it\n"
         "       gagen ops [NAME]                      list the ops, or show one\n");
    for (int i = 0; i < NOPTIONS; i++) {
        const Option *p = &table[i];
        const char *left = text("%s%s%s%s%s", p->short_name ? p->short_name : "", p->short_name ? ", " : "    ", p->name,
                                p->value ? " " : "", p->value ? p->value : "");
        for (const char *line = p->help; line; left = "") {
            const char *end = strchr(line, '\n');
            printf("  %-26s %.*s\n", left, end ? (int)(end - line) : (int)strlen(line), line);
            line = end ? end + 1 : NULL;
        }
    }
    exit(fflush(stdout) ? 3 : 0);
}

/* The option that argv[*i] is, with its value, which may be its tail, behind = or the next argument. */
static const Option *find(int argc, char **argv, int *i, const char **value)
{
    const char *a = argv[*i];
    for (const Option *p = table; p < table + NOPTIONS; p++) {
        size_t n = strlen(p->name);
        bool is_long = !strncmp(a, p->name, n) && (!a[n] || a[n] == '='), is_short = p->short_name && !strncmp(a, p->short_name, 2);
        if (!is_long && !is_short) continue;
        const char *rest = is_long ? a + n : a + 2;
        if (!p->value && *rest) usage_error("%s takes no value", p->name);
        *value = is_long && *rest ? rest + 1 : rest;
        if (p->value && !*rest) {
            if (++*i >= argc) usage_error("%s: %s is missing", a, p->value);
            *value = argv[*i];
        }
        return p;
    }
    usage_error("unknown option '%s'", a);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The command as the banner shows it: base names, and the options that change bytes. */
static const char *command_of(const State *s)
{
    Text t = { 0 };
    text_add(&t, "gagen");
    if (s->o.target == TARGET_C && !s->o.output) text_add(&t, " -t c");
    if (s->o.library) text_add(&t, " --library");
    if (s->o.standalone) text_add(&t, " --standalone");
    if (s->o.no_reuse) text_add(&t, " --no-reuse");
    for (int i = 0; i < s->o.defines.n; i++) text_add(&t, " -D %s", s->o.defines.at[i]);
    if (s->o.output) text_add(&t, " -o %s", base_name(s->o.output));
    text_add(&t, " %s", base_name(s->o.model));
    return c_comment(t.s);
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), k = strlen(with);
    return n >= k && !strcmp(s + n - k, with);
}

static void choose_target(State *s)
{
    const char *out = s->o.output;
    if (s->target_given) return;
    s->o.target = TARGET_CUDA;
    if (s->o.run || (out && (ends(out, ".c") || ends(out, ".h")))) s->o.target = TARGET_C;
    else if (out && !ends(out, ".cu")) usage_error("-o %s: say -t c or -t cuda, or end it in .c or .cu", out);
}

static _Noreturn void show_ops(int argc, char **argv)
{
    Text out = { 0 };
    if (argc > 3) usage_error("ops takes one name");
    if (argc == 3 && argv[2][0] == '-') usage_error("unknown option '%s'", argv[2]);
    ops_print(&out, argc == 3 ? argv[2] : NULL);
    fwrite(out.s, 1, out.n, stdout);
    if (fflush(stdout) || ferror(stdout)) fatal("cannot write the list");
    exit(0);
}

Opts options(int argc, char **argv)
{
    State s = { .o = { 0 } };
    int i = 1;
    if (argc > 1 && !strcmp(argv[1], "ops")) show_ops(argc, argv);
    if (argc > 1 && !strcmp(argv[1], "run")) s.o.run = true, i = 2;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        const char *value = NULL;
        if (argv[i][0] == '-' && argv[i][1]) {
            const Option *p = find(argc, argv, &i, &value);
            p->set(&s, value);
        } else if (s.o.model) {
            usage_error("one model at a time: %s, then %s", s.o.model, argv[i]);
        } else {
            s.o.model = argv[i];
        }
    }
    if (i < argc && !s.o.run) usage_error("-- goes with run");
    for (i++; i < argc; i++) vec_push(&s.o.run_args, argv[i]);
    if (!s.o.model) usage_error("no model file");
    choose_target(&s);
    s.o.command = command_of(&s);
    return s.o;
}
