/* print.h -- C: the statements of a tree. */
#ifndef C_PRINT_H
#define C_PRINT_H
#include "back/value.h"

/* of the function that runs w->k: scalars, tables, statements; w knows then what they use */
char *print_body(Words *w);
char *c_statements(Words *w, const StmtList *l); /* of one thread */
/* product.c: a call of contract(); false: the product has another shape */
bool product_call(Words *w, const Stmt *s, Text *out);
#endif
