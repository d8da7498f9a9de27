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
      dk = ds' q * scale and dv = p' dy (Dao et al., "FlashAttention", 2022, appendix B). If a
      score is no product, ds is multiplied by its slope.
   5. attention_scores.c has what options make of a score. A tile of keys that no query of the tile
      sees is skipped. */
#include <math.h>
#include "lower/attention.h"

/* ---- forward ---- */
/* Rule 3, for a tile of scores, which become exp(score - largest). */
static void weigh(const Attention *a, const Local *scores, const Local *largest, const Local *sum,
                  const Local *shrink)
{
    Build *b = a->b;
    StmtList *out = b->out;
    const Val *i = lane_turns(a, "i", a->query.tile),
              *old = let(b, "old", load_from(a, local_at(largest, NULL, i)));
    StmtList *query = b->out;
    const int most = variable(b, "peak", AS_REAL, old);
    const Val *j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    fold_into(b, most, FOLD_MAX, load_from(a, local_at(scores, j, i)));
    b->out = query;
    const Val *none = both(CALL_EQ, val_var(b->l, most), val_number(-INFINITY));
    const Val *base = let(b, "base", choose(none, val_number(0), val_var(b->l, most)));
    const Val *by = let(b, "by", val_call(CALL_EXP, both(CALL_SUB, old, base), NULL, NULL));
    const int total =
        variable(b, "total", AS_REAL, both(CALL_MUL, load_from(a, local_at(sum, NULL, i)), by));
    j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    const Val *p = let(
        b, "e",
        val_call(CALL_EXP, both(CALL_SUB, load_from(a, local_at(scores, j, i)), base), NULL, NULL));
    store_to(a, local_at(scores, j, i), p);
    fold_into(b, total, FOLD_SUM, p);
    b->out = query;
    store_to(a, local_at(largest, NULL, i), val_var(b->l, most));
    store_to(a, local_at(sum, NULL, i), val_var(b->l, total));
    store_to(a, local_at(shrink, NULL, i), by);
    b->out = out;
}

/* Every query's row of m, times its own factor. */
static void scale_rows(const Attention *a, const Local *m, const Local *factor)
{
    StmtList *out = a->b->out;
    const Val *i = turns(a, "i", a->query.tile), *d = lane_turns(a, "d", m->row);
    store_to(
        a, local_at(m, i, d),
        both(CALL_MUL, load_from(a, local_at(m, i, d)), load_from(a, local_at(factor, NULL, i))));
    a->b->out = out;
}

static void store_rows(const Attention *a, Node *rows, const Local *largest, const Local *sum)
{
    Build *b = a->b;
    StmtList *out = b->out;
    if (!rows || !is_stored(b->x, rows)) return;
    const Val *i = turns(a, "i", a->query.tile);
    only_real(a, i);
    const Val *total = let(b, "weight", load_from(a, local_at(sum, NULL, i))),
              *most = let(b, "peak", load_from(a, local_at(largest, NULL, i)));
    const Val *v = both(CALL_ADD, most, val_call(CALL_LOG, total, NULL, NULL));
    store_to(a, row_of(a, rows, i),
             choose(both(CALL_GT, total, val_number(0)), v, val_number(INFINITY)));
    b->out = out;
}

