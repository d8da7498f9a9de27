/* stage.h -- the stages of a compilation: one table, which main.c fills and all walk. */
#ifndef GAGEN_STAGE_H
#define GAGEN_STAGE_H
#include "ir/options.h"
#include "ir/program.h"

typedef struct Compilation { /* what the stages give one another */
    const Opts *opts;
    OpGradient gradient; /* of structured ops */
    Graph *model;        /* what the user said, checked */
    Graph *g;            /* of the step at hand, and what becomes of it */
    Kernels *k;
    Plan *p;
    Program *s;
    Whole *all; /* of all steps */
} Compilation;

typedef struct Stage {
    const char *name, *gives; /* --dump=NAME prints what it gives */
    enum { ONCE, EACH_STEP } times;
    void (*run)(Compilation *c);
    /* BUG where something does not hold that must; NULL: nothing is asked */
    void (*verify)(const Compilation *c);
    void (*print)(Text *out, const Compilation *c);
} Stage;

typedef struct Pipeline {
    const Stage *stage;
    int n;
} Pipeline;
const Stage *stage_named(const Pipeline *p, const char *name); /* NULL: there is none */

/* Runs the stages from `first` to `last`, those of each step for one step after another; a user's
   errors end it, see attempt(). True: it stopped after the stage that opts->dump names, whose dump
   was added to out. */
bool compile(const Pipeline *p, const char *first, const char *last, Compilation *c, Text *out);
#endif
