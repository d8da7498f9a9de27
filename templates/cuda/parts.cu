const unsigned id = blockIdx.x * 256u + threadIdx.x;
if (id < ${m} * ${n}) {
    const int row = id / ${n}, column = id % ${n};
    real sum = 0;
    for (int i = 0; i < ${parts}; i++) sum += dev->long_sums[(i * ${m} + row) * ${n} + column];
    ${result}
}
