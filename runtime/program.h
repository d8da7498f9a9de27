/* program.h -- the description of a generated program, and the functions of it that the runtime
   calls. */
#ifndef GAGEN_PROGRAM_H
#define GAGEN_PROGRAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "scalar.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct Thread Thread; /* of team.h */

/* ---- tensors: parameters and other state; files hold them in logical order ---- */
enum { GG_RANK = 6, GG_FACTORS = 4 };
typedef struct {
    int div, mod;
    long stride;
} Factor; /* (index / div % mod) * stride; mod 0: no % */
typedef struct {
    const char *name; /* PyTorch's path: "net.0.weight" */
    int rank;
    long dim[GG_RANK];                  /* logical */
    Factor factor[GG_RANK][GG_FACTORS]; /* unused ones have stride 0, div 1 */
    long offset;                        /* of element 0 in the flat array, in reals */
    /* 'u' uniform a..b, 'n' normal mean a std b, 'c' constant a; 'm' mean, 'd' deviation of
       column a */
    char init;
    double a, b;
} Tensor;
#define UNIFORM(x) 'u', -(x), x /* of a Tensor: uniform in -x..x */

/* Where a tensor is in a file of another program. turned: the file's axes are [in, out]. rows:
   so many of its rows from `row` are those of the file's tensor from `from`; 0: it is whole */
typedef struct {
    int tensor;
    const char *file, *key;  /* file: of a rule; NULL: the command line says it */
    const struct Naming *of; /* NULL: the key is the model's own */
    bool turned;
    long row, rows, from;
} Source;
#define WHOLE 0, 0, 0 /* of a Source */
/* How another program names tensors: the prefix of all keys but the head's, which files may leave
   out; ends of keys that are no weights, NULL-terminated. The head equals `tied` where there is
   none. sources: of all tensors; nsources 0: some have no name */
typedef struct Naming {
    const char *name, *prefix, *head, *tied;
    const char *const *buffers;
    const Source *sources;
    int nsources;
} Naming;
typedef struct {
    int tensor;
    long row;
} ZeroRow; /* a row of a tensor that begins with zeros */
/* a sum that is nonzero if a computed id is beyond its axis; outputs need it */
typedef struct {
    int sum;
    const char *what;
    bool predicts;
} Check;
/* values of a micro-batch's rows, the first axis; names: those of the classes that it counts,
   NULL-terminated, or NULL; whole: all values are whole numbers */
typedef struct {
    Tensor tensor;
    const real *at;
    const char *const *names;
    bool whole;
} Output;

/* ---- data ---- */
typedef struct {
    const char *name; /* "image" */
    char type;        /* in memory: 'b' unsigned byte, 'i' int32, 'r' real */
    int rank;
    long dim[GG_RANK];        /* of one row */
    long classes;             /* > 0: checked, 0 .. classes - 1 */
    long ignored;             /* with classes: one value besides them; 0: none */
    const char *source;       /* idx: "image" or "label"; csv: "1-24", "price" */
    const char *const *names; /* csv: class names, NULL-terminated, or NULL */
    const void **base;        /* where the program stores the address of the column's row 0 */
    bool asked;               /* outputs depend on it */
    /* csv: for a field without a value: 0: an error, 'd': drops its row, 'v': replaces it */
    char missing;
    double instead;
} Column;

/* 'y' or 'n'; ';'; ',': of the model; 0: not given */
typedef struct {
    char header, separator, decimal;
} CsvForm;

/* a stream of tokens: a row has `length` of them, and the next row begins `stride` later. kind: 'b'
   bytes or 'c' characters of a text, else the type of a file without a header, 'H' uint16 or 'I'
   uint32. mark: the token or character that begins or ends a document; -1: none does */
typedef struct {
    char kind;
    bool random; /* training rows begin anywhere */
    bool begins; /* the mark is a document's first token, not its last */
    long length, stride, classes, mark;
} TokenForm;

/* augmentation of a column's rows in training: 'f' flips along the last axis with this
   probability, 'c' crops after a move of at most so many positions along the last two, 'n' adds
   noise of this deviation */
typedef struct {
    char kind;
    int column;
    double value;
} Augment;

