/* shim.cpp -- the CUDA runtime on the host: memory, streams, events, graphs.

   1. A stream is a queue. An operation runs when the host waits for it, or when one that the host waits for comes after it in its
      stream or by an event; no sooner (GG_EMU_ORDER=1: at once; 2: now and then others run too, at random).
   2. The legacy default stream comes after what the other blocking streams have, and they after it.
   3. Asynchronous copies touch pinned host memory when they run. What they will write holds NaN from the call on; what they will
      read may not change before they have. Pageable memory is refused, but where the next call waits for the stream.
   4. A capture makes nodes, ordered as streams and events say. What CUDA forbids meanwhile fails as it does there, and ends the
      capture. A graph runs its nodes in any order that fits.
   5. A program that ends well with operations in flight ends badly. */
#include "emu.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <unistd.h>

using emu::die;
using emu::Span;

struct After {
    CUstream_st *stream;
    uint64_t number;
};
struct Watched {
    Span span;
    uint64_t hash;
    bool checked;
};
struct Operation {
    const char *what;
    std::function<void()> run;
    std::vector<After> after;
    std::vector<Watched> spans;
};
struct Node {
    const char *what;
    std::function<void()> run;
    std::vector<Span> spans;
    std::vector<int> after;
};
struct CUgraph_st {
    std::vector<Node> nodes;
};
struct CUgraphExec_st {
    std::shared_ptr<const std::vector<Node>> nodes;
};
struct Capture {
    CUgraph_st *graph;
    CUstream_st *origin;
    cudaStreamCaptureMode mode;
    bool invalid;
};
struct CUstream_st {
    bool blocking;
    std::deque<Operation> queue;
    uint64_t given, done;                               // operations so far; the queue holds given - done
    Capture *capture;
    std::vector<int> front;                             // of a capture: the nodes that the next one comes after
};
struct CUevent_st {
    CUstream_st *stream;                                // of the last record; null before
    uint64_t number;
    Capture *capture;
    std::vector<int> front;
    std::shared_ptr<double> ms;
    bool timed;
};

static CUstream_st legacy = { true, {}, 0, 0, nullptr, {} };
static std::vector<CUstream_st *> streams = { &legacy };
static std::set<CUstream_st *> live_streams = { &legacy };
static std::set<CUevent_st *> live_events;
static Capture *capturing;
static cudaError_t last_error;
static std::map<const void *, int> shared_allowed;

// ---- errors: CUDA's own are returned and remembered, with a line that says why
static cudaError_t fails(cudaError_t error, const char *why)
{
    if (error != cudaErrorNoDevice) fprintf(stderr, "gg_emu: %s: %s\n", cudaGetErrorName(error), why);
    return last_error = error;
}

