/* ceilings.cu -- what this device can do at most, as "key value" lines: a copy's bandwidth, products of 8192 x 8192 x 8192 in
   bf16, tf32 and fp32 on random numbers, and what a kernel costs that does nothing, in a graph and launched one by one. */
#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#define CHECK(call) check((int)(call), #call, __LINE__)
enum { N = 8192, WORKSPACE = 64 << 20, ROUNDS = 7 };
static cudaStream_t stream;
static cudaEvent_t from, to;

static void check(int status, const char *call, int line)
{
    if (!status) return;
    printf("fail line %d: %s gives %d\n", line, call, status);
    exit(3);
}

/* Median milliseconds of one of `times` calls, after a few that do not count. */
template <class F> static double median(int times, F work)
{
    std::vector<double> ms;
    for (int round = 0; round < ROUNDS + 2; round++) {
        float spent;
        CHECK(cudaEventRecord(from, stream));
        for (int i = 0; i < times; i++) work();
        CHECK(cudaEventRecord(to, stream));
        CHECK(cudaEventSynchronize(to));
        CHECK(cudaEventElapsedTime(&spent, from, to));
        if (round > 1) ms.push_back((double)spent / times);
    }
    std::sort(ms.begin(), ms.end());
    return ms[ms.size() / 2];
}

static __global__ void fill(float *x, __nv_bfloat16 *narrow, size_t n, unsigned seed)
{
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < n; i += (size_t)gridDim.x * blockDim.x) {
        unsigned h = (unsigned)i * 2654435761u + seed;
        h = (h ^ h >> 16) * 0x7feb352du;
        h = (h ^ h >> 15) * 0x846ca68bu;
        x[i] = (float)(h >> 8) / 8388608.0f - 1;
        narrow[i] = __float2bfloat16(x[i]);
    }
}

static __global__ void nothing(void) {}

static void *room(size_t bytes)
{
    void *p;
    CHECK(cudaMalloc(&p, bytes));
    return p;
}

static void copy(void)
{
    const size_t bytes = (size_t)2 << 30;
    void *a = room(bytes), *b = room(bytes);
    CHECK(cudaMemsetAsync(a, 1, bytes, stream));
    const double ms = median(5, [&] { CHECK(cudaMemcpyAsync(b, a, bytes, cudaMemcpyDeviceToDevice, stream)); });
    printf("copy_gb_s %.0f\n", 2e-6 * (double)bytes / ms);
    CHECK(cudaFree(a));
    CHECK(cudaFree(b));
}

/* D = A B of N x N, A and B of one type, D in fp32 */
static void product(const char *name, cublasLtHandle_t blas, cudaDataType_t type, cublasComputeType_t compute, const void *a,
                    const void *b, float *d, void *workspace)
{
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t in, out;
    cublasLtMatmulPreference_t with;
    cublasLtMatmulHeuristicResult_t found;
    const size_t most = WORKSPACE;
    const float one = 1, zero = 0;
    int count = 0;
    CHECK(cublasLtMatmulDescCreate(&desc, compute, CUDA_R_32F));
    CHECK(cublasLtMatrixLayoutCreate(&in, type, N, N, N));
    CHECK(cublasLtMatrixLayoutCreate(&out, CUDA_R_32F, N, N, N));
    CHECK(cublasLtMatmulPreferenceCreate(&with));
    CHECK(cublasLtMatmulPreferenceSetAttribute(with, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most));
    CHECK(cublasLtMatmulAlgoGetHeuristic(blas, desc, in, in, out, out, with, 1, &found, &count));
    if (count == 0) return;
    const double ms = median(compute == CUBLAS_COMPUTE_32F && type == CUDA_R_32F ? 2 : 10, [&] {
        CHECK(cublasLtMatmul(blas, desc, &one, a, in, b, in, &zero, d, out, d, out, &found.algo, workspace, WORKSPACE, stream));
    });
    printf("%s_tflop_s %.1f\n", name, 2e-9 * N * N * N / ms);
    fflush(stdout);
}

static void products(void)
{
    const size_t n = (size_t)N * N;
    cublasLtHandle_t blas;
    float *x[2], *d = (float *)room(n * sizeof *d);
    __nv_bfloat16 *narrow[2];
    void *workspace = room(WORKSPACE);
    CHECK(cublasLtCreate(&blas));
    for (int i = 0; i < 2; i++) {
        x[i] = (float *)room(n * sizeof **x), narrow[i] = (__nv_bfloat16 *)room(n * sizeof **narrow);
        fill<<<2048, 256, 0, stream>>>(x[i], narrow[i], n, 1u + (unsigned)i);
        CHECK(cudaGetLastError());
    }
    product("bf16", blas, CUDA_R_16BF, CUBLAS_COMPUTE_32F, narrow[0], narrow[1], d, workspace);
    product("tf32", blas, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, x[0], x[1], d, workspace);
    product("fp32", blas, CUDA_R_32F, CUBLAS_COMPUTE_32F, x[0], x[1], d, workspace);
    CHECK(cublasLtDestroy(blas));
}

static double host_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void launches(void)
{
    enum { KERNELS = 100, REPLAYS = 200 };
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
    for (int i = 0; i < KERNELS; i++) nothing<<<1, 32, 0, stream>>>();
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaGraphInstantiate(&exec, graph, 0));
    printf("kernel_in_graph_us %.3f\n", 1e3 / KERNELS * median(20, [&] { CHECK(cudaGraphLaunch(exec, stream)); }));
    printf("kernel_alone_us %.3f\n", 1e3 * median(500, [&] { nothing<<<1, 32, 0, stream>>>(); }));
    CHECK(cudaStreamSynchronize(stream));
    const double begin = host_us();
    for (int i = 0; i < REPLAYS; i++) {
        CHECK(cudaGraphLaunch(exec, stream));
        CHECK(cudaStreamSynchronize(stream));
    }
    printf("graph_of_100_and_wait_us %.2f\n", (host_us() - begin) / REPLAYS);
}

int main(void)
{
    cudaDeviceProp is;
    int runtime = 0, driver = 0;
    CHECK(cudaGetDeviceProperties(&is, 0));
    CHECK(cudaRuntimeGetVersion(&runtime));
    CHECK(cudaDriverGetVersion(&driver));
    printf("name %s\nmultiprocessors %d\nl2_mib %d\nmemory_gib %.1f\ncapability %d.%d\nruntime %d\ndriver %d\ncublaslt %zu\n", is.name,
           is.multiProcessorCount, is.l2CacheSize >> 20, (double)is.totalGlobalMem / 1073741824, is.major, is.minor, runtime,
           driver, cublasLtGetVersion());
    fflush(stdout);
    CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaEventCreate(&from));
    CHECK(cudaEventCreate(&to));
    launches();
    copy();
    products();
    return 0;
}
