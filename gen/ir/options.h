/* options.h -- the options of the command line. */
#ifndef GAGEN_IR_OPTIONS_H
#define GAGEN_IR_OPTIONS_H
#include "ir/target.h"

typedef struct {
    const char *model;  /* path, "-" for standard input */
    const char *output; /* path or NULL: standard output */
    const Target *target;
    const char *dump;  /* the stage after which gagen prints its result and stops; NULL: none */
    bool target_given; /* by -t or the output's extension; else gagen run looks for a device */
    bool library, standalone, no_reuse, no_share, allocate, verify;
    VEC(const char) defines; /* "name=value", in order */
    /* the command as the banner shows it: base names, options that change bytes */
    const char *command;
    bool run, plan, plot;     /* gagen run, plan, plot */
    VEC(const char) run_args; /* the arguments after -- */
    VEC(const char) logs;     /* plot's */
    const char *picture;      /* plan's: the file of the arena's picture, or NULL */
    bool drawn;               /* and no text is printed */
    /* plan's: the assumed rates of the machine in a second; 0: the defaults */
    double gflops, gbytes;
} Opts;
#endif
