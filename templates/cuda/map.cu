const unsigned id = blockIdx.x * ${threads}u + threadIdx.x;
if (id < ${count}) {
    ${decode}
    ${inner}
}
