/* epilogue.c -- operations that join a product in cuBLASLt: a bias along the columns, or bias
   and relu. All others are maps over the result, in place. */
#include <string.h>
#include "lower/build.h"

static bool is_variable(const Expr *e, const char *name)
{
    return e->kind == E_VAR && !strcmp(e->name, name);
}
static bool is_zero(const Expr *e) { return e->kind == E_NUM && !(e->num < 0 || e->num > 0); }

/* select(x <= 0, 0, x): the library's relu, which keeps a NaN */
static bool is_relu(const Node *n)
{
    const Op *op = n->op;
    if (op->nargs != 1 || op->nlets || !expr_is(op->value, CALL_SELECT)) return false;
    const Expr *const *a = (const Expr *const *)op->value->arg;
    return expr_is(a[0], CALL_LE) && is_variable(a[0]->arg[0], op->arg[0]) &&
           is_zero(a[0]->arg[1]) && is_zero(a[1]) && is_variable(a[2], op->arg[0]);
}

/* Whether it adds a parameter with one number for each column. */
static bool adds_bias(const Build *b, const Node *add)
{
    Layout l;
    const Gemm *m = b->x->gemm;
    Node *bias = add->arg[1], *p = node_base(bias);
    const int last = add->shape.rank - 1;
    const bool along = p->kind == K_PARAM && p->shape.rank == 1 && m->columns.n == 1 &&
                       m->columns.at[0].label == m->result[last];
    if (!along || p->shape.dim[0] != add->shape.dim[last] || !node_layout(b->k, bias, &l))
        return false;
    return shape_axis(&bias->shape, &add->shape, last) >= 0;
}

static bool used_by_next_only(const Kernel *x, int i) /* of body[i], or of the core for -1 */
{
    const Node *n = i < 0 ? x->core : x->body.at[i];
    if (is_stored(x, n)) return false;
    for (int j = i + 2; j < x->body.n; j++)
        for (int a = 0; a < x->body.at[j]->nargs; a++)
            if (x->body.at[j]->arg[a] == n) return false;
    return true;
}

static int maps_taken(const Build *b)
{
    const Kernel *x = b->x;
    if (!x->body.n || x->gemm->batch.n || !used_by_next_only(x, -1)) return 0;
    const Node *add = x->body.at[0];
    if (!has_role(add, "add") || add->arg[0] != x->core || !adds_bias(b, add)) return 0;
    return x->body.n < 2 || !used_by_next_only(x, 0) || !is_relu(x->body.at[1]) ||
                   x->body.at[1]->arg[0] != add
               ? 1
               : 2;
}

static Node *last_of(const Kernel *x, int taken) { return taken ? x->body.at[taken - 1] : x->core; }

static const Layout *result_layout(const Build *b, const Node *n)
{
    return b->x->grad == n ? &b->x->grad_layout : &buffer_of(b->k, n)->layout;
}

/* The node whose buffer gets the product: the last one of the epilogue or, if that is not
   stored, the first stored node. */
static Node *destination(const Build *b, int taken)
{
    Node *last = last_of(b->x, taken);
    return is_stored(b->x, last) ? last : target_of(b->k, b->x);
}

int epilogue_of(const Build *b, Node **to)
{
    const int taken = maps_taken(b);
    *to = destination(b, taken);
    if (!taken || layout_same(result_layout(b, *to), result_layout(b, target_of(b->k, b->x))))
        return taken;
    *to = destination(b, 0);
    return 0;
}

void build_epilogue(Build *b, const Val *v, int taken, Node *to)
{
    if (taken) v = val_call(CALL_ADD, v, load_node(b, b->x->body.at[0]->arg[1]), NULL);
    if (taken == 2) {
        v = let(b, "v", v);
        v = val_call(CALL_SELECT, val_call(CALL_LE, v, val_number(0), NULL), val_number(0), v);
    }
    store_node(b, to, v);
}

void build_behind(Build *b, int taken, Node *to)
{
    const Kernel *x = b->x;
    if (taken == x->body.n) return;
    const Layout *l = result_layout(b, to);
    b->scope = scope_of(b->l, l, &x->out->shape);
    b->out = b->rows = open_loops(b, &b->l->body, (1u << b->scope.n) - 1, UNITS);
    b->nin_row = 0;
    const At at = address_of(&b->scope, l, &x->out->shape,
                             x->grad == to ? grad_formal(b) : formal_of(b, buffer_of(b->k, to)));
    define(b, last_of(x, taken), load_at(b, &at), true);
    build_maps(b, x->body.at + taken, x->body.n - taken, NULL, 0);
}
