/* share.h -- C: kernels that are the same but for the memory they touch are one function, see share.c. */
#ifndef SHARE_H
#define SHARE_H
#include "ir/program.h"

typedef struct { const Buffer *buffer; const char *words, *type; bool written; } Operand;    /* buffer NULL: a number of that type */

void  share_kernels(const Whole *all, bool share);          /* writes all kernels; share: like ones once */
char *share_functions(void);                                /* the text of what they have become */
char *share_call(const Kernel *k, const char *micro, const char *beta);     /* the statement that runs k; beta NULL: it has none */
char *operand_name(const Buffer *b, char *words);           /* what stands for it in the kernel being written: words, where none is */
bool  operand_in(const char *s);                             /* a buffer's stands in the text */
char *operand_number(const char *type, char *words);        /* the same, of a number in which kernels may differ */
#endif
