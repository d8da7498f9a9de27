/* print.c -- the statements of a tree as C.

   1. A loop over units goes to threads. Turns of a loop over lanes are lanes of vectors, inside it reals are vectors.
   2. A loop or a condition whose body is one line has no braces.
   3. A product is a call of contract() where it has that shape, else loops. */
#include <limits.h>
#include <math.h>
#include "back/c/print.h"

typedef struct { Words *w; Text *out; int depth, lines; bool in_unit; } Printer;

static void put_list(Printer *p, const StmtList *l);

/* ---- lines ---- */
static void line(Printer *p, const char *s)
{
    text_add(p->out, "%*s%s\n", 4 * p->depth, "", s);
    p->lines++;
}

static void lines(Printer *p, const Text *t)
{
    for (size_t from = 0, to; from < t->n; from = to + 1) {
        for (to = from; t->s[to] != '\n'; to++) continue;
        line(p, text("%.*s", (int)(to - from), t->s + from));
    }
}

/* After the lines that its values need. */
static void statement(Printer *p, char *s)
{
    const Text before = p->w->before;
    p->w->before = (Text) { 0 };
    lines(p, &before);
    line(p, s);
}

/* What stands under a head, in braces if it needs them. */
static void under(Printer *p, const char *head, const StmtList *body, bool braces)
{
    Text inner = { 0 };
    Printer q = { p->w, &inner, p->depth + 1, 0, p->in_unit };
    text_put(&inner, "", 0);
    put_list(&q, body);
    braces |= q.lines != 1;
    line(p, braces ? text("%s {", head) : head);
    text_put(p->out, inner.s, inner.n);
    if (braces) line(p, "}");
    p->lines += q.lines;
}

/* ---- loops ---- */
static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* A bound that does not change: a number, an index, a sum of them. */
static bool is_plain(const Val *v)
{
    return v->kind != VAL_CALL || ((is_call(v, CALL_ADD) || is_call(v, CALL_MUL)) && is_plain(v->arg[0]) && is_plain(v->arg[1]));
}

static bool is_real_rows(const Val *to) { return is_call(to, CALL_MIN) && is_plain(to->arg[0]) && to->arg[1]->kind == VAL_RUN; }

/* "for (int n = 4 * q; n < 4 * q + 4; n++)"; a bound that is computed has a name: *end */
static char *serial_head(Printer *p, const Stmt *s, const char **end)
{
    Words *w = p->w;
    const char *from = val_choice(w, s->from), *to = val_choice(w, s->to), *v = words_var(w, s->var), *type = words_type(w, s->var);
    *end = NULL;
    if (is_plain(s->to)) return text("for (%s %s = %s; %s < %s; %s++)", type, v, from, v, to, v);
    if (is_real_rows(s->to))
        return text("for (%s %s = %s; %s < %s && %s < %s; %s++)", type, v, from, v, val_text(w, s->to->arg[0]), v, val_text(w, s->to->arg[1]), v);
    *end = words_free(w, text("%s_to", v));
    return text("for (%s %s = %s, %s = %s; %s < %s; %s++)", type, v, from, *end, to, v, *end, v);
}

enum { FEW = 16 };

static bool is_few(const Val *to)
{
    if (is_call(to, CALL_MIN)) return is_few(to->arg[0]) || is_few(to->arg[1]);
    return to->kind == VAL_NUMBER && to->number <= FEW;
}

/* A few turns, nobody knows how many, that add products: compilers are told to unroll them. */
static bool is_over_taps(const Stmt *s)
{
    const Stmt *fold = s->body.n == 1 ? s->body.at[0] : NULL;
    const bool known = s->from->kind == VAL_NUMBER && s->to->kind == VAL_NUMBER;
    return fold && fold->kind == STMT_FOLD && fold->fold == FOLD_SUM && is_call(fold->value, CALL_MUL) && !known && is_few(s->to);
}

static void put_lanes(Printer *p, const Stmt *s)
{
    Words *w = p->w;
    const char *to = val_text(w, s->to), *v = words_var(w, s->var);
    words_lanes(w, s->var, (long)s->to->number);
    under(p, text("for (int %s = 0; %s < %s; %s += %s)", v, v, to, v, w->width), &s->body, false);
    words_lanes(w, -1, 0);
    words_leave(w, v);
}

static void put_for(Printer *p, const Stmt *s)
{
    const char *end = NULL;
    if (s->deal == LANES) { put_lanes(p, s); return; }
    const bool unit = s->deal == UNITS && !p->in_unit;
    const char *head = unit ? text("for_span (%s, t, %s)", words_var(p->w, s->var), val_text(p->w, s->to)) : serial_head(p, s, &end);
    if (is_over_taps(s)) head = text("TAPS %s", head);
    p->in_unit |= unit;
    under(p, head, &s->body, unit);
    p->in_unit &= !unit;
    words_leave(p->w, p->w->var[s->var]);
    if (end) words_leave(p->w, end);
}

