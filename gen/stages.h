/* stages.h -- what passes between the stages behind the graph: layouts, buffers, kernels, the plan, the program. */

/* ---- layout.c: where a logical element lies -------------------------------------------------------------------- */
/* Element (i0, i1, ...) of a tensor lies at offset + SUM over axes and digits of (i / div % mod) * stride. A blocked
   axis has two digits, an axis that a view has merged has one for each axis it was made of. */
typedef struct { long div, mod, stride, extent; } Digit;   /* mod 0: none; extent: values the digit takes, padding included */
enum { DIGITS = 4 };
typedef struct { int n; Digit digit[DIGITS]; } Axis;
typedef struct {
    int rank;
    Axis axis[RANK];
    long offset;                        /* of element 0: past the halo */
    long size;                          /* reals in all, padding and halo included, a multiple of 16 */
    int ndims; long dims[8], strides[8];      /* the C array, outermost first: digits by falling stride, halo included */
    int vaxis; long block;              /* the axis whose innermost digit is contiguous, and that digit's extent; 0: none */
    long halo[RANK][2];                 /* zeros before and after an axis */
    long plane[3];                      /* of an image: rows, columns, channels of one block, halo included */
} Layout;

enum { BLOCK_MIN = 8, BLOCK_MAX = 64, ALIGN = 16 };
long   layout_block(long extent);                           /* C: the block that a vector axis of this extent is cut into */
long   layout_row(long extent);                             /* CUDA: one block, whatever the extent */
void   layout_make(Layout *l, const Shape *s, int vaxis, long block, long halo[RANK][2]);
bool   layout_view(Layout *out, const Layout *l, const Shape *from, const Shape *to);   /* a reshape; false: only a copy will do */
void   layout_permute(Layout *out, const Layout *l, const int perm[RANK]);
void   layout_expand(Layout *out, const Layout *l, const Shape *from, const Shape *to);
long   layout_at(const Layout *l, const long index[RANK]);  /* the element's place */
bool   layout_slice(Layout *out, const Layout *l, int axis, long from, long step, long extent);   /* false: only a copy will do */
bool   layout_whole(const Layout *l, const Shape *s);        /* no axis, nor a part of one, is repeated */
bool   layout_same(const Layout *a, const Layout *b);
bool   layout_batch_first(const Layout *l);                  /* a sample lies in one piece */
char  *layout_text(const Layout *l);                        /* "[4][32][64]" */

/* ---- fuse.c: kernels and what they touch ------------------------------------------------------------------------ */
typedef enum { HOME_ARENA, HOME_PARAM, HOME_GRADIENT, HOME_PACKED } Home;
typedef struct Buffer {
    const char *ident;                  /* its name in the program */
    Node *node;                         /* whose value it holds */
    Param *param;                       /* HOME_PARAM, HOME_GRADIENT */
    Home home;
    Layout layout;                      /* of node->shape */
    long offset;                        /* in reals, in the arena or in Packed */
    int first, last;                    /* phases in which it is alive */
    bool half;                          /* its numbers have 16 bits: cuBLASLt multiplies them */
    struct Buffer *shares;              /* in place: lies where this one lay */
} Buffer;

typedef enum { PART_ONE, PART_ROWS, PART_STRIPS, PART_TILES } PartKind;
typedef struct { PartKind kind; int count; long size; } Partition;      /* units that threads take; size: rows or strips in one */

typedef struct { Buffer *buffer; bool write, own; } Touch;  /* own: a unit touches only its own part of it */

typedef struct Kernel {
    int id;                             /* 1, 2, ... in order of execution: the k of k2_linear_relu */
    const char *ident;                  /* "k2_linear_relu" */
    Node *core;                         /* the structured node, or NULL: a map */
    VEC(Node) pre;                      /* maps that make a reduction's arguments while it reads them */
    VEC(Node) body;                     /* maps, in order; in a structured kernel what happens to its result */
    Node *out;                          /* whose shape the loops run over */
    VEC(Node) stores;                   /* nodes of core and body that others read */
    Param *adds_to;                     /* grad's value is added into this parameter's gradient, with beta */
    Node *grad;
    bool for_fold;                      /* what it makes lies as the parameter does whose states fold it in */
    bool moves_state;                   /* it is not added: it becomes the state adds_to */
    Layout grad_layout;                 /* of the gradient, seen in grad's shape */
    bool first_write;                   /* of adds_to in a micro-step: the window's first one stores */
    int sum;                            /* >= 0: its value is partial sum number `sum` */
    When when;                          /* once per window, or per micro-step */
    bool backward, predicts;            /* predicts: outputs alone need it */
    bool again;                         /* all that it makes was made before, see recompute.c */
    Partition part;
    int phase;                          /* kernels of one phase run without a barrier between them */
    struct Contraction *contraction;    /* of a matmul or a convolution: in C */
    struct Gemm *gemm;                  /* and in CUDA */
    bool rounds;                        /* its factors are rounded, see round.c */
    struct Written *written;            /* emit: its text in C, see share.c */
    VEC(Touch) touches;
    double flop;
} Kernel;

