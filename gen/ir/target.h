/* target.h -- what a program is written for, and what it asks of the stages before back/. */
#ifndef GAGEN_TARGET_H
#define GAGEN_TARGET_H
#include "base/base.h"

struct Whole;
typedef struct Target {
    const char *name, *title;           /* as -t names it; as plans do */
    bool blocks;                        /* vector axes lie in blocks, images with halos; products read strips and packed weights */
    bool launches;                      /* a kernel is a launch, and a launch is a phase: no barriers */
    bool rounds;                        /* what a product rounds to 16 bits are nodes of its own */
    bool tf32, split;                   /* it has precision = "tf32"; it keeps deterministic = "split" */
    double flops, bytes;                /* what a machine of its kind is taken to do in a second */
    double (*fixed)(const struct Whole *all);      /* bytes besides states and arena: workspaces, scratch; NULL: none */
} Target;

extern const Target target_c, target_cuda;
#endif
