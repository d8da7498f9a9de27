//:if alone
const ${id_type} lane = threadIdx.x % 32, share = threadIdx.x / 32;
const ${id_type} id = blockIdx.x * 32${suffix} + lane;
//:include cuda/shares.cu
//:else
const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
for (unsigned id = lane; id - lane < ${count}; id += 32) {
    //:include cuda/shares.cu
    __syncthreads();
}
//:end
