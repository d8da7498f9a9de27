/* one.cu -- written by gagen: gagen one.lua

   layer                               output       parameters   one.lua
   trunk          Linear + gelu        [N, 24]             216      5
   price          Linear               [N, 1]               25      9
   brand          Linear               [N, 2]               50     10
                                                           291

   window   batch 8 = 1 x 8, tail "drop": samples that fill no window stay unread
   scales   backward starts with  scale_in[0] = 1 / samples, for the loss in line 10
                                  scale_in[1] = 1 / samples, for the loss in line 9
   sums     sums[0] = sum of square, line 9
            sums[1] = sum of cross_entropy, line 10
   memory   parameters, gradients 3 KiB; packed 0 KiB; arena 4 KiB (lower bound 4); workspace 32 MiB
   a micro-step   0.00974 MFLOP in 17 kernels;  an update   336 elements, SGD
   lr 0.1
*/
#include "gagen_cuda.h"

enum { N = 8, MICROS = 1 };                             /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* as stored; logical shapes */
    struct { real weight[24][8], bias[24], pad_1[8]; } trunk;  /* [24, 8] [24] */
    struct { real weight[24], pad_2[8], bias[1], pad_3[15]; } price;  /* [1, 24] [1] */
    struct { real weight[2][24], bias[2], pad_5[14]; } brand;  /* [2, 24] [2] */
} Params;
static_assert(sizeof(Params) == 336 * sizeof(real), "flat");

typedef struct {                                        /* rows in memory */
    const real *body;                                   /* [8] */
    const real *price;                                  /* one number */
    const int32_t *brand;                               /* one number */
} Data;

typedef struct {                                        /* all that lies on the device */
    alignas(256) Params p;                              /* parameters, gradients */
    Params g;
    double sums[2];                                     /* over the window's samples */
    Window w;
    Data data;
    uint32_t row[N * MICROS];                           /* of data, by the window's samples */
    uint32_t row_end;
    /* A phase is a kernel of micro, from 0; a pad keeps an offset. */
    alignas(256) union {                                /* a micro-step's values; the structs share memory */
        real all[864];
        struct {
            real h[N][24];                              /* [N, 24]  phases 1-13 */
            real gelu[N][24];                           /* [N, 24]  phases 1-14 */
            real tanh[N][24];                           /* [N, 24]  phases 1-10 */
            real square[N][1];                          /* [N, 1]  phases 2-3 */
            real pad[8], amax[N];                       /* [N]  phases 5-7 */
            real pad2[8], sum_exp[N];                   /* [N]  phases 5-7 */
            real pad3[8], cross_entropy[N];             /* [N]  phases 5-6 */
            real pad4[136], body[N][8];                 /* [N, 8]  phases 0-16 */
            real sub[N][1];                             /* [N, 1]  phases 2-11 */
            real pad5[8], d_brand[N][2];                /* [N, 2]  phases 7-10 */
        };
        struct {
            real pad6[384], d_h[N][24];                 /* [N, 24]  phases 13-16 */
            real brand[N][2];                           /* [N, 2]  phases 4-7 */
            real pad7[256], d_sub[N][1];                /* [N, 1]  phases 11-14 */
        };
        struct { real pad8[576], tanh_dx[N][24]; };     /* [N, 24]  phases 9-13 */
    } arena;
} Device;

static Device *device;
static struct {                                         /* what files and options see, allocated at start */
    Params p, g;
} *host;
static Data data;
static Window w;
static double sums[2];
static GgMatmul k2, k3, k5, k10, k11, k14, k15, k17;    /* products that cuBLASLt makes */

/* ---- a window ---- */
static void micro_first(void), update_steps(void);

/* 8 samples = 1 x 8, one graph: the first micro-batch stores its gradients, others add theirs. */
static void window_full(void)
{
    micro_first();
    update_steps();
}

/* Recorded once, at start: forward, a micro-step that stores, an update, a micro-step that adds. */
static GgGraph pass, first, step, full;

