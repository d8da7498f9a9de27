/* one.c -- written by gagen: gagen -t c one.lua

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
   memory   parameters, gradients 6 KiB; packed 1 KiB; arena 5 KiB (lower bound 5)
   a micro-step   0.00974 MFLOP in 17 kernels between 4 barriers;  an update   704 elements, SGD
   lr 0.1
*/
#include "gagen.h"

enum { N = 8, MICROS = 1 };                             /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* stored as weight[block][in][column]; PyTorch's shapes */
    struct { real weight[8][32], bias[32]; } trunk;     /* [24, 8] [24] */
    struct { real weight[24][8], bias[8], pad_3[8]; } price;  /* [1, 24] [1] */
    struct { real weight[24][8], bias[8], pad_5[8]; } brand;  /* [2, 24] [2] */
} Params;
_Static_assert(sizeof(Params) == 704 * sizeof(real), "flat");

static struct {                                         /* rows in memory */
    const real *body;                                   /* [8] */
    const real *price;                                  /* one number */
    const int32_t *brand;                               /* one number */
} data;
static Window w;
static double part[2][8], sums[2];                      /* of a micro-batch, in parts; of a window */
_Alignas(64) static Params p, g;                        /* parameters, gradients */
_Alignas(64) static struct {                            /* made from Params once per update */
    real brand_weight_t[2][32];                         /* [2, 24] */
    real price_weight_t[32];                            /* [1, 24] */
} packed;
/* Phase k: the kernels after micro's barrier k, from 0. A pad keeps an offset. */
_Alignas(64) static union {                             /* a micro-step's values; the structs share memory */
    real all[1280];
    struct {
        real h[N][32];                                  /* [N, 24]  phases 0-2 */
        real gelu[N][32];                               /* [N, 24]  phases 0-2 */
        real tanh[N][32];                               /* [N, 24]  phases 0-1 */
        real square[N][8];                              /* [N, 1]  phase 0 */
        real brand[N][8];                               /* [N, 2]  phase 0 */
        real amax[N];                                   /* [N]  phase 0 */
        real pad[8], sum_exp[N];                        /* [N]  phase 0 */
        real pad2[8], cross_entropy[N];                 /* [N]  phase 0 */
        real pad3[88], sub[N][8];                       /* [N, 1]  phases 0-1 */
        real d_brand[N][8];                             /* [N, 2]  phases 0-1 */
        real d_sub[N][8];                               /* [N, 1]  phases 1-2 */
        real body[N][8];                                /* [N, 8]  phases 0-3 */
    };
    struct {
        real pad4[512], d_h[N][32];                     /* [N, 24]  phases 2-3 */
        real tanh_dx[N][32];                            /* [N, 24]  phases 1-2 */
    };
} arena;

static void add_up(int sum, int parts)                  /* in order, whatever the threads */
{
    for (int i = 0; i < parts; i++) sums[sum] += part[sum][i];
}

/* ---- a window ---- */
static void update(const Thread *t);
static void micro(const Thread *t, const Micro *m);

/* A window's gradients and sums. */
static void gradient(const Thread *t)
{
    if (t->id == 0)
        for (int i = 0; i < 2; i++) sums[i] = 0;
    micro(t, &(Micro){ 0, w.rows });
}

