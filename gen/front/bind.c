/* bind.c -- the functions of C that dsl/ calls: the core. */
#include "front/host.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- places and errors ---- */
static int place_here(lua_State *L)
{
    lua_pushinteger(L, host_place(L, host_where(L)));
    return 1;
}

/* key_place(place, key): the place of "key = value" from that line on; without one, the place
   itself */
static int key_place(lua_State *L)
{
    Loc loc = host_at(L, (int)luaL_checkinteger(L, 1));
    int line = loc.file ? diag_find_key(loc, luaL_checkstring(L, 2)) : 0;
    if (line) loc.line = line;
    lua_pushinteger(L, host_place(L, loc));
    return 1;
}

/* within(place or 0): nodes belong from now on to the layer that was made there */
static int within(lua_State *L)
{
    host_within(L, host_at(L, (int)luaL_checkinteger(L, 1)));
    return 0;
}

/* defined(function): its place */
static int defined(lua_State *L)
{
    lua_pushinteger(L, host_place(L, host_defined(L, 1)));
    return 1;
}

/* called(name or nil): the name that messages use from now on for the function or layer that
   runs */
static int called(lua_State *L)
{
    host_calls(L, lua_isnoneornil(L, 1) ? NULL : text("%s", luaL_checkstring(L, 1)));
    return 0;
}

/* fail(message [, place [, note, its place]]): an error of the user; never returns */
static int fail(lua_State *L)
{
    Loc here = host_where(L),
        loc = lua_isinteger(L, 2) ? host_at(L, (int)lua_tointeger(L, 2)) : host_made(L);
    error_at(loc, "%s", luaL_checkstring(L, 1));
    if (lua_gettop(L) == 1 && (loc.file != here.file || loc.line != here.line))
        note_at(here, "the layer was called here");
    if (lua_isstring(L, 3))
        note_at(host_at(L, (int)luaL_checkinteger(L, 4)), "%s", lua_tostring(L, 3));
    stop_if_errors();
    return 0;
}

/* report(message, place): an error of the user, after which checking goes on */
static int report(lua_State *L)
{
    error_at(host_at(L, (int)luaL_checkinteger(L, 2)), "%s", luaL_checkstring(L, 1));
    return 0;
}

static int warn(lua_State *L)
{
    warn_at(host_at(L, (int)luaL_checkinteger(L, 2)), "%s", luaL_checkstring(L, 1));
    return 0;
}

/* ---- ops ---- */
static Kind kind_of(lua_State *L, int index)
{
    static const char *const names[] = { "map", "reduce", "contraction", "window", "view", NULL };
    static const Kind kinds[] = { K_MAP, K_REDUCE, K_MATMUL, K_WINDOW, K_VIEW };
    return kinds[luaL_checkoption(L, index, NULL, names)];
}

static int new_op(lua_State *L)
{
    lua_pushlightuserdata(L, op_read(L, 1, kind_of(L, 2), host_where(L)));
    return 1;
}

static void read_attrs(lua_State *L, int index, Node *y)
{
    for (int i = 0; i < y->op->nattrs; i++)
        y->attr[i] = field_number(L, index, y->op->attr[i], y->op->preset[i]);
    y->axes = (unsigned)field_number(L, index, "axes", 0);
    y->labels = field_string(L, index, "labels");
    long perm[RANK];
    int rank;
    field_sizes(L, index, "perm", &rank, perm);
    for (int a = 0; a < rank; a++) y->perm[a] = (int)perm[a];
}

/* A result per row has no folded axes. While the model is read, an op that folds the batch away
   folds all axes, and its result is known after the window. The exception is an op that is
   declared to be of one micro-batch. */
static void reduce_shape(lua_State *L, Node *y)
{
    const Shape *x = &y->arg[0]->shape;
    if (!y->op->per_row) {
        y->shape = *x;
        return;
    }
    y->shape.batch = x->batch && !(y->axes & 1);
    for (int a = 0; a < x->rank; a++)
        if (!(y->axes >> a & 1)) y->shape.dim[y->shape.rank++] = x->dim[a];
    if (!x->batch || !(y->axes & 1) || !strcmp(y->op->role, "batch") ||
        host_graph(L)->train.loc.file)
        return;
    if (y->shape.rank) BUG("%s folds the batch and keeps other axes", y->op->name);
    y->when = WHEN_AFTER;
}