static const struct {
    cudaError_t error;
    const char *name, *text;
} errors[] = {
    { cudaSuccess, "cudaSuccess", "no error" },
    { cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument" },
    { cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory" },
    { cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument" },
    { cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected" },
    { cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal" },
    { cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle" },
    { cudaErrorNotReady, "cudaErrorNotReady", "device not ready" },
    { cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported", "not permitted while a stream is captured" },
    { cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated", "an earlier error ended the capture" },
    { cudaErrorStreamCaptureUnmatched, "cudaErrorStreamCaptureUnmatched", "the capture did not begin in this stream" },
    { cudaErrorStreamCaptureUnjoined, "cudaErrorStreamCaptureUnjoined", "the captured stream has unjoined work" },
    { cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation", "a dependency on work that is not captured" },
    { cudaErrorStreamCaptureImplicit, "cudaErrorStreamCaptureImplicit", "the legacy stream would wait for the captured one" },
    { cudaErrorCapturedEvent, "cudaErrorCapturedEvent", "not permitted on an event of a captured stream" },
};

static CUstream_st &stream_of(cudaStream_t s)
{
    CUstream_st *p = s ? s : &legacy;
    if (!live_streams.count(p)) die("a stream that does not exist");
    return *p;
}
static CUevent_st &event_of(cudaEvent_t e)
{
    if (!live_events.count(e)) die("an event that does not exist");
    return *e;
}

// ---- pageable memory in an asynchronous copy: the host has to wait at once
static struct {
    CUstream_st *stream;
    const void *p;
    size_t bytes;
} pageable;
static void check_pageable()
{
    if (!pageable.p) return;
    die("cudaMemcpyAsync: %zu bytes of pageable host memory at %p, and nobody waits", pageable.bytes, pageable.p);
}

// ---- running what streams hold
static void run_until(CUstream_st &s, uint64_t number);

static uint64_t hash(Span s)
{
    uint64_t h = s.bytes;
    const unsigned char *p = (const unsigned char *)s.lo;
    for (size_t i = 0; i < s.bytes; i += 8) {
        uint64_t x = 0;
        memcpy(&x, p + i, s.bytes - i < 8 ? s.bytes - i : 8);
        h = (h ^ x) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

static void perform(const char *what, const std::function<void()> &run)
{
    static const bool trace = emu::setting("GG_EMU_TRACE", 0) != 0;
    if (trace) fprintf(stderr, "gg_emu: runs %s\n", what);
    emu::device_open();
    run();
}

static void run_one(CUstream_st &s)
{
    const auto after = s.queue.front().after;
    for (const After &a : after) run_until(*a.stream, a.number);
    Operation op = std::move(s.queue.front());
    s.queue.pop_front();
    for (const Watched &w : op.spans)
        if (w.checked && hash(w.span) != w.hash)
            die("the host changed pinned memory at %p after %s and before it was read", (void *)w.span.lo, op.what);
    perform(op.what, op.run);
    s.done++;
}

// Now and then a random stream makes a step of its own.
static void others()
{
    if (emu::order() != 2 || emu::random_below(4)) return;
    CUstream_st &s = *streams[emu::random_below((unsigned)streams.size())];
    if (!s.queue.empty()) run_one(s);
}

static void run_until(CUstream_st &s, uint64_t number)
{
    static int depth;
    depth++;
    while (s.done < number) {
        if (depth == 1) others();
        if (s.done < number) run_one(s);
    }
    if (--depth == 0) emu::device_close();
}

static void finish(CUstream_st &s) { run_until(s, s.given); }
static void finish_all(bool blocking_only)
{
    std::vector<CUstream_st *> waiting = streams;
    for (size_t i = waiting.size(); emu::order() == 2 && i > 1; i--) std::swap(waiting[i - 1], waiting[emu::random_below((unsigned)i)]);
    for (CUstream_st *s : waiting)
        if (s->blocking || !blocking_only) finish(*s);
}

// ---- giving work to streams
static bool touched(Span x)
{
    for (const CUstream_st *s : streams)
        for (const Operation &op : s->queue)
            for (const Watched &w : op.spans)
                if (x.lo < w.span.lo + w.span.bytes && w.span.lo < x.lo + x.bytes) return true;
    return false;
}

// Rule 3. Memory that an operation in flight touches as well is left alone.
static std::vector<Watched> watched(const std::vector<Span> &spans)
{
    std::vector<Watched> list;
    for (Span s : spans) {
        bool alone = !touched(s);
        for (const Watched &w : list) alone = alone && (s.lo >= w.span.lo + w.span.bytes || w.span.lo >= s.lo + s.bytes);
        if (alone && s.written) memset((void *)s.lo, 0xff, s.bytes);
        list.push_back({ s, alone && !s.written ? hash(s) : 0, alone && !s.written });
    }
    return list;
}

// Rule 2.
static bool ordered(const CUstream_st &s, const CUstream_st &t)
{
    return &s != &t && s.blocking && t.blocking && (&s == &legacy || &t == &legacy);
}

static void append(CUstream_st &s, Operation op)
{
    for (CUstream_st *t : streams)
        if (ordered(s, *t) && t->given > t->done) op.after.push_back({ t, t->given });
    s.queue.push_back(std::move(op));
    s.given++;
    if (emu::order() == 1) finish(s);
    else if (emu::order() == 2 && emu::random_below(8) == 0) run_until(s, s.done + 1);
}

static cudaError_t broken()
{
    return fails(cudaErrorStreamCaptureInvalidated, "an earlier error ended this capture");
}

static bool implicit(const CUstream_st &s)
{
    return &s == &legacy && capturing && capturing->origin->blocking;
}

cudaError_t emu::submit(cudaStream_t stream, const char *what, std::function<void()> run, std::vector<Span> spans)
{
    CUstream_st &s = stream_of(stream);
    check_pageable();
    if (emu::no_device()) return fails(cudaErrorNoDevice, what);
    if (implicit(s)) {
        capturing->invalid = true;
        return fails(cudaErrorStreamCaptureImplicit, "the legacy default stream is used while a blocking stream is captured");
    }
    if (s.capture) {
        if (s.capture->invalid) return broken();
        auto &nodes = s.capture->graph->nodes;
        nodes.push_back({ what, std::move(run), std::move(spans), s.front });
        s.front = { (int)nodes.size() - 1 };
        return cudaSuccess;
    }
    append(s, { what, std::move(run), {}, watched(spans) });
    return cudaSuccess;
}

// What CUDA refuses while a stream is captured: what waits for the capture in any mode, what else may wait or allocate unless
// the capture is relaxed. The legacy stream waits for a capture of a blocking stream.
enum Nature { UNSAFE, WAITS, WAITS_FOR_LEGACY };
static bool refused(const char *what, Nature nature, cudaError_t &error)
{
    const Capture *c = capturing;
    error = cudaSuccess;
    check_pageable();
    if (emu::no_device()) error = cudaErrorNoDevice;
    else if (c && (nature == WAITS || c->mode != cudaStreamCaptureModeRelaxed)) error = cudaErrorStreamCaptureUnsupported;
    else if (c && nature == WAITS_FOR_LEGACY && c->origin->blocking) error = cudaErrorStreamCaptureImplicit;
    if (error == cudaSuccess) return false;
    if (c) capturing->invalid = true;
    fails(error, what);
    return true;
}
#define REFUSE_IN_CAPTURE(nature)                                                                                           \
    do {                                                                                                                    \
        cudaError_t e_;                                                                                                    \
        if (refused(__func__, nature, e_)) return e_;                                                                      \
    } while (0)

// ---- the end of the program
static void at_exit(int status, void *)
{
    size_t n = 0;
    const char *what = "";
    if (status == 0) check_pageable();
    for (const CUstream_st *s : streams)
        for (const Operation &op : s->queue)
            if (strcmp(op.what, "event") != 0) n++, what = op.what;
    if (status == 0 && n) die("the program ends with %zu operations in flight, the last is %s", n, what);
}
static const int at_exit_set = on_exit(at_exit, nullptr);

// ---- kernels
static void check_launch(const emu::Launch &l)
{
    const dim3 g = l.grid, b = l.block;
    const size_t n = (size_t)b.x * b.y * b.z;
    if (n == 0 || n > 1024 || b.z > 64) die("launch of %s: a block of (%u,%u,%u) threads", l.name, b.x, b.y, b.z);
    if (g.x == 0 || g.y == 0 || g.z == 0 || g.x > 0x7fffffff || g.y > 65535 || g.z > 65535)
        die("launch of %s: a grid of (%u,%u,%u) blocks", l.name, g.x, g.y, g.z);
    const auto asked = shared_allowed.find(l.kernel);
    const size_t most = asked == shared_allowed.end() ? emu::SHARED_UNASKED : (size_t)asked->second;
    if (l.shared > most) die("launch of %s: %zu bytes of dynamic shared memory, %zu are allowed", l.name, l.shared, most);
}

void emu::enqueue(cudaStream_t stream, const Launch &launch)
{
    check_launch(launch);
    emu::submit(stream, launch.name, [launch] { emu::execute(launch); });
}

cudaError_t gg_func_attribute(const void *kernel, cudaFuncAttribute attribute, int value)
{
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize)
        die("cudaFuncSetAttribute: attribute %d is not known here", attribute);
    if (value < 0 || (size_t)value > emu::SHARED_MOST)
        return fails(cudaErrorInvalidValue, "cudaFuncSetAttribute: more than a block can have");
    shared_allowed[kernel] = value;
    return cudaSuccess;
}

bool emu::no_device() { return setting("GG_EMU_DEVICES", 1) <= 0; }

// ---- copies
static void check_direction(const void *to, const void *from, size_t bytes, cudaMemcpyKind kind, const char *what)
{
    static const struct {
        bool to, from;
    } device[] = { { false, false }, { true, false }, { false, true }, { true, true } };
    const bool t = emu::on_device((uintptr_t)to), f = emu::on_device((uintptr_t)from);
    if (kind != cudaMemcpyDefault && (device[kind].to != t || device[kind].from != f))
        die("%s: the direction is not that of the pointers", what);
    if (t) emu::check_device(to, bytes, what);
    if (f) emu::check_device(from, bytes, what);
}

static const char *copy_name(const void *to, const void *from)
{
    static const char *const names[] = { "cudaMemcpyAsync on the host", "cudaMemcpyAsync to the host",
                                         "cudaMemcpyAsync to the device", "cudaMemcpyAsync on the device" };
    return names[2 * emu::on_device((uintptr_t)to) + emu::on_device((uintptr_t)from)];
}

// The copy's host memory: what streams watch if it is pinned. Null if it lies on the device or is pinned.
static const void *host_side(std::vector<Span> &spans, const void *p, size_t bytes, bool written)
{
    if (emu::on_device((uintptr_t)p)) return nullptr;
    if (!emu::pinned_has(p, bytes)) return p;
    spans.push_back({ (uintptr_t)p, bytes, written });
    return nullptr;
}

extern "C" {
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream)
{
    std::vector<Span> spans;
    check_direction(to, from, bytes, kind, __func__);
    const void *a = host_side(spans, from, bytes, false), *b = host_side(spans, to, bytes, true), *p = a ? a : b;
    if (p && stream_of(stream).capture) die("cudaMemcpyAsync: %zu bytes of pageable host memory at %p in a capture", bytes, p);
    const cudaError_t status = emu::submit(stream, copy_name(to, from), [=] { memcpy(to, from, bytes); }, spans);
    if (p && status == cudaSuccess) pageable = { &stream_of(stream), p, bytes };
    return status;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind)
{
    REFUSE_IN_CAPTURE(WAITS_FOR_LEGACY);
    check_direction(to, from, bytes, kind, __func__);
    finish_all(true);
    emu::device_open();
    memcpy(to, from, bytes);
    emu::device_close();
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    emu::check_device(to, bytes, __func__);
    return emu::submit(stream, __func__, [=] { memset(to, value, bytes); });
}
cudaError_t cudaMemset(void *to, int value, size_t bytes)
{
    REFUSE_IN_CAPTURE(WAITS_FOR_LEGACY);
    return cudaMemsetAsync(to, value, bytes, nullptr);
}

// ---- memory
cudaError_t cudaMalloc(void **address, size_t bytes)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    *address = bytes ? emu::device_alloc(bytes) : nullptr;
    return *address || !bytes ? cudaSuccess : fails(cudaErrorMemoryAllocation, __func__);
}
cudaError_t cudaFree(void *address)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    finish_all(false);
    if (address && !emu::device_free(address)) die("cudaFree of what cudaMalloc did not give, or twice");
    return cudaSuccess;
}
cudaError_t cudaHostAlloc(void **address, size_t bytes, unsigned flags)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    if (flags != cudaHostAllocDefault) die("cudaHostAlloc: flags %u are not known here", flags);
    *address = emu::pinned_alloc(bytes);
    return *address ? cudaSuccess : fails(cudaErrorMemoryAllocation, __func__);
}
cudaError_t cudaMallocHost(void **address, size_t bytes) { return cudaHostAlloc(address, bytes, cudaHostAllocDefault); }
cudaError_t cudaFreeHost(void *address)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    if (!address) return cudaSuccess;
    if (touched({ (uintptr_t)address, 1, true })) die("cudaFreeHost while a copy is in flight");
    if (!emu::pinned_free(address)) die("cudaFreeHost of what cudaMallocHost did not give, or twice");
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
    if (emu::no_device()) return fails(cudaErrorNoDevice, __func__);
    *total = (size_t)emu::setting("GG_EMU_MEMORY", 8l << 30);
    *free = *total - emu::device_used();
    return cudaSuccess;
}

// ---- devices and errors
cudaError_t cudaGetDeviceCount(int *count)
{
    *count = emu::no_device() ? 0 : 1;
    return emu::no_device() ? fails(cudaErrorNoDevice, __func__) : cudaSuccess;
}
cudaError_t cudaSetDevice(int device)
{
    if (emu::no_device()) return fails(cudaErrorNoDevice, __func__);
    return device == 0 ? cudaSuccess : fails(cudaErrorInvalidDevice, __func__);
}
cudaError_t cudaGetDevice(int *device)
{
    *device = 0;
    return emu::no_device() ? fails(cudaErrorNoDevice, __func__) : cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int device)
{
    if (cudaSetDevice(device) != cudaSuccess) return last_error;
    const size_t memory = (size_t)emu::setting("GG_EMU_MEMORY", 8l << 30);
    *p = { "gg_emu", memory, emu::SHARED_UNASKED, emu::SHARED_MOST, 9, 0, 2, 32, 1024, 2048, 1 << 20 };
    return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device)
{
    cudaDeviceProp p;
    if (cudaGetDeviceProperties(&p, device) != cudaSuccess) return last_error;
    switch (attribute) {
        case cudaDevAttrMultiProcessorCount: *value = p.multiProcessorCount; break;
        case cudaDevAttrComputeCapabilityMajor: *value = p.major; break;
        case cudaDevAttrComputeCapabilityMinor: *value = p.minor; break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = (int)p.sharedMemPerBlockOptin; break;
        default: die("cudaDeviceGetAttribute: attribute %d is not known here", attribute);
    }
    return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize(void)
{
    REFUSE_IN_CAPTURE(WAITS);
    finish_all(false);
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int *version)
{
    *version = CUDART_VERSION;
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int *version) { return cudaRuntimeGetVersion(version); }
cudaError_t cudaPeekAtLastError(void) { return last_error; }
cudaError_t cudaGetLastError(void)
{
    const cudaError_t e = last_error;
    last_error = cudaSuccess;
    return e;
}
const char *cudaGetErrorName(cudaError_t error)
{
    for (const auto &e : errors)
        if (e.error == error) return e.name;
    return "unrecognized error code";
}
const char *cudaGetErrorString(cudaError_t error)
{
    for (const auto &e : errors)
        if (e.error == error) return e.text;
    return "unrecognized error code";
}

// ---- streams
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    if (emu::no_device()) return fails(cudaErrorNoDevice, __func__);
    *stream = new CUstream_st{ flags != cudaStreamNonBlocking, {}, 0, 0, nullptr, {} };
    streams.push_back(*stream);
    live_streams.insert(*stream);
    return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t *stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }
cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    CUstream_st &s = stream_of(stream);
    if (s.capture) die("cudaStreamDestroy of a stream that is captured");
    live_streams.erase(&s);
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    CUstream_st &s = stream_of(stream);
    if (&s == pageable.stream) pageable = {};
    REFUSE_IN_CAPTURE(s.capture ? WAITS : UNSAFE);
    finish(s);
    return cudaSuccess;
}
// Whoever asks again and again gets one operation further each time.
static cudaError_t query(CUstream_st &s, uint64_t number)
{
    if (s.done >= number) return cudaSuccess;
    run_until(s, s.done + 1);
    return cudaErrorNotReady;
}
cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    CUstream_st &s = stream_of(stream);
    return query(s, s.given);
}
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t call, void *argument)
{
    return emu::submit(stream, __func__, [=] {
        emu::device_close();
        call(argument);
    });
}

// ---- events
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
    if (emu::no_device()) return fails(cudaErrorNoDevice, __func__);
    *event = new CUevent_st{ nullptr, 0, nullptr, {}, std::make_shared<double>(0), (flags & cudaEventDisableTiming) == 0 };
    live_events.insert(*event);
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t *event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }
cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    live_events.erase(&event_of(event));
    delete event;
    return cudaSuccess;
}

static double milliseconds()
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    CUevent_st &e = event_of(event);
    CUstream_st &s = stream_of(stream);
    if (s.capture) {
        e.capture = s.capture;
        e.front = s.front;
        return s.capture->invalid ? broken() : cudaSuccess;
    }
    const auto ms = e.ms = std::make_shared<double>(0);
    e.capture = nullptr;
    e.stream = &s;
    e.number = s.given + 1;
    return emu::submit(stream, "event", [ms] { *ms = milliseconds(); });
}

