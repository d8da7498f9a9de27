/* run.h -- files, and gagen run. */
#ifndef RUN_H
#define RUN_H
#include "ir/options.h"
void choose_run_target(Opts *o);                            /* CUDA where nvcc and a device answer, else C; says which */
_Noreturn void run_program(const Opts *o, const char *title, const Text *source);      /* compiles it unless that was done, and becomes it */
#endif
