/* actual.h -- the names in a program of the memory that kernels touch. */
#ifndef ACTUAL_H
#define ACTUAL_H
#include "back/value.h"
#include "ir/program.h"

char *buffer_name(const Buffer *b); /* "p.net_0.weight", "packed.net_2_weight", "arena.h1" */
/* "s_v.net_0.weight": that parameter's part of an optimizer's state */
char *state_name(const Buffer *gradient, const char *state);
/* "arena.h1", "s_m.net_0.weight", "data.image", "sums[1]"; NULL: a table */
char *actual_name(const Actual *a, const char *sums);
char *stream_text(const Node *noise); /* the key of a random draw: a hash of its path */
/* the names for k's tree; sums: the name of the array with the sums, or of that with their parts */
Words *words_of(const Kernel *k, const char *sums);
#endif
