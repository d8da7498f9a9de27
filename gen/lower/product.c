/* product.c -- contractions as statements: sums of products over ranges with known strides, and
   the maps of each result.

   1. In C a unit has its outer loops with a product of whole tiles each, then the maps over that
      part of the result.
   2. On a device all results are dealt. The maps are in the product's body, or follow it if the
      library computes it (epilogue.c). A convolution's padding is not in memory: an index
      outside the image gives 0 and reads nothing. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "lower/build.h"

typedef struct {
    const Level *level;
    const Val *index;
} Open; /* a level and its variable */
typedef struct {
    int n;
    Open at[40];
} Opens;

static void open_level(Opens *o, const Level *l, const Val *index)
{
    if (o->n == 40) BUG("a product of too many levels");
    o->at[o->n++] = (Open) { l, index };
}

static const Buffer *factor_buffer(const Build *b, int which)
{
    return buffer_of(b->k, node_base(b->x->factor[which]));
}

/* Operand `which`: 0 and 1 are the factors, 2 the result in that formal buffer. inside: every
   index is inside by itself. A convolution whose padding is not in memory has no such index. */
static At operand_at(const Opens *o, int which, long base, int buffer, bool inside)
{
    At a = { .buffer = buffer, .base = base };
    for (int i = 0; i < o->n; i++) {
        const Level *l = o->at[i].level;
        if (!o->at[i].index || !l->stride[which]) continue;
        if (a.n == TERMS) BUG("an address of too many terms");
        a.term[a.n++] = (Term) { o->at[i].index, l->stride[which], inside ? l->extent - 1 : 0 };
    }
    return a;
}

/* Whether the level counts all rows of a micro-batch. */
static bool is_rows(const Build *b, const Level *l)
{
    const Node *f = b->x->core, *of[] = { f->arg[0], f->arg[1], f };
    const char *labels = f->kind == K_MATMUL ? f->labels : "n,n>n";
    bool rows = false;
    for (int i = 0; i < 3; i++) {
        rows |= of[i]->shape.batch && *labels == l->label && of[i]->shape.dim[0] == l->extent;
        labels += strcspn(labels, ",>") + 1;
    }
    return rows && l->div == 1;
}

static const Val *range_of(Build *b, Stmt *s, Opens *o, const Level *l, bool sum)
{
    const int var = loops_var(b->l, isalpha((unsigned char)l->label) ? text("%c", l->label) : "i",
                              AS_INT),
              at = s->n + s->summed;
    if (at == 12) BUG("a product of more than twelve ranges");
    s->range[at] = (Range) { var, l->extent, is_rows(b, l) ? ROWS_NAME : NULL };
    *(sum ? &s->summed : &s->n) += 1;
    open_level(o, l, val_var(b->l, var));
    return o->at[o->n - 1].index;
}

/* The destination of the product: the core's gradient or buffer, or that of the first stored
   node. */
static int result_formal(Build *b, bool *grad)
{
    Node *to = target_of(b->k, b->x);
    *grad = b->x->grad == to;
    return *grad ? grad_formal(b) : formal_of(b, buffer_of(b->k, to));
}

/* ---- C ---- */
/* The first turn stores or adds, by the window's beta. Later turns of an outer loop over the sum
   add. */
static const Val *turns_beta(Build *b, const Val *later)
{
    const Val *first = b->x->grad == b->x->core ? beta_of(b) : NULL;
    if (!later) return first;
    return val_call(CALL_SELECT, later, val_int(1), first ? first : val_int(0));
}

static void add_product(Build *b, StmtList *into, Opens *o, const Val *later)
{
    const Contraction *c = b->x->contraction;
    bool grad;
    const int formal[] = { formal_of(b, factor_buffer(b, 0)), formal_of(b, factor_buffer(b, 1)),
                           result_formal(b, &grad) };
    Stmt *s = stmt_new(into, STMT_PRODUCT);
    for (int i = 0; i < c->nrows; i++) range_of(b, s, o, &c->rows[i], false);
    range_of(b, s, o, &c->vector, false);
    for (int i = 0; i < c->ndepth; i++) range_of(b, s, o, &c->depth[i], true);
    const At x = operand_at(o, 0, c->base[0], formal[0], true),
             y = operand_at(o, 1, c->base[1], formal[1], true),
             z = operand_at(o, 2, c->base[2], formal[2], true);
    s->a = load_at(b, &x), s->b = load_at(b, &y);
    s->var = loops_var(b->l, "v", AS_REAL);
    Stmt *store = stmt_new(&s->body, STMT_STORE);
    store->at = z, store->value = val_var(b->l, s->var), store->beta = turns_beta(b, later);
    s->chain = b->k->g->train.chains && store->beta;
}

