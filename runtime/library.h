/* library.h -- training inside another C program: what a program made with --library is driven by.
   Every function returns 0 or the status a training program would exit with; gg_error() then says
   why. Tensors are in logical order. What a device reports after gg_open ends the process, with
   status 3. */
#ifndef GAGEN_LIBRARY_H
#define GAGEN_LIBRARY_H
#include "program.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Reads the data (NULL: where the model says), plans the run, makes the first weights and starts
   the threads (0: all cores). seed -1 is the model's. A program is open once at a time; several
   programs may be. */
int gg_open(const Program *p, const char *data, int threads, long seed);
/* The same with rows in memory: columns[i] points to `rows` rows of p->columns[i], unsigned char,
   int32_t or real, which stay the caller's and must outlive gg_close. */
int gg_open_rows(const Program *p, long rows, const void *const *columns, int threads, long seed);
void gg_close(const Program *p);
const char *gg_error(void);

int gg_steps(const Program *p, long steps); /* plans so many updates in place of the model's */
/* gradients and reports of the next window, with several steps of the round's next one; reports
   may be NULL. Again without gg_update: the same window anew, but see accumulate_in below */
int gg_window(const Program *p, double *reports);
int gg_update(const Program *p); /* applies them: the window is done */
/* whole windows; the reports of the last */
int gg_train(const Program *p, long windows, double *reports);
/* "train", "valid", "test"; anywhere, also between gg_window and gg_update: it changes no bit of
   either */
int gg_evaluate(const Program *p, const char *split, double *reports);

/* after gg_window: times scale_out, before clipping */
int gg_gradient(const Program *p, const char *name, real *out);
int gg_parameter(const Program *p, const char *name, real *out);
int gg_set_parameter(const Program *p, const char *name, const real *in);
/* "m" of "net.0.weight" */
int gg_state(const Program *p, const char *state, const char *name, real *out);

/* An optimizer with accumulate_in = "momentum" or "moments" has a window's gradients in its state
   from gg_window on: until gg_update, gg_window, gg_train and gg_save are refused with status 2,
   for they would count them twice. */
int gg_save(const Program *p, const char *file);   /* a checkpoint that --resume takes */
int gg_load(const Program *p, const char *file);   /* weights alone */
int gg_resume(const Program *p, const char *file); /* weights, states and place */
#ifdef __cplusplus
}
#endif
#endif
