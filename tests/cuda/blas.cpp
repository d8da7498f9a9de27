/* blas.cpp -- cuBLASLt's matmul as a plain loop, for what stands in the table and nothing else.

   1. Elements of D are sums over k ascending, each step one fma in D's type, from alpha = 1; beta adds C at the end.
   2. CUBLAS_COMPUTE_32F_FAST_TF32 cuts the inputs to 10 bits of mantissa.
   3. Epilogues BGRADA and BGRADB overwrite the bias gradient: beta does not apply to it.
   4. A pointer must be aligned as the preference promised when the algorithm was chosen (256 bytes where nothing was said),
      and as the table wants.
   5. The workspace is filled with NaN, as far as the algorithm asked for it. */
#include "emu.h"
#include <cublasLt.h>
#include <cuda_fp16.h>
#include <cstdio>

struct cublasLtContext {
    int used;
};
struct cublasLtMatmulDescOpaque {
    cublasComputeType_t compute;
    cudaDataType_t scale, bias_type;
    int32_t pointer_mode, trans_a, trans_b;
    uint32_t epilogue;
    void *bias;
};
struct cublasLtMatrixLayoutOpaque {
    cudaDataType_t type;
    uint64_t rows, cols;
    int64_t ld;
    int32_t batch;
    int64_t stride;
};
struct cublasLtMatmulPreferenceOpaque {
    uint64_t workspace;
    uint32_t align[4];                                  // of A, B, C, D
};

using emu::die;
typedef cublasLtMatmulDescOpaque Desc;
typedef cublasLtMatrixLayoutOpaque Layout;
typedef cublasLtMatmulPreferenceOpaque Preference;

// ---- what is allowed
enum { N = 1, T = 2, ANY = N | T };
enum { PLAIN = 1, BIAS = 2, RELU_BIAS = 4, BGRAD = 8 };
struct Row {
    const char *name;
    cudaDataType_t ab, cd;
    cublasComputeType_t compute;
    int trans_a, trans_b, epilogues;
    unsigned pointer, ld;                               // bytes of which pointers and leading dimensions are multiples
};
static const Row table[] = {
    { "fp64", CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F, ANY, ANY, PLAIN | BIAS | RELU_BIAS | BGRAD, 16, 8 },
    { "fp32", CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, ANY, ANY, PLAIN | BIAS | RELU_BIAS | BGRAD, 16, 4 },
    { "tf32", CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, ANY, ANY, PLAIN | BIAS | RELU_BIAS | BGRAD, 16, 4 },
    { "fp16", CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F, ANY, ANY, PLAIN | BIAS | RELU_BIAS | BGRAD, 16, 16 },
    { "bf16", CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, ANY, ANY, PLAIN | BIAS | RELU_BIAS | BGRAD, 16, 16 },
};
static const struct {
    uint32_t epilogue;
    int kind;
    bool bias;
} epilogues[] = {
    { CUBLASLT_EPILOGUE_DEFAULT, PLAIN, false },  { CUBLASLT_EPILOGUE_BIAS, BIAS, true },
    { CUBLASLT_EPILOGUE_RELU_BIAS, RELU_BIAS, true }, { CUBLASLT_EPILOGUE_BGRADA, BGRAD, true },
    { CUBLASLT_EPILOGUE_BGRADB, BGRAD, true },
};

static int epilogue_kind(uint32_t epilogue)
{
    for (const auto &e : epilogues)
        if (e.epilogue == epilogue) return e.kind;
    return 0;
}

static size_t size_of(cudaDataType_t type) { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }
static const char *type_name(cudaDataType_t type)
{
    return type == CUDA_R_64F ? "64F" : type == CUDA_R_32F ? "32F" : type == CUDA_R_16BF ? "16BF" : type == CUDA_R_16F ? "16F" : "another type";
}

// The row of the table that allows this matmul; dies where there is none.
static const Row &allowed(const Desc &p, const Layout &a, const Layout &b, const Layout &c, const Layout &d)
{
    for (const Row &r : table)
        if (r.ab == a.type && r.ab == b.type && r.cd == c.type && r.cd == d.type && r.compute == p.compute && p.scale == r.cd &&
            (r.trans_a & (p.trans_a ? T : N)) && (r.trans_b & (p.trans_b ? T : N)) && (r.epilogues & epilogue_kind(p.epilogue)))
            return r;
    die("cublasLtMatmul outside of the table: A %s, B %s, C %s, D %s, compute type %d, transposed %d %d, epilogue %u",
        type_name(a.type), type_name(b.type), type_name(c.type), type_name(d.type), p.compute, p.trans_a, p.trans_b, p.epilogue);
}

