/* print_loops.c -- the text of a kernel's loops, which parse_loops.c reads back.

   1. A header has a line for each formal buffer: "buffer x: real [32][784]", "buffer t: real table
      1.0, 0.5". Statements follow, two spaces deeper in each body. A body of one statement may
      stand on its loop's line: after "," if it is a loop, else after ":".
   2. A real has a point or an exponent, or is inf or nan; any other number is an int. Another type
      than the reader expects follows a colon: "5:long".
   3. A variable is called by its wish if the innermost definition of that wish is its own; else by
      wish and number, "j.7". A definition has its number, too, unless it is one more than the last
      definition's. The header lists variables without a definition.
   4. An element has an index for each dimension of its buffer if its terms are in that order, else
      one index for all. A term is "stride*index"; a number alone is the base.
   5. The text leaves out Term.most, which is for printers of programs alone. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ir/loops_text.h"

/* ---- words ---- */
const char *const val_types[] = { "real", "double", "int", "long", "bool", "byte", NULL };
const char *const loop_deals[] = { "for", "units", "lanes", "shares", NULL };
const char *const fold_signs[] = { "", "+", "max", "min", "*", NULL };
const RunName run_names[RUN_NAMES] = {
    { "ROWS", RUN_ROWS, AS_INT },          { "FROM", RUN_FROM, AS_LONG },
    { "MICROS", RUN_MICROS, AS_INT },      { "SAMPLES", RUN_SAMPLES, AS_LONG },
    { "TRAINING", RUN_TRAINING, AS_BOOL }, { "BETA", RUN_BETA, AS_INT },
    { "BEGIN", RUN_BEGIN, AS_LONG },       { "END", RUN_END, AS_LONG },
    { "RATE", RUN_RATE, AS_REAL },         { "SCALE_OUT", RUN_SCALE_OUT, AS_REAL },
    { "CLIP", RUN_CLIP, AS_DOUBLE },       { "TRUST", RUN_TRUST, AS_REAL },
    { "SCALE_IN", RUN_SCALE, AS_REAL },    { "ARG", RUN_ARG, AS_INT },
    { "CONSTANT", RUN_CONSTANT, AS_REAL },
};
static const char *const keywords[] = { "if",      "let",   "variable", "zero",   "box",
                                        "product", "chain", "local",    "buffer", "table",
                                        "unused",  "args",  "half",     "count",  "by_beta",
                                        "add",     "beta",  "inf",      "nan",    NULL };

static bool is_among(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(s, *list)) return true;
    return false;
}

/* Letters, digits and _, and no digit first. */
static bool is_word(const char *s)
{
    if (!s || !*s || isdigit((unsigned char)*s)) return false;
    while (isalnum((unsigned char)*s) || *s == '_') s++;
    return !*s;
}

/* A word with a meaning of its own: a variable of that name always has its number. */
static bool is_taken(const char *s)
{
    for (int i = 1; i < CALLS; i++)
        if (call_precedence(i) < ATOM && !strcmp(s, call_name((Call)i))) return true;
    for (int i = 0; i < RUN_NAMES; i++)
        if (!strncmp(s, run_names[i].name, strlen(run_names[i].name))) return true;
    return is_among(s, keywords) || is_among(s, val_types) || is_among(s, loop_deals);
}

int call_precedence(int call)
{
    static const int of[CALLS] = {
        [CALL_OR] = 1,  [CALL_AND] = 2, [CALL_LT] = 3,   [CALL_LE] = 3,  [CALL_GT] = 3,
        [CALL_GE] = 3,  [CALL_EQ] = 3,  [CALL_NE] = 3,   [CALL_ADD] = 4, [CALL_SUB] = 4,
        [CALL_MUL] = 5, [CALL_DIV] = 5, [CALL_IDIV] = 5, [CALL_MOD] = 5, [CALL_NEG] = 6,
    };
    return of[call] ? of[call] : ATOM;
}

char *real_text(double x)
{
    if (!isfinite(x)) return text("%s%s", signbit(x) ? "-" : "", isnan(x) ? "nan" : "inf");
    return decimal_text(x, NULL);
}

/* ---- names ---- */
void seen_add(Seen *s, int var)
{
    if (s->n == s->room) {
        int *more = NEW_ARRAY(int, s->room = 2 * s->room + 16);
        if (s->n) memcpy(more, s->at, sizeof(int) * (size_t)s->n);
        s->at = more;
    }
    s->at[s->n++] = s->last = var;
}

int seen_find(const Seen *s, const char *wish)
{
    for (int i = s->n; i-- > 0;) {
        const char *other = s->k->vars.at[s->at[i]]->wish;
        if (other && !strcmp(other, wish)) return s->at[i];
    }
    return -1;
}

typedef struct {
    Text *out;
    const Loops *k;
    const char *const *names;
    Seen seen;
    bool *defined;
} Printer;

