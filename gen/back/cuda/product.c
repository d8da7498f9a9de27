/* product.c -- a product as a tiled kernel: gg_tile of runtime/gagen_cuda.h with functions that
   load elements and store a result.

   1. Ranges that only the first factor depends on are rows, those of the second alone are
      columns; those of both are a batch.
   2. A long sum over few results is cut into a constant number of parts, whose sums a second
      function adds in order. */
#include "back/cuda/print.h"
#include "back/template.h"

enum { TILE = 64, STEP = 16, FEW_BLOCKS = 64, LONG_DEPTH = 2048, PART = 512, MOST_PARTS = 32 };

typedef struct {
    int n;
    Range at[12];
} Group;
typedef struct {
    Group batch, rows, columns, depth;
} Groups;
/* wide: columns of a tile are 16 * wide */
typedef struct {
    long m, n, k, batch, parts, span;
    int wide;
} Tiling;

static void group_add(Group *g, const Range *r) { g->at[g->n++] = *r; }

static Groups groups_of(const Stmt *s)
{
    Groups g = { 0 };
    for (int i = 0; i < s->n; i++) {
        const Range *r = &s->range[i];
        const bool column = val_uses(s->b, r->var);
        group_add(!column ? &g.rows : val_uses(s->a, r->var) ? &g.batch : &g.columns, r);
    }
    for (int i = s->n; i < s->n + s->summed; i++) group_add(&g.depth, &s->range[i]);
    return g;
}

static long size_of(const Group *g) { return count_of(g->at, g->n); }
static long over(long n, long by) { return (n + by - 1) / by; }

static Tiling tiling(const Groups *g)
{
    Tiling t = {
        size_of(&g->rows), size_of(&g->columns), size_of(&g->depth), size_of(&g->batch), 1, 0, 0
    };
    t.wide = t.n <= 16 ? 1 : t.n <= 32 ? 2 : 4;
    const long blocks = over(t.m, TILE) * over(t.n, 16 * t.wide) * t.batch;
    if (t.batch == 1 && blocks < FEW_BLOCKS && t.k >= LONG_DEPTH) t.parts = over(t.k, PART);
    if (t.parts > MOST_PARTS) t.parts = MOST_PARTS;
    t.span = over(over(t.k, t.parts), STEP) * STEP;
    t.parts = over(t.k, t.span);
    return t;
}

long long_sum_of(const Loops *k)
{
    if (!k->body.n || k->body.at[0]->kind != STMT_PRODUCT) return 0;
    const Groups g = groups_of(k->body.at[0]);
    const Tiling t = tiling(&g);
    return t.parts > 1 ? t.parts * t.m * t.n : 0;
}

/* ---- elements ---- */
static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* The element that a factor loads; of an image, where it is inside. */
static const At *loaded(const Val *v) { return is_call(v, CALL_SELECT) ? v->arg[1]->at : v->at; }

static long last_step(const Group *g, const At *at)
{
    long step = 0;
    if (g->n && !at_step(at, g->at[g->n - 1].var, &step)) return 0;
    return step;
}

/* Whether the factor is contiguous along the depth; then lanes run along the depth. */
static const char *along_depth(const Group *depth, const Group *rows, const Val *v)
{
    const long by_depth = last_step(depth, loaded(v)), by_row = last_step(rows, loaded(v));
    return by_depth && (!by_row || by_depth < by_row) ? "true" : "false";
}

/* The indices of a batch, of rows or columns, of the depth: "const int n = row / 784, c = at %
   16;", those that v or list l uses. */
static char *indices_text(const Words *w, const Groups *g, const Group *rows, const Group *columns,
                          const StmtList *l, const Val *v)
{
    Text t = { 0 };
    const Group *const groups[] = { &g->batch, rows, columns, &g->depth };
    static const char *const names[] = { "batch", "row", "column", "at" };
    text_put(&t, "", 0);
    for (int i = 0; i < 4; i++) {
        const char *s =
            groups[i] ? digits_text(w, groups[i]->at, groups[i]->n, names[i], l, v) : "";
        if (*s) text_add(&t, "%s%s", t.n ? ", " : "", s);
    }
    return t.n ? text("const int %s;\n", t.s) : t.s;
}

static bool any_used(const Group *g, const StmtList *l, const Val *v)
{
    bool used = false;
    for (int i = 0; i < g->n; i++)
        used |= l ? list_uses(l, g->at[i].var) : val_uses(v, g->at[i].var);
    return used;
}

static char *element_of(Words *w, const char *name, const Val *v, const Groups *g,
                        const Group *rows, const Group *columns)
{
    Env *e = env_new(NULL);
    const bool bounds = is_call(v, CALL_SELECT);
    env_set(e, "name", "%s", name);
    env_set(e, "row", any_used(rows ? rows : columns, NULL, v) ? " %s" : "%.0s",
            rows ? "row" : "column");
    env_set(e, "at", "%s", any_used(&g->depth, NULL, v) ? " at" : "");
    env_set(e, "decode", "%s", indices_text(w, g, rows, columns, NULL, v));
    env_flag(e, "bounds", bounds);
    env_set(e, "inside", "%s", bounds ? val_within(w, v->arg[0], LEVEL_WHOLE) : "");
    env_set(e, "value", "%s", bounds ? val_text(w, v->arg[1]) : val_text(w, v));
    return template_render("cuda/element.cu", e);
}

