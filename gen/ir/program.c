/* program.c -- properties of a program and its formulas. */
#include "ir/program.h"
#include <string.h>

typedef struct {
    const Expr *a, *b, *c;
} Given;

static const Expr *named(void *context, const char *name)
{
    const Given *x = context;
    return name[1] ? NULL : *name == 'a' ? x->a : *name == 'b' ? x->b : *name == 'c' ? x->c : NULL;
}

/* the formula over a, b and c with these values */
const Expr *filled(const char *formula, const Expr *a, const Expr *b, const Expr *c)
{
    const char *error;
    const Expr *e = expr_parse(formula, &error);
    if (!e) BUG("%s: %s", formula, error);
    return expr_replace(e, named, &(Given) { a, b, c });
}

bool uses_sums(const Expr *e)
{
    if (e->kind == E_VAR) return !strncmp(e->name, "sums[", 5);
    for (int i = 0; i < e->nargs; i++)
        if (uses_sums(e->arg[i])) return true;
    return false;
}

/* Every quotient with a denominator made of sums is 0 where that denominator is 0. */
const Expr *guarded(const Expr *e)
{
    if (!e->nargs || !uses_sums(e)) return e;
    Expr *safe = NEW(Expr);
    *safe = *e;
    for (int i = 0; i < e->nargs; i++) safe->arg[i] = (Expr *)guarded(e->arg[i]);
    if (!expr_is(e, CALL_DIV) || !uses_sums(e->arg[1])) return safe;
    return filled("select(c == 0, 0, a / c)", safe->arg[0], NULL, safe->arg[1]);
}

int first_penalty(const Program *p)
{
    return p->g->first_sum + p->g->sums.n + p->drops + p->counts;
}

int flat_arrays(const Whole *all) { return 2 + all->nstates - all->in_place; }

bool adapts(const Program *s)
{
    bool any = false;
    for (int i = 0; i < s->g->step->groups.n; i++)
        any |= s->g->step->groups.at[i]->direction != NULL;
    return any;
}