static void put_if(Printer *p, const Stmt *s) { under(p, text("if (%s)", val_choice(p->w, s->value)), &s->body, false); }

/* ---- values ---- */
static void put_let(Printer *p, const Stmt *s)
{
    const char *value = val_text(p->w, s->value), *name = words_var(p->w, s->var);
    if (s->value->type == AS_BOOL) p->w->vector[s->var] = val_is_mask(p->w, s->value);
    statement(p, text("const %s %s = %s;", words_type(p->w, s->var), name, value));
}

/* Where a fold begins: "0", "v_set(-INFINITY)" */
static char *start_text(Words *w, const Val *v)
{
    if (v->kind != VAL_NUMBER) return val_choice(w, v);
    const char *number = !isinf(v->number) ? text("%g", v->number) : v->number < 0 ? "-INFINITY" : "INFINITY";
    return text(w->lanes < 0 ? "%.0s%s" : "%sset(%s)", w->prefix, number);
}

static void put_variable(Printer *p, const Stmt *s)
{
    const char *start = start_text(p->w, s->value), *name = words_var(p->w, s->var);
    statement(p, text("%s %s = %s;", words_type(p->w, s->var), name, start));
}

static void put_fold(Printer *p, const Stmt *s)
{
    static const char *const operators[] = { [FOLD_NONE] = "=", [FOLD_SUM] = "+=", [FOLD_PROD] = "*=" };
    const char *name = p->w->var[s->var], *value = val_text(p->w, s->value);
    if (s->fold == FOLD_MAX || s->fold == FOLD_MIN)
        statement(p, text("%s = %s%s(%s, %s);", name, p->w->prefix, s->fold == FOLD_MAX ? "max" : "min", name, value));
    else statement(p, text("%s %s %s;", name, operators[s->fold], value));
}

/* ---- stores ---- */
static bool is_number(const Val *v, double x) { return v && v->kind == VAL_NUMBER && v->number >= x && v->number <= x; }

static void check_lanes(const Words *w, const At *at)
{
    long step;
    if (w->lanes >= 0 && !(at_step(at, w->lanes, &step) && step == 1)) BUG("lanes of %s do not lie side by side", w->formal[at->buffer]);
}

static void put_store(Printer *p, const char *at, const char *value)
{
    const Words *w = p->w;
    statement(p, w->lanes < 0 ? text("%s = %s;", at, value) : text("%sstore(&%s, %s);", w->prefix, at, value));
}

/* Added where beta is not 0. */
static void put_adding_store(Printer *p, const Stmt *s, const char *at)
{
    Words *w = p->w;
    const char *value = val_text(w, s->value), *more = value;
    const char *before = w->lanes < 0 ? at : text("%sload(&%s)", w->prefix, at);
    if (is_number(s->beta, 1)) {
        if (w->lanes < 0) statement(p, text("%s += %s;", at, value));
        else put_store(p, at, text("%s + %s", before, val_within(w, s->value, LEVEL_PRODUCT)));
        return;
    }
    const char *old = words_free(w, "old");
    Text t = { 0 };
    text_add(&t, "const %s %s = %s", w->type, old, before);
    if (s->value->kind != VAL_VAR) more = words_free(w, "more"), text_add(&t, ", %s = %s", more, value);
    statement(p, text("%s;", t.s));
    put_store(p, at, text("%s ? %s + %s : %s", val_within(w, s->beta, LEVEL_LOGIC), old, more, more));
}

static void put_storing(Printer *p, const Stmt *s)
{
    const char *at = at_text(p->w, &s->at);
    check_lanes(p->w, &s->at);
    if (s->beta && !is_number(s->beta, 0)) put_adding_store(p, s, at);
    else put_store(p, at, val_text(p->w, s->value));
}

/* ---- zeros ---- */
/* "n * 1024 + 16": in reals from the buffer's first */
static char *place_text(Words *w, const At *at)
{
    Text t = { 0 };
    const Layout *l = w->k->formals.at[at->buffer]->layout;
    const char *wide = l && l->size > INT_MAX ? "L" : "";
    for (int i = 0; i < at->n; i++)
        text_add(&t, "%s%s * %ld%s", i ? " + " : "", val_within(w, at->term[i].index, LEVEL_PRODUCT), at->term[i].stride, wide);
    if (at->base || !t.n) text_add(&t, t.n ? " + %ld" : "%ld", at->base);
    return t.s;
}

