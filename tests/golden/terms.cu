/* terms.cu -- written by gagen: gagen terms.lua

   layer                               output       parameters   terms.lua
   norm           LayerNorm            [N, 4, 6]            12      6
   token          Linear               [N, 4, 5]            35      7
   score          Linear               [N, 1]               25      8
                                                            72

   window   batch 8 = 4 x 2, tail "step": a shorter last window updates, too
   scales   backward starts with  scale_in[0] = 1, for the loss in line 14
                                  scale_in[1] = 0.3 / samples, for the loss in line 14
                                  scale_in[2] = 1 / sums[1], for the loss in line 13, pre-count: counted from the data
                                  before the first backward
   sums     sums[0] = sum of masked, line 13
            sums[1] = sum of kept, line 13
            sums[2] = sum of square, line 14
   memory   parameters, gradients, states 3 KiB; packed 1 KiB; arena 2 KiB (lower bound 2); workspace 32 MiB
   a micro-step   0.00198 MFLOP in 19 kernels;  an update   144 elements, Adam
   lr 0.001
*/
#include "gagen_cuda.h"

enum { N = 2, MICROS = 4 };                             /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* as stored; logical shapes */
    struct { real weight[8], pad_0[8], bias[8], pad_1[8]; } norm;  /* [6] [6] */
    struct { real weight[5][8], pad_2[8], bias[8], pad_3[8]; } token;  /* [5, 6] [5] */
    struct { real weight[4][8], bias[1], pad_5[15]; } score;  /* [1, 24] [1] */
} Params;
static_assert(sizeof(Params) == 144 * sizeof(real), "flat");

typedef struct {                                        /* rows in memory */
    const real *x;                                      /* [24] */
    const int32_t *target;                              /* [4] */
    const real *score;                                  /* one number */
} Data;

typedef struct {                                        /* all that lies on the device */
    alignas(256) Params p;                              /* parameters, gradients, optimizer states */
    Params g, s_m, s_v;
    double sums[4];                                     /* over the window's samples */
    Window w;
    Data data;
    uint32_t row[N * MICROS];                           /* of data, by the window's samples */
    uint32_t row_end;
    alignas(256) struct {                               /* made from parameters once per update */
        real square2[5][8], pad_0[8];                   /* [5, 6] */
        real sum2, pad_1[15];                           /* [] */
        real mul, pad_2[15];                            /* [] */
        real d_sum, pad_3[15];                          /* [] */
        real d_div, pad_4[15];                          /* [] */
    } packed;
    /* A phase is a kernel of micro, from 0; a pad keeps an offset. */
    alignas(256) union {                                /* a micro-step's values; the structs share memory */
        real all[368];
        struct {
            real norm_normalize[N][4][8];               /* [N, 4, 6]  phases 0-15 */
            real h[N][4][8];                            /* [N, 4, 6]  phases 0-16 */
            real token[N][4][8];                        /* [N, 4, 5]  phases 1-13 */
            real cross_entropy[N][4];                   /* [N, 4]  phases 2-3 */
            real pad[8], kept[N][4];                    /* [N, 4]  phases 3-12 */
            real pad2[8], masked[N][4];                 /* [N, 4]  phases 3-4 */
            real pad3[24], amax[N][4];                  /* [N, 4]  phases 2-13 */
            real pad4[8], sum_exp[N][4];                /* [N, 4]  phases 2-13 */
            real pad5[8], d_cross_entropy[N][4];        /* [N, 4]  phases 12-13 */
            real pad6[24], score_matmul[N][24];         /* [N, 24]  phases 10-15 */
        };
        struct {
            real pad7[128], d_h[N][4][8];               /* [N, 4, 6]  phases 15-17 */
            real sub[N][1];                             /* [N, 1]  phases 6-8 */
            real pad8[30], square[N][1];                /* [N, 1]  phases 6-7 */
            real pad9[30], norm_mul_db[N][4][8];        /* [N, 4, 6]  phases 15-18 */
        };
        struct { real pad10[224], d_sub[N][1]; };       /* [N, 1]  phases 8-11 */
        struct { real pad11[192], d_token[N][4][8]; };  /* [N, 4, 5]  phases 13-16 */
    } arena;
} Device;

