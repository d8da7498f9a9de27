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
#include <stdbool.h>
#include "real.h"

/* Row (i, j) of A begins at a + i * a_row[0] + j * a_row[1], and of C alike. Term (x, y, z) of its
   sums is the number of A that is x * a_k[0] + y * a_k[1] + z * a_k[2] after that, times the row of
   B at b + x * b_k[0] + y * b_k[1] + z * b_k[2]. */
typedef struct {
    int rows[2];             /* of C: outer, inner */
    long a_row[2], c_row[2]; /* from one row to the next in A and in C, in reals */
    int depth[3];            /* of the sum: outer to inner */
    long a_k[3], b_k[3];     /* from one term to the next in A and in B */
    int width;               /* columns of B and C, contiguous, a multiple of 8 */
} Contract;

/* Sums of more than PIECE terms in DEEP_ROWS rows or more go to deep.h. Its tiles have DEEP_TILE
   rows or fewer, and at most DEEP_SUMS sums go on from piece to piece. */
enum { PIECE = 192, DEEP_ROWS = 64, DEEP_TILE = 6, DEEP_SUMS = 1 << 14 };

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

/* ---- products and convolutions in words; all become contract() ---- */
INLINE long or_else(long given, long preset) { return given ? given : preset; }

/* C = A B, with rows x columns numbers in C and `depth` terms in each. All three are stored row by
   row. A field may be left out if it has the value in brackets. */
typedef struct {
    int rows, columns, depth;
    bool a_turned; /* A is stored as depth x rows (false) */
    /* A is stored as so many column blocks (1), which are `block` reals apart */
    int blocks;
    long block;
    long a_row, b_row, c_row; /* from one stored row to the next (as many as a row has numbers) */
    /* so many products with one B (1); from one to the next in A and in C. If A is turned, they
       are added up in one C, and the second step is B's */
    int batch;
    long step[2];
} Matmul;

SPECIALISED void matmul(const Matmul d, const real *a, const real *b, real *c, const int beta)
{
    const int blocks = or_else(d.blocks, 1), batch = or_else(d.batch, 1);
    const int rows = d.rows, depth = d.depth;
    const int wide = (d.a_turned ? rows : depth) / blocks; /* columns of A in a block */
    const long a_row = or_else(d.a_row, wide), b_row = or_else(d.b_row, d.columns);
    const long c_row = or_else(d.c_row, d.columns);
    if (d.a_turned)
        contract((Contract) { .rows = { blocks, wide },
                              .a_row = { d.block, 1 },
                              .c_row = { blocks > 1 ? wide * c_row : 0, c_row },
                              .depth = { 1, batch, d.depth },
                              .a_k = { 0, d.step[0], a_row },
                              .b_k = { 0, d.step[1], b_row },
                              .width = d.columns },
                 a, b, c, beta);
    else
        contract((Contract) { .rows = { batch, d.rows },
                              .a_row = { d.step[0], a_row },
                              .c_row = { d.step[1], c_row },
                              .depth = { 1, blocks, wide },
                              .a_k = { 0, d.block, 1 },
                              .b_k = { 0, blocks > 1 ? wide * b_row : 0, b_row },
                              .width = d.columns },
                 a, b, c, beta);
}

/* A convolution of one image, stored [row][column][channel], whose weight is stored
   [tap row][tap column][in][out]. Borders of zeros are stored, too: pointers are to the numbers
   that the first tap reads. A field may be left out if it has the value in brackets. */
typedef struct {
    int size[2];  /* rows and columns: of the result; conv2d_weight: of dy */
    int taps[2];  /* rows and columns of the weight (1) */
    int in, out;  /* channels that a tap reads, and that it contributes to */
    int stride;   /* (1) */
    long line;    /* from one row of what the taps read to the next, in reals */
    long dy_line; /* conv2d_weight: the same of dy (dense) */
    int blocks;   /* the channels that are read are stored as so many blocks (1), */
    long block;   /* which are `block` reals apart */
} Conv2d;

/* y[r][c] = sum of x[r * stride + tap row][c * stride + tap column] weight */
SPECIALISED void conv2d(const Conv2d d, const real *x, const real *weight, real *y, const int beta)
{
    const int ky = or_else(d.taps[0], 1), kx = or_else(d.taps[1], 1), stride = or_else(d.stride, 1),
              blocks = or_else(d.blocks, 1), in = d.in / blocks;
    const long row = (long)kx * in * d.out; /* of taps */
    const long line = d.line, block = d.block;
    contract((Contract) { .rows = { d.size[0], d.size[1] },
                          .a_row = { stride * d.line, stride * in },
                          .c_row = { d.size[1] * d.out, d.out },
                          .depth = { ky > 1 ? blocks : 1, ky > 1 ? ky : blocks, kx * in },
                          .a_k = { block, ky > 1 ? line : block, 1 },
                          .b_k = { ky * row, row, d.out },
                          .width = d.out },
             x, weight, y, beta);
}

/* The gradient of x: dx[r][c] = sum of dy[r - tap row][c - tap column] weight, whose two channel
   axes are exchanged. */
SPECIALISED void conv2d_data(const Conv2d d, const real *dy, const real *weight, real *dx,
                             const int beta)
{
    const int ky = or_else(d.taps[0], 1), kx = or_else(d.taps[1], 1);
    const long tap = (long)d.in * d.out;
    contract((Contract) { .rows = { d.size[0], d.size[1] },
                          .a_row = { d.line, d.in },
                          .c_row = { d.size[1] * d.out, d.out },
                          .depth = { ky, kx, d.in },
                          .a_k = { -d.line, -d.in, 1 },
                          .b_k = { kx * tap, tap, d.out },
                          .width = d.out },
             dy, weight, dx, beta);
}

/* The gradient of the weight: of a tap, the sum of x dy over the rows and columns of dy. */
SPECIALISED void conv2d_weight(const Conv2d d, const real *x, const real *dy, real *dweight,
                               const int beta)
{
    const int ky = or_else(d.taps[0], 1), kx = or_else(d.taps[1], 1), stride = or_else(d.stride, 1),
              blocks = or_else(d.blocks, 1), in = d.in / blocks;
    const long line = d.line, block = d.block;
    contract((Contract) { .rows = { ky > 1 ? ky : blocks, kx * in },
                          .a_row = { ky > 1 ? line : block, 1 },
                          .c_row = { (long)kx * in * d.out, d.out },
                          .depth = { 1, d.size[0], d.size[1] },
                          .a_k = { 0, stride * d.line, stride * in },
                          .b_k = { 0, or_else(d.dy_line, d.size[1] * d.out), d.out },
                          .width = d.out },
             x, dy, dweight, beta);
}
#endif
