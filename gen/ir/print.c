/* print.c -- kernels, memory and the program as text, for --dump=partition, place, schedule and
   join. */
#include <string.h>
#include "ir/program.h"

static const char *const homes[] = { "arena", "param", "gradient", "packed" };

static const char *node_name(const Node *n)
{
    return text("%s%%%d",
                n->name ? text("%s ", n->name)
                : n->op ? text("%s ", n->op->name)
                        : "",
                n->id);
}

/* ---- kernels ---- */
static void print_kernel(Text *out, const Kernel *k)
{
    static const char *const parts[] = { "one", "rows", "column blocks", "tiles" };
    text_add(out, "  %-28s phase %-2d %d %s of %ld, %.3f MFLOP\n", k->ident, k->phase,
             k->part.count, parts[k->part.kind], k->part.size, k->flop / 1e6);
    text_add(out, "      out %s %s", node_name(k->out), shape_text(&k->out->shape));
    if (k->core) text_add(out, "  core %s", node_name(k->core));
    for (int i = 0; i < k->body.n; i++)
        text_add(out, "%s%s", i ? ", " : "  body ", node_name(k->body.at[i]));
    if (k->moves_state) text_add(out, "  moves %s", k->adds_to->name);
    else if (k->adds_to)
        text_add(out, "  %s gradient of %s", k->first_write ? "writes" : "adds to",
                 k->adds_to->name);
    if (k->sum >= 0) text_add(out, "  sum %d", k->sum);
    text_add(out, "\n");
}

static void print_list(Text *out, const char *title, Kernel **k, int n)
{
    if (n) text_add(out, "%s\n", title);
    for (int i = 0; i < n; i++) print_kernel(out, k[i]);
}

static void print_buffer(Text *out, const Buffer *b)
{
    text_add(out, "  %-28s %-8s %-24s %8ld reals at %-8ld", b->param ? b->param->name : b->ident,
             homes[b->home], layout_text(&b->layout), b->layout.size, b->offset);
    if (b->home == HOME_ARENA) text_add(out, " phases %d-%d", b->first, b->last);
    if (b->shares) text_add(out, " in place of %s", b->shares->ident);
    text_add(out, "\n");
}

static void print_buffers(Text *out, const Kernels *k)
{
    text_add(out, "buffers\n");
    for (int i = 0; i < k->buffers.n; i++) print_buffer(out, k->buffers.at[i]);
}

void kernels_print(Text *out, const Kernels *k)
{
    print_list(out, "once, from parameters", k->once.at, k->once.n);
    for (int from = 0, to; from < k->micro.n; from = to) {
        const bool backward = k->micro.at[from]->backward;
        for (to = from; to < k->micro.n && k->micro.at[to]->backward == backward; to++) continue;
        print_list(out, backward ? "micro-step, backward" : "micro-step, forward",
                   k->micro.at + from, to - from);
    }
    print_list(out, "after the last micro-step", k->finish.at, k->finish.n);
    print_list(out, "for outputs alone", k->predict.at, k->predict.n);
    print_buffers(out, k);
}

void memory_print(Text *out, const Whole *all)
{
    text_add(out, "arena %ld reals, lower bound %ld; packed %ld; parameters %ld\n", all->arena,
             all->bound, all->packed, all->steps.at[0]->k->elements);
    for (int i = 0; i < all->steps.n; i++) print_buffers(out, all->steps.at[i]->k);
}

/* ---- the program ---- */
static void print_line(Text *out, const char *name, const Expr *e, const char *note)
{
    text_add(out, "  %-12s = ", name);
    expr_print(out, e, STYLE_OPS);
    text_add(out, "%s\n", note);
}

void program_print(Text *out, const Program *s)
{
    static const char *const when[] = { [ROOT_EARLY] = "",
                                        [ROOT_COUNTED] = "   counted before the first backward",
                                        [ROOT_LATE] = "   after the last micro-step" };
    const Graph *g = s->g;
    const Train *t = &g->train;
    text_add(out, "program %s: window %ld = %ld x %ld, %s, %s\n", g->title, t->batch, t->accumulate,
             t->micro_batch, s->next ? "first and next" : "one micro-step",
             s->unrolled ? "written out" : "a loop");
    if (s->late)
        print_line(out, "count", s->count, "   after the last micro-step; scale_out = 1 / count");
    else if (s->count)
        print_line(out, "count", s->count, "   before the first backward; scale_out = 1");
    else text_add(out, "  %-12s = samples; scale_out = 1\n", "count");
    for (int i = 0; i < g->roots.n; i++)
        print_line(out, text("scale_in[%d]", i), s->scale_in[i], when[s->root_when[i]]);
    for (int i = 0; i < g->reports.n; i++)
        print_line(out, g->reports.at[i]->name, s->report[i], "   reported");
    for (int i = 0; i < g->sums.n; i++)
        text_add(out, "  sums[%d] of %s\n", g->first_sum + i, node_name(g->sums.at[i]->arg[0]));
    text_add(out, "  kernels %d once, %d counting, %d forward, %d backward, %d after\n",
             s->k->once.n, s->counting.n, s->k->forward.n, s->k->micro.n - s->k->forward.n,
             s->k->finish.n);
    tasks_print(out, "once, from parameters", &s->once);
    tasks_print(out, "counted before the window", &s->count_tasks);
    tasks_print(out, "judged", &s->judge);
    tasks_print(out, "micro-step", &s->micro);
    tasks_print(out, "after the last micro-step", &s->finish);
    tasks_print(out, "evaluation", &s->evaluate);
    tasks_print(out, "outputs", &s->predict);
}