static void given_shape(lua_State *L, int index, Node *y)
{
    field_sizes(L, index, "dims", &y->shape.rank, y->shape.dim);
    y->shape.batch = field_true(L, index, "batch");
    if (y->kind == K_VIEW) y->type = y->arg[0]->type;
}

/* Refuses a tensor of samples that depends on a sum over the batch: the sum is known only after
   the window. A schedule is such a number, too. */
static void refuse_mixing(lua_State *L, const Node *y)
{
    if (y->when != WHEN_AFTER || y->shape.rank == 0 || host_graph(L)->train.loc.file) return;
    const char *name = host_called(L, y->op->name), *shape = shape_text(&y->shape);
    const Node *sum = NULL;
    for (int i = 0; i < y->nargs; i++)
        if (y->arg[i]->when == WHEN_AFTER) sum = y->arg[i];
    if (sum->kind == K_ROWS && sum->schedule)
        error_at(y->loc,
                 "%s: a schedule is a factor of a term, and %s is a tensor of samples: multiply a "
                 "loss by it, or a sum or a mean "
                 "over the batch, schedule * fn.mean(x)",
                 name, shape);
    else
        error_at(y->loc,
                 "%s: this mixes samples: tensor %s is gone when a sum over the batch is complete; "
                 "write { reduction = \"none\" }, { axis = 2 } for an axis of a sample, or a loss "
                 "of each micro-batch, fn.per_micro(...)",
                 name, shape);
    if (sum->loc.file && sum->loc.line != y->loc.line)
        note_at(sum->loc, "the sum over the batch was made here");
    stop_if_errors();
}

/* call(op, { tensors }, { attributes, axes, labels, perm, dims, batch }): the new node */
static int call(lua_State *L)
{
    Op *op = lua_touserdata(L, 1);
    Node *arg[ARGS];
    int n = (int)luaL_len(L, 2);
    for (int i = 0; i < n && i < ARGS; i++) {
        lua_geti(L, 2, i + 1);
        arg[i] = check_node(L, -1);
    }
    Node *y = node_call(host_graph(L), op, host_made(L), n, arg);
    lua_settop(L, 3);
    read_attrs(L, 3, y);
    if (op->kind == K_REDUCE) reduce_shape(L, y);
    else if (op->kind != K_MAP) given_shape(L, 3, y);
    refuse_mixing(L, y);
    check_body(L, y);
    node_push(L, y);
    return 1;
}

/* ---- facts ---- */
static void set_number(lua_State *L, const char *key, double x)
{
    if (x >= -1e15 && x <= 1e15 && x == floor(x)) lua_pushinteger(L, (lua_Integer)x);
    else lua_pushnumber(L, x);
    lua_setfield(L, -2, key);
}

static void set_string(lua_State *L, const char *key, const char *s)
{
    lua_pushstring(L, s);
    lua_setfield(L, -2, key);
}

