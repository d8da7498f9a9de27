/* mlp.cu -- written by gagen: gagen mlp.lua

   layer                               output       parameters   mlp.lua
   net.0          Linear + relu        [N, 48]           3 120      5
   net.2          Linear               [N, 10]             490      5
                                                         3 610

   window   batch 64 = 4 x 16, tail "step": a shorter last window updates, too
   scales   backward starts with  scale_in[0] = 1 / samples, for the loss in line 10
   sums     sums[0] = sum of cross_entropy, line 10
            sums[1] = sum of hit, line 12
   memory   parameters, gradients, states 57 KiB; packed 0 KiB; arena 11 KiB (lower bound 11); workspace 32 MiB
   a micro-step   0.244 MFLOP in 12 kernels;  an update   3 616 elements, AdamW
   lr cosine 0.001, warmup 10
*/
#include "gagen_cuda.h"

enum { N = 16, MICROS = 4 };                            /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* as stored; logical shapes */
    struct { real weight[48][64], bias[48]; } net_0;    /* [48, 64] [48] */
    struct { real weight[10][48], bias[12], pad_3[4]; } net_2;  /* [10, 48] [10] */
} Params;
static_assert(sizeof(Params) == 3616 * sizeof(real), "flat");

typedef struct {                                        /* rows in memory */
    const uint8_t *image;                               /* [64] */
    const int32_t *label;                               /* one number */
} Data;

typedef struct {                                        /* all that lies on the device */
    alignas(256) Params p;                              /* parameters, gradients, optimizer states */
    Params g, s_m, s_v;
    double sums[2];                                     /* over the window's samples */
    Window w;
    Data data;
    uint32_t row[N * MICROS];                           /* of data, by the window's samples */
    uint32_t row_end;
    /* A phase is a kernel of micro, from 0; a pad keeps an offset. */
    alignas(256) union {                                /* a micro-step's values; the structs share memory */
        real all[2752];
        struct {
            real div[N][64];                            /* [N, 64]  phases 0-11 */
            real net_1[N][48];                          /* [N, 48]  phases 1-9 */
            real logits[N][12];                         /* [N, 10]  phases 2-6 */
            real amax[N];                               /* [N]  phases 3-6 */
            real sum_exp[N];                            /* [N]  phases 3-6 */
            real cross_entropy[N];                      /* [N]  phases 3-4 */
            real hit[N];                                /* [N]  phases 3-5 */
            real pad[512], d_logits[N][12];             /* [N, 10]  phases 6-9 */
        };
        struct { real pad2[1792], d_net_0[N][48]; };    /* [N, 48]  phases 8-11 */
    } arena;
} Device;

static Device *device;
static struct {                                         /* what files and options see, allocated at start */
    Params p, g, s_m, s_v;
} *host;
static Data data;
static Window w;
static double sums[2];
static GgMatmul k2, k3, k9;                             /* products that cuBLASLt makes */
static GgMatmul k10[2], k12[2];                         /* those of gradients: [0] stores, [1] adds */

/* ---- a window ---- */
static void micro_first(void), update_steps(void), micro_next(void);

/* 64 samples = 4 x 16, one graph: the first micro-batch stores its gradients, others add theirs. */
static void window_full(void)
{
    micro_first();
    micro_next();
    micro_next();
    micro_next();
    update_steps();
}

/* Recorded once, at start: forward, a micro-step that stores, an update, a micro-step that adds. */
static GgGraph pass, first, step, next, full;

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
    if (w.micros == MICROS && w.rows == N) gg_replay(&full);
    else replay_micros(), gg_replay(&step);
    gg_finish();
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of mlp.lua ---- */
static __global__ void k1_div(Device *), k9_matmul_relu_dx(Device *), k11_sum_d_bias(Device *, int),
        k4_to_k8_next(Device *, int), k4_to_k6_next(Device *);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
