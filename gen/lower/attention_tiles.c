/* attention_tiles.c -- the tiles of an attention: their sizes, elements, loops and products. */
#include <math.h>
#include "lower/attention.h"

/* most in a tile; on a device less, since a unit's memory is that of a block: 48 KiB, in reals */
enum { QUERIES = 32, KEYS = 64, DEVICE_QUERIES = 16, DEVICE_KEYS = 32, DEVICE_REALS = 12288 };

/* ---- sizes ---- */
long round_up(long n, long by) { return (n + by - 1) / by * by; }

static Tiles queries_of(long all, long most)
{
    const long tile = round_up(all < most ? all : most, BLOCK_MIN);
    return (Tiles) { all, tile, (all + tile - 1) / tile };
}

/* All tiles of keys are whole. */
static Tiles keys_of(long all, long most)
{
    long tile = all < most ? all : most;
    while (all % tile) tile--;
    return (Tiles) { all, tile, all / tile };
}

/* Reals of a unit's memory backward. A bias has a number for each distance in a pair of tiles. */
static long reals_of(const Attention *a, long queries)
{
    const long channels = 3 * round_up(a->each, BLOCK_MIN) + 2 * round_up(a->values, BLOCK_MIN),
               rows = (2 + a->bends) * DEVICE_KEYS + 3 + (a->given[DOCUMENTS] != NULL),
               distances = a->given[BIAS] ? round_up(queries + DEVICE_KEYS, BLOCK_MIN) : 0;
    return queries * (channels + rows) + distances;
}

/* Half of that memory is enough, so that a build in double runs, too. */
static long most_queries(const Attention *a)
{
    if (!a->b->k->target->launches) return QUERIES;
    const long most = reals_of(a, DEVICE_QUERIES) <= DEVICE_REALS / 2 ? DEVICE_QUERIES : BLOCK_MIN;
    if (reals_of(a, most) > DEVICE_REALS)
        error_at(a->b->x->core->loc,
                 "fn.attention: heads of %ld channels take more memory than a block has: take more "
                 "heads",
                 a->each > a->values ? a->each : a->values);
    return most;
}

/* Returns how many arguments are options. */
static int read_options(Attention *a)
{
    const Node *f = a->b->x->core;
    const unsigned given = (unsigned)node_attr(f, "given");
    int n = 0;
    for (int i = 0; i < TENSORS; i++)
        if (given >> i & 1) a->given[i] = f->arg[3 + n++];
    if (a->given[NOISE] && a->given[NOISE]->still) a->given[NOISE] = NULL;
    return n;
}

/* Few causal queries skip more of the keys in tiles as short as their own. */
static long most_keys(const Attention *a)
{
    const bool few = node_attr(a->b->x->core, "causal") > 0 && a->k->shape.dim[1] <= 4 * QUERIES;
    if (a->b->k->target->launches) return DEVICE_KEYS;
    return few ? QUERIES : KEYS;
}

Attention attention_of(Build *b)
{
    Node *f = b->x->core, *const *arg = f->arg;
    const bool back = attends_back(f);
    Attention a = { .b = b, .q = arg[0], .k = arg[1], .v = arg[2] };
    arg += 3 + read_options(&a);
    if (back) a.rows = arg[0], a.y = arg[1], a.gy = arg[2];
    a.bends = node_attr(f, "softcap") > 0 || node_attr(f, "score") > 0;
    a.heads = (long)node_attr(f, "heads");
    a.shared = a.heads / (long)node_attr(f, "kv_heads");
    a.each = a.q->shape.dim[2] / a.heads;
    a.values = a.v->shape.dim[2] * a.shared / a.heads;
    a.query = queries_of(a.q->shape.dim[1], most_queries(&a));
    a.key = keys_of(a.k->shape.dim[1], most_keys(&a));
    return a;
}

/* The node of that role in this kernel, or NULL. */
Node *made_here(const Attention *a, const char *role)
{
    const Kernel *x = a->b->x;
    if (has_role(x->core, role)) return x->core;
    for (int i = 0; i < x->body.n; i++)
        if (has_role(x->body.at[i], role)) return x->body.at[i];
    return NULL;
}

