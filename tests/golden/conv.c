/* conv.c -- written by gagen: gagen -t c conv.lua

   layer                               output           parameters   conv.lua
   net.0          Conv2d + relu        [N, 8, 12, 12]           80      6
   net.5          Linear               [N, 10]               2 890      7
                                                             2 970

   window   batch 256 = 32 x 8, tail "carry": the next epoch goes on in the same window
   scales   backward starts with  scale_in[0] = 1 / samples, for the loss in line 12
   sums     sums[0] = sum of cross_entropy, line 12
   memory   parameters, gradients, states 62 KiB; packed 12 KiB; arena 98 KiB (lower bound 98)
   a micro-step   0.494 MFLOP in 14 kernels between 5 barriers;  an update   5 232 elements, SGD
   lr 0.1, norm clipped at 1
*/
#include "gagen.h"

enum { N = 8, MICROS = 32 };                            /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* stored as weight[block][in][column]; PyTorch's shapes */
    struct { real weight[3][3][8], pad_0[8], bias[8], pad_1[8]; } net_0;  /* [8, 1, 3, 3] [8] */
    struct { real weight[320][16], bias[16]; } net_5;   /* [10, 288] [10] */
} Params;
_Static_assert(sizeof(Params) == 5232 * sizeof(real), "flat");

static struct {                                         /* rows in memory */
    const uint8_t *image;                               /* [1, 12, 12] */
    const int32_t *label;                               /* one number */
} data;
static Window w;
static double part[1][8], sums[1];                      /* of a micro-batch, in parts; of a window */
_Alignas(64) static Params p, g, s_m;                   /* parameters, gradients, optimizer states */
_Alignas(64) static struct {                            /* made from Params once per update */
    real net_5_weight_t[10][36][8];                     /* [10, 288] */
} packed;
/* Phase k: the kernels after micro's barrier k, from 0. A pad keeps an offset. */
_Alignas(64) static union {                             /* a micro-step's values; the structs share memory */
    real all[24992];
    struct {
        real net_1[N][12][12][8];                       /* [N, 8, 12, 12]  phases 0-3 */
        real net_2[N][6][6][8];                         /* [N, 8, 6, 6]  phases 0-1 */
        real pad[6912], net_4[5][N][64];                /* [N, 288]  phases 1-3 */
        real d_net_2[N][6][6][8];                       /* [N, 288]  phase 3 */
        real div[N][14][14][1];                         /* [N, 1, 12, 12]  phases 0-4 */
        real d_net_5[N][16];                            /* [N, 10]  phases 2-3 */
    };
    struct {
        real pad2[9216], net_5[N][16];                  /* [N, 10]  phase 2 */
        real amax[N];                                   /* [N]  phase 2 */
        real pad3[8], sum_exp[N];                       /* [N]  phase 2 */
        real pad4[8], cross_entropy[N];                 /* [N]  phase 2 */
    };
    struct { real pad5[9216], d_net_0[N][12][12][8]; }; /* [N, 8, 12, 12]  phases 3-4 */
} arena;

static void add_up(int sum, int parts)                  /* in order, whatever the threads */
{
    for (int i = 0; i < parts; i++) sums[sum] += part[sum][i];
}

/* ---- a window ---- */
static void update(const Thread *t);
static void micro_first(const Thread *t, const Micro *m);
static void micro_next(const Thread *t, const Micro *m);

/* 256 samples = 32 x 8; Micro: first sample, rows. The first micro-batch stores gradients, others add. */
static void window_full(const Thread *t)
{
    micro_first(t, &(Micro){ 0, N });
    for (int k = 1; k < MICROS; k++) micro_next(t, &(Micro){ (long)N * k, N });
}

/* Any window, the usual one as well: w.micros micro-batches, w.rows rows in the last. */
static void window_short(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    micro_first(t, &(Micro){ 0, last == 0 ? rows : N });
    for (int k = 1; k <= last; k++)
        micro_next(t, &(Micro){ (long)N * k, k == last ? rows : N });
}

/* A window's gradients and sums. */
static void gradient(const Thread *t)
{
    if (t->id == 0)
        for (int i = 0; i < 1; i++) sums[i] = 0;
    if (w.micros == MICROS && w.rows == N) window_full(t);
    else window_short(t);
}

