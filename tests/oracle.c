/* oracle.c -- a window of a model's program, compiled and interpreted: the trees of its kernels run in tests/interpret.c, from the same
   weights, rows and scales, and must leave the same sums, gradients and states. Linked with gagen's objects, the program in double,
   tests/oracle_program.c and the runtime.

       oracle                                           lists the ways to break the trees: name, rule
       oracle DATA WEIGHTS NAME gagen's arguments       DATA: hashed=ROWS or ROWS:DIR; WEIGHTS: hashed, - or a file; NAME: that way, or "nothing"
   It prints "broken KERNEL RULE" for what went wrong. The units run in three orders, whose bits have to be the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "front/front.h"
#include "interpret.h"
#include "ir/stage.h"
#include "lower/lower.h"
#include "middle/middle.h"
#include "oracle.h"

typedef struct {
    Program *s; Kernels *k;
    VEC(Memory) held;                   /* of buffers in the arena and of packed ones, by place in Kernels.buffers; the others NULL */
    Memory *flat[2 + STATES];           /* parameters, gradients, states */
    double *start[2 + STATES];          /* what they held before the window */
    VEC(Memory) columns;                /* by Column.index */
    Memory **parts;                     /* by sum */
    double *sums;
    Given given;
    long from, rows;                    /* of the micro-step at hand */
    long turn;                          /* of the loop at hand */
    bool trains;
    Order order;
    uint64_t meeting;                   /* number of times that the threads have met */
    bool alone;                         /* a planted fault in a tree: each kernel is checked by itself */
} Oracle;

/* ---- the stages ---- */
static Program *compiled(int argc, char **argv)
{
    OpGradient host;
    Opts o = options(argc, argv), *own = NEW(Opts);
    *own = o;
    Compilation c = { .opts = own, .all = NEW(Whole), .model = read_model(own, &host) };
    check(c.model);
    for (int i = 0; i < c.model->steps.n; i++) {
        c.g = objective(c.model, c.all);
        differentiate(c.g, host), simplify(c.g), recompute(c.g), order(c.g);
        legalize(c.g), c.k = group(c.g, own->target), layout(c.k), lower(c.k), partition(c.k), c.p = place(c.k, true), c.s = schedule(c.p);
        vec_push(&c.all->steps, c.s);
    }
    join(c.all);
    return c.all->steps.at[0];
}

/* ---- memory ---- */
static double *copy_of(const double *at, long n)
{
    double *copy = NEW_ARRAY(double, n + 1);
    for (long i = 0; i < n; i++) copy[i] = at[i];
    return copy;
}

static void poison_tensor(Memory *flat, const Buffer *b, const Shape *s)
{
    long index[RANK] = { 0 };
    for (long n = shape_count(s); n-- > 0; ) {
        memory_poison(&(Memory) { .at = flat->at + b->offset + layout_at(&b->layout, index), .size = 1 });
        for (int a = s->rank; a-- > 0 && ++index[a] == s->dim[a]; ) index[a] = 0;
    }
}

/* Gradients begin as nobody's: the first write of a window stores. What pads them is zero from the start, and what an optimizer gathers in
   its first state begins there. */
static void take_flats(Oracle *o)
{
    const Whole *all = o->s->all;
    for (int i = 0; i < 2 + all->nstates; i++) {
        long n;
        const double *at = program_flat(i, &n);
        o->flat[i] = !at ? NULL : memory_new(i == 1 ? NEW_ARRAY(double, n + 1) : copy_of(at, n), n, true);
        for (int p = 0; i == 1 && at && p < o->k->gradients.n; p++)
            if (o->k->gradients.at[p] && o->k->params.at[p]->param->mine) poison_tensor(o->flat[1], o->k->gradients.at[p], &o->k->params.at[p]->param->shape);
        o->start[i] = at ? copy_of(o->flat[i]->at, n) : NULL;
    }
    if (!o->flat[1]) o->flat[1] = o->flat[2];
}

/* Packed copies are zero where nothing writes: what pads their depth meets zeros. */
static void take_memory(Oracle *o)
{
    const Graph *g = o->s->g;
    for (int i = 0; i < o->k->buffers.n; i++) {
        const Buffer *b = o->k->buffers.at[i];
        double *zeros = b->home == HOME_PACKED ? NEW_ARRAY(double, b->layout.size) : NULL;
        Memory *m = b->home == HOME_ARENA || zeros ? memory_new(zeros, b->layout.size, true) : NULL;
        vec_push(&o->held, m);
    }
    for (int i = 0; i < g->data.columns.n; i++) {
        const Column *c = g->data.columns.at[i];
        const long n = program_elements(c->name);
        Memory *m = memory_new(NULL, n, false);
        for (long e = 0; e < n; e++) m->at[e] = program_element(c->name, e);
        vec_push(&o->columns, m);
    }
    o->parts = NEW_ARRAY(Memory *, o->s->all->nsums + 1), o->sums = NEW_ARRAY(double, o->s->all->nsums + 1);
    for (int i = 0; i < o->s->all->nsums; i++) o->parts[i] = memory_new(NULL, 1024, true);
}

