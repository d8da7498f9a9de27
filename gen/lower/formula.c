/* formula.c -- computes maps and stores their values.

   1. A value that one formula reads once is written into that formula; any other gets a name.
   2. Stores into a padded block keep zeros in its padding.
   3. No arm of a choice reads memory. A value that an arm needs is read into a constant before
      the choice, and an index that may be outside is clamped before the read. gcc 12 misplaces a
      read inside an arm when it makes loops free of branches. */
#include <string.h>
#include "lower/build.h"

/* ---- what an op asks for ---- */
static int times_used(const Expr *e, const char *name)
{
    if (e->kind == E_VAR) return !strcmp(e->name, name);
    int count = 0;
    for (int i = 0; i < e->nargs; i++) count += times_used(e->arg[i], name);
    return count;
}

static const Expr *evaluated(void *context, const char *name)
{
    const Node *n = context;
    for (int i = 0; i < n->op->nattrs; i++)
        if (!strcmp(n->op->attr[i], name)) return expr_number(n->attr[i]);
    return strcmp(name, "training") ? NULL : expr_number(0);
}

bool folds_in_training(const Node *f)
{
    const Expr *e = expr_replace(f->op->value, evaluated, (Node *)f);
    for (int i = 0; i < f->op->nlets; i++)
        if (times_used(e, f->op->let[i].name)) return false;
    return true;
}

/* Whether the value uses let i; only an op's gradient may use it. */
static bool is_asked(const Op *op, int i)
{
    if (op->let[i].fold != FOLD_NONE || (op->value && times_used(op->value, op->let[i].name)))
        return true;
    for (int later = i + 1; later < op->nlets; later++)
        if (times_used(op->let[later].e, op->let[i].name) && is_asked(op, later)) return true;
    return false;
}

static int uses_in_op(const Op *op, const char *name)
{
    int count = op->value ? times_used(op->value, name) : 0;
    for (int i = 0; i < op->nlets; i++)
        if (is_asked(op, i)) count += times_used(op->let[i].e, name);
    return count;
}

static bool chosen_in_op(const Op *op, const char *name)
{
    bool chosen = op->value && expr_chooses(op->value, name);
    for (int i = 0; i < op->nlets; i++)
        chosen |= is_asked(op, i) && expr_chooses(op->let[i].e, name);
    return chosen;
}

/* ---- formulas ---- */
typedef struct {
    Build *b;
    const Node *n;
    const Val *arg[ARGS];
    const Val *let[LETS];
    int lets;
} Given;

static const Val *named(const void *context, const char *name)
{
    const Given *x = context;
    const Op *op = x->n->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return x->arg[i];
    for (int i = 0; i < x->lets; i++)
        if (!strcmp(op->let[i].name, name)) return x->let[i];
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return val_number(x->n->attr[i]);
    if (!strcmp(name, "training")) return val_run(RUN_TRAINING, AS_BOOL);
    if (!strcmp(name, "n") && x->b->fold_count) return val_number((double)x->b->fold_count);
    if (!strcmp(name, "i") && x->b->fold_index)
        return val_call(CALL_REAL, x->b->fold_index, NULL, NULL);
    BUG("%s: a formula speaks of %s", op->name, name);
}

static const Val *spelled(const Expr *e)
{
    Val *v = NEW(Val);
    *v = (Val) { .kind = VAL_NUMBER,
                 .type = AS_REAL,
                 .number = e->num,
                 .spelled = e->name ? e->name : e->made };
    return v;
}

const Val *value_of(const Expr *e, const Val *(*lookup)(const void *context, const char *name),
                    const void *context)
{
    const Val *arg[3] = { 0 };
    if (e->kind == E_NUM) return spelled(e);
    if (e->kind == E_VAR) return lookup(context, e->name);
    for (int i = 0; i < e->nargs; i++) arg[i] = value_of(e->arg[i], lookup, context);
    return val_call(e->call, arg[0], arg[1], arg[2]);
}

/* Noise of lanes is in memory, too. */
static bool reads_memory(const Build *b, const Val *v)
{
    bool reads = v->kind == VAL_LOAD ||
                 (b->scope.lanes >= 0 && v->kind == VAL_CALL && v->id == (int)CALL_UNIFORM);
    for (int i = 0; i < v->n; i++) reads |= reads_memory(b, v->arg[i]);
    return reads;
}

/* v, or a constant of its value if v reads memory or, with `calls`, computes anything */
static const Val *known(Build *b, const char *wish, const Val *v, bool calls)
{
    return reads_memory(b, v) || (calls && v->kind == VAL_CALL) ? let(b, wish, v) : v;
}

