/* value.c -- the value of a node at the position of the loops: from a buffer, a column of the
   data, a random draw, or through a view by its index. */
#include <string.h>
#include "lower/build.h"

static const Val *real_of(const Val *v)
{
    return v->type == AS_REAL ? v : val_call(CALL_REAL, v, NULL, NULL);
}

Shape seen_shape(const Build *b, const Node *n)
{
    Shape s = n->shape;
    const Layout none = { 0 };
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank)
        with_ones(&none, &n->shape, b->fold->axes, &s);
    return s;
}

/* v as a constant at the beginning of the row of the batch; v must be the same in the whole row. */
static const Val *in_row(Build *b, const char *wish, const Val *v)
{
    for (int i = 0; i < b->nin_row; i++)
        if (val_same(b->in_row[i].value, v)) return b->in_row[i].is;
    if (b->nin_row == IN_ROW) return v;
    StmtList *out = b->out, first = { 0 };
    b->out = &first;
    const Val *is = let(b, wish, v);
    b->out = out;
    StmtList *rows = b->rows ? b->rows : out;
    int at = b->nin_row < rows->n ? b->nin_row : rows->n;
    stmt_new(rows, STMT_LET);
    memmove(rows->at + at + 1, rows->at + at, sizeof *rows->at * (size_t)(rows->n - 1 - at));
    rows->at[at] = first.at[0];
    b->in_row[b->nin_row].value = v, b->in_row[b->nin_row++].is = is;
    return is;
}

/* Whether a row is open, so that its number is known. */
static bool row_begins(const Build *b)
{
    const int n = scope_batch(&b->scope);
    return b->rows && n >= 0 && b->scope.loop[n].index->kind == VAL_VAR;
}

static const Val *data_row(Build *b)
{
    const int n = scope_batch(&b->scope);
    return in_row(b, "at",
                  val_call(CALL_ROW, n >= 0 ? b->scope.loop[n].index : val_int(0), NULL, NULL));
}

static const Val *load_input(Build *b, const Node *n)
{
    const Shape s = seen_shape(b, n);
    At at = flat_address(&b->scope, &s, formal_column(b, n->column));
    memmove(at.term + 1, at.term, sizeof *at.term * (size_t)at.n);
    at.term[0] = (Term) { data_row(b), shape_sample(&n->shape), 0 };
    at.n++;
    const Val *v = load_at(b, &at);
    return real_of(at.n == 1 && row_begins(b) ? in_row(b, n->column->ident, v) : v);
}

static const Val *load_noise(Build *b, const Node *n)
{
    const Shape s = seen_shape(b, n);
    return val_call(CALL_UNIFORM, coordinate(&b->scope, 0), argument_of(b, n),
                    flat_index(&b->scope, &s));
}

/* An element of a table of the model; only copies into memory read tables. */
static const Val *load_table(Build *b, const Node *n)
{
    if (!n->table) return real_of(flat_index(&b->scope, &n->shape));
    const At at = flat_address(&b->scope, &n->shape, formal_table(b, n));
    return load_at(b, &at);
}

static const Val *is_real_row(Build *b)
{
    return both(CALL_LT, coordinate(&b->scope, 0), val_run(RUN_ROWS, AS_INT));
}

static const Val *load_rows(Build *b, const Node *n)
{
    switch ((Rows)n->value) {
        case ROWS_REAL:
            return choose(is_real_row(b), val_number(1), val_number(0));
        case ROWS_MICRO:
            return real_of(val_run(RUN_ROWS, AS_INT));
        case ROWS_BEFORE:
            return real_of(val_run(RUN_FROM, AS_LONG));
        case ROWS_MICROS:
            return real_of(val_run(RUN_MICROS, AS_INT));
        case ROWS_SAMPLES:
            return real_of(val_run(RUN_SAMPLES, AS_LONG));
        default:
            BUG("rows of the window, in a micro-step");
    }
}

static const Val *load_root(Build *b, const Node *n)
{
    const Val *scale = val_run(RUN_SCALE + (int)n->value, AS_REAL);
    if (!n->shape.batch) return scale;
    const Val *own = choose(is_real_row(b), scale, val_number(0));
    return row_begins(b) ? in_row(b, "scale", own) : own;
}

/* ---- through views ---- */
typedef struct {
    Scope scope;
    const Node *fold;
} Saved;

static Saved leave(Build *b, const Scope *there)
{
    const Saved here = { b->scope, b->fold };
    b->scope = *there, b->fold = NULL;
    return here;
}

static void come_back(Build *b, const Saved *here) { b->scope = here->scope, b->fold = here->fold; }