static void window(const Thread *t)
{
    gradient(t);
    update(t);
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of one.lua ---- */
static void k18_copy(const Thread *), k19_copy(const Thread *), k1_copy(const Thread *, const Micro *),
        k2_matmul_add_gelu_tanh(const Thread *), k3_matmul_add_sub_square(const Thread *, const Micro *),
        k4_sum(const Thread *, const Micro *), k5_matmul_add(const Thread *),
        k6_amax_sum_exp_cross_entropy(const Thread *, const Micro *), k7_sum(const Thread *, const Micro *),
        k8_cross_entropy_grad(const Thread *, const Micro *), k9_sum_d_bias(const Thread *),
        k10_matmul_tanh_dx(const Thread *), k11_matmul_d_weight(const Thread *, real[N][32], real[N][8], real[24][8]),
        k12_square_dx(const Thread *, const Micro *), k13_sum_d_bias(const Thread *),
        k14_matmul_gelu_dx_add(const Thread *), k16_sum_d_bias(const Thread *), k17_matmul_d_weight(const Thread *);
static void forward(const Thread *t, const Micro *m);

/* The window is one micro-batch: forward, loss, backward. */
static void micro(const Thread *t, const Micro *m)
{
    forward(t, m);
    k8_cross_entropy_grad(t, m);                        /* d_brand  [N, 2]  line 10 */
    barrier(t);
    if (t->id == 0) add_up(0, 8), add_up(1, 8);
    k9_sum_d_bias(t);                                   /* d brand.bias  [2]  line 10 */
    k10_matmul_tanh_dx(t);                              /* tanh_dx  [N, 24]  line 10 */
    k11_matmul_d_weight(t, arena.tanh, arena.d_brand, g.brand.weight);  /* [2, 24]  line 10 */
    k12_square_dx(t, m);                                /* d_sub  [N, 1]  line 9 */
    barrier(t);
    k13_sum_d_bias(t);                                  /* d price.bias  [1]  line 9 */
    k14_matmul_gelu_dx_add(t);                          /* d_h  [N, 24]  line 9 */
    k11_matmul_d_weight(t, arena.gelu, arena.d_sub, g.price.weight);  /* k15  [1, 24]  line 9 */
    barrier(t);
    k16_sum_d_bias(t);                                  /* d trunk.bias  [24]  line 5 */
    k17_matmul_d_weight(t);                             /* d trunk.weight  [24, 8]  line 5 */
    barrier(t);
}

/* The forward part. */
static void forward(const Thread *t, const Micro *m)
{
    k1_copy(t, m);                                      /* body  [N, 8]  line 4 */
    k2_matmul_add_gelu_tanh(t);                         /* h, gelu, tanh  [N, 24]  line 5 */
    k3_matmul_add_sub_square(t, m);                     /* sub, square  [N, 1]  line 9 */
    k4_sum(t, m);                                       /* part[0]  []  line 9 */
    k5_matmul_add(t);                                   /* brand  [N, 2]  line 10 */
    k6_amax_sum_exp_cross_entropy(t, m);                /* amax, sum_exp, cross_entropy  [N]  line 10 */
    k7_sum(t, m);                                       /* part[1]  []  line 10 */
}

/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
/* matmul: c = a b, or c += a b; runtime/contract.h explains its fields. */
/* k18  brand_weight_t = copy  [2, 24]                                  tests/golden/one.lua:10 */
static void k18_copy(const Thread *t)
{
    for_span (one, t, 1)
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 24; j++)
                packed.brand_weight_t[i][j] = p.brand.weight[j][i];
            for (int j = 24; j < 32; j++)
                packed.brand_weight_t[i][j] = 0;
        }
}

/* k19  price_weight_t = copy  [1, 24]                                  tests/golden/one.lua:9 */
static void k19_copy(const Thread *t)
{
    for_span (one, t, 1) {
        for (int j = 0; j < 24; j++)
            packed.price_weight_t[j] = p.price.weight[j][0];
        for (int j = 24; j < 32; j++)
            packed.price_weight_t[j] = 0;
    }
}

/* k1  body = copy  [N, 8]                                              tests/golden/one.lua:4 */
static void k1_copy(const Thread *t, const Micro *m)
{
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        for (int j = 0; j < 8; j++)
            arena.body[n][j] = data.body[at * 8 + j];
    }
}

