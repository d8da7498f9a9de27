/* emit.h -- functions of the last stage that fill the holes of templates/program.c and
   program.cu. */
#ifndef EMIT_H
#define EMIT_H
#include "back/actual.h"
#include "back/template.h"
#include "ir/options.h"

/* declare.c: Params, packed copies, data, the arena */
void declare(Whole *all, bool allocate, Env *e);
void declare_arena(const Kernels *k, Env *e); /* arena.c: the members of its union */
void update(const Program *s, Env *e);        /* update.c: optimizer, scalars, learning rate */
void reports(const Whole *all, Env *e);       /* update.c: reports */
void tables(const Whole *all, Env *e);        /* tables.c: tensors, columns, the Program */
void sources(const Graph *g, Env *e);         /* sources.c: files of other programs */
char *banner(const Whole *all);               /* banner.c: the comment at the top */
/* standalone.c: the files of the runtime that the program's text already contains */
typedef VEC(const char) Pasted;
/* adds a header and all that it includes */
void paste_headers(Text *out, const char *name, Pasted *done);
/* adds the rest of the runtime; samples: also what continues a prompt */
void paste_runtime(Text *out, Pasted *done, bool samples);
/* scale_in times the loss scale, if there is one, as text for the window w */
char *scale_text(Text *lines, const Program *s, const Expr *e, const char *w);
char *host_text(const Expr *e); /* formula.c: a formula in double */
/* the same; reads memory that an arm of a choice needs into locals first, by lines in `before` */
char *choice_text(Text *lines, const Expr *e);
/* the same, with t, T and E read from `in`, such as "w." */
char *window_text(Text *lines, const Expr *e, char *in);
/* update.c: a window whose gradient is not finite changes nothing */
bool checks_finite(const Program *s);
void lengths(const Whole *all, Env *e);          /* update.c: room for the lengths of tensors */
int check_sum(const Program *s, const Check *c); /* its place in sums[] */

/* ---- window.c: the text about a window that all targets share ---- */
bool any_beta(const Program *s); /* a kernel of a micro-step has beta */
long partials(const Whole *all); /* the largest number of parts of a sum */
/* whether a scale is known only after the last micro-step */
bool any_late(const Program *s);
/* whether kernels of parameters alone run once per update */
bool prepares(const Program *s);
/* whether kernels or scales come after the last micro-step */
bool concludes(const Program *s);
bool notes(const Program *s);           /* whether sums[] has penalties or the step's samples */
char *late_text(const Program *s);      /* statements that compute the late scales */
char *penalties_text(const Program *s); /* statements that store the penalties in sums[] */
/* statements that set the scales that are counted before the window */
char *counted_text(const Program *s);
void window_facts(const Program *s, Env *e);

/* ---- emit.c ---- */
void emit(Whole *all, const Opts *o, Text *out);
void emit_header(const Whole *all, const Opts *o, Text *out); /* of a library: what to include */
#endif
