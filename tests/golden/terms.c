/* terms.c -- written by gagen: gagen -t c terms.lua

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
   memory   parameters, gradients, states 5 KiB; packed 1 KiB; arena 2 KiB (lower bound 2)
   a micro-step   0.00198 MFLOP in 19 kernels between 5 barriers;  an update   304 elements, Adam
   lr 0.001
*/
#include "gagen.h"

enum { N = 2, MICROS = 4 };                             /* rows of a micro-batch, micro-batches of a window */
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct {                                        /* stored as weight[block][in][column]; PyTorch's shapes */
    struct { real weight[8], pad_0[8], bias[8], pad_1[8]; } norm;  /* [6] [6] */
    struct { real weight[6][8], bias[8], pad_3[8]; } token;  /* [5, 6] [5] */
    struct { real weight[24][8], bias[8], pad_5[8]; } score;  /* [1, 24] [1] */
} Params;
_Static_assert(sizeof(Params) == 304 * sizeof(real), "flat");

static struct {                                         /* rows in memory */
    const real *x;                                      /* [24] */
    const int32_t *target;                              /* [4] */
    const real *score;                                  /* one number */
} data;
static Window w;
static double part[3][2], sums[4];                      /* of a micro-batch, in parts; of a window */
_Alignas(64) static Params p, g, s_m, s_v;              /* parameters, gradients, optimizer states */
_Alignas(64) static struct {                            /* made from Params once per update */
    real square2[5][8], pad_0[8];                       /* [5, 6] */
    real sum2, pad_1[15];                               /* [] */
    real mul, pad_2[15];                                /* [] */
    real d_sum, pad_3[15];                              /* [] */
    real d_div, pad_4[15];                              /* [] */
    real score_weight_t[32];                            /* [1, 24] */
    real token_weight_t[5][8], pad_6[8];                /* [5, 6] */
} packed;
/* Phase k: the kernels after micro's barrier k, from 0. A pad keeps an offset. */
_Alignas(64) static union {                             /* a micro-step's values; the structs share memory */
    real all[400];
    struct {
        real norm_normalize[N][4][8];                   /* [N, 4, 6]  phases 0-4 */
        real h[N][4][8];                                /* [N, 4, 6]  phases 0-4 */
        real token[N][4][8];                            /* [N, 4, 5]  phases 1-3 */
        real cross_entropy[N][8];                       /* [N, 4]  phase 2 */
        real masked[N][8];                              /* [N, 4]  phase 2 */
        real sub[N][8];                                 /* [N, 1]  phase 2 */
        real square[N][8];                              /* [N, 1]  phase 2 */
        real d_token[N][4][8];                          /* [N, 4, 5]  phases 3-4 */
        real amax[N][8];                                /* [N, 4]  phases 2-3 */
        real sum_exp[N][8];                             /* [N, 4]  phases 2-3 */
        real kept[N][8];                                /* [N, 4]  phases 2-3 */
        real d_sub[N][8];                               /* [N, 1]  phases 2-3 */
        real d_cross_entropy[N][8];                     /* [N, 4]  phase 3 */
    };
    struct {
        real pad[128], d_h[N][4][8];                    /* [N, 4, 6]  phase 4 */
        real score_matmul[N][32];                       /* [N, 24]  phases 3-4 */
        real pad2[64], norm_mul_db[N][4][8];            /* [N, 4, 6]  phase 4 */
    };
} arena;

static void add_up(int sum, int parts)                  /* in order, whatever the threads */
{
    for (int i = 0; i < parts; i++) sums[sum] += part[sum][i];
}

/* ---- a window ---- */
static void update(const Thread *t);
static void count(const Thread *t);
static void conclude(const Thread *t);
static void micro_first(const Thread *t, const Micro *m);
static void micro_next(const Thread *t, const Micro *m);

/* 8 samples = 4 x 2; Micro: first sample, rows. The first micro-batch stores gradients, others add. */
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
        for (int i = 0; i < 4; i++) sums[i] = 0;
    count(t);
    if (w.micros == MICROS && w.rows == N) window_full(t);
    else window_short(t);
    conclude(t);
}