static Device *device;
static struct {                                         /* what files and options see, allocated at start */
    Params p, g, s_m, s_v;
} *host;
static Data data;
static Window w;
static double sums[4];
static GgMatmul k2, k16;                                /* products that cuBLASLt makes */
static GgMatmul k17[2];                                 /* those of gradients: [0] stores, [1] adds */

/* ---- a window ---- */
static void micro_first(void), update_steps(void), micro_next(void), counting_steps(void), counted_steps(void),
        conclude_steps(void);

/* 8 samples = 4 x 2, one graph: the first micro-batch stores its gradients, others add theirs. */
static void window_full(void)
{
    for (int k = 0; k < MICROS; k++) counting_steps();
    counted_steps();
    micro_first();
    micro_next();
    micro_next();
    micro_next();
    conclude_steps();
    update_steps();
}

/* Recorded once, at start: forward, a micro-step that stores, an update, a micro-step that adds. */
static GgGraph pass, first, step, next, full, counting, counted_graph, conclude;

static void replay_micros(void)
{
    for (int k = 0; k < w.micros; k++) gg_replay(&counting);
    gg_replay(&counted_graph);
    gg_replay(&first);
    for (int k = 1; k < w.micros; k++) gg_replay(&next);
    gg_replay(&conclude);
}

static void gradient(const Thread *)
{
    gg_stage();
    replay_micros();
    gg_finish();
}

static void update(const Thread *) { gg_replay(&step); }

