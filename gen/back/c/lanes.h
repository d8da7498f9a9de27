/* lanes.h -- what lanes fold into variables from outside. */
#ifndef C_LANES_H
#define C_LANES_H
#include "back/print.h"

typedef struct Folds Folds; /* Printer.target in C */
Folds *folds_of(const Loops *k, const StmtList *l);
/* whether the loop of that variable declares it */
bool folds_wait(const Printer *p, const Stmt *variable);
void folds_open(Printer *p, const Stmt *loop);  /* before a loop, */
void folds_close(Printer *p, const Stmt *loop); /* and after it */
#endif
