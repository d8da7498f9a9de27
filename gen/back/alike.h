/* alike.h -- kernels that are the same but for what they touch have equal trees, and one function,
   called with it. */
#ifndef ALIKE_H
#define ALIKE_H
#include "back/template.h"
#include "ir/program.h"

typedef struct Alike {
    const Program *s;
    Kernel *k;
    bool alone;             /* it is like no other */
    long kind;              /* kernels of different kinds are not alike */
    struct Alike *first;    /* whose function runs it: itself, or one before it */
    VEC(struct Alike) also; /* of the first: those after it */
    /* of the first: by formal, then by argument of the tree: not all of them are given the same */
    bool *differs;
} Alike;
typedef struct {
    VEC(Alike) at;
} AlikeList;

Alike *alike_add(AlikeList *l, const Program *s, Kernel *k);
void alike_find(const AlikeList *l); /* fills first, also, differs */
const Alike *alike_of(const AlikeList *l, const Kernel *k);
char *title_of(const Kernels *k, const Kernel *x); /* "k3  h = matmul, add, relu  [N, 256]" */
char *note_of(const Kernels *k, const Kernel *x);  /* beside its call: "h  [N, 256]  line 9" */
/* fills title, also and loc of what stands over a function; says: added to the title. Those that
   are alike stand in the title where it has room */
void alike_heading(const Alike *first, const char *says, Env *e);
/* what a parameter is called: as all layers call it, else x where it is read and y where it is
   written */
const char *alike_wish(const Alike *first, int formal);
#endif
