/* dividend.c -- what a statement divides more than once to find elements: an index in a merged
   axis, an id. */
#include "ir/tidy.h"

enum { WORTH = 12, OF_A_LOAD = 8, MOST = 32 };
typedef struct {
    int n;
    const Val *at[MOST];
    int times[MOST];
} Dividends;

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

static void add(Dividends *d, const Val *v)
{
    int i = 0;
    while (i < d->n && !val_same(d->at[i], v)) i++;
    if (i == MOST) return;
    if (i == d->n) d->at[d->n++] = v;
    d->times[i]++;
}

static void collect_at(Dividends *d, const At *at);

static void collect(Dividends *d, const Val *v)
{
    if (v->kind == VAL_LOAD) collect_at(d, v->at);
    const bool divides = is_call(v, CALL_IDIV) || is_call(v, CALL_MOD);
    if (divides && v->arg[0]->kind != VAL_VAR) add(d, v->arg[0]);
    for (int i = 0; i < v->n; i++) collect(d, v->arg[i]);
}

static void collect_at(Dividends *d, const At *at)
{
    for (int i = 0; i < at->n; i++) collect(d, at->term[i].index);
}

static int length_of_text(const Val *v)
{
    int n = v->kind == VAL_LOAD ? OF_A_LOAD : 1;
    for (int i = 0; i < v->n; i++) n += length_of_text(v->arg[i]);
    return n;
}

const Val *stmt_dividend(const Stmt *s, int lane)
{
    Dividends d = { 0 };
    const Val *least = NULL;
    if (s->kind != STMT_LET && s->kind != STMT_FOLD && s->kind != STMT_STORE) return NULL;
    collect(&d, s->value);
    if (s->kind == STMT_STORE) collect_at(&d, &s->at);
    for (int i = 0; i < d.n; i++) {
        if (d.times[i] < 2 || (lane >= 0 && val_uses(d.at[i], lane))) continue;
        if (length_of_text(d.at[i]) * d.times[i] < WORTH) continue;
        if (!least || length_of_text(d.at[i]) < length_of_text(least)) least = d.at[i];
    }
    return least;
}

/* ---- writing a name for it ---- */
static const Val *replaced(const Loops *k, const Val *v, const Val *what, const Val *is);

static void replace_at(const Loops *k, At *at, const Val *what, const Val *is)
{
    for (int i = 0; i < at->n; i++) at->term[i].index = replaced(k, at->term[i].index, what, is);
}

static const Val *replaced(const Loops *k, const Val *v, const Val *what, const Val *is)
{
    const Val *arg[3] = { 0 };
    bool same = true;
    if (val_same(v, what)) return is;
    if (v->kind == VAL_LOAD) {
        At at = *v->at;
        replace_at(k, &at, what, is);
        return at_same(&at, v->at) ? v : val_load(k, &at);
    }
    for (int i = 0; i < v->n; i++) {
        arg[i] = replaced(k, v->arg[i], what, is);
        same &= arg[i] == v->arg[i];
    }
    return same ? v : val_call((Call)v->id, arg[0], arg[1], arg[2]);
}

void stmt_replace(const Loops *k, Stmt *s, const Val *what, const Val *is)
{
    s->value = replaced(k, s->value, what, is);
    if (s->kind == STMT_STORE) replace_at(k, &s->at, what, is);
}