static void micro(int beta)
{
    GG_RUN(k1_div, 4, 256, device);                     /* div  [N, 64]  line 6 */
    gg_matmul_run(&k2);                                 /* k2  net_1 = matmul, add, relu  [N, 48]  line 5 */
    gg_matmul_run(&k3);                                 /* k3  logits = matmul, add  [N, 10]  line 5 */
    GG_RUN(k4_to_k8_next, 1, 512, device, beta);
    gg_matmul_run(&k9);                                 /* k9  d_net_0 = matmul, relu_dx  [N, 48]  line 5 */
    GG_RUN(k9_matmul_relu_dx, 3, 256, device);          /* d_net_0  [N, 48]  line 5 */
    gg_matmul_run(&k10[beta]);                          /* k10  d net.2.weight = matmul  [10, 48]  line 5 */
    GG_RUN(k11_sum_d_bias, 2, 256, device, beta);       /* d net.0.bias  [48]  line 5 */
    gg_matmul_run(&k12[beta]);                          /* k12  d net.0.weight = matmul  [48, 64]  line 5 */
}

static void micro_first(void) { micro(0); }
static void micro_next(void) { micro(1); }

/* The forward part of it. */
static void forward(void)
{
    GG_RUN(k1_div, 4, 256, device);                     /* div  [N, 64]  line 6 */
    gg_matmul_run(&k2);                                 /* k2  net_1 = matmul, add, relu  [N, 48]  line 5 */
    gg_matmul_run(&k3);                                 /* k3  logits = matmul, add  [N, 10]  line 5 */
    GG_RUN(k4_to_k6_next, 1, 512, device);
}

/* ---- kernels, in order of execution ---- */
/* k1  div  [N, 64]                                                     tests/golden/mlp.lua:6 */
static __global__ __launch_bounds__(256) void k1_div(Device *dev)
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const auto &data = dev->data;
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 64) {
        const int j = id % 64, n = id / 64;
        const long at = dev->row[m->from + n];
        arena.div[n][j] = (real)data.image[at * 64 + j] / 255;
    }
}

/* k4  amax, sum_exp, cross_entropy, hit  [N]                           tests/golden/mlp.lua:10 */
static __device__ void k4_amax_sum_exp_cross_entropy_hit(Device *dev)
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
            max = r_max(max, arena.logits[n][j]);
        max = gg_fold_max<32>(max);
        if (lane == 0)
            arena.amax[n] = max;
        real sum = 0;
        for (int j = lane; j < 10; j += 32)
            sum += r_exp(arena.logits[n][j] - max);
        sum = gg_fold_sum<32>(sum);
        if (lane == 0)
            arena.sum_exp[n] = sum;
        real target = 0;
        for (int j = lane; j < 10; j += 32) {
            const real x = arena.logits[n][j];
            target += j == label ? x : 0;
        }
        target = gg_fold_sum<32>(target);
        if (lane == 0)
            arena.cross_entropy[n] = r_log(sum) + max - target;
        real first = INFINITY;
        for (int j = lane; j < 10; j += 32)
            first = r_min(first, arena.logits[n][j] == max ? j : 10);
        first = gg_fold_min<32>(first);
        if (lane == 0)
            arena.hit[n] = first == label ? 1 : 0;
    }
}

/* k5  sums[0] = sum  []; also k6                                       tests/golden/mlp.lua:10 */
static __device__ void k5_sum(Device *dev, const real x[N], double result[1])
{
    const Micro here = gg_micro(dev->w, N), *m = &here;
    const int rows = m->rows;
    double total = 0;
    for (int n = threadIdx.x; n < N; n += 512)
        if (n < rows)
            total += x[n];
    total = gg_fold_sum<512>(total);
    if (threadIdx.x == 0)
        result[0] += total;
}

/* k7  d_logits = cross_entropy_grad  [N, 10]                           tests/golden/mlp.lua:10 */
static __device__ void k7_cross_entropy_grad(Device *dev)
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
            const real x = arena.logits[n][j];
            arena.d_logits[n][j] = scale == 0 ? 0 : scale * (r_exp(x - max) / sum - (j == label ? 1 : 0));
        }
    }
}

/* k8  d net.2.bias = sum  [10]                                         tests/golden/mlp.lua:5 */
static __device__ void k8_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    for (unsigned id = lane; id - lane < 10; id += 32) {
        const int j = id;
        real sum = 0;
        for (int n = share; n < N && id < 10; n += 16)
            sum += arena.d_logits[n][j];
        sum = gg_add_shares<16>(sum);
        if (share == 0 && id < 10) {
            const real old = g.net_2.bias[j];
            g.net_2.bias[j] = beta ? old + sum : sum;
        }
        __syncthreads();
    }
}

