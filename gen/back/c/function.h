/* function.h -- C: the functions of kernels, see function.c. */
#ifndef C_FUNCTION_H
#define C_FUNCTION_H
#include "back/alike.h"

typedef struct {
    bool allocated;
    AlikeList alike;
} Functions;
/* of all kernels; share: those that are alike have one */
Functions *functions_of(const Whole *all, bool share);
char *functions_text(const Functions *f);
/* the statement that runs k; beta NULL: it has none */
char *function_call(const Functions *f, const Kernel *k, const char *micro, const char *beta);
#endif
