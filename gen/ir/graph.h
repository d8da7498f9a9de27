/* graph.h -- what a model says: nodes, parameters, data, training, steps. */
#ifndef GAGEN_GRAPH_H
#define GAGEN_GRAPH_H
#include "ir/by_number.h"
#include "ir/ident.h"
#include "ir/op.h"

typedef enum { T_REAL, T_INT, T_U8 } Type;
/* of constants; of parameters only; of data; of sums over the batch */
typedef enum { WHEN_CONST, WHEN_WINDOW, WHEN_MICRO, WHEN_AFTER } When;

enum { SCALARS = 64, STATES = 8 }; /* as many as Window and Program have room for */
/* "uniform" lo hi, "normal" mean std, "constant" value */
typedef struct {
    const char *kind;
    double a, b;
} Init;
typedef struct Column { /* a column of the data set that the model reads */
    const char *name, *ident;
    Type type; /* as stored in memory: T_U8, T_INT or T_REAL */
    int rank;
    long dim[RANK];     /* of one row, no batch */
    long classes;       /* > 0: values are 0 .. classes - 1 and the reader checks it */
    long ignored;       /* and this one, outside of them, which a loss leaves out; 0: none */
    const char *source; /* csv: "1-8" or a header name; idx: which file */
    /* csv: 'd'rop rows without a value; 'v': this one instead; 0: an error */
    char missing;
    double instead;
    VEC(const char) names; /* csv: class names, or empty */
    bool asked;            /* simplify: an output is made of it */
    Loc loc;
    int index;
} Column;

typedef struct Param {
    const char *name;  /* "net.0.weight": the file's key and PyTorch's path */
    const char *ident; /* a C identifier made from it, unique: net_0_weight */
    const char *field; /* its place in the struct Params: "net_0.weight" */
    Shape shape;
    Init init;
    Loc loc;           /* where its layer was made */
    const char *layer; /* "Linear": for the banner */
    Column *of;        /* whose statistic it is, "mean" or "deviation" by init; NULL: none's */
    bool trained;      /* not frozen, no statistic */
    bool state;        /* micro-steps write it: running statistics */
    bool scratch;      /* a state of one window: no file holds it */
    int step;          /* the one that trains it, in Graph.steps, */
    bool mine;         /* and that step is this graph's */
    int group;         /* in Step.groups */
    long zero_row;     /* 1 + the row that begins with zeros; 0: none does */
    /* a safetensors file that its first value is read from, under this name; or NULL */
    const char *file, *key;
    struct Node *node;
    int index; /* in Graph.params */
} Param;

typedef struct Node {
    int id;
    Kind kind;
    Op *op; /* K_MAP, K_REDUCE, K_MATMUL, K_WINDOW, K_VIEW */
    int nargs;
    struct Node *arg[ARGS];
    double attr[ATTRS]; /* as op->attr names them */
    unsigned axes;      /* K_REDUCE: bit a = axis a of arg 0 is folded */
    const char *labels; /* K_MATMUL: "ni,oi->no", one letter an axis; batch is just a letter */
    int perm[RANK];     /* K_VIEW of role "permute": output axis a is argument axis perm[a] */
    Shape shape;
    Type type;
    When when;
    Loc loc;
    const char *name;     /* the user's local, or NULL */
    const char *layer;    /* the path of the layer that made it, or NULL */
    const char *path;     /* K_NOISE: layer path and call, "net.2#1"; layers' outputs: "net.0" */
    double value;         /* K_CONST */
    const Expr *schedule; /* K_ROWS: it is no count, but this number of the update, of t, T and E */
    const double *table;  /* K_TABLE: its numbers, row by row; NULL: 0, 1, 2 ... */
    Param *param;         /* K_PARAM */
    Column *column;       /* K_INPUT */
    /* of a frozen layer: what is drawn in training is not drawn, what is another in training is
       not */
    bool still;
    struct Node *of; /* differentiate: the forward node whose backward made this one, or NULL */
    bool backward;   /* differentiate: made for a gradient; evaluation does without */
    struct Node *adjoint_of; /* differentiate: the forward node whose adjoint this is, or NULL */
} Node;

