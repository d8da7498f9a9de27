/* loops.c -- trees of the loop IR: made, folded, compared. */
#include <string.h>
#include "ir/ident.h"
#include "ir/loops.h"

/* ---- making ---- */
static Val *val_new(ValKind kind, ValType type)
{
    Val *v = NEW(Val);
    v->kind = kind, v->type = type;
    return v;
}

const Val *val_number(double x)
{
    Val *v = val_new(VAL_NUMBER, AS_REAL);
    v->number = x;
    return v;
}

const Val *val_int(long x)
{
    Val *v = val_new(VAL_NUMBER, AS_INT);
    v->number = (double)x;
    return v;
}

const Val *val_rows(long x)
{
    Val *v = val_new(VAL_NUMBER, AS_INT);
    v->number = (double)x, v->spelled = ROWS_NAME;
    return v;
}

const Val *val_var(const Loops *k, int var) { return k->vars.at[var]->val; }

const Val *val_run(int id, ValType type)
{
    Val *v = val_new(VAL_RUN, type);
    v->id = id;
    return v;
}

const Val *val_load(const Loops *k, const At *at)
{
    Val *v = val_new(VAL_LOAD, k->formals.at[at->buffer]->type);
    At *own = NEW(At);
    *own = *at;
    v->at = own;
    return v;
}

static bool is_number(const Val *v, double x)
{
    return v->kind == VAL_NUMBER && v->number >= x && v->number <= x;
}

static ValType type_of(Call call, const Val *const arg[3])
{
    switch (call) {
        case CALL_LT:
        case CALL_LE:
        case CALL_GT:
        case CALL_GE:
        case CALL_EQ:
        case CALL_NE:
        case CALL_AND:
        case CALL_OR:
            return AS_BOOL;
        case CALL_INT:
        case CALL_ROW:
            return AS_LONG;
        case CALL_REAL:
        case CALL_UNIFORM:
            return AS_REAL;
        case CALL_SELECT:
            return arg[1]->type;
        case CALL_ADD:
        case CALL_SUB:
        case CALL_MUL:
            return arg[0]->type == AS_LONG || arg[1]->type == AS_LONG ? AS_LONG : arg[0]->type;
        default:
            return arg[0]->type;
    }
}

/* Simplifications that are exact in every type: x - 0, 1 * x, x / 1; x + 0 of indices, too. */
static const Val *identity(Call call, const Val *a, const Val *b)
{
    const bool index = b && a->type != AS_REAL && a->type != AS_DOUBLE;
    if ((call == CALL_MUL || call == CALL_DIV || call == CALL_IDIV) && is_number(b, 1)) return a;
    if (call == CALL_MUL && is_number(a, 1)) return b;
    if ((call == CALL_SUB || (index && call == CALL_ADD)) && is_number(b, 0)) return a;
    return index && call == CALL_ADD && is_number(a, 0) ? b : NULL;
}

static const char *spelled(const Val *v) { return v->spelled ? v->spelled : decimal(v->number); }

static const Val *folded(Call call, const Val *const arg[3], int n)
{
    double x[3] = { 0 };
    if (call == CALL_SELECT && arg[0]->kind == VAL_NUMBER) return arg[is_number(arg[0], 0) ? 2 : 1];
    for (int i = 0; i < n; i++) {
        if (arg[i]->kind != VAL_NUMBER) return n == 2 ? identity(call, arg[0], arg[1]) : NULL;
        x[i] = arg[i]->number;
    }
    if (call == CALL_UNIFORM || call == CALL_ROW || call == CALL_ROUND16) return NULL;
    Val *v = val_new(VAL_NUMBER, type_of(call, arg));
    v->number = call_value(call, x);
    if (n == 2 && v->type == AS_REAL)
        v->spelled = folded_text(call, v->number, spelled(arg[0]), spelled(arg[1]));
    return v;
}

/* A choice whose condition compares a choice of two numbers with a number: (c ? 1 : 0) == 0 ? a : b
   is c ? b : a. */
static const Val *chosen_once(const Val *const arg[3])
{
    const Val *test = arg[0];
    const bool compares = test->kind == VAL_CALL && test->id >= CALL_LT && test->id <= CALL_NE;
    const Val *inner = compares ? test->arg[0] : NULL;
    if (!inner || inner->kind != VAL_CALL || inner->id != CALL_SELECT ||
        test->arg[1]->kind != VAL_NUMBER || inner->arg[1]->kind != VAL_NUMBER ||
        inner->arg[2]->kind != VAL_NUMBER)
        return NULL;
    const Val *to[2];
    for (int i = 0; i < 2; i++) {
        const double x[3] = { inner->arg[1 + i]->number, test->arg[1]->number };
        to[i] = arg[call_value((Call)test->id, x) != 0 ? 1 : 2];
    }
    return val_call(CALL_SELECT, inner->arg[0], to[0], to[1]);
}

