/* schedule.h -- functions of the number of samples: windows, rounds, the order of rows. */
#ifndef GAGEN_SCHEDULE_H
#define GAGEN_SCHEDULE_H
#include "base.h"
#include "program.h"
#include "table.h"

/* a run of windows of one size: its first update, the epoch, row and sample where it begins */
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
/* of a window: epoch from 0, first row in it, samples consumed before, samples; ends: an epoch
   ends in it */
typedef struct {
    long epoch, at, first, samples;
    bool ends;
} Position;
/* the calendar of a run over so many samples; epochs or steps is -1; T = 0 and E = 0: there is
   no window */
Calendar gg_calendar(const Schedule *of, long samples, long epochs, long steps);
/* of update 0 .. T - 1 (they count from 0 here) */
Position gg_position(const Calendar *calendar, long update);
long gg_consumed(const Calendar *calendar, long update); /* samples in the updates before it */
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
/* sets `now` and `next` to the order of this group of epochs and the following */
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
/* the samples that the reports of a round of so many samples cover */
long gg_last_window(const Schedule *of, long samples);
StepWindow gg_step_window(const Schedule *of, long samples,
                          long n); /* the nth window of such a round */
/* the number of windows that the step takes in the first `rounds` rounds */
long gg_taken(const Schedule *of, const Calendar *calendar, int step, long rounds);
/* the number of windows that it takes in an epoch; with "carry" it may be a fraction */
double gg_epoch(const Schedule *of, const Calendar *calendar, int step);
#endif
