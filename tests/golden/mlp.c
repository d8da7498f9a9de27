/* mlp.c -- written by gagen: gagen -t c mlp.lua

   layer                               output       parameters   mlp.lua
   net.0          Linear + relu        [N, 48]           3 120      5
   net.2          Linear               [N, 10]             490      5
                                                         3 610

   window   batch 64 = 4 x 16, tail "step": a shorter last window updates, too
   scales   backward starts with  scale_in[0] = 1 / samples, for the loss in line 10
   sums     sums[0] = sum of cross_entropy, line 10
            sums[1] = sum of hit, line 12
   memory   parameters, gradients, states 61 KiB; packed 2 KiB; arena 11 KiB (lower bound 11)
   a micro-step   0.244 MFLOP in 12 kernels between 4 barriers;  an update   3 904 elements, AdamW
   lr cosine 0.001, warmup 10
*/
#include "gagen.h"

enum { N = 16, MICROS = 4 };                            /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* stored as weight[block][in][column]; PyTorch's shapes */
    struct { real weight[3][64][16], bias[48]; } net_0; /* [48, 64] [48] */
    struct { real weight[48][16], bias[16]; } net_2;    /* [10, 48] [10] */
} Params;
_Static_assert(sizeof(Params) == 3904 * sizeof(real), "flat");

static struct {                                         /* rows in memory */
    const uint8_t *image;                               /* [64] */
    const int32_t *label;                               /* one number */
} data;
static Window w;
static double part[2][8], sums[2];                      /* of a micro-batch, in parts; of a window */
_Alignas(64) static Params p, g, s_m, s_v;              /* parameters, gradients, optimizer states */
_Alignas(64) static struct {                            /* made from Params once per update */
    real net_2_weight_t[3][10][16];                     /* [10, 48] */
} packed;
/* Phase k: the kernels after micro's barrier k, from 0. A pad keeps an offset. */
_Alignas(64) static union {                             /* a micro-step's values; the structs share memory */
    real all[2816];
    struct {
        real div[N][64];                                /* [N, 64]  phases 0-3 */
        real net_1[3][N][16];                           /* [N, 48]  phases 1-3 */
        real logits[N][16];                             /* [N, 10]  phase 2 */
        real amax[N];                                   /* [N]  phase 2 */
        real sum_exp[N];                                /* [N]  phase 2 */
        real cross_entropy[N];                          /* [N]  phase 2 */
        real hit[N];                                    /* [N]  phase 2 */
        real pad[448], d_logits[N][16];                 /* [N, 10]  phases 2-3 */
    };
    struct { real pad2[1792], d_net_0[3][N][16]; };     /* [N, 48]  phase 3 */
} arena;

static void add_up(int sum, int parts)                  /* in order, whatever the threads */
{
    for (int i = 0; i < parts; i++) sums[sum] += part[sum][i];
}

/* ---- a window ---- */
static void update(const Thread *t);
static void micro_first(const Thread *t, const Micro *m);
static void micro_next(const Thread *t, const Micro *m);

/* 64 samples = 4 x 16; Micro: first sample, rows. The first micro-batch stores gradients, others add. */
static void window_full(const Thread *t)
{
    micro_first(t, &(Micro){ 0, N });
    micro_next(t, &(Micro){ N, N });
    micro_next(t, &(Micro){ 2 * N, N });
    micro_next(t, &(Micro){ 3 * N, N });
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
        for (int i = 0; i < 2; i++) sums[i] = 0;
    if (w.micros == MICROS && w.rows == N) window_full(t);
    else window_short(t);
}

