/* options.c -- the command line. One table lists the options; --help and --man print it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "front/options.h"

static void show_help(State *s, const char *value);
static void show_man(State *s, const char *value);

static void set_output(State *s, const char *value) { s->o.output = value; }

static void set_target(State *s, const char *value)
{
    if (strcmp(value, "c") && strcmp(value, "cuda"))
        usage_error("-t %s: the targets are c and cuda", value);
    s->o.target = strcmp(value, "c") ? &target_cuda : &target_c;
    s->o.target_given = true;
}

static void add_define(State *s, const char *value)
{
    const char *equal = strchr(value, '=');
    if (!equal || equal == value) usage_error("-D %s: expected name=value", value);
    vec_push(&s->o.defines, value);
}

static void set_dump(State *s, const char *value) { s->o.dump = value; }
static void set_verify(State *s, const char *value)
{
    (void)value;
    s->o.verify = true;
}

static void set_library(State *s, const char *value)
{
    (void)value;
    s->o.library = true;
}
static void set_standalone(State *s, const char *value)
{
    (void)value;
    s->o.standalone = true;
}
static void set_no_reuse(State *s, const char *value)
{
    (void)value;
    s->o.no_reuse = true;
}
static void set_allocate(State *s, const char *value)
{
    (void)value;
    s->o.allocate = true;
}
static void set_no_share(State *s, const char *value)
{
    (void)value;
    s->o.no_share = true;
}

static void set_memory(State *s, const char *value)
{
    double bytes;
    const char *wrong = size_parse(value, &bytes);
    Text t = { 0 };
    if (wrong) usage_error("--memory: %s", wrong);
    text_add(&t, "memory=");
    for (const char *c = value; *c; c++)
        if (*c != ' ') text_put(&t, c, 1);
    vec_push(&s->o.defines, t.s);
}

static double rate(const char *name, const char *value)
{
    char *end;
    const double x = strtod(value, &end);
    if (*end || end == value || !(x > 0) || x > 1e9)
        usage_error("%s %s: expected a number above 0, in units of 1e9 a second", name, value);
    return x;
}

static void set_gflops(State *s, const char *value) { s->o.gflops = rate("--gflops", value); }
static void set_gbytes(State *s, const char *value) { s->o.gbytes = rate("--gbytes", value); }
static void set_picture(State *s, const char *value) { s->o.picture = value; }

/* Prints the text and ends. */
static _Noreturn void say(const char *text_of)
{
    fputs(text_of, stdout);
    if (fflush(stdout) || ferror(stdout)) fatal("standard output: %s", strerror(errno));
    exit(0);
}

static void show_version(State *s, const char *value)
{
    (void)s, (void)value;
    say("gagen " VERSION "\n");
}

/* ---- the tables ---- */
static const Command option_commands[] = {
    { DO_WRITE, "", "[options] model.lua", "write a training program (model - is standard input)" },
    { DO_RUN, "run", "[options] model.lua [-- trainer options]", "write, compile and run it" },
    { DO_PLAN, "plan", "[options] model.lua", "say what it needs: layers, memory, micro-batches" },
    { DO_PLOT, "plot", "[-o run.svg] log.jsonl ...", "draw runs from their logs, as SVG" },
    { DO_HELP, "help", "[NAME]",
      "tell what layers, functions, losses, optimizers, options are for, or one" },
    { DO_OPS, "ops", "[NAME]", "list the ops, or show one" }
};
enum { option_ncommands = sizeof option_commands / sizeof *option_commands };

enum { MODEL = DO_WRITE | DO_RUN | DO_PLAN };
static const Option option_table[] = {
    { "--output", "-o", "FILE", DO_WRITE | DO_RUN | DO_PLAN | DO_PLOT,
      "write FILE; its extension says the target, .c or .cu\n(plan: .svg asks for the arena's "
      "picture alone)",
      set_output },
    { "--target", "-t", "c|cuda", MODEL, "what to write; on standard output cuda unless told",
      set_target },
    { "--define", "-D", "NAME=VALUE", MODEL,
      "what option(\"NAME\", default) gives in the model; batch, micro_batch, accumulate,\n"
      "epochs, steps, seed, tail, recompute and head_pieces stand before those of train { ... }",
      add_define },
    { "--memory", NULL, "SIZE", MODEL,
      "choose the largest micro-batch that fits SIZE, as in 6GB or 512MiB, and say from what;\n"
      "stands before micro_batch and accumulate of train { ... }",
      set_memory },
    { "--dump", NULL, "STAGE", DO_WRITE,
      "print what that stage gives instead: read_model, differentiate, ... (docs/architecture.md)",
      set_dump },
    { "--verify", NULL, NULL, MODEL, "check what every stage gives", set_verify },
    { "--library", NULL, NULL, DO_WRITE,
      "write init, window, gradient, update, save instead of main", set_library },
    { "--standalone", NULL, NULL, DO_WRITE | DO_RUN,
      "put the runtime into the file: cc -O3 train.c -lm -lpthread builds it", set_standalone },
    { "--no-reuse", NULL, NULL, MODEL, "give every buffer a place of its own", set_no_reuse },
    { "--allocate", NULL, NULL, DO_WRITE | DO_RUN,
      "C: memory is allocated at start, as it is where it takes 512 MiB or more", set_allocate },
    { "--no-share", NULL, NULL, DO_WRITE | DO_RUN,
      "no function for several kernels that are alike; in CUDA no launch for several",
      set_no_share },
    { "--svg", NULL, "FILE", DO_PLAN,
      "draw the arena over the program's time into FILE, besides the text", set_picture },
    { "--gflops", NULL, "N", DO_PLAN, "predict time for a machine of N 1e9 operations a second",
      set_gflops },
    { "--gbytes", NULL, "N", DO_PLAN, "and N 1e9 bytes a second", set_gbytes },
    { "--help", "-h", NULL, DO_ALL, "print this", show_help },
    { "--man", NULL, NULL, DO_ALL, "print the manual page, as man -l reads it", show_man },
    { "--version", NULL, NULL, DO_ALL, "print the version", show_version }
};
enum { option_count = sizeof option_table / sizeof *option_table };