/* a function of sums over the batch; its place among all */
typedef struct {
    const char *name;
    Node *node;
    int index;
} Report;
/* sum is not 0 where computed ids, of, are beyond their axis; predicts: an output needs them */
typedef struct {
    Node *sum, *of;
    const char *what;
    Loc loc;
    bool predicts;
} Check;
/* predict's: a value for each row; classes: whose names it counts, or NULL; whole: it counts */
typedef struct {
    const char *name;
    Node *node;
    Column *classes;
    bool whole;
} Output;

typedef struct { /* optim.*: formulas over p, g, the states, lr and the window's scalars */
    const char *name, *doc;
    /* m = "beta1 * m + (1 - beta1) * g" */
    int nstates;
    const char *state[STATES];
    const Expr *next[STATES];
    int nlets;
    Let let[LETS];    /* evaluated per element before the states */
    const Expr *step; /* the new p */
    /* its first state and the gradients are one array, to which every micro-step adds */
    bool in_place;
    /* by state, of the states and g: what every micro-step makes of it; fold[0] NULL: it adds g
       to the array */
    const Expr *fold[STATES];
    const char *title; /* as the header shows it */
    /* the new p depends on this vector's length: `trust` is the length of p by that; NULL: it
       does not */
    const Expr *direction;
    /* per update, in double, of t: "1 / (1 - pow(beta1, t))" */
    int nscalars;
    const char *scalar[4];
    const Expr *scalar_value[4];
    int slot[4];    /* of each in Window.c */
    int rate_slot;  /* of a group's own lr; -1: Window.rate */
    long from, to;  /* a group's part of the flat arrays */
    const Expr *lr; /* of t (update 1 .. T), T (planned updates), E (updates an epoch), in double */
    const char *text;    /* how a group's options differ: "lr = 0.01, weight_decay = 0", or "" */
    const char *lr_text; /* as the header shows it: "cosine 6e-4, warmup 700" */
    double clip;         /* 0: none */
    Loc loc;
} Optimizer; /* hyper-parameters are already folded into the formulas */

/* of runtime/program.h */
typedef struct {
    char kind;
    const Column *column;
    double value;
} Augment;

typedef struct {  /* a number with its unit, the unit kept */
    double value; /* a fraction of the rows (0 < x < 1), or a count, when path is NULL */
    const char *path;
} Split;

typedef struct {
    const char *kind; /* reader: "idx", "csv" */
    const char *path;
    bool shuffle;
    Split valid, test;   /* value 0 and no path: none */
    VEC(Column) columns; /* those that the model uses */
    VEC(Augment) augments;
    char header, separator, decimal; /* csv: 'y' or 'n', ';', ','; 0 where the model does not say */
    Loc loc;
} Dataset;