static void window(const Thread *t)
{
    gradient(t);
    update(t);
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of mlp.lua ---- */
static void k13_copy(const Thread *), k1_div(const Thread *, const Micro *), k2_matmul_add_relu(const Thread *),
        k3_matmul_add(const Thread *), k4_amax_sum_exp_cross_entropy_hit(const Thread *, const Micro *),
        k5_sum(const Thread *, const Micro *, real[N], double[]), k7_cross_entropy_grad(const Thread *, const Micro *),
        k8_sum_d_bias(const Thread *, int), k9_matmul_relu_dx(const Thread *),
        k10_matmul_d_weight(const Thread *, int), k11_sum_d_bias(const Thread *, int),
        k12_matmul_d_weight(const Thread *, int);
static void forward(const Thread *t, const Micro *m);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
INLINE void micro(const Thread *t, const Micro *m, const int beta)
{
    forward(t, m);
    k7_cross_entropy_grad(t, m);                        /* d_logits  [N, 10]  line 10 */
    barrier(t);
    if (t->id == 0) add_up(0, 8), add_up(1, 8);
    k8_sum_d_bias(t, beta);                             /* d net.2.bias  [10]  line 5 */
    k9_matmul_relu_dx(t);                               /* d_net_0  [N, 48]  line 5 */
    k10_matmul_d_weight(t, beta);                       /* d net.2.weight  [10, 48]  line 5 */
    k11_sum_d_bias(t, beta);                            /* d net.0.bias  [48]  line 5 */
    k12_matmul_d_weight(t, beta);                       /* d net.0.weight  [48, 64]  line 5 */
    barrier(t);
}

NOINLINE void micro_first(const Thread *t, const Micro *m) { micro(t, m, 0); }
NOINLINE void micro_next(const Thread *t, const Micro *m)  { micro(t, m, 1); }

/* The forward part. */
static void forward(const Thread *t, const Micro *m)
{
    k1_div(t, m);                                       /* div  [N, 64]  line 6 */
    barrier(t);
    k2_matmul_add_relu(t);                              /* net_1  [N, 48]  line 5 */
    barrier(t);
    k3_matmul_add(t);                                   /* logits  [N, 10]  line 5 */
    k4_amax_sum_exp_cross_entropy_hit(t, m);            /* [N]  line 10 */
    k5_sum(t, m, arena.cross_entropy, part[0]);         /* part[0]  []  line 10 */
    k5_sum(t, m, arena.hit, part[1]);                   /* k6  part[1]  []  line 12 */
}

/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
/* matmul: c = a b, or c += a b; runtime/contract.h explains its fields. */
/* k13  net_2_weight_t = copy  [10, 48]                                 tests/golden/mlp.lua:5 */
static void k13_copy(const Thread *t)
{
    for_span (s, t, 3)
        for (int i = 0; i < 10; i++)
            for (int j = 0; j < 16; j++)
                packed.net_2_weight_t[s][i][j] = p.net_2.weight[s * 16 + j][i];
}

/* k1  div  [N, 64]                                                     tests/golden/mlp.lua:6 */
static void k1_div(const Thread *t, const Micro *m)
{
    for_span (q, t, 8)
        for (int n = 2 * q; n < 2 * q + 2; n++) {
            const long at = data_row(&w, m, n);
            for (int j = 0; j < 64; j++)
                arena.div[n][j] = (real)data.image[at * 64 + j] / 255;
        }
}

/* k2  net_1 = matmul, add, relu  [N, 48]                               tests/golden/mlp.lua:5 */
static void k2_matmul_add_relu(const Thread *t)
{
    for_span (s, t, 3) {
        matmul((Matmul) { .rows = N, .columns = 16, .depth = 64 }, arena.div[0], p.net_0.weight[s][0],
                arena.net_1[s][0], 0);
        for (int n = 0; n < N; n++)
            for (int j = 0; j < 16; j += LANES) {
                const vec v = v_load(&arena.net_1[s][n][j]) + v_load(&p.net_0.bias[s * 16 + j]);
                v_store(&arena.net_1[s][n][j], v_select(v <= 0, v_set(0), v));
            }
    }
}

/* k3  logits = matmul, add  [N, 10]                                    tests/golden/mlp.lua:5 */
static void k3_matmul_add(const Thread *t)
{
    for_span (q, t, 8) {
        matmul((Matmul) { .rows = 2, .columns = 16, .depth = 48, .blocks = 3, .block = 256 }, arena.net_1[0][q * 2],
                p.net_2.weight[0], arena.logits[q * 2], 0);
        for (int n = 2 * q; n < 2 * q + 2; n++)
            for (int j = 0; j < 16; j += LANES)
                v_store(&arena.logits[n][j], v_keep(v_load(&arena.logits[n][j]) + v_load(&p.net_2.bias[j]), 10 - j));
    }
}

/* k4  amax, sum_exp, cross_entropy, hit  [N]                           tests/golden/mlp.lua:10 */
static void k4_amax_sum_exp_cross_entropy_hit(const Thread *t, const Micro *m)
{
    for_span (q, t, 8)
        for (int n = 2 * q; n < 2 * q + 2; n++) {
            const long at = data_row(&w, m, n);
            const int label = data.label[at];
            vec lane_max = v_set(-INFINITY);
            for (int j = 0; j < 16; j += LANES) {
                const vec term = v_load(&arena.logits[n][j]);
                lane_max = v_max(lane_max, v_select(v_iota() + (real)j < 10, term, v_set(-INFINITY)));
            }
            const real max = v_hmax(lane_max);
            arena.amax[n] = max;
            vec lane_sum = v_set(0);
            for (int j = 0; j < 16; j += LANES)
                lane_sum += v_keep(v_exp(v_load(&arena.logits[n][j]) - max), 10 - j);
            const real sum = v_sum(lane_sum);
            arena.sum_exp[n] = sum;
            vec lane_target = v_set(0);
            for (int j = 0; j < 16; j += LANES) {
                const vec x = v_load(&arena.logits[n][j]);
                lane_target += v_keep(v_select(v_iota() + (real)j == (real)label, x, v_set(0)), 10 - j);
            }
            const real target = v_sum(lane_target);
            arena.cross_entropy[n] = r_log(sum) + max - target;
            vec lane_first = v_set(INFINITY);
            for (int j = 0; j < 16; j += LANES) {
                const vec term2 = v_select(v_load(&arena.logits[n][j]) == max, v_iota() + (real)j, v_set(10));
                lane_first = v_min(lane_first, v_select(v_iota() + (real)j < 10, term2, v_set(INFINITY)));
            }
            const real first = v_hmin(lane_first);
            arena.hit[n] = first == label ? 1 : 0;
        }
}

/* k5  part[0] = sum  []; also k6                                       tests/golden/mlp.lua:10 */
SHARED void k5_sum(const Thread *t, const Micro *m, real x[restrict N], double result[restrict])
{
    const int rows = m->rows;
    for_span (q, t, 8) {
        double total = 0;
        for (int n = 2 * q; n < 2 * q + 2 && n < rows; n++)
            total += x[n];
        result[q] = total;
    }
}

/* k7  d_logits = cross_entropy_grad  [N, 10]                           tests/golden/mlp.lua:10 */
static void k7_cross_entropy_grad(const Thread *t, const Micro *m)
{
    const real scale_in0 = w.scale_in[0];
    const int rows = m->rows;
    for_span (q, t, 8)
        for (int n = 2 * q; n < 2 * q + 2; n++) {
            const long at = data_row(&w, m, n);
            const int label = data.label[at];
            const real scale = n < rows ? scale_in0 : 0;
            const real max = arena.amax[n];
            const real sum = arena.sum_exp[n];
            for (int j = 0; j < 16; j += LANES) {
                const vec x = v_load(&arena.logits[n][j]);
                v_store(&arena.d_logits[n][j], v_keep(scale == 0 ? v_set(0) : scale
                        * (v_exp(x - max) / sum - v_select(v_iota() + (real)j == (real)label, v_set(1), v_set(0))),
                        10 - j));
            }
        }
}

/* k8  d net.2.bias = sum  [10]                                         tests/golden/mlp.lua:5 */
INLINE void k8_sum_d_bias(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 16; j += LANES) {
            vec sum = v_set(0);
            for (int n = 0; n < N; n++)
                sum += v_load(&arena.d_logits[n][j]);
            const vec old = v_load(&g.net_2.bias[j]), more = v_keep(sum, 10 - j);
            v_store(&g.net_2.bias[j], beta ? old + more : more);
        }
}