static const char *wished_name(const Printer *p, int buffer)
{
    const char *wish = p->names ? p->names[buffer] : p->k->formals.at[buffer]->wish;
    return wish ? wish : text("b%d", buffer);
}

static const char *buffer_name(const Printer *p, int buffer)
{
    if (buffer < 0 || buffer >= p->k->formals.n) BUG("no buffer %d", buffer);
    const char *name = wished_name(p, buffer);
    for (int i = 0; i < buffer; i++)
        if (!strcmp(name, wished_name(p, i))) return text("%s.%d", name, buffer);
    return name;
}

static const char *var_name(const Printer *p, int var, bool plain)
{
    if (var < 0 || var >= p->k->vars.n) BUG("no variable %d", var);
    const char *wish = p->k->vars.at[var]->wish;
    if (!is_word(wish)) return text(".%d", var);
    return plain && !is_taken(wish) ? wish : text("%s.%d", wish, var);
}

static const char *used_name(const Printer *p, int var)
{
    const char *wish = var >= 0 && var < p->k->vars.n ? p->k->vars.at[var]->wish : NULL;
    return var_name(p, var, wish && seen_find(&p->seen, wish) == var);
}

/* What stands where a variable is defined: "j", "j.7", "u:double". */
static const char *new_name(const Printer *p, int var, ValType expected)
{
    const char *name = var_name(p, var, var == p->seen.last + 1);
    const ValType type = p->k->vars.at[var]->type;
    return type == expected ? name : text("%s:%s", name, val_types[type]);
}

static void define(Printer *p, int var)
{
    seen_add(&p->seen, var);
    p->defined[var] = true;
}

/* ---- values ---- */
static void print_val(Printer *p, const Val *v, int least);

/* The text of a real as a user wrote it, where it reads back as one. */
static bool reads_back(const char *s, double x)
{
    if (!s || !isdigit((unsigned char)s[*s == '-']) || !s[strspn(s, "-0123456789")] ||
        s[strspn(s, "-+.e0123456789")])
        return false;
    char *end;
    return strtod(s, &end) == x && !*end;
}

static void print_number(Printer *p, const Val *v)
{
    const bool whole = v->number == floor(v->number) && fabs(v->number) < 9007199254740992.0;
    if (v->type == AS_REAL || !whole)
        text_add(p->out, "%s",
                 reads_back(v->spelled, v->number) ? v->spelled : real_text(v->number));
    else text_add(p->out, "%.0f", v->number);
    if (v->type != AS_REAL && (v->type != AS_INT || !whole))
        text_add(p->out, ":%s", val_types[v->type]);
}

static void print_run(Printer *p, const Val *v)
{
    for (int i = RUN_NAMES; i-- > 0;) {
        const RunName *r = &run_names[i];
        if (v->id < r->id || (v->id > r->id && r->id < RUN_SCALE)) continue;
        text_add(p->out, "%s", r->name);
        if (r->id >= RUN_SCALE) text_add(p->out, "%d", v->id - r->id);
        if (v->type != r->type) text_add(p->out, ":%s", val_types[v->type]);
        return;
    }
    BUG("no value %d of the run", v->id);
}

/* The dimension that a term's stride is a multiple of, from the outermost; -1: none. */
static int dimension_of(const Layout *l, long stride)
{
    for (int d = 0; d < l->ndims; d++)
        if (stride && stride % l->strides[d] == 0) return d;
    return -1;
}

static bool in_dimensions(const Layout *l, const At *at)
{
    int last = 0;
    for (int i = 0; i < at->n; i++) {
        const int d = dimension_of(l, at->term[i].stride);
        if (d < last) return false;
        last = d;
    }
    return true;
}

/* An index that needs no brackets: an atom or, alone, a quotient or a remainder that does not begin
   with a number. */
static bool is_bare(const Val *v, bool alone)
{
    if (v->kind != VAL_CALL || call_precedence(v->id) == ATOM) return v->kind != VAL_NUMBER;
    return alone && (v->id == CALL_IDIV || v->id == CALL_MOD) && is_bare(v->arg[0], true);
}

static void print_term(Printer *p, const Term *t, long unit, bool first)
{
    const long by = t->stride / unit;
    const bool bare = is_bare(t->index, by == 1);
    text_add(p->out, "%s", first ? by < 0 ? "-" : "" : by < 0 ? " - " : " + ");
    if (by != 1) text_add(p->out, "%ld*", labs(by));
    text_add(p->out, bare ? "" : "(");
    print_val(p, t->index, 1);
    text_add(p->out, bare ? "" : ")");
}

