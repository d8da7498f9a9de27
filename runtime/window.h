/* window.h -- windows, evaluation and prediction of rows. */
#ifndef GAGEN_WINDOW_H
#define GAGEN_WINDOW_H
#include "run.h"

/* begins the round's nth window, with its update or without; false: the round is over */
bool gg_run_step(Run *r, long update, long n, bool whole);
void gg_step_done(Run *r);  /* waits for that window */
void gg_run_update(Run *r); /* the update of a window that ran without it */
/* whether the window's gradient was not finite, if the program checks */
bool gg_run_voided(const Run *r);
/* in words: which micro-batch of window r->schedule.update was not finite */
void gg_run_blame(Run *r, char *out, size_t room);
/* whether a computed id of the window is beyond its axis; r->sums.beyond has the message */
bool gg_run_beyond(Run *r);
void gg_run_done(Run *r);                                    /* window r->schedule.update is over */
bool gg_run_evaluate(Run *r, const Rows *rows, double *out); /* false: no rows */
/* the outputs of rows from .. from + n - 1 of the table, a micro-batch at most */
void gg_run_predict(Run *r, long from, long n);

void gg_noise_add(Run *r, int step); /* from the window that is over */
double gg_noise_take(Noise *n); /* over the windows since it was last taken; NaN: there was none */

void gg_augment_open(Run *r);
void gg_augment(Run *r); /* the window's rows are staged, and the window reads them */
void gg_augment_close(Run *r);
#endif
