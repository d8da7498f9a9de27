const int j = blockIdx.x * 128 + threadIdx.x, low = blockIdx.y * ${span}, high = low + ${span} < ${rows} ? low + ${span} : ${rows};
if (j < ${columns}) {
    //:if beta
    if (!beta)
        for (int v = low; v < high; v++) ${to} = 0;
    //:else
    for (int v = low; v < high; v++) ${to} = 0;
    //:end
    for (${f_type} f = 0; f < ${terms}; f++) {
        ${decode}
        const int v = (int)${id};
        if (v >= low && v < high) ${to} += ${from};
    }
}
