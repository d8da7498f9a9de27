enum { ${prefix}BLOCK = 4096, ${prefix}BLOCKS = (${owned} + ${prefix}BLOCK - 1) / ${prefix}BLOCK };

//:if norm
static double ${prefix}squares[${prefix}BLOCKS];

/* the square of the gradient's norm over [from, to), sixteen sums side by side */
static double ${prefix}norm_of(long from, long to)
{
    const real *gradient_at = (const real *)&${storage}g;
    double lane[16] = { 0 }, sum = 0;
    for (long i = from; i < to; i += 16)
        for (int j = 0; j < 16; j++) {
            const double dx = (double)gradient_at[i + j] * (double)w.scale_out;
            lane[j] += dx * dx;
        }
    for (int j = 0; j < 16; j++) sum += lane[j];
    return sum;
}

/* The square of the whole gradient's norm, in each thread. Blocks' squares are added in order. */
static double ${prefix}square(const Thread *t)
{
    double sum = 0;
    for_span (b, t, ${prefix}BLOCKS)
        ${prefix}squares[b] = ${prefix}norm_of(${begin}(long)b * ${prefix}BLOCK,
            b == ${prefix}BLOCKS - 1 ? ${end} : ${begin}(b + 1L) * ${prefix}BLOCK);
    barrier(t);
    for (int b = 0; b < ${prefix}BLOCKS; b++) sum += ${prefix}squares[b];
    return sum;
}

//:if noise
/* w.small: the square of the norm of the first micro-batch's mean gradient. That mean is over
   w.part, the window's is over w.count. */
static void ${prefix}noise(const Thread *t, const Micro *m)
{
    const double sum = ${prefix}square(t);
    if (t->id == 0) {
        ${part_samples}
        w.part = ${part};
        w.small = sum * (${part_mean}) * (${part_mean});
    }
    barrier(t);
}

//:end
/* w.norm of the whole gradient${norm_does} */
static void ${prefix}norm(const Thread *t)
{
    const double sum = ${prefix}square(t);
    if (t->id == 0) {
        w.norm = sqrt(sum);
        //:if checked
        if (!(w.norm <= DBL_MAX)) w.count = 0;
        //:end
        //:if clip
        w.clip = ${clip} / (w.norm + 1e-6);
        if (w.clip > 1) w.clip = 1;
        //:end
    }
    barrier(t);
}

//:end
//:if trust
/* The tensors of the flat arrays, in pieces. A piece has the squares of the lengths of its x and u,
   which are added in order. A tensor has the quotient of its two lengths, or 1. */
enum { ${prefix}TENSORS = ${tensors}, ${prefix}PIECES = ${pieces} };
static const long ${prefix}tensor_at[] = { ${tensor_at} };
static const int ${prefix}piece_at[] = { ${piece_at} };
static double ${prefix}lengths[${prefix}PIECES][2];
static real ${prefix}quotient[${prefix}TENSORS];

static int ${prefix}tensor_of(int piece, long *from, long *to)
{
    int k = 0;
    while (piece >= ${prefix}piece_at[k + 1]) k++;
    *from = ${prefix}tensor_at[k] + (piece - ${prefix}piece_at[k]) * (long)${prefix}BLOCK;
    const long whole = *from + ${prefix}BLOCK, end = ${prefix}tensor_at[k + 1];
    *to = whole < end ? whole : end;
    return k;
}

//:for k in groups
//:if adapts
/* new states; the squares of two lengths over [from, to) */
static void ${pass}_measure(long from, long to, double *length)
{
    ${measure_pointers}
    ${measure_constants}
    double xx[16] = { 0 }, uu[16] = { 0 };
    for (long i = from; i < to; i += LANES) {
        ${measure_body}
        for (int j = 0; j < LANES; j++) {
            xx[(i + j) % 16] += (double)x[j] * (double)x[j];
            uu[(i + j) % 16] += (double)u[j] * (double)u[j];
        }
    }
    stored();
    length[0] = length[1] = 0;
    for (int j = 0; j < 16; j++) length[0] += xx[j], length[1] += uu[j];
}

//:end
//:end
static void ${prefix}measure(const Thread *t)
{
    long from, to;
    for_span (b, t, ${prefix}PIECES) {
        ${prefix}tensor_of(b, &from, &to);
        //:for k in groups
        //:if adapts
        if (from >= ${from} && from < ${to}) ${pass}_measure(from, to, ${prefix}lengths[b]);
        //:end
        //:end
    }
    barrier(t);
    for_span (k, t, ${prefix}TENSORS) {
        double xx = 0, uu = 0;
        for (int b = ${prefix}piece_at[k]; b < ${prefix}piece_at[k + 1]; b++)
            xx += ${prefix}lengths[b][0], uu += ${prefix}lengths[b][1];
        ${prefix}quotient[k] = xx > 0 && uu > 0 ? (real)sqrt(xx / uu) : 1;
    }
    barrier(t);
}

//:end
//:for k in groups
//:if one
/* ${optimizer} over [from, to) of the flat arrays, in one pass
   ${doc} */
//:else
/* ${optimizer} over [from, to) of the flat arrays: ${who}
   ${doc} */
//:end
static void ${pass}(long from, long to${ratio})
{
    ${pointers}
    ${constants}
    for (long i = from; i < to; i += LANES) {
        ${body}
    }
    stored();
}

//:end
//:if several
static void ${prefix}optimize(long from, long to${part_ratio}) @@ each group has a part
{
    //:for k in groups
    if (from < ${to} && to > ${from})
        ${pass}(from > ${from} ? from : ${from}, to < ${to} ? to : ${to}${give_ratio});
    //:end
}

//:end
static void ${prefix}update(const Thread *t)
{
    //:if may_be_empty
    if (${empty}) return; @@ nothing in this window counts
    //:end
    //:if norm
    ${prefix}norm(t);
    //:end
    //:if checked
    if (w.count == 0) return; @@ it is not finite
    //:end
    //:if trust
    ${prefix}measure(t);
    for_span (b, t, ${prefix}PIECES) {
        long from, to;
        const int k = ${prefix}tensor_of(b, &from, &to);
        ${prefix}optimize(from, to, ${prefix}quotient[k]);
    }
    //:else
    for_span (b, t, ${prefix}BLOCKS)
        ${prefix}optimize(${begin}(long)b * ${prefix}BLOCK,
            b == ${prefix}BLOCKS - 1 ? ${end} : ${begin}(b + 1L) * ${prefix}BLOCK);
    //:end
    //:if repacked
    barrier(t);
    prepare(t);
    //:end
}
