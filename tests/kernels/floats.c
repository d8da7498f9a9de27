/* floats.c -- exp, log, tanh and erf of vectors against libm in double: every STEPth float and those at each exponent's boundary.
   Lanes of vec and of vec8 and single numbers must have the same bits.

       floats [STEP]      64 unless told; 1: all floats. Prints a line of TAP a fact, exits 1 if one does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "real.h"

enum { BATCH = 1 << 14, NEAR = 4 };

typedef struct {
    const char *name;
    double bound; /* in ulp */
    double (*right)(double);
    void (*wide)(const real *, real *), (*narrow)(const real *, real *), (*single)(const real *, real *);
} Function;

#define APPLY(name)                                                                                        \
    NOINLINE void wide_##name(const real *x, real *y)                                                      \
    {                                                                                                      \
        for (int i = 0; i < BATCH; i += LANES) v_store(y + i, v_##name(v_load(x + i)));                    \
    }                                                                                                      \
    NOINLINE void narrow_##name(const real *x, real *y)                                                    \
    {                                                                                                      \
        for (int i = 0; i < BATCH; i += LANES8) v8_store(y + i, v8_##name(v8_load(x + i)));                \
    }                                                                                                      \
    NOINLINE void single_##name(const real *x, real *y)                                                    \
    {                                                                                                      \
        for (int i = 0; i < BATCH; i++) y[i] = r_##name(x[i]);                                             \
    }
#define FUNCTION(name, bound) { #name, bound, name, wide_##name, narrow_##name, single_##name }
APPLY(exp)
APPLY(log)
APPLY(tanh)
APPLY(erf)
static const Function functions[] = { FUNCTION(exp, 1), FUNCTION(log, 1), FUNCTION(tanh, 2), FUNCTION(erf, 2) };
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* how far y is from `right`, in units of right's last place; a denormal may be 0 */
static double ulps(real y, double right)
{
    if (isnan(right) || isnan(y)) return isnan(right) && isnan(y) ? 0 : INFINITY;
    const real nearest = (real)right;
    if (isinf(nearest) || isinf(y)) return nearest == y ? 0 : INFINITY;
    const double off = fabs((double)y - right), size = fabs(right);
    if (size < (double)FLT_MIN) return off <= (double)FLT_MIN ? 0 : INFINITY;
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    bits = (bits >> 52 << 52) - ((uint64_t)23 << 52);
    double ulp;
    memcpy(&ulp, &bits, sizeof ulp);
    return off / ulp;
}

typedef struct {
    double worst;
    real where;
    long others; /* lanes and single numbers have other bits */
} Found;
static Found found[FUNCTIONS];
static real batch[BATCH];
static int filled;

static void check(const Function *f, Found *x)
{
    static real y[BATCH], y8[BATCH], y1[BATCH];
    f->wide(batch, y), f->narrow(batch, y8), f->single(batch, y1);
    for (int i = 0; i < BATCH; i++) {
        const double u = ulps(y[i], f->right((double)batch[i]));
        if (u > x->worst) x->worst = u, x->where = batch[i];
        x->others += memcmp(y + i, y8 + i, sizeof *y) || memcmp(y + i, y1 + i, sizeof *y);
    }
}

static void add(uint32_t bits)
{
    memcpy(&batch[filled++], &bits, sizeof bits);
    if (filled < BATCH) return;
    for (int i = 0; i < FUNCTIONS; i++) check(&functions[i], &found[i]);
    filled = 0;
}

int main(int argc, char **argv)
{
    const uint32_t step = argc > 1 ? (uint32_t)atol(argv[1]) : 64;
    int failed = 0;
    for (uint32_t e = 0; e < 512; e++)
        for (uint32_t i = 0; i < 2 * NEAR; i++) add((e << 23) + i - NEAR);
    for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += step) add((uint32_t)bits);
    while (filled) add(0);
    for (int i = 0; i < FUNCTIONS; i++) {
        const Function *f = &functions[i];
        const int good = found[i].worst <= f->bound && !found[i].others;
        printf("%sok - %s: %.3f ulp at %.9g, at most %.0f; %ld with other bits in lanes\n", good ? "" : "not ", f->name,
               found[i].worst, (double)found[i].where, f->bound, found[i].others);
        failed |= !good;
    }
    return failed;
}