static void window(const Thread *)
{
    gg_stage();
    if (w.micros == MICROS && w.rows == N) gg_replay(&full);
    else replay_micros(), gg_replay(&step);
    gg_finish();
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of terms.lua ---- */
static __global__ void k23_square(Device *), k24_sum(Device *), k25_mul(Device *), k1_normalize_mul_add(Device *),
        k7_matmul_add_sub_square(Device *), k11_matmul(Device *), k12_matmul_d_weight(Device *, int),
        k16_matmul_add_mul_db(Device *), k4_kept_masked_counted(Device *), k20_mul_db(Device *),
        k21_square_dx_d_weight(Device *, int), k22_mul_db(Device *), k6_to_k6_next(Device *), k3_to_k6(Device *),
        k8_to_k10(Device *, int), k13_to_k15_next(Device *, int), k18_to_k19(Device *, int), k8_to_k8_next(Device *);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
static void micro(int beta)
{
    GG_RUN(k1_normalize_mul_add, 1, 256, device);       /* norm_normalize, h  [N, 4, 6]  line 6 */
    gg_matmul_run(&k2);                                 /* k2  token = matmul, add  [N, 4, 5]  line 7 */
    GG_RUN(k3_to_k6, 1, 512, device);
    GG_RUN(k7_matmul_add_sub_square, 1, 256, device);   /* sub, square  [N, 1]  line 8 */
    GG_RUN(k8_to_k10, 1, 512, device, beta);
    GG_RUN(k11_matmul, 1, 256, device);                 /* score_matmul  [N, 24]  line 8 */
    GG_RUN(k12_matmul_d_weight, 1, 256, device, beta);  /* d score.weight  [1, 24]  line 8 */
    GG_RUN(k13_to_k15_next, 1, 512, device, beta);
    gg_matmul_run(&k16);                            /* k16  d_h, norm_mul_db = matmul, add, mul_db  [N, 4, 6]  line 7 */
    GG_RUN(k16_matmul_add_mul_db, 1, 256, device);      /* d_h, norm_mul_db  [N, 4, 6]  line 7 */
    gg_matmul_run(&k17[beta]);                          /* k17  d token.weight = matmul  [5, 6]  line 7 */
    GG_RUN(k18_to_k19, 1, 512, device, beta);
}

static void micro_first(void) { micro(0); }
static void micro_next(void) { micro(1); }

static __global__ void penalties(Device *dev);

/* The forward part of it. */
static void forward(void)
{
    GG_RUN(k1_normalize_mul_add, 1, 256, device);       /* norm_normalize, h  [N, 4, 6]  line 6 */
    gg_matmul_run(&k2);                                 /* k2  token = matmul, add  [N, 4, 5]  line 7 */
    GG_RUN(k3_to_k6, 1, 512, device);
    GG_RUN(k7_matmul_add_sub_square, 1, 256, device);   /* sub, square  [N, 1]  line 8 */
    GG_RUN(k8_to_k8_next, 1, 512, device);
    GG_LAUNCH(penalties, 1, 1, 0, gg_stream, device);
}

/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
/* k23  square2 = square  [5, 6]                                        tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k23_square(Device *dev)
{
    auto &p = dev->p;
    auto &packed = dev->packed;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < 30) {
        const int j = id % 6, i = id / 6;
        const real x = p.token.weight[i][j];
        packed.square2[i][j] = x * x;
    }
}

/* k24  sum2 = sum  []                                                  tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k24_sum(Device *dev)
{
    auto &packed = dev->packed;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    const unsigned id = blockIdx.x * 32u + lane;
    real sum = 0;
    for (int f = share; f < 30 && id < 1; f += 8) {
        const int j = f % 6, i = f / 6;
        sum += packed.square2[i][j];
    }
    sum = gg_add_shares<8>(sum);
    if (share == 0 && id < 1) {
        packed.sum2 = sum;
    }
}

/* k25  mul  []                                                         tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k25_mul(Device *dev)
{
    auto &packed = dev->packed;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < 1) {
        packed.mul = R(0.0001) * packed.sum2;
    }
}

/* k1  norm_normalize, h = normalize, mul, add  [N, 4, 6]               tests/golden/terms.lua:6 */
static __global__ __launch_bounds__(256) void k1_normalize_mul_add(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &p = dev->p;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 8u + threadIdx.x / 32;
    const unsigned lane = threadIdx.x % 32;
    {
        const int i2 = id % 4, n = id / 4;
        const long at = dev->row[m->from + n];
        real sum = 0;
        for (int j = lane; j < 6; j += 32)
            sum += data.x[at * 24 + i2 * 6 + j];
        sum = gg_fold_sum<32>(sum);
        const real mean = sum / 6;
        real squares = 0;
        for (int j = lane; j < 6; j += 32)
            squares += (data.x[at * 24 + i2 * 6 + j] - mean) * (data.x[at * 24 + i2 * 6 + j] - mean);
        squares = gg_fold_sum<32>(squares);
        for (int j = lane; j < 6; j += 32) {
            const real v = (data.x[at * 24 + i2 * 6 + j] - mean) / r_sqrt(squares / 6 + R(1e-5));
            arena.norm_normalize[n][i2][j] = v;
            arena.h[n][i2][j] = v * p.norm.weight[j] + p.norm.bias[j];
        }
    }
}

/* k3  amax, sum_exp, cross_entropy  [N, 4]                             tests/golden/terms.lua:13 */
static __device__ void k3_amax_sum_exp_cross_entropy(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32;
    for (unsigned id = threadIdx.x / 32; id < N * 4; id += 16) {
        const int i2 = id % 4, n = id / 4;
        const long at = dev->row[m->from + n];
        real max = -INFINITY;
        for (int j = lane; j < 5; j += 32)
            max = r_max(max, arena.token[n][i2][j]);
        max = gg_fold_max<32>(max);
        if (lane == 0)
            arena.amax[n][i2] = max;
        real sum = 0;
        for (int j = lane; j < 5; j += 32)
            sum += r_exp(arena.token[n][i2][j] - max);
        sum = gg_fold_sum<32>(sum);
        if (lane == 0)
            arena.sum_exp[n][i2] = sum;
        real target = 0;
        for (int j = lane; j < 5; j += 32) {
            const real x = arena.token[n][i2][j];
            target += j == data.target[at * 4 + i2] ? x : 0;
        }
        target = gg_fold_sum<32>(target);
        if (lane == 0)
            arena.cross_entropy[n][i2] = r_log(sum) + max - target;
    }
}

/* k4  kept, masked  [N, 4]                                             tests/golden/terms.lua:13 */
static __device__ void k4_kept_masked(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    for (unsigned id = threadIdx.x; id < N * 4; id += 512) {
        const int j = id % 4, n = id / 4;
        const long at = dev->row[m->from + n];
        const real v = data.target[at * 4 + j] == -100 ? 0 : 1;
        arena.kept[n][j] = v;
        const real l = arena.cross_entropy[n][j];
        arena.masked[n][j] = v == 0 ? 0 : l * v;
    }
}

/* k5  sums[0] = sum  []; also k6                                       tests/golden/terms.lua:13 */
static __device__ void k5_sum(Device *dev, const real x[N][4], double result[1])
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const int rows = m->rows;
    double total = 0;
    for (int f = threadIdx.x; f < N * 4; f += 512) {
        const int j = f % 4, n = f / 4;
        if (n < rows)
            total += x[n][j];
    }
    total = gg_fold_sum<512>(total);
    if (threadIdx.x == 0)
        result[0] += total;
}

