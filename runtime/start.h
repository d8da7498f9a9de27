/* start.h -- the beginning and the end of a run. */
#ifndef GAGEN_START_H
#define GAGEN_START_H
#include "run.h"

void gg_run_open(Run *r); /* everything else follows from r->p and r->o */
void gg_run_close(Run *r);
void gg_best_path(const Run *r, char out[4096]); /* the file beside --save's */
/* checks --save, --log and --output, or fails; leaves no new file */
void gg_prove_writable(const Program *p, const Options *o);
void gg_predict(Run *r); /* writes the outputs of all rows */
#endif
