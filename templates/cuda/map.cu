//:if alone
const ${id_type} id = blockIdx.x * ${threads}${suffix} + threadIdx.x;
if (id < ${count}) {
//:else
for (unsigned id = threadIdx.x; id < ${count}; id += ${threads}) {
//:end
    ${decode}
    ${inner}
}
