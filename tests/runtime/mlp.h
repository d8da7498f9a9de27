/* mlp.h -- a Program written by hand: 64 inputs, 20 hidden (dropout 0.1), 4 classes, cross entropy, momentum. The hidden
   weights lie in strips of 8, so that stored and logical order differ. */
#include "gagen.h"

enum { IN = 64, HIDDEN = 20, STRIPS = 3, CLASSES = 4, MICRO = 8 };
typedef struct { real w1[STRIPS][IN][8], b1[STRIPS * 8], w2[CLASSES][HIDDEN], b2[CLASSES]; } Weights;
static Weights p, g, m1;
static const uint8_t *image;
static const int32_t *label;
static Window w;
static double sums[2], part_loss[MICRO], part_hits[MICRO];
static real h[MICRO][HIDDEN], dh[MICRO][HIDDEN], dz[MICRO][CLASSES];

static void forward_row(long row, int n, int real_rows, int k)
{
    real z[CLASSES], top = 0, total = 0;
    for (int o = 0; o < HIDDEN; o++) {
        real sum = p.b1[o], u = noise_uniform(w.seed, (uint64_t)(w.first + k * MICRO + n), 1, (uint32_t)o);
        for (int i = 0; i < IN; i++) sum += p.w1[o / 8][i][o % 8] * (real)image[row * IN + i] / 255;
        real keep = w.training ? (u < (real)0.1 ? 0 : 1 / (real)0.9) : 1;
        dh[n][o] = sum > 0 ? keep : 0;
        h[n][o] = sum > 0 ? sum * keep : 0;
    }
    for (int o = 0; o < CLASSES; o++) {
        z[o] = p.b2[o];
        for (int i = 0; i < HIDDEN; i++) z[o] += p.w2[o][i] * h[n][i];
        if (o == 0 || z[o] > top) top = z[o];
    }
    int best = 0;
    for (int o = 0; o < CLASSES; o++) {
        if (z[o] > z[best]) best = o;
        total += dz[n][o] = (real)exp(z[o] - top);
    }
    part_loss[n] = n < real_rows ? log(total) + (double)(top - z[label[row]]) : 0;
    part_hits[n] = n < real_rows && best == label[row];
    for (int o = 0; o < CLASSES; o++) dz[n][o] = n < real_rows ? (dz[n][o] / total - (o == label[row])) * w.scale_in[0] : 0;
    for (int i = 0; i < HIDDEN; i++) {
        real sum = 0;
        for (int o = 0; o < CLASSES; o++) sum += dz[n][o] * p.w2[o][i];
        dh[n][i] *= sum;
    }
}

static void backward_strip(int s, const int *rows_of_micro, long first, real beta)
{
    (void)rows_of_micro;
    for (int o = 8 * s; o < 8 * s + 8 && o < HIDDEN; o++) {
        real sum = beta * g.b1[o];
        for (int n = 0; n < MICRO; n++) sum += dh[n][o];
        g.b1[o] = sum;
        for (int i = 0; i < IN; i++) {
            real total = beta == 0 ? 0 : g.w1[s][i][o % 8];
            for (int n = 0; n < MICRO; n++) {
                long place = first + n < w.samples ? first + n : first;
                total += dh[n][o] * (real)image[window_row(&w, place) * IN + i] / 255;
            }
            g.w1[s][i][o % 8] = total;
        }
    }
}

static void backward_head(real beta)
{
    for (int o = 0; o < CLASSES; o++) {
        real sum = beta == 0 ? 0 : g.b2[o];
        for (int n = 0; n < MICRO; n++) sum += dz[n][o];
        g.b2[o] = sum;
        for (int i = 0; i < HIDDEN; i++) {
            real total = beta == 0 ? 0 : g.w2[o][i];
            for (int n = 0; n < MICRO; n++) total += dz[n][o] * h[n][i];
            g.w2[o][i] = total;
        }
    }
}

