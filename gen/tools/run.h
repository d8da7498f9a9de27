/* run.h -- gagen run. */
#ifndef RUN_H
#define RUN_H
#include "ir/options.h"
/* the first target if its compiler and a device exist, else the second; prints which */
const Target *run_target(const Target *device, const Target *cpu);
/* compiles the program if necessary, then replaces this process by it */
_Noreturn void run_program(const Opts *o, const char *title, const Text *source);
#endif
