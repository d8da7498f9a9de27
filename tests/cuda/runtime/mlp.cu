/* mlp.cu -- tests/runtime/mlp.h as a device program, written by hand: 64 inputs, 20 hidden (dropout 0.1), 4 classes, cross entropy,
   momentum. The same tensors, rows and noise, so the same losses. */
#include "gagen_cuda.h"

enum { IN = 64, HIDDEN = 20, CLASSES = 4, MICRO = 8, BATCH = 32 };
typedef struct { real w1[HIDDEN][IN], b1[32], w2[CLASSES][HIDDEN], b2[16]; } Params;
typedef struct { Params p, g, m; } State;
typedef struct { const uint8_t *image; const int32_t *label; } Data;
typedef struct {
    State s;
    double sums[2];
    Window w;
    Data data;
    uint32_t row[BATCH];
    alignas(256) real x[MICRO][IN];
    alignas(256) real h[MICRO][HIDDEN];
    alignas(256) real keep[MICRO][HIDDEN];
    alignas(256) real dh[MICRO][HIDDEN];
    alignas(256) real z[MICRO][CLASSES];
} Device;
static Device *device;
static State host;
static Data data;
static Window w;
static double sums[2];
static GgMatmul k2, k4, k6[2], k8, k10[2];

static __global__ void k1_image(Device *d)
{
    const Micro m = gg_micro(d->w, MICRO);
    const unsigned n = blockIdx.x, i = threadIdx.x;
    d->x[n][i] = (real)d->data.image[(size_t)d->row[m.from + n] * IN + i] / 255;
}

static __global__ void k3_dropout(Device *d)
{
    const Micro m = gg_micro(d->w, MICRO);
    const unsigned i = threadIdx.x, n = i / HIDDEN, o = i % HIDDEN;
    if (i < MICRO * HIDDEN) {
        const real u = noise_uniform(d->w.seed, (uint64_t)(d->w.first + m.from + n), 1, o), x = d->h[n][o];
        const real keep = d->w.training ? (u < R(0.1) ? 0 : 1 / R(0.9)) : 1;
        d->keep[n][o] = x > 0 ? keep : 0;
        d->h[n][o] = x > 0 ? x * keep : 0;
    }
}

/* A warp has a row. */
static __global__ void k5_cross_entropy(Device *d)
{
    const Micro m = gg_micro(d->w, MICRO);
    const int n = (int)threadIdx.x / 32, o = (int)threadIdx.x % 32, y = d->data.label[d->row[m.from + n]];
    const bool counts = n < m.rows;
    const real z = o < CLASSES ? d->z[n][o] : R(-1e30), top = gg_fold_max<32>(z), e = o < CLASSES ? r_exp(z - top) : 0;
    const real total = gg_fold_sum<32>(e);
    const int best = gg_fold_min<32>(z == top ? o : 32);
    const double loss = gg_fold_sum<256>(counts && o == y ? log((double)total) + (double)(top - z) : 0.0);
    const double hits = gg_fold_sum<256>(counts && o == 0 && best == y ? 1.0 : 0.0);
    if (o < CLASSES) d->z[n][o] = counts ? (e / total - (o == y)) * d->w.scale_in[0] : 0;
    if (threadIdx.x == 0) d->sums[0] += loss, d->sums[1] += hits;
}

static __global__ void k7_bias(Device *d, int beta)
{
    const unsigned o = threadIdx.x;
    if (o < CLASSES) {
        real sum = beta ? d->s.g.b2[o] : 0;
        for (int n = 0; n < MICRO; n++) sum += d->z[n][o];
        d->s.g.b2[o] = sum;
    }
}

static __global__ void k9_relu_bias(Device *d, int beta)
{
    const unsigned o = threadIdx.x;
    if (o < HIDDEN) {
        real sum = beta ? d->s.g.b1[o] : 0;
        for (int n = 0; n < MICRO; n++) {
            d->dh[n][o] *= d->keep[n][o];
            sum += d->dh[n][o];
        }
        d->s.g.b1[o] = sum;
    }
}

