/* linear.c -- makes indices simpler, knowing from where to where variables run.

   1. An index is a sum of multiples: (i * 8 + j) * 2 is i * 16 + j * 2. What is no sum, such as a
      quotient, is one summand.
   2. A quotient takes out the multiples of its divisor if what is left is in 0 .. divisor - 1, or
      is not below 0: (i * 8 + j) / 8 is i. A remainder drops them. Both ask that the whole is
      not below 0, since C rounds towards zero.
   3. A divisor and the summands lose a common factor: (i * 8 + j) / 16 is i / 2. A quotient of a
      quotient is one, and so is a quotient of a remainder: x % 12 / 4 is x / 4 % 3.
   4. A quotient and its remainder meet again: x / 8 * 8 + x % 8 is x, and
      x / 8 % 4 * 8 + x % 8 is x % 32.
   5. A comparison that the intervals decide is left out.
   6. The result replaces an index only if it is smaller: an operation counts 1, a division 4. */
#include <stdlib.h>
#include "ir/linear.h"

enum { SUMMANDS = 24, DEEP = 12 };
typedef struct {
    const Val *index;
    long by;
} Summand;
typedef struct {
    int n;
    long constant;
    Summand at[SUMMANDS];
    bool wide; /* there are too many summands: it says nothing */
} Sum;

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }
static bool is_index(const Val *v) { return v->type == AS_INT || v->type == AS_LONG; }
static bool is_number(const Val *v) { return v->kind == VAL_NUMBER; }
static const Val *both(Call call, const Val *a, const Val *b) { return val_call(call, a, b, NULL); }

/* ---- sums ---- */
static Sum sum_of(const Known *k, const Val *v, int deep);
static Sum lone(const Val *v) { return (Sum) { .n = 1, .at = { { v, 1 } } }; }

static void add_one(Sum *to, const Val *index, long by)
{
    int i = 0;
    while (i < to->n && !val_same(to->at[i].index, index)) i++;
    if (i == SUMMANDS) {
        to->wide = true;
        return;
    }
    if (i == to->n) to->at[to->n++] = (Summand) { index, 0 };
    to->at[i].by += by;
    if (to->at[i].by) return;
    for (to->n--; i < to->n; i++) to->at[i] = to->at[i + 1];
}

static void add_all(Sum *to, const Sum *more, long by)
{
    for (int i = 0; i < more->n; i++) add_one(to, more->at[i].index, more->at[i].by * by);
    to->constant += more->constant * by;
    to->wide |= more->wide;
}

static const Val *product(const Val *v, long by) { return both(CALL_MUL, v, val_int(by)); }

/* Large multiples first. */
static Sum ordered(const Sum *x)
{
    Sum out = *x;
    for (int i = 1; i < out.n; i++) {
        const Summand own = out.at[i];
        int at = i;
        for (; at > 0 && labs(out.at[at - 1].by) < labs(own.by); at--) out.at[at] = out.at[at - 1];
        out.at[at] = own;
    }
    return out;
}

/* 8 - i rather than -i + 8 */
static const Val *val_of(const Sum *given)
{
    const Sum own = ordered(given), *x = &own;
    const bool first = x->constant > 0 && x->n && x->at[0].by < 0;
    const Val *v = first || !x->n ? val_int(x->constant) : NULL;
    for (int i = 0; i < x->n; i++) {
        const long by = x->at[i].by;
        if (!v) v = product(x->at[i].index, by);
        else v = both(by < 0 ? CALL_SUB : CALL_ADD, v, product(x->at[i].index, labs(by)));
    }
    if (first || !x->n || !x->constant) return v;
    return both(x->constant < 0 ? CALL_SUB : CALL_ADD, v, val_int(labs(x->constant)));
}

static long near(long x) { return x < -FAR ? -FAR : x > FAR ? FAR : x; }

static Interval reach_of(const Known *k, const Sum *x)
{
    Interval r = { near(x->constant), near(x->constant) };
    for (int i = 0; i < x->n; i++) {
        const Interval one = interval_of(k, x->at[i].index);
        const long by = x->at[i].by, a = near(one.lo * by), b = near(one.hi * by);
        r.lo = near(r.lo + (by < 0 ? b : a)), r.hi = near(r.hi + (by < 0 ? a : b));
    }
    return r;
}

/* The index that x is, or NULL. */
static const Val *only_of(const Sum *x)
{
    return x->n == 1 && !x->constant && x->at[0].by == 1 ? x->at[0].index : NULL;
}

/* ---- quotients ---- */
static long below(long a, long by) { return a >= 0 ? a / by : -((by - 1 - a) / by); }

