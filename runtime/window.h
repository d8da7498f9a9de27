/* window.h -- windows, evaluation and prediction of rows. */
#ifndef GAGEN_WINDOW_H
#define GAGEN_WINDOW_H
#include "run.h"

/* begins the nth window of the round of `update`; whole: with its update. Returns false for the
   round's last window. On a device it does not wait */
bool gg_run_step(Run *r, long update, long n, bool whole);
void gg_step_done(Run *r);  /* waits for the window that gg_run_step has begun */
void gg_run_update(Run *r); /* runs the update of a window that began with whole = false */
/* whether the window's gradient was not finite, if the program checks */
bool gg_run_voided(const Run *r);
/* writes into `out` which micro-batch of window r->schedule.update was not finite */
void gg_run_blame(Run *r, char *out, size_t room);
/* whether a computed id of the window is beyond its axis; r->sums.beyond has the message */
bool gg_run_beyond(Run *r);
/* records that window r->schedule.update is over: sums, counters, log */
void gg_run_done(Run *r);
/* evaluates `rows`; `out` gets the sums; false: no rows */
bool gg_run_evaluate(Run *r, const Rows *rows, double *out);
/* computes the outputs of rows from .. from + n - 1 of the table; n is at most a micro-batch */
void gg_run_predict(Run *r, long from, long n);
/* the same of n rows at the columns' addresses */
void gg_run_outputs(Run *r, long n);

void gg_noise_add(Run *r, int step); /* adds the two norms of the window that is over */
/* the noise scale in samples, over the windows since the last call; NaN: there was none */
double gg_noise_take(Noise *n);

void gg_augment_open(Run *r);
/* augments copies of the window's rows, and lets the window read the copies */
void gg_augment(Run *r);
void gg_augment_close(Run *r);

void gg_rows_open(Run *r);  /* room for the rows of a stream */
void gg_rows_stage(Run *r); /* copies the window's rows out of the stream, if there is one */
#endif
