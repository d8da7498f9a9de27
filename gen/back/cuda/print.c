/* print.c -- the statements of a tree on the device, dealt to threads as its loops say.

   1. Units alone: a thread has one, in the order of memory.
   2. Units with lanes: 32 lanes, or a block, have a unit, and lanes take every 32nd turn. All
      lanes execute the statements outside of lanes; the first lane alone stores.
   3. Units with shares: 32 neighbouring units to a block, whose other dimension shares the sum.
   4. Lanes alone, into a double: one block.
   5. Units with memory of their own: a block has a unit, and its memory is shared. All threads do
      what stands outside of lanes; they meet after each loop over lanes and each product. */
#include <limits.h>
#include "back/cuda/print.h"
#include "back/print.h"
#include "back/template.h"

/* loops that stand directly inside one another */
typedef struct Chain {
    Range at[12];
    int n;
    const StmtList *inner;
} Chain;
typedef struct { /* of a Printer */
    const Grid *g;
    const char *lane; /* the number of a thread among those of its unit */
    int width;        /* and how many they are */
    bool meets;       /* they meet after each loop over lanes */
} Threads;

static const Threads *threads_of(const Printer *p) { return p->target; }

/* ---- loops ---- */
static bool is_loop(const Stmt *s, Deal deal) { return s->kind == STMT_FOR && s->deal == deal; }

