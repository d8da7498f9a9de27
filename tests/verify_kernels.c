/* verify_kernels.c -- takes tests/verify_kernels.lua through all stages, breaks what one of lower/ gave in one way, and asks that
   stage's verifier, which ends with a bug that says the rule. Linked with gagen's objects but main.o.
       verify_kernels           lists them: name, stage, rule
       verify_kernels NAME      breaks that way; "nothing" breaks nothing and asks all verifiers */
#include <stdio.h>
#include <string.h>
#include "front/front.h"
#include "ir/stage.h"
#include "lower/lower.h"
#include "middle/middle.h"

/* ---- what is broken ---- */
static Node *product(const Compilation *c, bool backward)       /* that reads a copy */
{
    for (int i = 0; i < c->g->first_copy; i++) {
        Node *n = c->g->nodes.at[i];
        if (computes(c->g, n) && reads_buffers(n) && n->backward == backward && n->arg[0]->id >= c->g->first_copy) return n;
    }
    BUG("no product reads a copy");
}

static Kernel *that(const Compilation *c, bool (*wanted)(const Kernels *k, const Kernel *x))
{
    for (int i = 0; i < c->k->micro.n; i++)
        if (wanted(c->k, c->k->micro.at[i])) return c->k->micro.at[i];
    BUG("no kernel is as wanted");
}

static bool stored(const Kernels *k, const Kernel *x)    { (void)k; return x->stores.n && x->body.n > 1; }
static bool maps(const Kernels *k, const Kernel *x)      { (void)k; return !x->core && x->body.n > 1; }
static bool adds(const Kernels *k, const Kernel *x)      { (void)k; return x->first_write; }
static bool multiplies(const Kernels *k, const Kernel *x) { return contracts(k, x) && x->core->kind == K_MATMUL && x->body.n; }
static bool convolves(const Kernels *k, const Kernel *x) { (void)k; return x->core && has_role(x->core, "forward"); }
static bool statistic(const Kernels *k, const Kernel *x) { (void)k; return x->core && has_role(x->core, "batch"); }
static bool of_rows(const Kernels *k, const Kernel *x)   { (void)k; return x->part.kind == PART_ROWS; }
static Buffer *buffer(Compilation *c) { return buffer_of(c->k, that(c, stored)->stores.at[0]); }
static Contraction *sums(Compilation *c) { return that(c, multiplies)->contraction; }

static void leaf(Compilation *c)      { Node *n = product(c, false); n->arg[0] = n->arg[0]->arg[0]; }
static void stranger(Compilation *c)  { Node *n = product(c, false); n->arg[0]->backward = true; }
static void direct(Compilation *c)    { Contribution *x = c->g->gradients.at[0]; x->value = x->value->arg[0]; }
static void lone(Compilation *c)      { c->g->outputs.at[0]->node = c->g->params.at[0]->node; }
static void other(Compilation *c)     { c->g->nodes.at[c->g->nodes.n - 1]->shape.dim[0]++; }

static void homeless(Compilation *c)  { set_kernel(c->k, that(c, maps)->body.at[0], NULL); }
static void repeated(Compilation *c)  { Kernel *x = that(c, maps); vec_push(&x->body, x->body.at[0]); }
static void turned(Compilation *c)
{
    KernelList *l = &c->k->micro;
    for (int i = 0; i < l->n / 2; i++) { Kernel *x = l->at[i]; l->at[i] = l->at[l->n - 1 - i], l->at[l->n - 1 - i] = x; }
}
static void mixed(Compilation *c)     { that(c, maps)->body.at[0]->backward ^= true; }
static void shape(Compilation *c)     { that(c, maps)->body.at[0]->shape.dim[0]++; }
static void first(Compilation *c)     { that(c, adds)->first_write = false; }
static void unmade(Compilation *c)    { that(c, adds)->grad = NULL; }
static void listed(Compilation *c)    { vec_push(&c->k->micro, c->k->micro.at[0]); }

static void small(Compilation *c)     { buffer(c)->layout.size -= ALIGN; }
static void no_layout(Compilation *c) { buffer(c)->layout.size = 0; }
static void one_place(Compilation *c) { buffer(c)->layout.axis[0].factor[0].stride = 1; }
static void no_buffer(Compilation *c) { set_buffer(c->k, that(c, stored)->stores.at[0], NULL); }
static void unstored(Compilation *c)  { Kernel *x = that(c, statistic); set_buffer(c->k, x->stores.at[0], NULL); x->stores.n = 0; }
static void home(Compilation *c)      { buffer(c)->home = HOME_PACKED; }
static void factor(Compilation *c)    { Kernel *x = that(c, multiplies); x->factor[0] = that(c, convolves)->factor[0]; }
static void halo(Compilation *c)      { buffer_of(c->k, node_base(that(c, convolves)->factor[0]))->layout.halo[2][0] += 9; }
static void gradient(Compilation *c)  { that(c, adds)->grad_layout.size += ALIGN; }
static void half(Compilation *c)      { buffer(c)->half = true; }
static void shorter(Compilation *c)   { buffer(c)->layout.axis[0].factor[0].extent--; }
static void gathered(Compilation *c)  { for (int i = 0; i < c->k->buffers.n; i++) if (c->k->buffers.at[i]->home == HOME_PARAM) c->k->buffers.at[i]->layout.axis[1].n = 0; }