static void window(const Thread *t)
{
    gradient(t);
    update(t);
}

/* ---- a micro-batch: its kernels in order, with their shapes and lines of terms.lua ---- */
static void k23_square(const Thread *), k24_sum(const Thread *), k25_mul(const Thread *), k26_copy(const Thread *),
        k27_copy(const Thread *), k4_kept_masked_counted(const Thread *, const Micro *),
        k1_normalize_mul_add(const Thread *, const Micro *), k2_matmul_add(const Thread *),
        k3_amax_sum_exp_cross_entropy(const Thread *, const Micro *), k4_kept_masked(const Thread *, const Micro *),
        k5_sum(const Thread *, const Micro *, real[N][8], double[]),
        k7_matmul_add_sub_square(const Thread *, const Micro *), k8_sum(const Thread *, const Micro *),
        k9_square_dx(const Thread *, const Micro *), k10_sum_d_bias(const Thread *, int), k11_matmul(const Thread *),
        k12_matmul_d_weight(const Thread *, int), k13_masked_dl(const Thread *, const Micro *),
        k14_cross_entropy_grad(const Thread *, const Micro *), k15_sum_d_bias(const Thread *, int),
        k16_matmul_add_mul_db(const Thread *), k17_matmul_d_weight(const Thread *, int),
        k18_sum_d_bias(const Thread *, real[N][4][8], real[8], int), k20_mul_db(const Thread *),
        k21_square_dx_d_weight(const Thread *, int), k22_mul_db(const Thread *);
static void forward(const Thread *t, const Micro *m);

/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
INLINE void micro(const Thread *t, const Micro *m, const int beta)
{
    forward(t, m);
    k9_square_dx(t, m);                                 /* d_sub  [N, 1]  line 14 */
    barrier(t);
    if (t->id == 0) add_up(0, 2), add_up(1, 2), add_up(2, 2);
    k10_sum_d_bias(t, beta);                            /* d score.bias  [1]  line 8 */
    k11_matmul(t);                                      /* score_matmul  [N, 24]  line 8 */
    k12_matmul_d_weight(t, beta);                       /* d score.weight  [1, 24]  line 8 */
    k13_masked_dl(t, m);                                /* d_cross_entropy  [N, 4]  line 13 */
    k14_cross_entropy_grad(t, m);                       /* d_token  [N, 4, 5]  line 13 */
    barrier(t);
    k15_sum_d_bias(t, beta);                            /* d token.bias  [5]  line 7 */
    k16_matmul_add_mul_db(t);                           /* d_h, norm_mul_db  [N, 4, 6]  line 7 */
    k17_matmul_d_weight(t, beta);                       /* d token.weight  [5, 6]  line 7 */
    k18_sum_d_bias(t, arena.d_h, g.norm.bias, beta);    /* [6]  line 6 */
    k18_sum_d_bias(t, arena.norm_mul_db, g.norm.weight, beta);  /* k19  [6]  line 6 */
    barrier(t);
}

NOINLINE void micro_first(const Thread *t, const Micro *m) { micro(t, m, 0); }
NOINLINE void micro_next(const Thread *t, const Micro *m)  { micro(t, m, 1); }

/* The forward part. */
static void forward(const Thread *t, const Micro *m)
{
    k1_normalize_mul_add(t, m);                         /* norm_normalize, h  [N, 4, 6]  line 6 */
    barrier(t);
    k2_matmul_add(t);                                   /* token  [N, 4, 5]  line 7 */
    barrier(t);
    k3_amax_sum_exp_cross_entropy(t, m);                /* amax, sum_exp, cross_entropy  [N, 4]  line 13 */
    k4_kept_masked(t, m);                               /* kept, masked  [N, 4]  line 13 */
    k5_sum(t, m, arena.masked, part[0]);                /* part[0]  []  line 13 */
    k5_sum(t, m, arena.kept, part[1]);                  /* k6  part[1]  []  line 13 */
    k7_matmul_add_sub_square(t, m);                     /* sub, square  [N, 1]  line 8 */
    k8_sum(t, m);                                       /* part[2]  []  line 14 */
}

