/* load.c -- the text of an element, or of the lanes of a vector: from a buffer, a column of the data, a draw, or through a view
   by its index. */
#include <string.h>
#include "back/body.h"

static const Expr *uniform(Body *b, const char *words)
{
    return expr_variable(b->scope.vector < 0 ? words : text("%sset(%s)", b->scope.prefix, words));
}

Layout old_with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out)
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
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank) old_with_ones(&none, &n->shape, b->fold->axes, &s);
    return s;
}

static const Expr *load_input(Body *b, const Node *n)
{
    long lane;
    const Shape s = seen_shape(b, n);
    const char *at = old_flat_index(&b->scope, &s, &lane);
    const long row = shape_sample(&n->shape);
    b->reads_data = true;
    const char *place = row == 1 ? "at" : text("at * %ld + %s", row, at);
    char *words = text("data.%s[%s]", n->column->ident, place);
    if (n->column->type == T_REAL) return expr_variable(words);
    Expr *e = expr_variable(text("(real)%s", words));
    if (n->column->type == T_INT) e->whole = words;
    return e;
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
    const Shape s = seen_shape(b, n);
    const char *at = old_flat_index(&b->scope, &s, &lane);
    const char *stream = operand_number("uint32_t", text("0x%08xu", stream_of(n->path)));
    const char *key = text("%s, %s + %s, %s, (uint32_t)(%s)", body_scalar("seed"), body_scalar("consumed"), old_coordinate(&b->scope, 0), stream, at);
    if (b->scope.vector < 0) return expr_variable(text("noise_uniform(%s)", key));
    char *name = body_name(b, "u");
    text_add(&b->out, "real %s[%s];\nnoise_fill(%s, %s, %s, %ld);\n", name, b->scope.lanes, name, b->scope.lanes, key, lane);
    return expr_variable(text("%sload(%s)", b->scope.prefix, name));
}

/* An element of what the model states: only copies into memory read it. */
static const Expr *load_table(Body *b, const Node *n)
{
    long lane;
    const char *at = old_flat_index(&b->scope, &n->shape, &lane), *linkage = b->s->k->target->device ? "" : "static ";
    const ExprStyle style = { "r_", false, false };
    if (!n->table) return expr_variable(text("(real)(%s)", at));
    char *name = body_name(b, "table");
    text_add(&b->out, "%sconst real %s[%ld] = { ", linkage, name, shape_count(&n->shape));
    for (long i = 0; i < shape_count(&n->shape); i++) {
        text_add(&b->out, i ? ", " : "");
        expr_print(&b->out, expr_number(n->table[i]), &style);
    }
    text_add(&b->out, " };\n");
    return expr_variable(text("%s[%s]", name, at));
}

static const Expr *load_rows(Body *b, const Node *n)
{
    static const char *const numbers[] = { [ROWS_MICRO] = "rows", [ROWS_BEFORE] = "before", [ROWS_MICROS] = "micros", [ROWS_SAMPLES] = "samples" };
    const int which = (int)n->value;
    if (which == ROWS_REAL) return uniform(b, text("(%s < %s ? R(1.0) : R(0.0))", old_coordinate(&b->scope, 0), body_scalar("rows")));
    return uniform(b, text("(real)%s", body_scalar(numbers[which])));
}

static const Expr *load_seed(Body *b, const Node *n)
{
    const int i = (int)n->value;
    if (!n->shape.batch) return uniform(b, body_scale(i));
    return uniform(b, text("(%s < %s ? %s : 0)", old_coordinate(&b->scope, 0), body_scalar("rows"), body_scale(i)));
}

static const Expr *load_address(Body *b, const Layout *l, const Shape *shape, const char *name)
{
    Address a = old_address_of(&b->scope, l, shape);
    const char *words = address_text(&a, l, name);
    if (b->scope.vector < 0) return expr_variable(words);
    if (old_lane_stride(&a) == 0) return uniform(b, words);
    return expr_variable(text("%sload(&%s)", b->scope.prefix, words));
}

/* Through a reshape that digits cannot follow: the element's row-major index, taken apart again. */
static const Expr *load_reshaped(Body *b, Node *n)
{
    Node *x = n->arg[0];
    const Scope here = b->scope;
    long lane, place = 1;
    const char *at = old_flat_index(&here, &n->shape, &lane);
    Scope there = { .domain = &x->shape, .vector = -1, .prefix = here.prefix, .type = here.type, .lanes = here.lanes };
    for (int a = x->shape.rank; a-- > (int)x->shape.batch; place *= x->shape.dim[a])
        if (x->shape.dim[a] > 1)
            there.loop[there.n++] = (Loop) { a, 1, x->shape.dim[a], text("(%s) / %ld %% %ld", at, place, x->shape.dim[a]) };
    if (x->shape.batch) there.loop[there.n++] = (Loop) { 0, 1, x->shape.dim[0], old_coordinate(&here, 0) };
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
        if (rows ? at++ == a : shape_under(&n->shape, domain->rank, d) == a) return d;
    }
    BUG("an axis that the loops do not run over");
}

