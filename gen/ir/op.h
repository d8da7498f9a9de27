/* op.h -- ops as data, and shapes. */
#ifndef GAGEN_OP_H
#define GAGEN_OP_H
#include "ir/expr.h"

enum { RANK = 6, ARGS = 14, ATTRS = 12, LETS = 8 };
typedef enum {
    K_CONST,
    K_PARAM,
    K_INPUT,
    K_NOISE,
    K_ROWS,
    K_ROOT,
    K_TABLE,
    K_SLOT,
    K_MAP,
    K_REDUCE,
    K_MATMUL,
    K_WINDOW,
    K_VIEW
} Kind;
typedef enum { FOLD_NONE, FOLD_SUM, FOLD_MAX, FOLD_MIN, FOLD_PROD } Fold;
/* "s = sum(exp(x - m))" has fold FOLD_SUM */
typedef struct {
    const char *name;
    Fold fold;
    const Expr *e;
} Let;
typedef struct Op {
    const char *name, *doc;
    Kind kind;
    const char *role; /* the property that C may test, one of roles.def, or "" */
    int nargs;
    const char *arg[ARGS];
    int nattrs;
    const char *attr[ATTRS];
    double preset[ATTRS];
    /* map: plain lets; reduce: folds over the folded axes, in order, each a pass */
    int nlets;
    Let let[LETS];
    const Expr *value; /* of an element; a reduce op may use `i`, the index along the folded axis */
    bool per_row; /* reduce: one value per row (the folded axes are gone), not one per element */
    bool noise;   /* its first use in a call gets a fresh K_NOISE argument */
    /* map: the adjoint of each argument; may use the args, lets, attrs, y and gy */
    const Expr *grad[ARGS];
    int lua;       /* registry reference of the op's table: shape and grad functions */
    bool has_grad; /* structured ops: the table holds a grad function */
} Op;
typedef struct {
    Op *of, *gradient[ARGS];
} OpGradients;
typedef struct Ops {
    VEC(Op) at;
    VEC(OpGradients) gradients;
} Ops;
Op *op_find(const Ops *ops, const char *name);      /* by name, for Lua's calls; NULL */
bool op_role_known(const char *role);               /* whether it is in roles.def */
Op *op_with_role(const Ops *ops, const char *role); /* BUG when there is none */
extern const char *const fold_calls[];              /* by Fold, the text in ops: "sum(" */
/* map: the op of args + y + gy whose value is grad[arg]; made once */
Op *op_gradient(Ops *ops, Op *op, int arg);

/* ---- shape.c ---- */
/* A batch tensor has the batch as axis 0. Its dim is 0 until train binds it to the micro-batch. */
typedef struct {
    int rank;
    bool batch;
    long dim[RANK];
} Shape;
bool shape_same(const Shape *a, const Shape *b);
long shape_count(const Shape *s);  /* elements, of one micro-batch */
long shape_sample(const Shape *s); /* elements of one sample (the batch axis left out) */
char *shape_text(const Shape *s);  /* "[N, 3, 28, 28]" */
/* the axis of arg that aligns with that axis of a result of this rank, whatever its extent; -1:
   none */
int shape_under(const Shape *arg, int rank, int axis);
/* arg's axis that broadcasts to that axis of out; -1: none */
int shape_axis(const Shape *arg, const Shape *out, int axis);
bool shape_broadcast(const Shape *a, const Shape *b, Shape *out);
#endif
