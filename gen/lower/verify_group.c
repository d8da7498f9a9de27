/* verify_group.c -- rules after legalize and group.

   legalize:
   1. A kernel makes what a product or a window reads, or it is a parameter, and it is not moved.
   2. A contribution and a state's next value are copies. A kernel makes every output.
   3. Copies come after all other nodes and have one argument, of their shape. Forward reads no
      copy of backward, and training none of the outputs'.

   group:
   4. A node that computes is in one kernel, once, and every node of a kernel computes.
   5. A value is made before it is read: in an earlier kernel, or earlier in the same one, without
      a view between.
   6. Maps of a kernel have its shape. Its nodes are all forward or all backward, all for training
      or none.
   7. One kernel adds every contribution. A gradient's first kernel of a micro-step stores. */
#include "lower/verify.h"

/* ---- legalize ---- */
static bool may_read(const Graph *g, const Node *user, const Node *copy)
{
    return (user->backward || !copy->backward) && (is_predicted(g, user) || !is_predicted(g, copy));
}

static void verify_reads(const Graph *g, Node *n)
{
    for (int a = 0; a < n->nargs; a++) {
        const Node *x = n->arg[a], *base = node_base(n->arg[a]);
        MUST(!reads_buffers(n) || attends(n) || !moves(x), "legalize: %s reads %s, which is moved",
             value_text(n), value_text(x));
        MUST(!reads_buffers(n) || base->kind == K_PARAM || base->kind == K_SLOT ||
                 computes(g, base) || (attends(n) && base->kind == K_NOISE),
             "legalize: %s reads %s, which has no buffer", value_text(n), value_text(x));
        MUST(x->id < g->first_copy || may_read(g, n, x), "legalize: %s reads %s, a copy for others",
             value_text(n), value_text(x));
    }
}

static void verify_copy(const Node *n)
{
    MUST(has_role(n, "copy") && n->nargs == 1 && shape_same(&n->shape, &n->arg[0]->shape),
         "legalize: %s is no copy", value_text(n));
}

static void verify_contribution(const Graph *g, const Contribution *c)
{
    MUST(c->value->id >= g->first_copy && c->value->backward,
         "legalize: %s goes into %s without a copy", value_text(c->value), c->param->name);
}

void verify_legalize(const Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) {
        Node *n = g->nodes.at[i];
        if (computes(g, n)) verify_reads(g, n);
        if (i >= g->first_copy) verify_copy(n);
    }
    for (int i = 0; i < g->gradients.n; i++) verify_contribution(g, g->gradients.at[i]);
    for (int i = 0; i < g->states.n; i++) verify_contribution(g, g->states.at[i]);
    for (int i = 0; i < g->outputs.n; i++)
        MUST(computes(g, g->outputs.at[i]->node), "legalize: no kernel makes the output %s",
             g->outputs.at[i]->name);
}

/* ---- group ---- */
/* by the count of each_node; -1: it is not in it */
static int place_in(const Kernel *x, const Node *n)
{
    for (int i = 0; i < x->pre.n; i++)
        if (x->pre.at[i] == n) return i;
    if (x->core == n) return x->pre.n;
    for (int i = 0; i < x->body.n; i++)
        if (x->body.at[i] == n) return x->pre.n + (x->core != NULL) + i;
    return -1;
}

/* base: arg's, or that of ids of a view below it */
static void verify_argument(Kernels *k, const Kernel *x, const Node *n, int at, const Node *arg,
                            const Node *base)
{
    const Kernel *y = kernel_of(k, base);
    if (!y) return;
    MUST(x->backward || !y->backward, "group: %s, forward, reads %s, backward", value_text(n),
         value_text(arg));
    MUST(x->predicts || !y->predicts, "group: %s, of training, reads %s, of outputs alone",
         value_text(n), value_text(arg));
    if (y == x)
        MUST(base == arg && place_in(x, base) < at,
             "group: %s reads %s of its own kernel before it is made", value_text(n),
             value_text(arg));
    else
        MUST(runs_after(k, x, y), "group: %s reads %s, which a later kernel makes", value_text(n),
             value_text(arg));
}

static void verify_node(Kernels *k, const Kernel *x, Node *n, int at)
{
    MUST(computes(k->g, n) && kernel_of(k, n) == x,
         "group: %s stands in a kernel that does not make it", value_text(n));
    MUST(place_in(x, n) == at, "group: %s stands twice in its kernel", value_text(n));
    MUST(n->backward == x->backward && is_predicted(k->g, n) == x->predicts,
         "group: %s shares a kernel with nodes of another pass", value_text(n));
    MUST(at < x->pre.n || attends(n) || shape_same(&n->shape, &x->out->shape),
         "group: %s does not run over its kernel's shape", value_text(n));
    for (int a = 0; a < n->nargs; a++) {
        const Bases below = node_bases(n->arg[a]);
        for (int i = 0; i < below.n; i++) verify_argument(k, x, n, at, n->arg[a], below.at[i]);
    }
}

static void verify_sums(Kernels *k, const Contribution *c, bool state)
{
    const Node *base = node_base(c->value);
    const Kernel *x = kernel_of(k, base);
    MUST(x && x->grad == base && x->adds_to == c->param && x->moves_state == state,
         "group: no kernel adds %s into %s", value_text(c->value), c->param->name);
}

static void verify_first_write(const Kernels *k, const KernelList *l, int at)
{
    const Kernel *x = l->at[at];
    bool first = x->adds_to && !x->moves_state && !k->g->step->optimizer.in_place;
    for (int i = 0; i < at && first; i++) first = l->at[i]->adds_to != x->adds_to;
    for (int i = 0; l == &k->finish && i < k->micro.n && first; i++)
        first = k->micro.at[i]->adds_to != x->adds_to;
    MUST(x->first_write == first, "group: %s %s", kernel_text(x),
         first ? "adds to a gradient that nothing has stored" : "stores over a gradient");
}

static void verify_membership(Kernels *k)
{
    const KernelList all = all_kernels(k);
    for (int i = 0; i < all.n; i++)
        for (int j = 0; j < i; j++)
            MUST(all.at[i] != all.at[j], "group: %s stands twice in the lists",
                 kernel_text(all.at[i]));
    for (int i = 0; i < k->g->nodes.n; i++) {
        const Node *n = k->g->nodes.at[i];
        const Kernel *x = kernel_of(k, n);
        MUST(!computes(k->g, n) || x, "group: no kernel makes %s", value_text(n));
        MUST(!x || !computes(k->g, n) || place_in(x, n) >= 0,
             "group: %s is not in the kernel that is said to make it", value_text(n));
    }
}

void verify_group(Kernels *k)
{
    const KernelList all = all_kernels(k);
    verify_membership(k);
    for (int i = 0; i < all.n; i++) each_node(k, all.at[i], verify_node);
    for (int i = 0; i < k->micro.n; i++) verify_first_write(k, &k->micro, i);
    for (int i = 0; i < k->finish.n; i++) verify_first_write(k, &k->finish, i);
    for (int i = 0; i < k->g->gradients.n; i++) verify_sums(k, k->g->gradients.at[i], false);
    for (int i = 0; i < k->g->states.n; i++) verify_sums(k, k->g->states.at[i], true);
}
