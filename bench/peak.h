/* peak.h -- multiply-adds that never leave the registers, on normal numbers: what the machine can do at most. */
#ifndef GAGEN_PEAK_H
#define GAGEN_PEAK_H

#include "contract.h"

enum { CHAINS = REGISTERS / 2, CHAIN = 4096, PEAK_FLOP = 2 * CHAIN * CHAINS * LANES };

/* with a half in a and one in b, LANES of each, every chain goes to 2; c takes their CHAINS * LANES ends */
static __attribute__((noinline)) void peak(const real *a, const real *b, real *c)
{
    const vec x = v_load(a), y = v_load(b);
    vec q[CHAINS];
    UNROLL for (int i = 0; i < CHAINS; i++) q[i] = v_set((real)i);
    for (int k = 0; k < CHAIN; k++)
        UNROLL for (int i = 0; i < CHAINS; i++) q[i] = v_fma(q[i], x, y);
    UNROLL for (int i = 0; i < CHAINS; i++) v_store(c + i * LANES, q[i]);
}

#endif
