/* gagen_cuda.h -- the functions that a generated CUDA program calls: launches, folds, matrix
   products opened once, graphs, and copies of data and windows to the device and back. A program
   is one translation unit; this state is its own.

   1. All work is enqueued on gg_stream, in order. Kernels get the address of the program's
      Device and constants alone, so graphs stay true: what varies is in Device, copied there by
      gg_stage before a window.
   2. Device holds sums, w, data and row side by side. A stage fills a pinned image of them and
      copies it: sums 0, w as the host has it, the columns' addresses, the data rows of the
      samples; rows past the last real one repeat the first of their micro-batch. gg_finish
      copies sums and w back; gg_await gives the host the oldest of these results.
   3. There are two slots of everything pinned. Stage k fills its slot when all that was enqueued
      before stage k - 1 is over, so the host prepares one window while the device works on
      another; at most two finishes may be waiting.
   4. Columns are resident on the device if they take at most a quarter of its free memory (and
      GG_STREAM is not 1, and rows are neither augmented nor cut from a stream of tokens). Else
      a stage gathers its rows into its slot, and a second stream copies them beside the work that
      goes on.
   5. Folds are trees that depend on the number of threads alone. */
#ifndef GAGEN_CUDA_H
#define GAGEN_CUDA_H
#ifdef GG_EMU
#include "gg_emu.h"
#else
#include <cuda_runtime.h>
#define GG_KERNEL(kernel, grid, block, bytes, stream, ...) \
    kernel<<<grid, block, bytes, stream>>>(__VA_ARGS__)
#define GG_DYN_SHARED(T, name) \
    extern __shared__ __align__(128) unsigned char gg_shared[]; \
    T *const name = (T *)(void *)gg_shared
#endif
#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <algorithm>
#include <cfloat>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
#include "scalar.h"
#include "philox.h"
#include "program.h"