static void check_bias(const Desc &p, const Row &row)
{
    if (epilogue_kind(p.epilogue) == PLAIN) return;
    if (!p.bias) die("cublasLtMatmul: epilogue %u without a bias pointer", p.epilogue);
    if (p.bias_type != row.cd) die("cublasLtMatmul outside of the table: the bias is not of D's type");
}

static void check_shapes(const Desc &p, const Layout &a, const Layout &b, const Layout &c, const Layout &d)
{
    const uint64_t m = p.trans_a ? a.cols : a.rows, ka = p.trans_a ? a.rows : a.cols;
    const uint64_t n = p.trans_b ? b.rows : b.cols, kb = p.trans_b ? b.cols : b.rows;
    if (ka != kb || m != d.rows || n != d.cols || c.rows != d.rows || c.cols != d.cols)
        die("cublasLtMatmul: shapes do not fit: op(A) %lux%lu, op(B) %lux%lu, D %lux%lu", m, ka, kb, n, d.rows, d.cols);
    if (a.batch != d.batch || b.batch != d.batch || c.batch != d.batch) die("cublasLtMatmul: batch counts differ");
    for (const Layout *l : { &a, &b, &c, &d })
        if (l->ld < (int64_t)l->rows) die("cublasLtMatmul: leading dimension %ld of %lu rows", l->ld, l->rows);
    if (d.batch > 1 && d.stride < d.ld * (int64_t)(d.cols - 1) + (int64_t)d.rows) die("cublasLtMatmul: batches of D overlap");
}

// ---- objects
static const char *const statuses[] = { "SUCCESS", "NOT_INITIALIZED", "2", "ALLOC_FAILED", "4", "5", "6", "INVALID_VALUE" };

template <class V> static void take(V &into, const void *value, size_t bytes, const char *what)
{
    if (bytes != sizeof into) die("%s takes %zu bytes, not %zu", what, sizeof into, bytes);
    memcpy(&into, value, bytes);
}

extern "C" {
size_t cublasLtGetVersion(void) { return 130100; }
const char *cublasLtGetStatusString(cublasStatus_t status) { return cublasLtGetStatusName(status); }
const char *cublasLtGetStatusName(cublasStatus_t status)
{
    static char name[64];
    if ((size_t)status < sizeof statuses / sizeof *statuses) snprintf(name, sizeof name, "CUBLAS_STATUS_%s", statuses[status]);
    else snprintf(name, sizeof name, "CUBLAS_STATUS_%d", status);
    return name;
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle)
{
    if (emu::no_device()) return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = new cublasLtContext();
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, cublasComputeType_t compute, cudaDataType_t scale)
{
    if (size_of(scale) < 4) die("cublasLtMatmulDescCreate: scale type %d is not in the table", scale);
    *desc = new Desc{ compute, scale, scale, CUBLASLT_POINTER_MODE_HOST, CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_EPILOGUE_DEFAULT,
                      nullptr };
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc)
{
    delete desc;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, size_t bytes)
{
    const char *me = "cublasLtMatmulDescSetAttribute";
    switch (attribute) {
        case CUBLASLT_MATMUL_DESC_POINTER_MODE: take(desc->pointer_mode, value, bytes, me); break;
        case CUBLASLT_MATMUL_DESC_TRANSA: take(desc->trans_a, value, bytes, me); break;
        case CUBLASLT_MATMUL_DESC_TRANSB: take(desc->trans_b, value, bytes, me); break;
        case CUBLASLT_MATMUL_DESC_EPILOGUE: take(desc->epilogue, value, bytes, me); break;
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER: take(desc->bias, value, bytes, me); break;
        case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE: take(desc->bias_type, value, bytes, me); break;
        default: die("%s: attribute %d is not known here", me, attribute);
    }
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType_t type, uint64_t rows, uint64_t cols,
                                          int64_t ld)
{
    if (rows == 0 || cols == 0) die("cublasLtMatrixLayoutCreate: %lu rows, %lu columns", rows, cols);
    *layout = new Layout{ type, rows, cols, ld, 1, 0 };
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
{
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                                                const void *value, size_t bytes)
{
    const char *me = "cublasLtMatrixLayoutSetAttribute";
    switch (attribute) {
        case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: take(layout->batch, value, bytes, me); break;
        case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: take(layout->stride, value, bytes, me); break;
        default: die("%s: attribute %d is not known here", me, attribute);
    }
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference)
{
    *preference = new Preference{ 0, { 256, 256, 256, 256 } };
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
                                                    size_t bytes)
{
    const char *me = "cublasLtMatmulPreferenceSetAttribute";
    switch (attribute) {
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: take(preference->workspace, value, bytes, me); break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: take(preference->align[0], value, bytes, me); break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: take(preference->align[1], value, bytes, me); break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES: take(preference->align[2], value, bytes, me); break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: take(preference->align[3], value, bytes, me); break;
        default: die("%s: attribute %d is not known here", me, attribute);
    }
    return CUBLAS_STATUS_SUCCESS;
}
}

// An algorithm is the promised alignments and the workspace it wants, some 64 KiB.
struct Algo {
    uint32_t magic, align[4], workspace;
};
enum { MAGIC = 0x67676d6d };
constexpr uint64_t WORKSPACE = 64 << 10;

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[], int *found)
{
    const Row &row = allowed(*desc, *a, *b, *c, *d);
    check_shapes(*desc, *a, *b, *c, *d);
    if (wanted < 1) return CUBLAS_STATUS_INVALID_VALUE;
    for (uint32_t x : preference->align)
        if (x < row.pointer) die("cublasLtMatmulAlgoGetHeuristic: pointers aligned to %u bytes are not in the table", x);
    Algo algo = { MAGIC, {}, (uint32_t)(preference->workspace < WORKSPACE ? preference->workspace : WORKSPACE) };
    memcpy(algo.align, preference->align, sizeof algo.align);
    results[0] = {};
    memcpy(&results[0].algo, &algo, sizeof algo);
    results[0].workspaceSize = algo.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    *found = 1;
    return CUBLAS_STATUS_SUCCESS;
}

