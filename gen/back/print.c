/* print.c -- the statements of a tree that all targets print alike.

   1. A loop or a condition whose body is one statement has no braces.
   2. A bound that is computed has a name, so that it is computed once. */
#include <math.h>
#include "back/print.h"
#include "back/template.h"

/* ---- lines ---- */
void put_line(Printer *p, const char *s)
{
    text_add(&p->out, "%s\n", s);
    p->lines++;
}

void put_text(Printer *p, const Text *t)
{
    text_put(&p->out, t->s, t->n);
    for (size_t i = 0; i < t->n; i++) p->lines += t->s[i] == '\n';
}

void put_one(Printer *p, const Text *t)
{
    text_put(&p->out, t->s, t->n);
    p->lines++;
}

/* After the lines that its values need. */
static void statement(Printer *p, char *s)
{
    const Text before = p->w->before;
    p->w->before = (Text) { 0 };
    if (before.n) put_text(p, &before);
    put_line(p, s);
}

char *list_text(const Printer *p, const StmtList *l, int *lines)
{
    Printer q = *p;
    q.out = (Text) { 0 }, q.lines = 0;
    text_put(&q.out, "", 0);
    put_list(&q, l);
    if (lines) *lines = q.lines;
    return q.out.s;
}

void put_under(Printer *p, const char *head, const StmtList *body)
{
    int lines;
    const char *inner = list_text(p, body, &lines);
    const bool braces = lines != 1;
    text_add(&p->out, braces ? "%s {\n" : "%s\n", head);
    put_lines(&p->out, inner, 4);
    if (braces) text_add(&p->out, "}\n");
    p->lines++;
}

/* ---- loops and conditions ---- */
static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* A bound that does not change: a number, an index, a sum of them. */
static bool is_plain(const Val *v)
{
    return v->kind != VAL_CALL || ((is_call(v, CALL_ADD) || is_call(v, CALL_MUL)) &&
                                   is_plain(v->arg[0]) && is_plain(v->arg[1]));
}

static bool is_real_rows(const Val *to)
{
    return is_call(to, CALL_MIN) && is_plain(to->arg[0]) && to->arg[1]->kind == VAL_RUN;
}

void put_serial(Printer *p, const Stmt *s, const char *before)
{
    Words *w = p->w;
    const char *from = val_text(w, s->from), *to = val_text(w, s->to), *v = words_var(w, s->var),
               *end = NULL;
    char *head = text("%sfor (%s %s = %s", before, words_type(w, s->var), v, from);
    if (is_plain(s->to)) {
        head = text("%s; %s < %s; %s++)", head, v, to, v);
    } else if (is_real_rows(s->to)) {
        head = text("%s; %s < %s && %s < %s; %s++)", head, v, val_text(w, s->to->arg[0]), v,
                    val_text(w, s->to->arg[1]), v);
    } else {
        end = words_free(w, text("%s_to", v));
        head = text("%s, %s = %s; %s < %s; %s++)", head, end, to, v, end, v);
    }
    put_under(p, head, &s->body);
    words_leave(w, v);
    if (end) words_leave(w, end);
}

static void put_for(Printer *p, const Stmt *s) { put_serial(p, s, ""); }

static void put_if(Printer *p, const Stmt *s)
{
    put_under(p, text("if (%s)", val_text(p->w, s->value)), &s->body);
}

/* ---- values ---- */
static void put_let(Printer *p, const Stmt *s)
{
    Words *w = p->w;
    const bool even = val_is_even(w, s->value);
    const char *value = even ? val_even(w, s->value) : val_text(w, s->value),
               *name = words_var(w, s->var);
    if (even) w->vector[s->var] = false;
    if (s->value->type == AS_BOOL) w->vector[s->var] = val_is_mask(w, s->value);
    statement(p, text("const %s %s = %s;", words_type(w, s->var), name, value));
}

char *start_text(Words *w, const Val *v)
{
    if (v->kind != VAL_NUMBER) return val_text(w, v);
    const char *number = !isinf(v->number) ? decimal(v->number)
                         : v->number < 0   ? "-INFINITY"
                                           : "INFINITY";
    return text(w->lanes < 0 ? "%.0s%s" : "%sset(%s)", w->prefix, number);
}

static void put_variable(Printer *p, const Stmt *s)
{
    const char *start = start_text(p->w, s->value), *name = words_var(p->w, s->var);
    statement(p, text("%s %s = %s;", words_type(p->w, s->var), name, start));
}

static void put_fold(Printer *p, const Stmt *s)
{
    static const char *const operators[] = {
        [FOLD_NONE] = "=", [FOLD_SUM] = "+=", [FOLD_PROD] = "*="
    };
    const bool wide = p->w->k->vars.at[s->var]->type == AS_DOUBLE;
    const char *name = p->w->var[s->var],
               *value = wide ? val_double(p->w, s->value) : val_text(p->w, s->value);
    if (s->fold == FOLD_MAX || s->fold == FOLD_MIN)
        statement(p, text("%s = %s%s(%s, %s);", name, p->w->prefix,
                          s->fold == FOLD_MAX ? "max" : "min", name, value));
    else statement(p, text("%s %s %s;", name, operators[s->fold], value));
}

