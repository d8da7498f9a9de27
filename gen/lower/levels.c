/* levels.c -- a matmul or a convolution, C[rows][columns] = SUM over depth of A B, as labels and
   levels.

   1. Every axis of every operand is a label, or for a convolution a sum of two: y * stride + k *
      dilation - padding. Channels in groups are two labels, the group and the channel in it: parts
      of one axis.
   2. A label is cut where a factor of any operand is cut. Each piece is a level, with one stride
      in A, in B and in C. */
#include <stdlib.h>
#include <string.h>
#include "lower/contraction.h"

/* ---- operands ---- */
static AxisIndex just(char label)
{
    return (AxisIndex) { .n = 1, .label = { label }, .factor = { 1 } };
}

/* channel i of group g, with `each` channels in a group */
static AxisIndex grouped(char g, char i, long each)
{
    return (AxisIndex) { .n = 2, .label = { g, i }, .factor = { each, 1 }, .parts = true };
}

int part_of(const AxisIndex *p, char label)
{
    if (p->n > 1 && !p->parts) return -1;
    for (int i = 0; i < p->n; i++)
        if (p->label[i] == label) return i;
    return -1;
}

static long part_extent(const Operand *o, int axis, int part)
{
    const AxisIndex *p = &o->index[axis];
    return p->n == 1 ? o->shape.dim[axis] : part ? p->factor[0] : o->shape.dim[axis] / p->factor[0];
}

static void plain_indices(Operand *o, const char *labels)
{
    for (int a = 0; a < o->shape.rank; a++) o->index[a] = just(labels[a]);
}

/* position y * stride + k * dilation - padding along the axis */
static AxisIndex affine(char y, long stride, char k, long dilation, long constant)
{
    return (AxisIndex) {
        .n = 2, .label = { y, k }, .factor = { stride, dilation }, .constant = constant
    };
}

static void image_indices(Operand *o, const double *a, bool data)
{
    for (int d = 0; d < 2; d++) {
        const long s = data ? 1 : (long)a[2 + d], p = (long)a[4 + d], dil = (long)a[6 + d];
        o->index[2 + d] = affine("yx"[d], s, "kl"[d], data ? -dil : dil, data ? p : -p);
    }
}

static void set_operand(Operand *o, Node *n, const char *labels)
{
    o->node = n, o->shape = n->shape;
    plain_indices(o, labels);
}

/* Outputs 'o' and inputs 'c' of a convolution in groups: w has all outputs and the inputs of one
   group. */
static void group_indices(Operand *o, const Shape *w, long groups, bool weight)
{
    for (int a = 0; a < 2; a++) {
        const char label = o->index[a].label[0];
        if (label == 'o') o->index[a] = grouped('g', 'o', w->dim[0] / groups);
        if (label == 'c' && !weight) o->index[a] = grouped('g', 'c', w->dim[1]);
    }
}

/* Operands in the order first argument, second argument, result. */
static void read_operands(Lowering *w)
{
    Node *n = w->x->core;
    Operand *o = w->operand;
    if (n->kind == K_MATMUL) {
        const char *second = strchr(n->labels, ',') + 1;
        set_operand(&o[0], n->arg[0], n->labels);
        set_operand(&o[1], n->arg[1], second);
        set_operand(&o[2], n, strchr(second, '>') + 1);
    } else {
        const bool data = has_role(n, "data"), weight = has_role(n, "weight");
        set_operand(&o[0], n->arg[0], data ? "noyx" : "ncyx");
        set_operand(&o[1], n->arg[1], weight ? "noyx" : "ockl");
        set_operand(&o[2], n, weight ? "ockl" : data ? "ncyx" : "noyx");
        image_indices(&o[0], n->attr, data);
        const long groups = conv_groups(n);
        const int at = weight ? 2 : 1;
        for (int i = 0; i < 3 && groups > 1; i++)
            group_indices(&o[i], &o[at].shape, groups, i == at);
    }
}

bool has_label(const Operand *o, char label)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->index[a].n; i++)
            if (o->index[a].label[i] == label) return true;
    return false;
}

