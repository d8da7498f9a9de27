/* layouts.h -- what the files of the stage layout share. layout.c has the rules. */
#ifndef LAYOUTS_H
#define LAYOUTS_H
#include "lower/contraction.h"

/* ---- settle.c: what grants wants ---- */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident);
Home  home_of(const Node *n);                               /* of a value that a kernel makes */
Buffer *store_copy(Kernels *k, Kernel *user, Node *n, const char *ident);   /* of n's copy, which a kernel before the user makes */
bool  take_order(const Lowering *w, Operand *o, const Layout *l);           /* gives o's weight this one, or its own, and says whether it was this one */
bool  unordered(const Kernels *k, const Node *n);           /* a weight, or a view of one, that nothing has given an order yet */
void  copy_operand(Lowering *w, int which, const Layout *l, const char *ident);     /* in that layout */
void  straighten(Lowering *w, int which);                   /* a copy of that operand row by row, without blocks */
void  order_taps(const Kernels *k, Layout *l, const Shape *s);      /* of a weight whose convolution is a sum over taps */
bool  crowded(const Lowering *w, int which);                /* its levels are more than a layout has digits */
void  own_order(const Kernels *k, Buffer *parameter);       /* of one that no contraction has ordered: by its own axes */

/* ---- images.c: what readers want of a value ---- */
bool  image_shape(const Shape *s);                        /* samples, channels, rows, columns */
void  lay_out(const Kernels *k, Buffer *b);

/* ---- windows.c ---- */
void  settle_window(Kernels *k, Kernel *x);

/* ---- factors_c.c, factors_cuda.c: what a contraction wants of its factors ---- */
void  settle_factors_c(Lowering *w);
void  settle_factors_cuda(Lowering *w);

void  round_factors(Kernels *k);                            /* round.c: what products round has nodes of its own */
#endif
