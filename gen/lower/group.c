/* group.c -- decides which nodes share a kernel (fusion).

   1. A structured node (a fold, a matmul, a convolution, a pool) opens a kernel. A map joins the
      kernel of one of its arguments if both have the same shape and all its other arguments exist
      by then. Otherwise it opens one.
   2. Forward and backward never share a kernel, since evaluation runs the forward ones alone.
   3. A kernel of parameters alone runs once a window. A kernel that follows a root without rows
      runs once at its end.
   4. A map that only a one-pass fold reads moves into the fold's loop.
   5. A contribution's last kernel adds straight into the gradient if nothing else reads its value;
      then the copy that legalize made is left out. If an optimizer folds micro-batches' gradients
      into its states, the copy does that.
   6. Nodes for outputs alone have kernels of their own, which training does not run.
   7. Every copy that legalize made opens a kernel, before the first kernel that reads it.
   8. A fold with a value per row joins the kernel of such a fold of the same rows, if its other
      arguments exist by then. So a row is read while it is cached, and in one launch.
   9. The maps that make a state write it in place, unless a later kernel reads its old value or a
      micro-batch may be dropped. Then a copy writes it at the micro-step's end.
   10. The rows' statistics and the result of an attention are one kernel, and so are its three
      gradients. */
#include <string.h>
#include "lower/lower.h"

static Kernel *open_kernel(Kernels *k, Node *n, Node *core)
{
    Kernel *x =
        kernel_new(k->g, core, n, n->when >= WHEN_MICRO ? WHEN_MICRO : WHEN_WINDOW, n->backward);
    insert_kernel(k, x, list_of(k, x)->n);
    set_kernel(k, n, x);
    return x;
}

static void add_to_body(Kernels *k, Kernel *x, Node *n)
{
    set_kernel(k, n, x);
    vec_push(&x->body, n);
}

static Kernel *open_copy(Kernels *k, Node *n)
{
    Kernel *x = open_kernel(k, n, NULL);
    vec_push(&x->body, n);
    return x;
}

/* ---- joining ---- */
static bool takes_maps(const Kernel *x)
{
    if (!x->core) return true;
    if (is_batch_sum(x->core) || !x->core->shape.batch) return false;
    return !attends(x->core) && !has_role(x->core, "spread") && !has_role(x->core, "scatter") &&
           (!has_role(x->core, "max_grad") || pool_tiles(x->core));
}

/* Whether kernel x may read n, an argument of a map that joins it: everything below n exists
   before x, or n is a value of x itself. */
static bool is_there(Kernels *k, const Kernel *x, Node *n)
{
    const Bases below = node_bases(n);
    for (int i = 0; i < below.n; i++) {
        const bool slot = below.at[i]->kind == K_SLOT;
        const Kernel *y = kernel_of(k, slot ? below.at[i]->arg[0] : below.at[i]);
        if (slot && y == x) return false;
        if (y && (y == x ? below.at[i] != n : runs_after(k, y, x))) return false;
    }
    return true;
}

static bool is_row_fold(const Node *n)
{
    return n && n->kind == K_REDUCE && n->op->per_row && n->shape.batch && !has_role(n, "batch");
}

/* Rule 8. Both fold the same axes of one tensor. */
static bool folds_alike(const Node *a, const Node *b)
{
    return is_row_fold(a) && is_row_fold(b) && a->arg[0] == b->arg[0] && a->axes == b->axes;
}

static bool can_join(Kernels *k, const Kernel *x, const Node *n)
{
    if (n->kind == K_REDUCE ? !folds_alike(x->core, n) : !takes_maps(x)) return false;
    if (!shape_same(&x->out->shape, &n->shape) || x->backward != n->backward ||
        x->predicts != is_predicted(k->g, n))
        return false;
    if ((x->when == WHEN_MICRO) != (n->when == WHEN_MICRO) || x->loop != n->loop) return false;
    for (int i = 0; i < n->nargs; i++)
        if (!is_there(k, x, n->arg[i])) return false;
    return true;
}

static void add_map(Kernels *k, Node *n)
{
    Kernel *best = NULL;
    for (int i = 0; i < n->nargs; i++) {
        Kernel *x = kernel_of(k, n->arg[i]);
        if (x && can_join(k, x, n) && (!best || runs_after(k, x, best))) best = x;
    }
    add_to_body(k, best ? best : open_kernel(k, n, NULL), n);
}

/* The last kernel that folds the same rows and may take n; NULL: none. */
static Kernel *row_kernel(Kernels *k, const Node *n)
{
    KernelList *l = &k->micro;
    for (int i = l->n; i-- > 0;)
        if (folds_alike(l->at[i]->core, n)) return can_join(k, l->at[i], n) ? l->at[i] : NULL;
    return NULL;
}