/* "[4*q + n + 1]": the terms from `from` to `to`, in units of a stride. */
static void print_index(Printer *p, const At *at, int from, int to, long unit, long base)
{
    text_add(p->out, "[");
    for (int i = from; i < to; i++) print_term(p, &at->term[i], unit, i == from);
    if (from == to) text_add(p->out, "%ld", base);
    else if (base) text_add(p->out, " %c %ld", base < 0 ? '-' : '+', labs(base));
    text_add(p->out, "]");
}

static void print_at(Printer *p, const At *at)
{
    text_add(p->out, "%s", buffer_name(p, at->buffer));
    const Layout *l = p->k->formals.at[at->buffer]->layout;
    if (!l || l->ndims < 2 || !in_dimensions(l, at)) {
        print_index(p, at, 0, at->n, 1, at->base);
        return;
    }
    long base = at->base;
    for (int d = 0, from = 0, to = 0; d < l->ndims; d++, from = to) {
        while (to < at->n && dimension_of(l, at->term[to].stride) == d) to++;
        print_index(p, at, from, to, l->strides[d], base / l->strides[d]);
        base %= l->strides[d];
    }
}

static void print_call(Printer *p, const Val *v)
{
    text_add(p->out, "%s(", call_name((Call)v->id));
    for (int i = 0; i < v->n; i++) text_add(p->out, i ? ", " : ""), print_val(p, v->arg[i], 1);
    text_add(p->out, ")");
}

static void print_operator(Printer *p, const Val *v, int least)
{
    const int mine = call_precedence(v->id);
    text_add(p->out, mine < least ? "(" : "");
    if (v->n == 1) text_add(p->out, "-"), print_val(p, v->arg[0], mine);
    else {
        print_val(p, v->arg[0], mine);
        text_add(p->out, "%s", v->id == CALL_MUL ? "*" : text(" %s ", call_name((Call)v->id)));
        print_val(p, v->arg[1], mine + 1);
    }
    text_add(p->out, mine < least ? ")" : "");
}

/* In brackets if it binds less than `least`. */
static void print_val(Printer *p, const Val *v, int least)
{
    switch (v->kind) {
        case VAL_NUMBER:
            print_number(p, v);
            break;
        case VAL_VAR:
            text_add(p->out, "%s", used_name(p, v->id));
            break;
        case VAL_RUN:
            print_run(p, v);
            break;
        case VAL_LOAD:
            print_at(p, v->at);
            break;
        case VAL_CALL:
            (call_precedence(v->id) == ATOM ? print_call(p, v) : print_operator(p, v, least));
    }
}

/* ---- alone: every variable has its number unless nothing else has its name ---- */
static Printer alone(const Loops *k, Text *out)
{
    Printer p = { out, k, NULL, { k, NULL, 0, 0, -1 }, NULL };
    for (int i = k->vars.n; i-- > 0;) seen_add(&p.seen, i);
    return p;
}

char *val_shown(const Loops *k, const Val *v)
{
    Text out = { 0 };
    Printer p = alone(k, &out);
    print_val(&p, v, 1);
    return out.s;
}

char *at_shown(const Loops *k, const At *at)
{
    Text out = { 0 };
    Printer p = alone(k, &out);
    print_at(&p, at);
    return out.s;
}

/* ---- statements ---- */
static void print_list(Printer *p, const StmtList *l, int depth);

static void print_for(Printer *p, const Stmt *s)
{
    text_add(p->out, "%s", loop_deals[s->deal]);
    if (s->width) text_add(p->out, "(%d)", s->width);
    text_add(p->out, " %s ", new_name(p, s->var, AS_INT));
    const bool from_0 =
        s->from->kind == VAL_NUMBER && s->from->type == AS_INT && s->from->number == 0;
    if (!from_0) print_val(p, s->from, 4), text_add(p->out, "..");
    print_val(p, s->to, 4);
    define(p, s->var);
}

static void print_value(Printer *p, const char *before, const Val *v)
{
    text_add(p->out, "%s", before);
    print_val(p, v, 1);
}

static void print_store(Printer *p, const Stmt *s)
{
    const Val *b = s->beta;
    print_at(p, &s->at);
    if (!b) text_add(p->out, " = ");
    else if (b->kind == VAL_RUN && b->id == RUN_BETA && b->type == AS_INT)
        text_add(p->out, " by_beta ");
    else if (b->kind == VAL_NUMBER && b->type == AS_INT && b->number == 1)
        text_add(p->out, " add ");
    else print_value(p, " beta(", b), text_add(p->out, ") ");
    print_val(p, s->value, 1);
}

/* The stride that a side of a box has unless its text says another: its dimension's. */
long side_stride(const Formal *f, int i, int n)
{
    const Layout *l = f->layout;
    return !l || l->ndims < n ? i == n - 1 : l->strides[l->ndims - n + i];
}