static void set_sizes(lua_State *L, const char *key, int n, const long *dim)
{
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushinteger(L, dim[i]);
        lua_seti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

static const char *leaf_name(Kind kind)
{
    return kind == K_PARAM   ? "parameter"
           : kind == K_INPUT ? "input"
           : kind == K_CONST ? "constant"
                             : "leaf";
}

static int is_tensor(lua_State *L)
{
    lua_pushboolean(L, node_at(L, 1) != NULL);
    return 1;
}

/* args(tensor): its arguments */
static int args(lua_State *L)
{
    const Node *n = check_node(L, 1);
    lua_createtable(L, n->nargs, 0);
    for (int i = 0; i < n->nargs; i++) {
        node_push(L, n->arg[i]);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

/* info(tensor): a new table of its properties */
static int info(lua_State *L)
{
    static const char *const types[] = { "real", "int", "u8" }, *const whens[] = {
        "const", "window", "micro", "after"
    };
    const Node *n = check_node(L, 1);
    lua_newtable(L);
    set_string(L, "kind", n->op ? n->op->name : leaf_name(n->kind));
    set_string(L, "type", types[n->type]);
    set_string(L, "when", whens[n->when]);
    set_string(L, "text", shape_text(&n->shape));
    set_sizes(L, "dims", n->shape.rank, n->shape.dim);
    lua_pushboolean(L, n->shape.batch);
    lua_setfield(L, -2, "batch");
    set_number(L, "rank", n->shape.rank);
    set_number(L, "axes", n->axes);
    set_number(L, "place", host_place(L, n->loc));
    set_number(L, "classes", n->column ? (double)n->column->classes : 0);
    set_number(L, "value", n->value);
    if (n->name) set_string(L, "name", n->name);
    if (n->param && n->param->name) set_string(L, "path", n->param->name);
    if (n->param) set_string(L, "layer", n->param->layer);
    if (n->param && n->param->of) set_number(L, "statistic", 1);
    lua_pushboolean(L, n->param && n->param->state);
    lua_setfield(L, -2, "state");
    if (n->labels) set_string(L, "labels", n->labels);
    long perm[RANK];
    for (int a = 0; a < RANK; a++) perm[a] = n->perm[a];
    set_sizes(L, "perm", n->shape.rank, perm);
    for (int i = 0; n->op && i < n->op->nattrs; i++) set_number(L, n->op->attr[i], n->attr[i]);
    return 1;
}

/* inputs_of(tensors...): the nodes of the columns from which they are computed, in order of
   creation */
static int inputs_of(lua_State *L)
{
    Graph *g = host_graph(L);
    bool *seen = NEW_ARRAY(bool, g->nodes.n);
    int found = 0;
    for (int i = 1, n = lua_gettop(L); i <= n; i++) mark_reached(check_node(L, i), seen);
    lua_newtable(L);
    for (int i = 0; i < g->nodes.n; i++)
        if (seen[i] && g->nodes.at[i]->kind == K_INPUT) {
            node_push(L, g->nodes.at[i]);
            lua_seti(L, -2, ++found);
        }
    return 1;
}

/* locals(): { { name, value }, ... } of the model file's main chunk, or nil when its frame is
   gone */
static int locals(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "S", &ar);
        if (strcmp(ar.source, "@1") || strcmp(ar.what, "main")) continue;
        lua_newtable(L);
        const char *name;
        for (int i = 1, n = 0; (name = lua_getlocal(L, &ar, i)); i++) {
            lua_createtable(L, 2, 0);
            lua_insert(L, -2);
            lua_seti(L, -2, 2);
            lua_pushstring(L, name);
            lua_seti(L, -2, 1);
            lua_seti(L, -2, ++n);
        }
        return 1;
    }
    return 0;
}

/* depth(): how many files run one another now; 1: the model file alone */
static int depth(lua_State *L)
{
    lua_pushinteger(L, host_depth(L));
    return 1;
}

static int define(lua_State *L)
{
    lua_pushstring(L, host_define(L, luaL_checkstring(L, 1)));
    return 1;
}

static int load(lua_State *L);

void core_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "is_tensor", is_tensor }, { "place", place_here },    { "within", within },
        { "defined", defined },     { "called", called },       { "key_place", key_place },
        { "fail", fail },           { "report", report },       { "warn", warn },
        { "op", new_op },           { "call", call },           { "args", args },
        { "info", info },           { "inputs_of", inputs_of }, { "locals", locals },
        { "define", define },       { "train", finish_train },  { "load", load },
        { "file", host_file },      { "depth", depth },         { NULL, NULL }
    };
    if (lua_getfield(L, LUA_REGISTRYINDEX, "gagen.core") == LUA_TTABLE) return;
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    leaves_push(L);
    params_push(L);
    scans_push(L);
    tensor_methods(L);
    lua_setfield(L, -2, "tensor");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "gagen.core");
}

/* load(path): the value that this file of dsl/ returns */
static int load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t n;
    const char *source = resource(path, &n);
    if (!source) fatal("cannot read %s", path);
    if (luaL_loadbufferx(L, source, n, text("=%s", path), "t")) BUG("%s", lua_tostring(L, -1));
    core_push(L);
    lua_call(L, 1, 1);
    return 1;
}

lua_State *core_start(const Opts *o)
{
    lua_State *L = host_start(o);
    lua_pushcfunction(L, load);
    lua_pushstring(L, "dsl/init.lua");
    host_call(L, 1, 1);
    return L;
}
