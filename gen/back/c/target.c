/* target.c -- C: what it asks of the stages before, and how its programs are written. */
#include "back/c/steps.h"

const Target target_c = {
    .name = "c", .title = "C", .extension = "c",
    .blocks = true, .split = true, .flops = 100e9, .bytes = 20e9,
    .kernels = c_kernels, .multiplies = "products multiply", .beside = "", .one_file = true
};
