/* body.c -- the statements of maps: formulas and stores, for one element or for the lanes of a vector. load.c has the loads.

   1. A value that one formula reads once is written into that formula; any other gets a name.
   2. Stores into a padded block keep zeros in its padding.
   3. No arm of a choice reads memory: a value that an arm needs is read into a local before the choice, an index that may
      lie outside is clamped before the read, and scalars of w and m are read at the top of the function. gcc 12 puts a read
      that stands in an arm at another place when it makes loops free of branches. */
#include <string.h>
#include "back/body.h"

/* ---- formulas ---- */
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

bool old_folds_in_training(const Node *f)
{
    const Expr *e = expr_replace(f->op->value, evaluated, (Node *)f);
    for (int i = 0; i < f->op->nlets; i++)
        if (times_used(e, f->op->let[i].name)) return false;
    return true;
}

/* The value asks for let i: an op's gradient may be all that does. */
static bool is_asked(const Op *op, int i)
{
    if (op->let[i].fold != FOLD_NONE || (op->value && times_used(op->value, op->let[i].name))) return true;
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

typedef struct { Body *b; const Node *n; const Expr *arg[ARGS]; const Expr *let[LETS]; int lets; } Given;

static const Expr *named(void *context, const char *name)
{
    Given *x = context;
    const Op *op = x->n->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return x->arg[i];
    for (int i = 0; i < x->lets; i++)
        if (!strcmp(op->let[i].name, name)) return x->let[i];
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return expr_number(x->n->attr[i]);
    if (!strcmp(name, "training")) return expr_variable(body_scalar("training"));
    if (!strcmp(name, "n") && x->b->fold_count) return expr_number((double)x->b->fold_count);
    if (!strcmp(name, "i") && x->b->fold_index) return expr_variable(x->b->fold_index);
    return 0;
}

static bool chosen_in_op(const Op *op, const char *name)
{
    bool chosen = op->value && expr_chooses(op->value, name);
    for (int i = 0; i < op->nlets; i++) chosen |= is_asked(op, i) && expr_chooses(op->let[i].e, name);
    return chosen;
}

static void load_arguments(Body *b, Given *x)
{
    for (int i = 0; i < x->n->nargs; i++) {
        const Op *op = x->n->op;
        const int uses = uses_in_op(op, op->arg[i]);
        if (!uses) continue;
        x->arg[i] = body_load(b, x->n->arg[i]);
        if (uses > 1 || chosen_in_op(op, op->arg[i])) x->arg[i] = body_local(b, x->arg[i], uses > 1);
    }
}

const Expr *body_formula(Body *b, const Node *n, const Expr *e)
{
    Given x = { .b = b, .n = n };
    for (int i = 0; i < n->nargs; i++) {
        if (!times_used(e, n->op->arg[i])) continue;
        x.arg[i] = body_load(b, n->arg[i]);
        if (expr_chooses(e, n->op->arg[i])) x.arg[i] = body_local(b, x.arg[i], false);
    }
    for (; x.lets < n->op->nlets; x.lets++) x.let[x.lets] = expr_variable(b->fold_name[x.lets]);
    return expr_replace(e, named, &x);
}

static const Expr *map_value(Body *b, const Node *n)
{
    Given x = { .b = b, .n = n };
    load_arguments(b, &x);
    for (; x.lets < n->op->nlets; x.lets++) {
        const Let *l = &n->op->let[x.lets];
        if (!is_asked(n->op, x.lets)) continue;
        const Expr *e = expr_replace(l->e, named, &x);
        char *name = body_name(b, l->name);
        text_add(&b->out, "const %s %s = %s;\n", b->scope.type, name, body_text(b, e));
        x.let[x.lets] = expr_variable(name);
    }
    return expr_replace(n->op->value, named, &x);
}

bool old_is_stored(const Kernel *k, const Node *n)
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

void body_define(Body *b, Node *n, const Expr *e, bool name)
{
    if (name && (e->kind != E_VAR || strpbrk(e->name, "[("))) {
        char *v = body_name(b, "v");
        text_add(&b->out, "const %s %s = %s;\n", b->scope.type, v, e->kind == E_NUM ? body_text(b, e) : body_text(b, e));
        e = expr_variable(v);
    }
    b->value[n->id] = e;
}

/* ---- stores ---- */
const char *old_beta_of(const Program *s, const Kernel *k) { return kernel_has_beta(s, k) ? "beta" : "0"; }

/* The value, with zeros in the lanes that pad the domain's vector axis. */
static const char *kept(Body *b, const char *value)
{
    if (b->scope.vector < 0) return value;
    const int axis = b->scope.loop[b->scope.vector].axis;
    const long extent = b->scope.domain->dim[axis];
    bool whole = true;
    for (int i = 0; i < b->scope.n; i++)
        if (b->scope.loop[i].axis == axis && b->scope.loop[i].div * b->scope.loop[i].extent > extent) whole = false;
    if (whole) return value;
    return text("%skeep(%s, %s)", b->scope.prefix, value, old_places_left(extent, old_coordinate(&b->scope, axis), b->scope.loop[b->scope.vector].div));
}

static void store_at(Body *b, const Layout *l, const Shape *shape, const char *name, const Expr *e, const char *beta)
{
    Address a = old_address_of(&b->scope, l, shape);
    const char *to = address_text(&a, l, name), *x = kept(b, body_text(b, e));
    const bool lanes = b->scope.vector >= 0;
    if (strcmp(beta, "0") != 0) {
        const char *old = body_name(b, "old"), *load = lanes ? text("%sload(&%s)", b->scope.prefix, to) : to, *more = x;
        if (strpbrk(x, "[(")) more = body_name(b, "more");
        text_add(&b->out, more == x ? "const %s %s = %s" : "const %s %s = %s, %s = %s", b->scope.type, old, load, more, x);
        text_add(&b->out, ";\n");
        x = text("beta ? %s + %s : %s", old, more, more);
    }
    text_add(&b->out, lanes ? "%sstore(&%s, %s);\n" : "%.0s%s = %s;\n", b->scope.prefix, to, x);
}

/* n's place in what lies as l, seen from the loops of a kernel: those of a fold run over axes that n may have no more. */
static Layout place_of(const Body *b, const Node *n, const Layout *l, Shape *s)
{
    *s = n->shape;
    if (!b->fold || b->scope.domain == &n->shape || s->rank >= b->scope.domain->rank) return *l;
    return old_with_ones(l, &n->shape, b->fold->axes, s);
}

static const char *grad_name(const Body *b)
{
    const Kernels *k = b->s->k;
    const int i = b->k->adds_to->index;
    return buffer_name(b->k->moves_state ? k->params.at[i] : k->gradients.at[i]);
}

typedef struct { const Optimizer *o; const char **at; const char *g; } Folded;

static const Expr *fold_name(void *context, const char *name)
{
    const Folded *f = context;
    for (int i = 0; i < f->o->nstates; i++)
        if (!strcmp(name, f->o->state[i])) return expr_variable(f->at[i]);
    return strcmp(name, "g") ? NULL : expr_variable(f->g);
}

/* What the optimizer's states become by a micro-batch's gradient. */
static void fold_at(Body *b, const Layout *l, const Shape *shape, const Expr *e)
{
    if (e->kind == E_NUM) return;           /* zeros for padding, which has never been anything else */
    const Step *step = b->s->g->step;
    const Optimizer *o = step->groups.at[b->k->adds_to->group];
    const Address a = old_address_of(&b->scope, l, shape);
    const bool lanes = b->scope.vector >= 0;
    const Buffer *gradient = b->s->k->gradients.at[b->k->adds_to->index];
    const char *place[STATES], *now[STATES], *name = body_name(b, "micro");
    const Folded f = { o, now, name };
    text_add(&b->out, "const %s %s = %s;\n", b->scope.type, name, kept(b, body_text(b, e)));
    for (int i = 0; i < o->nstates; i++) {
        place[i] = address_text(&a, l, i ? state_name(gradient, o->state[i]) : buffer_name(gradient));
        now[i] = lanes ? text("%sload(&%s)", b->scope.prefix, place[i]) : place[i];
    }
    for (int i = 0; i < o->nstates; i++) {
        bool chosen = false;
        for (int k = 0; k < o->nstates; k++) chosen |= expr_chooses(o->fold[k], o->state[i]);
        if (chosen) now[i] = body_text(b, body_local(b, expr_variable(now[i]), false));
    }
    for (int i = 0; i < o->nstates; i++) {
        const char *next = body_text(b, expr_replace(o->fold[i], fold_name, (void *)&f));
        text_add(&b->out, lanes ? "%sstore(&%s, %s);\n" : "%.0s%s = %s;\n", b->scope.prefix, place[i], next);
    }
}

bool old_is_column(const Node *f) { return !f->shape.batch && (f->arg[0]->shape.batch || has_role(f, "sum")); }

static bool goes_on(const Body *b, const Node *n) { return b->s->g->train.split && b->k->grad == n && b->k->core == n && old_is_column(n); }

const char *body_start(Body *b, const Node *n, const char *zero)
{
    if (!goes_on(b, n) || *old_beta_of(b->s, b->k) == '0') return text("%s sum = %s;\n", b->scope.type, zero);
    Shape s;
    const Layout l = place_of(b, n, &b->k->grad_layout, &s);
    Address a = old_address_of(&b->scope, &l, &s);
    const char *at = address_text(&a, &l, grad_name(b));
    if (b->scope.vector >= 0) at = text("%sload(&%s)", b->scope.prefix, at);
    return text("const %s chain = %s;\n%s sum = beta ? chain : %s;\n", b->scope.type, at, b->scope.type, zero);
}

void body_store(Body *b, const Node *n, const Expr *e)
{
    Shape s;
    const bool adds = b->k->grad == n;
    if (!adds && !old_is_stored(b->k, n)) return;
    const Layout l = place_of(b, n, adds ? &b->k->grad_layout : &buffer_of(b->s->k, n)->layout, &s);
    if (!adds && buffer_of(b->s->k, n)->half) e = expr_variable(text("gg_round(%s)", body_text(b, e)));
    if (adds && !b->k->moves_state && b->s->g->step->optimizer.fold[0]) { fold_at(b, &l, &s, e); return; }
    store_at(b, &l, &s, adds ? grad_name(b) : buffer_name(buffer_of(b->s->k, n)), e, adds && !goes_on(b, n) ? old_beta_of(b->s, b->k) : "0");
}

bool body_stores_lanes(const Body *b, const Node *n)
{
    Shape s;
    const bool adds = b->k->grad == n;
    if (!adds && !old_is_stored(b->k, n)) return true;
    const Layout l = place_of(b, n, adds ? &b->k->grad_layout : &buffer_of(b->s->k, n)->layout, &s);
    const Address to = old_address_of(&b->scope, &l, &s);
    return old_lane_stride(&to) == 1;
}

void body_maps(Body *b, Node *const *at, int n, Node *const *later, int nlater)
{
    for (int i = 0; i < n; i++) {
        const bool stored = old_is_stored(b->k, at[i]);
        const int reads = reads_of(at[i], at + i + 1, n - i - 1) + reads_of(at[i], later, nlater);
        body_define(b, at[i], map_value(b, at[i]), reads + stored > 1);
        body_store(b, at[i], b->value[at[i]->id]);
    }
}

/* ---- can lanes do it ---- */
static bool lanes_read(const Program *s, const Scope *scope, const Kernel *k, Node *n)
{
    Layout l;
    if (kernel_of(s->k, n) == k && node_base(n) == n) return true;
    Node *base = node_base(n);
    if (base->kind == K_INPUT) return false;
    if (moves(n) && !(buffer_of(s->k, base) && node_layout(s->k, n, &l))) return false;
    if (base->kind == K_CONST || base->kind == K_SEED || base->kind == K_ROWS) return true;
    if (n->kind == K_NOISE) return true;
    if (!buffer_of(s->k, base) || !node_layout(s->k, n, &l)) return false;
    Address a = old_address_of(scope, &l, &n->shape);
    const long lane = old_lane_stride(&a);
    return lane == 0 || lane == 1;
}

bool body_reads(const Program *s, const Kernel *k, const Scope *scope, const Node *n)
{
    for (int a = 0; a < n->nargs; a++)
        if (uses_in_op(n->op, n->op->arg[a]) && !lanes_read(s, scope, k, n->arg[a])) return false;
    return true;
}

bool body_vectorises(const Program *s, const Kernel *k, const Scope *scope, Node *const *at, int n)
{
    for (int i = 0; i < n; i++) {
        if (!body_reads(s, k, scope, at[i])) return false;
        const Layout *l = k->grad == at[i] ? &k->grad_layout : buffer_of(s->k, at[i]) ? &buffer_of(s->k, at[i])->layout : 0;
        if (!l || !old_is_stored(k, at[i])) continue;
        Address to = old_address_of(scope, l, &at[i]->shape);
        if (old_lane_stride(&to) != 1) return false;
    }
    return true;
}
