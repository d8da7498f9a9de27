/* contract.h -- C (+)= A B over constant extents and strides: the forward, data and weight
   gradient of a matmul, and three directions of a convolution. Inlined into its caller it becomes
   a few loops with constant bounds and strides.

   1. Element (i, j) of C is one chain of multiply-adds over the depth, from 0, in order; with beta
      1 it is added to C at the end. So its bits do not depend on which rows and columns one call
      or one tile computes. With beta 2 the chain begins at C: two calls over halves of the depth
      equal one call over all of it, bit for bit.
   2. A tile of C stays in registers over the depth. For each k it loads one row of B, and
      broadcasts one number of A for each row of the tile. Tiles are as large as the registers
      allow and as equal as the rows allow.
   3. Neighbouring terms of a convolution share numbers of A. A compiler that kept them in
      registers would have none left for C. So each term reads A through a pointer that the
      compiler cannot follow. */
#ifndef GAGEN_CONTRACT_H
#define GAGEN_CONTRACT_H
#include "real.h"

typedef struct {
    int rows[2];             /* of C: outer, inner */
    long a_row[2], c_row[2]; /* from one row to the next in A and in C, in reals */
    int depth[3];            /* of the sum: outer to inner */
    long a_k[3], b_k[3];     /* from one term to the next in A and in B */
    int width;               /* columns of B and C, contiguous, a multiple of 8 */
} Contract;

#define VEC vec
#define V(name) v_##name
#define V_LANES LANES
#include "tile.h"
#undef VEC
#undef V
#undef V_LANES

#define VEC vec8
#define V(name) v8_##name
#define V_LANES LANES8
#include "tile.h"
#undef VEC
#undef V
#undef V_LANES

/* C = A B with beta 0, C += A B with beta 1; with beta 2 the chains of C continue */
SPECIALISED void contract(const Contract d, const real *a, const real *b, real *c, const int beta)
{
#if LANES > 8
    if (d.width % LANES) v8_contract(d, a, b, c, beta);
    else
#endif
        v_contract(d, a, b, c, beta);
}
#endif
