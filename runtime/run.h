/* run.h -- a run, in the parts of its program: model, schedule, data and device; then its sums
   and its messages. */
#ifndef GAGEN_RUN_H
#define GAGEN_RUN_H
#include "base.h"
#include "team.h"
#include "archive.h"
#include "options.h"
#include "schedule.h"
#include "table.h"

typedef struct {
    Position position;
    double lr, begin;
} Started; /* a window under way */
/* sums over windows: of the variance of an item's gradient, of the square of the mean's norm */
typedef struct {
    double spread, square;
    long windows;
} Noise;

typedef struct {     /* files of weights */
    real *best;      /* the best ones, where there is no file for them */
    Archive archive; /* the file being loaded */
    Line header;     /* of a checkpoint */
} Stored;

/* of a plateau: the factor of the rate; the value to improve; validations without, and those left
   that do not count */
typedef struct {
    double rate, best;
    long bad, cooling;
} Level;

typedef struct { /* the run's position in its schedule */
    Calendar calendar;
    Order order;
    uint64_t seed;
    /* rounds done so far; empty windows, by step */
    long update, skipped[GG_STEPS];
    int missed[GG_STEPS];                /* and those of the round */
    StepWindow step_window;              /* the round's window under way, or the next one */
    Clock clock[GG_STEPS];               /* of the last windows, by step */
    double lr[GG_STEPS], norm[GG_STEPS]; /* of the last windows, by step */
    /* 1 where the program has none; finite windows in a row, of a dynamic one */
    double loss_scale;
    long finite;
    long started; /* with a device the next window may be under way already */
    Started under_way[2];
    double ended; /* the last window that is done, in seconds */
    double best;  /* of the report that the program names; NaN: none yet */
    long stale;   /* validations since the best one */
    Level level;
} Progress;

/* rows of a window that are copied: augmented, or from a stream of tokens; by column. A row for
   each thread; the sums of an evaluation in pieces */
typedef struct {
    char **rows, *room;
    size_t row;
    double *sums;
} Staging;

typedef struct { /* what computes: the host's threads, or a device */
    Team *team;
    const char *text;     /* what the device is; NULL: there is none */
    bool opened, fetched; /* whether the device is open; whether the host has the device's values */
    bool prepared;        /* false: values made from parameters are out of date */
    bool waits;           /* in a library: a window's gradients wait for their update */
} Machine;

typedef struct {
    double *since, samples, *values; /* since the last report line: sums, samples; their reports */
    double *kept;
    bool merged;      /* sums of the round's steps that are done; added to this window's */
    double *aside;    /* sums of a window, while an evaluation makes its own */
    char beyond[300]; /* the fault of a computed id; "": none */
} Sums;

typedef struct { /* the messages of the run */
    int file;    /* descriptor or -1 */
    long bytes;
    Line text, odd; /* odd: the values of a line that are not finite */
    /* since the last line of the log, of the terminal */
    Noise noise_told[GG_STEPS], noise_shown[GG_STEPS];
    bool terminal;
    double start, shown; /* seconds */
    long start_update;
} Journal;

typedef struct Run {
    const Program *p;
    Options o;
    Stored model;
    Progress schedule;
    Table data;
    Staging staging;
    Machine device;
    Sums sums;
    Journal log;
} Run;
#endif
