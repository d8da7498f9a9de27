/* attention_scores.c -- which keys a query sees, and which weights are dropped.

   1. The scores of keys that a query does not see become -inf. Rule, a row of a table, has three
      functions: whether the attention has the rule, whether it hides anything in the tile at hand,
      and whether it hides key j from query i.
   2. Tiles in which no query sees a key are left out: the loop over tiles has bounds. */
#include <math.h>
#include "lower/attention.h"

static double option(const Attention *a, const char *name)
{
    return node_attr(a->b->x->core, name);
}

/* ---- tensors ---- */
void open_options(Attention *a)
{
    if (a->given[LENGTHS])
        a->length = let(a->b, "length", load_from(a, of_pair(a, a->given[LENGTHS], NULL, NULL)));
    if (a->given[DOCUMENTS]) a->documents = local_new(a, "document", 1, a->query.tile);
    open_bias(a);
}

void take_options(const Attention *a)
{
    StmtList *out = a->b->out;
    if (!a->given[DOCUMENTS]) return;
    if (a->query.tiles * a->query.tile > a->query.all) fill(a, &a->documents, 1, 0);
    const Val *i = turns(a, "i", a->query.tile);
    only_real(a, i);
    store_to(a, local_at(&a->documents, NULL, i),
             load_from(a, of_position(a, a->given[DOCUMENTS], a->at, &a->query, i)));
    a->b->out = out;
}

/* ---- rule 1 ---- */
typedef struct {
    const Val *first, *last;
} Span; /* positions of a tile */
typedef struct {
    bool (*has)(const Attention *a);
    const Val *(*crosses)(const Attention *a, const Span *query, const Span *key);
    const Val *(*hides)(const Attention *a, const Val *i, const Val *j);
} Rule;

static const Val *real_of(const Val *index) { return val_call(CALL_REAL, index, NULL, NULL); }

static const Val *query_at(const Attention *a, const Val *i)
{
    return position(a->at, a->query.tile, i);
}

static const Val *key_at(const Attention *a, const Val *j)
{
    return position(a->from, a->key.tile, j);
}

static const Val *width_of(const Attention *a) { return val_int((long)option(a, "window")); }

/* causal: keys after the query */
static bool has_later(const Attention *a) { return option(a, "causal") > 0; }

static const Val *crosses_later(const Attention *a, const Span *query, const Span *key)
{
    (void)a;
    return both(CALL_GT, key->last, query->first);
}

static const Val *hides_later(const Attention *a, const Val *i, const Val *j)
{
    return both(CALL_LT, real_of(query_at(a, i)), real_of(key_at(a, j)));
}

/* window: keys too far before the query */
static bool has_before(const Attention *a) { return option(a, "window") > 0; }

static const Val *crosses_before(const Attention *a, const Span *query, const Span *key)
{
    return both(CALL_GE, query->last, both(CALL_ADD, key->first, width_of(a)));
}

static const Val *hides_before(const Attention *a, const Val *i, const Val *j)
{
    return both(CALL_GE, real_of(query_at(a, i)),
                real_of(both(CALL_ADD, key_at(a, j), width_of(a))));
}

/* window without causal: keys too far after it */
static bool has_behind(const Attention *a) { return has_before(a) && !has_later(a); }

static const Val *crosses_behind(const Attention *a, const Span *query, const Span *key)
{
    return both(CALL_GE, key->last, both(CALL_ADD, query->first, width_of(a)));
}

static const Val *hides_behind(const Attention *a, const Val *i, const Val *j)
{
    return both(CALL_LE, real_of(query_at(a, i)),
                real_of(both(CALL_SUB, key_at(a, j), width_of(a))));
}

/* lengths: keys that are not valid */
static bool has_beyond(const Attention *a) { return a->given[LENGTHS]; }

static const Val *crosses_beyond(const Attention *a, const Span *query, const Span *key)
{
    (void)query;
    return both(CALL_GE, real_of(key->last), a->length);
}

static const Val *hides_beyond(const Attention *a, const Val *i, const Val *j)
{
    (void)i;
    return both(CALL_GE, real_of(key_at(a, j)), a->length);
}

static const Val *crosses_always(const Attention *a, const Span *query, const Span *key)
{
    (void)a, (void)query, (void)key;
    return val_int(1);
}

/* mask: where it is 0 */
static bool has_masked(const Attention *a) { return a->given[MASK]; }

static const Val *hides_masked(const Attention *a, const Val *i, const Val *j)
{
    const Val *may = let(a->b, "may", load_from(a, of_pair(a, a->given[MASK], i, j)));
    return both(CALL_EQ, may, val_number(0));
}

/* A mask of queries is no vector of neighbours: the target takes one query after another. */
static bool differs_by_query(const Attention *a)
{
    return has_masked(a) && a->given[MASK]->shape.dim[2] > 1;
}

/* documents: keys of others */
static bool has_others(const Attention *a) { return a->given[DOCUMENTS]; }

static const Val *hides_others(const Attention *a, const Val *i, const Val *j)
{
    const Val *mine = let(a->b, "mine", load_from(a, local_at(&a->documents, NULL, i)));
    const At at = of_position(a, a->given[DOCUMENTS], a->from, &a->key, j);
    return both(CALL_NE, mine, let(a->b, "other", load_from(a, at)));
}

