/* steps.h -- C: the kernels in order, see steps.c. */
#ifndef C_STEPS_H
#define C_STEPS_H
#include "back/emit.h"

void c_kernels(const Whole *all, bool share, Env *program, Env *const *step);
#endif
