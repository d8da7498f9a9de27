/* finish.c -- copies the table of dsl/train.lua, checked there, into the Graph's fields. */
#include "front/host.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- identifiers ---- */
static void name_params(Graph *g)
{
    char **used = NEW_ARRAY(char *, g->params.n);
    for (int i = 0; i < g->params.n; i++)
        g->params.at[i]->ident = used[i] = c_unique(g->params.at[i]->name, used, i);
}

/* ---- data ---- */
static HeldOut read_held_out(lua_State *L, int index, const char *key)
{
    HeldOut s = { 0, NULL, field_true(L, index, text("%s_last", key)) };
    int type = lua_getfield(L, index, key);
    if (type == LUA_TNUMBER) s.value = lua_tonumber(L, -1);
    if (type == LUA_TSTRING) s.path = text("%s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return s;
}

static char read_character(lua_State *L, int index, const char *key)
{
    const char *s = field_string(L, index, key);
    return s ? *s : 0;
}

/* { { kind, the column's name, value }, ... }, for columns that the model reads */
static void read_augments(lua_State *L, int index, Dataset *d)
{
    lua_getfield(L, index, "data");
    const int data = lua_gettop(L);
    lua_getfield(L, data, "augments");
    for (int i = 1; lua_istable(L, data + 1) && lua_geti(L, data + 1, i) == LUA_TTABLE; i++) {
        int at = lua_gettop(L);
        lua_geti(L, at, 1), lua_geti(L, at, 2), lua_geti(L, at, 3);
        for (int c = 0; c < d->columns.n; c++) {
            if (strcmp(d->columns.at[c]->name, lua_tostring(L, -2))) continue;
            Augment *a = NEW(Augment);
            *a = (Augment) { *lua_tostring(L, -3), d->columns.at[c], lua_tonumber(L, -1) };
            vec_push(&d->augments, a);
        }
        lua_settop(L, at - 1);
    }
    lua_settop(L, data - 1);
}

static void read_tokens(lua_State *L, int data, TokenForm *t)
{
    const int top = lua_gettop(L);
    if (lua_getfield(L, data, "tokens") == LUA_TTABLE)
        *t = (TokenForm) { read_character(L, top + 1, "kind"),
                           field_true(L, top + 1, "random"),
                           field_true(L, top + 1, "begins"),
                           (long)field_number(L, top + 1, "length", 0),
                           (long)field_number(L, top + 1, "stride", 0),
                           (long)field_number(L, top + 1, "classes", 0),
                           (long)field_number(L, top + 1, "mark", -1) };
    lua_settop(L, top);
}

static void read_data(lua_State *L, int index, Graph *g)
{
    Dataset *d = &g->data;
    lua_getfield(L, index, "data");
    int at = lua_gettop(L);
    d->kind = field_string(L, at, "kind");
    d->path = field_string(L, at, "path");
    d->shuffle = field_true(L, at, "shuffle");
    d->header = read_character(L, at, "header"), d->separator = read_character(L, at, "separator"),
    d->decimal = read_character(L, at, "decimal");
    d->valid = read_held_out(L, at, "valid");
    d->test = read_held_out(L, at, "test");
    read_tokens(L, at, &d->tokens);
    d->loc = field_loc(L, at);
    lua_pop(L, 1);
    lua_getfield(L, index, "inputs");
    char *used[64];
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE || node_at(L, -1); i++, lua_pop(L, 1)) {
        Column *c = node_at(L, -1)->column;
        c->index = d->columns.n;
        if (c->index == 64) host_fail(c->loc, "a model reads at most 64 columns");
        c->ident = used[c->index] = c_unique(c->name, used, c->index);
        vec_push(&d->columns, c);
    }
    lua_pop(L, 2);
    read_augments(L, index, d);
}

/* ---- the schedule ---- */
const char *const precisions[] = {
    [FP32] = "fp32", [TF32] = "tf32", [BF16] = "bf16", [FP16] = "fp16"
};

const char *const nonfinites[] = { [NONFINITE_KEEP] = "keep",
                                   [NONFINITE_SKIP] = "skip_window",
                                   [NONFINITE_DROP] = "drop_micro",
                                   [NONFINITE_ABORT] = "abort" };

/* The index of the name at key among n; 0 where there is none. */
static int one_of(lua_State *L, int index, const char *key, const char *const *names, int n)
{
    const char *word = field_string(L, index, key);
    for (int i = 0; word && i < n; i++)
        if (!strcmp(word, names[i])) return i;
    return 0;
}
#define ONE_OF(L, index, key, names) \
    one_of(L, index, key, names, (int)(sizeof names / sizeof *names))