/* ---- elements ---- */
/* The numbers that lie side by side in a block of the channels. */
static long block_in(const Layout *l)
{
    for (int i = 0; i < l->axis[2].n; i++)
        if (l->axis[2].factor[i].stride == 1) return l->axis[2].factor[i].extent;
    return 1;
}

static Layout layout_in(const Attention *a, Node *x)
{
    Layout l;
    if (!node_layout(a->b->k, x, &l)) BUG("attention reads what has no factors");
    return l;
}

/* Numbers of a head that lie side by side: all, or a block of them. */
long piece_of(const Attention *a, Node *x, long each)
{
    const Layout l = layout_in(a, x);
    const long block = block_in(&l);
    return each > block && each % block == 0 ? block : each;
}

static void add_head(Scope *s, const Layout *l, const Val *head, long channels, long each)
{
    const long block = block_in(l), fit = block / each;
    if (channels > block && each < block && block % each == 0) {
        scope_add(s, 2, block, channels / block, both(CALL_IDIV, head, val_int(fit)));
        scope_add(s, 2, each, fit, both(CALL_MOD, head, val_int(fit)));
    } else {
        scope_add(s, 2, each, channels / each, head);
    }
}

/* Number d of piece c of a head, at position i of a tile. */
static At element(const Attention *a, Node *x, const Val *head, const Val *tile, long size,
                  const Val *i, long each, const Val *c, const Val *d)
{
    const Layout l = layout_in(a, x);
    const long piece = piece_of(a, x, each), positions = x->shape.dim[1];
    Scope s = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    scope_add(&s, 0, 1, x->shape.dim[0], a->n);
    if (size < positions) scope_add(&s, 1, size, (positions + size - 1) / size, tile);
    scope_add(&s, 1, 1, size, i);
    add_head(&s, &l, head, x->shape.dim[2], each);
    if (piece < each) scope_add(&s, 2, piece, each / piece, c);
    scope_add(&s, 2, 1, piece, d);
    return address_of(&s, &l, &x->shape, formal_of(a->b, buffer_of(a->b->k, node_base(x))));
}

At of_query(const Attention *a, Node *x, const Val *i, long each, const Val *c, const Val *d)
{
    return element(a, x, a->head, a->at, a->query.tile, i, each, c, d);
}

At of_key(const Attention *a, Node *x, const Val *j, long each, const Val *c, const Val *d)
{
    return element(a, x, a->of_keys, a->from, a->key.tile, j, each, c, d);
}

static void add_positions(Scope *s, int axis, const Tiles *in, const Val *tile, const Val *i)
{
    if (in->tiles > 1) scope_add(s, axis, in->tile, in->tiles, tile);
    scope_add(s, axis, 1, in->tile, i);
}

At of_pair(const Attention *a, Node *x, const Val *i, const Val *j)
{
    const Layout l = layout_in(a, x);
    const Shape all = { .rank = 4,
                        .batch = true,
                        .dim = { a->q->shape.dim[0], a->heads, a->query.all, a->key.all } };
    Scope s = { .domain = &all, .lanes = -1, .blocks = -1 };
    scope_add(&s, 0, 1, all.dim[0], a->n);
    scope_add(&s, 1, 1, a->heads, a->head);
    add_positions(&s, 2, &a->query, a->at, i);
    add_positions(&s, 3, &a->key, a->from, j);
    return address_of(&s, &l, &x->shape, formal_of(a->b, buffer_of(a->b->k, node_base(x))));
}

At of_number(const Attention *a, Node *x, const Val *at)
{
    const Layout l = layout_in(a, x);
    Scope s = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    const int head = x->shape.rank - 2;
    if (head) scope_add(&s, 0, 1, x->shape.dim[0], a->n);
    scope_add(&s, head, 1, a->heads, a->head);
    scope_add(&s, head + 1, 1, x->shape.dim[head + 1], at);
    return address_of(&s, &l, &x->shape, formal_of(a->b, buffer_of(a->b->k, node_base(x))));
}

At of_position(const Attention *a, Node *x, const Val *tile, const Tiles *in, const Val *i)
{
    const Layout l = layout_in(a, x);
    Scope s = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    scope_add(&s, 0, 1, x->shape.dim[0], a->n);
    add_positions(&s, 1, in, tile, i);
    return address_of(&s, &l, &x->shape, formal_of(a->b, buffer_of(a->b->k, node_base(x))));
}

