/* layout.h -- the position of a logical element in its buffer. */
#ifndef GAGEN_LAYOUT_H
#define GAGEN_LAYOUT_H
#include "ir/op.h"

/* Element (i0, i1, ...) of a tensor is at offset + SUM over axes and factors of (i / div % mod)
   * stride. A blocked axis has two factors. An axis that a view has merged has one for each axis
   that it was made of. */
/* mod 0: none; extent: values the factor takes, padding included */
typedef struct {
    long div, mod, stride, extent;
} Factor;
enum { FACTORS = 4 };
typedef struct {
    int n;
    Factor factor[FACTORS];
} Axis;
typedef struct {
    int rank;
    Axis axis[RANK];
    long offset; /* the position of element 0, after the halo */
    long size;   /* reals in all, padding and halo included, a multiple of 16 */
    /* the C array, outermost first: factors by falling stride, halo included */
    int ndims;
    long dims[8], strides[8];
    int rows; /* 1 + the dimension that counts a micro-batch's rows; 0: none */
    /* the axis whose innermost factor is contiguous, and the extent of that factor; 0: none */
    int vaxis;
    long block;
    long halo[RANK][2]; /* zeros before and after an axis */
    long plane[3];      /* an image's rows, columns and channels of one block, halo included */
} Layout;

enum { BLOCK_MIN = 8, BLOCK_MAX = 64, ALIGN = 16 };
long layout_block(long extent); /* C: the block that a vector axis of this extent is cut into */
/* CUDA: one block, whatever the extent, of whole `by` numbers */
long layout_row(long extent, long by);
void layout_make(Layout *l, const Shape *s, int vaxis, long block, long halo[RANK][2]);
/* a reshape; false: only a copy will do */
bool layout_view(Layout *out, const Layout *l, const Shape *from, const Shape *to);
/* of so many values of layout l, one after another, as axis 1 */
void layout_steps(Layout *out, const Layout *l, long steps);
void layout_step(Layout *out, const Layout *l); /* of one of them */
void layout_permute(Layout *out, const Layout *l, const int perm[RANK]);
void layout_expand(Layout *out, const Layout *l, const Shape *from, const Shape *to);
long layout_at(const Layout *l, const long index[RANK]); /* the element's position */
/* false: only a copy will do */
bool layout_slice(Layout *out, const Layout *l, int axis, long from, long step, long extent);
/* whether no axis and no part of one is repeated */
bool layout_whole(const Layout *l, const Shape *s);
bool layout_same(const Layout *a, const Layout *b);
/* the dimension of the array in which a step of stride moves */
int layout_dim(const Layout *l, long stride);
bool layout_batch_first(const Layout *l); /* whether a sample is in one piece */
char *layout_text(const Layout *l);       /* "[4][32][64]" */
#endif
