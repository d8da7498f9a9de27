/* average.c -- averages of the weights: a state that the update makes. Evaluation sees them where the weights are, for as long as it
   takes. */
#include "weights.h"
#include "device.h"
#include "tensor.h"

static long gg_average_count(const Program *p) { return p->trained ? p->trained : p->elements; }

real *gg_averages(const Program *p) { return p->ema ? gg_states(p, p->ema - 1) : NULL; }

void gg_average_start(Run *r)
{
    if (gg_averages(r->p)) memcpy(gg_averages(r->p), gg_params(r->p), (size_t)gg_average_count(r->p) * sizeof(real));
}

void gg_average_swap(Run *r)
{
    real *a = gg_averages(r->p), *p = gg_params(r->p);
    if (!a) return;
    gg_run_fetch(r);
    for (long i = 0, n = gg_average_count(r->p); i < n; i++) {
        const real x = p[i];
        p[i] = a[i], a[i] = x;
    }
    r->prepared = false;
}

bool gg_average_has(const Program *p, const Archive *a)
{
    char name[1024];
    snprintf(name, sizeof name, "ema.%s", p->tensors[0].name);
    return gg_averages(p) && gg_archive_find(a, name);
}