/* ---- the window: all that changes from update to update ---- */
enum { GG_STEPS = 8 };
/* an update 1 .. T; updates planned; updates an epoch */
typedef struct {
    long t, T;
    double E;
} Clock;
typedef struct {
    int micros;   /* micro-batches in this window */
    int rows;     /* real rows of the last one; the others are full */
    int micro;    /* on a device: the micro-step that runs, 0 .. micros - 1 */
    long samples; /* real rows in all */
    long first;   /* samples consumed before this window since the start: keys noise */
    /* rows at the places of this epoch and the next; NULL: the place */
    const uint32_t *order, *order_next;
    long at, places; /* the window's first place in the epoch; places in an epoch */
    long base;       /* added to a place's row: where the split begins */
    bool training;   /* false in evaluation, where dropout passes values through */
    uint64_t seed;
    long t, T;
    double E; /* this update's */
    /* with several steps: of the step's last window; reports use it for schedules */
    Clock of[GG_STEPS];
    double lr;
    real scale_in[64], scale_out; /* by sum over the batch; their product is lambda / N */
    real rate, c[64];             /* lr and the optimizer's scalars as reals */
    double count;      /* the denominator that scale_out undoes, or 0: the window is empty */
    double loss_scale; /* a factor of scale_in that scale_out undoes */
    double norm, clip; /* of the unscaled gradient, < 0: not computed; the clip's factor */
    /* the square of the norm of the first micro-batch's gradient, a mean of `part` of `count`;
       part 0: not requested */
    double small, part;
    /* micro-batches whose loss was finite, and was not, if this is checked */
    int kept, dropped;
    int keeps; /* on a device: the current one is kept */
} Window;

/* a micro-batch: its first sample in the window, its real rows */
typedef struct {
    long from;
    int rows;
} Micro;

/* the data row of sample i of this window */
static inline long window_row(const Window *w, long i)
{
    static const uint32_t none = 0;
    const uint32_t *order = w->order, *next = w->order_next;
    long place = w->at + i;
    const bool over = place >= w->places;
    if (over) place -= w->places;
    if (over) order = next;
    const uint32_t *from = order ? order + place : &none, row = *from;
    return w->base + (order ? (long)row : place);
}

/* the instructions that the program was compiled for */
#if defined __AVX512F__
#define GG_BUILT_FOR "avx512f"
#elif defined __AVX2__
#define GG_BUILT_FOR "avx2"
#else
#define GG_BUILT_FOR ""
#endif

/* ---- the program ---- */
enum { GG_MILESTONES = 16 };
typedef struct {
    char unit;
    long every;
} Interval; /* 'u'pdates, 's'amples, 't'okens, 'e'pochs */
/* windows that begin there or later have this batch */
typedef struct {
    char unit;
    long from, batch;
} Milestone;

/* accuracy prints as %; max: larger is better */
typedef struct {
    const char *name;
    bool percent, max;
} ReportName;

/* The rate falls by `factor` after more than `patience` validations without improvement by the part
   `threshold`, but for `cooldown` of them after a fall, and not below the part `least`. */
typedef struct {
    double factor, threshold, least;
    long patience, cooldown;
} Plateau;

typedef struct {       /* a loss and its optimizer; several take turns */
    const char *name;  /* "": it is the only one */
    long times, batch; /* windows of a round that it takes: the last ones; samples in one */
    /* window: w->micros micro-steps, then the update; gradient: without the update; update: the
       update alone. After a window and an update, values made from parameters are up to date */
    void (*window)(const Thread *), (*gradient)(const Thread *), (*update)(const Thread *);
    double (*lr)(double t, double T, double E); /* by its own updates */
    void (*scalars)(Window *w);                 /* from t, lr, samples: rate, c, scale_in */
} Step;

/* the trained tensors and the reports. Flat arrays of `elements` reals: the parameters; of as
   many or fewer: gradients, the optimizer's states */
typedef struct {
    uint64_t fingerprint; /* of tensors, window, optimizer */
    const Tensor *tensors;
    int ntensors;
    const Source *sources;
    int nsources;
    const Naming *namings;
    int nnamings;
    const ZeroRow *zero_rows;
    int nzero_rows;
    const char *lone; /* a layer whose statistics have one value a row, or NULL */
    /* gradients and states are of the first `trained` elements; 0: of all */
    long elements, trained;
    /* parameters, gradients, states; gradients NULL: they are added to a state */
    real *const *flat;
    int nstates;
    const char *state_names[8];
    int ema; /* state ema - 1 is averages of the parameters; 0: there are none */
    const ReportName *reports;
    int nreports; /* report 0 is the loss */
    int nsums;    /* sums over the batch that a window computes */
    /* from sums over any windows */
    void (*report)(const double *sums, double samples, double *out);
    const Check *checks;
    int nchecks; /* a window that fails one has no update */
    const Output *outputs;
    int noutputs; /* of a prediction */
} Model;