/* Through a reshape that no factors express: the element's row-major index, split into indices. */
static const Val *load_reshaped(Build *b, Node *n)
{
    Node *x = n->arg[0];
    long place = 1;
    const Val *at = flat_index(&b->scope, &n->shape);
    Scope there = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    for (int a = x->shape.rank; a-- > (int)x->shape.batch; place *= x->shape.dim[a]) {
        if (x->shape.dim[a] == 1) continue;
        const Val *c = both(CALL_IDIV, at, val_int(place));
        scope_add(&there, a, 1, x->shape.dim[a], both(CALL_MOD, c, val_int(x->shape.dim[a])));
    }
    if (x->shape.batch) scope_add(&there, 0, 1, x->shape.dim[0], coordinate(&b->scope, 0));
    const Scope here = b->scope;
    b->scope = there;
    const Val *v = load_node(b, x);
    b->scope = here;
    return v;
}

/* The domain's axis for n's axis `a`. If n has a value per row, the folded axes are skipped. */
static int domain_axis(const Build *b, const Node *n, int a)
{
    const Shape *domain = b->scope.domain;
    const bool rows =
        b->fold && n->shape.batch && n->shape.rank > 1 && n->shape.rank < domain->rank;
    for (int d = 0, at = 0; d < domain->rank; d++) {
        if (rows && b->fold->axes >> d & 1) continue;
        if (rows ? at++ == a : shape_under(&n->shape, domain->rank, d) == a) return d;
    }
    BUG("an axis that the loops do not run over");
}

/* The coordinate along n's axis `a`; 0 if its single element is repeated. */
static const Val *coordinate_in(const Build *b, const Node *n, int a)
{
    const int d = domain_axis(b, n, a);
    return b->scope.domain->dim[d] == n->shape.dim[a] ? coordinate(&b->scope, d) : val_int(0);
}

/* The coordinate in n's argument for c, along the axis that a slice or a placing moves, both in
   blocks; inside: whether it is there, NULL: always. */
static const Val *moved(const Node *n, const Val *c, long block, const Val **inside)
{
    const long from = (long)node_attr(n, "from") / block, step = (long)node_attr(n, "step"),
               extent = n->arg[0]->shape.dim[(int)node_attr(n, "axis")] / block;
    *inside = NULL;
    if (has_role(n, "slice"))
        return both(CALL_ADD, val_int(from), both(CALL_MUL, c, val_int(step)));
    const Val *past = both(CALL_SUB, c, val_int(from)), *at = both(CALL_IDIV, past, val_int(step));
    const Val *in =
        both(CALL_AND, both(CALL_GE, at, val_int(0)), both(CALL_LT, at, val_int(extent)));
    if (step != 1 && step != -1)
        in = both(CALL_AND, both(CALL_EQ, both(CALL_MOD, past, val_int(step)), val_int(0)), in);
    *inside = in;
    return at;
}

/* Whether a slice or a placing moves whole blocks of the innermost loop, and which loop counts
   them. */
static bool moves_blocks(const Scope *s, const Node *n, int axis, int *blocks)
{
    const ScopeLoop *j = s->n ? &s->loop[s->n - 1] : NULL;
    const long from = (long)node_attr(n, "from"), extent = n->arg[0]->shape.dim[axis];
    int loops = 0;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis) *blocks = i, loops++;
    if (loops != 2 || !s->contiguous || j->axis != axis || j->div != 1 ||
        s->domain->rank != n->shape.rank || node_attr(n, "step") != 1)
        return false;
    *blocks = scope_loop(s, axis, j->extent);
    return *blocks >= 0 && from % j->extent == 0 && extent % j->extent == 0;
}

/* The loops over n's argument, and whether n's element is inside; NULL: always. */
static Scope moved_scope(Build *b, const Node *n, const Val **inside)
{
    Node *x = n->arg[0];
    const Scope *s = &b->scope;
    const int axis = (int)node_attr(n, "axis");
    int blocks;
    const bool whole = moves_blocks(s, n, axis, &blocks);
    const long block = whole ? s->loop[s->n - 1].extent : 1;
    Scope there = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    for (int a = 0; a < x->shape.rank; a++) {
        if (a == axis) {
            const Val *c =
                moved(n, whole ? s->loop[blocks].index : coordinate_in(b, n, a), block, inside);
            if (*inside) *inside = let(b, "in", *inside), c = choose(*inside, c, val_int(0));
            scope_add(&there, a, block, x->shape.dim[a] / block, c);
            if (whole) scope_add(&there, a, 1, block, s->loop[s->n - 1].index);
        } else if (n->shape.dim[a] > 1 || (a == 0 && n->shape.batch)) {
            scope_add(&there, a, 1, x->shape.dim[a], coordinate_in(b, n, a));
        }
    }
    return there;
}

/* Through a slice, or a placing among zeros: the element's coordinates, moved along one axis.
   Outside, nothing is read. */
