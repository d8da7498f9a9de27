/* nest.h -- loops over the elements of a layout, and the text of an element inside them. */
#ifndef NEST_H
#define NEST_H
#include "ir/kernels.h"

typedef struct { int axis; long div, extent; const char *var; } Loop;     /* var runs 0 .. extent - 1, or is -1: zero */
typedef struct {
    const Shape *domain;                /* what the loops run over */
    int n; Loop loop[12];
    int vector;                         /* index of the loop whose elements are lanes, or -1 */
    const char *prefix, *type, *lanes;  /* "v_" "vec" "LANES", "v8_" "vec8" "LANES8", or "r_" "real" "1" */
} Scope;

typedef struct { const char *text; long stride; bool lane; long most; } Piece;       /* of an address; most: the largest that it may be, 0: others see to it */
typedef struct { long constant; int n; Piece at[24]; bool strange; } Address;      /* strange: the lanes do not lie evenly */

void  scope_scalar(Scope *s);
void  scope_vector(Scope *s, int loop); /* lanes of the widest vector that divides the loop's extent */
char *old_coordinate(const Scope *s, int axis);                 /* "s * 64 + j" */
char *old_places_left(long extent, const char *c, long div);    /* how many steps of div there are from old_coordinate c to the extent */
Address old_address_of(const Scope *s, const Layout *l, const Shape *shape);   /* of the element that meets the domain's */
char *address_text(const Address *a, const Layout *l, const char *name);   /* "h1[s][n][j]" */
long  old_lane_stride(const Address *a);    /* between neighbouring lanes; -1: uneven */
char *old_flat_index(const Scope *s, const Shape *shape, long *lane);   /* row-major index in a sample, the batch left out */
#endif
