/* noise_scale.c -- the gradient noise scale of McCandlish et al., "An Empirical Model of
   Large-Batch Training" (2018), appendix A.1.

   Let G be the true gradient and S the trace of the covariance of a single item's. The expected
   square of the norm of a mean over n items is |G|^2 + S / n. Two of them, over a window's first
   micro-batch and over the whole window, give S and |G|^2. Both estimates are unbiased and are
   added up. Their quotient S / |G|^2 is the batch at which noise and gradient are equally large. */
#include "window.h"

void gg_noise_add(Run *r, int step)
{
    const Window *w = r->p->device.w;
    const double whole = w->count, part = w->part, large = w->norm * w->norm;
    /* not requested, or the window is one micro-batch or empty */
    if (!(part > 0 && part < whole)) return;
    Noise *const sums[] = { &r->log.noise_told[step], &r->log.noise_shown[step] };
    for (int i = 0; i < 2; i++) {
        sums[i]->spread += (w->small - large) / (1 / part - 1 / whole);
        sums[i]->square += (whole * large - part * w->small) / (whole - part);
        sums[i]->windows++;
    }
}

double gg_noise_take(Noise *n)
{
    const double scale = n->windows ? n->spread / n->square : NAN;
    *n = (Noise) { 0 };
    return scale;
}
