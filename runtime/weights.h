/* weights.h -- weights between a run and files: averages, checkpoints, files of other programs. */
#ifndef GAGEN_WEIGHTS_H
#define GAGEN_WEIGHTS_H
#include "run.h"

void gg_average_start(Run *r);                         /* makes the averages the weights */
void gg_average_swap(Run *r);                          /* exchanges the averages and the weights */
real *gg_averages(const Model *m);                     /* NULL: there are none */
bool gg_average_has(const Model *m, const Archive *a); /* the file has them */

long gg_checkpoint_bytes(const Model *m); /* of its tensors */
/* all or nothing: a new file replaces the old one */
void gg_save_run(Run *r, const char *path);
enum { GG_CHUNK = 4096 };                  /* most reals in memory at once */
real *gg_array(const Model *m, int array); /* 0: the parameters, 1: the first state ... */
bool gg_in_array(const Model *m, int array, const Tensor *t); /* frozen tensors have no states */
void gg_array_name(char *out, size_t room, const Model *m, int array, const Tensor *t);

void gg_load_sources(Run *r); /* loads the files of the model's rules */
void gg_load_weights(Run *r, const char *path);
void gg_load_fields(Run *r, const char *path); /* into r->data, the columns that the run reads */
bool gg_load_run(Run *r, const char *path);    /* false: no such file */
#endif
