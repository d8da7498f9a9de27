/* recipe.c -- the steps, each with its optimizer and the groups of parameters that rules make.

   1. Groups are ranges of the flat arrays. Parameters are in the order of their steps and groups,
      frozen ones last. So gradients and states cover only the first part of the arrays.
   2. States of one name are one array for all groups. Scalars of one formula are one number in
      Window. */
#include <string.h>
#include "front/host.h"

typedef struct {
    lua_State *L;
    int hyper;
} Hyper;

static const Expr *hyper_value(void *context, const char *name)
{
    Hyper *h = context;
    lua_getfield(h->L, h->hyper, name);
    const Expr *e = lua_type(h->L, -1) == LUA_TNUMBER ? expr_number(lua_tonumber(h->L, -1)) : NULL;
    lua_pop(h->L, 1);
    return e;
}

/* The formula with the values of hyper-parameters; constant parts are computed in double. */
static const Expr *formula(Hyper *h, const char *s)
{
    const char *error;
    const Expr *e = expr_parse(s, &error);
    if (!e) BUG("optimizer formula \"%s\": %s", s, error);
    return expr_replace(e, hyper_value, h);
}

/* Reads { { name, formula }, ... } at key into the two arrays; returns how many. */
static int read_pairs(Hyper *h, int index, const char *key, int most, const char **name,
                      const Expr **value)
{
    int n = 0;
    lua_State *L = h->L;
    lua_getfield(L, index, key);
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, n++) {
        if (n == most) BUG("too many %s", key);
        int at = lua_gettop(L);
        lua_geti(L, at, 1), lua_geti(L, at, 2);
        name[n] = text("%s", lua_tostring(L, -2));
        value[n] = formula(h, lua_tostring(L, -1));
        lua_settop(L, at - 1);
    }
    lua_pop(L, 2);
    return n;
}

/* The recipe on the top of the stack, which is popped. */
static void read_optimizer(lua_State *L, Optimizer *o)
{
    const char *name[LETS];
    const Expr *value[LETS];
    int at = lua_gettop(L);
    lua_getfield(L, at, "hyper");
    Hyper h = { L, lua_gettop(L) };
    o->name = field_string(L, at, "name");
    o->doc = field_string(L, at, "doc");
    o->loc = field_loc(L, at);
    o->clip = field_number(L, at, "clip", 0);
    o->lr_text = field_string(L, at, "lr_text");
    o->lr = formula(&h, field_string(L, at, "lr"));
    o->nstates = read_pairs(&h, at, "states", STATES, o->state, o->next);
    o->nscalars = read_pairs(&h, at, "scalars", 4, o->scalar, o->scalar_value);
    o->nlets = read_pairs(&h, at, "lets", LETS, name, value);
    for (int i = 0; i < o->nlets; i++) o->let[i] = (Let) { name[i], FOLD_NONE, value[i] };
    o->step = formula(&h, field_string(L, at, "step"));
    o->in_place = field_true(L, at, "in_place");
    read_pairs(&h, at, "fold", STATES, name, o->fold);
    o->title = field_string(L, at, "title");
    const char *direction = field_string(L, at, "direction");
    if (direction) o->direction = formula(&h, direction);
    lua_pop(L, 2); /* hyper and the recipe */
}

static bool same(const Expr *a, const Expr *b)
{
    Text x = { 0 }, y = { 0 };
    expr_print(&x, a, STYLE_OPS);
    expr_print(&y, b, STYLE_OPS);
    return !strcmp(x.s, y.s);
}

/* The index in Window.c of a number that is computed once an update. */
static int slot_of(Objective *g, const char *name, const Expr *value)
{
    for (int i = 0; i < g->nscalars; i++)
        if (same(g->scalar_value[i], value)) return i;
    if (g->nscalars == SCALARS)
        host_fail(g->optimizer.loc,
                  "train: rules: the groups of parameters need more than %d numbers an update: "
                  "fewer groups",
                  SCALARS);
    g->scalar[g->nscalars] = name, g->scalar_value[g->nscalars] = value;
    return g->nscalars++;
}

static const Expr *own_rate(void *context, const char *name)
{
    const Optimizer *o = context;
    return strcmp(name, "lr") ? NULL : o->lr;
}

static void add_states(Optimizer *all, const Optimizer *o)
{
    for (int i = 0, k; i < o->nstates; i++) {
        for (k = 0; k < all->nstates && strcmp(all->state[k], o->state[i]);) k++;
        if (k == STATES)
            host_fail(all->loc, "train: rules: the groups of parameters have more than %d states",
                      STATES);
        if (k == all->nstates)
            all->state[all->nstates] = o->state[i], all->next[all->nstates++] = o->next[i];
    }
}

static void add_group(lua_State *L, int index, Objective *g)
{
    Optimizer *o = NEW(Optimizer);
    o->text = field_string(L, index, "text");
    lua_getfield(L, index, "recipe");
    const bool own_lr = field_true(L, lua_gettop(L), "own_lr");
    read_optimizer(L, o);
    o->rate_slot = own_lr ? slot_of(g, "rate", o->lr) : -1;
    for (int i = 0; i < o->nscalars; i++) {
        if (own_lr) o->scalar_value[i] = expr_replace(o->scalar_value[i], own_rate, o);
        o->slot[i] = slot_of(g, o->scalar[i], o->scalar_value[i]);
    }
    add_states(&g->optimizer, o);
    vec_push(&g->groups, o);
}

/* Rule 1. */
static void order_parameters(Graph *g)
{
    VEC(Param) now = { 0 };
    for (int k = 0; k < g->steps.n; k++)
        for (int group = 0; group < g->steps.at[k]->groups.n; group++)
            for (int i = 0; i < g->params.n; i++) {
                Param *p = g->params.at[i];
                if (p->trained && p->step == k && p->group == group) vec_push(&now, p);
            }
    for (int i = 0; i < g->params.n; i++)
        if (!g->params.at[i]->trained) vec_push(&now, g->params.at[i]);
    for (int i = 0; i < now.n; i++) g->params.at[i] = now.at[i], now.at[i]->index = i;
}

static void read_step(lua_State *L, Objective *s)
{
    const int at = lua_gettop(L);
    s->name = field_string(L, at, "name");
    s->prefix = s->name ? field_string(L, at, "prefix") : "";
    if (!s->name) s->name = "";
    s->times = (long)field_number(L, at, "times", 1);
    s->accumulate = (long)field_number(L, at, "accumulate", 0);
    s->loc = field_loc(L, at);
    lua_getfield(L, at, "minimize");
    s->minimize = node_at(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, at, "optimizer");
    read_optimizer(L, &s->optimizer);
    s->optimizer.nstates = 0;
    lua_getfield(L, at, "groups");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1))
        add_group(L, lua_gettop(L), s);
    lua_pop(L, 2);
}

void read_recipes(lua_State *L, int index, Graph *g)
{
    lua_getfield(L, index, "turns");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        Objective *s = NEW(Objective);
        read_step(L, s);
        vec_push(&g->steps, s);
    }
    lua_pop(L, 2);
    if (g->steps.n == 1) g->steps.at[0]->prefix = "";
    lua_getfield(L, index, "rules");
    g->ruled = luaL_len(L, -1) > 0;
    lua_pop(L, 1);
    order_parameters(g);
}
