/* bind_leaf.c -- functions of C that dsl/ calls for leaves: numbers, counts, noise, tables,
   columns; and names of nodes. */
#include "front/host.h"
#include <string.h>

static int constant(lua_State *L)
{
    Node *n = node_const(host_graph(L), luaL_checknumber(L, 1));
    n->loc = host_made(L);
    node_push(L, n);
    return 1;
}

/* rows() of the window; rows("real"): 1 in each real row of a micro-batch; rows("micro"),
   rows("before"), rows("micros"), rows("samples") */
static int rows(lua_State *L)
{
    static const char *const names[] = { "window", "real",    "micro", "before",
                                         "micros", "samples", NULL };
    Node *n = node_new(host_graph(L), K_ROWS, host_made(L));
    const int which = luaL_checkoption(L, 1, "window", names);
    n->value = which;
    n->when = which == ROWS_WINDOW ? WHEN_AFTER : WHEN_MICRO;
    /* 0 before train */
    if (which == ROWS_REAL)
        n->shape =
            (Shape) { .rank = 1, .batch = true, .dim = { host_graph(L)->train.micro_batch } };
    node_push(L, n);
    return 1;
}

/* schedule(formula): one number for a window, a formula of t, T and E */
static int schedule_of(lua_State *L)
{
    const char *error;
    Node *n = node_new(host_graph(L), K_ROWS, host_made(L));
    n->schedule = expr_parse(luaL_checkstring(L, 1), &error);
    if (!n->schedule) BUG("schedule \"%s\": %s", lua_tostring(L, 1), error);
    n->when = WHEN_AFTER;
    node_push(L, n);
    return 1;
}

/* noise(tensor) of that shape, or noise{ dims } of these sizes of a sample */
static int noise(lua_State *L)
{
    const Node *x = node_at(L, 1);
    Node *n = node_new(host_graph(L), K_NOISE, host_made(L));
    if (x) n->shape = x->shape;
    else field_sizes(L, 1, "dims", &n->shape.rank, n->shape.dim), n->shape.batch = true;
    n->when = WHEN_MICRO;
    node_push(L, n);
    return 1;
}

/* table{ dims, values }: constants of the model; without values 0, 1, 2 ... */
static int table(lua_State *L)
{
    Node *n = node_new(host_graph(L), K_TABLE, host_made(L));
    field_sizes(L, 1, "dims", &n->shape.rank, n->shape.dim);
    n->when = WHEN_WINDOW;
    if (lua_getfield(L, 1, "values") == LUA_TTABLE) {
        double *at = NEW_ARRAY(double, shape_count(&n->shape));
        for (long i = 0; i < shape_count(&n->shape); i++, lua_pop(L, 1))
            lua_geti(L, -1, i + 1), at[i] = lua_tonumber(L, -1);
        n->table = at;
    }
    node_push(L, n);
    return 1;
}

/* input{ name, type = "u8" | "int" | "real", dims, classes, source, names, missing, place }: a
   column and its node */
static int input(lua_State *L)
{
    static const char *const names[] = { "real", "int", "u8", NULL };
    Column *c = NEW(Column);
    c->name = field_string(L, 1, "name");
    c->source = field_string(L, 1, "source");
    c->classes = (long)field_number(L, 1, "classes", 0);
    c->missing = lua_getfield(L, 1, "missing") == LUA_TNUMBER ? 'v' : lua_isstring(L, -1) ? 'd' : 0;
    c->instead = c->missing == 'v' ? lua_tonumber(L, -1) : 0;
    lua_pop(L, 1);
    c->loc = field_loc(L, 1);
    field_sizes(L, 1, "dims", &c->rank, c->dim);
    if (c->rank == RANK)
        host_fail(c->loc, "a tensor has at most %d axes, the batch included", RANK);
    lua_getfield(L, 1, "type");
    c->type = (Type)luaL_checkoption(L, -1, NULL, names);
    if (lua_getfield(L, 1, "names") == LUA_TTABLE)
        for (int i = 1; lua_geti(L, -1, i) == LUA_TSTRING; i++, lua_pop(L, 1)) {
            const char *s = text("%s", lua_tostring(L, -1));
            vec_push(&c->names, s);
        }
    Node *n = node_new(host_graph(L), K_INPUT, c->loc);
    n->column = c;
    n->type = c->type;
    n->when = WHEN_MICRO;
    n->name = c->name;
    n->shape = (Shape) { .rank = c->rank + 1, .batch = true };
    memcpy(n->shape.dim + 1, c->dim, sizeof(long) * (size_t)c->rank);
    node_push(L, n);
    return 1;
}

static int set_still(lua_State *L)
{
    check_node(L, 1)->still = true;
    return 0;
}

static int set_name(lua_State *L)
{
    Node *n = check_node(L, 1);
    const char *name = text("%s", luaL_checkstring(L, 2));
    if (n->param) n->param->name = name;
    if (!n->name) n->name = name;
    return 0;
}

/* set_path(node, path): the first call counts, that of the layer that made it */
static int set_path(lua_State *L)
{
    Node *n = check_node(L, 1);
    if (!n->path) n->path = text("%s", luaL_checkstring(L, 2));
    return 0;
}

static int set_layer(lua_State *L)
{
    check_node(L, 1)->layer = text("%s", luaL_checkstring(L, 2));
    return 0;
}

/* set_classes(column, n), set_ignored(column, value): the reader checks the values; the ignored
   one is outside the classes */
static int set_classes(lua_State *L)
{
    check_node(L, 1)->column->classes = (long)luaL_checkinteger(L, 2);
    return 0;
}

static int set_ignored(lua_State *L)
{
    check_node(L, 1)->column->ignored = (long)luaL_checkinteger(L, 2);
    return 0;
}

void leaves_push(lua_State *L)
{
    static const luaL_Reg functions[] = { { "const", constant },
                                          { "rows", rows },
                                          { "schedule", schedule_of },
                                          { "noise", noise },
                                          { "table", table },
                                          { "input", input },
                                          { "set_classes", set_classes },
                                          { "set_ignored", set_ignored },
                                          { "set_still", set_still },
                                          { "set_name", set_name },
                                          { "set_path", set_path },
                                          { "set_layer", set_layer },
                                          { NULL, NULL } };
    luaL_setfuncs(L, functions, 0);
}
