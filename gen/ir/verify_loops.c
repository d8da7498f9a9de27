/* verify_loops.c -- rules of every kernel's loops. A message contains the name of its rule.

   1. A variable has a definition before its use, around it, and no second one inside.
   2. Types fit: numbers with numbers, indices with indices. A condition is a bool or an int.
   3. Only a FOLD changes a variable, and VARIABLE must have made it. Inside lanes, a variable from
      outside is folded by + * max min, and nothing reads it.
   4. Lanes run from 0 to a constant.
   5. No arm of a choice loads, except in a product's factors.
   6. Constants of the model and columns are not written. A chain begins with the value to which
      its body's store adds.
   7. A local comes before its use. Extents are positive.
   8. verify_accesses.c: indices are inside their buffers, and no unit touches what another one
      writes. */
#include "ir/verify_loops.h"

typedef enum { UNDEFINED, CONSTANT, CHANGES } State;
typedef struct {
    Checked c;
    struct {
        State state;
        int lanes;
    } * var;     /* lanes: number of loops over lanes around its definition */
    bool *local; /* by buffer: a local is visible */
    bool *is_local;
    int lanes; /* number of loops over lanes around this position */
    bool factor, arm;
} Verifier;

/* ---- values ---- */
typedef enum { A_NUMBER, AN_INDEX, A_CONDITION } Class;
static Class class_of(ValType t)
{
    return t <= AS_DOUBLE ? A_NUMBER : t == AS_BOOL ? A_CONDITION : AN_INDEX;
}
static bool is_condition(const Val *v) { return v->type == AS_BOOL || v->type == AS_INT; }
static bool fits(ValType a, ValType b)
{
    return class_of(a) == class_of(b) || (class_of(a) != A_NUMBER && class_of(b) != A_NUMBER);
}

static void verify_val(Verifier *v, const Val *x);

static void verify_at(Verifier *v, const At *at)
{
    if (at->buffer < 0 || at->buffer >= v->c.k->formals.n)
        broken(&v->c, "no such buffer: %d", at->buffer);
    if (v->is_local[at->buffer] && !v->local[at->buffer])
        broken(&v->c, "a local is used before it stands: %s", at_shown(v->c.k, at));
    for (int i = 0; i < at->n; i++) {
        verify_val(v, at->term[i].index);
        if (class_of(at->term[i].index->type) != AN_INDEX)
            broken(&v->c, "types do not fit: %s has an index that is none", at_shown(v->c.k, at));
    }
}

static void verify_var(Verifier *v, const Val *x)
{
    const Loops *k = v->c.k;
    if (x->id < 0 || x->id >= k->vars.n || v->var[x->id].state == UNDEFINED)
        broken(&v->c, "an undefined variable: %s", val_shown(k, x));
    if (x->type != k->vars.at[x->id]->type)
        broken(&v->c, "types do not fit: %s is another type's", val_shown(k, x));
}

static bool operands_fit(const Val *x)
{
    const Class a = class_of(x->arg[0]->type), b = x->n > 1 ? class_of(x->arg[1]->type) : a;
    switch (x->id) {
        case CALL_AND:
        case CALL_OR:
            return is_condition(x->arg[0]) && is_condition(x->arg[1]);
        case CALL_NEG:
        case CALL_ADD:
        case CALL_SUB:
        case CALL_MUL:
        case CALL_MIN:
        case CALL_MAX:
            return a == b && a != A_CONDITION;
        case CALL_LT:
        case CALL_LE:
        case CALL_GT:
        case CALL_GE:
        case CALL_EQ:
        case CALL_NE:
            return fits(x->arg[0]->type, x->arg[1]->type);
        case CALL_IDIV:
        case CALL_MOD:
        case CALL_ROW:
            return a == AN_INDEX && b == AN_INDEX;
        case CALL_UNIFORM:
            return a == AN_INDEX && b == AN_INDEX && class_of(x->arg[2]->type) == AN_INDEX;
        case CALL_REAL:
        case CALL_INT:
            return a == A_NUMBER || a == AN_INDEX;
        case CALL_SELECT:
            return is_condition(x->arg[0]) && fits(x->arg[1]->type, x->arg[2]->type);
        case CALL_KEEP:
            return a == A_NUMBER && b == AN_INDEX;
        default:
            return a == A_NUMBER && b == A_NUMBER;
    }
}

static void verify_call(Verifier *v, const Val *x)
{
    const bool arm = v->arm;
    for (int i = 0; i < x->n; i++) {
        v->arm = arm || (x->id == CALL_SELECT && i > 0);
        verify_val(v, x->arg[i]);
    }
    v->arm = arm;
    if (x->n != call_arguments((Call)x->id) || !operands_fit(x))
        broken(&v->c, "types do not fit: %s", val_shown(v->c.k, x));
}

