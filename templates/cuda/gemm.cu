__shared__ real as[16][64 + 1], bs[16][${width} + 1];
const int tx = threadIdx.x % 16, ty = threadIdx.x / 16, row0 = ${row0}, column0 = ${column0};
real acc[4][${wide}] = {};
//:if parts
const int from = ${from}, to = from + ${span} < ${k} ? from + ${span} : ${k};
//:else
const int from = 0, to = ${k};
//:end
//:if batch
const int batch = ${batch_index};
//:end
for (int k0 = from; k0 < to; k0 += 16) {
    for (int i = threadIdx.x; i < 16 * 64; i += 256) {
        //:if a_by_depth
        const int at = i % 16, r = i / 16;
        //:else
        const int at = i / 64, r = i % 64;
        //:end
        //:if batch
        as[at][r] = row0 + r < ${m} && k0 + at < to ? ${ident}_a(dev, batch, row0 + r, k0 + at) : 0;
        //:else
        as[at][r] = row0 + r < ${m} && k0 + at < to ? ${ident}_a(dev, row0 + r, k0 + at) : 0;
        //:end
    }
    for (int i = threadIdx.x; i < 16 * ${width}; i += 256) {
        //:if b_by_depth
        const int at = i % 16, c = i / 16;
        //:else
        const int at = i / ${width}, c = i % ${width};
        //:end
        //:if batch
        bs[at][c] = column0 + c < ${n} && k0 + at < to ? ${ident}_b(dev, batch, column0 + c, k0 + at) : 0;
        //:else
        bs[at][c] = column0 + c < ${n} && k0 + at < to ? ${ident}_b(dev, column0 + c, k0 + at) : 0;
        //:end
    }
    __syncthreads();
    #pragma unroll
    for (int at = 0; at < 16; at++) {
        real a[4];
        #pragma unroll
        for (int i = 0; i < 4; i++) a[i] = as[at][i * 16 + ty];
        #pragma unroll
        for (int j = 0; j < ${wide}; j++) {
            const real b = bs[at][j * 16 + tx];
            #pragma unroll
            for (int i = 0; i < 4; i++) acc[i][j] = r_fma(a[i], b, acc[i][j]);
        }
    }
    __syncthreads();
}
#pragma unroll
for (int i = 0; i < 4; i++)
    #pragma unroll
    for (int j = 0; j < ${wide}; j++) {
        const int row = row0 + i * 16 + ty, column = column0 + j * 16 + tx;
        if (row < ${m} && column < ${n}) {
            ${store}
        }
    }
