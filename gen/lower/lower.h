/* lower.h -- from a graph to a program: kernels, layouts, places. */
#ifndef GAGEN_LOWER_H
#define GAGEN_LOWER_H
#include "ir/program.h"

Kernels *fuse(Graph *g, const Target *target);                   /* group.c */
Plan    *place(Kernels *k, bool reuse);
Program *schedule(Plan *p);
void     join(Whole *all);                                   /* of the steps that it holds: one order of parameters, one arena */

/* ---- what the stages share ---- */
Kernel *kernel_new(Kernels *k, Node *core, Node *out, When when, bool backward);   /* not in a list yet */
Node   *copy_before(Kernels *k, Kernel *user, Node *n);     /* a copy of n in a kernel of its own, in front of its user */
void    make_buffers(Kernels *k);                           /* buffers.c: what must be stored, and in which layout */
void    param_order(const Kernels *k, Buffer *b);           /* its own, of a parameter that no contraction has ordered */
void    lay_out(Buffer *b);                                  /* as its readers like it */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident);
void    check_split(const Kernels *k);                   /* split.c: what deterministic = "split" cannot keep is an error */
void    round_factors(Kernels *k);                          /* round.c: what products round has nodes of its own */
void    make_partitions(Kernels *k);                        /* partition.c: units, phases */
long row_parts(long n);                 /* in how many parts the rows of a batch are dealt */
void lower(Kernels *k, Kernel *x);      /* decides its operands' layouts where they are still open; may put copies in front */
void lower_gemm(Kernels *k, Kernel *x);
void    count_before(Program *s);                           /* count.c: what the counted seeds need */
const Expr *counted_loss(const Program *s, const Expr *loss);   /* a term in which nothing counts adds nothing; NaN where none counts */
#endif