/* The maps over the part of the result that exists; the open loops are fixed. */
static void build_rest(Build *b, StmtList *into, const Val *block, const Val *row, const Val *part)
{
    if (!b->x->body.n) return;
    Node *core = b->x->core, *to = buffer_of(b->k, core) ? core : b->x->stores.at[0];
    b->scope = scope_of(b->l, main_layout(b), &b->x->out->shape);
    choose_lanes(b);
    unsigned loops = (1u << b->scope.n) - 1;
    const int s = b->scope.blocks, n = scope_batch(&b->scope);
    if (block && s >= 0)
        b->scope.loop[s].index = block, b->scope.loop[s].var = block->id, loops &= ~(1u << s);
    if (row && n >= 0)
        b->scope.loop[n].index = row, b->scope.loop[n].var = row->id, loops &= ~(1u << n),
        b->rows = into;
    const Buffer *buffer = buffer_of(b->k, to);
    const At at = address_of(&b->scope, &buffer->layout, &to->shape, formal_of(b, buffer));
    StmtList *before = into;
    for (int i = 0; i < b->scope.n; i++) {
        if (!(loops >> i & 1)) continue;
        before = into;
        const long size = b->x->part.size;
        const Val *from = part && i == n ? both(CALL_MUL, val_int(size), part) : NULL;
        if (!from) into = open_loop(b, into, i, SERIAL);
        else
            into = b->rows = open_range(b, into, b->scope.loop[i].var, from,
                                        both(CALL_ADD, from, val_int(size)), SERIAL);
    }
    b->out = into;
    define(b, core, load_at(b, &at), true);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
    /* the product has written the zeros of its own buffer */
    if (loop_pads(&b->scope, b->scope.n - 1)) zero_loop(b, before, &b->scope, to);
}

static void zero_all_halos(Build *b, StmtList *into, const Val *row)
{
    if (row) {
        zero_halos(b, into, row);
        return;
    }
    const int var = loops_var(b->l, "n", AS_INT);
    StmtList *body =
        open_range(b, into, var, val_int(0), val_rows(b->x->core->shape.dim[0]), SERIAL);
    zero_halos(b, body, val_var(b->l, var));
    if (!body->n) into->n--;
}

/* Whether the outermost loop inside a unit is over samples: all of them, or those of the unit. */
static bool by_samples(const Build *b)
{
    const Contraction *c = b->x->contraction;
    if (!c->nouter || c->outer_sum[0]) return false;
    return b->x->part.kind == PART_ROWS ? c->outer[0].label == c->unit.label
                                        : is_rows(b, &c->outer[0]) && b->x->core->shape.batch;
}

/* The loop over samples that by_samples speaks of. */
static StmtList *open_samples(Build *b, StmtList *body, const Val *unit, const Val **row)
{
    const Partition *p = &b->x->part;
    const int n = loops_var(b->l, "n", AS_INT);
    const Val *from = val_int(0), *to = val_rows(b->x->core->shape.dim[0]);
    if (p->kind == PART_ROWS)
        from = both(CALL_MUL, val_int(p->size), unit), to = both(CALL_ADD, from, val_int(p->size));
    *row = val_var(b->l, n);
    return b->rows = open_range(b, body, n, from, to, SERIAL);
}

static void build_tiles(Build *b)
{
    const Contraction *c = b->x->contraction;
    const Partition *p = &b->x->part;
    const bool rows = p->kind == PART_ROWS, samples = by_samples(b), lone = rows && p->size == 1;
    const char *wish = p->kind == PART_BLOCKS ? "s"
                       : c->unit.extent == 1  ? "one"
                       : lone && !samples     ? "n"
                                              : "q";
    const Val *unit, *row = NULL, *later = NULL;
    Opens o = { 0 };
    StmtList *body = open_units(b, &b->l->body, wish, p->count, &unit);
    if (c->unit.extent > 1 && !(rows && samples)) open_level(&o, &c->unit, unit);
    if (samples) {
        body = open_samples(b, body, unit, &row);
        open_level(&o, &c->outer[0], row);
    } else if (lone) {
        row = unit;
    }
    zero_all_halos(b, body, row);
    StmtList *inner = body;
    for (int i = samples; i < c->nouter; i++) {
        const int var = loops_var(b->l, c->outer[i].label == 'n' ? "n" : text("i%d", i), AS_INT);
        const Val *index = val_var(b->l, var);
        const long turns = c->outer[i].extent;
        inner = open_range(b, inner, var, val_int(0),
                           is_rows(b, &c->outer[i]) ? val_rows(turns) : val_int(turns), SERIAL);
        open_level(&o, &c->outer[i], index);
        const Val *on = c->outer_sum[i] ? both(CALL_NE, index, val_int(0)) : NULL;
        later = on && later ? both(CALL_OR, later, on) : on ? on : later;
    }
    add_product(b, inner, &o, later);
    build_rest(b, body, p->kind == PART_BLOCKS ? unit : NULL, row, rows && !row ? unit : NULL);
}

