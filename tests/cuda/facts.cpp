/* facts.cpp -- prints the values and sizes of CUDA's names that ../cuda/include declares. Compiled with our headers and, where
   they are, with the real ones, it has to print the same. */
#include <cuda_runtime.h>
#include <cublasLt.h>
#include <cstdio>

#define VALUE(name) printf("%s %lld\n", #name, (long long)(name))
#define SIZE(type) printf("%s %zu aligned %zu\n", #type, sizeof(type), alignof(type))

static void errors()
{
    VALUE(cudaSuccess), VALUE(cudaErrorInvalidValue), VALUE(cudaErrorMemoryAllocation), VALUE(cudaErrorInvalidConfiguration);
    VALUE(cudaErrorInsufficientDriver), VALUE(cudaErrorNoDevice), VALUE(cudaErrorInvalidDevice);
    VALUE(cudaErrorInvalidResourceHandle), VALUE(cudaErrorNotReady), VALUE(cudaErrorIllegalAddress);
    VALUE(cudaErrorLaunchFailure), VALUE(cudaErrorNotSupported), VALUE(cudaErrorStreamCaptureUnsupported);
    VALUE(cudaErrorStreamCaptureInvalidated), VALUE(cudaErrorStreamCaptureUnmatched), VALUE(cudaErrorStreamCaptureUnjoined);
    VALUE(cudaErrorStreamCaptureIsolation), VALUE(cudaErrorStreamCaptureImplicit), VALUE(cudaErrorCapturedEvent);
    VALUE(cudaErrorUnknown);
}

static void runtime()
{
    VALUE(cudaMemcpyHostToHost), VALUE(cudaMemcpyHostToDevice), VALUE(cudaMemcpyDeviceToHost);
    VALUE(cudaMemcpyDeviceToDevice), VALUE(cudaMemcpyDefault);
    VALUE(cudaStreamCaptureModeGlobal), VALUE(cudaStreamCaptureModeThreadLocal), VALUE(cudaStreamCaptureModeRelaxed);
    VALUE(cudaStreamCaptureStatusNone), VALUE(cudaStreamCaptureStatusActive), VALUE(cudaStreamCaptureStatusInvalidated);
    VALUE(cudaFuncAttributeMaxDynamicSharedMemorySize), VALUE(cudaDevAttrMultiProcessorCount);
    VALUE(cudaDevAttrComputeCapabilityMajor), VALUE(cudaDevAttrComputeCapabilityMinor);
    VALUE(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    VALUE(cudaStreamDefault), VALUE(cudaStreamNonBlocking), VALUE(cudaEventDefault), VALUE(cudaEventBlockingSync);
    VALUE(cudaEventDisableTiming), VALUE(cudaHostAllocDefault);
    SIZE(dim3), SIZE(uint3), SIZE(float2), SIZE(float4), SIZE(int2), SIZE(int4), SIZE(uint2), SIZE(uint4), SIZE(double2);
}

static void blas()
{
    VALUE(CUBLAS_STATUS_SUCCESS), VALUE(CUBLAS_STATUS_NOT_INITIALIZED), VALUE(CUBLAS_STATUS_ALLOC_FAILED);
    VALUE(CUBLAS_STATUS_INVALID_VALUE), VALUE(CUBLAS_STATUS_ARCH_MISMATCH), VALUE(CUBLAS_STATUS_MAPPING_ERROR);
    VALUE(CUBLAS_STATUS_EXECUTION_FAILED), VALUE(CUBLAS_STATUS_INTERNAL_ERROR), VALUE(CUBLAS_STATUS_NOT_SUPPORTED);
    VALUE(CUBLAS_OP_N), VALUE(CUBLAS_OP_T), VALUE(CUDA_R_32F), VALUE(CUDA_R_64F), VALUE(CUDA_R_16F), VALUE(CUDA_R_16BF);
    VALUE(CUBLAS_COMPUTE_32F), VALUE(CUBLAS_COMPUTE_64F), VALUE(CUBLAS_COMPUTE_32F_FAST_16BF);
    VALUE(CUBLAS_COMPUTE_32F_FAST_TF32), VALUE(CUBLASLT_POINTER_MODE_HOST), VALUE(CUBLASLT_POINTER_MODE_DEVICE);
    VALUE(CUBLASLT_EPILOGUE_DEFAULT), VALUE(CUBLASLT_EPILOGUE_RELU), VALUE(CUBLASLT_EPILOGUE_BIAS);
    VALUE(CUBLASLT_EPILOGUE_RELU_BIAS), VALUE(CUBLASLT_EPILOGUE_BGRADA), VALUE(CUBLASLT_EPILOGUE_BGRADB);
    VALUE(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE), VALUE(CUBLASLT_MATMUL_DESC_SCALE_TYPE);
    VALUE(CUBLASLT_MATMUL_DESC_POINTER_MODE), VALUE(CUBLASLT_MATMUL_DESC_TRANSA), VALUE(CUBLASLT_MATMUL_DESC_TRANSB);
    VALUE(CUBLASLT_MATMUL_DESC_EPILOGUE), VALUE(CUBLASLT_MATMUL_DESC_BIAS_POINTER);
    VALUE(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE), VALUE(CUBLASLT_MATRIX_LAYOUT_TYPE), VALUE(CUBLASLT_MATRIX_LAYOUT_ORDER);
    VALUE(CUBLASLT_MATRIX_LAYOUT_ROWS), VALUE(CUBLASLT_MATRIX_LAYOUT_COLS), VALUE(CUBLASLT_MATRIX_LAYOUT_LD);
    VALUE(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT), VALUE(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET);
    VALUE(CUBLASLT_MATMUL_PREF_SEARCH_MODE), VALUE(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
    VALUE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES), VALUE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES);
    VALUE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES), VALUE(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
    SIZE(cublasOperation_t), SIZE(cublasLtEpilogue_t), SIZE(cudaDataType_t), SIZE(cublasComputeType_t);
    SIZE(cublasLtMatmulAlgo_t), SIZE(cublasLtMatmulHeuristicResult_t), SIZE(cublasLtMatmulDesc_t), SIZE(cublasLtMatrixLayout_t);
}

int main()
{
    errors();
    runtime();
    blas();
    return 0;
}