static const Val *load_moved(Build *b, Node *n)
{
    const Val *inside = NULL;
    const Scope there = moved_scope(b, n, &inside);
    const Saved here = leave(b, &there);
    const Val *v = load_node(b, n->arg[0]);
    if (inside)
        v = choose(inside, v->kind == VAL_NUMBER || v->kind == VAL_VAR ? v : let(b, "x", v),
                   val_number(0));
    come_back(b, &here);
    return v;
}

bool lanes_move(Build *b, const Scope *s, Node *n)
{
    Layout l;
    Node *x = n->arg[0];
    int blocks;
    const bool view = has_role(n, "slice") || has_role(n, "place");
    if (!view || s->lanes != s->n - 1 || !moves_blocks(s, n, (int)node_attr(n, "axis"), &blocks) ||
        moves(x) || !buffer_of(b->k, node_base(x)) || !node_layout(b->k, x, &l))
        return false;
    const Val *inside = NULL;
    StmtList aside = { 0 }, *out = b->out;
    const Scope here = b->scope;
    b->scope = *s, b->out = &aside;
    const Scope there = moved_scope(b, n, &inside);
    b->scope = here, b->out = out;
    const At at = address_of(&there, &l, &x->shape, -1);
    return lane_stride(s, &at) == 1;
}

/* An element of the row of a table that an id selects. */
static const Val *load_gathered(Build *b, Node *n)
{
    Node *table = n->arg[0], *ids = n->arg[1];
    Scope there = { .domain = &ids->shape, .lanes = -1, .blocks = -1 },
          rows = { .domain = &table->shape, .lanes = -1, .blocks = -1 };
    for (int a = 0; a < ids->shape.rank; a++)
        scope_add(&there, a, 1, ids->shape.dim[a], coordinate_in(b, n, a));
    const Val *column = coordinate_in(b, n, n->shape.rank - 1);
    const Saved here = leave(b, &there);
    const Val *id = load_node(b, ids);
    scope_add(&rows, 0, 1, table->shape.dim[0], val_call(CALL_INT, id, NULL, NULL));
    scope_add(&rows, 1, 1, table->shape.dim[1], column);
    b->scope = rows;
    const Val *v = load_node(b, table);
    come_back(b, &here);
    return v;
}

static const Val *load_permuted(Build *b, Node *n)
{
    Node *x = n->arg[0];
    Scope there = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    for (int a = 0; a < n->shape.rank; a++)
        if (n->shape.dim[a] > 1 || (a == 0 && n->shape.batch))
            scope_add(&there, n->perm[a], 1, n->shape.dim[a], coordinate_in(b, n, a));
    const Saved here = leave(b, &there);
    const Val *v = load_node(b, x);
    come_back(b, &here);
    return v;
}

/* Through a view that no factors express, by the element's index. Broadcasting changes nothing. */
static const Val *load_view(Build *b, Node *n)
{
    if (has_role(n, "slice") || has_role(n, "place")) return load_moved(b, n);
    if (has_role(n, "gather")) return load_gathered(b, n);
    if (has_role(n, "reshape")) return load_reshaped(b, n);
    return has_role(n, "permute") ? load_permuted(b, n) : load_node(b, n->arg[0]);
}

static const Val *load_buffer(Build *b, Node *n)
{
    Layout l;
    Shape s = n->shape;
    if (!node_layout(b->k, n, &l)) {
        if (n->kind != K_VIEW) BUG("a value that lies nowhere");
        return load_view(b, n);
    }
    if (b->fold && s.batch && s.rank > 1 && s.rank < b->scope.domain->rank && b->fold->axes)
        l = with_ones(&l, &n->shape, b->fold->axes, &s);
    const At at = address_of(&b->scope, &l, &s, formal_of(b, buffer_of(b->k, node_base(n))));
    return load_at(b, &at);
}

/* A view of a leaf that is not in memory: broadcasting and reshaping with ones change nothing about
   its value. */
static Node *leaf_below(Node *n)
{
    Node *base = node_base(n);
    if (moves(n)) return n;
    return base->kind == K_ROOT || base->kind == K_CONST || base->kind == K_ROWS ? base : n;
}

const Val *load_node(Build *b, Node *n)
{
    if (b->value[n->id]) return b->value[n->id];
    n = leaf_below(n);
    switch (n->kind) {
        case K_CONST:
            return val_number(n->value);
        case K_INPUT:
            return load_input(b, n);
        case K_NOISE:
            return load_noise(b, n);
        case K_ROWS:
            return load_rows(b, n);
        case K_ROOT:
            return load_root(b, n);
        case K_TABLE:
            return load_table(b, n);
        case K_VIEW:
            return buffer_of(b->k, node_base(n)) ? load_buffer(b, n) : load_view(b, n);
        default:
            return load_buffer(b, n);
    }
}
