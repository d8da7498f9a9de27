/* tidy.c -- a kernel's tree in fewer words. No number that it computes changes.

   1. Indices and conditions become simpler by the intervals of variables (linear.c).
   2. A condition that always holds is left out, and what never happens, too.
   3. A loop of one turn is its body; where it ends with the real rows, the body has a condition.
   4. A constant that is a variable, or an int, is not named.
   5. A constant that is the same in all turns of a loop goes before the loop, if the loop does
      not write what it reads. If the loop may have no turn, that must be inside its buffer.
   6. A long index that a statement divides more than once has a name. Lanes have none, since
      their indices grow by 1. */
#include <string.h>
#include "ir/linear.h"
#include "ir/tidy.h"

typedef struct {
    Loops *k;
    Around around;
    int given;        /* the variables that the tree had at first */
    const Val **is;   /* by such a variable: what is written for it, or NULL */
    int lane;         /* the variable of the loop over lanes around, or -1 */
    bool names_alone; /* nothing else changes */
    bool knows;
    Known known; /* of what is around now, if it knows */
} Tidy;

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }
static bool is_number(const Val *v) { return v && v->kind == VAL_NUMBER; }

static void push(Tidy *t, Bind b)
{
    if (t->around.n == BINDS) BUG("a kernel nested too deeply");
    t->around.at[t->around.n++] = b;
    t->knows = false;
}

static void leave(Tidy *t, int n)
{
    t->around.n = n;
    t->knows = false;
}

static const Known *known(Tidy *t)
{
    if (!t->knows) t->known = known_of(&t->around);
    t->knows = true;
    return &t->known;
}

/* ---- values ---- */
static const Val *simple(Tidy *t, const Val *v);

static void simple_at(Tidy *t, At *at)
{
    At to = { .buffer = at->buffer, .base = at->base };
    bool composed = at->n > 1;
    for (int i = 0; i < at->n; i++) {
        Term x = at->term[i];
        x.index = simple(t, x.index);
        composed |= x.index->kind == VAL_CALL;
        /* what is negative stays in its dimension */
        if (is_number(x.index) && x.index->number >= 0) to.base += (long)x.index->number * x.stride;
        else to.term[to.n++] = x;
    }
    if (composed && !t->names_alone) at_simpler(known(t), &to);
    *at = to;
}

static const Val *simple_load(Tidy *t, const Val *v)
{
    At at = *v->at;
    simple_at(t, &at);
    return val_load(t->k, &at);
}

static bool is_of_indices(const Val *v)
{
    if (v->type == AS_INT || v->type == AS_LONG) return true;
    return v->type == AS_BOOL && v->kind == VAL_CALL;
}

static const Val *simple_call(Tidy *t, const Val *v)
{
    const Val *arg[3] = { 0 };
    bool same = true;
    if (is_of_indices(v) && v->n == 2 && !t->names_alone) v = index_simpler(known(t), v);
    for (int i = 0; i < v->n; i++) {
        arg[i] = simple(t, v->arg[i]);
        same &= arg[i] == v->arg[i];
    }
    return same ? v : val_call((Call)v->id, arg[0], arg[1], arg[2]);
}

static const Val *simple(Tidy *t, const Val *v)
{
    if (v->kind == VAL_VAR) return v->id < t->given && t->is[v->id] ? t->is[v->id] : v;
    if (v->kind == VAL_LOAD) return simple_load(t, v);
    return v->kind == VAL_CALL ? simple_call(t, v) : v;
}

/* ---- loops of one turn, conditions that hold ---- */
static bool one_after(const Val *from, const Val *to)
{
    if (is_number(from) && is_number(to)) return to->number - from->number == 1;
    return length_of(from, to) == 1;
}

/* The variable of the loop is what it starts with, by its name. */
static void start_for(Tidy *t, const Stmt *s)
{
    t->is[s->var] = s->from;
    if (s->from->kind == VAL_VAR) t->k->vars.at[s->from->id]->wish = t->k->vars.at[s->var]->wish;
}

static bool has_rows(const Val *to) { return is_call(to, CALL_MIN) && to->arg[1]->kind == VAL_RUN; }

