/* philox.h -- Philox4x32-10: random numbers as a function of a counter and a key, without a
   state. */
#ifndef GAGEN_PHILOX_H
#define GAGEN_PHILOX_H
#include <stdint.h>
#include "scalar.h"

/* Replaces the counter's four words by four random words. */
GG_BOTH static inline void philox4x32(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)a;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
}

/* the upper 24 bits as a number in [0, 1), the same in float and double */
GG_BOTH static inline real philox_real(uint32_t x)
{
    return (real)(int32_t)(x >> 8) * (real)(1.0 / 16777216);
}

/* The number in [0, 1) of one element of one sample: `sample` counts samples consumed, `stream`
   is the call's path. */
GG_BOTH static inline real noise_uniform(uint64_t seed, uint64_t sample, uint32_t stream,
                                         uint32_t element)
{
    uint32_t c[4] = { element >> 2, stream, (uint32_t)sample, (uint32_t)(sample >> 32) };
    philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return philox_real(c[element & 3]);
}

enum { GG_NOISE = 16 }; /* counters that are worked on side by side, at most */

/* The words of n counters with these first words, the same sample and stream; n is a constant. */
INLINE void noise_words(const int n, uint32_t (*c)[GG_NOISE], uint64_t seed, uint64_t sample,
                        uint32_t stream)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int i = 0; i < n; i++)
        c[1][i] = stream, c[2][i] = (uint32_t)sample, c[3][i] = (uint32_t)(sample >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int i = 0; i < n; i++) {
            uint64_t a = (uint64_t)0xD2511F53u * c[0][i], b = (uint64_t)0xCD9E8D57u * c[2][i];
            c[0][i] = (uint32_t)(b >> 32) ^ c[1][i] ^ k0;
            c[1][i] = (uint32_t)b;
            c[2][i] = (uint32_t)(a >> 32) ^ c[3][i] ^ k1;
            c[3][i] = (uint32_t)a;
        }
}

/* 4 * n numbers in a row: those from element 4 * block on */
INLINE void noise_row(const int n, real *out, uint64_t seed, uint64_t sample, uint32_t stream,
                      uint32_t block)
{
    uint32_t c[4][GG_NOISE];
    for (int i = 0; i < n; i++) c[0][i] = block + (uint32_t)i;
    noise_words(n, c, seed, sample, stream);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 4; k++) out[4 * i + k] = philox_real(c[k][i]);
}

/* GG_NOISE numbers: of elements from, from + stride ... */
static __attribute__((noinline, unused)) void noise_apart(real *out, uint64_t seed, uint64_t sample,
                                                          uint32_t stream, uint32_t from,
                                                          uint32_t stride)
{
    uint32_t c[4][GG_NOISE], word[GG_NOISE];
    for (int i = 0; i < GG_NOISE; i++)
        word[i] = from + (uint32_t)i * stride, c[0][i] = word[i] >> 2;
    noise_words(GG_NOISE, c, seed, sample, stream);
    for (int i = 0; i < GG_NOISE; i++) {
        const uint32_t c0 = c[0][i], c1 = c[1][i], c2 = c[2][i], c3 = c[3][i];
        const uint32_t low = word[i] & 1 ? c1 : c0, high = word[i] & 1 ? c3 : c2;
        out[i] = philox_real(word[i] & 2 ? high : low);
    }
}

/* out[i] = noise_uniform(seed, sample, stream, from + i * stride) for i in 0 .. n - 1 */
static inline void noise_fill(real *out, int n, uint64_t seed, uint64_t sample, uint32_t stream,
                              uint32_t from, uint32_t stride)
{
    int i = 0;
    if (stride == 1 && from % 4 == 0) {
        const uint32_t block = from / 4;
        for (; i + 4 * GG_NOISE <= n; i += 4 * GG_NOISE)
            noise_row(GG_NOISE, out + i, seed, sample, stream, block + (uint32_t)i / 4);
        for (; i + 8 <= n; i += 8)
            noise_row(2, out + i, seed, sample, stream, block + (uint32_t)i / 4);
    }
    for (; i + GG_NOISE <= n; i += GG_NOISE)
        noise_apart(out + i, seed, sample, stream, from + (uint32_t)i * stride, stride);
    for (; i < n; i++) out[i] = noise_uniform(seed, sample, stream, from + (uint32_t)i * stride);
}
#endif
