/* print.h -- CUDA: a kernel's tree as functions on the device, and how many threads run each. */
#ifndef CUDA_PRINT_H
#define CUDA_PRINT_H
#include "back/value.h"

typedef enum { GRID_ELEMENTS, GRID_ROWS, GRID_COLUMNS, GRID_TOTAL, GRID_PRODUCT } GridKind;
typedef struct Grid {
    GridKind kind;                      /* what a thread has: a unit; a lane of a unit; a share of a unit; a lane of all; a part of a tile */
    long count;                         /* units */
    int width;                          /* lanes or shares of one */
    int threads;                        /* of a block */
    long blocks;
    bool shared;                        /* one block runs this kernel and others in turn */
} Grid;
enum { BLOCK_THREADS = 512, THREADS = 256 };                /* of a block that kernels share; of any other */

typedef struct Naming {                 /* how the functions of a tree call what they touch */
    const Loops *k;
    const char **formal, **arg;
    VEC(const char) own;                /* the names of their parameters among these */
} Naming;

typedef struct Piece {                  /* a function of a kernel, which has several where one part waits for all of another */
    const char *suffix, *says;          /* of its name; behind its title */
    const char *body;
    Grid grid;
    Words *w;                           /* what the body speaks of */
    bool dev;                           /* also of dev itself */
} Piece;
typedef VEC(Piece) Pieces;

/* ---- print.c ---- */
Words *naming_words(const Naming *names);
void  piece_add(Pieces *out, Piece p);
void  print_loops(Pieces *out, const Naming *names, const StmtList *l, bool shared, const char *says);      /* a function of the loops in list l */
long  work_of(const Loops *k);                              /* turns of its innermost loops, or LONG_MAX where one block cannot do it */
char *statements_text(Words *w, const StmtList *l);         /* of one thread by itself */
char *digits_text(const Words *w, const Range *at, int n, const char *index, const StmtList *l, const Val *v);
                                        /* "j = id % 64, i = id / 64": from one index those variables that list l, or v, uses */
long  count_of(const Range *at, int n);

/* ---- product.c ---- */
void  print_product(Pieces *out, const Naming *names, const Stmt *s);      /* its tiles, and the sum of their parts */
long  split_of(const Loops *k);                             /* reals of scratch that the parts of its product need */
bool  product_epilogue(const Stmt *s, int *bias);           /* of a product that the library makes: does relu end it; the formal that it adds, or -1 */
#endif