static void window(const Thread *t)
{
    gradient(t);
    update(t);
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of conv.lua ---- */
static void k15_copy(const Thread *), k1_div(const Thread *, const Micro *), k2_conv2d_3x3_add_relu(const Thread *),
        k3_max_pool2d_2x2(const Thread *), k4_dropout(const Thread *, const Micro *), k5_matmul_add(const Thread *),
        k6_amax_sum_exp_cross_entropy(const Thread *, const Micro *), k7_sum(const Thread *, const Micro *),
        k8_cross_entropy_grad(const Thread *, const Micro *), k9_sum_d_bias(const Thread *, int),
        k10_matmul_dropout_dx(const Thread *, const Micro *), k11_matmul_d_weight(const Thread *, int),
        k12_max_pool2d_grad_2x2_relu_dx(const Thread *), k13_sum_d_bias(const Thread *, int),
        k14_conv2d_weight_3x3_d_weight(const Thread *, int);
static void forward(const Thread *t, const Micro *m);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
INLINE void micro(const Thread *t, const Micro *m, const int beta)
{
    forward(t, m);
    k8_cross_entropy_grad(t, m);                        /* d_net_5  [N, 10]  line 12 */
    barrier(t);
    if (t->id == 0) add_up(0, 8);
    k9_sum_d_bias(t, beta);                             /* d net.5.bias  [10]  line 7 */
    k10_matmul_dropout_dx(t, m);                        /* d_net_2  [N, 288]  line 7 */
    k11_matmul_d_weight(t, beta);                       /* d net.5.weight  [10, 288]  line 7 */
    k12_max_pool2d_grad_2x2_relu_dx(t);                 /* d_net_0  [N, 8, 12, 12]  line 6 */
    barrier(t);
    k13_sum_d_bias(t, beta);                            /* d net.0.bias  [8]  line 6 */
    k14_conv2d_weight_3x3_d_weight(t, beta);            /* d net.0.weight  [8, 1, 3, 3]  line 6 */
    barrier(t);
}

NOINLINE void micro_first(const Thread *t, const Micro *m) { micro(t, m, 0); }
NOINLINE void micro_next(const Thread *t, const Micro *m)  { micro(t, m, 1); }

/* The forward part. */
static void forward(const Thread *t, const Micro *m)
{
    k1_div(t, m);                                       /* div  [N, 1, 12, 12]  line 12 */
    k2_conv2d_3x3_add_relu(t);                          /* net_1  [N, 8, 12, 12]  line 6 */
    k3_max_pool2d_2x2(t);                               /* net_2  [N, 8, 6, 6]  line 6 */
    barrier(t);
    k4_dropout(t, m);                                   /* net_4  [N, 288]  line 7 */
    barrier(t);
    k5_matmul_add(t);                                   /* net_5  [N, 10]  line 7 */
    k6_amax_sum_exp_cross_entropy(t, m);                /* amax, sum_exp, cross_entropy  [N]  line 12 */
    k7_sum(t, m);                                       /* part[0]  []  line 12 */
}

/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
/* matmul: c = a b, or c += a b; runtime/contract.h explains its fields. */
/* conv2d, conv2d_data, conv2d_weight: a convolution of one image, the gradients of x and weight. */
/* k15  net_5_weight_t = copy  [10, 288]                                tests/golden/conv.lua:7 */
static void k15_copy(const Thread *t)
{
    for_span (one, t, 1)
        for (int i = 0; i < 10; i++)
            for (int i2_6 = 0; i2_6 < 6; i2_6++)
                for (int i2_1 = 0; i2_1 < 6; i2_1++)
                    for (int j = 0; j < 8; j++)
                        packed.net_5_weight_t[i][i2_6 * 6 + i2_1][j] = p.net_5.weight[j * 36 + i2_6 * 6 + i2_1][i];
}

/* k1  div  [N, 1, 12, 12]                                              tests/golden/conv.lua:12 */
static void k1_div(const Thread *t, const Micro *m)
{
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        for (int r = 0; r < 12; r++)
            for (int j = 0; j < 12; j++)
                arena.div[n][r + 1][j + 1][0] = (real)data.image[at * 144 + r * 12 + j] / 255;
        zero_halo((real *)arena.div + n * 196, 14, 14, 1, 1, 1, 1, 1);
    }
}

