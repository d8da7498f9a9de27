/* base.h -- what every folder uses: memory, text, growing arrays, diagnostics, output. It knows
   nothing of compilers. */
#ifndef GAGEN_BASE_H
#define GAGEN_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory.c: memory that lives until exit, text that grows ---- */
void *mem_alloc(size_t bytes);           /* zeroed; where there is none it ends as fatal() does */
char *mem_copy(const char *s, size_t n); /* n characters and a zero */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define NEW(type) ((type *)mem_alloc(sizeof(type)))
#define NEW_ARRAY(type, n) ((type *)mem_alloc(sizeof(type) * (size_t)(n)))

/* s is always zero-terminated once anything was added */
typedef struct {
    char *s;
    size_t n, room;
} Text;
void text_add(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_put(Text *t, const char *s, size_t n);

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

/* ---- diag.c: whose fault it is ---- */
typedef struct {
    const char *file;
    int line;
} Loc; /* file NULL: no place */
/* the user's: counted, up to 20 */
void error_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
void warn_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* a second place, after an error */
void note_at(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* lets errors show the source line */
void diag_source(const char *file, const char *source, size_t n);
/* the line, from there on, of "key = value"; 0: none */
int diag_find_key(Loc from, const char *key);
int diag_lines(const char *file); /* lines of a file that diag_source() knows */
void stop_if_errors(void);        /* exit 1 when any error_at() was called */
/* false: it stopped for errors of the user's, which nobody is told */
bool attempt(void (*run)(void *context), void *context);
/* the machine's: exit 3 */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* the command line's: exit 2 */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- output.c ---- */
void write_output(const char *path, const Text *t); /* all or nothing; path NULL: standard output */

/* ---- size.c: bytes as people write them ---- */
/* "6 GB"; gives what is wrong with it and the cure, or NULL */
const char *size_parse(const char *s, double *bytes);
char *size_text(double bytes); /* "5.22 MiB" */
char *digits(double n);        /* 12345678 as "12 345 678" */

/* ---- resource.c ---- */
/* dsl/, templates/, runtime/ by path, as embed.c put them in; NULL: there is none */
const char *resource(const char *path, size_t *n);
#endif