/* rows of query i of the tile */
At row_of(const Attention *a, Node *x, const Val *i)
{
    const Layout *l = &buffer_of(a->b->k, x)->layout;
    Scope s = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    scope_add(&s, 0, 1, x->shape.dim[0], a->n);
    scope_add(&s, 1, 1, a->heads, a->head);
    add_positions(&s, 2, &a->query, a->at, i);
    return address_of(&s, l, &x->shape, formal_of(a->b, buffer_of(a->b->k, x)));
}

Local local_new(const Attention *a, const char *wish, long rows, long row)
{
    Stmt *s = stmt_new(a->b->out, STMT_LOCAL);
    s->buffer = formal_local(a->b, wish), s->extent = rows * row;
    return (Local) { s->buffer, row };
}

At local_at(const Local *m, const Val *row, const Val *column)
{
    At at = { .buffer = m->buffer };
    if (row) at.term[at.n++] = (Term) { row, m->row, 0 };
    if (column) at.term[at.n++] = (Term) { column, 1, 0 };
    return at;
}

/* The same with row or column d of piece c. */
static At local_row(const Local *m, const Val *c, long piece, const Val *d, const Val *column)
{
    At at = local_at(m, d, column);
    if (c->kind != VAL_NUMBER) at.term[at.n++] = (Term) { c, piece * m->row, 0 };
    return at;
}

At local_column(const Local *m, const Val *row, const Val *c, long piece, const Val *d)
{
    At at = local_at(m, row, d);
    if (c->kind != VAL_NUMBER) at.term[at.n++] = (Term) { c, piece, 0 };
    return at;
}

const Val *load_from(const Attention *a, At at) { return load_at(a->b, &at); }

void store_to(const Attention *a, At at, const Val *v)
{
    Stmt *s = stmt_new(a->b->out, STMT_STORE);
    s->at = at, s->value = v;
}

/* ---- loops ---- */
/* A loop of the statements that follow, until the list before is put back. */
const Val *loop_of(const Attention *a, const char *wish, const Val *to, Deal deal)
{
    Build *b = a->b;
    const int var = loops_var(b->l, wish, AS_INT);
    b->out = open_range(b, b->out, var, val_int(0), to, deal);
    return val_var(b->l, var);
}

const Val *turns(const Attention *a, const char *wish, long to)
{
    return loop_of(a, wish, val_int(to), a->b->k->target->launches ? LANES : SERIAL);
}

const Val *serial_turns(const Attention *a, const char *wish, long to)
{
    return to == 1 ? val_int(0) : loop_of(a, wish, val_int(to), SERIAL);
}

const Val *lane_turns(const Attention *a, const char *wish, long to)
{
    return loop_of(a, wish, val_int(to), LANES);
}

const Val *position(const Val *tile, long size, const Val *i)
{
    return both(CALL_ADD, both(CALL_MUL, tile, val_int(size)), i);
}

/* The statements that follow are for queries that exist. */
void only_real(const Attention *a, const Val *i)
{
    if (a->query.tiles * a->query.tile == a->query.all) return;
    Stmt *s = stmt_new(a->b->out, STMT_IF);
    s->value = both(CALL_LT, position(a->at, a->query.tile, i), val_int(a->query.all));
    a->b->out = &s->body;
}

/* ---- tiles ---- */
const Val *scale_of(const Attention *a) { return val_number(node_attr(a->b->x->core, "scale")); }

void fill(const Attention *a, const Local *m, long rows, double x)
{
    StmtList *out = a->b->out;
    const Val *i = rows > 1 ? turns(a, "i", rows) : NULL, *j = lane_turns(a, "j", m->row);
    store_to(a, local_at(m, i, j), val_number(x));
    a->b->out = out;
}

InHead open_numbers(const Attention *a, long each, long piece)
{
    InHead at;
    const bool device = a->b->k->target->launches;
    at.i = turns(a, "i", a->query.tile);
    if (!device) only_real(a, at.i);
    at.c = piece < each ? turns(a, "c", each / piece) : val_int(0), at.d = turns(a, "j", piece);
    if (device) only_real(a, at.i);
    return at;
}