static void replay_micros(void)
{
    gg_replay(&first);
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

/* ---- a micro-batch: its kernels in order, with their shapes and lines of one.lua ---- */
static __global__ void k1_copy(Device *), k2_matmul_add_gelu_tanh(Device *), k3_matmul_add_sub_square(Device *),
        k4_sum(Device *), k10_matmul_tanh_dx(Device *), k14_matmul_gelu_dx_add(Device *), k16_sum_d_bias(Device *),
        k6_to_k9(Device *), k12_to_k13_next(Device *), k6_to_k7_next(Device *);

/* The window's micro-batch: forward, loss, backward. */
static void micro_first(void)
{
    GG_RUN(k1_copy, 1, 256, device);                    /* body  [N, 8]  line 4 */
    gg_matmul_run(&k2);                               /* k2  h, gelu, tanh = matmul, add, gelu, tanh  [N, 24]  line 5 */
    GG_RUN(k2_matmul_add_gelu_tanh, 1, 256, device);    /* h, gelu, tanh  [N, 24]  line 5 */
    gg_matmul_run(&k3);                                 /* k3  sub, square = matmul, add, sub, square  [N, 1]  line 9 */
    GG_RUN(k3_matmul_add_sub_square, 1, 256, device);   /* sub, square  [N, 1]  line 9 */
    GG_RUN(k4_sum, 1, 32, device);                      /* sums[0]  []  line 9 */
    gg_matmul_run(&k5);                                 /* k5  brand = matmul, add  [N, 2]  line 10 */
    GG_RUN(k6_to_k9, 1, 512, device);
    gg_matmul_run(&k10);                                /* k10  tanh_dx = matmul, tanh_dx  [N, 24]  line 10 */
    GG_RUN(k10_matmul_tanh_dx, 1, 256, device);         /* tanh_dx  [N, 24]  line 10 */
    gg_matmul_run(&k11);                                /* k11  d brand.weight = matmul  [2, 24]  line 10 */
    GG_RUN(k12_to_k13_next, 1, 512, device);
    gg_matmul_run(&k14);                                /* k14  d_h = matmul, gelu_dx, add  [N, 24]  line 9 */
    GG_RUN(k14_matmul_gelu_dx_add, 1, 256, device);     /* d_h  [N, 24]  line 9 */
    gg_matmul_run(&k15);                                /* k15  d price.weight = matmul  [1, 24]  line 9 */
    GG_RUN(k16_sum_d_bias, 1, 256, device);             /* d trunk.bias  [24]  line 5 */
    gg_matmul_run(&k17);                                /* k17  d trunk.weight = matmul  [24, 8]  line 5 */
}

/* The forward part of it. */
static void forward(void)
{
    GG_RUN(k1_copy, 1, 256, device);                    /* body  [N, 8]  line 4 */
    gg_matmul_run(&k2);                               /* k2  h, gelu, tanh = matmul, add, gelu, tanh  [N, 24]  line 5 */
    GG_RUN(k2_matmul_add_gelu_tanh, 1, 256, device);    /* h, gelu, tanh  [N, 24]  line 5 */
    gg_matmul_run(&k3);                                 /* k3  sub, square = matmul, add, sub, square  [N, 1]  line 9 */
    GG_RUN(k3_matmul_add_sub_square, 1, 256, device);   /* sub, square  [N, 1]  line 9 */
    GG_RUN(k4_sum, 1, 32, device);                      /* sums[0]  []  line 9 */
    gg_matmul_run(&k5);                                 /* k5  brand = matmul, add  [N, 2]  line 10 */
    GG_RUN(k6_to_k7_next, 1, 512, device);
}

/* ---- kernels, in order of execution ---- */
/* k1  body = copy  [N, 8]                                              tests/golden/one.lua:4 */
static __global__ __launch_bounds__(256) void k1_copy(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 8) {
        const int j = id % 8, n = id / 8;
        const long at = dev->row[m->from + n];
        arena.body[n][j] = data.body[at * 8 + j];
    }
}