/* k2  net_1 = conv2d, add, relu  [N, 8, 12, 12]                        tests/golden/conv.lua:6 */
static void k2_conv2d_3x3_add_relu(const Thread *t)
{
    for_span (n, t, 8) {
        conv2d((Conv2d) { .size = { 12, 12 }, .taps = { 3, 3 }, .in = 1, .out = 8, .line = 14 }, arena.div[n][0][0],
                p.net_0.weight[0][0], arena.net_1[n][0][0], 0);
        for (int r = 0; r < 12; r++)
            for (int c = 0; c < 12; c++)
                for (int j = 0; j < 8; j += LANES8) {
                    const vec8 v = v8_load(&arena.net_1[n][r][c][j]) + v8_load(&p.net_0.bias[j]);
                    v8_store(&arena.net_1[n][r][c][j], v8_select(v <= 0, v8_set(0), v));
                }
    }
}

/* k3  net_2 = max_pool2d  [N, 8, 6, 6]                                 tests/golden/conv.lua:6 */
static void k3_max_pool2d_2x2(const Thread *t)
{
    for_span (n, t, 8)
        for (int r = 0; r < 6; r++)
            for (int c = 0; c < 6; c++)
                for (int j = 0; j < 8; j += LANES8) {
                    vec8 best = v8_set(-INFINITY);
                    for (int ky = 0; ky < 2; ky++)
                        for (int kx = 0; kx < 2; kx++) {
                            const vec8 v = v8_load(&arena.net_1[n][r * 2 + ky][c * 2 + kx][j]);
                            best = v8_select((v > best) | (v != v), v, best);
                        }
                    v8_store(&arena.net_2[n][r][c][j], best);
                }
}

/* k4  net_4 = dropout  [N, 288]                                        tests/golden/conv.lua:7 */
static void k4_dropout(const Thread *t, const Micro *m)
{
    const uint64_t consumed = (uint64_t)(w.first + m->from);
    const uint64_t seed = w.seed;
    const bool training = w.training;
    for_span (s, t, 5)
        for (int n = 0; n < N; n++) {
            for (int j = 0, j_to = 288 - s * 64 < 64 ? 288 - s * 64 : 64; j < j_to; j++) {
                const int e = s * 64 + j;
                const real x = arena.net_2[n][e / 6 % 6][e % 6][e / 36];
                arena.net_4[s][n][j] = training ? (noise_uniform(seed, consumed + n, 0x5a6fa3a6u,
                        (uint32_t)(s * 64 + j)) < R(0.2) ? 0 : x * R(1.25)) : x;
            }
            for (int j = 288 - s * 64 < 64 ? 288 - s * 64 : 64; j < 64; j++)
                arena.net_4[s][n][j] = 0;
        }
}

/* k5  net_5 = matmul, add  [N, 10]                                     tests/golden/conv.lua:7 */
static void k5_matmul_add(const Thread *t)
{
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 16, .depth = 320, .blocks = 5, .block = 512 }, arena.net_4[0][n],
                p.net_5.weight[0], arena.net_5[n], 0);
        for (int j = 0; j < 16; j += LANES)
            v_store(&arena.net_5[n][j], v_keep(v_load(&arena.net_5[n][j]) + v_load(&p.net_5.bias[j]), 10 - j));
    }
}

