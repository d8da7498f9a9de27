/* value.c -- TAP: values of trees as C and CUDA print them. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "back/value.h"

static int tests, failures;

static void same(const char *what, const char *got, const char *expected)
{
    const bool good = got && !strcmp(got, expected);
    printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
    if (good) return;
    failures++;
    printf("# got      %s\n# expected %s\n", got ? got : "nothing", expected);
}

static void is(const char *what, bool good) { same(what, good ? "yes" : "no", "yes"); }

/* ---- a tree with a buffer [4][8][64], a column, a flat one, and variables ---- */
enum { H, LABEL, PART, N, S, J, X, Y };
static const char *const names[] = { "arena.h", "data.label", "part[0]" }, *const args[] = { "0x12u" };
static Loops k;

static void make(void)
{
    static Layout h = { .size = 2048, .ndims = 3, .dims = { 4, 8, 64 }, .strides = { 512, 64, 1 } };
    loops_formal(&k, &(Formal) { .type = AS_REAL, .layout = &h });
    loops_formal(&k, &(Formal) { .type = AS_INT });
    loops_formal(&k, &(Formal) { .type = AS_DOUBLE });
    loops_var(&k, "n", AS_INT), loops_var(&k, "s", AS_INT), loops_var(&k, "j", AS_INT);
    k.args = 1;
    loops_var(&k, "m", AS_REAL), loops_var(&k, "m", AS_REAL);
}

static const Val *var(int v) { return val_var(&k, v - N); }
static const Val *two(Call call, const Val *a, const Val *b) { return val_call(call, a, b, NULL); }
static const Val *one(Call call, const Val *a) { return val_call(call, a, NULL, NULL); }

static At place(int buffer, long base, const Val *i, long si, const Val *j, long sj)
{
    return (At) { .buffer = buffer, .base = base, .n = j ? 2 : 1, .term = { { i, si, 0 }, { j, sj, 0 } } };
}

static const Val *load(At at) { return val_load(&k, &at); }

static Words *words(void)
{
    Words *w = words_new(&k, names, args);
    for (int i = 0; i < k.vars.n; i++) words_var(w, i);
    return w;
}

static void prints(const char *what, const Val *v, const char *expected) { same(what, val_text(words(), v), expected); }

static void in_lanes(const char *what, const Val *v, const char *expected)
{
    Words *w = words();
    words_lanes(w, J - N, 64);
    w->vector[X - N] = true;
    same(what, val_text(w, v), expected);
}

/* ---- numbers, operators ---- */
static void formulas(void)
{
    const Val *x = var(X), *n = var(N), *j = var(J), *beta = val_number(0.9);
    prints("a real's number", val_number(0.1), "R(0.1)");
    prints("a negative one", val_number(-2), "-2");
    prints("a whole one", val_number(10), "10");
    prints("zero below nothing", val_number(-0.0), "-R(0.0)");
    prints("a small one", val_number(1e-8), "R(1e-8)");
    prints("a large one", val_number(1e30), "R(1e30)");
    prints("one that C folds", two(CALL_SUB, val_number(1), beta), "(real)(1 - 0.9)");
    prints("a quotient of whole ones", two(CALL_DIV, val_number(1), val_number(3)), "(real)(1.0 / 3)");
    prints("one of few digits", two(CALL_MUL, val_number(0.5), beta), "R(0.45)");
    prints("an infinite one", val_number(-INFINITY), "-INFINITY");
    prints("an index", two(CALL_ADD, two(CALL_MUL, n, val_int(4)), j), "n * 4 + j");
    prints("a sum as a factor", two(CALL_MUL, two(CALL_ADD, n, j), val_int(4)), "(n + j) * 4");
    prints("a sum of ints on the right", two(CALL_ADD, n, two(CALL_ADD, j, n)), "n + j + n");
    prints("one of reals", two(CALL_ADD, x, two(CALL_ADD, x, x)), "m2 + (m2 + m2)");
    prints("a difference on the right", two(CALL_SUB, n, two(CALL_SUB, j, n)), "n - (j - n)");
    prints("a quotient's remainder", two(CALL_MOD, two(CALL_IDIV, two(CALL_ADD, n, j), val_int(5)), val_int(3)), "(n + j) / 5 % 3");
    prints("the sign of a sum", one(CALL_NEG, two(CALL_ADD, x, x)), "-(m2 + m2)");
    prints("a call", two(CALL_MAX, x, val_number(0)), "r_max(m2, 0)");
    prints("the larger of two ints", two(CALL_MAX, n, val_int(3)), "n > 3 ? n : 3");
    prints("a choice", val_call(CALL_SELECT, two(CALL_LE, x, val_number(0)), val_number(0), x), "m2 <= 0 ? 0 : m2");
    prints("inside an extent", two(CALL_AND, two(CALL_GE, n, val_int(0)), two(CALL_LT, n, val_int(4))), "(unsigned)n < 4");
    prints("not inside it", two(CALL_AND, two(CALL_GE, n, val_int(1)), two(CALL_LT, n, val_int(4))), "n >= 1 && n < 4");
    prints("and within or", two(CALL_OR, two(CALL_AND, two(CALL_LT, n, j), two(CALL_LT, j, n)), two(CALL_EQ, n, j)), "(n < j && j < n) || n == j");
}

