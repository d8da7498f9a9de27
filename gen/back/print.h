/* print.h -- the statements of a tree as text, for C and CUDA; a target prints some of them
   itself. */
#ifndef PRINT_H
#define PRINT_H
#include "back/value.h"

typedef struct Printer {
    Words *w;
    /* prints a statement as the target does; false: the target has no form of its own */
    bool (*own)(struct Printer *p, const Stmt *s);
    const void *target; /* the context for it */
    Text out;
    int lines; /* the number of statements, nested ones included */
} Printer;

void put_line(Printer *p, const char *s);
void put_text(Printer *p, const Text *t); /* lines, each a statement */
void put_one(Printer *p, const Text *t);  /* lines that are one statement */
void put_list(Printer *p, const StmtList *l);
/* the list's own lines, and how many statements; lines may be NULL */
char *list_text(const Printer *p, const StmtList *l, int *lines);
/* the same, in braces unless it is one statement */
void put_under(Printer *p, const char *head, const StmtList *body);
/* a loop; before: "", or a macro before the loop */
void put_serial(Printer *p, const Stmt *s, const char *before);
/* a product as loops; results: how those over its results are dealt */
void put_product_loops(Printer *p, const Stmt *s, Deal results);
/* where a fold begins: "0", "v_set(-INFINITY)" */
char *start_text(Words *w, const Val *v);
#endif