extern "C" {
[[noreturn]] void gg_fail(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t gg_row_bytes(const Column *c);
}

/* ---- errors ---- */
enum { GG_NO_DEVICE = 3 }; /* the exit status */
#define gg_check(call) gg_checked((call), __FILE__, __LINE__, #call)

[[noreturn]] static inline void gg_refused(const char *file, int line, const char *call,
                                           const char *why)
{
    const char *slash = strrchr(file, '/');
    gg_fail(GG_NO_DEVICE, "%s:%d: %s: %s", slash ? slash + 1 : file, line, call, why);
}

static inline void gg_checked(cudaError_t status, const char *file, int line, const char *call)
{
    if (status != cudaSuccess) gg_refused(file, line, call, cudaGetErrorName(status));
}

static inline void gg_checked(cublasStatus_t status, const char *file, int line, const char *call)
{
    if (status != CUBLAS_STATUS_SUCCESS)
        gg_refused(file, line, call, cublasLtGetStatusName(status));
}

/* ---- what is open ---- */
enum { GG_WORKSPACE = 32 << 20, GG_SPANS = 4096 };
typedef struct {
    size_t sums, w, data, row, end;
} GgOffsets; /* in Device; end: after row */
#define GG_OFFSETS(D) \
    { \
        offsetof(D, sums), offsetof(D, w), offsetof(D, data), offsetof(D, row), \
            offsetof(D, row) + sizeof(((D *)0)->row) \
    }

typedef struct { /* row-major D[m][n] = op(A) op(B) + beta D, ready to run */
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
    cublasLtMatmulAlgo_t algo;
    const void *A, *B;
    real *D, beta;
    size_t turn[3]; /* in a loop, from a turn to the next */
} GgMatmul;
/* exec NULL: called each time */
typedef struct {
    void (*enqueue)(void);
    cudaGraphExec_t exec;
} GgGraph;
typedef struct {
    const char *name;
    cudaEvent_t from, to;
} GgSpan; /* a launch that is timed */
typedef struct {
    const char *name;
    long launches;
    double ms;
} GgSpent;

static cudaStream_t gg_stream;
static struct {
    const Program *p;
    GgOffsets at;
    /* aside: pinned, what an evaluation's stages overwrite */
    char *device, *workspace, *aside, text[320];
    cublasLtHandle_t blas;
    cudaStream_t copies;         /* of streamed rows */
    char *pinned[2], *result[2]; /* images of Device from sums on; of sums and w */
    /* slot's stage is over; result is there; rows are there */
    cudaEvent_t read[2], done[2], arrived[2];
    long staged, finished, awaited;
    bool streamed, profiled;
    char *rows[2], *rows_pinned[2]; /* streamed: a window's rows, on the device and before */
    size_t bytes[64], from[64];     /* of a column's row; of its rows in a slot */
    int *flag;                      /* pinned: a number that was asked for */
    void *column[64];               /* resident: row 0 on the device */
} gg_cuda;
static std::vector<GgMatmul> gg_products;
static std::vector<GgGraph> gg_graphs;
static std::vector<GgSpan> gg_spans;
static std::vector<GgSpent> gg_spent;
static size_t gg_span; /* spans in use */

/* ---- launches, timed under --profile ---- */
#define GG_LAUNCH(kernel, grid, block, bytes, stream, ...) \
    do { \
        gg_begin(#kernel); \
        GG_KERNEL(kernel, grid, block, bytes, stream, __VA_ARGS__); \
        gg_check(cudaGetLastError()); \
        gg_end(); \
    } while (0)

/* the same on gg_stream, without memory of its own */
#define GG_RUN(kernel, grid, block, ...) GG_LAUNCH(kernel, grid, block, 0, gg_stream, __VA_ARGS__)

/* Adds up the spans in use, which are over then. */
static inline void gg_drain(void)
{
    for (size_t i = 0; i < gg_span; i++) {
        const GgSpan *s = &gg_spans[i];
        float ms;
        gg_check(cudaEventSynchronize(s->to));
        gg_check(cudaEventElapsedTime(&ms, s->from, s->to));
        size_t k = 0;
        while (k < gg_spent.size() && strcmp(gg_spent[k].name, s->name)) k++;
        if (k == gg_spent.size()) gg_spent.push_back({ s->name, 0, 0 });
        gg_spent[k].launches++, gg_spent[k].ms += ms;
    }
    gg_span = 0;
}

static inline void gg_begin(const char *name)
{
    if (!gg_cuda.profiled) return;
    if (gg_span == GG_SPANS) gg_drain();
    if (gg_span == gg_spans.size()) {
        GgSpan s = { name, NULL, NULL };
        gg_check(cudaEventCreate(&s.from));
        gg_check(cudaEventCreate(&s.to));
        gg_spans.push_back(s);
    }
    gg_spans[gg_span].name = name;
    gg_check(cudaEventRecord(gg_spans[gg_span].from, gg_stream));
}

static inline void gg_end(void)
{
    if (gg_cuda.profiled) gg_check(cudaEventRecord(gg_spans[gg_span++].to, gg_stream));
}

static inline bool gg_slower(const GgSpent &a, const GgSpent &b) { return a.ms > b.ms; }

/* Program.profile: from now on nothing is replayed as a graph and every launch is timed; off: the
   table, slowest first */
static inline void gg_profile(bool on)
{
    double all = 0;
    gg_cuda.profiled = on;
    if (on) return;
    gg_drain();
    std::stable_sort(gg_spent.begin(), gg_spent.end(), gg_slower);
    for (const GgSpent &s : gg_spent) all += s.ms;
    printf("%-40s %10s %12s %7s %10s\n", "kernel", "launches", "ms", "%", "us each");
    for (const GgSpent &s : gg_spent)
        printf("%-40s %10ld %12.3f %7.1f %10.2f\n", s.name, s.launches, s.ms, 100 * s.ms / all,
               1e3 * s.ms / (double)s.launches);
    gg_spent.clear();
}

/* ---- in kernels ---- */
GG_BOTH static inline Micro gg_micro(const Window &w, int micro_batch)
{
    Micro m;
    m.from = (long)w.micro * micro_batch, m.rows = w.micro == w.micros - 1 ? w.rows : micro_batch;
    return m;
}

struct GgSum {
    template <class T> static __device__ T of(T a, T b) { return a + b; }
};
struct GgProd {
    template <class T> static __device__ T of(T a, T b) { return a * b; }
};
struct GgMax {
    template <class T> static __device__ T of(T a, T b) { return a > b || a != a ? a : b; }
};
struct GgMin {
    template <class T> static __device__ T of(T a, T b) { return a < b || a != a ? a : b; }
};

/* a number of each warp of the block */
static __device__ inline void *gg_fold_room(void)
{
    __shared__ double room[32];
    return room;
}

/* the shares of 32 sums, SHARES of each: one room in a block, whichever kernels of a launch use it
   in turn */
template <int SHARES> static __device__ inline real (&gg_shares(void))[SHARES][33]
{
    __shared__ real room[SHARES][33];
    return room;
}

/* x of SHARES threads for each of 32 lanes, whose first share gets the sum in their order; all
   threads get here together */
template <int SHARES> static __device__ inline real gg_add_shares(real x)
{
    auto &shares = gg_shares<SHARES>();
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    shares[share][lane] = x;
    __syncthreads();
    if (share == 0)
        for (int i = 1; i < SHARES; i++) x += shares[i][lane];
    return x;
}

/* x of THREADS threads: a warp's, or those of a block of so many, which all get here together */
template <class Op, int THREADS, class T> static __device__ inline T gg_fold(T x)
{
    static_assert(THREADS >= 32 && THREADS <= 1024 && THREADS % 32 == 0, "whole warps");
    for (int n = 16; n > 0; n >>= 1) x = Op::of(x, __shfl_xor_sync(0xffffffffu, x, n));
    if (THREADS == 32) return x;
    T *const warp = (T *)gg_fold_room();
    if (threadIdx.x % 32 == 0) warp[threadIdx.x / 32] = x;
    __syncthreads();
    x = warp[0];
    for (int i = 1; i < THREADS / 32; i++) x = Op::of(x, warp[i]);
    __syncthreads();
    return x;
}
template <int THREADS, class T> static __device__ inline T gg_fold_sum(T x)
{
    return gg_fold<GgSum, THREADS>(x);
}
template <int THREADS, class T> static __device__ inline T gg_fold_product(T x)
{
    return gg_fold<GgProd, THREADS>(x);
}
template <int THREADS, class T> static __device__ inline T gg_fold_max(T x)
{
    return gg_fold<GgMax, THREADS>(x);
}
template <int THREADS, class T> static __device__ inline T gg_fold_min(T x)
{
    return gg_fold<GgMin, THREADS>(x);
}

/* ---- a product of our own ---- */
/* A block of 256 threads makes 64 rows and 16 * WIDE columns of an M x N product: the sums over at
   = from .. to - 1 of a(row, at) * b(column, at), which it gives to store(row, column, sum).
   A_BY_DEPTH: neighbours in `at` are neighbours in memory. */
template <int M, int N, int WIDE, bool A_BY_DEPTH, bool B_BY_DEPTH, class A, class B, class Store>
static __device__ __forceinline__ void gg_tile(int row0, int column0, int from, int to, A a, B b,
                                               Store store)
{
    __shared__ real as[16][64 + 1], bs[16][16 * WIDE + 1];
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    real acc[4][WIDE] = {};
    for (int k0 = from; k0 < to; k0 += 16) {
        for (int i = threadIdx.x; i < 16 * 64; i += 256) {
            const int at = A_BY_DEPTH ? i % 16 : i / 64, r = A_BY_DEPTH ? i / 16 : i % 64;
            as[at][r] = row0 + r < M && k0 + at < to ? a(row0 + r, k0 + at) : 0;
        }
        for (int i = threadIdx.x; i < 16 * 16 * WIDE; i += 256) {
            const int at = B_BY_DEPTH ? i % 16 : i / (16 * WIDE),
                      c = B_BY_DEPTH ? i / 16 : i % (16 * WIDE);
            bs[at][c] = column0 + c < N && k0 + at < to ? b(column0 + c, k0 + at) : 0;
        }
        __syncthreads();
#pragma unroll
        for (int at = 0; at < 16; at++) {
            real x[4];
#pragma unroll
            for (int i = 0; i < 4; i++) x[i] = as[at][i * 16 + ty];
#pragma unroll
            for (int j = 0; j < WIDE; j++) {
                const real y = bs[at][j * 16 + tx];
#pragma unroll
                for (int i = 0; i < 4; i++) acc[i][j] = r_fma(x[i], y, acc[i][j]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < WIDE; j++) {
            const int row = row0 + i * 16 + ty, column = column0 + j * 16 + tx;
            if (row < M && column < N) store(row, column, acc[i][j]);
        }
}

/* ---- matrix products ---- */
enum GgEpilogue {
    GG_NONE = CUBLASLT_EPILOGUE_DEFAULT,
    GG_BIAS = CUBLASLT_EPILOGUE_BIAS,
    /* bias: n numbers, added to every row */
    GG_RELU_BIAS = CUBLASLT_EPILOGUE_RELU_BIAS
};
#ifndef GG_COMPUTE
#define GG_COMPUTE 0 /* 1: factors are rounded to TF32; 2: factors are bf16, 3: fp16, sums fp32 */
#endif
#ifdef GAGEN_DOUBLE
static const cudaDataType_t gg_type = CUDA_R_64F;
static const cublasComputeType_t gg_compute = CUBLAS_COMPUTE_64F;
#else
static const cudaDataType_t gg_type = CUDA_R_32F;
static const cublasComputeType_t gg_compute =
    GG_COMPUTE == 1 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
#endif
#if GG_COMPUTE == 2
typedef __nv_bfloat16 gg_factor;
static const cudaDataType_t gg_factor_type = CUDA_R_16BF;
static __device__ inline gg_factor gg_round(real x) { return __float2bfloat16_rn(x); }
#elif GG_COMPUTE == 3
typedef __half gg_factor;
static const cudaDataType_t gg_factor_type = CUDA_R_16F;
static __device__ inline gg_factor gg_round(real x) { return __float2half_rn(x); }
#else
typedef real gg_factor;
static const cudaDataType_t gg_factor_type = gg_type;
#endif

/* a matrix as BLAS sees it, columns contiguous: rows and columns of what is stored, then of each of
   the batch */
static inline cublasLtMatrixLayout_t gg_layout(cudaDataType_t type, long rows, long columns,
                                               long ld, int batch, long stride)
{
    cublasLtMatrixLayout_t layout;
    const int32_t count = batch;
    const int64_t offset = stride;
    gg_check(cublasLtMatrixLayoutCreate(&layout, type, (uint64_t)rows, (uint64_t)columns, ld));
    if (batch == 1) return layout;
    gg_check(cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                              sizeof count));
    gg_check(cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                              &offset, sizeof offset));
    return layout;
}

/* op: the first factor is B and the second A, since row-major D is column-major D' = op(B)'
   op(A)' */
static inline cublasLtMatmulDesc_t gg_product(int ta, int tb, GgEpilogue e, const real *bias)
{
    cublasLtMatmulDesc_t desc;
    const cublasOperation_t first = tb ? CUBLAS_OP_T : CUBLAS_OP_N,
                            second = ta ? CUBLAS_OP_T : CUBLAS_OP_N;
    const cublasLtEpilogue_t epilogue = (cublasLtEpilogue_t)e;
    gg_check(cublasLtMatmulDescCreate(&desc, gg_compute, gg_type));
    gg_check(
        cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first));
    gg_check(
        cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second));
    gg_check(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue,
                                            sizeof epilogue));
    if (bias)
        gg_check(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias,
                                                sizeof bias));
    return desc;
}

