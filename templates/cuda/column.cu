//:if alone
const ${id_type} lane = threadIdx.x % 32, share = threadIdx.x / 32, id = blockIdx.x * 32${suffix} + lane;
${decode}
${variable}
for (${f_type} ${f} = share; ${f} < ${terms} && id < ${count}${training}; ${f} += ${shares})${brace}
    ${decode_term}
    ${inner}
${close}
${sum} = gg_add_shares<${shares}>(${sum});
if (share == 0 && id < ${count}) {
    ${store}
}
//:else
const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
for (unsigned id = lane; id - lane < ${count}; id += 32) {
    ${decode}
    ${variable}
    for (${f_type} ${f} = share; ${f} < ${terms} && id < ${count}${training}; ${f} += ${shares})${brace}
        ${decode_term}
        ${inner}
    ${close}
    ${sum} = gg_add_shares<${shares}>(${sum});
    if (share == 0 && id < ${count}) {
        ${store}
    }
    __syncthreads();
}
//:end
