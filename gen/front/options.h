/* options.h -- the tables of commands and options, which the parser, --help and --man read. */
#ifndef OPTIONS_H
#define OPTIONS_H
#include "front/front.h"
#include "ir/ident.h"
#define VERSION "0.1"

enum { DO_WRITE = 1, DO_RUN = 2, DO_PLAN = 4, DO_PLOT = 8, DO_OPS = 16, DO_HELP = 32, DO_ALL = 63 };
/* name "": no command is given */
typedef struct {
    unsigned id;
    const char *name, *synopsis, *help;
} Command;
typedef struct State {
    Opts o;
    const Command *command;
    bool target_given;
} State;
typedef struct {
    const char *name, *short_name, *value;
    unsigned commands; /* commands that take it */
    const char *help;  /* its lines of help */
    void (*set)(State *s, const char *value);
} Option;

/* all options */
typedef struct {
    const Command *command;
    int ncommands;
    const Option *option;
    int noptions;
} Manual;
char *man_text(const Manual *m); /* man.c: a page for man(1) */
#endif
