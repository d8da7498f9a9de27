/* interpret.c -- the reference interpreter of the loop IR.

   1. Every number is a double. Memory that nobody has written holds poison, a NaN that calls hand on; a store, an index or a condition that
      has it is an error. So is an index outside of its buffer. A load there gives poison: lanes after the end of an axis may do that,
      and `keep` drops it.
   2. Between two barriers a unit may not touch what another one writes, whatever their order, be it of the same kernel or not. Units of
      two kernels are the same if their loops have as many turns: one thread has both.
   3. What lanes fold into a variable from outside each turn folds from the start; a tree adds the turns up. */
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "interpret.h"
#include "ir/loops_text.h"

typedef struct {
    const Loops *k;
    Memory *const *actual;
    const Run *run;
    Order order;
    double *var;
    Memory **local;                     /* by formal: a local in sight, else NULL */
    uint64_t meeting, unit;             /* see Run; the number of the unit at hand, and of its loop's turns; 0: no unit */
    bool chained;                       /* the product's sum began with what the store would add to */
    const At *missing;                  /* the load that gave poison last, its element and whether there is one */
    long element; bool outside;
    jmp_buf out;
    const char *error;
} Machine;

/* ---- memory ---- */
static const uint64_t poison_bits = 0x7ff8dead0000dead;

static double poison(void)
{
    double x;
    memcpy(&x, &poison_bits, sizeof x);
    return x;
}

bool is_poison(double x) { return isnan(x) && !memcmp(&x, &poison_bits, sizeof x); }

void memory_poison(Memory *m)
{
    for (long i = 0; i < m->size; i++) m->at[i] = poison();
}

Memory *memory_new(double *at, long size, bool written)
{
    Memory *m = NEW(Memory);
    m->at = at ? at : NEW_ARRAY(double, size + 1), m->size = size;
    if (written) m->writer = NEW_ARRAY(uint64_t, size + 1), m->reader = NEW_ARRAY(uint64_t, size + 1);
    if (!at) memory_poison(m);
    return m;
}

#define fail(x, ...) ((x)->error = text(__VA_ARGS__), longjmp((x)->out, 1))

static double eval(Machine *x, const Val *v);

/* The poison came from here. */
static _Noreturn void blame(Machine *x, const char *where)
{
    if (!x->missing) fail(x, "nobody has written: %s", where);
    fail(x, "%s: %s element %ld, for %s", x->outside ? "an index out of range" : "nobody has written", at_shown(x->k, x->missing), x->element, where);
}

static long whole(Machine *x, const Val *v, const At *at)
{
    const double i = eval(x, v);
    if (is_poison(i)) blame(x, at ? at_shown(x->k, at) : val_shown(x->k, v));
    return (long)i;
}

static long element_of(Machine *x, const At *at)
{
    long e = at->base;
    for (int i = 0; i < at->n; i++) e += whole(x, at->term[i].index, at) * at->term[i].stride;
    return e;
}

static Memory *memory_of(const Machine *x, const At *at) { return x->local[at->buffer] ? x->local[at->buffer] : x->actual[at->buffer]; }

/* Notes that the unit at hand touches an element; what else touched it in this run is another's or its own. */
static void touch(Machine *x, Memory *m, const At *at, long e, bool write)
{
    if (!m->writer || x->local[at->buffer]) return;
    const uint64_t me = x->meeting << 32 | x->unit, writer = m->writer[e], reader = m->reader[e];
    const bool written = writer >> 32 == x->meeting && writer != me, read = write && reader >> 32 == x->meeting && reader != me;
    if (written || read) fail(x, "units race: %s element %ld is %s by one and %s by another", at_shown(x->k, at), e, write ? "written" : "read", written ? "written" : "read");
    if (write) m->writer[e] = me;
    else m->reader[e] = reader >> 32 == x->meeting && reader != me ? x->meeting << 32 | UINT32_MAX : me;
}

static double load(Machine *x, const At *at)
{
    Memory *m = memory_of(x, at);
    const long e = element_of(x, at);
    const bool outside = e < 0 || e >= m->size;
    const double v = outside ? poison() : m->at[e];
    if (is_poison(v)) x->missing = at, x->element = e, x->outside = outside;
    if (!outside) touch(x, m, at, e, false);
    return v;
}

static void put(Machine *x, const At *at, long e, double v)
{
    Memory *m = memory_of(x, at);
    if (e < 0 || e >= m->size) fail(x, "an index out of range: %s is element %ld of %ld", at_shown(x->k, at), e, m->size);
    if (is_poison(v)) blame(x, at_shown(x->k, at));
    touch(x, m, at, e, true);
    m->at[e] = v;
}

/* ---- values ---- */
static double run_value(const Machine *x, const Val *v)
{
    const Run *r = x->run;
    switch (v->id) {
    case RUN_ROWS: return (double)r->rows;
    case RUN_FROM: return (double)r->from;
    case RUN_MICROS: return (double)r->micros;
    case RUN_SAMPLES: return (double)r->samples;
    case RUN_TRAINING: return r->training;
    case RUN_BETA: return r->beta;
    default: return v->id >= RUN_ARG ? (double)r->stream[v->id - RUN_ARG] : r->scale_in[v->id - RUN_SCALE];
    }
}