/* The frame of an image: rows, columns, channels. */
static void put_frame(Printer *p, const Stmt *s)
{
    const Side *d = s->side;
    if (s->n != 3 || d[2].before || d[2].after || d[2].stride != 1 || d[1].stride != d[2].extent || d[0].stride != d[1].extent * d[1].stride)
        BUG("the frame of another box than an image");
    statement(p, text("zero_halo((real *)%s + %s, %ld, %ld, %ld, %ld, %ld, %ld, %ld);", p->w->formal[s->at.buffer], place_text(p->w, &s->at),
                      d[0].extent, d[1].extent, d[0].before, d[0].after, d[1].before, d[1].after, d[2].extent));
}

/* All of a box: what lies in one piece is one loop. */
static void put_box(Printer *p, const Stmt *s)
{
    long piece = 1;
    int outer = s->n;
    while (outer && s->side[outer - 1].stride == piece) piece *= s->side[--outer].extent;
    const char *index[5], *place = place_text(p->w, &s->at);
    for (int i = 0; i <= outer; i++) {
        index[i] = words_index(p->w, "i");
        if (i < outer) place = text("%s + %s * %ld", place, index[i], s->side[i].stride);
        line(p, text("for (long %s = 0; %s < %ld; %s++)", index[i], index[i], i < outer ? s->side[i].extent : piece, index[i]));
        p->depth++;
    }
    line(p, text("((real *)%s)[%s + %s] = 0;", p->w->formal[s->at.buffer], place, index[outer]));
    for (int i = 0; i <= outer; i++) words_leave(p->w, index[i]), p->depth--;
}

static void put_zero(Printer *p, const Stmt *s)
{
    bool frame = false;
    for (int i = 0; i < s->n; i++) frame |= s->side[i].before || s->side[i].after;
    if (frame) put_frame(p, s);
    else put_box(p, s);
}

/* ---- products ---- */
static Stmt *loop_over(StmtList *into, const Range *r)
{
    Stmt *s = stmt_new(into, STMT_FOR);
    s->var = r->var, s->from = val_int(0), s->to = val_int(r->extent);
    return s;
}

/* The same as loops. */
static void put_product(Printer *p, const Stmt *s)
{
    StmtList all = { 0 }, *inner = &all;
    for (int i = 0; i < s->n; i++) inner = &loop_over(inner, &s->range[i])->body;
    const Stmt *to = s->body.at[0];
    const Val *zero = val_number(0), *start = zero;
    if (s->chain) start = to->beta ? val_call(CALL_SELECT, to->beta, val_load(p->w->k, &to->at), zero) : zero;
    Stmt *sum = stmt_new(inner, STMT_VARIABLE);
    sum->var = s->var, sum->value = start;
    StmtList *terms = inner;
    for (int i = s->n; i < s->n + s->summed; i++) terms = &loop_over(terms, &s->range[i])->body;
    Stmt *term = stmt_new(terms, STMT_FOLD);
    term->var = s->var, term->fold = FOLD_SUM, term->value = val_call(CALL_MUL, s->a, s->b, NULL);
    for (int i = 0; i < s->body.n; i++) {
        Stmt *x = stmt_new(inner, s->body.at[i]->kind);
        *x = *s->body.at[i];
        if (s->chain && i == 0) x->beta = NULL;
    }
    put_list(p, &all);
}

static void put_contraction(Printer *p, const Stmt *s)
{
    Text call = { 0 };
    if (!product_call(p->w, s, &call)) { put_product(p, s); return; }
    lines(p, &call);
}

static void put_local(Printer *p, const Stmt *s)
{
    line(p, text("real %s[%ld];", p->w->formal[s->buffer], s->extent));
}

/* ---- all ---- */
static void put_list(Printer *p, const StmtList *l)
{
    static void (*const put[])(Printer *, const Stmt *) = { [STMT_FOR] = put_for, [STMT_IF] = put_if, [STMT_LET] = put_let,
        [STMT_VARIABLE] = put_variable, [STMT_FOLD] = put_fold, [STMT_STORE] = put_storing, [STMT_ZERO] = put_zero,
        [STMT_PRODUCT] = put_contraction, [STMT_LOCAL] = put_local };
    for (int i = 0; i < l->n; i++) put[l->at[i]->kind](p, l->at[i]);
}

char *c_statements(Words *w, const StmtList *l)
{
    Text t = { 0 };
    Printer p = { w, &t, 0, 0, false };
    text_put(&t, "", 0);
    put_list(&p, l);
    return t.s;
}

char *print_body(Words *w)
{
    Text all = { 0 };
    const char *statements = c_statements(w, &w->k->body);
    text_add(&all, "%s", words_scalars(w));
    for (int i = 0; i < w->k->formals.n; i++)
        if (w->k->formals.at[i]->table) text_add(&all, "static %s\n", words_table(w, i));
    text_add(&all, "%s", statements);
    return all.s;
}
