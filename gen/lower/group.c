/* fuse.c -- stage 6: nodes become kernels.

   1. A structured node (a fold, a matmul, a convolution, a pool) opens a kernel. A map joins the kernel of one of its
      arguments when both run over the same shape and all its other arguments are there by then; else it opens one.
   2. Forward and backward never share a kernel: evaluation runs the forward ones alone.
   3. What is made of parameters alone runs once a window; what follows a seed without rows, once at its end.
   4. A map that only a one-pass fold reads moves into the fold's loop.
   5. A contribution's last kernel adds straight into the gradient, where nobody else wants its value.
   6. What outputs alone need has kernels of its own, which training does not run. An output that lies nowhere is copied. */
#include <string.h>
#include "lower/lower.h"

static Kernels *K;
static Graph *g;

static bool is_leaf(const Node *n)
{
    return n->kind == K_CONST || n->kind == K_PARAM || n->kind == K_INPUT || n->kind == K_NOISE || n->kind == K_ROWS || n->kind == K_SEED
        || n->kind == K_TABLE;
}

static bool is_batch_sum(const Node *n) { return n->kind == K_REDUCE && n->when == WHEN_AFTER; }
static bool computes(const Node *n)
{
    return n->uses > 0 && !n->same && n->kind != K_VIEW && !is_leaf(n) && (n->when != WHEN_AFTER || is_batch_sum(n));
}

Kernel *kernel_new(Kernels *k, Node *core, Node *out, When when, bool backward)
{
    Kernel *x = NEW(Kernel);
    (void)k;
    x->core = core, x->out = out, x->when = when, x->backward = backward, x->predicts = out->predicted, x->sum = -1, x->id = -1;
    return x;
}

/* ---- the four lists ---- */
static KernelList *list_of(const Kernel *x)
{
    if (x->predicts) return &K->predict;
    if (x->when == WHEN_MICRO) return &K->micro;
    return x->backward ? &K->finish : &K->once;
}

static int position(const Kernel *x)
{
    const KernelList *l = list_of(x);
    const int list = x->predicts ? 3 : x->when == WHEN_MICRO ? 1 : x->backward ? 2 : 0;
    for (int i = 0; i < l->n; i++)
        if (l->at[i] == x) return list * 100000 + i;
    BUG("a kernel is in no list");
}

static void insert(Kernel *x, int at)
{
    KernelList *l = list_of(x);
    vec_push(l, x);
    memmove(l->at + at + 1, l->at + at, sizeof(Kernel *) * (size_t)(l->n - 1 - at));
    l->at[at] = x;
}

static void drop(Kernel *x)
{
    KernelList *l = list_of(x);
    int at = position(x) % 100000;
    memmove(l->at + at, l->at + at + 1, sizeof(Kernel *) * (size_t)(--l->n - at));
}

static Kernel *open_kernel(Node *n, Node *core)
{
    When when = n->when == WHEN_AFTER || n->when == WHEN_MICRO ? WHEN_MICRO : WHEN_WINDOW;
    Kernel *x = kernel_new(K, core, n, when, n->backward);
    insert(x, list_of(x)->n);
    n->kernel = x;
    return x;
}

/* ---- joining ---- */

static bool takes_maps(const Kernel *x)
{
    if (!x->core) return true;
    if (is_batch_sum(x->core) || !x->core->shape.batch) return false;
    return !has_role(x->core, "spread") && !has_role(x->core, "scatter") && (!has_role(x->core, "max_grad") || pool_tiles(x->core));
}

static bool can_join(const Kernel *x, const Node *n)
{
    if (!takes_maps(x) || !shape_same(&x->out->shape, &n->shape) || x->backward != n->backward || x->predicts != n->predicted) return false;
    if ((x->when == WHEN_MICRO) != (n->when == WHEN_MICRO)) return false;
    const int at = position(x);
    for (int i = 0; i < n->nargs; i++) {
        Node *b = node_base(n->arg[i]);
        if (!b->kernel) continue;
        if (b->kernel == x ? b != n->arg[i] : position(b->kernel) > at) return false;
    }
    return true;
}

static void add_map(Node *n)
{
    Kernel *best = 0;
    for (int i = 0; i < n->nargs; i++) {
        Kernel *x = n->arg[i]->kernel;
        if (x && can_join(x, n) && (!best || position(x) > position(best))) best = x;
    }
    if (!best) best = open_kernel(n, 0);
    n->kernel = best;
    vec_push(&best->body, n);
}

/* ---- copies ---- */
static Node *copy_node(Node *n)
{
    Node *c = node_new(g, K_MAP, n->loc);
    c->op = op_with_role(g->ops, "copy"), c->arg[c->nargs++] = n, c->uses = 1;
    c->shape = n->shape, c->when = n->when, c->name = n->name, c->type = T_REAL;
    return c;
}

