/* expr.c -- the formulas of ops and optimizers: read, folded, evaluated, printed.

   The grammar is what C and Lua share: comparisons < <= > >= == ~= bind least, then + -, then * /, then unary minus. */
#include "ir/expr.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- functions ---------------------------------------------------------------------------------------------------- */
static double f_exp(const double *a)    { return exp(a[0]); }
static double f_log(const double *a)    { return log(a[0]); }
static double f_log1p(const double *a)  { return log1p(a[0]); }
static double f_expm1(const double *a)  { return expm1(a[0]); }
static double f_sqrt(const double *a)   { return sqrt(a[0]); }
static double f_tanh(const double *a)   { return tanh(a[0]); }
static double f_sin(const double *a)    { return sin(a[0]); }
static double f_cos(const double *a)    { return cos(a[0]); }
static double f_erf(const double *a)    { return erf(a[0]); }
static double f_erfc(const double *a)   { return erfc(a[0]); }
static double f_abs(const double *a)    { return fabs(a[0]); }
static double f_floor(const double *a)  { return floor(a[0]); }
static double f_sign(const double *a)   { return a[0] > 0 ? 1 : a[0] < 0 ? -1 : a[0]; }
static double f_pow(const double *a)    { return pow(a[0], a[1]); }
static double f_atan2(const double *a)  { return atan2(a[0], a[1]); }
static double f_max(const double *a)    { return a[0] > a[1] || isnan(a[0]) ? a[0] : a[1]; }
static double f_min(const double *a)    { return a[0] < a[1] || isnan(a[0]) ? a[0] : a[1]; }
static double f_select(const double *a) { return a[0] != 0 ? a[1] : a[2]; }

static const struct { Function f; const char *host; } functions[] = {
    { { "exp", 1, f_exp }, "exp" },       { { "log", 1, f_log }, "log" },       { { "log1p", 1, f_log1p }, "log1p" },
    { { "expm1", 1, f_expm1 }, "expm1" }, { { "sqrt", 1, f_sqrt }, "sqrt" },    { { "tanh", 1, f_tanh }, "tanh" },
    { { "sin", 1, f_sin }, "sin" },       { { "cos", 1, f_cos }, "cos" },       { { "erf", 1, f_erf }, "erf" },
    { { "abs", 1, f_abs }, "fabs" },      { { "floor", 1, f_floor }, "floor" }, { { "sign", 1, f_sign }, "sign" },
    { { "pow", 2, f_pow }, "pow" },       { { "max", 2, f_max }, "fmax" },      { { "min", 2, f_min }, "fmin" },
    { { "erfc", 1, f_erfc }, "erfc" },    { { "atan2", 2, f_atan2 }, "atan2" }, { { "select", 3, f_select }, "select" }
};
enum { NFUNCTIONS = sizeof functions / sizeof *functions };

static const Function *function_find(const char *name)
{
    for (int i = 0; i < NFUNCTIONS; i++)
        if (!strcmp(functions[i].f.name, name)) return &functions[i].f;
    return NULL;
}

static const char *host_name(const Function *f)
{
    for (int i = 0; i < NFUNCTIONS; i++)
        if (&functions[i].f == f) return functions[i].host;
    BUG("no function");
}

/* ---- making ------------------------------------------------------------------------------------------------------- */
static Expr *expr_new(ExprKind kind, Expr *a, Expr *b)
{
    Expr *e = NEW(Expr);
    e->kind = kind;
    e->arg[0] = a, e->arg[1] = b;
    e->nargs = b ? 2 : a ? 1 : 0;
    return e;
}

Expr *expr_number(double x)
{
    Expr *e = expr_new(E_NUM, NULL, NULL);
    e->num = x;
    return e;
}

Expr *expr_variable(const char *name)
{
    Expr *e = expr_new(E_VAR, NULL, NULL);
    e->name = name;
    return e;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */
typedef struct { const char *s, *error; int depth; } Parser;
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
    const Function *f = function_find(name);
    if (!f) return wrong(p, text("there is no function '%s'", name));
    Expr *e = expr_new(E_CALL, NULL, NULL);
    e->fn = f;
    do {
        if (e->nargs == f->nargs) return wrong(p, text("'%s' takes %d", name, f->nargs));
        e->arg[e->nargs++] = parse_comparison(p);
    } while (take(p, ","));
    if (!take(p, ")")) return wrong(p, text("a ')' is missing behind the arguments of '%s'", name));
    if (e->nargs < f->nargs) return wrong(p, text("'%s' takes %d", name, f->nargs));
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
    if (!take(p, "(")) return wrong(p, *p->s ? text("unexpected '%.10s'", p->s) : "it ends too early");
    Expr *e = parse_comparison(p);
    return take(p, ")") ? e : wrong(p, "a ')' is missing");
}

static Expr *parse_unary(Parser *p)
{
    if (++p->depth > DEEPEST) return wrong(p, "it is nested too deeply");
    Expr *e = take(p, "-") ? expr_new(E_NEG, parse_unary(p), NULL) : parse_primary(p);
    p->depth--;
    return e;
}

