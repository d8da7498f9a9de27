/* verify_accesses.c -- checks the elements that a kernel's statements read and write.

   1. An index is inside its buffer for all turns of its loops. Intervals show this; they are exact
      where terms are variables of loops. Otherwise few turns are enumerated. The reader checks
      indices that come from data, a row or an id; the rest of the element's position is inside.
   2. No unit touches an element that another one writes. Nested strides show this; otherwise few
      turns are enumerated. */
#include <string.h>
#include "ir/intervals.h"
#include "ir/verify_loops.h"

enum { FEW = 1 << 18, LARGEST = 1 << 24 };
typedef struct {
    Around around;
    Access access;
} Kept;
typedef VEC(Kept) KeptList;
typedef struct {
    const Checked *c;
    KeptList written;
} Accesses;

/* Elements of a buffer; -1: unknown, as for columns of the data. */
static long size_of(const Formal *f)
{
    long n = 1;
    if (!f->layout) return f->count ? f->count : -1;
    for (int i = 0; i < f->layout->ndims; i++) n *= f->layout->dims[i];
    return n;
}

static const Bind *bind_of(const Around *a, int var)
{
    for (int i = a->n; i-- > 0;)
        if (a->at[i].kind != BIND_IF && a->at[i].var == var) return &a->at[i];
    return NULL;
}

/* ---- inside ---- */
typedef struct {
    const Checked *c;
    const At *at;
    long size;
} Inside;

static void is_inside(void *context, const Known *k, long element)
{
    const Inside *x = context;
    (void)k;
    if (element < 0 || (x->size >= 0 && element >= x->size))
        broken(x->c, "an index out of range: %s is element %ld of %ld", at_shown(x->c->k, x->at),
               element, x->size);
}

static Interval reach_of(const Known *k, const Access *p)
{
    Interval x = { p->at->base, p->at->base };
    for (int i = 0; i < p->at->n; i++) {
        const Term *t = &p->at->term[i];
        if (depends_on_data(k, t->index)) continue;
        const Interval v = interval_of(k, t->index);
        const long a = v.lo * t->stride, b = v.hi * t->stride;
        x.lo += a < b ? a : b, x.hi += a < b ? b : a;
    }
    for (int i = 0; p->write && p->stmt->kind == STMT_ZERO && i < p->stmt->n; i++)
        x.hi += (p->stmt->side[i].extent - 1) * p->stmt->side[i].stride;
    return x;
}

static bool is_number(const Val *v) { return v->kind == VAL_NUMBER; }

/* Whether the interval's ends are reached: each term is the variable of another loop, and the
   ends of these loops are constants. */
static bool is_exact(const Around *a, const At *at)
{
    for (int i = 0; i < a->n; i++) {
        const Bind *b = &a->at[i];
        const bool fixed = b->kind != BIND_LOOP || (is_number(b->from) && is_number(b->to)) ||
                           length_of(b->from, b->to) > 0;
        if (b->kind == BIND_IF || !fixed) return false;
    }
    for (int i = 0; i < at->n; i++) {
        const Val *v = at->term[i].index;
        const Bind *b = v->kind == VAL_VAR ? bind_of(a, v->id) : NULL;
        if (!b || b->kind == BIND_LET ||
            (b->kind == BIND_LOOP && !(is_number(b->from) && is_number(b->to))))
            return false;
        for (int j = 0; j < i; j++)
            if (at->term[j].index->id == v->id) return false;
    }
    return true;
}

static void check_access(void *context, const Around *around, const Access *p)
{
    Accesses *s = context;
    const Formal *f = s->c->k->formals.at[p->at->buffer];
    Known k = known_of(around);
    Inside x = { s->c, p->at, size_of(f) };
    const Interval reach = reach_of(&k, p);
    if (reach.lo < 0 || (x.size >= 0 && reach.hi >= x.size)) {
        if (is_exact(around, p->at)) is_inside(&x, &k, reach.lo < 0 ? reach.lo : reach.hi);
        else accesses_run(&k, p, false, FEW, is_inside, &x);
    }
    if (!f->written) return;
    Kept *own = NEW(Kept);
    *own = (Kept) { *around, *p };
    vec_push(&s->written, own);
}

/* ---- strides that nest ---- */
enum { FACTORS_OF_ALL = 64 };
typedef struct {
    int unit;
    long stride;
    Interval of;
} Part; /* unit: a variable, or -1 */
typedef struct {
    const Known *k;
    int n;
    Part part[FACTORS_OF_ALL];
    bool fails;
} Parts;

static void add_part(Parts *p, int unit, long stride, Interval of)
{
    if (!stride) return;
    if (stride < 0) stride = -stride, of = (Interval) { -of.hi, -of.lo };
    for (int i = 0; i < p->n; i++) {
        Part *x = &p->part[i];
        if (x->unit != unit || x->stride != stride) continue;
        x->of = (Interval) { x->of.lo + of.lo, x->of.hi + of.hi };
        p->fails |= unit >= 0;
        return;
    }
    if (p->n == FACTORS_OF_ALL) p->fails = true;
    else p->part[p->n++] = (Part) { unit, stride, of };
}

