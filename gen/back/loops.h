/* loops.h -- the loops around the statements of a kernel; S is the program and k the kernel that are being written. */
#ifndef LOOPS_H
#define LOOPS_H
#include "back/alike.h"
#include "back/body.h"

extern const Program *S;
extern const Kernel *k;
typedef struct { const char *head, *first; } Head;
typedef struct { Scope scope; Head head[12]; const char *pad[12]; } Nest;       /* pad: the head of a loop over the padding behind */
void loops_of(Nest *x, const Layout *l, const Shape *domain);            /* all digits of the layout, outermost first */
void heads(Nest *x);                                                     /* scalars stop at the logical extent, lanes run over the padding */
long old_loop_length(const Scope *s, int at);                                /* its indices up to where the next digit of its axis begins: what pads rows left out */
bool old_loop_overlaps(const Scope *s, int at);                              /* its padding would be the next digit's elements */
bool several_lines(const char *s);                                       /* it needs braces */
char *wrap(const char *head, const char *first, const char *inner);      /* one loop */
char *units(const char *unit, int count, const char *inner);             /* the loop over this thread's units */
int loop_at(const Scope *s, int axis, long div);                         /* index of the loop of that digit, or -1 */
const char *row_line(bool reads);                                        /* finds the data row, if it is read */
char *rows_head(void);                                                   /* the rows of unit q */
char *wrap_loops(const Nest *x, char *inner, unsigned skip, bool reads); /* all loops but those in skip; bit 31: the row's line is told elsewhere */
char *deal(Nest *x, char *inner, bool reads);                            /* units outermost, as the kernel is dealt */
const Layout *old_main_layout(void);                                         /* of what the kernel stores first */
char *pad_stores(const Nest *x, Body *b, char *inner);                   /* the innermost loop, and one that zeroes the padding behind it */
char *old_zero_padding(Node *n, bool row);                                   /* zeros behind n's last columns: in all rows, or in the row at hand */
char *pad_others(void);                                                  /* the same for the stores that lie otherwise than the first */
char *old_zero_halos(const char *n);                                         /* statements for the borders of sample n */

/* ---- pieces that both targets put loops around ---- */
extern const char *const fold_start[], *const fold_step[];               /* by Fold: "0", "%s += %s;\n" */
unsigned fold_loops(Nest *x);                                            /* over a fold's argument; which of them fold */
Body *fold_body(const Nest *x);
const Expr *column_value(Body *b, const Node *f);                        /* of a column, from its sum */
char *row_result(Body *b, const Nest *x);                                /* statements behind the folds of one value a row */
Scope stride_scope(const Scope *out, const Shape *domain, const double *a);     /* the loops over an image's places as loops over the other image: as far apart as the stride says */
Scope tap_scope(const Scope *out, const Node *f);                        /* of the image's element under a tap: what maps after a pool's gradient see */
bool  old_tap_lanes(const Scope *out, Node *x, const double *a);             /* lanes are neighbours in x, too */
char *tap_text(const Scope *out, Node *x, const double *a);              /* x's element under tap (ky, kx) of the window at (r, c) */
char *range_text(const char *var, long count, long step, const char *at, long stride, long most, long pad, long extent);   /* the head of a loop over taps or places that stays inside an image */
void  set_bounds(Env *e, const Scope *s, const double *a, const Shape *in, const Shape *out);      /* ky and kx: the heads of the loops over taps that lie inside */
char *best_text(const Scope *s, Node *x, const Node *f, const Shape *out);
char *spread_text(Body *b, const Nest *x, bool tiles);                   /* what a window's element gets of the gradient */
char *taps_text(const Scope *s, const Node *f);                          /* sum: of a convolution in groups, emit_taps.c */
bool  old_taps_vectorise(const Scope *s, const Node *f);
char *taps_outside(const Scope *s, const Node *f);                       /* CUDA: where that term reads beyond the image, or "" */
bool  tap_product(const Scope *s, Text *out);                            /* a term of its weight's gradient; false: lanes cannot make it */
const char *kernel_title(void);                                          /* "k3  h = matmul, add, relu  [N, 256]" */

/* ---- the kinds of kernel, each the text of a function's body ---- */
char *fold_text(void);                  /* along axes of a sample */
char *total_text(void);                 /* over the batch, down to a number */
char *column_text(void);                /* over the batch, down to a tensor */
char *pool_text(void);
char *pool_grad_text(void);
char *weight_taps_text(void);
char *spread_image_text(void);
char *scatter_text(void);               /* rows added to rows of a table, by number */
#endif
