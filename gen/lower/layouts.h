/* layouts.h -- what the files of the stage layout share. layout.c has the rules. */
#ifndef LAYOUTS_H
#define LAYOUTS_H
#include "lower/contraction.h"

/* ---- settle.c: copies ---- */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident);
Home home_of(const Node *n); /* of a value that a kernel makes */
/* of n's copy, which a kernel before the user makes */
Buffer *store_copy(Kernels *k, Kernel *user, Node *n, const char *ident);
/* a weight, or a view of one, that nothing has given an order yet */
bool unordered(const Kernels *k, const Node *n);
/* in that layout; where w asks, only its layout */
void copy_operand(Lowering *w, int which, const Layout *l, const char *ident);
void copy_unfactored(Lowering *w); /* a copy of each operand whose elements no factors find */
/* the layout of that operand, as if nothing had decided it */
void forget(Lowering *w, const Node *n);
void straighten(Lowering *w, int which); /* a copy of that operand row by row, without blocks */
/* of a weight whose convolution is a sum over taps */
void order_taps(const Kernels *k, Layout *l, const Shape *s);
bool crowded(const Lowering *w, int which); /* its levels are more than a layout has factors */

/* ---- wants.c ---- */
/* node: a weight or a view of one, as `by` reads it */
typedef struct {
    const Kernel *by;
    Node *node;
    bool granted;
} Want;
typedef VEC(Want) Wants;
Wants decide_weights(Kernels *k);
/* the factor of x that has the order which x wants; NULL: none has */
const Node *granted_to(const Wants *all, const Kernel *x);

/* ---- images.c: what readers want of a value ---- */
bool image_shape(const Shape *s); /* samples, channels, rows, columns */
void lay_out(const Kernels *k, Buffer *b);
/* what u alone reads beyond its image */
void halo_read(const Kernels *k, Node *u, int arg, long halo[RANK][2]);

/* ---- windows.c: copies of what a window cannot read ---- */
void settle_images(Kernels *k, Kernel *x);  /* of values */
void settle_weights(Kernels *k, Kernel *x); /* of weights, which have their order by then */

/* ---- factors_c.c, factors_cuda.c: what a contraction wants of its factors ---- */
/* of a weight, as if it had no layout; false: its own axes will do. Makes copies of the other
   factor that this needs, but where w asks */
bool wanted_c(Lowering *w, const Node *weight, Layout *out);
bool wanted_cuda(Lowering *w, const Node *weight, Layout *out);
/* copies of what is not as it is wanted */
void settle_factors_c(Lowering *w, const Node *granted);
void settle_factors_cuda(Lowering *w, const Node *granted);

void round_factors(Kernels *k); /* round.c: what products round has nodes of its own */
#endif