/* 1 / sum of each query, or 0 for one without a key */
static void invert(const Attention *a, const Local *sum, const Local *to)
{
    StmtList *out = a->b->out;
    const Val *i = lane_turns(a, "i", a->query.tile),
              *v = let(a->b, "weight", load_from(a, local_at(sum, NULL, i)));
    store_to(
        a, local_at(to, NULL, i),
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
    const Val *by = factor ? load_from(a, local_at(factor, NULL, at.i)) : scale_of(a);
    store_to(a, of_query(a, y, at.i, each, at.c, at.d),
             both(CALL_MUL, load_from(a, local_column(m, at.i, at.c, piece, at.d)), by));
    a->b->out = out;
}

static void build_forward(Attention *a)
{
    Build *b = a->b;
    Node *y = made_here(a, "attention"), *rows = made_here(a, "attention_rows");
    open_unit(a, a->heads, &a->head);
    a->of_keys =
        a->shared == 1 ? a->head : let(b, "of_keys", both(CALL_IDIV, a->head, val_int(a->shared)));
    const Local turned = local_new(a, "q_turned", a->each, a->query.tile),
                scores = local_new(a, "scores", a->key.tile, a->query.tile);
    const Local largest = local_new(a, "largest", 1, a->query.tile),
                sum = local_new(a, "weight", 1, a->query.tile),
                shrink = local_new(a, "shrink", 1, a->query.tile);
    const Local m = local_new(a, "result", a->query.tile, round_up(a->values, BLOCK_MIN));
    if (a->query.tiles * a->query.tile > a->query.all) fill(a, &turned, a->each, 0);
    open_options(a);
    open_query_tiles(a);
    StmtList *tile = b->out;
    take_options(a);
    take_queries(a, a->q, a->each, &turned, NULL, scale_of(a));
    fill(a, &largest, 1, -INFINITY), fill(a, &sum, 1, 0), fill(a, &m, a->query.tile, 0);
    open_keys(a);
    score(a, a->k, a->each, &turned, &scores);
    bend(a, &scores);
    mask(a, &scores);
    weigh(a, &scores, &largest, &sum, &shrink);
    if (a->key.tiles > 1) scale_rows(a, &m, &shrink);
    if (y) {
        drop(a, &scores);
        add_values(a, &scores, a->v, a->values, &m);
    }
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
    all.from = serial_turns(a, "k", a->key.tiles);
    const Val *j = turns(a, "i", a->key.tile),
              *c = piece < each ? turns(a, "c", each / piece) : val_int(0),
              *d = turns(a, "j", piece);
    store_to(a, of_key(&all, x, j, each, c, d), val_number(0));
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
    store_to(a, local_at(rows, NULL, i), load_from(a, row_of(a, a->rows, i)));
    const int sum = variable(b, "sum", AS_REAL, val_number(0));
    const Val *c = serial_turns(a, "c", a->values / piece),
              *j = loop_of(a, "j", val_int(piece), SERIAL);
    fold_into(b, sum, FOLD_SUM,
              both(CALL_MUL, load_from(a, of_query(a, a->gy, i, a->values, c, j)),
                   load_from(a, of_query(a, a->y, i, a->values, c, j))));
    b->out = query;
    store_to(a, local_at(d, NULL, i), val_var(b->l, sum));
    b->out = out;
}

/* scores become p */
static void weigh_again(const Attention *a, const Local *scores, const Local *rows)
{
    StmtList *out = a->b->out;
    const Val *i = lane_turns(a, "i", a->query.tile),
              *row = let(a->b, "row", load_from(a, local_at(rows, NULL, i))),
              *j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    store_to(
        a, local_at(scores, j, i),
        val_call(CALL_EXP, both(CALL_SUB, load_from(a, local_at(scores, j, i)), row), NULL, NULL));
    a->b->out = out;
}

/* dp becomes ds, and with dropout p the weights that v had */
static void slope(const Attention *a, const Local *p, const Local *dp, const Local *d)
{
    StmtList *out = a->b->out;
    const Val *i = lane_turns(a, "i", a->query.tile),
              *mean = let(a->b, "mean", load_from(a, local_at(d, NULL, i))),
              *j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    const Val *by = kept(a, i, j), *weight = load_from(a, local_at(p, j, i)),
              *of_weight = load_from(a, local_at(dp, j, i));
    if (by) by = let(a->b, "by", by), weight = let(a->b, "p", weight);
    if (by) of_weight = both(CALL_MUL, of_weight, by);
    const Val *ds = both(CALL_MUL, weight, both(CALL_SUB, of_weight, mean));
    if (a->bends) ds = both(CALL_MUL, ds, load_from(a, local_at(&a->slopes, j, i)));
    store_to(a, local_at(dp, j, i), ds);
    if (by) store_to(a, local_at(p, j, i), both(CALL_MUL, weight, by));
    a->b->out = out;
}

typedef struct {
    Node *dq, *dk, *dv, *dbias;       /* NULL: not needed */
    Local q_turned, q, dy_turned, dy; /* of the tile's queries */
    Local p, ds, rows, d, sums;       /* of rule 4; sums of dq */
} Backward;

static Backward backward_of(const Attention *a)
{
    const long tile = a->query.tile;
    Backward x = { .dq = made_here(a, "attention_dq"),
                   .dk = made_here(a, "attention_dk"),
                   .dv = made_here(a, "attention_dv"),
                   .dbias = made_here(a, "attention_dbias") };
    x.q_turned = local_new(a, "q_turned", a->each, tile);
    x.q = local_new(a, "q_scaled", tile, round_up(a->each, BLOCK_MIN));
    x.dy_turned = local_new(a, "dy_turned", a->values, tile);
    x.dy = local_new(a, "dy", tile, round_up(a->values, BLOCK_MIN));
    x.p = local_new(a, "weights", a->key.tile, tile);
    x.ds = local_new(a, "ds", a->key.tile, tile);
    x.rows = local_new(a, "row_sums", 1, tile), x.d = local_new(a, "means", 1, tile);
    x.sums = local_new(a, "result", tile, round_up(a->each, BLOCK_MIN));
    return x;
}

/* Queries beyond the last are zeros. */
static void zero_queries(const Attention *a, const Backward *x)
{
    const long tile = a->query.tile;
    if (a->query.tiles * tile == a->query.all) return;
    fill(a, &x->q_turned, a->each, 0), fill(a, &x->q, tile, 0);
    fill(a, &x->dy_turned, a->values, 0), fill(a, &x->dy, tile, 0);
}

static void take_tile(const Attention *a, const Backward *x)
{
    take_options(a);
    take_queries(a, a->q, a->each, &x->q_turned, &x->q, scale_of(a));
    take_queries(a, a->gy, a->values, &x->dy_turned, &x->dy, NULL);
    take_rows(a, &x->rows, &x->d);
    fill(a, &x->sums, a->query.tile, 0);
}

/* Of the tiles at hand: dropped weights are those of v. */
static void add_tile(const Attention *a, const Backward *x)
{
    const bool drops = a->given[NOISE];
    score(a, a->k, a->each, &x->q_turned, &x->p);
    bend(a, &x->p);
    mask(a, &x->p);
    weigh_again(a, &x->p, &x->rows);
    if (x->dv && !drops) add_queries(a, &x->p, &x->dy, x->dv, a->values);
    if (x->dq || x->dk || x->dbias) {
        score(a, a->v, a->values, &x->dy_turned, &x->ds);
        slope(a, &x->p, &x->ds, &x->d);
    } else {
        drop(a, &x->p);
    }
    if (x->dv && drops) add_queries(a, &x->p, &x->dy, x->dv, a->values);
    add_bias(a, &x->ds, x->dbias);
    if (x->dk) add_queries(a, &x->ds, &x->q, x->dk, a->each);
    if (x->dq) add_values(a, &x->ds, a->k, a->each, &x->sums);
}

static void build_backward(Attention *a)
{
    Build *b = a->b;
    open_unit(a, a->heads / a->shared, &a->of_keys);
    const Backward x = backward_of(a);
    if (a->bends) a->slopes = local_new(a, "slopes", a->key.tile, a->query.tile);
    zero_keys(a, x.dk, a->each), zero_keys(a, x.dv, a->values);
    zero_queries(a, &x);
    open_options(a);
    const Val *group = serial_turns(a, "group", a->shared);
    a->head = a->shared == 1 ? a->of_keys : let(b, "head", position(a->of_keys, a->shared, group));
    zero_bias(a, x.dbias);
    open_query_tiles(a);
    StmtList *out = b->out;
    take_tile(a, &x);
    open_keys(a);
    add_tile(a, &x);
    b->out = out;
    if (x.dq) store_result(a, x.dq, a->each, &x.sums, NULL);
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