static void load_arguments(Build *b, Given *x)
{
    const Op *op = x->n->op;
    for (int i = 0; i < x->n->nargs; i++) {
        const int uses = uses_in_op(op, op->arg[i]);
        if (!uses) continue;
        x->arg[i] = load_node(b, x->n->arg[i]);
        if (uses > 1 || chosen_in_op(op, op->arg[i]))
            x->arg[i] = known(b, op->arg[i], x->arg[i], uses > 1);
    }
}

const Val *formula_of(Build *b, const Node *n, const Expr *e)
{
    Given x = { .b = b, .n = n };
    for (int i = 0; i < n->nargs; i++) {
        if (!times_used(e, n->op->arg[i])) continue;
        x.arg[i] = load_node(b, n->arg[i]);
        if (expr_chooses(e, n->op->arg[i])) x.arg[i] = known(b, n->op->arg[i], x.arg[i], false);
    }
    for (; x.lets < n->op->nlets; x.lets++) x.let[x.lets] = b->fold_value[x.lets];
    return value_of(e, named, &x);
}

const Val *map_value(Build *b, const Node *n)
{
    Given x = { .b = b, .n = n };
    load_arguments(b, &x);
    for (; x.lets < n->op->nlets; x.lets++) {
        const Let *l = &n->op->let[x.lets];
        if (is_asked(n->op, x.lets)) x.let[x.lets] = let(b, l->name, value_of(l->e, named, &x));
    }
    return value_of(n->op->value, named, &x);
}

bool is_stored(const Kernel *k, const Node *n)
{
    if (k->grad == n) return true;
    for (int i = 0; i < k->stores.n; i++)
        if (k->stores.at[i] == n) return true;
    return false;
}

static int reads_of(const Node *n, Node *const *at, int count)
{
    int reads = 0;
    for (int i = 0; i < count; i++)
        for (int a = 0; a < at[i]->nargs; a++)
            if (at[i]->arg[a] == n) reads += uses_in_op(at[i]->op, at[i]->op->arg[a]);
    return reads;
}

void define(Build *b, const Node *n, const Val *v, bool name)
{
    if (name && v->kind != VAL_VAR && v->kind != VAL_RUN) v = let(b, "v", v);
    b->value[n->id] = v;
}

/* ---- stores ---- */
/* The value, with zeros in the lanes that pad the domain's contiguous axis. */
static const Val *kept(const Scope *s, const Val *v)
{
    if (s->lanes < 0) return v;
    const int axis = s->loop[s->lanes].axis;
    const long extent = s->domain->dim[axis];
    bool whole = true;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].div * s->loop[i].extent > extent) whole = false;
    return whole ? v
                 : both(CALL_KEEP, v,
                        elements_left(extent, coordinate(s, axis), s->loop[s->lanes].div));
}

static void store_at(Build *b, const At *at, const Val *v, const Val *beta)
{
    Stmt *s = stmt_new(b->out, STMT_STORE);
    s->at = *at, s->value = kept(&b->scope, v), s->beta = beta;
}

/* n's element in a buffer of layout l, from the loops of a kernel. The loops of a fold run over
   axes that n may lack. */
static At place_of(const Build *b, const Node *n, const Layout *l, int buffer)
{
    Shape s = n->shape;
    if (!b->fold || b->scope.domain == &n->shape || s.rank >= b->scope.domain->rank)
        return address_of(&b->scope, l, &s, buffer);
    const Layout wide = with_ones(l, &n->shape, b->fold->axes, &s);
    return address_of(&b->scope, &wide, &s, buffer);
}

typedef struct {
    const Optimizer *o;
    const Val **now;
    const Val *g;
} Folded;

static const Val *folded_name(const void *context, const char *name)
{
    const Folded *f = context;
    for (int i = 0; i < f->o->nstates; i++)
        if (!strcmp(name, f->o->state[i])) return f->now[i];
    return f->g;
}

/* Folds a micro-batch's gradient into the optimizer's states. */
static void store_folded(Build *b, const Node *n, const Val *v)
{
    if (v->kind == VAL_NUMBER) return; /* padding keeps its zeros */
    const Optimizer *o = b->k->g->step->groups.at[b->x->adds_to->group];
    const Buffer *gradient = b->k->gradients.at[b->x->adds_to->index];
    At place[STATES];
    const Val *now[STATES];
    const Folded f = { o, now, let(b, "micro", kept(&b->scope, v)) };
    for (int i = 0; i < o->nstates; i++) {
        place[i] = place_of(b, n, &b->x->grad_layout,
                            i ? formal_state(b, gradient, o->state[i]) : formal_of(b, gradient));
        now[i] = load_at(b, &place[i]);
    }
    for (int i = 0; i < o->nstates; i++) {
        bool chosen = false;
        for (int k = 0; k < o->nstates; k++) chosen |= expr_chooses(o->fold[k], o->state[i]);
        if (chosen) now[i] = let(b, o->state[i], now[i]);
    }
    for (int i = 0; i < o->nstates; i++) {
        const Val *next = value_of(o->fold[i], folded_name, &f);
        Stmt *s = stmt_new(b->out, STMT_STORE);
        s->at = place[i], s->value = next;
    }
}

