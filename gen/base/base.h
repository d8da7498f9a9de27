/* base.h -- tools of every folder: memory, text, growing arrays, diagnostics, output. Nothing
   here is about compilers. */
#ifndef GAGEN_BASE_H
#define GAGEN_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory.c: memory that lives until exit, text that grows ---- */
void *mem_alloc(size_t bytes);           /* zeroed; without memory it ends as fatal() does */
char *mem_copy(const char *s, size_t n); /* n characters and a terminating zero */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define NEW(type) ((type *)mem_alloc(sizeof(type)))
#define NEW_ARRAY(type, n) ((type *)mem_alloc(sizeof(type) * (size_t)(n)))

/* once anything was added, s is zero-terminated */
typedef struct {
    char *s;
    size_t n, room;
} Text;
void text_add(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_put(Text *t, const char *s, size_t n);

/* ---- number.c ---- */
char *decimal(double x); /* the shortest that reads back as x: "0.1", "10", "1e-8" */
/* the same for C's double: as spelled, where that is not NULL; with a point or an exponent */
char *decimal_text(double x, const char *spelled);
bool is_fraction(const char *s); /* it has a point or an exponent */

/* a growing array of pointers: VEC(Node) nodes;  vec_push(&nodes, n);  for (i < nodes.n)
                                                                        nodes.at[i] */
#define VEC(type) \
    struct { \
        type **at; \
        int n, room; \
    }
#define vec_push(v, x) \
    (vec_grow((void ***)(void *)&(v)->at, &(v)->n, &(v)->room), (v)->at[(v)->n++] = (x))
void vec_grow(void ***at, int *n, int *room);

/* ---- diag.c: errors, by whose fault they are ---- */
typedef struct {
    const char *file;
    int line;
} Loc; /* file NULL: no place */
/* the user's fault: counted; the 20th ends gagen */
void error_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
void warn_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* a second place, after an error */
void note_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* lets errors show the source line */
void diag_source(const char *file, const char *source, size_t n);
/* the first line from `from` on with "key = value"; 0: none */
int diag_find_key(Loc from, const char *key);
int diag_lines(const char *file); /* lines of a file that diag_source() knows */
void stop_if_errors(void);        /* exit 1 when any error_at() was called */
/* false: errors of the user stopped it; they are not printed */
bool attempt(void (*run)(void *context), void *context);
/* the machine's fault: exit 3 */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* a fault of the command line: exit 2 */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- output.c ---- */
void write_output(const char *path, const Text *t); /* all or nothing; path NULL: standard output */

/* ---- size.c: bytes as people write them ---- */
/* "6 GB"; returns NULL, or the fault and its cure */
const char *size_parse(const char *s, double *bytes);
char *size_text(double bytes); /* "5.22 MiB" */
char *digits(double n);        /* 12345678 as "12 345 678" */

/* ---- resource.c ---- */
/* a file of dsl/, templates/ or runtime/, as embed.c stored it; NULL: there is none */
const char *resource(const char *path, size_t *n);
#endif
