/* stage.c -- walks the table of stages. */
#include "ir/stage.h"
#include <string.h>

const Stage *stage_named(const Pipeline *p, const char *name)
{
    for (int i = 0; i < p->n; i++)
        if (!strcmp(p->stage[i].name, name)) return &p->stage[i];
    return NULL;
}

static void run(const Stage *t, Compilation *c)
{
    t->run(c);
    stop_if_errors();
    if (t->verify && c->opts->verify) t->verify(c);
}

/* Runs stages from `at` to `end`, or to the requested dump unless `goes_on`; returns whether
   that dump was reached. */
static bool run_to(const Stage *at, const Stage *end, bool goes_on, Compilation *c, Text *out)
{
    bool dumped = false;
    for (; at < end && (goes_on || !dumped); at++) {
        run(at, c);
        if (!c->opts->dump || strcmp(c->opts->dump, at->name)) continue;
        at->print(out, c);
        dumped = true;
    }
    return dumped;
}

/* Runs each step's graph through the stages that every step has. A step sees those before it. */
static bool run_steps(const Stage *at, const Stage *end, Compilation *c, Text *out)
{
    bool dumped = false;
    c->all = NEW(Whole);
    for (int i = 0; i < c->model->steps.n; i++) {
        c->g = NULL, c->k = NULL, c->p = NULL, c->s = NULL;
        dumped |= run_to(at, end, i + 1 < c->model->steps.n, c, out);
        if (c->s) vec_push(&c->all->steps, c->s);
    }
    return dumped;
}

bool compile(const Pipeline *p, const char *first, const char *last, Compilation *c, Text *out)
{
    const Stage *end = stage_named(p, last) + 1;
    for (const Stage *at = stage_named(p, first), *next; at < end; at = next) {
        for (next = at + 1; next < end && next->times == at->times;) next++;
        if (at->times == EACH_STEP ? run_steps(at, next, c, out) : run_to(at, next, false, c, out))
            return true;
    }
    return false;
}