/* how a pointer is aligned, up to 256 bytes, in each turn */
static inline void gg_prefer(cublasLtMatmulPreference_t to,
                             cublasLtMatmulPreferenceAttributes_t which, const void *pointer,
                             size_t turn)
{
    const uintptr_t address = (uintptr_t)pointer | turn | 256;
    const uint32_t bytes = (uint32_t)(address & (~address + 1));
    gg_check(cublasLtMatmulPreferenceSetAttribute(to, which, &bytes, sizeof bytes));
}

/* Chooses the algorithm; false: there is none. */
static inline bool gg_choose_algorithm(GgMatmul *p)
{
    cublasLtMatmulPreference_t with;
    cublasLtMatmulHeuristicResult_t found;
    const size_t room = GG_WORKSPACE;
    int count = 0;
    gg_check(cublasLtMatmulPreferenceCreate(&with));
    gg_check(cublasLtMatmulPreferenceSetAttribute(with, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                  &room, sizeof room));
    gg_prefer(with, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, p->B,
              sizeof(gg_factor) * p->turn[1]);
    gg_prefer(with, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, p->A,
              sizeof(gg_factor) * p->turn[0]);
    gg_prefer(with, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, p->D, sizeof(real) * p->turn[2]);
    gg_prefer(with, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, p->D, sizeof(real) * p->turn[2]);
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        gg_cuda.blas, p->desc, p->b, p->a, p->d, p->d, with, 1, &found, &count);
    gg_check(cublasLtMatmulPreferenceDestroy(with));
    if (status == CUBLAS_STATUS_NOT_SUPPORTED || count == 0) return false;
    gg_check(status);
    p->algo = found.algo;
    return true;
}

