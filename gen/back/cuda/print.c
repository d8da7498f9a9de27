/* print.c -- the statements of a tree on the device, dealt to threads as its loops say.

   1. Units alone: a thread has one, in the order of memory.
   2. Units with lanes: 32 lanes, or a block, have a unit, and lanes take every 32nd turn. What stands outside of lanes is done by all
      of them alike, but stores by the first.
   3. Units with shares: 32 neighbouring units to a block, whose other dimension shares the sum.
   4. Lanes alone, into a double: one block. */
#include <limits.h>
#include <math.h>
#include "back/cuda/print.h"
#include "back/template.h"

typedef struct Chain { Range at[12]; int n; const StmtList *inner; } Chain;     /* loops that stand directly inside one another */
typedef struct Printer {
    Words *w;
    const Grid *g;
    Text out;
    int lines;                          /* that stand by themselves, each with what stands under it */
    const char *lane;                   /* the number of a thread among those of its unit */
    int width;                          /* and how many they are */
} Printer;

/* ---- loops ---- */
static bool is_loop(const Stmt *s, Deal deal) { return s->kind == STMT_FOR && s->deal == deal; }

static Chain chain_of(const StmtList *l, Deal deal)
{
    Chain c = { .inner = l };
    while (c.inner->n == 1 && is_loop(c.inner->at[0], deal)) {
        const Stmt *s = c.inner->at[0];
        if (c.n == 12) BUG("loops are too deep");
        c.at[c.n++] = (Range) { s->var, (long)s->to->number };
        c.inner = &s->body;
    }
    return c;
}

static Chain chain_from(const Stmt *s)
{
    const StmtList alone = { (Stmt **)&s, 1, 1 };
    return chain_of(&alone, s->deal);
}

long count_of(const Range *at, int n)
{
    long count = 1;
    for (int i = 0; i < n; i++) count *= at[i].extent;
    return count;
}

static long turns_of(const Chain *c) { return count_of(c->at, c->n); }

/* The first loop over lanes or shares that the list begins somewhere, or NULL. */
static const Stmt *together_in(const StmtList *l)
{
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i], *inner = s->kind == STMT_IF ? together_in(&s->body) : NULL;
        if (inner || is_loop(s, LANES) || is_loop(s, SHARES)) return inner ? inner : s;
    }
    return NULL;
}

static GridKind kind_of(const Loops *k, const Chain *units, const Stmt *together)
{
    if (units->inner->n && units->inner->at[0]->kind == STMT_PRODUCT) return GRID_PRODUCT;
    if (!together) return GRID_ELEMENTS;
    if (together->deal == SHARES) return GRID_COLUMNS;
    const Stmt *first = units->inner->at[0];
    return first->kind == STMT_VARIABLE && k->vars.at[first->var]->type == AS_DOUBLE ? GRID_TOTAL : GRID_ROWS;
}

static long over(long n, long by) { return (n + by - 1) / by; }

static Grid grid_of(const Loops *k, const StmtList *l, bool shared)
{
    const Chain units = chain_of(l, UNITS);
    const Stmt *together = together_in(units.inner);
    Grid g = { kind_of(k, &units, together), turns_of(&units), together ? together->width : 1, THREADS, 1, shared };
    if (g.kind == GRID_TOTAL) g.threads = g.width;
    if (g.kind == GRID_COLUMNS) g.threads = 32 * g.width;
    if (g.kind == GRID_ELEMENTS || g.kind == GRID_ROWS) g.blocks = over(g.count, THREADS / g.width);
    if (g.kind == GRID_COLUMNS) g.blocks = over(g.count, 32);
    if (!shared) return g;
    g.threads = BLOCK_THREADS, g.blocks = 1;
    if (g.kind == GRID_TOTAL) g.width = BLOCK_THREADS;
    if (g.kind == GRID_COLUMNS) g.width = BLOCK_THREADS / 32;
    return g;
}

long work_of(const Loops *k)
{
    const Chain units = chain_of(&k->body, UNITS);
    const Stmt *together = together_in(units.inner);
    const GridKind kind = kind_of(k, &units, together);
    if (kind == GRID_PRODUCT || (kind == GRID_ROWS && together->width > 32)) return LONG_MAX;
    if (!together) return turns_of(&units);
    const Chain lanes = chain_from(together);
    return turns_of(&units) * turns_of(&lanes);
}

/* ---- the variables of loops ---- */
static void name_loops(Words *w, const Chain *c)
{
    for (int i = 0; i < c->n; i++) words_var(w, c->at[i].var);
}

static void leave_loops(Words *w, const Chain *c)
{
    for (int i = 0; i < c->n; i++) words_leave(w, w->var[c->at[i].var]);
}