/* k9  d_net_0 = matmul, relu_dx  [N, 48]                               tests/golden/mlp.lua:5 */
static void k9_matmul_relu_dx(const Thread *t)
{
    for_span (s, t, 3) {
        matmul((Matmul) { .rows = N, .columns = 16, .depth = 10, .a_row = 16 }, arena.d_logits[0],
                packed.net_2_weight_t[s][0], arena.d_net_0[s][0], 0);
        for (int n = 0; n < N; n++)
            for (int j = 0; j < 16; j += LANES) {
                const vec v = v_load(&arena.d_net_0[s][n][j]);
                v_store(&arena.d_net_0[s][n][j], v_select(v_load(&arena.net_1[s][n][j]) <= 0, v_set(0), v));
            }
    }
}

/* k10  d net.2.weight = matmul  [10, 48]                               tests/golden/mlp.lua:5 */
INLINE void k10_matmul_d_weight(const Thread *t, const int beta)
{
    for_span (q, t, 3)
        matmul((Matmul) { .rows = 16, .columns = 16, .depth = N, .a_turned = true }, arena.net_1[q][0],
                arena.d_logits[0], g.net_2.weight[q * 16], beta);
}

/* k11  d net.0.bias = sum  [48]                                        tests/golden/mlp.lua:5 */
INLINE void k11_sum_d_bias(const Thread *t, const int beta)
{
    for_span (s, t, 3)
        for (int j = 0; j < 16; j += LANES) {
            vec sum = v_set(0);
            for (int n = 0; n < N; n++)
                sum += v_load(&arena.d_net_0[s][n][j]);
            const vec old = v_load(&g.net_0.bias[s * 16 + j]);
            v_store(&g.net_0.bias[s * 16 + j], beta ? old + sum : sum);
        }
}

