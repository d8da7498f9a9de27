/* expr.c -- the formulas of ops and optimizers: read, folded, evaluated, printed.

   The grammar is what C and Lua share: comparisons < <= > >= == ~= bind least, then + -, then * /,
   then unary minus. */
#include "ir/expr.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- making ---- */
static Expr *expr_new(ExprKind kind)
{
    Expr *e = NEW(Expr);
    e->kind = kind;
    return e;
}

static Expr *operator_new(Call call, Expr *a, Expr *b)
{
    Expr *e = expr_new(E_CALL);
    e->call = call;
    e->arg[0] = a, e->arg[1] = b;
    e->nargs = b ? 2 : a ? 1 : 0;
    return e;
}

Expr *expr_number(double x)
{
    Expr *e = expr_new(E_NUM);
    e->num = x;
    return e;
}

Expr *expr_variable(const char *name)
{
    Expr *e = expr_new(E_VAR);
    e->name = name;
    return e;
}

/* ---- reading ---- */
typedef struct {
    const char *s, *error;
    int depth;
} Parser;
enum { DEEPEST = 64 };

static Expr *parse_comparison(Parser *p);

static void skip(Parser *p)
{
    while (*p->s == ' ' || *p->s == '\t' || *p->s == '\n') p->s++;
}

static bool take(Parser *p, const char *token)
{
    skip(p);
    size_t n = strlen(token);
    if (strncmp(p->s, token, n)) return false;
    p->s += n;
    return true;
}

static Expr *wrong(Parser *p, const char *message)
{
    if (!p->error) p->error = message;
    return expr_number(0);
}

static char *parse_name(Parser *p)
{
    const char *from = p->s;
    while (isalnum((unsigned char)*p->s) || *p->s == '_') p->s++;
    return mem_copy(from, (size_t)(p->s - from));
}

static Expr *parse_number(Parser *p)
{
    const char *from = p->s;
    while (isdigit((unsigned char)*p->s) || *p->s == '.') p->s++;
    if (*p->s == 'e' || *p->s == 'E') {
        p->s++;
        if (*p->s == '+' || *p->s == '-') p->s++;
        while (isdigit((unsigned char)*p->s)) p->s++;
    }
    char *name = mem_copy(from, (size_t)(p->s - from)), *end;
    Expr *e = expr_number(strtod(name, &end));
    if (*end || isalpha((unsigned char)*p->s)) return wrong(p, text("'%s' is not a number", name));
    e->name = name;
    return e;
}

static Expr *parse_call(Parser *p, const char *name)
{
    const Call call = call_named(name);
    if (!call_host(call)) return wrong(p, text("there is no function '%s'", name));
    const int n = call_arguments(call);
    Expr *e = operator_new(call, NULL, NULL);
    do {
        if (e->nargs == n) return wrong(p, text("'%s' takes %d", name, n));
        e->arg[e->nargs++] = parse_comparison(p);
    } while (take(p, ","));
    if (!take(p, ")")) return wrong(p, text("a ')' is missing after the arguments of '%s'", name));
    if (e->nargs < n) return wrong(p, text("'%s' takes %d", name, n));
    return e;
}

static Expr *parse_primary(Parser *p)
{
    skip(p);
    if (isdigit((unsigned char)*p->s) || *p->s == '.') return parse_number(p);
    if (isalpha((unsigned char)*p->s) || *p->s == '_') {
        char *name = parse_name(p);
        return take(p, "(") ? parse_call(p, name) : expr_variable(name);
    }
    if (!take(p, "("))
        return wrong(p, *p->s ? text("unexpected '%.10s'", p->s) : "it ends too early");
    Expr *e = parse_comparison(p);
    return take(p, ")") ? e : wrong(p, "a ')' is missing");
}

static Expr *parse_unary(Parser *p)
{
    if (++p->depth > DEEPEST) return wrong(p, "it is nested too deeply");
    Expr *e = take(p, "-") ? operator_new(CALL_NEG, parse_unary(p), NULL) : parse_primary(p);
    p->depth--;
    return e;
}