static void verify_val(Verifier *v, const Val *x)
{
    if (!x) return;
    if (x->kind == VAL_VAR) verify_var(v, x);
    if (x->kind == VAL_CALL) verify_call(v, x);
    if (x->kind == VAL_RUN && x->id >= RUN_ARG && x->id < RUN_CONSTANT &&
        x->id - RUN_ARG >= v->c.k->args)
        broken(&v->c, "an argument that calls do not have: %s", val_shown(v->c.k, x));
    if (x->kind != VAL_LOAD) return;
    verify_at(v, x->at);
    if (v->arm && !v->factor) broken(&v->c, "an arm of a choice loads: %s", val_shown(v->c.k, x));
}

/* ---- variables ---- */
static const char *name_of(const Verifier *v, int var)
{
    return var >= 0 && var < v->c.k->vars.n ? val_shown(v->c.k, val_var(v->c.k, var))
                                            : text("%d", var);
}

static void define(Verifier *v, int var, State state)
{
    if (var < 0 || var >= v->c.k->vars.n) broken(&v->c, "an undefined variable: %d", var);
    if (v->var[var].state != UNDEFINED)
        broken(&v->c, "a variable is defined twice: %s", name_of(v, var));
    v->var[var].state = state, v->var[var].lanes = v->lanes;
}

static void must_fit(const Verifier *v, int var, ValType type)
{
    if (!fits(v->c.k->vars.at[var]->type, type))
        broken(&v->c, "types do not fit: %s becomes what it cannot be", name_of(v, var));
}

static void must_index(const Verifier *v, const Val *x)
{
    if (class_of(x->type) != AN_INDEX)
        broken(&v->c, "types do not fit: %s is no index", val_shown(v->c.k, x));
}

/* ---- statements ---- */
static void verify_list(Verifier *v, const StmtList *l);

static bool reads(const Stmt *s, int var);

static bool list_reads(const StmtList *l, int var)
{
    bool found = false;
    for (int i = 0; i < l->n; i++) found |= reads(l->at[i], var);
    return found;
}

static bool at_reads(const At *at, int var)
{
    bool found = false;
    for (int i = 0; i < at->n; i++) found |= val_uses(at->term[i].index, var);
    return found;
}

static bool reads(const Stmt *s, int var)
{
    const Val *const all[] = { s->value, s->from, s->to, s->beta, s->a, s->b };
    bool found = at_reads(&s->at, var) || list_reads(&s->body, var);
    for (int i = 0; i < 6; i++) found |= all[i] && val_uses(all[i], var);
    return found;
}

/* The outer variables into which these statements fold. */
static void verify_folded(const Verifier *v, const StmtList *all, const StmtList *l)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if (s->kind == STMT_FOLD && s->var >= 0 && s->var < v->c.k->vars.n &&
            v->var[s->var].state == CHANGES && list_reads(all, s->var))
            broken(&v->c, "lanes read what they fold into: %s", name_of(v, s->var));
        verify_folded(v, all, &s->body);
    }
}

static void verify_for(Verifier *v, const Stmt *s)
{
    const bool lanes = s->deal == LANES || s->deal == SHARES;
    verify_val(v, s->from), verify_val(v, s->to);
    must_index(v, s->from), must_index(v, s->to);
    if (lanes && (s->from->kind != VAL_NUMBER || s->from->number != 0 || s->to->kind != VAL_NUMBER))
        broken(&v->c, "lanes do not run from 0 to a constant: %s", val_shown(v->c.k, s->to));
    if (s->deal == UNITS && v->lanes) broken(&v->c, "units inside of lanes");
    if (lanes) verify_folded(v, &s->body, &s->body);
    define(v, s->var, CONSTANT);
    if (class_of(v->c.k->vars.at[s->var]->type) != AN_INDEX)
        broken(&v->c, "types do not fit: a loop over %s", name_of(v, s->var));
    v->lanes += lanes;
    verify_list(v, &s->body);
    v->lanes -= lanes;
    v->var[s->var].state = UNDEFINED;
}

static void verify_fold(Verifier *v, const Stmt *s)
{
    verify_val(v, s->value);
    if (s->var < 0 || s->var >= v->c.k->vars.n || v->var[s->var].state == UNDEFINED)
        broken(&v->c, "an undefined variable: %s", name_of(v, s->var));
    if (v->var[s->var].state != CHANGES)
        broken(&v->c, "a constant changes: %s", name_of(v, s->var));
    if (v->var[s->var].lanes < v->lanes && s->fold == FOLD_NONE)
        broken(&v->c, "lanes set a variable from outside: %s", name_of(v, s->var));
    must_fit(v, s->var, s->value->type);
}