/* k7  sub, square = matmul, add, sub, square  [N, 1]                   tests/golden/terms.lua:8 */
static __global__ __launch_bounds__(256) void k7_matmul_add_sub_square(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &p = dev->p;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const auto a = [&](int, int at) -> real {
        const int i2 = at % 6, i = at / 6;
        return p.score.weight[i][i2];
    };
    const auto b = [&](int column, int at) -> real {
        const int n = column, i2 = at % 6, i = at / 6;
        return arena.h[n][i][i2];
    };
    const auto store = [&](int, int column, real sum) {
        const int n = column;
        const long at = dev->row[m->from + n];
        const real score = data.score[at];
        const real v = sum + p.score.bias[0] - score;
        arena.sub[n][0] = v;
        arena.square[n][0] = v * v;
    };
    gg_tile<1, 2, 1, true, true>(
        0, 0, 0, 24, a, b, store);
}

/* k8  sums[2] = sum  []                                                tests/golden/terms.lua:14 */
static __device__ void k8_sum(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    const int rows = m->rows;
    double total = 0;
    for (int n = threadIdx.x; n < N; n += 512)
        if (n < rows)
            total += arena.square[n][0];
    total = gg_fold_sum<512>(total);
    if (threadIdx.x == 0)
        sums[2] += total;
}

/* k9  d_sub = square_dx  [N, 1]                                        tests/golden/terms.lua:14 */
static __device__ void k9_square_dx(Device *dev)
{
    const Window &w = dev->w;
    const Micro here = gg_micro(w, N), *m = &here;
    auto &arena = dev->arena;
    const real scale_in1 = w.scale_in[1];
    const int rows = m->rows;
    for (unsigned id = threadIdx.x; id < N; id += 512) {
        const int n = id;
        const real scale = n < rows ? scale_in1 : 0;
        arena.d_sub[n][0] = 2 * scale * arena.sub[n][0];
    }
}

/* k10  d score.bias = sum  [1]                                         tests/golden/terms.lua:8 */
static __device__ void k10_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 1; id += 32) {
        real sum = 0;
        for (int n = share; n < N && id < 1; n += 16)
            sum += arena.d_sub[n][0];
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 1) {
            const real old = g.score.bias[0];
            g.score.bias[0] = beta ? old + sum : sum;
        }
        __syncthreads();
    }
}

/* k11  score_matmul = matmul  [N, 24]                                  tests/golden/terms.lua:8 */
static __global__ __launch_bounds__(256) void k11_matmul(Device *dev)
{
    auto &p = dev->p;
    auto &arena = dev->arena;
    const auto a = [&](int row, int) -> real {
        const int n = row;
        return arena.d_sub[n][0];
    };
    const auto b = [&](int column, int) -> real {
        const int i2 = column % 6, i = column / 6;
        return p.score.weight[i][i2];
    };
    const auto store = [&](int row, int column, real sum) {
        const int n = row, i2 = column % 6, i = column / 6;
        arena.score_matmul[n][i * 6 + i2] = sum;
    };
    gg_tile<2, 24, 2, false, false>(
        0, 0, 0, 1, a, b, store);
}

