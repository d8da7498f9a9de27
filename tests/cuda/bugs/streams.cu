/* streams.cu -- bugs of order between the host and streams. */
#include "cases.h"

static __global__ void store(float *x, float value) { x[threadIdx.x] = value; }
static __global__ void triple(const float *x, float *y) { y[threadIdx.x] = 3 * x[threadIdx.x]; }

static cudaStream_t another()
{
    cudaStream_t s;
    check(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking));
    return s;
}
static cudaEvent_t event()
{
    cudaEvent_t e;
    check(cudaEventCreateWithFlags(&e, cudaEventDisableTiming));
    return e;
}

static bool missing_wait(bool bug)
{
    float *x = sent(std::vector<float>(32)), *y = on_device<float>(32);
    cudaStream_t s = another();
    cudaEvent_t e = event();
    GG_KERNEL(store, 1, 32, 0, s, x, 5.0f);
    check(cudaEventRecord(e, s));
    if (!bug) check(cudaStreamWaitEvent(stream, e, 0));
    GG_KERNEL(triple, 1, 32, 0, stream, x, y);
    const float seen = fetched(y, 32)[0];
    check(cudaStreamSynchronize(s));
    return seen == 15;
}

// The event is recorded before the work that it should stand for.
static bool early_record(bool bug)
{
    float *x = sent(std::vector<float>(32)), *y = on_device<float>(32);
    cudaStream_t s = another();
    cudaEvent_t e = event();
    if (bug) check(cudaEventRecord(e, s));
    GG_KERNEL(store, 1, 32, 0, s, x, 5.0f);
    if (!bug) check(cudaEventRecord(e, s));
    check(cudaStreamWaitEvent(stream, e, 0));
    GG_KERNEL(triple, 1, 32, 0, stream, x, y);
    const float seen = fetched(y, 32)[0];
    check(cudaStreamSynchronize(s));
    return seen == 15;
}

static bool host_reads_early(bool bug)
{
    float *x = sent(counting(32)), *h = on_pinned<float>(32);
    memset(h, 0, 32 * sizeof *h);
    check(cudaMemcpyAsync(h, x, 32 * sizeof *h, cudaMemcpyDeviceToHost, stream));
    if (!bug) check(cudaStreamSynchronize(stream));
    const float seen = h[3];
    check(cudaStreamSynchronize(stream));
    return seen == 3;
}

// One slot for two windows: the second is written while the first may still be read.
static bool slot_overwritten(bool bug)
{
    float *x = on_device<float>(2), *h = on_pinned<float>(1);
    for (int i = 0; i < 2; i++) {
        *h = (float)(i + 1);
        check(cudaMemcpyAsync(x + i, h, sizeof *h, cudaMemcpyHostToDevice, stream));
        if (!bug) check(cudaStreamSynchronize(stream));
    }
    return fetched(x, 2)[0] == 1;
}

static bool slot_filled_late(bool bug)
{
    float *x = on_device<float>(1), *h = on_pinned<float>(1);
    *h = 1;
    if (!bug) *h = 2;
    check(cudaMemcpyAsync(x, h, sizeof *h, cudaMemcpyHostToDevice, stream));
    if (bug) *h = 2;
    return fetched(x, 1)[0] == 2;
}

static bool slot_freed(bool bug)
{
    float *x = on_device<float>(1), *h = on_pinned<float>(1);
    *h = 1;
    check(cudaMemcpyAsync(x, h, sizeof *h, cudaMemcpyHostToDevice, stream));
    if (!bug) check(cudaStreamSynchronize(stream));
    check(cudaFreeHost(h));
    return fetched(x, 1)[0] == 1;
}

static bool pageable_copy(bool bug)
{
    float *x = on_device<float>(32), *y = on_device<float>(32);
    std::vector<float> h = counting(32);
    check(cudaMemcpyAsync(x, h.data(), 32 * sizeof(float), cudaMemcpyHostToDevice, stream));
    if (!bug) check(cudaStreamSynchronize(stream));
    GG_KERNEL(triple, 1, 32, 0, stream, x, y);
    return fetched(y, 32)[3] == 9;
}

// The legacy stream does not wait for a non-blocking one.
static bool legacy_copy(bool bug)
{
    float *x = sent(std::vector<float>(32)), y = 0;
    cudaStream_t s = another();
    GG_KERNEL(store, 1, 32, 0, s, x, 5.0f);
    if (!bug) check(cudaStreamSynchronize(s));
    check(cudaMemcpy(&y, x, sizeof y, cudaMemcpyDeviceToHost));
    check(cudaStreamSynchronize(s));
    return y == 5;
}
static bool legacy_memset(bool bug)
{
    float *x = sent(counting(32)), *y = on_device<float>(32);
    cudaStream_t s = another();
    check(cudaMemsetAsync(x, 0, 32 * sizeof *x, bug ? 0 : s));
    GG_KERNEL(triple, 1, 32, 0, s, x, y);
    check(cudaStreamSynchronize(s));
    return fetched(y, 32)[3] == 0;
}

static bool in_flight_at_exit(bool bug)
{
    float *x = on_device<float>(32);
    GG_KERNEL(store, 1, 32, 0, stream, x, 5.0f);
    if (!bug) check(cudaStreamSynchronize(stream));
    return true;
}

// An event that was not waited for has no time yet; asked often enough, it has.
static bool polled(bool bug)
{
    float *x = on_device<float>(32), *h = on_pinned<float>(32);
    cudaEvent_t e = event();
    GG_KERNEL(store, 1, 32, 0, stream, x, 5.0f);
    check(cudaMemcpyAsync(h, x, 32 * sizeof *h, cudaMemcpyDeviceToHost, stream));
    check(cudaEventRecord(e, stream));
    while (cudaEventQuery(e) != cudaSuccess)
        if (bug) break;
    const float seen = h[3];
    check(cudaStreamSynchronize(stream));
    return seen == 5;
}

static const Case stream_cases[] = {
    { "missing_wait", missing_wait, "wrong" },
    { "early_record", early_record, "wrong" },
    { "host_reads_early", host_reads_early, "wrong" },
    { "slot_overwritten", slot_overwritten, "the host changed pinned memory" },
    { "slot_filled_late", slot_filled_late, "the host changed pinned memory" },
    { "slot_freed", slot_freed, "cudaFreeHost while a copy is in flight" },
    { "pageable_copy", pageable_copy, "128 bytes of pageable host memory" },
    { "legacy_copy", legacy_copy, "wrong" },
    { "legacy_memset", legacy_memset, "wrong" },
    { "in_flight_at_exit", in_flight_at_exit, "operations in flight" },
    { "polled", polled, "wrong" },
};
