/* body.c -- the statements of maps: loads, formulas, stores, for one element or for the lanes of a vector.

   1. A value that one formula reads once is written into that formula; any other gets a name.
   2. Stores into a padded block keep zeros in its padding. */
#include <string.h>
#include "emit_c.h"

/* what loops, kernels and the program call their own */
static const char *const reserved[] = { "n", "m", "t", "q", "s", "j", "r", "c", "i", "at", "w", "g", "p", "data", "part", "sum", "row", "total",
    "best", "open", "share", "gy", "v", "ky", "kx", "one", "packed", "beta", "dev", "id", "lane", "here" };

Body *body_new(const Program *s, const Kernel *k)
{
    Body *b = NEW(Body);
    b->s = s, b->k = k;
    b->value = NEW_ARRAY(const Expr *, s->g->nodes.n);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) vec_push(&b->names, (char *)reserved[i]);
    return b;
}

char *body_name(Body *b, const char *wish)
{
    char *name = text("%s", wish);
    for (int n = 2, i = 0; i < b->names.n; i++)
        if (!strcmp(b->names.at[i], name)) name = text("%s%d", wish, n++), i = -1;
    vec_push(&b->names, name);
    return name;
}

char *body_text(Body *b, const Expr *e)
{
    Text t = { 0 };
    const ExprStyle style = { b->scope.prefix, b->scope.vector >= 0, false };
    expr_print(&t, e, &style);
    return t.s;
}

static const Expr *uniform(Body *b, const char *words)
{
    return expr_variable(b->scope.vector < 0 ? words : text("%sset(%s)", b->scope.prefix, words));
}

char *body_statements(Body *b)
{
    char *s = b->out.s ? b->out.s : mem_copy("", 0);
    b->out = (Text) { 0 };
    return s;
}

/* ---- loads ---- */
Layout with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out)
{
    Layout v = *l;
    *out = *s;
    int from = 0, rank = s->rank;
    for (unsigned a = axes; a; a &= a - 1) rank++;
    for (int a = 0; a < rank; a++) {
        const bool one = axes >> a & 1;
        v.axis[a] = one ? (Axis) { 0 } : l->axis[from];
        out->dim[a] = one ? 1 : s->dim[from];
        from += !one;
    }
    v.rank = out->rank = rank;
    return v;
}

/* n's shape as the scope sees it: a fold's argument of one value a row has ones where the folded axes were. */
static Shape seen_shape(const Body *b, const Node *n)
{
    Shape s = n->shape;
    const Layout none = { 0 };
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank) with_ones(&none, &n->shape, b->fold->axes, &s);
    return s;
}

static const Expr *load_input(Body *b, const Node *n)
{
    long lane;
    const Shape s = seen_shape(b, n);
    const char *at = flat_index(&b->scope, &s, &lane);
    const long row = shape_sample(&n->shape);
    b->reads_data = true;
    const char *place = row == 1 ? "at" : text("at * %ld + %s", row, at);
    return expr_variable(text(n->column->type == T_REAL ? "data.%s[%s]" : "(real)data.%s[%s]", n->column->ident, place));
}

static uint32_t stream_of(const char *path)
{
    uint32_t h = 2166136261u;
    for (; *path; path++) h = (h ^ (unsigned char)*path) * 16777619u;
    return h;
}

static const Expr *load_noise(Body *b, const Node *n)
{
    long lane;
    const char *at = flat_index(&b->scope, &n->shape, &lane);
    const char *sample = text("(uint64_t)(w.first + m->from + %s), 0x%08xu", coordinate(&b->scope, 0), stream_of(n->path));
    if (b->scope.vector < 0) return expr_variable(text("noise_uniform(w.seed, %s, (uint32_t)(%s))", sample, at));
    char *name = body_name(b, "u");
    text_add(&b->out, "real %s[%s];\nnoise_fill(%s, %s, w.seed, %s, (uint32_t)(%s), %ld);\n", name, b->scope.lanes, name, b->scope.lanes,
             sample, at, lane);
    return expr_variable(text("%sload(%s)", b->scope.prefix, name));
}

static const Expr *load_seed(Body *b, const Node *n)
{
    const int i = (int)n->value;
    if (!n->shape.batch) return uniform(b, text("w.scale_in[%d]", i));
    return uniform(b, text("(%s < m->rows ? w.scale_in[%d] : 0)", coordinate(&b->scope, 0), i));
}

static const Expr *load_address(Body *b, const Layout *l, const Shape *shape, const char *name)
{
    Address a = address_of(&b->scope, l, shape);
    const char *words = address_text(&a, l, name);
    if (b->scope.vector < 0) return expr_variable(words);
    if (lane_stride(&a) == 0) return uniform(b, words);
    return expr_variable(text("%sload(&%s)", b->scope.prefix, words));
}