/* k12  d score.weight = matmul  [1, 24]                                tests/golden/terms.lua:8 */
static __global__ __launch_bounds__(256) void k12_matmul_d_weight(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const auto a = [&](int, int at) -> real {
        const int n = at;
        return arena.d_sub[n][0];
    };
    const auto b = [&](int column, int at) -> real {
        const int i2 = column % 6, i = column / 6, n = at;
        return arena.h[n][i][i2];
    };
    const auto store = [&](int, int column, real sum) {
        const int i2 = column % 6, i = column / 6;
        const real old = g.score.weight[i][i2];
        g.score.weight[i][i2] = beta ? old + sum : sum;
    };
    gg_tile<1, 24, 2, true, false>(
        0, 0, 0, 2, a, b, store);
}

/* k13  d_cross_entropy = masked_dl  [N, 4]                             tests/golden/terms.lua:13 */
static __device__ void k13_masked_dl(Device *dev)
{
    const Window &w = dev->w;
    const Micro here = gg_micro(w, N), *m = &here;
    auto &arena = dev->arena;
    const real scale_in2 = w.scale_in[2];
    const int rows = m->rows;
    for (unsigned id = threadIdx.x; id < N * 4; id += 512) {
        const int j = id % 4, n = id / 4;
        const real scale = n < rows ? scale_in2 : 0;
        const real m2 = arena.kept[n][j];
        arena.d_cross_entropy[n][j] = m2 == 0 ? 0 : scale * m2;
    }
}

/* k14  d_token = cross_entropy_grad  [N, 4, 5]                         tests/golden/terms.lua:13 */
static __device__ void k14_cross_entropy_grad(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32;
    for (unsigned id = threadIdx.x / 32; id < N * 4; id += 16) {
        const int i2 = id % 4, n = id / 4;
        const long at = dev->row[m->from + n];
        const real t2 = data.target[at * 4 + i2];
        const real max = arena.amax[n][i2];
        const real sum = arena.sum_exp[n][i2];
        const real gy = arena.d_cross_entropy[n][i2];
        for (int j = lane; j < 5; j += 32) {
            const real x = arena.token[n][i2][j];
            arena.d_token[n][i2][j] = gy == 0 ? 0 : gy * (r_exp(x - max) / sum - (j == t2 ? 1 : 0));
        }
    }
}

/* k15  d token.bias = sum  [5]                                         tests/golden/terms.lua:7 */
static __device__ void k15_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 5; id += 32) {
        const int j = id;
        real sum = 0;
        for (int f = share; f < N * 4 && id < 5; f += 16) {
            const int i2 = f % 4, n = f / 4;
            sum += arena.d_token[n][i2][j];
        }
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 5) {
            const real old = g.token.bias[j];
            g.token.bias[j] = beta ? old + sum : sum;
        }
        __syncthreads();
    }
}

/* k16  d_h, norm_mul_db = matmul, add, mul_db  [N, 4, 6], after the product  tests/golden/terms.lua:7 */
static __global__ __launch_bounds__(256) void k16_matmul_add_mul_db(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 24) {
        const int j = id % 6, i2 = id / 6 % 4, n = id / 24;
        const real v = arena.score_matmul[n][i2 * 6 + j] + arena.d_h[n][i2][j];
        arena.d_h[n][i2][j] = v;
        arena.norm_mul_db[n][i2][j] = v * arena.norm_normalize[n][i2][j];
    }
}

/* k18  d norm.bias = sum  [6]; also k19                                tests/golden/terms.lua:6 */
static __device__ void k18_sum_d_bias(const real x[N][4][8], real dx[8], int beta)
{
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 6; id += 32) {
        const int j = id;
        real sum = 0;
        for (int f = share; f < N * 4 && id < 6; f += 16) {
            const int i2 = f % 4, n = f / 4;
            sum += x[n][i2][j];
        }
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 6) {
            const real old = dx[j];
            dx[j] = beta ? old + sum : sum;
        }
        __syncthreads();
    }
}

