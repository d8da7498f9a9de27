/* contraction.h -- a contraction as labels for axes and levels for labels, which layout and lower
   read. levels.c says how. */
#ifndef CONTRACTION_H
#define CONTRACTION_H
#include "lower/lower.h"

enum { LABELS = 10, LEVELS = 16 };
/* what an axis' index is made of; parts: label[1] counts within label[0] */
typedef struct {
    int n;
    char label[2];
    long factor[2], constant;
    bool parts;
} Place;
typedef struct {
    Node *node;
    Shape shape;
    Layout layout;
    Place place[RANK];
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
    bool asks; /* what is wanted: copies are thought of, none is made */
} Lowering;

/* ---- levels.c ---- */
/* operands, labels, and the layouts that are known */
void lowering_start(Lowering *w, Kernels *k, Kernel *x);
/* A and B change places where A has C's contiguous label v */
void lowering_order(Lowering *w, char v);
/* false: operands are cut at places that do not divide each other */
bool lowering_levels(Lowering *w);
bool known(const Operand *o); /* its layout is there */
bool has_label(const Operand *o, char label);
/* where the place has the label as a part of its axis alone; -1: it does not */
int part_of(const Place *p, char label);
const Label *label_of(const Lowering *w, const Level *l);
/* of labels that are in these operands exactly, outermost in operand `sort` first */
Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort, bool merge);
/* as qsort's; strides are those in this operand */
typedef int LevelOrder(const Lowering *w, const Level *a, const Level *b, int operand);
void sort_levels(const Lowering *w, Level *at, int n, LevelOrder *order, int operand);
void set_bases(const Lowering *w, long base[3]);
double lowering_flop(const Lowering *w);

/* ---- columns.c ---- */
char columns_label(const Lowering *w);       /* C's contiguous label; CUDA: 0 where there is none */
int vector_level(const Lowering *w, char v); /* C's contiguous level, which has label v */
int widen_vector(Lowering *w, char v);       /* the same, as wide as C has room, padding included */
/* operands, labels and levels, of what layout has decided; BUG where it has not */
void lowering_settled(Lowering *w, Kernels *k, Kernel *x);
/* how many values the stored axis has room for at this level, padding included */
long room(const Operand *o, char label, long div);

/* ---- gemm.c ---- */
bool library_says(const Lowering *w, Gemm *m); /* whether cuBLASLt can say it, and how */
#endif