static Interval read_interval(lua_State *L, int index, const char *key)
{
    const char *unit = field_string(L, index, text("%s_unit", key));
    return (Interval) { unit ? *unit : 'u',
                        (long)field_number(L, index, text("%s_every", key), 0) };
}

static void read_milestones(lua_State *L, int index, Train *t)
{
    const int top = lua_gettop(L);
    if (lua_getfield(L, index, "milestones") == LUA_TTABLE)
        for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
            const int at = lua_gettop(L);
            t->milestone[t->nmilestones++] =
                (Milestone) { *field_string(L, at, "unit"), (long)field_number(L, at, "from", 0),
                              (long)field_number(L, at, "accumulate", 1) };
        }
    lua_settop(L, top);
}

static void read_sampling(lua_State *L, int index, Sampling *s)
{
    const int top = lua_gettop(L);
    s->output = -1;
    if (lua_getfield(L, index, "sampling") == LUA_TTABLE)
        *s = (Sampling) {
            (int)field_number(L, top + 1, "output", 0),  field_string(L, top + 1, "prompt"),
            (long)field_number(L, top + 1, "tokens", 0), (long)field_number(L, top + 1, "top_k", 0),
            field_number(L, top + 1, "temperature", 1),  field_number(L, top + 1, "top_p", 1)
        };
    lua_settop(L, top);
}

static void read_plateau(lua_State *L, int index, Plateau *p)
{
    if (lua_getfield(L, index, "plateau") == LUA_TTABLE) {
        const int at = lua_gettop(L);
        *p = (Plateau) { field_number(L, at, "factor", 0), field_number(L, at, "improvement", 0),
                         field_number(L, at, "least", 0), (long)field_number(L, at, "patience", 0),
                         (long)field_number(L, at, "cooldown", 0) };
    }
    lua_pop(L, 1);
}

static void read_intervals(lua_State *L, int index, Train *t)
{
    t->validate = read_interval(L, index, "validate");
    t->checkpoint = read_interval(L, index, "checkpoint");
    t->line = read_interval(L, index, "line");
}

static void read_train(lua_State *L, int index, Train *t)
{
    t->batch = (long)field_number(L, index, "batch", 0);
    t->micro_batch = (long)field_number(L, index, "micro_batch", 0);
    t->accumulate = (long)field_number(L, index, "accumulate", 0);
    t->epochs = (long)field_number(L, index, "epochs", 0);
    t->steps = (long)field_number(L, index, "steps", 0);
    t->tokens = (long)field_number(L, index, "tokens", 0);
    t->seed = (long)field_number(L, index, "seed", 0);
    const char *tail = field_string(L, index, "tail");
    t->tail = tail[0] == 's' ? TAIL_STEP : tail[0] == 'd' ? TAIL_DROP : TAIL_CARRY;
    t->count_before = !strcmp(field_string(L, index, "count"), "before");
    t->chains = !strcmp(field_string(L, index, "deterministic"), "split");
    t->precision = (Precision)ONE_OF(L, index, "precision", precisions);
    t->loss_scale = field_number(L, index, "scale_start", 0);
    t->scale_interval = (long)field_number(L, index, "scale_interval", 0);
    t->lone = field_string(L, index, "lone");
    t->grad_norm = field_true(L, index, "grad_norm");
    t->noise_scale = field_true(L, index, "noise_scale");
    t->nonfinite = (Nonfinite)ONE_OF(L, index, "nonfinite", nonfinites);
    t->best = field_string(L, index, "best");
    t->best_max = field_true(L, index, "best_max");
    t->best_stated = field_true(L, index, "best_stated");
    t->ema = field_number(L, index, "ema", 0);
    t->patience = (long)field_number(L, index, "patience", 0);
    read_plateau(L, index, &t->plateau);
    read_intervals(L, index, t);
    read_milestones(L, index, t);
    read_sampling(L, index, &t->sampling);
    t->loc = field_loc(L, index);
    t->batch_loc = host_at(L, (int)field_number(L, index, "batch_place", 0));
    t->memory = field_string(L, index, "memory");
    t->memory_loc = host_at(L, (int)field_number(L, index, "memory_place", 0));
    const char *wrong = t->memory ? size_parse(t->memory, &t->memory_bytes) : NULL;
    if (wrong) host_fail(t->memory_loc, "train: memory: %s", wrong);
    t->memory_free = field_true(L, index, "memory_free");
    const char *again = field_string(L, index, "recompute");
    t->recompute = *again == 'n'           ? RECOMPUTE_NONE
                   : !strcmp(again, "all") ? RECOMPUTE_ALL
                   : *again == 'l'         ? RECOMPUTE_LEVEL
                                           : RECOMPUTE_AUTO;
    t->recompute_level = (int)field_number(L, index, "level", 0);
    t->head_pieces = (long)field_number(L, index, "pieces", 0);
}