/* Rule 10. */
static Kernel *attention_kernel(Kernels *k, const Node *n)
{
    for (int i = k->micro.n; i-- > 0;) {
        Kernel *x = k->micro.at[i];
        const Node *f = x->core;
        if (!f || !attends(f) || attends_back(f) != attends_back(n) || x->backward != n->backward ||
            x->predicts != is_predicted(k->g, n))
            continue;
        bool same = !memcmp(f->attr, n->attr, sizeof f->attr);
        for (int a = 0; a < f->nargs && a < n->nargs; a++) same &= f->arg[a] == n->arg[a];
        if (same) return x;
    }
    return NULL;
}

static int sum_index(const Graph *g, const Node *n)
{
    for (int i = 0; i < g->sums.n; i++)
        if (g->sums.at[i] == n) return g->first_sum + i;
    return -1;
}

static void add_node(Kernels *k, Node *n)
{
    for (int a = 0; a < n->nargs && reads_buffers(n); a++)
        if (n->arg[a]->id >= k->g->first_copy && !kernel_of(k, n->arg[a])) open_copy(k, n->arg[a]);
    if (n->kind == K_MAP) {
        add_map(k, n);
        return;
    }
    Kernel *rows = is_row_fold(n) ? row_kernel(k, n) : attends(n) ? attention_kernel(k, n) : NULL;
    if (rows) {
        add_to_body(k, rows, n);
        return;
    }
    Kernel *x = open_kernel(k, n, n);
    x->sum = is_batch_sum(n) ? sum_index(k->g, n) : -1;
}

/* ---- folds that make their own arguments ---- */
/* how many nodes of other kernels read n */
static int readers(const Kernels *k, const Node *n)
{
    int count = 0;
    for (int i = 0; i < k->g->nodes.n; i++) {
        const Node *u = k->g->nodes.at[i];
        if (!is_live(k->g, u) || u == n) continue;
        for (int a = 0; a < u->nargs; a++)
            count += u->arg[a] == n && (u->kind == K_VIEW || kernel_of(k, u) != kernel_of(k, n));
    }
    return count;
}

static bool only_this(const Kernels *k, const Kernel *m, const Node *result)
{
    for (int i = 0; i < m->body.n; i++) {
        const Node *n = m->body.at[i];
        if (readers(k, n) != (n == result)) return false;
        for (int c = 0; c < k->g->gradients.n; c++)
            if (node_base(k->g->gradients.at[c]->value) == n) return false;
        for (int o = 0; o < k->g->outputs.n; o++)
            if (k->g->outputs.at[o]->node == n) return false;
    }
    return true;
}

static void absorb(Kernels *k, Kernel *x)
{
    const Node *f = x->core;
    if (!f || f->kind != K_REDUCE || f->nargs != 1 || f->op->nlets != 1) return;
    const Node *a = f->arg[0];
    Kernel *m = kernel_of(k, a);
    if (a->kind != K_MAP || !m || m->core || m->when != x->when || m->backward != x->backward ||
        m->predicts != x->predicts || m->loop != x->loop)
        return;
    if (!only_this(k, m, a)) return;
    for (int i = 0; i < m->body.n; i++) {
        set_kernel(k, m->body.at[i], x);
        vec_push(&x->pre, m->body.at[i]);
    }
    drop_kernel(k, m);
}

/* ---- contributions ---- */
/* whether they differ only in axes of extent 1 */
static bool only_ones(const Shape *a, const Shape *b)
{
    for (int i = 0, j = 0;; i++, j++) {
        while (i < a->rank && a->dim[i] == 1) i++;
        while (j < b->rank && b->dim[j] == 1) j++;
        if (i == a->rank || j == b->rank) return i == a->rank && j == b->rank;
        if (a->dim[i] != b->dim[j]) return false;
    }
}

/* Whether the kernel of n's base can write into the gradient itself; a contraction needs its
   columns in one piece. */
static bool views_invert(const Kernels *k, Node *n)
{
    const Kernel *x = kernel_of(k, node_base(n));
    const bool contracts = x && x->core && reads_buffers(x->core);
    for (; n->kind == K_VIEW; n = n->arg[0]) {
        if (has_role(n, "permute")) continue;
        if (!has_role(n, "reshape") || (contracts && !only_ones(&n->shape, &n->arg[0]->shape)))
            return false;
    }
    return true;
}

static void add_into(Kernels *k, Node *n, Param *p)
{
    Kernel *x = kernel_of(k, n);
    x->adds_to = p, x->grad = n;
}

/* A micro-batch's gradient has a buffer of its own until the copy folds it into the optimizer's
   states. */
static void fold_contribution(Kernels *k, Contribution *c)
{
    Node *copy = c->value, *value = copy->arg[0], *b = node_base(value);
    Kernel *maker = kernel_of(k, b), *x = kernel_new(k->g, NULL, copy, copy->when, true);
    if (maker && maker->core == b && views_invert(k, value) && readers(k, b) == 1)
        maker->for_fold = true;
    add_to_body(k, x, copy);
    insert_kernel(k, x,
                  maker && list_of(k, maker) == list_of(k, x) ? place_in_list(k, maker) + 1
                                                              : list_of(k, x)->n);
    add_into(k, copy, c->param);
}

