/* banner.c -- what stands at the top of a program: the model as a table, the window, memory and
   work. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "back/emit.h"

static char *kib(long reals) { return digits((double)((reals * 4 + 1023) / 1024)); }

/* ---- tables whose first column is names ---- */
typedef struct {
    const char *name, *rest;
} Entry;
typedef VEC(Entry) Entries;

static void entry_add(Entries *to, const char *name, const char *rest)
{
    Entry *e = NEW(Entry);
    *e = (Entry) { name, rest };
    vec_push(to, e);
}

/* b is a, but for one number, which is one more: where it begins in both */
static bool follows(const char *a, const char *b, size_t *at)
{
    char *after_a, *after_b;
    size_t i = 0;
    while (a[i] && a[i] == b[i]) i++;
    while (i && isdigit((unsigned char)a[i - 1])) i--;
    if (!isdigit((unsigned char)a[i]) || !isdigit((unsigned char)b[i])) return false;
    const long x = strtol(a + i, &after_a, 10), y = strtol(b + i, &after_b, 10);
    *at = i;
    return y == x + 1 && !strcmp(after_a, after_b);
}

/* How often the n entries from there on come, each time with the next number. */
static int times_of(const Entries *e, int from, int n)
{
    int times = 1;
    size_t at = 0, first = 0;
    for (; from + (times + 1) * n <= e->n; times++)
        for (int i = 0; i < n; i++) {
            const Entry *a = e->at[from + (times - 1) * n + i], *b = e->at[from + times * n + i];
            if (strcmp(a->rest, b->rest) || !follows(a->name, b->name, &at) ||
                (first && at != first))
                return times;
            first = at;
        }
    return times;
}

/* Entries that are numbered on and else the same are one: "h.0-11.ln1". */
static void put_entries(Text *out, const Entries *e, const char *format)
{
    enum { LONGEST = 64, FEWEST = 3 };
    for (int from = 0, n, times; from < e->n; from += n * times) {
        int best = 1;
        for (n = 1, times = 1; n <= LONGEST && from + FEWEST * n <= e->n; n++) {
            const int k = times_of(e, from, n);
            if (k >= FEWEST && (k - 1) * n > (times - 1) * best) best = n, times = k;
        }
        n = times > 1 ? best : 1;
        for (int i = 0; i < n; i++) {
            const char *name = e->at[from + i]->name,
                       *last = e->at[from + (times - 1) * n + i]->name;
            size_t at = 0;
            if (times > 1) {
                follows(name, e->at[from + n + i]->name, &at);
                const size_t digits_of = strspn(name + at, "0123456789");
                name = text("%.*s-%.*s%s", (int)(at + digits_of), name,
                            (int)strspn(last + at, "0123456789"), last + at, name + at + digits_of);
            }
            text_add(out, format, c_comment(name), e->at[from + i]->rest);
        }
    }
}

/* ---- the table of layers ---- */
typedef struct {
    const char *path;
    const Param *first;
    long count;
} Row;

static Row row_of(const Graph *g, int from, int *to)
{
    const char *name = g->params.at[from]->name, *dot = strrchr(name, '.');
    Row r = { mem_copy(name, dot ? (size_t)(dot - name) : strlen(name)), g->params.at[from], 0 };
    const size_t n = strlen(r.path);
    for (*to = from; *to < g->params.n; ++*to) {
        const Param *p = g->params.at[*to];
        const char *end = strrchr(p->name, '.');
        if (*to > from &&
            !(dot && end && (size_t)(end - p->name) == n && !strncmp(p->name, r.path, n)))
            break;
        if (p->trained) r.count += shape_count(&p->shape);
    }
    return r;
}

/* what the layer of that path gives, or NULL */
static const Node *output_of(const Graph *g, const char *path)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!n->backward && n->path && n->kind != K_NOISE && !strcmp(n->path, path))
            return node_now(g, n);
    }
    return NULL;
}

/* the one map without parameters that follows */
static const Node *activation_of(const Graph *g, const Node *y)
{
    for (int i = 0; y && i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!n->backward && is_live(g, n) && n->kind == K_MAP && n->nargs == 1 && n->arg[0] == y)
            return n;
    }
    return NULL;
}