/* Scales consist of these sums over the window's data, known before the first backward. */
static void count(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    for (int k = 0; k <= last; k++) {
        const Micro *m = &(Micro){ (long)N * k, k == last ? rows : N };
        k4_kept_masked_counted(t, m);                   /* kept  [N, 4]  line 13 */
        k5_sum(t, m, arena.kept, part[1]);              /* k6  part[1]  []  line 13 */
        barrier(t);
        if (t->id == 0) add_up(1, 2);
        barrier(t);
    }
    if (t->id == 0) {
        const double sums_1 = sums[1];
        w.scale_in[2] = (real)(sums_1 == 0.0 ? 0.0 : 1.0 / sums_1);
        for (int i = 0; i < 4; i++) sums[i] = 0;
    }
    barrier(t);
}

/* What is known only after the last micro-step. */
static void conclude(const Thread *t)
{
    if (t->id == 0) {
        sums[3] = (double)w.samples * (double)packed.mul;
    }
    k20_mul_db(t);                                      /* d_sum  []  line 14 */
    k21_square_dx_d_weight(t, 1);                       /* d token.weight  [5, 6]  line 14 */
    k22_mul_db(t);                                      /* d_div  []  line 14 */
    barrier(t);
}

/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
/* matmul: c = a b, or c += a b; runtime/contract.h explains its fields. */
/* k23  square2 = square  [5, 6]                                        tests/golden/terms.lua:14 */
static void k23_square(const Thread *t)
{
    for_span (one, t, 1)
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 6; j++) {
                const real x = p.token.weight[j][i];
                packed.square2[i][j] = x * x;
            }
            for (int j = 6; j < 8; j++)
                packed.square2[i][j] = 0;
        }
}

/* k24  sum2 = sum  []                                                  tests/golden/terms.lua:14 */
static void k24_sum(const Thread *t)
{
    for_span (one, t, 1) {
        real sum = 0;
        for (int i = 0; i < 5; i++) {
            real row = 0;
            for (int j = 0; j < 6; j++)
                row += packed.square2[i][j];
            sum += row;
        }
        packed.sum2 = sum;
    }
}

/* k25  mul  []                                                         tests/golden/terms.lua:14 */
static void k25_mul(const Thread *t)
{
    for_span (one, t, 1)
        packed.mul = R(0.0001) * packed.sum2;
}

/* k26  score_weight_t = copy  [1, 24]                                  tests/golden/terms.lua:8 */
static void k26_copy(const Thread *t)
{
    for_span (one, t, 1) {
        for (int j = 0; j < 24; j++)
            packed.score_weight_t[j] = p.score.weight[j][0];
        for (int j = 24; j < 32; j++)
            packed.score_weight_t[j] = 0;
    }
}

/* k27  token_weight_t = copy  [5, 6]                                   tests/golden/terms.lua:7 */
static void k27_copy(const Thread *t)
{
    for_span (one, t, 1)
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 6; j++)
                packed.token_weight_t[i][j] = p.token.weight[j][i];
            for (int j = 6; j < 8; j++)
                packed.token_weight_t[i][j] = 0;
        }
}

/* k4  kept  [N, 4]                                                     tests/golden/terms.lua:13 */
static void k4_kept_masked_counted(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        for (int j = 0; j < 4; j++)
            arena.kept[n][j] = data.target[at * 4 + j] == -100 ? 0 : 1;
        for (int j = 4; j < 8; j++)
            arena.kept[n][j] = 0;
    }
}

