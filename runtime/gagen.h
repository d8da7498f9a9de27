/* gagen.h -- functions that a generated C program calls: numbers, vectors, a team of threads,
   the window, the program's main. */
#ifndef GAGEN_RUNTIME_H
#define GAGEN_RUNTIME_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "real.h"     /* real, vec, vec8: in float or double, for the machine's vectors */
#include "contract.h" /* C (+)= A B over constant extents and strides */
#include "team.h"     /* the threads of one program, spans, barrier */
#include "philox.h"   /* noise keyed by sample */
#include "program.h"
#include "kernel.h"
#endif