/* k4  kept  [N, 4]                                                     tests/golden/terms.lua:13 */
static __global__ __launch_bounds__(256) void k4_kept_masked_counted(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 4) {
        const int j = id % 4, n = id / 4;
        const long at = dev->row[m->from + n];
        arena.kept[n][j] = data.target[at * 4 + j] == -100 ? 0 : 1;
    }
}

/* k20  d_sum = mul_db  []                                              tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k20_mul_db(Device *dev)
{
    const Window &w = dev->w;
    auto &packed = dev->packed;
    const real scale_in0 = w.scale_in[0];
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < 1) {
        packed.d_sum = scale_in0 * R(0.0001);
    }
}

/* k21  d token.weight = square_dx  [5, 6]                              tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k21_square_dx_d_weight(Device *dev, int beta)
{
    auto &p = dev->p;
    auto &g = dev->g;
    auto &packed = dev->packed;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < 30) {
        const int j = id % 6, i = id / 6;
        const real old = g.token.weight[i][j], more = 2 * packed.d_sum * p.token.weight[i][j];
        g.token.weight[i][j] = beta ? old + more : more;
    }
}

/* k22  d_div = mul_db  []                                              tests/golden/terms.lua:14 */
static __global__ __launch_bounds__(256) void k22_mul_db(Device *dev)
{
    auto &packed = dev->packed;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < 1) {
        packed.d_div = R(0.3);
    }
}

/* k6 to k6, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k6_to_k6_next(Device *dev)
{
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    k5_sum(dev, arena.kept, &sums[1]);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

/* k3 to k6, one after another */
static __global__ __launch_bounds__(512) void k3_to_k6(Device *dev)
{
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    k3_amax_sum_exp_cross_entropy(dev);
    __syncthreads();
    k4_kept_masked(dev);
    __syncthreads();
    k5_sum(dev, arena.masked, &sums[0]);
    __syncthreads();
    k5_sum(dev, arena.kept, &sums[1]);
}

/* k8 to k10, one after another */
static __global__ __launch_bounds__(512) void k8_to_k10(Device *dev, int beta)
{
    k8_sum(dev);
    __syncthreads();
    k9_square_dx(dev);
    __syncthreads();
    k10_sum_d_bias(dev, beta);
}

/* k13 to k15, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k13_to_k15_next(Device *dev, int beta)
{
    k13_masked_dl(dev);
    __syncthreads();
    k14_cross_entropy_grad(dev);
    __syncthreads();
    k15_sum_d_bias(dev, beta);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

/* k18 to k19, one after another */
static __global__ __launch_bounds__(512) void k18_to_k19(Device *dev, int beta)
{
    auto &arena = dev->arena;
    auto &g = dev->g;
    k18_sum_d_bias(arena.d_h, g.norm.bias, beta);
    __syncthreads();
    k18_sum_d_bias(arena.norm_mul_db, g.norm.weight, beta);
}

/* k8 to k8, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k8_to_k8_next(Device *dev)
{
    k8_sum(dev);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

/* Scalars made of parameters alone, for the reports. */
static __global__ void penalties(Device *dev)
{
    const Window &w = dev->w;
    auto &packed = dev->packed;
    auto &sums = dev->sums;
    sums[3] = (double)w.samples * (double)packed.mul;
}

/* What scales are made of is counted: the sums begin anew. */
static __global__ void counted(Device *dev)
{
    Window &w = dev->w;
    double *sums = dev->sums;
    const double sums_1 = sums[1];
    w.scale_in[2] = (real)(sums_1 == 0.0 ? 0.0 : 1.0 / sums_1);
    for (int i = 0; i < 4; i++) sums[i] = 0;
    w.micro = 0;
}

static void counting_steps(void)
{
    GG_RUN(k4_kept_masked_counted, 1, 256, device);     /* kept  [N, 4]  line 13 */
    GG_RUN(k6_to_k6_next, 1, 512, device);
}
static void counted_steps(void)
{
    GG_LAUNCH(counted, 1, 1, 0, gg_stream, device);
}