Node *copy_before(Kernels *k, Kernel *user, Node *n)
{
    (void)k;
    Node *c = copy_node(n), *base = node_base(n);
    c->predicted = user->predicts;
    if (c->predicted) c->when = WHEN_MICRO;
    const bool once = c->when != WHEN_MICRO, behind = base->kernel ? base->kernel->backward : base->kind == K_SEED;
    Kernel *x = kernel_new(K, 0, c, once ? WHEN_WINDOW : WHEN_MICRO, once ? behind : user->backward);
    c->kernel = x;
    vec_push(&x->body, c);
    insert(x, list_of(x) == list_of(user) ? position(user) % 100000 : K->once.n);
    return c;
}

/* a copy of n that the user's kernel may read */
static Node *copied(const Node *n, const Node *user)
{
    for (int i = 0; i < K->micro.n; i++) {
        Node *c = K->micro.at[i]->out;
        if (has_role(c, "copy") && c->arg[0] == n && (user->backward || !K->micro.at[i]->backward)) return c;
    }
    for (int i = 0; i < K->predict.n && user->predicted; i++) {
        Node *c = K->predict.at[i]->out;
        if (has_role(c, "copy") && c->arg[0] == n) return c;
    }
    return 0;
}

/* Matmuls, convolutions and pools read buffers: what has none, data and seeds, is copied into one first, and so is what
   lies in another place than its buffer. */
static void copy_leaves(Node *n)
{
    if (n->kind != K_MATMUL && n->kind != K_WINDOW) return;
    for (int i = 0; i < n->nargs; i++) {
        Node *b = node_base(n->arg[i]), *c = copied(n->arg[i], n);
        if ((!is_leaf(b) || b->kind == K_PARAM) && !moves(n->arg[i])) continue;
        if (!c) {
            c = copy_node(n->arg[i]);
            c->backward = n->backward, c->predicted = n->predicted;
            if (c->predicted) c->when = WHEN_MICRO;
            Kernel *x = open_kernel(c, 0);
            vec_push(&x->body, c);
        }
        n->arg[i] = c;
    }
}

/* ---- folds that make their own arguments ---- */
static int readers(const Node *n)       /* kernels other than n's own that read n, counted as nodes */
{
    int count = 0;
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *u = g->nodes.at[i];
        if (u->uses == 0 || u->same || u == n) continue;
        for (int k = 0; k < u->nargs; k++) count += u->arg[k] == n && (u->kind == K_VIEW || u->kernel != n->kernel);
    }
    return count;
}

static bool only_this(const Kernel *m, const Node *result)
{
    for (int i = 0; i < m->body.n; i++) {
        Node *n = m->body.at[i];
        if (readers(n) != (n == result)) return false;
        for (int c = 0; c < g->gradients.n; c++)
            if (node_base(g->gradients.at[c]->value) == n) return false;
        for (int o = 0; o < g->outputs.n; o++)
            if (g->outputs.at[o]->node == n) return false;
    }
    return true;
}

static void absorb(Kernel *x)
{
    Node *f = x->core;
    if (!f || f->kind != K_REDUCE || f->nargs != 1 || f->op->nlets != 1) return;
    Node *a = f->arg[0];
    Kernel *m = a->kernel;
    if (a->kind != K_MAP || !m || m->core || m->when != x->when || m->backward != x->backward || m->predicts != x->predicts || !only_this(m, a)) return;
    for (int i = 0; i < m->body.n; i++) {
        m->body.at[i]->kernel = x;
        vec_push(&x->pre, m->body.at[i]);
    }
    drop(m);
}

/* ---- contributions ---- */
static bool only_ones(const Shape *a, const Shape *b)        /* they differ in axes of extent 1 alone */
{
    for (int i = 0, j = 0; ; i++, j++) {
        while (i < a->rank && a->dim[i] == 1) i++;
        while (j < b->rank && b->dim[j] == 1) j++;
        if (i == a->rank || j == b->rank) return i == a->rank && j == b->rank;
        if (a->dim[i] != b->dim[j]) return false;
    }
}

/* What lies below the views can write into the gradient itself; a contraction needs its columns in one piece. */
static bool views_invert(Node *n)
{
    const Kernel *x = node_base(n)->kernel;
    const bool contracts = x && x->core && (x->core->kind == K_MATMUL || x->core->kind == K_WINDOW);
    for (; n->kind == K_VIEW; n = n->arg[0]) {
        if (has_role(n, "permute")) continue;
        if (!has_role(n, "reshape") || (contracts && !only_ones(&n->shape, &n->arg[0]->shape))) return false;
    }
    return true;
}

