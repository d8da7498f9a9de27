/* schedule.h -- functions of the number of samples: windows, rounds, the order of rows. */
#ifndef GAGEN_SCHEDULE_H
#define GAGEN_SCHEDULE_H
#include "base.h"
#include "program.h"
#include "table.h"

/* windows of one size: where they begin */
typedef struct {
    long update, epoch, at, first, batch;
} Span;
typedef struct {
    char tail;
    long samples, batch, tokens; /* batch: the largest; tokens of a sample */
    int spans;
    Span span[GG_MILESTONES];
    long E, T;   /* updates an epoch, rounded up; updates of the run */
    long last;   /* samples of an epoch's last window; carry: of the run's */
    long unread; /* samples an epoch leaves out */
    long total;  /* samples that the run consumes */
} Calendar;
/* of a window; ends: an epoch ends in it */
typedef struct {
    long epoch, at, first, samples;
    bool ends;
} Position;
/* T = 0 and E = 0: not one window */
Calendar gg_calendar(const Schedule *of, long samples, long epochs, long steps);
Position gg_position(const Calendar *calendar, long update); /* of update 0 .. T - 1 */
long gg_consumed(const Calendar *calendar, long update);     /* samples in the updates before it */
/* whether the interval, or the run, ends after so many updates */
bool gg_due(const Calendar *calendar, Interval i, long update);

typedef struct {
    const Rows *rows;
    long group, epochs;   /* groups of so many epochs: a window meets two groups at most */
    uint32_t *now, *next; /* NULL: rows in file order */
    bool shuffle;
    uint64_t seed;
} Order;
void gg_permute(uint32_t *out, long n, uint64_t seed, long epoch);
void gg_order_start(Order *o, const Calendar *calendar, const Rows *rows, bool shuffle,
                    uint64_t seed);
/* makes now and next those of this group and the following */
void gg_order_group(Order *o, long group);
void gg_order_free(Order *o);

/* ---- rounds ---- */
typedef struct {
    long n; /* the round's nth window, counted by step */
    int step;
    long nth;           /* and the step's nth */
    long from, samples; /* of the round's */
    bool closes, last;  /* of the step's; of the round's */
} StepWindow;
static inline bool gg_several_steps(const Schedule *of) { return of->nsteps > 1; }
/* for a round of this size: the samples that its reports cover */
long gg_last_window(const Schedule *of, long samples);
StepWindow gg_step_window(const Schedule *of, long samples,
                          long n); /* of a round of so many samples */
/* windows that the step takes in the first rounds */
long gg_taken(const Schedule *of, const Calendar *calendar, int step, long rounds);
/* windows that it takes in an epoch; with "carry" not a whole number */
double gg_epoch(const Schedule *of, const Calendar *calendar, int step);
#endif
