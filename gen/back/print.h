/* print.h -- the statements of a tree as text, which C and CUDA share; a target has its own way for
   some of them. */
#ifndef PRINT_H
#define PRINT_H
#include "back/value.h"

typedef struct Printer {
    Words *w;
    /* the target's way for a statement; false: it has none */
    bool (*own)(struct Printer *p, const Stmt *s);
    const void *target; /* what that needs */
    Text out;
    int lines; /* statements: each with what stands under it */
} Printer;

void put_line(Printer *p, const char *s);
void put_text(Printer *p, const Text *t); /* lines, each a statement */
void put_one(Printer *p, const Text *t);  /* lines that are one statement */
void put_list(Printer *p, const StmtList *l);
/* the list's own lines, and how many statements; lines may be NULL */
char *list_text(const Printer *p, const StmtList *l, int *lines);
/* in braces, too, unless it is one statement */
void put_under(Printer *p, const char *head, const StmtList *body);
/* a loop; before: "", or a macro that it stands after */
void put_serial(Printer *p, const Stmt *s, const char *before);
#endif
