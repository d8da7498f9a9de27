/* settle.c -- copies of values and weights that have another layout than a reader wants. */
#include "lower/layouts.h"

/* ---- names ---- */
/* The name of a node inside a layer: its op, unless it is the layer's result. */
static const char *inner_name(const char *layer, const Node *n)
{
    return layer && n->op ? text("%s.%s", layer, n->op->name) : n->op ? n->op->name : "value";
}

/* The user's name, or else the name of its layer. An adjoint has the name of its value. */
const char *value_name(const Node *n)
{
    if (n->adjoint_of) return text("d_%s", value_name(n->adjoint_of));
    if (n->name) return n->backward ? text("d_%s", n->name) : n->name;
    if (n->path && n->kind != K_NOISE) return n->path;
    return inner_name(n->of ? n->of->layer : n->layer, n);
}

/* ---- buffers ---- */
Buffer *buffer_new(Kernels *k, Node *n, Home home, const char *ident)
{
    Buffer *b = NEW(Buffer);
    b->ident = ident, b->node = n, b->home = home, b->first = -1;
    set_buffer(k, n, b);
    vec_push(&k->buffers, b);
    return b;
}

Home home_of(const Node *n) { return n->when == WHEN_MICRO ? HOME_ARENA : HOME_PACKED; }

Buffer *store_copy(Kernels *k, Kernel *user, Node *n, const char *ident)
{
    Node *c = copy_before(k, user, n);
    vec_push(&kernel_of(k, c)->stores, c);
    return buffer_new(k, c, home_of(c), ident_new(k->g->names, ident));
}

bool unordered(const Kernels *k, const Node *n)
{
    const Node *p = node_base((Node *)n);
    return p->kind == K_PARAM && !buffer_of(k, p)->layout.size;
}

void copy_operand(Lowering *w, int which, const Layout *l, const char *ident)
{
    Operand *o = &w->operand[which];
    o->layout = *l;
    if (w->asks) return;
    Buffer *b = store_copy(w->k, w->x, o->node, ident);
    o->node = b->node, b->layout = *l;
}

void copy_unfactored(Lowering *w)
{
    for (int i = 0; i < 2; i++) {
        const Operand *o = &w->operand[i];
        const int v = o->shape.rank - 1;
        if (known(o) || unordered(w->k, o->node)) continue;
        Layout l;
        layout_make(&l, &o->shape, v, block_of(w->k, o->shape.dim[v]), 0);
        copy_operand(w, i, &l, "copy");
        w->x->core->arg[i] = o->node;
    }
}

void forget(Lowering *w, const Node *n)
{
    for (int i = 0; i < 2; i++)
        if (w->operand[i].node == n) w->operand[i].layout.size = 0;
}

void straighten(Lowering *w, int which)
{
    Layout l;
    layout_make(&l, &w->operand[which].shape, -1, 0, 0);
    copy_operand(w, which, &l, "straight");
}

bool crowded(const Lowering *w, int which)
{
    const Operand *o = &w->operand[which];
    for (int a = 0; a < o->shape.rank; a++) {
        int n = 0;
        for (int i = 0; i < w->nlevels; i++) n += part_of(&o->index[a], w->level[i].label) >= 0;
        if (n > FACTORS) return true;
    }
    return false;
}

void order_taps(const Kernels *k, Layout *l, const Shape *s)
{
    layout_make(l, s, 0, block_of(k, s->dim[0]), 0);
}