/* Through a reshape that digits cannot follow: the element's row-major index, taken apart again. */
static const Expr *load_reshaped(Body *b, Node *n)
{
    Node *x = n->arg[0];
    const Scope here = b->scope;
    long lane, place = 1;
    const char *at = flat_index(&here, &n->shape, &lane);
    Scope there = { .domain = &x->shape, .vector = -1, .prefix = here.prefix, .type = here.type, .lanes = here.lanes };
    for (int a = x->shape.rank; a-- > (int)x->shape.batch; place *= x->shape.dim[a])
        if (x->shape.dim[a] > 1)
            there.loop[there.n++] = (Loop) { a, 1, x->shape.dim[a], text("(%s) / %ld %% %ld", at, place, x->shape.dim[a]) };
    if (x->shape.batch) there.loop[there.n++] = (Loop) { 0, 1, x->shape.dim[0], coordinate(&here, 0) };
    b->scope = there;
    const Expr *e = body_load(b, x);
    b->scope = here;
    return e;
}

/* The domain's axis that is n's axis `a`: the folded ones are left out where n has a value for each row. */
static int domain_axis(const Body *b, const Node *n, int a)
{
    const Shape *domain = b->scope.domain;
    const bool rows = b->fold && n->shape.batch && n->shape.rank > 1 && n->shape.rank < domain->rank;
    for (int d = 0, at = 0; d < domain->rank; d++) {
        if (rows && b->fold->axes >> d & 1) continue;
        if (rows ? at++ == a : shape_axis(&n->shape, domain, d) == a) return d;
    }
    BUG("an axis that the loops do not run over");
}

/* n's coordinate c along the axis that a slice or a placing moves, in what it moves; the text of whether there is one */
static char *moved(const Node *n, const char *c, char **inside)
{
    const long from = (long)node_attr(n, "from"), step = (long)node_attr(n, "step"), extent = n->arg[0]->shape.dim[(int)node_attr(n, "axis")];
    *inside = NULL;
    if (has_role(n, "slice")) return text("%ld + (%s) * %ld", from, c, step);
    char *at = step == 1 ? text("%s - %ld", c, from) : text("(%s - %ld) / %ld", c, from, step);
    *inside = text("%s(unsigned)(%s) < %ld", step == 1 || step == -1 ? "" : text("(%s - %ld) %% %ld == 0 && ", c, from, step), at, extent);
    return at;
}

/* Through a slice, or a placing among zeros: the element's coordinates, moved along one axis. */
static const Expr *load_moved(Body *b, Node *n)
{
    Node *x = n->arg[0];
    const Scope here = b->scope;
    const int axis = (int)node_attr(n, "axis");
    char *inside = NULL;
    Scope there = { .domain = &x->shape };
    scope_scalar(&there);
    for (int a = 0; a < x->shape.rank; a++) {
        const int d = domain_axis(b, n, a);
        char *c = coordinate(&here, d);
        if (a == axis) c = moved(n, here.domain->dim[d] == n->shape.dim[a] ? c : "0", &inside);
        else if (n->shape.dim[a] == 1 && !(a == 0 && n->shape.batch)) continue;
        there.loop[there.n++] = (Loop) { a, 1, x->shape.dim[a], c };
    }
    const Node *fold = b->fold;
    b->scope = there, b->fold = 0;
    const Expr *e = body_load(b, x);
    const char *value = body_text(b, e);
    b->scope = here, b->fold = fold;
    return inside ? expr_variable(text("(%s ? %s : R(0.0))", inside, value)) : e;
}

/* A row of a table, by a number. */
static const Expr *load_gathered(Body *b, Node *n)
{
    Node *table = n->arg[0], *ids = n->arg[1];
    const Scope here = b->scope;
    const Node *fold = b->fold;
    Scope there = { .domain = &ids->shape };
    scope_scalar(&there);
    for (int a = 0; a < ids->shape.rank; a++)
        there.loop[there.n++] = (Loop) { a, 1, ids->shape.dim[a], coordinate(&here, domain_axis(b, n, a)) };
    char *column = coordinate(&here, domain_axis(b, n, n->shape.rank - 1));
    b->scope = there, b->fold = 0;
    const char *row = body_text(b, body_load(b, ids));
    there = (Scope) { .domain = &table->shape, .n = 2, .loop = { { 0, 1, table->shape.dim[0], text("(long)(%s)", row) }, { 1, 1, table->shape.dim[1], column } } };
    scope_scalar(&there);
    b->scope = there;
    const Expr *e = body_load(b, table);
    b->scope = here, b->fold = fold;
    return e;
}

