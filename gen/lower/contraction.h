/* lower.h -- what both targets make of a contraction first: labels for axes, levels for labels. levels.c says how. */
#ifndef LOWER_H
#define LOWER_H
#include "lower/lower.h"

enum { LABELS = 10, LEVELS = 16 };
typedef struct { int n; char label[2]; long factor[2], constant; bool parts; } Place;     /* what an axis' index is made of; parts: label[1] counts within label[0] */
typedef struct { Node *node; Shape shape; Layout layout; Place place[RANK]; } Operand;
typedef struct { char label; long extent; bool in[3]; } Label;
typedef struct {
    Kernels *k;
    Kernel *x;
    Operand operand[3];                 /* A, B, C */
    int nlabels; Label label[LABELS];
    int nlevels; Level level[LEVELS];
} Lowering;

void  lowering_start(Lowering *w, Kernels *k, Kernel *x);   /* operands and labels; a layout where there is one already */
void  lowering_order(Lowering *w, char v);                  /* A and B change places where A has C's contiguous label v */
bool  lowering_levels(Lowering *w);                         /* false: operands are cut at places that do not divide each other */
bool  crowded(const Lowering *w, int which);                /* its levels are more than a layout has digits */
void  straighten(Lowering *w, int which);                   /* a copy of that operand row by row, without blocks */
bool  unordered(const Operand *o);                          /* its weight has no order yet */
bool  take_order(const Lowering *w, Operand *o, const Layout *l);     /* gives it this one, or its own, and says whether it was this one */
bool  known(const Operand *o);                              /* its layout is there */
bool  has_label(const Operand *o, char label);
int   part_of(const Place *p, char label);                  /* where the place has the label as a part of its axis alone; -1: it does not */
void  copy_image(Lowering *w, int which);                   /* a copy of that operand as an image of its own, with the halo that is read */
const Label *label_of(const Lowering *w, const Level *l);
Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort, bool merge);   /* of labels that are in these operands exactly, outermost in operand `sort` first */
void  set_bases(const Lowering *w, long base[3]);
double lowering_flop(const Lowering *w);
#endif