/* ---- stores ---- */
static bool is_number(const Val *v, double x)
{
    return v->kind == VAL_NUMBER && v->number >= x && v->number <= x;
}

static void check_lanes(const Words *w, const At *at)
{
    long step;
    if (w->lanes >= 0 && !(at_step(at, w->lanes, &step) && step == 1))
        BUG("lanes of %s do not lie side by side", w->formal[at->buffer]);
}

static void store(Printer *p, const char *at, const char *value)
{
    const Words *w = p->w;
    statement(p, w->lanes < 0 ? text("%s = %s;", at, value)
                              : text("%sstore(&%s, %s);", w->prefix, at, value));
}

/* x = x * a is x *= a. */
static bool put_in_place(Printer *p, const Stmt *s, const char *at)
{
    static const char *const signs[CALLS] = { [CALL_ADD] = "+=", [CALL_MUL] = "*=" };
    const Val *v = s->value;
    if (p->w->lanes >= 0 || v->kind != VAL_CALL || !signs[v->id] || v->arg[0]->kind != VAL_LOAD)
        return false;
    const bool same = at_same(v->arg[0]->at, &s->at);
    if (same) statement(p, text("%s %s %s;", at, signs[v->id], val_text(p->w, v->arg[1])));
    return same;
}

static void put_added(Printer *p, const Stmt *s, const char *at, const char *before)
{
    if (p->w->lanes < 0) statement(p, text("%s += %s;", at, val_text(p->w, s->value)));
    else store(p, at, text("%s + %s", before, val_within(p->w, s->value, LEVEL_PRODUCT)));
}

/* Added where beta is not 0. */
static void put_with_beta(Printer *p, const Stmt *s, const char *at, const char *before)
{
    Words *w = p->w;
    const char *value = val_text(w, s->value), *more = value, *old = words_free(w, "old");
    Text t = { 0 };
    text_add(&t, "const %s %s = %s", w->type, old, before);
    if (s->value->kind != VAL_VAR)
        more = words_free(w, "more"), text_add(&t, ", %s = %s", more, value);
    statement(p, text("%s;", t.s));
    store(p, at, text("%s ? %s + %s : %s", val_within(w, s->beta, LEVEL_LOGIC), old, more, more));
}

static void put_store(Printer *p, const Stmt *s)
{
    const Words *w = p->w;
    const char *at = at_text(p->w, &s->at),
               *before = w->lanes < 0 ? at : text("%sload(&%s)", w->prefix, at);
    check_lanes(w, &s->at);
    const bool alone = !s->beta || is_number(s->beta, 0);
    if (alone && put_in_place(p, s, at)) return;
    if (alone) store(p, at, val_text(p->w, s->value));
    else if (is_number(s->beta, 1)) put_added(p, s, at, before);
    else put_with_beta(p, s, at, before);
}

void put_list(Printer *p, const StmtList *l)
{
    static void (*const put[])(Printer *, const Stmt *) = {
        [STMT_FOR] = put_for,           [STMT_IF] = put_if,     [STMT_LET] = put_let,
        [STMT_VARIABLE] = put_variable, [STMT_FOLD] = put_fold, [STMT_STORE] = put_store
    };
    for (int i = 0; i < l->n; i++) {
        if (p->own(p, l->at[i])) continue;
        if (l->at[i]->kind > STMT_STORE) BUG("a statement that this target does not print");
        put[l->at[i]->kind](p, l->at[i]);
    }
}

/* ---- products ---- */
static Stmt *loop_over(StmtList *into, const Range *r, Deal deal)
{
    Stmt *s = stmt_new(into, STMT_FOR);
    s->var = r->var, s->deal = deal, s->from = val_int(0), s->to = val_int(r->extent);
    return s;
}

void put_product_loops(Printer *p, const Stmt *s, Deal results)
{
    StmtList all = { 0 }, *inner = &all;
    for (int i = 0; i < s->n; i++) inner = &loop_over(inner, &s->range[i], results)->body;
    const Stmt *to = s->body.at[0];
    const Val *zero = val_number(0), *start = zero;
    if (s->chain)
        start = to->beta ? val_call(CALL_SELECT, to->beta, val_load(p->w->k, &to->at), zero) : zero;
    Stmt *sum = stmt_new(inner, STMT_VARIABLE);
    sum->var = s->var, sum->value = start;
    StmtList *terms = inner;
    for (int i = s->n; i < s->n + s->summed; i++)
        terms = &loop_over(terms, &s->range[i], SERIAL)->body;
    Stmt *term = stmt_new(terms, STMT_FOLD);
    term->var = s->var, term->fold = FOLD_SUM, term->value = val_call(CALL_MUL, s->a, s->b, NULL);
    for (int i = 0; i < s->body.n; i++) {
        Stmt *x = stmt_new(inner, s->body.at[i]->kind);
        *x = *s->body.at[i];
        if (s->chain && i == 0) x->beta = NULL;
    }
    put_list(p, &all);
}
