/* settle.c -- where wants are granted: a weight that nothing has ordered yet takes the order, everything else is copied into it. */
#include "lower/layouts.h"

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

void own_order(const Kernels *k, Buffer *b)
{
    const Shape *s = &b->param->shape;
    const int v = s->rank - 1;
    if (!b->layout.size) layout_make(&b->layout, s, v, v < 0 ? 0 : block_of(k, s->dim[v]), 0);
}

bool unordered(const Kernels *k, const Node *n)
{
    const Node *p = node_base((Node *)n);
    return p->kind == K_PARAM && !buffer_of(k, p)->layout.size;
}

/* Where a view lies between that cannot pass the order on, the weight keeps its own, and false. */
bool take_order(const Lowering *w, Operand *o, const Layout *l)
{
    Node *p = node_base(o->node);
    Buffer *b = buffer_of(w->k, p);
    const bool direct = o->node == p, below = !direct && has_role(o->node, "reshape") && o->node->arg[0] == p;
    const bool taken = l && (direct || (below && layout_view(&b->layout, l, &o->node->shape, &p->shape)));
    if (taken && direct) b->layout = *l;
    if (!taken) own_order(w->k, b);
    if (!node_layout(w->k, o->node, &o->layout)) o->layout.size = 0;
    return taken;
}

void copy_operand(Lowering *w, int which, const Layout *l, const char *ident)
{
    Operand *o = &w->operand[which];
    Buffer *b = store_copy(w->k, w->x, o->node, ident);
    o->node = b->node;
    o->layout = b->layout = *l;
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
        for (int i = 0; i < w->nlevels; i++) n += part_of(&o->place[a], w->level[i].label) >= 0;
        if (n > DIGITS) return true;
    }
    return false;
}

void order_taps(const Kernels *k, Layout *l, const Shape *s) { layout_make(l, s, 0, block_of(k, s->dim[0]), 0); }
