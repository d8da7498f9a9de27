/* library.h -- training inside another C program, for programs made with --library.

   Every function returns 0 or the exit status of a training program; gg_error() then has the
   reason. Tensors are in logical order. Errors of a device after gg_open end the process, with
   status 3. */
#ifndef GAGEN_LIBRARY_H
#define GAGEN_LIBRARY_H
#include "program.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Reads the data (NULL: the model's path), computes the calendar of windows, makes the first
   weights and starts the threads (0: all cores). seed -1 is the model's. Status 1 for data, 3
   for memory. A program can be open only once at a time; several programs may be open. */
int gg_open(const Program *p, const char *data, int threads, long seed);
/* The same with rows in memory: columns[i] points to `rows` rows of p->columns[i], unsigned char,
   int32_t or real, which stay the caller's and must outlive gg_close. */
int gg_open_rows(const Program *p, long rows, const void *const *columns, int threads, long seed);
void gg_close(const Program *p);
const char *gg_error(void);

/* the run gets this many updates in place of the model's number */
int gg_steps(const Program *p, long steps);
/* Computes the gradients and reports of the next window (with several steps: the next one of the
   round). reports has as many numbers as the program has reports, or is NULL. A second call
   without gg_update repeats the window, but see accumulate_in below */
int gg_window(const Program *p, double *reports);
int gg_update(const Program *p); /* applies the gradients: the window is done */
/* runs so many windows; the reports are the last one's */
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

/* With accumulate_in = "momentum" or "moments", an optimizer's state has a window's gradients
   from gg_window on. Until gg_update, the calls gg_window, gg_train and gg_save return status 2,
   since they would count the gradients twice. */
int gg_save(const Program *p, const char *file);   /* a checkpoint that --resume takes */
int gg_load(const Program *p, const char *file);   /* weights alone */
int gg_resume(const Program *p, const char *file); /* weights, states and position */
#ifdef __cplusplus
}
#endif
#endif
