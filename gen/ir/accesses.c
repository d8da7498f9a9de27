/* accesses.c -- walks over the elements that a kernel's statements touch.

   Lanes after the end of an axis may read beyond a row, and beyond the buffer in its last row.
   `keep` drops the results. So a load is valid under the condition of the keep around it, or
   under that of all stores of its lanes. */
#include "ir/accesses.h"

/* kept: the condition of all stores of these lanes */
typedef struct {
    Around around;
    Visit *visit;
    void *context;
    const Val *kept;
} Walk;

static void push(Walk *w, Bind b)
{
    if (w->around.n == BINDS) BUG("a kernel nested too deeply");
    w->around.at[w->around.n++] = b;
}

static void visit_val(Walk *w, const Stmt *s, const Val *v);

static const Val *is_left(const Val *left) { return val_call(CALL_GT, left, val_int(0), NULL); }

static void visit_at(Walk *w, const Stmt *s, const At *at, bool write)
{
    for (int i = 0; i < at->n; i++) visit_val(w, s, at->term[i].index);
    const Access p = { at, s, write };
    const int before = w->around.n;
    if (w->kept && !write) push(w, (Bind) { .kind = BIND_IF, .from = is_left(w->kept) });
    w->visit(w->context, &w->around, &p);
    w->around.n = before;
}

/* An arm of a choice is evaluated only under its condition. */
static void visit_select(Walk *w, const Stmt *s, const Val *v)
{
    visit_val(w, s, v->arg[0]);
    push(w, (Bind) { .kind = BIND_IF, .from = v->arg[0] });
    visit_val(w, s, v->arg[1]);
    w->around.n--;
    visit_val(w, s, v->arg[2]);
}

static void visit_keep(Walk *w, const Stmt *s, const Val *v)
{
    push(w, (Bind) { .kind = BIND_IF, .from = is_left(v->arg[1]) });
    visit_val(w, s, v->arg[0]);
    w->around.n--;
    visit_val(w, s, v->arg[1]);
}

static void visit_val(Walk *w, const Stmt *s, const Val *v)
{
    if (!v) return;
    if (v->kind == VAL_LOAD) visit_at(w, s, v->at, false);
    else if (v->kind == VAL_CALL && v->id == CALL_SELECT) visit_select(w, s, v);
    else if (v->kind == VAL_CALL && v->id == CALL_KEEP) visit_keep(w, s, v);
    else
        for (int i = 0; i < v->n; i++) visit_val(w, s, v->arg[i]);
}

static void visit_list(Walk *w, const StmtList *l, bool top);

static void visit_product(Walk *w, const Stmt *s, bool top)
{
    for (int i = 0; i < s->n + s->summed; i++)
        push(w, (Bind) { .kind = BIND_RANGE,
                         .var = s->range[i].var,
                         .extent = s->range[i].extent,
                         .unit = top && i < s->n });
    visit_val(w, s, s->a), visit_val(w, s, s->b);
    w->around.n -= s->summed;
    visit_list(w, &s->body, false);
}

/* The condition that all stores of these statements share; false: there is none. */
static bool all_keep(const StmtList *l, const Val **left)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        const Val *mine =
            s->kind == STMT_STORE && s->value->kind == VAL_CALL && s->value->id == CALL_KEEP
                ? s->value->arg[1]
                : NULL;
        if (s->kind == STMT_FOLD || s->kind == STMT_ZERO ||
            (s->kind == STMT_STORE && (!mine || (*left && !val_same(*left, mine)))))
            return false;
        if (mine) *left = mine;
        if (!all_keep(&s->body, left)) return false;
    }
    return true;
}

static void visit_loop(Walk *w, const Stmt *s, bool top)
{
    const Val *outer = w->kept, *left = NULL;
    push(w, (Bind) { .kind = BIND_LOOP,
                     .var = s->var,
                     .from = s->from,
                     .to = s->to,
                     .unit = s->deal == UNITS });
    if (s->deal == LANES && all_keep(&s->body, &left)) w->kept = left;
    visit_list(w, &s->body, top && s->deal == UNITS && s->body.n == 1);
    w->kept = outer;
}

static void visit_stmt(Walk *w, const Stmt *s, bool top)
{
    visit_val(w, s, s->from), visit_val(w, s, s->to), visit_val(w, s, s->value),
        visit_val(w, s, s->beta);
    switch (s->kind) {
        case STMT_FOR:
            visit_loop(w, s, top);
            break;
        case STMT_IF:
            push(w, (Bind) { .kind = BIND_IF, .from = s->value });
            visit_list(w, &s->body, false);
            break;
        case STMT_STORE:
        case STMT_ZERO:
            visit_at(w, s, &s->at, true);
            break;
        case STMT_PRODUCT:
            visit_product(w, s, top);
            break;
        default:
            break;
    }
}

static void visit_list(Walk *w, const StmtList *l, bool top)
{
    const int before = w->around.n;
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        const int inside = w->around.n;
        if (inside == 0) w->around.units = i;
        visit_stmt(w, s, top);
        w->around.n = inside;
        if (s->kind == STMT_LET)
            push(w, (Bind) { .kind = BIND_LET, .var = s->var, .from = s->value });
    }
    w->around.n = before;
}

void accesses_visit(const Loops *k, Visit *visit, void *context)
{
    Walk w = { .around = { .k = k }, .visit = visit, .context = context };
    visit_list(&w, &k->body, true);
}
