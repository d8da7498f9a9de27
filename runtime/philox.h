/* philox.h -- Philox4x32-10: random numbers as a function of a counter and a key, so that nothing has a state. */
#ifndef GAGEN_PHILOX_H
#define GAGEN_PHILOX_H
#include <stdint.h>
#include "real.h"

/* Replaces the counter's four words by four random words. */
static inline void philox4x32(uint32_t c[4], uint32_t k0, uint32_t k1)
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
static inline real philox_real(uint32_t x)
{
    return (real)(int32_t)(x >> 8) * (real)(1.0 / 16777216);
}

/* The number in [0, 1) of one element of one sample: `sample` counts samples consumed, `stream` is the call's path. */
static inline real noise_uniform(uint64_t seed, uint64_t sample, uint32_t stream, uint32_t element)
{
    uint32_t c[4] = { element >> 2, stream, (uint32_t)sample, (uint32_t)(sample >> 32) };
    philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return philox_real(c[element & 3]);
}

enum { GG_NOISE = 16 };                                     /* counters that are worked on side by side */

/* Fills out[0 .. 4 * GG_NOISE): the elements from 4 * block on. */
static inline void noise_blocks(uint64_t seed, uint64_t sample, uint32_t stream, uint32_t block, real *out)
{
    uint32_t c0[GG_NOISE], c1[GG_NOISE], c2[GG_NOISE], c3[GG_NOISE], k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int i = 0; i < GG_NOISE; i++) {
        c0[i] = block + (uint32_t)i, c1[i] = stream;
        c2[i] = (uint32_t)sample, c3[i] = (uint32_t)(sample >> 32);
    }
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int i = 0; i < GG_NOISE; i++) {
            uint64_t a = (uint64_t)0xD2511F53u * c0[i], b = (uint64_t)0xCD9E8D57u * c2[i];
            c0[i] = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
            c1[i] = (uint32_t)b;
            c2[i] = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
            c3[i] = (uint32_t)a;
        }
    for (int i = 0; i < GG_NOISE; i++) {
        out[4 * i] = philox_real(c0[i]), out[4 * i + 1] = philox_real(c1[i]);
        out[4 * i + 2] = philox_real(c2[i]), out[4 * i + 3] = philox_real(c3[i]);
    }
}

/* out[i] = noise_uniform(seed, sample, stream, from + i * stride) for i in 0 .. n - 1 */
static inline void noise_fill(real *out, int n, uint64_t seed, uint64_t sample, uint32_t stream, uint32_t from,
                              uint32_t stride)
{
    int i = 0;
    if (stride == 1 && from % 4 == 0)
        for (; i + 4 * GG_NOISE <= n; i += 4 * GG_NOISE)
            noise_blocks(seed, sample, stream, (from + (uint32_t)i) / 4, out + i);
    for (; i < n; i++) out[i] = noise_uniform(seed, sample, stream, from + (uint32_t)i * stride);
}
#endif
