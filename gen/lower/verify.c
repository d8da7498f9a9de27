/* verify.c -- what the verifiers of this folder share. */
#include "lower/verify.h"

char *value_text(const Node *n)
{
    return text("%s %%%d",
                n->name    ? n->name
                : n->op    ? n->op->name
                : n->param ? n->param->name
                           : "leaf",
                n->id);
}

char *kernel_text(const Kernel *x)
{
    return x->ident ? text("kernel %s", x->ident) : text("the kernel of %s", value_text(x->out));
}

KernelList all_kernels(const Kernels *k)
{
    const KernelList *const list[] = { &k->once, &k->micro, &k->finish, &k->predict };
    KernelList all = { 0 };
    for (int l = 0; l < 4; l++)
        for (int i = 0; i < list[l]->n; i++) vec_push(&all, list[l]->at[i]);
    return all;
}

void each_node(Kernels *k, const Kernel *x, OnNode *f)
{
    int at = 0;
    for (int i = 0; i < x->pre.n; i++) f(k, x, x->pre.at[i], at++);
    if (x->core) f(k, x, x->core, at++);
    for (int i = 0; i < x->body.n; i++) f(k, x, x->body.at[i], at++);
}