// ---- the matmul
typedef struct {
    Desc p;
    Layout a, b, c, d;
    const char *A, *B, *C;
    char *D, *workspace;
    bool adds;                                          // beta is 1
    uint32_t workspace_bytes;
} Matmul;

static float cut(float x)
{
    return emu::bits<float>(emu::bits<uint32_t>(x) & 0xffffe000u);
}

template <class T> static T read(const char *p, cudaDataType_t type, uint64_t i)
{
    if (type == CUDA_R_16BF) return emu::bits<float>((uint32_t)((const uint16_t *)p)[i] << 16);
    if (type == CUDA_R_16F) return (T)__half2float(((const __half *)p)[i]);
    return ((const T *)p)[i];
}

// x[k][i] of a column-major matrix: its rows are k if `across`, else its columns are.
template <class T> static std::vector<T> pack(const char *p, const Layout &l, bool across, bool tf32)
{
    const uint64_t k = across ? l.rows : l.cols, m = across ? l.cols : l.rows, ld = (uint64_t)l.ld;
    std::vector<T> x(k * m);
    for (uint64_t j = 0; j < k; j++)
        for (uint64_t i = 0; i < m; i++) {
            const T v = read<T>(p, l.type, across ? i * ld + j : j * ld + i);
            x[j * m + i] = tf32 ? cut((float)v) : v;
        }
    return x;
}

static float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }

template <class T> static void column(T *y, const T *a, const T *b, uint64_t m, uint64_t n, uint64_t k)
{
    for (uint64_t i = 0; i < m; i++) y[i] = 0;
    for (uint64_t q = 0; q < k; q++) {
        const T x = b[q * n];
        for (uint64_t i = 0; i < m; i++) y[i] = fused(a[q * m + i], x, y[i]);
    }
}

// BGRADA sums op(A) over k, BGRADB op(B): one number for each row or column of D.
template <class T> static void bias_gradient(const Desc &p, const std::vector<T> &x, uint64_t m)
{
    T *db = (T *)p.bias;
    for (uint64_t i = 0; i < m; i++) db[i] = 0;
    for (uint64_t q = 0; q < x.size(); q++) db[q % m] += x[q];
}

template <class T> static void one(const Matmul &g, int64_t batch)
{
    const bool tf32 = g.p.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    const uint64_t m = g.d.rows, n = g.d.cols, k = g.p.trans_a ? g.a.rows : g.a.cols;
    const auto a = pack<T>(g.A + batch * g.a.stride * (int64_t)size_of(g.a.type), g.a, g.p.trans_a != 0, tf32);
    const auto b = pack<T>(g.B + batch * g.b.stride * (int64_t)size_of(g.b.type), g.b, g.p.trans_b == 0, tf32);
    const T *C = (const T *)g.C + batch * g.c.stride, *bias = (const T *)g.p.bias;
    T *D = (T *)g.D + batch * g.d.stride;
    const int kind = epilogue_kind(g.p.epilogue);
    std::vector<T> y(m);
    for (uint64_t j = 0; j < n; j++) {
        column(y.data(), a.data(), b.data() + j, m, n, k);
        for (uint64_t i = 0; i < m; i++) {
            T v = y[i];
            if (g.adds) v += C[j * (uint64_t)g.c.ld + i];
            if (kind == BIAS || kind == RELU_BIAS) v += bias[i];
            if (kind == RELU_BIAS && v < 0) v = 0;
            D[j * (uint64_t)g.d.ld + i] = v;
        }
    }
    if (g.p.epilogue == CUBLASLT_EPILOGUE_BGRADA) bias_gradient(g.p, a, m);
    if (g.p.epilogue == CUBLASLT_EPILOGUE_BGRADB) bias_gradient(g.p, b, n);
}

