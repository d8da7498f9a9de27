/* front.h -- from the command line and the model file to a checked graph. */
#ifndef GAGEN_FRONT_H
#define GAGEN_FRONT_H
#include "ir/graph.h"
#include "ir/options.h"

Opts   options(int argc, char **argv);                      /* options.c */
Graph *read_model(const Opts *o);                           /* host.c: exits 1 on the user's errors */
void   check(Graph *g);                                     /* check.c */
int    node_gradients(Graph *g, Node *y, Node *gy, const bool need[ARGS], Node *out[ARGS]);   /* host.c: of structured ops: asks the op's Lua grad */
void   names_print(Text *out, const char *name);            /* host.c: gagen help [NAME] */
void   ops_print(Text *out, const char *name);              /* host.c: gagen ops [NAME]; an unknown name is a usage error */
#endif