/* k2  h, gelu, tanh = matmul, add, gelu, tanh  [N, 24]                 tests/golden/one.lua:5 */
static void k2_matmul_add_gelu_tanh(const Thread *t)
{
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 32, .depth = 8 }, arena.body[n], p.trunk.weight[0], arena.gelu[n], 0);
        for (int j = 0; j < 32; j += LANES) {
            const vec v = v_load(&arena.gelu[n][j]) + v_load(&p.trunk.bias[j]);
            v_store(&arena.h[n][j], v_keep(v, 24 - j));
            v_store(&arena.gelu[n][j], v_keep(R(0.5) * v * (1 + v_erf(v * R(0.7071067811865476))), 24 - j));
            v_store(&arena.tanh[n][j], v_keep(v_tanh(v), 24 - j));
        }
    }
}

/* k3  sub, square = matmul, add, sub, square  [N, 1]                   tests/golden/one.lua:9 */
static void k3_matmul_add_sub_square(const Thread *t, const Micro *m)
{
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        const real price = data.price[at];
        matmul((Matmul) { .rows = 1, .columns = 8, .depth = 24 }, arena.gelu[n], p.price.weight[0], arena.square[n], 0);
        const real v = arena.square[n][0] + p.price.bias[0] - price;
        arena.sub[n][0] = v;
        arena.square[n][0] = v * v;
        for (int j = 1; j < 8; j++)
            arena.sub[n][j] = 0;
    }
}

/* k4  part[0] = sum  []                                                tests/golden/one.lua:9 */
static void k4_sum(const Thread *t, const Micro *m)
{
    const int rows = m->rows;
    for_span (n, t, 8) {
        double total = 0;
        if (n < rows)
            total += arena.square[n][0];
        part[0][n] = total;
    }
}

/* k5  brand = matmul, add  [N, 2]                                      tests/golden/one.lua:10 */
static void k5_matmul_add(const Thread *t)
{
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 8, .depth = 24 }, arena.tanh[n], p.brand.weight[0], arena.brand[n], 0);
        for (int j = 0; j < 8; j += LANES8)
            v8_store(&arena.brand[n][j], v8_keep(v8_load(&arena.brand[n][j]) + v8_load(&p.brand.bias[j]), 2 - j));
    }
}

/* k6  amax, sum_exp, cross_entropy  [N]                                tests/golden/one.lua:10 */
static void k6_amax_sum_exp_cross_entropy(const Thread *t, const Micro *m)
{
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        const int brand = data.brand[at];
        vec8 lane_max = v8_set(-INFINITY);
        for (int j = 0; j < 8; j += LANES8) {
            const vec8 term = v8_load(&arena.brand[n][j]);
            lane_max = v8_max(lane_max, v8_select(v8_iota() + (real)j < 2, term, v8_set(-INFINITY)));
        }
        const real max = v8_hmax(lane_max);
        arena.amax[n] = max;
        vec8 lane_sum = v8_set(0);
        for (int j = 0; j < 8; j += LANES8)
            lane_sum += v8_keep(v8_exp(v8_load(&arena.brand[n][j]) - max), 2 - j);
        const real sum = v8_sum(lane_sum);
        arena.sum_exp[n] = sum;
        vec8 lane_target = v8_set(0);
        for (int j = 0; j < 8; j += LANES8) {
            const vec8 x = v8_load(&arena.brand[n][j]);
            lane_target += v8_keep(v8_select(v8_iota() + (real)j == (real)brand, x, v8_set(0)), 2 - j);
        }
        const real target = v8_sum(lane_target);
        arena.cross_entropy[n] = r_log(sum) + max - target;
    }
}

/* k7  part[1] = sum  []                                                tests/golden/one.lua:10 */
static void k7_sum(const Thread *t, const Micro *m)
{
    const int rows = m->rows;
    for_span (n, t, 8) {
        double total = 0;
        if (n < rows)
            total += arena.cross_entropy[n];
        part[1][n] = total;
    }
}

