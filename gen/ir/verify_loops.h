/* verify_loops.h -- declarations that the files which verify loops share. */
#ifndef GAGEN_VERIFY_LOOPS_H
#define GAGEN_VERIFY_LOOPS_H
#include "ir/loops_text.h"

typedef struct {
    const Loops *k;
    const char *who;
} Checked;
#define broken(c, ...) BUG("%s: %s", (c)->who, text(__VA_ARGS__))

/* verify_accesses.c: indices are inside, and no unit touches what another one writes */
void verify_accesses(const Checked *c);
#endif