/* op(A) is [m][k], stored [k][m] where ta; op(B) is [k][n], stored [n][k] where tb; `batch` of
   them, strides apart */
static inline GgMatmul gg_matmul_open(int ta, int tb, long m, long n, long k, const gg_factor *A,
                                      long lda, const gg_factor *B, long ldb, real *D, long ldd,
                                      int batch, long stride_a, long stride_b, long stride_d,
                                      int beta, GgEpilogue e, const real *bias,
                                      const long *turn = NULL)
{
    GgMatmul p = GgMatmul();
    p.A = A, p.B = B, p.D = D, p.beta = (real)beta;
    for (int i = 0; i < 3 && turn; i++) p.turn[i] = (size_t)turn[i];
    p.desc = gg_product(ta, tb, e, bias);
    p.a = gg_layout(gg_factor_type, ta ? m : k, ta ? k : m, lda, batch, stride_a);
    p.b = gg_layout(gg_factor_type, tb ? k : n, tb ? n : k, ldb, batch, stride_b);
    p.d = gg_layout(gg_type, n, m, ldd, batch, stride_d);
    gg_products.push_back(p);
    if (!gg_choose_algorithm(&p))
        gg_fail(GG_NO_DEVICE,
                "cuBLASLt has no algorithm for [%ld][%ld] = [%ld][%ld] [%ld][%ld], batch %d, "
                "epilogue %d",
                m, n, m, k, k, n, batch, (int)e);
    return p;
}

