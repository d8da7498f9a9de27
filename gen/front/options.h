/* options.h -- the tables of commands and options: what parses, --help and --man read. */
#ifndef OPTIONS_H
#define OPTIONS_H
#include "front/front.h"
#include "ir/ident.h"
#define VERSION "0.1"

enum { DO_WRITE = 1, DO_RUN = 2, DO_PLAN = 4, DO_PLOT = 8, DO_OPS = 16, DO_HELP = 32, DO_ALL = 63 };
/* name "": none is said */
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
    unsigned commands; /* that take it */
    const char *help;  /* lines */
    void (*set)(State *s, const char *value);
} Option;

/* all that there are */
typedef struct {
    const Command *command;
    int ncommands;
    const Option *option;
    int noptions;
} Manual;
char *man_text(const Manual *m); /* man.c: a page for man(1) */
#endif
