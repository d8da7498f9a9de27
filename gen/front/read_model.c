/* read_model.c -- stage read_model: the graph that a model file describes, and the gradients that
   its ops' tables compute. */
#include <string.h>
#include "front/host.h"

/* Calls the op's own grad(y, gy, args...) for the adjoints of its arguments; those not needed
   are NULL. */
static int node_gradients(void *host, Graph *g, Node *y, Node *gy, const bool need[ARGS],
                          Node *out[ARGS])
{
    lua_State *L = host;
    int found = 0, top = lua_gettop(L);
    if (!y->op || !y->op->has_grad) return 0;
    host_serve(L, g, y->loc);
    lua_rawgeti(L, LUA_REGISTRYINDEX, y->op->lua);
    lua_getfield(L, -1, "grad");
    node_push(L, y);
    node_push(L, gy);
    for (int i = 0; i < y->nargs; i++) node_push(L, y->arg[i]);
    host_call(L, y->nargs + 2, y->nargs);
    for (int i = 0; i < y->nargs; i++) {
        out[i] = need[i] ? node_at(L, i - y->nargs) : NULL;
        found += out[i] != NULL;
    }
    lua_settop(L, top);
    return found;
}

static void set_title(Graph *g, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (!strcmp(path, "-")) base = "stdin";
    size_t n = strlen(base);
    bool lua = n > 4 && !strcmp(base + n - 4, ".lua");
    g->file = base;
    g->name = mem_copy(base, lua ? n - 4 : n);
    g->title = *c_word(g->name) ? c_word(g->name) : "model";
}

Graph *read_model(const Opts *o, OpGradient *gradient)
{
    lua_State *L = core_start(o);
    Graph *g = host_graph(L);
    set_title(g, o->model);
    host_run(L, o->model);
    *gradient = (OpGradient) { L, node_gradients };
    return g;
}
