/* ident.h -- strings of a model made safe for C. */
#ifndef GAGEN_IDENT_H
#define GAGEN_IDENT_H
#include "base/base.h"

char *c_string(const char *s);  /* between the quotes of a C literal */
char *c_comment(const char *s); /* inside a C comment */
char *c_word(const char *s);    /* letters, digits and _ */
char *c_ident(const char *s);   /* an identifier that is no keyword of C or CUDA */
char *c_unique(const char *wish, char *const *taken, int n);

/* the constants of a program: rows of a micro-batch; micro-batches of a step's window */
#define ROWS_NAME "N"
#define MICROS_NAME "MICROS"

/* next: the number for the next name of that spelling */
typedef struct {
    const char *name;
    int next;
} Name;
typedef struct {
    Name *slot;
    size_t n, room;
} Names;                /* names in use, see ident.c */
Names *names_new(void); /* the names of a program; its own names are in use already */
char *ident_new(Names *names, const char *wish); /* a name that is not in use yet */
#endif