const Val *val_call(Call call, const Val *a, const Val *b, const Val *c)
{
    /* an index is never computed in floating point */
    if (call == CALL_INT && a->kind == VAL_CALL && a->id == CALL_REAL) a = a->arg[0];
    const Val *const arg[3] = { a, b, c };
    const int n = call_arguments(call);
    const Val *known = folded(call, arg, n);
    if (!known && call == CALL_SELECT) known = chosen_once(arg);
    if (known) return known;
    Val *v = val_new(VAL_CALL, type_of(call, arg));
    v->id = (int)call;
    v->n = n;
    for (int i = 0; i < n; i++) v->arg[i] = arg[i];
    return v;
}

Variable *variable_new(const char *wish, ValType type, int number)
{
    Variable *v = NEW(Variable);
    *v = (Variable) { wish, type, val_new(VAL_VAR, type) };
    v->val->id = number;
    return v;
}

int loops_var(Loops *k, const char *wish, ValType type)
{
    Variable *v = variable_new(wish, type, k->vars.n);
    vec_push(&k->vars, v);
    return k->vars.n - 1;
}

int loops_formal(Loops *k, const Formal *f)
{
    Formal *own = NEW(Formal);
    *own = *f;
    vec_push(&k->formals, own);
    return k->formals.n - 1;
}

Stmt *stmt_new(StmtList *into, StmtKind kind)
{
    Stmt *s = NEW(Stmt);
    s->kind = kind;
    vec_push(into, s);
    return s;
}

/* ---- asking ---- */
bool at_same(const At *a, const At *b)
{
    if (a->buffer != b->buffer || a->base != b->base || a->n != b->n) return false;
    for (int i = 0; i < a->n; i++)
        if (a->term[i].stride != b->term[i].stride || !val_same(a->term[i].index, b->term[i].index))
            return false;
    return true;
}

bool val_same(const Val *a, const Val *b)
{
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->type != b->type || a->id != b->id || a->n != b->n) return false;
    if (a->kind == VAL_NUMBER && memcmp(&a->number, &b->number, sizeof a->number)) return false;
    if (a->kind == VAL_LOAD && !at_same(a->at, b->at)) return false;
    for (int i = 0; i < a->n; i++)
        if (!val_same(a->arg[i], b->arg[i])) return false;
    return true;
}

static bool at_has(const At *at, ValKind kind, int id);

static bool val_has(const Val *v, ValKind kind, int id)
{
    if (!v) return false;
    bool has = v->kind == kind && v->id == id;
    for (int i = 0; i < v->n; i++) has |= val_has(v->arg[i], kind, id);
    return has || (v->kind == VAL_LOAD && at_has(v->at, kind, id));
}

static bool at_has(const At *at, ValKind kind, int id)
{
    bool has = false;
    for (int i = 0; i < at->n; i++) has |= val_has(at->term[i].index, kind, id);
    return has;
}

bool val_uses(const Val *v, int var) { return val_has(v, VAL_VAR, var); }

bool val_loads(const Val *v)
{
    bool loads = v->kind == VAL_LOAD;
    for (int i = 0; i < v->n; i++) loads |= val_loads(v->arg[i]);
    return loads;
}

bool list_has(const StmtList *l, ValKind kind, int id)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        const Val *const values[] = { s->value, s->from, s->to, s->beta, s->a, s->b };
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            if (val_has(values[v], kind, id)) return true;
        if (at_has(&s->at, kind, id) || list_has(&s->body, kind, id)) return true;
    }
    return false;
}

bool list_uses(const StmtList *l, int var) { return list_has(l, VAL_VAR, var); }

bool list_declares(const StmtList *l, int var)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if ((s->kind == STMT_LET || s->kind == STMT_VARIABLE) && s->var == var) return true;
        if (list_declares(&s->body, var)) return true;
    }
    return false;
}

static bool list_same(const StmtList *a, const StmtList *b);

