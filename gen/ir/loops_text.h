/* loops_text.h -- the words of the loop IR's text, for the files that print and parse it. */
#ifndef GAGEN_LOOPS_TEXT_H
#define GAGEN_LOOPS_TEXT_H
#include "ir/loops.h"

enum { ATOM = 7 }; /* the precedence of a value that needs no brackets */
/* from RUN_SCALE on a number follows the name */
typedef struct {
    const char *name;
    int id;
    ValType type;
} RunName;
extern const char *const val_types[];  /* by ValType */
extern const char *const loop_deals[]; /* by Deal */
extern const char *const fold_signs[]; /* by Fold, before "=" */
extern const RunName run_names[];
enum { RUN_NAMES = 15 };

/* 1 to 5 of binary operators, 6 of the unary minus; ATOM: it is no operator */
int call_precedence(int call);
char *real_text(double x); /* the shortest that reads back: "0.5", "1.0", "1e-7", "-inf" */
/* the stride of side i of n of a box, unless its text has another */
long side_stride(const Formal *f, int i, int n);
char *val_shown(const Loops *k, const Val *v);
char *at_shown(const Loops *k, const At *at); /* "x[2*r + 1][j]" */

/* The definitions visible at a statement, and the number of the last one. */
typedef struct {
    const Loops *k;
    int *at, n, room, last;
} Seen;
void seen_add(Seen *s, int var);
int seen_find(const Seen *s, const char *wish); /* the innermost; -1: there is none */

/* ---- parse_vals.c: each returns something harmless once p->error is set ---- */
enum { DEEPEST = 100 }; /* nested brackets, blocks */
typedef struct {
    const char *s;
    int line, depth;
    const char *error;
    Loops *k;
    Seen seen;
} Parser;
/* "j.7", "j", 7; number -1: it has none */
typedef struct {
    const char *text, *wish;
    int number;
} Name;
const Val *wrong(Parser *p, const char *message); /* the first error counts: "line 3: ..." */
const Val *unexpected(Parser *p);                 /* an error at this position */
void skip_spaces(Parser *p);
bool take(Parser *p, const char *token); /* skips the spaces before it */
void want(Parser *p, const char *token);
char *take_word(Parser *p);
Name take_name(Parser *p); /* "j", "j.7", ".7" */
long take_long(Parser *p);
ValType take_type(Parser *p, ValType otherwise); /* ":double", with no space before the type */
/* its index in a list that ends with NULL; -1: it is not there */
int word_index(const char *const *list, const char *word);
void declare_var(Parser *p, Name name, int var, ValType type);
int define_var(Parser *p, Name name, ValType type);
int find_var(Parser *p, Name name);
int find_buffer(Parser *p, Name name);
bool at_number(const char *s);
const Val *parse_number(Parser *p);
const Val *parse_unary(Parser *p);
const Val *parse_operators(Parser *p, int level); /* operators that bind at least this tightly */
const Val *parse_val(Parser *p);
At parse_at(Parser *p, Name name);
#endif
