/* front.h -- from the command line and the model file to a checked graph. */
#ifndef GAGEN_FRONT_H
#define GAGEN_FRONT_H
#include "ir/graph.h"
#include "ir/options.h"

Opts options(int argc, char **argv); /* options.c */
/* read_model.c: also returns the function that asks ops for their gradients; exits 1 on the
   user's errors */
Graph *read_model(const Opts *o, OpGradient *gradient);
void check(Graph *g); /* check.c */
/* verify.c: BUG where the graph breaks a rule after that stage */
void verify_read_model(const Graph *g);
void verify_check(const Graph *g);
void names_print(Text *out, const char *name); /* names.c: gagen help [NAME] */
/* names.c: gagen ops [NAME]; an unknown name is a usage error */
void ops_print(Text *out, const char *name);
#endif