static void not_lowered(Compilation *c) { that(c, multiplies)->contraction = NULL; }
static void before(Compilation *c)    { sums(c)->base[0] = -1; }
static void beyond(Compilation *c)    { that(c, convolves)->contraction->base[0] += 64; }
static void folded(Compilation *c)    { sums(c)->unit.stride[2] = 1; }
static void few(Compilation *c)       { sums(c)->unit.extent = 1; }
static void apart(Compilation *c)     { Contraction *x = sums(c); x->vector.stride[1] = 0; }

static void untouched(Compilation *c) { that(c, stored)->touches.n = 0; }
static void backwards(Compilation *c) { c->k->micro.at[c->k->micro.n - 1]->phase = 0; }
static void together(Compilation *c)  { for (int i = 0; i < c->k->micro.n; i++) c->k->micro.at[i]->phase = 0; }
static void rows(Compilation *c)      { that(c, of_rows)->part.size++; }
static void nameless(Compilation *c)  { c->k->micro.at[0]->ident = NULL; }
static void evaluated(Compilation *c) { KernelList *l = &c->k->evaluated; memmove(l->at, l->at + 1, sizeof *l->at * (size_t)--l->n); }
static void early(Compilation *c)     { for (int i = 0; i < c->k->predict.n; i++) c->k->predict.at[i]->phase = 0; }

static Buffer *arena(Compilation *c, int n)
{
    for (int i = 0; i < c->k->buffers.n; i++)
        if (c->k->buffers.at[i]->home == HOME_ARENA && n-- == 0) return c->k->buffers.at[i];
    BUG("the arena has few buffers");
}
static void overlap(Compilation *c)   { for (int i = 0; i < 6; i++) arena(c, i)->offset = 0, arena(c, i)->first = 0, arena(c, i)->last = 99; }
static void outside(Compilation *c)   { arena(c, 0)->offset = c->p->arena; }
static void gone(Compilation *c)      { for (int i = 0; i < 6; i++) arena(c, i)->last = arena(c, i)->first; }
static void unwritten(Compilation *c) { Buffer *b = buffer(c); for (int i = 0; i < c->k->micro.n; i++) for (int t = 0; t < c->k->micro.at[i]->touches.n; t++) if (c->k->micro.at[i]->touches.at[t]->buffer == b) c->k->micro.at[i]->touches.at[t]->write = false; }
static void output(Compilation *c)    { c->k->last_output = 99; }

static void no_scale(Compilation *c)  { c->s->scale_in[0] = NULL; }
static void unknown(Compilation *c)   { c->s->report[0] = expr_variable("sums[99]"); }
static void too_early(Compilation *c) { c->s->scale_in[0] = expr_variable("sums[0]"); }
static void uncounted(Compilation *c) { c->s->root_when[0] = ROOT_COUNTED; }
static void no_count(Compilation *c)  { c->s->late = true, c->s->count = NULL; }

static void two_places(Compilation *c) { c->all->steps.at[1]->k->params.at[1]->offset += ALIGN; }
static void shifted(Compilation *c)   { c->all->steps.at[1]->k->gradients.at[1]->offset += ALIGN; }
static void over(Compilation *c)      { for (int i = 0; i < 2; i++) { Kernels *k = c->all->steps.at[i]->k; k->params.at[1]->offset = k->gradients.at[1]->offset = 0; } }
static void range(Compilation *c)     { c->all->steps.at[0]->g->step->groups.at[0]->to += 9999; }
static void no_room(Compilation *c)   { c->all->arena = 0; }
static void nsums(Compilation *c)     { c->all->nsums++; }

