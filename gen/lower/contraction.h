/* contraction.h -- a contraction as labels for axes and levels for labels, which layout and lower read. levels.c says how. */
#ifndef CONTRACTION_H
#define CONTRACTION_H
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
    bool asks;                          /* what is wanted: copies are thought of, none is made */
} Lowering;

/* ---- levels.c ---- */
void  lowering_start(Lowering *w, Kernels *k, Kernel *x);   /* operands, labels, and the layouts that are known */
void  lowering_order(Lowering *w, char v);                  /* A and B change places where A has C's contiguous label v */
bool  lowering_levels(Lowering *w);                         /* false: operands are cut at places that do not divide each other */
bool  known(const Operand *o);                              /* its layout is there */
bool  has_label(const Operand *o, char label);
int   part_of(const Place *p, char label);                  /* where the place has the label as a part of its axis alone; -1: it does not */
const Label *label_of(const Lowering *w, const Level *l);
Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort, bool merge);   /* of labels that are in these operands exactly, outermost in operand `sort` first */
typedef int LevelOrder(const Lowering *w, const Level *a, const Level *b, int operand);   /* as qsort's; strides are those in this operand */
void  sort_levels(const Lowering *w, Level *at, int n, LevelOrder *order, int operand);
void  set_bases(const Lowering *w, long base[3]);
double lowering_flop(const Lowering *w);

/* ---- columns.c ---- */
char  columns_label(const Lowering *w);                     /* C's contiguous label; CUDA: 0 where there is none */
int   vector_level(const Lowering *w, char v);              /* C's contiguous level, which has label v */
int   widen_vector(Lowering *w, char v);                    /* the same, as wide as C has room, padding included */
void  lowering_settled(Lowering *w, Kernels *k, Kernel *x); /* operands, labels and levels, of what layout has decided; BUG where it has not */
long  room(const Operand *o, char label, long div);         /* how many values the stored axis has room for at this level, padding included */

/* ---- gemm.c ---- */
bool  library_says(const Lowering *w, Gemm *m);             /* whether cuBLASLt can say it, and how */
#endif