static void add_row(Entries *out, const Graph *g, const Row *r)
{
    const Node *y = output_of(g, r->path), *a = activation_of(g, y);
    const char *layer = r->first->layer ? r->first->layer : "Parameter";
    const char *file = r->first->loc.file, *slash = strrchr(file, '/'),
               *line = text("%6d", r->first->loc.line);
    if (file != g->train.loc.file)
        line = text("%s:%d", c_comment(slash ? slash + 1 : file), r->first->loc.line);
    entry_add(out, r->path,
              text("%-22s %-18s %12s %s",
                   c_comment(a ? text("%s + %s", layer, a->op->name) : layer),
                   shape_text(y ? &y->shape : &r->first->shape), digits((double)r->count), line));
}

static void add_layers(Text *out, const Graph *g)
{
    long total = 0;
    Entries rows = { 0 };
    text_add(out, "   %-14s %-22s %-18s %12s   %s\n", "layer", "", "output", "parameters",
             c_comment(g->file));
    for (int from = 0, to; from < g->params.n; from = to) {
        const Row r = row_of(g, from, &to);
        add_row(&rows, g, &r);
        total += r.count;
    }
    put_entries(out, &rows, "   %-14.40s %s\n");
    text_add(out, "   %-56s %12s\n", "", digits((double)total));
    add_untrained(out, g, "   ", 56);
}

/* ---- what rules made of every tensor ---- */
static char *first_value(const Param *p)
{
    const Init *i = &p->init;
    if (p->file) return text("\"%s\" of %s", p->key, p->file);
    if (*i->kind == 'c') return text("%g", i->a);
    return text("%s %.4g %.4g", i->kind, i->a, i->b);
}

static void add_rules(Text *out, const Graph *g)
{
    if (!g->ruled) return;
    Entries rows = { 0 };
    text_add(out, "   rules    tensor, first value, what the optimizer does with it\n");
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        const char *options =
            p->trained ? g->steps.at[p->step]->groups.at[p->group]->text : "frozen";
        entry_add(
            &rows, p->name,
            text("%-30s %s", c_comment(first_value(p)),
                 c_comment(*options ? options
                                    : text("as %s says", g->steps.at[p->step]->optimizer.name))));
    }
    put_entries(out, &rows, "            %-24s %s\n");
}

/* ---- the window, memory and work ---- */
static char *plain(const Expr *e)
{
    Text t = { 0 };
    expr_print(&t, e, STYLE_OPS);
    return t.s;
}

static const char *unit_name(char unit)
{
    return unit == 'u' ? "update" : unit == 's' ? "sample" : unit == 't' ? "token" : "epoch";
}

/* A sum over the real rows of a micro-batch is a part of n's value. */
static bool mixes_rows(const Graph *g, const Node *n)
{
    bool *reached = NEW_ARRAY(bool, g->nodes.n), mixes = false;
    mark_reached(n, reached);
    for (int i = 0; i < g->nodes.n; i++) mixes |= reached[i] && has_role(g->nodes.at[i], "batch");
    return mixes;
}

static char *step_turn(const Graph *g)
{
    const long round = round_samples(g), mine = g->step->times * g->step->batch;
    return text("%ld window%s of %ld samples, %s %ld", g->step->times,
                g->step->times == 1 ? "" : "s", g->step->batch,
                mine == round ? "a round of" : "the last of a round of", round);
}

static void add_window(Text *out, const Program *s)
{
    static const char *const tails[] = { "step", "drop", "carry" };
    static const char *const when[] = {
        [SEED_EARLY] = "",
        [SEED_COUNTED] = ", pre-count: counted from the data before the first backward",
        [SEED_LATE] = ", after the last micro-step"
    };
    const Graph *g = s->g;
    const Train *t = &g->train;
    if (s->all->steps.n > 1)
        text_add(out, "   step     %s, minimizes line %d\n            %s\n",
                 c_comment(g->step->name), g->step->minimize->loc.line, step_turn(g));
    text_add(out, "   window   batch %ld = %ld x %ld, tail \"%s\"%s; ", t->batch, t->accumulate,
             t->micro_batch, tails[t->tail], t->split ? ", the same bits for every split" : "");
    for (int i = 0; i < t->nphases; i++)
        text_add(out, "%s%ld%s", i ? ", " : "accumulate ", t->phase[i].accumulate,
                 i + 1 == t->nphases ? "; "
                                     : text(" up to %s %ld", unit_name(t->phase[i + 1].unit),
                                            t->phase[i + 1].from));
    if (t->tokens) text_add(out, "%ld tokens a sample; ", t->tokens);
    if (s->late)
        text_add(out, "post-scale: scale_out 1 / (%s), known after the last micro-step\n",
                 plain(s->count));
    else text_add(out, "scale_out 1\n");
    for (int i = 0; i < g->seeds.n; i++)
        text_add(out, "            scale_in[%d] = %s, of the term in line %d%s\n", i,
                 plain(s->scale_in[i]), g->seeds.at[i]->node->loc.line, when[s->seed_when[i]]);
    for (int i = 0; i < g->sums.n; i++) {
        const Node *n = g->sums.at[i]->arg[0];
        const char *name = n->name ? n->name : n->op ? n->op->name : "a column";
        text_add(out, "            sums[%d] = sum of %s, line %d%s\n", g->first_sum + i,
                 c_comment(name), n->loc.line,
                 mixes_rows(g, n) ? ", of each micro-batch: not independent of micro_batch" : "");
    }
}