static void print_zero(Printer *p, const Stmt *s)
{
    text_add(p->out, "zero ");
    print_at(p, &s->at);
    for (int i = 0; i < s->n; i++) {
        const Side *x = &s->side[i];
        text_add(p->out, "%s%ld", i ? ", " : " box ", x->extent);
        if (x->stride != side_stride(p->k->formals.at[s->at.buffer], i, s->n))
            text_add(p->out, ":%ld", x->stride);
        if (x->before || x->after) text_add(p->out, "(%ld, %ld)", x->before, x->after);
    }
}

static void print_product(Printer *p, const Stmt *s)
{
    text_add(p->out, s->chain ? "product chain" : "product");
    for (int i = 0; i < s->n + s->summed; i++) {
        text_add(p->out, "%s%s %ld",
                 i == s->n ? " : "
                 : i       ? ", "
                           : " ",
                 new_name(p, s->range[i].var, AS_INT), s->range[i].extent);
        define(p, s->range[i].var);
    }
    text_add(p->out, "%s  %s = ", s->summed ? "" : " : ", new_name(p, s->var, AS_REAL));
    print_val(p, s->a, 6);
    text_add(p->out, " * ");
    print_val(p, s->b, 6);
    define(p, s->var);
}

static void print_definition(Printer *p, const Stmt *s)
{
    text_add(p->out, "%s %s", s->kind == STMT_LET ? "let" : "variable",
             new_name(p, s->var, s->value->type));
    print_value(p, " = ", s->value);
    define(p, s->var);
}

static void print_head(Printer *p, const Stmt *s)
{
    switch (s->kind) {
        case STMT_FOR:
            print_for(p, s);
            break;
        case STMT_IF:
            print_value(p, "if ", s->value);
            break;
        case STMT_LET:
        case STMT_VARIABLE:
            print_definition(p, s);
            break;
        case STMT_FOLD:
            print_value(p, text("%s %s= ", used_name(p, s->var), fold_signs[s->fold]), s->value);
            break;
        case STMT_STORE:
            print_store(p, s);
            break;
        case STMT_ZERO:
            print_zero(p, s);
            break;
        case STMT_PRODUCT:
            print_product(p, s);
            break;
        case STMT_LOCAL:
            text_add(p->out, "local %s %ld", buffer_name(p, s->buffer), s->extent);
    }
}

static bool is_simple(const Stmt *s)
{
    return s->kind == STMT_FOLD || s->kind == STMT_STORE || s->kind == STMT_ZERO;
}

/* The statement's text but its indentation and the end of its line. */
static void print_stmt(Printer *p, const Stmt *s, int depth)
{
    const int known = p->seen.n;
    print_head(p, s);
    if (s->kind == STMT_LET || s->kind == STMT_VARIABLE) return;
    const Stmt *only = s->body.n == 1 && s->kind != STMT_PRODUCT ? s->body.at[0] : NULL;
    if (only && s->kind == STMT_FOR && only->kind == STMT_FOR)
        text_add(p->out, ", "), print_stmt(p, only, depth);
    else if (only && is_simple(only)) text_add(p->out, ": "), print_stmt(p, only, depth);
    else if (s->body.n) text_add(p->out, "\n"), print_list(p, &s->body, depth + 1), p->out->n--;
    p->seen.n = known;
}

static void print_list(Printer *p, const StmtList *l, int depth)
{
    for (int i = 0; i < l->n; i++) {
        text_add(p->out, "%*s", 2 * depth, "");
        print_stmt(p, l->at[i], depth);
        text_add(p->out, "\n");
    }
}

/* ---- the header ---- */
static void print_formal(Printer *p, int i)
{
    const Formal *f = p->k->formals.at[i];
    text_add(p->out, "buffer %s: %s", buffer_name(p, i), val_types[f->type]);
    if (f->half) text_add(p->out, " half");
    if (f->layout) text_add(p->out, " %s", f->layout->ndims ? layout_text(f->layout) : "[]");
    if (f->count && !f->table) text_add(p->out, " count %ld", f->count);
    for (long j = 0; f->table && j < f->count; j++)
        text_add(p->out, "%s%s", j ? ", " : " table ", real_text(f->table[j]));
    text_add(p->out, "\n");
}

/* The body comes first: it says which variables have a definition. */
void loops_print(Text *out, const Loops *k, const char *const *names)
{
    Text body = { 0 };
    text_put(&body, "", 0);
    Printer p = { &body, k, names, { k, NULL, 0, 0, -1 }, NEW_ARRAY(bool, k->vars.n + 1) };
    print_list(&p, &k->body, 0);
    p.out = out;
    if (k->args) text_add(out, "args %d\n", k->args);
    for (int i = 0; i < k->formals.n; i++) print_formal(&p, i);
    for (int i = 0; i < k->vars.n; i++)
        if (!p.defined[i])
            text_add(out, "unused %s:%s\n", var_name(&p, i, false), val_types[k->vars.at[i]->type]);
    text_put(out, body.s, body.n);
}
