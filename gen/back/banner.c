/* banner.c -- the first comment of a program: the model as a table, the window, memory and work. */
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

/* How often the n entries from there on are repeated, each time with the next number. */
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

/* "h.0-11.ln1": the name of an entry that comes with each number up to the last's. */
static char *range_of(const char *name, const char *next, const char *last)
{
    size_t at = 0;
    follows(name, next, &at);
    const int n = (int)strspn(name + at, "0123456789"), m = (int)strspn(last + at, "0123456789");
    return text("%.*s-%.*s%s", (int)at + n, name, m, last + at, name + at + n);
}

/* The length of the repeated run from there on that saves most lines. */
static int longest_block(const Entries *e, int from, int *times)
{
    enum { LONGEST = 64 };
    int best = 1, saved = 1;
    *times = 1;
    for (int n = 1; n <= LONGEST && from + 2 * n <= e->n; n++) {
        const int k = times_of(e, from, n);
        if ((k - 1) * n > saved) best = n, *times = k, saved = (k - 1) * n;
    }
    return best;
}

/* Joins entries that differ only in a number that counts up. */
static Entries folded(const Entries *e)
{
    Entries out = { 0 };
    for (int from = 0, n, times; from < e->n; from += n * times) {
        n = longest_block(e, from, &times);
        for (int i = 0; i < n; i++) {
            const Entry *first = e->at[from + i];
            entry_add(&out,
                      times == 1 ? first->name
                                 : range_of(first->name, e->at[from + n + i]->name,
                                            e->at[from + (times - 1) * n + i]->name),
                      first->rest);
        }
    }
    return out;
}

static int widest(int width, const char *s)
{
    const int n = (int)strlen(s);
    return n > width ? n : width;
}

static int name_width(const Entries *e, int least)
{
    for (int i = 0; i < e->n; i++) least = widest(least, e->at[i]->name);
    return least;
}

static void put_entries(Text *out, const Entries *e, const char *left, int width)
{
    for (int i = 0; i < e->n; i++)
        text_add(out, "%s%-*s %s\n", left, width, c_comment(e->at[i]->name), e->at[i]->rest);
}

/* ---- the table of layers ---- */
typedef struct {
    const char *path;
    const Param *first;
    const char *layer, *shape;
    long count;
} Layer;
typedef VEC(Layer) Layers;

/* The row of the parameter's layer; a new one for the layer's first parameter. */
static Layer *row_of(Layers *rows, const Param *p)
{
    const char *dot = strrchr(p->name, '.');
    const char *path = dot ? mem_copy(p->name, (size_t)(dot - p->name)) : p->name;
    for (int i = 0; dot && i < rows->n; i++)
        if (!strcmp(rows->at[i]->path, path)) return rows->at[i];
    Layer *r = NEW(Layer);
    *r = (Layer) { .path = path, .first = p };
    vec_push(rows, r);
    return r;
}

/* the result of the layer of that path, or NULL */
static const Node *output_of(const Graph *g, const char *path)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!n->backward && n->path && n->kind != K_NOISE && !strcmp(n->path, path))
            return node_now(g, n);
    }
    return NULL;
}

/* the only reader, if it is a map without parameters */
static const Node *activation_of(const Graph *g, const Node *y)
{
    for (int i = 0; y && i < g->nodes.n; i++) {
        const Node *n = g->nodes.at[i];
        if (!n->backward && is_live(g, n) && n->kind == K_MAP && n->nargs == 1 && n->arg[0] == y)
            return n;
    }
    return NULL;
}

static void name_row(Layer *r, const Graph *g)
{
    const Node *y = output_of(g, r->path), *a = activation_of(g, y);
    const char *layer = r->first->layer ? r->first->layer : "Parameter";
    r->layer = c_comment(a ? text("%s + %s", layer, a->op->name) : layer);
    r->shape = shape_text(y ? &y->shape : &r->first->shape);
}

static char *line_of(const Layer *r, const Graph *g)
{
    const char *file = r->first->loc.file, *slash = strrchr(file, '/');
    if (file == g->train.loc.file) return text("%6d", r->first->loc.line);
    return text("%s:%d", c_comment(slash ? slash + 1 : file), r->first->loc.line);
}

static Layers rows_of(const Graph *g)
{
    Layers rows = { 0 };
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        Layer *r = row_of(&rows, p);
        if (p->trained) r->count += shape_count(&p->shape);
    }
    for (int i = 0; i < rows.n; i++) name_row(rows.at[i], g);
    return rows;
}

static void add_layers(Text *out, const Graph *g)
{
    long total = 0;
    int layer = 20, shape = 10;
    Entries entries = { 0 };
    const Layers rows = rows_of(g);
    for (int i = 0; i < rows.n; i++)
        layer = widest(layer, rows.at[i]->layer), shape = widest(shape, rows.at[i]->shape);
    for (int i = 0; i < rows.n; i++) {
        const Layer *r = rows.at[i];
        entry_add(&entries, r->path,
                  text("%-*s %-*s %12s %s", layer, r->layer, shape, r->shape,
                       digits((double)r->count), line_of(r, g)));
        total += r->count;
    }
    entries = folded(&entries);
    const int name = name_width(&entries, 14), before = name + layer + shape + 2;
    text_add(out, "   %-*s %-*s %-*s %12s   %s\n", name, "layer", layer, "", shape, "output",
             "parameters", c_comment(g->file));
    put_entries(out, &entries, "   ", name);
    text_add(out, "   %-*s %12s\n", before, "", digits((double)total));
    add_untrained(out, g, "   ", before);
}