static void read_reports(lua_State *L, int index, Graph *g)
{
    lua_getfield(L, index, "reports");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        Report *r = NEW(Report);
        int at = lua_gettop(L);
        lua_geti(L, at, 1), lua_geti(L, at, 2);
        r->name = text("%s", lua_tostring(L, -2));
        r->node = node_at(L, -1);
        r->index = g->reports.n;
        vec_push(&g->reports, r);
        lua_settop(L, at);
    }
    lua_pop(L, 2);
}

static void read_outputs(lua_State *L, int index, Graph *g)
{
    lua_getfield(L, index, "outputs");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        Output *o = NEW(Output);
        int at = lua_gettop(L);
        lua_geti(L, at, 1), lua_geti(L, at, 2), lua_geti(L, at, 3), lua_geti(L, at, 4);
        o->name = text("%s", lua_tostring(L, -4));
        o->node = node_at(L, -3);
        o->classes = node_at(L, -2) ? node_at(L, -2)->column : NULL;
        o->whole = lua_toboolean(L, -1);
        vec_push(&g->outputs, o);
        lua_settop(L, at);
    }
    lua_pop(L, 2);
}

/* ---- computed ids ---- */
/* { { sum, ids, words, place }, ... }, for ids that a loss, a report or an output needs */
static void read_checks(lua_State *L, int index, Graph *g)
{
    bool *needed = NEW_ARRAY(bool, g->nodes.n), *output = NEW_ARRAY(bool, g->nodes.n);
    for (int i = 0; i < g->steps.n; i++) mark_reached(g->steps.at[i]->minimize, needed);
    for (int i = 0; i < g->reports.n; i++) mark_reached(g->reports.at[i]->node, needed);
    for (int i = 0; i < g->outputs.n; i++) mark_reached(g->outputs.at[i]->node, output);
    lua_getfield(L, index, "checks");
    for (int i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1)) {
        Check *c = NEW(Check);
        int at = lua_gettop(L);
        lua_geti(L, at, 1), lua_geti(L, at, 2), lua_geti(L, at, 3), lua_geti(L, at, 4);
        *c = (Check) { node_at(L, -4), node_at(L, -3), text("%s", lua_tostring(L, -2)),
                       host_at(L, (int)lua_tointeger(L, -1)), false };
        c->predicts = output[c->of->id];
        if (needed[c->of->id] || c->predicts) vec_push(&g->checks, c);
        lua_settop(L, at);
    }
    lua_pop(L, 2);
}

/* ---- frozen layers ---- */
static const Expr *without_training(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "training") ? NULL : expr_number(0);
}

/* The argument that n passes on in evaluation, if its layer is frozen; otherwise n itself. */
static Node *passed(Node *n)
{
    bool still = n->still;
    for (int i = 0; i < n->nargs; i++) still |= n->op && n->op->noise && n->arg[i]->still;
    if (!still || n->kind != K_MAP) return n;
    const Expr *e = expr_replace(n->op->value, without_training, NULL);
    for (int i = 0; i < n->nargs; i++)
        if (e->kind == E_VAR && !strcmp(e->name, n->op->arg[i])) return n->arg[i];
    return n;
}

static void still_frozen(Graph *g)
{
    for (int i = 0; i < g->nodes.n; i++)
        for (int k = 0; k < g->nodes.at[i]->nargs; k++)
            g->nodes.at[i]->arg[k] = passed(g->nodes.at[i]->arg[k]);
}

int finish_train(lua_State *L)
{
    Graph *g = host_graph(L);
    read_train(L, 1, &g->train);
    read_data(L, 1, g);
    read_recipes(L, 1, g);
    read_sources(L, 1, g);
    read_reports(L, 1, g);
    read_outputs(L, 1, g);
    read_checks(L, 1, g);
    name_params(g);
    name_fields(g);
    still_frozen(g);
    gather_loops(g);
    bind_micro_batch(g, g->train.micro_batch);
    return 0;
}