/* k8  d_brand = cross_entropy_grad  [N, 2]                             tests/golden/one.lua:10 */
static void k8_cross_entropy_grad(const Thread *t, const Micro *m)
{
    const real scale_in0 = w.scale_in[0];
    const int rows = m->rows;
    for_span (n, t, 8) {
        const long at = data_row(&w, m, n);
        const int brand = data.brand[at];
        const real scale = n < rows ? scale_in0 : 0;
        const real max = arena.amax[n];
        const real sum = arena.sum_exp[n];
        for (int j = 0; j < 8; j += LANES8) {
            const vec8 x = v8_load(&arena.brand[n][j]);
            v8_store(&arena.d_brand[n][j], v8_keep(scale == 0 ? v8_set(0) : scale
                    * (v8_exp(x - max) / sum - v8_select(v8_iota() + (real)j == (real)brand, v8_set(1), v8_set(0))),
                    2 - j));
        }
    }
}

/* k9  d brand.bias = sum  [2]                                          tests/golden/one.lua:10 */
static void k9_sum_d_bias(const Thread *t)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++)
                sum += v8_load(&arena.d_brand[n][j]);
            v8_store(&g.brand.bias[j], v8_keep(sum, 2 - j));
        }
}

/* k10  tanh_dx = matmul, tanh_dx  [N, 24]                              tests/golden/one.lua:10 */
static void k10_matmul_tanh_dx(const Thread *t)
{
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 32, .depth = 2 }, arena.d_brand[n], packed.brand_weight_t[0],
                arena.tanh_dx[n], 0);
        for (int j = 0; j < 32; j += LANES) {
            const vec y = v_load(&arena.tanh[n][j]);
            v_store(&arena.tanh_dx[n][j], v_keep(v_load(&arena.tanh_dx[n][j]) * (1 - y * y), 24 - j));
        }
    }
}

/* k11  d brand.weight = matmul  [2, 24]; also k15                      tests/golden/one.lua:10 */
SHARED void k11_matmul_d_weight(const Thread *t, real a[restrict N][32], real b[restrict N][8],
        real d_weight[restrict 24][8])
{
    for_span (q, t, 8)
        matmul((Matmul) { .rows = 3, .columns = 8, .depth = N, .a_turned = true, .a_row = 32 }, &a[0][q * 3], b[0],
                d_weight[q * 3], 0);
}

/* k12  d_sub = square_dx  [N, 1]                                       tests/golden/one.lua:9 */
static void k12_square_dx(const Thread *t, const Micro *m)
{
    const real scale_in1 = w.scale_in[1];
    const int rows = m->rows;
    for_span (n, t, 8) {
        const real scale = n < rows ? scale_in1 : 0;
        for (int j = 0; j < 8; j += LANES8)
            v8_store(&arena.d_sub[n][j], v8_keep(2 * scale * v8_load(&arena.sub[n][j]), 1 - j));
    }
}

/* k13  d price.bias = sum  [1]                                         tests/golden/one.lua:9 */
static void k13_sum_d_bias(const Thread *t)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++)
                sum += v8_load(&arena.d_sub[n][j]);
            v8_store(&g.price.bias[j], v8_keep(sum, 1 - j));
        }
}

/* k14  d_h = matmul, gelu_dx, add  [N, 24]                             tests/golden/one.lua:9 */
static void k14_matmul_gelu_dx_add(const Thread *t)
{
    for_span (n, t, 8) {
        matmul((Matmul) { .rows = 1, .columns = 32, .depth = 1 }, arena.d_sub[n], packed.price_weight_t, arena.d_h[n],
                0);
        for (int j = 0; j < 32; j += LANES) {
            const vec v = v_load(&arena.d_h[n][j]);
            const vec x = v_load(&arena.h[n][j]);
            v_store(&arena.d_h[n][j], v_keep(v_load(&arena.tanh_dx[n][j]) + v
                    * (R(0.5) * (1 + v_erf(x * R(0.7071067811865476))) + x * R(0.3989422804014327)
                    * v_exp(-R(0.5) * x * x)), 24 - j));
        }
    }
}

