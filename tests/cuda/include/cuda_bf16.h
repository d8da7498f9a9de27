/* cuda_bf16.h -- bfloat16 by named conversions only; rounds to nearest even, NaN stays NaN. */
#ifndef GG_CUDA_BF16_H
#define GG_CUDA_BF16_H
#include <cstdint>
#include <cstring>

struct alignas(2) __nv_bfloat16 { uint16_t bits; };
typedef __nv_bfloat16 __nv_bfloat16_raw;

inline float __bfloat162float(__nv_bfloat16 h)
{
    const uint32_t u = (uint32_t)h.bits << 16;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

inline __nv_bfloat16 __float2bfloat16_rn(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    if ((u & 0x7fffffff) > 0x7f800000) return { 0x7fff };
    return { (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16) };
}

inline __nv_bfloat16 __float2bfloat16(float x) { return __float2bfloat16_rn(x); }
#endif
