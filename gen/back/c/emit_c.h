/* emit_c.h -- C: the function of a kernel. */
#ifndef EMIT_C_H
#define EMIT_C_H
#include "ir/program.h"

typedef struct { const char *text; bool micro; } Statements;            /* micro: they use m */
Statements kernel_statements(const Kernel *k);          /* the body of the kernel's function */
void  emit_kernel(const Program *s, const Kernel *k, const Statements *x, const char *parameters, const char *also, Text *out);      /* the function */
#endif