char *digits_text(const Words *w, const Range *at, int n, const char *index, const StmtList *l, const Val *v)
{
    Text t = { 0 };
    long place = 1;
    text_put(&t, "", 0);
    for (int i = n; i-- > 0; place *= at[i].extent) {
        char *e = place == 1 ? text("%s", index) : text("%s / %ld", index, place);
        if (i) e = text("%s %% %ld", e, at[i].extent);
        if (l ? list_uses(l, at[i].var) : val_uses(v, at[i].var)) text_add(&t, "%s%s = %s", t.n ? ", " : "", w->var[at[i].var], e);
    }
    return t.s;
}

/* The loops' variables from one index. */
static char *decode(const Words *w, const Chain *c, const char *index)
{
    char *s = digits_text(w, c->at, c->n, index, c->inner, NULL);
    return *s ? text("const int %s;\n", s) : s;
}

/* The type of an index that counts so far: long where an int would not do. */
static void set_index(Env *e, const char *name, const char *narrow, long count)
{
    const bool wide = count > INT_MAX - 1024;
    env_set(e, name, "%s", wide ? "long" : narrow);
    env_set(e, "suffix", wide ? "L" : "u");
}

/* ---- statements ---- */
static void put_list(Printer *p, const StmtList *l);

static void line(Printer *p, const char *s)
{
    text_add(&p->out, "%s\n", s);
    p->lines++;
}

/* A list's own lines. */
static char *list_text(const Printer *p, const StmtList *l, int *lines)
{
    Printer q = { p->w, p->g, { 0 }, 0, p->lane, p->width };
    text_put(&q.out, "", 0);
    put_list(&q, l);
    if (lines) *lines = q.lines;
    return q.out.s;
}

static void under(Printer *p, const char *head, const StmtList *body)
{
    int lines;
    const char *inner = list_text(p, body, &lines);
    text_add(&p->out, lines == 1 ? "%s\n" : "%s {\n", head);
    put_lines(&p->out, inner, 4);
    if (lines != 1) text_add(&p->out, "}\n");
    p->lines++;
}

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* A bound that does not change: a number, an index, a sum of them. */
static bool is_plain(const Val *v)
{
    return v->kind != VAL_CALL || ((is_call(v, CALL_ADD) || is_call(v, CALL_MUL)) && is_plain(v->arg[0]) && is_plain(v->arg[1]));
}

static void put_serial(Printer *p, const Stmt *s)
{
    Words *w = p->w;
    const char *from = val_choice(w, s->from), *to = val_choice(w, s->to), *v = words_var(w, s->var), *type = words_type(w, s->var);
    const char *end = is_plain(s->to) ? NULL : words_free(w, text("%s_to", v));
    if (end) under(p, text("for (%s %s = %s, %s = %s; %s < %s; %s++)", type, v, from, end, to, v, end, v), &s->body);
    else under(p, text("for (%s %s = %s; %s < %s; %s++)", type, v, from, v, to, v), &s->body);
    words_leave(w, v);
    if (end) words_leave(w, end);
}

/* ---- lanes ---- */
static void put_folds(Printer *p, const StmtList *l, const StmtList *whole)
{
    static const char *const across[] = { [FOLD_SUM] = "sum", [FOLD_MAX] = "max", [FOLD_MIN] = "min", [FOLD_PROD] = "product" };
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if (s->kind == STMT_FOLD && !list_declares(whole, s->var)) {
            const char *name = p->w->var[s->var];
            line(p, text("%s = gg_fold_%s<%d>(%s);", name, across[s->fold], p->width, name));
        }
        put_folds(p, &s->body, whole);
    }
}

/* Every width-th turn of the loops, from the lane's own on; where one loop is all there is, its own variable runs. */
static void set_turns(Printer *p, Env *e, const Chain *c)
{
    int lines;
    name_loops(p->w, c);
    const char *inner = list_text(p, c->inner, &lines), *f = c->n == 1 ? p->w->var[c->at[0].var] : words_free(p->w, "f");
    const char *apart = c->n == 1 ? "" : decode(p->w, c, f);
    const bool brace = *apart || lines != 1;
    env_set(e, "f", "%s", f);
    set_index(e, "f_type", "int", turns_of(c));
    env_set(e, "count", "%ld", turns_of(c));
    env_set(e, "step", "%d", p->width);
    env_set(e, "lane", "%s", p->lane);
    env_set(e, "decode_term", "%s", apart);
    env_set(e, "brace", "%s", brace ? " {" : "");
    env_set(e, "close", "%s", brace ? "}" : "");
    env_set(e, "inner", "%s", inner);
    leave_loops(p->w, c);
    if (c->n != 1) words_leave(p->w, f);
}

