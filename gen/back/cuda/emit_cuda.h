/* emit_cuda.h -- what the rooms of the CUDA emitter share: a kernel becomes functions, and the lines that enqueue it. */
#ifndef EMIT_CUDA_H
#define EMIT_CUDA_H
#include "back/loops.h"

typedef struct {
    Text functions;                     /* device code */
    Text handles;                       /* "static GgMatmul k4, k7[2];" */
    Text plans;                         /* statements that fill them, at start */
    Text launch;                        /* statements that enqueue the kernel; those with a beta call it beta */
    long split;                         /* reals of scratch that partial products need */
    bool shared;                        /* the kernel is one of several that a single block of BLOCK_THREADS runs in turn */
} Cuda;

enum { BLOCK_THREADS = 512, THREADS = 256, LONG_SUM = 4096 };
long cuda_work(const Kernel *k);        /* elements it goes through, or LONG_MAX where one block cannot do it */

void cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step);       /* steps_cuda.c: all of them; small neighbours may share a launch */
void cuda_kernel(const Program *s, const Kernel *k, Cuda *out);
void cuda_gemm(Cuda *out);              /* of kernel k, a contraction: emit_gemm.c */

/* ---- slide.c: kinds of kernel ---- */
void cuda_pool(Cuda *out);              /* also a convolution in groups */
void cuda_tile_grad(Cuda *out);         /* of a pool whose windows tile the image */
void cuda_overlap_grad(Cuda *out);      /* of one whose windows overlap */
void cuda_weight_taps(Cuda *out);       /* the weight's gradient of a convolution in groups */
void cuda_spread(Cuda *out);
void cuda_scatter(Cuda *out);

/* ---- launch.c ---- */
typedef struct { const char *function, *title, *body; int threads; long blocks[3]; bool beta; } Launch;
void  cuda_launch(Cuda *out, const Launch *l);              /* a __global__ function, and the line that enqueues it */
void  cuda_launch_flat(Cuda *out, const char *body, int threads, long blocks);       /* the same under the kernel's own name */
const char *cuda_beta(void);            /* what a launch says for it: "beta" or "1" */
char *cuda_views(const char *body);                         /* "auto &arena = dev->arena;": what the body speaks of */
bool  speaks_of(const char *body, const char *name);        /* name stands there as a word */
char *decode(const Scope *s, unsigned which, const char *index, const char *body);      /* the loops' variables from one index; those that the body needs */
char *cuda_row(void);                   /* finds the data row of n */
long  loop_count(const Scope *s, unsigned which);
long  blocks_of(long count, long each);
void  set_index(Env *e, const char *name, const char *narrow, long count);        /* the type of an index that counts so far: long where narrow would not do */
void  set_terms(Env *e, const Scope *s, unsigned which, const char *body);        /* a loop over those loops */
char *flat_text(const Cuda *out, const Scope *s, const char *inner, bool reads);  /* a thread has an element */
char *map_over(const Cuda *out, const Layout *l, const Shape *domain, Node *const *at, int n, Node *first, const char *value);   /* flat body of a map; `first` is `value` */
#endif
