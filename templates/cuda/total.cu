double total = 0;
for (unsigned f = threadIdx.x; f < ${count}; f += ${threads}) {
    ${decode}
    //:if rows
    if (n < m->rows) { @@ rows that are real
    ${inner}
    }
    //:else
    ${inner}
    //:end
}
total = gg_fold_sum<${threads}>(total);
if (threadIdx.x == 0) sums[${sum}] += total;