static void verify_written(Verifier *v, const Stmt *s)
{
    verify_at(v, &s->at);
    const Formal *f = v->c.k->formals.at[s->at.buffer];
    if (f->table || f->type > AS_DOUBLE)
        broken(&v->c, "constants or a column are written: %s", at_shown(v->c.k, &s->at));
    if (!f->written || (s->beta && !f->read))
        broken(&v->c, "nobody knows that it is touched: %s", at_shown(v->c.k, &s->at));
    for (int i = 0; s->kind == STMT_ZERO && i < s->n; i++) {
        const Side *x = &s->side[i];
        if (x->extent < 1 || x->before < 0 || x->after < 0 || x->before + x->after > x->extent)
            broken(&v->c, "a side of a box is none: %s", at_shown(v->c.k, &s->at));
    }
}

static void verify_store(Verifier *v, const Stmt *s)
{
    verify_val(v, s->value), verify_val(v, s->beta), verify_written(v, s);
    if (!fits(v->c.k->formals.at[s->at.buffer]->type, s->value->type))
        broken(&v->c, "types do not fit: %s becomes what it cannot be", at_shown(v->c.k, &s->at));
}

static bool adds(const StmtList *l)
{
    bool found = false;
    for (int i = 0; i < l->n; i++)
        found |= (l->at[i]->kind == STMT_STORE && l->at[i]->beta) || adds(&l->at[i]->body);
    return found;
}

static void verify_product(Verifier *v, const Stmt *s)
{
    for (int i = 0; i < s->n + s->summed; i++) {
        if (s->range[i].extent < 1)
            broken(&v->c, "an extent is not positive: %s", name_of(v, s->range[i].var));
        define(v, s->range[i].var, CONSTANT);
    }
    v->factor = true;
    verify_val(v, s->a), verify_val(v, s->b);
    v->factor = false;
    if (class_of(s->a->type) != A_NUMBER || class_of(s->b->type) != A_NUMBER)
        broken(&v->c, "types do not fit: a product of what is no number");
    if (s->chain && !adds(&s->body))
        broken(&v->c, "a chain that nothing adds to: %s", name_of(v, s->var));
    for (int i = s->n; i < s->n + s->summed; i++) v->var[s->range[i].var].state = UNDEFINED;
    define(v, s->var, CONSTANT);
    verify_list(v, &s->body);
    for (int i = 0; i < s->n; i++) v->var[s->range[i].var].state = UNDEFINED;
    v->var[s->var].state = UNDEFINED;
}

static void verify_definition(Verifier *v, const Stmt *s)
{
    verify_val(v, s->value);
    define(v, s->var, s->kind == STMT_LET ? CONSTANT : CHANGES);
    must_fit(v, s->var, s->value->type);
}

static void verify_local(Verifier *v, const Stmt *s)
{
    if (s->buffer < 0 || s->buffer >= v->c.k->formals.n || s->extent < 1)
        broken(&v->c, "an extent is not positive: a local's");
    v->local[s->buffer] = true;
}

static void verify_if(Verifier *v, const Stmt *s)
{
    verify_val(v, s->value);
    if (!is_condition(s->value))
        broken(&v->c, "types do not fit: %s is no condition", val_shown(v->c.k, s->value));
    verify_list(v, &s->body);
}

static void verify_stmt(Verifier *v, const Stmt *s)
{
    switch (s->kind) {
        case STMT_FOR:
            verify_for(v, s);
            break;
        case STMT_IF:
            verify_if(v, s);
            break;
        case STMT_LET:
        case STMT_VARIABLE:
            verify_definition(v, s);
            break;
        case STMT_FOLD:
            verify_fold(v, s);
            break;
        case STMT_STORE:
            verify_store(v, s);
            break;
        case STMT_ZERO:
            verify_written(v, s);
            break;
        case STMT_PRODUCT:
            verify_product(v, s);
            break;
        case STMT_LOCAL:
            verify_local(v, s);
    }
}

static void verify_list(Verifier *v, const StmtList *l)
{
    for (int i = 0; i < l->n; i++) verify_stmt(v, l->at[i]);
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if (s->kind == STMT_LET || s->kind == STMT_VARIABLE) v->var[s->var].state = UNDEFINED;
        if (s->kind == STMT_LOCAL) v->local[s->buffer] = false;
    }
}

static void find_locals(Verifier *v, const StmtList *l)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if (s->kind == STMT_LOCAL && s->buffer >= 0 && s->buffer < v->c.k->formals.n)
            v->is_local[s->buffer] = true;
        find_locals(v, &s->body);
    }
}

void loops_verify(const Loops *k, const char *who)
{
    Verifier v = { .c = { k, who } };
    v.var = mem_alloc(sizeof *v.var * (size_t)(k->vars.n + 1));
    v.local = NEW_ARRAY(bool, k->formals.n + 1), v.is_local = NEW_ARRAY(bool, k->formals.n + 1);
    find_locals(&v, &k->body);
    verify_list(&v, &k->body);
    verify_accesses(&v.c);
}