/* Whether s is to be its body alone. */
static bool is_body(Tidy *t, Stmt *s)
{
    if (s->kind == STMT_IF) return is_number(s->value) && s->value->number != 0;
    if (s->kind != STMT_FOR || s->deal != SERIAL) return false;
    const bool rows = has_rows(s->to);
    if (!one_after(s->from, rows ? s->to->arg[0] : s->to)) return false;
    start_for(t, s);
    if (!rows) return true;
    s->kind = STMT_IF;
    s->value = val_call(CALL_LT, s->from, s->to->arg[1], NULL);
    s->from = s->to = NULL;
    return false;
}

static bool never(const Stmt *s)
{
    return s->kind == STMT_IF && is_number(s->value) && s->value->number == 0;
}

/* A constant that needs no name: another name, or an int. */
static bool unnamed(Tidy *t, const Stmt *s)
{
    if (s->kind != STMT_LET) return false;
    const bool name = s->value->kind == VAL_VAR && s->value->type == t->k->vars.at[s->var]->type,
               whole =
                   is_number(s->value) && s->value->type != AS_REAL && s->value->type != AS_DOUBLE;
    if (name || whole) t->is[s->var] = s->value;
    return name || whole;
}

/* ---- what is the same in all turns ---- */
static bool writes(const StmtList *l, int buffer)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if ((s->kind == STMT_STORE || s->kind == STMT_ZERO) && s->at.buffer == buffer) return true;
        if (writes(&s->body, buffer)) return true;
    }
    return false;
}

static bool stays_inside(Tidy *t, const At *at)
{
    const Formal *f = t->k->formals.at[at->buffer];
    long lo = at->base, hi = at->base;
    if (!f->layout) return false;
    for (int i = 0; i < at->n; i++) {
        const Interval x = interval_of(known(t), at->term[i].index);
        const long a = x.lo * at->term[i].stride, b = x.hi * at->term[i].stride;
        lo += a < b ? a : b, hi += a < b ? b : a;
    }
    return lo >= 0 && hi < f->layout->size;
}

static bool list_binds(const StmtList *l, int var)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        const bool binds = s->kind == STMT_FOR || s->kind == STMT_LET || s->kind == STMT_VARIABLE ||
                           s->kind == STMT_FOLD || s->kind == STMT_PRODUCT;
        if ((binds && s->var == var) || list_binds(&s->body, var)) return true;
        for (int r = 0; s->kind == STMT_PRODUCT && r < s->n + s->summed; r++)
            if (s->range[r].var == var) return true;
    }
    return false;
}

static bool has_turns(const Stmt *s)
{
    return is_number(s->from) && is_number(s->to) && s->from->number < s->to->number;
}

/* v in the loop s is the same in all its turns. */
static bool is_same(Tidy *t, const Stmt *s, const Val *v)
{
    if (is_call(v, CALL_UNIFORM) || is_call(v, CALL_ROW)) return false;
    if (v->kind == VAL_VAR) return v->id != s->var && !list_binds(&s->body, v->id);
    if (v->kind == VAL_LOAD) {
        if (writes(&s->body, v->at->buffer) || (!has_turns(s) && !stays_inside(t, v->at)))
            return false;
        for (int i = 0; i < v->at->n; i++)
            if (!is_same(t, s, v->at->term[i].index)) return false;
    }
    for (int i = 0; i < v->n; i++)
        if (!is_same(t, s, v->arg[i])) return false;
    return true;
}

static void insert(StmtList *l, int at, Stmt *s)
{
    vec_push(l, s);
    memmove(l->at + at + 1, l->at + at, sizeof *l->at * (size_t)(l->n - 1 - at));
    l->at[at] = s;
}

/* Moves the constants that are the same in all turns of the loop at l->at[i] before it. */
static void hoist(Tidy *t, StmtList *l, int i)
{
    Stmt *s = l->at[i];
    if (s->kind != STMT_FOR || (s->deal != SERIAL && s->deal != LANES)) return;
    for (int b = 0; b < s->body.n; b++) {
        Stmt *x = s->body.at[b];
        if (x->kind != STMT_LET || !is_same(t, s, x->value)) continue;
        s->body.n--;
        memmove(s->body.at + b, s->body.at + b + 1, sizeof *s->body.at * (size_t)(s->body.n - b));
        insert(l, i++, x);
        push(t, (Bind) { .kind = BIND_LET, .var = x->var, .from = x->value });
        b--;
    }
}