/* k6  amax, sum_exp, cross_entropy  [N]                                tests/golden/conv.lua:12 */
static void k6_amax_sum_exp_cross_entropy(const Thread *t, const Micro *m)
{
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        const int label = data.label[at];
        vec lane_max = v_set(-INFINITY);
        for (int j = 0; j < 16; j += LANES) {
            const vec term = v_load(&arena.net_5[n][j]);
            lane_max = v_max(lane_max, v_select(v_iota() + (real)j < 10, term, v_set(-INFINITY)));
        }
        const real max = v_hmax(lane_max);
        arena.amax[n] = max;
        vec lane_sum = v_set(0);
        for (int j = 0; j < 16; j += LANES)
            lane_sum += v_keep(v_exp(v_load(&arena.net_5[n][j]) - max), 10 - j);
        const real sum = v_sum(lane_sum);
        arena.sum_exp[n] = sum;
        vec lane_target = v_set(0);
        for (int j = 0; j < 16; j += LANES) {
            const vec x = v_load(&arena.net_5[n][j]);
            lane_target += v_keep(v_select(v_iota() + (real)j == (real)label, x, v_set(0)), 10 - j);
        }
        const real target = v_sum(lane_target);
        arena.cross_entropy[n] = r_log(sum) + max - target;
    }
}

/* k7  part[0] = sum  []                                                tests/golden/conv.lua:12 */
static void k7_sum(const Thread *t, const Micro *m)
{
    const int rows = m->rows;
    for_span (n, t, 8) {
        double total = 0;
        if (n < rows)
            total += arena.cross_entropy[n];
        part[0][n] = total;
    }
}

/* k8  d_net_5 = cross_entropy_grad  [N, 10]                            tests/golden/conv.lua:12 */
static void k8_cross_entropy_grad(const Thread *t, const Micro *m)
{
    const real scale_in0 = w.scale_in[0];
    const int rows = m->rows;
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        const int label = data.label[at];
        const real scale = n < rows ? scale_in0 : 0;
        const real max = arena.amax[n];
        const real sum = arena.sum_exp[n];
        for (int j = 0; j < 16; j += LANES) {
            const vec x = v_load(&arena.net_5[n][j]);
            v_store(&arena.d_net_5[n][j], v_keep(scale == 0 ? v_set(0) : scale
                    * (v_exp(x - max) / sum - v_select(v_iota() + (real)j == (real)label, v_set(1), v_set(0))),
                    10 - j));
        }
    }
}

/* k9  d net.5.bias = sum  [10]                                         tests/golden/conv.lua:7 */
INLINE void k9_sum_d_bias(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 16; j += LANES) {
            vec sum = v_set(0);
            for (int n = 0; n < N; n++)
                sum += v_load(&arena.d_net_5[n][j]);
            const vec old = v_load(&g.net_5.bias[j]), more = v_keep(sum, 10 - j);
            v_store(&g.net_5.bias[j], beta ? old + more : more);
        }
}

/* k10  d_net_2 = matmul, dropout_dx  [N, 288]                          tests/golden/conv.lua:7 */
static void k10_matmul_dropout_dx(const Thread *t, const Micro *m)
{
    const uint64_t consumed = (uint64_t)(w.first + m->from);
    const uint64_t seed = w.seed;
    const bool training = w.training;
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 288, .depth = 10 }, arena.d_net_5[n], packed.net_5_weight_t[0][0],
                arena.d_net_2[n][0][0], 0);
        for (int i2_6 = 0; i2_6 < 6; i2_6++)
            for (int i2_1 = 0; i2_1 < 6; i2_1++)
                for (int j = 0; j < 8; j += LANES8) {
                    const vec8 v = v8_load(&arena.d_net_2[n][i2_6][i2_1][j]);
                    real u[LANES8];
                    noise_fill(u, LANES8, seed, consumed + n, 0x5a6fa3a6u, (uint32_t)(i2_6 * 6 + i2_1 + j * 36), 36);
                    const vec8 u2 = v8_load(u);
                    v8_store(&arena.d_net_2[n][i2_6][i2_1][j],
                            training ? v8_select(u2 < R(0.2), v8_set(0), v * R(1.25)) : v);
                }
    }
}

/* k11  d net.5.weight = matmul  [10, 288]                              tests/golden/conv.lua:7 */
INLINE void k11_matmul_d_weight(const Thread *t, const int beta)
{
    for_span (q, t, 5)
        matmul((Matmul) { .rows = 64, .columns = 16, .depth = N, .a_turned = true }, arena.net_4[q][0],
                arena.d_net_5[0], g.net_5.weight[q * 64], beta);
}

