enum { ${prefix}BLOCK = 4096, ${prefix}BLOCKS = (${owned} + ${prefix}BLOCK - 1) / ${prefix}BLOCK };

//:if norm
/* the square of the gradient's norm, a block of the flat array to a block of threads */
static __global__ __launch_bounds__(256) void ${prefix}squares(Device *dev)
{
    const real *gradient = (const real *)&dev->g;
    const double scale = (double)dev->w.scale_out;
    double sum = 0;
    for (long i = ${begin}blockIdx.x * (long)${prefix}BLOCK + threadIdx.x; i < ${end} && i < ${begin}(blockIdx.x + 1L) * ${prefix}BLOCK; i += 256) {
        const double dx = (double)gradient[i] * scale;
        sum += dx * dx;
    }
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) dev->squares[blockIdx.x] = sum;
}

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
    if (w.count == 0) return; @@ nothing in this window counts, or it is not finite
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

static void ${prefix}update_steps(void)
{
    //:if norm
    GG_LAUNCH(${prefix}squares, ${prefix}BLOCKS, 256, 0, gg_stream, device);
    GG_LAUNCH(${prefix}norm, 1, 256, 0, gg_stream, device);
    //:end
    GG_LAUNCH(${prefix}optimize, (${owned} + 255) / 256, 256, 0, gg_stream, device);
    //:if repacked
    prepare_steps();
    //:end
}
