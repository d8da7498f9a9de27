/* contract.c -- contract() against one chain of multiply-adds an element, bit for bit, and against sums in double.
   Prints a line of TAP a shape. With an argument the chains start from C instead of 0 and leave out the sums' last term:
   all must fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "contract.h"

enum { ROOM = 1 << 18 };
static real a[ROOM], b[ROOM], c[ROOM], before[ROOM], right[ROOM];
static int broken;
static uint32_t state = 1;

static uint32_t next(uint32_t n)        /* 0 .. n - 1 */
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

static real fused(real x, real y, real z) { return FUSED ? R_LIBM(fma)(x, y, z) : x * y + z; }

/* element `at` of C as rule 1 has it, and whether it is near the sum in double */
static int element(const Contract d, const real *pa, const real *pb, long at, int beta)
{
    real chain = broken ? (beta == 1 ? before[at] : 0) : beta == 2 ? before[at] : 0;
    double sum = beta ? (double)before[at] : 0, size = fabs(sum);
    for (int x = 0; x < d.depth[0]; x++)
        for (int y = 0; y < d.depth[1]; y++)
            for (int z = 0; z < d.depth[2] - broken; z++) {
                const real u = pa[x * d.a_k[0] + y * d.a_k[1] + z * d.a_k[2]];
                const real v = pb[x * d.b_k[0] + y * d.b_k[1] + z * d.b_k[2]];
                chain = fused(u, v, chain);
                sum += (double)u * (double)v, size += fabs((double)u * (double)v);
            }
    right[at] = beta == 1 && !broken ? before[at] + chain : chain;
    return fabs((double)c[at] - sum) <= size * (REAL_BYTES == 4 ? 1e-5 : 1e-13);
}

/* a line of TAP: whether c is what d says, and untouched between C's rows */
static void check(const char *name, const Contract d, int beta)
{
    int near = 1;
    memcpy(right, before, sizeof right);
    for (int r = 0; r < d.rows[0]; r++)
        for (int i = 0; i < d.rows[1]; i++)
            for (int j = 0; j < d.width; j++)
                near &= element(d, a + r * d.a_row[0] + i * d.a_row[1], b + j, r * d.c_row[0] + i * d.c_row[1] + j, beta);
    const int exact = !memcmp(c, right, sizeof c);
    printf("%sok - %s, beta %d: %s%s\n", near && exact ? "" : "not ", name, beta, exact ? "the chain's bits" : "other bits",
           near ? "" : ", far from the sum");
}

static void prepare(void)
{
    for (int i = 0; i < ROOM; i++) {
        a[i] = (real)next(2001) / 1000 - 1, b[i] = (real)next(2001) / 1000 - 1;
        c[i] = before[i] = (real)next(2001) / 1000 - 1;
    }
}

