/* average.c -- averages of the weights: a state that the update computes. During an evaluation
   they are exchanged with the weights. */
#include "weights.h"
#include "device.h"
#include "tensor.h"

static long gg_average_count(const Model *m) { return m->trained ? m->trained : m->elements; }

real *gg_averages(const Model *m) { return m->ema ? gg_states(m, m->ema - 1) : NULL; }

void gg_average_start(Run *r)
{
    if (gg_averages(&r->p->model))
        memcpy(gg_averages(&r->p->model), gg_params(&r->p->model),
               (size_t)gg_average_count(&r->p->model) * sizeof(real));
}

void gg_average_swap(Run *r)
{
    real *a = gg_averages(&r->p->model), *p = gg_params(&r->p->model);
    if (!a) return;
    gg_run_fetch(r);
    for (long i = 0, n = gg_average_count(&r->p->model); i < n; i++) {
        const real x = p[i];
        p[i] = a[i], a[i] = x;
    }
    r->device.prepared = false;
}

bool gg_average_has(const Model *m, const Archive *a)
{
    char name[1024];
    snprintf(name, sizeof name, "ema.%s", m->tensors[0].name);
    return gg_averages(m) && gg_archive_find(a, name);
}
