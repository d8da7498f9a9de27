/* backward.h -- differentiate under way: differentiate.c, adjoint.c and back_loops.c. */
#ifndef BACKWARD_H
#define BACKWARD_H
#include "middle/middle.h"

/* an adjoint in a loop of a value outside of it */
typedef struct Captured {
    Node *of, *adjoint;
} Captured;

/* the loop that goes back over the steps of another */
typedef struct Back {
    const Loop *of;
    Loop *loop;
    bool open;
} Back;

typedef struct Backward {
    Graph *g;
    Node **adjoint;      /* by node id */
    OpGradient gradient; /* of structured ops */
    bool told;           /* the error that the loss is no sum of terms was printed */
    bool *needed;        /* by node id: it depends on a trained parameter */
    /* of loops */
    VEC(Back) backs;
    Node **last;    /* by node id: the adjoint of what is carried in the end */
    Node **there;   /* by node id: a value of a loop, in the loop back */
    const Loop *in; /* the loop whose nodes it goes through now, or NULL */
    VEC(Captured) captured;
} Backward;

/* ---- adjoint.c ---- */
Node *derived(Backward *b, Kind kind, Op *op, Loc loc, const Shape *shape, When when);
Node *view(Backward *b, const char *role, Node *x, const Shape *to);
/* adds dn to the adjoint of n, or to the contributions to a parameter */
void add_adjoint(Backward *b, Node *n, Node *dn);

/* ---- back_loops.c ---- */
/* the nodes from number `made` on are of the backward pass of y */
void mark_backward(Backward *b, int made, Node *y);
/* an adjoint of what this loop returned is known */
bool loop_goes_back(const Backward *b, const Loop *l);
void open_loop_of(Backward *b,
                  const Node *y); /* before the backward pass of y, which is in a loop */
/* after it: the nodes from `made` on read values of the loop y is in */
void settle_in_loop(Backward *b, int made, const Node *y);
/* the backward pass of what writes or reads slots; false: y does neither */
bool slots_backward(Backward *b, Node *y, Node *dy);
void finish_loops(Backward *b); /* readers in loops read what is kept; gathers bodies */
#endif
