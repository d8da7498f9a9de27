/* region.h -- the nodes that a head computes piece by piece, see region.c and pieces.c. */
#ifndef GAGEN_REGION_H
#define GAGEN_REGION_H
#include "middle/middle.h"

enum { SUMMED = -1, OUTSIDE = -2 }; /* in Region.axis; -1 of an argument: all of it is read */
typedef struct Region {
    Graph *g;
    Node *product; /* the logits */
    long extent;   /* of the axis that is cut */
    /* all by node number; wide: as large as the logits; axis: the node's axis that is cut, SUMMED:
       the pieces' results add up, OUTSIDE: not in the region */
    bool *wide;
    int *axis;
} Region;

/* whether node n is computed piece by piece */
bool in_region(const Region *r, const Node *n);
/* the axis along which pieces read argument k of n; -1: they read all of it */
int axis_of_argument(const Region *r, const Node *n, int k);
/* the region of this product, cut along that axis; false: rows along it are not independent */
bool find_region(Region *r, Graph *g, Node *product, int axis);
/* the axis is one of rows: an operand that depends on data has it, and no parameter */
bool is_row_axis(const Node *product, int axis);
long rows_of_product(const Node *product);
/* n, or the value that n rematerialises: pieces run where it still exists */
Node *original(const Region *r, Node *n);
/* whether nodes outside of the region read n, or it is an output */
bool is_read(const Region *r, const Node *n);
/* the number of pieces of this product's region; 1: it is no head, and stays whole */
long find_head(Region *r, Graph *g, Node *product);
/* live, and needed by training as the product is, or by outputs alone as it is */
bool belongs(const Region *r, const Node *n);
#endif
