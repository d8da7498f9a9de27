/* build.c -- a kernel's tree under way: its buffers, constants, loops, zeros. */
#include <string.h>
#include "lower/build.h"

void build_start(Build *b, Kernels *k, Kernel *x)
{
    *b = (Build) { .k = k, .x = x, .l = NEW(Loops), .fold_count = 0 };
    b->value = NEW_ARRAY(const Val *, k->g->nodes.n);
    b->out = &b->l->body;
    x->loops = b->l;
    x->actual.n = x->draws.n = 0;
}

/* ---- buffers ---- */
static int actual_of(Build *b, const Actual *a, const Formal *f)
{
    for (int i = 0; i < b->x->actual.n; i++) {
        const Actual *o = b->x->actual.at[i];
        const bool state =
            o->state && a->state ? !strcmp(o->state, a->state) : o->state == a->state;
        const bool array =
            o->array && a->array ? !strcmp(o->array, a->array) : o->array == a->array;
        const bool known = a->buffer || a->column || a->array || a->sum >= 0;
        if (known && o->buffer == a->buffer && o->column == a->column && o->sum == a->sum &&
            state && array)
            return i;
    }
    Actual *own = NEW(Actual);
    *own = *a;
    vec_push(&b->x->actual, own);
    return loops_formal(b->l, f);
}

int formal_of(Build *b, const Buffer *buffer)
{
    return actual_of(b, &(Actual) { .buffer = (Buffer *)buffer, .sum = -1 },
                     &(Formal) { .type = AS_REAL,
                                 .layout = &buffer->layout,
                                 .half = buffer->half,
                                 .wish = buffer->ident });
}

int formal_state(Build *b, const Buffer *gradient, const char *state)
{
    return actual_of(b, &(Actual) { .buffer = (Buffer *)gradient, .state = state, .sum = -1 },
                     &(Formal) { .type = AS_REAL, .layout = &gradient->layout, .wish = state });
}

int formal_column(Build *b, const Column *c)
{
    static const ValType types[] = { [T_REAL] = AS_REAL, [T_INT] = AS_INT, [T_U8] = AS_BYTE };
    return actual_of(b, &(Actual) { .column = c, .sum = -1 },
                     &(Formal) { .type = types[c->type], .wish = c->ident });
}

int formal_array(Build *b, const char *name)
{
    return actual_of(b, &(Actual) { .array = name, .sum = -1 },
                     &(Formal) { .type = AS_REAL, .wish = name });
}

int formal_sum(Build *b)
{
    return actual_of(b, &(Actual) { .sum = b->x->sum },
                     &(Formal) { .type = AS_DOUBLE, .wish = "sum" });
}

int formal_table(Build *b, const Node *n)
{
    return actual_of(
        b, &(Actual) { .sum = -1 },
        &(Formal) {
            .type = AS_REAL, .table = n->table, .count = shape_count(&n->shape), .wish = "table" });
}

int formal_local(Build *b, const char *wish)
{
    return actual_of(b, &(Actual) { .sum = -1 }, &(Formal) { .type = AS_REAL, .wish = wish });
}

int grad_formal(Build *b)
{
    const int i = b->x->adds_to->index;
    return formal_of(b, b->x->moves_state ? b->k->params.at[i] : b->k->gradients.at[i]);
}

const Val *argument_of(Build *b, const Node *noise)
{
    int i = 0;
    while (i < b->x->draws.n && strcmp(b->x->draws.at[i]->path, noise->path)) i++;
    if (i == b->x->draws.n) vec_push(&b->x->draws, (Node *)noise);
    b->l->args = b->x->draws.n;
    return val_run(RUN_ARG + i, AS_INT);
}

const Val *let(Build *b, const char *wish, const Val *v)
{
    Stmt *s = stmt_new(b->out, STMT_LET);
    s->var = loops_var(b->l, wish, v->type);
    s->value = v;
    return val_var(b->l, s->var);
}

int variable(Build *b, const char *wish, ValType type, const Val *start)
{
    Stmt *s = stmt_new(b->out, STMT_VARIABLE);
    s->var = loops_var(b->l, wish, type), s->value = start;
    return s->var;
}

void fold_into(Build *b, int var, Fold fold, const Val *v)
{
    Stmt *s = stmt_new(b->out, STMT_FOLD);
    s->var = var, s->fold = fold, s->value = v;
}

const Val *load_at(Build *b, const At *at) { return val_load(b->l, at); }

/* ---- loops ---- */
StmtList *open_range(Build *b, StmtList *into, int var, const Val *from, const Val *to, Deal deal)
{
    (void)b;
    Stmt *s = stmt_new(into, STMT_FOR);
    s->var = var, s->from = from, s->to = to, s->deal = deal;
    return &s->body;
}

StmtList *open_units(Build *b, StmtList *into, const char *wish, long count, const Val **index)
{
    const int var = loops_var(b->l, wish, AS_INT);
    *index = val_var(b->l, var);
    return open_range(b, into, var, val_int(0), val_int(count), UNITS);
}

StmtList *open_loop(Build *b, StmtList *into, int at, Deal deal)
{
    const Scope *s = &b->scope;
    const Val *end = deal == SERIAL ? loop_end(s, at) : loop_turns(s, at);
    StmtList *body =
        open_range(b, into, s->loop[at].var, val_int(0), at == s->lanes ? loop_end(s, at) : end,
                   at == s->lanes ? LANES : deal);
    if (at == scope_batch(s)) b->rows = body;
    return body;
}

StmtList *open_loops(Build *b, StmtList *into, unsigned which, Deal deal)
{
    for (int i = 0; i < b->scope.n; i++)
        if (which >> i & 1) into = open_loop(b, into, i, deal);
    return into;
}

StmtList *open_parts(Build *b, const Val **part)
{
    const Partition *p = &b->x->part;
    const Val *q;
    StmtList *unit = open_units(b, &b->l->body, "q", p->count, &q);
    const int n = scope_batch(&b->scope);
    if (part) *part = q;
    const Val *from = both(CALL_MUL, val_int(p->size), q);
    return b->rows = open_range(b, unit, b->scope.loop[n].var, from,
                                both(CALL_ADD, from, val_int(p->size)), SERIAL);
}

/* A single unit: one thread executes the kernel. */
StmtList *open_one(Build *b)
{
    const Val *one;
    return open_units(b, &b->l->body, "one", 1, &one);
}

StmtList *open_dealt(Build *b, unsigned skip)
{
    const Scope *s = &b->scope;
    const unsigned all = ((1u << s->n) - 1) & ~skip;
    const int n = scope_batch(s);
    if (b->k->target->launches) return b->rows = open_loops(b, &b->l->body, all, UNITS);
    if (b->x->part.kind == PART_ROWS && n >= 0)
        return open_loops(b, open_parts(b, NULL), all & ~(1u << n), SERIAL);
    if (b->x->part.kind == PART_BLOCKS && s->blocks >= 0 &&
        s->loop[s->blocks].extent == b->x->part.count)
        return open_loops(b, open_loop(b, &b->l->body, s->blocks, UNITS), all & ~(1u << s->blocks),
                          SERIAL);
    return open_loops(b, open_one(b), all, SERIAL);
}

/* ---- the window ---- */
const Val *beta_of(const Build *b)
{
    return has_beta(b->k, b->x) ? val_run(RUN_BETA, AS_INT) : NULL;
}

const Layout *main_layout(const Build *b)
{
    if (b->x->stores.n) return &buffer_of(b->k, b->x->stores.at[0])->layout;
    return &b->x->grad_layout;
}
