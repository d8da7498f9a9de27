/* graph.h -- a model: nodes, parameters, data, training, steps. */
#ifndef GAGEN_GRAPH_H
#define GAGEN_GRAPH_H
#include "ir/by_number.h"
#include "ir/ident.h"
#include "ir/op.h"

typedef enum { T_REAL, T_INT, T_U8 } Type;
/* computed from constants; from parameters alone; from data; from sums over the batch */
typedef enum { WHEN_CONST, WHEN_WINDOW, WHEN_MICRO, WHEN_AFTER } When;

enum { SCALARS = 64, STATES = 8 }; /* room for them in Window and Program */
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
    long ignored;       /* one value outside the classes that a loss ignores; 0: none */
    const char *source; /* csv: "1-8" or a header name; idx: which file */
    /* csv: 'd' drops rows without a value; 'v' takes this one instead; 0: an error */
    char missing;
    double instead;
    VEC(const char) names; /* csv: class names, or empty */
    bool asked;            /* simplify: an output is computed from it */
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
    /* the column whose statistic it is, "mean" or "deviation" by init; NULL: none */
    Column *of;
    bool trained;  /* not frozen, no statistic */
    bool state;    /* micro-steps write it: running statistics */
    bool scratch;  /* a state of one window: no file holds it */
    int step;      /* the step that trains it, an index in Graph.steps, */
    bool mine;     /* and whether that step is this graph's */
    int group;     /* in Objective.groups */
    long zero_row; /* 1 + the row that begins with zeros; 0: none does */
    /* the safetensors file with its first value, and the name of its first rows there; or NULL */
    const char *file, *key;
    struct Node *node;
    int index; /* in Graph.params */
} Param;

/* Steps in turn: a body of nodes that runs `turns` times. back: the last step first. closed: the
   model has left its body. */
typedef struct Loop {
    int id;
    long turns;
    bool back, closed;
    Loc loc;
} Loop;

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
    const Expr *schedule; /* K_ROWS: not a count but this number of the update, of t, T and E */
    const double *table;  /* K_TABLE: its numbers, row by row; NULL: 0, 1, 2 ... */
    Param *param;         /* K_PARAM */
    Column *column;       /* K_INPUT */
    /* it is in a frozen layer: training draws no noise and uses the evaluation's values */
    bool still;
    struct Node *of; /* differentiate: the forward node whose backward made this one, or NULL */
    bool backward;   /* differentiate: made for a gradient; evaluation does not need it */
    struct Node *adjoint_of; /* differentiate: the forward node whose adjoint this is, or NULL */
    Loop *loop;              /* the loop whose body it is in, or NULL; see slots.c */
    long slots, slot;        /* see slots.c */
    struct Node *next;       /* of what a loop carries: the node that writes its next slot */
} Node;

/* a function of sums over the batch; its index among all reports */
typedef struct {
    const char *name;
    Node *node;
    int index;
} Report;
/* sum is nonzero if computed ids, `of`, are beyond their axis; predicts: an output needs them */
typedef struct {
    Node *sum, *of;
    const char *what;
    Loc loc;
    bool predicts;
} Check;
/* an output of predict: a value for each row; classes: the column whose class names it counts,
   or NULL; whole: whole numbers */
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
    /* its first state and the gradients are one array; every micro-step adds to it */
    bool in_place;
    /* by state, of the states and g: the state after a micro-step; fold[0] NULL: the micro-step
       adds g to the gradient */
    const Expr *fold[STATES];
    const char *title; /* its text in the header */
    /* the new p depends on this vector's length, and `trust` is the length of p divided by it;
       NULL: it does not */
    const Expr *direction;
    /* per update, in double, a function of t: "1 / (1 - pow(beta1, t))" */
    int nscalars;
    const char *scalar[4];
    const Expr *scalar_value[4];
    int slot[4];    /* of each in Window.c */
    int rate_slot;  /* of a group's own lr; -1: Window.rate */
    long from, to;  /* a group's part of the flat arrays */
    const Expr *lr; /* of t (update 1 .. T), T (planned updates), E (updates an epoch), in double */
    const char *text;    /* the group's own options: "lr = 0.01, weight_decay = 0", or "" */
    const char *lr_text; /* its text in the header: "cosine 6e-4, warmup 700" */
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
    bool last; /* the end of the rows */
} HeldOut;

