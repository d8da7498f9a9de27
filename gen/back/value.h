/* value.h -- the text of a tree's values, for C and CUDA: names and numbers in words.c,
   subscripts in index.c, values in value.c. */
#ifndef VALUE_H
#define VALUE_H
#include "ir/loops.h"

/* numbers of the run for random draws, after the RUN_ of trees */
enum { RUN_CONSUMED = RUN_TRUST + 1, RUN_SEED };
typedef struct Words { /* the names in the function of a tree */
    const Loops *k;
    const char **formal; /* names of the formals, */
    const char **arg;    /* and the texts of the call's numbers */
    /* by variable: its name; NULL before words_var. A target may put another text there, in
       brackets of its own */
    const char **var;
    VEC(const char) taken;
    bool used[RUN_ARG]; /* by RUN_: its scalar was printed */
    bool micro;         /* m was printed, or a scalar that is read from it */
    bool beta, *drawn;  /* beta was printed; by argument: it was */
    bool *touched;      /* by formal: an element of it was printed */
    unsigned products;  /* by PRODUCT_: such a call was printed */
    bool device;        /* rows of the data are looked up in dev */
    /* the variable of a loop whose turns are lanes of vectors; -1: there are no vectors */
    int lanes;
    bool *vector; /* by variable: a vector, or a mask of one */
    /* "r_" "real"; with lanes "v_" "vec" "mask" "LANES", or "v8_" "vec8" "mask8" "LANES8" */
    const char *prefix, *type, *mask, *width;
    Text before; /* lines that the printed values need before their statement */
} Words;

/* ---- words.c ---- */
/* NULL among the formals: a table or a local, which gets a name */
Words *words_new(const Loops *k, const char *const *formal, const char *const *arg);
/* from here on that loop's turns are lanes; -1: there are none */
void words_lanes(Words *w, int var, long extent);
/* a name that nothing else has: the wish, or it and a number */
const char *words_free(Words *w, const char *wish);
/* the same for a loop of the printer's own: "i", "n" may be wishes */
const char *words_index(Words *w, const char *wish);
const char *words_var(Words *w, int var);     /* declares var: such a name, from its wish */
void words_leave(Words *w, const char *name); /* it is free again */
/* the type that declares it: "real", "long", "vec", "mask8" */
const char *words_type(const Words *w, int var);
/* the name of a scalar of the run, which words_scalars declares */
const char *words_run(Words *w, int id);
char *words_scalars(const Words *w); /* "const int rows = m->rows;\n" for those that were printed */
char *words_table(const Words *w, int formal); /* "const real table[2] = { R(1.0), R(0.5) };" */

/* "R(0.1)": as spelled, or the shortest decimal that reads back as x; "(real)(1 - 0.9)" */
char *number_text(double x, const char *spelled);

/* ---- index.c ---- */
/* the step of v when var grows by 1; false: it is not constant */
bool index_step(const Val *v, int var, long *step);
bool at_step(const At *at, int var, long *step); /* the same for the element's address */
char *dims_text(const Layout *l);                /* "[4][N][64]" */
/* an index runs over several dimensions, so the array is addressed as a flat one */
bool dims_overrun(const At *at, const Layout *l);

/* ---- value.c ---- */
enum { LEVEL_LOOSE, LEVEL_LOGIC, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_SIGN, LEVEL_WHOLE };
char *val_text(Words *w, const Val *v); /* as it stands after "=" or between commas */
/* the same, in brackets where it binds less than that LEVEL_ */
char *val_within(Words *w, const Val *v, int least);
char *val_double(Words *w, const Val *v);       /* the same where it goes to a double */
bool val_is_even(const Words *w, const Val *v); /* with lanes: a real that is the same in all, */
char *val_even(Words *w, const Val *v);         /* which is a vector in val_text, here none */
/* "arena.h1[s][n][j + 2]"; a sum that is one number: "sums[1]" */
char *at_text(Words *w, const At *at);
char *pointer_text(Words *w, const At *at);     /* to it: "arena.h1[s][n]", "&arena.h1[s][n][4]" */
bool val_is_mask(const Words *w, const Val *v); /* with lanes: a comparison of vectors */
#endif