static bool holds(Machine *x, const Val *v)
{
    const double c = eval(x, v);
    if (is_poison(c)) blame(x, val_shown(x->k, v));
    return c != 0;
}

/* The values that nobody chooses or keeps are not asked for. */
static double call(Machine *x, const Val *v)
{
    double a[3] = { 0 };
    if (v->id == CALL_SELECT) return eval(x, v->arg[holds(x, v->arg[0]) ? 1 : 2]);
    if (v->id == CALL_KEEP) return whole(x, v->arg[1], NULL) > 0 ? eval(x, v->arg[0]) : 0;
    for (int i = 0; i < v->n; i++) {
        a[i] = eval(x, v->arg[i]);
        if (is_poison(a[i])) return a[i];
    }
    if (v->id == CALL_ROW) return (double)x->run->row(x->run->context, (long)a[0]);
    if (v->id == CALL_UNIFORM) return x->run->uniform(x->run->context, (long)a[0], (uint32_t)a[1], (uint32_t)a[2]);
    return call_value((Call)v->id, a);
}

static double eval(Machine *x, const Val *v)
{
    switch (v->kind) {
    case VAL_NUMBER: return v->number;
    case VAL_VAR: return x->var[v->id];
    case VAL_RUN: return run_value(x, v);
    case VAL_LOAD: return load(x, v->at);
    default: return call(x, v);
    }
}

/* ---- folds ---- */
static double folded(Fold fold, double a, double b)
{
    if (is_poison(a)) return a;
    switch (fold) {
    case FOLD_SUM: return is_poison(b) ? b : a + b;
    case FOLD_PROD: return is_poison(b) ? b : a * b;
    case FOLD_MAX: return is_poison(b) || isnan(b) || b > a ? b : a;
    case FOLD_MIN: return is_poison(b) || isnan(b) || b < a ? b : a;
    default: return b;
    }
}

static double start_of(Fold fold)
{
    static const double start[] = { [FOLD_SUM] = 0, [FOLD_MAX] = -INFINITY, [FOLD_MIN] = INFINITY, [FOLD_PROD] = 1 };
    return start[fold];
}

enum { MOST_FOLDED = 8 };
typedef struct { int n, var[MOST_FOLDED]; Fold fold[MOST_FOLDED]; } Foldeds;

static bool defines(const StmtList *l, int var)
{
    bool found = false;
    for (int i = 0; i < l->n; i++) found |= (l->at[i]->kind == STMT_VARIABLE && l->at[i]->var == var) || defines(&l->at[i]->body, var);
    return found;
}

/* What these statements fold into that stands outside of `all`. */
static void find_folded(Foldeds *f, const StmtList *all, const StmtList *l)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        bool known = s->kind != STMT_FOLD || s->fold == FOLD_NONE || f->n == MOST_FOLDED || defines(all, s->var);
        for (int j = 0; j < f->n; j++) known |= f->var[j] == s->var;
        if (!known) f->var[f->n] = s->var, f->fold[f->n++] = s->fold;
        find_folded(f, all, &s->body);
    }
}

/* ---- statements ---- */
static void run_list(Machine *x, const StmtList *l);

/* Turn i of n in the machine's order. */
static long turn_of(const Machine *x, long i, long n)
{
    if (x->order == REVERSE) return n - 1 - i;
    if (x->order == FORWARD || n < 3) return i;
    long step = n / 2 + 1;
    for (long a = step, b = n; b; ) {       /* a step that has no factor with n */
        const long rest = a % b;
        a = b, b = rest;
        if (!b && a != 1) a = ++step, b = n;
    }
    return (i * step + 1) % n;
}

/* At most a few loops between two barriers have different numbers of turns. */
enum { COUNTS = 63, MOST_UNITS = 1 << 26 };
static uint64_t unit_of(const Machine *x, long n, long turn)
{
    static uint64_t meeting;
    static long count[COUNTS];
    static int counts;
    if (x->meeting != meeting) meeting = x->meeting, counts = 0;
    int i = 0;
    while (i < counts && count[i] != n) i++;
    if (i == COUNTS || n > MOST_UNITS) return (uint64_t)turn + 1;
    if (i == counts) count[counts++] = n;
    return (uint64_t)i * MOST_UNITS + (uint64_t)turn + 1;
}

static void run_turns(Machine *x, const Stmt *s, long from, long n)
{
    const uint64_t unit = x->unit;
    for (long i = 0; i < n; i++) {
        const long turn = s->deal == SERIAL ? i : turn_of(x, i, n);
        x->var[s->var] = (double)(from + turn);
        if (s->deal == UNITS) x->unit = unit_of(x, n, turn);
        run_list(x, &s->body);
    }
    x->unit = unit;
}