/* of runtime/program.h; length 0: the reader reads no stream of tokens */
typedef struct {
    char kind;
    bool random, begins;
    long length, stride, classes, mark;
} TokenForm;

typedef struct {
    const char *kind; /* reader: "idx", "csv" */
    const char *path;
    bool shuffle;
    HeldOut valid, test; /* value 0 and no path: none */
    VEC(Column) columns; /* those that the model uses */
    VEC(Augment) augments;
    TokenForm tokens;
    char header, separator, decimal; /* csv: 'y' or 'n', ';', ','; 0: the model does not say */
    Loc loc;
} Dataset;

/* continuations of a prompt, by the output with this index; -1: the program makes none */
typedef struct {
    int output;
    const char *prompt; /* after each validation; NULL: none */
    long tokens, top_k;
    double temperature, top_p;
} Sampling;

typedef enum { TAIL_STEP, TAIL_DROP, TAIL_CARRY } Tail;
/* if memory requires it, never, as much as saves memory, the given level */
typedef enum { RECOMPUTE_AUTO, RECOMPUTE_NONE, RECOMPUTE_ALL, RECOMPUTE_LEVEL } Recompute;
/* of factors of products; sums and parameters are fp32; TF32 only in CUDA */
typedef enum { FP32, TF32, BF16, FP16 } Precision;
/* at NaN or infinity: nothing; the window is skipped; the micro-batch is dropped; the run ends */
typedef enum { NONFINITE_KEEP, NONFINITE_SKIP, NONFINITE_DROP, NONFINITE_ABORT } Nonfinite;
enum { MILESTONES = 16 };
typedef struct {
    char unit;
    long every;
} Interval; /* 'u'pdates, 's'amples, 't'okens, 'e'pochs */
/* The rate falls by `factor` after more than `patience` validations without improvement by the part
   `threshold`, and not below the part `least`; factor 0: never */
typedef struct {
    double factor, threshold, least;
    long patience, cooldown;
} Plateau;
typedef struct {
    char unit;
    long from, accumulate;
} Milestone;
extern const char *const precisions[], *const nonfinites[]; /* "fp32" */
typedef struct {
    long batch, micro_batch, accumulate; /* batch = micro_batch * accumulate always holds */
    long epochs, steps;                  /* one of them > 0 */
    Tail tail;
    /* count = "before": sums that scales need are counted first, also where they could wait */
    bool count_before;
    bool chains; /* deterministic = "split": gradients are chains over samples in order */
    long seed;
    long tokens; /* tokens of every row, for intervals in tokens; 0: not given */
    Precision precision;
    Nonfinite nonfinite;
    /* report = { grad_norm = true }: the norm is computed in any case */
    bool grad_norm;
    /* report = { noise_scale = true }: also the norm of the first micro-batch's gradient */
    bool noise_scale;
    /* the factor of losses in backward, which the update undoes; 0: none */
    double loss_scale;
    /* finite windows after which it doubles; it halves where one is not finite; 0: it is
       constant */
    long scale_interval;
    /* the report that picks the best checkpoint, "loss" unless told */
    const char *best;
    bool best_max;
    bool best_stated;
    /* decay of the averages of the weights that validation and predictions use; 0: none */
    double ema;
    /* early stopping: the run ends after so many validations without improvement; 0: never */
    long patience;
    Plateau plateau;
    /* intervals; line: of the log; every 0: the runtime's default */
    Interval validate, checkpoint, line;
    Sampling sampling;
    /* accumulate as a schedule; then accumulate is the largest; 0: it is one number */
    int nmilestones;
    Milestone milestone[MILESTONES];
    Loc loc, batch_loc;
    /* "6 GB": the memory from which gagen chooses the micro-batch; NULL: not given */
    const char *memory;
    double memory_bytes;
    Loc memory_loc;
    bool memory_free; /* it chooses micro_batch; else a given one has to fit */
    Recompute recompute;
    int recompute_level; /* see recompute.c */
    long head_pieces;    /* see pieces.c; 0: gagen chooses */
    const char *lone;    /* the layer whose statistics have one value a row; NULL: none */
    const char *chosen;  /* the choice, for the banner */
} Train;

