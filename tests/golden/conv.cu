/* conv.cu -- written by gagen: gagen conv.lua

   layer                               output           parameters   conv.lua
   net.0          Conv2d + relu        [N, 8, 12, 12]           80      6
   net.5          Linear               [N, 10]               2 890      7
                                                             2 970

   window   batch 256 = 32 x 8, tail "carry": the next epoch goes on in the same window
   scales   backward starts with  scale_in[0] = 1 / samples, for the loss in line 12
   sums     sums[0] = sum of cross_entropy, line 12
   memory   parameters, gradients, states 36 KiB; packed 0 KiB; arena 86 KiB (lower bound 86); workspace 32 MiB
   a micro-step   0.494 MFLOP in 14 kernels;  an update   2 992 elements, SGD
   lr 0.1, norm clipped at 1
*/
#include "gagen_cuda.h"

enum { N = 8, MICROS = 32 };                            /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* as stored; logical shapes */
    struct { real weight[3][3][8], pad_0[8], bias[8], pad_1[8]; } net_0;  /* [8, 1, 3, 3] [8] */
    struct { real weight[10][288], bias[12], pad_3[4]; } net_5;  /* [10, 288] [10] */
} Params;
static_assert(sizeof(Params) == 2992 * sizeof(real), "flat");

typedef struct {                                        /* rows in memory */
    const uint8_t *image;                               /* [1, 12, 12] */
    const int32_t *label;                               /* one number */
} Data;

typedef struct {                                        /* all that lies on the device */
    alignas(256) Params p;                              /* parameters, gradients, optimizer states */
    Params g, s_m;
    double sums[1];                                     /* over the window's samples */
    Window w;
    Data data;
    uint32_t row[N * MICROS];                           /* of data, by the window's samples */
    uint32_t row_end;
    double squares[(2992 + 4095) / 4096];
    /* A phase is a kernel of micro, from 0; a pad keeps an offset. */
    alignas(256) union {                                /* a micro-step's values; the structs share memory */
        real all[21888];
        struct {
            real net_1[N][12][12][8];                   /* [N, 8, 12, 12]  phases 1-11 */
            real net_2[N][6][6][8];                     /* [N, 8, 6, 6]  phases 2-3 */
            real net_4[N][288];                         /* [N, 288]  phases 3-10 */
            real pad[4608], d_net_2[N][6][6][8];        /* [N, 288]  phases 9-11 */
            real div[N][12][12][1];                     /* [N, 1, 12, 12]  phases 0-13 */
        };
        struct {
            real pad2[9216], net_5[N][12];              /* [N, 10]  phases 4-7 */
            real cross_entropy[N];                      /* [N]  phases 5-6 */
            real pad3[88], amax[N];                     /* [N]  phases 5-7 */
            real pad4[8], sum_exp[N];                   /* [N]  phases 5-7 */
        };
        struct { real pad5[9312], d_net_5[N][12]; };    /* [N, 10]  phases 7-10 */
        struct { real pad6[9216], d_net_0[N][12][12][8]; };  /* [N, 8, 12, 12]  phases 11-13 */
    } arena;
} Device;

static Device *device;
static struct {                                         /* what files and options see, allocated at start */
    Params p, g, s_m;
} *host;
static Data data;
static Window w;
static double sums[1];
static GgMatmul k5;                                     /* products that cuBLASLt makes */
static GgMatmul k11[2];                                 /* those of gradients: [0] stores, [1] adds */

/* ---- a window ---- */
/* Recorded once, at start: forward, a micro-step that stores, an update, a micro-step that adds. */
static GgGraph pass, first, step, next;