/* ---- results ---- */
typedef struct {
    const char *decode, *statements;
    bool row, column;
} Result;

static Result result_of(Words *w, const Stmt *s, const Groups *g)
{
    Groups here = *g;
    here.depth.n = 0;
    w->var[s->var] = "sum";
    return (Result) { indices_text(w, &here, &g->rows, &g->columns, &s->body, NULL),
                      statements_text(w, &s->body), any_used(&g->rows, &s->body, NULL),
                      any_used(&g->columns, &s->body, NULL) };
}

/* ---- tiles ---- */
/* How many tiles there are: of rows, of columns, of parts or of the batch. */
static long tiles_along(const Tiling *t, int which)
{
    return which == 0     ? over(t->m, TILE)
           : which == 1   ? over(t->n, 16 * t->wide)
           : t->parts > 1 ? t->parts
                          : t->batch;
}

/* Where the block's tile begins along one of these, whose tiles are `size` apart. Blocks have one
   number: in y and z a grid has 65,535 at most. */
static char *tile_start(const Tiling *t, int which, long size)
{
    const long r = tiles_along(t, 0), c = tiles_along(t, 1), n = tiles_along(t, which),
               before = which == 0   ? 1
                        : which == 1 ? r
                                     : r * c;
    Text at = { 0 };
    if (n == 1) return text("0");
    text_add(&at, "blockIdx.x");
    if (before > 1) text_add(&at, " / %ld", before);
    if (r * c * tiles_along(t, 2) > before * n) text_add(&at, " %% %ld", n);
    if (size > 1) text_add(&at, " * %ld", size);
    return at.s;
}

static char *tile_text(Words *w, const Stmt *s, const Groups *g, const Tiling *t)
{
    Env *e = env_new(NULL);
    env_set(e, "m", "%ld", t->m);
    env_set(e, "n", "%ld", t->n);
    env_set(e, "k", "%ld", t->k);
    env_set(e, "wide", "%d", t->wide);
    env_flag(e, "parts", t->parts > 1);
    env_flag(e, "batch", g->batch.n > 0);
    env_set(e, "row0", "%s", tile_start(t, 0, TILE));
    env_set(e, "column0", "%s", tile_start(t, 1, 16 * t->wide));
    env_set(e, "from", "%s", tile_start(t, 2, t->span));
    env_set(e, "first", "%s", t->parts > 1 ? "from" : "0");
    env_set(e, "end", t->parts > 1 ? "to" : "%ld", t->k);
    env_set(e, "span", "%ld", t->span);
    env_set(e, "batch_index", "%s", tile_start(t, 2, 1));
    env_set(e, "a", "%s", element_of(w, "a", s->a, g, &g->rows, NULL));
    env_set(e, "b", "%s", element_of(w, "b", s->b, g, NULL, &g->columns));
    env_set(e, "a_by_depth", "%s", along_depth(&g->depth, &g->rows, s->a));
    env_set(e, "b_by_depth", "%s", along_depth(&g->depth, &g->columns, s->b));
    Result r = { "",
                 text("dev->long_sums[(%s * %ld + row) * %ld + column] = sum;\n",
                      tile_start(t, 2, 1), t->m, t->n),
                 true, true };
    if (t->parts == 1) r = result_of(w, s, g);
    env_set(e, "row", "%s", r.row ? " row" : "");
    env_set(e, "column", "%s", r.column ? " column" : "");
    env_set(e, "store", "%s%s", r.decode, r.statements);
    return template_render("cuda/gemm.cu", e);
}

static char *parts_text(Words *w, const Stmt *s, const Groups *g, const Tiling *t)
{
    Env *e = env_new(NULL);
    const Result r = result_of(w, s, g);
    env_set(e, "m", "%ld", t->m);
    env_set(e, "n", "%ld", t->n);
    env_set(e, "parts", "%ld", t->parts);
    env_set(e, "result", "%s%s", r.decode, r.statements);
    return template_render("cuda/parts.cu", e);
}

static Words *words_for(const Naming *names, const Stmt *s)
{
    Words *w = naming_words(names);
    for (int i = 0; i < s->n + s->summed; i++) words_var(w, s->range[i].var);
    return w;
}

void print_product(Pieces *out, const Naming *names, const Stmt *s)
{
    const Groups g = groups_of(s);
    const Tiling t = tiling(&g);
    const bool parts = t.parts > 1;
    Words *w = words_for(names, s);
    const Grid tiles = {
        GRID_PRODUCT, 0, 0, THREADS, tiles_along(&t, 0) * tiles_along(&t, 1) * tiles_along(&t, 2),
        false
    };
    piece_add(out, (Piece) { parts ? "_parts" : "", "", tile_text(w, s, &g, &t), tiles, w, parts });
    if (!parts) return;
    const Grid sums = { GRID_PRODUCT, 0, 0, THREADS, over(t.m * t.n, THREADS), false };
    w = words_for(names, s);
    piece_add(
        out, (Piece) { "", ": its parts added in order", parts_text(w, s, &g, &t), sums, w, true });
}

bool product_epilogue(const Stmt *s, int *bias)
{
    const Val *first = s->body.at[0]->value;
    *bias = is_call(first, CALL_ADD) ? first->arg[1]->at->buffer : -1;
    return s->body.n > 1;
}