static void micro(const Thread *t, int k, bool backward)
{
    int rows = k == w.micros - 1 ? w.rows : MICRO;
    for_span (n, t, MICRO)
        forward_row(window_row(&w, (long)k * MICRO + (n < rows ? n : 0)), n, rows, k);
    barrier(t);
    if (backward) for_span (s, t, STRIPS) backward_strip(s, NULL, (long)k * MICRO, k ? 1 : 0);
    if (t->id == t->n - 1) {
        if (backward) backward_head(k ? 1 : 0);
        if (k == 0) sums[0] = sums[1] = 0;
        for (int n = 0; n < MICRO; n++) sums[0] += part_loss[n], sums[1] += part_hits[n];
    }
    barrier(t);
}

static void update(const Thread *t)
{
    enum { ALL = sizeof(Weights) / sizeof(real) };
    real *pp = (real *)&p, *gg = (real *)&g, *mm = (real *)&m1;
    for_span (i, t, ALL) {
        mm[i] = (real)0.9 * mm[i] + gg[i] * w.scale_out;
        pp[i] -= w.rate * mm[i];
    }
    barrier(t);
}

static void gradient(const Thread *t) { for (int k = 0; k < w.micros; k++) micro(t, k, true); }
static void window(const Thread *t)   { gradient(t); update(t); }
static void evaluate(const Thread *t) { for (int k = 0; k < w.micros; k++) micro(t, k, false); }

#ifndef RATE
#define RATE 0.1
#endif
static double rate(double t, double T, double E) { (void)E; return RATE * (1 - 0.5 * (t - 1) / T); }
static void scalars(Window *v) { v->rate = (real)v->lr; v->scale_in[0] = 1 / (real)v->samples; v->count = 1; }
static void report(const double *s, double n, double *out) { out[0] = s[0] / n, out[1] = s[1] / n; }

enum { AT_B1 = STRIPS * IN * 8, AT_W2 = AT_B1 + STRIPS * 8, AT_B2 = AT_W2 + CLASSES * HIDDEN };
#define ONE(stride) { { 1, 0, stride } }
static const Tensor tensors[] = {
    { "net.0.weight", 2, { HIDDEN, IN }, { { { 8, 0, IN * 8 }, { 1, 8, 1 } }, ONE(8) }, 0, 'u', -0.125, 0.125 },
    { "net.0.bias", 1, { HIDDEN }, { ONE(1) }, AT_B1, 'u', -0.125, 0.125 },
    { "net.2.weight", 2, { CLASSES, HIDDEN }, { ONE(HIDDEN), ONE(1) }, AT_W2, 'n', 0, 0.2 },
    { "net.2.bias", 1, { CLASSES }, { ONE(1) }, AT_B2, 'c', 0, 0 },
};
static const Column columns[] = {
    { "image", 'b', 2, { 8, 8 }, 0, 0, "image", NULL, (const void **)&image, false, 0, 0 },
    { "label", 'i', 1, { 1 }, CLASSES, 0, "label", NULL, (const void **)&label, false, 0, 0 },
};
static const ReportName reports[] = { { "loss", false, false }, { "accuracy", true, true } };
#ifndef TAIL
#define TAIL 's'
#endif
#ifndef VALID
#define VALID 0.1
#endif
#ifndef WATCH
#define WATCH .patience = 0
#endif
static real *const flat[] = { (real *)&p, (real *)&g, (real *)&m1 };
static const Step steps[] = { { "", 1, 32, window, gradient, update, rate, scalars } };
static const Program mlp = {
    .name = "mlp",
    .model = {
        .fingerprint = 0x1234, .tensors = tensors, .ntensors = 4, .elements = sizeof p / sizeof(real),
        .flat = flat, .nstates = 1, .state_names = { "m" },
        .reports = reports, .nreports = 2, .nsums = 2, .report = report,
    },
    .schedule = {
        .batch = 32, .micro_batch = MICRO, .accumulate = 4, .epochs = 6, .seed = 1, .tail = TAIL,
        .steps = steps, .nsteps = 1, .round = 32, .best = 0, WATCH,
    },
    .data = { .reader = "idx", .path = "squares", .valid = VALID, .test = 50, .shuffle = true, .columns = columns, .ncolumns = 2 },
    .device = { .target = "c", .machine = GG_BUILT_FOR, .memory = 3 * sizeof p, .w = &w, .sums = sums, .evaluate = evaluate },
};
