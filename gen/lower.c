/* lower.c -- a matmul or a convolution becomes one contraction: C[rows][columns] = SUM over depth of A B.

   1. Every axis of every operand is a label, or for a convolution a sum of two: y * stride + k * dilation - padding.
   2. A label is cut where any operand's digits are cut; each piece is a level with one stride in A, in B and in C.
   3. C's contiguous level is the vector. The operand that has its label is B; it must be contiguous there too.
   4. A weight that has no order yet gets the one its first reader likes: strips of columns, depth as A runs through it.
      One that has another order, a transposed one, is packed into that order once per update.
   5. A blocked label is summed over its padding too: both operands hold zeros there. */
#include <stdlib.h>
#include <string.h>
#include "gagen.h"

enum { LABELS = 10, LEVELS = 12 };
typedef struct { int n; char label[2]; long factor[2], constant; } Place;     /* what an axis' index is made of */
typedef struct { Node *node; Shape shape; Layout layout; Place place[RANK]; } Operand;
typedef struct { char label; long extent; bool in[3]; } Label;
typedef struct {
    Kernel *x;
    Operand operand[3];                 /* A, B, C */
    int nlabels; Label label[LABELS];
    int nlevels; Level level[LEVELS];
} Lowering;

static Kernels *K;

/* ---- operands ---- */
static Place just(char label) { return (Place) { 1, { label }, { 1 }, 0 }; }

static void plain_places(Operand *o, const char *labels)
{
    for (int a = 0; a < o->shape.rank; a++) o->place[a] = just(labels[a]);
}

/* position y * stride + k * dilation - padding along the axis */
static Place affine(char y, long stride, char k, long dilation, long constant)
{
    return (Place) { 2, { y, k }, { stride, dilation }, constant };
}

static void image_places(Operand *o, const double *a, bool data)
{
    for (int d = 0; d < 2; d++) {
        const long s = data ? 1 : (long)a[2 + d], p = (long)a[4 + d], dil = (long)a[6 + d];
        o->place[2 + d] = affine("yx"[d], s, "kl"[d], data ? -dil : dil, data ? p : -p);
    }
}

static Node *target_of(const Kernel *x)
{
    if (x->grad == x->core || (x->core && x->core->buffer)) return x->core;
    return x->stores.at[0];
}

static void set_operand(Operand *o, Node *n, const char *labels)
{
    o->node = n, o->shape = n->shape;
    plain_places(o, labels);
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
        image_places(&o[0], n->attr, data);
    }
}

static bool has_label(const Operand *o, char label)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->place[a].n; i++)
            if (o->place[a].label[i] == label) return true;
    return false;
}

static void find_labels(Lowering *w)
{
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < w->operand[i].shape.rank; a++) {
            const Place *p = &w->operand[i].place[a];
            if (p->n != 1) continue;
            int at = 0;
            while (at < w->nlabels && w->label[at].label != p->label[0]) at++;
            if (at == w->nlabels) w->label[w->nlabels++] = (Label) { p->label[0], w->operand[i].shape.dim[a], { 0 } };
        }
    for (int at = 0; at < w->nlabels; at++)
        for (int i = 0; i < 3; i++) w->label[at].in[i] = has_label(&w->operand[i], w->label[at].label);
}

/* ---- which operand is B ---- */
static char contiguous_label(const Operand *o)
{
    for (int a = 0; a < o->shape.rank; a++)
        for (int i = 0; i < o->layout.axis[a].n; i++) {
            const Digit *d = &o->layout.axis[a].digit[i];
            if (d->stride == 1 && d->extent >= BLOCK_MIN && o->place[a].n == 1) return o->place[a].label[0];
        }
    BUG("a result without contiguous columns");
}

static bool known(const Operand *o) { return o->layout.size > 0; }

