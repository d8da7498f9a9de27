/* fold.c -- folds: passes along the axes of a sample, and sums over the batch.

   1. Along axes of a sample, folds of the op that do not read one another are a pass. Then comes
      a value for each row, or for each element. In C the contiguous axis is lanes if everything
      read and stored is contiguous there; a lane after the end of the axis folds the start. A row
      that is rematerialised is folded as it was, so that its bits are the same.
   2. A sum over the batch is a number, in double, or a tensor. In C each row is summed first, then
      the rows.
   3. On a device the folded loops are lanes, and all others are dealt. */
#include <math.h>
#include "lower/build.h"

enum { LONG_ROW = 1024, WARP = 32, THREADS = 256, MOST_THREADS = 1024 };

static const double fold_start[] = {
    [FOLD_SUM] = 0, [FOLD_MAX] = -INFINITY, [FOLD_MIN] = INFINITY, [FOLD_PROD] = 1
};

/* The layout that the loops follow: that of the first argument, or of the result. */
static Layout walked(const Build *b)
{
    Layout l;
    Node *f = b->x->core;
    const Shape *s = &f->arg[0]->shape;
    if (!b->x->pre.n && node_layout(b->k, f->arg[0], &l) && layout_whole(&l, s)) return l;
    if (b->x->stores.n && shape_same(&b->x->stores.at[0]->shape, s))
        return buffer_of(b->k, b->x->stores.at[0])->layout;
    layout_make(&l, s, -1, 0, 0);
    return l;
}

/* Loops over the first argument; returns which of them fold. */
static unsigned fold_scope(Build *b)
{
    Node *f = b->x->core;
    const Shape *s = &f->arg[0]->shape;
    const Layout l = walked(b);
    b->scope = scope_of(b->l, &l, s);
    b->fold = f, b->fold_count = 1;
    unsigned folded = 0;
    for (int i = 0; i < b->scope.n; i++)
        if (f->axes >> b->scope.loop[i].axis & 1) folded |= 1u << i;
    for (int a = 0; a < s->rank; a++)
        if (f->axes >> a & 1) b->fold_count *= s->dim[a], b->fold_index = coordinate(&b->scope, a);
    return folded;
}

static unsigned all_loops(const Build *b) { return (1u << b->scope.n) - 1; }

static long turns(const Scope *s, unsigned which)
{
    long n = 1;
    for (int i = 0; i < s->n; i++)
        if (which >> i & 1) n *= loop_length(s, i);
    return n;
}

/* Opens the loops that fold: on a device as lanes or shares, with this many at once. */
static StmtList *open_together(Build *b, StmtList *into, unsigned folded, Deal deal, int width)
{
    const bool device = b->k->target->launches;
    StmtList *inner = open_loops(b, into, folded, device ? deal : SERIAL);
    for (Stmt *s; device && into != inner; into = &s->body)
        s = into->at[into->n - 1], s->width = width;
    return inner;
}

static StmtList *open_folded(Build *b, StmtList *into, unsigned folded, int lanes)
{
    return open_together(b, into, folded, LANES, lanes);
}

/* ---- lanes in C ---- */
/* Whether the axis of the lanes ends before its elements in memory. */
static bool lanes_pad(const Scope *s)
{
    const ScopeLoop *j = &s->loop[s->lanes];
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == j->axis &&
            s->loop[i].div * s->loop[i].extent > s->domain->dim[j->axis])
            return true;
    return false;
}

/* Lanes reach the end of what is stored only if it lies as what the loops follow. */
static bool stores_alike(const Build *b)
{
    const Layout l = walked(b);
    for (int i = 0; i < b->x->stores.n; i++)
        if (!layout_same(&buffer_of(b->k, b->x->stores.at[i])->layout, &l)) return false;
    return true;
}

