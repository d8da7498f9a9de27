auto &shares = gg_shares<${shares}>();
const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
//:if alone
const ${id_type} id = blockIdx.x * 32${suffix} + lane;
{
//:else
for (unsigned id = lane; id - lane < ${count}; id += 32) {
//:end
    ${decode}
    ${variable}
    for (${f_type} ${f} = share; ${f} < ${terms} && id < ${count}${training}; ${f} += ${shares})${brace}
        ${decode_term}
        ${inner}
    ${close}
    shares[share][lane] = ${sum};
    __syncthreads();
    if (share == 0 && id < ${count}) {
        for (int i = 1; i < ${shares}; i++) ${sum} += shares[i][lane];
        ${store}
    }
    //:if alone
    //:else
    __syncthreads();
    //:end
}
