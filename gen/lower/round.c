/* round.c -- precision in CUDA: what cuBLASLt multiplies in 16 bits is rounded by a node of its own, before the product.

   1. So every list of kernels that has the product has the rounding, too: a node is in a list where a later one reads it.
   2. A value is rounded once for all products that read it. One that training rounds in its backward alone is rounded anew where
      a forward kernel or an output reads it.
   3. Parameters are rounded all together, once per update (templates/program.cu). Kernels of our own multiply what is not rounded. */
#include "lower/lower.h"

static Kernels *K;
static VEC(Node) made;

/* A rounding of that value, already made, that the user's lists have. */
static Node *rounded_before(const Node *value, const Kernel *user)
{
    for (int i = 0; i < made.n; i++) {
        const Kernel *x = made.at[i]->kernel;
        if (made.at[i]->arg[0] == value && (user->backward || !x->backward) && (user->predicts || !x->predicts)) return made.at[i];
    }
    return 0;
}

static Node *rounding(Node *value, Kernel *user)
{
    Node *c = copy_before(K, user, value);
    Buffer *b = buffer_new(K, c, c->when == WHEN_MICRO ? HOME_ARENA : HOME_PACKED, ident_new(K->g->names, text("%s_rounded", value->buffer->ident)));
    b->layout = value->buffer->layout, b->half = true;
    vec_push(&c->kernel->stores, c);
    vec_push(&made, c);
    return c;
}

/* n with its base rounded, under the same views. */
static Node *rounded(Node *n, Kernel *user)
{
    if (n->kind != K_VIEW) {
        Node *before = rounded_before(n, user);
        return before ? before : rounding(n, user);
    }
    Node *view = node_new(K->g, K_VIEW, n->loc);
    const int id = view->id;
    *view = *n;
    view->id = id, view->buffer = 0, view->uses = 1;
    view->arg[0] = rounded(n->arg[0], user);
    return view;
}

static void round_operand(Kernel *user, Node **operand)
{
    if (node_base(*operand)->kind == K_PARAM) return;
    Node *n = rounded(*operand, user);
    for (int i = 0; i < user->core->nargs; i++)
        if (user->core->arg[i] == *operand) user->core->arg[i] = n;
    *operand = n;
}

static void round_list(const KernelList *l)
{
    for (int i = 0; i < l->n; i++) {            /* grows while roundings come in */
        Kernel *x = l->at[i];
        if (!x->gemm || !x->gemm->library || x->rounds) continue;
        x->rounds = true;
        const bool square = x->gemm->a == x->gemm->b;
        round_operand(x, &x->gemm->a);
        if (square) x->gemm->b = x->gemm->a;
        else round_operand(x, &x->gemm->b);
        i = -1;
    }
}

void round_factors(Kernels *k)
{
    K = k;
    made.n = 0;
    if (!k->target->rounds || k->g->train.precision < BF16) return;
    round_list(&k->once), round_list(&k->micro), round_list(&k->finish), round_list(&k->predict);
}

