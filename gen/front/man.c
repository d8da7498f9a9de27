/* man.c -- gagen.1: the manual page, from the tables of commands and options. */
#include <string.h>
#include "front/options.h"

/* Escapes for roff: a backslash, a first . or ' of a line, and -, which must not become a
   hyphen. */
static char *roff(const char *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (const char *c = s; *c; c++) {
        const bool starts = c == s || c[-1] == '\n';
        if (starts && (*c == '.' || *c == '\'')) text_add(&t, "\\&");
        if (*c == '\\') text_add(&t, "\\e");
        else if (*c == '-') text_add(&t, "\\-");
        else text_put(&t, c, 1);
    }
    return t.s;
}

static void add_commands(Text *out, const Manual *m)
{
    for (int i = 0; i < m->ncommands; i++) {
        const Command *c = &m->command[i];
        text_add(out, "%s.B gagen%s%s\n%s\n", i ? ".br\n" : "", *c->name ? " " : "", c->name,
                 roff(c->synopsis));
    }
    text_add(out, ".SH COMMANDS\n");
    for (int i = 0; i < m->ncommands; i++) {
        const Command *c = &m->command[i];
        text_add(out, ".TP\n.B gagen%s%s\n%s.\n", *c->name ? " " : "", c->name, roff(c->help));
    }
}

/* "with plan", "with gagen, run and plan"; empty where all commands take it */
static char *takers(const Manual *m, const Option *p)
{
    Text t = { 0 };
    int left = 0;
    text_put(&t, "", 0);
    if (p->commands == DO_ALL) return t.s;
    for (int i = 0; i < m->ncommands; i++) left += (p->commands & m->command[i].id) != 0;
    for (int i = 0; i < m->ncommands; i++) {
        const Command *c = &m->command[i];
        if (!(p->commands & c->id)) continue;
        text_add(&t, "%s%s",
                 t.n == 0    ? "\nWith "
                 : left == 1 ? " and "
                             : ", ",
                 *c->name ? c->name : "gagen alone");
        left--;
    }
    text_add(&t, ".");
    return t.s;
}

static void add_options(Text *out, const Manual *m)
{
    text_add(out, ".SH OPTIONS\n");
    for (int i = 0; i < m->noptions; i++) {
        const Option *p = &m->option[i];
        text_add(out, ".TP\n.BR %s%s%s", p->short_name ? roff(p->short_name) : "",
                 p->short_name ? " \", \" " : "", roff(p->name));
        if (p->value) text_add(out, " \" \\fI%s\\fP\"", roff(p->value));
        text_add(out, "\n%s.%s\n", roff(p->help), takers(m, p));
    }
}

static const char closing[] =
    ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nAn error in the model, a log or a memory that "
    "is too small, told with file and line.\n"
    ".TP\n.B 2\nAn error on the command line.\n.TP\n.B 3\nThe machine's: no memory, a file that "
    "cannot be written, no compiler.\n"
    ".SH ENVIRONMENT\n.TP\n.B CC\nThe compiler of gagen run, cc unless told.\n"
    ".TP\n.B XDG_CACHE_HOME\ngagen run keeps compiled programs in gagen below it; $HOME/.cache "
    "unless told.\n"
    ".TP\n.B GAGEN_DATA\nWhere programs look for data that is not at the model's path.\n"
    ".SH EXAMPLES\n.nf\n"
    "gagen run model.lua \\-\\- \\-\\-threads 2 \\-\\-log run.jsonl\n"
    "gagen plot \\-o run.svg run.jsonl\n"
    "gagen plan \\-\\-svg arena.svg model.lua\n"
    "gagen \\-\\-memory 64MB \\-o train.c model.lua\n.fi\n";

char *man_text(const Manual *m)
{
    Text out = { 0 };
    text_add(&out, ".TH GAGEN 1 \"\" \"gagen %s\" \"User Commands\"\n", VERSION);
    text_add(&out, ".SH NAME\ngagen \\- a compiler for training programs\n.SH SYNOPSIS\n");
    add_commands(&out, m);
    add_options(&out, m);
    text_add(&out, "%s", closing);
    return out.s;
}
