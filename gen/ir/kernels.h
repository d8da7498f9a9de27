/* kernels.h -- what nodes become: buffers, kernels, contractions. */
#ifndef GAGEN_KERNELS_H
#define GAGEN_KERNELS_H
#include "ir/graph.h"
#include "ir/loops.h"
#include "ir/target.h"

typedef enum { HOME_ARENA, HOME_PARAM, HOME_GRADIENT, HOME_PACKED } Home;
typedef struct Buffer {
    const char *ident; /* its name in the program */
    Node *node;        /* whose value it holds */
    Param *param;      /* HOME_PARAM, HOME_GRADIENT */
    Home home;
    Layout layout;         /* of node->shape */
    long offset;           /* in reals, in the arena or in Packed */
    int first, last;       /* phases in which it is alive */
    bool half;             /* its numbers have 16 bits: cuBLASLt multiplies them */
    struct Buffer *shares; /* in place: lies where this one lay */
    const char *inside; /* what stands before its name in the program, "memory->"; NULL: nothing */
} Buffer;

typedef enum { PART_ONE, PART_ROWS, PART_BLOCKS, PART_TILES } PartKind;
/* units that threads take; size: rows or column blocks in one */
typedef struct {
    PartKind kind;
    int count;
    long size;
} Partition;

/* own: a unit touches only its own part of it */
typedef struct {
    Buffer *buffer;
    bool write, own;
} Touch;

typedef struct Actual { /* what a formal buffer of a kernel's tree is: one of these */
    Buffer *buffer;
    const char *state; /* of an optimizer, as long as the buffer, a gradient */
    const Column *column;
    /* of all parameters: "x"; of all gradients: "dx"; of an optimizer: its name */
    const char *array;
    int sum; /* parts of sums[sum], or sums[sum]; -1: neither */
} Actual;    /* none: constants of the model, which the formal holds */

typedef struct Kernel {
    int id;            /* 1, 2, ... in order of execution: the k of k2_linear_relu */
    const char *ident; /* "k2_linear_relu" */
    Node *core;        /* the structured node, or NULL: a map */
    VEC(Node) pre;     /* maps that make a reduction's arguments while it reads them */
    VEC(Node) body;    /* maps, in order; in a structured kernel what happens to its result */
    Node *out;         /* whose shape the loops run over */
    VEC(Node) stores;  /* nodes of core and body that others read */
    Param *adds_to;    /* grad's value is added into this parameter's gradient, with beta */
    Node *grad;
    bool for_fold;           /* what it makes lies as the parameter does whose states fold it in */
    bool moves_state;        /* it is not added: it becomes the state adds_to */
    Layout grad_layout;      /* of the gradient, seen in grad's shape */
    bool first_write;        /* of adds_to in a micro-step: the window's first one stores */
    int sum;                 /* >= 0: its value is partial sum number `sum` */
    When when;               /* once per window, or per micro-step */
    bool backward, predicts; /* predicts: outputs alone need it */
    bool again;              /* all that it makes was made before, see recompute.c */
    Partition part;
    int phase; /* kernels of one phase run without a barrier between them */
    /* of a matmul or a convolution: A and B, its arguments or copies of them in another order */
    Node *factor[2];
    struct Contraction *contraction; /* its nested sums: in C */
    struct Gemm *gemm;               /* and in CUDA */
    bool rounds;                     /* its factors are rounded, see round.c */
    Loops *loops;                    /* what it computes */
    VEC(Actual) actual;              /* by formal of loops */
    VEC(Node) draws;                 /* by argument of loops: the K_NOISE node whose stream it is */
    VEC(Touch) touches;
    double flop;
} Kernel;

typedef VEC(Kernel) KernelList;
typedef struct Kernels {
    Graph *g;
    const Target *target;
    int once_phases, finish_phases;
    KernelList once;      /* made from parameters: before the window's first micro-step */
    KernelList micro;     /* a micro-step */
    VEC(Kernel) forward;  /* those of micro that no gradient has */
    KernelList evaluated; /* those of forward that evaluation runs: states move in training alone */
    KernelList finish;    /* gradients of terms without data: after the last micro-step */
    KernelList predict;   /* what outputs alone need, of a micro-batch */
    KernelList outputs;   /* those of forward that the outputs need, then predict */
    int last_output;      /* the phase after which outputs are read */
    int phases;           /* of micro, and of predict after its last forward one */
    VEC(Kernel) makers;   /* by node number: see kernel_of */
    VEC(Buffer) holders;  /* by node number: see buffer_of */
    VEC(Buffer) buffers;
    VEC(Buffer) params; /* by Param.index */
    VEC(Buffer) gradients;
    /* of the flat parameter array; of its first part, which has gradients and states */
    long elements, trained;
    long from, to; /* in it: what the step trains */
    int kernels;   /* of this step and those before */
} Kernels;

Kernel *kernel_of(const Kernels *k, const Node *n); /* that computes n; NULL: none does */
Buffer *buffer_of(const Kernels *k, const Node *n); /* that holds n; NULL: n is in no memory */
void set_kernel(Kernels *k, const Node *n, Kernel *x);
void set_buffer(Kernels *k, const Node *n, Buffer *b);
/* of n's elements in its base's buffer; false: no factors say it */
bool node_layout(const Kernels *k, Node *n, Layout *out);
/* a convolution in groups: no contraction, a sum for each element */
bool by_taps(const Kernels *k, const Node *n);
/* a convolution, or a gradient of one, that is a contraction */
bool is_conv(const Kernels *k, const Node *n);
bool contracts(const Kernels *k, const Kernel *x); /* its core is a product: matmul or is_conv */
bool reads_data(const Kernel *x);
long buffer_size(const Buffer *b);            /* in reals */
long block_of(const Kernels *k, long extent); /* of a vector axis, as the target likes it */
/* its gradient is stored in one micro-step of a window, and added to in others */
bool has_beta(const Kernels *k, const Kernel *x);
/* whose buffer or gradient the result goes into first */
Node *target_of(const Kernels *k, const Kernel *x);
void groups_print(Text *out, const Kernels *k);  /* print_kernels.c: as group leaves them */
void layouts_print(Text *out, const Kernels *k); /* as layout does */
void lowered_print(Text *out, const Kernels *k); /* as lower does */
void kernels_print(Text *out, const Kernels *k); /* print.c: as partition and place do */
#endif