static void replay_micros(void)
{
    gg_replay(&first);
    for (int k = 1; k < w.micros; k++) gg_replay(&next);
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
    replay_micros();
    gg_replay(&step);
    gg_finish();
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of conv.lua ---- */
static __global__ void k1_div(Device *), k2_conv2d_3x3_add_relu(Device *), k3_max_pool2d_2x2(Device *),
        k4_dropout(Device *), k10_matmul_dropout_dx(Device *), k12_max_pool2d_grad_2x2_relu_dx(Device *),
        k13_sum_d_bias(Device *, int), k14_conv2d_weight_3x3_d_weight(Device *, int), k6_to_k9(Device *, int),
        k6_to_k7_next(Device *), next_micro(Device *dev);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
static void micro(int beta)
{
    GG_RUN(k1_div, 5, 256, device);                     /* div  [N, 1, 12, 12]  line 12 */
    GG_RUN(k2_conv2d_3x3_add_relu, 18, 256, device);    /* net_1  [N, 8, 12, 12]  line 6 */
    GG_RUN(k3_max_pool2d_2x2, 9, 256, device);          /* net_2  [N, 8, 6, 6]  line 6 */
    GG_RUN(k4_dropout, 9, 256, device);                 /* net_4  [N, 288]  line 7 */
    gg_matmul_run(&k5);                                 /* k5  net_5 = matmul, add  [N, 10]  line 7 */
    GG_RUN(k6_to_k9, 1, 512, device, beta);
    GG_RUN(k10_matmul_dropout_dx, 5, 256, device);      /* d_net_2  [N, 288]  line 7 */
    gg_matmul_run(&k11[beta]);                          /* k11  d net.5.weight = matmul  [10, 288]  line 7 */
    GG_RUN(k12_max_pool2d_grad_2x2_relu_dx, 9, 256, device);  /* d_net_0  [N, 8, 12, 12]  line 6 */
    GG_RUN(k13_sum_d_bias, 1, 256, device, beta);       /* d net.0.bias  [8]  line 6 */
    GG_RUN(k14_conv2d_weight_3x3_d_weight, 1, 256, device, beta);  /* d net.0.weight  [8, 1, 3, 3]  line 6 */
    GG_RUN(next_micro, 1, 1, device);
}

static void micro_first(void) { micro(0); }
static void micro_next(void) { micro(1); }

/* The forward part of it. */
static void forward(void)
{
    GG_RUN(k1_div, 5, 256, device);                     /* div  [N, 1, 12, 12]  line 12 */
    GG_RUN(k2_conv2d_3x3_add_relu, 18, 256, device);    /* net_1  [N, 8, 12, 12]  line 6 */
    GG_RUN(k3_max_pool2d_2x2, 9, 256, device);          /* net_2  [N, 8, 6, 6]  line 6 */
    GG_RUN(k4_dropout, 9, 256, device);                 /* net_4  [N, 288]  line 7 */
    gg_matmul_run(&k5);                                 /* k5  net_5 = matmul, add  [N, 10]  line 7 */
    GG_RUN(k6_to_k7_next, 1, 512, device);
}

/* ---- kernels, in order of execution ---- */
/* k1  div  [N, 1, 12, 12]                                              tests/golden/conv.lua:12 */
static __global__ __launch_bounds__(256) void k1_div(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 144) {
        const int j = id % 12, r = id / 12 % 12, n = id / 144;
        const long at = dev->row[m->from + n];
        arena.div[n][r][j][0] = (real)data.image[at * 144 + r * 12 + j] / 255;
    }
}

/* k2  net_1 = conv2d, add, relu  [N, 8, 12, 12]                        tests/golden/conv.lua:6 */
static __global__ __launch_bounds__(256) void k2_conv2d_3x3_add_relu(Device *dev)
{
    auto &p = dev->p;
    auto &arena = dev->arena;
    const auto a = [&](int row, int at) -> real {
        const int x = row % 12, y = row / 12 % 12, n = row / 144, l = at % 3, k = at / 3;
        if (!((unsigned)(y + k - 1) < 12 && (unsigned)(x + l - 1) < 12)) return 0;
        return arena.div[n][y + k - 1][x + l - 1][0];
    };
    const auto b = [&](int column, int at) -> real {
        const int o = column, l = at % 3, k = at / 3;
        return p.net_0.weight[k][l][o];
    };
    const auto store = [&](int row, int column, real sum) {
        const int x = row % 12, y = row / 12 % 12, n = row / 144, o = column;
        const real v = sum + p.net_0.bias[o];
        arena.net_1[n][y][x][o] = v <= 0 ? 0 : v;
    };
    gg_tile<1152, 8, 1, false, false>(
        blockIdx.x * 64, 0, 0, 9, a, b, store);
}

/* k3  net_2 = max_pool2d  [N, 8, 6, 6]                                 tests/golden/conv.lua:6 */
static __global__ __launch_bounds__(256) void k3_max_pool2d_2x2(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 288) {
        const int j = id % 8, c = id / 8 % 6, r = id / 48 % 6, n = id / 288;
        real best = -INFINITY;
        for (int ky = 0; ky < 2; ky++)
            for (int kx = 0; kx < 2; kx++) {
                const real v = arena.net_1[n][r * 2 + ky][c * 2 + kx][j];
                best = v > best || v != v ? v : best;
            }
        arena.net_2[n][r][c][j] = best;
    }
}