/* Takes the multiples of `by` out of x, so that what stays in x begins in 0 .. by - 1. */
static Sum multiples_out(const Known *k, Sum *x, long by)
{
    Sum out = { 0 }, rest = { .constant = x->constant, .wide = x->wide };
    for (int i = 0; i < x->n; i++) {
        Sum *to = x->at[i].by % by ? &rest : &out;
        to->at[to->n++] = (Summand) { x->at[i].index, to == &out ? x->at[i].by / by : x->at[i].by };
    }
    const long lo = reach_of(k, &rest).lo, turns = lo > -FAR ? below(lo, by) : 0;
    rest.constant -= turns * by, out.constant = turns;
    *x = rest;
    return out;
}

/* x as factor * high + low, low in 0 .. factor - 1, for the largest factor that divides `by`; 1:
   there is none */
static long factor_out(const Known *k, const Sum *x, long by, Sum *high, Sum *low)
{
    long best = 1;
    for (int i = 0; i < x->n; i++) {
        const long factor = labs(x->at[i].by);
        if (factor <= best || by % factor) continue;
        Sum rest = *x;
        const Sum out = multiples_out(k, &rest, factor);
        const Interval r = reach_of(k, &rest);
        if (r.lo < 0 || r.hi >= factor) continue;
        best = factor, *high = out, *low = rest;
    }
    return best;
}

/* natural: x is not below 0, whatever the intervals say */
static Sum quotient(const Known *k, const Sum *x, long by, bool natural, int deep);
static Sum remainder_of(const Known *k, const Sum *x, long by, bool natural, int deep);

/* Of what is not below 0 and has no multiples of `by`. */
static Sum rest_quotient(const Known *k, const Sum *x, long by, int deep)
{
    Sum high, low;
    const Interval r = reach_of(k, x);
    if (r.hi < by) return (Sum) { 0 };
    const long factor = factor_out(k, x, by, &high, &low);
    if (factor > 1) return quotient(k, &high, by / factor, true, deep);
    const Val *only = only_of(x);
    if (only && only->kind == VAL_CALL && only->n == 2 && is_number(only->arg[1])) {
        const long other = (long)only->arg[1]->number;
        const Sum inner = sum_of(k, only->arg[0], deep);
        if (is_call(only, CALL_IDIV) && other > 0)
            return quotient(k, &inner, by * other, false, deep);
        if (is_call(only, CALL_MOD) && other > 0 && other % by == 0) {
            const Sum part = quotient(k, &inner, by, false, deep);
            return remainder_of(k, &part, other / by, false, deep);
        }
    }
    return lone(both(CALL_IDIV, val_of(x), val_int(by)));
}

/* Whether x and what stays of it without the multiples of `by` are not below 0. */
static bool is_natural(const Known *k, const Sum *x, const Sum *rest, bool natural)
{
    return !x->wide && (natural || reach_of(k, x).lo >= 0) && reach_of(k, rest).lo >= 0;
}

static Sum quotient(const Known *k, const Sum *x, long by, bool natural, int deep)
{
    Sum rest = *x;
    if (by == 1) return *x;
    Sum out = multiples_out(k, &rest, by);
    if (deep == 0 || !is_natural(k, x, &rest, natural))
        return lone(both(CALL_IDIV, val_of(x), val_int(by)));
    const Sum more = rest_quotient(k, &rest, by, deep - 1);
    add_all(&out, &more, 1);
    return out;
}

static Sum remainder_of(const Known *k, const Sum *x, long by, bool natural, int deep)
{
    Sum rest = *x, high, low;
    if (by == 1) return (Sum) { 0 };
    multiples_out(k, &rest, by);
    if (deep == 0 || !is_natural(k, x, &rest, natural))
        return lone(both(CALL_MOD, val_of(x), val_int(by)));
    if (reach_of(k, &rest).hi < by) return rest;
    const long factor = factor_out(k, &rest, by, &high, &low);
    if (factor > 1) {
        const Sum more = remainder_of(k, &high, by / factor, true, deep - 1);
        add_all(&low, &more, factor);
        return low;
    }
    const Val *only = only_of(&rest);
    if (only && is_call(only, CALL_MOD) && is_number(only->arg[1]) &&
        (long)only->arg[1]->number % by == 0) {
        const Sum inner = sum_of(k, only->arg[0], deep - 1);
        return remainder_of(k, &inner, by, false, deep - 1);
    }
    return lone(both(CALL_MOD, val_of(&rest), val_int(by)));
}

/* ---- a quotient beside its remainder ---- */
/* Of the summand `by` * index, or with `size`, of `by` * (index % size), whose size it finds. */
static int summand_of(const Sum *x, const Val *index, long by, long *size)
{
    for (int i = 0; i < x->n; i++) {
        const Val *v = x->at[i].index;
        const bool part = size && is_call(v, CALL_MOD) && is_number(v->arg[1]);
        if (x->at[i].by != by || !val_same(part ? v->arg[0] : v, index)) continue;
        if (part) *size = (long)v->arg[1]->number;
        if (part || !size) return i;
    }
    return -1;
}

