/* elementary.h -- exp, log, tanh and the like of one vector type; real.h includes this file for vec
   and for vec8. In the double build libm does the lanes one by one. In float the functions are our
   own, within 2 ulp, exp and log within 1 (sin, cos of 1e5 and more, erfc, pow and atan2 are
   libm's): a polynomial on a reduced argument; the reductions are exact, or end with a correction.
   What overflows gives inf, NaN gives NaN, denormals may come out as 0. A lane's bits do not depend
   on the others, but for sin and cos. */
#define V_LANEWISE(name) \
    INLINE VEC V(name)(VEC x) \
    { \
        for (int i = 0; i < V_LANES; i++) x[i] = R_LIBM(name)(x[i]); \
        return x; \
    }

#define V_PAIRWISE(name) \
    INLINE VEC V(name)(VEC x, VEC y) \
    { \
        for (int i = 0; i < V_LANES; i++) x[i] = R_LIBM(name)(x[i], y[i]); \
        return x; \
    }

V_LANEWISE(erfc)
V_PAIRWISE(pow)
V_PAIRWISE(atan2)

#ifdef GAGEN_DOUBLE
V_LANEWISE(exp)
V_LANEWISE(log)
V_LANEWISE(log1p)
V_LANEWISE(expm1)
V_LANEWISE(tanh)
V_LANEWISE(sin)
V_LANEWISE(cos)
V_LANEWISE(erf)
#else

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1) */
INLINE VEC V(poly)(VEC x, const int n, const real *c)
{
    VEC y = V(set)(c[n - 1]);
    UNROLL for (int i = n - 2; i >= 0; i--) y = V(fma)(y, x, V(set)(c[i]));
    return y;
}

/* 2^n for whole n in -126 .. 127 */
INLINE VEC V(power2)(MASK n) { return (VEC)(((V(bits))n + 127) << 23); }

/* x = n log(2) + *r, and exp(*r) - 1; *n is meant for |x| < 2^15 */
INLINE VEC V(exp_reduced)(VEC x, MASK *n)
{
    static const real c[] = { R(0.5),           R(0.166666672),   R(0.0416663773),
                              R(0.00833327509), R(0.00139395776), R(0.000199131624) };
    const VEC shift = V(set)(R(12582912.0)); /* 1.5 * 2^23: adding it rounds to a whole number */
    const VEC t = V(fma)(x, V(set)(R(1.44269504)), shift), m = t - shift;
    const VEC r = V(fma)(m, V(set)(R(2.12194440e-4)), V(fma)(m, V(set)(R(-0.693359375)), x));
    *n = (MASK)((V(bits))t - (V(bits))shift);
    return V(fma)(r * r, V(poly)(r, 6, c), r);
}

INLINE VEC V(exp)(VEC x)
{
    MASK n;
    x = V(select)(x > 89, V(set)(89), V(select)(x < -105, V(set)(-105), x));
    const VEC y = 1 + V(exp_reduced)(x, &n);
    return y * V(power2)(n >> 1) * V(power2)((n + 1) >> 1);
}

INLINE VEC V(expm1)(VEC x)
{
    MASK n;
    x = V(select)(x > 89, V(set)(89), V(select)(x < -30, V(set)(-30), x));
    const VEC p = V(exp_reduced)(x, &n), half = V(power2)(n - 1);
    const VEC y = 2 * V(fma)(p, half, half - R(0.5));
    return V(select)(V(abs)(x) < R(1e-8), x, y);
}

/* log(x + low), for x > 0 and low below the last place of x: x = 2^e (1 + f), 1 + f in sqrt(1/2) ..
   sqrt(2) */
INLINE VEC V(log_sum)(VEC x, VEC low)
{
    static const real c[] = { R(0.333333135),  R(-0.250001669), R(0.200022236),
                              R(-0.166593581), R(0.142095581),  R(-0.125500143),
                              R(0.12109299),   R(-0.109148085), R(0.0533729456) };
    const V(bits) bits = (V(bits))x - 0x3f3504f3;
    const MASK e = (MASK)bits >> 23;
    const VEC m = __builtin_convertvector(e, VEC);
    const VEC f = (VEC)((bits & 0x7fffff) + 0x3f3504f3) - 1 +
                  V(select)(e < 25, low * V(power2)(-e), (VEC) { 0 });
    const VEC z = f * f;
    VEC y = f * z * V(poly)(f, 9, c);
    y = V(fma)(m, V(set)(R(-2.12194440e-4)), y);
    y = V(fma)(z, V(set)(R(-0.5)), y);
    return V(fma)(m, V(set)(R(0.693359375)), f + y);
}