typedef enum { TAIL_STEP, TAIL_DROP, TAIL_CARRY } Tail;
/* where memory asks for it, never, as much as saves, as told */
typedef enum { RECOMPUTE_AUTO, RECOMPUTE_NONE, RECOMPUTE_ALL, RECOMPUTE_LEVEL } Recompute;
/* of what is multiplied; sums and parameters are fp32; TF32 in CUDA alone */
typedef enum { FP32, TF32, BF16, FP16 } Precision;
/* what becomes of NaN and infinity: nothing; the window, the micro-batch, the run ends */
typedef enum { NONFINITE_KEEP, NONFINITE_SKIP, NONFINITE_DROP, NONFINITE_ABORT } Nonfinite;
enum { PHASES = 16 };
typedef struct {
    char unit;
    long every;
} Interval; /* 'u'pdates, 's'amples, 't'okens, 'e'pochs */
typedef struct {
    char unit;
    long from, accumulate;
} Phase;
extern const char *const precisions[], *const nonfinites[]; /* "fp32" */
typedef struct {
    long batch, micro_batch, accumulate; /* batch = micro_batch * accumulate always holds */
    long epochs, steps;                  /* one of them > 0 */
    Tail tail;
    /* count = "before": sums that scales need are counted, though they could wait */
    bool count_before;
    bool split; /* deterministic = "split": gradients are chains over samples in order */
    long seed;
    long tokens; /* of every row, where something counts in them; 0: nobody told */
    Precision precision;
    Nonfinite nonfinite;
    /* report = { grad_norm = true }: the norm is made though nothing else asks for it */
    bool grad_norm;
    /* report = { noise_scale = true }: and the norm of the first micro-batch's gradient */
    bool noise_scale;
    /* what losses are multiplied by in the backward, undone in the update; 0: they are not */
    double loss_scale;
    /* windows after which it doubles, having halved where one was not finite; 0: it stays */
    long scale_interval;
    /* the report that picks the best checkpoint, "loss" unless told */
    const char *best;
    bool best_max;
    bool best_stated;
    /* of the averages of the weights that validation and predictions use; 0: there are none */
    double ema;
    long patience; /* validations without a better one that end the run; 0: none do */
    /* how often, line: of the log; every 0: as the runtime does */
    Interval validate, checkpoint, line;
    /* accumulate as a schedule: accumulate is the largest; 0: it is one number */
    int nphases;
    Phase phase[PHASES];
    Loc loc, batch_loc;
    /* "6 GB": the largest micro-batch that fits is to be chosen; NULL: it is given */
    const char *memory;
    double memory_bytes;
    Loc memory_loc;
    bool memory_free; /* it picks micro_batch; else it is what a given one has to fit in */
    Recompute recompute;
    int level;          /* of recomputation, see recompute.c */
    const char *lone;   /* the layer whose statistics are of one value a row; NULL: none's are */
    const char *chosen; /* what was chosen for it, for the banner */
} Train;

typedef struct Step { /* a loss, the parameters that lower it and how */
    /* "generator", and "step_generator_" of its functions; "" and "" where it is the only one */
    const char *name, *prefix;
    Node *minimize;
    Optimizer optimizer;   /* as train names it; its states are those of all groups */
    VEC(Optimizer) groups; /* of parameters that share a recipe, in the order of the flat arrays */
    /* of all groups: what Window.c holds */
    int nscalars;
    const char *scalar[SCALARS];
    const Expr *scalar_value[SCALARS];
    long times;             /* windows of a round that it takes: the last ones */
    long accumulate, batch; /* its own micro-batches to a window, 0: train's; samples in a window */
    Loc loc;
} Step;

typedef struct Graph {
    Ops *ops;           /* of the model, and their gradients */
    const char *called; /* what the user calls now, in messages; NULL: nothing */
    /* base name of the model file; without .lua; that as a word, gagen_TITLE is the program's
       symbol */
    const char *file, *name, *title;
    VEC(Node) nodes; /* in order of creation: arguments before users */
    VEC(Param) params;
    Dataset data;
    Train train;
    VEC(Step) steps;
    VEC(Output) outputs; /* of the last step's graph */
    bool ruled;          /* rules were given */
    VEC(Report) reports; /* of one step: "loss" first */
    VEC(Check) checks;
    /* of one step's graph, made by objective */
    Step *step;
    Node *minimize;
    VEC(Node) sums;               /* sums over the batch that minimize or a report needs */
    int first_sum;                /* of sums[0] among those of all steps */
    Names *names;                 /* of the program */
    const struct Program *before; /* of the step before this one, or NULL */
    /* what becomes of the states at the end of a micro-step of training */
    VEC(struct Contribution) states;
    /* made by differentiate: per parameter, the nodes whose values are to be added into its
       gradient */
    VEC(struct Contribution) gradients;
    VEC(struct Seed) seeds; /* where the backward pass starts */
    bool in_turn;           /* order: terms run one after another */
    int first_copy;         /* legalize: nodes from here on are copies that it made */
    int nforward; /* while it differentiates: nodes 0 .. nforward - 1 are the forward ones */
    struct {      /* what stages found out about nodes; the functions of found.c read and set it */
        VEC(Node) same;  /* read_model, simplify: what stands for a node now */
        VEC(Node) first; /* recompute: the forward node whose value one makes once more */
        Numbers uses; /* simplify: readers that count, and roots; of a copy 1, from whom makes it */
        /* simplify: outputs alone need it; training does without. And copies for them */
        Numbers predicted;
    } found;
} Graph;
/* by: of a state, what its layer makes */
typedef struct Contribution {
    Param *param;
    Node *value, *by;
} Contribution;
/* K_ROWS, its value: of the window; 1 in each real row; rows of the micro-batch; those before it
   in the window; micro-batches of the window; its samples */
