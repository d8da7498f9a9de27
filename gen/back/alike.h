/* alike.h -- kernels that differ only in the memory they touch have equal trees and one
   function, which gets this memory as arguments. */
#ifndef ALIKE_H
#define ALIKE_H
#include "back/template.h"
#include "ir/program.h"

typedef struct Alike {
    const Program *s;
    Kernel *k;
    bool alone;             /* no other kernel has its function */
    long kind;              /* only kernels of one kind are compared */
    struct Alike *first;    /* the kernel whose function it calls: itself, or an earlier one */
    VEC(struct Alike) also; /* of the first: the later kernels that call its function */
    /* of the first: by formal, then by argument of the tree: whether the kernels differ in it */
    bool *differs;
} Alike;
typedef struct {
    VEC(Alike) at;
} AlikeList;

Alike *alike_add(AlikeList *l, const Program *s, Kernel *k);
void alike_find(const AlikeList *l); /* fills first, also, differs */
const Alike *alike_of(const AlikeList *l, const Kernel *k);
char *title_of(const Kernels *k, const Kernel *x); /* "k3  h = matmul, add, relu  [N, 256]" */
/* beside its call: "h  [N, 256]  line 9"; named: an argument names the result */
char *note_of(const Kernels *k, const Kernel *x, bool named);
/* fills title, also and loc of what stands over a function; says: added to the title. Those that
   are alike stand in the title where it has room */
void alike_heading(const Alike *first, const char *says, Env *e);
/* a parameter's name: the one that all layers use, else x if it is read and y if it is written */
const char *alike_wish(const Alike *first, int formal);
#endif
