/* print.h -- C: the statements of a tree. */
#ifndef C_PRINT_H
#define C_PRINT_H
#include "back/value.h"

/* the body of the function of w->k: scalars, tables, statements; sets the uses in w */
char *print_body(Words *w);
char *c_statements(Words *w, const StmtList *l); /* of one thread */
/* product.c: a call of contract(); false: the product has another shape */
bool product_call(Words *w, const Stmt *s, Text *out);
#endif