/* Each turn folds from the start; neighbours are folded together until one is left. */
static void run_lanes(Machine *x, const Stmt *s, const Foldeds *f, long n)
{
    double *part = malloc(sizeof *part * (size_t)(n * f->n + 1)), before[MOST_FOLDED];
    for (int j = 0; j < f->n; j++) before[j] = x->var[f->var[j]];
    for (long i = 0; i < n; i++) {
        const long turn = turn_of(x, i, n);
        for (int j = 0; j < f->n; j++) x->var[f->var[j]] = start_of(f->fold[j]);
        x->var[s->var] = (double)turn;
        run_list(x, &s->body);
        for (int j = 0; j < f->n; j++) part[j * n + turn] = x->var[f->var[j]];
    }
    for (int j = 0; j < f->n; j++) {
        for (long by = 1; by < n; by *= 2)
            for (long i = 0; i + by < n; i += 2 * by) part[j * n + i] = folded(f->fold[j], part[j * n + i], part[j * n + i + by]);
        x->var[f->var[j]] = n ? folded(f->fold[j], before[j], part[j * n]) : before[j];
    }
    free(part);
}

static void run_for(Machine *x, const Stmt *s)
{
    const long from = whole(x, s->from, NULL), n = whole(x, s->to, NULL) - from;
    Foldeds f = { 0 };
    if (s->deal == LANES || s->deal == SHARES) find_folded(&f, &s->body, &s->body);
    if (f.n) run_lanes(x, s, &f, n);
    else run_turns(x, s, from, n);
}

/* The value that the store writes; what it adds to has to be there. */
static void run_store(Machine *x, const Stmt *s)
{
    double v = eval(x, s->value);
    if (s->beta && !x->chained && holds(x, s->beta)) v = folded(FOLD_SUM, load(x, &s->at), v);
    put(x, &s->at, element_of(x, &s->at), v);
}

static void run_zero(Machine *x, const Stmt *s, int side, long e, bool frame, bool inside)
{
    if (side == s->n) {
        if (inside || !frame) put(x, &s->at, e, 0);
        return;
    }
    const Side *b = &s->side[side];
    for (long i = 0; i < b->extent; i++)
        run_zero(x, s, side + 1, e + i * b->stride, frame | (b->before || b->after), inside | (i < b->before) | (i >= b->extent - b->after));
}

static double product_sum(Machine *x, const Stmt *s, int range, double sum)
{
    if (range == s->n + s->summed) {
        const double a = eval(x, s->a), b = eval(x, s->b);
        return folded(FOLD_SUM, sum, is_poison(a) ? a : is_poison(b) ? b : a * b);
    }
    for (long i = 0; i < s->range[range].extent; i++) {
        x->var[s->range[range].var] = (double)i;
        sum = product_sum(x, s, range + 1, sum);
    }
    return sum;
}

/* A chain begins with what the body's store adds to. */
static double chain_start(Machine *x, const Stmt *s)
{
    for (int i = 0; s->chain && i < s->body.n; i++) {
        const Stmt *store = s->body.at[i];
        if (store->kind == STMT_STORE && store->beta) return holds(x, store->beta) ? load(x, &store->at) : 0;
    }
    return 0;
}

static void run_product(Machine *x, const Stmt *s, int range)
{
    if (range == s->n) {
        x->var[s->var] = product_sum(x, s, s->n, chain_start(x, s));
        x->chained = s->chain;
        run_list(x, &s->body);
        x->chained = false;
        return;
    }
    for (long i = 0, n = s->range[range].extent; i < n; i++) {
        x->var[s->range[range].var] = (double)turn_of(x, i, n);
        run_product(x, s, range + 1);
    }
}

static void run_stmt(Machine *x, const Stmt *s)
{
    switch (s->kind) {
    case STMT_FOR: run_for(x, s); break;
    case STMT_IF: if (holds(x, s->value)) run_list(x, &s->body); break;
    case STMT_LET: case STMT_VARIABLE: x->var[s->var] = eval(x, s->value); break;
    case STMT_FOLD: x->var[s->var] = folded(s->fold, x->var[s->var], eval(x, s->value)); break;
    case STMT_STORE: run_store(x, s); break;
    case STMT_ZERO: run_zero(x, s, 0, element_of(x, &s->at), false, false); break;
    case STMT_PRODUCT: run_product(x, s, 0); break;
    case STMT_LOCAL: x->local[s->buffer] = memory_new(NULL, s->extent, false);
    }
}

static void run_list(Machine *x, const StmtList *l)
{
    for (int i = 0; i < l->n; i++) run_stmt(x, l->at[i]);
}

const char *interpret(const Loops *k, Memory *const *actual, const Run *run, Order order)
{
    Machine x = { .k = k, .actual = actual, .run = run, .order = order, .meeting = run->meeting };
    x.var = NEW_ARRAY(double, k->vars.n + 1), x.local = NEW_ARRAY(Memory *, k->formals.n + 1);
    if (!setjmp(x.out)) run_list(&x, &k->body);
    return x.error;
}
