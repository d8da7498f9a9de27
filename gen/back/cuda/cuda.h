/* cuda.h -- the parts of the CUDA printer: kernels become functions, and lines that enqueue
   them. */
#ifndef CUDA_H
#define CUDA_H
#include "back/alike.h"
#include "back/sequence.h"
#include "back/cuda/print.h"
#include "back/emit.h"

typedef struct Coded { /* a kernel with which others may share functions */
    const Alike *alike;
    Pieces pieces;
    bool counts; /* it reads the micro-step's number */
    bool shared; /* it is one of several that a single block runs in turn */
} Coded;

/* the member of Device that contains it, "arena"; NULL: a table */
const char *view_of(const Actual *a);
const char *wish_of(const Actual *a);
char *penalty_views(const Program *s);    /* views of the memory that penalties_text names */
void code_kernel(Coded *x, Written *out); /* function.c: its functions, added to out */
/* by a block that runs several kernels: first's function, for x */
void call_on_device(Lines *to, const Coded *first, const Alike *x);
void call_launch(Lines *to, const Coded *first, const Alike *x); /* the lines that enqueue it */

/* ---- library.c: products that cuBLASLt makes ---- */
/* "k4, k5", "k7[2]": the first of two stores, the second adds; what fills them */
typedef struct {
    Text handles, pairs;
    Lines products;
} Library;
void library_open(Library *l, const Program *s, const Kernel *k);
void call_library(Lines *to, const Program *s, const Kernel *k); /* the line that enqueues it */

long long_sum_reals(const Whole *all); /* scratch for the parts of long sums */
/* steps_cuda.c: all of them; small neighbours may share a launch */
void cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step);
#endif