static Expr *parse_product(Parser *p)
{
    Expr *e = parse_unary(p);
    while (!p->error) {
        if (take(p, "*")) e = operator_new(CALL_MUL, e, parse_unary(p));
        else if (take(p, "/")) e = operator_new(CALL_DIV, e, parse_unary(p));
        else break;
    }
    return e;
}

static Expr *parse_sum(Parser *p)
{
    Expr *e = parse_product(p);
    while (!p->error) {
        if (take(p, "+")) e = operator_new(CALL_ADD, e, parse_product(p));
        else if (take(p, "-")) e = operator_new(CALL_SUB, e, parse_product(p));
        else break;
    }
    return e;
}

static Expr *parse_comparison(Parser *p)
{
    static const struct {
        const char *token;
        Call call;
    } compare[] = { { "<=", CALL_LE }, { ">=", CALL_GE }, { "==", CALL_EQ }, { "~=", CALL_NE },
                    { "!=", CALL_NE }, { "<", CALL_LT },  { ">", CALL_GT } };
    Expr *e = parse_sum(p);
    for (int i = 0; i < 7 && !p->error; i++)
        if (take(p, compare[i].token)) return operator_new(compare[i].call, e, parse_sum(p));
    return e;
}

Expr *expr_parse(const char *source, const char **error)
{
    Parser p = { source, NULL, 0 };
    Expr *e = parse_comparison(&p);
    skip(&p);
    if (!p.error && *p.s) wrong(&p, text("unexpected '%.10s'", p.s));
    *error = p.error;
    return p.error ? NULL : e;
}

/* ---- values ---- */
double expr_eval(const Expr *e, double (*value)(void *context, const char *name), void *context)
{
    double a[3] = { 0, 0, 0 };
    if (e->kind == E_NUM) return e->num;
    if (e->kind == E_VAR) return value(context, e->name);
    for (int i = 0; i < e->nargs; i++) a[i] = expr_eval(e->arg[i], value, context);
    return call_value(e->call, a);
}

static bool is_number(const Expr *e, double x)
{
    return e->kind == E_NUM && e->num >= x && e->num <= x;
}

/* e with what is exact in every number type left out: x - 0, 1 * x, x / 1 */
static const Expr *fold_identity(const Expr *e)
{
    if (e->nargs != 2) return e;
    const Expr *a = e->arg[0], *b = e->arg[1];
    if ((e->call == CALL_MUL || e->call == CALL_DIV) && is_number(b, 1)) return a;
    if (e->call == CALL_MUL && is_number(a, 1)) return b;
    if (e->call == CALL_SUB && is_number(b, 0)) return a;
    return e;
}

static const char *spelled(const Expr *e)
{
    return e->name ? e->name : e->made ? e->made : decimal(e->num);
}

static const Expr *fold(const Expr *e)
{
    for (int i = 0; i < e->nargs; i++)
        if (e->arg[i]->kind != E_NUM) {
            bool chosen = expr_is(e, CALL_SELECT) && e->arg[0]->kind == E_NUM;
            return chosen ? e->arg[is_number(e->arg[0], 0) ? 2 : 1] : fold_identity(e);
        }
    Expr *x = expr_number(expr_eval(e, NULL, NULL));
    if (e->nargs == 2)
        x->made = folded_text(e->call, x->num, spelled(e->arg[0]), spelled(e->arg[1]));
    return x;
}

const Expr *expr_replace(const Expr *e, ExprLookup lookup, void *context)
{
    if (e->kind == E_NUM) return e;
    if (e->kind == E_VAR) {
        const Expr *with = lookup(context, e->name);
        return with ? with : e;
    }
    Expr *copy = NEW(Expr);
    *copy = *e;
    for (int i = 0; i < e->nargs; i++)
        copy->arg[i] = (Expr *)expr_replace(e->arg[i], lookup, context);
    return fold(copy);
}

