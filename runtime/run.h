/* run.h -- a run. */
#ifndef GAGEN_RUN_H
#define GAGEN_RUN_H
#include "base.h"
#include "team.h"
#include "archive.h"
#include "options.h"
#include "schedule.h"
#include "table.h"

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
#endif
