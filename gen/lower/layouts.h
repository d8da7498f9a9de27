/* layouts.h -- declarations that the files of the stage layout share. layout.c has the rules. */
#ifndef LAYOUTS_H
#define LAYOUTS_H
#include "lower/contraction.h"

/* ---- settle.c: copies ---- */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident);
Home home_of(const Node *n); /* the home of a value that a kernel makes */
/* the buffer of n's copy, which a kernel before the user makes */
Buffer *store_copy(Kernels *k, Kernel *user, Node *n, const char *ident);
/* whether it is a weight, or a view of one, without an order */
bool unordered(const Kernels *k, const Node *n);
/* copies it into that layout; if w asks, it only sets the layout */
void copy_operand(Lowering *w, int which, const Layout *l, const char *ident);
const char *value_name(const Node *n); /* that a buffer gets: "h_0_qkv", "d_logits" */
void copy_unfactored(Lowering *w);     /* copies each operand whose elements no factors find */
/* makes the layout of that operand undecided */
void forget(Lowering *w, const Node *n);
void straighten(Lowering *w, int which); /* copies that operand row by row, without blocks */
/* the order of a weight whose convolution is a sum over taps */
void order_taps(const Kernels *k, Layout *l, const Shape *s);
/* whether it has more levels than a layout has factors */
bool crowded(const Lowering *w, int which);

/* ---- wants.c ---- */
/* node: a weight or a view of one, as `by` reads it */
typedef struct {
    const Kernel *by;
    Node *node;
    bool granted;
} Want;
typedef VEC(Want) Wants;
Wants decide_weights(Kernels *k);
/* the factor of x whose order is the one that x wants; NULL: none */
const Node *granted_to(const Wants *all, const Kernel *x);

/* ---- images.c: the layout for the readers of a value ---- */
bool image_shape(const Shape *s); /* samples, channels, rows, columns */
void lay_out(const Kernels *k, Buffer *b);
/* the halo that u reads beyond its image */
void halo_read(const Kernels *k, Node *u, int arg, long halo[RANK][2]);

/* ---- windows.c: copies of images that a window cannot read ---- */
void settle_images(Kernels *k, Kernel *x);  /* of values */
void settle_weights(Kernels *k, Kernel *x); /* of weights, after their order is decided */

/* ---- factors_c.c, factors_cuda.c: the layouts that a contraction wants of its factors ---- */
/* the wanted layout of a weight, as if it had none; false: the order of its own axes will do.
   Makes the necessary copies of the other factor, unless w asks */
bool wanted_c(Lowering *w, const Node *weight, Layout *out);
bool wanted_cuda(Lowering *w, const Node *weight, Layout *out);
/* copies factors that have another layout than wanted */
void settle_factors_c(Lowering *w, const Node *granted);
void settle_factors_cuda(Lowering *w, const Node *granted);

void round_factors(Kernels *k); /* round.c: makes nodes that round the factors of products */
#endif