typedef struct { const char *name, *stage; void (*damage)(Compilation *c); const char *rule; } Damage;
static const Damage damages[] = {
    { "leaf", "legalize", leaf, "which has no buffer" },
    { "stranger", "legalize", stranger, "a copy for others" },
    { "direct", "legalize", direct, "without a copy" },
    { "lone", "legalize", lone, "no kernel makes the output" },
    { "other", "legalize", other, "is no copy" },
    { "homeless", "group", homeless, "no kernel makes" },
    { "repeated", "group", repeated, "stands twice in its kernel" },
    { "turned", "group", turned, "which a later kernel makes" },
    { "mixed", "group", mixed, "shares a kernel with nodes of another pass" },
    { "shape", "group", shape, "does not run over its kernel's shape" },
    { "first", "group", first, "adds to a gradient that nothing has stored" },
    { "unmade", "group", unmade, "no kernel adds" },
    { "listed", "group", listed, "stands twice in the lists" },
    { "small", "layout", small, "has places" },
    { "no_layout", "layout", no_layout, "has no layout" },
    { "one_place", "layout", one_place, "two elements at one place" },
    { "no_buffer", "layout", no_buffer, "which has no buffer" },
    { "unstored", "layout", unstored, "not stored" },
    { "home", "layout", home, "outside the arena" },
    { "factor", "layout", factor, "which is no argument" },
    { "halo", "layout", halo, "has places" },
    { "gradient", "layout", gradient, "of another size" },
    { "half", "layout", half, "has 16 bits" },
    { "shorter", "layout", shorter, "values of axis" },
    { "gathered", "layout", gathered, "without a place of their own" },
    { "not_lowered", "lower", not_lowered, "is not lowered" },
    { "before", "lower", before, "goes from -1" },
    { "beyond", "lower", beyond, "which has" },
    { "folded", "lower", folded, "two elements at one place" },
    { "few", "lower", few, "elements of" },
    { "apart", "lower", apart, "columns apart" },
    { "untouched", "partition", untouched, "touch" },
    { "backwards", "partition", backwards, "an earlier phase" },
    { "together", "partition", together, "share" },
    { "rows", "partition", rows, "deals" },
    { "nameless", "partition", nameless, "has no number" },
    { "evaluated", "partition", evaluated, "which no kernel of evaluation writes" },
    { "early", "partition", early, "runs after what outputs alone need" },
    { "overlap", "place", overlap, "overlap while both are alive" },
    { "outside", "place", outside, "reals" },
    { "gone", "place", gone, "which is alive in" },
    { "unwritten", "place", unwritten, "is read in phase" },
    { "output", "place", output, "is gone before it is read" },
    { "no_scale", "schedule", no_scale, "has no formula" },
    { "unknown", "schedule", unknown, "is made of 'sums" },
    { "too_early", "schedule", too_early, "known early, of sums" },
    { "uncounted", "schedule", uncounted, "no kernel counts" },
    { "no_count", "schedule", no_count, "the count is late" },
    { "two_places", "join", two_places, "at two places" },
    { "shifted", "join", shifted, "is not as" },
    { "over", "join", over, "overlap" },
    { "range", "join", range, "trains" },
    { "no_room", "join", no_room, "has no room" },
    { "nsums", "join", nsums, "sums of" },
};

/* ---- the stages ---- */
static void run_legalize(Compilation *c)  { legalize(c->g); }
static void run_group(Compilation *c)     { c->k = group(c->g, c->opts->target); }
static void run_layout(Compilation *c)    { layout(c->k); }
static void run_lower(Compilation *c)     { lower(c->k); }
static void run_partition(Compilation *c) { partition(c->k); }
static void run_place(Compilation *c)     { c->p = place(c->k, true); }
static void run_schedule(Compilation *c)  { c->s = schedule(c->p); }
static void run_join(Compilation *c)      { join(c->all); }
static void ask_legalize(const Compilation *c)  { verify_legalize(c->g); }
static void ask_group(const Compilation *c)     { verify_group(c->k); }
static void ask_layout(const Compilation *c)    { verify_layout(c->k); }
static void ask_lower(const Compilation *c)     { verify_lower(c->k); }
static void ask_partition(const Compilation *c) { verify_partition(c->k); }
static void ask_place(const Compilation *c)     { verify_place(c->p); }
static void ask_schedule(const Compilation *c)  { verify_schedule(c->s); }
static void ask_join(const Compilation *c)      { verify_join(c->all); }

typedef struct { const char *name; void (*run)(Compilation *c); void (*ask)(const Compilation *c); } Room;
static const Room rooms[] = {
    { "legalize", run_legalize, ask_legalize }, { "group", run_group, ask_group }, { "layout", run_layout, ask_layout },
    { "lower", run_lower, ask_lower }, { "partition", run_partition, ask_partition }, { "place", run_place, ask_place },
    { "schedule", run_schedule, ask_schedule }, { "join", run_join, ask_join },
};

static void enter(const Room *r, Compilation *c, const Damage *d)
{
    r->run(c);
    if (d && !strcmp(d->stage, r->name)) d->damage(c);
    r->ask(c);
}

/* Damage is done to the last step. */
static void compile_all(Opts *o, const Damage *d)
{
    OpGradient host;
    Compilation c = { .opts = o, .all = NEW(Whole), .model = read_model(o, &host) };
    check(c.model);
    for (int i = 0; i < c.model->steps.n; i++) {
        c.g = objective(c.model, c.all);
        differentiate(c.g, host), simplify(c.g), recompute(c.g), order(c.g);
        for (int r = 0; r < 7; r++) enter(&rooms[r], &c, i + 1 < c.model->steps.n ? NULL : d);
        vec_push(&c.all->steps, c.s);
    }
    enter(&rooms[7], &c, d);
}

int main(int argc, char **argv)
{
    char *command[] = { "gagen", "-t", "c", "tests/verify_kernels.lua" };
    const Damage *d = NULL;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        if (argc < 2) printf("%s|%s|%s\n", damages[i].name, damages[i].stage, damages[i].rule);
        else if (!strcmp(argv[1], damages[i].name)) d = &damages[i];
    }
    if (argc < 2) return 0;
    if (!d && strcmp(argv[1], "nothing")) return 2;
    Opts o = options(4, command);
    compile_all(&o, d);
    return 0;
}