/* k12  d_net_0 = max_pool2d_grad, relu_dx  [N, 8, 12, 12]              tests/golden/conv.lua:6 */
static void k12_max_pool2d_grad_2x2_relu_dx(const Thread *t)
{
    for_span (n, t, 8)
        for (int r = 0; r < 6; r++)
            for (int c = 0; c < 6; c++)
                for (int j = 0; j < 8; j += LANES8) {
                    vec8 best = v8_set(-INFINITY);
                    for (int ky = 0; ky < 2; ky++)
                        for (int kx = 0; kx < 2; kx++) {
                            const vec8 v = v8_load(&arena.net_1[n][r * 2 + ky][c * 2 + kx][j]);
                            best = v8_select((v > best) | (v != v), v, best);
                        }
                    const vec8 gy = v8_load(&arena.d_net_2[n][r][c][j]);
                    vec8 open = v8_set(1);
                    for (int ky = 0; ky < 2; ky++)
                        for (int kx = 0; kx < 2; kx++) {
                            const vec8 share = v8_select(v8_load(&arena.net_1[n][r * 2 + ky][c * 2 + kx][j]) == best,
                                    open, v8_set(0));
                            const vec8 v2 = v8_select(share > 0, gy, v8_set(0));
                            v8_store(&arena.d_net_0[n][r * 2 + ky][c * 2 + kx][j],
                                    v8_select(v8_load(&arena.net_1[n][r * 2 + ky][c * 2 + kx][j]) <= 0, v8_set(0), v2));
                            open = open - share;
                        }
                }
}

/* k13  d net.0.bias = sum  [8]                                         tests/golden/conv.lua:6 */
INLINE void k13_sum_d_bias(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++) {
                vec8 row = v8_set(0);
                for (int r = 0; r < 12; r++)
                    for (int c = 0; c < 12; c++)
                        row += v8_load(&arena.d_net_0[n][r][c][j]);
                sum += row;
            }
            const vec8 old = v8_load(&g.net_0.bias[j]);
            v8_store(&g.net_0.bias[j], beta ? old + sum : sum);
        }
}

/* k14  d net.0.weight = conv2d_weight  [8, 1, 3, 3]                    tests/golden/conv.lua:6 */
INLINE void k14_conv2d_weight_3x3_d_weight(const Thread *t, const int beta)
{
    for_span (q, t, 3)
        for (int n = 0; n < N; n++)
            conv2d_weight((Conv2d) { .size = { 12, 12 }, .taps = { 1, 3 }, .in = 1, .out = 8, .line = 14 },
                    arena.div[n][q][0], arena.d_net_0[n][0][0], g.net_0.weight[q][0], n ? 1 : beta);
}

/* ---- the update ---- */
/* What is made from parameters once per update. */
static void prepare(const Thread *t)
{
    k15_copy(t);                                        /* net_5_weight_t  [10, 288]  line 7 */
    barrier(t);
}

enum { BLOCK = 4096, BLOCKS = (5232 + BLOCK - 1) / BLOCK };

static double squares[BLOCKS];

