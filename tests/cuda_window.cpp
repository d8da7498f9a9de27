/* cuda_window.cpp -- a CUDA program for tests/window.c, built for the emulator: its source is included here, and what it asks
   of the CUDA runtime is counted on the way.

       -DSOURCE='"program.cu"' -DPROGRAM=name      -DPOISON=squares: poison begins at that member of Device, not at arena
       GARBAGE=released      pinned memory that copies have read is overwritten as soon as the host knows that they are over
       GARBAGE=at_once       the control: as soon as they are enqueued
       PAGEABLE=waits        what should be pinned is not, and copies of it wait for the stream, as CUDA's do
       PAGEABLE=runs         the control: they do not */
#include "gg_emu.h"
#include "symbol.h"
#include <cublasLt.h>
#include <cstdlib>
#include <map>

#ifndef POISON
#define POISON arena
#endif

static long calls;
static size_t bytes_asked;
static cudaError_t copy_async(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
static cudaError_t record_event(cudaEvent_t event, cudaStream_t stream);
static cudaError_t wait_event(cudaEvent_t event);
static cudaError_t malloc_pinned(void **p, size_t bytes);
static cudaError_t free_pinned(void *p);

#define cudaMalloc(p, bytes)                 (calls++, bytes_asked += (bytes), cudaMalloc(p, bytes))
#define cudaMallocHost(p, bytes)             (calls++, malloc_pinned((void **)(p), bytes))
#define cudaGraphInstantiate(e, graph, flag) (calls++, cudaGraphInstantiate(e, graph, flag))
#define cudaStreamCreateWithFlags(s, flag)   (calls++, cudaStreamCreateWithFlags(s, flag))
#define cudaEventCreateWithFlags(e, flag)    (calls++, cudaEventCreateWithFlags(e, flag))
#define cudaMemcpyAsync(to, from, bytes, kind, stream) copy_async(to, from, bytes, kind, stream)
#define cudaEventRecord(event, stream)       record_event(event, stream)
#define cudaEventSynchronize(event)          wait_event(event)
#define cudaFreeHost(p)                      free_pinned(p)
#include SOURCE
#undef cudaMallocHost
#undef cudaFreeHost
#undef cudaMemcpyAsync
#undef cudaEventRecord
#undef cudaEventSynchronize

extern "C" {
void gg_write_tensor(const Tensor *t, real *flat, long from, long n, const real *in);
long gg_count(const Tensor *t);
void poison_all(void);
long asked_calls(void), asked_bytes(void);
}

/* ---- what was asked ----------------------------------------------------------------------------------------- */
long asked_calls(void) { return calls; }
long asked_bytes(void) { return (long)bytes_asked; }

/* ---- poison: the gradients' elements, not what pads them, which stays 0; everything after -------------------- */
void poison_all(void)
{
    gg_check(cudaDeviceSynchronize());
    gg_check(cudaMemcpy(&host->g, &device->g, sizeof host->g, cudaMemcpyDeviceToHost));
    for (int i = 0; i < SYMBOL.model.ntensors; i++) {
        const std::vector<real> nan((size_t)gg_count(&SYMBOL.model.tensors[i]), NAN);
        gg_write_tensor(&SYMBOL.model.tensors[i], (real *)&host->g, 0, (long)nan.size(), nan.data());
    }
    gg_check(cudaMemcpy(&device->g, &host->g, sizeof host->g, cudaMemcpyHostToDevice));
    gg_check(cudaMemset(&device->POISON, 0xff, sizeof(Device) - offsetof(Device, POISON)));
    gg_check(cudaDeviceSynchronize());
}

/* ---- garbage: a copy's source belongs to the host again when an event after it is over ------------------------ */
struct Copy {
    size_t bytes;
    long number;
};
static std::map<char *, Copy> sources;                      /* the latest copy from there */
static std::map<cudaEvent_t, long> recorded;                /* copies that came before */
static long copies;

static bool garbage(const char *when)
{
    const char *chosen = getenv("GARBAGE");
    return chosen && !strcmp(chosen, when);
}

static const char *pageable(void) { return getenv("PAGEABLE"); }

static cudaError_t copy_async(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream)
{
    const cudaError_t status = cudaMemcpyAsync(to, from, bytes, kind, stream);
    if (pageable() && !strcmp(pageable(), "waits")) gg_check(cudaStreamSynchronize(stream));
    if (kind != cudaMemcpyHostToDevice) return status;
    const size_t kept = to == (void *)&device->sums ? sizeof device->sums : 0; /* zeros, written once */
    char *source = (char *)from + kept;
    sources[source] = { bytes - kept, ++copies };
    if (garbage("at_once")) memset(source, 0xa5, bytes - kept);
    return status;
}

static cudaError_t record_event(cudaEvent_t event, cudaStream_t stream)
{
    recorded[event] = copies;
    return cudaEventRecord(event, stream);
}

static cudaError_t wait_event(cudaEvent_t event)
{
    const cudaError_t status = cudaEventSynchronize(event);
    for (const auto &s : sources)
        if (garbage("released") && s.second.number <= recorded[event]) memset(s.first, 0xa5, s.second.bytes);
    return status;
}

static cudaError_t malloc_pinned(void **p, size_t bytes)
{
    if (!pageable()) return cudaMallocHost(p, bytes);
    *p = malloc(bytes);
    memset(*p, 0xff, bytes);
    return cudaSuccess;
}

static cudaError_t free_pinned(void *p)
{
    sources.clear();
    if (!pageable()) return cudaFreeHost(p);
    free(p);
    return cudaSuccess;
}
