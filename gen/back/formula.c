/* formula.c -- formulas of the window as C text, in double. */
#include <ctype.h>
#include <string.h>
#include "back/emit.h"

char *host_text(const Expr *e)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (e) expr_print(&t, e, STYLE_HOST);
    return t.s;
}

/* t, T and E with the prefix `context`, such as "w." */
static const Expr *of_window(void *context, const char *name)
{
    const bool given = !strcmp(name, "t") || !strcmp(name, "T") || !strcmp(name, "E");
    return given ? expr_variable(text("(double)%s%s", (const char *)context, name)) : NULL;
}

typedef struct {
    const Expr *all;
    Text *lines;
} Reads;

/* The local for a value in memory: sums_1 for "sums[1]", w_t for "(double)w.t"; NULL: not in
   memory. */
static char *local_name(const char *name)
{
    Text t = { 0 };
    bool memory = false;
    for (const char *c = name; *c; c++) {
        memory |= *c == '[' || *c == '.';
        if (*c == ')') t = (Text) { 0 };
        else if (*c != ']') text_put(&t, isalnum((unsigned char)*c) ? c : "_", 1);
    }
    return memory ? t.s : NULL;
}

static bool has_line(const Text *lines, const char *line)
{
    const size_t n = strlen(line);
    for (size_t i = 0; i + n <= lines->n; i++)
        if ((i == 0 || lines->s[i - 1] == '\n') && !strncmp(lines->s + i, line, n)) return true;
    return false;
}

static const Expr *in_line(void *context, const char *name)
{
    const Reads *r = context;
    const char *local = local_name(name);
    if (!local || !expr_chooses(r->all, name)) return NULL;
    const char *line = text("const double %s = %s;\n", local, name);
    if (!has_line(r->lines, line)) text_add(r->lines, "%s", line);
    return expr_variable(local);
}

char *choice_text(Text *lines, const Expr *e)
{
    return host_text(expr_replace(e, in_line, &(Reads) { e, lines }));
}

char *window_text(Text *lines, const Expr *e, char *in)
{
    return choice_text(lines, expr_replace(e, of_window, in));
}

char *scale_text(Text *lines, const Program *p, const Expr *e, const char *in)
{
    const char *value = *in == 'w' ? window_text(lines, e, "w.") : host_text(e);
    if (p->g->train.loss_scale > 0) return text("(real)(%sloss_scale * (%s))", in, value);
    return expr_is(e, CALL_SELECT) ? text("(real)%s", value) : text("(real)(%s)", value);
}