/* k16  d trunk.bias = sum  [24]                                        tests/golden/one.lua:5 */
static void k16_sum_d_bias(const Thread *t)
{
    for_span (one, t, 1)
        for (int j = 0; j < 32; j += LANES) {
            vec sum = v_set(0);
            for (int n = 0; n < N; n++)
                sum += v_load(&arena.d_h[n][j]);
            v_store(&g.trunk.bias[j], v_keep(sum, 24 - j));
        }
}

/* k17  d trunk.weight = matmul  [24, 8]                                tests/golden/one.lua:5 */
static void k17_matmul_d_weight(const Thread *t)
{
    for_span (q, t, 8)
        matmul((Matmul) { .rows = 1, .columns = 32, .depth = N, .a_turned = true, .a_row = 8 }, &arena.body[0][q],
                arena.d_h[0], g.trunk.weight[q], 0);
}

/* ---- the update ---- */
/* What is made from parameters once per update. */
static void prepare(const Thread *t)
{
    k18_copy(t);                                        /* brand_weight_t  [2, 24]  line 10 */
    k19_copy(t);                                        /* price_weight_t  [1, 24]  line 9 */
    barrier(t);
}

enum { BLOCK = 4096, BLOCKS = (704 + BLOCK - 1) / BLOCK };

/* SGD over [from, to) of the flat arrays, in one pass
   m = momentum * m + g; p = p - lr * m */
static void optimize(long from, long to)
{
    const real *dx_at = (const real *)&g;
    real *x_at = (real *)&p;
    const real rate = w.rate;
    for (long i = from; i < to; i += LANES) {
        const vec x = v_load(&x_at[i]);
        const vec dx = v_load(&dx_at[i]);
        v_store(&x_at[i], x - rate * dx);
    }
    stored();
}

static void update(const Thread *t)
{
    for_span (b, t, BLOCKS)
        optimize((long)b * BLOCK,
            b == BLOCKS - 1 ? 704 : (b + 1L) * BLOCK);
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
        barrier(t);
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
    to->scale_in[1] = (real)(1.0 / samples);
    to->count = (double)to->samples;
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    out[0] = s[0] / samples + s[1] / samples;           /* loss */
}

static const Tensor tensors[] = {
    { "trunk.weight", 2, { 24, 8 }, { { { 1, 0, 1 } }, { { 1, 0, 32 } } }, 0, UNIFORM(0.35355339059327373) },
    { "trunk.bias", 1, { 24 }, { { { 1, 0, 1 } } }, 256, UNIFORM(0.35355339059327373) },
    { "price.weight", 2, { 1, 24 }, { { { 1, 0, 1 } }, { { 1, 0, 8 } } }, 288, UNIFORM(0.20412414523193154) },
    { "price.bias", 1, { 1 }, { { { 1, 0, 1 } } }, 480, UNIFORM(0.20412414523193154) },
    { "brand.weight", 2, { 2, 24 }, { { { 1, 0, 1 } }, { { 1, 0, 8 } } }, 496, UNIFORM(0.20412414523193154) },
    { "brand.bias", 1, { 2 }, { { { 1, 0, 1 } } }, 688, UNIFORM(0.20412414523193154) },
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

static real *const flat[] = { (real *)&p, (real *)&g };

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 8, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

static const Program gagen_one = {
    .name = "one",
    .model = {
        .fingerprint = 0x3c945fd3487d0050u,
        .tensors = tensors, .ntensors = 6,
        .elements = 704, .flat = flat, .nstates = 0,
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
        .target = "c", .machine = GG_BUILT_FOR, .memory = sizeof p * 2 + sizeof packed + sizeof arena,
        .w = &w, .sums = sums,
        .prepare = prepare, .evaluate = evaluate,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_one); }
