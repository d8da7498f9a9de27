/* share.h -- C: kernels that are the same but for the memory they touch are one function, see share.c. */
#ifndef SHARE_H
#define SHARE_H
#include "ir/program.h"

typedef struct Shared Shared;
Shared *share_kernels(const Whole *all, bool share);        /* writes all kernels; share: like ones once */
char *share_functions(const Shared *list);                  /* the text of what they have become */
char *share_call(const Kernel *k, const char *micro, const char *beta);     /* the statement that runs k; beta NULL: it has none */
#endif
