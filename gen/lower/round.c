/* round.c -- precision in CUDA: nodes round the 16-bit factors of cuBLASLt, before the product.

   1. So every list of kernels with the product has the rounding, too: a node is in a list if a
      later one reads it.
   2. A value is rounded once for all products that read it. If training rounds it in its backward
      alone, it is rounded again for a forward kernel or an output.
   3. Parameters are rounded all together, once per update (templates/program.cu). Our own
      kernels multiply numbers that are not rounded. */
#include "lower/layouts.h"

typedef struct {
    Kernels *k;
    VEC(Node) made;
} Roundings;

/* An existing rounding of that value, in a list that the user sees. */
static Node *rounded_before(const Roundings *r, const Node *value, const Kernel *user)
{
    for (int i = 0; i < r->made.n; i++) {
        const Kernel *x = kernel_of(r->k, r->made.at[i]);
        if (r->made.at[i]->arg[0] == value && (user->backward || !x->backward) &&
            (user->predicts || !x->predicts))
            return r->made.at[i];
    }
    return 0;
}

static Node *rounding(Roundings *r, Node *value, Kernel *user)
{
    const Buffer *from = buffer_of(r->k, value);
    Buffer *b = store_copy(r->k, user, value, text("%s_rounded", from->ident));
    b->layout = from->layout, b->half = true;
    vec_push(&r->made, b->node);
    return b->node;
}

/* n with its base rounded, under the same views. */
static Node *rounded(Roundings *r, Node *n, Kernel *user)
{
    if (n->kind != K_VIEW) {
        Node *before = rounded_before(r, n, user);
        return before ? before : rounding(r, n, user);
    }
    Node *view = node_new(r->k->g, K_VIEW, n->loc);
    const int id = view->id;
    *view = *n;
    view->id = id;
    set_uses(r->k->g, view, 1);
    view->arg[0] = rounded(r, n->arg[0], user);
    return view;
}

static void round_factor(Roundings *r, Kernel *user, int which)
{
    Node *from = user->factor[which];
    if (node_base(from)->kind == K_PARAM) return;
    Node *to = user->factor[which] = rounded(r, from, user);
    for (int i = 0; i < user->core->nargs; i++)
        if (user->core->arg[i] == from) user->core->arg[i] = to;
}

static void round_kernel(Roundings *r, Kernel *x)
{
    Lowering w;
    lowering_settled(&w, r->k, x);
    if (!library_says(&w, &(Gemm) { 0 })) return;
    x->rounds = true;
    const bool square = x->factor[0] == x->factor[1];
    round_factor(r, x, 0);
    if (square) x->factor[1] = x->factor[0];
    else round_factor(r, x, 1);
}

static void round_list(Roundings *r, const KernelList *l)
{
    KernelList before = { 0 }; /* roundings are inserted here */
    for (int i = 0; i < l->n; i++) vec_push(&before, l->at[i]);
    for (int i = 0; i < before.n; i++)
        if (contracts(r->k, before.at[i])) round_kernel(r, before.at[i]);
}

void round_factors(Kernels *k)
{
    Roundings r = { .k = k };
    if (!k->target->rounds || k->g->train.precision < BF16) return;
    round_list(&r, &k->once), round_list(&r, &k->micro), round_list(&r, &k->finish),
        round_list(&r, &k->predict);
}
