/* intervals.c -- from where to where an index runs, and its value for given loops. */
#include "ir/intervals.h"

static long least(long a, long b) { return a < b ? a : b; }
static long most(long a, long b) { return a > b ? a : b; }
static long near(long x) { return most(-FAR, least(x, FAR)); }
static long times(long a, long b) { return near(a * b); } /* of numbers that are near */

/* ---- intervals ---- */
static const Interval anything = { -FAR, FAR };

static Interval product(Interval a, Interval b)
{
    const long x[] = { times(a.lo, b.lo), times(a.lo, b.hi), times(a.hi, b.lo), times(a.hi, b.hi) };
    return (Interval) { least(least(x[0], x[1]), least(x[2], x[3])),
                        most(most(x[0], x[1]), most(x[2], x[3])) };
}

static Interval remainder_of(Interval a, long by)
{
    if (a.lo >= 0 && a.hi < by) return a;
    return (Interval) { a.lo >= 0 ? 0 : most(a.lo, 1 - by), a.hi <= 0 ? 0 : least(a.hi, by - 1) };
}

static const Val *resolved(const Known *k, const Val *v)
{
    while (v->kind == VAL_VAR && k->is[v->id]) v = k->is[v->id];
    return v;
}

/* x, where the condition c holds and speaks of v. */
static Interval under(const Known *k, const Val *c, const Val *v, Interval x)
{
    c = resolved(k, c);
    if (c->kind != VAL_CALL || c->n != 2) return x;
    if (c->id == CALL_AND) return under(k, c->arg[1], v, under(k, c->arg[0], v, x));
    if (!val_same(resolved(k, c->arg[0]), resolved(k, v))) return x;
    const Interval b = interval_of(k, c->arg[1]);
    if (c->id == CALL_LT || c->id == CALL_LE) x.hi = least(x.hi, b.hi - (c->id == CALL_LT));
    if (c->id == CALL_GT || c->id == CALL_GE) x.lo = most(x.lo, b.lo + (c->id == CALL_GT));
    if (c->id == CALL_EQ) x = (Interval) { most(x.lo, b.lo), least(x.hi, b.hi) };
    return x;
}

static Interval either(Interval a, Interval b)
{
    return (Interval) { least(a.lo, b.lo), most(a.hi, b.hi) };
}

static Interval called(const Known *k, const Val *v)
{
    if (v->id == CALL_ROW) return (Interval) { 0, FAR };
    if (v->id == CALL_SELECT)
        return either(under(k, v->arg[0], v->arg[1], interval_of(k, v->arg[1])),
                      interval_of(k, v->arg[2]));
    const Interval a = v->n ? interval_of(k, v->arg[0]) : anything,
                   b = v->n > 1 ? interval_of(k, v->arg[1]) : anything;
    switch (v->id) {
        case CALL_NEG:
            return (Interval) { -a.hi, -a.lo };
        case CALL_ADD:
            return (Interval) { near(a.lo + b.lo), near(a.hi + b.hi) };
        case CALL_SUB:
            return (Interval) { near(a.lo - b.hi), near(a.hi - b.lo) };
        case CALL_MUL:
            return product(a, b);
        case CALL_IDIV:
            return b.lo > 0 && b.lo == b.hi ? (Interval) { a.lo / b.lo, a.hi / b.lo } : anything;
        case CALL_MOD:
            return b.lo > 0 && b.lo == b.hi ? remainder_of(a, b.lo) : anything;
        case CALL_MIN:
            return (Interval) { least(a.lo, b.lo), least(a.hi, b.hi) };
        case CALL_MAX:
            return (Interval) { most(a.lo, b.lo), most(a.hi, b.hi) };
        default:
            return anything;
    }
}

Interval interval_of(const Known *k, const Val *v)
{
    switch (v->kind) {
        case VAL_NUMBER:
            return v->number > -FAR && v->number < FAR
                       ? (Interval) { (long)v->number, (long)v->number }
                       : anything;
        case VAL_VAR:
            return k->of[v->id];
        case VAL_RUN:
            return v->id <= RUN_SAMPLES || v->id >= RUN_ARG ? (Interval) { 0, FAR } : anything;
        case VAL_LOAD:
            return anything;
        default:
            return called(k, v);
    }
}

bool depends_on_data(const Known *k, const Val *v)
{
    if (v->kind == VAL_LOAD) return true;
    if (v->kind == VAL_VAR) return k->data[v->id];
    bool data =
        v->kind == VAL_CALL && (v->id == CALL_ROW || v->id == CALL_INT || v->id == CALL_UNIFORM);
    for (int i = 0; i < v->n; i++) data |= depends_on_data(k, v->arg[i]);
    return data;
}

