/* statistics.c -- mean and deviation of a column over the training rows, in one pass at start
   (Welford, in double): row after row, so the bits depend on the rows alone. An element that is the
   same in all rows has deviation 1. */
#include "data.h"
#include "tensor.h"

static double gg_value(const Column *c, const char *base, long i)
{
    if (c->type == 'b') return ((const unsigned char *)base)[i];
    return c->type == 'i' ? ((const int32_t *)(const void *)base)[i]
                          : (double)((const real *)(const void *)base)[i];
}

static void gg_measure(const Table *d, const Column *c, double *mean, double *square)
{
    const long width = gg_row_count(c);
    const char *base = *c->base;
    for (long n = 0; n < d->train.count; n++) {
        const long row = d->train.list ? (long)d->train.list[n] : d->train.from + n;
        for (long i = 0; i < width; i++) {
            const double x = gg_value(c, base, row * width + i), off = x - mean[i];
            mean[i] += off / (double)(n + 1);
            square[i] += off * (x - mean[i]);
        }
    }
}

static void gg_put_statistic(const Model *m, const Tensor *t, const Table *d, const double *mean,
                             const double *square)
{
    for (long i = 0, n = gg_count(t); i < n; i++) {
        const double variance = square[i] / (double)d->train.count;
        const real x = (real)(t->init == 'm' ? mean[i] : variance == 0 ? 1 : sqrt(variance));
        gg_write_tensor(t, gg_params(m), i, 1, &x);
    }
}

void gg_table_statistics(const Table *d, const Model *m)
{
    for (int c = 0; c < d->set->ncolumns; c++) {
        double *sums = NULL;
        const size_t width = (size_t)gg_row_count(&d->set->columns[c]);
        for (int i = 0; i < m->ntensors; i++) {
            const Tensor *t = &m->tensors[i];
            if ((t->init != 'm' && t->init != 'd') || (int)t->a != c) continue;
            if (!sums) {
                sums = gg_alloc(2 * width, sizeof *sums);
                gg_measure(d, &d->set->columns[c], sums, sums + width);
            }
            gg_put_statistic(m, t, d, sums, sums + width);
        }
        free(sums);
    }
}
