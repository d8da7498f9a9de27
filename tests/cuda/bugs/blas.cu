/* blas.cu -- bugs of cuBLASLt calls. The product is [4][4] = [4][8] [8][4], column by column, of small whole numbers. */
#include "cases.h"

struct Product {
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
    cublasLtMatmulPreference_t preference;
    float *A, *B, *D, *bias, alpha, beta;
    char *workspace;
    size_t room;
};

static std::vector<float> numbers(size_t n, int step)
{
    std::vector<float> x(n);
    for (size_t i = 0; i < n; i++) x[i] = (float)((int)i * step % 7 - 3);
    return x;
}

static Product product(cublasComputeType_t compute)
{
    Product p = Product();
    p.room = 1 << 20;
    check(cublasLtCreate(&p.handle));
    check(cublasLtMatmulDescCreate(&p.desc, compute, CUDA_R_32F));
    check(cublasLtMatrixLayoutCreate(&p.a, CUDA_R_32F, 4, 8, 4));
    check(cublasLtMatrixLayoutCreate(&p.b, CUDA_R_32F, 8, 4, 8));
    check(cublasLtMatrixLayoutCreate(&p.d, CUDA_R_32F, 4, 4, 4));
    check(cublasLtMatmulPreferenceCreate(&p.preference));
    check(cublasLtMatmulPreferenceSetAttribute(p.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &p.room, sizeof p.room));
    p.A = sent(numbers(64, 3)), p.B = sent(numbers(64, 5)), p.D = on_device<float>(64), p.bias = sent(counting(4));
    p.workspace = on_device<char>(p.room);
    p.alpha = 1, p.beta = 0;
    return p;
}

static void epilogue(const Product &p, cublasLtEpilogue_t e)
{
    check(cublasLtMatmulDescSetAttribute(p.desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &e, sizeof e));
    check(cublasLtMatmulDescSetAttribute(p.desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &p.bias, sizeof p.bias));
}

static void multiply(const Product &p)
{
    cublasLtMatmulHeuristicResult_t found;
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(p.handle, p.desc, p.a, p.b, p.d, p.d, p.preference, 1, &found, &count));
    check(cublasLtMatmul(p.handle, p.desc, &p.alpha, p.A, p.a, p.B, p.b, &p.beta, p.D, p.d, p.D, p.d, &found.algo, p.workspace,
                         p.room, stream));
}

// One element of AB.
static float element(int i, int j)
{
    const auto a = numbers(64, 3), b = numbers(64, 5);
    float sum = 0;
    for (int k = 0; k < 8; k++) sum += a[(size_t)(k * 4 + i)] * b[(size_t)(j * 8 + k)];
    return sum;
}
static bool right(const Product &p, float times)
{
    const auto d = fetched(p.D, 16);
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < 4; i++)
            if (d[(size_t)(j * 4 + i)] != times * element(i, j)) return false;
    return true;
}

static bool wrong_beta(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    for (int n = 0; n < 3; n++) {
        p.beta = bug || n > 0;
        multiply(p);
    }
    return right(p, 3);
}
static bool other_alpha(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    p.alpha = bug ? 2 : 1;
    multiply(p);
    return right(p, p.alpha);
}
static bool other_type(bool bug)
{
    const Product p = product(bug ? CUBLAS_COMPUTE_32F_FAST_16BF : CUBLAS_COMPUTE_32F);
    multiply(p);
    return right(p, 1);
}
static bool other_epilogue(bool bug)
{
    const Product p = product(CUBLAS_COMPUTE_32F);
    if (bug) epilogue(p, CUBLASLT_EPILOGUE_RELU);
    multiply(p);
    return right(p, 1);
}
static bool other_attribute(bool bug)
{
    const Product p = product(CUBLAS_COMPUTE_32F);
    const int32_t order = 1;
    if (bug) check(cublasLtMatrixLayoutSetAttribute(p.a, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order));
    multiply(p);
    return right(p, 1);
}
static bool broken_promise(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    const uint32_t align = 16;
    p.D += 4;
    if (!bug)
        for (auto which : { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES })
            check(cublasLtMatmulPreferenceSetAttribute(p.preference, which, &align, sizeof align));
    multiply(p);
    return right(p, 1);
}
static bool misaligned_matrix(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    const uint32_t align = bug ? 4 : 16;
    p.D += bug ? 1 : 4;
    for (auto which : { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES })
        check(cublasLtMatmulPreferenceSetAttribute(p.preference, which, &align, sizeof align));
    multiply(p);
    return right(p, 1);
}
static bool shapes_differ(bool bug)
{
    const Product p = product(CUBLAS_COMPUTE_32F);
    const int32_t t = CUBLAS_OP_T;
    if (bug) check(cublasLtMatmulDescSetAttribute(p.desc, CUBLASLT_MATMUL_DESC_TRANSA, &t, sizeof t));
    multiply(p);
    return right(p, 1);
}
static bool past_the_matrix(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    p.D = on_device<float>(bug ? 15 : 16);
    multiply(p);
    return right(p, 1);
}
static bool small_workspace(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    const size_t promised = 1 << 20;
    if (bug) p.room = 1024;
    check(cublasLtMatmulPreferenceSetAttribute(p.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &promised, sizeof promised));
    multiply(p);
    return right(p, 1);
}

