/* plan.h -- the needs of a model before it runs: its layers, its memory, the possible
   micro-batches. */
#ifndef PLAN_H
#define PLAN_H
#include "ir/stage.h"

/* ---- plan_cost.c: memory and work of a micro-batch ---- */
typedef struct {
    long micro;
    int level; /* the recompute level */
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
double memory_of(const Figures *f); /* memory that the program allocates, without the data */

/* ---- plan_choose.c ---- */
/* at: candidates by rising micro-batch; refused: how many the model forbids; chosen: by the
   model or by gagen, -1: none fits; levels: recompute levels at the chosen one */
typedef struct {
    VEC(Figures) at;
    const char *refused;
    int chosen;
    VEC(Figures) levels;
} Choices;
/* of c's model; NULL: the model states no memory */
Choices *consider(const Pipeline *p, const Compilation *c);
/* sets micro_batch, or prints how much does not fit */
void take_chosen(const Choices *c, Graph *g);
void choices_print(Text *out, const Choices *c, const Graph *g, const Opts *o);

/* ---- plan_layers.c ---- */
typedef struct {
    const char *name, *kind;
    const Shape *output;
    long params;              /* parameters that a step trains */
    double forward, backward; /* FLOP of a micro-step */
    double values, adjoints;  /* bytes of the arena that its kernels write, in total */
    /* bytes of values that backward reads, and of those that it rematerialises */
    double kept, again;
    int line; /* its line in the model file */
} Layer;
typedef struct {
    VEC(Layer) at;
    Kernels *const *step;
    int nsteps;
} Layers;
Layers *layers_of(Kernels *const *step, int nsteps); /* of these steps, in order of execution */
bool is_kept(const Kernels *k, const Buffer *b);     /* a forward value that backward reads */
int layer_of(const Layers *l, const Kernel *x);      /* the layer that it works for; -1: none */

/* ---- plan.c, plan_svg.c ---- */
void plan_report(Text *out, const Whole *all, const Choices *c, const Opts *o);
/* moves the phases of the steps, one step after another */
void plan_draw(Text *out, const Whole *all);
#endif