typedef VEC(Kernel) KernelList;
typedef struct Kernels {
    Graph *g;
    Target target;
    int once_phases, finish_phases;
    KernelList once;                    /* made from parameters: before the window's first micro-step */
    KernelList micro;                   /* a micro-step */
    VEC(Kernel) forward;                /* those of micro that no gradient has */
    KernelList evaluated;               /* those of forward that evaluation runs: states move in training alone */
    KernelList finish;                  /* gradients of terms without data: after the last micro-step */
    KernelList predict;                 /* what outputs alone need, of a micro-batch */
    KernelList outputs;                 /* those of forward that the outputs need, then predict */
    int last_output;                    /* the phase behind which outputs are read */
    int phases;                         /* of micro, and of predict behind its last forward one */
    VEC(Buffer) buffers;
    VEC(Buffer) params;                 /* by Param.index */
    VEC(Buffer) gradients;
    long elements, trained;             /* of the flat parameter array; of its first part, which has gradients and states */
    long from, to;                      /* in it: what the step trains */
    int kernels;                        /* of this step and those before */
} Kernels;

Node   *node_base(Node *n);                                 /* what lies below n's views */
bool    moves(const Node *n);                                /* a slice, a placing or a gathering lies between n and its base */
bool    reads_data(const Kernel *x);
long    conv_groups(const Node *n);                         /* of a convolution or of one of its gradients */
bool    by_taps(const Node *n);                             /* a convolution in groups: no contraction, a sum for each element */
bool    pool_tiles(const Node *n);                          /* every element of the input lies in exactly one window */
bool    node_layout(Node *n, Layout *out);                  /* of n's elements in its base's buffer; false: no digits say it */
bool    has_role(const Node *n, const char *role);
Kernel *kernel_new(Kernels *k, Node *core, Node *out, When when, bool backward);   /* not in a list yet */
Node   *copy_before(Kernels *k, Kernel *user, Node *n);     /* a copy of n in a kernel of its own, in front of its user */
void    make_buffers(Kernels *k);                           /* buffers.c: what must be stored, and in which layout */
void    param_order(const Kernels *k, Buffer *b);           /* its own, of a parameter that no contraction has ordered */
long    block_of(const Kernels *k, long extent);            /* of a vector axis, as the target likes it */
void    lay_out(Buffer *b);                                  /* as its readers like it */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident);
void    check_split(const Kernels *k);                   /* split.c: what deterministic = "split" cannot keep is an error */
char   *ident_new(const char *wish);                        /* unique in the program */
void    round_factors(Kernels *k);                          /* round.c: what products round has nodes of its own */
long    buffer_size(const Buffer *b);                       /* in reals */
void    make_partitions(Kernels *k);                        /* partition.c: units, phases */

/* ---- lower.c, gemm.c: a matmul or a convolution as nested sums over affine addresses ----------------------------- */
typedef struct { char label; long div, extent, stride[3]; } Level;       /* strides in A, B and C */
typedef struct { int n; Level at[16]; } Levels;             /* outermost first */
typedef struct Contraction {            /* in C */
    Node *a, *b;                        /* A is broadcast, B's rows are vectors */
    long base[3];                       /* of element 0 of A, B and C, in reals */
    Level unit;                         /* dealt to threads; extent 1: nothing to deal */
    int nouter; Level outer[8];         /* loops written out inside a unit: samples, strips */
    bool outer_sum[8];                  /* an outer loop over the sum: all but its first turn add */
    int nrows; Level rows[2];
    int ndepth; Level depth[3];
    Level vector;                       /* C's contiguous columns; extent is the width */
    double flop;
} Contraction;
typedef struct { long rows, columns, depth, batch, lead[3], step[3]; bool turned[2]; } Blas;      /* lead: from row to row; step: from batch to batch */
typedef struct { char label[2]; long factor[2], constant, extent, stride; } Bound;       /* 0 <= SUM label * factor + constant < extent, else the image is 0 */
typedef struct Gemm {                   /* in CUDA */
    Node *a, *b;
    long base[3];
    Levels batch, rows, columns, depth;
    char result[RANK];                  /* the label of each of C's axes */
    int image, nbounds; Bound bound[2]; /* which operand it is, 0 or 1 */
    bool library; Blas blas;            /* cuBLASLt can say it: the four groups are one level each */
    double flop;
} Gemm;
Node *target_of(const Kernel *x);       /* whose buffer or gradient the result goes into first */
long row_parts(long n);                 /* in how many parts the rows of a batch are dealt */
void lower(Kernels *k, Kernel *x);      /* decides its operands' layouts where they are still open; may put copies in front */
void lower_gemm(Kernels *k, Kernel *x);

