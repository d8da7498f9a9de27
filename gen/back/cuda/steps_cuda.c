/* steps_cuda.c -- kernels as launches, in order: those of a micro-step, those before and after a
   window.

   1. One stream runs them one after another, so nothing waits inside a window.
   2. Small neighbours share a launch of one block, which runs them in turn. Its name has the
      first and the last kernel, so they are neighbours in every list. */
#include <string.h>
#include "back/cuda/cuda.h"

enum { SMALL = 16384 };
static const Folding steps_folding = { "steps", "device" }, products_folding = { "open", "device" };

/* turns that one block goes through as fast as many would */
typedef struct Block {
    Line *launch;
    Lines calls;
    bool last, coded;
} Block;
typedef struct {
    Lines once, counting, judge, micro, forward, outputs, finish;
} StepLines;
typedef struct {
    AlikeList alike;
    VEC(Coded) coded; /* by alike */
    Library library;
    Written written;
    VEC(Block) blocks; /* launches that run several kernels in turn */
    bool alone;        /* somewhere a launch of its own advances the micro-step's number */
} Launches;

/* ---- all kernels ---- */
static bool is_small(const Kernel *x)
{
    return !x->loop && (!x->core || x->core->kind == K_REDUCE) && work_of(x->loops) <= SMALL;
}

/* A kernel is shared when it and a neighbour are small: launches cost more than they compute. */
static bool is_shared(const Kernels *x, const Kernel *one)
{
    for (int i = 0; i < x->micro.n; i++)
        if (x->micro.at[i] == one)
            return is_small(one) && ((i > 0 && is_small(x->micro.at[i - 1])) ||
                                     (i + 1 < x->micro.n && is_small(x->micro.at[i + 1])));
    return false;
}

static bool is_library(const Kernel *x) { return x->gemm && x->gemm->library; }

static void add_kernels(Launches *l, const Program *s, Kernel *const *at, int n, bool share)
{
    for (int i = 0; i < n; i++) {
        Coded *x = NEW(Coded);
        Alike *alike = alike_add(&l->alike, s, at[i]);
        x->alike = alike;
        x->shared = share && is_shared(s->k, at[i]);
        alike->kind = 4 * s->g->train.micro_batch + 2 * is_library(at[i]) + x->shared;
        vec_push(&l->coded, x);
        if (is_library(at[i])) library_open(&l->library, s, at[i]);
    }
}

static bool is_known(const Launches *l, const Kernel *k)
{
    for (int i = 0; i < l->alike.at.n; i++)
        if (l->alike.at.at[i]->k == k) return true;
    return false;
}

static void add_step(Launches *l, const Program *s, bool share)
{
    const Kernels *k = s->k;
    add_kernels(l, s, k->once.at, k->once.n, share);
    add_kernels(l, s, k->micro.at, k->micro.n, share);
    for (int i = 0; i < s->counting.n; i++)
        if (!is_known(l, s->counting.at[i])) add_kernels(l, s, &s->counting.at[i], 1, share);
    add_kernels(l, s, k->finish.at, k->finish.n, share);
    add_kernels(l, s, k->predict.at, k->predict.n, share);
}

/* The kernel's functions and lines; NULL: it is in no list. */
static Coded *coded_of(const Launches *l, const Alike *x)
{
    for (int i = 0; i < l->coded.n; i++)
        if (l->coded.at[i]->alike == x) return l->coded.at[i];
    BUG("kernel %d has no function", x->k->id);
}

static void code_kernels(Launches *l)
{
    for (int i = 0; i < l->coded.n; i++)
        if (l->coded.at[i]->alike->first == l->coded.at[i]->alike)
            code_kernel(l->coded.at[i], &l->written);
}

static Coded *function_of(const Launches *l, const Kernel *k)
{
    return coded_of(l, alike_of(&l->alike, k)->first);
}

static long most_long_sums(Kernel *const *at, int n, long most)
{
    for (int i = 0; i < n; i++) {
        const long reals = is_library(at[i]) ? 0 : long_sum_of(at[i]->loops);
        if (reals > most) most = reals;
    }
    return most;
}

