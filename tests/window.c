/* window.c -- what can be seen from inside a program alone: its source is included here, or for CUDA in cuda_window.cpp.

       cc -DSOURCE='"program.c"' -DPROGRAM=name window.c runtime...        cc -DPROGRAM=name window.c cuda_window.cpp runtime...
       window calendar                        windows of runs of 1 .. 199 micro-batches, of 2 .. 16 to a window
       window poison DATA WEIGHTS           10 updates, NaN in whatever a window may not read first; 0: the same weights
       window memory DATA                   what 1,000 updates ask of the allocator and of the machine
       window corrections DATA              bias corrections and complements, in the words of windows.txt
       window noise DATA                    how often dropout drops, and in how many places two micro-batches differ */
#ifdef SOURCE
#include SOURCE
#endif
#include "library.h"
#include "symbol.h"
#include "schedule.h"
#include "tensor.h"
#include <malloc.h>

#ifndef WEIGHT
#define WEIGHT 1                                            /* of every window, as a control may say */
#endif

static void must(int status)
{
    if (!status) return;
    fprintf(stderr, "window: %s\n", gg_error());
    exit(3);
}

#ifdef SOURCE
/* ---- allocations, counted once `counting` is set -------------------------------------------------------------------- */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
static volatile bool counting;
static volatile long allocations;

void *malloc(size_t n)                 { allocations += counting; return __libc_malloc(n); }
void *calloc(size_t n, size_t size)    { allocations += counting; return __libc_calloc(n, size); }
void *realloc(void *old, size_t n)     { allocations += counting; return __libc_realloc(old, n); }

/* "VmSize" or another line of /proc/self/status, in KiB */
static long status_line(const char *key)
{
    static char text[8192];
    FILE *f = fopen("/proc/self/status", "r");
    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = 0;
    if (f) fclose(f);
    const char *at = strstr(text, key);
    return at ? strtol(at + strlen(key) + 1, NULL, 10) : -1;
}

static int memory(const char *data)
{
    must(gg_open(&SYMBOL, data, 2, -1));
    must(gg_steps(&SYMBOL, 1000));
    must(gg_train(&SYMBOL, 1, NULL));
    status_line("");
    long first = status_line("RssAnon"), mapped = status_line("VmSize");
    counting = true;
    must(gg_train(&SYMBOL, 999, NULL));
    counting = false;
    printf("allocations %ld\nown_grew_kib %ld\nmapped_grew_kib %ld\n", allocations, status_line("RssAnon") - first,
           status_line("VmSize") - mapped);
    printf("planned %ld\nstatic %zu\n", SYMBOL.device.memory,
           sizeof(Params) * (2 + (size_t)SYMBOL.model.nstates) + PACKED_BYTES + sizeof arena);
    return 0;
}

/* ---- poison -------------------------------------------------------------------------------------------------------------- */
static void poison(void *memory_, size_t bytes)
{
    real *at = memory_;
    for (size_t i = 0; i < bytes / sizeof(real); i++) at[i] = (real)NAN;
}

static void poison_all(void)
{
    poison(&arena, sizeof arena);
    poison(&g, sizeof g);
    memset(part, 0xff, sizeof part);
}
#else
extern const Program SYMBOL;
void poison_all(void);
long asked_calls(void), asked_bytes(void);                  /* of the device: allocations, graphs, streams, events; bytes */

static int memory(const char *data)
{
    must(gg_open(&SYMBOL, data, 1, -1));
    must(gg_steps(&SYMBOL, 1000));
    must(gg_train(&SYMBOL, 1, NULL));
    long first = asked_calls();
    must(gg_train(&SYMBOL, 999, NULL));
    printf("allocations %ld\nplanned %ld\nasked %ld\n", asked_calls() - first, SYMBOL.device.memory, asked_bytes());
    gg_close(&SYMBOL);
    return 0;
}
#endif

/* ---- plans --------------------------------------------------------------------------------------------------------------- */
/* Whether the windows of one epoch of so many micro-batches hold each sample once, at weight 1. */
static bool windows_right(const Schedule *q, long micros)
{
    Calendar calendar = gg_calendar(q, micros * q->micro_batch, 1, -1);
    long seen = 0;
    bool good = calendar.T == (micros + q->accumulate - 1) / q->accumulate;
    for (long u = 0; u < calendar.T; u++) {
        Position position = gg_position(&calendar, u);
        Window of = { .t = u + 1, .T = calendar.T, .E = calendar.E, .samples = position.samples, .scale_out = 1 };
        SYMBOL.schedule.steps[0].scalars(&of);
        double weight = (double)of.scale_in[0] * (double)of.scale_out * (double)position.samples * WEIGHT;
        good = good && fabs(weight - 1) <= 1e-6 && position.first == seen;
        seen += position.samples;
    }
    return good && seen == micros * q->micro_batch;
}