static const Rule rules[] = {
    { has_later, crosses_later, hides_later },    { has_before, crosses_before, hides_before },
    { has_behind, crosses_behind, hides_behind }, { has_beyond, crosses_beyond, hides_beyond },
    { has_masked, crosses_always, hides_masked }, { has_others, crosses_always, hides_others },
};
enum { RULES = sizeof rules / sizeof *rules };

static Span span_of(const Val *tile, long size)
{
    return (Span) { position(tile, size, val_int(0)), position(tile, size, val_int(size - 1)) };
}

static bool is_number(const Val *v, double x)
{
    return v->kind == VAL_NUMBER && v->number >= x && v->number <= x;
}

/* Whether rules hide anything in the tile at hand; `in` gets those that may. */
static const Val *crosses(const Attention *a, bool in[RULES])
{
    const Span query = span_of(a->at, a->query.tile), key = span_of(a->from, a->key.tile);
    const Val *any = NULL;
    for (int r = 0; r < RULES; r++) {
        in[r] = rules[r].has(a);
        if (!in[r]) continue;
        const Val *own = rules[r].crosses(a, &query, &key);
        in[r] = !is_number(own, 0);
        if (!in[r] || (any && any->kind == VAL_NUMBER)) continue;
        any = !any || own->kind == VAL_NUMBER ? own : both(CALL_OR, any, own);
    }
    return any;
}

void mask(const Attention *a, const Local *scores)
{
    bool in[RULES];
    Build *b = a->b;
    StmtList *out = b->out;
    const Val *any = crosses(a, in);
    if (!any) return;
    if (any->kind != VAL_NUMBER) {
        Stmt *s = stmt_new(out, STMT_IF);
        s->value = any, b->out = &s->body;
    }
    const Val *i = (differs_by_query(a) ? turns : lane_turns)(a, "i", a->query.tile);
    if (differs_by_query(a)) only_real(a, i);
    const Val *j = loop_of(a, "j", val_int(a->key.tile), SERIAL), *hidden[RULES] = { 0 };
    for (int r = 0; r < RULES; r++)
        if (in[r]) hidden[r] = rules[r].hides(a, i, j);
    const Val *x = let(b, "x", load_from(a, local_at(scores, j, i)));
    for (int r = 0; r < RULES; r++)
        if (in[r]) x = choose(hidden[r], val_number(-INFINITY), x);
    store_to(a, local_at(scores, j, i), x);
    b->out = out;
}

/* ---- dropout ---- */
const Val *kept(const Attention *a, const Val *i, const Val *j)
{
    Build *b = a->b;
    const Node *noise = a->given[NOISE];
    if (!noise) return NULL;
    const double p = option(a, "drop");
    const Val *row = position(a->head, a->query.all, query_at(a, i)),
              *at = position(row, a->key.all, key_at(a, j));
    const Val *u = let(b, "u", val_call(CALL_UNIFORM, a->n, argument_of(b, noise), at));
    return choose(both(CALL_LT, u, val_number(p)), val_number(0), val_number(1 / (1 - p)));
}

void drop(const Attention *a, const Local *weights)
{
    StmtList *out = a->b->out;
    if (!a->given[NOISE]) return;
    if (!a->gy) {
        Stmt *s = stmt_new(out, STMT_IF);
        s->value = val_run(RUN_TRAINING, AS_BOOL), a->b->out = &s->body;
    }
    const Val *i = lane_turns(a, "i", a->query.tile),
              *j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    const Val *by = kept(a, i, j);
    store_to(a, local_at(weights, j, i), both(CALL_MUL, load_from(a, local_at(weights, j, i)), by));
    a->b->out = out;
}

/* ---- rule 2 ---- */
/* The tiles up to position `end`, or all. */
static const Val *tiles_to(const Attention *a, const Val *end)
{
    const Val *past = both(CALL_ADD, end, val_int(a->key.tile - 1));
    return both(CALL_MIN, both(CALL_IDIV, past, val_int(a->key.tile)), val_int(a->key.tiles));
}

/* Keys that the last query of the tile sees end here; NULL: all. */
static const Val *end_of(const Attention *a)
{
    const Val *after = both(CALL_MUL, both(CALL_ADD, a->at, val_int(1)), val_int(a->query.tile));
    if (has_later(a)) return after;
    return has_behind(a) ? both(CALL_ADD, after, both(CALL_SUB, width_of(a), val_int(1))) : NULL;
}

/* The tile of the first key that the first query of the tile sees. */
static const Val *tile_from(const Attention *a)
{
    if (!has_before(a)) return val_int(0);
    const Val *first = both(CALL_MUL, a->at, val_int(a->query.tile));
    const Val *key = both(CALL_SUB, both(CALL_ADD, first, val_int(1)), width_of(a));
    return both(CALL_IDIV, both(CALL_MAX, key, val_int(0)), val_int(a->key.tile));
}

void open_keys(Attention *a)
{
    Build *b = a->b;
    a->from = val_int(0);
    if (a->key.tiles == 1) return;
    const Val *end = end_of(a), *to = end ? tiles_to(a, end) : val_int(a->key.tiles);
    if (a->length) {
        const Val *valid = tiles_to(a, val_call(CALL_INT, a->length, NULL, NULL));
        to = end ? both(CALL_MIN, to, valid) : valid;
    }
    const int var = loops_var(b->l, "k", AS_INT);
    b->out = open_range(b, b->out, var, tile_from(a), to, SERIAL);
    a->from = val_var(b->l, var);
}
