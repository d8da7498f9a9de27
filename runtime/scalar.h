/* scalar.h -- numbers one at a time: real is float, or double under GAGEN_DOUBLE. C, C++ and CUDA
   read this file. */
#ifndef GAGEN_SCALAR_H
#define GAGEN_SCALAR_H
#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__) || \
    defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__
#error "leave out -ffast-math, -Ofast and the like: they change sums; `nonfinite` then finds no NaN"
#endif
#include <float.h>
#include <math.h>
#include <stdint.h>

#if defined __CUDACC__ || defined GG_EMU
#define GG_BOTH __host__ __device__ /* functions that kernels may call, too */
#else
#define GG_BOTH
#endif
#define INLINE GG_BOTH static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))

#if defined __GNUC__ && !defined __clang__ && !defined __CUDACC__
#define TAPS \
    _Pragma("GCC unroll 4") /* a loop over some of a window's taps, which gcc would not unroll */
#else
#define TAPS
#endif

#ifdef GAGEN_DOUBLE
typedef double real;
typedef int64_t real_int;
typedef uint64_t real_bits;
#define REAL_BYTES 8
#define R(x) x
#define R_LIBM(name) name
#else
typedef float real;
typedef int32_t real_int;
typedef uint32_t real_bits;
#define REAL_BYTES 4
#define R(x) x##f
#define R_LIBM(name) name##f
#endif

/* ---- functions of one number; in C's float, real.h has those that vectors have ---- */
#if defined GAGEN_DOUBLE || defined __CUDACC__ || defined GG_EMU
INLINE real r_exp(real x) { return R_LIBM(exp)(x); }
INLINE real r_log(real x) { return R_LIBM(log)(x); }
INLINE real r_log1p(real x) { return R_LIBM(log1p)(x); }
INLINE real r_expm1(real x) { return R_LIBM(expm1)(x); }
INLINE real r_tanh(real x) { return R_LIBM(tanh)(x); }
INLINE real r_erf(real x) { return R_LIBM(erf)(x); }
#endif
INLINE real r_sqrt(real x) { return R_LIBM(sqrt)(x); }
INLINE real r_fma(real a, real b, real c) { return R_LIBM(fma)(a, b, c); }
INLINE real r_sin(real x) { return R_LIBM(sin)(x); }
INLINE real r_cos(real x) { return R_LIBM(cos)(x); }
INLINE real r_erfc(real x) { return R_LIBM(erfc)(x); }
INLINE real r_abs(real x) { return R_LIBM(fabs)(x); }
INLINE real r_floor(real x) { return R_LIBM(floor)(x); }
INLINE real r_pow(real x, real y) { return R_LIBM(pow)(x, y); }
INLINE real r_atan2(real y, real x) { return R_LIBM(atan2)(y, x); }
INLINE real r_max(real a, real b) { return a > b || a != a ? a : b; } /* NaN if either is */
INLINE real r_min(real a, real b) { return a < b || a != a ? a : b; }
/* of 0 and NaN: themselves */
INLINE real r_sign(real x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
#endif
