/* vector.h -- the functions of one vector type. real.h includes this file once for vec as v_ and
   once for vec8 as v8_; VEC, MASK, V and V_LANES are defined then. Sums, products and comparisons
   are operators: w * x + b, x <= 0. */

/* Three functions that are one instruction each: FMA rounds once, FLOOR rounds down. 4: as the
   control register says. */
#if HAS_BUILTIN(__builtin_elementwise_fma)
#define FMA __builtin_elementwise_fma
#define SQRT __builtin_elementwise_sqrt
#define FLOOR __builtin_elementwise_floor
#elif V_LANES * REAL_BYTES == 64 && defined __AVX512F__
#define FMA(a, b, c) X86(vfmadd, 512_mask)(a, b, c, -1, 4)
#if defined __clang__
#define SQRT(x) X86(sqrt, 512)(x, 4)
#else
#define SQRT(x) X86(sqrt, 512_mask)(x, x, -1, 4)
#endif
#define FLOOR(x) X86(rndscale, _mask)(x, 1, x, -1, 4)
#elif V_LANES * REAL_BYTES == 32 && defined __AVX2__
#define FMA X86(vfmadd, 256)
#define SQRT X86(sqrt, 256)
#define FLOOR(x) X86(round, 256)(x, 1)
#elif V_LANES * REAL_BYTES == 16 && defined __SSE2__
#define FMA X86(vfmadd, )
#define SQRT X86(sqrt, )
#if defined __SSE4_1__
#define FLOOR(x) X86(round, )(x, 1)
#endif
#elif defined __aarch64__
#define FMA(a, b, c) (VEC) NEON(vfma)((NEON_TYPE)(c), (NEON_TYPE)(a), (NEON_TYPE)(b))
#define SQRT(x) (VEC) NEON(vsqrt)((NEON_TYPE)(x))
#define FLOOR(x) (VEC) NEON(vrndm)((NEON_TYPE)(x))
#endif

typedef VEC V(unaligned) __attribute__((aligned(REAL_BYTES), may_alias));
/* wraps around where mask overflows */
typedef real_bits V(bits) __attribute__((vector_size(V_LANES * REAL_BYTES)));

INLINE VEC V(load)(const real *p) { return *(const V(unaligned) *)p; }
INLINE void V(store)(real *p, VEC x) { *(V(unaligned) *)p = x; }
INLINE VEC V(set)(real x) { return x - (VEC) { 0 }; }
INLINE VEC V(select)(MASK c, VEC a, VEC b) { return (VEC)((c & (MASK)a) | (~c & (MASK)b)); }

/* a b + c, rounded once if the machine can */
INLINE VEC V(fma)(VEC a, VEC b, VEC c)
{
#if FUSED && defined FMA
    return FMA(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE VEC V(sqrt)(VEC x)
{
#if defined SQRT
    return SQRT(x);
#else
    for (int i = 0; i < V_LANES; i++) x[i] = r_sqrt(x[i]);
    return x;
#endif
}

INLINE VEC V(floor)(VEC x)
{
#if defined FLOOR
    return FLOOR(x);
#else
    for (int i = 0; i < V_LANES; i++) x[i] = r_floor(x[i]);
    return x;
#endif
}

INLINE VEC V(abs)(VEC x) { return (VEC)((MASK)x & ~(MASK)V(set)(R(-0.0))); }
/* NaN if either is */
INLINE VEC V(max)(VEC a, VEC b) { return V(select)((a > b) | (a != a), a, b); }
INLINE VEC V(min)(VEC a, VEC b) { return V(select)((a < b) | (a != a), a, b); }

/* a factor of a product: x rounded to bf16 (GG_COMPUTE 2) or fp16 (3), ties to even */
INLINE VEC V(factor)(VEC x)
{
#if GG_COMPUTE > 1
    const V(bits) one = (V(bits))(MASK) { 0 } + 1, cut = one << GG_CUT, u = (V(bits))x;
    const VEC rounded = (VEC)((u + (cut / 2 - 1) + (u >> GG_CUT & 1)) & ~(cut - 1));
#if GG_COMPUTE == 3
    const VEC size = V(abs)(x), tiny = x + GG_TINY - GG_TINY,
              sign = (VEC)((MASK)x & (MASK)V(set)(R(-0.0)));
    const VEC far = (VEC)((MASK)V(set)((real)INFINITY) | (MASK)sign);
    return V(select)(
        x != x, x,
        V(select)(size >= R(65520.0), far, V(select)(size < R(6.103515625e-05), tiny, rounded)));
#else
    return V(select)(x != x, x, rounded);
#endif
#else
    return x;
#endif
}
INLINE VEC V(sign)(VEC x) /* of 0 and NaN: themselves */
{
    return V(select)(x > 0, V(set)(1), V(select)(x < 0, V(set)(-1), x));
}
/* x with the sign of s */
INLINE VEC V(copysign)(VEC x, VEC s)
{
    const MASK sign = (MASK)V(set)(R(-0.0));
    return (VEC)(((MASK)x & ~sign) | ((MASK)s & sign));
}
/* 0, 1, 2, ... */
INLINE MASK V(places)(void)
{
    static const real_int place[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    MASK m;
    __builtin_memcpy(&m, place, sizeof m);
    return m;
}
INLINE VEC V(iota)(void) { return __builtin_convertvector(V(places)(), VEC); }

/* lane i + n of x in lane i, going round */
INLINE VEC V(rotate)(VEC x, const int n)
{
#if defined __GNUC__ && !defined __clang__
    return __builtin_shuffle(x, (V(places)() + n) % V_LANES);
#else
    VEC y = x;
    UNROLL for (int i = 0; i < V_LANES; i++) y[i] = x[(i + n) % V_LANES];
    return y;
#endif
}

/* the lanes in one number: halves are added to each other, always in this order */
INLINE real V(sum)(VEC x)
{
    UNROLL for (int n = V_LANES / 2; n; n /= 2) x = x + V(rotate)(x, n);
    return x[0];
}
INLINE real V(product)(VEC x)
{
    UNROLL for (int n = V_LANES / 2; n; n /= 2) x = x * V(rotate)(x, n);
    return x[0];
}
INLINE real V(hmax)(VEC x)
{
    UNROLL for (int n = V_LANES / 2; n; n /= 2) x = V(max)(x, V(rotate)(x, n));
    return x[0];
}
INLINE real V(hmin)(VEC x)
{
    UNROLL for (int n = V_LANES / 2; n; n /= 2) x = V(min)(x, V(rotate)(x, n));
    return x[0];
}
#undef FMA
#undef SQRT
#undef FLOOR
