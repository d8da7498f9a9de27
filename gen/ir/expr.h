/* expr.h -- the formulas of ops and optimizers. */
#ifndef GAGEN_EXPR_H
#define GAGEN_EXPR_H
#include "ir/calls.h"

/* The common subset of C and Lua: + - * / ( ), comparisons, calls, names, numbers, select(c, a,
   b). */
typedef enum { E_NUM, E_VAR, E_CALL } ExprKind;
typedef struct Expr {
    ExprKind kind;
    double num;       /* E_NUM: its value in double */
    const char *name; /* E_VAR: the name; E_NUM: as the user wrote it, NULL when folding made it */
    const char *made; /* E_NUM: "(1 - 0.9)", what folding made it of, or NULL */
    Call call;        /* E_CALL: an operator or a function; CALL_SELECT prints as a conditional */
    int nargs;
    struct Expr *arg[3];
} Expr;
/* NULL: leave the name as it is */
typedef const Expr *(*ExprLookup)(void *context, const char *name);
/* NULL and *error on a syntax error or unknown function */
Expr *expr_parse(const char *text, const char **error);
Expr *expr_number(double x);
Expr *expr_variable(const char *name);
/* substitutes variables, folds constants in double */
const Expr *expr_replace(const Expr *e, ExprLookup lookup, void *context);
bool expr_same(const Expr *a, const Expr *b); /* as trees */
bool expr_uses(const Expr *e, const char *name);
bool expr_is(const Expr *e, Call call);
bool expr_chooses(const Expr *e, const char *name); /* whether an arm of a select uses the name */
double expr_eval(const Expr *e, double (*value)(void *context, const char *name), void *context);
typedef enum { STYLE_OPS, STYLE_HOST } ExprStyle; /* as ops write it; as C in double, on the host */
void expr_print(Text *out, const Expr *e, ExprStyle style); /* variables print as their names */
#endif
