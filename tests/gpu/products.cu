/* products.cu -- matrix products by the real cuBLASLt through runtime/gagen_cuda.h, every combination that generated programs
   may ask for, beside a loop in double. A product that stores finds NaN where it writes; what lies between rows and after
   the last one keeps its bits. Exits 1 when one is wrong. With -DGG_COMPUTE=1 factors are rounded to TF32. */
#include "gagen_cuda.h"
#include <cmath>

enum { ROOM = 1 << 19 };
typedef struct {
    double sums[1];
    Window w;
    struct { const void *none; } data;
    uint32_t row[4];
    uint32_t row_end;
    alignas(256) real a[ROOM], b[ROOM], d[ROOM], bias[4096];
} Device;

typedef struct { long m, n, k; int pad, batch; } Size;
static const Size sizes[] = {
    { 1, 1, 1, 0, 1 },     { 4, 4, 4, 0, 1 },      { 32, 10, 256, 2, 1 },  { 32, 256, 784, 0, 1 }, { 256, 784, 32, 0, 1 },
    { 10, 128, 32, 2, 1 }, { 33, 65, 17, 3, 1 },   { 2, 6, 12, 0, 1 },     { 128, 1, 64, 0, 1 },   { 1, 64, 128, 0, 1 },
    { 7, 5, 3, 1, 1 },     { 512, 512, 512, 0, 1 }, { 16, 12, 8, 0, 6 },   { 33, 17, 9, 3, 5 },    { 128, 120, 400, 0, 1 },
};
static const struct { GgEpilogue e; const char *name; } epilogues[] = {
    { GG_NONE, "" }, { GG_BIAS, ", bias" }, { GG_RELU_BIAS, ", relu of bias" },
};
static real a[ROOM], b[ROOM], before[ROOM], after[ROOM], bias[4096];
static const GgMatmul *running;
static const double most = GG_COMPUTE ? 2e-3 : 1e-6;
static uint32_t state = 1;

static real number(void)
{
    state = state * 1664525u + 1013904223u;
    return (real)((double)(state >> 8) / (1 << 23) - 1);
}

static void run(void)
{
    gg_matmul_run(running);
}

/* The difference from double over the sum of what was added, by absolute value, both as L2; infinite where a bit changed
   outside of the product. */
static double wrong(const Size &s, int ta, int tb, int beta, GgEpilogue e, long lda, long ldb, long ldd, long sa, long sb, long sd)
{
    double difference = 0, square = 0;
    for (long i = 0; i < s.batch * sd + 64; i++) {
        const long p = i / sd, r = i % sd / ldd, c = i % sd % ldd;
        if (p >= s.batch || r >= s.m || c >= s.n) {
            if (memcmp(&after[i], &before[i], sizeof *after)) return INFINITY;
            continue;
        }
        double x = beta ? (double)before[i] : e != GG_NONE ? (double)bias[c] : 0, size = fabs(x);
        for (long k = 0; k < s.k; k++) {
            const double term = (double)a[p * sa + (ta ? k * lda + r : r * lda + k)] * (double)b[p * sb + (tb ? c * ldb + k : k * ldb + c)];
            x += term, size += fabs(term);
        }
        if (e == GG_RELU_BIAS && x < 0) x = 0;
        difference += ((double)after[i] - x) * ((double)after[i] - x), square += size * size;
    }
    return sqrt(difference / square);
}

static bool product(Device *device, const Size &s, int ta, int tb, int beta, int epilogue)
{
    const GgEpilogue e = epilogues[epilogue].e;
    const long lda = (ta ? s.m : s.k) + s.pad, ldb = (tb ? s.k : s.n) + s.pad, ldd = s.n + s.pad;
    const long sa = lda * (ta ? s.k : s.m), sb = ldb * (tb ? s.n : s.k), sd = ldd * s.m;
    for (long i = 0; i < s.batch * sd + 64; i++) before[i] = beta ? number() : (real)NAN;
    gg_copy_in(device->d, before, sizeof before);
    GgMatmul plan = gg_matmul_open(ta, tb, s.m, s.n, s.k, device->a, lda, device->b, ldb, device->d, ldd, s.batch, sa, sb, sd, beta,
                                   e, e == GG_NONE ? NULL : device->bias);
    running = &plan;
    const GgGraph graph = gg_record(run);
    gg_replay(&graph);
    gg_copy_out(after, device->d, sizeof after);
    const double x = wrong(s, ta, tb, beta, e, lda, ldb, ldd, sa, sb, sd);
    if (x <= most) return true;
    printf("over [%ld][%ld] %s [%ld] %s%s, rows + %d, %d of them%s, beta %d: %.3g of %g\n", s.m, s.n, ta ? "A'" : "A", s.k,
           tb ? "B'" : "B", epilogues[epilogue].name, s.pad, s.batch, s.batch > 1 ? " apart" : "", beta, x, most);
    return false;
}

int main(void)
{
    Program p = Program();
    double sums[1];
    Window w = Window();
    int good = 0, all = 0;
    p.name = "products", p.batch = p.micro_batch = 4, p.nsums = 1, p.sums = sums, p.w = &w;
    static const GgOffsets offsets = GG_OFFSETS(Device);
    Device *device = (Device *)gg_device_open(&p, 4, sizeof(Device), offsets);
    for (long i = 0; i < ROOM; i++) a[i] = number(), b[i] = number();
    for (real &x : bias) x = number();
    gg_copy_in(device->a, a, sizeof a);
    gg_copy_in(device->b, b, sizeof b);
    gg_copy_in(device->bias, bias, sizeof bias);
    for (const Size &s : sizes)
        for (int which = 0; which < 16; which++, all++) {
            const int e = which >> 2;                 /* 3: no epilogue, added to what is there */
            good += product(device, s, which & 1, which >> 1 & 1, e == 3, e % 3);
        }
    printf("%d of %d products are right to %g on %s\n", good, all, most, gg_device_text());
    gg_device_close();
    return good != all;
}