/* Whether only the contribution reads it, and its kernel adds into no other gradient. */
static bool adds_itself(const Kernels *k, Node *value)
{
    const Node *b = node_base(value);
    const Kernel *x = kernel_of(k, b);
    return x && !x->grad && views_invert(k, value) && uses_of(k->g, b) <= 1 && readers(k, b) == 1 &&
           (!x->core || x->core == b);
}

static void add_contribution(Kernels *k, Contribution *c)
{
    Node *copy = c->value, *value = copy->arg[0];
    if (adds_itself(k, value)) {
        set_uses(k->g, copy, 0);
        c->value = value;
        add_into(k, node_base(value), c->param);
        return;
    }
    open_copy(k, copy);
    add_into(k, copy, c->param);
}

static bool has_base(Node *n, const Node *base)
{
    const Bases below = node_bases(n);
    for (int b = 0; b < below.n; b++)
        if (below.at[b] == base) return true;
    return false;
}

/* A kernel after x reads p, or x itself reads another element of p than the one it makes. */
static bool read_later(Kernels *k, const Kernel *x, const Param *p)
{
    for (int i = 0; i < k->g->nodes.n; i++) {
        const Node *n = k->g->nodes.at[i];
        const Kernel *y = is_live(k->g, n) ? kernel_of(k, n) : NULL;
        for (int a = 0; y && (y == x || runs_after(k, y, x)) && a < n->nargs; a++)
            if (has_base(n->arg[a], p->node) && (y != x || n->arg[a] != p->node)) return true;
    }
    return false;
}

static bool moved_once(const Graph *g, const Param *p)
{
    int times = 0;
    for (int i = 0; i < g->states.n; i++) times += g->states.at[i]->param == p;
    return times == 1;
}

/* Rule 9. */
static bool moves_itself(Kernels *k, const Contribution *c)
{
    Node *value = c->value->arg[0];
    const Kernel *x = kernel_of(k, node_base(value));
    return adds_itself(k, value) && !x->core && x->when == WHEN_MICRO && !x->predicts &&
           k->g->train.nonfinite != NONFINITE_DROP && moved_once(k->g, c->param) &&
           !read_later(k, x, c->param);
}

static void add_state(Kernels *k, Contribution *c)
{
    if (moves_itself(k, c)) {
        set_uses(k->g, c->value, 0);
        c->value = c->value->arg[0];
    } else {
        open_copy(k, c->value);
    }
    add_into(k, node_base(c->value), c->param);
    kernel_of(k, node_base(c->value))->moves_state = true;
}

static void add_contributions(Kernels *k)
{
    const bool folds = k->g->step->optimizer.fold[0] != NULL;
    for (int i = 0; i < k->g->gradients.n; i++)
        (folds ? fold_contribution : add_contribution)(k, k->g->gradients.at[i]);
    for (int i = 0; i < k->g->states.n; i++) add_state(k, k->g->states.at[i]);
}

static bool adds_before(const KernelList *l, int n, const Param *to)
{
    for (int i = 0; i < n; i++)
        if (l->at[i]->adds_to == to) return true;
    return false;
}

/* The window's first kernel that adds into a gradient stores; this includes kernels after the
   last micro-step. With an optimizer in place all add. */
static void find_first_writes(Kernels *k)
{
    const KernelList *const lists[] = { &k->micro, &k->finish };
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < lists[l]->n; i++) {
            Kernel *x = lists[l]->at[i];
            const bool before = adds_before(lists[l], i, x->adds_to) ||
                                (l && adds_before(&k->micro, k->micro.n, x->adds_to));
            x->first_write =
                x->adds_to && !x->moves_state && !k->g->step->optimizer.in_place && !before;
        }
}

/* Makes the kernels of a legal graph, in their lists. Their buffers, layouts and parts are still
   open. */
Kernels *group(Graph *g, const Target *target)
{
    Kernels *k = NEW(Kernels);
    k->g = g, k->target = target;
    for (int i = 0; i < g->first_copy; i++)
        if (computes(g, g->nodes.at[i])) add_node(k, g->nodes.at[i]);
    add_contributions(k);
    for (int i = 0; i < g->outputs.n; i++)
        if (!kernel_of(k, g->outputs.at[i]->node)) open_copy(k, g->outputs.at[i]->node);
    for (int i = k->micro.n; i-- > 0;) absorb(k, k->micro.at[i]);
    for (int i = k->predict.n; i-- > 0;) absorb(k, k->predict.at[i]);
    find_first_writes(k);
    check_chains(k);
    return k;
}