typedef enum { ROWS_WINDOW, ROWS_REAL, ROWS_MICRO, ROWS_BEFORE, ROWS_MICROS, ROWS_SAMPLES } Rows;
/* dJ / d sum: of constants, rows and sums of data; its K_SEED node */
typedef struct Seed {
    Node *coefficient, *node;
} Seed;

long round_samples(const Graph *g);  /* of all steps: what the one takes that takes most */
long largest_window(const Graph *g); /* samples of a window, of any step */
bool steps_differ(const Graph *g);   /* in their windows' samples */
/* A structured op's own gradient, which the model's host evaluates: adjoints of y's arguments that
   are needed, gy being y's; returns how many. */
typedef struct OpGradient {
    void *host;
    int (*ask)(void *host, Graph *g, Node *y, Node *gy, const bool need[ARGS], Node *out[ARGS]);
} OpGradient;

Node *node_new(Graph *g, Kind kind, Loc loc); /* appended to the graph */
Node *node_const(Graph *g, double value);
/* shape inferred, type and when set; attrs preset */
Node *node_call(Graph *g, Op *op, Loc loc, int nargs, Node **arg);
double node_attr(const Node *n, const char *name); /* BUG when its op has no such attribute */

/* ---- node.c ---- */
Node *node_base(Node *n); /* what lies below n's views */
enum { BASES = 16 };
typedef struct {
    int n;
    Node *at[BASES];
} Bases;
/* all that who reads n reads: its base, then the bases of what indexes it on the way */
Bases node_bases(Node *n);
bool moves(const Node *n);       /* a slice, a placing or a gathering lies between n and its base */
long conv_groups(const Node *n); /* of a convolution or of one of its gradients */
bool pool_tiles(const Node *n);  /* every element of the input lies in exactly one window */
bool has_role(const Node *n, const char *role);
bool is_leaf(const Node *n);       /* nothing computes it */
bool is_batch_sum(const Node *n);  /* down to a number that is whole after the window */
bool reads_buffers(const Node *n); /* a product, or what slides over images */
void mark_reached(const Node *n, bool *reached); /* by id, n and what it is made of */

/* ---- found.c: what stages found out about nodes ---- */
Node *same_of(const Graph *g, const Node *n);  /* what stands for n; NULL: nothing does */
Node *first_of(const Graph *g, const Node *n); /* whose value n rematerialises; NULL: it does not */
int uses_of(const Graph *g, const Node *n);
bool is_predicted(const Graph *g, const Node *n); /* outputs alone need it */
void set_same(Graph *g, const Node *n, Node *by);
void set_first(Graph *g, const Node *n, Node *first);
void set_uses(Graph *g, const Node *n, int uses);
void set_predicted(Graph *g, const Node *n, bool is);
Node *node_now(const Graph *g, const Node *n); /* n, or what stands for it in the end */
bool is_live(const Graph *g, const Node *n);   /* after simplify: something reads it */
bool computes(const Graph *g, const Node *n);  /* a kernel has to make it */
/* these are the graph's nodes now, in this order: old ones keep what was found out, new ones
   have none */
void renumber(Graph *g, Node **at, int n);

/* ---- graph.c ---- */
/* every batch axis has that many rows; before differentiate */
void bind_micro_batch(Graph *g, long micro);

/* ---- fields.c: Params, the struct of all parameters ---- */
void name_fields(const Graph *g); /* sets Param.field of all */
/* parameter i is the first of a member: neighbours of one layer share one */
bool opens_group(const Graph *g, int i);

/* ---- print_graph.c ---- */
void graph_print(Text *out, const Graph *g);
/* lines that count what no step trains, after a total */
void add_untrained(Text *out, const Graph *g, const char *indent, int width);
char *level_text(int level); /* of recomputation: "what is cheap" */
#endif