static void add_option(Text *out, const Option *p)
{
    const char *left =
        text("%s%s%s%s%s", p->short_name ? p->short_name : "", p->short_name ? ", " : "    ",
             p->name, p->value ? " " : "", p->value ? p->value : "");
    for (const char *line = p->help; line; left = "") {
        const char *end = strchr(line, '\n');
        text_add(out, "  %-26s %.*s\n", left, end ? (int)(end - line) : (int)strlen(line), line);
        line = end ? end + 1 : NULL;
    }
}

static char *help_text(void)
{
    Text out = { 0 };
    for (int i = 0; i < option_ncommands; i++) {
        const Command *c = &option_commands[i];
        text_add(&out, "%s %-50s %s\n", i ? "      " : "usage:",
                 text("gagen %s%s%s", c->name, *c->name ? " " : "", c->synopsis), c->help);
    }
    text_add(&out, "\n");
    for (int i = 0; i < option_count; i++) add_option(&out, &option_table[i]);
    return out.s;
}

static void show_help(State *s, const char *value)
{
    (void)s, (void)value;
    say(help_text());
}

static void show_man(State *s, const char *value)
{
    (void)s, (void)value;
    say(man_text(&(Manual) { option_commands, option_ncommands, option_table, option_count }));
}

/* The option argv[*i] of that command and its value: the rest of it, the part after =, or the
   next argument. */
static const Option *find(const Command *c, int argc, char **argv, int *i, const char **value)
{
    const char *a = argv[*i];
    for (const Option *p = option_table; p < option_table + option_count; p++) {
        size_t n = strlen(p->name);
        bool is_long = !strncmp(a, p->name, n) && (!a[n] || a[n] == '='),
             is_short = p->short_name && !strncmp(a, p->short_name, 2);
        if (!is_long && !is_short) continue;
        if (!(p->commands & c->id))
            usage_error("gagen%s%s takes no %s", *c->name ? " " : "", c->name, p->name);
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
    if (s->o.target == &target_c && !s->o.output) text_add(&t, " -t c");
    if (s->o.library) text_add(&t, " --library");
    if (s->o.standalone) text_add(&t, " --standalone");
    if (s->o.no_reuse) text_add(&t, " --no-reuse");
    if (s->o.no_share) text_add(&t, " --no-share");
    if (s->o.allocate) text_add(&t, " --allocate");
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
    if (s->o.target_given) return;
    s->o.target = &target_cuda;
    if (s->o.run || s->o.plan || (out && (ends(out, ".c") || ends(out, ".h"))))
        s->o.target = &target_c;
    else if (out && !ends(out, ".cu"))
        usage_error("-o %s: say -t c or -t cuda, or end it in .c or .cu", out);
}

static _Noreturn void show_names(const Command *c, int argc, char **argv)
{
    Text out = { 0 };
    if (argc > 3) usage_error("%s takes one name", c->name);
    (c->id == DO_OPS ? ops_print : names_print)(&out, argc == 3 ? argv[2] : NULL);
    say(out.s);
}

static const Command *command_named(const char *name)
{
    for (int i = 1; name && i < option_ncommands; i++)
        if (!strcmp(option_commands[i].name, name)) return &option_commands[i];
    return &option_commands[0];
}

static void add_file(State *s, const char *path)
{
    if (s->o.plot) vec_push(&s->o.logs, path);
    else if (s->o.model) usage_error("one model at a time: %s, then %s", s->o.model, path);
    else s->o.model = path;
}

/* The extension of the output chooses the target, or the picture. */
static void settle(State *s)
{
    if (s->o.plot && !s->o.logs.n)
        usage_error("no log file: programs write one with --log run.jsonl");
    if (s->o.plot) return;
    if (!s->o.model) usage_error("no model file");
    if (s->o.plan && s->o.output && ends(s->o.output, ".svg"))
        s->o.picture = s->o.output, s->o.output = NULL, s->o.drawn = true;
    choose_target(s);
    s->o.command = command_of(s);
}

Opts options(int argc, char **argv)
{
    State s = { .command = command_named(argc > 1 ? argv[1] : NULL) };
    int i = s.command == option_commands ? 1 : 2;
    s.o.run = s.command->id == DO_RUN, s.o.plan = s.command->id == DO_PLAN,
    s.o.plot = s.command->id == DO_PLOT;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        const char *value = NULL;
        if (argv[i][0] == '-' && argv[i][1]) {
            const Option *p = find(s.command, argc, argv, &i, &value);
            p->set(&s, value);
        } else if (!(s.command->id & (DO_OPS | DO_HELP))) {
            add_file(&s, argv[i]);
        }
    }
    if (i < argc && !s.o.run) usage_error("-- goes with run");
    for (i++; i < argc; i++) vec_push(&s.o.run_args, argv[i]);
    if (s.command->id & (DO_OPS | DO_HELP)) show_names(s.command, argc, argv);
    settle(&s);
    return s.o;
}
