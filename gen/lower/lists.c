/* lists.c -- the four lists of kernels: once a window, a micro-step, after its last one, for
   outputs alone. */
#include <string.h>
#include "lower/lower.h"

Kernel *kernel_new(const Graph *g, Node *core, Node *out, When when, bool backward)
{
    Kernel *x = NEW(Kernel);
    x->core = core, x->out = out, x->when = when, x->backward = backward,
    x->predicts = is_predicted(g, out), x->sum = -1, x->id = -1, x->loop = out->loop;
    return x;
}

KernelList *list_of(Kernels *k, const Kernel *x)
{
    if (x->predicts) return &k->predict;
    if (x->when == WHEN_MICRO) return &k->micro;
    return x->backward ? &k->finish : &k->once;
}

int place_in_list(Kernels *k, const Kernel *x)
{
    const KernelList *l = list_of(k, x);
    for (int i = 0; i < l->n; i++)
        if (l->at[i] == x) return i;
    BUG("a kernel is in no list");
}

/* The lists run one after another. `finish` comes before `predict`, but reads nothing of it. */
static int rank(const Kernel *x)
{
    return x->predicts ? 3 : x->when == WHEN_MICRO ? 1 : x->backward ? 2 : 0;
}

bool runs_after(Kernels *k, const Kernel *x, const Kernel *y)
{
    return rank(x) != rank(y) ? rank(x) > rank(y) : place_in_list(k, x) > place_in_list(k, y);
}

void insert_kernel(Kernels *k, Kernel *x, int at)
{
    KernelList *l = list_of(k, x);
    vec_push(l, x);
    memmove(l->at + at + 1, l->at + at, sizeof(Kernel *) * (size_t)(l->n - 1 - at));
    l->at[at] = x;
}

void drop_kernel(Kernels *k, Kernel *x)
{
    KernelList *l = list_of(k, x);
    const int at = place_in_list(k, x);
    memmove(l->at + at, l->at + at + 1, sizeof(Kernel *) * (size_t)(--l->n - at));
}

Node *copy_before(Kernels *k, Kernel *user, Node *n)
{
    Node *c = copy_node(k->g, n), *base = node_base(n);
    if (user->predicts) predict_copy(k->g, c);
    const Kernel *maker = kernel_of(k, base);
    const bool once = c->when != WHEN_MICRO,
               backward = maker ? maker->backward : base->kind == K_ROOT;
    Kernel *x = kernel_new(k->g, NULL, c, once ? WHEN_WINDOW : WHEN_MICRO,
                           once ? backward : user->backward);
    if (list_of(k, x) == list_of(k, user)) x->loop = c->loop = user->loop;
    set_kernel(k, c, x);
    vec_push(&x->body, c);
    insert_kernel(k, x, list_of(k, x) == list_of(k, user) ? place_in_list(k, user) : k->once.n);
    return c;
}
