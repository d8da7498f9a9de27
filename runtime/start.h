/* start.h -- the beginning and the end of a run. */
#ifndef GAGEN_START_H
#define GAGEN_START_H
#include "run.h"

void gg_run_open(Run *r); /* prepares a run from r->p and r->o; fails by gg_fail */
/* the weights of --load or --save alone, without data and device */
void gg_run_open_weights(Run *r);
void gg_run_close(Run *r);
/* the path of the best weights: FILE.best for --save FILE */
void gg_best_path(const Run *r, char out[4096]);
/* fails unless --save, --log and --output can be written; leaves no new file */
void gg_prove_writable(const Program *p, const Options *o);
void gg_predict(Run *r); /* writes the outputs of all rows to --output; fails by gg_fail */
#endif
