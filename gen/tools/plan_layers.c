/* plan_layers.c -- assigns kernels to layers.

   1. A forward kernel belongs to the layer whose parameter it reads, or else to the first layer
      whose result it makes. A kernel without a layer is an entry of its own, with its name or its
      op's.
   2. A backward kernel belongs to the layer into whose gradient it adds, or else to the layer
      whose adjoint it makes. */
#include <string.h>
#include "tools/plan.h"

static const char nobody[] = "other adjoints";

/* "net.0" of "net.0.weight"; a name without a dot is whole */
static char *owner_of(const Param *p)
{
    const char *dot = strrchr(p->name, '.');
    return mem_copy(p->name, dot ? (size_t)(dot - p->name) : strlen(p->name));
}

static const Param *param_read(const Node *n)
{
    for (int a = 0; a < n->nargs; a++) {
        const Node *b = node_base(n->arg[a]);
        if (b->kind == K_PARAM) return b->param;
    }
    return NULL;
}

static const char *path_of(const Node *n)
{
    const Param *p = param_read(n);
    return p ? owner_of(p) : n->path;
}

static const char *op_name(const Node *n)
{
    return n->op ? n->op->name : n->name ? n->name : "value";
}

/* ---- the kernel's nodes, the structured one first ---- */
static int node_count(const Kernel *x) { return x->body.n + (x->core != NULL); }
static const Node *node_of(const Kernel *x, int i)
{
    return x->core ? i ? x->body.at[i - 1] : x->core : x->body.at[i];
}

static const char *name_of(const Kernel *x)
{
    for (int i = 0; i < node_count(x); i++)
        if (path_of(node_of(x, i))) return path_of(node_of(x, i));
    return x->out->name ? x->out->name : op_name(node_of(x, 0));
}

/* The maps fused after the layer's own result: those that read none of its parameters. */
static const char *kind_of(const Kernels *k, const Kernel *x, const char *name)
{
    Text t = { 0 };
    int from = 0;
    for (int i = 0; i < k->params.n && !t.n; i++) {
        const Param *p = k->params.at[i]->param;
        if (!strcmp(owner_of(p), name)) text_add(&t, "%s", p->layer ? p->layer : "Parameter");
    }
    for (int i = 0; t.n && i < node_count(x); i++)
        if (path_of(node_of(x, i)) && !strcmp(path_of(node_of(x, i)), name)) from = i + 1;
    for (int i = from; i < node_count(x); i++)
        text_add(&t, "%s%s", t.n ? " + " : "", op_name(node_of(x, i)));
    return t.s;
}

/* ---- layers ---- */
static int find(const Layers *l, const char *name)
{
    for (int i = 0; i < l->at.n; i++)
        if (!strcmp(l->at.at[i]->name, name)) return i;
    return -1;
}

static Layer *add_layer(Layers *l, const char *name, const char *kind, const Shape *output,
                        int line)
{
    Layer *y = NEW(Layer);
    *y = (Layer) { .name = name, .kind = kind, .output = output, .line = line };
    vec_push(&l->at, y);
    return y;
}

/* Of what n writes. Memory of slots counts where it begins. */
static double bytes_of(const Node *n, const Buffer *b)
{
    if (b->of && n != b->node) return 0;
    return b->home == HOME_ARENA ? 4 * (double)buffer_size(b->of ? b->of : b) : 0;
}

bool is_kept(const Kernels *k, const Buffer *b)
{
    if (b->node->backward) return false;
    for (int i = 0; i < k->micro.n; i++)
        for (int t = 0; t < k->micro.at[i]->touches.n && k->micro.at[i]->backward; t++)
            if (whole_of(k->micro.at[i]->touches.at[t]->buffer) == whole_of((Buffer *)b))
                return true;
    return false;
}

static void add_stores(Layer *y, const Kernels *k, const Kernel *x)
{
    for (int i = 0; i < x->stores.n; i++) {
        const Buffer *b = buffer_of(k, x->stores.at[i]);
        *(!x->backward              ? &y->values
          : first_of(k->g, b->node) ? &y->again
                                    : &y->adjoints) += bytes_of(x->stores.at[i], b);
        if (is_kept(k, b)) y->kept += bytes_of(x->stores.at[i], b);
    }
}

static void add_forward(Layers *l, const Kernels *k, const Kernel *x)
{
    const char *name = name_of(x);
    const int i = find(l, name);
    Layer *y =
        i >= 0 ? l->at.at[i]
               : add_layer(l, name, kind_of(k, x, name), &x->out->shape, node_of(x, 0)->loc.line);
    y->forward += x->flop;
    add_stores(y, k, x);
}

static void add_params(Layers *l, const Graph *g)
{
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        const int at = find(l, owner_of(p));
        Layer *y = at >= 0 ? l->at.at[at]
                           : add_layer(l, owner_of(p), p->layer ? p->layer : "Parameter", &p->shape,
                                       p->loc.line);
        if (p->trained) y->params += shape_count(&p->shape);
    }
}

/* The forward node whose backward made n, or the node that n copies; NULL: neither. */
static const Node *origin(const Graph *g, const Node *n)
{
    while (!n->of && n->nargs) n = node_base(n->arg[0]);
    return n->of ? node_now(g, n->of) : NULL;
}

/* The kernel that made the value whose adjoint x makes. */
static const Kernel *forward_of(const Kernels *k, const Kernel *x)
{
    for (int i = 0; i < node_count(x); i++) {
        const Node *y = origin(k->g, node_of(x, i));
        const Kernel *f = y ? kernel_of(k, node_base((Node *)(void *)y)) : NULL;
        if (f && !f->backward) return f;
    }
    return NULL;
}

/* The step of kernel x: node numbers have a meaning only within a step. */
static const Kernels *step_of(const Layers *l, const Kernel *x)
{
    for (int n = 0; n < l->nsteps; n++)
        for (int i = 0; i < l->step[n]->micro.n; i++)
            if (l->step[n]->micro.at[i] == x) return l->step[n];
    BUG("a kernel of no step");
}

int layer_of(const Layers *l, const Kernel *x)
{
    if (x->adds_to) return find(l, owner_of(x->adds_to));
    if (!x->backward) return find(l, name_of(x));
    const Kernel *forward = forward_of(step_of(l, x), x);
    return find(l, forward ? name_of(forward) : nobody);
}

static void add_backward(Layers *l, const Kernels *k, const Kernel *x)
{
    const int at = layer_of(l, x);
    Layer *y = at >= 0 ? l->at.at[at] : add_layer(l, nobody, "", &x->out->shape, x->out->loc.line);
    y->backward += x->flop;
    add_stores(y, k, x);
}

Layers *layers_of(Kernels *const *step, int nsteps)
{
    Layers *l = NEW(Layers);
    l->step = step, l->nsteps = nsteps;
    for (int n = 0; n < nsteps; n++)
        for (int i = 0; i < step[n]->forward.n; i++)
            add_forward(l, step[n], step[n]->forward.at[i]);
    add_params(l, step[0]->g);
    for (int n = 0; n < nsteps; n++)
        for (int i = 0; i < step[n]->micro.n; i++)
            if (step[n]->micro.at[i]->backward) add_backward(l, step[n], step[n]->micro.at[i]);
    return l;
}
