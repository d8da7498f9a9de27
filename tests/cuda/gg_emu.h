/* gg_emu.h -- what a CUDA program sees of the emulator: kernels become functions of g++, a launch an entry in a stream.
   runtime/gagen_cuda.h includes it under GG_EMU. README.md says how to build and what is checked; emu.cpp runs the
   kernels, shadow.cpp watches every access, shim.cpp and blas.cpp are the libraries. */
#ifndef GG_EMU_H
#define GG_EMU_H
#include <cuda_runtime.h>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

// ---- words of the language. A shared variable is thread-local: so it has one place, also in a template, and the address
// says what it is.
#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static __thread
#define GG_DYN_SHARED(T, name) T *name = reinterpret_cast<T *>(emu::dynamic_shared())
#define GG_KERNEL(kernel, grid, block, shared, stream, ...)                                                                 \
    emu::launch(#kernel, kernel, dim3(grid), dim3(block), size_t(shared), stream, ##__VA_ARGS__)

// What does not change while a thread runs is const to the compiler.
#define threadIdx (emu::thread_index())
#define blockIdx (emu::block_index())
#define blockDim (emu::block_size())
#define gridDim (emu::grid_size())
#define warpSize 32

namespace emu {
struct Launch {
    const char *name;
    dim3 grid, block;
    size_t shared;
    const void *kernel;
    void (*run)(const void *arguments);
    std::shared_ptr<const void> arguments;
};

uint3 thread_index() __attribute__((const));
uint3 block_index() __attribute__((const));
dim3 block_size() __attribute__((const));
dim3 grid_size() __attribute__((const));
void *dynamic_shared() __attribute__((const));

// Where a barrier or a warp's operation stands in the source.
struct Site {
    const char *file;
    int line;
};
int block_sync(int value, Site site);                                        // the sum of the block's values
void warp_sync(unsigned mask, Site site);
unsigned warp_ballot(unsigned mask, bool value, Site site);
uint64_t warp_exchange(unsigned mask, uint64_t value, int lane, Site site);  // what that lane gave
int lane();
void touch_atomic(const void *p, size_t bytes);
[[noreturn]] void float_atomic(const char *what);
void enqueue(cudaStream_t stream, const Launch &launch);

// The arguments of a launch, kept by value as CUDA keeps them. run() belongs to the emulator, so its reads are not watched.
template <class... P> struct Call {
    void (*kernel)(P...);
    std::tuple<P...> arguments;

    template <size_t... I>
    __attribute__((no_sanitize("thread", "bounds", "alignment"))) void spread(std::index_sequence<I...>) const
    {
        kernel(std::get<I>(arguments)...);
    }
    static __attribute__((no_sanitize("thread", "bounds", "alignment"))) void run(const void *call)
    {
        static_cast<const Call *>(call)->spread(std::index_sequence_for<P...>());
    }
};

template <class... P, class... A>
inline void launch(const char *name, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared, cudaStream_t stream, A... a)
{
    static_assert(sizeof...(P) == sizeof...(A), "a kernel takes as many arguments as its launch gives");
    auto call = std::make_shared<Call<P...>>(Call<P...>{ kernel, std::tuple<P...>(static_cast<P>(a)...) });
    enqueue(stream, { name, grid, block, shared, reinterpret_cast<const void *>(kernel), Call<P...>::run, call });
}

template <class T> inline T exchange(unsigned mask, T value, int from, Site site)
{
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = warp_exchange(mask, bits, from, site);
    memcpy(&value, &bits, sizeof value);
    return value;
}
} // namespace emu

// ---- barriers and warps
#define GG_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()
inline void __syncthreads(GG_SITE) { emu::block_sync(0, { file, line }); }
inline int __syncthreads_count(int p, GG_SITE) { return emu::block_sync(p != 0, { file, line }); }
inline int __syncthreads_or(int p, GG_SITE) { return emu::block_sync(p != 0, { file, line }) != 0; }
inline int __syncthreads_and(int p, GG_SITE) { return emu::block_sync(p == 0, { file, line }) == 0; }
inline void __syncwarp(unsigned mask = 0xffffffff, GG_SITE) { emu::warp_sync(mask, { file, line }); }
inline unsigned __ballot_sync(unsigned mask, int p, GG_SITE) { return emu::warp_ballot(mask, p != 0, { file, line }); }
inline int __any_sync(unsigned mask, int p, GG_SITE) { return emu::warp_ballot(mask, p != 0, { file, line }) != 0; }
inline int __all_sync(unsigned mask, int p, GG_SITE) { return emu::warp_ballot(mask, p == 0, { file, line }) == 0; }

// Lanes are taken in segments of `width`, a power of two; who would reach past its segment gets its own value.
template <class T> inline T __shfl_sync(unsigned mask, T value, int from, int width = 32, GG_SITE)
{
    return emu::exchange(mask, value, (emu::lane() & -width) | (from & (width - 1)), { file, line });
}
template <class T> inline T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, GG_SITE)
{
    const int me = emu::lane(), from = me ^ with;
    return emu::exchange(mask, value, from > (me | (width - 1)) ? me : from, { file, line });
}
template <class T> inline T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, GG_SITE)
{
    const int me = emu::lane(), from = me + (int)by;
    return emu::exchange(mask, value, from > (me | (width - 1)) ? me : from, { file, line });
}
template <class T> inline T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, GG_SITE)
{
    const int me = emu::lane(), from = me - (int)by;
    return emu::exchange(mask, value, from < (me & -width) ? me : from, { file, line });
}

