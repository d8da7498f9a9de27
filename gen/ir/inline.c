/* inline.c -- constants that are read once are written where they are read.

   1. Only other constants are between the constant and the statement that reads it, so what it
      reads from memory is the same there, and no variable has changed.
   2. It is read in the statement's value, neither in an index nor, if it reads memory, in an arm
      of a choice.
   3. A name that explains stays, as does what comes from the data, a draw and a number.
   4. The statement stays short. */
#include <string.h>
#include "ir/tidy.h"

enum { SHORT = 80, NAME = 10 };
static const char *const telling[] = {
    "at", "in", "max", "sum", "scale", "chain", "micro", "label"
};

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* ---- how often and where ---- */
static int reads_at(const At *at, int var);

static int reads(const Val *v, int var)
{
    if (!v) return 0;
    int n = v->kind == VAL_VAR && v->id == var;
    for (int i = 0; i < v->n; i++) n += reads(v->arg[i], var);
    return n + (v->kind == VAL_LOAD ? reads_at(v->at, var) : 0);
}

static int reads_at(const At *at, int var)
{
    int n = 0;
    for (int i = 0; i < at->n; i++) n += reads(at->term[i].index, var);
    return n;
}

static int reads_of(const StmtList *l, int from, int var)
{
    int n = 0;
    for (int i = from; i < l->n; i++) {
        const Stmt *s = l->at[i];
        const Val *const values[] = { s->value, s->from, s->to, s->beta, s->a, s->b };
        for (int v = 0; v < 6; v++) n += reads(values[v], var);
        n += reads_at(&s->at, var) + reads_of(&s->body, 0, var);
    }
    return n;
}

/* It comes from a column, a flat array, a draw: of nothing that the program computes. */
static bool is_given(const Loops *k, const Val *v)
{
    if (is_call(v, CALL_UNIFORM) || is_call(v, CALL_ROW)) return true;
    bool is = v->kind == VAL_LOAD && !k->formals.at[v->at->buffer]->layout;
    for (int i = 0; i < v->n; i++) is |= is_given(k, v->arg[i]);
    return is;
}

/* Whether v reads var outside of indices and, if so asked, of the arms of choices. */
static bool may_stand(const Val *v, int var, bool arms)
{
    if (v->kind == VAL_VAR) return v->id == var;
    bool may = false;
    for (int i = 0; i < v->n; i++)
        if (arms || i == 0 || !is_call(v, CALL_SELECT)) may |= may_stand(v->arg[i], var, arms);
    return may;
}

/* ---- how long: the names of buffers do not count, so that kernels stay alike ---- */
static int width_of(const Val *v);

static int place_width(const At *at)
{
    int n = NAME;
    for (int i = 0; i < at->n; i++) n += 2 + width_of(at->term[i].index);
    return n;
}

static int width_of(const Val *v)
{
    if (v->kind == VAL_LOAD) return place_width(v->at);
    int n = v->kind == VAL_CALL && v->id > CALL_ROW ? 7 : v->kind == VAL_VAR ? 2 : 3;
    for (int i = 0; i < v->n; i++) n += width_of(v->arg[i]);
    return n;
}

static int statement_width(const Stmt *s)
{
    return width_of(s->value) + (s->kind == STMT_STORE ? place_width(&s->at) + 3 : 8);
}

/* ---- writing it there ---- */
static const Val *replaced(const Val *v, int var, const Val *is)
{
    const Val *arg[3] = { 0 };
    if (v->kind == VAL_VAR) return v->id == var ? is : v;
    if (v->kind != VAL_CALL || !reads(v, var)) return v;
    for (int i = 0; i < v->n; i++) arg[i] = replaced(v->arg[i], var, is);
    return val_call((Call)v->id, arg[0], arg[1], arg[2]);
}

static bool is_telling(const Loops *k, const Stmt *s)
{
    const char *wish = k->vars.at[s->var]->wish;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (wish && !strcmp(wish, telling[i])) return true;
    return s->value->kind == VAL_NUMBER || is_given(k, s->value);
}

/* The statement that alone reads the constant l->at[i], once; NULL: there is none. */
static Stmt *reader_of(const StmtList *l, int i)
{
    const int var = l->at[i]->var;
    if (reads_of(l, i + 1, var) != 1) return NULL;
    for (int j = i + 1; j < l->n; j++) {
        Stmt *s = l->at[j];
        const bool takes = s->kind == STMT_LET || s->kind == STMT_FOLD || s->kind == STMT_STORE;
        if (takes && reads(s->value, var)) return s;
        if (s->kind != STMT_LET) return NULL;
    }
    return NULL;
}

static bool inlined(Loops *k, const StmtList *l, int i)
{
    const Stmt *s = l->at[i];
    if (s->kind != STMT_LET || is_telling(k, s)) return false;
    Stmt *to = reader_of(l, i);
    if (!to || !may_stand(to->value, s->var, !val_loads(s->value))) return false;
    if (statement_width(to) + width_of(s->value) > SHORT) return false;
    to->value = replaced(to->value, s->var, s->value);
    return true;
}

static void inline_list(Loops *k, StmtList *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        if (!inlined(k, l, i)) l->at[n++] = l->at[i];
    l->n = n;
    for (int i = 0; i < n; i++)
        if (l->at[i]->kind != STMT_PRODUCT) inline_list(k, &l->at[i]->body);
}

void loops_inline(Loops *k) { inline_list(k, &k->body); }
