/* bind_scan.c -- the functions of the core for loops, fn.scan; slots.c says what they make. */
#include "front/host.h"

static Loop *loop_at(lua_State *L, int index)
{
    return host_graph(L)->loops.at[luaL_checkinteger(L, index)];
}

/* loop(turns, back): a new loop */
static int loop(lua_State *L)
{
    Graph *g = host_graph(L);
    Loop *l = NEW(Loop);
    *l = (Loop) { g->loops.n, (long)luaL_checkinteger(L, 1), lua_toboolean(L, 2), false,
                  host_made(L) };
    vec_push(&g->loops, l);
    lua_pushinteger(L, l->id);
    return 1;
}

/* line(x): x [N, steps, ...], whose steps a loop reads, as memory has them */
static int line(lua_State *L)
{
    Node *x = check_node(L, 1);
    const bool lies = x->kind == K_SLOT && x->slots;
    node_push(L, lies ? x : line_new(host_graph(L), x));
    return 1;
}

/* turn_of(line, loop): its step in that loop */
static int turn_of(lua_State *L)
{
    node_push(L, turn_new(host_graph(L), check_node(L, 1), loop_at(L, 2), 0));
    return 1;
}

/* carry(x, loop): what the loop carries, from x on, and its value at the beginning of a turn */
static int carry(lua_State *L)
{
    Loop *l = loop_at(L, 2);
    Node *c = carry_new(host_graph(L), check_node(L, 1), l);
    node_push(L, c);
    node_push(L, turn_new(host_graph(L), c, l, l->back));
    return 2;
}

/* next(x, carry, loop): carries x on; what stood there after each step, and after the last one */
static int next(lua_State *L)
{
    Loop *l = loop_at(L, 3);
    Node *n = next_new(host_graph(L), check_node(L, 1), check_node(L, 2), l);
    node_push(L, whole_new(host_graph(L), n, n->slot, l->turns));
    node_push(L, last_new(host_graph(L), n));
    return 2;
}

/* keep(x, loop): x of all steps, [N, steps, ...] */
static int keep(lua_State *L)
{
    Loop *l = loop_at(L, 2);
    node_push(L,
              whole_new(host_graph(L), keep_new(host_graph(L), check_node(L, 1), l), 0, l->turns));
    return 1;
}

/* close(loop): the model leaves its body */
static int close_loop(lua_State *L)
{
    loop_at(L, 1)->closed = true;
    return 0;
}

/* Why no step may make it; NULL: it may. */
static const char *refused(const Node *y)
{
    for (int i = 0; i < y->nargs; i++)
        if (y->arg[i]->kind == K_NOISE)
            return "draws would be the same in every step: drop out what goes in or comes out, for "
                   "all "
                   "steps at once";
    if (has_role(y, "batch"))
        return "statistics of a batch, as batch norm has, would be of one step: normalize what "
               "goes in "
               "or comes out";
    if (y->when == WHEN_AFTER)
        return "a sum over the batch is a term: return values, and sum them after";
    if (y->kind == K_WINDOW || attends(y) || has_role(y, "gather") || has_role(y, "scatter"))
        return "it has no gradient over steps: compute it for all steps before";
    return NULL;
}

void check_body(lua_State *L, const Node *y)
{
    if (!y->loop || host_graph(L)->train.loc.file) return;
    const char *name = host_called(L, y->op->name), *why = refused(y);
    if (y->loop->closed) {
        error_at(y->loc,
                 "%s: reads a tensor of a step of fn.scan outside of the step: the step returns "
                 "what is needed later",
                 name);
        note_at(y->loop->loc, "the scan stands here");
    } else if (why) {
        error_at(y->loc, "%s in the step of fn.scan: %s", name, why);
    }
    stop_if_errors();
}

void scans_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "loop", loop }, { "line", line }, { "turn_of", turn_of },       { "carry", carry },
        { "next", next }, { "keep", keep }, { "close_loop", close_loop }, { NULL, NULL }
    };
    luaL_setfuncs(L, functions, 0);
}