/* The sizes of a product: A is [rows][depth], or turned; B is [depth][columns], or turned */
struct GgSizes {
    long rows, columns, depth;
    bool a_turned = false, b_turned = false;
    long a_row = 0, b_row = 0, c_row = 0; /* from one row in memory to the next; 0: dense */
    bool relu = false;                    /* after the bias */
    long turn[3] = { 0, 0, 0 };           /* in a loop, from a turn to the next */
    int batch = 1;                        /* so many products, */
    long step[3] = { 0, 0, 0 };           /* whose A, B and D lie so far apart */
};

static inline GgMatmul gg_product_opened(const gg_factor *A, const gg_factor *B, real *D,
                                         const real *bias, const GgSizes &s, int beta)
{
    const long a_row = s.a_row ? s.a_row : s.a_turned ? s.rows : s.depth;
    const long b_row = s.b_row ? s.b_row : s.b_turned ? s.depth : s.columns;
    const long c_row = s.c_row ? s.c_row : s.columns;
    return gg_matmul_open(s.a_turned, s.b_turned, s.rows, s.columns, s.depth, A, a_row, B, b_row, D,
                          c_row, s.batch, s.step[0], s.step[1], s.step[2], beta,
                          bias ? s.relu ? GG_RELU_BIAS : GG_BIAS : GG_NONE, bias, s.turn);
}

/* D = A B, and what the epilogue does */
static inline void gg_product_open(GgMatmul *to, const gg_factor *A, const gg_factor *B, real *D,
                                   const real *bias, const GgSizes &sizes)
{
    *to = gg_product_opened(A, B, D, bias, sizes, 0);
}

/* two: the first stores, the second adds */
static inline void gg_product_open_both(GgMatmul to[2], const gg_factor *A, const gg_factor *B,
                                        real *D, const real *bias, const GgSizes &sizes)
{
    for (int beta = 0; beta < 2; beta++) to[beta] = gg_product_opened(A, B, D, bias, sizes, beta);
}

#define gg_matmul_run(product) gg_matmul_enqueue(product, 0, #product)
#define gg_matmul_turn(product, turn) gg_matmul_enqueue(product, turn, #product)
static inline void gg_matmul_enqueue(const GgMatmul *p, size_t turn, const char *name)
{
    const real one = 1;
    const gg_factor *A = (const gg_factor *)p->A + turn * p->turn[0],
                    *B = (const gg_factor *)p->B + turn * p->turn[1];
    real *D = (real *)p->D + turn * p->turn[2];
    gg_begin(name + (*name == '&'));
    gg_check(cublasLtMatmul(gg_cuda.blas, p->desc, &one, B, p->b, A, p->a, &p->beta, D, p->d, D,
                            p->d, &p->algo, gg_cuda.workspace, GG_WORKSPACE, gg_stream));
    gg_end();
}

/* ---- graphs ---- */
static inline bool gg_wants(const char *variable)
{
    const char *value = getenv(variable);
    return value && !strcmp(value, "1");
}

/* What the function enqueues, launched with one call. GG_NO_GRAPH=1: the function itself, each
   time. */
static inline GgGraph gg_record(void (*enqueue)(void))
{
    GgGraph g = { enqueue, NULL };
    cudaGraph_t graph;
    if (gg_wants("GG_NO_GRAPH")) return g;
    gg_check(cudaStreamBeginCapture(gg_stream, cudaStreamCaptureModeRelaxed));
    enqueue();
    gg_check(cudaStreamEndCapture(gg_stream, &graph));
    gg_check(cudaGraphInstantiate(&g.exec, graph, 0));
    gg_check(cudaGraphDestroy(graph));
    gg_graphs.push_back(g);
    return g;
}

static inline void gg_replay(const GgGraph *g)
{
    if (g->exec && !gg_cuda.profiled) gg_check(cudaGraphLaunch(g->exec, gg_stream));
    else g->enqueue();
}

/* ---- opening ---- */
static inline char *gg_device_memory(size_t bytes)
{
    void *memory = NULL;
    size_t left = 0, all = 0;
    if (cudaMalloc(&memory, bytes) == cudaSuccess) return (char *)memory;
    gg_check(cudaMemGetInfo(&left, &all));
    gg_fail(GG_NO_DEVICE,
            "the device has no %.1f MiB left: %.1f of %.1f MiB are free; a smaller micro_batch "
            "needs less",
            (double)bytes / 1048576, (double)left / 1048576, (double)all / 1048576);
}

static inline char *gg_pinned_memory(size_t bytes)
{
    void *memory = NULL;
    gg_check(cudaMallocHost(&memory, bytes));
    memset(memory, 0, bytes);
    return (char *)memory;
}