/* What is made from parameters once per update. */
static void prepare_steps(void)
{
    GG_RUN(k23_square, 1, 256, device);                 /* square2  [5, 6]  line 14 */
    GG_RUN(k24_sum, 1, 256, device);                    /* sum2  []  line 14 */
    GG_RUN(k25_mul, 1, 256, device);                    /* mul  []  line 14 */
}

enum { BLOCK = 4096, BLOCKS = (144 + BLOCK - 1) / BLOCK };

/* Adam over the flat arrays, in one pass
   m, v: running means of g and g^2; p = p - lr * m / (sqrt(v) + eps), bias corrected */
static __global__ __launch_bounds__(256) void optimize(Device *dev)
{
    const Window &w = dev->w;
    const long i = blockIdx.x * 256L + threadIdx.x;
    const real *dx_at = (const real *)&dev->g;
    real *x_at = (real *)&dev->p;
    real *m_at = (real *)&dev->s_m;
    real *v_at = (real *)&dev->s_v;
    const real rate = w.rate;
    const real c1 = w.c[0];
    const real c2 = w.c[1];
    if (i < 144) {
        const real x = x_at[i];
        const real dx = dx_at[i];
        const real old_m = m_at[i];
        const real new_m = R(0.9) * old_m + (real)(1 - 0.9) * dx;
        m_at[i] = new_m;
        const real old_v = v_at[i];
        const real new_v = R(0.999) * old_v + (real)(1 - 0.999) * dx * dx;
        v_at[i] = new_v;
        x_at[i] = x - rate * c1 * new_m / (r_sqrt(new_v) * c2 + R(1e-8));
    }
}

static void update_steps(void)
{
    GG_LAUNCH(optimize, (144 + 255) / 256, 256, 0, gg_stream, device);
    prepare_steps();
}

/* After the last micro-step. */
static void conclude_steps(void)
{
    GG_LAUNCH(penalties, 1, 1, 0, gg_stream, device);
    GG_RUN(k20_mul_db, 1, 256, device);                 /* d_sum  []  line 14 */
    GG_RUN(k21_square_dx_d_weight, 1, 256, device, 1);  /* d token.weight  [5, 6]  line 14 */
    GG_RUN(k22_mul_db, 1, 256, device);                 /* d_div  []  line 14 */
}

static void evaluate(const Thread *) { gg_evaluate(&pass); }

static void prepare(const Thread *)
{
    prepare_steps();
}

/* ---- the device ---- */
extern "C" const Program gagen_terms;

static void open_products(void)
{
    auto &arena = device->arena;
    auto &p = device->p;
    auto &g = device->g;
    gg_product_open(&k2, arena.h[0][0], p.token.weight[0], arena.token[0][0], p.token.bias,
            { .rows = 8, .columns = 5, .depth = 6, .b_turned = true, .a_row = 8, .b_row = 8, .c_row = 8 });
    gg_product_open(&k16, arena.d_token[0][0], p.token.weight[0], arena.d_h[0][0], NULL,
            { .rows = 8, .columns = 6, .depth = 5, .a_row = 8, .b_row = 8, .c_row = 8 });
    gg_product_open_both(k17, arena.d_token[0][0], arena.h[0][0], g.token.weight[0], NULL,
            { .rows = 5, .columns = 6, .depth = 8, .a_turned = true, .a_row = 8, .b_row = 8, .c_row = 8 });
}

static void record(void)                                /* what the device replays */
{
    pass = gg_record(forward);
    first = gg_record(micro_first);
    step = gg_record(update_steps);
    next = gg_record(micro_next);
    counting = gg_record(counting_steps);
    counted_graph = gg_record(counted_steps);
    conclude = gg_record(conclude_steps);
    full = gg_record(window_full);
}

static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&gagen_terms, rows, sizeof(Device), offsets);
    open_products();
    record();
    return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, host, sizeof(Params) * 4); }
static void fetch(void) { gg_copy_out(host, &device->p, sizeof(Params) * 4); }