static void get_layouts(Lowering *w)
{
    for (int i = 0; i < 2; i++) {
        Operand *o = &w->operand[i];
        if (!node_layout(o->node, &o->layout)) {
            o->node = w->x->core->arg[i] = copy_before(K, w->x, o->node);
            vec_push(&o->node->kernel->stores, o->node);
            Buffer *b = buffer_new(K, o->node, HOME_ARENA, ident_new("copy"));
            const int v = o->shape.rank - 1;
            layout_make(&b->layout, &o->shape, v, layout_block(o->shape.dim[v]), 0);
            o->layout = b->layout;
        }
    }
    Node *c = target_of(w->x);
    w->operand[2].layout = w->x->grad == c ? w->x->grad_layout : c->buffer->layout;
}

static void order_operands(Lowering *w, char v)
{
    if (!has_label(&w->operand[0], v)) return;
    if (has_label(&w->operand[1], v)) BUG("both operands of a contraction have its columns");
    Operand o = w->operand[0];
    w->operand[0] = w->operand[1], w->operand[1] = o;
}

/* ---- levels ---- */
static int cmp_long(const void *a, const void *b)
{
    const long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

/* Where the label's index is cut: at every digit of every operand that has it alone on an axis. */
static int cuts(const Lowering *w, const Label *l, long *cut)
{
    int n = 0;
    cut[n++] = 1;
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < w->operand[i].shape.rank && known(&w->operand[i]); a++) {
            const Operand *o = &w->operand[i];
            if (o->place[a].n != 1 || o->place[a].label[0] != l->label) continue;
            for (int d = 0; d < o->layout.axis[a].n; d++) {
                const Digit *x = &o->layout.axis[a].digit[d];
                cut[n++] = x->div;
                if (x->mod) cut[n++] = x->div * x->mod;
            }
        }
    qsort(cut, (size_t)n, sizeof *cut, cmp_long);
    int kept = 0;
    for (int i = 0; i < n; i++)
        if ((!kept || cut[i] != cut[kept - 1]) && (cut[i] <= l->extent || cut[i] == 1)) cut[kept++] = cut[i];
    return kept;
}

static long stride_in(const Operand *o, char label, long div)
{
    long stride = 0;
    for (int a = 0; a < o->shape.rank && known(o); a++)
        for (int i = 0; i < o->place[a].n; i++) {
            if (o->place[a].label[i] != label) continue;
            if (o->place[a].n > 1) stride += o->place[a].factor[i] * o->layout.axis[a].digit[0].stride * div;
            for (int d = 0; d < o->layout.axis[a].n && o->place[a].n == 1; d++) {
                const Digit *x = &o->layout.axis[a].digit[d];
                if (x->div <= div && div < x->div * (x->mod ? x->mod : x->extent)) stride += o->place[a].factor[i] * x->stride * (div / x->div);
            }
        }
    return stride;
}

static bool make_levels(Lowering *w)
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
            for (int k = 0; k < 3; k++) l->stride[k] = stride_in(&w->operand[k], l->label, l->div);
        }
    }
    return true;
}

static const Label *label_of(const Lowering *w, const Level *l)
{
    for (int i = 0; i < w->nlabels; i++)
        if (w->label[i].label == l->label) return &w->label[i];
    BUG("a level without a label");
}

static int vector_level(const Lowering *w, char v)
{
    for (int i = 0; i < w->nlevels; i++)
        if (w->level[i].label == v && w->level[i].stride[2] == 1) return i;
    BUG("no vector level");
}

/* How many values the stored axis has room for at this level, padding included. */
static long room(const Operand *o, char label, long div)
{
    for (int a = 0; a < o->shape.rank; a++)
        if (o->place[a].n == 1 && o->place[a].label[0] == label)
            for (int d = 0; d < o->layout.axis[a].n; d++) {
                const Digit *x = &o->layout.axis[a].digit[d];
                if (x->div <= div && div < x->div * (x->mod ? x->mod : x->extent)) return x->extent * x->div / div;
            }
    return 0;
}

static bool b_fits(const Lowering *w, int vector)
{
    const Operand *b = &w->operand[1];
    if (!known(b) || w->level[vector].stride[1] != 1 || room(b, w->level[vector].label, w->level[vector].div) < w->level[vector].extent)
        return false;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[1] && room(b, w->level[i].label, w->level[i].div) < w->level[i].extent) return false;
    return true;
}