/* windows: how large, how many, in which order, and what happens between them; batch and accumulate
   are the largest */
typedef struct {
    long batch, micro_batch, accumulate, epochs, updates, seed;
    char tail; /* 's'tep, 'd'rop, 'c'arry */
    /* 's' skips windows whose gradient is not finite; 'd' also drops micro-batches whose loss is
       not; 'a' aborts; 0: no check */
    char nonfinite;
    long tokens; /* tokens of every row; 0: not given */
    const Milestone *milestones;
    int nmilestones; /* 0: all windows have one batch */
    bool noise;      /* windows measure the norms for the gradient noise scale */
    /* the first one, 0: none; windows after which it doubles, 0: it stays */
    double loss_scale;
    long scale_interval;
    const Step *steps;
    int nsteps;
    long round; /* a round: each in turn, of so many samples */
    int best;
    bool best_stated; /* the report that selects the best weights; whether the model states it */
    /* early stopping: the run ends after so many validations without improvement; 0: never */
    long patience;
    Plateau plateau; /* factor 0: none */
    /* how often, line: of the log; every 0: every epoch, every epoch, every update */
    Interval validate, checkpoint, line;
} Schedule;

typedef struct {
    const char *reader, *path, *valid_path, *test_path; /* "idx", "csv" */
    double valid, test;                                 /* a fraction (< 1) or a count; 0: none */
    bool valid_last, test_last;                         /* the end of the rows, test after valid */
    bool shuffle;
    CsvForm csv;
    TokenForm tokens; /* length 0: another reader */
    const Column *columns;
    int ncolumns;
    const Augment *augments;
    int naugments;
} Dataset;

/* the engine that computes. Every thread of the team calls prepare, evaluate and predict
   together, like a step's functions */
typedef struct {
    const char *target;  /* "c", "cuda" */
    const char *machine; /* GG_BUILT_FOR */
    long memory;         /* bytes that the program allocates, without data */
    /* allocates and frees them; NULL: the program has static memory */
    void (*allocate)(void), (*release)(void);
    Window *w;
    double *sums; /* of this window or evaluation: they begin at 0 each time */
    /* computes values made from parameters; NULL: there are none */
    void (*prepare)(const Thread *);
    void (*evaluate)(const Thread *); /* forward only, sums as in a window */
    /* the outputs of w->rows rows, one micro-batch; NULL: there are none */
    void (*predict)(const Thread *);
    /* with a device: the team is one thread, and its calls only enqueue; NULL: there is none */
    const char *(*open)(long rows); /* for so many rows of data; returns the device's name */
    void (*close)(void);
    void (*send)(void);  /* parameters and states: host to device */
    void (*fetch)(void); /* parameters, states and gradients: device to host */
    /* waits for the oldest window or evaluation: sums and w's results are its */
    void (*await)(void);
    void (*profile)(bool on); /* on: begins to time every launch; off: prints the times */
    /* only the device knows whether a window counts, so no window begins before the previous one
       ends */
    bool skips;
} Engine;

/* continuations of a prompt; a program without an output of logits has none */
struct Run;
typedef struct Sampling {
    void (*print)(struct Run *r, const struct Sampling *how);
    int output;           /* logits of the next token at each position */
    const char *prompt;   /* after each validation; NULL: the schedule has none */
    long tokens, samples; /* of each continuation; continuations */
    double temperature;   /* 0: the largest logit */
    long top_k;           /* 0: all */
    double top_p;         /* 1: all */
} Sampling;

typedef struct {
    const char *name; /* "mnist_mlp" */
    Model model;
    Schedule schedule;
    Dataset data;
    Engine device;
    Sampling sampling;
} Program;

void gg_sample(struct Run *r, const Sampling *how);
int gg_main(int argc, char **argv, const Program *p); /* the command line program */
/* zeroed, at a multiple of 64 bytes; untouched pages cost nothing. Fails by gg_fail */
void *gg_room(size_t bytes);
void gg_room_free(void *room); /* of gg_room, or NULL */
#ifdef __cplusplus
}
#endif
#endif
