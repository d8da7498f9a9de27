/* functions.c -- every function of vec and vec8 against libm in double, over all magnitudes and at the edges.
   Prints a line of TAP a fact. With an argument only the first kind runs, on results pushed off by 4 ulp: all must fail. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "real.h"
#ifdef GAGEN_DOUBLE
#define REAL_MIN DBL_MIN
#define REAL_MAX DBL_MAX
#define REAL_EPSILON DBL_EPSILON
#else
#define REAL_MIN FLT_MIN
#define REAL_MAX FLT_MAX
#define REAL_EPSILON FLT_EPSILON
#endif

enum { N = 1 << 19 };
static real in[N], in2[N], out[N];
static int flushed, broken;

/* name, the reference in double, the bound in ulp */
#define FUNCTIONS(X) X(exp, 1) X(log, 1) X(log1p, 2) X(expm1, 2) X(sqrt, 0.5) X(tanh, 2) X(sin, 2) X(cos, 2) X(erf, 2) X(floor, 0)

#define APPLY(name, bound)                                                                                 \
    static void v_##name##_all(void)                                                                       \
    {                                                                                                      \
        for (int i = 0; i < N; i += LANES) v_store(out + i, v_##name(v_load(in + i)));                     \
    }                                                                                                      \
    static void v8_##name##_all(void)                                                                      \
    {                                                                                                      \
        for (int i = 0; i < N; i += LANES8) v8_store(out + i, v8_##name(v8_load(in + i)));                 \
    }                                                                                                      \
    static void r_##name##_all(void)                                                                       \
    {                                                                                                      \
        for (int i = 0; i < N; i++) out[i] = r_##name(in[i]);                                              \
    }
FUNCTIONS(APPLY)

/* how far y is from `right`, in units of the last place that right has as a real */
static double ulps(real y, double right)
{
    const double nearest = (double)(real)right, size = fabs(right) > (double)REAL_MIN ? fabs(right) : (double)REAL_MIN;
    if (isnan(right) || isnan(y)) return isnan(right) && isnan(y) ? 0 : 1e9;
    if (isinf(nearest) || isinf((double)y)) return nearest == (double)y ? 0 : 1e9;
    if (fabs((double)y - right) <= (fabs(right) < (double)REAL_MIN || flushed ? (double)REAL_MIN : 0)) return 0;
    return fabs((double)y - right) / ldexp((double)REAL_EPSILON, ilogb(size));
}

/* told by the bits, since a flushed denormal compares as 0 */
static int denormal(real x)
{
    real_bits bits, least;
    const real min = REAL_MIN;
    memcpy(&bits, &x, sizeof bits), memcpy(&least, &min, sizeof least);
    return bits << 1 != 0 && bits << 1 < least << 1;
}

static void report(const char *family, const char *name, double bound, double (*f)(double))
{
    double worst = 0;
    real where = 0;
    for (int i = 0; i < N; i++) {
        if (flushed && denormal(in[i])) continue;
        const real y = broken && isfinite(out[i]) ? out[i] * (1 + 4 * REAL_EPSILON) + 4 * REAL_EPSILON * REAL_MIN : out[i];
        const double u = ulps(y, f((double)in[i]));
        if (u > worst) worst = u, where = in[i];
    }
    printf("%sok - %s%s%s: %.2f ulp, at most %.1f (x = %.9g)\n", worst <= bound ? "" : "not ", family, name,
           flushed ? ", denormals flushed" : "", worst, bound, (double)where);
}

/* the edges that formulas fall off, then every magnitude of both signs, then what is near 0 and 1 */
static void fill(void)
{
    static const double edge[] = { 0, 1, 0.5, 2, 17, 30, 87.3, 88, 88.72283, 88.7229, 89, 103, 104, 105, 1e4, 99999, 1e5, 1.1e5, 1e9, 1e-8 };
    int n = 0;
    in[n++] = (real)NAN, in[n++] = (real)INFINITY, in[n++] = (real)-INFINITY, in[n++] = REAL_MAX, in[n++] = -REAL_MAX;
    in[n++] = REAL_MIN, in[n++] = -REAL_MIN, in[n++] = REAL_MIN / 4, in[n++] = (real)-0.0;
    for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) in[n++] = (real)edge[i], in[n++] = (real)-edge[i];
    for (int i = 0; n < N / 2; i++) in[n++] = (real)((i & 1 ? -1 : 1) * exp2(-130 + 258.0 * i / (N / 2)));
    for (int i = 0; n < N * 3 / 4; i++) in[n++] = (real)(-110 + 220.0 * i / (N / 4));
    for (int i = 0; n < N; i++) in[n++] = (real)(-3 + 6.0 * i / (N / 4));
    for (int i = 0; i < N; i++) in2[i] = in[(i * 7919L + 13) % N];
}

#define CHECK(name, bound)                                                                                 \
    v_##name##_all(), report("v_", #name, REAL_BYTES == 4 ? bound : 1, name);                              \
    v8_##name##_all(), report("v8_", #name, REAL_BYTES == 4 ? bound : 1, name);                            \
    r_##name##_all(), report("r_", #name, REAL_BYTES == 4 ? bound : 1, name);

static void fact(const char *what, int holds) { printf("%sok - %s\n", holds ? "" : "not ", what); }
static int same(real a, real b) { return a == b || (isnan(a) && isnan(b)); }
static double max_of(double a, double b) { return isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b; }

/* the two-argument functions, and those that move or fold lanes */
#define LANEWISE(V, vec, mask, W)                                                                          \
    static void V##lanewise(void)                                                                          \
    {                                                                                                      \
        int max = 1, min = 1, pw = 1, sel = 1, sign = 1, ab = 1, copy = 1, sum = 1, top = 1, fma1 = 1;     \
        for (int i = 0; i < N; i += W) {                                                                   \
            const vec a = V##load(in + i), b = V##load(in2 + i), c = a * b;                                \
            const vec p = V##pow(V##abs(a), V##set(R(1.5)));                                               \
            real fold = -(real)INFINITY, tree[W];                                                          \
            for (int j = 0; j < W; j++) {                                                                  \
                max &= same(V##max(a, b)[j], (real)max_of((double)a[j], (double)b[j]));                    \
                min &= same(V##min(a, b)[j], (real)-max_of(-(double)a[j], -(double)b[j]));                 \
                max &= same(r_max(a[j], b[j]), V##max(a, b)[j]), min &= same(r_min(a[j], b[j]), V##min(a, b)[j]); \
                pw &= same(p[j], r_pow(r_abs(a[j]), R(1.5)));                                              \
                sel &= same(V##select(a > b, a, b)[j], a[j] > b[j] ? a[j] : b[j]);                         \
                sign &= same(V##sign(a)[j], r_sign(a[j]));                                                 \
                ab &= same(V##abs(a)[j], (real)fabs((double)a[j])) && !signbit(V##abs(a)[j]);              \
                copy &= signbit(V##copysign(a, b)[j]) == signbit(b[j]) || isnan(b[j]);                     \
                fma1 &= !FUSED || same(V##fma(a, b, -c)[j], (real)fma((double)a[j], (double)b[j], -(double)c[j])); \
                fold = r_max(fold, a[j]), tree[j] = a[j];                                                  \
            }                                                                                              \
            for (int n = W / 2; n; n /= 2) for (int j = 0; j < n; j++) tree[j] += tree[j + n];             \
            sum &= same(V##sum(a), tree[0]);                                                               \
            top &= same(V##hmax(a), fold) && same(V##hmin(-a), -fold);                                     \
        }                                                                                                  \
        fact(#V "max is NaN if either is", max), fact(#V "min is NaN if either is", min);                  \
        fact(#V "pow", pw), fact(#V "select", sel), fact(#V "sign", sign), fact(#V "abs", ab);             \
        fact(#V "copysign", copy), fact(#V "sum folds halves in order", sum);                              \
        fact(#V "hmax and hmin", top), fact(#V "fma rounds once where the machine can", fma1);             \
        for (int j = 0, right = 1; j < W; j++) {                                                           \
            right &= V##iota()[j] == (real)j;                                                              \
            if (j == W - 1) fact(#V "iota", right);                                                        \
        }                                                                                                  \
    }
LANEWISE(v_, vec, mask, LANES)
LANEWISE(v8_, vec8, mask8, LANES8)

int main(int argc, char **argv)
{
    broken = argc > 1 && argv[1][0];
    fill();
    FUNCTIONS(CHECK)
    if (broken) return 0;
    v_lanewise(), v8_lanewise();
#if defined __SSE2__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
    flushed = 1;
    FUNCTIONS(CHECK)
#endif
    return 0;
}