/* k9  d_net_0 = matmul, relu_dx  [N, 48], after the product            tests/golden/mlp.lua:5 */
static __global__ __launch_bounds__(256) void k9_matmul_relu_dx(Device *dev)
{
    auto &arena = dev->arena;
    const unsigned id = blockIdx.x * 256u + threadIdx.x;
    if (id < N * 48) {
        const int j = id % 48, n = id / 48;
        const real v = arena.d_net_0[n][j];
        arena.d_net_0[n][j] = arena.net_1[n][j] <= 0 ? 0 : v;
    }
}

/* k11  d net.0.bias = sum  [48]                                        tests/golden/mlp.lua:5 */
static __global__ __launch_bounds__(256) void k11_sum_d_bias(Device *dev, int beta)
{
    auto &g = dev->g;
    auto &arena = dev->arena;
    const unsigned lane = threadIdx.x % 32, share = threadIdx.x / 32;
    const unsigned id = blockIdx.x * 32u + lane;
    const int j = id;
    real sum = 0;
    for (int n = share; n < N && id < 48; n += 8)
        sum += arena.d_net_0[n][j];
    sum = gg_add_shares<8>(sum);
    if (share == 0 && id < 48) {
        const real old = g.net_0.bias[j];
        g.net_0.bias[j] = beta ? old + sum : sum;
    }
}

/* k4 to k8, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k4_to_k8_next(Device *dev, int beta)
{
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    k4_amax_sum_exp_cross_entropy_hit(dev);
    __syncthreads();
    k5_sum(dev, arena.cross_entropy, &sums[0]);
    __syncthreads();
    k5_sum(dev, arena.hit, &sums[1]);
    __syncthreads();
    k7_cross_entropy_grad(dev);
    __syncthreads();
    k8_sum_d_bias(dev, beta);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

/* k4 to k6, one after another; the last of them advances the micro-step */
static __global__ __launch_bounds__(512) void k4_to_k6_next(Device *dev)
{
    auto &arena = dev->arena;
    auto &sums = dev->sums;
    k4_amax_sum_exp_cross_entropy_hit(dev);
    __syncthreads();
    k5_sum(dev, arena.cross_entropy, &sums[0]);
    __syncthreads();
    k5_sum(dev, arena.hit, &sums[1]);
    __syncthreads();
    if (threadIdx.x == 0) dev->w.micro++;
}

enum { BLOCK = 4096, BLOCKS = (3616 + BLOCK - 1) / BLOCK };

/* AdamW over the flat arrays, in one pass
   Adam whose weight decay shrinks p itself: p = (1 - lr * weight_decay) * p before the step */
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
    const real shrink = w.c[2];
    if (i < 3616) {
        const real x = x_at[i];
        const real dx = dx_at[i];
        const real old_m = m_at[i];
        const real new_m = R(0.9) * old_m + (real)(1 - 0.9) * dx;
        m_at[i] = new_m;
        const real old_v = v_at[i];
        const real new_v = R(0.999) * old_v + (real)(1 - 0.999) * dx * dx;
        v_at[i] = new_v;
        x_at[i] = x * shrink - rate * c1 * new_m / (r_sqrt(new_v) * c2 + R(1e-8));
    }
}

static void update_steps(void)
{
    GG_LAUNCH(optimize, (3616 + 255) / 256, 256, 0, gg_stream, device);
}

static void evaluate(const Thread *) { gg_evaluate(&pass); }

/* ---- the device ---- */
extern "C" const Program gagen_mlp;

static void open_products(void)
{
    auto &arena = device->arena;
    auto &p = device->p;
    auto &g = device->g;
    gg_product_open(&k2, arena.div[0], p.net_0.weight[0], arena.net_1[0], p.net_0.bias,
            { .rows = N, .columns = 48, .depth = 64, .b_turned = true, .relu = true });
    gg_product_open(&k3, arena.net_1[0], p.net_2.weight[0], arena.logits[0], p.net_2.bias,
            { .rows = N, .columns = 10, .depth = 48, .b_turned = true, .c_row = 12 });
    gg_product_open(&k9, arena.d_logits[0], p.net_2.weight[0], arena.d_net_0[0], NULL,
            { .rows = N, .columns = 48, .depth = 10, .a_row = 12 });
    gg_product_open_both(k10, arena.d_logits[0], arena.net_1[0], g.net_2.weight[0], NULL,
            { .rows = 10, .columns = 48, .depth = N, .a_turned = true, .a_row = 12 });
    gg_product_open_both(k12, arena.d_net_0[0], arena.div[0], g.net_0.weight[0], NULL,
            { .rows = 48, .columns = 64, .depth = N, .a_turned = true });
}

