/* middle.h -- stages that take a graph and return a graph. */
#ifndef GAGEN_MIDDLE_H
#define GAGEN_MIDDLE_H
#include "ir/program.h"

/* the graph of the next step: the same nodes, its own loss and reports */
Graph *objective(const Graph *model, const Whole *made);
void differentiate(Graph *g, OpGradient gradient);
void simplify(Graph *g);
void count_uses(Graph *g); /* simplify.c: counts uses, which make nodes alive */
void recompute(Graph *g);  /* train.recompute_level says which values backward rematerialises */
void order(Graph *g);      /* terms run one after another, where that saves memory */
/* by node number: in how many pieces it will be computed, 1: whole */
long *piece_counts(Graph *g);
void pieces(Graph *g); /* a head computes its logits in pieces of rows */

/* ---- verify.c: BUG where the graph breaks a rule after that stage ---- */
void verify_objective(const Graph *g);
void verify_differentiate(const Graph *g);
void verify_simplify(const Graph *g);
void verify_recompute(const Graph *g);
void verify_order(const Graph *g);
void verify_pieces(const Graph *g);
/* simplify.c: a live node before n computes the same */
bool has_equal(const Graph *g, const Node *n);
#endif