/* k2  h, gelu, tanh = matmul, add, gelu, tanh  [N, 24], after the product  tests/golden/one.lua:5 */
static __global__ __launch_bounds__(256) void k2_matmul_add_gelu_tanh(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 24) {
        const int j = id % 24, n = id / 24;
        const real v = arena.h[n][j];
        arena.gelu[n][j] = R(0.5) * v * (1 + r_erf(v * R(0.7071067811865476)));
        arena.tanh[n][j] = r_tanh(v);
    }
}

/* k3  sub, square = matmul, add, sub, square  [N, 1], after the product  tests/golden/one.lua:9 */
static __global__ __launch_bounds__(256) void k3_matmul_add_sub_square(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &p = dev->p;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N) {
        const int n = id;
        const long at = dev->row[m->from + n];
        const real price = data.price[at];
        const real v = arena.square[n][0] + p.price.bias[0] - price;
        arena.sub[n][0] = v;
        arena.square[n][0] = v * v;
    }
}

/* k4  sums[0] = sum  []                                                tests/golden/one.lua:9 */
static __global__ __launch_bounds__(32) void k4_sum(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    const int rows = m->rows;
    double total = 0;
    for (int n = threadIdx.x; n < N; n += 32)
        if (n < rows)
            total += arena.square[n][0];
    total = gg_fold_sum<32>(total);
    if (threadIdx.x == 0)
        sums[0] += total;
}

/* k6  amax, sum_exp, cross_entropy  [N]                                tests/golden/one.lua:10 */
static __device__ void k6_amax_sum_exp_cross_entropy(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32;
    for (unsigned id = threadIdx.x / 32; id < N; id += 16) {
        const int n = id;
        const long at = dev->row[m->from + n];
        const int brand = data.brand[at];
        real max = -INFINITY;
        for (int j = lane; j < 2; j += 32)
            max = r_max(max, arena.brand[n][j]);
        max = gg_fold_max<32>(max);
        if (lane == 0)
            arena.amax[n] = max;
        real sum = 0;
        for (int j = lane; j < 2; j += 32)
            sum += r_exp(arena.brand[n][j] - max);
        sum = gg_fold_sum<32>(sum);
        if (lane == 0)
            arena.sum_exp[n] = sum;
        real target = 0;
        for (int j = lane; j < 2; j += 32) {
            const real x = arena.brand[n][j];
            target += j == brand ? x : 0;
        }
        target = gg_fold_sum<32>(target);
        if (lane == 0)
            arena.cross_entropy[n] = r_log(sum) + max - target;
    }
}

/* k7  sums[1] = sum  []                                                tests/golden/one.lua:10 */
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
        sums[1] += total;
}

/* k8  d_brand = cross_entropy_grad  [N, 2]                             tests/golden/one.lua:10 */
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
        const int brand = data.brand[at];
        const real scale = n < rows ? scale_in0 : 0;
        const real max = arena.amax[n];
        const real sum = arena.sum_exp[n];
        for (int j = lane; j < 2; j += 32) {
            const real x = arena.brand[n][j];
            arena.d_brand[n][j] = scale == 0 ? 0 : scale * (r_exp(x - max) / sum - (j == brand ? 1 : 0));
        }
    }
}

/* k9  d brand.bias = sum  [2]                                          tests/golden/one.lua:10 */
static __device__ void k9_sum_d_bias(Device *dev)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 2; id += 32) {
        const int j = id;
        real sum = 0;
        for (int n = share; n < N && id < 2; n += 16)
            sum += arena.d_brand[n][j];
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 2) {
            g.brand.bias[j] = sum;
        }
        __syncthreads();
    }
}

/* k10  tanh_dx = matmul, tanh_dx  [N, 24], after the product           tests/golden/one.lua:10 */
static __global__ __launch_bounds__(256) void k10_matmul_tanh_dx(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 24) {
        const int j = id % 24, n = id / 24;
        const real y = arena.tanh[n][j];
        arena.tanh_dx[n][j] *= 1 - y * y;
    }
}