static Memory *slice(Memory *flat, long offset, long size)
{
    Memory *m = NEW(Memory);
    *m = (Memory) { flat->at + offset, size, flat->writer + offset, flat->reader + offset };
    return m;
}

static Memory *flat_of(const Oracle *o, const Buffer *b, const char *state)
{
    for (int i = 0; state && i < o->s->all->nstates; i++)
        if (!strcmp(o->s->all->state[i], state)) return o->flat[2 + i];
    return o->flat[b->home == HOME_GRADIENT];
}

static Memory *memory_of(const Oracle *o, const Actual *a, const Formal *f)
{
    if (a->column) return o->columns.at[a->column->index];
    if (a->sum >= 0) return o->parts[a->sum];
    if (!a->buffer) return memory_new((double *)f->table, f->count, false);
    if (a->buffer->home == HOME_PARAM || a->buffer->home == HOME_GRADIENT)
        return slice(flat_of(o, a->buffer, a->state), a->buffer->offset, a->buffer->layout.size);
    for (int i = 0; i < o->k->buffers.n; i++)
        if (o->k->buffers.at[i] == a->buffer) return o->held.at[i];
    const Buffer *b = a->buffer, *all = b->of;
    for (int i = 0; all && i < o->k->buffers.n; i++) {
        const long each = all->layout.axis[1].factor[0].stride;
        if (o->k->buffers.at[i] == all) return slice(o->held.at[i], (b->slot + (b->turns ? o->turn : 0)) * each, b->layout.size);
    }
    BUG("a buffer that is nowhere");
}

/* ---- ways to break the trees of a micro-step ---- */
typedef bool Breaks(Oracle *o, Kernel *x, Stmt *s);

static bool any_stmt(Oracle *o, Kernel *x, const StmtList *l, Breaks *breaks)
{
    for (int i = 0; i < l->n; i++)
        if (breaks(o, x, l->at[i]) || any_stmt(o, x, &l->at[i]->body, breaks)) return true;
    return false;
}

/* The statements, from the first kernel on, until one is broken. */
static void in_statements(Oracle *o, Breaks *breaks)
{
    for (int i = 0; i < o->k->micro.n; i++)
        if (any_stmt(o, o->k->micro.at[i], &o->k->micro.at[i]->loops->body, breaks)) return;
    BUG("nothing is to be broken so");
}

static At *factor(Stmt *s) { return s->kind == STMT_PRODUCT && s->a->kind == VAL_LOAD && s->a->at->n > 1 ? (At *)s->a->at : NULL; }

static bool wide(Oracle *o, Kernel *x, Stmt *s)
{
    (void)o, (void)x;
    if (!factor(s)) return false;
    factor(s)->term[0].stride *= 3;
    return true;
}

static bool narrow(Oracle *o, Kernel *x, Stmt *s)
{
    (void)o, (void)x;
    if (!factor(s)) return false;
    factor(s)->term[factor(s)->n - 1].stride = 0;
    return true;
}

static bool unzeroed(Oracle *o, Kernel *x, Stmt *s)
{
    (void)o, (void)x;
    if (s->kind != STMT_ZERO) return false;
    s->n = 1, s->side[0] = (Side) { 1, 1, 0, 0 };
    return true;
}

static bool longer(Oracle *o, Kernel *x, Stmt *s)
{
    (void)o, (void)x;
    if (s->kind != STMT_PRODUCT) return false;
    s->range[s->n + s->summed - 1].extent += 100000;
    return true;
}

static bool racing(Oracle *o, Kernel *x, Stmt *s)
{
    const Stmt *unit = x->loops->body.at[0];
    (void)o;
    for (int i = 0; s->kind == STMT_STORE && unit->to->number > 1 && i < s->at.n; i++)
        if (s->at.term[i].index->kind == VAL_VAR && s->at.term[i].index->id == unit->var) return s->at.term[i].stride = 0, true;
    return false;
}

static void stride(Oracle *o)   { in_statements(o, wide); }
static void same(Oracle *o)     { in_statements(o, narrow); }
static void zero(Oracle *o)     { in_statements(o, unzeroed); }
static void beyond(Oracle *o)   { in_statements(o, longer); }
static void race(Oracle *o)     { in_statements(o, racing); }

