/* bench/contract.c -- contract() against the machine's peak, one thread, shapes of an MLP, LeNet and two transformers.
   cc -std=gnu11 -O3 -march=native -Iruntime bench/contract.c -o contract -lm && ./contract [SUBSTRING]

   The peak is multiply-adds in registers on normal numbers. It is measured before each kernel of each round, and times are the
   smallest of the rounds. Status 1: a kernel is above 102 % of the peak, so the peak is wrong, or a chain left the normal numbers. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "peak.h"

enum { ROOM = 4 << 20, ROUNDS = 41 };

/* name, rows, a_row, c_row, depth, a_k, b_k, width, beta */
#define P(...) { __VA_ARGS__ }
#define CASES(X)                                                                                                                  \
    X(mlp_784x64_forward,       P(1, 32),  P(0, 784), P(0, 64),  P(1, 1, 784),  P(0, 0, 1),     P(0, 0, 64),       64, 0) \
    X(mlp_784x64_weight,        P(1, 784), P(0, 1),   P(0, 64),  P(1, 1, 32),   P(0, 0, 784),   P(0, 0, 64),       64, 1) \
    X(mlp_256x64_forward,       P(1, 32),  P(0, 64),  P(0, 64),  P(1, 4, 64),   P(0, 2048, 1),  P(0, 4096, 64),    64, 0) \
    X(mlp_128x64_data,          P(1, 32),  P(0, 64),  P(0, 64),  P(1, 2, 64),   P(0, 2048, 1),  P(0, 4096, 64),    64, 0) \
    X(mlp_256x64_weight,        P(4, 64),  P(2048, 1), P(4096, 64), P(1, 1, 32), P(0, 0, 64),   P(0, 0, 64),       64, 1) \
    X(mlp_128x16_forward,       P(1, 32),  P(0, 64),  P(0, 16),  P(1, 2, 64),   P(0, 2048, 1),  P(0, 1024, 16),    16, 0) \
    X(mlp_10x64_data,           P(1, 32),  P(0, 16),  P(0, 64),  P(1, 1, 10),   P(0, 0, 1),     P(0, 0, 64),       64, 0) \
    X(mlp_64x16_weight,         P(1, 64),  P(0, 1),   P(0, 16),  P(1, 1, 32),   P(0, 0, 64),    P(0, 0, 16),       16, 1) \
    X(lenet_conv1_forward,      P(28, 28), P(32, 1),  P(224, 8), P(1, 5, 5),    P(0, 32, 1),    P(0, 40, 8),        8, 0) \
    X(lenet_conv1_weight,       P(5, 5),   P(32, 1),  P(40, 8),  P(1, 28, 28),  P(0, 32, 1),    P(0, 224, 8),       8, 1) \
    X(lenet_conv2_forward,      P(10, 10), P(112, 8), P(160, 16), P(5, 5, 6),   P(112, 8, 1),   P(480, 96, 16),    16, 0) \
    X(lenet_conv2_weight,       P(5, 6),   P(8, 1),   P(96, 16), P(1, 10, 10),  P(0, 112, 8),   P(0, 160, 16),     16, 1) \
    X(lenet_conv2_data,         P(14, 14), P(288, 16), P(112, 8), P(5, 5, 16),  P(288, 16, 1),  P(640, 128, 8),     8, 0) \
    X(lenet_400x128_forward,    P(1, 32),  P(0, 400), P(0, 128), P(1, 1, 400),  P(0, 0, 1),     P(0, 0, 128),     128, 0) \
    X(lenet_400x128_weight,     P(1, 400), P(0, 1),   P(0, 128), P(1, 1, 32),   P(0, 0, 400),   P(0, 0, 128),     128, 1) \
    X(lenet_400x128_data,       P(1, 32),  P(0, 128), P(0, 400), P(1, 1, 120),  P(0, 0, 1),     P(0, 0, 400),     400, 0) \
    X(lenet_120x96_forward,     P(1, 32),  P(0, 128), P(0, 96),  P(1, 1, 120),  P(0, 0, 1),     P(0, 0, 96),       96, 0) \
    X(gpt_128x64_512_forward,   P(1, 512), P(0, 64),  P(0, 64),  P(1, 2, 64),   P(0, 32768, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_512x64_512_data,      P(1, 512), P(0, 64),  P(0, 64),  P(1, 8, 64),   P(0, 32768, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_128x64_512_weight,    P(2, 64),  P(32768, 1), P(4096, 64), P(1, 1, 512), P(0, 0, 64), P(0, 0, 64),       64, 1) \
    X(gpt_384x64_256_forward,   P(1, 256), P(0, 64),  P(0, 64),  P(1, 6, 64),   P(0, 65536, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_1536x64_256_forward,  P(1, 256), P(0, 64),  P(0, 64),  P(1, 24, 64),  P(0, 65536, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_64x64_1024_weight,    P(1, 64),  P(0, 1),   P(0, 64),  P(1, 1, 1024), P(0, 0, 64),    P(0, 0, 64),       64, 1) \
    X(resnet_128_8x8,           P(8, 8),   P(1280, 128), P(1024, 128), P(3, 3, 128),  P(1280, 128, 1), P(49152, 16384, 128), 128, 0) \
    X(resnet_64_weight,         P(3, 192), P(2176, 1), P(12288, 64), P(1, 32, 32),  P(0, 2176, 64), P(0, 2048, 64),    64, 1) \
    X(gpt_384x64_1024_forward,  P(1, 1024), P(0, 64), P(0, 64),  P(1, 6, 64),   P(0, 65536, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_1536x64_1024_data,    P(1, 1024), P(0, 64), P(0, 64),  P(1, 24, 64),  P(0, 65536, 1), P(0, 4096, 64),    64, 0) \
    X(gpt_384x64_1024_weight,   P(6, 64),  P(65536, 1), P(4096, 64), P(1, 1, 1024), P(0, 0, 64), P(0, 0, 64),      64, 1)

#define DEFINE(name, r, ar, cr, k, ak, bk, w, beta)                                                                              \
    static __attribute__((noinline)) void name(const real *a, const real *b, real *c)                                            \
    {                                                                                                                             \
        contract((Contract){ .rows = r, .a_row = ar, .c_row = cr, .depth = k, .a_k = ak, .b_k = bk, .width = w }, a, b, c, beta); \
    }
CASES(DEFINE)

typedef struct { const char *name; void (*run)(const real *, const real *, real *); int rows[2], depth[3], width; double best; } Case;
#define LIST(name, r, ar, cr, k, ak, bk, w, beta) { #name, name, r, k, w, 1e9 },
static Case cases[] = { CASES(LIST) };
enum { NCASES = sizeof cases / sizeof cases[0] };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* the time of one call, of calls that fill half a millisecond */
static double time_once(void (*run)(const real *, const real *, real *), double guess, const real *a, const real *b, real *c)
{
    const long calls = guess < 5e-4 ? (long)(5e-4 / guess) + 1 : 1;
    const double t = seconds();
    for (long i = 0; i < calls; i++) run(a, b, c);
    return (seconds() - t) / (double)calls;
}

static double flop(const Case *t)
{
    return 2.0 * t->rows[0] * t->rows[1] * t->depth[0] * t->depth[1] * t->depth[2] * t->width;
}

int main(int argc, char **argv)
{
    real *a = aligned_alloc(64, ROOM * sizeof(real)), *b = aligned_alloc(64, ROOM * sizeof(real));
    real *c = aligned_alloc(64, ROOM * sizeof(real));
    if (!a || !b || !c) return perror("contract"), 1;
    for (int i = 0; i < ROOM; i++) a[i] = (real)(i % 7 - 3) * R(0.01), b[i] = (real)(i % 5 - 2) * R(0.01), c[i] = 0;
    _Alignas(64) real half[LANES], one[LANES], chain[CHAINS * LANES];
    for (int i = 0; i < LANES; i++) half[i] = R(0.5), one[i] = 1;
    double top = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        for (Case *s = cases; s < cases + NCASES; s++) {
            if (argc > 1 && !strstr(s->name, argv[1])) continue;
            const double t = time_once(peak, 2e-5, half, one, chain), u = time_once(s->run, flop(s) / 1e11, a, b, c);
            if (t < top) top = t;
            if (u < s->best) s->best = u;
        }
    }
    const double limit = PEAK_FLOP / top;
    printf("%-28s %8.1f GFLOP/s, %d reals of %d bytes\n", "peak", limit * 1e-9, LANES, REAL_BYTES);
    bool wrong = false;
    for (int i = 0; i < CHAINS * LANES; i++) wrong |= !isnormal(chain[i]);
    if (wrong) fprintf(stderr, "contract: a chain of the peak left the normal numbers\n");
    for (Case *s = cases; s < cases + NCASES; s++) {
        if (s->best >= 1e8) continue;
        const double share = 100 * flop(s) / s->best / limit;
        printf("%-28s %8.1f GFLOP/s  %3.0f %%  %9.2f us%s\n", s->name, flop(s) / s->best * 1e-9, share, s->best * 1e6, share > 102 ? "  above the peak" : "");
        wrong |= share > 102;
    }
    return wrong;
}
