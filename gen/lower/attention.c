/* attention.c -- attention in tiles of queries and keys. No matrix of all scores is in memory.

   1. A unit has one sample and one head: forward a head of the queries, backward a head of the keys
      with all heads of queries that share it. So no unit adds to what another one writes.
   2. A tile of scores is transposed, [keys][queries]: queries are lanes. A key's row then needs no
      sum across lanes, and tiles of fewer queries waste lanes of the last tile alone.
   3. Forward keeps the largest score so far and the sum of exp(score - largest) of each query. If
      a tile has a larger one, sum and result so far shrink by exp(old - new). After the last tile
      rows = largest + log(sum); a query without a key has rows = inf, so that its weights,
      exp(score - rows), are 0 backward.
   4. Backward makes the scores again. With p = exp(score - rows), dp = dy v' and
      d = SUM dy * y over a head's channels, ds = p * (dp - d), dq = ds k * scale,
      dk = ds' q * scale and dv = p' dy (Dao et al., "FlashAttention", 2022, appendix B).
   5. Causal: a query sees the keys up to its own position. Tiles without any such key are skipped. */
#include <math.h>
#include "lower/build.h"

/* most in a tile; on a device less, since a unit's memory is that of a block: 48 KiB, in reals */
enum { QUERIES = 32, KEYS = 64, DEVICE_QUERIES = 16, DEVICE_KEYS = 32, DEVICE_REALS = 12288 };
typedef struct {
    long all, tile, tiles;
} Tiles; /* positions, those of a tile, and how many tiles there are */
typedef struct {
    Build *b;
    Node *q, *k, *v, *rows, *y, *gy;
    long heads, shared; /* of queries; how many of them read one head of keys */
    long each, values;  /* channels of a head of q and k; of v and y */
    Tiles query, key;
    const Val *n, *head, *of_keys; /* the sample, and the heads at hand */
    const Val *at, *from;          /* numbers of the tiles at hand */
} Attention;
typedef struct {
    int buffer;
    long row;
} Local; /* a matrix of the unit's own, with rows of that many numbers */

/* ---- sizes ---- */
static long up(long n, long by) { return (n + by - 1) / by * by; }

static Tiles queries_of(long all, long most)
{
    const long tile = up(all < most ? all : most, BLOCK_MIN);
    return (Tiles) { all, tile, (all + tile - 1) / tile };
}

/* All tiles of keys are whole. */
static Tiles keys_of(long all, long most)
{
    long tile = all < most ? all : most;
    while (all % tile) tile--;
    return (Tiles) { all, tile, all / tile };
}

