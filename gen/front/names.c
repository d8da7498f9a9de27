/* names.c -- gagen ops and gagen help, from the ops' tables and the manual in dsl/. */
#include "front/host.h"

/* ---- gagen ops ---- */
static const char *op_kind(Kind kind)
{
    static const char *const names[] = { [K_MAP] = "map",
                                         [K_REDUCE] = "reduce",
                                         [K_MATMUL] = "contraction",
                                         [K_WINDOW] = "window",
                                         [K_VIEW] = "view" };
    return names[kind];
}

static void print_formula(Text *out, const char *name, const Expr *e)
{
    if (!e) return;
    text_add(out, "  %-8s ", name);
    expr_print(out, e, STYLE_OPS);
    text_add(out, "\n");
}

static void print_let(Text *out, const Let *let)
{
    Text e = { 0 };
    expr_print(&e, let->e, STYLE_OPS);
    text_add(out, "  %-8s %s%s%s\n", let->name, fold_calls[let->fold], e.s, let->fold ? ")" : "");
}

static char *signature(const Op *op)
{
    Text t = { 0 };
    text_add(&t, "%s(", op->name);
    for (int i = 0; i < op->nargs; i++) text_add(&t, "%s%s", i ? ", " : "", op->arg[i]);
    text_add(&t, ")");
    return t.s;
}

static void op_print(Text *out, lua_State *L, const Op *op)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, op->lua);
    const char *example = field_string(L, -1, "example");
    lua_pop(L, 1);
    text_add(out, "%s  %s\n  %s\n", signature(op), op_kind(op->kind), op->doc);
    text_add(out, "  example  %s\n", example ? example : text("fn.%s", signature(op)));
    if (*op->role) text_add(out, "  role     %s\n", op->role);
    for (int i = 0; i < op->nattrs; i++)
        text_add(out, "  %-8s attribute, %g unless told\n", op->attr[i], op->preset[i]);
    for (int i = 0; i < op->nlets; i++) print_let(out, &op->let[i]);
    print_formula(out, "value", op->value);
    for (int i = 0; i < op->nargs; i++) print_formula(out, text("d%s", op->arg[i]), op->grad[i]);
    if (op->has_grad) text_add(out, "  gradient by other ops, in dsl/ops\n");
}

void ops_print(Text *out, const char *name)
{
    lua_State *L = core_start(NULL);
    const Ops *ops = host_graph(L)->ops;
    const Op *op = name ? op_find(ops, name) : NULL;
    if (name && !op) usage_error("there is no op '%s'", name);
    if (op) op_print(out, L, op);
    for (int i = 0; i < ops->at.n && !op; i++)
        text_add(out, "%-16s %-7s %s\n", ops->at.at[i]->name, op_kind(ops->at.at[i]->kind),
                 ops->at.at[i]->doc);
}

/* ---- gagen help ---- */
void names_print(Text *out, const char *name)
{
    lua_State *L = core_start(NULL);
    core_push(L);
    lua_getfield(L, -1, "help");
    lua_pushstring(L, name ? name : "");
    host_call(L, 1, 2);
    if (lua_isnil(L, -2))
        usage_error("there is no '%s'%s", name, lua_isnil(L, -1) ? "" : lua_tostring(L, -1));
    text_add(out, "%s", lua_tostring(L, -2));
}
