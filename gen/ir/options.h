/* options.h -- what the command line asked for. */
#ifndef GAGEN_IR_OPTIONS_H
#define GAGEN_IR_OPTIONS_H
#include "ir/target.h"

typedef struct {
    const char *model;  /* path, "-" for standard input */
    const char *output; /* path or NULL: standard output */
    const Target *target;
    const char *dump;  /* the stage after which to stop and print what it gave; NULL: none */
    bool target_given; /* by -t or the output's extension; else gagen run looks for a device */
    bool library, standalone, no_reuse, no_share, allocate, verify;
    VEC(const char) defines; /* "name=value", in order */
    /* the command as the banner shows it: base names, options that change bytes */
    const char *command;
    bool run, plan, plot;     /* gagen run, plan, plot */
    VEC(const char) run_args; /* what stood after -- */
    VEC(const char) logs;     /* plot's */
    const char *picture;      /* plan's: where the arena is drawn, or NULL */
    bool drawn;               /* and nothing is said */
    double gflops, gbytes; /* plan's: what the machine is taken to do in a second; 0: as assumed */
} Opts;
#endif