/* ---- the rules of every tensor ---- */
static char *first_value(const Param *p)
{
    const Init *i = &p->init;
    if (p->file) return text("\"%s\" of %s", p->key, p->file);
    if (*i->kind == 'c') return text("%g", i->a);
    return text("%s %.4g %.4g", i->kind, i->a, i->b);
}

/* The optimizer's options for the tensor. */
static char *rule_of(const Graph *g, const Param *p)
{
    if (!p->trained) return "frozen";
    const char *options = g->steps.at[p->step]->groups.at[p->group]->text;
    return c_comment(*options ? options : text("as %s says", g->steps.at[p->step]->optimizer.name));
}

static void add_rules(Text *out, const Graph *g)
{
    if (!g->ruled) return;
    int value = 0;
    Entries rows = { 0 };
    text_add(out, "   rules    tensor, first value, what the optimizer does with it\n");
    for (int i = 0; i < g->params.n; i++) value = widest(value, first_value(g->params.at[i]));
    for (int i = 0; i < g->params.n; i++) {
        const Param *p = g->params.at[i];
        entry_add(&rows, p->name, text("%-*s %s", value, c_comment(first_value(p)), rule_of(g, p)));
    }
    rows = folded(&rows);
    put_entries(out, &rows, "            ", name_width(&rows, 0));
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

/* Whether n's value depends on a sum over the real rows of a micro-batch. */
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

#define SPACE "            "

/* The factors of the gradients, and the time at which they are known. */
static void add_scales(Text *out, const Program *s)
{
    static const char *const when[] = {
        [ROOT_EARLY] = "",
        [ROOT_COUNTED] = ", pre-count: counted from the data before the first backward",
        [ROOT_LATE] = ", after the last micro-step"
    };
    const Graph *g = s->g;
    for (int i = 0; i < g->roots.n; i++)
        text_add(out, "%sscale_in[%d] = %s, for the loss in line %d%s\n",
                 i ? SPACE "                      " : "   scales   backward starts with  ", i,
                 plain(s->scale_in[i]), g->roots.at[i]->node->loc.line, when[s->root_when[i]]);
    if (s->late)
        text_add(out,
                 SPACE "the update multiplies by scale_out = 1 / (%s), post-scale: known after the "
                       "last micro-step\n",
                 plain(s->count));
}

static void add_window(Text *out, const Program *s)
{
    static const char *const tails[] = { "\"step\": a shorter last window updates, too",
                                         "\"drop\": samples that fill no window stay unread",
                                         "\"carry\": the next epoch goes on in the same window" };
    const Graph *g = s->g;
    const Train *t = &g->train;
    if (s->all->steps.n > 1)
        text_add(out, "   step     %s, minimizes line %d\n            %s\n",
                 c_comment(g->step->name), g->step->minimize->loc.line, step_turn(g));
    text_add(out, "   window   batch %ld = %ld x %ld, tail %s%s", t->batch, t->accumulate,
             t->micro_batch, tails[t->tail], t->chains ? ", the same bits for every split" : "");
    for (int i = 0; i < t->nmilestones; i++)
        text_add(out, "%s%ld%s", i ? ", " : "; accumulate ", t->milestone[i].accumulate,
                 i + 1 == t->nmilestones
                     ? ""
                     : text(" up to %s %ld", unit_name(t->milestone[i + 1].unit),
                            t->milestone[i + 1].from));
    if (t->tokens) text_add(out, "; %ld tokens a sample", t->tokens);
    text_add(out, "\n");
    add_scales(out, s);
    for (int i = 0; i < g->sums.n; i++) {
        const Node *n = g->sums.at[i]->arg[0];
        const char *name = n->name ? n->name : n->op ? n->op->name : "a column";
        text_add(out, "%ssums[%d] = sum of %s, line %d%s\n", i ? SPACE : "   sums     ",
                 g->first_sum + i, c_comment(name), n->loc.line,
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
    const int level = k->g->train.recompute_level;
    for (int i = 0; i < k->micro.n; i++)
        if (k->micro.at[i]->again) flop += k->micro.at[i]->flop, n++;
    if (n)
        text_add(out,
                 "   recompute   %s: %d kernels rematerialise values for backward, %.3g MFLOP\n",
                 level ? recompute_text(level) : "logits", n, flop / 1e6);
}

static void add_heads(Text *out, const Graph *g)
{
    for (int i = 0; i < g->heads.n; i++)
        text_add(out, "   %s     %s\n", i ? "    " : "head", head_text(g->heads.at[i]));
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
    add_heads(out, k->g);
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
