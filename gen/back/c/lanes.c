/* lanes.c -- loops over lanes, and what their lanes fold into variables from outside.

   Each lane folds by itself, into a vector that stands before the outermost loop around the lanes.
   After that loop v_sum, v_hmax and the like make the variable of it, always in the same order. */
#include "back/c/lanes.h"

typedef struct {
    bool across; /* lanes fold into it from outside; its loop: */
    Fold fold;
    const Val *start;
    long extent;
    bool waits; /* its declaration is passed, but not its loop */
    const Stmt *loop;
    const char *lanes; /* the vector's name */
} Folded;

struct Folds {
    int n;
    Folded *of; /* by variable */
};

/* lanes: the number of turns of the loop over lanes around these statements, or 0 */
static void find(Folds *f, const StmtList *l, bool *inside, long lanes)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        Folded *x = &f->of[s->var];
        if (s->kind == STMT_VARIABLE) inside[s->var] = lanes > 0;
        if (s->kind == STMT_FOLD && lanes && !inside[s->var])
            x->across = true, x->fold = s->fold, x->extent = lanes;
        find(f, &s->body, inside,
             s->kind == STMT_FOR && s->deal == LANES ? (long)s->to->number : lanes);
    }
}

Folds *folds_of(const Loops *k, const StmtList *l)
{
    Folds *f = NEW(Folds);
    *f = (Folds) { k->vars.n, NEW_ARRAY(Folded, k->vars.n + 1) };
    find(f, l, NEW_ARRAY(bool, k->vars.n + 1), 0);
    return f;
}

bool folds_wait(const Printer *p, const Stmt *variable)
{
    Folded *x = &((Folds *)p->target)->of[variable->var];
    if (x->across && variable->value->kind != VAL_NUMBER)
        BUG("lanes fold into what has a value before");
    x->start = variable->value;
    return x->waits = x->across;
}

static bool folds_into(const StmtList *l, int var)
{
    bool found = false;
    for (int i = 0; i < l->n; i++)
        found |= (l->at[i]->kind == STMT_FOLD && l->at[i]->var == var) ||
                 folds_into(&l->at[i]->body, var);
    return found;
}

static void open_fold(Printer *p, const Stmt *loop, int var)
{
    Words *w = p->w;
    Folded *x = &((Folds *)p->target)->of[var];
    x->waits = false, x->loop = loop;
    x->lanes = words_free(w, text("lane_%s", w->k->vars.at[var]->wish));
    words_lanes(w, loop->var, x->extent);
    put_line(p, text("%s %s = %s;", w->type, x->lanes, start_text(w, x->start)));
    words_lanes(w, -1, 0);
    w->var[var] = x->lanes, w->vector[var] = true;
}

static void close_fold(Printer *p, int var)
{
    static const char *const all[] = {
        [FOLD_SUM] = "sum", [FOLD_PROD] = "product", [FOLD_MAX] = "hmax", [FOLD_MIN] = "hmin"
    };
    Words *w = p->w;
    const Folded *x = &((Folds *)p->target)->of[var];
    words_lanes(w, 0, x->extent);
    const char *prefix = w->prefix;
    words_lanes(w, -1, 0);
    put_line(p,
             text("const real %s = %s%s(%s);", words_var(w, var), prefix, all[x->fold], x->lanes));
}

void folds_open(Printer *p, const Stmt *loop)
{
    const Folds *f = p->target;
    for (int i = 0; i < f->n; i++)
        if (f->of[i].waits && folds_into(&loop->body, i)) open_fold(p, loop, i);
}

void folds_close(Printer *p, const Stmt *loop)
{
    const Folds *f = p->target;
    for (int i = 0; i < f->n; i++)
        if (f->of[i].loop == loop) close_fold(p, i);
}