/* The old_coordinate along n's axis `a`: 0 where the one element there is repeated. */
static char *coordinate_in(const Body *b, const Node *n, int a)
{
    const int d = domain_axis(b, n, a);
    return b->scope.domain->dim[d] == n->shape.dim[a] ? old_coordinate(&b->scope, d) : "0";
}

/* n's old_coordinate c along the axis that a slice or a placing moves, in what it moves; the text of whether there is one */
static char *moved(const Node *n, const char *c, char **inside)
{
    const long from = (long)node_attr(n, "from"), step = (long)node_attr(n, "step"), extent = n->arg[0]->shape.dim[(int)node_attr(n, "axis")];
    *inside = NULL;
    if (has_role(n, "slice")) return text("%ld + (%s) * %ld", from, c, step);
    char *at = from ? text("%s - %ld", c, from) : text("%s", c);
    if (step != 1) at = text("(%s) / %ld", at, step);
    *inside = text("%s(unsigned)(%s) < %ld", step == 1 || step == -1 ? "" : text("(%s - %ld) %% %ld == 0 && ", c, from, step), at, extent);
    return at;
}

/* The old_coordinate, 0 where there may be no such element; then `inside` becomes a local that says whether there is one. */
static char *clamped(Body *b, char *c, char **inside)
{
    if (!*inside) return c;
    char *name = body_name(b, "in");
    text_add(&b->out, "const bool %s = %s;\n", name, *inside);
    *inside = name;
    return text("(%s ? %s : 0)", name, c);
}

/* Through a slice, or a placing among zeros: the element's coordinates, moved along one axis. What is outside is read nowhere. */
static const Expr *load_moved(Body *b, Node *n)
{
    Node *x = n->arg[0];
    const Scope here = b->scope;
    const int axis = (int)node_attr(n, "axis");
    char *inside = NULL;
    Scope there = { .domain = &x->shape };
    scope_scalar(&there);
    for (int a = 0; a < x->shape.rank; a++) {
        char *c = coordinate_in(b, n, a);
        if (a == axis) c = clamped(b, moved(n, c, &inside), &inside);
        else if (n->shape.dim[a] == 1 && !(a == 0 && n->shape.batch)) continue;
        there.loop[there.n++] = (Loop) { a, 1, x->shape.dim[a], c };
    }
    const Node *fold = b->fold;
    b->scope = there, b->fold = 0;
    const Expr *e = body_load(b, x);
    if (inside) e = body_local(b, e, false);
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
        there.loop[there.n++] = (Loop) { a, 1, ids->shape.dim[a], coordinate_in(b, n, a) };
    char *column = coordinate_in(b, n, n->shape.rank - 1);
    b->scope = there, b->fold = 0;
    const Expr *id = body_load(b, ids);
    const char *row = id->whole ? id->whole : body_text(b, id);
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
            there.loop[there.n++] = (Loop) { n->perm[a], 1, n->shape.dim[a], coordinate_in(b, n, a) };
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
    if (!node_layout(b->s->k, n, &l)) {
        if (n->kind != K_VIEW) BUG("a value that lies nowhere");
        return load_view(b, n);
    }
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank && b->fold->axes)
        l = old_with_ones(&l, &n->shape, b->fold->axes, &s);
    return load_address(b, &l, &s, buffer_name(buffer_of(b->s->k, node_base(n))));
}

/* A view of a leaf that is not in memory: broadcasting and reshaping with ones change nothing about its value. */
static Node *leaf_below(Node *n)
{
    Node *base = node_base(n);
    if (moves(n)) return n;
    return base->kind == K_SEED || base->kind == K_CONST || base->kind == K_ROWS ? base : n;
}

const Expr *body_load(Body *b, Node *n)
{
    if (b->value[n->id]) return b->value[n->id];
    n = leaf_below(n);
    switch (n->kind) {
    case K_CONST: return expr_number(n->value);
    case K_INPUT: return load_input(b, n);
    case K_NOISE: return load_noise(b, n);
    case K_ROWS:  return load_rows(b, n);
    case K_SEED:  return load_seed(b, n);
    case K_TABLE: return load_table(b, n);
    case K_VIEW:  return buffer_of(b->s->k, node_base(n)) ? load_buffer(b, n) : load_view(b, n);
    default:      return load_buffer(b, n);
    }
}
