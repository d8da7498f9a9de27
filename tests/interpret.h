/* interpret.h -- the reference interpreter of the loop IR: what a kernel's tree computes, in double, over memory that is given.
   It includes nothing that prints programs. */
#ifndef INTERPRET_H
#define INTERPRET_H
#include "ir/loops.h"

typedef struct Memory {                 /* what a formal buffer is */
    double *at; long size;
    uint64_t *writer, *reader;          /* of each element in a kernel's run, by unit; NULL: nobody writes it */
} Memory;
Memory *memory_new(double *at, long size, bool written);    /* at NULL: of its own, poisoned */
void memory_poison(Memory *m);          /* as if nobody had written it */
bool is_poison(double x);

typedef enum { FORWARD, REVERSE, SHUFFLED } Order;          /* of the turns of loops over units and lanes */
typedef struct Run {
    uint64_t meeting;                   /* how often the threads have met: between two meetings units of several kernels may race */
    long rows, from, micros, samples;   /* as RUN_ROWS and its kin say */
    bool training;
    int beta;
    const double *scale_in;
    const uint32_t *stream;             /* by argument */
    void *context;
    long (*row)(void *context, long n); /* the data's row of row n of the micro-batch */
    double (*uniform)(void *context, long n, uint32_t stream, uint32_t element);
} Run;

/* NULL, or the rule that it broke and where: "an index out of range: ...", "units race: ...", "nobody has written: ..." */
const char *interpret(const Loops *k, Memory *const *actual, const Run *run, Order order);
#endif