long long_sum_reals(const Whole *all)
{
    long most = 0;
    for (int i = 0; i < all->steps.n; i++) {
        const Kernels *k = all->steps.at[i]->k;
        const KernelList *const lists[] = { &k->once, &k->micro, &k->finish, &k->predict };
        for (int l = 0; l < 4; l++) most = most_long_sums(lists[l]->at, lists[l]->n, most);
    }
    return most;
}

/* ---- several in one block ---- */
static Block *block_new(Launches *l, Line *launch, bool last)
{
    Block *b = NEW(Block);
    *b = (Block) { .launch = launch, .last = last };
    vec_push(&l->blocks, b);
    return b;
}

/* Kernels at[0 .. n - 1] in turn; `last`: the micro-step's number is advanced after them. */
static void add_block(Launches *l, Lines *to, Kernel *const *at, int n, bool last)
{
    Line *launch = line_add(to, "", ");");
    Block *b = block_new(l, launch, last);
    launch->first = at[0]->id, launch->last = at[n - 1]->id;
    for (int i = 0; i < n; i++)
        call_on_device(&b->calls, function_of(l, at[i]), alike_of(&l->alike, at[i]));
}

static bool block_alike(const Block *a, const Block *b)
{
    return a->last == b->last && a->calls.n == b->calls.n &&
           lines_alike(&a->calls, 0, &b->calls, 0, a->calls.n);
}

/* The lines of a block: all threads wait before the next kernel. */
static char *block_text(const Common *c, bool last)
{
    Lines all = { 0 };
    for (int i = 0; i < c->body.n; i++) {
        if (i) line_add(&all, "__syncthreads(", ");");
        vec_push(&all, c->body.at[i]);
    }
    if (last)
        line_add(&all, "__syncthreads(", ");"),
            line_add(&all, "if (threadIdx.x == 0) dev->w.micro++;", "");
    return lines_text(&all, "dev");
}

static bool uses_dev(const Lines *l)
{
    bool uses = false;
    for (int i = 0; i < l->n; i++)
        for (int a = 0; a < l->at[i]->args.n; a++)
            uses |= l->at[i]->args.at[a]->view || !strcmp(l->at[i]->args.at[a]->name, "dev");
    return uses;
}

/* The function of a block and those that are like it; their launches call it. */
static void code_block(Launches *l, const Block *first, Block **alike, int n)
{
    const Lines **at = NEW_ARRAY(const Lines *, n);
    for (int i = 0; i < n; i++) at[i] = &alike[i]->calls;
    const Common c = lines_common(at, n);
    const char *ident =
        text("k%d_to_k%d%s", first->launch->first, first->launch->last, first->last ? "_next" : "");
    const bool dev = first->last || uses_dev(&c.body);
    Env *e = env_new(NULL);
    env_set(e, "title", "k%d to k%d, one after another%s", first->launch->first,
            first->launch->last, first->last ? "; the last of them advances the micro-step" : "");
    env_set(e, "threads", "%d", BLOCK_THREADS);
    env_set(e, "ident", "%s", ident);
    const char *parameters =
        text("%s%s%s", dev ? "Device *dev" : "", dev && c.params.n ? ", " : "", params_text(&c));
    env_set(e, "parameters", "%s", parameters);
    declare_function(&l->written.kernels, ident,
                     text("%s%s%s", dev ? "Device *" : "", dev && c.params.n ? ", " : "",
                          params_types_text(&c)));
    env_set(e, "lines", "%s", block_text(&c, first->last));
    text_add(&l->written.functions, "%s\n", template_render("cuda/block.cu", e));
    for (int i = 0; i < n; i++) {
        Line *to = alike[i]->launch;
        to->before = text("GG_RUN(%s, 1, %d, %s%s", ident, BLOCK_THREADS, dev ? "device" : "",
                          dev && c.params.n ? ", " : "");
        if (to->first != first->launch->first) to->note = text("k%d to k%d", to->first, to->last);
        params_given(&c, &alike[i]->calls, to);
    }
}

