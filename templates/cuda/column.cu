__shared__ real shares[${shares}][33];
const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32, id = blockIdx.x * 32u + lane;
${decode}
real sum = 0;
for (unsigned f = share; f < ${terms} && id < ${count}; f += ${shares}) {
    ${decode_term}
    ${inner}
}
shares[share][lane] = sum;
__syncthreads();
if (share == 0 && id < ${count}) {
    for (int i = 1; i < ${shares}; i++) sum += shares[i][lane];
    ${store}
}