static void narrow(Known *k, const Val *c)
{
    for (int i = 0; i < k->around->n; i++) {
        const Bind *b = &k->around->at[i];
        if (b->kind == BIND_IF) continue;
        const Val v = { .kind = VAL_VAR,
                        .type = k->around->k->vars.at[b->var]->type,
                        .id = b->var };
        k->of[b->var] = under(k, c, &v, k->of[b->var]);
    }
}

Known known_of(const Around *a)
{
    const int n = a->k->vars.n;
    Known k = { a, NEW_ARRAY(Interval, n), NEW_ARRAY(const Val *, n), NEW_ARRAY(bool, n),
                NEW_ARRAY(long, n) };
    for (int i = 0; i < n; i++) k.of[i] = anything;
    for (int i = 0; i < a->n; i++) {
        const Bind *b = &a->at[i];
        if (b->kind == BIND_RANGE) k.of[b->var] = (Interval) { 0, b->extent - 1 };
        else if (b->kind == BIND_LOOP)
            k.of[b->var] =
                (Interval) { interval_of(&k, b->from).lo, interval_of(&k, b->to).hi - 1 };
        else if (b->kind == BIND_LET)
            k.of[b->var] = interval_of(&k, b->from), k.data[b->var] = depends_on_data(&k, b->from),
            k.is[b->var] = b->from;
        else narrow(&k, b->from);
    }
    return k;
}

/* ---- values ---- */
static bool both_now(const Known *k, const Val *v, long x[2])
{
    const bool first = value_now(k, v->arg[0], &x[0]),
               second = v->n < 2 || value_now(k, v->arg[1], &x[1]);
    if (first && second) return true;
    if (v->id == CALL_AND || v->id == CALL_OR) {
        const long decides = v->id == CALL_OR;
        if ((first && !x[0] == !decides) || (second && !x[1] == !decides))
            return x[0] = x[1] = decides, true;
    }
    return false;
}

static bool select_now(const Known *k, const Val *v, long *value)
{
    long c;
    return value_now(k, v->arg[0], &c) && value_now(k, v->arg[c ? 1 : 2], value);
}

static bool call_now(const Known *k, const Val *v, long *value)
{
    long x[2] = { 0 };
    if (v->id == CALL_SELECT) return select_now(k, v, value);
    if (v->id > CALL_MOD && v->id != CALL_MIN && v->id != CALL_MAX) return false;
    if (!both_now(k, v, x) || ((v->id == CALL_IDIV || v->id == CALL_MOD) && !x[1])) return false;
    const double a[3] = { (double)x[0], (double)x[1] };
    *value = (long)call_value((Call)v->id, a);
    return true;
}

bool value_now(const Known *k, const Val *v, long *value)
{
    switch (v->kind) {
        case VAL_NUMBER:
            return *value = (long)v->number, v->number > -FAR && v->number < FAR;
        case VAL_VAR:
            if (k->is[v->id]) return !k->data[v->id] && value_now(k, k->is[v->id], value);
            return *value = k->now[v->id], true;
        case VAL_CALL:
            return call_now(k, v, value);
        default:
            return false;
    }
}

/* ---- all turns ---- */
long length_of(const Val *from, const Val *to)
{
    if (to->kind != VAL_CALL) return -1;
    if (to->id == CALL_MIN) {
        const long a = length_of(from, to->arg[0]);
        return a >= 0 ? a : length_of(from, to->arg[1]);
    }
    return to->id == CALL_ADD && val_same(to->arg[0], from) && to->arg[1]->kind == VAL_NUMBER
               ? (long)to->arg[1]->number
               : -1;
}

typedef struct {
    Known *k;
    const Access *access;
    bool *needs;
    Each *each;
    void *context;
} Run;

static void need(const Run *r, const Val *v)
{
    if (v->kind == VAL_VAR && !r->needs[v->id]) {
        r->needs[v->id] = true;
        if (r->k->is[v->id]) need(r, r->k->is[v->id]);
    }
    for (int i = 0; i < v->n; i++) need(r, v->arg[i]);
}

/* A condition on what is known is asked. */
static bool is_asked(const Known *k, const Val *c)
{
    if (c->kind == VAL_RUN || c->kind == VAL_LOAD) return false;
    if (c->kind == VAL_VAR && k->is[c->id]) return is_asked(k, k->is[c->id]);
    if (c->kind == VAL_VAR) return k->around->k->vars.at[c->id]->type == AS_INT;
    bool asked = true;
    for (int i = 0; i < c->n; i++) asked &= is_asked(k, c->arg[i]);
    return asked;
}