// The other stream joins the capture that the event was recorded in, if any.
static cudaError_t wait_captured(CUstream_st &s, const CUevent_st &e)
{
    if (s.capture && s.capture != e.capture) {
        s.capture->invalid = true;
        return fails(cudaErrorStreamCaptureIsolation, "an event of other work is waited for in a capture");
    }
    s.capture = e.capture;
    for (int n : e.front)
        if (std::find(s.front.begin(), s.front.end(), n) == s.front.end()) s.front.push_back(n);
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    CUevent_st &e = event_of(event);
    CUstream_st &s = stream_of(stream);
    if (e.capture || s.capture) return wait_captured(s, e);
    if (e.stream) append(s, { "event", [] {}, { { e.stream, e.number } }, {} });
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    CUevent_st &e = event_of(event);
    if (e.capture) return fails(cudaErrorCapturedEvent, __func__);
    if (e.stream) run_until(*e.stream, e.number);
    return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event)
{
    REFUSE_IN_CAPTURE(UNSAFE);
    CUevent_st &e = event_of(event);
    if (e.capture) return fails(cudaErrorCapturedEvent, __func__);
    return e.stream ? query(*e.stream, e.number) : cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
    CUevent_st &a = event_of(from), &b = event_of(to);
    if (!a.timed || !b.timed || !a.stream || !b.stream) return fails(cudaErrorInvalidResourceHandle, __func__);
    if (a.stream->done < a.number || b.stream->done < b.number) return cudaErrorNotReady;
    *ms = (float)(*b.ms - *a.ms);
    return cudaSuccess;
}