/* ---- indices that are divided ---- */
/* A constant of the list that is v, if v reads no memory. */
static const Val *named(const Tidy *t, const StmtList *l, const Val *v)
{
    for (int i = 0; !val_loads(v) && i < l->n; i++)
        if (l->at[i]->kind == STMT_LET && val_same(l->at[i]->value, v))
            return val_var(t->k, l->at[i]->var);
    return NULL;
}

static const Val *name_index(Tidy *t, StmtList *out, const Val *v)
{
    Stmt *s = stmt_new(out, STMT_LET);
    s->var = loops_var(t->k, is_call(v, CALL_INT) ? "id" : "e", v->type);
    s->value = v;
    push(t, (Bind) { .kind = BIND_LET, .var = s->var, .from = v });
    return val_var(t->k, s->var);
}

static void name_dividends(Tidy *t, Stmt *s, StmtList *out)
{
    for (const Val *v; (v = stmt_dividend(s, t->lane)) != NULL;) {
        const Val *name = named(t, out, v);
        stmt_replace(t->k, s, v, name ? name : name_index(t, out, v));
    }
}

/* ---- statements ---- */
static void tidy_list(Tidy *t, StmtList *l);

static void tidy_values(Tidy *t, Stmt *s)
{
    const Val **const values[] = { &s->value, &s->from, &s->to, &s->beta };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (*values[i]) *values[i] = simple(t, *values[i]);
    if (s->kind == STMT_STORE || s->kind == STMT_ZERO) simple_at(t, &s->at);
}

/* What a target recognizes as a product keeps its form. */
static void tidy_product(Tidy *t, Stmt *s)
{
    t->names_alone = true;
    s->a = simple(t, s->a), s->b = simple(t, s->b);
    t->names_alone = false;
    for (int i = 0; i < s->n; i++)
        push(t,
             (Bind) { .kind = BIND_RANGE, .var = s->range[i].var, .extent = s->range[i].extent });
}

static void tidy_body(Tidy *t, Stmt *s)
{
    const int before = t->around.n;
    if (s->kind == STMT_FOR)
        push(t, (Bind) { .kind = BIND_LOOP, .var = s->var, .from = s->from, .to = s->to });
    if (s->kind == STMT_IF) push(t, (Bind) { .kind = BIND_IF, .from = s->value });
    if (s->kind == STMT_PRODUCT) tidy_product(t, s);
    const int lane = t->lane;
    if (s->kind == STMT_FOR && s->deal == LANES) t->lane = s->var;
    tidy_list(t, &s->body);
    t->lane = lane;
    leave(t, before);
}

static void tidy_stmt(Tidy *t, Stmt *s, StmtList *out)
{
    tidy_values(t, s);
    if (never(s) || unnamed(t, s)) return;
    const bool loop = s->kind == STMT_FOR, body = is_body(t, s);
    for (int i = 0; body && i < s->body.n; i++) tidy_stmt(t, s->body.at[i], out);
    if (!body) tidy_body(t, s);
    if (loop) t->is[s->var] = NULL; /* another loop may have the same variable */
    if (body) return;
    if ((s->kind == STMT_FOR || s->kind == STMT_IF) && !s->body.n) return;
    name_dividends(t, s, out);
    vec_push(out, s);
    if (s->kind == STMT_LET) push(t, (Bind) { .kind = BIND_LET, .var = s->var, .from = s->value });
    hoist(t, out, out->n - 1);
}

static void tidy_list(Tidy *t, StmtList *l)
{
    const int before = t->around.n;
    StmtList out = { 0 };
    for (int i = 0; i < l->n; i++) tidy_stmt(t, l->at[i], &out);
    *l = out;
    leave(t, before);
}

void loops_tidy(Loops *k)
{
    Tidy *t = NEW(Tidy);
    *t = (Tidy) { .k = k, .lane = -1, .is = NEW_ARRAY(const Val *, k->vars.n), .given = k->vars.n };
    t->around.k = k;
    tidy_list(t, &k->body);
}
