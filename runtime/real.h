/* real.h -- numbers: real of scalar.h, and vec, a vector of the machine's width. */
#ifndef GAGEN_REAL_H
#define GAGEN_REAL_H
#include "scalar.h"
#if defined __aarch64__
#include <arm_neon.h>
#endif

/* Sanitizers check every copy of an inlined function, which takes hours. So nothing is
   specialised for them. */
#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || \
    __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#endif

/* The compiler may not fuse: a*b + c is two roundings. v_fma is one, where the machine has it. */
#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#elif defined __GNUC__
#pragma GCC optimize("fp-contract=off")
#endif
/* If a kernel's loop reads and writes one static array, gcc 12 (ivopts) may take it for a
   function without effects, and drop its calls. So it may not look for such functions. */
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 11
#pragma GCC optimize("no-ipa-pure-const", "no-ipa-modref")
#endif
/* gcc 12 misplaces a load in an arm of a choice when it makes a loop free of branches, so it may
   not try. Programs hold no such load; this is a second protection. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("no-tree-loop-if-convert")
#endif
/* gcc 12 keeps stores of a loop in registers if a later iteration stores to the same address
   (predictive commoning). At the loop's end it writes back rows that this thread never wrote,
   which undoes writes of another thread. So it may not. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("no-predictive-commoning")
#endif
#if defined SANITIZED || (defined __GNUC__ && !defined __OPTIMIZE__)
#define UNROLL
#elif defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined __GNUC__
#define UNROLL _Pragma("GCC unroll 64")
#else
#define UNROLL
#endif
#if defined SANITIZED
#define SPECIALISED static __attribute__((noinline, unused))
#else
#define SPECIALISED INLINE /* a copy for each call, made for its constant arguments */
#endif

/* ---- vec, and vec8: no more than 8 reals, for what is 8 wide ---- */
#if defined __AVX512F__
#define VECTOR_BYTES 64
#define REGISTERS 32
#elif defined __AVX2__
#define VECTOR_BYTES 32
#define REGISTERS 16
#elif defined __aarch64__
#define VECTOR_BYTES 16
#define REGISTERS 32
#else
#define VECTOR_BYTES 16
#define REGISTERS 16
#endif
#if defined __FMA__ || defined __AVX512F__ || defined __aarch64__
#define FUSED 1 /* v_fma rounds once */
#else
#define FUSED 0
#endif
#define LANES (VECTOR_BYTES / REAL_BYTES)
#define LANES8 (LANES < 8 ? LANES : 8)
/* <immintrin.h> is left out, since reading it takes longer than compiling a small program. The
   builtins are its functions. */
#if defined __has_builtin
#define HAS_BUILTIN(name) __has_builtin(name)
#else
#define HAS_BUILTIN(name) 0
#endif
#ifdef GAGEN_DOUBLE
#define X86(op, width) __builtin_ia32_##op##pd##width
#define NEON(op) op##q_f64
#define NEON_TYPE float64x2_t
#else
#define X86(op, width) __builtin_ia32_##op##ps##width
#define NEON(op) op##q_f32
#define NEON_TYPE float32x4_t
#endif
typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
/* the result of comparing two vecs: -1 or 0 */
typedef real_int mask __attribute__((vector_size(VECTOR_BYTES)));
typedef real vec8 __attribute__((vector_size(LANES8 * REAL_BYTES)));
typedef real_int mask8 __attribute__((vector_size(LANES8 * REAL_BYTES)));

/* ---- factors of products may be rounded to 16 bits ---- */
#ifndef GG_COMPUTE
#define GG_COMPUTE 0
#endif
#define GG_CUT ((REAL_BYTES == 8 ? 52 : 23) - (GG_COMPUTE == 3 ? 10 : 7))
#define GG_TINY (REAL_BYTES == 8 ? R(402653184.0) : R(0.75))

#define VEC vec
#define MASK mask
#define V(name) v_##name
#define V_LANES LANES
#include "vector.h"
#include "elementary.h"
#undef VEC
#undef MASK
#undef V
#undef V_LANES

#define VEC vec8
#define MASK mask8
#define V(name) v8_##name
#define V_LANES LANES8
#include "vector.h"
#include "elementary.h"
#undef VEC
#undef MASK
#undef V
#undef V_LANES

/* ---- one number: as a lane, with the same bits ---- */
#ifndef GAGEN_DOUBLE
#define SINGLE(name) \
    INLINE real r_##name(real x) { return v8_##name(v8_set(x))[0]; }
SINGLE(exp)
SINGLE(log)
SINGLE(log1p)
SINGLE(expm1)
SINGLE(tanh)
SINGLE(erf)
#undef SINGLE
#endif
#endif