/* A loop that may have no turn: then nothing in it is touched, whether its variable matters or
   not. */
static bool may_be_empty(const Known *k, const Bind *b)
{
    if (b->kind != BIND_LOOP || length_of(b->from, b->to) > 0 || !is_asked(k, b->from) ||
        !is_asked(k, b->to))
        return false;
    return interval_of(k, b->to).lo <= interval_of(k, b->from).hi;
}

static void need_all(const Run *r, bool units)
{
    const Around *a = r->k->around;
    for (int i = 0; i < r->access->at->n; i++)
        if (!depends_on_data(r->k, r->access->at->term[i].index))
            need(r, r->access->at->term[i].index);
    for (int i = 0; i < a->n; i++) {
        if (units && a->at[i].unit) r->needs[a->at[i].var] = true;
        if (a->at[i].kind == BIND_IF && is_asked(r->k, a->at[i].from)) need(r, a->at[i].from);
    }
    for (int i = a->n; i-- > 0;)
        if (a->at[i].kind == BIND_LOOP && (r->needs[a->at[i].var] || may_be_empty(r->k, &a->at[i])))
            need(r, a->at[i].from), need(r, a->at[i].to);
}

static long box_size(const Stmt *s, bool write)
{
    long n = 1;
    for (int i = 0; write && s->kind == STMT_ZERO && i < s->n; i++) n = times(n, s->side[i].extent);
    return n;
}

static long turns_of(const Run *r)
{
    long n = box_size(r->access->stmt, r->access->write);
    for (int i = 0; i < r->k->around->n; i++) {
        const Bind *b = &r->k->around->at[i];
        if (b->kind > BIND_RANGE || !r->needs[b->var]) continue;
        const Interval x = r->k->of[b->var];
        const long length = b->kind == BIND_LOOP ? length_of(b->from, b->to) : -1,
                   all = most(near(x.hi - x.lo + 1), 0);
        n = times(n, length >= 0 ? least(length, all) : all);
    }
    return n;
}

static void run_box(const Run *r, int side, long at, bool frame, bool inside)
{
    const Stmt *s = r->access->stmt;
    if (side == s->n) {
        if (inside || !frame) r->each(r->context, r->k, at);
        return;
    }
    const Side *x = &s->side[side];
    for (long i = 0; i < x->extent; i++)
        run_box(r, side + 1, at + i * x->stride, frame | (x->before || x->after),
                inside | (i < x->before) | (i >= x->extent - x->after));
}

static void run_element(const Run *r)
{
    const At *at = r->access->at;
    long element = at->base;
    for (int i = 0; i < at->n; i++) {
        long x;
        if (!depends_on_data(r->k, at->term[i].index) && value_now(r->k, at->term[i].index, &x))
            element += x * at->term[i].stride;
    }
    if (r->access->write && r->access->stmt->kind == STMT_ZERO)
        run_box(r, 0, element, false, false);
    else r->each(r->context, r->k, element);
}

/* From the first turn to the last; a bound that the run decides is taken as wide as it can be. */
static void run_from(const Run *r, int i)
{
    if (i == r->k->around->n) {
        run_element(r);
        return;
    }
    const Bind *b = &r->k->around->at[i];
    long from = 0, to;
    if (b->kind == BIND_IF && is_asked(r->k, b->from) && value_now(r->k, b->from, &to) && !to)
        return;
    if (b->kind > BIND_RANGE || !r->needs[b->var]) {
        const bool empty = may_be_empty(r->k, b) && value_now(r->k, b->from, &from) &&
                           value_now(r->k, b->to, &to) && to <= from;
        if (!empty) run_from(r, i + 1);
        return;
    }
    if (b->kind == BIND_RANGE) to = b->extent;
    else {
        if (!value_now(r->k, b->from, &from)) from = r->k->of[b->var].lo;
        if (!value_now(r->k, b->to, &to)) to = interval_of(r->k, b->to).hi;
        to = least(to, r->k->of[b->var].hi + 1);
    }
    for (long x = from; x < to; x++) r->k->now[b->var] = x, run_from(r, i + 1);
}

bool accesses_run(Known *k, const Access *p, bool units, long limit, Each *each, void *context)
{
    const Run r = { k, p, NEW_ARRAY(bool, k->around->k->vars.n), each, context };
    need_all(&r, units);
    if (turns_of(&r) > limit) return false;
    run_from(&r, 0);
    return true;
}