/* Reals of a unit's memory backward. */
static long reals_of(const Attention *a, long queries)
{
    return queries *
           (3 * up(a->each, BLOCK_MIN) + 2 * up(a->values, BLOCK_MIN) + 2 * DEVICE_KEYS + 3);
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

static Attention attention_of(Build *b)
{
    Node *f = b->x->core, *const *arg = f->arg;
    const bool back = f->nargs == 6;
    Attention a = { .b = b, .q = arg[0], .k = arg[1], .v = arg[2] };
    if (back) a.rows = arg[3], a.y = arg[4], a.gy = arg[5];
    a.heads = (long)node_attr(f, "heads");
    a.shared = a.heads / (long)node_attr(f, "kv_heads");
    a.each = a.q->shape.dim[2] / a.heads;
    a.values = a.v->shape.dim[2] * a.shared / a.heads;
    a.query = queries_of(a.q->shape.dim[1], most_queries(&a));
    a.key = keys_of(a.k->shape.dim[1], b->k->target->launches ? DEVICE_KEYS : KEYS);
    return a;
}

/* The node of that role in this kernel, or NULL. */
static Node *made(const Attention *a, const char *role)
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

/* InHead of a head that lie side by side: all, or a block of them. */
static long piece_of(const Attention *a, Node *x, long each)
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

static At of_query(const Attention *a, Node *x, const Val *i, long each, const Val *c, const Val *d)
{
    return element(a, x, a->head, a->at, a->query.tile, i, each, c, d);
}

static At of_key(const Attention *a, Node *x, const Val *j, long each, const Val *c, const Val *d)
{
    return element(a, x, a->of_keys, a->from, a->key.tile, j, each, c, d);
}

/* rows of query i of the tile */
static At row_of(const Attention *a, Node *x, const Val *i)
{
    const Layout *l = &buffer_of(a->b->k, x)->layout;
    Scope s = { .domain = &x->shape, .lanes = -1, .blocks = -1 };
    scope_add(&s, 0, 1, x->shape.dim[0], a->n);
    scope_add(&s, 1, 1, a->heads, a->head);
    if (a->query.tiles > 1) scope_add(&s, 2, a->query.tile, a->query.tiles, a->at);
    scope_add(&s, 2, 1, a->query.tile, i);
    return address_of(&s, l, &x->shape, formal_of(a->b, buffer_of(a->b->k, x)));
}

static Local local(const Attention *a, const char *wish, long rows, long row)
{
    Stmt *s = stmt_new(a->b->out, STMT_LOCAL);
    s->buffer = formal_local(a->b, wish), s->extent = rows * row;
    return (Local) { s->buffer, row };
}

static At in(const Local *m, const Val *row, const Val *column)
{
    At at = { .buffer = m->buffer };
    if (row) at.term[at.n++] = (Term) { row, m->row, 0 };
    if (column) at.term[at.n++] = (Term) { column, 1, 0 };
    return at;
}

/* The same with row or column d of piece c. */
static At in_row(const Local *m, const Val *c, long piece, const Val *d, const Val *column)
{
    At at = in(m, d, column);
    if (c->kind != VAL_NUMBER) at.term[at.n++] = (Term) { c, piece * m->row, 0 };
    return at;
}

static At in_column(const Local *m, const Val *row, const Val *c, long piece, const Val *d)
{
    At at = in(m, row, d);
    if (c->kind != VAL_NUMBER) at.term[at.n++] = (Term) { c, piece, 0 };
    return at;
}

static const Val *load(const Attention *a, At at) { return load_at(a->b, &at); }

static void store(const Attention *a, At at, const Val *v)
{
    Stmt *s = stmt_new(a->b->out, STMT_STORE);
    s->at = at, s->value = v;
}

/* ---- loops ---- */
/* A loop of the statements that follow, until the list before is put back. */
static const Val *loop(const Attention *a, const char *wish, const Val *to, Deal deal)
{
    Build *b = a->b;
    const int var = loops_var(b->l, wish, AS_INT);
    b->out = open_range(b, b->out, var, val_int(0), to, deal);
    return val_var(b->l, var);
}

static const Val *turns(const Attention *a, const char *wish, long to)
{
    return loop(a, wish, val_int(to), a->b->k->target->launches ? LANES : SERIAL);
}

static const Val *serial(const Attention *a, const char *wish, long to)
{
    return to == 1 ? val_int(0) : loop(a, wish, val_int(to), SERIAL);
}

static const Val *lanes(const Attention *a, const char *wish, long to)
{
    return loop(a, wish, val_int(to), LANES);
}

static const Val *position(const Val *tile, long size, const Val *i)
{
    return both(CALL_ADD, both(CALL_MUL, tile, val_int(size)), i);
}

/* The statements that follow are for queries that exist. */
static void only_real(const Attention *a, const Val *i)
{
    if (a->query.tiles * a->query.tile == a->query.all) return;
    Stmt *s = stmt_new(a->b->out, STMT_IF);
    s->value = both(CALL_LT, position(a->at, a->query.tile, i), val_int(a->query.all));
    a->b->out = &s->body;
}

/* ---- tiles ---- */
static const Val *scale_of(const Attention *a)
{
    return val_number(node_attr(a->b->x->core, "scale"));
}

static void fill(const Attention *a, const Local *m, long rows, double x)
{
    StmtList *out = a->b->out;
    const Val *i = rows > 1 ? turns(a, "i", rows) : NULL, *j = lanes(a, "j", m->row);
    store(a, in(m, i, j), val_number(x));
    a->b->out = out;
}

/* The loops over the numbers of a tile's queries in x, those that exist. */
typedef struct {
    const Val *i, *c, *d;
} InHead;
static InHead open_numbers(const Attention *a, long each, long piece)
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
static void take_queries(const Attention *a, Node *x, long each, const Local *turned,
                         const Local *plain, const Val *times)
{
    const long piece = piece_of(a, x, each);
    StmtList *out = a->b->out;
    const InHead at = open_numbers(a, each, piece);
    const Val *v = load(a, of_query(a, x, at.i, each, at.c, at.d));
    v = let(a->b, "x", times ? both(CALL_MUL, v, times) : v);
    store(a, in_row(turned, at.c, piece, at.d, at.i), v);
    if (plain) store(a, in_column(plain, at.i, at.c, piece, at.d), v);
    a->b->out = out;
}

static Range range(const Attention *a, Stmt *s, const char *wish, long extent, const Val **v)
{
    const int var = loops_var(a->b->l, wish, AS_INT);
    *v = val_var(a->b->l, var);
    s->range[s->n + s->summed] = (Range) { var, extent, NULL };
    return s->range[s->n + s->summed];
}

static const Val *result(const Attention *a, Stmt *s, const char *wish, long extent)
{
    const Val *v;
    range(a, s, wish, extent, &v);
    s->n++;
    return v;
}

static const Val *summed(const Attention *a, Stmt *s, const char *wish, long extent)
{
    const Val *v;
    range(a, s, wish, extent, &v);
    s->summed++;
    return v;
}

static void product(const Attention *a, Stmt *s, At x, At y, At to, bool add)
{
    s->a = load_at(a->b, &x), s->b = load_at(a->b, &y);
    s->var = loops_var(a->b->l, "v", AS_REAL);
    Stmt *t = stmt_new(&s->body, STMT_STORE);
    t->at = to, t->value = val_var(a->b->l, s->var), t->beta = add ? val_int(1) : NULL;
}

/* to[key][query] = SUM x[key][d] * turned[d][query] */
static void score(const Attention *a, Node *x, long each, const Local *turned, const Local *to)
{
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const long piece = piece_of(a, x, each);
    const Val *j = result(a, s, "j", a->key.tile), *i = result(a, s, "i", a->query.tile);
    const Val *c = piece < each ? summed(a, s, "c", each / piece) : val_int(0),
              *d = summed(a, s, "d", piece);
    product(a, s, of_key(a, x, j, each, c, d), in_row(turned, c, piece, d, i), in(to, j, i), false);
}

/* to[query][d] += SUM p[key][query] * x[key][d] */
static void add_values(const Attention *a, const Local *p, Node *x, long each, const Local *to)
{
    const long piece = piece_of(a, x, each);
    StmtList *out = a->b->out;
    const Val *c = serial(a, "c", each / piece);
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const Val *i = result(a, s, "i", a->query.tile), *d = result(a, s, "d", piece),
              *j = summed(a, s, "j", a->key.tile);
    product(a, s, in(p, j, i), of_key(a, x, j, each, c, d), in_column(to, i, c, piece, d), true);
    a->b->out = out;
}

/* to, a gradient of keys or values: [key][d] += SUM p[key][query] * x[query][d] */
static void add_queries(const Attention *a, const Local *p, const Local *x, Node *to, long each)
{
    const long piece = piece_of(a, to, each);
    StmtList *out = a->b->out;
    const Val *c = serial(a, "c", each / piece);
    Stmt *s = stmt_new(a->b->out, STMT_PRODUCT);
    const Val *j = result(a, s, "j", a->key.tile), *d = result(a, s, "d", piece),
              *i = summed(a, s, "i", a->query.tile);
    product(a, s, in(p, j, i), in_column(x, i, c, piece, d), of_key(a, to, j, each, c, d), true);
    a->b->out = out;
}

/* Rule 5: scores of later keys are -inf, in tiles that have any. */
static void mask(const Attention *a, const Local *scores)
{
    if (!node_attr(a->b->x->core, "causal")) return;
    StmtList *out = a->b->out;
    const Val *last = position(a->from, a->key.tile, val_int(a->key.tile - 1)),
              *first = both(CALL_MUL, a->at, val_int(a->query.tile));
    const Val *crosses = both(CALL_GT, last, first);
    if (crosses->kind != VAL_NUMBER) {
        Stmt *s = stmt_new(out, STMT_IF);
        s->value = crosses, a->b->out = &s->body;
    }
    const Val *i = lanes(a, "i", a->query.tile), *j = loop(a, "j", val_int(a->key.tile), SERIAL);
    const Val *query = position(a->at, a->query.tile, i), *key = position(a->from, a->key.tile, j);
    const Val *later =
        both(CALL_LT, val_call(CALL_REAL, query, NULL, NULL), val_call(CALL_REAL, key, NULL, NULL));
    const Val *x = let(a->b, "x", load(a, in(scores, j, i)));
    store(a, in(scores, j, i), choose(later, val_number(-INFINITY), x));
    a->b->out = out;
}

/* The loop over tiles of keys, up to the last with a key that some query of the tile sees. */
static void open_keys(Attention *a)
{
    const Val *to = val_int(a->key.tiles);
    if (node_attr(a->b->x->core, "causal") && a->key.tiles > 1) {
        const Val *end = both(CALL_MUL, both(CALL_ADD, a->at, val_int(1)), val_int(a->query.tile));
        to = both(
            CALL_MIN,
            both(CALL_IDIV, both(CALL_ADD, end, val_int(a->key.tile - 1)), val_int(a->key.tile)),
            to);
    }
    a->from = a->key.tiles == 1 ? val_int(0) : loop(a, "k", to, SERIAL);
}

static void open_query_tiles(Attention *a) { a->at = serial(a, "tile", a->query.tiles); }

/* Rule 1. */
static void open_unit(Attention *a, long heads, const Val **head)
{
    Build *b = a->b;
    const Val *unit;
    b->out = open_units(b, &b->l->body, "q", a->q->shape.dim[0] * heads, &unit);
    a->n = heads == 1 ? unit : let(b, "n", both(CALL_IDIV, unit, val_int(heads)));
    *head = heads == 1 ? val_int(0) : let(b, "head", both(CALL_MOD, unit, val_int(heads)));
}

/* ---- forward ---- */
/* Rule 3, for a tile of scores, which become exp(score - largest). */
static void weigh(const Attention *a, const Local *scores, const Local *largest, const Local *sum,
                  const Local *shrink)
{
    Build *b = a->b;
    StmtList *out = b->out;
    const Val *i = lanes(a, "i", a->query.tile),
              *old = let(b, "old", load(a, in(largest, NULL, i)));
    StmtList *query = b->out;
    const int most = variable(b, "peak", AS_REAL, old);
    const Val *j = loop(a, "j", val_int(a->key.tile), SERIAL);
    fold_into(b, most, FOLD_MAX, load(a, in(scores, j, i)));
    b->out = query;
    const Val *none = both(CALL_EQ, val_var(b->l, most), val_number(-INFINITY));
    const Val *base = let(b, "base", choose(none, val_number(0), val_var(b->l, most)));
    const Val *by = let(b, "by", val_call(CALL_EXP, both(CALL_SUB, old, base), NULL, NULL));
    const int total = variable(b, "total", AS_REAL, both(CALL_MUL, load(a, in(sum, NULL, i)), by));
    j = loop(a, "j", val_int(a->key.tile), SERIAL);
    const Val *p = let(
        b, "e", val_call(CALL_EXP, both(CALL_SUB, load(a, in(scores, j, i)), base), NULL, NULL));
    store(a, in(scores, j, i), p);
    fold_into(b, total, FOLD_SUM, p);
    b->out = query;
    store(a, in(largest, NULL, i), val_var(b->l, most));
    store(a, in(sum, NULL, i), val_var(b->l, total));
    store(a, in(shrink, NULL, i), by);
    b->out = out;
}

/* Every query's row of m, times its own factor. */
static void scale_rows(const Attention *a, const Local *m, const Local *factor)
{
    StmtList *out = a->b->out;
    const Val *i = turns(a, "i", a->query.tile), *d = lanes(a, "d", m->row);
    store(a, in(m, i, d), both(CALL_MUL, load(a, in(m, i, d)), load(a, in(factor, NULL, i))));
    a->b->out = out;
}

static void store_rows(const Attention *a, Node *rows, const Local *largest, const Local *sum)
{
    Build *b = a->b;
    StmtList *out = b->out;
    if (!rows || !is_stored(b->x, rows)) return;
    const Val *i = turns(a, "i", a->query.tile);
    only_real(a, i);
    const Val *total = let(b, "weight", load(a, in(sum, NULL, i))),
              *most = let(b, "peak", load(a, in(largest, NULL, i)));
    const Val *v = both(CALL_ADD, most, val_call(CALL_LOG, total, NULL, NULL));
    store(a, row_of(a, rows, i),
          choose(both(CALL_GT, total, val_number(0)), v, val_number(INFINITY)));
    b->out = out;
}

/* 1 / sum of each query, or 0 for one without a key */
static void invert(const Attention *a, const Local *sum, const Local *to)
{
    StmtList *out = a->b->out;
    const Val *i = lanes(a, "i", a->query.tile),
              *v = let(a->b, "weight", load(a, in(sum, NULL, i)));
    store(a, in(to, NULL, i),
          choose(both(CALL_GT, v, val_number(0)), both(CALL_DIV, val_number(1), v), val_number(0)));
    a->b->out = out;
}

/* y = m, times a factor of each query or the scale */
static void store_result(const Attention *a, Node *y, long each, const Local *m,
                         const Local *factor)
{
    const long piece = piece_of(a, y, each);
    StmtList *out = a->b->out;
    const InHead at = open_numbers(a, each, piece);
    const Val *by = factor ? load(a, in(factor, NULL, at.i)) : scale_of(a);
    store(a, of_query(a, y, at.i, each, at.c, at.d),
          both(CALL_MUL, load(a, in_column(m, at.i, at.c, piece, at.d)), by));
    a->b->out = out;
}

static void build_forward(Attention *a)
{
    Build *b = a->b;
    Node *y = made(a, "attention"), *rows = made(a, "attention_rows");
    open_unit(a, a->heads, &a->head);
    a->of_keys =
        a->shared == 1 ? a->head : let(b, "of_keys", both(CALL_IDIV, a->head, val_int(a->shared)));
    const Local turned = local(a, "q_turned", a->each, a->query.tile),
                scores = local(a, "scores", a->key.tile, a->query.tile);
    const Local largest = local(a, "largest", 1, a->query.tile),
                sum = local(a, "weight", 1, a->query.tile),
                shrink = local(a, "shrink", 1, a->query.tile);
    const Local m = local(a, "result", a->query.tile, up(a->values, BLOCK_MIN));
    if (a->query.tiles * a->query.tile > a->query.all) fill(a, &turned, a->each, 0);
    open_query_tiles(a);
    StmtList *tile = b->out;
    take_queries(a, a->q, a->each, &turned, NULL, scale_of(a));
    fill(a, &largest, 1, -INFINITY), fill(a, &sum, 1, 0), fill(a, &m, a->query.tile, 0);
    open_keys(a);
    score(a, a->k, a->each, &turned, &scores);
    mask(a, &scores);
    weigh(a, &scores, &largest, &sum, &shrink);
    if (a->key.tiles > 1) scale_rows(a, &m, &shrink);
    if (y) add_values(a, &scores, a->v, a->values, &m);
    b->out = tile;
    store_rows(a, rows, &largest, &sum);
    if (!y) return;
    invert(a, &sum, &shrink);
    store_result(a, y, a->values, &m, &shrink);
}

/* ---- backward ---- */
static void zero_keys(const Attention *a, Node *x, long each)
{
    StmtList *out = a->b->out;
    if (!x) return;
    Attention all = *a;
    const long piece = piece_of(a, x, each);
    all.from = serial(a, "k", a->key.tiles);
    const Val *j = turns(a, "i", a->key.tile),
              *c = piece < each ? turns(a, "c", each / piece) : val_int(0),
              *d = turns(a, "j", piece);
    store(a, of_key(&all, x, j, each, c, d), val_number(0));
    a->b->out = out;
}

/* rows, and d of rule 4, of the tile's queries; rows of those beyond the last are inf. */
static void take_rows(const Attention *a, const Local *rows, const Local *d)
{
    Build *b = a->b;
    const long piece = piece_of(a, a->gy, a->values);
    StmtList *out = b->out;
    fill(a, rows, 1, INFINITY), fill(a, d, 1, 0);
    const Val *i = turns(a, "i", a->query.tile);
    only_real(a, i);
    StmtList *query = b->out;
    store(a, in(rows, NULL, i), load(a, row_of(a, a->rows, i)));
    const int sum = variable(b, "sum", AS_REAL, val_number(0));
    const Val *c = serial(a, "c", a->values / piece), *j = loop(a, "j", val_int(piece), SERIAL);
    fold_into(b, sum, FOLD_SUM,
              both(CALL_MUL, load(a, of_query(a, a->gy, i, a->values, c, j)),
                   load(a, of_query(a, a->y, i, a->values, c, j))));
    b->out = query;
    store(a, in(d, NULL, i), val_var(b->l, sum));
    b->out = out;
}

/* scores become p */
static void weigh_again(const Attention *a, const Local *scores, const Local *rows)
{
    StmtList *out = a->b->out;
    const Val *i = lanes(a, "i", a->query.tile),
              *row = let(a->b, "row", load(a, in(rows, NULL, i))),
              *j = loop(a, "j", val_int(a->key.tile), SERIAL);
    store(a, in(scores, j, i),
          val_call(CALL_EXP, both(CALL_SUB, load(a, in(scores, j, i)), row), NULL, NULL));
    a->b->out = out;
}

/* dp becomes ds */
static void slope(const Attention *a, const Local *p, const Local *dp, const Local *d)
{
    StmtList *out = a->b->out;
    const Val *i = lanes(a, "i", a->query.tile), *mean = let(a->b, "mean", load(a, in(d, NULL, i))),
              *j = loop(a, "j", val_int(a->key.tile), SERIAL);
    store(a, in(dp, j, i),
          both(CALL_MUL, load(a, in(p, j, i)), both(CALL_SUB, load(a, in(dp, j, i)), mean)));
    a->b->out = out;
}

static void build_backward(Attention *a)
{
    Build *b = a->b;
    Node *dq = made(a, "attention_dq"), *dk = made(a, "attention_dk"),
         *dv = made(a, "attention_dv");
    const long heads = a->heads / a->shared, tile = a->query.tile;
    open_unit(a, heads, &a->of_keys);
    const Local q_turned = local(a, "q_turned", a->each, tile),
                q = local(a, "q_scaled", tile, up(a->each, BLOCK_MIN)),
                dy_turned = local(a, "dy_turned", a->values, tile),
                dy = local(a, "dy", tile, up(a->values, BLOCK_MIN));
    const Local p = local(a, "weights", a->key.tile, tile), ds = local(a, "ds", a->key.tile, tile);
    const Local rows = local(a, "row_sums", 1, tile), d = local(a, "means", 1, tile),
                sums = local(a, "result", tile, up(a->each, BLOCK_MIN));
    zero_keys(a, dk, a->each), zero_keys(a, dv, a->values);
    if (a->query.tiles * tile > a->query.all) {
        fill(a, &q_turned, a->each, 0), fill(a, &q, tile, 0);
        fill(a, &dy_turned, a->values, 0), fill(a, &dy, tile, 0);
    }
    const Val *group = serial(a, "group", a->shared);
    a->head = a->shared == 1 ? a->of_keys : let(b, "head", position(a->of_keys, a->shared, group));
    open_query_tiles(a);
    StmtList *out = b->out;
    take_queries(a, a->q, a->each, &q_turned, &q, scale_of(a));
    take_queries(a, a->gy, a->values, &dy_turned, &dy, NULL);
    take_rows(a, &rows, &d);
    fill(a, &sums, tile, 0);
    open_keys(a);
    score(a, a->k, a->each, &q_turned, &p);
    mask(a, &p);
    weigh_again(a, &p, &rows);
    if (dv) add_queries(a, &p, &dy, dv, a->values);
    if (dq || dk) {
        score(a, a->v, a->values, &dy_turned, &ds);
        slope(a, &p, &ds, &d);
    }
    if (dk) add_queries(a, &ds, &q, dk, a->each);
    if (dq) add_values(a, &ds, a->k, a->each, &sums);
    b->out = out;
    if (dq) store_result(a, dq, a->each, &sums, NULL);
}

void build_attention(Build *b)
{
    Attention a = attention_of(b);
    if (a.gy) build_backward(&a);
    else build_forward(&a);
    for (int i = 0; i < b->x->stores.n && !b->k->target->launches; i++) {
        StmtList *one = open_one(b);
        zero_padding(b, one, b->x->stores.at[i], false);
        if (!one->n) b->l->body.n--;
    }
}
