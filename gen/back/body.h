/* body.h -- the statements of maps inside the loops of a kernel: locals.c names, load.c reads, body.c computes and stores. */
#ifndef BODY_H
#define BODY_H
#include "back/nest.h"
#include "back/emit.h"

typedef struct {
    const Program *s;
    const Kernel *k;
    Scope scope;
    Text out;                           /* statements so far */
    const Expr **value;                 /* by node id: what stands for a node computed in this kernel */
    VEC(char) names;                    /* local names taken */
    bool reads_data;                    /* some statement needs `at`, the data row */
    const char *fold_index; long fold_count;      /* `i` and `n` of a fold's formulas */
    const char *fold_name[LETS];        /* what its folds are called here */
    const Node *fold;                   /* the fold whose arguments may lack the folded axes */
} Body;

typedef struct { const char *name, *line; } BodyScalar;
Body *body_new(const Program *s, const Kernel *k);
const char *body_scalar(const char *name);                  /* "rows", "training" ...: of the window or the micro-batch, in a local at the top of the function */
const char *body_scale(int seed);                           /* the same for a factor of scale_in */
void  body_scalars_begin(void);                             /* a kernel begins, which has asked for none */
char *body_scalars(bool (*wanted)(const char *body, const char *name), const char *body);   /* the lines for those that it asked for; wanted: where more than one function is made of it */
const Expr *body_load(Body *b, Node *n);                    /* n's element at the scope's place, as an expression */
bool  old_folds_in_training(const Node *f);                                     /* its value in evaluation asks for none of its folds */
const Expr *body_formula(Body *b, const Node *n, const Expr *e);        /* a formula of n's op, its names put in */
char *body_text(Body *b, const Expr *e);
char *body_statements(Body *b);                             /* those so far, taken out */
void  body_maps(Body *b, Node *const *at, int n, Node *const *later, int nlater);   /* statements of maps, stored where others read them; later: maps that run after */
void  body_define(Body *b, Node *n, const Expr *e, bool name);      /* n is e from here on; name: in a constant of its own */
void  body_store(Body *b, const Node *n, const Expr *e);    /* into its buffer or its parameter's gradient, if it has one */
bool  body_stores_lanes(const Body *b, const Node *n);           /* neighbouring lanes of it are neighbours in memory */
const char *body_start(Body *b, const Node *n, const char *zero);    /* declares the sum of n: it begins at zero, or at the gradient whose chain it is */
bool  old_is_column(const Node *f);                              /* a sum that leaves a tensor: over the batch, or of parameters */
bool  old_is_stored(const Kernel *k, const Node *n);            /* others read it, or it is a gradient */
char *body_name(Body *b, const char *wish);
const Expr *body_local(Body *b, const Expr *e, bool calls); /* e, or a local of its value where it reads memory; calls: or calls a function */
bool  body_reads(const Program *s, const Kernel *k, const Scope *scope, const Node *n);      /* lanes can read what n is made of */
bool  body_vectorises(const Program *s, const Kernel *k, const Scope *scope, Node *const *at, int n);
Layout old_with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out);       /* axes of extent 1 put back */
const char *old_beta_of(const Program *s, const Kernel *k);
#endif