static void elements(void)
{
    const Val *n = var(N), *s = var(S), *j = var(J);
    prints("an element", load(place(H, 3, n, 64, j, 1)), "arena.h[0][n][j + 3]");
    prints("two terms of one index", load(place(H, 0, n, 128, s, 64)), "arena.h[0][n * 2 + s][0]");
    prints("a row before", load(place(H, -64, n, 64, var(J), 1)), "arena.h[0][n - 1][j]");
    prints("a place before", load(place(H, 64, n, 64, val_int(-2), 1)), "arena.h[0][n + 1][-2]");
    prints("a step back", load(place(H, 512, n, -64, j, 1)), "arena.h[1][-n][j]");
    prints("an index that overruns its dimension", load((At) { .buffer = H, .n = 1, .term = { { n, 1, 511 } } }), "(&arena.h[0][0][0])[n]");
    prints("a column's element", load(place(LABEL, 0, n, 3, j, 1)), "data.label[n * 3 + j]");
    prints("as a real", one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), "data.label[n]");
    prints("where C would compute with ints", two(CALL_DIV, one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), val_number(255)), "(real)data.label[n] / 255");
    prints("the same on the right", two(CALL_DIV, val_number(1), one(CALL_REAL, n)), "1 / (real)n");
    prints("two of ints", two(CALL_MUL, one(CALL_REAL, two(CALL_ADD, n, j)), one(CALL_REAL, j)), "(real)(n + j) * j");
    prints("the sign of one", one(CALL_NEG, one(CALL_REAL, n)), "-(real)n");
    prints("two of ints compared", two(CALL_EQ, one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), one(CALL_REAL, j)), "data.label[n] == j");
    prints("one beside a fraction", two(CALL_LT, one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), val_number(0.5)), "data.label[n] < 0.5");
    prints("one that goes with a double", one(CALL_REAL, val_run(RUN_CLIP, AS_DOUBLE)), "(real)w.clip");
    same("one that goes to a double", val_double(words(), one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0)))), "(real)data.label[n]");
    prints("a whole number of it", two(CALL_EQ, one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), val_number(3)), "data.label[n] == 3");
    prints("not beside a real", two(CALL_EQ, one(CALL_REAL, load(place(LABEL, 0, n, 1, NULL, 0))), var(X)), "data.label[n] == m2");
}