static Expr *parse_product(Parser *p)
{
    Expr *e = parse_unary(p);
    while (!p->error) {
        if (take(p, "*")) e = expr_new(E_MUL, e, parse_unary(p));
        else if (take(p, "/")) e = expr_new(E_DIV, e, parse_unary(p));
        else break;
    }
    return e;
}

static Expr *parse_sum(Parser *p)
{
    Expr *e = parse_product(p);
    while (!p->error) {
        if (take(p, "+")) e = expr_new(E_ADD, e, parse_product(p));
        else if (take(p, "-")) e = expr_new(E_SUB, e, parse_product(p));
        else break;
    }
    return e;
}

static Expr *parse_comparison(Parser *p)
{
    static const struct { const char *token; ExprKind kind; } compare[] = {
        { "<=", E_LE }, { ">=", E_GE }, { "==", E_EQ }, { "~=", E_NE }, { "!=", E_NE }, { "<", E_LT }, { ">", E_GT }
    };
    Expr *e = parse_sum(p);
    for (int i = 0; i < 7 && !p->error; i++)
        if (take(p, compare[i].token)) return expr_new(compare[i].kind, e, parse_sum(p));
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

/* ---- values ------------------------------------------------------------------------------------------------------- */
static double operate(ExprKind kind, double a, double b)
{
    switch (kind) {
    case E_NEG: return -a;
    case E_ADD: return a + b;
    case E_SUB: return a - b;
    case E_MUL: return a * b;
    case E_DIV: return a / b;
    case E_LT:  return a < b;
    case E_LE:  return a <= b;
    case E_GT:  return a > b;
    case E_GE:  return a >= b;
    case E_EQ:  return a == b;
    case E_NE:  return a != b;
    default: BUG("no operator %d", kind);
    }
}

double expr_eval(const Expr *e, double (*value)(void *context, const char *name), void *context)
{
    double a[3] = { 0, 0, 0 };
    if (e->kind == E_NUM) return e->num;
    if (e->kind == E_VAR) return value(context, e->name);
    for (int i = 0; i < e->nargs; i++) a[i] = expr_eval(e->arg[i], value, context);
    return e->kind == E_CALL ? e->fn->eval(a) : operate(e->kind, a[0], a[1]);
}

static bool is_number(const Expr *e, double x) { return e->kind == E_NUM && e->num >= x && e->num <= x; }

/* e with what is exact in every number type left out: x - 0, 1 * x, x / 1 */
static const Expr *fold_identity(const Expr *e)
{
    if (e->nargs != 2) return e;
    const Expr *a = e->arg[0], *b = e->arg[1];
    if ((e->kind == E_MUL || e->kind == E_DIV) && is_number(b, 1)) return a;
    if (e->kind == E_MUL && is_number(a, 1)) return b;
    if (e->kind == E_SUB && is_number(b, 0)) return a;
    return e;
}

static const Expr *fold(const Expr *e)
{
    for (int i = 0; i < e->nargs; i++)
        if (e->arg[i]->kind != E_NUM) {
            bool chosen = expr_is_select(e) && e->arg[0]->kind == E_NUM;
            return chosen ? e->arg[is_number(e->arg[0], 0) ? 2 : 1] : fold_identity(e);
        }
    return expr_number(expr_eval(e, NULL, NULL));
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
    for (int i = 0; i < e->nargs; i++) copy->arg[i] = (Expr *)expr_replace(e->arg[i], lookup, context);
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
        if (i > 0 && expr_is_select(e) ? expr_uses(e->arg[i], name) : expr_chooses(e->arg[i], name)) return true;
    return false;
}

bool expr_is_select(const Expr *e) { return e->kind == E_CALL && !strcmp(e->fn->name, "select"); }

/* ---- printing ----------------------------------------------------------------------------------------------------- */
static int level(const Expr *e)
{
    switch (e->kind) {
    case E_LT: case E_LE: case E_GT: case E_GE: case E_EQ: case E_NE: return 1;
    case E_ADD: case E_SUB: return 2;
    case E_MUL: case E_DIV: return 3;
    case E_NEG: return 4;
    case E_NUM: return e->num < 0 ? 4 : 5;
    default: return 5;
    }
}

/* the shortest decimal that reads back as x, with a point or an exponent */
static char *number_text(double x)
{
    if (!isfinite(x)) return text("%s", isnan(x) ? "NAN" : x < 0 ? "-INFINITY" : "INFINITY");
    char s[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(s, sizeof s, "%.*g", digits, x);
        if (strtod(s, NULL) == x) break;
    }
    return text("%s%s", s, strpbrk(s, ".e") ? "" : ".0");
}

static void print_number(Text *out, const Expr *e, const ExprStyle *style, bool alone)
{
    char *s = e->name ? text("%s%s", e->name, strpbrk(e->name, ".eE") ? "" : ".0") : number_text(e->num);
    if (!style) text_add(out, "%s", e->name ? e->name : text("%.15g", e->num));
    else if (style->host) text_add(out, "%s", s);
    else if (!isfinite(e->num)) text_add(out, alone ? "%sset((real)%s)" : "((real)%.0s%s)", style->prefix, s);
    else if (style->vector && alone) text_add(out, "%sset(%sR(%s))", style->prefix, *s == '-' ? "-" : "", s + (*s == '-'));
    else text_add(out, "%sR(%s)", *s == '-' ? "-" : "", s + (*s == '-'));
}

static void print(Text *out, const Expr *e, const ExprStyle *style, int least, bool alone);

static void print_argument(Text *out, const Expr *e, const ExprStyle *style)
{
    print(out, e, style, 0, true);
}

/* A condition that compares nothing is the same for every element: a plain C condition serves numbers and vectors. */
static void print_select(Text *out, const Expr *e, const ExprStyle *style)
{
    bool uniform = e->arg[0]->kind == E_VAR;
    if (style && style->vector && !uniform) {
        text_add(out, "%sselect(", style->prefix);
        print(out, e->arg[0], style, 0, false);
        for (int i = 1; i < 3; i++) text_add(out, ", "), print_argument(out, e->arg[i], style);
    } else {
        text_add(out, "(");
        print(out, e->arg[0], style, 1, false);
        for (int i = 1; i < 3; i++) text_add(out, i == 1 ? " ? " : " : "), print(out, e->arg[i], style, 1, true);
    }
    text_add(out, ")");
}

static void print_call(Text *out, const Expr *e, const ExprStyle *style)
{
    if (style && expr_is_select(e)) {
        print_select(out, e, style);
        return;
    }
    if (style && style->host && e->fn->eval == f_sign) {
        text_add(out, "copysign(");
        print(out, e->arg[0], style, 2, false);
        text_add(out, " != 0, ");
    } else {
        text_add(out, "%s%s(", style && !style->host ? style->prefix : "", style && style->host ? host_name(e->fn) : e->fn->name);
    }
    for (int i = 0; i < e->nargs; i++) text_add(out, i ? ", " : ""), print_argument(out, e->arg[i], style);
    text_add(out, ")");
}

/* Int columns are compared as they are, and with a number as an int or in double: real would round those above 2^24. */
static bool compares_whole(const Expr *e, const ExprStyle *style)
{
    const Expr *a = e->arg[0], *b = e->arg[1];
    if (style->vector || e->kind < E_LT || e->kind > E_NE) return false;
    return (a->whole && (b->whole || b->kind == E_NUM)) || (b->whole && a->kind == E_NUM);
}

static const char *whole_text(const Expr *e)
{
    if (e->whole) return e->whole;
    return e->num == floor(e->num) && fabs(e->num) < 2147483648.0 ? text("%.0f", e->num) : number_text(e->num);
}

static void print_operator(Text *out, const Expr *e, const ExprStyle *style)
{
    static const char *const sign[] = { [E_ADD] = " + ", [E_SUB] = " - ", [E_MUL] = " * ", [E_DIV] = " / ", [E_LT] = " < ",
        [E_LE] = " <= ", [E_GT] = " > ", [E_GE] = " >= ", [E_EQ] = " == ", [E_NE] = " != " };
    int mine = level(e);
    if (style && compares_whole(e, style)) {
        text_add(out, "%s%s%s", whole_text(e->arg[0]), sign[e->kind], whole_text(e->arg[1]));
        return;
    }
    print(out, e->arg[0], style, mine, false);
    text_add(out, "%s", !style && e->kind == E_NE ? " ~= " : sign[e->kind]);
    print(out, e->arg[1], style, mine + 1, false);
}

/* Prints e, in parentheses when it binds less than `least`; `alone`: no operand beside it makes a number a vector. */
static void print(Text *out, const Expr *e, const ExprStyle *style, int least, bool alone)
{
    bool brackets = level(e) < least;
    if (brackets) text_add(out, "(");
    switch (e->kind) {
    case E_NUM: print_number(out, e, style, alone && style && style->vector); break;
    case E_VAR: text_add(out, "%s", e->name); break;
    case E_NEG: text_add(out, "-"), print(out, e->arg[0], style, 5, false); break;
    case E_CALL: print_call(out, e, style); break;
    default: print_operator(out, e, style);
    }
    if (brackets) text_add(out, ")");
}

/* style NULL: as the ops' own language writes it */
void expr_print(Text *out, const Expr *e, const ExprStyle *style)
{
    print(out, e, style, 0, true);
}

bool expr_same(const Expr *a, const Expr *b)
{
    if (a->kind != b->kind || a->nargs != b->nargs || a->fn != b->fn) return false;
    if (a->kind == E_NUM && (a->num < b->num || a->num > b->num)) return false;
    if (a->kind == E_VAR && strcmp(a->name, b->name)) return false;
    for (int i = 0; i < a->nargs; i++)
        if (!expr_same(a->arg[i], b->arg[i])) return false;
    return true;
}
