/* count.c -- pre-count: scales with sums over the data, which must be known before the first
   backward.

   1. The sums in the scales need a subset of the forward kernels: those that compute the sums and,
      upwards, all that write what those read. Of a kernel of maps only the needed maps run. Order
      and phases stay, so every buffer keeps its place.
   2. A denominator of zero means that nothing of its term counts in this window: the term's scale
      is 0.
   3. If this holds for every term that reads data, the window is empty, and the update is left
      out. */
#include <stdio.h>
#include <string.h>
#include "lower/lower.h"

/* `yes` if all denominators in e made of sums are nonzero, else `no`; `yes` itself if there are
   none */
static const Expr *where_counted(const Expr *e, const Expr *yes, const Expr *no)
{
    if (expr_is(e, CALL_DIV) && uses_sums(e->arg[1]))
        yes = filled("select(c == 0, b, a)", yes, no, e->arg[1]);
    for (int i = 0; i < e->nargs; i++) yes = where_counted(e->arg[i], yes, no);
    return yes;
}

/* Rule 3: samples, or 0 where no term counts; NULL: some term always counts. */
static const Expr *count_of(const Program *s)
{
    const Expr *samples = expr_variable("samples"), *count = expr_number(0);
    for (int i = s->g->roots.n; i-- > 0;) {
        if (!s->g->roots.at[i]->node->shape.rank) continue;
        const Expr *e = where_counted(s->scale_in[i], samples, count);
        if (e == samples) return NULL;
        count = e;
    }
    return count;
}

const Expr *counted_loss(const Program *s, const Expr *loss)
{
    if (s->late || s->g->roots.n < 2) return loss;
    return s->count ? filled("select(c == 0, b, a)", guarded(loss), loss, s->count) : guarded(loss);
}

/* ---- kernels ---- */
static void mark_sums(const Expr *e, bool *used)
{
    int i;
    if (e->kind == E_VAR && sscanf(e->name, "sums[%d]", &i) == 1) used[i] = true;
    for (int k = 0; k < e->nargs; k++) mark_sums(e->arg[k], used);
}

static void need_arguments(const Node *n, bool *need)
{
    for (int i = 0; i < n->nargs; i++) {
        const Bases below = node_bases(n->arg[i]);
        for (int k = 0; k < below.n; k++) need[below.at[k]->id] = true;
    }
}

/* The factors of a contraction may be copies of its arguments, in another order. */
static void need_both(Node *a, Node *b, bool *need)
{
    need[node_base(a)->id] = need[node_base(b)->id] = true;
}

static void need_all(const Kernel *x, bool *need)
{
    for (int i = 0; i < x->pre.n; i++) need_arguments(x->pre.at[i], need);
    for (int i = 0; i < x->body.n; i++) need_arguments(x->body.at[i], need);
    if (x->factor[0]) need_both(x->factor[0], x->factor[1], need);
    else if (x->core) need_arguments(x->core, need);
}

/* The kernel of maps x with only the needed maps. */
static Kernel *pruned(const Program *s, const Kernel *x, bool *need)
{
    Kernel *y = NEW(Kernel);
    *y = *x;
    y->ident = text("%s_counted", x->ident);
    memset(&y->body, 0, sizeof y->body), memset(&y->stores, 0, sizeof y->stores);
    for (int i = x->body.n; i-- > 0;)
        if (need[x->body.at[i]->id]) need_arguments(x->body.at[i], need);
    for (int i = 0; i < x->body.n; i++)
        if (need[x->body.at[i]->id]) vec_push(&y->body, x->body.at[i]);
    for (int i = 0; i < x->stores.n; i++)
        if (need[x->stores.at[i]->id]) vec_push(&y->stores, x->stores.at[i]);
    if (y->body.n == x->body.n) return (Kernel *)x;
    memset(&y->actual, 0, sizeof y->actual), memset(&y->draws, 0, sizeof y->draws);
    build_loops(s->k, y);
    return y;
}

static bool is_wanted(const Kernel *x, const bool *need, const bool *used)
{
    bool wanted = x->sum >= 0 && used[x->sum];
    for (int i = 0; i < x->stores.n; i++) wanted |= need[x->stores.at[i]->id];
    return wanted;
}

/* Rule 1, from the last kernel to the first: earlier kernels make what a kernel reads. */
static void choose_kernels(Program *s, const bool *used)
{
    bool *need = NEW_ARRAY(bool, s->g->nodes.n);
    VEC(Kernel) chosen = { 0 };
    for (int i = s->k->forward.n; i-- > 0;) {
        Kernel *x = s->k->forward.at[i];
        if (!is_wanted(x, need, used)) continue;
        if (x->core) need_all(x, need);
        else x = pruned(s, x, need);
        vec_push(&chosen, x);
    }
    while (chosen.n) vec_push(&s->counting, chosen.at[--chosen.n]);
}

/* Decides what is counted: scale_in contains sums where root_when is ROOT_COUNTED. */
void count_before(Program *s)
{
    bool *used = NEW_ARRAY(bool, s->g->first_sum + s->g->sums.n);
    for (int i = 0; i < s->g->roots.n; i++)
        if (s->root_when[i] == ROOT_COUNTED) mark_sums(s->scale_in[i], used);
    choose_kernels(s, used);
    s->count = count_of(s);
}