static inline void gg_find_device(void)
{
    int devices = 0;
    cudaDeviceProp is;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0)
        gg_fail(GG_NO_DEVICE,
                "no CUDA device answers: gagen -t c model.lua makes the program for the CPU");
    gg_check(cudaSetDevice(0));
    gg_check(cudaGetDeviceProperties(&is, 0));
    gg_check(cudaStreamCreateWithFlags(&gg_stream, cudaStreamNonBlocking));
    gg_check(cudaStreamCreateWithFlags(&gg_cuda.copies, cudaStreamNonBlocking));
    gg_check(cublasLtCreate(&gg_cuda.blas));
    gg_cuda.workspace = gg_device_memory(GG_WORKSPACE);
    snprintf(gg_cuda.text, sizeof gg_cuda.text, "%s", is.name);
}

static inline void gg_slots_open(void)
{
    gg_cuda.aside = gg_pinned_memory(gg_cuda.at.end - gg_cuda.at.sums);
    for (int s = 0; s < 2; s++) {
        gg_cuda.pinned[s] = gg_pinned_memory(gg_cuda.at.end - gg_cuda.at.sums);
        gg_cuda.result[s] = gg_pinned_memory(gg_cuda.at.data - gg_cuda.at.sums);
        gg_check(cudaEventCreateWithFlags(&gg_cuda.read[s], cudaEventDisableTiming));
        gg_check(cudaEventCreateWithFlags(&gg_cuda.done[s], cudaEventDisableTiming));
        gg_check(cudaEventCreateWithFlags(&gg_cuda.arrived[s], cudaEventDisableTiming));
    }
}

/* after all that was enqueued, and over when it returns */
static inline void gg_copy_in(void *to_device, const void *from, size_t bytes)
{
    gg_check(cudaStreamSynchronize(gg_stream));
    gg_check(cudaMemcpy(to_device, from, bytes, cudaMemcpyHostToDevice));
    gg_check(cudaDeviceSynchronize());
}

static inline void gg_copy_out(void *to, const void *from_device, size_t bytes)
{
    gg_check(cudaStreamSynchronize(gg_stream));
    gg_check(cudaMemcpy(to, from_device, bytes, cudaMemcpyDeviceToHost));
}

/* Every column, row for row as the host has it. */
static inline void gg_upload(long rows)
{
    for (int c = 0; c < gg_cuda.p->data.ncolumns; c++) {
        gg_cuda.column[c] = gg_device_memory((size_t)rows * gg_cuda.bytes[c]);
        gg_copy_in(gg_cuda.column[c], *gg_cuda.p->data.columns[c].base,
                   (size_t)rows * gg_cuda.bytes[c]);
    }
}

/* Columns are uploaded, or their rows will be staged with each window. */
static inline void gg_data_open(long rows)
{
    const Program *p = gg_cuda.p;
    size_t row = 0, slot = 0, left = 0, all = 0;
    if (p->data.ncolumns > 64)
        gg_fail(GG_NO_DEVICE, "%d columns; a device program has 64 at most", p->data.ncolumns);
    for (int c = 0; c < p->data.ncolumns; c++) {
        gg_cuda.bytes[c] = gg_row_bytes(&p->data.columns[c]);
        gg_cuda.from[c] = slot;
        row += gg_cuda.bytes[c],
            slot += ((size_t)p->schedule.batch * gg_cuda.bytes[c] + 255) / 256 * 256;
    }
    gg_check(cudaMemGetInfo(&left, &all));
    gg_cuda.streamed = gg_wants("GG_STREAM") || p->data.naugments || p->data.tokens.length ||
                       (size_t)rows * row > left / 4;
    if (!gg_cuda.streamed) {
        gg_upload(rows);
        return;
    }
    for (int s = 0; s < 2; s++)
        gg_cuda.rows[s] = gg_device_memory(slot), gg_cuda.rows_pinned[s] = gg_pinned_memory(slot);
    strcat(gg_cuda.text, ", data streamed");
}

/* Allocates Device. Its memory up to the end of `row` is zero, the rest is not. The program then
   opens its products and records its graphs. */
static inline void *gg_device_open(const Program *p, long rows, size_t bytes, GgOffsets at)
{
    if (!(at.sums < at.w && at.w < at.data && at.data < at.row && at.row < at.end &&
          at.end <= bytes))
        gg_fail(GG_NO_DEVICE, "Device has to hold sums, w, data and row in this order");
    gg_cuda.p = p, gg_cuda.at = at;
    gg_find_device();
    gg_cuda.device = gg_device_memory(bytes);
    gg_check(cudaMemsetAsync(gg_cuda.device, 0, at.end, gg_stream));
    gg_slots_open();
    gg_data_open(rows);
    if (p->schedule.nonfinite == 'd')
        gg_cuda.flag = (int *)(void *)gg_pinned_memory(sizeof *gg_cuda.flag);
    return gg_cuda.device;
}