static int calendar_sweep(void)
{
    long runs = 0, wrong = 0;
    for (long k = 2; k <= 16; k++) {
        Schedule q = SYMBOL.schedule;
        q.tail = 's', q.accumulate = k, q.batch = q.round = k * q.micro_batch;
        for (long micros = 1; micros < 200; micros++, runs++) wrong += !windows_right(&q, micros);
    }
    printf("%ld runs, %ld wrong\n", runs, wrong);
    return wrong > 0;
}

/* ---- the same weights ------------------------------------------------------------------------------------------------------ */
static void train(const char *data, const char *weights, bool poisoned, real *out)
{
    must(gg_open(&SYMBOL, data, 2, -1));
    must(gg_load(&SYMBOL, weights));
    must(gg_steps(&SYMBOL, 10));
    for (int u = 0; u < 10; u++) {
        if (poisoned) poison_all();
        must(gg_train(&SYMBOL, 1, NULL));
    }
    for (int i = 0; i < SYMBOL.model.ntensors; out += gg_count(&SYMBOL.model.tensors[i++]))
        must(gg_parameter(&SYMBOL, SYMBOL.model.tensors[i].name, out));
    gg_close(&SYMBOL);
}

static int poison_facts(const char *data, const char *weights)
{
    const size_t n = (size_t)SYMBOL.model.elements;
    real *clean = gg_alloc(n, sizeof *clean), *dirty = gg_alloc(n, sizeof *dirty);
    train(data, weights, false, clean);
    train(data, weights, true, dirty);
    bool same = clean[0] != 0 && memcmp(clean, dirty, n * sizeof *clean) == 0;
    printf("%s\n", same ? "the same weights" : "other weights");
    return !same;
}

/* ---- bias corrections ------------------------------------------------------------------------------------------------------ */
/* 1 - beta1 and 1 - beta2 as the first update's moments show them. */
static void complements(const char *data, const char *beta1, const char *beta2)
{
    const Tensor *t = &SYMBOL.model.tensors[0];
    real *dw = gg_alloc((size_t)gg_count(t), sizeof *dw), *m = gg_alloc((size_t)gg_count(t), sizeof *m);
    long i = 0;
    must(gg_open(&SYMBOL, data, 1, -1));
    must(gg_window(&SYMBOL, NULL));
    must(gg_gradient(&SYMBOL, t->name, dw));
    must(gg_update(&SYMBOL));
    while (fabs((double)dw[i]) < 1e-4) i++;
    must(gg_state(&SYMBOL, "m", t->name, m));
    printf("complement %s %.17g\n", beta1, (double)m[i] / (double)dw[i]);
    must(gg_state(&SYMBOL, "v", t->name, m));
    printf("complement %s %.17g\n", beta2, (double)m[i] / ((double)dw[i] * (double)dw[i]));
}

static int corrections(const char *data)
{
    static const long at[] = { 1, 2, 10, 1000, 1000000 };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        Window of = { .t = at[i], .T = 1000000, .E = 1, .samples = SYMBOL.schedule.batch, .scale_out = 1, .lr = 1e-3 };
        SYMBOL.schedule.steps[0].scalars(&of);
        double c1 = (double)of.c[0], c2 = (double)of.c[1];
        printf("correction 0.9 %ld %.17g\ncorrection 0.999 %ld %.17g\n", at[i], 1 / c1, at[i], 1 / (c2 * c2));
        printf("naive 0.999 %ld %.17g\n", at[i], (double)(1 - powf(0.999f, (float)at[i])));
    }
    complements(data, "0.9", "0.999");
    return 0;
}

/* ---- dropout --------------------------------------------------------------------------------------------------------------- */
/* The program is tests/models/window_noise.lua: column n of the gradient is the mask of row n. */
static int noise(const char *data)
{
    enum { ROWS = 64, WIDTH = 512, MICRO = 16 };
    static real dw[WIDTH][ROWS];
    long dropped = 0, differ = 0;
    must(gg_open(&SYMBOL, data, 2, -1));
    must(gg_window(&SYMBOL, NULL));
    must(gg_gradient(&SYMBOL, SYMBOL.model.tensors[0].name, dw[0]));
    for (int o = 0; o < WIDTH; o++)
        for (int n = 0; n < ROWS; n++) {
            dropped += dw[o][n] == 0;
            differ += dw[o][n] != dw[o][(n + MICRO) % ROWS];
        }
    printf("dropped %.6f\ndiffer %ld\n", (double)dropped / (WIDTH * ROWS), differ);
    return 0;
}

int main(int argc, char **argv)
{
    const char *fact = argc > 1 ? argv[1] : "", *data_at = argc > 2 ? argv[2] : NULL;
    if (!strcmp(fact, "calendar")) return calendar_sweep();
    if (!strcmp(fact, "poison") && argc > 3) return poison_facts(data_at, argv[3]);
    if (!strcmp(fact, "memory")) return memory(data_at);
    if (!strcmp(fact, "corrections")) return corrections(data_at);
    if (!strcmp(fact, "noise")) return noise(data_at);
    return fprintf(stderr, "window: what is '%s'?\n", fact), 2;
}