static void code_blocks(Launches *l)
{
    Block **alike = NEW_ARRAY(Block *, l->blocks.n + 1);
    for (int i = 0; i < l->blocks.n; i++) {
        int n = 0;
        if (l->blocks.at[i]->coded) continue;
        for (int j = i; j < l->blocks.n; j++)
            if (!l->blocks.at[j]->coded && block_alike(l->blocks.at[i], l->blocks.at[j]))
                l->blocks.at[j]->coded = true, alike[n++] = l->blocks.at[j];
        code_block(l, alike[0], alike, n);
    }
}

/* ---- lists of kernels ---- */
static void add_launch(Launches *l, const Program *s, Lines *to, const Kernel *x)
{
    if (is_library(x)) call_library(to, s, x);
    call_launch(to, function_of(l, x), alike_of(&l->alike, x));
}

/* All kernels of the list, those of loops once. */
static void add_kernels_of(const TaskList *list, KernelList *to)
{
    for (int i = 0; i < list->n; i++) {
        const Task *t = list->at[i];
        if (t->kind == TASK_CALL) vec_push(to, t->kernel);
        else if (t->kind == TASK_LOOP) add_kernels_of(&t->body, to);
        else BUG("a device's list has other tasks than calls");
    }
}

/* A loop of launches. */
static void add_turns(Launches *l, const Program *s, Lines *to, const Loop *loop, Kernel *const *at,
                      int n)
{
    Lines inner = { 0 };
    Text t = { 0 };
    for (int i = 0; i < n; i++) add_launch(l, s, &inner, at[i]);
    text_add(&t,
             loop->back ? "for (int turn = %ld; turn-- > 0;) {\n"
                        : "for (int turn = 0; turn < %ld; turn++) {\n",
             loop->turns);
    put_lines(&t, lines_text(&inner, "device"), 4);
    Line *line = line_add(to, t.s, "}");
    line->first = at[0]->id, line->last = at[n - 1]->id;
}

/* The kernels from there on that one launch runs, or one loop. */
static int end_of(const Launches *l, Kernel *const *at, int n, int from)
{
    int end = from + 1;
    if (at[from]->loop)
        while (end < n && at[end]->loop == at[from]->loop) end++;
    else if (function_of(l, at[from])->shared)
        while (end < n && at[end]->id == at[end - 1]->id + 1 && function_of(l, at[end])->shared)
            end++;
    return end;
}

/* The kernels in order; `step`: the micro-step's number goes up after the last one that reads
   it. */
static Lines list_lines(Launches *l, const Program *s, const TaskList *list, bool step)
{
    KernelList k = { 0 };
    add_kernels_of(list, &k);
    Kernel *const *at = k.at;
    const int n = k.n;
    Lines to = { 0 };
    int last = -1;
    for (int i = 0; i < n; i++)
        if (function_of(l, at[i])->counts) last = i;
    for (int from = 0, end; from < n; from = end) {
        end = end_of(l, at, n, from);
        if (at[from]->loop) {
            add_turns(l, s, &to, at[from]->loop, at + from, end - from);
            continue;
        }
        if (!function_of(l, at[from])->shared) {
            add_launch(l, s, &to, at[from]);
            continue;
        }
        const bool here = step && from <= last && last < end;
        add_block(l, &to, at + from, end - from, here);
        if (here) step = false;
    }
    step &= n > 0;
    l->alone |= step;
    if (step) line_add(&to, "GG_RUN(next_micro, 1, 1, device", ");");
    return to;
}

static StepLines step_lines(Launches *l, const Program *s)
{
    return (
        StepLines) { list_lines(l, s, &s->once, false),    list_lines(l, s, &s->count_tasks, true),
                     list_lines(l, s, &s->judge, false),   list_lines(l, s, &s->micro, true),
                     list_lines(l, s, &s->evaluate, true), list_lines(l, s, &s->predict, true),
                     list_lines(l, s, &s->finish, false) };
}