/* k4  net_4 = dropout  [N, 288]                                        tests/golden/conv.lua:7 */
static __global__ __launch_bounds__(256) void k4_dropout(Device *dev)
{
    const Window &w = dev->w;
    const Micro here = gg_micro(w, N), *m = &here;
    auto &arena = dev->arena;
    const uint64_t consumed = (uint64_t)(w.first + m->from);
    const uint64_t seed = w.seed;
    const bool training = w.training;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 288) {
        const int j = id % 288, n = id / 288;
        const real x = arena.net_2[n][j / 6 % 6][j % 6][j / 36];
        arena.net_4[n][j] = training ? (noise_uniform(seed, consumed + n, 0x5a6fa3a6u, (uint32_t)j) < R(0.2) ? 0 : x
                * R(1.25)) : x;
    }
}

/* k6  amax, sum_exp, cross_entropy  [N]                                tests/golden/conv.lua:12 */
static __device__ void k6_amax_sum_exp_cross_entropy(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32;
    for (unsigned id = threadIdx.x / 32; id < N; id += 16) {
        const int n = id;
        const long at = dev->row[m->from + n];
        const int label = data.label[at];
        real max = -INFINITY;
        for (int j = lane; j < 10; j += 32)
            max = r_max(max, arena.net_5[n][j]);
        max = gg_fold_max<32>(max);
        if (lane == 0)
            arena.amax[n] = max;
        real sum = 0;
        for (int j = lane; j < 10; j += 32)
            sum += r_exp(arena.net_5[n][j] - max);
        sum = gg_fold_sum<32>(sum);
        if (lane == 0)
            arena.sum_exp[n] = sum;
        real target = 0;
        for (int j = lane; j < 10; j += 32) {
            const real x = arena.net_5[n][j];
            target += j == label ? x : 0;
        }
        target = gg_fold_sum<32>(target);
        if (lane == 0)
            arena.cross_entropy[n] = r_log(sum) + max - target;
    }
}

/* k7  sums[0] = sum  []                                                tests/golden/conv.lua:12 */
static __device__ void k7_sum(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    const int rows = m->rows;
    double total = 0;
    for (int n = threadIdx.x; n < N; n += 512)
        if (n < rows)
            total += arena.cross_entropy[n];
    total = gg_fold_sum<512>(total);
    if (threadIdx.x == 0)
        sums[0] += total;
}

/* k8  d_net_5 = cross_entropy_grad  [N, 10]                            tests/golden/conv.lua:12 */
static __device__ void k8_cross_entropy_grad(Device *dev)
{
    const Window &w = dev->w;
    const Micro here = gg_micro(w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const real scale_in0 = w.scale_in[0];
    const int rows = m->rows;
    const unsigned lane = threadIdx.x % 32;
    for (unsigned id = threadIdx.x / 32; id < N; id += 16) {
        const int n = id;
        const long at = dev->row[m->from + n];
        const int label = data.label[at];
        const real scale = n < rows ? scale_in0 : 0;
        const real max = arena.amax[n];
        const real sum = arena.sum_exp[n];
        for (int j = lane; j < 10; j += 32) {
            const real x = arena.net_5[n][j];
            arena.d_net_5[n][j] = scale == 0 ? 0 : scale * (r_exp(x - max) / sum - (j == label ? 1 : 0));
        }
    }
}

/* k9  d net.5.bias = sum  [10]                                         tests/golden/conv.lua:7 */
static __device__ void k9_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 10; id += 32) {
        const int j = id;
        real sum = 0;
        for (int n = share; n < N && id < 10; n += 16)
            sum += arena.d_net_5[n][j];
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 10) {
            const real old = g.net_5.bias[j];
            g.net_5.bias[j] = beta ? old + sum : sum;
        }
        __syncthreads();
    }
}

/* k10  d_net_2 = matmul, dropout_dx  [N, 288]                          tests/golden/conv.lua:7 */
static __global__ __launch_bounds__(256) void k10_matmul_dropout_dx(Device *dev)
{
    const Window &w = dev->w;
    const Micro here = gg_micro(w, N), *m = &here;
    auto &p = dev->p;
    auto &arena = dev->arena;
    const uint64_t consumed = (uint64_t)(w.first + m->from);
    const uint64_t seed = w.seed;
    const bool training = w.training;
    const auto a = [&](int row, int at) -> real {
        const int n = row, o = at;
        return arena.d_net_5[n][o];
    };
    const auto b = [&](int column, int at) -> real {
        const int i3 = column % 8, i2 = column / 8 % 6, i = column / 48, o = at;
        return p.net_5.weight[o][i * 6 + i2 + i3 * 36];
    };
    const auto store = [&](int row, int column, real sum) {
        const int n = row, i3 = column % 8, i2 = column / 8 % 6, i = column / 48;
        arena.d_net_2[n][i][i2][i3] = training
                ? (noise_uniform(seed, consumed + n, 0x5a6fa3a6u, (uint32_t)(i * 6 + i2 + i3 * 36)) < R(0.2) ? 0 : sum
                * R(1.25)) : sum;
    };
    gg_tile<8, 288, 4, true, false>(
        0, blockIdx.x * 64, 0, 10, a, b, store);
}

