/* linear.h -- indices in fewer operations: views that cancel cancel. */
#ifndef GAGEN_LINEAR_H
#define GAGEN_LINEAR_H
#include "ir/intervals.h"

/* What equals v, an index or a condition on indices, in fewer operations; v itself if nothing
   does. */
const Val *index_simpler(const Known *k, const Val *v);
/* the same of an element's place, large strides first; terms of one dimension of the buffer's array
   stay in it */
void at_simpler(const Known *k, At *at);
#endif
