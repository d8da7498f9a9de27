/* plan.h -- what a model will need before anything runs: its layers, its memory, the micro-batches
   one could choose. */
#ifndef PLAN_H
#define PLAN_H
#include "ir/stage.h"

/* ---- plan_cost.c: memory and work of a micro-batch ---- */
typedef struct {
    long micro;
    int level; /* of recomputation */
    /* bytes: parameters, gradients and states; the largest sum of live buffers */
    double state, packed, arena, bound;
    double fixed;          /* CUDA: the library's workspace, scratch of split sums, the window */
    double rows;           /* bytes of the data that a micro-batch reads */
    double flop, traffic;  /* of an update, or of a round of all steps; bytes read and written */
    double seconds;        /* of an update, predicted */
    int kernels, barriers; /* of a micro-step */
} Figures;
typedef struct {
    double flop, bytes;
} Rates; /* a second */
Rates rates_of(const Opts *o);
Figures figures_of(const Whole *all, Rates r);
double memory_of(const Figures *f); /* what the program asks for, data left out */

/* ---- plan_choose.c ---- */
/* at: by rising micro-batch; refused: those that the model forbids; chosen: the model's or ours,
   -1: none fits; levels: of recomputation, at the chosen one */
typedef struct {
    VEC(Figures) at;
    const char *refused;
    int chosen;
    VEC(Figures) levels;
} Choices;
Choices *consider(const Pipeline *p, const Compilation *c); /* of c's model; NULL: nothing asks */
/* binds it, or tells by how much it does not fit */
void take_chosen(const Choices *c, Graph *g);
void choices_print(Text *out, const Choices *c, const Graph *g, const Opts *o);

/* ---- plan_layers.c ---- */
typedef struct {
    const char *name, *kind;
    const Shape *output;
    long params;              /* those that some step trains */
    double forward, backward; /* FLOP of a micro-step */
    double values, adjoints;  /* bytes of the arena that its kernels write, one after the other */
    /* those of values that backward reads, and those that are rematerialised for it */
    double kept, again;
    int line; /* in the model file */
} Layer;
typedef struct {
    VEC(Layer) at;
    Kernels *const *step;
    int nsteps;
} Layers;
Layers *layers_of(Kernels *const *step, int nsteps); /* of these steps, in order of execution */
bool is_kept(const Kernels *k, const Buffer *b);     /* a forward value that backward reads */
int layer_of(const Layers *l, const Kernel *x);      /* whose work it is; -1: nobody's */

/* ---- plan.c, plan_svg.c ---- */
void plan_report(Text *out, const Whole *all, const Choices *c, const Opts *o);
void plan_draw(Text *out, const Whole *all); /* moves the phases of steps one after another */
#endif
