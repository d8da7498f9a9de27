/* cuda_fp16.h -- half precision by named conversions only; rounds to nearest even, NaN stays NaN. */
#ifndef GG_CUDA_FP16_H
#define GG_CUDA_FP16_H
#include <cmath>
#include <cstdint>
#include <cstring>

struct alignas(2) __half { uint16_t bits; };
typedef __half __half_raw;

inline float __half2float(__half h)
{
    const int exponent = h.bits >> 10 & 31, fraction = h.bits & 1023;
    const float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                                      : std::ldexp((float)(exponent ? fraction + 1024 : fraction), (exponent ? exponent : 1) - 25);
    return h.bits & 0x8000 ? -size : size;
}

inline __half __float2half_rn(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    const uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    const float size = std::fabs(x);
    if (x != x) return { 0x7fff };
    if (size >= 65520.0f) return { (uint16_t)(sign | 0x7c00) };
    if (size < 6.103515625e-05f) return { (uint16_t)(sign | (uint16_t)std::nearbyint(std::ldexp(size, 24))) };
    u = (u & 0x7fffffff) - 0x38000000;                  /* the exponent's bias is 15, no longer 127 */
    return { (uint16_t)(sign | (u + 0xfff + (u >> 13 & 1)) >> 13) };
}

inline __half __float2half(float x) { return __float2half_rn(x); }
#endif
