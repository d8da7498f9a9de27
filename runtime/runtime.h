/* runtime.h -- what the runtime's own files share, one section per file. Programs include gagen.h or library.h. */
#ifndef GAGEN_INTERNAL_H
#define GAGEN_INTERNAL_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include "real.h"
#include "team.h"
#include "philox.h"
#include "program.h"

/* ---- fail.c: errors, memory, text that grows ------------------------------------------------------------ */
enum { GG_DATA = 1, GG_USAGE = 2, GG_MACHINE = 3 }; /* exit statuses: data or file, command line, memory or device */
_Noreturn void gg_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern jmp_buf *gg_trap;                          /* where gg_fail goes in a library, instead of exiting */
extern int gg_status;                             /* with what */
extern char gg_message[1024];                      /* having printed what */
void *gg_alloc(size_t count, size_t size);        /* zeroed; fails by gg_fail */
void *gg_resize(void *memory, size_t count, size_t size);
double gg_seconds(void);                          /* of a clock that only runs forward */

typedef struct { char *s; size_t n, room; } Line;
void gg_add(Line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gg_add_quoted(Line *line, const char *s);    /* as a JSON string */
void gg_add_number(Line *line, double x);         /* as JSON with 17 digits; null where it is not finite */

/* ---- the program's flat arrays --- */
static inline real *gg_params(const Program *p)       { return p->flat[0]; }
static inline real *gg_gradients(const Program *p)    { return p->flat[1]; }
static inline real *gg_states(const Program *p, int i) { return p->flat[2 + i]; }

/* ---- options.c ------------------------------------------------------------------------------------------ */
typedef struct {
    long epochs, steps, seed, threads, save_every; /* -1: not given */
    const char *data, *save, *load, *log, *predict, *output;
    bool resume, eval, profile;
    const void *const *columns;                   /* rows of these, in place of files */
    long rows;
} Options;
#define GG_NO_OPTIONS { .epochs = -1, .steps = -1, .seed = -1, .threads = -1, .save_every = -1 }
Options gg_options(int argc, char **argv, const Program *p);
long gg_cores(void);                              /* those that this process may use */

/* ---- stream.c: a file from its beginning to its end -------------------------------------------------------- */
typedef struct { const char *path; long bytes; bool packed; void *file; } Stream; /* bytes of the file; packed: a .gz */
void gg_stream_open(Stream *s, const char *path); /* packed or not; closes what a failure left open */
long gg_stream_read(Stream *s, void *to, long n); /* the bytes that came: fewer than n at the end alone */
void gg_stream_close(Stream *s);

/* ---- known.c: formats that other readers are for --------------------------------------------------------- */
typedef enum { GG_FOR_CSV, GG_FOR_ARRAYS, GG_FOR_RAW, GG_FOR_WEIGHTS } Purpose;
void gg_known(const char *path, Purpose purpose); /* fails where the file is in a known format, with what to do */

/* ---- number.c: numbers as files hold them ---------------------------------------------------------------- */
typedef struct { bool whole, minus; uint64_t size; double value; } Number; /* size: of a whole number, without its sign */
const char *gg_type_name(char type);              /* b uint8, a int8, H uint16, h int16, I uint32, i int32, L uint64, l int64, */
long gg_type_bytes(char type);                    /* e float16, E bfloat16, f float32, d float64 */
char gg_type_named(const char *name, size_t n);   /* 0: none is */
char gg_type_of(char kind, long bytes);           /* 'u', 'i' or 'f', as NumPy says it; 0: none */
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define GG_BIG true                               /* this machine's order of bytes */
#else
#define GG_BIG false
#endif
Number gg_number(char type, bool big, const unsigned char *at); /* big: the first byte is the highest */
void gg_number_text(char out[32], const Number *n);
const char *gg_number_wrong(const Number *n);     /* NULL, or why no real is this number */
void gg_number_convert(const char *file, const Column *c, long row, char type, bool big, const unsigned char *in, long n,
                       char *out);                /* n elements of a row; fails, with the row, where one is not the column's */

/* ---- data.c, data_idx.c, data_csv.c, data_npy.c, data_raw.c, data_flat.c --------------------------------- */
typedef struct { long from, count; uint32_t *list; } Rows; /* from, from + 1, ...; or those in the list */
typedef struct { int fd; long start, from, rows; } Piece; /* rows from .. of a file at byte start; fd -1: read */
typedef struct { char *pages; size_t bytes, lead; int n; Piece piece[3]; } Map; /* row 0 is at pages + lead */
typedef struct {
    const Program *p;
    long rows;                                    /* in memory, of all the file sets */
    void **column;
    Map *map;                                     /* by column; those with pieces are mapped; NULL: all is the caller's */
    char *split;                                  /* which of the three, by row of the main set */
    Rows train, valid, test;
    Line notes;                                   /* lines that tell what a reader took a file for */
    Line fields;                                  /* csv: positions as the header's names: "x\x1fage\x1fincome\x1ey\x1f..." */
    Program *asked; Column *asked_columns;        /* of a prediction: the program with the columns that it asks for */
    void *zeros;                                  /* rows of all others */
} Table;
void gg_table_load(Table *d, const Program *p, const char *path); /* path NULL: as the model says */
void gg_table_ask(Table *d, const Program *p, const char *path, long rows); /* for a prediction; path NULL: so many rows */
void gg_table_give(Table *d, const Program *p, long rows, const void *const *columns);
void gg_table_free(Table *d);
long gg_table_bytes(const Table *d);               /* of all columns */
long gg_table_mapped(const Table *d);              /* those of them that lie in files */
void gg_table_bind(const Table *d);                /* the program's columns are the table's */
void gg_table_statistics(const Table *d, const Program *p); /* of the training rows, into the parameters that hold some */
long gg_row_count(const Column *c);               /* elements of a row */
size_t gg_element_size(const Column *c);
size_t gg_row_bytes(const Column *c);              /* as it lies in memory */
char *gg_table_grow(Table *d, int column, long rows); /* room for more rows; where they begin */
bool gg_in_range(const Column *c, long value);    /* a class, or the value that is ignored */
void gg_table_range(const char *file, const Column *c, long row, long value); /* fails unless it is */
void gg_table_check(const char *file, const Column *c, const char *data, long rows); /* all classes of these rows */
void gg_table_dims(const char *file, const Column *c, const long *dim, int rank); /* fails unless rows are of these sizes */
void gg_table_put(const Column *c, char *out, long i, double value);
long gg_idx_append(Table *d, const char *path, bool test); /* reads a file set: its rows; -1: no test files */
long gg_csv_append(Table *d, const char *path, bool test);
long gg_npy_append(Table *d, const char *path, bool test);
long gg_raw_append(Table *d, const char *path, bool test);
long gg_cifar_append(Table *d, const char *path, bool test);

enum { GG_FLAT_RANK = 8 };
typedef struct {
    char path[4096];
    int fd;
    char type;                                    /* of elements (number.c) */
    bool big;                                     /* their first byte is the highest */
    bool turned;                                  /* Fortran's order: the first axis, the rows, runs fastest */
    int rank; long dim[GG_FLAT_RANK];             /* of a row, 1s left out; where it is turned */
    long bytes, start, stride, rows;              /* of the file; of row 0 in it; from row to row */
} Flat;
void gg_flat_find(Flat *f, const Program *p, const char *path, const char *source); /* opens it */
void gg_flat_open(Flat *f);                       /* f->path */
void gg_flat_get(const Flat *f, void *to, long from, long n); /* bytes */
void gg_flat_append(Table *d, int column, const Flat *f, long done); /* its rows behind `done` of the set; keeps or closes it */
void gg_flat_beside(const char *path, long rows, const char *first, long others);
long gg_flat_next(const Table *d);
void gg_map_free(Map *m);

/* ---- data_csv.c, csv_record.c, csv_header.c, csv_value.c ------------------------------------------------------- */
typedef struct { const char *text; long line, at; } CsvField; /* where it begins, from 1 */
typedef struct { CsvField *field; long n, room; } CsvRecord;
typedef struct {
    const char *path;
    char *text, *next, *end, *line_start;         /* the file; fields are cut off in place; the text ends with a line */
    long line;
    char *comment; long comment_line;             /* the last of the lines before that begin with #; NULL: none */
    char separator, decimal;
    bool packed;                                  /* by gzip, or a pipe */
    bool guessed_separator, guessed_decimal;
    bool stops[256];                              /* characters that end a field without quotes */
    CsvRecord record, header;                     /* the record just read; the names, n 0: there are none */
    bool guessed_header, named_rows;              /* nobody named a column; rows have one field more than the header */
    long rows, dropped, replaced;                 /* rows kept, rows left out, values put in for missing ones */
    long *place;                                  /* of every element of a row, column by column */
} Csv;
void gg_csv_open(Csv *f, const char *path, CsvForm form); /* before its first record */
bool gg_csv_record(Csv *f);                       /* the next one; false at the end; empty lines are passed over */
void gg_csv_push(CsvRecord *r, CsvField field);
void gg_csv_begin(Csv *f, Table *d);              /* the record just read is the first: places, names to keep */
bool gg_csv_is_elsewhere(const Csv *f, const Table *d, const Column *c); /* another field has the column's position as its name */
bool gg_csv_number(const char *text, char decimal, double *value);
bool gg_csv_missing(const char *text);
bool gg_csv_is_data(const char *text, char decimal); /* and no column's name */
const char *gg_csv_value(const Csv *f, const Column *c, const char *text, double *value); /* NULL, or what is wrong */
extern const char gg_csv_lacks[];                 /* the field is missing; value: what the model puts in */
void gg_csv_check_instead(const Csv *f, const Column *c);

/* ---- plan.c: what depends on the number of samples ------------------------------------------------------ */
typedef struct { long update, epoch, at, first, batch; } Span; /* windows of one size: where they begin */
typedef struct {
    char tail;
    long samples, batch, tokens;                  /* batch: the largest; tokens of a sample */
    int spans; Span span[GG_PHASES];
    long E, T;                                    /* updates an epoch, rounded up; updates of the run */
    long last;                                    /* samples of an epoch's last window; carry: of the run's */
    long unread;                                  /* samples an epoch leaves out */
    long total;                                   /* samples that the run consumes */
} Plan;
typedef struct { long epoch, at, first, samples; bool ends; } Place; /* of a window; ends: an epoch ends in it */
Plan  gg_plan(const Program *p, long samples, long epochs, long steps); /* T = 0 and E = 0: not one window */
Place gg_place(const Plan *plan, long update);    /* of update 0 .. T - 1 */
long  gg_consumed(const Plan *plan, long update); /* samples in the updates before it */
bool  gg_due(const Plan *plan, Interval i, long update); /* behind so many updates: the interval, or the run, ends */

typedef struct {
    const Rows *rows;
    long group, epochs;                           /* groups of so many epochs: a window meets two groups at most */
    uint32_t *now, *next;                         /* NULL: rows in file order */
    bool shuffle;
    uint64_t seed;
} Order;
void gg_permute(uint32_t *out, long n, uint64_t seed, long epoch);
void gg_order_start(Order *o, const Program *p, const Plan *plan, const Rows *rows, uint64_t seed);
void gg_order_turn(Order *o, long group);         /* makes now and next those of this group and the following */
void gg_order_free(Order *o);

/* ---- step.c: a round -------------------------------------------------------------------------------------- */
typedef struct {
    long n;                                       /* the round's nth window, counted by step */
    int step; long nth;                           /* and the step's nth */
    long from, samples;                           /* of the round's */
    bool closes, last;                            /* of the step's; of the round's */
} Turn;
int  gg_step_count(const Program *p);
Step gg_step(const Program *p, int i);
long gg_round(const Program *p);                  /* samples of a whole round */
long gg_last_window(const Program *p, long samples); /* of a round of so many: the samples that its reports speak of */
Turn gg_turn(const Program *p, long samples, long n); /* of a round of so many samples */
long gg_taken(const Program *p, const Plan *plan, int step, long rounds); /* windows that the step takes in the first rounds */
double gg_epoch(const Program *p, const Plan *plan, int step); /* windows that it takes in an epoch: with "carry" no whole number */

/* ---- tensor.c: between the stored and the logical order; the first weights ------------------------------ */
long gg_count(const Tensor *t);
void gg_read_tensor(const Tensor *t, const real *flat, long from, long n, real *out); /* logical elements */
void gg_write_tensor(const Tensor *t, real *flat, long from, long n, const real *in);
const Tensor *gg_tensor(const Program *p, const char *name); /* NULL: none */
void gg_init_weights(const Program *p, uint64_t seed);

/* ---- json.c: text that may be anything --------------------------------------------------------------------- */
#define GG_LARGE (INT64_C(1) << 53)               /* no larger number is taken */
typedef struct { const char *path, *part; char *text, *at, *end; } Json; /* part: "header" */
_Noreturn void gg_json_fail(const Json *j, const char *what);
bool gg_json_eat(Json *j, char c);                /* that character comes next, and is passed */
void gg_json_need(Json *j, char c);
const char *gg_json_string(Json *j);              /* in place of the text */
int64_t gg_json_size(Json *j);
void gg_json_skip(Json *j, int depth);            /* any value */
void gg_json_end(Json *j);

/* ---- safetensors.c, shards.c: the tensors of a file, or of several with an index ----------------------------- */
typedef struct { const char *name, *dtype; int rank, shard; int64_t dim[GG_RANK], from, to; } Entry; /* in the shard's file */
typedef struct { char path[4096]; int fd; char *text; } Shard; /* text: the header, cut into strings */
typedef struct { const char *name, *file; int shard; } Held; /* what an index says */
typedef struct {
    char path[4096];                              /* of the one file, or of the index */
    Shard *shard; int shards;
    Entry *entry; long entries, room;             /* by name */
    const char *(*meta)[2]; long metas;
    char *index; Held *held; long helds;
} Archive;
bool gg_archive_open(Archive *a, const char *path); /* false: no such file; any fault in it fails, then close it */
void gg_archive_close(Archive *a);
const Entry *gg_archive_find(const Archive *a, const char *name);
const char *gg_archive_meta(const Archive *a, const char *key);
char gg_dtype(const char *dtype);                 /* number.c's type; 0: none of its */
void gg_shard_open(Archive *a, const char *path); /* adds the file's entries */
bool gg_shards_named(Archive *a, const char *path);
void gg_shards_open(Archive *a);
int  gg_by_name(const void *a, const void *b);    /* entries */

/* ---- near.c: what a file has in place of a tensor that it lacks ----------------------------------------------- */
enum { GG_NAME = 80, GG_SHAPE = 160 };
const char *gg_printable(char out[GG_NAME], const char *name);
const char *gg_shape_text(char out[GG_SHAPE], const int64_t *dim, int rank);
_Noreturn void gg_missing(const Archive *a, const char *name, const Tensor *t, const Source *source); /* source: the rule's; NULL: --load */
bool gg_is_kernel(const char *name);              /* as flax and Keras call a weight whose axes are [in, out] */
_Noreturn void gg_kernel(const Archive *a, const Entry *e, const Tensor *t);

/* ---- train.c: a run ------------------------------------------------------------------------------------- */
typedef struct { Place place; double lr, begin; } Started; /* a window under way */
typedef struct { double spread, square; long windows; } Noise; /* sums over windows: of the variance of an item's gradient, of the square of the mean's norm */

typedef struct {
    const Program *p;
    Options o;
    Team *team;
    Table data;
    Plan plan;
    Order order;
    uint64_t seed;
    long update, skipped[GG_STEPS];               /* rounds done so far; windows in which nothing counted, by step */
    int missed[GG_STEPS];                         /* and those of the round */
    Turn turn;                                    /* the round's window under way, or the next one */
    Clock clock[GG_STEPS];                        /* of the last windows, by step */
    double *kept; bool merged;                    /* sums of the round's steps that are done; added to this window's */
    double lr[GG_STEPS], norm[GG_STEPS];          /* of the last windows, by step */
    Noise noise_told[GG_STEPS], noise_shown[GG_STEPS]; /* since the last line of the log, of the terminal */
    double loss_scale; long finite;               /* 1 where the program has none; finite windows in a row, of a dynamic one */
    long started;                                 /* with a device the next window may be under way already */
    Started under_way[2];
    double ended;                                 /* the last window that is done, in seconds */
    double best;                                  /* of the report that the program names; NaN: none yet */
    long stale;                                   /* validations since the best one */
    double *sums, samples, *values;               /* since the last report line */
    char **staged, *stage_room; size_t stage_row; /* augmented rows of a window, by column; a row for each thread */
    double *aside;                                /* sums of a window, while an evaluation makes its own */
    real *best_params;                            /* where there is no file for them */
    bool opened, fetched;                         /* the device; the host has what the device has */
    bool prepared;                                /* false: the host has new parameters */
    bool waits;                                   /* in a library: a window's gradients, for their update */
    const char *device;                           /* NULL: none */
    bool terminal;
    int log;                                      /* descriptor or -1 */
    long log_bytes;
    double start, shown;                          /* seconds */
    long start_update;
    char beyond[300];                             /* what is wrong with a computed id; "": nothing */
    Line text, odd, header;                       /* odd: what of a line of the log is not finite */
    Archive archive;                              /* the file being loaded */
} Run;
void gg_run_open(Run *r);                         /* all else follows from r->p and r->o */
void gg_run_close(Run *r);
void gg_best_path(const Run *r, char out[4096]);  /* the file beside --save's */
bool gg_run_turn(Run *r, long update, long n, bool whole); /* begins that round's nth window, with its update or without; false: no more in the round */
void gg_run_turned(Run *r);                       /* that window is behind us */
void gg_run_update(Run *r);                       /* what a window without its update left out */
void gg_run_await(Run *r);                        /* a device's oldest window under way is over */
bool gg_run_voided(const Run *r);                 /* the window's gradient was not finite, and the program asks */
void gg_run_blame(Run *r, char *out, size_t room); /* which micro-batch of window r->update made it so, in words */
bool gg_run_beyond(Run *r);                       /* a computed id of the window is beyond its axis: r->beyond says so */
void gg_run_done(Run *r);                         /* window r->update is behind us */
void gg_run_fetch(Run *r);                        /* parameters, states and gradients are on the host */
bool gg_run_evaluate(Run *r, const Rows *rows, double *out); /* false: no rows */
void gg_run_predict(Run *r, long from, long n);   /* the outputs of rows from .. from + n - 1 of the table, a micro-batch at most */

/* ---- noise_scale.c: the gradient noise scale ------------------------------------------------------------------- */
void gg_noise_add(Run *r, int step);              /* from the window that is over */
double gg_noise_take(Noise *n);                   /* of the windows since it was last taken; NaN: there was none */

/* ---- average.c: averages of the weights, which evaluation and predictions use in place of them ------------ */
void gg_average_start(Run *r);                    /* they are the weights */
void gg_average_swap(Run *r);                     /* they change places with the weights */
real *gg_averages(const Program *p);              /* NULL: there are none */
bool gg_average_has(const Program *p, const Archive *a); /* the file has them */

/* ---- augment.c ------------------------------------------------------------------------------------------ */
void gg_augment_open(Run *r);
void gg_augment(Run *r);                          /* the window's rows are staged, and the window reads them */
void gg_augment_close(Run *r);

/* ---- checkpoint.c --------------------------------------------------------------------------------------- */
long gg_checkpoint_bytes(const Program *p);       /* of its tensors */
void gg_save_run(Run *r, const char *path);       /* all or nothing: a new file takes the old one's place */
enum { GG_CHUNK = 8192 };                         /* reals that pass through memory at once */
real *gg_array(const Program *p, int array);      /* 0: the parameters, 1: the first state ... */
bool gg_in_array(const Program *p, int array, const Tensor *t); /* frozen tensors have no states */
void gg_array_name(char *out, size_t room, const Program *p, int array, const Tensor *t);

/* ---- load.c --------------------------------------------------------------------------------------------- */
void gg_load_sources(Run *r);                     /* what the model's rules load */
void gg_load_weights(Run *r, const char *path);
void gg_load_fields(Run *r, const char *path);    /* into r->data, those that the run read */
bool gg_load_run(Run *r, const char *path);       /* false: no such file */

/* ---- predict.c ------------------------------------------------------------------------------------------ */
void gg_predict(Run *r);                          /* writes the outputs of all rows */
void gg_predict_check(const Options *o, const Program *p); /* fails with usage errors */
long gg_predict_count(const Program *p, const char *rows);
const char *gg_predict_weights(const Options *o);
bool gg_predict_single(const char *path);         /* --output: a file, not a directory of files */

/* ---- writable.c ----------------------------------------------------------------------------------------- */
void gg_prove_writable(const Program *p, const Options *o); /* --save, --log and --output, or fails; leaves nothing behind */

/* ---- log.c ---------------------------------------------------------------------------------------------- */
void gg_log_open(Run *r);                         /* cut at r->log_bytes */
void gg_log_update(Run *r, const Started *s, double ms, double seconds);
void gg_log_split(Run *r, const char *split, const double *values);
void gg_show_plan(const Run *r);
void gg_show_notes(const Run *r, FILE *to);       /* what the readers took their files for */
void gg_show_progress(Run *r);                    /* on a terminal, now and then */
void gg_show_report(Run *r, const char *what, const double *values);
#endif
