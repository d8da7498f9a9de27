/* cases.h -- what the planted bugs share. A case is a function that is right, or has its bug; the table says how the emulator
   names that bug, or that the numbers are wrong. main.cu includes them all; nvcc compiles it too. */
#ifndef CASES_H
#define CASES_H
#ifdef GG_EMU
#include "gg_emu.h"
#else
#include <cuda_runtime.h>
#define GG_KERNEL(kernel, grid, block, bytes, stream, ...) kernel<<<grid, block, bytes, stream>>>(__VA_ARGS__)
#define GG_DYN_SHARED(T, name) extern __shared__ __align__(16) unsigned char dynamic_[]; T *const name = (T *)(void *)dynamic_
#endif
#include <cublasLt.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#define check(call)                                                                                                         \
    do {                                                                                                                    \
        const int e_ = (int)(call);                                                                                        \
        if (e_ != 0) {                                                                                                     \
            fprintf(stderr, "%s: error %d\n", #call, e_);                                                                  \
            exit(3);                                                                                                       \
        }                                                                                                                  \
    } while (0)

// ---- a stream and memory that live as long as the process
static cudaStream_t stream;

template <class T> static T *on_device(size_t n)
{
    void *p;
    check(cudaMalloc(&p, n * sizeof(T)));
    return (T *)p;
}
template <class T> static T *on_pinned(size_t n)
{
    void *p;
    check(cudaMallocHost(&p, n * sizeof(T)));
    return (T *)p;
}
template <class T> static T *sent(const std::vector<T> &x)
{
    T *p = on_device<T>(x.size());
    check(cudaMemcpy(p, x.data(), x.size() * sizeof(T), cudaMemcpyHostToDevice));
    return p;
}
template <class T> static std::vector<T> fetched(const T *p, size_t n)
{
    std::vector<T> x(n);
    check(cudaStreamSynchronize(stream));
    check(cudaMemcpy(x.data(), p, n * sizeof(T), cudaMemcpyDeviceToHost));
    return x;
}
static std::vector<float> counting(size_t n)
{
    std::vector<float> x(n);
    for (size_t i = 0; i < n; i++) x[i] = (float)i;
    return x;
}

struct Case {
    const char *name;
    bool (*run)(bool bug);                              // true: the numbers are right
    const char *caught;                                 // in what the emulator says; "wrong": the numbers are not right
};
#endif