/* Whether n reads what lies as the loops follow: in rows that end in padding, if they have any. */
static bool reads_alike(const Build *b, const Node *n, const Layout *walk)
{
    Layout l;
    for (int i = 0; i < n->nargs; i++)
        if (shape_same(&n->arg[i]->shape, &b->x->core->arg[0]->shape) &&
            node_layout(b->k, n->arg[i], &l) && !layout_same(&l, walk))
            return false;
    return true;
}

static bool all_read(Build *b)
{
    const Layout walk = walked(b);
    const bool pad = lanes_pad(&b->scope);
    bool read = true;
    for (int i = -1; i < b->x->pre.n + b->x->body.n; i++) {
        const Node *n = i < 0             ? b->x->core
                        : i < b->x->pre.n ? b->x->pre.at[i]
                                          : b->x->body.at[i - b->x->pre.n];
        read &= lanes_read(b, &b->scope, n) && (!pad || reads_alike(b, n, &walk));
    }
    return read;
}

static bool all_stored(Build *b)
{
    bool stored = lanes_store(b, b->x->core);
    for (int i = 0; i < b->x->body.n; i++) stored &= lanes_store(b, b->x->body.at[i]);
    return stored;
}

/* Lanes that do not fold have values of their own to store. */
static bool lanes_suit(Build *b, bool folds)
{
    const bool rows = b->x->core->op->per_row;
    if (!all_read(b)) return false;
    return (rows && folds) ||
           (all_stored(b) && (!lanes_pad(&b->scope) || (!rows && stores_alike(b))));
}

/* Whether the kernel rematerialises a fold that was not done in lanes. */
static bool was_serial(const Build *b)
{
    const Node *first = first_of(b->k->g, b->x->core);
    return first && kernel_of(b->k, first) && !kernel_of(b->k, first)->in_lanes;
}

/* Lanes along the contiguous axis. */
static void fold_lanes(Build *b, unsigned folded)
{
    const Scope here = b->scope;
    const int j = here.n - 1;
    if (b->k->target->launches || !scope_wide(&here) || here.loop[j].div != 1 ||
        loop_overlaps(&here, j) || was_serial(b))
        return;
    b->scope.lanes = j;
    b->x->in_lanes = lanes_suit(b, folded >> j & 1);
    if (!b->x->in_lanes) b->scope = here;
}

/* v, but the start of that fold in lanes after the end of the axis. */
static const Val *real_lanes(Build *b, const Val *v, Fold fold, unsigned folded)
{
    const Scope *s = &b->scope;
    if (s->lanes < 0 || !(folded >> s->lanes & 1) || !lanes_pad(s)) return v;
    const int axis = s->loop[s->lanes].axis;
    const long extent = s->domain->dim[axis];
    const Val *at = coordinate(s, axis);
    if (fold == FOLD_SUM) return both(CALL_KEEP, v, elements_left(extent, at, 1));
    return choose(both(CALL_LT, val_call(CALL_REAL, at, NULL, NULL), val_number((double)extent)),
                  let(b, "term", v), val_number(fold_start[fold]));
}

/* ---- along axes of a sample ---- */
/* The number of folds from the op's let `from` on of which none reads another one. */
static int together(const Op *op, int from)
{
    int n = 0;
    for (; from + n < op->nlets && op->let[from + n].fold != FOLD_NONE; n++)
        for (int i = from; i < from + n; i++)
            if (expr_uses(op->let[from + n].e, op->let[i].name)) return n;
    return n;
}

/* One pass of fold f, of its lets from .. from + n - 1: "m = max(x)". */
static void build_pass(Build *b, Node *f, int from, int n, unsigned folded, int lanes)
{
    const Let *pass = &f->op->let[from];
    StmtList *out = b->out;
    int var[LETS];
    for (int i = 0; i < n; i++)
        var[i] = variable(b, pass[i].name, AS_REAL, val_number(fold_start[pass[i].fold]));
    b->out = open_folded(b, out, folded, lanes);
    build_maps(b, b->x->pre.at, b->x->pre.n, &f, 1);
    for (int i = 0; i < n; i++)
        fold_into(b, var[i], pass[i].fold,
                  real_lanes(b, formula_of(b, f, pass[i].e), pass[i].fold, folded));
    b->out = out;
    for (int i = 0; i < n; i++) b->fold_value[from + i] = val_var(b->l, var[i]);
}