static void put_lanes(Printer *p, const Stmt *s)
{
    const Chain c = chain_from(s);
    Env *e = env_new(NULL);
    set_turns(p, e, &c);
    text_add(&p->out, "%s", template_render("cuda/lanes.cu", e));
    p->lines++;
    put_folds(p, c.inner, c.inner);
}

static void put_for(Printer *p, const Stmt *s)
{
    if (s->deal == LANES) put_lanes(p, s);
    else if (s->deal == SERIAL) put_serial(p, s);
    else BUG("units inside of other statements");
}

/* ---- values ---- */
static void put_if(Printer *p, const Stmt *s) { under(p, text("if (%s)", val_choice(p->w, s->value)), &s->body); }

static void put_let(Printer *p, const Stmt *s)
{
    const char *value = val_text(p->w, s->value), *name = words_var(p->w, s->var);
    line(p, text("const %s %s = %s;", words_type(p->w, s->var), name, value));
}

/* Where a fold begins: "0", "-INFINITY" */
static char *start_text(Words *w, const Val *v)
{
    if (v->kind != VAL_NUMBER) return val_choice(w, v);
    return !isinf(v->number) ? text("%g", v->number) : text("%sINFINITY", v->number < 0 ? "-" : "");
}

static void put_variable(Printer *p, const Stmt *s)
{
    const char *start = start_text(p->w, s->value), *name = words_var(p->w, s->var);
    line(p, text("%s %s = %s;", words_type(p->w, s->var), name, start));
}

static void put_fold(Printer *p, const Stmt *s)
{
    static const char *const operators[] = { [FOLD_NONE] = "=", [FOLD_SUM] = "+=", [FOLD_PROD] = "*=" };
    const char *name = p->w->var[s->var], *value = s->fold == FOLD_NONE ? val_choice(p->w, s->value) : val_text(p->w, s->value);
    if (s->fold == FOLD_MAX || s->fold == FOLD_MIN) line(p, text("%s = r_%s(%s, %s);", name, s->fold == FOLD_MAX ? "max" : "min", name, value));
    else line(p, text("%s %s %s;", name, operators[s->fold], value));
}

static bool is_number(const Val *v, double x) { return v->kind == VAL_NUMBER && v->number >= x && v->number <= x; }

/* A sum of the window is one number, which its formal names. */
static const char *place_text(Words *w, const At *at)
{
    w->touched[at->buffer] = true;
    return w->k->formals.at[at->buffer]->type == AS_DOUBLE ? w->formal[at->buffer] : at_text(w, at);
}

static void put_store(Printer *p, const Stmt *s)
{
    Words *w = p->w;
    const char *at = place_text(w, &s->at), *value = val_text(w, s->value), *more = value;
    if (!s->beta || is_number(s->beta, 0) || is_number(s->beta, 1)) {
        line(p, text("%s %s %s;", at, s->beta && is_number(s->beta, 1) ? "+=" : "=", value));
        return;
    }
    const char *old = words_free(w, "old");
    Text t = { 0 };
    text_add(&t, "const real %s = %s", old, at);
    if (s->value->kind != VAL_VAR) more = words_free(w, "more"), text_add(&t, ", %s = %s", more, value);
    line(p, text("%s;", t.s));
    line(p, text("%s = %s ? %s + %s : %s;", at, val_within(w, s->beta, LEVEL_LOGIC), old, more, more));
}

static void put_list(Printer *p, const StmtList *l)
{
    static void (*const put[])(Printer *, const Stmt *) = { [STMT_FOR] = put_for, [STMT_IF] = put_if, [STMT_LET] = put_let,
        [STMT_VARIABLE] = put_variable, [STMT_FOLD] = put_fold, [STMT_STORE] = put_store };
    for (int i = 0; i < l->n; i++) {
        const StmtKind kind = l->at[i]->kind;
        if (kind == STMT_ZERO || kind == STMT_PRODUCT || kind == STMT_LOCAL) BUG("a statement that no thread has by itself");
        put[kind](p, l->at[i]);
    }
}

/* ---- a thread has a unit ---- */
static void set_units(Printer *p, Env *e, const Chain *units)
{
    set_index(e, "id_type", "unsigned", p->g->count);
    env_flag(e, "alone", !p->g->shared);
    env_set(e, "count", "%ld", p->g->count);
    env_set(e, "threads", "%d", p->g->threads);
    env_set(e, "decode", "%s", decode(p->w, units, "id"));
}

static char *elements_text(Printer *p, const Chain *units)
{
    Env *e = env_new(NULL);
    env_set(e, "inner", "%s", list_text(p, units->inner, NULL));
    set_units(p, e, units);
    return template_render("cuda/map.cu", e);
}

