/* kernels.h -- the results of fusion and layout: buffers, kernels, contractions. */
#ifndef GAGEN_KERNELS_H
#define GAGEN_KERNELS_H
#include "ir/graph.h"
#include "ir/loops.h"
#include "ir/target.h"

typedef enum { HOME_ARENA, HOME_PARAM, HOME_GRADIENT, HOME_PACKED } Home;
typedef struct Buffer {
    const char *ident; /* its name in the program */
    Node *node;        /* the node whose value it holds */
    Param *param;      /* HOME_PARAM, HOME_GRADIENT */
    Home home;
    Layout layout;         /* of node->shape */
    long offset;           /* in reals, in the arena or in Packed */
    int first, last;       /* phases in which it is alive */
    bool half;             /* its numbers have 16 bits, as factors for cuBLASLt */
    struct Buffer *shares; /* in place: it has the memory of this one */
    /* a view of slots of this one: from `slot` on, in a loop from the turn on; see slots.c */
    struct Buffer *of;
    long slot, slots; /* slots: their number, of memory or of a view of several; else 0 */
    bool turns;
    const char *inside; /* the prefix of its name in the program, "memory->"; NULL: none */
} Buffer;

typedef enum { PART_ONE, PART_ROWS, PART_BLOCKS, PART_TILES } PartKind;
/* the number of units; size: rows or column blocks in one */
typedef struct {
    PartKind kind;
    int count;
    long size;
} Partition;

/* own: each unit touches only its own part of it */
typedef struct {
    Buffer *buffer;
    bool write, own;
} Touch;

typedef struct Actual { /* the memory for a formal buffer of a kernel's tree: one of these */
    Buffer *buffer;
    const char *state; /* an optimizer's state; as long as the buffer, a gradient */
    const Column *column;
    /* the flat array of all parameters: "x"; of all gradients: "dx"; of an optimizer's state:
       its name */
    const char *array;
    int sum; /* parts of sums[sum], or sums[sum]; -1: neither */
} Actual;    /* none of them: constants of the model, which are in the formal */

typedef struct Kernel {
    int id;            /* 1, 2, ... in order of execution: the k of k2_linear_relu */
    const char *ident; /* "k2_linear_relu" */
    Node *core;        /* the structured node, or NULL: a map */
    VEC(Node) pre;     /* maps that compute a reduction's arguments inside its loop */
    VEC(Node) body;    /* maps, in order; in a structured kernel they apply to its result */
    Node *out;         /* the node whose shape the loops have */
    VEC(Node) stores;  /* nodes of core and body that others read */
    Param *adds_to;    /* grad's value is added into this parameter's gradient, with beta */
    Node *grad;
    /* its result has the layout of the parameter whose states fold it in */
    bool for_fold;
    bool moves_state;        /* the result is not added: it becomes the state adds_to */
    Layout grad_layout;      /* of the gradient, seen in grad's shape */
    Loop *loop;              /* it runs in each of its turns; NULL: once */
    bool first_write;        /* of adds_to in a micro-step: the window's first one stores */
    int sum;                 /* >= 0: its value is partial sum number `sum` */
    When when;               /* whether it runs once per window, or per micro-step */
    bool backward, predicts; /* predicts: only outputs need it */
    bool again;              /* it rematerialises all that it makes, see recompute.c */
    bool in_lanes;           /* it folds in lanes, see fold.c */
    Partition part;
    int phase; /* kernels of one phase run without a barrier between them */
    /* of a matmul or a convolution: A and B, its arguments or copies of them */
    Node *factor[2];
    struct Contraction *contraction; /* its nested sums in C */
    struct Gemm *gemm;               /* and in CUDA */
    bool rounds;                     /* its factors are rounded, see round.c */
    Loops *loops;                    /* what it computes */
    VEC(Actual) actual;              /* by formal of loops */
    VEC(Node) draws;                 /* by argument of loops: the K_NOISE node that draws from it */
    VEC(Touch) touches;
    double flop;
} Kernel;

typedef VEC(Kernel) KernelList;
typedef struct Kernels {
    Graph *g;
    const Target *target;
    int once_phases, finish_phases;
    KernelList once;     /* kernels of parameters alone, before the window's first micro-step */
    KernelList micro;    /* a micro-step */
    VEC(Kernel) forward; /* kernels of micro before any gradient */
    /* kernels of forward that evaluation runs: only training changes states */
    KernelList evaluated;
    KernelList finish;   /* gradients of terms without data, after the last micro-step */
    KernelList predict;  /* kernels for outputs alone, of a micro-batch */
    KernelList outputs;  /* kernels of forward that the outputs need, then predict */
    int last_output;     /* the phase after which outputs are read */
    int phases;          /* phases of micro, and of predict after its last forward one */
    VEC(Kernel) makers;  /* by node number: see kernel_of */
    VEC(Buffer) holders; /* by node number: see buffer_of */
    VEC(Buffer) buffers;
    VEC(Buffer) params; /* by Param.index */
    VEC(Buffer) gradients;
    /* elements of the flat parameter array; of its first part, which has gradients and states */
    long elements, trained;
    long from, to; /* the range in it that the step trains */
    int kernels;   /* kernels of this step and those before */
} Kernels;

Kernel *kernel_of(const Kernels *k, const Node *n); /* the kernel that computes n; NULL: none */
/* the buffer that holds n; NULL: n is in no memory */
Buffer *buffer_of(const Kernels *k, const Node *n);
void set_kernel(Kernels *k, const Node *n, Kernel *x);
void set_buffer(Kernels *k, const Node *n, Buffer *b);
/* the layout of n's elements in its base's buffer; false: no factors can express it */
bool node_layout(const Kernels *k, Node *n, Layout *out);
/* whether a convolution in groups is no contraction but a sum for each element */
bool by_taps(const Kernels *k, const Node *n);
/* whether it is a convolution, or a gradient of one, that is a contraction */
bool is_conv(const Kernels *k, const Node *n);
/* whether its core is a product: matmul or is_conv */
bool contracts(const Kernels *k, const Kernel *x);
long times_run(const Kernel *x);    /* how often a micro-step runs it */
long runs_of(const Kernels *k);     /* kernels of a micro-step, in loops each turn counted */
long meetings_of(const Kernels *k); /* and its phases */
bool reads_data(const Kernel *x);
Buffer *whole_of(Buffer *b);       /* b, or the memory of the slots that it is a view of */
long buffer_size(const Buffer *b); /* in reals */
long block_of(const Kernels *k, long extent); /* the block of a vector axis, by the target */
/* whether it stores its gradient in one micro-step of a window and adds in others */
bool has_beta(const Kernels *k, const Kernel *x);
/* the node whose buffer or gradient first gets the result */
Node *target_of(const Kernels *k, const Kernel *x);
void groups_print(Text *out, const Kernels *k);  /* print_kernels.c: after group */
void layouts_print(Text *out, const Kernels *k); /* after layout */
void lowered_print(Text *out, const Kernels *k); /* after lower */
void kernels_print(Text *out, const Kernels *k); /* print.c: after partition and place */
#endif