static Chain chain_of(const StmtList *l, Deal deal)
{
    Chain c = { .inner = l };
    while (c.inner->n == 1 && is_loop(c.inner->at[0], deal)) {
        const Stmt *s = c.inner->at[0];
        if (c.n == 12) BUG("loops are too deep");
        c.at[c.n++] = (Range) { s->var, (long)s->to->number, s->to->spelled };
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
static bool is_wide(long count)
{
    return count > INT_MAX - 1024;
} /* an int does not count so far */

/* The number of turns, "N * 784" where some count the rows of a micro-batch. */
static char *count_text(const Chain *c)
{
    const long count = turns_of(c);
    const Range *named = NULL;
    for (int i = 0; i < c->n; i++)
        if (c->at[i].spelled) named = &c->at[i];
    if (!named || is_wide(count)) return text("%ld", count);
    return count == named->extent ? text("%s", named->spelled)
                                  : text("%s * %ld", named->spelled, count / named->extent);
}

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
    for (int i = 0; i < units->inner->n; i++)
        if (units->inner->at[i]->kind == STMT_LOCAL) return GRID_TILES;
    if (units->inner->n && units->inner->at[0]->kind == STMT_PRODUCT) return GRID_PRODUCT;
    if (!together) return GRID_ELEMENTS;
    if (together->deal == SHARES) return GRID_COLUMNS;
    const Stmt *first = units->inner->at[0];
    return first->kind == STMT_VARIABLE && k->vars.at[first->var]->type == AS_DOUBLE ? GRID_TOTAL
                                                                                     : GRID_ROWS;
}

static long over(long n, long by) { return (n + by - 1) / by; }

static Grid grid_of(const Loops *k, const StmtList *l, bool shared)
{
    const Chain units = chain_of(l, UNITS);
    const Stmt *together = together_in(units.inner);
    Grid g = { kind_of(k, &units, together),
               turns_of(&units),
               together ? together->width : 1,
               THREADS,
               1,
               shared };
    if (g.kind == GRID_TOTAL) g.threads = g.width;
    if (g.kind == GRID_TILES) g.width = g.threads, g.blocks = g.count;
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
    if (kind == GRID_PRODUCT || kind == GRID_TILES || (kind == GRID_ROWS && together->width > 32))
        return LONG_MAX;
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

char *digits_text(const Words *w, const Range *at, int n, const char *index, const StmtList *l,
                  const Val *v)
{
    Text t = { 0 };
    long place = 1;
    text_put(&t, "", 0);
    for (int i = n; i-- > 0; place *= at[i].extent) {
        char *e = place == 1 ? text("%s", index) : text("%s / %ld", index, place);
        if (i) e = text("%s %% %ld", e, at[i].extent);
        if (l ? list_uses(l, at[i].var) : val_uses(v, at[i].var))
            text_add(&t, "%s%s = %s", t.n ? ", " : "", w->var[at[i].var], e);
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
    env_set(e, name, "%s", is_wide(count) ? "long" : narrow);
    env_set(e, "suffix", is_wide(count) ? "L" : "u");
}

/* ---- lanes ---- */
static void put_folds(Printer *p, const StmtList *l, const StmtList *whole)
{
    static const char *const across[] = {
        [FOLD_SUM] = "sum", [FOLD_MAX] = "max", [FOLD_MIN] = "min", [FOLD_PROD] = "product"
    };
    for (int i = 0; i < l->n; i++) {
        const Stmt *s = l->at[i];
        if (s->kind == STMT_FOLD && !list_declares(whole, s->var)) {
            const char *name = p->w->var[s->var];
            put_line(p, text("%s = gg_fold_%s<%d>(%s);", name, across[s->fold],
                             threads_of(p)->width, name));
        }
        put_folds(p, &s->body, whole);
    }
}

/* Every width-th turn of the loops, from the lane's number on. A single loop uses its own
   variable. */
static void set_turns(Printer *p, Env *e, const Chain *c)
{
    int lines;
    name_loops(p->w, c);
    const char *inner = list_text(p, c->inner, &lines),
               *f = c->n == 1 ? p->w->var[c->at[0].var] : words_free(p->w, "f");
    const char *apart = c->n == 1 ? "" : decode(p->w, c, f);
    const bool brace = *apart || lines != 1;
    env_set(e, "f", "%s", f);
    set_index(e, "f_type", "int", turns_of(c));
    env_set(e, "count", "%s", count_text(c));
    env_set(e, "step", "%d", threads_of(p)->width);
    env_set(e, "lane", "%s", threads_of(p)->lane);
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
    if (threads_of(p)->meets) put_line(p, "__syncthreads();");
}

static void put_shared(Printer *p, const Stmt *s)
{
    put_line(p, text("__shared__ real %s[%ld];", p->w->formal[s->buffer], s->extent));
}

static bool put_own(Printer *p, const Stmt *s)
{
    if (s->kind == STMT_LOCAL) put_shared(p, s);
    if (s->kind == STMT_PRODUCT) put_product_loops(p, s, LANES);
    if (s->kind == STMT_LOCAL || s->kind == STMT_PRODUCT) return true;
    if (s->kind != STMT_FOR || s->deal == SERIAL) return false;
    if (s->deal != LANES) BUG("units inside of other statements");
    put_lanes(p, s);
    return true;
}

/* ---- a thread has a unit ---- */
static void set_units(Printer *p, Env *e, const Chain *units)
{
    const Grid *g = threads_of(p)->g;
    set_index(e, "id_type", "unsigned", g->count);
    env_flag(e, "alone", !g->shared);
    env_set(e, "count", "%s", count_text(units));
    env_set(e, "threads", "%d", g->threads);
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
/* The statements after the last exchange between lanes; if one of them stores, one lane executes
   them. */
static int after_lanes(const StmtList *l)
{
    int from = 0;
    bool stores = false;
    for (int i = 0; i < l->n; i++)
        if (l->at[i]->kind == STMT_VARIABLE || together_in(&(StmtList) { &l->at[i], 1, 1 }))
            from = i + 1;
    for (int i = from; i < l->n; i++)
        stores |= l->at[i]->kind == STMT_STORE || l->at[i]->kind == STMT_IF;
    return stores ? from : l->n;
}

/* By one lane. */
static void put_alone(Printer *p, const StmtList *l)
{
    put_under(p, text("if (%s == 0)", threads_of(p)->lane), l);
}

static char *row_text(Printer *p, const StmtList *l)
{
    const int last = after_lanes(l);
    const StmtList rest = { l->at + last, l->n - last, l->n - last };
    for (int i = 0; i < last; i++)
        (l->at[i]->kind == STMT_STORE ? put_alone : put_list)(p, &(StmtList) { l->at + i, 1, 1 });
    if (rest.n) put_alone(p, &rest);
    return p->out.s;
}

static char *rows_text(Printer *p, const Chain *units)
{
    const Grid *g = threads_of(p)->g;
    const long each = THREADS / g->width;
    Env *e = env_new(NULL);
    env_set(e, "inner", "%s",
            g->kind == GRID_TILES ? list_text(p, units->inner, NULL) : row_text(p, units->inner));
    set_units(p, e, units);
    env_set(e, "warps_in_block", "%d", BLOCK_THREADS / 32);
    env_set(e, "each", "%ld", each);
    env_set(e, "lanes", "%d", g->width);
    env_flag(e, "warps", each > 1);
    env_flag(e, "ragged", g->count % each != 0);
    env_flag(e, "one", g->count == 1);
    return template_render("cuda/fold.cu", e);
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
    env_set(e, "variable", "%s", list_text(p, &(StmtList) { &l->at[0], 1, 1 }, NULL));
    env_set(e, "training", "%s",
            s->kind == STMT_IF ? text(" && %s", val_within(p->w, s->value, LEVEL_COMPARE)) : "");
    set_turns(p, e, &terms);
    env_set(e, "terms", "%s", count_text(&terms));
    env_set(e, "shares", "%d", threads_of(p)->g->width);
    env_set(e, "sum", "%s", p->w->var[variable->var]);
    env_set(e, "store", "%s", list_text(p, &rest, NULL));
    set_units(p, e, units);
    return template_render("cuda/column.cu", e);
}

char *statements_text(Words *w, const StmtList *l)
{
    const Printer p = { .w = w, .own = put_own, .target = &(Threads) { NULL, NULL, 0, false } };
    return list_text(&p, l, NULL);
}

static char *body_text(Words *w, const StmtList *l, const Grid *g)
{
    static const char *const lanes[] = { [GRID_ELEMENTS] = NULL,
                                         [GRID_ROWS] = "lane",
                                         [GRID_COLUMNS] = "share",
                                         [GRID_TOTAL] = "threadIdx.x",
                                         [GRID_TILES] = "lane" };
    const Chain units = chain_of(l, UNITS);
    const Threads threads = { g, lanes[g->kind], g->width, g->kind == GRID_TILES };
    Printer p = { .w = w, .own = put_own, .target = &threads };
    name_loops(w, &units);
    switch (g->kind) {
        case GRID_ELEMENTS:
            return elements_text(&p, &units);
        case GRID_ROWS:
        case GRID_TILES:
            return rows_text(&p, &units);
        case GRID_COLUMNS:
            return columns_text(&p, &units);
        default:
            return row_text(&p, l);
    }
}

static bool product_first(const Loops *k)
{
    return k->body.n && k->body.at[0]->kind == STMT_PRODUCT;
}

Words *naming_words(const Naming *names)
{
    static const char *const taken[] = { "arena", "sums" }, *const of_products[] = {
        "a", "b", "store", "batch", "column", "from", "to"
    };
    Words *w =
        words_new(names->k, (const char *const *)names->formal, (const char *const *)names->arg);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) words_free(w, taken[i]);
    if (product_first(names->k))
        for (size_t i = 0; i < sizeof of_products / sizeof *of_products; i++)
            words_free(w, of_products[i]);
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
    vec_push(&w->taken, "id");
    if (g.kind == GRID_COLUMNS) vec_push(&w->taken, "share");
    piece_add(out, (Piece) { "", says, body_text(w, l, &g), g, w, false });
}