static void find_labels(Lowering *w)
{
    w->nlabels = 0;
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < w->operand[i].shape.rank; a++) {
            const AxisIndex *p = &w->operand[i].index[a];
            for (int part = 0; part < p->n && part_of(p, p->label[part]) >= 0; part++) {
                int at = 0;
                while (at < w->nlabels && w->label[at].label != p->label[part]) at++;
                if (at == w->nlabels)
                    w->label[w->nlabels++] =
                        (Label) { p->label[part], part_extent(&w->operand[i], a, part), { 0 } };
            }
        }
    for (int at = 0; at < w->nlabels; at++)
        for (int i = 0; i < 3; i++)
            w->label[at].in[i] = has_label(&w->operand[i], w->label[at].label);
}

bool known(const Operand *o) { return o->layout.size > 0; }

/* A weight without an order has no layout yet, and neither have its views. */
static void find_layout(const Kernels *k, Operand *o)
{
    const Buffer *b = buffer_of(k, node_base(o->node));
    if (!b || !b->layout.size || !node_layout(k, o->node, &o->layout)) o->layout.size = 0;
}

void lowering_start(Lowering *w, Kernels *k, Kernel *x)
{
    *w = (Lowering) { .k = k, .x = x };
    read_operands(w);
    find_labels(w);
    for (int i = 0; i < 2; i++) find_layout(k, &w->operand[i]);
    Node *c = target_of(k, x);
    w->operand[2].layout = x->grad == c ? x->grad_layout : buffer_of(k, c)->layout;
}

void lowering_order(Lowering *w, char v)
{
    if (!has_label(&w->operand[0], v)) return;
    if (has_label(&w->operand[1], v)) BUG("both operands of a contraction have its columns");
    Operand o = w->operand[0];
    w->operand[0] = w->operand[1], w->operand[1] = o;
    find_labels(w);
}

/* ---- levels ---- */
static int cmp_long(const void *a, const void *b)
{
    const long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

/* The cuts of the label's index: at every factor of every operand that has it as a part of an
   axis. */
static int add_cut(long *cut, int n, long at, long factor)
{
    if (at % factor == 0 && at >= factor) cut[n++] = at / factor;
    return n;
}

static int cuts(const Lowering *w, const Label *l, long *cut)
{
    int n = 0;
    cut[n++] = 1;
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < w->operand[i].shape.rank && known(&w->operand[i]); a++) {
            const Operand *o = &w->operand[i];
            const int part = part_of(&o->index[a], l->label);
            for (int d = 0; d < o->layout.axis[a].n && part >= 0; d++) {
                const Factor *x = &o->layout.axis[a].factor[d];
                n = add_cut(cut, n, x->div, o->index[a].factor[part]);
                if (x->mod) n = add_cut(cut, n, x->div * x->mod, o->index[a].factor[part]);
            }
        }
    qsort(cut, (size_t)n, sizeof *cut, cmp_long);
    int kept = 0;
    for (int i = 0; i < n; i++)
        if ((!kept || cut[i] != cut[kept - 1]) && (cut[i] <= l->extent || cut[i] == 1))
            cut[kept++] = cut[i];
    return kept;
}

/* The distance of neighbouring rows or columns of an image. In a view with a single one there is
   no factor, but the halo still has neighbours. */
static long step_of(const Lowering *w, const Operand *o, int axis)
{
    const Layout *l = &o->layout;
    const Axis *x = &l->axis[axis];
    if (!w->k->target->blocks || (x->n && x->factor[0].extent > 1)) return x->factor[0].stride;
    return axis == 2 ? l->plane[1] * l->plane[2] : l->plane[2];
}

static long stride_in(const Lowering *w, const Operand *o, char label, long div)
{
    long stride = 0;
    for (int a = 0; a < o->shape.rank && known(o); a++)
        for (int i = 0; i < o->index[a].n; i++) {
            const AxisIndex *p = &o->index[a];
            const long at = p->factor[i] * div;
            if (p->label[i] != label) continue;
            if (part_of(p, label) < 0) stride += step_of(w, o, a) * at;
            for (int d = 0; d < o->layout.axis[a].n && part_of(p, label) >= 0; d++) {
                const Factor *x = &o->layout.axis[a].factor[d];
                if (x->div <= at && at < x->div * (x->mod ? x->mod : x->extent))
                    stride += x->stride * (at / x->div);
            }
        }
    return stride;
}

