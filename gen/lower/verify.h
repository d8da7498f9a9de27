/* verify.h -- rules after each stage of lower/. A broken rule is a BUG, which names the stage
   and the kernel or node. */
#ifndef VERIFY_H
#define VERIFY_H
#include "lower/lower.h"

#define MUST(condition, ...) \
    do { \
        if (!(condition)) BUG(__VA_ARGS__); \
    } while (0)

/* "kernel k2_relu", or "the kernel of relu %3" before it has a name */
char *kernel_text(const Kernel *x);
char *value_text(const Node *n);          /* "relu %3" */
KernelList all_kernels(const Kernels *k); /* of all four lists: once, micro, finish, predict */
typedef void OnNode(Kernels *k, const Kernel *x, Node *n, int at);
void each_node(Kernels *k, const Kernel *x, OnNode *f); /* pre, core, body: at counts them */
#endif
