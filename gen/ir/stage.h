/* stage.h -- the stages of a compilation: one table, which main.c fills. */
#ifndef GAGEN_STAGE_H
#define GAGEN_STAGE_H
#include "ir/options.h"
#include "ir/program.h"

typedef struct Compilation { /* the results that stages pass on */
    const Opts *opts;
    OpGradient gradient; /* of structured ops */
    Graph *model;        /* the model, checked */
    Graph *g;            /* the graph of the current step, and its results */
    Kernels *k;
    Plan *p;
    Program *s;
    Whole *all; /* of all steps */
} Compilation;

typedef struct Stage {
    const char *name, *gives; /* --dump=NAME prints its result */
    enum { ONCE, EACH_STEP } times;
    void (*run)(Compilation *c);
    /* BUG where a rule is broken; NULL: there are no rules */
    void (*verify)(const Compilation *c);
    void (*print)(Text *out, const Compilation *c);
} Stage;

typedef struct Pipeline {
    const Stage *stage;
    int n;
} Pipeline;
const Stage *stage_named(const Pipeline *p, const char *name); /* NULL: there is none */

/* Runs the stages from `first` to `last`. Stages of steps run for one step after another. A
   user's errors end it, see attempt(). True: it stopped after the stage that opts->dump names
   and added its dump to out. */
bool compile(const Pipeline *p, const char *first, const char *last, Compilation *c, Text *out);
#endif
