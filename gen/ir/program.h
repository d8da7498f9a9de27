/* program.h -- kernels in their places, the window's scalars, the steps together. */
#ifndef GAGEN_PROGRAM_H
#define GAGEN_PROGRAM_H
#include "ir/tasks.h"

typedef struct {
    char label;
    long div, extent, stride[3];
} Level; /* stride: in A, B and C */
typedef struct {
    int n;
    Level at[16];
} Levels;                    /* outermost first */
typedef struct Contraction { /* in C */
    long base[3]; /* of element 0 of A, B and C, in reals; A is broadcast, B's rows are vectors */
    Level unit;   /* dealt to threads; extent 1: one unit */
    int nouter;
    Level outer[8];    /* loops inside a unit: samples, column blocks */
    bool outer_sum[8]; /* an outer loop over the sum: all its turns except the first add */
    int nrows;
    Level rows[2];
    int ndepth;
    Level depth[3];
    Level vector; /* C's contiguous columns; extent is the width */
    double flop;
} Contraction;
/* lead: from row to row; step: from batch to batch */
typedef struct {
    long rows, columns, depth, batch, lead[3], step[3];
    bool turned[2];
} Blas;
/* 0 <= SUM label * factor + constant < extent, else the image is 0 */
typedef struct {
    char label[2];
    long factor[2], constant, extent, stride;
} Bound;
typedef struct Gemm { /* in CUDA */
    long base[3];
    Levels batch, rows, columns, depth;
    char result[RANK]; /* the label of each of C's axes */
    int image, nbounds;
    Bound bound[2]; /* which operand is the image, 0 or 1 */
    bool library;
    Blas blas; /* cuBLASLt computes it: the four groups are one level each */
    double flop;
} Gemm;

typedef struct Plan {
    Kernels *k;
    long arena, bound; /* reals; the largest sum of live buffers */
    long packed;
    int nstates;
} Plan;

/* the scale is known before the window; after counting at its start; after its last micro-step */
typedef enum { ROOT_EARLY, ROOT_COUNTED, ROOT_LATE } RootWhen;
typedef struct Program {
    struct Whole *all;
    Plan *p;
    Kernels *k;
    Graph *g;
    bool unrolled; /* the full window is written out as calls */
    bool next;     /* whether some window has a second micro-step */
    /* scalars of parameters alone that reports show; in sums[] after the step's sums */
    VEC(Node) penalties;
    /* count consists of sums, known after the last micro-step; then scale_out is 1 / count */
    bool late;
    /* micro-batches may be dropped: sums[] holds the rows kept, after the sums over the batch */
    bool drops;
    /* steps differ in their windows' samples: sums[] holds the step's, after its sums over the
       batch */
    bool counts;
    /* late: the denominator that all terms share; counted: samples or 0; NULL: samples */
    const Expr *count;
    const Expr **scale_in; /* by root; of `samples`, `sums[i]` and `w.count` */
    RootWhen *root_when;   /* by root */
    /* kernels of micro, or parts of them, that compute the sums of the counted roots */
    VEC(Kernel) counting;
    const Expr **report; /* by report; of `samples` and `sums[i]` */
    /* the lists of tasks */
    TaskList once;        /* kernels of parameters alone, before the window's first micro-step */
    TaskList count_tasks; /* counting, for each micro-batch */
    /* a micro-step; if micro-batches may be dropped, `judge` is the part before that decision */
    TaskList judge, micro;
    TaskList finish; /* after the last micro-step */
    /* by group: the optimizer's pass; and the pass before it if steps depend on lengths, or NULL */
    VEC(Kernel) optimize, measure;
    TaskList evaluate, predict; /* for a micro-batch: its sums; its outputs */
} Program;

typedef struct Whole { /* the programs of all steps, each with its own Graph, Kernels and Plan */
    VEC(Program) steps;
    long arena, bound, packed; /* reals; steps share them, so the largest counts */
    int nsums;                 /* in sums[], by step: its sums, then its penalties */
    bool in_place;             /* the gradients are the first state */
    int nstates;
    const char *state[STATES]; /* of all optimizers, each name once */
    /* the prefix of names of memory: "memory->" if it is allocated at start, or "" */
    const char *storage;
} Whole;

bool uses_sums(const Expr *e);
const Expr *guarded(const Expr *e); /* 0 where a denominator made of sums is 0 */
/* the formula over a, b and c with these values */
const Expr *filled(const char *formula, const Expr *a, const Expr *b, const Expr *c);
int first_penalty(const Program *s); /* where in sums[] the penalties begin */
int flat_arrays(const Whole *all);   /* parameters, gradients, states */
bool adapts(const Program *s);       /* steps depend on the lengths of tensors */
void memory_print(Text *out, const Whole *all);
void program_print(Text *out, const Program *s);
#endif