/* k12  d net.0.weight = matmul  [48, 64]                               tests/golden/mlp.lua:5 */
INLINE void k12_matmul_d_weight(const Thread *t, const int beta)
{
    for_span (s, t, 3)
        matmul((Matmul) { .rows = 64, .columns = 16, .depth = N, .a_turned = true }, arena.div[0], arena.d_net_0[s][0],
                g.net_0.weight[s][0], beta);
}

/* ---- the update ---- */
/* What is made from parameters once per update. */
static void prepare(const Thread *t)
{
    k13_copy(t);                                        /* net_2_weight_t  [10, 48]  line 5 */
    barrier(t);
}

enum { BLOCK = 4096, BLOCKS = (3904 + BLOCK - 1) / BLOCK };

/* AdamW over [from, to) of the flat arrays, in one pass
   Adam whose weight decay shrinks p itself: p = (1 - lr * weight_decay) * p before the step */
static void optimize(long from, long to)
{
    const real *dx_at = (const real *)&g;
    real *x_at = (real *)&p;
    real *m_at = (real *)&s_m;
    real *v_at = (real *)&s_v;
    const real rate = w.rate;
    const real c1 = w.c[0];
    const real c2 = w.c[1];
    const real shrink = w.c[2];
    for (long i = from; i < to; i += LANES) {
        const vec x = v_load(&x_at[i]);
        const vec dx = v_load(&dx_at[i]);
        const vec old_m = v_load(&m_at[i]);
        const vec new_m = R(0.9) * old_m + (real)(1 - 0.9) * dx;
        v_store(&m_at[i], new_m);
        const vec old_v = v_load(&v_at[i]);
        const vec new_v = R(0.999) * old_v + (real)(1 - 0.999) * dx * dx;
        v_store(&v_at[i], new_v);
        v_store(&x_at[i], x * shrink - rate * c1 * new_m / (v_sqrt(new_v) * c2 + R(1e-8)));
    }
    stored();
}

static void update(const Thread *t)
{
    for_span (b, t, BLOCKS)
        optimize((long)b * BLOCK,
            b == BLOCKS - 1 ? 3904 : (b + 1L) * BLOCK);
    barrier(t);
    prepare(t);
}

/* The sums of w.micros micro-batches. */
static void evaluate(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    if (t->id == 0)
        for (int i = 0; i < 2; i++) sums[i] = 0;
    for (int k = 0; k <= last; k++) {
        forward(t, &(Micro){ (long)N * k, k == last ? rows : N });
        barrier(t);
        if (t->id == 0) add_up(0, 8), add_up(1, 8);
    }
}

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
    { "net.0.weight", 2, { 48, 64 }, { { { 1, 16, 1 }, { 16, 0, 1024 } }, { { 1, 0, 16 } } }, 0, UNIFORM(0.125) },
    { "net.0.bias", 1, { 48 }, { { { 1, 0, 1 } } }, 3072, UNIFORM(0.125) },
    { "net.2.weight", 2, { 10, 48 }, { { { 1, 0, 1 } }, { { 1, 16, 16 }, { 16, 0, 256 } } }, 3120,
            UNIFORM(0.14433756729740646) },
    { "net.2.bias", 1, { 10 }, { { { 1, 0, 1 } } }, 3888, UNIFORM(0.14433756729740646) },
};

static const Column columns[] = {
    { .name = "image", .type = 'b', .rank = 1, .dim = { 64 },
        .source = "image", .base = (const void **)&data.image },
    { .name = "label", .type = 'i', .rank = 0, .dim = { 0 }, .classes = 10,
        .source = "label", .base = (const void **)&data.label },
};

static const ReportName reports[] = { { "loss", false, false }, { "accuracy", true, true } };

static real *const flat[] = { (real *)&p, (real *)&g, (real *)&s_m, (real *)&s_v };

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 64, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

static const Program gagen_mlp = {
    .name = "mlp",
    .model = {
        .fingerprint = 0x8881ff31e8b7b9acu,
        .tensors = tensors, .ntensors = 4,
        .elements = 3904, .flat = flat, .nstates = 2, .state_names = { "m", "v" },
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
        .target = "c", .machine = GG_BUILT_FOR, .memory = sizeof p * 4 + sizeof packed + sizeof arena,
        .w = &w, .sums = sums,
        .prepare = prepare, .evaluate = evaluate,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_mlp); }