static bool stmt_same(const Stmt *a, const Stmt *b)
{
    bool same = a->kind == b->kind && a->var == b->var && a->fold == b->fold &&
                a->deal == b->deal && a->width == b->width && a->n == b->n &&
                a->summed == b->summed && a->chain == b->chain && a->buffer == b->buffer &&
                a->extent == b->extent;
    same = same && val_same(a->value, b->value) && val_same(a->from, b->from) &&
           val_same(a->to, b->to) && val_same(a->beta, b->beta);
    same = same && val_same(a->a, b->a) && val_same(a->b, b->b) && at_same(&a->at, &b->at);
    for (int i = 0; same && a->kind == STMT_ZERO && i < a->n; i++)
        same = !memcmp(&a->side[i], &b->side[i], sizeof(Side));
    for (int i = 0; same && a->kind == STMT_PRODUCT && i < a->n + a->summed; i++)
        same = a->range[i].var == b->range[i].var && a->range[i].extent == b->range[i].extent;
    return same && list_same(&a->body, &b->body);
}

static bool list_same(const StmtList *a, const StmtList *b)
{
    for (int i = 0; a->n == b->n && i < a->n; i++)
        if (!stmt_same(a->at[i], b->at[i])) return false;
    return a->n == b->n;
}

static bool formal_same(const Formal *a, const Formal *b)
{
    if (a->type != b->type || a->half != b->half || a->count != b->count ||
        !a->layout != !b->layout || !a->table != !b->table)
        return false;
    if (a->layout && strcmp(layout_text(a->layout), layout_text(b->layout))) return false;
    return !a->table || !memcmp(a->table, b->table, sizeof *a->table * (size_t)a->count);
}

bool loops_same(const Loops *a, const Loops *b)
{
    if (a->vars.n != b->vars.n || a->formals.n != b->formals.n || a->args != b->args) return false;
    for (int i = 0; i < a->formals.n; i++)
        if (!formal_same(a->formals.at[i], b->formals.at[i])) return false;
    return list_same(&a->body, &b->body);
}

/* ---- which buffers are touched ---- */
static void touch_val(Loops *k, const Val *v)
{
    if (!v) return;
    if (v->kind == VAL_LOAD) k->formals.at[v->at->buffer]->read = true;
    for (int i = 0; i < v->n; i++) touch_val(k, v->arg[i]);
    for (int i = 0; v->kind == VAL_LOAD && i < v->at->n; i++) touch_val(k, v->at->term[i].index);
}

static void touch_list(Loops *k, const StmtList *list)
{
    for (int i = 0; i < list->n; i++) {
        const Stmt *s = list->at[i];
        const bool stores = s->kind == STMT_STORE || s->kind == STMT_ZERO;
        if (stores) k->formals.at[s->at.buffer]->written = true;
        if (stores && s->beta) k->formals.at[s->at.buffer]->read = true;
        const Val *const vals[] = { s->value, s->from, s->to, s->beta, s->a, s->b };
        for (int v = 0; v < 6; v++) touch_val(k, vals[v]);
        for (int t = 0; stores && t < s->at.n; t++) touch_val(k, s->at.term[t].index);
        touch_list(k, &s->body);
    }
}

void loops_touch(Loops *k) { touch_list(k, &k->body); }

/* ---- numbers of variables ---- */
/* now: by old number, -1: not defined yet */
typedef struct {
    const Loops *k;
    Loops out;
    int *now;
} Numbering;

static void number_var(Numbering *n, int *var)
{
    const int old = *var;
    if (n->now[old] < 0) {
        n->now[old] = n->out.vars.n;
        vec_push(&n->out.vars, n->k->vars.at[old]);
    }
    *var = n->now[old];
}

static void number_list(Numbering *n, const StmtList *list)
{
    for (int i = 0; i < list->n; i++) {
        Stmt *s = list->at[i];
        for (int r = 0; s->kind == STMT_PRODUCT && r < s->n + s->summed; r++)
            number_var(n, &s->range[r].var);
        if (s->kind == STMT_FOR || s->kind == STMT_LET || s->kind == STMT_VARIABLE ||
            s->kind == STMT_FOLD || s->kind == STMT_PRODUCT)
            number_var(n, &s->var);
        number_list(n, &s->body);
    }
}

void loops_number(Loops *k)
{
    Numbering n = { .k = k, .now = NEW_ARRAY(int, k->vars.n + 1) };
    for (int i = 0; i < k->vars.n; i++) n.now[i] = -1;
    number_list(&n, &k->body);
    k->vars.n = 0;
    for (int i = 0; i < n.out.vars.n; i++) {
        n.out.vars.at[i]->val->id = i;
        vec_push(&k->vars, n.out.vars.at[i]);
    }
}
