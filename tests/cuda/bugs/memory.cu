/* memory.cu -- bugs of memory: freed, unwritten, reused, on the wrong side. */
#include "cases.h"

static __global__ void increase(const float *x, float *y) { y[threadIdx.x] = x[threadIdx.x] + 1; }

static bool freed(bool bug)
{
    float *x = sent(counting(32)), *y = on_device<float>(32);
    if (bug) check(cudaFree(x));
    GG_KERNEL(increase, 1, 32, 0, stream, x, y);
    return fetched(y, 32)[3] == 4;
}

static bool unwritten(bool bug)
{
    float *x = on_device<float>(32), *y = on_device<float>(32);
    if (!bug) check(cudaMemset(x, 0, 32 * sizeof *x));
    check(cudaDeviceSynchronize());
    GG_KERNEL(increase, 1, 32, 0, stream, x, y);
    return fetched(y, 32)[3] == 1;
}

// An arena in which b has the place of a, and a is read once more.
union Arena {
    struct { float a[32], c[32]; } one;
    struct { float b[32], c[32]; } two;
    struct { float a[32], c[32], b[32]; } apart;
};
static bool reused(bool bug)
{
    Arena *d = on_device<Arena>(1);
    float *x = sent(counting(32)), *b = bug ? d->two.b : d->apart.b;
    GG_KERNEL(increase, 1, 32, 0, stream, x, d->one.a);
    GG_KERNEL(increase, 1, 32, 0, stream, d->one.a, b);
    GG_KERNEL(increase, 1, 32, 0, stream, d->one.a, d->one.c);
    return fetched(d->one.c, 32)[3] == 5;
}

static bool device_on_host(bool bug)
{
    float *x = sent(counting(32));
    return (bug ? x[3] : fetched(x, 32)[3]) == 3;
}

static bool host_pointer_copied(bool bug)
{
    std::vector<float> h = counting(32), y(32);
    float *x = sent(h);
    check(cudaMemcpy(y.data(), bug ? h.data() : x, 32 * sizeof(float), cudaMemcpyDeviceToHost));
    return y[3] == 3;
}

static bool copy_too_long(bool bug)
{
    float *x = sent(counting(32));
    std::vector<float> y(33);
    check(cudaMemcpy(y.data(), x, (bug ? 33 : 32) * sizeof(float), cudaMemcpyDeviceToHost));
    return y[3] == 3;
}

static bool freed_twice(bool bug)
{
    float *x = on_device<float>(32);
    check(cudaFree(x));
    if (bug) check(cudaFree(x));
    return true;
}

static const Case memory_cases[] = {
    { "freed", freed, "reads device memory that was freed" },
    { "unwritten", unwritten, "wrong" },
    { "reused", reused, "wrong" },
    { "device_on_host", device_on_host, "host code touches device memory, offset 12" },
    { "host_pointer_copied", host_pointer_copied, "the direction is not that of the pointers" },
    { "copy_too_long", copy_too_long, "reach past the allocation" },
    { "freed_twice", freed_twice, "cudaFree of what cudaMalloc did not give" },
};