typedef struct Objective { /* an objective: a loss, its parameters and its optimizer */
    /* "generator", and "step_generator_" of its functions; "" and "" where it is the only one */
    const char *name, *prefix;
    Node *minimize;
    Optimizer optimizer;   /* the optimizer that train names; its states are those of all groups */
    VEC(Optimizer) groups; /* of parameters that share a recipe, in the order of the flat arrays */
    /* of all groups: the contents of Window.c */
    int nscalars;
    const char *scalar[SCALARS];
    const Expr *scalar_value[SCALARS];
    long times;             /* windows of a round that it takes: the last ones */
    long accumulate, batch; /* its own micro-batches in a window, 0: train's; samples in a window */
    Loc loc;
} Objective;

/* logits that are computed in pieces; rows: of a piece */
typedef struct Head {
    Node *product;
    long pieces, rows;
} Head;

/* Where rows of a parameter are in files of other programs. rows: `rows` of them from `row` are
   those of the file's tensor from `from`; 0: all. turned: the file's axes are [in, out] */
typedef struct Source {
    Param *param;
    const char *file, *key; /* file: of a rule; NULL: the command line says it */
    bool turned;
    long row, rows, from;
    int naming; /* 1 + the index of its naming; 0: it has none */
} Source;

/* How another program names tensors: the prefix of all names but the head's, which files may leave
   out, and ends of names that are no weights. The head equals `tied` where there is none. */
typedef struct FileNaming {
    const char *name, *prefix, *head, *tied;
    VEC(const char) buffers;
    VEC(Source) pieces; /* of all parameters; none: some have no name */
} FileNaming;

typedef struct Graph {
    Ops *ops;           /* the model's ops, and their gradients */
    const char *called; /* the function that the user calls now, for messages; NULL: none */
    /* base name of the model file; the same without .lua; the same as a word: the program's
       symbol is gagen_TITLE */
    const char *file, *name, *title;
    VEC(Node) nodes; /* in order of creation, so arguments come before users */
    VEC(Loop) loops;
    VEC(Param) params;
    Dataset data;
    Train train;
    VEC(Objective) steps;
    VEC(Output) outputs; /* of the last step's graph */
    bool ruled;          /* the model has rules */
    VEC(Source) sources; /* what rules load */
    VEC(FileNaming) namings;
    VEC(Report) reports; /* reports of one step: "loss" first */
    VEC(Check) checks;
    /* of one step's graph, made by objective */
    Objective *step;
    Node *minimize;
    VEC(Node) sums;               /* sums over the batch that the loss or a report needs */
    int first_sum;                /* index of sums[0] among those of all steps */
    Names *names;                 /* the names in use in the program */
    const struct Program *before; /* the program of the step before this one, or NULL */
    /* new values of the states at the end of a micro-step of training */
    VEC(struct Contribution) states;
    /* made by differentiate: by parameter, the nodes whose values are added into its gradient */
    VEC(struct Contribution) gradients;
    VEC(struct Root) roots; /* the nodes where the backward pass starts */
    bool in_turn;           /* order: terms run one after another */
    VEC(Head) heads;        /* pieces: those cut into pieces */
    int first_copy;         /* legalize: the nodes from here on are its copies */
    int nforward;           /* in differentiate: nodes 0 .. nforward - 1 are the forward ones */
    struct { /* results of stages about nodes; the functions of found.c read and set them */
        VEC(Node) same;  /* read_model, simplify: the node that replaces this one */
        VEC(Node) first; /* recompute: the forward node whose value this one rematerialises */
        Numbers uses;    /* simplify: the number of live readers and results; 1 for a copy */
        /* simplify: only outputs need it, not training; and copies for them */
        Numbers predicted;
    } found;
} Graph;
/* by: of a state, the result of its layer */
typedef struct Contribution {
    Param *param;
    Node *value, *by;
} Contribution;
/* the value of a K_ROWS: rows of the window; 1 in each real row; rows of the micro-batch; rows
   before it in the window; micro-batches of the window; its samples */
typedef enum { ROWS_WINDOW, ROWS_REAL, ROWS_MICRO, ROWS_BEFORE, ROWS_MICROS, ROWS_SAMPLES } Rows;
/* coefficient: dJ / d sum, of constants, rows and sums of data; node: its K_ROOT */
typedef struct Root {
    Node *coefficient, *node;
} Root;

