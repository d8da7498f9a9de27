/* lower.h -- from a graph to a program: kernels, layouts, places. */
#ifndef GAGEN_LOWER_H
#define GAGEN_LOWER_H
#include "ir/program.h"

void legalize(Graph *g);
Kernels *group(Graph *g, const Target *target);
void layout(Kernels *k);
void lower(Kernels *k);
void partition(Kernels *k);
Plan *place(Kernels *k, bool reuse);
Program *schedule(Plan *p);
void join(Whole *all); /* joins the steps in `all`: one order of parameters, one arena */

/* ---- verifiers: BUG, with stage and kernel or node, if a rule is broken (verify_*.c) ---- */
void verify_legalize(const Graph *g);
void verify_group(Kernels *k);
void verify_layout(Kernels *k);
void verify_lower(Kernels *k);
void verify_partition(Kernels *k);
void verify_place(const Plan *p);
void verify_schedule(const Program *s);
void verify_join(const Whole *all);

/* ---- shared by the stages ---- */
Node *copy_node(Graph *g, Node *n);      /* legalize.c: a new node that copies n, with one use */
void predict_copy(Graph *g, Node *copy); /* legalize.c: marks it for outputs alone */
/* lists.c: a kernel that is in no list yet */
Kernel *kernel_new(const Graph *g, Node *core, Node *out, When when, bool backward);
KernelList *list_of(Kernels *k, const Kernel *x);
int place_in_list(Kernels *k, const Kernel *x); /* its index; BUG: it is in none */
bool runs_after(Kernels *k, const Kernel *x, const Kernel *y);
void insert_kernel(Kernels *k, Kernel *x, int at);
void drop_kernel(Kernels *k, Kernel *x);
/* copies n in a kernel of its own, before its user's */
Node *copy_before(Kernels *k, Kernel *user, Node *n);
/* chains.c: errors for what deterministic = "split" cannot keep */
void check_chains(const Kernels *k);
long row_parts(long n); /* the number of parts into which the rows of a batch are dealt */
/* parts.c: blocks of the contiguous axis; 1 if it is whole */
long blocks_of(const Layout *l);
/* of the first buffer or gradient that x stores into */
const Layout *dealt_layout(const Kernels *k, const Kernel *x);
Partition partition_of(const Kernels *k, const Kernel *x);
void build_loops(Kernels *k, Kernel *x);       /* lower.c: makes its tree */
void lower_contraction(Kernels *k, Kernel *x); /* contraction.c, in C */
void lower_gemm(Kernels *k, Kernel *x);        /* gemm.c, in CUDA */
void build_updates(Program *s);                /* update.c: the optimizer's passes */
void make_tasks(Program *s);                   /* tasks.c: makes the lists of tasks */
/* count.c: finds the kernels that the counted roots need */
void count_before(Program *s);
/* the loss in which empty terms add nothing; NaN if all are empty */
const Expr *counted_loss(const Program *s, const Expr *loss);
#endif