/* y, or what log(x) is where x is not a positive number */
INLINE VEC V(log_edges)(VEC x, VEC y)
{
    const VEC inf = V(set)((real)INFINITY);
    y = V(select)(x == 0, -inf, V(select)(x == inf, inf, y));
    return V(select)((x < 0) | (x != x), V(set)((real)NAN), y);
}

INLINE VEC V(log)(VEC x)
{
    const MASK tiny = x < R(1.17549435e-38);
    const VEC y = V(log_sum)(V(select)(tiny, x * R(8388608.0), x), (VEC) { 0 });
    return V(log_edges)(x, y - V(select)(tiny, V(set)(R(15.9423847)), (VEC) { 0 }));
}

INLINE VEC V(log1p)(VEC x)
{
    const VEC u = 1 + x, y = V(log_edges)(u, V(log_sum)(u, x - (u - 1)));
    return V(select)(V(abs)(x) < R(1e-8), x, y);
}

/* x + x^3 P(x^2) near 0, 1 - 2 / (exp(2 x) + 1) beyond */
INLINE VEC V(tanh)(VEC x)
{
    static const real near[] = { R(-0.333333194), R(0.133326024), R(-0.0538538583), R(0.0210777577),
                                 R(-0.00628247159) };
    MASK n;
    const VEC a = V(abs)(x), z = x * x;
    const VEC p = V(exp_reduced)(2 * V(select)(a > 10, V(set)(10), a), &n), power = V(power2)(n);
    const VEC far = 1 - 2 / (V(fma)(p, power, power) + 1);
    return V(select)(a > R(0.55), V(copysign)(far, x), V(fma)(x * z, V(poly)(z, 5, near), x));
}

/* sin of x + quarter turns, |x| < 1e5, given a fused multiply-add: the first two steps of the
   reduction are exact */
INLINE VEC V(sin_quarter)(VEC x, int quarter)
{
    static const real s[] = { R(-0.166666538), R(0.00833210163), R(-0.000195068467) };
    static const real c[] = { R(0.0416666456), R(-0.00138873013), R(2.44306702e-05) };
    const VEC shift = V(set)(R(12582912.0));
    const VEC t = V(fma)(x, V(set)(R(0.636619772)), shift), m = t - shift;
    VEC r = V(fma)(m, V(set)(R(-1.57079637)), x);
    r = V(fma)(m, V(set)(R(4.37113883e-08)), r);
    r = V(fma)(m, V(set)(R(1.71512451e-15)), r);
    const V(bits) n = (V(bits))t - (V(bits))shift + (real_bits)quarter;
    const VEC z = r * r;
    const VEC sine = V(fma)(r * z, V(poly)(z, 3, s), r);
    const VEC cosine = V(fma)(z * z, V(poly)(z, 3, c), V(fma)(z, V(set)(R(-0.5)), V(set)(1)));
    const VEC y = V(select)((n & 1) != 0, cosine, sine);
    return (VEC)((V(bits))y ^ (n << 30 & (V(bits))V(set)(R(-0.0))));
}

/* whether every lane suits sin_quarter */
INLINE int V(sin_near)(VEC x)
{
#if FUSED
    const MASK far = V(abs)(x) > R(1e5);
    real_int any = 0;
    for (int i = 0; i < V_LANES; i++) any |= far[i];
    return !any;
#else
    (void)x;
    return 0;
#endif
}

INLINE VEC V(sin)(VEC x)
{
    if (V(sin_near)(x)) return V(sin_quarter)(x, 0);
    for (int i = 0; i < V_LANES; i++) x[i] = r_sin(x[i]);
    return x;
}

INLINE VEC V(cos)(VEC x)
{
    if (V(sin_near)(x)) return V(sin_quarter)(x, 1);
    for (int i = 0; i < V_LANES; i++) x[i] = r_cos(x[i]);
    return x;
}

/* x + x P(x^2) near 0, 1 - exp(-x + x P(x)) beyond */
INLINE VEC V(erf)(VEC x)
{
    static const real near[] = { R(0.128379151),   R(-0.376124918),  R(0.112817667),
                                 R(-0.0267643165), R(0.00498936651), R(-0.000596992439) };
    static const real far[] = { R(-0.128652915),  R(-0.635079563),   R(-0.106457725),
                                R(0.0240522288),  R(-0.00383266318), R(0.000384032144),
                                R(-1.8929366e-05) };
    const VEC a = V(abs)(x), t = V(select)(a > 4, V(set)(4), a);
    const VEC y = 1 - V(exp)(V(fma)(t, V(poly)(t, 7, far), -t));
    return V(select)(a > R(0.927734375), V(copysign)(y, x), V(fma)(x, V(poly)(x * x, 6, near), x));
}
#endif
#undef V_LANEWISE
#undef V_PAIRWISE