// ---- capture
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode)
{
    CUstream_st &s = stream_of(stream);
    if (&s == &legacy) return fails(cudaErrorStreamCaptureUnsupported, "the legacy default stream cannot be captured");
    if (capturing) return fails(cudaErrorStreamCaptureUnsupported, "a second capture at a time is not known here");
    capturing = s.capture = new Capture{ new CUgraph_st, &s, mode, false };
    s.front.clear();
    return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status)
{
    const CUstream_st &s = stream_of(stream);
    *status = !s.capture ? cudaStreamCaptureStatusNone
              : s.capture->invalid ? cudaStreamCaptureStatusInvalidated : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}

// Every node comes before the origin's last ones, so that the graph ends where the capture did.
static bool all_joined(const std::vector<Node> &nodes, const std::vector<int> &front)
{
    std::vector<int> waiting = front;
    std::set<int> seen(front.begin(), front.end());
    while (!waiting.empty()) {
        const int n = waiting.back();
        waiting.pop_back();
        for (int a : nodes[(size_t)n].after)
            if (seen.insert(a).second) waiting.push_back(a);
    }
    return seen.size() == nodes.size();
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    CUstream_st &s = stream_of(stream);
    Capture *c = s.capture;
    *graph = nullptr;
    if (!c || c->origin != &s) return fails(cudaErrorStreamCaptureUnmatched, __func__);
    const bool joined = all_joined(c->graph->nodes, s.front);
    for (CUstream_st *t : streams)
        if (t->capture == c) t->capture = nullptr, t->front.clear();
    for (CUevent_st *e : live_events)
        if (e->capture == c) e->capture = nullptr, e->stream = nullptr;
    capturing = nullptr;
    if (c->invalid) return broken();
    if (!joined) return fails(cudaErrorStreamCaptureUnjoined, "a stream that joined the capture was not waited for");
    *graph = c->graph;
    return cudaSuccess;
}