static void check_operand(const char *name, const void *p, const Layout &l, uint32_t promised, const Row &row)
{
    char what[64];
    snprintf(what, sizeof what, "cublasLtMatmul, %s", name);
    const uint32_t align = promised > row.pointer ? promised : row.pointer;
    if ((uintptr_t)p % align) die("%s: a pointer that is not aligned to %u bytes as promised", what, align);
    if (l.ld * (int64_t)size_of(l.type) % row.ld) die("%s: leading dimension %ld is not in the table", what, l.ld);
    const int64_t last = l.stride * (l.batch - 1) + l.ld * (int64_t)(l.cols - 1) + (int64_t)l.rows;
    emu::check_device(p, (size_t)last * size_of(l.type), what);
}

static void check_matmul(const Matmul &g, const Algo &algo, size_t room)
{
    const Row &row = allowed(g.p, g.a, g.b, g.c, g.d);
    check_shapes(g.p, g.a, g.b, g.c, g.d);
    check_bias(g.p, row);
    check_operand("A", g.A, g.a, algo.align[0], row);
    check_operand("B", g.B, g.b, algo.align[1], row);
    check_operand("C", g.C, g.c, algo.align[2], row);
    check_operand("D", g.D, g.d, algo.align[3], row);
    if (g.C != g.D) die("cublasLtMatmul outside of the table: C is not D");
    if (g.p.bias && epilogue_kind(g.p.epilogue) != PLAIN) {
        if ((uintptr_t)g.p.bias % 16) die("cublasLtMatmul: a bias that is not aligned to 16 bytes");
        const uint64_t n = g.p.epilogue == CUBLASLT_EPILOGUE_BGRADB ? g.d.cols : g.d.rows;
        emu::check_device(g.p.bias, n * size_of(g.d.type), "cublasLtMatmul, bias");
    }
    if (room < algo.workspace) die("cublasLtMatmul: a workspace of %zu bytes, the algorithm needs %u", room, algo.workspace);
    if (algo.workspace && (uintptr_t)g.workspace % 256) die("cublasLtMatmul: a workspace that is not aligned to 256 bytes");
    if (algo.workspace) emu::check_device(g.workspace, algo.workspace, "cublasLtMatmul, workspace");
}

static double scalar(const Desc &p, const void *value)
{
    return p.scale == CUDA_R_64F ? *(const double *)value : (double)*(const float *)value;
}

static void run(const Matmul &g)
{
    if (g.workspace_bytes) memset(g.workspace, 0xff, g.workspace_bytes);
    for (int64_t i = 0; i < g.d.batch; i++) g.d.type == CUDA_R_64F ? one<double>(g, i) : one<float>(g, i);
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void *alpha, const void *A,
                              cublasLtMatrixLayout_t a, const void *B, cublasLtMatrixLayout_t b, const void *beta, const void *C,
                              cublasLtMatrixLayout_t c, void *D, cublasLtMatrixLayout_t d, const cublasLtMatmulAlgo_t *chosen,
                              void *workspace, size_t workspace_bytes, cudaStream_t stream)
{
    Algo algo;
    if (!handle) die("cublasLtMatmul without a handle");
    if (!chosen) die("cublasLtMatmul outside of the table: no algorithm was chosen");
    memcpy(&algo, chosen, sizeof algo);
    if (algo.magic != MAGIC) die("cublasLtMatmul: an algorithm that the heuristic did not give");
    if (desc->pointer_mode != CUBLASLT_POINTER_MODE_HOST) die("cublasLtMatmul outside of the table: scalars on the device");
    const double x = scalar(*desc, alpha), y = scalar(*desc, beta);
    if (x != 1 || (y != 0 && y != 1)) die("cublasLtMatmul outside of the table: alpha %g, beta %g", x, y);
    const Matmul g = { *desc, *a, *b, *c, *d, (const char *)A, (const char *)B, (const char *)C, (char *)D, (char *)workspace, y == 1,
                       algo.workspace };
    check_matmul(g, algo, workspace_bytes);
    return emu::submit(stream, "cublasLtMatmul", [g] { run(g); }) == cudaSuccess ? CUBLAS_STATUS_SUCCESS
                                                                               : CUBLAS_STATUS_EXECUTION_FAILED;
}