// ---- atomics: of integers, those whose order does not matter. A float's sum depends on the order and is refused.
#define GG_ATOMIC(T, name, value)                                                                                           \
    __attribute__((no_sanitize("thread"))) inline T name(T *p, T x)                                                        \
    {                                                                                                                       \
        emu::touch_atomic(p, sizeof *p);                                                                                    \
        const T old = *p;                                                                                                  \
        *p = (value);                                                                                                      \
        return old;                                                                                                        \
    }
#define GG_ATOMICS(T)                                                                                                       \
    GG_ATOMIC(T, atomicAdd, (T)(old + x))                                                                                  \
    GG_ATOMIC(T, atomicMax, old > x ? old : x)                                                                             \
    GG_ATOMIC(T, atomicMin, old < x ? old : x)                                                                             \
    GG_ATOMIC(T, atomicAnd, old & x)                                                                                       \
    GG_ATOMIC(T, atomicOr, old | x)                                                                                        \
    GG_ATOMIC(T, atomicXor, old ^ x)
GG_ATOMICS(int)
GG_ATOMICS(unsigned)
GG_ATOMICS(unsigned long long)
inline float atomicAdd(float *, float) { emu::float_atomic("atomicAdd on float"); }
inline double atomicAdd(double *, double) { emu::float_atomic("atomicAdd on double"); }
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

// ---- functions that CUDA has and <cmath> has not
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((uint64_t)a * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

namespace emu {
template <class To, class From> inline To bits(From x)
{
    static_assert(sizeof(To) == sizeof(From), "as many bits");
    To y;
    memcpy(&y, &x, sizeof y);
    return y;
}
} // namespace emu
inline int __float_as_int(float x) { return emu::bits<int>(x); }
inline unsigned __float_as_uint(float x) { return emu::bits<unsigned>(x); }
inline float __int_as_float(int x) { return emu::bits<float>(x); }
inline float __uint_as_float(unsigned x) { return emu::bits<float>(x); }
inline long long __double_as_longlong(double x) { return emu::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emu::bits<double>(x); }

template <class T> inline T __ldg(const T *p) { return *p; }
template <class T> inline T __ldcs(const T *p) { return *p; }
template <class T> inline T __ldcg(const T *p) { return *p; }
template <class T> inline void __stcs(T *p, T x) { *p = x; }
template <class T> inline void __stcg(T *p, T x) { *p = x; }

#define GG_MIN_MAX(T)                                                                                                       \
    inline T min(T a, T b) { return b < a ? b : a; }                                                                       \
    inline T max(T a, T b) { return a < b ? b : a; }
GG_MIN_MAX(int)
GG_MIN_MAX(unsigned)
GG_MIN_MAX(long)
GG_MIN_MAX(unsigned long)
GG_MIN_MAX(long long)
GG_MIN_MAX(unsigned long long)
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
#endif