typedef struct Plan {
    Kernels *k;
    long arena, bound;                  /* reals; the largest sum of live buffers */
    long packed;
    int nstates;
} Plan;

typedef enum { SEED_EARLY, SEED_COUNTED, SEED_LATE } SeedWhen;   /* known before the window, counted at its start, after its last micro-step */
typedef struct Program {
    struct Whole *all;
    Plan *p; Kernels *k; Graph *g;
    bool unrolled;                      /* the full window is straight calls */
    bool next;                          /* some window has a second micro-step */
    VEC(Node) levels;                   /* scalars of parameters alone that reports show; in sums[] behind the step's sums */
    bool late;                          /* count is made of sums: known after the last micro-step; scale_out is 1 / count */
    bool drops;                         /* micro-batches may be dropped: sums[] holds the rows kept, behind the sums over the batch */
    bool counts;                        /* steps differ in their windows' samples: sums[] holds the step's, behind its sums over the batch */
    const Expr *count;                  /* late: the denominator that all terms share; counted: samples or 0; NULL: samples */
    const Expr **scale_in;              /* by seed; of `samples`, `sums[i]` and `w.count` */
    SeedWhen *seed_when;                /* by seed */
    VEC(Kernel) counting;               /* of Kernels.micro, or pieces of them: what the sums of the counted seeds need */
    const Expr **report;                /* by report; of `samples` and `sums[i]` */
} Program;

typedef struct Whole {                  /* the programs of all steps, each with its own Graph, Kernels and Plan */
    VEC(Program) steps;
    long arena, bound, packed;          /* reals: the steps share them, so the largest counts */
    int nsums;                          /* in sums[], by step: its sums, then its levels */
    bool in_place;                      /* the gradients are the first state */
    int nstates; const char *state[STATES]; /* of all optimizers, each name once */
} Whole;

void     check(Graph *g);
void     differentiate(Graph *g);
void     simplify(Graph *g);
void     count_uses(Graph *g);                              /* by which nodes are alive */
void     recompute(Graph *g);                               /* train.level: which values are made again for backward */
void     order_terms(Graph *g);                             /* terms one after another, where that saves memory */
Kernels *fuse(Graph *g, Target target);
Plan    *place(Kernels *k, bool reuse);
Program *schedule(Plan *p);
Whole   *join(Program *const *steps, int n);                 /* step.c: one order of parameters, one arena */
void     emit(Whole *all, const Opts *o, Text *out);
void     emit_header(const Whole *all, const Opts *o, Text *out);      /* of a library: what to include */

/* ---- emit.c and its neighbours: the program's text ---------------------------------------------------------------- */
char *param_field(const Param *p);                          /* "net_0.weight": its place in Params */
char *dims_text(const Layout *l);                           /* "[4][32][64]", of its array */
const char *storage(void);                                  /* what stands before the names of memory: "memory->" where it is allocated at start, or "" */
char *buffer_name(const Buffer *b);                         /* "p.net_0.weight", "packed.net_2_weight", "arena.h1" */
char *state_name(const Buffer *gradient, const char *state); /* "s_v.net_0.weight": that parameter's part of an optimizer's state */
bool  kernel_has_beta(const Program *s, const Kernel *k);   /* its function takes a beta */
char *kernel_statements(const Program *s, const Kernel *k);             /* emit_c.c: the body of the kernel's function */
void  emit_kernel(const Program *s, const Kernel *k, const char *body, const char *parameters, const char *also, Text *out);      /* the function */

void graph_print(Text *out, const Graph *g);
void kernels_print(Text *out, const Kernels *k);
void memory_print(Text *out, const Whole *all);
void program_print(Text *out, const Program *s);