static void build_passes(Build *b, Node *f, unsigned folded, int lanes)
{
    const Op *op = f->op;
    b->fold = f;
    for (int i = 0, n; i < op->nlets; i += n) {
        n = b->k->target->launches ? op->let[i].fold != FOLD_NONE : together(op, i);
        if (n) build_pass(b, f, i, n, folded, lanes);
        else b->fold_value[i] = let(b, op->let[i].name, formula_of(b, f, op->let[i].e)), n = 1;
    }
}

/* The loops around the folded ones, over a value for each row. */
static Scope rows_of(const Build *b, const Node *f)
{
    Scope rows = { .domain = &f->shape, .lanes = -1, .blocks = -1 };
    for (int i = 0; i < b->scope.n; i++) {
        ScopeLoop l = b->scope.loop[i];
        if (f->axes >> l.axis & 1) continue;
        for (int a = 0, axis = l.axis; a < axis; a++) l.axis -= f->axes >> a & 1;
        if (i == b->scope.lanes) rows.lanes = rows.n;
        rows.loop[rows.n++] = l;
    }
    return rows;
}

/* v is n's value in each row; later nodes read it by a name. */
static void row_value(Build *b, Node *n, const Val *v, const Scope *rows)
{
    const Scope here = b->scope;
    b->scope = *rows;
    define(b, n, v, b->x->stores.n + b->x->body.n > 1);
    store_node(b, n, b->value[n->id]);
    b->scope = here;
}

static void build_row_fold(Build *b, Node *f, const Scope *rows, unsigned folded, int lanes)
{
    build_passes(b, f, folded, lanes);
    row_value(b, f, formula_of(b, f, f->op->value), rows);
}

/* The fold, then other folds of the row and maps of their results. */
static void row_results(Build *b, unsigned folded, int lanes)
{
    const Scope rows = rows_of(b, b->x->core), here = b->scope;
    build_row_fold(b, b->x->core, &rows, folded, lanes);
    for (int i = 0; i < b->x->body.n; i++) {
        Node *n = b->x->body.at[i];
        if (n->kind == K_REDUCE) {
            build_row_fold(b, n, &rows, folded, lanes);
            continue;
        }
        b->scope = rows;
        const Val *v = map_value(b, n);
        b->scope = here;
        row_value(b, n, v, &rows);
    }
}

static void element_result(Build *b, unsigned folded, int lanes)
{
    Node *f = b->x->core;
    StmtList *out = b->out;
    b->out = open_folded(b, out, folded, lanes);
    build_maps(b, b->x->pre.at, b->x->pre.n, &f, 1);
    define(b, f, formula_of(b, f, f->op->value), b->x->stores.n + b->x->body.n > 1);
    store_node(b, f, b->value[f->id]);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
    b->out = out;
}

/* Opens the loops around the passes of a row: in C by parts of the batch, with the zeros that
   rows keep. */
static StmtList *open_rows(Build *b, unsigned kept, StmtList **row)
{
    const int n = scope_batch(&b->scope);
    if (b->k->target->launches) return open_loops(b, &b->l->body, kept, UNITS);
    if (n < 0) {
        const Val *one;
        *row = open_units(b, &b->l->body, "one", 1, &one);
        return open_loops(b, *row, kept, SERIAL);
    }
    *row = open_parts(b, NULL);
    zero_halos(b, *row, b->scope.loop[n].index);
    return open_loops(b, *row, kept & ~(1u << n), SERIAL);
}