/* k1  norm_normalize, h = normalize, mul, add  [N, 4, 6]               tests/golden/terms.lua:6 */
static void k1_normalize_mul_add(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        for (int i2 = 0; i2 < 4; i2++) {
            real sum = 0;
            for (int j = 0; j < 6; j++)
                sum += data.x[at * 24 + i2 * 6 + j];
            const real mean = sum / 6;
            real squares = 0;
            for (int j = 0; j < 6; j++)
                squares += (data.x[at * 24 + i2 * 6 + j] - mean) * (data.x[at * 24 + i2 * 6 + j] - mean);
            for (int j = 0; j < 6; j++) {
                const real v = (data.x[at * 24 + i2 * 6 + j] - mean) / r_sqrt(squares / 6 + R(1e-5));
                arena.norm_normalize[n][i2][j] = v;
                arena.h[n][i2][j] = v * p.norm.weight[j] + p.norm.bias[j];
            }
        }
        for (int i2 = 0; i2 < 4; i2++)
            for (int j = 6; j < 8; j++)
                arena.h[n][i2][j] = 0;
        for (int i2 = 0; i2 < 4; i2++)
            for (int j = 6; j < 8; j++)
                arena.norm_normalize[n][i2][j] = 0;
    }
}

/* k2  token = matmul, add  [N, 4, 5]                                   tests/golden/terms.lua:7 */
static void k2_matmul_add(const Thread *t)
{
    for_span (one, t, 1) {
        matmul((Matmul) { .rows = 8, .columns = 8, .depth = 6, .a_row = 8 }, arena.h[0][0], p.token.weight[0],
                arena.token[0][0], 0);
        for (int n = 0; n < N; n++)
            for (int i2 = 0; i2 < 4; i2++)
                for (int j = 0; j < 8; j += LANES8)
                    v8_store(&arena.token[n][i2][j], v8_keep(v8_load(&arena.token[n][i2][j])
                            + v8_load(&p.token.bias[j]), 5 - j));
    }
}

/* k3  amax, sum_exp, cross_entropy  [N, 4]                             tests/golden/terms.lua:13 */
static void k3_amax_sum_exp_cross_entropy(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        for (int i2 = 0; i2 < 4; i2++) {
            vec8 lane_max = v8_set(-INFINITY);
            for (int j = 0; j < 8; j += LANES8) {
                const vec8 term = v8_load(&arena.token[n][i2][j]);
                lane_max = v8_max(lane_max, v8_select(v8_iota() + (real)j < 5, term, v8_set(-INFINITY)));
            }
            const real max = v8_hmax(lane_max);
            arena.amax[n][i2] = max;
            vec8 lane_sum = v8_set(0);
            for (int j = 0; j < 8; j += LANES8)
                lane_sum += v8_keep(v8_exp(v8_load(&arena.token[n][i2][j]) - max), 5 - j);
            const real sum = v8_sum(lane_sum);
            arena.sum_exp[n][i2] = sum;
            vec8 lane_target = v8_set(0);
            for (int j = 0; j < 8; j += LANES8) {
                const vec8 x = v8_load(&arena.token[n][i2][j]);
                lane_target += v8_keep(v8_select(v8_iota() + (real)j == (real)data.target[at * 4 + i2], x, v8_set(0)),
                        5 - j);
            }
            const real target = v8_sum(lane_target);
            arena.cross_entropy[n][i2] = r_log(sum) + max - target;
        }
        for (int j = 4; j < 8; j++)
            arena.cross_entropy[n][j] = 0;
        for (int j = 4; j < 8; j++)
            arena.amax[n][j] = 0;
        for (int j = 4; j < 8; j++)
            arena.sum_exp[n][j] = 0;
    }
}

/* k4  kept, masked  [N, 4]                                             tests/golden/terms.lua:13 */
static void k4_kept_masked(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        for (int j = 0; j < 4; j++) {
            const real v = data.target[at * 4 + j] == -100 ? 0 : 1;
            arena.kept[n][j] = v;
            const real l = arena.cross_entropy[n][j];
            arena.masked[n][j] = v == 0 ? 0 : l * v;
        }
        for (int j = 4; j < 8; j++) {
            arena.masked[n][j] = 0;
            arena.kept[n][j] = 0;
        }
    }
}

/* k5  part[0] = sum  []; also k6                                       tests/golden/terms.lua:13 */
SHARED void k5_sum(const Thread *t, const Micro *m, real x[restrict N][8], double result[restrict])
{
    const int rows = m->rows;
    for_span (n, t, 2) {
        double total = 0;
        if (n < rows)
            for (int j = 0; j < 4; j++)
                total += x[n][j];
        result[n] = total;
    }
}

