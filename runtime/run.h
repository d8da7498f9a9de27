/* run.h -- a run, in the parts of its program: model, schedule, data and device; its sums, and what
   it tells. */
#ifndef GAGEN_RUN_H
#define GAGEN_RUN_H
#include "base.h"
#include "team.h"
#include "archive.h"
#include "options.h"
#include "schedule.h"
#include "table.h"

typedef struct {
    Place place;
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

typedef struct { /* where the run stands in its schedule */
    Plan plan;
    Order order;
    uint64_t seed;
    /* rounds done so far; windows in which nothing counted, by step */
    long update, skipped[GG_STEPS];
    int missed[GG_STEPS];                /* and those of the round */
    Turn turn;                           /* the round's window under way, or the next one */
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
} Progress;

typedef struct { /* augmented rows of a window, by column; a row for each thread */
    char **rows, *room;
    size_t row;
} Staging;

typedef struct { /* what computes: the host's threads, or a device */
    Team *team;
    const char *text;     /* what the device is; NULL: there is none */
    bool opened, fetched; /* the device; the host has what the device has */
    bool prepared;        /* false: the host has new parameters */
    bool waits;           /* in a library: a window's gradients, for their update */
} Machine;

typedef struct {
    double *since, samples, *values; /* since the last report line; the reports of them */
    double *kept;
    bool merged;      /* sums of the round's steps that are done; added to this window's */
    double *aside;    /* sums of a window, while an evaluation makes its own */
    char beyond[300]; /* what is wrong with a computed id; "": nothing */
} Sums;

typedef struct { /* what the run tells */
    int file;    /* descriptor or -1 */
    long bytes;
    Line text, odd; /* odd: what of a line is not finite */
    /* since the last line of the log, of the terminal */
    Noise noise_told[GG_STEPS], noise_shown[GG_STEPS];
    bool terminal;
    double start, shown; /* seconds */
    long start_update;
} Journal;

typedef struct {
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