static bool meet(const Known *k, Sum *x, int at)
{
    const Val *v = x->at[at].index;
    if (!is_call(v, CALL_MOD) || !is_number(v->arg[1])) return false;
    const long by = x->at[at].by, size = (long)v->arg[1]->number;
    const Sum inner = sum_of(k, v->arg[0], DEEP), part = quotient(k, &inner, size, false, DEEP);
    const Val *quotient = val_of(&part);
    long more = 0;
    int other = summand_of(x, quotient, by * size, NULL);
    if (other < 0) other = summand_of(x, quotient, by * size, &more);
    if (other < 0 || part.wide) return false;
    const Sum whole = more ? remainder_of(k, &inner, size * more, false, DEEP) : inner;
    Sum all = { .constant = x->constant };
    for (int i = 0; i < x->n; i++) {
        if (i == at) add_all(&all, &whole, by);
        else if (i != other) add_one(&all, x->at[i].index, x->at[i].by);
    }
    *x = all;
    return true;
}

static Sum met(const Known *k, Sum x)
{
    for (int i = 0; !x.wide && i < x.n; i++)
        if (meet(k, &x, i)) i = -1;
    return x;
}

/* ---- conditions ---- */
/* -1: the intervals of a and b do not decide */
static int decided(Call call, Interval a, Interval b)
{
    if (a.lo <= -FAR || a.hi >= FAR || b.lo <= -FAR || b.hi >= FAR) return -1;
    switch (call) {
        case CALL_LT:
            return a.hi < b.lo ? 1 : a.lo >= b.hi ? 0 : -1;
        case CALL_LE:
            return a.hi <= b.lo ? 1 : a.lo > b.hi ? 0 : -1;
        case CALL_GT:
            return decided(CALL_LT, b, a);
        case CALL_GE:
            return decided(CALL_LE, b, a);
        default:
            return -1;
    }
}

static const Val *truth(bool is)
{
    Val *v = NEW(Val);
    *v = (Val) { .kind = VAL_NUMBER, .type = AS_BOOL, .number = is };
    return v;
}

static const Val *condition(const Known *k, const Val *v, int deep);

static const Val *logic(const Known *k, const Val *v, int deep)
{
    const bool either = is_call(v, CALL_OR);
    const Val *a = condition(k, v->arg[0], deep), *b = condition(k, v->arg[1], deep);
    for (int i = 0; i < 2; i++) {
        const Val *one = i ? b : a;
        if (is_number(one)) return (one->number != 0) == either ? one : i ? a : b;
    }
    return a == v->arg[0] && b == v->arg[1] ? v : both((Call)v->id, a, b);
}

static const Val *condition(const Known *k, const Val *v, int deep)
{
    if (is_call(v, CALL_AND) || is_call(v, CALL_OR)) return logic(k, v, deep);
    if (v->kind != VAL_CALL || v->n != 2 || !is_index(v->arg[0]) || !is_index(v->arg[1])) return v;
    const int known = decided((Call)v->id, interval_of(k, v->arg[0]), interval_of(k, v->arg[1]));
    if (known >= 0) return truth(known);
    const Val *a = index_simpler(k, v->arg[0]), *b = index_simpler(k, v->arg[1]);
    return a == v->arg[0] && b == v->arg[1] ? v : both((Call)v->id, a, b);
}

/* ---- values ---- */
/* A choice between an index and a number: its quotient and its remainder are choices, too. */
static Sum chosen(const Known *k, const Val *v, Call call, long by, int deep)
{
    const Val *arm[2];
    for (int i = 0; i < 2; i++) {
        const Sum own = sum_of(k, v->arg[1 + i], deep),
                  x = (call == CALL_IDIV ? quotient : remainder_of)(k, &own, by, true, deep);
        arm[i] = val_of(&x);
    }
    return lone(val_call(CALL_SELECT, v->arg[0], arm[0], arm[1]));
}

static Sum divided(const Known *k, const Val *v, int deep)
{
    const long by = is_number(v->arg[1]) ? (long)v->arg[1]->number : 0;
    if (by == -1 && is_call(v, CALL_IDIV)) {
        Sum x = { 0 };
        const Sum own = sum_of(k, v->arg[0], deep);
        add_all(&x, &own, -1);
        return x;
    }
    if (by <= 0) return lone(v);
    const Sum x = sum_of(k, v->arg[0], deep);
    const bool natural = interval_of(k, v->arg[0]).lo >= 0;
    const Val *only = only_of(&x);
    if (only && is_call(only, CALL_SELECT) && natural)
        return chosen(k, only, (Call)v->id, by, deep);
    return (is_call(v, CALL_IDIV) ? quotient : remainder_of)(k, &x, by, natural, deep);
}