static __global__ void next_micro(Device *d) { d->w.micro++; }

static __global__ void k11_momentum(Device *d)
{
    real *p = (real *)&d->s.p, *m = (real *)&d->s.m;
    const real *g = (const real *)&d->s.g;
    const unsigned i = blockIdx.x * 256 + threadIdx.x;
    if (i < sizeof(Params) / sizeof(real)) {
        m[i] = R(0.9) * m[i] + g[i] * d->w.scale_out;
        p[i] -= d->w.rate * m[i];
    }
    if (i == 0) d->w.norm = (double)d->s.g.b2[0] + 2;
}

static void forward_layers(void)
{
    GG_LAUNCH(k1_image, MICRO, IN, 0, gg_stream, device);
    gg_matmul_run(&k2);
    GG_LAUNCH(k3_dropout, 1, 160, 0, gg_stream, device);
    gg_matmul_run(&k4);
    GG_LAUNCH(k5_cross_entropy, 1, 256, 0, gg_stream, device);
}

static void micro(int beta)
{
    forward_layers();
    gg_matmul_run(&k6[beta]);
    GG_LAUNCH(k7_bias, 1, 32, 0, gg_stream, device, beta);
    gg_matmul_run(&k8);
    GG_LAUNCH(k9_relu_bias, 1, 32, 0, gg_stream, device, beta);
    gg_matmul_run(&k10[beta]);
    GG_LAUNCH(next_micro, 1, 1, 0, gg_stream, device);
}
static void micro_first(void) { micro(0); }
static void micro_next(void)  { micro(1); }
static void forward(void)
{
    forward_layers();
    GG_LAUNCH(next_micro, 1, 1, 0, gg_stream, device);
}
static void update_steps(void) { GG_LAUNCH(k11_momentum, (sizeof(Params) / sizeof(real) + 255) / 256, 256, 0, gg_stream, device); }
static void window_full(void)
{
    micro_first();
    for (int k = 1; k < BATCH / MICRO; k++) micro_next();
    update_steps();
}

static GgGraph full, first, next, step, pass;
static void micros(void)
{
    gg_stage();
    gg_replay(&first);
    for (int k = 1; k < w.micros; k++) gg_replay(&next);
}
static void gradient(const Thread *) { micros(), gg_finish(); }
static void update(const Thread *)   { gg_replay(&step); }
static void evaluate(const Thread *) { gg_evaluate(&pass); }
static void window(const Thread *)
{
    if (w.samples == BATCH) gg_stage(), gg_replay(&full);
    else micros(), gg_replay(&step);
    gg_finish();
}

extern "C" const Program mlp;
static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&mlp, rows, sizeof(Device), offsets);
    Params *p = &device->s.p, *g = &device->s.g;
    k2 = gg_matmul_open(0, 1, MICRO, HIDDEN, IN, device->x[0], IN, p->w1[0], IN, device->h[0], HIDDEN, 1, 0, 0, 0, 0, GG_RELU_BIAS, p->b1);
    k4 = gg_matmul_open(0, 1, MICRO, CLASSES, HIDDEN, device->h[0], HIDDEN, p->w2[0], HIDDEN, device->z[0], CLASSES, 1, 0, 0, 0, 0, GG_BIAS,
                        p->b2);
    k8 = gg_matmul_open(0, 0, MICRO, HIDDEN, CLASSES, device->z[0], CLASSES, p->w2[0], HIDDEN, device->dh[0], HIDDEN, 1, 0, 0, 0, 0, GG_NONE,
                        NULL);
    for (int b = 0; b < 2; b++) {
        k6[b] = gg_matmul_open(1, 0, CLASSES, HIDDEN, MICRO, device->z[0], CLASSES, device->h[0], HIDDEN, g->w2[0], HIDDEN, 1, 0, 0, 0, b,
                               GG_NONE, NULL);
        k10[b] = gg_matmul_open(1, 0, HIDDEN, IN, MICRO, device->dh[0], HIDDEN, device->x[0], IN, g->w1[0], IN, 1, 0, 0, 0, b, GG_NONE, NULL);
    }
    pass = gg_record(forward), first = gg_record(micro_first), next = gg_record(micro_next), step = gg_record(update_steps);
    full = gg_record(window_full);
    return gg_device_text();
}
static void send(void)  { gg_copy_in(&device->s, &host, sizeof host); }
static void fetch(void) { gg_copy_out(&host, &device->s, sizeof host); }