static void record(void)                                /* what the device replays */
{
    pass = gg_record(forward);
    first = gg_record(micro_first);
    step = gg_record(update_steps);
    next = gg_record(micro_next);
    full = gg_record(window_full);
}

static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&gagen_mlp, rows, sizeof(Device), offsets);
    open_products();
    record();
    return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, host, sizeof(Params) * 4); }
static void fetch(void) { gg_copy_out(host, &device->p, sizeof(Params) * 4); }

/* ---- the program as the runtime sees it ---- */
/* cosine 0.001, warmup 10, at update t of T, E to an epoch */
static double learning_rate(double t, double T, double E)
{
    (void)E;
    return (t <= 10.0 ? 0.001 * t / 10.0 : 0.0005
            * (1.0 + cos(3.141592653589793 * fmin(fmax((t - 1.0 - 10.0) / (T - 10.0), 0.0), 1.0))));
}

/* Before each window: its scales and the optimizer's constants. to->samples is its size. */
static void scalars(Window *to)
{
    const double samples = (double)to->samples;
    const double t = (double)to->t;
    const double lr = (double)to->lr;
    to->rate = (real)to->lr;
    to->c[0] = (real)(1.0 / (1.0 - pow(0.9, t)));       /* c1 */
    to->c[1] = (real)(1.0 / sqrt(1.0 - pow(0.999, t))); /* c2 */
    to->c[2] = (real)(1.0 - lr * 0.01);                 /* shrink */
    to->scale_in[0] = (real)(1.0 / samples);
    to->count = (double)to->samples;
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    out[0] = s[0] / samples;                            /* loss */
    out[1] = s[1] / samples;                            /* accuracy */
}

static const Tensor tensors[] = {
    { "net.0.weight", 2, { 48, 64 }, { { { 1, 0, 64 } }, { { 1, 0, 1 } } }, 0, UNIFORM(0.125) },
    { "net.0.bias", 1, { 48 }, { { { 1, 0, 1 } } }, 3072, UNIFORM(0.125) },
    { "net.2.weight", 2, { 10, 48 }, { { { 1, 0, 48 } }, { { 1, 0, 1 } } }, 3120, UNIFORM(0.14433756729740646) },
    { "net.2.bias", 1, { 10 }, { { { 1, 0, 1 } } }, 3600, UNIFORM(0.14433756729740646) },
};

static const Column columns[] = {
    { .name = "image", .type = 'b', .rank = 1, .dim = { 64 },
        .source = "image", .base = (const void **)&data.image },
    { .name = "label", .type = 'i', .rank = 0, .dim = { 0 }, .classes = 10,
        .source = "label", .base = (const void **)&data.label },
};

static const ReportName reports[] = { { "loss", false, false }, { "accuracy", true, true } };

static real *flat[4];
static void allocate(void)
{
    host = (decltype(host))gg_room(sizeof *host);
    flat[0] = (real *)&host->p, flat[1] = (real *)&host->g, flat[2] = (real *)&host->s_m, flat[3] = (real *)&host->s_v;
}

static void release(void) { gg_room_free(host), host = NULL; }

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 64, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

extern "C" const Program gagen_mlp = {
    .name = "mlp",
    .model = {
        .fingerprint = 0x8881ff31e8b7b9acu,
        .tensors = tensors, .ntensors = 4,
        .elements = 3616, .flat = flat, .nstates = 2, .state_names = { "m", "v" },
        .reports = reports, .nreports = 2, .nsums = 2,
        .report = report,
    },
    .schedule = {
        .batch = N * MICROS, .micro_batch = N, .accumulate = MICROS,
        .epochs = 2, .updates = 0, .seed = 0,
        .tail = 's',
        .steps = steps, .nsteps = 1, .round = 64,
        .best = 0,
    },
    .data = {
        .reader = "idx", .path = "digits",
        .valid = 0.1, .test = 0, .shuffle = true,
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

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_mlp); }