void build_fold(Build *b)
{
    Node *f = b->x->core;
    StmtList *row = NULL;
    const unsigned folded = fold_scope(b);
    const int lanes = turns(&b->scope, folded) > LONG_ROW ? THREADS : WARP;
    fold_lanes(b, folded);
    b->out = open_rows(b, all_loops(b) & ~folded, &row);
    if (b->k->target->launches) b->rows = b->out;
    if (f->op->per_row) row_results(b, folded, lanes);
    else build_passes(b, f, folded, lanes), element_result(b, folded, lanes);
    const bool zeroed = !f->op->per_row && b->scope.lanes >= 0 && stores_alike(b); /* by lanes */
    for (int i = 0; row && !zeroed && i < b->x->stores.n; i++)
        zero_padding(b, row, b->x->stores.at[i], scope_batch(&b->scope) >= 0);
}

/* ---- over the batch, down to a number ---- */
static int total_lanes(long count)
{
    return count > LONG_ROW ? MOST_THREADS : count > THREADS ? THREADS : WARP;
}

static void add_total(Build *b, int total)
{
    Node *f = b->x->core;
    build_maps(b, b->x->pre.at, b->x->pre.n, &f, 1);
    fold_into(b, total, FOLD_SUM, formula_of(b, f, f->op->let[0].e));
}

static void store_total(Build *b, StmtList *into, const Val *part, int total)
{
    Stmt *s = stmt_new(into, STMT_STORE);
    s->at = (At) { .buffer = formal_sum(b) };
    if (part) s->at.term[s->at.n++] = (Term) { part, 1, b->x->part.count - 1 };
    s->value = val_var(b->l, total);
    s->beta = part ? NULL : val_int(1);
}

/* One block: real rows alone. */
static void device_total(Build *b)
{
    const int n = scope_batch(&b->scope);
    StmtList *top = b->out = &b->l->body;
    const int total = variable(b, "total", AS_DOUBLE, val_number(0));
    b->out = open_folded(b, top, all_loops(b), total_lanes(turns(&b->scope, all_loops(b))));
    b->rows = b->out;
    if (n >= 0) {
        Stmt *real = stmt_new(b->out, STMT_IF);
        real->value = both(CALL_LT, b->scope.loop[n].index, val_run(RUN_ROWS, AS_INT));
        b->out = b->rows = &real->body;
    }
    add_total(b, total);
    store_total(b, top, NULL, total);
}

void build_total(Build *b)
{
    const Val *q;
    const unsigned folded = (fold_scope(b), all_loops(b));
    if (b->k->target->launches) {
        device_total(b);
        return;
    }
    const long size = b->x->part.size;
    const int n = scope_batch(&b->scope);
    StmtList *unit = b->out = open_units(b, &b->l->body, "q", b->x->part.count, &q);
    const int total = variable(b, "total", AS_DOUBLE, val_number(0));
    const Val *from = both(CALL_MUL, val_int(size), q), *to = both(CALL_ADD, from, val_int(size));
    const int row = n >= 0 ? b->scope.loop[n].var : loops_var(b->l, "n", AS_INT);
    b->rows = open_range(b, unit, row, from, both(CALL_MIN, to, val_run(RUN_ROWS, AS_INT)), SERIAL);
    b->out = open_loops(b, b->rows, n >= 0 ? folded & ~(1u << n) : folded, SERIAL);
    add_total(b, total);
    store_total(b, unit, q, total);
}

/* ---- over the batch, down to a tensor ---- */
/* Lanes along the result's contiguous axis, if the argument is contiguous there, too. */
static void column_lanes(Build *b, unsigned folded)
{
    Scope lanes = b->scope;
    const int j = lanes.n - 1;
    if (b->k->target->launches || !scope_wide(&lanes) || folded >> j & 1 || b->x->pre.n ||
        loop_overlaps(&lanes, j))
        return;
    lanes.lanes = j;
    const Scope here = b->scope;
    b->scope = lanes;
    if (!lanes_read(b, &lanes, b->x->core) || !lanes_store(b, b->x->core)) b->scope = here;
}

static const Val *column_term(Build *b)
{
    Node *f = b->x->core;
    build_maps(b, b->x->pre.at, b->x->pre.n, &f, 1);
    return formula_of(b, f, f->op->let[0].e);
}