/* x of the tile's queries, transposed and perhaps as it is; times: or NULL. */
void take_queries(const Attention *a, Node *x, long each, const Local *turned, const Local *plain,
                  const Val *times)
{
    const long piece = piece_of(a, x, each);
    StmtList *out = a->b->out;
    const InHead at = open_numbers(a, each, piece);
    const Val *v = load_from(a, of_query(a, x, at.i, each, at.c, at.d));
    v = let(a->b, "x", times ? both(CALL_MUL, v, times) : v);
    store_to(a, local_row(turned, at.c, piece, at.d, at.i), v);
    if (plain) store_to(a, local_column(plain, at.i, at.c, piece, at.d), v);
    a->b->out = out;
}

/* A new range of a product, the next in count: its results, or what it sums. */
static const Val *range_new(const Attention *a, Stmt *s, int *count, const char *wish, long extent)
{
    const int var = loops_var(a->b->l, wish, AS_INT);
    s->range[s->n + s->summed] = (Range) { var, extent, NULL };
    ++*count;
    return val_var(a->b->l, var);
}

static const Val *range_of_result(const Attention *a, Stmt *s, const char *wish, long extent)
{
    return range_new(a, s, &s->n, wish, extent);
}

static const Val *range_of_sum(const Attention *a, Stmt *s, const char *wish, long extent)
{
    return range_new(a, s, &s->summed, wish, extent);
}

static void product_of(const Attention *a, Stmt *s, At x, At y, At to, bool add)
{
    s->a = load_at(a->b, &x), s->b = load_at(a->b, &y);
    s->var = loops_var(a->b->l, "v", AS_REAL);
    Stmt *t = stmt_new(&s->body, STMT_STORE);
    t->at = to, t->value = val_var(a->b->l, s->var), t->beta = add ? val_int(1) : NULL;
}

/* to[key][query] = SUM x[key][d] * turned[d][query] */
void score(const Attention *a, Node *x, long each, const Local *turned, const Local *to)
{
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const long piece = piece_of(a, x, each);
    const Val *j = range_of_result(a, s, "j", a->key.tile),
              *i = range_of_result(a, s, "i", a->query.tile);
    const Val *c = piece < each ? range_of_sum(a, s, "c", each / piece) : val_int(0),
              *d = range_of_sum(a, s, "d", piece);
    product_of(a, s, of_key(a, x, j, each, c, d), local_row(turned, c, piece, d, i),
               local_at(to, j, i), false);
}

/* to[query][d] += SUM p[key][query] * x[key][d] */
void add_values(const Attention *a, const Local *p, Node *x, long each, const Local *to)
{
    const long piece = piece_of(a, x, each);
    StmtList *out = a->b->out;
    const Val *c = serial_turns(a, "c", each / piece);
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const Val *i = range_of_result(a, s, "i", a->query.tile),
              *d = range_of_result(a, s, "d", piece), *j = range_of_sum(a, s, "j", a->key.tile);
    product_of(a, s, local_at(p, j, i), of_key(a, x, j, each, c, d),
               local_column(to, i, c, piece, d), true);
    a->b->out = out;
}

/* to, a gradient of keys or values: [key][d] += SUM p[key][query] * x[query][d] */
void add_queries(const Attention *a, const Local *p, const Local *x, Node *to, long each)
{
    const long piece = piece_of(a, to, each);
    StmtList *out = a->b->out;
    const Val *c = serial_turns(a, "c", each / piece);
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const Val *j = range_of_result(a, s, "j", a->key.tile), *d = range_of_result(a, s, "d", piece),
              *i = range_of_sum(a, s, "i", a->query.tile);
    product_of(a, s, local_at(p, j, i), local_column(x, i, c, piece, d),
               of_key(a, to, j, each, c, d), true);
    a->b->out = out;
}

void open_query_tiles(Attention *a) { a->at = serial_turns(a, "tile", a->query.tiles); }

/* Rule 1. */
void open_unit(Attention *a, long heads, const Val **head)
{
    Build *b = a->b;
    const Val *unit;
    b->out = open_units(b, &b->l->body, "q", a->q->shape.dim[0] * heads, &unit);
    a->n = heads == 1 ? unit : let(b, "n", both(CALL_IDIV, unit, val_int(heads)));
    *head = heads == 1 ? val_int(0) : let(b, "head", both(CALL_MOD, unit, val_int(heads)));
}