/* ---- B in the order that suits ---- */
static const Lowering *sorting;
static int b_order(const void *pa, const void *pb)      /* outermost first: batch and columns by C, then the depth by A */
{
    const Level *a = pa, *b = pb;
    const bool ka = !label_of(sorting, a)->in[2], kb = !label_of(sorting, b)->in[2];
    if (ka != kb) return ka ? 1 : -1;
    const long x = labs(a->stride[ka ? 0 : 2]), y = labs(b->stride[kb ? 0 : 2]);
    return (x < y) - (x > y);
}

/* Columns that run on from the vector in C run on from it in B's rows too: one wide row instead of strips. */
static void join_columns(const Lowering *w, Level *order, int n, const Level *vector)
{
    long width = vector->extent;
    int joined = 0;
    for (int i = 0; i < n - joined; i++) {
        const Level l = order[i];
        if (!label_of(w, &l)->in[2] || label_of(w, &l)->in[0] || l.stride[2] != width || width * l.extent > 512) continue;
        memmove(order + i, order + i + 1, sizeof(Level) * (size_t)(n - joined - 1 - i));
        order[n - joined - 1] = l;
        width *= l.extent, joined++;
        i = -1;
    }
}

static void b_layout(Lowering *w, int vector, Layout *out)
{
    Level order[LEVELS];
    int n = 0;
    for (int i = 0; i < w->nlevels; i++)
        if (label_of(w, &w->level[i])->in[1] && i != vector) order[n++] = w->level[i];
    sorting = w;
    qsort(order, (size_t)n, sizeof *order, b_order);
    join_columns(w, order, n, &w->level[vector]);
    order[n++] = w->level[vector];
    const Operand *b = &w->operand[1];
    Layout l = { .rank = b->shape.rank, .vaxis = -1 };
    long stride = 1;
    for (int i = n; i-- > 0; ) {
        const Level *v = &order[i];
        for (int a = 0; a < b->shape.rank; a++) {
            if (b->place[a].label[0] != v->label) continue;
            Axis *x = &l.axis[a];
            x->digit[x->n++] = (Digit) { v->div, v->div * v->extent >= b->shape.dim[a] ? 0 : v->extent, stride, v->extent };
            if (i == n - 1) l.vaxis = a, l.block = v->extent;
        }
        stride *= v->extent;
    }
    long inner = 1;
    for (int i = n; i-- > 0; inner *= order[i].extent)
        if (i + 2 < n && order[i].label == order[i + 1].label && order[i].div == order[i + 1].div * order[i + 1].extent && l.ndims > 1) {
            l.dims[0] *= order[i].extent;
        } else if (order[i].extent > 1 || i == n - 1) {
            memmove(l.dims + 1, l.dims, sizeof(long) * (size_t)l.ndims);
            memmove(l.strides + 1, l.strides, sizeof(long) * (size_t)l.ndims);
            l.dims[0] = order[i].extent, l.strides[0] = inner, l.ndims++;
        }
    l.size = (stride + ALIGN - 1) / ALIGN * ALIGN;
    *out = l;
}

static bool same_order(const Operand *o, const Layout *l)
{
    for (int a = 0; a < l->rank; a++)
        if (o->layout.axis[a].n != l->axis[a].n || memcmp(o->layout.axis[a].digit, l->axis[a].digit, sizeof(Digit) * (size_t)l->axis[a].n))
            return false;
    return true;
}

/* A packed copy of b in this order: one that another contraction has made already, or a new one. */
static void pack(Lowering *w, const Layout *l)
{
    Operand *b = &w->operand[1];
    const bool once = b->node->when != WHEN_MICRO;
    for (int i = 0; i < K->once.n && once; i++) {
        Node *n = K->once.at[i]->out;
        if (K->once.at[i]->core || !has_role(n, "copy") || n->arg[0] != b->node || !n->buffer) continue;
        Operand o = { .node = n, .layout = n->buffer->layout };
        if (same_order(&o, l)) { b->node = n, b->layout = n->buffer->layout; return; }
    }
    Node *c = copy_before(K, w->x, b->node), *from = node_base(b->node);
    vec_push(&c->kernel->stores, c);
    Buffer *f = buffer_new(K, c, once ? HOME_PACKED : HOME_ARENA,
                           ident_new(from->param ? text("%s_%s", from->param->ident, w->x->backward ? "t" : "packed") : "turned"));
    f->layout = *l;
    b->node = c, b->layout = *l;
}

