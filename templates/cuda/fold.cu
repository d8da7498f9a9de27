//:if alone
//:if warps
const ${id_type} id = blockIdx.x * ${each}${suffix} + threadIdx.x / ${lanes};
const unsigned lane = threadIdx.x % ${lanes};
//:else
//:if one
const unsigned lane = threadIdx.x;
//:else
const unsigned id = blockIdx.x, lane = threadIdx.x;
//:end
//:end
//:if ragged
if (id < ${count}) {
//:else
{
//:end
//:else
const unsigned lane = threadIdx.x % 32;
for (unsigned id = threadIdx.x / 32; id < ${count}; id += ${warps_in_block}) {
//:end
    ${decode}
    ${inner}
}