// The workspace is the library's: what lies there is lost.
static bool shared_workspace(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    if (bug) p.A = (float *)(void *)p.workspace;
    check(cudaMemcpy(p.A, numbers(64, 3).data(), 64 * sizeof(float), cudaMemcpyHostToDevice));
    multiply(p);
    return right(p, 1);
}

// The bias gradient is stored, whatever beta is.
static bool beta_and_bias(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    std::vector<float> a = numbers(64, 3), sum(4);
    for (size_t i = 0; i < 32; i++) sum[i % 4] += a[i];
    if (!bug) check(cudaMemset(p.bias, 0, 4 * sizeof(float)));
    check(cudaDeviceSynchronize());
    epilogue(p, CUBLASLT_EPILOGUE_BGRADA);
    multiply(p);
    p.beta = 1;
    multiply(p);
    for (float &x : sum) x *= bug ? 2 : 1;
    return right(p, 2) && fetched(p.bias, 4) == sum;
}
static bool bias_of_the_row(bool bug)
{
    const Product p = product(CUBLAS_COMPUTE_32F);
    epilogue(p, bug ? CUBLASLT_EPILOGUE_DEFAULT : CUBLASLT_EPILOGUE_BIAS);
    multiply(p);
    return fetched(p.D, 16)[6] == element(2, 1) + 2;
}

// 1 + 2^-12 is 1 for TF32.
static bool tf32(bool bug)
{
    const Product p = product(bug ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F);
    std::vector<float> one(32, 1), more(32, 1 + 1.0f / 4096);
    check(cudaMemcpy(p.A, one.data(), 32 * sizeof(float), cudaMemcpyHostToDevice));
    check(cudaMemcpy(p.B, more.data(), 32 * sizeof(float), cudaMemcpyHostToDevice));
    multiply(p);
    return fetched(p.D, 16)[5] == 8 + 8.0f / 4096;
}

static void batch_of(cublasLtMatrixLayout_t l, int64_t stride)
{
    const int32_t count = 2;
    check(cublasLtMatrixLayoutSetAttribute(l, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count));
    check(cublasLtMatrixLayoutSetAttribute(l, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
}
static bool batches_overlap(bool bug)
{
    Product p = product(CUBLAS_COMPUTE_32F);
    batch_of(p.a, 0);
    batch_of(p.b, 0);
    batch_of(p.d, bug ? 12 : 16);
    multiply(p);
    p.D += 16;
    return right(p, 1);
}

static const Case blas_cases[] = {
    { "wrong_beta", wrong_beta, "wrong" },
    { "other_alpha", other_alpha, "outside of the table: alpha 2" },
    { "other_type", other_type, "cublasLtMatmul outside of the table: .* compute type 75" },
    { "other_epilogue", other_epilogue, "cublasLtMatmul outside of the table: .* epilogue 2" },
    { "other_attribute", other_attribute, "cublasLtMatrixLayoutSetAttribute: attribute 1 is not known" },
    { "broken_promise", broken_promise, "not aligned to 256 bytes as promised" },
    { "misaligned_matrix", misaligned_matrix, "pointers aligned to 4 bytes are not in the table" },
    { "shapes_differ", shapes_differ, "shapes do not fit" },
    { "past_the_matrix", past_the_matrix, "reach past the allocation" },
    { "small_workspace", small_workspace, "a workspace of 1024 bytes" },
    { "shared_workspace", shared_workspace, "wrong" },
    { "beta_and_bias", beta_and_bias, "wrong" },
    { "bias_of_the_row", bias_of_the_row, "wrong" },
    { "tf32", tf32, "wrong" },
    { "batches_overlap", batches_overlap, "batches of D overlap" },
};