/* the square of the gradient's norm over [from, to), sixteen sums side by side */
static double norm_of(long from, long to)
{
    const real *gradient_at = (const real *)&g;
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
static double square(const Thread *t)
{
    double sum = 0;
    for_span (b, t, BLOCKS)
        squares[b] = norm_of((long)b * BLOCK,
            b == BLOCKS - 1 ? 5232 : (b + 1L) * BLOCK);
    barrier(t);
    for (int b = 0; b < BLOCKS; b++) sum += squares[b];
    return sum;
}

/* w.norm of the whole gradient; w.clip = min(1, 1 / (norm + 1e-6)) */
static void norm(const Thread *t)
{
    const double sum = square(t);
    if (t->id == 0) {
        w.norm = sqrt(sum);
        w.clip = 1 / (w.norm + 1e-6);
        if (w.clip > 1) w.clip = 1;
    }
    barrier(t);
}

/* SGD over [from, to) of the flat arrays, in one pass
   m = momentum * m + g; p = p - lr * m */
static void optimize(long from, long to)
{
    const real *dx_at = (const real *)&g;
    real *x_at = (real *)&p;
    real *m_at = (real *)&s_m;
    const real scale = (real)w.clip;
    const real rate = w.rate;
    for (long i = from; i < to; i += LANES) {
        const vec x = v_load(&x_at[i]);
        const vec dx = v_load(&dx_at[i]) * scale;
        const vec old_m = v_load(&m_at[i]);
        const vec new_m = R(0.9) * old_m + dx;
        v_store(&m_at[i], new_m);
        v_store(&x_at[i], x - rate * (dx + R(0.9) * new_m));
    }
    stored();
}

static void update(const Thread *t)
{
    norm(t);
    for_span (b, t, BLOCKS)
        optimize((long)b * BLOCK,
            b == BLOCKS - 1 ? 5232 : (b + 1L) * BLOCK);
    barrier(t);
    prepare(t);
}

/* The sums of w.micros micro-batches. */
static void evaluate(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    if (t->id == 0)
        for (int i = 0; i < 1; i++) sums[i] = 0;
    for (int k = 0; k <= last; k++) {
        forward(t, &(Micro){ (long)N * k, k == last ? rows : N });
        barrier(t);
        if (t->id == 0) add_up(0, 8);
    }
}

/* ---- the program as the runtime sees it ---- */
/* 0.1, at update t of T, E to an epoch */
static double learning_rate(double t, double T, double E)
{
    (void)t, (void)T, (void)E;
    return 0.1;
}

/* Before each window: its scales and the optimizer's constants. to->samples is its size. */
static void scalars(Window *to)
{
    const double samples = (double)to->samples;
    to->rate = (real)to->lr;
    to->scale_in[0] = (real)(1.0 / samples);
    to->count = (double)to->samples;
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    out[0] = s[0] / samples;                            /* loss */
}

static const Tensor tensors[] = {
    { "net.0.weight", 4, { 8, 1, 3, 3 }, { { { 1, 0, 1 } }, { { 1, 0, 8 } }, { { 1, 0, 24 } }, { { 1, 0, 8 } } }, 0,
            UNIFORM(0.3333333333333333) },
    { "net.0.bias", 1, { 8 }, { { { 1, 0, 1 } } }, 80, UNIFORM(0.3333333333333333) },
    { "net.5.weight", 2, { 10, 288 }, { { { 1, 0, 1 } }, { { 1, 64, 16 }, { 64, 0, 1024 } } }, 96,
            UNIFORM(0.05892556509887897) },
    { "net.5.bias", 1, { 10 }, { { { 1, 0, 1 } } }, 5216, UNIFORM(0.05892556509887897) },
};

static const Column columns[] = {
    { .name = "image", .type = 'b', .rank = 3, .dim = { 1, 12, 12 },
        .source = "image", .base = (const void **)&data.image },
    { .name = "label", .type = 'i', .rank = 0, .dim = { 0 }, .classes = 10,
        .source = "label", .base = (const void **)&data.label },
};

static const ReportName reports[] = { { "loss", false, false } };

static real *const flat[] = { (real *)&p, (real *)&g, (real *)&s_m };

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 256, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

static const Program gagen_conv = {
    .name = "conv",
    .model = {
        .fingerprint = 0x7eb5ba1fb7f4ea51u,
        .tensors = tensors, .ntensors = 4,
        .elements = 5232, .flat = flat, .nstates = 1, .state_names = { "m" },
        .reports = reports, .nreports = 1, .nsums = 1,
        .report = report,
    },
    .schedule = {
        .batch = N * MICROS, .micro_batch = N, .accumulate = MICROS,
        .epochs = 1, .updates = 0, .seed = 0,
        .tail = 'c',
        .steps = steps, .nsteps = 1, .round = 256,
        .best = 0,
    },
    .data = {
        .reader = "idx", .path = "digits",
        .valid = 0, .test = 0, .shuffle = true,
        .columns = columns, .ncolumns = 2,
    },
    .device = {
        .target = "c", .machine = GG_BUILT_FOR, .memory = sizeof p * 3 + sizeof packed + sizeof arena,
        .w = &w, .sums = sums,
        .prepare = prepare, .evaluate = evaluate,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_conv); }
