/* expr.c -- TAP: formulas are read, folded, evaluated and printed as they should be. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "ir/expr.h"

static int tests, failures;

static void same(const char *what, const char *got, const char *expected)
{
    bool good = got && !strcmp(got, expected);
    printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
    if (good) return;
    failures++;
    printf("# got      %s\n# expected %s\n", got ? got : "nothing", expected);
}

static const char *printed(const Expr *e, ExprStyle style)
{
    Text t = { 0 };
    expr_print(&t, e, style);
    return t.s;
}

static void prints(const char *formula, const char *plain, const char *host)
{
    const char *error;
    Expr *e = expr_parse(formula, &error);
    same(formula, e ? printed(e, STYLE_OPS) : error, plain);
    if (e && host) same(text("%s in double", formula), printed(e, STYLE_HOST), host);
}

static void refuses(const char *formula, const char *expected)
{
    const char *error;
    Expr *e = expr_parse(formula, &error);
    same(text("refused: %.40s", formula), e ? "accepted" : error, expected);
}

static const Expr *beta(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "beta") ? NULL : expr_number(0.999);
}

static void folds(const char *formula, const char *expected)
{
    const char *error;
    Expr *e = expr_parse(formula, &error);
    same(text("folded: %s", formula), e ? printed(expr_replace(e, beta, NULL), STYLE_OPS) : error, expected);
}

static double three(void *context, const char *name)
{
    (void)context, (void)name;
    return 3;
}

static void is(const char *formula, double expected)
{
    const char *error;
    Expr *e = expr_parse(formula, &error);
    double x = e ? expr_eval(e, three, NULL) : NAN;
    bool equal = (isnan(x) && isnan(expected)) || !(x < expected || x > expected);
    same(text("value of %s", formula), equal ? "equal" : text("%.17g", x), "equal");
}

static void test_values(void)
{
    is("x - 1 - 1", 1);
    is("x / 2 * 2", 3);
    is("-x * x", -9);
    is("2 * (x + 1) <= 8", 1);
    is("select(x ~= 3, 1, 2)", 2);
    is("1e-3 + .5", 0.501);
    is("max(0 / 0, 1)", NAN);
    is("max(1, 0 / 0)", NAN);
    is("min(0 / 0, 1)", NAN);
    is("sign(-x) + sign(0)", -1);
    is("expm1(0) + log1p(0) + floor(2.5) + abs(-1) + pow(2, 3)", 11);
}

static void test_printing(void)
{
    prints("0.5*x*(1+erf(x))", "0.5 * x * (1 + erf(x))", "0.5 * x * (1.0 + erf(x))");
    prints("select(x<=0,0,x)", "select(x <= 0, 0, x)", "(x <= 0.0 ? 0.0 : x)");
    prints("select(training, 0, x)", "select(training, 0, x)", NULL);
    prints("a-(b-c)", "a - (b - c)", NULL);
    prints("a/(b*c)", "a / (b * c)", NULL);
    prints("-(a+b)", "-(a + b)", NULL);
    prints("- -a", "-(-a)", NULL);
    prints("1", "1", "1.0");
    prints("abs(x)", "abs(x)", "fabs(x)");
    prints("x != 2", "x ~= 2", "x != 2.0");
}

int main(void)
{
    test_values();
    test_printing();
    folds("1 - beta", "0.001");
    folds("beta * m + (1 - beta) * g", "0.999 * m + 0.001 * g");
    folds("x * 1 + select(1 < 2, y, z)", "x + y");
    folds("x * (1 / (1 - 0.5))", "x * 2");
    refuses("x +", "it ends too early");
    refuses("(x", "a ')' is missing");
    refuses("x y", "unexpected 'y'");
    refuses("system(x)", "there is no function 'system'");
    refuses("exp(x, y)", "'exp' takes 1");
    refuses("pow(x)", "'pow' takes 2");
    refuses("1x", "'1' is not a number");
    refuses("x; exit(1)", "unexpected '; exit(1)'");
    refuses("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))", "it is nested too deeply");
    printf("1..%d\n", tests);
    return failures > 0;
}
