/* oracle_program.c -- tests/oracle.h for a program made with --library, in double: -DPROGRAM=name. */
#include "symbol.h"
#include "hashed_program.h"
#include "oracle.h"
#include "philox.h"

extern const Program SYMBOL;
static long rows;

static void must(int status)
{
    if (!status) return;
    fprintf(stderr, "oracle: %s\n", gg_error());
    exit(1);
}

void program_open(const char *data, const char *weights)
{
    const bool hashed = !strncmp(data, "hashed=", 7);
    const char *path = strchr(data, ':');
    rows = atol(hashed ? data + 7 : data);
    if (hashed) must(hashed_open(&SYMBOL, data + 7, 1));
    else must(gg_open(&SYMBOL, path + 1, 1, -1));
    if (!strcmp(weights, "hashed")) must(hashed_weights(&SYMBOL));
    else if (strcmp(weights, "-")) must(gg_load(&SYMBOL, weights));
}

double *program_flat(int i, long *n)
{
    *n = i == 0 || !SYMBOL.model.trained ? SYMBOL.model.elements : SYMBOL.model.trained;
    return SYMBOL.model.flat[i];
}

static const Column *column(const char *name)
{
    for (int i = 0; i < SYMBOL.data.ncolumns; i++)
        if (!strcmp(SYMBOL.data.columns[i].name, name)) return &SYMBOL.data.columns[i];
    fprintf(stderr, "oracle: no column %s\n", name);
    exit(1);
}

double program_element(const char *name, long i)
{
    const Column *c = column(name);
    if (c->type == 'b') return ((const unsigned char *)*c->base)[i];
    return c->type == 'i' ? ((const int32_t *)*c->base)[i] : ((const real *)*c->base)[i];
}

long program_elements(const char *name)
{
    const Column *c = column(name);
    long n = rows;
    for (int r = 0; r < c->rank; r++) n *= c->dim[r];
    return n;
}

Given program_window(void)
{
    must(gg_window(&SYMBOL, NULL));
    const Window *w = SYMBOL.device.w;
    return (Given) { w->micros, w->rows, w->samples, w->scale_in, SYMBOL.device.sums };
}

long program_row(long sample) { return window_row(SYMBOL.device.w, sample); }

double program_uniform(long sample, uint32_t stream, uint32_t element)
{
    const Window *w = SYMBOL.device.w;
    return noise_uniform(w->seed, (uint64_t)(w->first + sample), stream, element);
}