/* ---- the program as the runtime sees it ---- */
/* 0.001, at update t of T, E to an epoch */
static double learning_rate(double t, double T, double E)
{
    (void)t, (void)T, (void)E;
    return 0.001;
}

/* Before each window: its scales and the optimizer's constants. to->samples is its size. */
static void scalars(Window *to)
{
    const double samples = (double)to->samples;
    const double t = (double)to->t;
    to->rate = (real)to->lr;
    to->c[0] = (real)(1.0 / (1.0 - pow(0.9, t)));       /* c1 */
    to->c[1] = (real)(1.0 / sqrt(1.0 - pow(0.999, t))); /* c2 */
    to->scale_in[0] = (real)(1.0);
    to->scale_in[1] = (real)(0.3 / samples);
    to->count = (double)to->samples;
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    const double s_1 = s[1];
    const double s_0 = s[0];
    out[0] = (s_1 == 0.0 ? 0.0 : s_0 / s_1) + 0.3 * (s[2] / samples) + s[3] / samples;  /* loss */
}

static const Tensor tensors[] = {
    { "norm.weight", 1, { 6 }, { { { 1, 0, 1 } } }, 0, 'c', 1.0, 0.0 },
    { "norm.bias", 1, { 6 }, { { { 1, 0, 1 } } }, 16, 'c', 0.0, 0.0 },
    { "token.weight", 2, { 5, 6 }, { { { 1, 0, 8 } }, { { 1, 0, 1 } } }, 32, UNIFORM(0.4082482904638631) },
    { "token.bias", 1, { 5 }, { { { 1, 0, 1 } } }, 80, UNIFORM(0.4082482904638631) },
    { "score.weight", 2, { 1, 24 }, { { { 1, 0, 32 } }, { { 1, 6, 1 }, { 6, 0, 8 } } }, 96,
            UNIFORM(0.20412414523193154) },
    { "score.bias", 1, { 1 }, { { { 1, 0, 1 } } }, 128, UNIFORM(0.20412414523193154) },
};

static const Column columns[] = {
    { .name = "x", .type = 'r', .rank = 1, .dim = { 24 },
        .source = "1-24", .base = (const void **)&data.x },
    { .name = "target", .type = 'i', .rank = 1, .dim = { 4 }, .classes = 5, .ignored = -100,
        .source = "25-28", .base = (const void **)&data.target },
    { .name = "score", .type = 'r', .rank = 0, .dim = { 0 },
        .source = "score", .base = (const void **)&data.score },
};

static const ReportName reports[] = { { "loss", false, false } };

static real *flat[4];
static void allocate(void)
{
    host = (decltype(host))gg_room(sizeof *host);
    flat[0] = (real *)&host->p, flat[1] = (real *)&host->g, flat[2] = (real *)&host->s_m, flat[3] = (real *)&host->s_v;
}

static void release(void) { gg_room_free(host), host = NULL; }

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 8, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

extern "C" const Program gagen_terms = {
    .name = "terms",
    .model = {
        .fingerprint = 0x883cdb5e78ac0e91u,
        .tensors = tensors, .ntensors = 6,
        .elements = 144, .flat = flat, .nstates = 2, .state_names = { "m", "v" },
        .reports = reports, .nreports = 1, .nsums = 4,
        .report = report,
    },
    .schedule = {
        .batch = N * MICROS, .micro_batch = N, .accumulate = MICROS,
        .epochs = 0, .updates = 3, .seed = 0,
        .tail = 's',
        .steps = steps, .nsteps = 1, .round = 8,
        .best = 0,
    },
    .data = {
        .reader = "csv", .path = "tokens.csv",
        .valid = 0, .test = 0, .shuffle = false,
        .columns = columns, .ncolumns = 3,
    },
    .device = {
        .target = "cuda", .machine = "", .memory = sizeof(Device) + GG_WORKSPACE,
        .allocate = allocate, .release = release,
        .w = &w, .sums = sums,
        .prepare = prepare, .evaluate = evaluate,
        .open = device_open, .close = gg_device_close, .send = send, .fetch = fetch,
        .await = gg_await, .profile = gg_profile, .skips = false,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_terms); }
