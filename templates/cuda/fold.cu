//:if warps
const unsigned id = blockIdx.x * ${each}u + threadIdx.x / ${lanes}, lane = threadIdx.x % ${lanes};
//:else
const unsigned id = blockIdx.x, lane = threadIdx.x;
//:end
//:if ragged
if (id < ${rows}) {
//:else
{
//:end
    ${decode}
    ${inner}
}
