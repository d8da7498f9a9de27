/* read_op.c -- an op out of its Lua table. */
#include "front/host.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- reading an op's table ---- */
typedef struct {
    lua_State *L;
    int table;
    Op *op;
    Loc loc;
} Reader;

static const char *name_in(Reader *r, int index, const char *what)
{
    if (lua_type(r->L, index) != LUA_TSTRING)
        host_fail(r->loc, "map '%s': %s must be strings", r->op->name, what);
    const char *s = lua_tostring(r->L, index);
    bool good = isalpha((unsigned char)s[0]) && strlen(s) <= 40;
    for (const char *c = s; *c; c++) good = good && (isalnum((unsigned char)*c) || *c == '_');
    if (!good)
        host_fail(r->loc, "'%.40s' cannot be a name: write a letter, then letters, digits and _",
                  s);
    return text("%s", s);
}

static bool known(const Op *op, int lets, const char *name)
{
    static const char *const preset[] = { "y", "gy", "training", "i", "n" };
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return true;
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return true;
    for (int i = 0; i < lets; i++)
        if (!strcmp(op->let[i].name, name)) return true;
    int from = op->kind == K_REDUCE ? 2 : 0, to = op->kind == K_REDUCE ? 5
                                                  : op->kind == K_MAP  ? 3
                                                                       : 0;
    for (int i = from; i < to; i++)
        if (!strcmp(preset[i], name)) return true;
    return false;
}

static void check_names(Reader *r, const Expr *e, const char *formula)
{
    if (e->kind == E_VAR && !known(r->op, r->op->nlets, e->name))
        host_fail(r->loc, "op '%s': '%s' in \"%.80s\" is no argument, attribute or let of it",
                  r->op->name, e->name, formula);
    for (int i = 0; i < e->nargs; i++) check_names(r, e->arg[i], formula);
}

static const Expr *formula(Reader *r, const char *s)
{
    const char *error;
    const Expr *e = expr_parse(s, &error);
    if (!e) host_fail(r->loc, "op '%s': \"%.80s\": %s", r->op->name, s, error);
    check_names(r, e, s);
    return e;
}

static const Expr *formula_field(Reader *r, int table, const char *key)
{
    lua_getfield(r->L, table, key);
    if (!lua_isnil(r->L, -1) && lua_type(r->L, -1) != LUA_TSTRING)
        host_fail(r->loc, "op '%s': the formula of '%s' must be a string", r->op->name, key);
    const Expr *e = lua_isnil(r->L, -1) ? NULL : formula(r, text("%s", lua_tostring(r->L, -1)));
    lua_pop(r->L, 1);
    return e;
}

/* "sum(exp(x - m))" -> FOLD_SUM and its text without the call */
static Fold fold_of(char **s)
{
    for (Fold f = FOLD_SUM; f <= FOLD_PROD; f++) {
        if (strncmp(*s, fold_calls[f], strlen(fold_calls[f]))) continue;
        char *end = strrchr(*s, ')');
        if (!end) return FOLD_NONE;
        *end = 0;
        *s += strlen(fold_calls[f]);
        return f;
    }
    return FOLD_NONE;
}

static bool reads_elements(const Op *op, const Expr *e)
{
    bool reads = expr_uses(e, "i");
    for (int i = 0; i < op->nargs; i++) reads |= expr_uses(e, op->arg[i]);
    return reads;
}

static void read_let(Reader *r, bool folds)
{
    Op *op = r->op;
    const char *s = lua_tostring(r->L, -1), *equal = s ? strstr(s, " = ") : NULL;
    if (!equal) host_fail(r->loc, "op '%s': write a let as \"name = formula\"", op->name);
    if (op->nlets == LETS) host_fail(r->loc, "op '%s': more than %d lets", op->name, LETS);
    Let *let = &op->let[op->nlets];
    char *body = text("%s", equal + 3);
    lua_pushlstring(r->L, s, (size_t)(equal - s));
    let->name = name_in(r, -1, "lets");
    lua_pop(r->L, 1);
    if (known(op, op->nlets, let->name))
        host_fail(r->loc, "op '%s': '%s' appears twice", op->name, let->name);
    let->fold = folds ? fold_of(&body) : FOLD_NONE;
    let->e = formula(r, body);
    if (folds && let->fold == FOLD_NONE && reads_elements(op, let->e))
        host_fail(r->loc,
                  "op '%s': a fold is a sum(), max(), min() or prod(), or made of those before it",
                  op->name);
    op->nlets++;
}