static void add_column(Build *b, int sum) { fold_into(b, sum, FOLD_SUM, column_term(b)); }

/* The term where v is 0 in the rows that only fill up, else NULL. */
static const Val *term_of_real_rows(const Build *b, int n, const Val *v)
{
    if (v->kind != VAL_CALL || v->id != CALL_SELECT || v->arg[2]->kind != VAL_NUMBER) return NULL;
    const Val *c = v->arg[0], *zero = val_number(0);
    const bool real = c->kind == VAL_CALL && c->id == CALL_LT &&
                      val_same(c->arg[0], b->scope.loop[n].index) && c->arg[1]->kind == VAL_RUN &&
                      c->arg[1]->id == RUN_ROWS;
    return real && val_same(v->arg[2], zero) ? v->arg[1] : NULL;
}

/* Opens the loop over rows. It ends with the real rows if the others would add zero to a sum
   that begins at zero. */
static void add_rows(Build *b, Stmt *rows, int n, int sum)
{
    const Val *v = column_term(b), *term = term_of_real_rows(b, n, v);
    if (term && !goes_on(b, b->x->core))
        v = term, rows->to = both(CALL_MIN, rows->to, val_run(RUN_ROWS, AS_INT));
    fold_into(b, sum, FOLD_SUM, v);
}

/* The terms of a column. In C, a row with several terms is summed by itself. */
static void sum_columns(Build *b, StmtList *into, unsigned folded, int sum, int n)
{
    const unsigned inner = n >= 0 ? folded & ~(1u << n) : folded;
    if (n < 0) {
        b->out = open_loops(b, into, folded, SERIAL);
        add_column(b, sum);
        return;
    }
    StmtList *row = b->out = b->rows = open_loop(b, into, n, SERIAL);
    Stmt *rows = into->at[into->n - 1];
    if (!inner) {
        add_rows(b, rows, n, sum);
        return;
    }
    const int own = variable(b, "row", AS_REAL, val_number(0));
    b->out = open_loops(b, row, inner, SERIAL);
    add_rows(b, rows, n, own);
    b->out = row;
    fold_into(b, sum, FOLD_SUM, val_var(b->l, own));
}

/* Loops over the columns: column blocks dealt, or one unit. */
static StmtList *open_columns(Build *b, unsigned kept)
{
    const Scope *s = &b->scope;
    const Val *one;
    if (b->k->target->launches) return open_loops(b, &b->l->body, kept, UNITS);
    if (b->x->part.kind == PART_BLOCKS && s->blocks >= 0)
        return open_loops(b, open_loop(b, &b->l->body, s->blocks, UNITS), kept & ~(1u << s->blocks),
                          SERIAL);
    return open_loops(b, open_units(b, &b->l->body, "one", 1, &one), kept, SERIAL);
}

/* Stores the maps of the sum. Their other values are the same in all rows. */
static void store_column(Build *b, int sum)
{
    Node *f = b->x->core;
    b->fold_value[0] = val_var(b->l, sum);
    store_node(b, f, formula_of(b, f, f->op->value));
}

void build_column(Build *b)
{
    const Node *f = b->x->core;
    const unsigned folded = fold_scope(b);
    column_lanes(b, folded);
    const int first = scope_loop(&b->scope, 0, 1),
              n = first >= 0 && folded >> first & 1 ? first : -1;
    StmtList *column = b->out = open_columns(b, all_loops(b) & ~folded), *terms = column;
    const int sum = variable(b, "sum", AS_REAL, start_of(b, f));
    if (folds_in_training(f)) {
        Stmt *training = stmt_new(column, STMT_IF);
        training->value = val_run(RUN_TRAINING, AS_BOOL);
        terms = &training->body;
    }
    if (b->k->target->launches) {
        b->out = b->rows =
            open_together(b, terms, folded, SHARES, turns(&b->scope, folded) > LONG_SUM ? 32 : 8);
        add_column(b, sum);
    } else {
        sum_columns(b, terms, folded, sum, n);
    }
    b->out = column;
    store_column(b, sum);
}
