/* print.h -- CUDA: a kernel's tree as functions on the device, and how many threads run each. */
#ifndef CUDA_PRINT_H
#define CUDA_PRINT_H
#include "back/value.h"

typedef enum {
    GRID_ELEMENTS,
    GRID_ROWS,
    GRID_COLUMNS,
    GRID_TOTAL,
    GRID_PRODUCT,
    GRID_TILES
} GridKind;
typedef struct Grid {
    /* what a thread has: a unit; a lane of a unit; a share of a unit; a lane of all; a part of a
       tile; a lane of each of a unit's loops in turn */
    GridKind kind;
    long count;  /* units */
    int width;   /* lanes or shares of one */
    int threads; /* of a block */
    long blocks;
    bool shared; /* one block runs this kernel and others in turn */
} Grid;
enum { BLOCK_THREADS = 512, THREADS = 256 }; /* of a block that kernels share; of any other */

typedef struct Naming { /* how the functions of a tree call what they touch */
    const Loops *k;
    const char **formal, **arg;
    VEC(const char) own; /* the names of their parameters among these */
} Naming;

/* a function of a kernel, which has several where one part waits for all of another */
typedef struct Piece {
    const char *suffix, *says; /* of its name; after its title */
    const char *body;
    Grid grid;
    Words *w; /* what the body speaks of */
    bool dev; /* also of dev itself */
} Piece;
typedef VEC(Piece) Pieces;

/* ---- print.c ---- */
Words *naming_words(const Naming *names);
void piece_add(Pieces *out, Piece p);
/* a function of the loops in list l */
void print_loops(Pieces *out, const Naming *names, const StmtList *l, bool shared,
                 const char *says);
/* turns of its innermost loops, or LONG_MAX where one block cannot do it */
long work_of(const Loops *k);
char *statements_text(Words *w, const StmtList *l); /* of one thread by itself */
char *digits_text(const Words *w, const Range *at, int n, const char *index, const StmtList *l,
                  const Val *v);
/* "j = id % 64, i = id / 64": from one index those
                                           variables that list l, or v, uses */
long count_of(const Range *at, int n);

/* ---- product.c ---- */
/* its tiles, and the sum of their parts */
void print_product(Pieces *out, const Naming *names, const Stmt *s);
long long_sum_of(const Loops *k); /* reals of scratch that the parts of its product need */
/* of a product that the library makes: does relu end it; the formal that it adds, or -1 */
bool product_epilogue(const Stmt *s, int *bias);
#endif
