/* adjoint.c -- adjoints of values, and new nodes for them. */
#include "middle/backward.h"

Node *derived(Backward *b, Kind kind, Op *op, Loc loc, const Shape *shape, When when)
{
    Node *n = node_new(b->g, kind, loc);
    n->op = op, n->shape = *shape, n->when = when;
    return n;
}

Node *view(Backward *b, const char *role, Node *x, const Shape *to)
{
    if (shape_same(&x->shape, to)) return x;
    Node *n = derived(b, K_VIEW, op_with_role(b->g->ops, role), x->loc, to, x->when);
    n->arg[n->nargs++] = x;
    return n;
}

/* Whether dn is already a part of a contribution. */
static bool add_to_other(Backward *b, const Param *p, Node *dn)
{
    for (int i = 0; i < b->g->gradients.n && b->g->step->optimizer.fold[0]; i++) {
        Contribution *c = b->g->gradients.at[i];
        if (c->param != p || c->value->when != dn->when) continue;
        Node *two[2] = { c->value, dn };
        c->value = node_call(b->g, op_with_role(b->g->ops, "add"), dn->loc, 2, two);
        return true;
    }
    return false;
}

void add_adjoint(Backward *b, Node *n, Node *dn)
{
    if (!shape_same(&n->shape, &dn->shape))
        BUG("%%%d of shape %s has an adjoint of shape %s", n->id, shape_text(&n->shape),
            shape_text(&dn->shape));
    if (b->in && n->loop != b->in) {
        Captured *c = NEW(Captured);
        *c = (Captured) { n, dn };
        vec_push(&b->captured, c);
        return;
    }
    if (n->kind == K_PARAM && !add_to_other(b, n->param, dn)) {
        Contribution *c = NEW(Contribution);
        *c = (Contribution) { n->param, dn, NULL };
        vec_push(&b->g->gradients, c);
    } else if (n->kind == K_PARAM) {
        return;
    } else if (b->adjoint[n->id]) {
        Node *two[2] = { b->adjoint[n->id], dn };
        b->adjoint[n->id] = node_call(b->g, op_with_role(b->g->ops, "add"), n->loc, 2, two);
    } else {
        b->adjoint[n->id] = dn;
    }
}