static inline const char *gg_device_text(void) { return gg_cuda.text; }

/* ---- closing: all of it, also after an opening that failed ---- */
static inline void gg_products_close(void)
{
    for (const GgGraph &g : gg_graphs) cudaGraphExecDestroy(g.exec);
    for (const GgMatmul &p : gg_products) {
        cublasLtMatmulDescDestroy(p.desc);
        cublasLtMatrixLayoutDestroy(p.a);
        cublasLtMatrixLayoutDestroy(p.b);
        cublasLtMatrixLayoutDestroy(p.d);
    }
    for (const GgSpan &s : gg_spans) {
        cudaEventDestroy(s.from);
        cudaEventDestroy(s.to);
    }
    gg_graphs.clear(), gg_products.clear(), gg_spans.clear();
    gg_span = 0;
}

static inline void gg_slots_close(void)
{
    for (int s = 0; s < 2; s++) {
        for (cudaEvent_t e : { gg_cuda.read[s], gg_cuda.done[s], gg_cuda.arrived[s] })
            if (e) cudaEventDestroy(e);
        cudaFreeHost(gg_cuda.pinned[s]);
        cudaFreeHost(gg_cuda.result[s]);
        cudaFreeHost(gg_cuda.rows_pinned[s]);
        cudaFree(gg_cuda.rows[s]);
    }
}

static inline void gg_device_close(void)
{
    if (gg_stream) cudaStreamSynchronize(gg_stream);
    gg_products_close();
    gg_slots_close();
    for (void *column : gg_cuda.column) cudaFree(column);
    cudaFreeHost(gg_cuda.flag);
    cudaFreeHost(gg_cuda.aside);
    cudaFree(gg_cuda.device);
    cudaFree(gg_cuda.workspace);
    if (gg_cuda.blas) cublasLtDestroy(gg_cuda.blas);
    if (gg_cuda.copies) cudaStreamDestroy(gg_cuda.copies);
    if (gg_stream) cudaStreamDestroy(gg_stream);
    cudaGetLastError();
    memset(&gg_cuda, 0, sizeof gg_cuda);
    gg_stream = NULL;
}

/* ---- windows ---- */
/* The slot of this stage, when the one before the last is over (rule 3). */
static inline int gg_stage_slot(void)
{
    const int slot = (int)(gg_cuda.staged % 2);
    if (gg_cuda.staged > 0) gg_check(cudaEventRecord(gg_cuda.read[1 - slot], gg_stream));
    if (gg_cuda.staged > 1) gg_check(cudaEventSynchronize(gg_cuda.read[slot]));
    gg_cuda.staged++;
    return slot;
}

/* Rows of the table, or places in the slot; how many there are with those that fill the last
   micro-batch. */
static inline long gg_stage_rows(uint32_t *row, long from, long samples)
{
    const long micro = gg_cuda.p->schedule.micro_batch, last = (samples - 1) / micro * micro;
    for (long i = 0; i < samples; i++)
        row[i] = (uint32_t)(gg_cuda.streamed ? i : window_row(gg_cuda.p->device.w, from + i));
    for (long i = samples; i < last + micro; i++) row[i] = row[last];
    return last + micro;
}

/* Streamed: gathers the samples' rows and sends them after the stage's turn on the second
   stream. */
static inline void gg_stage_data(int slot, long from, long samples)
{
    for (int c = 0; c < gg_cuda.p->data.ncolumns; c++) {
        const size_t bytes = gg_cuda.bytes[c];
        const char *base = (const char *)*gg_cuda.p->data.columns[c].base;
        char *to = gg_cuda.rows_pinned[slot] + gg_cuda.from[c];
        for (long i = 0; i < samples; i++)
            memcpy(to + (size_t)i * bytes,
                   base + (size_t)window_row(gg_cuda.p->device.w, from + i) * bytes, bytes);
        gg_check(cudaMemcpyAsync(gg_cuda.rows[slot] + gg_cuda.from[c], to, (size_t)samples * bytes,
                                 cudaMemcpyHostToDevice, gg_cuda.copies));
    }
    gg_check(cudaEventRecord(gg_cuda.arrived[slot], gg_cuda.copies));
    gg_check(cudaStreamWaitEvent(gg_stream, gg_cuda.arrived[slot], 0));
}

/* Samples from .. from + samples - 1 of the host's window become the device's window; fresh: sums
   begin anew. */
