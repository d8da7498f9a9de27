/* emit.h -- what the rooms of the last stage share: each fills the holes of templates/program.c that are its own. */
#ifndef EMIT_H
#define EMIT_H
#include "back/template.h"
#include "ir/options.h"
#include "ir/program.h"

void  declare(const Whole *all, bool allocate, Env *e);     /* declare.c: Params, packed, data, arena; these may be allocated at start */
void  steps(const Program *s, Env *e);                      /* steps.c: micro-steps, prepare, conclude, the window */
void  update(const Program *s, Env *e);                     /* update.c: optimizer, scalars, learning rate */
void  reports(const Whole *all, Env *e);                    /* and what is reported */
void  tables(const Whole *all, Env *e);                     /* tables.c: tensors, columns, the Program */
char *banner(const Whole *all);                             /* banner.c: the comment at the top */
void  paste_headers(Text *out, const char *name);           /* standalone.c: that header and all it needs */
void  paste_runtime(Text *out);                             /* the rest of it */
char *scale_text(Text *lines, const Program *s, const Expr *e, const char *w);      /* a scale_in, times the loss scale where there is one; in the window w */
char *host_text(const Expr *e);                             /* sched.c: a formula in double */
char *choice_text(Text *lines, const Expr *e);              /* the same; memory that an arm of a choice needs is read by lines before */
char *window_text(Text *lines, const Expr *e, char *in);    /* where t, T and E are those of `in`, "w." for the window */
void  window_facts(const Program *s, Env *e);               /* steps.c: what both targets say of the window */
void  cuda_facts(const Whole *all, Env *e);                 /* and what the steps leave behind: functions, handles */
void  cuda_steps(const Program *s, Env *e, bool share);     /* steps_cuda.c: the same rooms as steps.c, as launches; small neighbours may share one */
bool  any_late(const Program *s);                           /* scales that are known behind the last micro-step */
char *late_text(const Program *s);                          /* statements that compute them */
char *levels_text(const Program *s);                        /* statements that note scalars of parameters alone */
char *counted_text(const Program *s);                       /* statements for what is counted ahead of the window */
bool  checks_finite(const Program *s);                      /* update.c: a window whose gradient is not finite changes nothing */
void  lengths(const Whole *all, Env *e);                    /* update.c: room for the lengths of tensors */
long  partials(const Whole *all);                           /* parts of the sum that has most of them */
bool  prepares(const Program *s);                            /* something is made from the parameters once per update */
bool  concludes(const Program *s);                          /* something is known only behind the last micro-step */
int check_sum(const Program *s, const Check *c);             /* its place in sums[] */

char *dims_text(const Layout *l);                           /* "[4][32][64]", of its array */
const char *storage(void);                                  /* what stands before the names of memory: "memory->" where it is allocated at start, or "" */
char *buffer_name(const Buffer *b);                         /* "p.net_0.weight", "packed.net_2_weight", "arena.h1" */
char *state_name(const Buffer *gradient, const char *state); /* "s_v.net_0.weight": that parameter's part of an optimizer's state */
bool  kernel_has_beta(const Program *s, const Kernel *k);   /* its function takes a beta */
char *kernel_statements(const Program *s, const Kernel *k);             /* emit_c.c: the body of the kernel's function */
void  emit_kernel(const Program *s, const Kernel *k, const char *body, const char *parameters, const char *also, Text *out);      /* the function */
void  emit(Whole *all, const Opts *o, Text *out);
void  emit_header(const Whole *all, const Opts *o, Text *out);      /* of a library: what to include */
#endif
