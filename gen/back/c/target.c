/* target.c -- C: what it asks of the stages before. */
#include "ir/target.h"

const Target target_c = { .name = "c", .title = "C", .blocks = true, .split = true, .flops = 100e9, .bytes = 20e9 };
