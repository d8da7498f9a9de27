/* verify_graph.h -- rules that hold after every stage, for the stages' own verifiers. A broken
   rule is a bug of gagen: the message names the stage, the node and the rule. */
#ifndef GAGEN_VERIFY_GRAPH_H
#define GAGEN_VERIFY_GRAPH_H
#include "ir/graph.h"

typedef struct {
    const char *stage;
    const Graph *g;
} Verify;
/* verify_shape.c; n NULL: the graph as a whole */
void must(const Verify *v, const Node *n, bool good, const char *rule);

void verify_all(const Verify *v);  /* before simplify: every node, the results, parameters */
void verify_live(const Verify *v); /* after simplify: live nodes, and that uses count them */
/* verify_shape.c: it follows from the arguments, the kind and the op's role */
void verify_shape(const Verify *v, const Node *n);
#endif