static void betas(Oracle *o, const Val *beta)
{
    for (int i = 0; i < o->s->micro.n; i++)
        if (o->s->micro.at[i]->beta) o->s->micro.at[i]->beta = beta;
}
static void adds(Oracle *o)     { betas(o, val_int(1)); }
static void stores(Oracle *o)   { betas(o, val_int(0)); }
static void early(Oracle *o)    { TaskList *l = &o->s->micro; Task *first = l->at[0]; l->at[0] = l->at[1], l->at[1] = first; }

/* The threads do not meet before the first kernel of other units than the one before it. */
static void unmet(Oracle *o)
{
    TaskList *l = &o->s->micro;
    for (int i = 1; i + 1 < l->n; i++)
        if (l->at[i]->kind == TASK_MEET && l->at[i - 1]->kind == TASK_CALL && l->at[i + 1]->kind == TASK_CALL &&
            l->at[i - 1]->kernel->part.count != l->at[i + 1]->kernel->part.count) {
            memmove(l->at + i, l->at + i + 1, sizeof *l->at * (size_t)(--l->n - i));
            o->alone = false;
            return;
        }
}

static const struct { const char *name; void (*plant)(Oracle *o); const char *rule; } plants[] = {
    { "stride", stride, "an index out of range" }, { "same", same, "differs by" }, { "zero", zero, "nobody has written" },
    { "beyond", beyond, "an index out of range" }, { "race", race, "units race" }, { "adds", adds, "nobody has written" },
    { "stores", stores, "differs by" }, { "early", early, "nobody has written" }, { "unmet", unmet, "units race" },
};
enum { PLANTS = sizeof plants / sizeof *plants };

/* ---- a window ---- */
static long row_of(void *context, long n)
{
    const Oracle *o = context;
    return program_row(o->from + (n < o->rows ? n : 0));
}

static double uniform_of(void *context, long n, uint32_t stream, uint32_t element) { return program_uniform(((Oracle *)context)->from + n, stream, element); }