bool is_column(const Node *f)
{
    return !f->shape.batch && (f->arg[0]->shape.batch || has_role(f, "sum"));
}

bool goes_on(const Build *b, const Node *n)
{
    return b->k->g->train.chains && b->x->grad == n && b->x->core == n && is_column(n);
}

const Val *start_of(Build *b, const Node *n)
{
    const Val *beta = beta_of(b);
    if (!goes_on(b, n) || !beta) return val_number(0);
    const At at = place_of(b, n, &b->x->grad_layout, grad_formal(b));
    const Val *chain = let(b, "chain", load_at(b, &at));
    return val_call(CALL_SELECT, beta, chain, val_number(0));
}

void store_node(Build *b, const Node *n, const Val *v)
{
    const bool adds = b->x->grad == n;
    if (!adds && !is_stored(b->x, n)) return;
    if (adds && !b->x->moves_state && b->k->g->step->optimizer.fold[0]) {
        store_folded(b, n, v);
        return;
    }
    const Buffer *to = adds ? NULL : buffer_of(b->k, n);
    const At at = place_of(b, n, adds ? &b->x->grad_layout : &to->layout,
                           adds ? grad_formal(b) : formal_of(b, to));
    if (to && to->half && v->kind != VAL_NUMBER) v = val_call(CALL_ROUND16, v, NULL, NULL);
    store_at(b, &at, v, adds && !goes_on(b, n) ? beta_of(b) : NULL);
}

void build_maps(Build *b, Node *const *at, int n, Node *const *later, int nlater)
{
    for (int i = 0; i < n; i++) {
        const bool stored = is_stored(b->x, at[i]);
        const int reads = reads_of(at[i], at + i + 1, n - i - 1) + reads_of(at[i], later, nlater);
        define(b, at[i], map_value(b, at[i]), reads + stored > 1);
        store_node(b, at[i], b->value[at[i]->id]);
    }
}

/* ---- can lanes do it ---- */
bool lanes_store(Build *b, const Node *n)
{
    const bool adds = b->x->grad == n;
    if (!adds && !is_stored(b->x, n)) return true;
    const At to = place_of(b, n, adds ? &b->x->grad_layout : &buffer_of(b->k, n)->layout, -1);
    return lane_stride(&b->scope, &to) == 1;
}

/* Neighbouring lanes are neighbours there, or all read one element. */
static bool lanes_reach(const Scope *s, const At *at)
{
    const long lane = lane_stride(s, at);
    return lane == 0 || lane == 1;
}

/* A column of the data is no buffer of whole vectors: lanes read one element of it. */
static bool lanes_share(const Build *b, const Scope *s, const Node *input)
{
    const Shape seen = seen_shape(b, input);
    const At at = flat_address(s, &seen, -1);
    return b->fold && lane_stride(s, &at) == 0;
}

static bool lanes_read_one(Build *b, const Scope *s, Node *n)
{
    Layout l;
    if (kernel_of(b->k, n) == b->x && node_base(n) == n) return true;
    Node *base = node_base(n);
    if (base->kind == K_INPUT) return n == base && lanes_share(b, s, n);
    if (moves(n) && !(buffer_of(b->k, base) && node_layout(b->k, n, &l)))
        return lanes_move(b, s, n);
    if (base->kind == K_CONST || base->kind == K_ROOT || base->kind == K_ROWS || n->kind == K_NOISE)
        return true;
    if (!buffer_of(b->k, base) || !node_layout(b->k, n, &l)) return false;
    const Shape seen = seen_shape(b, n);
    if (seen.rank > n->shape.rank) {
        Shape wide;
        l = with_ones(&l, &n->shape, b->fold->axes, &wide);
    }
    const At at = address_of(s, &l, &seen, -1);
    return lanes_reach(s, &at);
}

bool lanes_read(Build *b, const Scope *s, const Node *n)
{
    for (int a = 0; a < n->nargs; a++)
        if (uses_in_op(n->op, n->op->arg[a]) && !lanes_read_one(b, s, n->arg[a])) return false;
    return true;
}

bool lanes_do(Build *b, const Scope *s, Node *const *at, int n)
{
    for (int i = 0; i < n; i++) {
        if (!lanes_read(b, s, at[i])) return false;
        const bool adds = b->x->grad == at[i];
        const Layout *l = adds                     ? &b->x->grad_layout
                          : buffer_of(b->k, at[i]) ? &buffer_of(b->k, at[i])->layout
                                                   : NULL;
        if (!l || !is_stored(b->x, at[i])) continue;
        const At to = address_of(s, l, &at[i]->shape, -1);
        if (lane_stride(s, &to) != 1) return false;
    }
    return true;
}
