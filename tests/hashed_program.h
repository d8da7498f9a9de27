/* hashed_program.h -- rows and first weights of a program out of hashed numbers, by the names of its columns and tensors:
   hashed_rows() and initialise() of tests/reference/examples.py make the same. */
#ifndef HASHED_PROGRAM_H
#define HASHED_PROGRAM_H
#include "hashed.h"
#include "library.h"

/* FNV-1a, 32 bits */
static uint32_t hashed_seed(const char *name)
{
    uint32_t seed = 2166136261u;
    for (; *name; name++) seed = (seed ^ (unsigned char)*name) * 16777619u;
    return seed;
}

/* One element: a class, a byte or a real in -1 .. 1. `few` > 0: a byte below it, the last of which is 255. */
static void hashed_element(const Column *c, void *out, uint32_t i, uint32_t few)
{
    const uint32_t seed = hashed_seed(c->name), x = hash(i, seed);
    const uint32_t id = few ? (x % few == few - 1 ? 255 : x % few) : c->classes ? x % (uint32_t)c->classes : x & 255;
    if (c->type == 'b') ((unsigned char *)out)[i] = (unsigned char)id;
    else if (c->type == 'i') ((int32_t *)out)[i] = (int32_t)id;
    else ((real *)out)[i] = (real)hash_real(i, seed, 1);
}

static void *hashed_column(const Column *c, long rows, uint32_t few)
{
    for (int r = 0; r < c->rank; r++) rows *= c->dim[r];
    void *out = malloc((size_t)rows * sizeof(real) + 1);
    if (!out) exit(3);
    for (long i = 0; i < rows; i++) hashed_element(c, out, (uint32_t)i, few);
    return out;
}

/* `given` is ROWS or ROWS,COLUMN%FEW; the rows live until exit. */
static int hashed_open(const Program *p, const char *given, int threads)
{
    const void **columns = calloc((size_t)p->data.ncolumns, sizeof *columns);
    const char *comma = strchr(given, ','), *percent = strchr(given, '%');
    if (!columns) exit(3);
    for (int c = 0; c < p->data.ncolumns; c++) {
        const size_t length = strlen(p->data.columns[c].name);
        const int named = comma && percent && (size_t)(percent - comma - 1) == length && !strncmp(comma + 1, p->data.columns[c].name, length);
        columns[c] = hashed_column(&p->data.columns[c], atol(given), named ? (uint32_t)atol(percent + 1) : 0);
    }
    return gg_open_rows(p, atol(given), columns, threads, -1);
}

/* Of one tensor: about PyTorch's range for a weight, around 1 for what scales, around 0 for what is added; exact in fp32. */
static float hashed_weight(const Tensor *t, uint32_t i, long inputs)
{
    const uint32_t seed = hashed_seed(t->name);
    const size_t length = strlen(t->name);
    float scale = 1;
    while (t->rank > 1 && scale * scale * (float)inputs > 1) scale /= 2;
    if (t->rank > 1) return hash_real(i, seed, scale);
    const int scales = (length >= 6 && !strcmp(t->name + length - 6, "weight")) || (length >= 3 && !strcmp(t->name + length - 3, "var"));
    return scales ? (float)(1 + (double)hash_real(i, seed, 0.25f)) : hash_real(i, seed, 0.125f);
}

/* nudge > 0: every weight times 1 + 2^-22 of a number in -1 .. 1, others for each nudge */
static int hashed_nudged(const Program *p, uint32_t nudge)
{
    for (int i = 0; i < p->model.ntensors; i++) {
        const Tensor *t = &p->model.tensors[i];
        long n = 1;
        for (int r = 0; r < t->rank; r++) n *= t->dim[r];
        real *value = malloc((size_t)n * sizeof *value);
        if (!value) exit(3);
        for (long e = 0; e < n; e++) {
            const double by = nudge ? (double)hash_real((uint32_t)e, hashed_seed(t->name) + nudge, 1) / 4194304 : 0;
            value[e] = (real)((double)hashed_weight(t, (uint32_t)e, n / t->dim[0]) * (1 + by));
        }
        const int status = gg_set_parameter(p, t->name, value);
        free(value);
        if (status) return status;
    }
    return 0;
}

static int hashed_weights(const Program *p) { return hashed_nudged(p, 0); }
#endif
