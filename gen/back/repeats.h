/* repeats.h -- what comes again in a list of calls. */
#ifndef REPEATS_H
#define REPEATS_H
#include "back/sequence.h"

/* A sequence of n calls, where it comes, and how many lines a function of it saves. */
typedef struct {
    int n, times, *at, saved;
} Found;

/* The sequence that saves most lines, the first of those; n 0: none does. host: calls are launches,
   whose phases are not marked. */
Found repeat_of(const Lines *c, bool host);
#endif
