double total = 0;
for (${f_type} ${f} = threadIdx.x; ${f} < ${count}; ${f} += ${threads})${brace}
    ${decode_term}
    ${inner}
${close}
total = gg_fold_sum<${threads}>(total);
if (threadIdx.x == 0) sums[${sum}] += total;
