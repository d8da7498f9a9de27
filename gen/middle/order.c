/* order.c -- behind simplify: losses whose backward passes do not depend on each other run one after another.

   1. Terms stand in the order of their forward parts. A forward node stands with the first term whose backward needs it, an
      adjoint with the last term that it is made of: what two models share nothing of runs forward, backward, forward, backward
      in one arena, and what hangs on a shared trunk is added up at its output before the trunk runs backward, once.
   2. Otherwise nodes keep their order. All this is done where it saves, an estimate of both orders' peaks says: a quarter where
      terms share values, for then less is fused, anything where they share none; never where there is little to save. */
#include <stdlib.h>
#include "middle/middle.h"

static Graph *g;
static int *stage;                      /* by id: with which term it stands */
enum { NEVER = 1000000, LITTLE = 16384 };      /* numbers */

static bool is_live(const Node *n) { return n->uses > 0 && !n->same; }

/* ---- stages ---- */
/* The last term that backward node n is made of; -1: of none. Seeds are made from the last sum to the first. */
static void last_terms(void)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        stage[i] = -1;
        if (n->kind == K_SEED) stage[i] = g->seeds.n - 1 - (int)n->value;
        for (int k = 0; k < n->nargs && n->backward; k++)
            if (n->arg[k]->backward && stage[n->arg[k]->id] > stage[i]) stage[i] = stage[n->arg[k]->id];
    }
}

/* What no term has yet stands with the first that needs it; what none needs, with what it is made of. */
static void first_needs(void)
{
    for (int i = 0; i < g->nodes.n; i++)
        if (stage[i] < 0) stage[i] = NEVER;
    for (int i = g->nodes.n; i-- > 0; ) {
        const Node *n = g->nodes.at[i];
        for (int k = 0; k < n->nargs && is_live(n) && stage[i] < NEVER; k++) {
            const Node *a = n->arg[k];
            if (stage[i] < stage[a->id] && (!a->backward || a->again)) stage[a->id] = stage[i];
        }
    }
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (stage[i] < NEVER) continue;
        stage[i] = 0;
        for (int k = 0; k < n->nargs; k++)
            if (stage[n->arg[k]->id] > stage[i]) stage[i] = stage[n->arg[k]->id];
    }
}

static int by_stage(const void *pa, const void *pb)
{
    const Node *a = *(Node *const *)pa, *b = *(Node *const *)pb;
    if (stage[a->id] != stage[b->id]) return stage[a->id] - stage[b->id];
    if (a->backward != b->backward) return a->backward ? 1 : -1;
    return a->id - b->id;
}

/* ---- the estimate ---- */
static bool has_value(const Node *n)
{
    return is_live(n) && !n->predicted && n->when == WHEN_MICRO && n->kind >= K_MAP && n->kind != K_VIEW;
}

static void read_at(const Node *n, int at, int *last)
{
    if (n->kind == K_VIEW)
        for (int i = 0; i < n->nargs; i++) read_at(n->arg[i], at, last);
    else last[n->id] = at;
}

/* The largest sum of values between their nodes and their last readers, in numbers. */
static long peak_of(Node **at, int n)
{
    int *last = NEW_ARRAY(int, n);
    long *change = NEW_ARRAY(long, n + 2), sum = 0, most = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < at[i]->nargs && is_live(at[i]) && at[i]->kind != K_VIEW; k++) read_at(at[i]->arg[k], i, last);
    for (int i = 0; i < n; i++) {
        if (!has_value(at[i]) || last[at[i]->id] <= i) continue;
        change[i] += shape_count(&at[i]->shape), change[last[at[i]->id] + 1] -= shape_count(&at[i]->shape);
    }
    for (int i = 0; i <= n; i++) {
        sum += change[i];
        if (sum > most) most = sum;
    }
    return most;
}

/* Some adjoint is made of more than one term. */
static bool terms_share(void)
{
    int *term = NEW_ARRAY(int, g->nodes.n);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        term[i] = n->kind == K_SEED ? 1 + (int)n->value : 0;
        for (int k = 0; k < n->nargs && n->backward && is_live(n) && n->when == WHEN_MICRO; k++) {
            const int other = term[n->arg[k]->id];
            if (term[i] && other && term[i] != other) return true;
            if (other) term[i] = other;
        }
    }
    return false;
}

static bool saves(Node **at, int n)
{
    const long now = peak_of(g->nodes.at, n), then = peak_of(at, n);
    return now >= LITTLE && (terms_share() ? 4 * then <= 3 * now : then < now);
}

void order_terms(Graph *graph)
{
    g = graph;
    const int n = g->nodes.n;
    Node **at = NEW_ARRAY(Node *, n);
    if (g->seeds.n < 2 || g->train.nonfinite == NONFINITE_DROP) return;
    stage = NEW_ARRAY(int, n);
    for (int i = 0; i < n; i++) at[i] = g->nodes.at[i];
    last_terms();
    first_needs();
    qsort(at, (size_t)n, sizeof *at, by_stage);
    if (!saves(at, n)) return;
    g->in_turn = true;
    for (int i = 0; i < n; i++) {
        g->nodes.at[i] = at[i];
        at[i]->id = i;
    }
}
