/* sources.c -- copies from dsl/hub.lua where parameters are in files of other programs. */
#include "front/host.h"

/* the list of pieces at `key` of the table at index */
static void read_pieces(lua_State *L, int index, const char *key, void (*add)(void *, Source *),
                        void *to)
{
    lua_getfield(L, index, key);
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        const int at = lua_gettop(L);
        Source *p = NEW(Source);
        lua_getfield(L, at, "parameter");
        *p = (Source) { node_at(L, -1)->param,
                        field_string(L, at, "file"),
                        field_string(L, at, "key"),
                        field_true(L, at, "turned"),
                        (long)field_number(L, at, "row", 0),
                        (long)field_number(L, at, "rows", 0),
                        (long)field_number(L, at, "from", 0),
                        (int)field_number(L, at, "naming", 0) };
        lua_settop(L, at);
        add(to, p);
    }
    lua_pop(L, 2);
}

static void add_source(void *graph, Source *p)
{
    Graph *g = graph;
    if (!p->param->file) p->param->file = p->file, p->param->key = p->key;
    vec_push(&g->sources, p);
}

static void add_named(void *naming, Source *p)
{
    FileNaming *n = naming;
    vec_push(&n->pieces, p);
}

static void read_buffers(lua_State *L, int index, FileNaming *n)
{
    lua_getfield(L, index, "buffers");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TSTRING; i++, lua_pop(L, 1))
        vec_push(&n->buffers, text("%s", lua_tostring(L, -1)));
    lua_pop(L, 2);
}

void read_sources(lua_State *L, int index, Graph *g)
{
    read_pieces(L, index, "sources", add_source, g);
    lua_getfield(L, index, "namings");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        const int at = lua_gettop(L);
        FileNaming *n = NEW(FileNaming);
        n->name = field_string(L, at, "name"), n->prefix = field_string(L, at, "prefix");
        n->head = field_string(L, at, "head"), n->tied = field_string(L, at, "tied");
        read_buffers(L, at, n);
        read_pieces(L, at, "pieces", add_named, n);
        vec_push(&g->namings, n);
    }
    lua_pop(L, 2);
}