bool lowering_levels(Lowering *w)
{
    w->nlevels = 0;
    for (int i = 0; i < w->nlabels; i++) {
        long cut[64];
        const int n = cuts(w, &w->label[i], cut);
        for (int c = 0; c < n; c++) {
            const long end = c + 1 < n ? cut[c + 1] : w->label[i].extent;
            if (c + 1 < n && end % cut[c]) return false;
            Level *l = &w->level[w->nlevels++];
            *l = (Level) { w->label[i].label, cut[c], (end + cut[c] - 1) / cut[c], { 0 } };
            for (int k = 0; k < 3; k++)
                l->stride[k] = stride_in(w, &w->operand[k], l->label, l->div);
        }
    }
    return true;
}

const Label *label_of(const Lowering *w, const Level *l)
{
    for (int i = 0; i < w->nlabels; i++)
        if (w->label[i].label == l->label) return &w->label[i];
    BUG("a level without a label");
}

/* ---- groups of levels ---- */
/* Sorts few levels; equal ones keep their order. */
void sort_levels(const Lowering *w, Level *at, int n, LevelOrder *order, int operand)
{
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && order(w, &at[j - 1], &at[j], operand) > 0; j--) {
            const Level l = at[j];
            at[j] = at[j - 1], at[j - 1] = l;
        }
}

/* the label of the sum whose levels are outermost, whatever its strides; 0: none */
static char chained(const Lowering *w, const Level *l)
{
    return w->k->g->train.chains && !label_of(w, l)->in[2] && w->operand[0].shape.batch
               ? w->operand[0].index[0].label[0]
               : 0;
}

static int by_stride(const Lowering *w, const Level *a, const Level *b, int operand)
{
    const char outermost = chained(w, a);
    const int first = (b->label == outermost) - (a->label == outermost);
    const long x = labs(a->stride[operand]), y = labs(b->stride[operand]);
    return first ? first : (x < y) - (x > y);
}

/* The levels of labels that exactly these operands have, outermost first; levels that continue
   one another are merged. */
Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort, bool merge)
{
    Levels s = { 0 }, merged = { 0 };
    for (int i = 0; i < w->nlevels; i++) {
        const Label *l = label_of(w, &w->level[i]);
        if (i != skip && l->in[0] == a && l->in[1] == b && l->in[2] == c && w->level[i].extent > 1)
            s.at[s.n++] = w->level[i];
    }
    sort_levels(w, s.at, s.n, by_stride, sort);
    for (int i = 0; i < s.n; i++) {
        Level *last = merged.n ? &merged.at[merged.n - 1] : 0;
        bool runs_on = merge && last;
        for (int k = 0; k < 3 && runs_on; k++)
            runs_on = last->stride[k] == s.at[i].extent * s.at[i].stride[k];
        if (!runs_on) {
            merged.at[merged.n++] = s.at[i];
            continue;
        }
        for (int k = 0; k < 3; k++) last->stride[k] = s.at[i].stride[k];
        last->extent *= s.at[i].extent;
        if (last->label != s.at[i].label) last->label = '*';
        last->div = s.at[i].div;
    }
    return merged;
}

void set_bases(const Lowering *w, long base[3])
{
    for (int i = 0; i < 3; i++) {
        const Operand *o = &w->operand[i];
        base[i] = o->layout.offset;
        for (int a = 0; a < o->shape.rank; a++)
            if (o->index[a].constant) base[i] += o->index[a].constant * step_of(w, o, a);
    }
}

double lowering_flop(const Lowering *w)
{
    double flop = 2;
    for (int i = 0; i < w->nlabels; i++) flop *= (double)w->label[i].extent;
    return flop;
}