static Sum called(const Known *k, const Val *v, int deep)
{
    Sum x = { 0 };
    const bool product = is_call(v, CALL_MUL), negative = is_call(v, CALL_NEG);
    if (is_call(v, CALL_IDIV) || is_call(v, CALL_MOD)) return divided(k, v, deep);
    if (product && !is_number(v->arg[0]) && !is_number(v->arg[1])) return lone(v);
    if (!product && !negative && !is_call(v, CALL_ADD) && !is_call(v, CALL_SUB)) return lone(v);
    const bool first = product && is_number(v->arg[0]);
    const long by = product ? (long)v->arg[first ? 0 : 1]->number : negative ? -1 : 1;
    const Sum a = sum_of(k, v->arg[first ? 1 : 0], deep);
    add_all(&x, &a, by);
    if (!product && !negative) {
        const Sum b = sum_of(k, v->arg[1], deep);
        add_all(&x, &b, is_call(v, CALL_SUB) ? -1 : 1);
    }
    return met(k, x);
}

static Sum sum_of(const Known *k, const Val *v, int deep)
{
    if (is_number(v)) return (Sum) { .constant = (long)v->number };
    if (v->kind != VAL_CALL || !is_index(v) || deep == 0) return lone(v);
    return called(k, v, deep - 1);
}

static int cost_of(const Val *v)
{
    int cost = is_call(v, CALL_IDIV) || is_call(v, CALL_MOD) ? 4 : 1;
    for (int i = 0; i < v->n; i++) cost += cost_of(v->arg[i]);
    return cost;
}

const Val *index_simpler(const Known *k, const Val *v)
{
    if (v->type == AS_BOOL) return condition(k, v, DEEP);
    if (!is_index(v)) return v;
    const Sum x = sum_of(k, v, DEEP);
    if (x.wide) return v;
    const Val *simple = val_of(&x);
    return cost_of(simple) < cost_of(v) ? simple : v;
}

/* ---- places ---- */
static int term_cost(const Val *index, long by) { return cost_of(index) + (by == 1 ? 1 : 3); }

/* Whether the sum may be an index of dimension d of the array. */
static bool fits(const Known *k, const Layout *l, int d, const Sum *x)
{
    return !l || d == 0 || reach_of(k, x).hi < l->dims[d];
}

static void put_terms(const Known *k, At *to, const Sum *x, long stride)
{
    for (int i = 0; i < x->n && to->n < TERMS; i++) {
        const Val *index = x->constant ? val_of(x) : x->at[i].index;
        const long by = x->constant ? 1 : x->at[i].by, hi = interval_of(k, index).hi;
        to->term[to->n++] = (Term) { index, by * stride, hi > 0 && hi < FAR ? hi : 0 };
        if (x->constant) return;
    }
    if (x->n) return;
    if (x->constant >= 0) to->base += x->constant * stride;
    else to->term[to->n++] = (Term) { val_int(x->constant), stride, 0 };
}

/* The terms of at in dimension d, in no more operations, large strides first; false: there is no
   such sum. */
static bool dimension_simpler(const Known *k, const At *at, const Layout *l, int d, Sum *out)
{
    const long unit = l ? l->strides[d] : 1;
    int before = 0, after = 0;
    Sum x = { 0 };
    for (int i = 0; i < at->n; i++) {
        const Term *t = &at->term[i];
        if (l && layout_dim(l, t->stride) != d) continue;
        if (t->stride % unit) return false;
        const Sum own = sum_of(k, t->index, DEEP);
        add_all(&x, &own, t->stride / unit);
        before += term_cost(t->index, t->stride / unit);
    }
    x = met(k, x);
    *out = ordered(&x);
    for (int i = 0; i < out->n; i++) after += term_cost(out->at[i].index, out->at[i].by);
    return !out->wide && after <= before && fits(k, l, d, out);
}

void at_simpler(const Known *k, At *at)
{
    const Layout *l = k->around->k->formals.at[at->buffer]->layout;
    const At old = *at;
    At to = { .buffer = old.buffer, .base = old.base };
    bool done[8] = { false }, simpler = false;
    Sum x;
    for (int i = 0; i < old.n; i++) {
        const int d = l ? layout_dim(l, old.term[i].stride) : 0;
        if (done[d]) continue;
        done[d] = true;
        if (dimension_simpler(k, &old, l, d, &x)) {
            put_terms(k, &to, &x, l ? l->strides[d] : 1);
            simpler = true;
            continue;
        }
        for (int j = i; j < old.n; j++)
            if (!l || layout_dim(l, old.term[j].stride) == d) to.term[to.n++] = old.term[j];
    }
    if (simpler) *at = to;
}