/* A copy of A row by row, without blocks: it is cut nowhere. */
static void straighten_a(Lowering *w)
{
    Operand *a = &w->operand[0];
    a->node = copy_before(K, w->x, a->node);
    vec_push(&a->node->kernel->stores, a->node);
    Buffer *b = buffer_new(K, a->node, HOME_ARENA, ident_new("straight"));
    layout_make(&b->layout, &a->shape, -1, 0, 0);
    a->layout = b->layout;
}

static void cut_levels(Lowering *w)
{
    Layout b = w->operand[1].layout;
    if (make_levels(w)) return;
    w->operand[1].layout.size = 0;
    if (!make_levels(w)) {
        w->operand[1].layout = b;
        straighten_a(w);
        if (!make_levels(w)) w->operand[1].layout.size = 0;
        if (!known(&w->operand[1]) && !make_levels(w)) BUG("a contraction's columns are cut at places that do not divide each other");
    }
}

static int find_vector(Lowering *w, char v)
{
    const int vector = vector_level(w, v);
    w->level[vector].extent = room(&w->operand[2], v, w->level[vector].div);
    return vector;
}

static void arrange_b(Lowering *w, char v)
{
    cut_levels(w);
    int vector = find_vector(w, v);
    if (b_fits(w, vector)) return;
    Operand *b = &w->operand[1];
    Layout l;
    b->layout.size = 0;         /* another order: where it is cut now does not matter */
    cut_levels(w);
    vector = find_vector(w, v);
    b_layout(w, vector, &l);
    if (b->node->kind == K_PARAM && !b->node->buffer->layout.size) b->layout = b->node->buffer->layout = l;
    else pack(w, &l);
    if (!make_levels(w)) BUG("a packed operand does not fit");
    find_vector(w, v);
}

/* ---- loops ---- */
typedef struct { int n; Level at[LEVELS]; } Levels;
static int sort_operand;
static int by_stride(const void *pa, const void *pb)
{
    const long x = labs(((const Level *)pa)->stride[sort_operand]), y = labs(((const Level *)pb)->stride[sort_operand]);
    return (x < y) - (x > y);
}

/* The levels of labels that are in these operands exactly, outermost first, neighbours that run on merged. */
static Levels levels_in(const Lowering *w, bool a, bool b, bool c, int skip, int sort)
{
    Levels s = { 0 }, merged = { 0 };
    for (int i = 0; i < w->nlevels; i++) {
        const Label *l = label_of(w, &w->level[i]);
        if (i != skip && l->in[0] == a && l->in[1] == b && l->in[2] == c && w->level[i].extent > 1) s.at[s.n++] = w->level[i];
    }
    sort_operand = sort;
    qsort(s.at, (size_t)s.n, sizeof *s.at, by_stride);
    for (int i = 0; i < s.n; i++) {
        Level *last = merged.n ? &merged.at[merged.n - 1] : 0;
        bool runs_on = last != 0;
        for (int k = 0; k < 3 && runs_on; k++) runs_on = last->stride[k] == s.at[i].extent * s.at[i].stride[k];
        if (!runs_on) { merged.at[merged.n++] = s.at[i]; continue; }
        for (int k = 0; k < 3; k++) last->stride[k] = s.at[i].stride[k];
        last->extent *= s.at[i].extent;
        if (last->label != s.at[i].label) last->label = '*';
        last->div = s.at[i].div;
    }
    return merged;
}

static void take_outer(Contraction *c, const Level *l, bool sum)
{
    if (c->nouter == 8) BUG("more than eight outer loops");
    c->outer_sum[c->nouter] = sum;
    c->outer[c->nouter++] = *l;
}

static void widen(Contraction *c, Levels *columns)
{
    while (columns->n) {
        const Level *l = &columns->at[columns->n - 1];
        if (l->stride[1] != c->vector.extent || l->stride[2] != c->vector.extent || c->vector.extent * l->extent > 512) return;
        c->vector.extent *= l->extent;
        columns->n--;
    }
}

