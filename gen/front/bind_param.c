/* bind_param.c -- functions of C that dsl/ calls for parameters: layers make them, train names
   them and applies its rules. */
#include "front/host.h"
#include <string.h>

/* param{ dims, layer, place [, of = a column's node] [, state] [, scratch] }: a parameter's
   node; train gives it its name. A statistic of a column is not trained, and neither is a state,
   which micro-steps write. A scratch state is in no file. */
static int param(lua_State *L)
{
    Param *p = NEW(Param);
    Graph *g = host_graph(L);
    p->layer = field_string(L, 1, "layer");
    p->loc = field_loc(L, 1);
    lua_getfield(L, 1, "of");
    p->of = node_at(L, -1) ? node_at(L, -1)->column : NULL;
    lua_pop(L, 1);
    field_sizes(L, 1, "dims", &p->shape.rank, p->shape.dim);
    p->node = node_new(host_graph(L), K_PARAM, p->loc);
    p->node->shape = p->shape;
    p->state = field_true(L, 1, "state"), p->scratch = field_true(L, 1, "scratch");
    p->trained = !p->of && !p->state;
    p->node->when = p->state ? WHEN_MICRO : WHEN_WINDOW;
    p->node->param = p;
    p->index = g->params.n;
    vec_push(&g->params, p);
    node_push(L, p->node);
    return 1;
}

static int set_init(lua_State *L)
{
    Param *p = check_node(L, 1)->param;
    p->init = (Init) { text("%s", luaL_checkstring(L, 2)), luaL_checknumber(L, 3),
                       luaL_optnumber(L, 4, 0) };
    return 0;
}

/* set_zero_row(p, row): this row begins with zeros */
static int set_zero_row(lua_State *L)
{
    check_node(L, 1)->param->zero_row = 1 + (long)luaL_checkinteger(L, 2);
    return 0;
}

static int set_frozen(lua_State *L)
{
    check_node(L, 1)->param->trained = false;
    return 0;
}

/* set_step(p, i): step i, counted from 0, trains it */
static int set_step(lua_State *L)
{
    check_node(L, 1)->param->step = (int)luaL_checkinteger(L, 2);
    return 0;
}

/* set_group(parameter, index in groups) */
static int set_group(lua_State *L)
{
    check_node(L, 1)->param->group = (int)luaL_checkinteger(L, 2);
    return 0;
}

/* set_state(state, value, by): the state's new value at the end of a training micro-step whose
   loss reads `by` */
static int set_state(lua_State *L)
{
    Contribution *c = NEW(Contribution);
    *c = (Contribution) { check_node(L, 1)->param, check_node(L, 2), check_node(L, 3) };
    vec_push(&host_graph(L)->states, c);
    return 0;
}

/* replace(node, by): readers of the one read the other */
static int replace(lua_State *L)
{
    set_same(host_graph(L), check_node(L, 1), check_node(L, 2));
    return 0;
}

/* set_attr(node, name, value) */
static int set_attr(lua_State *L)
{
    Node *n = check_node(L, 1);
    for (int i = 0; i < n->op->nattrs; i++)
        if (!strcmp(n->op->attr[i], luaL_checkstring(L, 2))) n->attr[i] = luaL_checknumber(L, 3);
    return 0;
}

/* parameters(): their nodes, in order of creation */
static int parameters(lua_State *L)
{
    Graph *g = host_graph(L);
    lua_createtable(L, g->params.n, 0);
    for (int i = 0; i < g->params.n; i++) {
        node_push(L, g->params.at[i]->node);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

void params_push(lua_State *L)
{
    static const luaL_Reg functions[] = { { "param", param },
                                          { "parameters", parameters },
                                          { "set_init", set_init },
                                          { "set_frozen", set_frozen },
                                          { "set_state", set_state },
                                          { "replace", replace },
                                          { "set_attr", set_attr },
                                          { "set_zero_row", set_zero_row },
                                          { "set_step", set_step },
                                          { "set_group", set_group },
                                          { NULL, NULL } };
    luaL_setfuncs(L, functions, 0);
}