/* A micro-batch's gradient has a buffer of its own, until the kernel behind the one that makes it folds it into the optimizer's states. */
static void fold_contribution(Contribution *c)
{
    Node *b = node_base(c->value);
    if (b->kernel && b->kernel->core == b && views_invert(c->value) && readers(b) == (c->value != b)) b->kernel->for_fold = true;
    Node *copy = copy_node(c->value);
    copy->backward = true;
    Kernel *x = copy->kernel = kernel_new(K, 0, copy, copy->when, true);
    vec_push(&x->body, copy);
    insert(x, b->kernel && list_of(b->kernel) == list_of(x) ? position(b->kernel) % 100000 + 1 : list_of(x)->n);
    x->adds_to = c->param, x->grad = c->value = copy;
}

static void add_contribution(Contribution *c)
{
    Node *b = node_base(c->value);
    bool direct = b->kernel && !b->kernel->grad && views_invert(c->value) && readers(b) == (c->value != b) && b->uses <= 1;
    if (direct && b->kernel->core && b != b->kernel->core) direct = false;
    if (!direct) {
        Node *copy = copy_node(c->value);
        copy->backward = true;
        open_kernel(copy, 0);
        vec_push(&copy->kernel->body, copy);
        c->value = b = copy;
    }
    b->kernel->adds_to = c->param;
    b->kernel->grad = b;
}

/* A state is written behind all that reads it, by a kernel that evaluation leaves out. */
static void move_state(Contribution *c)
{
    Node *copy = copy_node(c->value);
    copy->backward = true, copy->when = WHEN_MICRO;
    Kernel *x = open_kernel(copy, 0);
    vec_push(&x->body, copy);
    x->adds_to = c->param, x->grad = c->value = copy, x->moves_state = true;
}

static int sum_index(const Node *n)
{
    for (int i = 0; i < g->sums.n; i++)
        if (g->sums.at[i] == n) return g->first_sum + i;
    return -1;
}

static void list_forward(void)
{
    for (int i = 0; i < K->micro.n; i++) {
        Kernel *x = K->micro.at[i];
        if (!x->backward) vec_push(&K->forward, x);
        x->again = !x->core || x->core->again != NULL;
        for (int n = 0; n < x->body.n && !x->core; n++) x->again &= x->body.at[n]->again != NULL;
    }
}

/* ---- outputs ---- */
static void copy_output(Output *o)
{
    if (computes(o->node)) return;
    Node *c = copy_node(o->node);
    c->predicted = true, c->when = WHEN_MICRO;
    open_kernel(c, 0);
    vec_push(&c->kernel->body, c);
    o->node = c;
}

/* Those of forward, then of predict, that make sums or a node that is needed. From the last to the first: what a kernel reads was
   made in front of it. */
static void list_needed(KernelList *out, bool sums, bool *need)
{
    VEC(Kernel) chosen = { 0 };
    for (int i = K->forward.n + (sums ? 0 : K->predict.n); i-- > 0; ) {
        Kernel *x = i < K->forward.n ? K->forward.at[i] : K->predict.at[i - K->forward.n];
        bool wanted = sums && x->sum >= 0;
        for (int t = 0; t < x->touches.n; t++) wanted |= x->touches.at[t]->write && need[x->touches.at[t]->buffer->node->id];
        if (!wanted) continue;
        for (int t = 0; t < x->touches.n; t++) need[x->touches.at[t]->buffer->node->id] |= !x->touches.at[t]->write;
        vec_push(&chosen, x);
    }
    while (chosen.n) vec_push(out, chosen.at[--chosen.n]);
}

static void list_outputs(void)
{
    bool *need = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->outputs.n; i++) need[g->outputs.at[i]->node->id] = true;
    list_needed(&K->outputs, false, need);
}

Kernels *fuse(Graph *graph, const Target *target)
{
    K = NEW(Kernels);
    K->g = g = graph, K->target = target;
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        if (!computes(n) || n->kernel) continue;
        copy_leaves(n);
        if (n->kind == K_MAP) { add_map(n); continue; }
        Kernel *x = open_kernel(n, n);
        x->sum = is_batch_sum(n) ? sum_index(n) : -1;
    }
    const bool folds = g->step->optimizer.fold[0] != NULL;
    for (int i = 0; i < g->gradients.n; i++) (folds ? fold_contribution : add_contribution)(g->gradients.at[i]);
    for (int i = 0; i < g->states.n; i++) move_state(g->states.at[i]);
    for (int i = 0; i < g->outputs.n; i++) copy_output(g->outputs.at[i]);
    for (int i = K->micro.n; i-- > 0; ) absorb(K->micro.at[i]);
    for (int i = K->predict.n; i-- > 0; ) absorb(K->predict.at[i]);
    check_split(K);
    make_buffers(K);
    list_forward();
    make_partitions(K);
    list_needed(&K->evaluated, true, NEW_ARRAY(bool, g->nodes.n));
    list_outputs();
    return K;
}