/* ---- lanes have a unit ---- */
/* The statements from which on no lane waits for another: where some of them store, one lane does them all. */
static int after_lanes(const StmtList *l)
{
    int from = 0;
    bool stores = false;
    for (int i = 0; i < l->n; i++)
        if (l->at[i]->kind == STMT_VARIABLE || together_in(&(StmtList) { &l->at[i], 1, 1 })) from = i + 1;
    for (int i = from; i < l->n; i++) stores |= l->at[i]->kind == STMT_STORE || l->at[i]->kind == STMT_IF;
    return stores ? from : l->n;
}

static char *row_text(Printer *p, const StmtList *l)
{
    const int last = after_lanes(l);
    const StmtList all = { l->at, last, last }, one = { l->at + last, l->n - last, l->n - last };
    put_list(p, &all);
    if (one.n) under(p, text("if (%s == 0)", p->lane), &one);
    return p->out.s;
}

static char *rows_text(Printer *p, const Chain *units)
{
    const long each = THREADS / p->g->width;
    Env *e = env_new(NULL);
    p->width = p->g->width, p->lane = "lane";
    env_set(e, "inner", "%s", row_text(p, units->inner));
    set_units(p, e, units);
    env_set(e, "warps_in_block", "%d", BLOCK_THREADS / 32);
    env_set(e, "each", "%ld", each);
    env_set(e, "lanes", "%d", p->g->width);
    env_flag(e, "warps", each > 1);
    env_flag(e, "ragged", p->g->count % each != 0);
    env_flag(e, "one", p->g->count == 1);
    return template_render("cuda/fold.cu", e);
}

static char *total_text(Printer *p, const StmtList *l)
{
    p->width = p->g->width, p->lane = "threadIdx.x";
    return row_text(p, l);
}

/* ---- shares have a unit ---- */
static char *columns_text(Printer *p, const Chain *units)
{
    const StmtList *l = units->inner;
    int at = 0;
    while (!together_in(&(StmtList) { &l->at[at], 1, 1 })) at++;
    const Stmt *s = l->at[at], *variable = l->at[0];
    const StmtList rest = { l->at + at + 1, l->n - at - 1, l->n - at - 1 };
    if (at != 1 || variable->kind != STMT_VARIABLE) BUG("shares of no sum");
    const Chain terms = chain_from(together_in(&(StmtList) { &l->at[at], 1, 1 }));
    Env *e = env_new(NULL);
    p->width = p->g->width, p->lane = "share";
    put_variable(p, variable);
    env_set(e, "variable", "%s", p->out.s);
    env_set(e, "training", "%s", s->kind == STMT_IF ? text(" && %s", val_within(p->w, s->value, LEVEL_COMPARE)) : "");
    set_turns(p, e, &terms);
    env_set(e, "terms", "%ld", turns_of(&terms));
    env_set(e, "shares", "%d", p->g->width);
    env_set(e, "sum", "%s", p->w->var[variable->var]);
    env_set(e, "store", "%s", list_text(p, &rest, NULL));
    set_units(p, e, units);
    return template_render("cuda/column.cu", e);
}

char *statements_text(Words *w, const StmtList *l)
{
    const Printer p = { w, NULL, { 0 }, 0, NULL, 0 };
    return list_text(&p, l, NULL);
}

static char *body_text(Words *w, const StmtList *l, const Grid *g)
{
    const Chain units = chain_of(l, UNITS);
    Printer p = { w, g, { 0 }, 0, NULL, 0 };
    name_loops(w, &units);
    switch (g->kind) {
    case GRID_ELEMENTS: return elements_text(&p, &units);
    case GRID_ROWS: return rows_text(&p, &units);
    case GRID_COLUMNS: return columns_text(&p, &units);
    default: return total_text(&p, l);
    }
}

Words *naming_words(const Naming *names)
{
    static const char *const taken[] = { "arena", "sums" };
    Words *w = words_new(names->k, (const char *const *)names->formal, (const char *const *)names->arg);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) words_free(w, taken[i]);
    for (int i = 0; i < names->own.n; i++) words_free(w, names->own.at[i]);
    w->device = true;
    return w;
}

void piece_add(Pieces *out, Piece p)
{
    Piece *own = NEW(Piece);
    *own = p;
    vec_push(out, own);
}

void print_loops(Pieces *out, const Naming *names, const StmtList *l, bool shared, const char *says)
{
    const Grid g = grid_of(names->k, l, shared);
    Words *w = naming_words(names);
    piece_add(out, (Piece) { "", says, body_text(w, l, &g), g, w, false });
}
