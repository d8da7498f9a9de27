/* contraction.h -- a contraction as labels of axes and levels of labels, for the stages layout
   and lower. levels.c explains them. */
#ifndef CONTRACTION_H
#define CONTRACTION_H
#include "lower/lower.h"

enum { LABELS = 10, LEVELS = 16 };
/* the index of an axis, as a sum of labels; parts: label[1] counts within label[0] */
typedef struct {
    int n;
    char label[2];
    long factor[2], constant;
    bool parts;
} AxisIndex;
typedef struct {
    Node *node;
    Shape shape;
    Layout layout;
    AxisIndex index[RANK];
} Operand;
typedef struct {
    char label;
    long extent;
    bool in[3];
} Label;
typedef struct {
    Kernels *k;
    Kernel *x;
    Operand operand[3]; /* A, B, C */
    int nlabels;
    Label label[LABELS];
    int nlevels;
    Level level[LEVELS];
    bool asks; /* only wants are computed: no copy is made */
} Lowering;

/* ---- levels.c ---- */
/* operands, labels, and the layouts that are known */
void lowering_start(Lowering *w, Kernels *k, Kernel *x);
/* exchanges A and B if A has C's contiguous label v */
void lowering_order(Lowering *w, char v);
/* false: operands have cuts that do not divide each other */
bool lowering_levels(Lowering *w);
bool known(const Operand *o); /* its layout is known */
bool has_label(const Operand *o, char label);
/* the index of the label in the place, if it is a part of its axis; -1: it is not */
int part_of(const AxisIndex *p, char label);
const Label *label_of(const Lowering *w, const Level *l);
/* the levels of labels that exactly these operands have, outermost in operand `sort` first */
Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort, bool merge);
/* as qsort's; strides are those in this operand */
typedef int LevelOrder(const Lowering *w, const Level *a, const Level *b, int operand);
void sort_levels(const Lowering *w, Level *at, int n, LevelOrder *order, int operand);
void set_bases(const Lowering *w, long base[3]);
double lowering_flop(const Lowering *w);

/* ---- columns.c ---- */
char columns_label(const Lowering *w);       /* C's contiguous label; CUDA: 0 where there is none */
int vector_level(const Lowering *w, char v); /* C's contiguous level, with label v */
int widen_vector(Lowering *w, char v);       /* the same, as wide as C's room with padding */
/* operands, labels and levels of settled layouts; BUG if they are not */
void lowering_settled(Lowering *w, Kernels *k, Kernel *x);
/* how many values the stored axis has at this level, padding included */
long room(const Operand *o, char label, long div);

/* ---- gemm.c ---- */
bool library_says(const Lowering *w, Gemm *m); /* whether cuBLASLt computes it, and how */
#endif
