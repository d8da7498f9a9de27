/* op.c -- the ops, found by name or role, and the maps that are their gradients. */
#include "ir/op.h"
#include <string.h>

const char *const fold_calls[] = { "", "sum(", "max(", "min(", "prod(" };

Op *op_find(const Ops *ops, const char *name)
{
    for (int i = 0; i < ops->at.n; i++)
        if (!strcmp(ops->at.at[i]->name, name)) return ops->at.at[i];
    return NULL;
}

bool op_role_known(const char *role)
{
    static const char *const roles[] = {
#define ROLE(name, promise, readers) #name,
#include "ir/roles.def"
#undef ROLE
    };
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (!strcmp(roles[i], role)) return true;
    return false;
}

Op *op_with_role(const Ops *ops, const char *role)
{
    for (int i = 0; i < ops->at.n; i++)
        if (!strcmp(ops->at.at[i]->role, role)) return ops->at.at[i];
    BUG("no op has the role '%s'", role);
}

static Op *gradient_new(const Op *op, int arg)
{
    Op *d = NEW(Op);
    *d = *op;
    d->name = text("%s_d%s", op->name, op->arg[arg]);
    d->doc = text("The gradient of %s with respect to %s.", op->name, op->arg[arg]);
    d->role = "";
    d->noise = d->has_grad = false;
    d->value = op->grad[arg];
    if (op->nargs + 2 > ARGS) BUG("op '%s' has too many arguments", op->name);
    d->arg[d->nargs++] = "y";
    d->arg[d->nargs++] = "gy";
    memset(d->grad, 0, sizeof d->grad);
    return d;
}

Op *op_gradient(Ops *ops, Op *op, int arg)
{
    OpGradients *g = NULL;
    for (int i = 0; i < ops->gradients.n && !g; i++)
        if (ops->gradients.at[i]->of == op) g = ops->gradients.at[i];
    if (!g) {
        g = NEW(OpGradients);
        g->of = op;
        vec_push(&ops->gradients, g);
    }
    if (!op->grad[arg]) BUG("op '%s' has no gradient for '%s'", op->name, op->arg[arg]);
    if (!g->gradient[arg]) g->gradient[arg] = gradient_new(op, arg);
    return g->gradient[arg];
}
