/* graphs.cu -- bugs of captures and graphs. */
#include "cases.h"

static __global__ void accumulate(float *x, float value) { x[threadIdx.x] += value; }
static __global__ void accumulate_from(float *x, const float *value) { x[threadIdx.x] += *value; }
static __global__ void square(const float *x, float *y) { y[threadIdx.x] = x[threadIdx.x] * x[threadIdx.x]; }

static void begin() { check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal)); }
static cudaGraphExec_t end()
{
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    check(cudaStreamEndCapture(stream, &graph));
    check(cudaGraphInstantiate(&exec, graph, 0));
    check(cudaGraphDestroy(graph));
    return exec;
}

// A value that changes from launch to launch has to lie on the device; an argument keeps what it was.
static bool baked_argument(bool bug)
{
    float *x = sent(std::vector<float>(32)), *rate = on_device<float>(1), value = 0;
    begin();
    if (bug) GG_KERNEL(accumulate, 1, 32, 0, stream, x, value);
    else GG_KERNEL(accumulate_from, 1, 32, 0, stream, x, rate);
    const cudaGraphExec_t exec = end();
    for (int i = 1; i <= 3; i++) {
        value = (float)i;
        check(cudaMemcpy(rate, &value, sizeof value, cudaMemcpyHostToDevice));
        check(cudaGraphLaunch(exec, stream));
        check(cudaStreamSynchronize(stream));
    }
    return fetched(x, 32)[5] == 6;
}

static bool copy_in_capture(bool bug)
{
    float *x = sent(counting(32)), h = 7;
    begin();
    if (bug) check(cudaMemcpy(x, &h, sizeof h, cudaMemcpyHostToDevice));
    GG_KERNEL(accumulate, 1, 32, 0, stream, x, 1.0f);
    check(cudaGraphLaunch(end(), stream));
    return fetched(x, 32)[5] == 6;
}

static bool allocation_in_capture(bool bug)
{
    float *x = sent(counting(32)), *y = bug ? nullptr : on_device<float>(32);
    begin();
    if (bug) y = on_device<float>(32);
    GG_KERNEL(square, 1, 32, 0, stream, x, y);
    check(cudaGraphLaunch(end(), stream));
    return fetched(y, 32)[5] == 25;
}

static bool wait_in_capture(bool bug)
{
    float *x = sent(counting(32));
    begin();
    GG_KERNEL(accumulate, 1, 32, 0, stream, x, 1.0f);
    if (bug) check(cudaStreamSynchronize(stream));
    check(cudaGraphLaunch(end(), stream));
    return fetched(x, 32)[5] == 6;
}

static bool legacy_in_capture(bool bug)
{
    float *x = sent(counting(32));
    cudaStream_t s;
    check(cudaStreamCreate(&s));
    check(cudaStreamBeginCapture(s, cudaStreamCaptureModeGlobal));
    GG_KERNEL(accumulate, 1, 32, 0, bug ? 0 : s, x, 1.0f);
    check(cudaGetLastError());
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    check(cudaStreamEndCapture(s, &graph));
    check(cudaGraphInstantiate(&exec, graph, 0));
    check(cudaGraphLaunch(exec, s));
    check(cudaStreamSynchronize(s));
    return fetched(x, 32)[5] == 6;
}

// Two branches of one graph; the join, and the fork, by events.
struct Fork {
    cudaStream_t side;
    cudaEvent_t out, back;
};
static Fork fork_of()
{
    Fork f;
    check(cudaStreamCreateWithFlags(&f.side, cudaStreamNonBlocking));
    check(cudaEventCreateWithFlags(&f.out, cudaEventDisableTiming));
    check(cudaEventCreateWithFlags(&f.back, cudaEventDisableTiming));
    return f;
}
static bool unjoined(bool bug)
{
    float *x = sent(counting(32)), *y = on_device<float>(32);
    const Fork f = fork_of();
    begin();
    check(cudaEventRecord(f.out, stream));
    check(cudaStreamWaitEvent(f.side, f.out, 0));
    GG_KERNEL(square, 1, 32, 0, f.side, x, y);
    check(cudaEventRecord(f.back, f.side));
    if (!bug) check(cudaStreamWaitEvent(stream, f.back, 0));
    check(cudaGraphLaunch(end(), stream));
    return fetched(y, 32)[5] == 25;
}

// The side branch needs what the main one writes, so it has to leave after it.
static bool forked_too_early(bool bug)
{
    float *x = sent(counting(32)), *y = on_device<float>(32);
    const Fork f = fork_of();
    begin();
    if (bug) check(cudaEventRecord(f.out, stream));
    GG_KERNEL(accumulate, 1, 32, 0, stream, x, 1.0f);
    GG_KERNEL(accumulate, 1, 32, 0, stream, x, 1.0f);
    if (!bug) check(cudaEventRecord(f.out, stream));
    check(cudaStreamWaitEvent(f.side, f.out, 0));
    GG_KERNEL(square, 1, 32, 0, f.side, x, y);
    check(cudaEventRecord(f.back, f.side));
    check(cudaStreamWaitEvent(stream, f.back, 0));
    check(cudaGraphLaunch(end(), stream));
    return fetched(y, 32)[5] == 49;
}

// A graph's copy reads its slot when it runs.
static bool slot_of_a_graph(bool bug)
{
    float *x = on_device<float>(1), *sum = sent(std::vector<float>(1)), *h = on_pinned<float>(1);
    begin();
    check(cudaMemcpyAsync(x, h, sizeof *h, cudaMemcpyHostToDevice, stream));
    GG_KERNEL(accumulate_from, 1, 1, 0, stream, sum, x);
    const cudaGraphExec_t exec = end();
    for (int i = 1; i <= 3; i++) {
        *h = (float)i;
        check(cudaGraphLaunch(exec, stream));
        if (!bug) check(cudaStreamSynchronize(stream));
    }
    return fetched(sum, 1)[0] == 6;
}

static const Case graph_cases[] = {
    { "baked_argument", baked_argument, "wrong" },
    { "copy_in_capture", copy_in_capture, "cudaErrorStreamCaptureUnsupported: cudaMemcpy" },
    { "allocation_in_capture", allocation_in_capture, "cudaErrorStreamCaptureUnsupported: cudaMalloc" },
    { "wait_in_capture", wait_in_capture, "cudaErrorStreamCaptureUnsupported: cudaStreamSynchronize" },
    { "legacy_in_capture", legacy_in_capture, "cudaErrorStreamCaptureImplicit" },
    { "unjoined", unjoined, "cudaErrorStreamCaptureUnjoined" },
    { "forked_too_early", forked_too_early, "wrong" },
    { "slot_of_a_graph", slot_of_a_graph, "the host changed pinned memory" },
};