static void each(Reader *r, const char *key, void (*read)(Reader *r, bool folds), bool folds)
{
    if (lua_getfield(r->L, r->table, key) == LUA_TTABLE)
        for (int i = 1; lua_geti(r->L, -1, i) != LUA_TNIL; i++) {
            read(r, folds);
            lua_pop(r->L, 1);
        }
    else lua_pushnil(r->L);
    lua_pop(r->L, 2);
}

static void read_arg(Reader *r, bool folds)
{
    (void)folds;
    Op *op = r->op;
    if (op->nargs == ARGS - 2)
        host_fail(r->loc, "op '%s': more than %d arguments", op->name, ARGS - 2);
    const char *name = name_in(r, -1, "arguments");
    if (known(op, 0, name))
        host_fail(r->loc, "op '%s': an argument cannot be called '%s'", op->name, name);
    op->arg[op->nargs++] = name;
}

static void read_attr(Reader *r, bool folds)
{
    (void)folds;
    Op *op = r->op;
    if (op->nattrs == ATTRS) host_fail(r->loc, "op '%s': more than %d attributes", op->name, ATTRS);
    const char *name = name_in(r, -1, "attributes");
    if (known(op, 0, name)) host_fail(r->loc, "op '%s': '%s' appears twice", op->name, name);
    op->attr[op->nattrs] = name;
    if (lua_getfield(r->L, r->table, "preset") == LUA_TTABLE) {
        op->preset[op->nattrs] = field_number(r->L, -1, name, 0);
        if (!isfinite(op->preset[op->nattrs]))
            host_fail(r->loc, "op '%s': '%s' is not finite", op->name, name);
    }
    lua_pop(r->L, 1);
    op->nattrs++;
}

static void read_gradients(Reader *r)
{
    int type = lua_getfield(r->L, r->table, "grad");
    r->op->has_grad = type == LUA_TFUNCTION;
    if (type == LUA_TTABLE)
        for (int i = 0; i < r->op->nargs; i++)
            r->op->grad[i] = formula_field(r, lua_gettop(r->L), r->op->arg[i]);
    lua_pop(r->L, 1);
}

Op *op_read(lua_State *L, int index, Kind kind, Loc loc)
{
    Reader r = { L, lua_absindex(L, index), NEW(Op), loc };
    Op *op = r.op;
    op->kind = kind;
    op->name = "?";
    lua_getfield(L, index, "name");
    op->name = name_in(&r, -1, "names");
    lua_pop(L, 1);
    if (op_find(host_graph(L)->ops, op->name))
        host_fail(loc, "there is an op '%s' already: choose another name", op->name);
    const char *role = field_string(L, r.table, "role"), *doc = field_string(L, r.table, "doc");
    if (role && !op_role_known(role))
        host_fail(
            loc,
            "op '%s': no stage knows the role '%.40s': leave it out, or add it to gen/ir/roles.def",
            op->name, role);
    op->role = role ? role : "";
    op->doc = doc ? doc : "";
    op->per_row = field_true(L, r.table, "per_row");
    op->noise = field_true(L, r.table, "noise");
    each(&r, "args", read_arg, false);
    each(&r, "attrs", read_attr, false);
    each(&r, "let", read_let, false);
    each(&r, "folds", read_let, true);
    op->value = formula_field(&r, r.table, "value");
    read_gradients(&r);
    lua_pushvalue(L, r.table);
    op->lua = luaL_ref(L, LUA_REGISTRYINDEX);
    vec_push(&host_graph(L)->ops->at, op);
    return op;
}