/* name, rows, a_row, c_row, depth, a_k, b_k, width: shapes known to the compiler */
#define P(...) { __VA_ARGS__ }
#define SHAPES(X)                                                                                                                \
    X(one,            P(1, 1),   P(0, 0),    P(0, 8),    P(1, 1, 1),   P(0, 0, 0),    P(0, 0, 0),      8)                        \
    X(linear,         P(1, 32),  P(0, 64),   P(0, 64),   P(1, 3, 64),  P(0, 2048, 1), P(0, 4096, 64), 64)                        \
    X(linear_weight,  P(2, 64),  P(2048, 1), P(4096, 64), P(1, 1, 31), P(0, 0, 64),   P(0, 0, 64),    64)                        \
    X(linear_16,      P(1, 37),  P(0, 40),   P(0, 16),   P(1, 1, 10),  P(0, 0, 1),    P(0, 0, 16),    16)                        \
    X(linear_24,      P(1, 7),   P(0, 40),   P(0, 24),   P(1, 1, 40),  P(0, 0, 1),    P(0, 0, 24),    24)                        \
    X(linear_96,      P(1, 19),  P(0, 40),   P(0, 96),   P(1, 1, 33),  P(0, 0, 1),    P(0, 0, 96),    96)                        \
    X(linear_400,     P(1, 13),  P(0, 40),   P(0, 400),  P(1, 1, 20),  P(0, 0, 1),    P(0, 0, 400),  400)                        \
    X(conv1,          P(28, 28), P(32, 1),   P(224, 8),  P(1, 5, 5),   P(0, 32, 1),   P(0, 40, 8),     8)                        \
    X(conv1_weight,   P(5, 5),   P(32, 1),   P(40, 8),   P(1, 28, 28), P(0, 32, 1),   P(0, 224, 8),    8)                        \
    X(conv2,          P(10, 10), P(112, 8),  P(160, 16), P(5, 5, 6),   P(112, 8, 1),  P(480, 96, 16), 16)                        \
    X(conv2_weight,   P(5, 6),   P(8, 1),    P(96, 16),  P(3, 10, 10), P(1568, 112, 8), P(1600, 160, 16), 16)                    \
    X(conv2_data,     P(14, 14), P(288, 16), P(112, 8),  P(5, 5, 16),  P(288, 16, 1), P(640, 128, 8),  8)                        \
    X(conv_32,        P(3, 17),  P(672, 32), P(544, 32), P(3, 3, 32),  P(672, 32, 1), P(3072, 1024, 32), 32)                     \
    X(conv_stride,    P(7, 7),   P(256, 16), P(112, 16), P(3, 3, 8),   P(128, 8, 1),  P(384, 128, 16), 16)                         \
    X(deep_blocks,    P(1, 67),  P(0, 64),   P(0, 64),   P(1, 5, 64),  P(0, 4288, 1), P(0, 4096, 64), 64)                        \
    X(deep_weight,    P(2, 64),  P(13000, 1), P(4096, 64), P(1, 1, 203), P(0, 0, 64), P(0, 0, 64),    64)                        \
    X(deep_conv,      P(9, 11),  P(494, 38), P(1408, 128), P(3, 3, 38), P(494, 38, 1), P(14592, 4864, 128), 128)                 \
    X(deep_taps,      P(13, 5),  P(110, 22), P(330, 64), P(4, 2, 25),  P(550, 5, 3),  P(3300, 1600, 64), 64)                     \
    X(deep_rows,      P(3, 130), P(26100, 200), P(8500, 64), P(1, 2, 193), P(0, 3, 1), P(0, 64, 65), 64)                         \
    X(deep_left,      P(1, 258), P(0, 200),  P(0, 64),   P(1, 1, 200), P(0, 0, 1),    P(0, 0, 64),    64)                        \
    X(deep_few,       P(1, 64),  P(0, 3),    P(0, 192),  P(1, 1, 1000), P(0, 0, 200), P(0, 0, 192),  192)                        \
    X(odd_1, P(3, 34), P(1, 7), P(1938, 57), P(1, 1, 48), P(30, 15, 24), P(278, 52, 293), 56) \
    X(odd_2, P(1, 14), P(26, 4), P(580, 41), P(1, 1, 18), P(39, 39, 28), P(64, 67, 0), 40) \
    X(odd_3, P(2, 14), P(10, 2), P(145, 10), P(1, 3, 40), P(44, 12, 1), P(152, 11, 184), 8) \
    X(odd_4, P(2, 10), P(16, 1), P(984, 98), P(3, 1, 44), P(4, 19, 22), P(156, 246, 161), 96) \
    X(odd_5, P(4, 31), P(11, 0), P(806, 26), P(3, 3, 52), P(1, 35, 50), P(214, 187, 192), 24) \
    X(odd_6, P(4, 3), P(11, 9), P(28, 9), P(1, 3, 40), P(32, 22, 1), P(128, 236, 55), 8) \
    X(odd_7, P(3, 3), P(27, 1), P(224, 73), P(3, 3, 19), P(21, 17, 44), P(279, 47, 159), 72) \
    X(odd_8, P(3, 12), P(5, 2), P(928, 77), P(2, 2, 7), P(5, 38, 34), P(207, 16, 121), 72)

/* At once with beta 0; with beta 1 in two calls, the inner rows cut at a third. check() has d by value: a function
   that had its address might change it, so that compilers would expand all tiles for any numbers, which takes minutes. */
#define RUN(name, r, ar, cr, k, ak, bk, w)                                                                                       \
    static void run_##name(void)                                                                                                 \
    {                                                                                                                            \
        const Contract d = { .rows = r, .a_row = ar, .c_row = cr, .depth = k, .a_k = ak, .b_k = bk, .width = w };                \
        const int cut = d.rows[1] / 3;                                                                                           \
        Contract top = d, rest = d;                                                                                              \
        prepare(), contract(d, a, b, c, 0), check(#name, d, 0);                                                                  \
        top.rows[1] = cut, rest.rows[1] -= cut;                                                                                  \
        prepare();                                                                                                               \
        if (cut) contract(top, a, b, c, 1);                                                                                      \
        contract(rest, a + cut * d.a_row[1], b, c + cut * d.c_row[1], 1), check(#name " cut", d, 1);                             \
        prepare(), contract(d, a, b, c, 2), check(#name " goes on", d, 2);                                                      \
    }
SHAPES(RUN)
#define CALL(name, r, ar, cr, k, ak, bk, w) run_##name();

int main(int argc, char **argv)
{
    broken = argc > 1 && argv[1][0];
    SHAPES(CALL)
    return 0;
}
