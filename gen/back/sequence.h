/* sequence.h -- lines that call functions; one function of several lines where the same lines come
   again with other arguments: a block of a net. */
#ifndef SEQUENCE_H
#define SEQUENCE_H
#include "base/base.h"

typedef struct Arg {
    const char *text;               /* "arena.h1", "&sums[1]", "beta" */
    const char *view;               /* the member of Device that it names: "arena"; NULL: none */
    const char *type, *name, *dims; /* as a parameter: "real" "x" "[32][64]" */
    const char *wish;               /* its name in a function of several lines; NULL: the same */
    bool kept;                      /* and it is const */
    bool own;                       /* it names what the caller alone has: beta, dev */
    bool condition;                 /* the call is made only if it is true */
} Arg;
typedef struct Line {
    /* its text around the arguments: "GG_LAUNCH(k1_add, 256, 256, 0, gg_stream, " and ");" */
    const char *before, *after;
    const char *note;  /* a comment after it, or "" */
    const char *brief; /* it is printed so, "K2_TO_K9_H(1, 0);"; NULL: with its arguments */
    bool folded;       /* it calls a function of several lines */
    int first, last;   /* kernels that it runs, by number; 0: none */
    VEC(Arg) args;
} Line;
typedef VEC(Line) Lines;

Line *line_add(Lines *to, const char *before, const char *after);
void arg_add(Line *c, Arg a);
char *arg_declared(const Arg *a); /* "const real x[32][64]" */
char *arg_type(const Arg *a);     /* "const real[32][64]" */
/* the n calls from there on: all but their arguments */
bool lines_alike(const Lines *a, int from, const Lines *b, int at, int n);
bool line_same(const Line *a, const Line *b);
/* lines; before them "auto &arena = dev->arena;" for the views that they need; NULL: they need
   none */
char *lines_text(const Lines *c, const char *dev);

/* functions, and declarations of those that are called before they stand: "k1_div(Device *dev),
   k2" */
typedef struct Written {
    Text functions, kernels, steps;
    VEC(const char) names, texts;    /* of functions of several calls: the rest of their text */
    Text calls;                      /* macros that call them, */
    VEC(const char) macros, defines; /* their names, and the rest of their text */
} Written;
void declare_function(Text *to, const char *name, const char *parameters);

typedef struct Common { /* several sequences of calls, alike */
    Lines body;         /* what they have in common: parameters where arguments differ */
    VEC(Arg) params;
    int *call, *arg; /* by parameter: where in a sequence it is first used */
} Common;
Common lines_common(const Lines *const *at, int n);
/* The layer that sequence `which` of several is of, "h_0"; NULL: no argument names one. */
const char *lines_layer(const Lines *const *at, int which);
Lines lines_slice(const Lines *c, int from, int n);
char *params_text(const Common *c);       /* "const real x[32][64], int beta" */
char *params_types_text(const Common *c); /* "const real[32][64], int" */
/* a sequence's arguments for the parameters */
void params_given(const Common *c, const Lines *from, Line *to);
typedef struct Folding { /* how functions of several lines begin */
    const char *what;    /* the end of their names, k2_to_k9_WHAT, where no layer names them */
    const char *memory;  /* where views are found, "device"; NULL: there are none */
} Folding;
/* what is repeated becomes a function on the host, and calls of it */
void lines_fold(Lines *c, const Folding *f, Written *to);
/* how many lines of the program a text of n characters takes, a line of a list */
int text_height(size_t n);
int line_height(const Line *c);
/* blocks.c: the same, and calls that differ in numbers of names become calls of a macro */
void lines_shorten(Lines *c, const Folding *f, Written *to);
#endif