/* k12  d_sub = square_dx  [N, 1]                                       tests/golden/one.lua:9 */
static __device__ void k12_square_dx(Device *dev)
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

/* k13  d price.bias = sum  [1]                                         tests/golden/one.lua:9 */
static __device__ void k13_sum_d_bias(Device *dev)
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
            g.price.bias[0] = sum;
        }
        __syncthreads();
    }
}

/* k14  d_h = matmul, gelu_dx, add  [N, 24], after the product          tests/golden/one.lua:9 */
static __global__ __launch_bounds__(256) void k14_matmul_gelu_dx_add(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 24) {
        const int j = id % 24, n = id / 24;
        const real v = arena.d_h[n][j];
        const real x = arena.h[n][j];
        arena.d_h[n][j] = arena.tanh_dx[n][j] + v
                * (R(0.5) * (1 + r_erf(x * R(0.7071067811865476))) + x * R(0.3989422804014327)
                * r_exp(-R(0.5) * x * x));
    }
}

/* k16  d trunk.bias = sum  [24]                                        tests/golden/one.lua:5 */
static __global__ __launch_bounds__(256) void k16_sum_d_bias(Device *dev)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    const unsigned id = blockIdx.x * 32u + lane;
    const int j = id;
    real sum = 0;
    for (int n = share; n < N && id < 24; n += 8)
        sum += arena.d_h[n][j];
    sum = gg_add_shares<8>(sum);
    if (share == 0 && id < 24) {
        g.trunk.bias[j] = sum;
    }
}

/* k6 to k9, one after another */
static __global__ __launch_bounds__(512) void k6_to_k9(Device *dev)
{
    k6_amax_sum_exp_cross_entropy(dev);
    __syncthreads();
    k7_sum(dev);
    __syncthreads();
    k8_cross_entropy_grad(dev);
    __syncthreads();
    k9_sum_d_bias(dev);
}

/* k12 to k13, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k12_to_k13_next(Device *dev)
{
    k12_square_dx(dev);
    __syncthreads();
    k13_sum_d_bias(dev);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
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

enum { BLOCK = 4096, BLOCKS = (336 + BLOCK - 1) / BLOCK };

/* SGD over the flat arrays, in one pass
   m = momentum * m + g; p = p - lr * m */
static __global__ __launch_bounds__(256) void optimize(Device *dev)
{
    const Window &w = dev->w;
    const long i = blockIdx.x * 256L + threadIdx.x;
    const real *dx_at = (const real *)&dev->g;
    real *x_at = (real *)&dev->p;
    const real rate = w.rate;
    if (i < 336) {
        const real x = x_at[i];
        const real dx = dx_at[i];
        x_at[i] = x - rate * dx;
    }
}

static void update_steps(void)
{
    GG_LAUNCH(optimize, (336 + 255) / 256, 256, 0, gg_stream, device);
}

static void evaluate(const Thread *) { gg_evaluate(&pass); }

/* ---- the device ---- */
extern "C" const Program gagen_one;

static void open_products(void)
{
    auto &arena = device->arena;
    auto &p = device->p;
    auto &g = device->g;
    gg_product_open(&k2, arena.body[0], p.trunk.weight[0], arena.h[0], p.trunk.bias,
            { .rows = N, .columns = 24, .depth = 8, .b_turned = true });
    gg_product_open(&k3, p.price.weight, arena.gelu[0], arena.square[0], NULL,
            { .rows = 1, .columns = N, .depth = 24, .b_turned = true });
    gg_product_open(&k5, arena.tanh[0], p.brand.weight[0], arena.brand[0], p.brand.bias,
            { .rows = N, .columns = 2, .depth = 24, .b_turned = true });
    gg_product_open(&k10, arena.d_brand[0], p.brand.weight[0], arena.tanh_dx[0], NULL,
            { .rows = N, .columns = 24, .depth = 2 });
    gg_product_open(&k11, arena.d_brand[0], arena.tanh[0], g.brand.weight[0], NULL,
            { .rows = 2, .columns = 24, .depth = N, .a_turned = true });
    gg_product_open(&k14, arena.d_sub[0], p.price.weight, arena.d_h[0], NULL,
            { .rows = N, .columns = 24, .depth = 1, .a_turned = true });
    gg_product_open(&k15, arena.d_sub[0], arena.gelu[0], g.price.weight, NULL,
            { .rows = 1, .columns = 24, .depth = N });
    gg_product_open(&k17, arena.d_h[0], arena.body[0], g.trunk.weight[0], NULL,
            { .rows = 24, .columns = 8, .depth = N, .a_turned = true });
}