/* k12  d_net_0 = max_pool2d_grad, relu_dx  [N, 8, 12, 12]              tests/golden/conv.lua:6 */
static __global__ __launch_bounds__(256) void k12_max_pool2d_grad_2x2_relu_dx(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 288) {
        const int j = id % 8, c = id / 8 % 6, r = id / 48 % 6, n = id / 288;
        real best = -INFINITY;
        for (int ky = 0; ky < 2; ky++)
            for (int kx = 0; kx < 2; kx++) {
                const real v = arena.net_1[n][r * 2 + ky][c * 2 + kx][j];
                best = v > best || v != v ? v : best;
            }
        const real gy = arena.d_net_2[n][r][c][j];
        real open = 1;
        for (int ky = 0; ky < 2; ky++)
            for (int kx = 0; kx < 2; kx++) {
                const real share = arena.net_1[n][r * 2 + ky][c * 2 + kx][j] == best ? open : 0;
                const real v2 = share > 0 ? gy : 0;
                arena.d_net_0[n][r * 2 + ky][c * 2 + kx][j] = arena.net_1[n][r * 2 + ky][c * 2 + kx][j] <= 0 ? 0 : v2;
                open = open - share;
            }
    }
}

/* k13  d net.0.bias = sum  [8]                                         tests/golden/conv.lua:6 */
static __global__ __launch_bounds__(256) void k13_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    const unsigned id = blockIdx.x * 32u + lane;
    const int j = id;
    real sum = 0;
    for (int f = share; f < N * 144 && id < 8; f += 8) {
        const int c = f % 12, r = f / 12 % 12, n = f / 144;
        sum += arena.d_net_0[n][r][c][j];
    }
    sum = gg_add_shares<8>(sum);
    if (share == 0 && id < 8) {
        const real old = g.net_0.bias[j];
        g.net_0.bias[j] = beta ? old + sum : sum;
    }
}

/* k14  d net.0.weight = conv2d_weight  [8, 1, 3, 3]                    tests/golden/conv.lua:6 */
static __global__ __launch_bounds__(256) void k14_conv2d_weight_3x3_d_weight(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const auto a = [&](int row, int at) -> real {
        const int l = row % 3, k = row / 3, x = at % 12, y = at / 12 % 12, n = at / 144;
        if (!((unsigned)(y + k - 1) < 12 && (unsigned)(x + l - 1) < 12)) return 0;
        return arena.div[n][k + y - 1][l + x - 1][0];
    };
    const auto b = [&](int column, int at) -> real {
        const int o = column, x = at % 12, y = at / 12 % 12, n = at / 144;
        return arena.d_net_0[n][y][x][o];
    };
    const auto store = [&](int row, int column, real sum) {
        const int l = row % 3, k = row / 3, o = column;
        const real old = g.net_0.weight[k][l][o];
        g.net_0.weight[k][l][o] = beta ? old + sum : sum;
    };
    gg_tile<9, 8, 1, false, false>(
        0, 0, 0, 1152, a, b, store);
}

/* k6 to k9, one after another */
static __global__ __launch_bounds__(512) void k6_to_k9(Device *dev, int beta)
{
    k6_amax_sum_exp_cross_entropy(dev);
    __syncthreads();
    k7_sum(dev);
    __syncthreads();
    k8_cross_entropy_grad(dev);
    __syncthreads();
    k9_sum_d_bias(dev, beta);
}

/* k6 to k7, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k6_to_k7_next(Device *dev)
{
    k6_amax_sum_exp_cross_entropy(dev);
    __syncthreads();
    k7_sum(dev);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

/* The micro-step is over. */
static __global__ void next_micro(Device *dev) { dev->w.micro++; }

enum { BLOCK = 4096, BLOCKS = (2992 + BLOCK - 1) / BLOCK };

/* the square of the gradient's norm, a block of the flat array to a block of threads */
static __global__ __launch_bounds__(256) void squares(Device *dev)
{
    const real *gradient = (const real *)&dev->g;
    const double scale = (double)dev->w.scale_out;
    double sum = 0;
    for (long i = blockIdx.x * (long)BLOCK + threadIdx.x;
         i < 2992 && i < (blockIdx.x + 1L) * BLOCK; i += 256) {
        const double dx = (double)gradient[i] * scale;
        sum += dx * dx;
    }
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) dev->squares[blockIdx.x] = sum;
}

