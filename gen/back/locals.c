/* locals.c -- the names and texts of a kernel's function: locals, and scalars that are read at its top. */
#include <ctype.h>
#include <string.h>
#include "back/body.h"

/* what loops, kernels and the program call their own */
static const char *const reserved[] = { "n", "m", "t", "q", "s", "j", "r", "c", "i", "at", "w", "g", "p", "data", "part", "sum", "row", "total",
    "best", "open", "share", "gy", "v", "ky", "kx", "one", "packed", "beta", "dev", "id", "lane", "here",
    "rows", "before", "consumed", "micros", "samples", "training", "seed", "scale" };

/* ---- scalars of the window and of the micro-batch, read at the top of a kernel's function ---- */
static const struct { const char *name, *type, *value; } of_window[] = {
    { "rows", "int", "m->rows" }, { "before", "long", "m->from" }, { "consumed", "uint64_t", "(uint64_t)(w.first + m->from)" },
    { "micros", "int", "w.micros" }, { "samples", "long", "w.samples" }, { "training", "bool", "w.training" },
    { "seed", "uint64_t", "w.seed" }
};
static VEC(BodyScalar) scalars;

static const char *add_scalar(const char *name, const char *type, const char *value)
{
    for (int i = 0; i < scalars.n; i++)
        if (!strcmp(scalars.at[i]->name, name)) return name;
    BodyScalar *x = NEW(BodyScalar);
    *x = (BodyScalar) { name, text("const %s %s = %s;\n", type, name, value) };
    vec_push(&scalars, x);
    return name;
}

const char *body_scalar(const char *name)
{
    for (size_t i = 0; i < sizeof of_window / sizeof *of_window; i++)
        if (!strcmp(of_window[i].name, name)) return add_scalar(of_window[i].name, of_window[i].type, of_window[i].value);
    BUG("no scalar %s", name);
}

const char *body_scale(int seed) { return add_scalar(text("scale%d", seed), "real", text("w.scale_in[%d]", seed)); }

void body_scalars_begin(void) { scalars.n = 0; }

char *body_scalars(bool (*wanted)(const char *body, const char *name), const char *body)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < scalars.n; i++)
        if (!wanted || wanted(body, scalars.at[i]->name)) text_add(&t, "%s", scalars.at[i]->line);
    return t.s;
}

Body *body_new(const Program *s, const Kernel *k)
{
    Body *b = NEW(Body);
    b->s = s, b->k = k;
    b->value = NEW_ARRAY(const Expr *, s->g->nodes.n);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) vec_push(&b->names, (char *)reserved[i]);
    return b;
}

char *body_name(Body *b, const char *wish)
{
    char *name = text("%s", wish);
    for (int n = 2, i = 0; i < b->names.n; i++)
        if (!strcmp(b->names.at[i], name)) name = text("%s%d", wish, n++), i = -1;
    vec_push(&b->names, name);
    return name;
}

char *body_text(Body *b, const Expr *e)
{
    Text t = { 0 };
    const ExprStyle style = { b->scope.prefix, b->scope.vector >= 0, false };
    expr_print(&t, e, &style);
    return t.s;
}

char *body_statements(Body *b)
{
    char *s = b->out.s ? b->out.s : mem_copy("", 0);
    b->out = (Text) { 0 };
    return s;
}

static bool reads_memory(const char *s)
{
    if (strchr(s, '[') || strstr(s, "load(") || operand_in(s)) return true;
    for (const char *dot = s; (dot = strchr(dot, '.')); dot++)
        if (isalpha((unsigned char)dot[1])) return true;
    return false;
}

const Expr *body_local(Body *b, const Expr *e, bool calls)
{
    const char *s = body_text(b, e);
    if (e->kind == E_NUM || !(reads_memory(s) || (calls && strchr(s, '(')))) return e;
    char *name = body_name(b, "a");
    text_add(&b->out, "const %s %s = %s;\n", b->scope.type, name, body_text(b, e));
    return expr_variable(name);
}
