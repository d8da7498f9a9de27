/* accesses.h -- the elements that a kernel's statements touch, with the loops and constants around
   them. */
#ifndef GAGEN_ACCESSES_H
#define GAGEN_ACCESSES_H
#include "ir/loops.h"

typedef enum { BIND_LOOP, BIND_RANGE, BIND_LET, BIND_IF } BindKind;
/* a construct around an element: a loop, a range of a product, a constant, a condition */
typedef struct {
    BindKind kind;
    int var;
    const Val *from, *to; /* LOOP; LET: from is the value; IF: the condition */
    long extent;          /* RANGE */
    bool unit;            /* none of its turns may touch what another one writes */
} Bind;

enum { BINDS = 512 };
typedef struct {
    const Loops *k;
    int n;
    Bind at[BINDS];
    /* number of the loop over units at the top of the body, or of another statement there */
    int units;
} Around;

/* for a ZERO, stmt has the box */
typedef struct {
    const At *at;
    const Stmt *stmt;
    bool write;
} Access;
typedef void Visit(void *context, const Around *around, const Access *p);
/* in the order of statements; the loads of a store come before it */
void accesses_visit(const Loops *k, Visit *visit, void *context);
#endif
