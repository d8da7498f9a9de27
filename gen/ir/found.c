/* found.c -- what stages found out about nodes, in tables of the graph by the nodes' numbers. */
#include "ir/graph.h"
#include <string.h>

Node *same_of(const Graph *g, const Node *n) { return entry_at(&g->found.same, n->id); }
Node *first_of(const Graph *g, const Node *n) { return entry_at(&g->found.first, n->id); }
int uses_of(const Graph *g, const Node *n) { return number_at(&g->found.uses, n->id); }
bool is_predicted(const Graph *g, const Node *n) { return number_at(&g->found.predicted, n->id); }

void set_same(Graph *g, const Node *n, Node *by) { put_entry(&g->found.same, n->id, by); }
void set_first(Graph *g, const Node *n, Node *first) { put_entry(&g->found.first, n->id, first); }
void set_uses(Graph *g, const Node *n, int uses) { put_number(&g->found.uses, n->id, uses); }
void set_predicted(Graph *g, const Node *n, bool is) { put_number(&g->found.predicted, n->id, is); }

Node *node_now(const Graph *g, const Node *n)
{
    for (Node *by; (by = same_of(g, n)) != NULL;) n = by;
    return (Node *)n;
}

bool is_live(const Graph *g, const Node *n) { return uses_of(g, n) > 0 && !same_of(g, n); }

bool computes(const Graph *g, const Node *n)
{
    return is_live(g, n) && n->kind != K_VIEW && !is_leaf(n) &&
           (n->when != WHEN_AFTER || is_batch_sum(n));
}

static void take_along(Graph *to, const Node *now, const Graph *from, const Node *then)
{
    set_same(to, now, same_of(from, then)), set_first(to, now, first_of(from, then));
    set_uses(to, now, uses_of(from, then)), set_predicted(to, now, is_predicted(from, then));
}

void renumber(Graph *g, Node **at, int n)
{
    const Graph old = *g;
    memset(&g->found, 0, sizeof g->found);
    memset(&g->nodes, 0, sizeof g->nodes);
    for (int i = 0; i < n; i++) {
        const Node then = *at[i];
        at[i]->id = i;
        vec_push(&g->nodes, at[i]);
        if (then.id < old.nodes.n && old.nodes.at[then.id] == at[i])
            take_along(g, at[i], &old, &then);
    }
}
