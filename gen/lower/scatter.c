/* scatter.c -- rows added to rows of a table, by number: the gradient of an embedding. In C one
   unit takes them in order, for all columns or for a column block; on a device a unit has a
   column and a range of the table's rows. */
#include "lower/build.h"

enum { RANGES = 64 };
typedef struct {
    Node *f, *gy, *ids;
    Layout from, to, number;
    int target;
} Scatter;

static Scatter scatter_of(Build *b)
{
    Node *f = b->x->core;
    Scatter s = { .f = f, .gy = f->arg[0], .ids = f->arg[1], .to = *main_layout(b) };
    if (!node_layout(b->k, s.gy, &s.from) || !node_layout(b->k, s.ids, &s.number))
        BUG("rows that lie nowhere");
    s.target = b->x->grad == f ? grad_formal(b) : formal_of(b, buffer_of(b->k, f));
    return s;
}

/* Whether the first write begins at zeros; it always does if no later write adds. */
static StmtList *open_first(Build *b, StmtList *into)
{
    const Val *beta = beta_of(b);
    if (!beta) return into;
    Stmt *s = stmt_new(into, STMT_IF);
    s->value = both(CALL_EQ, beta, val_int(0));
    return &s->body;
}

static void store(StmtList *into, const At *at, const Val *v, bool add)
{
    Stmt *s = stmt_new(into, STMT_STORE);
    s->at = *at, s->value = v, s->beta = add ? val_int(1) : NULL;
}

/* The row of the table to which this row is added. */
static const Val *row_of(Build *b, const Scatter *s, const Scope *number)
{
    const At id = address_of(number, &s->number, &s->ids->shape,
                             formal_of(b, buffer_of(b->k, node_base(s->ids))));
    return let(b, "v", val_call(CALL_INT, load_at(b, &id), NULL, NULL));
}

/* ---- C ---- */
/* The loop over column blocks that is dealt, as a mask; it counts as the unit. */
static unsigned dealt_block(Build *b, const Val *unit)
{
    if (b->x->part.kind != PART_BLOCKS || b->scope.blocks < 0) return 0;
    b->scope.loop[b->scope.blocks].index = unit;
    b->scope.loop[b->scope.blocks].var = unit->id;
    return 1u << b->scope.blocks;
}

static void zero_table(Build *b, StmtList *into, const Scatter *s, const Val *unit)
{
    b->scope = scope_of(b->l, &s->to, &s->f->shape);
    const unsigned block = dealt_block(b, unit);
    const At at = address_of(&b->scope, &s->to, &s->f->shape, s->target);
    store(open_loops(b, into, ((1u << b->scope.n) - 1) & ~block, SERIAL), &at, val_number(0),
          false);
}

static void add_rows(Build *b, StmtList *into, const Scatter *s, const Val *unit)
{
    Scope table = { .domain = &s->f->shape, .lanes = -1, .blocks = -1 },
          number = { .domain = &s->ids->shape, .lanes = -1, .blocks = -1 };
    b->scope = scope_of(b->l, &s->from, &s->gy->shape);
    const unsigned block = dealt_block(b, unit);
    for (int i = 0; i < b->scope.n; i++) {
        ScopeLoop at = b->scope.loop[i];
        const bool column = at.axis == s->gy->shape.rank - 1;
        if (column) at.axis = 1, table.loop[table.n++] = at;
        else number.loop[number.n++] = at;
    }
    b->out = open_loops(b, into, ((1u << b->scope.n) - 1) & ~block, SERIAL);
    scope_add(&table, 0, 1, s->f->shape.dim[0], row_of(b, s, &number));
    const At from = address_of(&b->scope, &s->from, &s->gy->shape,
                               formal_of(b, buffer_of(b->k, node_base(s->gy))));
    const At place = address_of(&table, &s->to, &s->f->shape, s->target);
    store(b->out, &place, load_at(b, &from), true);
}

/* ---- a device ---- */
static long over(long n, long by) { return (n + by - 1) / by; }

static void add_ranges(Build *b, const Scatter *s)
{
    static const char *const names[RANK] = { "n", "i", "i2", "i3", "i4", "i5" };
    const Shape *gy = &s->gy->shape;
    const long rows = s->f->shape.dim[0], columns = s->f->shape.dim[1],
               span = over(rows, rows < RANGES ? rows : RANGES);
    const int last = gy->rank - 1, v = loops_var(b->l, "v", AS_INT);
    const Val *range, *j;
    StmtList *unit = open_units(b, open_units(b, &b->l->body, "range", over(rows, span), &range),
                                "j", columns, &j);
    b->out = unit;
    const Val *low = let(b, "low", both(CALL_MUL, range, val_int(span)));
    const Val *high =
        let(b, "high", both(CALL_MIN, both(CALL_ADD, low, val_int(span)), val_int(rows)));
    Scope table = { .domain = &s->f->shape, .lanes = -1, .blocks = -1 },
          terms = { .domain = gy, .lanes = -1, .blocks = -1 };
    scope_add(&table, 0, 1, rows, val_var(b->l, v)), scope_add(&table, 1, 1, columns, j);
    const At zero = address_of(&table, &s->to, &s->f->shape, s->target);
    store(open_range(b, open_first(b, unit), v, low, high, SERIAL), &zero, val_number(0), false);
    for (int a = 0; a < last; a++)
        scope_add(&terms, a, 1, gy->dim[a], val_var(b->l, loops_var(b->l, names[a], AS_INT)));
    Scope number = terms;
    number.domain = &s->ids->shape;
    b->scope = terms;
    b->out = open_loops(b, unit, (1u << terms.n) - 1, SERIAL);
    const Val *row = row_of(b, s, &number);
    table.loop[0].index = row, table.loop[0].var = row->id;
    scope_add(&terms, last, 1, columns, j);
    Stmt *mine = stmt_new(b->out, STMT_IF);
    mine->value = both(CALL_AND, both(CALL_GE, row, low), both(CALL_LT, row, high));
    const At from =
        address_of(&terms, &s->from, gy, formal_of(b, buffer_of(b->k, node_base(s->gy))));
    const At place = address_of(&table, &s->to, &s->f->shape, s->target);
    store(&mine->body, &place, load_at(b, &from), true);
}

void build_scatter(Build *b)
{
    const Scatter s = scatter_of(b);
    if (b->k->target->launches) {
        add_ranges(b, &s);
        return;
    }
    const bool blocks = b->x->part.kind == PART_BLOCKS;
    const Val *unit;
    StmtList *body = open_units(b, &b->l->body, blocks ? "s" : "one", b->x->part.count, &unit);
    zero_table(b, open_first(b, body), &s, unit);
    add_rows(b, body, &s, unit);
}
