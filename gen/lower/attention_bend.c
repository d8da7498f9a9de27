/* attention_bend.c -- products become scores: bias, softcap and a formula, in this order.

   1. One pass over the tile computes score = formula(cap(product + bias)). Backward it also
      computes the slope, the derivative of the score in the product: each function is a factor.
   2. The bias of query i and key j is number i - j + keys - 1 of its head. A pair of tiles reads
      queries + keys - 1 numbers, which are copied to the unit's memory: there they are neighbours
      for neighbouring queries.
   3. The bias's gradient of a sample is ds, summed by distance; each number has one turn, which
      sums along a diagonal of the tile. Lua sums over samples.
   4. The formula is that of a map of the score, the positions of query and key from 0, and the
      head from 0; lets and attributes are its own. */
#include <string.h>
#include "lower/attention.h"

static Op *formula_in(const Attention *a)
{
    const int at = (int)node_attr(a->b->x->core, "score");
    return at ? a->b->k->g->ops->at.at[at - 1] : NULL;
}

/* ---- the formula ---- */
typedef struct {
    const Op *op;
    const Val *arg[4], *let[LETS], *y;
    int lets;
} Named;

static const Val *value_named(const void *context, const char *name)
{
    const Named *x = context;
    const Op *op = x->op;
    for (int i = 0; i < op->nargs; i++)
        if (!strcmp(op->arg[i], name)) return x->arg[i];
    for (int i = 0; i < x->lets; i++)
        if (!strcmp(op->let[i].name, name)) return x->let[i];
    for (int i = 0; i < op->nattrs; i++)
        if (!strcmp(op->attr[i], name)) return val_number(op->preset[i]);
    if (!strcmp(name, "y")) return x->y;
    if (!strcmp(name, "gy")) return val_number(1);
    if (!strcmp(name, "training")) return val_run(RUN_TRAINING, AS_BOOL);
    BUG("%s: a formula speaks of %s", op->name, name);
}

static const Val *real_of(const Val *index) { return val_call(CALL_REAL, index, NULL, NULL); }

static const Val *formula(const Attention *a, const Op *op, const Val *s, const Val *i,
                          const Val *j, const Val **slope)
{
    Build *b = a->b;
    const Val *query = real_of(position(a->at, a->query.tile, i)),
              *key = real_of(position(a->from, a->key.tile, j));
    Named x = { .op = op, .arg = { s, query, key, real_of(a->head) } };
    for (; x.lets < op->nlets; x.lets++)
        x.let[x.lets] = let(b, op->let[x.lets].name, value_of(op->let[x.lets].e, value_named, &x));
    x.y = let(b, "y", value_of(op->value, value_named, &x));
    if (slope) *slope = value_of(op->grad[0], value_named, &x);
    return x.y;
}

/* ---- the bias ---- */
/* Number `at` of the numbers of the tiles at hand is that number of the bias. */
static const Val *distance(const Attention *a, const Val *at)
{
    const Val *query = both(CALL_MUL, a->at, val_int(a->query.tile)),
              *key = both(CALL_MUL, a->from, val_int(a->key.tile));
    return both(CALL_ADD, both(CALL_SUB, query, key),
                both(CALL_ADD, at, val_int(a->key.all - a->key.tile)));
}

static long distances(const Attention *a) { return a->query.tile + a->key.tile - 1; }

/* The statements that follow are for numbers that exist. */
static void only_distances(const Attention *a, const Val *at)
{
    if (a->query.tiles * a->query.tile == a->query.all) return;
    Stmt *s = stmt_new(a->b->out, STMT_IF);
    s->value = both(CALL_LT, distance(a, at), val_int(a->query.all + a->key.all - 1));
    a->b->out = &s->body;
}

void open_bias(Attention *a)
{
    if (!a->given[BIAS]) return;
    a->bias = local_new(a, "bias", 1, round_up(distances(a), BLOCK_MIN));
    fill(a, &a->bias, 1, 0);
}

static void take_bias(const Attention *a)
{
    StmtList *out = a->b->out;
    if (!a->given[BIAS]) return;
    const Val *at = turns(a, "e", distances(a));
    only_distances(a, at);
    store_to(a, local_at(&a->bias, NULL, at),
             load_from(a, of_number(a, a->given[BIAS], distance(a, at))));
    a->b->out = out;
}

static const Val *bias_of(const Attention *a, const Val *i, const Val *j)
{
    At at = local_at(&a->bias, NULL, i);
    at.term[at.n++] = (Term) { j, -1, 0 };
    at.base += a->key.tile - 1;
    return load_from(a, at);
}

void zero_bias(const Attention *a, Node *to)
{
    StmtList *out = a->b->out;
    if (!to) return;
    const Val *at = turns(a, "e", to->shape.dim[2]);
    store_to(a, of_number(a, to, at), val_number(0));
    a->b->out = out;
}

void add_bias(const Attention *a, const Local *ds, Node *to)
{
    Build *b = a->b;
    StmtList *out = b->out;
    if (!to) return;
    const long queries = a->query.tile, keys = a->key.tile;
    const Val *at = turns(a, "e", distances(a)), *left = both(CALL_SUB, val_int(keys - 1), at);
    only_distances(a, at);
    StmtList *number = b->out;
    const int sum = variable(b, "sum", AS_REAL, val_number(0)), var = loops_var(b->l, "j", AS_INT);
    b->out =
        open_range(b, b->out, var, both(CALL_MAX, left, val_int(0)),
                   both(CALL_MIN, both(CALL_ADD, left, val_int(queries)), val_int(keys)), SERIAL);
    const Val *j = val_var(b->l, var), *i = both(CALL_SUB, j, left);
    fold_into(b, sum, FOLD_SUM, load_from(a, local_at(ds, j, i)));
    b->out = number;
    store_to(a, of_number(a, to, distance(a, at)), val_var(b->l, sum));
    number->at[number->n - 1]->beta = val_int(1);
    b->out = out;
}

/* ---- rule 1 ---- */
static const Val *capped(const Attention *a, double cap, const Val *s, const Val **slope)
{
    const Val *part = both(CALL_MUL, s, val_number(1 / cap)),
              *t = let(a->b, "t", val_call(CALL_TANH, part, NULL, NULL));
    if (slope) *slope = both(CALL_SUB, val_number(1), both(CALL_MUL, t, t));
    return both(CALL_MUL, val_number(cap), t);
}

void bend(const Attention *a, const Local *scores)
{
    Build *b = a->b;
    StmtList *out = b->out;
    const double cap = node_attr(b->x->core, "softcap");
    const Op *op = formula_in(a);
    const bool slopes = a->bends && a->gy;
    if (!a->bends && !a->given[BIAS]) return;
    take_bias(a);
    const Val *i = lane_turns(a, "i", a->query.tile),
              *j = loop_of(a, "j", val_int(a->key.tile), SERIAL);
    const Val *s = load_from(a, local_at(scores, j, i)), *slope = NULL, *own = NULL;
    if (a->given[BIAS]) s = both(CALL_ADD, s, bias_of(a, i, j));
    if (cap > 0) s = capped(a, cap, s, slopes ? &slope : NULL);
    if (op) s = formula(a, op, let(b, op->arg[0], s), i, j, slopes ? &own : NULL);
    store_to(a, local_at(scores, j, i), s);
    if (slope && own) slope = both(CALL_MUL, slope, own);
    if (slopes) store_to(a, local_at(&a->slopes, j, i), slope ? slope : own);
    b->out = out;
}
