/* emit_c.h -- C: the function of a kernel. */
#ifndef EMIT_C_H
#define EMIT_C_H
#include "ir/program.h"

char *kernel_statements(const Program *s, const Kernel *k);             /* the body of the kernel's function */
void  emit_kernel(const Program *s, const Kernel *k, const char *body, const char *parameters, const char *also, Text *out);      /* the function */
#endif
