/* emit_scatter.c -- rows added to rows of a table, by number: the gradient of an embedding. One unit takes them in order. */
#include <string.h>
#include "back/loops.h"

/* Zeros for the whole table, or for a strip of it. */
static char *zero_text(const Layout *to, const Shape *table, const char *name, unsigned *strip)
{
    Nest x;
    loops_of(&x, to, table);
    heads(&x);
    *strip = 0;
    for (int i = 0; i < x.scope.n && k->part.kind == PART_STRIPS; i++)
        if (!strcmp(x.scope.loop[i].var, "s")) *strip = 1u << i;
    Address at = old_address_of(&x.scope, to, table);
    return wrap_loops(&x, text("%s = 0;\n", address_text(&at, to, name)), *strip, false);
}

/* The loops over what is added; its last axis is the table's. */
static char *add_text(const Layout *to, const char *name)
{
    Nest x;
    Layout l, ids;
    Node *f = k->core, *gy = f->arg[0], *t = f->arg[1];
    if (!node_layout(S->k, gy, &l) || !node_layout(S->k, t, &ids)) BUG("rows that lie nowhere");
    loops_of(&x, &l, &gy->shape);
    Scope table = { .domain = &f->shape, .n = 1, .loop = { { 0, 1, f->shape.dim[0], "v" } } }, number = { .domain = &t->shape };
    scope_scalar(&table), scope_scalar(&number);
    unsigned strip = 0;
    for (int i = 0; i < x.scope.n; i++) {
        Loop at = x.scope.loop[i];
        const bool column = at.axis == gy->shape.rank - 1;
        if (k->part.kind == PART_STRIPS && !strcmp(at.var, "s")) strip = 1u << i;
        if (column) at.axis = 1, table.loop[table.n++] = at;
        else number.loop[number.n++] = at;
    }
    heads(&x);
    Address from = old_address_of(&x.scope, &l, &gy->shape), place = old_address_of(&table, to, &f->shape), id = old_address_of(&number, &ids, &t->shape);
    const char *inner = text("const long v = (long)%s;\n%s += %s;\n", address_text(&id, &ids, buffer_name(buffer_of(S->k, node_base(t)))),
                             address_text(&place, to, name), address_text(&from, &l, buffer_name(buffer_of(S->k, node_base(gy)))));
    return wrap_loops(&x, mem_copy(inner, strlen(inner)), strip, false);
}

char *scatter_text(void)
{
    Node *f = k->core;
    const Layout *to = old_main_layout();
    const char *name = buffer_name(k->grad == f ? S->k->gradients.at[k->adds_to->index] : buffer_of(S->k, f));
    unsigned strip;
    Env *e = env_new(0);
    env_flag(e, "beta", kernel_has_beta(S, k));
    env_set(e, "zero", "%s", zero_text(to, &f->shape, name, &strip));
    env_set(e, "add", "%s", add_text(to, name));
    return units(strip ? "s" : "one", k->part.count, template_render("c/scatter.c", e));
}