static double rate(double t, double T, double) { return 0.1 * (1 - 0.5 * (t - 1) / T); }
static void scalars(Window *v) { v->rate = (real)v->lr, v->scale_in[0] = 1 / (real)v->samples, v->count = 1; }
static void report(const double *s, double n, double *out) { out[0] = s[0] / n, out[1] = s[1] / n; }

enum { AT_B1 = HIDDEN * IN, AT_W2 = AT_B1 + 32, AT_B2 = AT_W2 + CLASSES * HIDDEN };
#define ONE(stride) { { 1, 0, stride }, { 1, 0, 0 }, { 1, 0, 0 }, { 1, 0, 0 } }
static const Tensor tensors[] = {
    { "net.0.weight", 2, { HIDDEN, IN }, { ONE(IN), ONE(1) }, 0, 'u', -0.125, 0.125 },
    { "net.0.bias", 1, { HIDDEN }, { ONE(1) }, AT_B1, 'u', -0.125, 0.125 },
    { "net.2.weight", 2, { CLASSES, HIDDEN }, { ONE(HIDDEN), ONE(1) }, AT_W2, 'n', 0, 0.2 },
    { "net.2.bias", 1, { CLASSES }, { ONE(1) }, AT_B2, 'c', 0, 0 },
};
static const Column columns[] = {
    { "image", 'b', 2, { 8, 8 }, 0, 0, "image", NULL, (const void **)&data.image },
    { "label", 'i', 1, { 1 }, CLASSES, 0, "label", NULL, (const void **)&data.label },
};
static const ReportName reports[] = { { "loss", false, false }, { "accuracy", true, true } };
#ifndef TAIL
#define TAIL 's'
#endif
#ifndef VALID
#define VALID 0.1
#endif
#ifndef SKIPS
#define SKIPS false
#endif
static real *const flat[] = { (real *)&host.p, (real *)&host.g, (real *)&host.m };
static const Step steps[] = { { "", 1, BATCH, window, gradient, update, rate, scalars } };
const Program mlp = {
    .name = "mlp",
    .model = {
        .fingerprint = 0x1234, .tensors = tensors, .ntensors = 4, .elements = sizeof(Params) / sizeof(real),
        .flat = flat, .nstates = 1, .state_names = { "m" },
        .reports = reports, .nreports = 2, .nsums = 2, .report = report,
    },
    .schedule = {
        .batch = BATCH, .micro_batch = MICRO, .accumulate = BATCH / MICRO, .epochs = 6, .updates = 0, .seed = 1, .tail = TAIL,
        .steps = steps, .nsteps = 1, .round = BATCH, .best = 0,
    },
    .data = { .reader = "idx", .path = "squares", .valid = VALID, .test = 50, .shuffle = true, .columns = columns, .ncolumns = 2 },
    .device = {
        .target = "cuda", .machine = "", .memory = sizeof(Device), .w = &w, .sums = sums, .prepare = NULL, .evaluate = evaluate,
        .open = device_open, .close = gg_device_close, .send = send, .fetch = fetch, .await = gg_await, .profile = gg_profile, .skips = SKIPS,
    },
};
#ifndef LIBRARY
int main(int argc, char **argv) { return gg_main(argc, argv, &mlp); }
#endif
