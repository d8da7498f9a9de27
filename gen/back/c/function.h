/* function.h -- C: the functions of kernels, see function.c. */
#ifndef C_FUNCTION_H
#define C_FUNCTION_H
#include "back/alike.h"
#include "back/sequence.h"

typedef struct {
    const Alike *of;
    bool micro; /* it reads the micro-batch: m is a parameter */
    const char *parameters, *types, *body;
} Function;
typedef struct {
    bool allocated;
    unsigned products; /* by PRODUCT_: some function calls it */
    AlikeList alike;
    VEC(Function) at;
    Written blocks; /* functions of several calls, of what is repeated */
} Functions;
/* of all kernels; share: those that are alike have one */
Functions *functions_of(const Whole *all, bool share);
char *prototypes_text(const Functions *f); /* one declaration of them */
char *functions_text(const Functions *f);
bool function_reads_micro(const Functions *f, const Kernel *k);
/* the statement that calls k's function, with `micro` if it reads the micro-batch; beta NULL:
   none */
void function_line(const Functions *f, const Kernel *k, const char *micro, const char *beta,
                   Lines *to);
#endif