static bool uses_unit(const Known *k, const Val *v)
{
    if (v->kind == VAL_VAR) {
        const Bind *b = bind_of(k->around, v->id);
        return b &&
               (b->unit || (b->from && uses_unit(k, b->from)) || (b->to && uses_unit(k, b->to)));
    }
    bool uses = false;
    for (int i = 0; i < v->n; i++) uses |= uses_unit(k, v->arg[i]);
    return uses;
}

static void expand(Parts *p, const Val *v, long by);

static void expand_var(Parts *p, const Val *v, long by)
{
    const Bind *b = bind_of(p->k->around, v->id);
    if (!b || p->k->data[v->id]) {
        add_part(p, -1, by, p->k->of[v->id]);
        p->fails |= b && uses_unit(p->k, v);
        return;
    }
    if (b->unit) add_part(p, v->id, by, p->k->of[v->id]);
    else if (b->kind == BIND_LET) expand(p, b->from, by);
    else if (!uses_unit(p->k, v)) add_part(p, -1, by, p->k->of[v->id]);
    else {
        const long n = length_of(b->from, b->to);
        p->fails |= n < 0;
        expand(p, b->from, by);
        add_part(p, -1, by, (Interval) { 0, n - 1 });
    }
}

static void expand(Parts *p, const Val *v, long by)
{
    const bool call = v->kind == VAL_CALL;
    if (v->kind == VAL_VAR) expand_var(p, v, by);
    else if (call && v->id == CALL_NEG) expand(p, v->arg[0], -by);
    else if (call && (v->id == CALL_ADD || v->id == CALL_SUB))
        expand(p, v->arg[0], by), expand(p, v->arg[1], v->id == CALL_ADD ? by : -by);
    else if (call && v->id == CALL_MUL && v->arg[1]->kind == VAL_NUMBER)
        expand(p, v->arg[0], by * (long)v->arg[1]->number);
    else if (call && v->id == CALL_MUL && v->arg[0]->kind == VAL_NUMBER)
        expand(p, v->arg[1], by * (long)v->arg[0]->number);
    else add_part(p, -1, by, interval_of(p->k, v)), p->fails |= uses_unit(p->k, v);
}

/* The base as multiples of the strides of the buffer's dimensions. */
static void expand_base(Parts *p, const Layout *l, long base)
{
    for (int d = 0; l && d < l->ndims; base %= l->strides[d], d++)
        add_part(p, -1, l->strides[d], (Interval) { base / l->strides[d], base / l->strides[d] });
    if (!l) add_part(p, -1, 1, (Interval) { base, base });
}

static Parts parts_of(const Checked *c, const Known *k, const Kept *x)
{
    Parts p = { .k = k };
    const At *at = x->access.at;
    for (int i = 0; i < at->n; i++) expand(&p, at->term[i].index, at->term[i].stride);
    expand_base(&p, c->k->formals.at[at->buffer]->layout, at->base);
    const Stmt *s = x->access.stmt;
    for (int i = 0; x->access.write && s->kind == STMT_ZERO && i < s->n; i++)
        add_part(&p, -1, s->side[i].stride, (Interval) { 0, s->side[i].extent - 1 });
    return p;
}

/* Adds the parts of one more element, the widest of each. A stride that one element lacks counts
   0 there. */
static void merge(Parts *all, const Parts *one, bool first)
{
    for (int i = 0; i < all->n && !first; i++) {
        bool there = false;
        for (int j = 0; j < one->n; j++)
            there |= one->part[j].stride == all->part[i].stride &&
                     one->part[j].unit == all->part[i].unit;
        if (there) continue;
        all->fails |= all->part[i].unit >= 0;
        all->part[i].of = (Interval) { all->part[i].of.lo < 0 ? all->part[i].of.lo : 0,
                                       all->part[i].of.hi > 0 ? all->part[i].of.hi : 0 };
    }
    for (int j = 0; j < one->n; j++) {
        const Part *x = &one->part[j];
        int i = 0;
        while (i < all->n && (all->part[i].stride != x->stride || all->part[i].unit != x->unit))
            i++;
        if (i < all->n) {
            Interval *of = &all->part[i].of;
            *of = (Interval) { of->lo < x->of.lo ? of->lo : x->of.lo,
                               of->hi > x->of.hi ? of->hi : x->of.hi };
        } else if (all->n == FACTORS_OF_ALL) {
            all->fails = true;
        } else {
            all->part[all->n] = *x;
            if (!first && x->unit < 0)
                all->part[all->n].of =
                    (Interval) { x->of.lo < 0 ? x->of.lo : 0, x->of.hi > 0 ? x->of.hi : 0 };
            all->fails |= !first && x->unit >= 0;
            all->n++;
        }
    }
    all->fails |= one->fails;
}

