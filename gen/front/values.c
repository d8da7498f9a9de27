/* values.c -- values between Lua and C: fields of tables, and tensors. A tensor is userdata that
   contains a Node; a node has one userdata. */
#include "front/host.h"

static const char tensor_key[] = "tensor", nodes_key[] = "gagen.nodes";

/* ---- fields ---- */
const char *field_string(lua_State *L, int index, const char *key)
{
    lua_getfield(L, index, key);
    const char *s = lua_isstring(L, -1) ? text("%s", lua_tostring(L, -1)) : NULL;
    lua_pop(L, 1);
    return s;
}

double field_number(lua_State *L, int index, const char *key, double otherwise)
{
    lua_getfield(L, index, key);
    double x = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : otherwise;
    lua_pop(L, 1);
    return x;
}

bool field_true(lua_State *L, int index, const char *key)
{
    lua_getfield(L, index, key);
    bool yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return yes;
}

Loc field_loc(lua_State *L, int index)
{
    return host_at(L, (int)field_number(L, index, "place", 0));
}

void field_sizes(lua_State *L, int index, const char *key, int *rank, long *dim)
{
    *rank = 0;
    if (lua_getfield(L, index, key) == LUA_TTABLE)
        for (int i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
            if (*rank == RANK) host_fail(host_where(L), "a tensor has at most %d axes", RANK);
            dim[(*rank)++] = (long)lua_tointeger(L, -1);
            lua_pop(L, 1);
        }
    else lua_pushnil(L);
    lua_pop(L, 2);
}

/* ---- tensors ---- */
void node_push(lua_State *L, Node *n)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, nodes_key);
    /* it belongs to another graph */
    if (lua_rawgeti(L, -1, n->id + 1) == LUA_TNIL || *(Node **)lua_touserdata(L, -1) != n) {
        lua_pop(L, 1);
        *(Node **)lua_newuserdatauv(L, sizeof n, 0) = n;
        luaL_setmetatable(L, tensor_key);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, n->id + 1);
    }
    lua_remove(L, -2);
}

Node *node_at(lua_State *L, int index)
{
    Node **n = luaL_testudata(L, index, tensor_key);
    return n ? *n : NULL;
}

Node *check_node(lua_State *L, int index)
{
    Node *n = node_at(L, index);
    if (!n) luaL_error(L, "argument %d: a tensor was expected", index);
    return n;
}

void tensor_methods(lua_State *L) { luaL_newmetatable(L, tensor_key); }