/* ---- a device ---- */
static void add_ranges(Build *b, Stmt *s, Opens *o, const Levels *l, bool sum)
{
    for (int i = 0; i < l->n; i++) range_of(b, s, o, &l->at[i], sum);
}

static const Val *label_index(const Opens *o, char label, long factor, const Val *so_far)
{
    for (int i = 0; i < o->n; i++) {
        const Level *l = o->at[i].level;
        if (l->label != label) continue;
        const long by = factor * l->div;
        const Val *one = times(o->at[i].index, labs(by));
        if (!so_far) so_far = by < 0 ? val_call(CALL_NEG, one, NULL, NULL) : one;
        else so_far = both(by < 0 ? CALL_SUB : CALL_ADD, so_far, one);
    }
    return so_far;
}

/* The element of a factor: 0 where the image has none. */
static const Val *factor_of(Build *b, const Opens *o, int which)
{
    const Gemm *m = b->x->gemm;
    At at = operand_at(o, which, m->base[which], formal_of(b, factor_buffer(b, which)), false);
    const Val *inside = NULL;
    for (int i = 0; i < m->nbounds && which == m->image; i++) {
        const Bound *x = &m->bound[i];
        const Val *place = label_index(o, x->label[1], x->factor[1],
                                       label_index(o, x->label[0], x->factor[0], NULL));
        place = both(x->constant < 0 ? CALL_SUB : CALL_ADD, place, val_int(labs(x->constant)));
        const Val *in = both(CALL_AND, both(CALL_GE, place, val_int(0)),
                             both(CALL_LT, place, val_int(x->extent)));
        inside = inside ? both(CALL_AND, inside, in) : in;
        at.base -= x->constant * x->stride;
        if (x->constant) at.term[at.n++] = (Term) { val_int(x->constant), x->stride, 0 };
    }
    const Val *v = load_at(b, &at);
    return inside ? val_call(CALL_SELECT, inside, v, val_number(0)) : v;
}

/* The ranges of the results, as loops over the result's axes. */
static void result_scope(Build *b, const Opens *o)
{
    const Gemm *m = b->x->gemm;
    b->scope = (Scope) { .domain = &b->x->out->shape, .lanes = -1, .blocks = -1 };
    for (int i = 0; i < o->n; i++)
        for (int a = 0; a < b->scope.domain->rank; a++)
            if (m->result[a] == o->at[i].level->label)
                scope_add(&b->scope, a, o->at[i].level->div, o->at[i].level->extent,
                          o->at[i].index);
}

static void build_gemm(Build *b)
{
    const Gemm *m = b->x->gemm;
    Node *core = b->x->core;
    Opens o = { 0 };
    Stmt *s = stmt_new(&b->l->body, STMT_PRODUCT);
    add_ranges(b, s, &o, &m->batch, false), add_ranges(b, s, &o, &m->rows, false),
        add_ranges(b, s, &o, &m->columns, false);
    const Opens results = o;
    add_ranges(b, s, &o, &m->depth, true);
    s->a = factor_of(b, &o, 0), s->b = factor_of(b, &o, 1);
    s->var = loops_var(b->l, "v", AS_REAL);
    result_scope(b, &results);
    b->out = b->rows = &s->body;
    if (m->library) {
        Node *to;
        const int taken = epilogue_of(b, &to);
        build_epilogue(b, val_var(b->l, s->var), taken, to);
        build_behind(b, taken, to);
        return;
    }
    define(b, core, val_var(b->l, s->var), false);
    store_node(b, core, b->value[core->id]);
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
}

void build_product(Build *b)
{
    if (b->x->contraction) build_tiles(b);
    else build_gemm(b);
}