static void split_level(Levels *s, int i, long parts)
{
    memmove(s->at + i + 1, s->at + i, sizeof(Level) * (size_t)(s->n - i));
    s->n++;
    s->at[i].extent = parts;
    s->at[i + 1].extent /= parts;
    for (int k = 0; k < 3; k++) s->at[i].stride[k] *= s->at[i + 1].extent;
    s->at[i].div *= s->at[i + 1].extent;
}

/* Row parts: the smallest divisor that is at least 8, so that threads have something to share; constant, whatever they are. */
long row_parts(long n)
{
    for (long d = 8; d <= n; d++)
        if (n % d == 0) return d;
    return n;
}

static void take_unit(Contraction *c, Levels *s, int i)
{
    c->unit = s->at[i];
    memmove(s->at + i, s->at + i + 1, sizeof(Level) * (size_t)(--s->n - i));
}

/* Images are dealt by rows of the batch; matrices by strips of columns, or where there is one strip only by rows. */
static void choose_unit(const Lowering *w, Contraction *c, Levels *rows, Levels *columns)
{
    const bool image = w->operand[2].shape.batch && layout_batch_first(&w->operand[2].layout);
    c->unit = (Level) { .extent = 1 };
    if (columns->n && !image) { take_unit(c, columns, 0); return; }
    if (!rows->n) return;
    const char batch = w->operand[2].shape.batch ? w->operand[2].place[0].label[0] : 0;
    int at = 0;
    for (int i = 0; i < rows->n; i++)
        if (rows->at[i].label == batch) at = i;
    if (w->operand[2].shape.batch && rows->at[at].label != batch) return;
    const long parts = row_parts(rows->at[at].extent);
    if ((batch || rows->n == 1) && parts < rows->at[at].extent) split_level(rows, at, parts);
    take_unit(c, rows, at);
}

static void set_bases(const Lowering *w, Contraction *c)
{
    for (int i = 0; i < 3; i++) {
        const Operand *o = &w->operand[i];
        c->base[i] = o->layout.offset;
        for (int a = 0; a < o->shape.rank; a++)
            if (o->place[a].constant) c->base[i] += o->place[a].constant * o->layout.axis[a].digit[0].stride;
    }
}

static Contraction *assemble(const Lowering *w, char v)
{
    Contraction *c = NEW(Contraction);
    const int vector = vector_level(w, v);
    c->a = w->operand[0].node, c->b = w->operand[1].node;
    c->vector = w->level[vector];
    Levels batch = levels_in(w, true, true, true, vector, 2), rows = levels_in(w, true, false, true, vector, 2);
    Levels columns = levels_in(w, false, true, true, vector, 2), depth = levels_in(w, true, true, false, vector, 0);
    widen(c, &columns);
    choose_unit(w, c, &rows, &columns);
    for (int i = 0; i < batch.n; i++) take_outer(c, &batch.at[i], false);
    for (int i = 0; i < columns.n; i++) take_outer(c, &columns.at[i], false);
    const bool samples = has_role(w->x->core, "weight");
    int r = 0, d = 0;
    for (; rows.n - r > 2; r++) take_outer(c, &rows.at[r], false);
    for (; depth.n - d > 3 || (samples && d < depth.n && depth.at[d].label == 'n'); d++) take_outer(c, &depth.at[d], true);
    for (; r < rows.n; r++) c->rows[c->nrows++] = rows.at[r];
    for (; d < depth.n; d++) c->depth[c->ndepth++] = depth.at[d];
    set_bases(w, c);
    c->flop = 2;
    for (int i = 0; i < w->nlabels; i++) c->flop *= (double)w->label[i].extent;
    return c;
}

void lower(Kernels *k, Kernel *x)
{
    Lowering w = { .x = x };
    K = k;
    read_operands(&w);
    find_labels(&w);
    get_layouts(&w);
    const char v = contiguous_label(&w.operand[2]);
    order_operands(&w, v);
    arrange_b(&w, v);
    x->contraction = assemble(&w, v);
    x->flop = x->contraction->flop;
}
