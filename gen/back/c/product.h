/* product.h -- C: a product as runtime/contract.h computes it. */
#ifndef C_PRODUCT_H
#define C_PRODUCT_H
#include "back/value.h"

/* The fields of a Contract; strides of what has one turn are 0. `spelled`: names of rows[1],
   depth[2], rows[0] and depth[1], or NULL. */
typedef struct {
    long rows[2], a_row[2], c_row[2], depth[3], a_k[3], b_k[3], width;
    const char *spelled[4];
} Sums;
/* The functions of contract.h: of matrices, of images, contract() itself. */
enum { PRODUCT_OF_ROWS = 1, PRODUCT_OF_IMAGES = 2, PRODUCT_OF_SUMS = 4 };
/* flag: of templates/c/contract.c; sizes: the fields that are given */
typedef struct {
    const char *flag, *sizes;
    unsigned product;
} Named;
/* The function that has the words for these sums of a buffer of layout a. */
Named sums_name(const Sums *s, const Layout *a);
#endif
