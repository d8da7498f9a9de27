/* operand.h -- what a kernel's text calls the memory that it touches. */
#ifndef OPERAND_H
#define OPERAND_H
#include "back/value.h"
#include "ir/program.h"

char *buffer_name(const Buffer *b);                         /* "p.net_0.weight", "packed.net_2_weight", "arena.h1" */
char *state_name(const Buffer *gradient, const char *state); /* "s_v.net_0.weight": that parameter's part of an optimizer's state */
char *actual_name(const Actual *a, const char *sums);       /* "arena.h1", "s_m.net_0.weight", "data.image", "sums[1]"; NULL: a table */
char *stream_text(const Node *noise);                       /* the number of the stream that a draw comes from */
Words *words_of(const Kernel *k, const char *sums);         /* the names for k's tree; sums: the array whose elements sums are, or lists of their parts */

/* ---- operands: while a kernel is written that may share its function, marks stand for its buffers and for some numbers ---- */
typedef struct { const Buffer *buffer; const char *words, *type; bool written; } Operand;    /* buffer NULL: a number of that type */
typedef struct { const Kernel *k; VEC(Operand) at; } Operands;      /* of kernel k, as they come up; mark i stands for at[i] */
enum { MARK = 1, MARK_END = 2 };                            /* characters around a mark's number */

void  operands_into(Operands *o);                           /* from now on marks stand in texts, for operands that are added to o; NULL: words again */
char *operand_number(const char *type, char *words);        /* the same of a number in which kernels may differ */
bool  operand_in(const char *s);                            /* a buffer's mark stands in the text */
char *operand_mark(int i);
char *unmarked(const char *s, char *const *words);          /* the text with words[i] for mark i */
#endif