/* FNV-1a of the call's path */
static uint32_t stream_of(const Node *noise)
{
    uint32_t h = 2166136261u;
    for (const char *s = noise->path; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

static void call(Oracle *o, const Task *t, bool next)
{
    const Kernel *x = t->kernel;
    Memory **actual = NEW_ARRAY(Memory *, x->actual.n + 1);
    uint32_t stream[64];
    for (int i = 0; i < x->actual.n; i++) actual[i] = memory_of(o, x->actual.at[i], x->loops->formals.at[i]);
    for (int i = 0; i < x->draws.n; i++) stream[i] = stream_of(x->draws.at[i]);
    const int beta = !t->beta ? 0 : t->beta->kind == VAL_NUMBER ? (int)t->beta->number : next;
    if (o->alone) o->meeting++;
    const Run run = { o->meeting, o->rows, o->from, o->given.micros, o->given.samples, o->trains, beta, o->given.scale_in, stream, o, row_of, uniform_of };
    const char *wrong = interpret(x->loops, actual, &run, o->order);
    if (!wrong) return;
    printf("broken %s %s\n", x->ident, wrong);
    exit(1);
}

static void run_tasks(Oracle *o, const TaskList *list, bool next)
{
    o->meeting++;
    for (int i = 0; i < list->n; i++) {
        const Task *t = list->at[i];
        if (t->kind == TASK_MEET) o->meeting++;
        if (t->kind == TASK_CALL) call(o, t, next);
        for (int j = 0; t->kind == TASK_ADD_UP && j < t->parts; j++) o->sums[t->sum] += o->parts[t->sum]->at[j];
        for (long n = 0; t->kind == TASK_LOOP && n < t->turns; n++) o->turn = t->back ? t->turns - 1 - n : n, run_tasks(o, &t->body, next);
    }
}

/* Nothing in the arena outlives a micro-step. */
static void forget(Oracle *o)
{
    for (int i = 0; i < o->k->buffers.n; i++)
        if (o->k->buffers.at[i]->home == HOME_ARENA) memory_poison(o->held.at[i]);
    for (int i = 0; i < o->s->all->nsums; i++) memory_poison(o->parts[i]);
}

/* The lists beside a window, whose numbers go nowhere: their trees may break no rule. */
static void run_others(Oracle *o)
{
    const TaskList *const lists[] = { &o->s->count_tasks, &o->s->evaluate, &o->s->predict };
    o->from = 0, o->rows = o->given.micros > 1 ? o->s->g->train.micro_batch : o->given.rows;
    for (int i = 0; i < 3; i++) o->trains = i == 0, forget(o), run_tasks(o, lists[i], false);
}

static void run_window(Oracle *o)
{
    const long micro = o->s->g->train.micro_batch;
    o->trains = true;
    run_tasks(o, &o->s->once, false);
    for (long k = 0; k < o->given.micros; k++) {
        o->from = k * micro, o->rows = k == o->given.micros - 1 ? o->given.rows : micro;
        forget(o);
        run_tasks(o, &o->s->judge, k > 0), run_tasks(o, &o->s->micro, k > 0);
    }
    run_tasks(o, &o->s->finish, o->given.micros > 0);
}

/* ---- comparing ---- */
static double worst;
static int wrong;

static void compare(const char *what, const double *mine, const double *theirs, long n)
{
    double far = 0, size = 0;
    for (long i = 0; i < n; i++) {
        if (isnan(mine[i]) && isnan(theirs[i]) && !is_poison(mine[i])) continue;
        if (mine[i] == theirs[i] || (is_poison(mine[i]) && theirs[i] == 0)) continue;      /* places between parameters are nobody's */
        far = fmax(far, isnan(mine[i] - theirs[i]) ? INFINITY : fabs(mine[i] - theirs[i]));
    }
    for (long i = 0; i < n; i++) size = fmax(size, isfinite(theirs[i]) ? fabs(theirs[i]) : 0);
    if (far > 0) worst = fmax(worst, far / (size + 1e-12));
    if (!(far <= 1e-10 * size + 1e-13)) printf("broken %s differs by %g of %g\n", what, far, size), wrong++;
}

static void compare_all(Oracle *o)
{
    const Kernels *k = o->k;
    char what[256];
    for (int i = 0; i < o->s->g->sums.n; i++) {
        const int sum = o->s->g->first_sum + i;
        snprintf(what, sizeof what, "sum %d", sum);
        compare(what, &o->sums[sum], &o->given.sums[sum], 1);
    }
    for (int i = 0; i < 2 + o->s->all->nstates; i++) {
        long n;
        const double *at = program_flat(i, &n);
        for (int p = 0; at && p < k->params.n; p++) {
            const Buffer *b = i ? k->gradients.at[p] : k->params.at[p];
            if (!b || b->offset + b->layout.size > n) continue;
            snprintf(what, sizeof what, "%s of %s", i == 0 ? "value" : i == 1 ? "gradient" : o->s->all->state[i - 2], k->params.at[p]->param->name);
            compare(what, o->flat[i]->at + b->offset, at + b->offset, b->layout.size);
        }
    }
}

/* The same window once more, its units in another order. */
static Oracle again(const Oracle *first, Order order)
{
    Oracle o = { .s = first->s, .k = first->k, .order = order, .given = first->given };
    for (int i = 0; i < 2 + STATES; i++) o.flat[i] = first->start[i] ? memory_new(copy_of(first->start[i], first->flat[i]->size), first->flat[i]->size, true) : NULL;
    if (!o.flat[1]) o.flat[1] = o.flat[2];
    take_memory(&o);
    run_window(&o);
    return o;
}

static void compare_orders(const Oracle *a, Order order)
{
    const Oracle b = again(a, order);
    const size_t sums = sizeof *a->sums * (size_t)a->s->all->nsums;
    bool same_bits = !memcmp(a->sums, b.sums, sums);
    for (int i = 0; i < 2 + STATES; i++) same_bits &= !a->flat[i] || !memcmp(a->flat[i]->at, b.flat[i]->at, sizeof(double) * (size_t)a->flat[i]->size);
    if (!same_bits) printf("broken order %d: other bits\n", order), wrong++;
}

int main(int argc, char **argv)
{
    for (int i = 0; argc < 2 && i < PLANTS; i++) printf("%s|%s\n", plants[i].name, plants[i].rule);
    if (argc < 2) return 0;
    if (argc < 5) return 2;
    Oracle o = { .order = FORWARD };
    const char *name = argv[3];
    argv[3] = argv[0];
    o.s = compiled(argc - 3, argv + 3), o.k = o.s->k;
    for (int i = 0; i < PLANTS; i++)
        if (!strcmp(plants[i].name, name)) o.alone = true, plants[i].plant(&o);
    program_open(argv[1], argv[2]);
    take_flats(&o), take_memory(&o);
    o.given = program_window();
    run_window(&o);
    compare_all(&o);
    compare_orders(&o, REVERSE), compare_orders(&o, SHUFFLED);
    run_others(&o);
    printf("%s: %d kernels, %ld micro-steps, worst %.2g\n", wrong ? "differs" : "agrees", o.k->micro.n, o.given.micros, worst);
    return wrong > 0;
}
