/* run.h -- gagen run. */
#ifndef RUN_H
#define RUN_H
#include "ir/options.h"
/* the first where its compiler and a device answer, else the second; says which */
const Target *run_target(const Target *device, const Target *cpu);
/* compiles it unless that was done, and becomes it */
_Noreturn void run_program(const Opts *o, const char *title, const Text *source);
#endif