static int place_in(const Lines *c, int from, const Line *line)
{
    while (from < c->n && !line_same(c->at[from], line)) from++;
    return from;
}

/* The line runs forward kernels alone. */
static bool is_forward(const Kernels *k, const Line *line)
{
    bool forward = line->first > 0;
    for (int i = 0; i < k->micro.n; i++)
        if (line->first <= k->micro.at[i]->id && k->micro.at[i]->id <= line->last)
            forward &= !k->micro.at[i]->backward;
    return forward;
}

/* How many lines a micro-step has in common with evaluation; *end: how many that has of them. Lines
   between them that evaluation has not are those of states: training alone runs them. */
static int common_lines(const Kernels *k, const Lines *micro, const Lines *forward, int *end)
{
    int n = 0;
    *end = 0;
    for (int i = 0; i < micro->n && *end < forward->n && is_forward(k, micro->at[i]); i++)
        if (line_same(micro->at[i], forward->at[*end])) n = i + 1, ++*end;
        else if (place_in(forward, *end, micro->at[i]) < forward->n) break;
    return n;
}

/* The first n lines of a micro-step; returns whether training alone runs some. */
static bool forward_lines(const Lines *micro, int n, const Lines *forward, int end, Lines *both)
{
    const Lines common = { forward->at, end, end };
    bool some = false;
    for (int i = 0; i < n; i++) {
        const bool always = place_in(&common, 0, micro->at[i]) < end;
        if (!always)
            arg_add(micro->at[i], (Arg) { .text = "training",
                                          .type = "bool",
                                          .name = "training",
                                          .dims = "",
                                          .own = true,
                                          .condition = true });
        some |= !always;
        vec_push(both, micro->at[i]);
    }
    return some;
}

/* What a micro-step and evaluation begin with alike becomes a function of its own. */
static void share_forward(Launches *l, const Program *s, Lines *micro, Lines *forward)
{
    Text *out = &l->written.functions;
    int end;
    const int n = common_lines(s->k, micro, forward, &end);
    if (n < 8) return;
    Lines both = { 0 };
    const bool some = forward_lines(micro, n, forward, end, &both);
    const char *name = text("%sforward_steps", s->g->step->prefix);
    lines_shorten(&both, &steps_folding, &l->written);
    declare_function(&l->written.steps, name, some ? "bool training" : "");
    text_add(out, "/* The forward part of a micro-step. */\nstatic void %s(%s)\n{\n", name,
             some ? "bool training" : "void");
    put_lines(out, lines_text(&both, "device"), 4);
    text_add(out, "}\n\n");
    Lines *const lists[] = { micro, forward };
    for (int i = 0; i < 2; i++) {
        Lines rest = { 0 };
        line_add(&rest, text("%s(%s", name, !some ? "" : i ? "false" : "true"), ");");
        for (int k = i ? end : n; k < lists[i]->n; k++) vec_push(&rest, lists[i]->at[k]);
        *lists[i] = rest;
    }
}

static void set_list(Launches *l, Env *e, const char *name, Lines *c)
{
    lines_shorten(c, &steps_folding, &l->written);
    env_set(e, name, "%s", lines_text(c, "device"));
}

/* A kernel of one thread for a few statements, or no kernel. */
static void set_lines(Env *e, const char *name, const char *lines)
{
    env_flag(e, text("has_%s", name), *lines != 0);
    env_set(e, text("%s_lines", name), "%s", lines);
}

