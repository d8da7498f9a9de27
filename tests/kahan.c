/* kahan.c -- sums of K bf16 numbers by accumulators of 2 + 2 and of 4 bytes, beside the sum in double: 1,000 gradients, K = 1, 2, ... 1,024.
   A line for each kind of accumulator: bytes, and the largest relative L2 error of any K. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 1000, MOST = 1024 };

/* to the nearest bf16, ties to even */
static float rounded(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    u = (u + 0x7fff + (u >> 16 & 1)) & 0xffff0000;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* micro-gradients: noise as large as their mean */
static float gradient(uint32_t i, uint32_t k)
{
    uint32_t x = i * 0x9E3779B9u + k * 0x85EBCA6Bu + 1;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    x ^= x >> 16;
    return rounded((float)(1 + 2 * ((double)(x >> 8) / 16777216 - 0.5)) * (i % 2 ? 1.0f : -0.01f));
}

int main(void)
{
    static float plain[WIDTH], sum[WIDTH], rest[WIDTH], single[WIDTH];
    static double exact[WIDTH];
    double worst[3] = { 0 };
    for (uint32_t k = 0; k < MOST; k++) {
        double off[3] = { 0 }, all = 0;
        for (uint32_t i = 0; i < WIDTH; i++) {
            const float g = gradient(i, k), y = rounded(g - rest[i]), t = rounded(sum[i] + y);
            rest[i] = rounded(rounded(t - sum[i]) - y), sum[i] = t;
            plain[i] = rounded(plain[i] + g), single[i] += g, exact[i] += (double)g;
            const double d[3] = { (double)plain[i] - exact[i], (double)sum[i] - exact[i], (double)single[i] - exact[i] };
            for (int a = 0; a < 3; a++) off[a] += d[a] * d[a];
            all += exact[i] * exact[i];
        }
        for (int a = 0; a < 3; a++)
            if (sqrt(off[a] / all) > worst[a]) worst[a] = sqrt(off[a] / all);
    }
    printf("bf16 2 %.3g\nkahan 4 %.3g\nfp32 4 %.3g\n", worst[0], worst[1], worst[2]);
    return 0;
}