static void record(void)                                /* what the device replays */
{
    pass = gg_record(forward);
    first = gg_record(micro_first);
    step = gg_record(update_steps);
    full = gg_record(window_full);
}

static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&gagen_one, rows, sizeof(Device), offsets);
    open_products();
    record();
    return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, host, sizeof(Params) * 2); }
static void fetch(void) { gg_copy_out(host, &device->p, sizeof(Params) * 2); }

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
    to->scale_in[1] = (real)(1.0 / samples);
    to->count = (double)to->samples;
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    out[0] = s[0] / samples + s[1] / samples;           /* loss */
}

static const Tensor tensors[] = {
    { "trunk.weight", 2, { 24, 8 }, { { { 1, 0, 8 } }, { { 1, 0, 1 } } }, 0, UNIFORM(0.35355339059327373) },
    { "trunk.bias", 1, { 24 }, { { { 1, 0, 1 } } }, 192, UNIFORM(0.35355339059327373) },
    { "price.weight", 2, { 1, 24 }, { { { 1, 0, 24 } }, { { 1, 0, 1 } } }, 224, UNIFORM(0.20412414523193154) },
    { "price.bias", 1, { 1 }, { { { 1, 0, 1 } } }, 256, UNIFORM(0.20412414523193154) },
    { "brand.weight", 2, { 2, 24 }, { { { 1, 0, 24 } }, { { 1, 0, 1 } } }, 272, UNIFORM(0.20412414523193154) },
    { "brand.bias", 1, { 2 }, { { { 1, 0, 1 } } }, 320, UNIFORM(0.20412414523193154) },
};

static const char *const classes_brand[] = { "alba", "elm", NULL };
static const Column columns[] = {
    { .name = "body", .type = 'r', .rank = 1, .dim = { 8 },
        .source = "1-8", .base = (const void **)&data.body },
    { .name = "price", .type = 'r', .rank = 0, .dim = { 0 },
        .source = "price", .base = (const void **)&data.price },
    { .name = "brand", .type = 'i', .rank = 0, .dim = { 0 }, .classes = 2,
        .source = "brand", .names = classes_brand, .base = (const void **)&data.brand },
};

static const ReportName reports[] = { { "loss", false, false } };

static real *flat[2];
static void allocate(void)
{
    host = (decltype(host))gg_room(sizeof *host);
    flat[0] = (real *)&host->p, flat[1] = (real *)&host->g;
}

static void release(void) { gg_room_free(host), host = NULL; }

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 8, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

extern "C" const Program gagen_one = {
    .name = "one",
    .model = {
        .fingerprint = 0x3c945fd3487d0050u,
        .tensors = tensors, .ntensors = 6,
        .elements = 336, .flat = flat, .nstates = 0,
        .reports = reports, .nreports = 1, .nsums = 2,
        .report = report,
    },
    .schedule = {
        .batch = N * MICROS, .micro_batch = N, .accumulate = MICROS,
        .epochs = 1, .updates = 0, .seed = 0,
        .tail = 'd',
        .steps = steps, .nsteps = 1, .round = 8,
        .best = 0,
    },
    .data = {
        .reader = "csv", .path = "cars.csv",
        .valid = 0, .test = 0, .shuffle = true,
        .columns = columns, .ncolumns = 3,
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

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_one); }