static const Expr *load_permuted(Body *b, Node *n)
{
    Node *x = n->arg[0];
    const Scope here = b->scope;
    Scope there = { .domain = &x->shape };
    scope_scalar(&there);
    for (int a = 0; a < n->shape.rank; a++)
        if (n->shape.dim[a] > 1 || (a == 0 && n->shape.batch))
            there.loop[there.n++] = (Loop) { n->perm[a], 1, n->shape.dim[a], coordinate(&here, domain_axis(b, n, a)) };
    const Node *fold = b->fold;
    b->scope = there, b->fold = 0;
    const Expr *e = body_load(b, x);
    b->scope = here, b->fold = fold;
    return e;
}

/* Through a view that no digits say, by the element's index; broadcasting changes nothing. */
static const Expr *load_view(Body *b, Node *n)
{
    if (has_role(n, "slice") || has_role(n, "place")) return load_moved(b, n);
    if (has_role(n, "gather")) return load_gathered(b, n);
    if (has_role(n, "reshape")) return load_reshaped(b, n);
    return has_role(n, "permute") ? load_permuted(b, n) : body_load(b, n->arg[0]);
}

static const Expr *load_buffer(Body *b, Node *n)
{
    Layout l;
    Shape s = n->shape;
    if (!node_layout(n, &l)) {
        if (n->kind != K_VIEW) BUG("a value that lies nowhere");
        return load_view(b, n);
    }
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank && b->fold->axes)
        l = with_ones(&l, &n->shape, b->fold->axes, &s);
    return load_address(b, &l, &s, buffer_name(node_base(n)->buffer));
}

/* A view of a leaf that is not in memory: broadcasting and reshaping with ones change nothing about its value. */
static Node *leaf_below(Node *n)
{
    Node *base = node_base(n);
    if (moves(n)) return n;
    return base->kind == K_SEED || base->kind == K_CONST ? base : n;
}

const Expr *body_load(Body *b, Node *n)
{
    if (b->value[n->id]) return b->value[n->id];
    n = leaf_below(n);
    switch (n->kind) {
    case K_CONST: return expr_number(n->value);
    case K_INPUT: return load_input(b, n);
    case K_NOISE: return load_noise(b, n);
    case K_SEED:  return load_seed(b, n);
    case K_VIEW:  return node_base(n)->buffer ? load_buffer(b, n) : load_view(b, n);
    default:      return load_buffer(b, n);
    }
}

