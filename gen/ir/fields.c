/* fields.c -- the struct of a program's parameters: whose member a parameter is. */
#include "ir/graph.h"
#include <string.h>

/* "net.0" of "net.0.weight", "" of what has no dot */
static char *path_of(const Param *p)
{
    const char *dot = strrchr(p->name, '.');
    return mem_copy(p->name, dot ? (size_t)(dot - p->name) : 0);
}

static bool together(const Param *a, const Param *b)
{
    return !strcmp(path_of(a), path_of(b)) && a->trained == b->trained;
}

/* Whether parameters of others stand between i and the first one of its layer. */
static bool is_apart(const Graph *g, int i)
{
    const Param *p = g->params.at[i];
    bool seen = false;
    for (int k = 0; *path_of(p) && k < i; k++) {
        if (seen && !together(g->params.at[k], p)) return true;
        seen |= !strcmp(path_of(g->params.at[k]), path_of(p));
    }
    return seen && !together(g->params.at[i - 1], p);
}

/* Neighbours of one layer share a struct. */
bool opens_group(const Graph *g, int i)
{
    return i == 0 || !*path_of(g->params.at[i]) ||
           !together(g->params.at[i], g->params.at[i - 1]) || is_apart(g, i);
}

void name_fields(const Graph *g)
{
    VEC(char) groups = { 0 }, inside = { 0 };
    for (int i = 0; i < g->params.n; i++) {
        Param *p = g->params.at[i];
        const char *path = is_apart(g, i) ? "" : path_of(p);
        if (opens_group(g, i)) {
            inside.n = 0;
            char *group = c_unique(*path ? path : p->name, groups.at, groups.n);
            vec_push(&groups, group);
        }
        char *group = groups.at[groups.n - 1], *field = group;
        if (*path) {
            char *own = c_unique(strrchr(p->name, '.') + 1, inside.at, inside.n);
            vec_push(&inside, own);
            field = text("%s.%s", group, own);
        }
        p->field = field;
    }
}