bool expr_uses(const Expr *e, const char *name)
{
    if (e->kind == E_VAR) return !strcmp(e->name, name);
    for (int i = 0; i < e->nargs; i++)
        if (expr_uses(e->arg[i], name)) return true;
    return false;
}

bool expr_chooses(const Expr *e, const char *name)
{
    for (int i = 0; i < e->nargs; i++)
        if (i > 0 && expr_is(e, CALL_SELECT) ? expr_uses(e->arg[i], name)
                                             : expr_chooses(e->arg[i], name))
            return true;
    return false;
}

bool expr_is(const Expr *e, Call call) { return e->kind == E_CALL && e->call == call; }

/* ---- printing ---- */
static int level(const Expr *e)
{
    if (e->kind == E_NUM && e->num < 0) return 4;
    switch (e->kind == E_CALL ? e->call : CALL_NONE) {
        case CALL_LT:
        case CALL_LE:
        case CALL_GT:
        case CALL_GE:
        case CALL_EQ:
        case CALL_NE:
            return 1;
        case CALL_ADD:
        case CALL_SUB:
            return 2;
        case CALL_MUL:
        case CALL_DIV:
            return 3;
        case CALL_NEG:
            return 4;
        default:
            return 5;
    }
}

static void print(Text *out, const Expr *e, ExprStyle style, int least);

static void print_number(Text *out, const Expr *e, ExprStyle style)
{
    if (style == STYLE_OPS) text_add(out, "%s", e->name ? e->name : text("%.15g", e->num));
    else text_add(out, "%s", decimal_text(e->num, e->name ? e->name : e->made));
}

static void print_choice(Text *out, const Expr *e)
{
    static const char *const signs[] = { "", " ? ", " : " };
    text_add(out, "(");
    for (int i = 0; i < 3; i++) text_add(out, "%s", signs[i]), print(out, e->arg[i], STYLE_HOST, 1);
    text_add(out, ")");
}

static void print_call(Text *out, const Expr *e, ExprStyle style)
{
    if (style == STYLE_HOST && e->call == CALL_SELECT) {
        print_choice(out, e);
        return;
    }
    if (style == STYLE_HOST && e->call == CALL_SIGN) {
        text_add(out, "copysign(");
        print(out, e->arg[0], style, 2);
        text_add(out, " != 0, ");
    } else {
        text_add(out, "%s(", style == STYLE_HOST ? call_host(e->call) : call_name(e->call));
    }
    for (int i = 0; i < e->nargs; i++)
        text_add(out, i ? ", " : ""), print(out, e->arg[i], style, 0);
    text_add(out, ")");
}

static void print_operator(Text *out, const Expr *e, ExprStyle style)
{
    const int mine = level(e);
    print(out, e->arg[0], style, mine);
    text_add(out, " %s ", style == STYLE_OPS && e->call == CALL_NE ? "~=" : call_name(e->call));
    print(out, e->arg[1], style, mine + 1);
}

/* Prints e, in parentheses when it binds less than `least`. */
static void print(Text *out, const Expr *e, ExprStyle style, int least)
{
    const bool brackets = level(e) < least;
    if (brackets) text_add(out, "(");
    if (e->kind == E_NUM) print_number(out, e, style);
    else if (e->kind == E_VAR) text_add(out, "%s", e->name);
    else if (e->call == CALL_NEG) text_add(out, "-"), print(out, e->arg[0], style, 5);
    else if (call_host(e->call)) print_call(out, e, style);
    else print_operator(out, e, style);
    if (brackets) text_add(out, ")");
}

void expr_print(Text *out, const Expr *e, ExprStyle style) { print(out, e, style, 0); }

bool expr_same(const Expr *a, const Expr *b)
{
    if (a->kind != b->kind || a->nargs != b->nargs || a->call != b->call) return false;
    if (a->kind == E_NUM && (a->num < b->num || a->num > b->num)) return false;
    if (a->kind == E_VAR && strcmp(a->name, b->name)) return false;
    for (int i = 0; i < a->nargs; i++)
        if (!expr_same(a->arg[i], b->arg[i])) return false;
    return true;
}
