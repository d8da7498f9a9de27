//:if alone
const unsigned id = blockIdx.x * ${threads}u + threadIdx.x;
if (id < ${count}) {
//:else
for (unsigned id = threadIdx.x; id < ${count}; id += ${threads}) {
//:end
    ${decode}
    ${inner}
}
