/* emit.h -- what the rooms of the last stage share: each fills the holes of templates/program.c
   that are its own. */
#ifndef EMIT_H
#define EMIT_H
#include "back/actual.h"
#include "back/template.h"
#include "ir/options.h"

/* declare.c: Params, packed, data, arena; these may be allocated at start */
void declare(Whole *all, bool allocate, Env *e);
void declare_arena(const Kernels *k, Env *e); /* arena.c: the members of its union */
void update(const Program *s, Env *e);        /* update.c: optimizer, scalars, learning rate */
void reports(const Whole *all, Env *e);       /* and what is reported */
void tables(const Whole *all, Env *e);        /* tables.c: tensors, columns, the Program */
char *banner(const Whole *all);               /* banner.c: the comment at the top */
/* standalone.c: the files of the runtime that stand in a program already */
typedef VEC(const char) Pasted;
void paste_headers(Text *out, const char *name, Pasted *done); /* that header and all it needs */
void paste_runtime(Text *out, Pasted *done);                   /* the rest of it */
/* a scale_in, times the loss scale where there is one; in the window w */
char *scale_text(Text *lines, const Program *s, const Expr *e, const char *w);
char *host_text(const Expr *e); /* formula.c: a formula in double */
/* the same; memory that an arm of a choice needs is read by lines before */
char *choice_text(Text *lines, const Expr *e);
/* where t, T and E are those of `in`, "w." for the window */
char *window_text(Text *lines, const Expr *e, char *in);
/* update.c: a window whose gradient is not finite changes nothing */
bool checks_finite(const Program *s);
void lengths(const Whole *all, Env *e);          /* update.c: room for the lengths of tensors */
int check_sum(const Program *s, const Check *c); /* its place in sums[] */

/* ---- window.c: what programs of all targets say of a window ---- */
bool any_beta(const Program *s);        /* some kernel of a micro-step stores or adds */
long partials(const Whole *all);        /* parts of the sum that has most of them */
bool any_late(const Program *s);        /* scales that are known after the last micro-step */
bool prepares(const Program *s);        /* something is made from the parameters once per update */
bool concludes(const Program *s);       /* something comes after the last micro-step */
bool notes(const Program *s);           /* sums[] gets numbers that no kernel sums up */
char *late_text(const Program *s);      /* statements that compute the late scales */
char *penalties_text(const Program *s); /* statements that note scalars of parameters alone */
char *counted_text(const Program *s);   /* statements for what is counted before the window */
void window_facts(const Program *s, Env *e);

/* ---- emit.c ---- */
void emit(Whole *all, const Opts *o, Text *out);
void emit_header(const Whole *all, const Opts *o, Text *out); /* of a library: what to include */
#endif