/* From the first unit on, each stride is larger than the reach of all smaller ones. So the
   element determines its unit. */
static bool nests(Parts *p)
{
    long reach = 0;
    bool unit = false;
    for (int i = 0; i < p->n; i++)
        for (int j = i; j > 0 && p->part[j - 1].stride > p->part[j].stride; j--) {
            const Part x = p->part[j];
            p->part[j] = p->part[j - 1], p->part[j - 1] = x;
        }
    for (int i = 0; i < p->n; i++) {
        const Part *x = &p->part[i];
        if (x->of.lo == x->of.hi) continue;
        unit |= x->unit >= 0;
        if (unit && x->stride <= reach) return false;
        reach += (x->of.hi - x->of.lo) * x->stride;
    }
    return !p->fails;
}

/* Units that run more than once; each of them must be a part. */
static bool has_units(const Parts *p, const Known *k)
{
    for (int i = 0; i < k->around->n; i++) {
        const Bind *b = &k->around->at[i];
        bool there = !b->unit || k->of[b->var].lo >= k->of[b->var].hi;
        for (int j = 0; j < p->n; j++) there |= p->part[j].unit == b->var;
        if (!there) return false;
    }
    return true;
}

static bool apart(const Checked *c, const KeptList *l)
{
    Parts all = { .n = 0 };
    for (int i = 0; i < l->n; i++) {
        const Known k = known_of(&l->at[i]->around);
        const Parts one = parts_of(c, &k, l->at[i]);
        merge(&all, &one, i == 0);
        if (!has_units(&all, &k)) return false;
    }
    return nests(&all);
}

/* ---- enumeration ---- */
typedef struct {
    const Checked *c;
    const At *at;
    bool write;
    int *owner;
    long size;
} Owners;

static int unit_now(const Known *k)
{
    long unit = 0;
    for (int i = 0; i < k->around->n; i++) {
        const Bind *b = &k->around->at[i];
        if (b->unit) unit = unit * (k->of[b->var].hi + 1) + k->now[b->var];
    }
    return (int)unit + 1;
}

static void find_size(void *context, const Known *k, long element)
{
    Owners *o = context;
    (void)k;
    if (element >= o->size) o->size = element + 1;
}

static void own(void *context, const Known *k, long element)
{
    const Owners *o = context;
    if (element < 0 || element >= o->size) return;
    const int unit = unit_now(k), other = o->owner[element];
    if (other && other != unit)
        broken(o->c, "units race: %s %s element %ld, which another unit writes",
               at_shown(o->c->k, o->at), o->write ? "writes" : "reads", element);
    if (o->write) o->owner[element] = unit;
}

/* Only the units' own check can decide: the element and the condition both depend on data. */
static bool data_decide(const Known *k, const Access *p)
{
    bool element = false, asked = false;
    for (int i = 0; i < p->at->n; i++) element |= depends_on_data(k, p->at->term[i].index);
    for (int i = 0; i < k->around->n; i++)
        asked |= k->around->at[i].kind == BIND_IF && depends_on_data(k, k->around->at[i].from);
    return element && asked;
}

static void run_all(const KeptList *l, Owners *o, bool write, Each *each)
{
    for (int i = 0; i < l->n; i++) {
        Known k = known_of(&l->at[i]->around);
        o->at = l->at[i]->access.at, o->write = write;
        if (l->at[i]->access.write == write && !data_decide(&k, &l->at[i]->access))
            accesses_run(&k, &l->at[i]->access, true, FEW, each, o);
    }
}

static void check_units(const Checked *c, const KeptList *l)
{
    if (!l->n || apart(c, l)) return;
    Owners o = { .c = c };
    run_all(l, &o, true, find_size), run_all(l, &o, false, find_size);
    if (o.size > LARGEST) return;
    o.owner = NEW_ARRAY(int, o.size + 1);
    run_all(l, &o, true, own), run_all(l, &o, false, own);
}

/* Elements of LOCALs are a unit's own. */
static bool is_local(const Loops *k, const StmtList *l, int buffer)
{
    bool local = false;
    for (int i = 0; i < l->n; i++)
        local |= (l->at[i]->kind == STMT_LOCAL && l->at[i]->buffer == buffer) ||
                 is_local(k, &l->at[i]->body, buffer);
    return local;
}

void verify_accesses(const Checked *c)
{
    Accesses p = { .c = c };
    accesses_visit(c->k, check_access, &p);
    for (int b = 0; b < c->k->formals.n; b++)
        for (int top = 0; top < c->k->body.n && !is_local(c->k, &c->k->body, b); top++) {
            KeptList some = { 0 };
            for (int i = 0; i < p.written.n; i++)
                if (p.written.at[i]->access.at->buffer == b && p.written.at[i]->around.units == top)
                    vec_push(&some, p.written.at[i]);
            check_units(c, &some);
        }
}
