enum { ${prefix}BLOCK = 4096, ${prefix}BLOCKS = (${owned} + ${prefix}BLOCK - 1) / ${prefix}BLOCK };

//:if norm
/* the square of the gradient's norm, a block of the flat array to a block of threads */
static __global__ __launch_bounds__(256) void ${prefix}squares(Device *dev)
{
    const real *gradient = (const real *)&dev->g;
    const double scale = (double)dev->w.scale_out;
    double sum = 0;
    for (long i = ${begin}blockIdx.x * (long)${prefix}BLOCK + threadIdx.x;
         i < ${end} && i < ${begin}(blockIdx.x + 1L) * ${prefix}BLOCK; i += 256) {
        const double dx = (double)gradient[i] * scale;
        sum += dx * dx;
    }
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) dev->squares[blockIdx.x] = sum;
}

//:if noise
/* w.small: the square of the norm of the first micro-batch's mean gradient. That mean is over
   w.part, the window's is over w.count. */
static __global__ __launch_bounds__(256) void ${prefix}noise(Device *dev)
{
    double sum = 0;
    for (int b = threadIdx.x; b < ${prefix}BLOCKS; b += 256) sum += dev->squares[b];
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) {
        Window &w = dev->w;
        //:if noise_sums
        const double *sums = dev->sums;
        //:end
        ${part_samples}
        w.part = ${part};
        w.small = sum * (${part_mean}) * (${part_mean});
    }
}

static void ${prefix}noise_steps(void)
{
    GG_LAUNCH(${prefix}squares, ${prefix}BLOCKS, 256, 0, gg_stream, device);
    GG_LAUNCH(${prefix}noise, 1, 256, 0, gg_stream, device);
}

//:end
/* w.norm of the whole gradient${norm_does} */
static __global__ __launch_bounds__(256) void ${prefix}norm(Device *dev)
{
    double sum = 0;
    for (int b = threadIdx.x; b < ${prefix}BLOCKS; b += 256) sum += dev->squares[b];
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) {
        Window &w = dev->w;
        w.norm = sqrt(sum);
        //:if checked
        if (!(w.norm <= DBL_MAX)) w.count = 0;
        //:end
        //:if clip
        w.clip = ${clip} / (w.norm + 1e-6);
        if (w.clip > 1) w.clip = 1;
        //:end
    }
}

//:end
//:if trust
/* The tensors of the flat arrays, in pieces: a block of threads has a piece and the squares of the
   lengths of its x and u. A tensor has `trust`, the quotient of its two lengths, or 1. */
enum { ${prefix}TENSORS = ${tensors}, ${prefix}PIECES = ${pieces} };
static __device__ const long ${prefix}tensor_at[] = { ${tensor_at} };
static __device__ const int ${prefix}piece_at[] = { ${piece_at} };

static __device__ inline int ${prefix}tensor_of(int piece, long *from, long *to)
{
    int k = 0;
    while (piece >= ${prefix}piece_at[k + 1]) k++;
    *from = ${prefix}tensor_at[k] + (piece - ${prefix}piece_at[k]) * (long)${prefix}BLOCK;
    const long whole = *from + ${prefix}BLOCK, end = ${prefix}tensor_at[k + 1];
    *to = whole < end ? whole : end;
    return k;
}

/* new states; the squares of two lengths */
static __global__ __launch_bounds__(256) void ${prefix}measure(Device *dev)
{
    const Window &w = dev->w;
    long from, to;
    ${prefix}tensor_of((int)blockIdx.x, &from, &to);
    double xx = 0, uu = 0;
    ${measure_pointers}
    //:if may_be_left_out
    if (${left_out}) return;
    //:end
    //:for k in groups
    //:if adapts
    if (from >= ${from} && from < ${to}) {
        ${measure_constants}
        for (long i = from + threadIdx.x; i < to; i += 256) {
            ${measure_body}
            xx += (double)x * (double)x, uu += (double)u * (double)u;
        }
    }
    //:end
    //:end
    xx = gg_fold_sum<256>(xx);
    uu = gg_fold_sum<256>(uu);
    if (threadIdx.x == 0) dev->lengths[blockIdx.x][0] = xx, dev->lengths[blockIdx.x][1] = uu;
}

/* a tensor to a warp */
static __global__ __launch_bounds__(32) void ${prefix}trust(Device *dev)
{
    const int k = (int)blockIdx.x;
    double xx = 0, uu = 0;
    for (int b = ${prefix}piece_at[k] + (int)threadIdx.x; b < ${prefix}piece_at[k + 1]; b += 32)
        xx += dev->lengths[b][0], uu += dev->lengths[b][1];
    xx = gg_fold_sum<32>(xx);
    uu = gg_fold_sum<32>(uu);
    if (threadIdx.x == 0) dev->trust[k] = xx > 0 && uu > 0 ? (real)sqrt(xx / uu) : 1;
}

/* ${optimizer} over the pieces
   ${doc} */
static __global__ __launch_bounds__(256) void ${prefix}optimize(Device *dev)
{
    const Window &w = dev->w;
    long from, to;
    const real trust = dev->trust[${prefix}tensor_of((int)blockIdx.x, &from, &to)];
    ${pointers}
    //:if may_be_left_out
    if (${left_out}) return; @@ nothing in this window counts, or it is not finite
    //:end
    //:for k in groups
    if (from >= ${from} && from < ${to}) { @@ ${who}
        ${constants}
        for (long i = from + threadIdx.x; i < to; i += 256) {
            ${body}
        }
    }
    //:end
}

//:else
/* ${optimizer} over the flat arrays, in one pass
   ${doc} */
static __global__ __launch_bounds__(256) void ${prefix}optimize(Device *dev)
{
    const Window &w = dev->w;
    const long i = ${begin}blockIdx.x * 256L + threadIdx.x;
    ${pointers}
    //:if one
    //:for k in groups
    ${constants}
    //:end
    //:end
    //:if may_be_left_out
    if (${left_out}) return; @@ nothing in this window counts, or it is not finite
    //:end
    //:for k in groups
    //:if one
    if (i < ${to}) {
        ${body}
    }
    //:else
    if (i >= ${from} && i < ${to}) { @@ ${who}
        ${constants}
        ${body}
    }
    //:end
    //:end
}

//:end
static void ${prefix}update_steps(void)
{
    //:if norm
    GG_LAUNCH(${prefix}squares, ${prefix}BLOCKS, 256, 0, gg_stream, device);
    GG_LAUNCH(${prefix}norm, 1, 256, 0, gg_stream, device);
    //:end
    //:if trust
    GG_LAUNCH(${prefix}measure, ${prefix}PIECES, 256, 0, gg_stream, device);
    GG_LAUNCH(${prefix}trust, ${prefix}TENSORS, 32, 0, gg_stream, device);
    GG_LAUNCH(${prefix}optimize, ${prefix}PIECES, 256, 0, gg_stream, device);
    //:else
    GG_LAUNCH(${prefix}optimize, (${owned} + 255) / 256, 256, 0, gg_stream, device);
    //:end
    //:if repacked
    prepare_steps();
    //:end
}
