/* tidy.h -- a tree that says the same in fewer words. */
#ifndef GAGEN_TIDY_H
#define GAGEN_TIDY_H
#include "ir/loops.h"

/* simpler indices, no conditions that always hold, constants where they are read (tidy.c) */
void loops_tidy(Loops *k);
/* a constant that one statement after it reads once, written into that statement (inline.c) */
void loops_inline(Loops *k);

/* ---- dividend.c ---- */
/* the shortest index that the statement divides more than once and that is long; NULL: none.
   lane: a variable that it may not depend on, or -1 */
const Val *stmt_dividend(const Stmt *s, int lane);
void stmt_replace(const Loops *k, Stmt *s, const Val *what, const Val *is);
#endif
