/* kernel.h -- small functions that generated kernels use often. */
#ifndef GAGEN_KERNEL_H
#define GAGEN_KERNEL_H
#include "program.h"
#include "real.h"

/* A function that several kernels share. gcc may not clone it for constant arguments. */
#if defined __clang__ || !defined __GNUC__
#define SHARED static __attribute__((noinline))
#else
#define SHARED static __attribute__((noinline, noclone))
#endif

/* the data row of row n of the micro-batch; rows past the last real one repeat the first */
INLINE long data_row(const Window *w, const Micro *m, long n)
{
    return window_row(w, m->from + (n < m->rows ? n : 0));
}

/* x in the lanes below n, zero in the others */
INLINE vec v_keep(vec x, long n)
{
    return n >= LANES ? x : v_select(v_iota() < (real)n, x, (vec) { 0 });
}
INLINE vec8 v8_keep(vec8 x, long n)
{
    return n >= LANES8 ? x : v8_select(v8_iota() < (real)n, x, (vec8) { 0 });
}

/* zeroes the border of a plane [h][w][c] */
INLINE void zero_halo(real *plane, long h, long w, long top, long bottom, long left, long right,
                      long c)
{
    for (long i = 0; i < top * w * c; i++) plane[i] = 0;
    for (long i = (h - bottom) * w * c; i < h * w * c; i++) plane[i] = 0;
    for (long y = top; y < h - bottom; y++) {
        for (long i = 0; i < left * c; i++) plane[y * w * c + i] = 0;
        for (long i = (w - right) * c; i < w * c; i++) plane[y * w * c + i] = 0;
    }
}
#endif