/* w.norm of the whole gradient; w.clip = min(1, 1 / (norm + 1e-6)) */
static __global__ __launch_bounds__(256) void norm(Device *dev)
{
    double sum = 0;
    for (int b = threadIdx.x; b < BLOCKS; b += 256) sum += dev->squares[b];
    sum = gg_fold_sum<256>(sum);
    if (threadIdx.x == 0) {
        Window &w = dev->w;
        w.norm = sqrt(sum);
        w.clip = 1 / (w.norm + 1e-6);
        if (w.clip > 1) w.clip = 1;
    }
}

/* SGD over the flat arrays, in one pass
   m = momentum * m + g; p = p - lr * m */
static __global__ __launch_bounds__(256) void optimize(Device *dev)
{
    const Window &w = dev->w;
    const long i = blockIdx.x * 256L + threadIdx.x;
    const real *dx_at = (const real *)&dev->g;
    real *x_at = (real *)&dev->p;
    real *m_at = (real *)&dev->s_m;
    const real scale = (real)w.clip;
    const real rate = w.rate;
    if (i < 2992) {
        const real x = x_at[i];
        const real dx = dx_at[i] * scale;
        const real old_m = m_at[i];
        const real new_m = R(0.9) * old_m + dx;
        m_at[i] = new_m;
        x_at[i] = x - rate * (dx + R(0.9) * new_m);
    }
}

static void update_steps(void)
{
    GG_LAUNCH(squares, BLOCKS, 256, 0, gg_stream, device);
    GG_LAUNCH(norm, 1, 256, 0, gg_stream, device);
    GG_LAUNCH(optimize, (2992 + 255) / 256, 256, 0, gg_stream, device);
}

static void evaluate(const Thread *) { gg_evaluate(&pass); }

/* ---- the device ---- */
extern "C" const Program gagen_conv;

static void open_products(void)
{
    auto &arena = device->arena;
    auto &p = device->p;
    auto &g = device->g;
    gg_product_open(&k5, arena.net_4[0], p.net_5.weight[0], arena.net_5[0], p.net_5.bias,
            { .rows = N, .columns = 10, .depth = 288, .b_turned = true, .c_row = 12 });
    gg_product_open_both(k11, arena.d_net_5[0], arena.net_4[0], g.net_5.weight[0], NULL,
            { .rows = 10, .columns = 288, .depth = N, .a_turned = true, .a_row = 12 });
}

static void record(void)                                /* what the device replays */
{
    pass = gg_record(forward);
    first = gg_record(micro_first);
    step = gg_record(update_steps);
    next = gg_record(micro_next);
}

static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&gagen_conv, rows, sizeof(Device), offsets);
    open_products();
    record();
    return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, host, sizeof(Params) * 3); }
static void fetch(void) { gg_copy_out(host, &device->p, sizeof(Params) * 3); }

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
    { "net.5.weight", 2, { 10, 288 }, { { { 1, 0, 288 } }, { { 1, 0, 1 } } }, 96, UNIFORM(0.05892556509887897) },
    { "net.5.bias", 1, { 10 }, { { { 1, 0, 1 } } }, 2976, UNIFORM(0.05892556509887897) },
};

static const Column columns[] = {
    { .name = "image", .type = 'b', .rank = 3, .dim = { 1, 12, 12 },
        .source = "image", .base = (const void **)&data.image },
    { .name = "label", .type = 'i', .rank = 0, .dim = { 0 }, .classes = 10,
        .source = "label", .base = (const void **)&data.label },
};

static const ReportName reports[] = { { "loss", false, false } };

static real *flat[3];
static void allocate(void)
{
    host = (decltype(host))gg_room(sizeof *host);
    flat[0] = (real *)&host->p, flat[1] = (real *)&host->g, flat[2] = (real *)&host->s_m;
}

static void release(void) { gg_room_free(host), host = NULL; }

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 256, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

extern "C" const Program gagen_conv = {
    .name = "conv",
    .model = {
        .fingerprint = 0x7eb5ba1fb7f4ea51u,
        .tensors = tensors, .ntensors = 4,
        .elements = 2992, .flat = flat, .nstates = 1, .state_names = { "m" },
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
        .target = "cuda", .machine = "", .memory = sizeof(Device) + GG_WORKSPACE,
        .allocate = allocate, .release = release,
        .w = &w, .sums = sums,
        .prepare = NULL, .evaluate = evaluate,
        .open = device_open, .close = gg_device_close, .send = send, .fetch = fetch,
        .await = gg_await, .profile = gg_profile, .skips = false,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_conv); }
