/* middle.h -- from graph to graph. */
#ifndef GAGEN_MIDDLE_H
#define GAGEN_MIDDLE_H
#include "ir/program.h"

/* of the step after those that are made: the same nodes, what it minimizes and reports */
Graph *objective(const Graph *model, const Whole *made);
void differentiate(Graph *g, OpGradient gradient);
void simplify(Graph *g);
void count_uses(Graph *g); /* simplify.c: by which nodes are alive */
void recompute(Graph *g);  /* train.level: which values are rematerialised for backward */
void order(Graph *g);      /* terms one after another, where that saves memory */

/* ---- verify.c: BUG where something does not hold that must after that stage ---- */
void verify_objective(const Graph *g);
void verify_differentiate(const Graph *g);
void verify_simplify(const Graph *g);
void verify_recompute(const Graph *g);
void verify_order(const Graph *g);
/* simplify.c: a live node before n computes the same */
bool has_equal(const Graph *g, const Node *n);
#endif