/* k7  sub, square = matmul, add, sub, square  [N, 1]                   tests/golden/terms.lua:8 */
static void k7_matmul_add_sub_square(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        const real score = data.score[at];
        matmul((Matmul) { .rows = 1, .columns = 8, .depth = 24, .blocks = 4, .block = 8 }, arena.h[n][0],
                p.score.weight[0], arena.square[n], 0);
        const real v = arena.square[n][0] + p.score.bias[0] - score;
        arena.sub[n][0] = v;
        arena.square[n][0] = v * v;
        for (int j = 1; j < 8; j++)
            arena.sub[n][j] = 0;
    }
}

/* k8  part[2] = sum  []                                                tests/golden/terms.lua:14 */
static void k8_sum(const Thread *t, const Micro *m)
{
    const int rows = m->rows;
    for_span (n, t, 2) {
        double total = 0;
        if (n < rows)
            total += arena.square[n][0];
        part[2][n] = total;
    }
}

/* k9  d_sub = square_dx  [N, 1]                                        tests/golden/terms.lua:14 */
static void k9_square_dx(const Thread *t, const Micro *m)
{
    const real scale_in1 = w.scale_in[1];
    const int rows = m->rows;
    for_span (n, t, 2) {
        const real scale = n < rows ? scale_in1 : 0;
        for (int j = 0; j < 8; j += LANES8)
            v8_store(&arena.d_sub[n][j], v8_keep(2 * scale * v8_load(&arena.sub[n][j]), 1 - j));
    }
}

/* k10  d score.bias = sum  [1]                                         tests/golden/terms.lua:8 */
INLINE void k10_sum_d_bias(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++)
                sum += v8_load(&arena.d_sub[n][j]);
            const vec8 old = v8_load(&g.score.bias[j]), more = v8_keep(sum, 1 - j);
            v8_store(&g.score.bias[j], beta ? old + more : more);
        }
}

/* k11  score_matmul = matmul  [N, 24]                                  tests/golden/terms.lua:8 */
static void k11_matmul(const Thread *t)
{
    for_span (n, t, 2)
        matmul((Matmul) { .rows = 1, .columns = 32, .depth = 1 }, arena.d_sub[n], packed.score_weight_t,
                arena.score_matmul[n], 0);
}

/* k12  d score.weight = matmul  [1, 24]                                tests/golden/terms.lua:8 */
INLINE void k12_matmul_d_weight(const Thread *t, const int beta)
{
    for_span (q, t, 4)
        matmul((Matmul) { .rows = 6, .columns = 8, .depth = N, .a_turned = true, .a_row = 32 }, arena.h[0][q],
                arena.d_sub[0], g.score.weight[q * 6], beta);
}

/* k13  d_cross_entropy = masked_dl  [N, 4]                             tests/golden/terms.lua:13 */
static void k13_masked_dl(const Thread *t, const Micro *m)
{
    const real scale_in2 = w.scale_in[2];
    const int rows = m->rows;
    for_span (n, t, 2) {
        const real scale = n < rows ? scale_in2 : 0;
        for (int j = 0; j < 8; j += LANES8) {
            const vec8 m2 = v8_load(&arena.kept[n][j]);
            v8_store(&arena.d_cross_entropy[n][j], v8_keep(v8_select(m2 == 0, v8_set(0), scale * m2), 4 - j));
        }
    }
}

/* k14  d_token = cross_entropy_grad  [N, 4, 5]                         tests/golden/terms.lua:13 */
static void k14_cross_entropy_grad(const Thread *t, const Micro *m)
{
    for_span (n, t, 2) {
        const long at = data_row(&w, m, n);
        for (int i2 = 0; i2 < 4; i2++) {
            const real t2 = data.target[at * 4 + i2];
            const real max = arena.amax[n][i2];
            const real sum = arena.sum_exp[n][i2];
            const real gy = arena.d_cross_entropy[n][i2];
            for (int j = 0; j < 8; j += LANES8) {
                const vec8 x = v8_load(&arena.token[n][i2][j]);
                v8_store(&arena.d_token[n][i2][j], v8_keep(gy == 0 ? v8_set(0) : gy
                        * (v8_exp(x - max) / sum - v8_select(v8_iota() + (real)j == t2, v8_set(1), v8_set(0))), 5 - j));
            }
        }
    }
}

