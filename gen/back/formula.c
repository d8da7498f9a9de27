/* formula.c -- formulas of the window as C text, in double. */
#include <ctype.h>
#include <string.h>
#include "back/emit.h"

char *host_text(const Expr *e)
{
    static const ExprStyle host = { .prefix = "", .host = true };
    Text t = { 0 };
    text_put(&t, "", 0);
    if (e) expr_print(&t, e, &host);
    return t.s;
}

/* t, T and E as they stand in `context`, "w." for the window at hand */
static const Expr *of_window(void *context, const char *name)
{
    const bool given = !name[1] && strchr("tTE", *name);
    return given ? expr_variable(text("(double)%s%s", (const char *)context, name)) : NULL;
}

typedef struct { const Expr *all; Text *lines; } Reads;

/* "sums[1]" is sums_1, "(double)w.t" w_t */
static const Expr *in_line(void *context, const char *name)
{
    const Reads *r = context;
    const char *from = strchr(name, ')') ? strchr(name, ')') + 1 : name;
    Text local = { 0 };
    if (!strpbrk(name, "[.") || !expr_chooses(r->all, name)) return NULL;
    for (const char *c = from; *c; c++)
        if (*c != ']') text_put(&local, isalnum((unsigned char)*c) ? c : "_", 1);
    const char *line = text("const double %s = %s;\n", local.s, name);
    if (!r->lines->n || !strstr(r->lines->s, line)) text_add(r->lines, "%s", line);
    return expr_variable(local.s);
}

char *choice_text(Text *lines, const Expr *e) { return host_text(expr_replace(e, in_line, &(Reads){ e, lines })); }

char *window_text(Text *lines, const Expr *e, char *in) { return choice_text(lines, expr_replace(e, of_window, in)); }

char *scale_text(Text *lines, const Program *p, const Expr *e, const char *in)
{
    const char *value = *in == 'w' ? window_text(lines, e, "w.") : host_text(e);
    if (p->g->train.loss_scale > 0) return text("(real)(%sloss_scale * (%s))", in, value);
    return expr_is(e, CALL_SELECT) ? text("(real)%s", value) : text("(real)(%s)", value);
}