/* ---- formulas ---- */
static int times_used(const Expr *e, const char *name)
{
    if (e->kind == E_VAR) return !strcmp(e->name, name);
    int count = 0;
    for (int i = 0; i < e->nargs; i++) count += times_used(e->arg[i], name);
    return count;
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

typedef struct { Body *b; const Node *n; const Expr *arg[ARGS]; const Expr *let[LETS]; int lets; } Names;

static const Expr *named(void *context, const char *name)
{
    Names *x = context;
    const Op *op = x->n->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return x->arg[i];
    for (int i = 0; i < x->lets; i++)
        if (!strcmp(op->let[i].name, name)) return x->let[i];
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return expr_number(x->n->attr[i]);
    if (!strcmp(name, "training")) return expr_variable("w.training");
    if (!strcmp(name, "n") && x->b->fold_count) return expr_number((double)x->b->fold_count);
    if (!strcmp(name, "i") && x->b->fold_index) return expr_variable(x->b->fold_index);
    return 0;
}

static void load_arguments(Body *b, Names *x)
{
    for (int i = 0; i < x->n->nargs; i++) {
        const int uses = uses_in_op(x->n->op, x->n->op->arg[i]);
        if (!uses) continue;
        x->arg[i] = body_load(b, x->n->arg[i]);
        if (uses < 2 || x->arg[i]->kind == E_NUM || !strpbrk(body_text(b, x->arg[i]), "[(")) continue;
        char *name = body_name(b, "a");
        text_add(&b->out, "const %s %s = %s;\n", b->scope.type, name, body_text(b, x->arg[i]));
        x->arg[i] = expr_variable(name);
    }
}

const Expr *body_formula(Body *b, const Node *n, const Expr *e)
{
    Names x = { .b = b, .n = n };
    for (int i = 0; i < n->nargs; i++)
        if (times_used(e, n->op->arg[i])) x.arg[i] = body_load(b, n->arg[i]);
    for (; x.lets < n->op->nlets; x.lets++) x.let[x.lets] = expr_variable(b->fold_name[x.lets]);
    return expr_replace(e, named, &x);
}

static const Expr *map_value(Body *b, const Node *n)
{
    Names x = { .b = b, .n = n };
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
const char *beta_of(const Program *s, const Kernel *k) { return kernel_has_beta(s, k) ? "beta" : "0"; }

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
    return text("%skeep(%s, %ld - (%s))", b->scope.prefix, value, extent, coordinate(&b->scope, axis));
}

static void store_at(Body *b, const Layout *l, const Shape *shape, const char *name, const Expr *e, const char *beta)
{
    Address a = address_of(&b->scope, l, shape);
    const char *to = address_text(&a, l, name), *x = kept(b, body_text(b, e));
    const bool adds = strcmp(beta, "0") != 0;
    if (b->scope.vector < 0)
        text_add(&b->out, adds ? "%s = beta ? %s + %s : %s;\n" : "%s = %.0s%.0s%s;\n", to, to, x, x);
    else if (adds)
        text_add(&b->out, "%sstore(&%s, beta ? %sload(&%s) + %s : %s);\n", b->scope.prefix, to, b->scope.prefix, to, x, x);
    else
        text_add(&b->out, "%sstore(&%s, %s);\n", b->scope.prefix, to, x);
}

/* Where the kernel's gradient lies, seen from inside its loops. */
static Layout grad_place(const Body *b, const Node *n, Shape *s)
{
    *s = n->shape;
    return b->fold && b->scope.domain != &n->shape ? with_ones(&b->k->grad_layout, &n->shape, b->fold->axes, s) : b->k->grad_layout;
}

static const char *grad_name(const Body *b) { return buffer_name(b->s->k->gradients.at[b->k->adds_to->index]); }

static bool goes_on(const Body *b, const Node *n) { return b->s->g->train.split && b->k->grad == n && b->k->core == n && is_column(n); }

const char *body_start(Body *b, const Node *n, const char *zero)
{
    if (!goes_on(b, n) || *beta_of(b->s, b->k) == '0') return zero;
    Shape s;
    const Layout l = grad_place(b, n, &s);
    Address a = address_of(&b->scope, &l, &s);
    const char *at = address_text(&a, &l, grad_name(b));
    return b->scope.vector < 0 ? text("beta ? %s : %s", at, zero) : text("beta ? %sload(&%s) : %s", b->scope.prefix, at, zero);
}

void body_store(Body *b, const Node *n, const Expr *e)
{
    if (b->k->grad == n) {
        Shape s;
        const Layout l = grad_place(b, n, &s);
        store_at(b, &l, &s, grad_name(b), e, goes_on(b, n) ? "0" : beta_of(b->s, b->k));
        return;
    }
    for (int i = 0; i < b->k->stores.n; i++)
        if (b->k->stores.at[i] == n) {
            Layout l = n->buffer->layout;
            Shape s = n->shape;
            if (b->fold && b->scope.domain != &n->shape && s.rank < b->scope.domain->rank)
                l = with_ones(&l, &n->shape, b->fold->axes, &s);
            store_at(b, &l, &s, buffer_name(n->buffer), e, "0");
        }
}

void body_maps(Body *b, Node *const *at, int n, Node *const *later, int nlater)
{
    for (int i = 0; i < n; i++) {
        const bool stored = is_stored(b->k, at[i]);
        const int reads = reads_of(at[i], at + i + 1, n - i - 1) + reads_of(at[i], later, nlater);
        body_define(b, at[i], map_value(b, at[i]), reads + stored > 1);
        body_store(b, at[i], b->value[at[i]->id]);
    }
}

/* ---- can lanes do it ---- */
static bool lanes_read(const Scope *scope, const Kernel *k, Node *n)
{
    Layout l;
    if (n->kernel == k && node_base(n) == n) return true;
    Node *base = node_base(n);
    if (base->kind == K_INPUT) return false;
    if (moves(n) && !(base->buffer && node_layout(n, &l))) return false;
    if (base->kind == K_CONST || base->kind == K_SEED) return true;
    if (n->kind == K_NOISE) return true;
    if (!base->buffer || !node_layout(n, &l)) return false;
    Address a = address_of(scope, &l, &n->shape);
    const long lane = lane_stride(&a);
    return lane == 0 || lane == 1;
}

bool body_vectorises(const Program *s, const Kernel *k, const Scope *scope, Node *const *at, int n)
{
    (void)s;
    for (int i = 0; i < n; i++) {
        for (int a = 0; a < at[i]->nargs; a++)
            if (uses_in_op(at[i]->op, at[i]->op->arg[a]) && !lanes_read(scope, k, at[i]->arg[a])) return false;
        const Layout *l = k->grad == at[i] ? &k->grad_layout : at[i]->buffer ? &at[i]->buffer->layout : 0;
        if (!l || !is_stored(k, at[i])) continue;
        Address to = address_of(scope, l, &at[i]->shape);
        if (lane_stride(&to) != 1) return false;
    }
    return true;
}