/* k15  d token.bias = sum  [5]                                         tests/golden/terms.lua:7 */
INLINE void k15_sum_d_bias(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++) {
                vec8 row = v8_set(0);
                for (int i2 = 0; i2 < 4; i2++)
                    row += v8_load(&arena.d_token[n][i2][j]);
                sum += row;
            }
            const vec8 old = v8_load(&g.token.bias[j]), more = v8_keep(sum, 5 - j);
            v8_store(&g.token.bias[j], beta ? old + more : more);
        }
}

/* k16  d_h, norm_mul_db = matmul, add, mul_db  [N, 4, 6]               tests/golden/terms.lua:7 */
static void k16_matmul_add_mul_db(const Thread *t)
{
    for_span (one, t, 1) {
        matmul((Matmul) { .rows = 8, .columns = 8, .depth = 5, .a_row = 8 }, arena.d_token[0][0],
                packed.token_weight_t[0], arena.d_h[0][0], 0);
        for (int n = 0; n < N; n++)
            for (int i2 = 0; i2 < 4; i2++)
                for (int j = 0; j < 8; j += LANES8) {
                    const vec8 v = v8_load(&arena.score_matmul[n][i2 * 6 + j]) + v8_load(&arena.d_h[n][i2][j]);
                    v8_store(&arena.d_h[n][i2][j], v8_keep(v, 6 - j));
                    v8_store(&arena.norm_mul_db[n][i2][j],
                            v8_keep(v * v8_load(&arena.norm_normalize[n][i2][j]), 6 - j));
                }
    }
}

/* k17  d token.weight = matmul  [5, 6]                                 tests/golden/terms.lua:7 */
INLINE void k17_matmul_d_weight(const Thread *t, const int beta)
{
    for_span (q, t, 6)
        matmul((Matmul) { .rows = 1, .columns = 8, .depth = 8, .a_turned = true, .a_row = 8 }, &arena.h[0][0][q],
                arena.d_token[0][0], g.token.weight[q], beta);
}

/* k18  d norm.bias = sum  [6]; also k19                                tests/golden/terms.lua:6 */
SHARED void k18_sum_d_bias(const Thread *t, real x[restrict N][4][8], real dx[restrict 8], const int beta)
{
    for_span (one, t, 1)
        for (int j = 0; j < 8; j += LANES8) {
            vec8 sum = v8_set(0);
            for (int n = 0; n < N; n++) {
                vec8 row = v8_set(0);
                for (int i2 = 0; i2 < 4; i2++)
                    row += v8_load(&x[n][i2][j]);
                sum += row;
            }
            const vec8 old = v8_load(&dx[j]), more = v8_keep(sum, 6 - j);
            v8_store(&dx[j], beta ? old + more : more);
        }
}

/* k20  d_sum = mul_db  []                                              tests/golden/terms.lua:14 */
static void k20_mul_db(const Thread *t)
{
    const real scale_in0 = w.scale_in[0];
    for_span (one, t, 1)
        packed.d_sum = scale_in0 * R(0.0001);
}

/* k21  d token.weight = square_dx  [5, 6]                              tests/golden/terms.lua:14 */
INLINE void k21_square_dx_d_weight(const Thread *t, const int beta)
{
    for_span (one, t, 1)
        for (int i2 = 0; i2 < 6; i2++)
            for (int j = 0; j < 8; j += LANES8) {
                const vec8 old = v8_load(&g.token.weight[i2][j]),
                        more = v8_keep(2 * packed.d_sum * v8_load(&p.token.weight[i2][j]), 5 - j);
                v8_store(&g.token.weight[i2][j], beta ? old + more : more);
            }
}

/* k22  d_div = mul_db  []                                              tests/golden/terms.lua:14 */
static void k22_mul_db(const Thread *t)
{
    for_span (one, t, 1)
        packed.d_div = R(0.3);
}