static inline void gg_stage_chunk(long from, long samples, bool fresh)
{
    const GgOffsets at = gg_cuda.at;
    const int slot = gg_stage_slot();
    const long micros = (samples - 1) / gg_cuda.p->schedule.micro_batch;
    char *image = gg_cuda.pinned[slot] - at.sums;
    Window w = *gg_cuda.p->device.w;
    w.micro = 0, w.micros = (int)micros + 1,
    w.rows = (int)(samples - micros * gg_cuda.p->schedule.micro_batch);
    w.first += from;
    memcpy(image + at.w, &w, sizeof w);
    for (int c = 0; c < gg_cuda.p->data.ncolumns; c++) {
        const void *address =
            gg_cuda.streamed ? gg_cuda.rows[slot] + gg_cuda.from[c] : gg_cuda.column[c];
        memcpy(image + at.data + (size_t)c * sizeof address, &address, sizeof address);
    }
    const long rows = gg_stage_rows((uint32_t *)(void *)(image + at.row), from, samples);
    if (gg_cuda.streamed) gg_stage_data(slot, from, samples);
    const size_t begin = fresh ? at.sums : at.w, end = at.row + (size_t)rows * sizeof(uint32_t);
    gg_check(cudaMemcpyAsync(gg_cuda.device + begin, image + begin, end - begin,
                             cudaMemcpyHostToDevice, gg_stream));
}

static inline void gg_stage(void) { gg_stage_chunk(0, gg_cuda.p->device.w->samples, true); }

/* A number on the device, when all that was enqueued is over. */
static inline int gg_flag(const int *there)
{
    gg_check(
        cudaMemcpyAsync(gg_cuda.flag, there, sizeof *there, cudaMemcpyDeviceToHost, gg_stream));
    gg_check(cudaStreamSynchronize(gg_stream));
    return *gg_cuda.flag;
}

/* Once after every window or evaluation. */
static inline void gg_finish(void)
{
    const int slot = (int)(gg_cuda.finished++ % 2);
    const size_t from = gg_cuda.at.sums, bytes = gg_cuda.at.data - from;
    gg_check(cudaMemcpyAsync(gg_cuda.result[slot], gg_cuda.device + from, bytes,
                             cudaMemcpyDeviceToHost, gg_stream));
    gg_check(cudaEventRecord(gg_cuda.done[slot], gg_stream));
}

/* Program.await */
static inline void gg_await(void)
{
    const int slot = (int)(gg_cuda.awaited++ % 2);
    const Program *p = gg_cuda.p;
    Window w;
    gg_check(cudaEventSynchronize(gg_cuda.done[slot]));
    memcpy(p->device.sums, gg_cuda.result[slot], (size_t)p->model.nsums * sizeof(double));
    memcpy(&w, gg_cuda.result[slot] + (gg_cuda.at.w - gg_cuda.at.sums), sizeof w);
    p->device.w->t = w.t, p->device.w->count = w.count, p->device.w->norm = w.norm,
    p->device.w->clip = w.clip, p->device.w->scale_out = w.scale_out;
    p->device.w->kept = w.kept, p->device.w->dropped = w.dropped, p->device.w->small = w.small,
    p->device.w->part = w.part;
    if (gg_cuda.profiled) gg_drain();
}

/* What stages overwrite, of a window that may wait for its update: moved aside, and back. */
static inline void gg_lay_aside(void)
{
    const GgOffsets at = gg_cuda.at;
    gg_check(cudaMemcpyAsync(gg_cuda.aside, gg_cuda.device + at.sums, at.end - at.sums,
                             cudaMemcpyDeviceToHost, gg_stream));
}

static inline void gg_take_back(void)
{
    const GgOffsets at = gg_cuda.at;
    gg_check(cudaMemcpyAsync(gg_cuda.device + at.sums, gg_cuda.aside, at.end - at.sums,
                             cudaMemcpyHostToDevice, gg_stream));
}

/* The sums of the host's window, `pass` for each micro-batch after what prepares it; the window is
   as long as it may be. The first step is `fresh`, gg_evaluate_end follows the last. */
static inline void gg_evaluate_step(const GgGraph *prepared, const GgGraph *pass, bool fresh)
{
    const long all = gg_cuda.p->device.w->samples, batch = gg_cuda.p->schedule.batch;
    if (fresh) gg_lay_aside();
    if (prepared) gg_replay(prepared);
    for (long from = 0; from < all; from += batch) {
        const long samples = all - from < batch ? all - from : batch;
        gg_stage_chunk(from, samples, fresh && from == 0);
        for (long n = 0; n < samples; n += gg_cuda.p->schedule.micro_batch) gg_replay(pass);
    }
}

static inline void gg_evaluate_end(void)
{
    gg_finish();
    gg_take_back();
}

static inline void gg_evaluate(const GgGraph *pass)
{
    gg_evaluate_step(NULL, pass, true);
    gg_evaluate_end();
}
#endif