// ---- graphs
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    if (nodes) die("cudaGraphGetNodes gives the number of nodes only");
    *count = graph->nodes.size();
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
    if (!graph) return fails(cudaErrorInvalidValue, __func__);
    if (flags) die("cudaGraphInstantiate: flags %llu are not known here", flags);
    *exec = new CUgraphExec_st{ std::make_shared<const std::vector<Node>>(graph->nodes) };
    return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    delete exec;
    return cudaSuccess;
}

// Runs the nodes: each time one of those whose predecessors are done.
static void run_nodes(const std::vector<Node> &nodes)
{
    std::vector<int> waits(nodes.size()), ready;
    std::vector<std::vector<int>> next(nodes.size());
    for (size_t n = 0; n < nodes.size(); n++) {
        waits[n] = (int)nodes[n].after.size();
        for (int a : nodes[n].after) next[(size_t)a].push_back((int)n);
        if (!waits[n]) ready.push_back((int)n);
    }
    while (!ready.empty()) {
        const size_t last = ready.size() - 1, i = emu::order() == 2 ? emu::random_below((unsigned)last + 1) : emu::order() ? last : 0;
        const size_t n = (size_t)ready[i];
        ready.erase(ready.begin() + (long)i);
        perform(nodes[n].what, nodes[n].run);
        for (int m : next[n])
            if (--waits[(size_t)m] == 0) ready.push_back(m);
    }
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    std::vector<Span> spans;
    if (stream_of(stream).capture) die("cudaGraphLaunch in a capture is not known here");
    for (const Node &n : *exec->nodes) spans.insert(spans.end(), n.spans.begin(), n.spans.end());
    const auto nodes = exec->nodes;
    return emu::submit(stream, __func__, [nodes] { run_nodes(*nodes); }, spans);
}
}