/* ---- lanes ---- */
static void lanes(void)
{
    const Val *x = var(X), *y = var(Y), *j = var(J), *row = load(place(H, 0, var(N), 64, j, 1));
    const Val *left = two(CALL_SUB, val_int(120), two(CALL_ADD, two(CALL_MUL, var(S), val_int(64)), j));
    const Val *real = val_call(CALL_SELECT, two(CALL_LT, var(N), val_run(RUN_ROWS, AS_INT)), val_run(RUN_SCALE, AS_REAL), val_number(0));
    in_lanes("neighbours", row, "v_load(&arena.h[0][n][j])");
    in_lanes("the same for all lanes", load(place(H, 0, var(N), 64, NULL, 0)), "v_set(arena.h[0][n][0])");
    in_lanes("a number alone", val_number(1), "v_set(1)");
    in_lanes("a number beside a vector", two(CALL_MUL, x, val_number(3)), "m2 * 3");
    in_lanes("a real from outside", two(CALL_SUB, x, y), "m2 - m3");
    in_lanes("a choice by lanes", val_call(CALL_SELECT, two(CALL_LE, x, val_number(0)), val_number(0), x), "v_select(m2 <= 0, v_set(0), m2)");
    in_lanes("a choice for all", val_call(CALL_SELECT, val_run(RUN_TRAINING, AS_BOOL), x, val_number(0)), "training ? m2 : v_set(0)");
    in_lanes("a factor of real rows", two(CALL_MUL, x, real), "m2 * (n < rows ? scale_in0 : 0)");
    in_lanes("what all lanes share", two(CALL_ADD, x, two(CALL_MUL, y, real)), "m2 + m3 * (n < rows ? scale_in0 : 0)");
    in_lanes("alone", two(CALL_MUL, y, real), "v_set(m3 * (n < rows ? scale_in0 : 0))");
    in_lanes("an int of all beside a vector", two(CALL_MUL, x, one(CALL_REAL, var(N))), "m2 * (real)n");
    in_lanes("a condition of all", val_call(CALL_SELECT, two(CALL_GT, y, val_number(1)), x, val_number(0)), "m3 > 1 ? m2 : v_set(0)");
    in_lanes("beside a mask", val_call(CALL_SELECT, two(CALL_AND, two(CALL_GT, x, val_number(0)), two(CALL_GT, y, val_number(1))), x, val_number(0)),
             "v_select((m2 > 0) & -(real_int)(m3 > 1), m2, v_set(0))");
    in_lanes("lanes inside an extent", two(CALL_KEEP, x, left), "v_keep(m2, 120 - (s * 64 + j))");
    in_lanes("two conditions", val_call(CALL_SELECT, two(CALL_OR, two(CALL_GT, x, x), two(CALL_NE, x, x)), x, x),
             "v_select((m2 > m2) | (m2 != m2), m2, m2)");
}

static void draws(void)
{
    const Val *element = two(CALL_ADD, two(CALL_MUL, var(S), val_int(64)), var(J));
    const Val *draw = val_call(CALL_UNIFORM, var(N), val_run(RUN_ARG, AS_INT), element);
    Words *w = words();
    prints("a draw", draw, "noise_uniform(seed, consumed + n, 0x12u, (uint32_t)(s * 64 + j))");
    words_lanes(w, J - N, 64);
    same("a draw for each lane", val_text(w, draw), "v_load(u)");
    same("is made before", w->before.s, "real u[LANES];\nnoise_fill(u, LANES, seed, consumed + n, 0x12u, (uint32_t)(s * 64 + j), 1);\n");
    same("scalars that were printed", words_scalars(w), "const uint64_t consumed = (uint64_t)(w.first + m->from);\nconst uint64_t seed = w.seed;\n");
    is("m is used", w->micro);
    is("and is not in a tree without", !words()->micro);
}

static void steps(void)
{
    long step;
    const Val *j = var(J);
    is("a step of a sum", index_step(two(CALL_SUB, two(CALL_MUL, val_int(4), j), j), J - N, &step) && step == 3);
    is("none of a quotient", !index_step(two(CALL_IDIV, j, val_int(4)), J - N, &step));
    is("a place's step", at_step(&(At) { .n = 2, .term = { { j, 8, 0 }, { j, 1, 0 } } }, J - N, &step) && step == 9);
}

int main(void)
{
    make();
    formulas();
    elements();
    lanes();
    draws();
    steps();
    printf("1..%d\n", tests);
    return failures != 0;
}