/* The graphs that a step replays, and declarations of the functions that its full window calls. */
static void list_graphs(const Program *s, Env *e)
{
    const bool prepared = s->all->steps.n > 1 && prepares(s), counted = s->counting.n > 0,
               outputs = s->g->outputs.n > 0;
    const struct {
        bool is;
        const char *graph, *steps;
    } parts[] = { { s->next, "next", "micro_next" },
                  { s->unrolled, "full", NULL },
                  { prepared, "prepared", "prepare_steps" },
                  { counted, "counting", "counting_steps" },
                  { counted, "counted_graph", "counted_steps" },
                  { concludes(s), "conclude", "conclude_steps" },
                  { s->drops, "judged", NULL } };
    Text graphs = { 0 }, steps = { 0 };
    text_put(&graphs, "", 0), text_put(&steps, "", 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].is) continue;
        text_add(&graphs, ", %s%s", s->g->step->prefix, parts[i].graph);
        if (parts[i].steps) text_add(&steps, ", %s%s(void)", s->g->step->prefix, parts[i].steps);
    }
    env_set(e, "graphs", "%s%s", graphs.s, outputs ? ", predicting" : "");
    env_set(e, "steps_before", "%s", steps.s);
}

static void fill_step(Launches *l, const Program *s, StepLines *c, Env *e)
{
    window_facts(s, e);
    share_forward(l, s, s->drops ? &c->judge : &c->micro, &c->forward);
    set_list(l, e, "prepare", &c->once);
    set_list(l, e, "counting", &c->counting);
    set_list(l, e, "judging", &c->judge);
    set_list(l, e, "micro", &c->micro);
    set_list(l, e, "forward", &c->forward);
    set_list(l, e, "output_steps", &c->outputs);
    set_list(l, e, "finish", &c->finish);
    env_flag(e, "no_beta", !any_beta(s));
    list_graphs(s, e);
    set_lines(e, "late", any_late(s) ? late_text(s) : "");
    set_lines(e, "penalty", penalties_text(s));
    env_set(e, "penalty_views", "%s", penalty_views(s));
    set_lines(e, "counted", counted_text(s));
}

/* Declarations of the functions that a micro-batch calls, which come after it. */
static void set_prototypes(Launches *l, Env *e)
{
    Text t = { 0 };
    Written *out = &l->written;
    text_put(&t, "", 0);
    if (l->alone) declare_function(&out->kernels, "next_micro", "Device *dev");
    if (out->kernels.n) text_add(&t, "static __global__ void %s;\n", out->kernels.s);
    if (out->steps.n) text_add(&t, "static void %s;\n", out->steps.s);
    if (out->calls.n) text_add(&t, "%s", out->calls.s);
    env_set(e, "prototypes", "%s", t.s);
}

static void fill_facts(Launches *l, const Whole *all, Env *e)
{
    Library *x = &l->library;
    const long reals = long_sum_reals(all);
    bool skips = false;
    for (int i = 0; i < all->steps.n; i++)
        skips |= all->steps.at[i]->count || all->steps.at[i]->g->checks.n ||
                 checks_finite(all->steps.at[i]);
    Written *out = &l->written;
    lines_shorten(&x->products, &products_folding, out);
    set_prototypes(l, e);
    env_flag(e, "next_micro", l->alone);
    env_set(e, "kernels", "%s", out->functions.s ? out->functions.s : "");
    env_flag(e, "rounds", all->steps.at[0]->g->train.precision >= BF16);
    env_flag(e, "products_one", x->handles.n > 0);
    env_flag(e, "products_two", x->pairs.n > 0);
    env_set(e, "handles", "%s", x->handles.s ? x->handles.s : "");
    env_set(e, "pairs", "%s", x->pairs.s ? x->pairs.s : "");
    env_set(e, "products", "%s", lines_text(&x->products, "device"));
    env_flag(e, "long_sums", reals > 0);
    env_set(e, "long_sums", "%ld", reals);
    env_set(e, "skips", "%s", skips ? "true" : "false");
}

void cuda_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    Launches l = { .alone = false };
    for (int i = 0; i < all->steps.n; i++) add_step(&l, all->steps.at[i], share);
    if (share) alike_find(&l.alike);
    code_kernels(&l);
    StepLines *calls = NEW_ARRAY(StepLines, all->steps.n);
    for (int i = 0; i < all->steps.n; i++) calls[i] = step_lines(&l, all->steps.at[i]);
    code_blocks(&l);
    for (int i = 0; i < all->steps.n; i++) fill_step(&l, all->steps.at[i], &calls[i], step[i]);
    fill_facts(&l, all, program);
}
