/* order.c -- after simplify: losses run one after another where their backward passes are
   independent.

   1. Terms have the order of their forward parts. A forward node belongs to the first term whose
      backward needs it, an adjoint to the last term that it is made of. So two models without a
      shared node run forward, backward, forward, backward in one arena. Adjoints of a shared trunk
      are added up at its output; then the trunk runs backward once.
   2. Otherwise nodes keep their order.
   3. This is done only where an estimate of both orders' peaks says that it saves memory. Terms
      that share values must save a quarter, since less is fused. For others any saving counts.
      Where little can be saved, the order stays. */
#include <stdlib.h>
#include "middle/middle.h"

typedef struct {
    Node *node;
    int term;
} Ranked;                                 /* the term that the node belongs to */
enum { NEVER = 1000000, LITTLE = 16384 }; /* numbers */

/* ---- the term of a node ---- */
/* The last term that backward node n is made of; -1: none. Roots are made from the last sum to
   the first. */
static void last_terms(const Graph *g, int *term)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        term[i] = -1;
        if (n->kind == K_ROOT) term[i] = g->roots.n - 1 - (int)n->value;
        for (int k = 0; k < n->nargs && n->backward; k++)
            if (n->arg[k]->backward && term[n->arg[k]->id] > term[i]) term[i] = term[n->arg[k]->id];
    }
}

/* A node without a term belongs to the first term that needs it, or else to the term that it is
   made of. */
static void first_needs(const Graph *g, int *term)
{
    for (int i = 0; i < g->nodes.n; i++)
        if (term[i] < 0) term[i] = NEVER;
    for (int i = g->nodes.n; i-- > 0;) {
        const Node *n = g->nodes.at[i];
        for (int k = 0; k < n->nargs && is_live(g, n) && term[i] < NEVER; k++) {
            const Node *a = n->arg[k];
            if (term[i] < term[a->id] && (!a->backward || first_of(g, a))) term[a->id] = term[i];
        }
    }
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (term[i] < NEVER) continue;
        term[i] = 0;
        for (int k = 0; k < n->nargs; k++)
            if (term[n->arg[k]->id] > term[i]) term[i] = term[n->arg[k]->id];
    }
}

static int by_term(const void *pa, const void *pb)
{
    const Ranked *a = pa, *b = pb;
    if (a->term != b->term) return a->term - b->term;
    if (a->node->backward != b->node->backward) return a->node->backward ? 1 : -1;
    return a->node->id - b->node->id;
}

/* Sorts nodes by their terms. */
static Node **in_turn(const Graph *g)
{
    const int n = g->nodes.n;
    int *term = NEW_ARRAY(int, n);
    Ranked *place = NEW_ARRAY(Ranked, n);
    Node **at = NEW_ARRAY(Node *, n);
    last_terms(g, term);
    first_needs(g, term);
    for (int i = 0; i < n; i++) place[i] = (Ranked) { g->nodes.at[i], term[i] };
    qsort(place, (size_t)n, sizeof *place, by_term);
    for (int i = 0; i < n; i++) at[i] = place[i].node;
    return at;
}

/* ---- the estimate ---- */
static bool has_value(const Graph *g, const Node *n)
{
    return is_live(g, n) && !is_predicted(g, n) && n->when == WHEN_MICRO && n->kind >= K_MAP &&
           n->kind != K_VIEW;
}

static void read_at(const Node *n, int at, int *last)
{
    if (n->kind == K_VIEW)
        for (int i = 0; i < n->nargs; i++) read_at(n->arg[i], at, last);
    else last[n->id] = at;
}

/* The peak of memory, in numbers: the largest sum of values between their nodes and their last
   readers. */
static long peak_of(const Graph *g, Node **at, const long *pieces)
{
    const int n = g->nodes.n;
    int *last = NEW_ARRAY(int, n);
    long *change = NEW_ARRAY(long, n + 2), sum = 0, most = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < at[i]->nargs && is_live(g, at[i]) && at[i]->kind != K_VIEW; k++)
            read_at(at[i]->arg[k], i, last);
    for (int i = 0; i < n; i++) {
        if (!has_value(g, at[i]) || last[at[i]->id] <= i) continue;
        const long size = shape_count(&at[i]->shape) / pieces[at[i]->id];
        change[i] += size, change[last[at[i]->id] + 1] -= size;
    }
    for (int i = 0; i <= n; i++) {
        sum += change[i];
        if (sum > most) most = sum;
    }
    return most;
}

/* Whether an adjoint is made of more than one term. */
static bool terms_share(const Graph *g)
{
    int *term = NEW_ARRAY(int, g->nodes.n);
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        term[i] = n->kind == K_ROOT ? 1 + (int)n->value : 0;
        for (int k = 0; k < n->nargs && n->backward && is_live(g, n) && n->when == WHEN_MICRO;
             k++) {
            const int other = term[n->arg[k]->id];
            if (term[i] && other && term[i] != other) return true;
            if (other) term[i] = other;
        }
    }
    return false;
}

static bool saves(Graph *g, Node **at)
{
    const long *pieces = piece_counts(g);
    const long now = peak_of(g, g->nodes.at, pieces), then = peak_of(g, at, pieces);
    return now >= LITTLE && (terms_share(g) ? 4 * then <= 3 * now : then < now);
}

void order(Graph *g)
{
    if (g->roots.n < 2 || g->loops.n || g->train.nonfinite == NONFINITE_DROP) return;
    Node **at = in_turn(g);
    if (!saves(g, at)) return;
    g->in_turn = true;
    renumber(g, at, g->nodes.n);
}