/* ---- the update ---- */
/* What is made from parameters once per update. */
static void prepare(const Thread *t)
{
    k23_square(t);                                      /* square2  [5, 6]  line 14 */
    k24_sum(t);                                         /* sum2  []  line 14 */
    k25_mul(t);                                         /* mul  []  line 14 */
    k26_copy(t);                                        /* score_weight_t  [1, 24]  line 8 */
    k27_copy(t);                                        /* token_weight_t  [5, 6]  line 7 */
    barrier(t);
}

enum { BLOCK = 4096, BLOCKS = (304 + BLOCK - 1) / BLOCK };

/* Adam over [from, to) of the flat arrays, in one pass
   m, v: running means of g and g^2; p = p - lr * m / (sqrt(v) + eps), bias corrected */
static void optimize(long from, long to)
{
    const real *dx_at = (const real *)&g;
    real *x_at = (real *)&p;
    real *m_at = (real *)&s_m;
    real *v_at = (real *)&s_v;
    const real rate = w.rate;
    const real c1 = w.c[0];
    const real c2 = w.c[1];
    for (long i = from; i < to; i += LANES) {
        const vec x = v_load(&x_at[i]);
        const vec dx = v_load(&dx_at[i]);
        const vec old_m = v_load(&m_at[i]);
        const vec new_m = R(0.9) * old_m + (real)(1 - 0.9) * dx;
        v_store(&m_at[i], new_m);
        const vec old_v = v_load(&v_at[i]);
        const vec new_v = R(0.999) * old_v + (real)(1 - 0.999) * dx * dx;
        v_store(&v_at[i], new_v);
        v_store(&x_at[i], x - rate * c1 * new_m / (v_sqrt(new_v) * c2 + R(1e-8)));
    }
    stored();
}

static void update(const Thread *t)
{
    for_span (b, t, BLOCKS)
        optimize((long)b * BLOCK,
            b == BLOCKS - 1 ? 304 : (b + 1L) * BLOCK);
    barrier(t);
    prepare(t);
}

/* The sums of w.micros micro-batches. */
static void evaluate(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    if (t->id == 0)
        for (int i = 0; i < 4; i++) sums[i] = 0;
    for (int k = 0; k <= last; k++) {
        forward(t, &(Micro){ (long)N * k, k == last ? rows : N });
        barrier(t);
        if (t->id == 0) add_up(0, 2), add_up(1, 2), add_up(2, 2);
    }
    if (t->id == 0) {
        sums[3] = (double)w.samples * (double)packed.mul;
    }
}

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
    { "token.weight", 2, { 5, 6 }, { { { 1, 0, 1 } }, { { 1, 0, 8 } } }, 32, UNIFORM(0.4082482904638631) },
    { "token.bias", 1, { 5 }, { { { 1, 0, 1 } } }, 80, UNIFORM(0.4082482904638631) },
    { "score.weight", 2, { 1, 24 }, { { { 1, 0, 1 } }, { { 1, 6, 8 }, { 6, 0, 48 } } }, 96,
            UNIFORM(0.20412414523193154) },
    { "score.bias", 1, { 1 }, { { { 1, 0, 1 } } }, 288, UNIFORM(0.20412414523193154) },
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

static real *const flat[] = { (real *)&p, (real *)&g, (real *)&s_m, (real *)&s_v };

static const Step steps[] = {
    { .name = "", .times = 1, .batch = 8, .window = window, .gradient = gradient, .update = update,
            .lr = learning_rate, .scalars = scalars },
};

static const Program gagen_terms = {
    .name = "terms",
    .model = {
        .fingerprint = 0x883cdb5e78ac0e91u,
        .tensors = tensors, .ntensors = 6,
        .elements = 304, .flat = flat, .nstates = 2, .state_names = { "m", "v" },
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
        .target = "c", .machine = GG_BUILT_FOR, .memory = sizeof p * 4 + sizeof packed + sizeof arena,
        .w = &w, .sums = sums,
        .prepare = prepare, .evaluate = evaluate,
    },
};

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_terms); }
