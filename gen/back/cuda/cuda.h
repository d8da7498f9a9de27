/* cuda.h -- what the files of the CUDA printer share: kernels become functions, and lines that enqueue them. */
#ifndef CUDA_H
#define CUDA_H
#include "back/alike.h"
#include "back/cuda/print.h"
#include "back/emit.h"

typedef struct Coded {                  /* a kernel that others may be like */
    const Alike *alike;
    Pieces pieces;
    bool counts;                        /* it reads the micro-step's number */
    bool shared;                        /* it is one of several that a single block runs in turn */
} Coded;

char *level_views(const Program *s);                        /* what levels_text speaks of */
void  code_kernel(Coded *x, Text *out);                     /* function.c: its functions, added to out */
char *call_text(const Coded *first, const Alike *x, const Piece *p, const char *dev);        /* what piece p is called with for x, where memory is dev->: "device, device->arena.h1, beta" */
char *launch_text(const Coded *first, const Alike *x);      /* the lines that enqueue it */

/* ---- library.c: products that cuBLASLt makes ---- */
typedef struct { Text handles, plans; bool pairs; } Library;     /* "k4, k7[2]"; statements that fill them; pairs: some have [2] */
void  library_plan(Library *l, const Program *s, const Kernel *k);
char *library_call(const Program *s, const Kernel *k);      /* the line that enqueues it */

long  split_reals(const Whole *all);                        /* scratch for the parts of long sums */
void  cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step);       /* steps_cuda.c: all of them; small neighbours may share a launch */
#endif