long round_samples(const Graph *g);  /* samples of a round: those of the step that takes most */
long largest_window(const Graph *g); /* samples of a window, of any step */
bool steps_differ(const Graph *g);   /* in their windows' samples */
/* The gradient of a structured op, which the model's Lua host computes: the needed adjoints of
   y's arguments, where gy is y's. Returns how many nodes it made. */
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
Node *node_base(Node *n); /* the node below n's views */
enum { BASES = 16 };
typedef struct {
    int n;
    Node *at[BASES];
} Bases;
/* all nodes that a reader of n reads: its base, and the bases of the ids that index it */
Bases node_bases(Node *n);
/* whether a slice, a placing or a gathering is between n and its base */
bool moves(const Node *n);
long conv_groups(const Node *n); /* of a convolution or of one of its gradients */
bool pool_tiles(const Node *n);  /* every element of the input lies in exactly one window */
bool has_role(const Node *n, const char *role);
bool is_leaf(const Node *n); /* no kernel computes it */
/* a sum over the batch to one number, complete after the window */
bool is_batch_sum(const Node *n);
bool attends_back(const Node *n);  /* a gradient of attention */
bool attends(const Node *n);       /* attention, its rows, or one of its gradients */
bool reads_buffers(const Node *n); /* a product, or a window that slides over images */
void mark_reached(const Node *n, bool *reached); /* by id: n and all nodes it depends on */

/* ---- slots.c: values that loops read and write step by step ---- */
bool in_slots(const Node *n);    /* it writes slots: a line, what a loop carries, what it keeps */
bool is_step(const Node *n);     /* it is, or shows, one step of the memory; else all of it */
Node *slots_of(Node *n);         /* the node whose memory it writes or reads */
Shape step_shape(const Node *n); /* of one step of what it writes or reads */
Shape all_steps(const Shape *s, long slots); /* with axis 1 for them */
/* a value of each step before a loop: its memory has a slot for each */
Node *line_new(Graph *g, Node *x);
/* what a loop carries: the first slot has x */
Node *carry_new(Graph *g, Node *x, const Loop *l);
Node *keep_new(Graph *g, Node *x, Loop *l);              /* writes x of a turn into its slot */
Node *next_new(Graph *g, Node *x, Node *carry, Loop *l); /* writes what is carried on */
Node *turn_new(Graph *g, Node *of, Loop *l, long slot);  /* reads a slot, from the turn on */
Node *whole_new(Graph *g, Node *of, long from,
                long turns);          /* reads slots from .. from + turns - 1 */
Node *last_new(Graph *g, Node *next); /* reads what is carried in the end */
/* by node: live nodes of a loop are reached if one of them is, with what they depend on */
void reach_loops(const Graph *g, bool *reached);
/* orders nodes so that each body is in one piece, and its arguments before it */
void gather_loops(Graph *g);

/* ---- found.c: results of stages about nodes ---- */
Node *same_of(const Graph *g, const Node *n); /* the node that replaces n; NULL: none */
/* the node whose value n rematerialises; NULL: none */
Node *first_of(const Graph *g, const Node *n);
int uses_of(const Graph *g, const Node *n);
bool is_predicted(const Graph *g, const Node *n); /* outputs alone need it */
void set_same(Graph *g, const Node *n, Node *by);
void set_first(Graph *g, const Node *n, Node *first);
void set_uses(Graph *g, const Node *n, int uses);
void set_predicted(Graph *g, const Node *n, bool is);
Node *node_now(const Graph *g, const Node *n); /* n, or the node that finally replaces it */
bool is_live(const Graph *g, const Node *n);   /* after simplify: it has a reader */
bool computes(const Graph *g, const Node *n);  /* whether a kernel must make it */
/* the graph gets these nodes in this order; old ones keep their results of stages, new ones have
   none */
void renumber(Graph *g, Node **at, int n);

/* ---- graph.c ---- */
/* gives every batch axis this many rows; before differentiate */
void bind_micro_batch(Graph *g, long micro);

/* ---- fields.c: Params, the struct of all parameters ---- */
void name_fields(const Graph *g); /* sets Param.field of all */
/* whether parameter i is the first of a member; parameters of one layer that follow one another
   share one */
bool opens_group(const Graph *g, int i);

/* ---- print_graph.c ---- */
void graph_print(Text *out, const Graph *g);
/* lines that count parameters without training, after a total */
void add_untrained(Text *out, const Graph *g, const char *indent, int width);
char *recompute_text(int level); /* a recompute level as text: "what is cheap" */
char *head_text(const Head *h);  /* "logits of line 12 in 4 pieces of up to 64 rows" */
#endif
