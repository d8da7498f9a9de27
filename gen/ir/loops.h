/* loops.h -- the loop IR: a kernel's computation, as a tree.

   1. Numbers, indices, bounds and conditions are one kind of immutable tree, Val.
   2. A loop over UNITS goes to threads or to blocks of them. No unit writes what another touches.
      Loops over units directly inside one another are dealt together.
   3. A loop over LANES runs several turns at once; such loops directly inside one another run
      together. A fold into a variable from outside is complete after the loop, by a fixed tree.
      The next loop may read what it writes to a LOCAL from outside. SHARES are LANES that are
      added in order: turn i goes to share i % width, and neighbouring units run side by side.
   4. Buffers are formal and numbered, so equal kernels are equal trees. A tree has no text, except
      that variables have wishes for their names.
   5. A load is never in an arm of a choice. It is read into a LET before, at an index that is
      always inside. */
#ifndef GAGEN_LOOPS_H
#define GAGEN_LOOPS_H
#include "ir/layout.h"

/* AS_BYTE: of columns alone; AS_LONG: a row of the data, an id */
typedef enum { AS_REAL, AS_DOUBLE, AS_INT, AS_LONG, AS_BOOL, AS_BYTE } ValType;
typedef enum { VAL_NUMBER, VAL_VAR, VAL_RUN, VAL_LOAD, VAL_CALL } ValKind;
enum {
    RUN_ROWS,      /* real rows of the micro-batch */
    RUN_FROM,      /* rows of the window before it */
    RUN_MICROS,    /* micro-batches of the window */
    RUN_SAMPLES,   /* samples of the window */
    RUN_TRAINING,  /* whether it trains */
    RUN_BETA,      /* beta of a gradient's first write in a micro-step */
    RUN_BEGIN,     /* of an optimizer's pass: its first element */
    RUN_END,       /* and the one after its last */
    RUN_RATE,      /* the learning rate */
    RUN_SCALE_OUT, /* undoes the loss's scale */
    RUN_CLIP,      /* the norm's factor */
    RUN_TRUST,     /* the quotient of a tensor's two lengths */

    RUN_SCALE = 16,    /* + i: factor i of Window.scale_in */
    RUN_ARG = 128,     /* + i: the call's number i, a stream of noise */
    RUN_CONSTANT = 192 /* + i: Window.c[i] */
};

typedef struct Val {
    ValKind kind;
    ValType type;
    double number; /* NUMBER */
    /* NUMBER: as the user wrote it, a name for it, or "(1 - 0.9)", what folding made it of; or
       NULL */
    const char *spelled;
    int id;              /* VAR: of Loops.vars; RUN; CALL: a Call */
    const struct At *at; /* LOAD */
    int n;
    const struct Val *arg[3];
} Val;

enum { TERMS = 24 };
/* most: index runs 0 .. most; 0 where it is a constant or another term has the range */
typedef struct Term {
    const Val *index;
    long stride, most;
} Term;
typedef struct At { /* the element base + SUM index * stride of a formal buffer */
    int buffer, n;
    long base;
    Term term[TERMS];
} At;

typedef enum {
    STMT_FOR,
    STMT_IF,
    STMT_LET,
    STMT_VARIABLE,
    STMT_FOLD,
    STMT_STORE,
    STMT_ZERO,
    STMT_PRODUCT,
    STMT_LOCAL
} StmtKind;
typedef enum { SERIAL, UNITS, LANES, SHARES } Deal;
/* of a box; before, after: the first and last indices, of its frame */
typedef struct {
    long extent, stride, before, after;
} Side;
typedef struct {
    int var;
    long extent;
    const char *spelled; /* a name for extent, or NULL */
} Range;                 /* var runs 0 .. extent - 1 */
typedef struct StmtList {
    struct Stmt **at;
    int n, room;
} StmtList;

/* FOR      var = from .. to - 1: body. With LANES and SHARES, from is 0 and to a constant.
   IF       value: body
   LET      var = value, a constant
   VARIABLE var = value, which FOLDs change
   FOLD     var fold= value; FOLD_NONE: var becomes value
   STORE    at = value; with beta, beta != 0 ? at + value : value. A beta of 1 always adds
   ZERO     of n sides: without a frame all of the box, else the elements that lie in some side's
            frame
   PRODUCT  for ranges 0 .. n - 1, of results: var = SUM over ranges n .. n + summed - 1 of a * b;
            then body. chain: the sum begins with what the body's store adds to
   LOCAL    buffer: an array of `extent` numbers, of the unit's own. It is a formal that no actual
            buffer is given for */
typedef struct Stmt {
    StmtKind kind;
    int var;
    const Val *value, *from, *to, *beta;
    Fold fold;
    At at;
    Deal deal;
    int width; /* LANES, SHARES: how many run at once, 0: as the target likes */
    int n, summed;
    Side side[4];
    Range range[12];
    const Val *a, *b;
    bool chain;
    int buffer;
    long extent;
    StmtList body;
} Stmt;

typedef struct {
    const char *wish;
    ValType type;
    Val *val;
} Variable;      /* val: the value that reads it */
typedef struct { /* a formal buffer */
    ValType type;
    const Layout *layout; /* its dims are printed; NULL: one dimension */
    const double *table;
    long count;         /* constants of the model, and their number; else NULL */
    bool half;          /* its numbers have 16 bits */
    bool read, written; /* set by loops_touch */
    const char *wish;   /* for its name, or NULL */
} Formal;

typedef struct Loops {
    VEC(Variable) vars;
    VEC(Formal) formals;
    int args; /* how many numbers its calls pass */
    StmtList body;
} Loops;

/* ---- loops.c: making trees, and properties of them ---- */
const Val *val_number(double x); /* of AS_REAL */
const Val *val_int(long x);
const Val *val_rows(long x); /* the same: all rows of a micro-batch, which have a name */
const Val *val_var(const Loops *k, int var);
const Val *val_run(int id, ValType type);
const Val *val_load(const Loops *k, const At *at); /* of the formal's type */
/* constants folded in double; x - 0, 1 * x, x / 1 and a choice that another one decides left out */
const Val *val_call(Call call, const Val *a, const Val *b, const Val *c);
bool val_same(const Val *a, const Val *b);
bool at_same(const At *a, const At *b);
bool val_uses(const Val *v, int var);
bool val_loads(const Val *v);                           /* it reads memory */
bool list_uses(const StmtList *l, int var);             /* whether a value in it depends on var */
bool list_has(const StmtList *l, ValKind kind, int id); /* the same for any VAR, RUN or CALL */
bool list_declares(const StmtList *l, int var);         /* as a constant or a variable */
/* it is in no tree's list yet */
Variable *variable_new(const char *wish, ValType type, int number);
int loops_var(Loops *k, const char *wish, ValType type);
int loops_formal(Loops *k, const Formal *f);
Stmt *stmt_new(StmtList *into, StmtKind kind);
/* orders variables by their definitions and removes those without one */
void loops_number(Loops *k);
void loops_touch(Loops *k); /* notes which formal buffers are read and written */
/* compares trees; ignores wishes and the fields for printers, Term.most and Val.spelled */
bool loops_same(const Loops *a, const Loops *b);

/* ---- print_loops.c, parse_loops.c, verify_loops.c ---- */
/* names: of the formals; NULL: their wishes, else b0, b1 ... */
void loops_print(Text *out, const Loops *k, const char *const *names);
/* NULL and *error, "line 3: ...", if it is not the text of a kernel */
Loops *loops_parse(const char *s, const char **error);
/* BUG, with `who` and the rule, if a rule is broken */
void loops_verify(const Loops *k, const char *who);
#endif