static void add_finite(Text *out, const Train *t)
{
    if (!t->nonfinite && !(t->loss_scale > 0)) return;
    text_add(out, "   finite   nonfinite \"%s\"", nonfinites[t->nonfinite]);
    if (t->loss_scale > 0)
        text_add(out, "; loss scale %.9g, in scale_in, undone in scale_out", t->loss_scale);
    if (t->scale_interval)
        text_add(out, "; doubled after %ld finite windows, halved after one that is not",
                 t->scale_interval);
    text_add(out, "\n");
}

static int barriers(const Kernels *k)
{
    int n = 0;
    for (int i = 0; i < k->micro.n; i++)
        n += i == 0 || k->micro.at[i]->phase != k->micro.at[i - 1]->phase;
    return n;
}

static void add_memory(Text *out, const Whole *all)
{
    const Program *s = all->steps.at[0];
    const Train *t = &s->g->train;
    text_add(out,
             "   memory   parameters, gradients%s %s KiB; packed %s KiB; arena %s KiB (lower bound "
             "%s)%s\n",
             all->nstates ? ", states" : "",
             kib(s->k->elements + s->k->trained * (flat_arrays(all) - 1)), kib(all->packed),
             kib(all->arena), kib(all->bound), s->k->target->beside);
    if (t->precision != FP32)
        text_add(out,
                 "   precision %s: what %s is rounded to %d bits of mantissa; sums, parameters and "
                 "all else are fp32\n",
                 precisions[t->precision], s->k->target->multiplies, t->precision == BF16 ? 7 : 10);
    if (t->chosen) text_add(out, "            %s\n", c_comment(t->chosen));
}

static void add_again(Text *out, const Kernels *k)
{
    double flop = 0;
    int n = 0;
    for (int i = 0; i < k->micro.n; i++)
        if (k->micro.at[i]->again) flop += k->micro.at[i]->flop, n++;
    if (n)
        text_add(out,
                 "   recompute   %s: %d kernels rematerialise values for backward, %.3g MFLOP\n",
                 level_text(k->g->train.level), n, flop / 1e6);
}

static void add_averages(Text *out, const Graph *g)
{
    if (g->train.ema > 0)
        text_add(out,
                 "   ema %g: averages of the weights, once an update; validation, the best "
                 "checkpoint and predictions use them\n",
                 g->train.ema);
}

static void add_costs(Text *out, const Program *s)
{
    const Kernels *k = s->k;
    const Optimizer *o = &s->g->step->optimizer;
    double flop = 0;
    for (int i = 0; i < k->micro.n; i++) flop += k->micro.at[i]->flop;
    add_again(out, k);
    text_add(out, "   a micro-step   %.3g MFLOP in %d kernels%s;  an update   %s elements, %s\n",
             flop / 1e6, k->micro.n,
             !k->target->launches ? text(" between %d barriers", barriers(k)) : "",
             digits((double)(k->to - k->from)), o->title ? o->title : o->name);
    text_add(out, "   lr %s", c_comment(s->g->step->optimizer.lr_text));
    if (s->g->step->optimizer.clip > 0)
        text_add(out, ", norm clipped at %g", s->g->step->optimizer.clip);
}

char *banner(const Whole *all)
{
    Text out = { 0 };
    add_layers(&out, all->steps.at[0]->g);
    text_add(&out, "\n");
    add_rules(&out, all->steps.at[0]->g);
    if (all->steps.n == 1) add_window(&out, all->steps.at[0]);
    add_finite(&out, &all->steps.at[0]->g->train);
    add_memory(&out, all);
    add_averages(&out, all->steps.at[0]->g);
    for (int i = 0; i < all->steps.n; i++) {
        if (all->steps.n > 1) add_window(&out, all->steps.at[i]);
        add_costs(&out, all->steps.at[i]);
        if (i + 1 < all->steps.n) text_add(&out, "\n");
    }
    return out.s;
}
