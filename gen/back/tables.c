/* tables.c -- the program's description for the runtime: its tensors, columns and schedule. */
#include <string.h>
#include "back/emit.h"

/* FNV-1a over the tensors, the window and the optimizer. A checkpoint fits a program with the
   same hash. */
static uint64_t hash(uint64_t h, const char *s)
{
    do h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    while (*s++);
    return h;
}

static uint64_t hash_formula(uint64_t h, const char *name, const Expr *e)
{
    Text t = { 0 };
    expr_print(&t, e, STYLE_OPS);
    return hash(hash(h, name), t.s);
}

static uint64_t hash_optimizer(uint64_t h, const Optimizer *o, double clip)
{
    for (int i = 0; i < o->nlets; i++) h = hash_formula(h, o->let[i].name, o->let[i].e);
    for (int i = 0; i < o->nstates; i++) h = hash_formula(h, o->state[i], o->next[i]);
    for (int i = 0; i < o->nscalars; i++) h = hash_formula(h, o->scalar[i], o->scalar_value[i]);
    return hash_formula(hash_formula(h, "p", o->step), text("clip %.17g", clip), o->lr);
}

static uint64_t hash_step(uint64_t h, const Objective *s, bool only)
{
    if (!only) h = hash(h, text("%s %ld", s->name, s->times));
    if (s->accumulate) h = hash(h, text("of %ld", s->batch));
    for (int i = 0; i < s->groups.n; i++) {
        const Optimizer *o = s->groups.at[i];
        if (s->groups.n > 1 || !only) h = hash(h, text("%ld %ld", o->from, o->to));
        h = hash_optimizer(h, o, s->optimizer.clip);
    }
    return h;
}

static uint64_t fingerprint(const Graph *g)
{
    const Train *t = &g->train;
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < g->params.n; i++)
        h = hash(hash(h, g->params.at[i]->name), shape_text(&g->params.at[i]->shape));
    h = hash(h, text("%ld %d", t->batch, (int)t->tail));
    if (t->ema > 0) h = hash(h, text("ema %.17g", t->ema));
    if (t->nmilestones && t->tokens) h = hash(h, text("%ld tokens", t->tokens));
    for (int i = 0; i < t->nmilestones; i++)
        h = hash(h, text("%c %ld %ld", t->milestone[i].unit, t->milestone[i].from,
                         t->milestone[i].accumulate));
    for (int i = 0; i < g->steps.n; i++) h = hash_step(h, g->steps.at[i], g->steps.n == 1);
    return h;
}

/* ---- tensors ---- */
static char *list_text(int n, const long *x)
{
    Text t = { 0 };
    text_add(&t, "{ ");
    for (int i = 0; i < n; i++) text_add(&t, i ? ", %ld" : "%ld", x[i]);
    text_add(&t, n ? " }" : "0 }");
    return t.s;
}

static char *axis_text(const Axis *a)
{
    Text t = { 0 };
    if (a->n > FACTORS) BUG("a parameter's axis has %d factors", a->n);
    text_add(&t, "{ ");
    for (int i = 0; i < a->n; i++) {
        const Factor *d = &a->factor[i];
        text_add(&t, "%s{ %ld, %ld, %ld }", i ? ", " : "", d->div, d->mod, d->stride);
    }
    text_add(&t, a->n ? " }" : "{ 1, 0, 0 } }");
    return t.s;
}

static char *place_text(const char *name, const Shape *s, const Layout *l, long offset)
{
    Text t = { 0 };
    text_add(&t, "\"%s\", %d, %s, { ", c_string(name), s->rank, list_text(s->rank, s->dim));
    for (int a = 0; a < l->rank; a++) text_add(&t, a ? ", %s" : "%s", axis_text(&l->axis[a]));
    if (!l->rank) text_add(&t, "{ { 1, 0, 0 } }");
    text_add(&t, " }, %ld", offset);
    return t.s;
}

/* "'c', 1.0, 0.0", or "UNIFORM(0.0625)" */
static char *init_text(const Param *p)
{
    const char *b = decimal_text(p->init.b, NULL);
    if (!p->of && p->init.kind[0] == 'u' && p->init.a <= -p->init.b && p->init.a >= -p->init.b)
        return text("UNIFORM(%s)", b);
    return text("'%c', %s, %s", p->init.kind[0],
                decimal_text(p->of ? (double)p->of->index : p->init.a, NULL), b);
}

static char *tensor_text(const Buffer *b)
{
    const Param *p = b->param;
    return text("{ %s, %s },", place_text(p->name, &p->shape, &b->layout, b->offset), init_text(p));
}

/* ---- outputs ---- */
static void fill_outputs(const Whole *all, Env *e)
{
    const Program *s = all->steps.at[all->steps.n - 1];
    const Graph *g = s->g;
    const char *host = s->k->target->host;
    env_flag(e, "predicts", g->outputs.n > 0);
    env_set(e, "noutputs", "%d", g->outputs.n);
    env_set(e, "predict_is", "%s", g->outputs.n > 0 ? " .predict = predict," : "");
    for (int i = 0; i < g->outputs.n; i++) {
        const Output *o = g->outputs.at[i];
        const Buffer *b = buffer_of(s->k, o->node);
        Env *x = env_item(e, "outputs");
        env_set(x, "from", "%s", buffer_name(b));
        env_set(x, "at", "%s",
                host ? text("%soutput_%d", host, i) : text("(const real *)&%s", buffer_name(b)));
        env_set(x, "index", "%d", i);
        env_set(x, "size", "%ld", b->layout.size);
        env_set(x, "place", "%s",
                place_text(o->name, &o->node->shape, &b->layout, b->layout.offset));
        env_set(x, "whole", "%s", o->whole ? "true" : "false");
        env_set(x, "names", "%s", o->classes ? text("classes_%s", o->classes->ident) : "NULL");
    }
}

/* The rows of tensors that begin with zeros. */
static void fill_zero_rows(const Graph *g, Env *e)
{
    Text t = { 0 };
    int n = 0;
    for (int i = 0; i < g->params.n; i++)
        if (g->params.at[i]->zero_row)
            text_add(&t, "%s{ %d, %ld }", n++ ? ", " : "", i, g->params.at[i]->zero_row - 1);
    env_flag(e, "zeroes", n > 0);
    env_set(e, "zero_rows", "%s", n ? t.s : "");
    env_set(e, "zero_rows_are", "%s",
            n ? text(" .zero_rows = zero_rows, .nzero_rows = %d,", n) : "");
}

/* The sums that check computed ids, by step. */
static void fill_checks(const Whole *all, Env *e)
{
    Text t = { 0 };
    int n = 0;
    for (int i = 0; i < all->steps.n; i++)
        for (int k = 0; k < all->steps.at[i]->g->checks.n; k++) {
            const Check *c = all->steps.at[i]->g->checks.at[k];
            text_add(&t, "%s{ %d, \"%s:%d: %s\", %s }", n++ ? ", " : "",
                     check_sum(all->steps.at[i], c), c_string(c->loc.file), c->loc.line,
                     c_string(c->what), c->predicts ? "true" : "false");
        }
    env_flag(e, "has_checks", n > 0);
    env_set(e, "checks", "%s", n ? t.s : "");
    env_set(e, "checks_are", "%s", n ? text(" .checks = checks, .nchecks = %d,", n) : "");
}

/* ---- columns ---- */
static char *class_list(const Column *c)
{
    Text t = { 0 };
    for (int i = 0; i < c->names.n; i++) text_add(&t, "\"%s\", ", c_string(c->names.at[i]));
    text_add(&t, "NULL");
    return t.s;
}

static char *column_text(const Column *c)
{
    static const char types[] = { [T_REAL] = 'r', [T_INT] = 'i', [T_U8] = 'b' };
    Text t = { 0 };
    text_add(&t, "{ .name = \"%s\", .type = '%c', .rank = %d, .dim = %s, ", c_string(c->name),
             types[c->type], c->rank, list_text(c->rank, c->dim));
    if (c->classes) text_add(&t, ".classes = %ld, ", c->classes);
    if (c->ignored) text_add(&t, ".ignored = %ld, ", c->ignored);
    text_add(&t, "\n    .source = \"%s\", ", c_string(c->source));
    if (c->names.n) text_add(&t, ".names = classes_%s, ", c->ident);
    if (c->missing == 'd') text_add(&t, ".missing = 'd', ");
    if (c->missing == 'v') text_add(&t, ".missing = 'v', .instead = %s, ", decimal(c->instead));
    text_add(&t, ".base = (const void **)&data.%s%s },", c->ident,
             c->asked ? ", .asked = true" : "");
    return t.s;
}

/* { 'y', ';', 0 } */
static char *form_text(const Dataset *d)
{
    const char given[] = { d->header, d->separator, d->decimal };
    Text t = { 0 };
    for (int i = 0; i < 3; i++)
        text_add(&t,
                 !given[i]          ? "%s0"
                 : given[i] == '\t' ? "%s'\\t'"
                                    : "%s'%c'",
                 i ? ", " : "", given[i]);
    return t.s;
}

/* How a stream of tokens is cut into rows. */
static char *tokens_text(const TokenForm *t)
{
    return text(" .tokens = { '%c', %s, %s, %ld, %ld, %ld, %ld },", t->kind,
                t->random ? "true" : "false", t->begins ? "true" : "false", t->length, t->stride,
                t->classes, t->mark);
}

/* How the program continues a prompt. */
static void fill_sampling(const Sampling *s, Env *e)
{
    env_flag(e, "can_sample", s->output >= 0);
    env_set(e, "sampling", "{ gg_sample, %d, %s, %ld, 1, %s, %ld, %s }", s->output,
            s->prompt ? text("\"%s\"", c_string(s->prompt)) : "NULL", s->tokens,
            decimal(s->temperature), s->top_k, decimal(s->top_p));
}

static void fill_columns(const Dataset *d, Env *e)
{
    for (int i = 0; i < d->columns.n; i++) {
        const Column *c = d->columns.at[i];
        env_set(env_item(e, "columns"), "text", "%s", column_text(c));
        if (!c->names.n) continue;
        Env *x = env_item(e, "class_lists");
        env_set(x, "ident", "classes_%s", c->ident);
        env_set(x, "names", "%s", class_list(c));
    }
    env_set(e, "ncolumns", "%d", d->columns.n);
    env_flag(e, "augments", d->augments.n > 0);
    env_set(e, "naugments", "%d", d->augments.n);
    for (int i = 0; i < d->augments.n; i++) {
        const Augment *a = d->augments.at[i];
        env_set(env_item(e, "augment_list"), "text", "{ '%c', %d, %s }, @@ %s", a->kind,
                a->column->index, decimal(a->value), a->column->name);
    }
    env_set(e, "reader", "%s", c_string(d->kind));
    env_set(e, "path", "%s", c_string(d->path));
    Text t = { 0 };
    text_put(&t, "", 0);
    if (d->valid.path) text_add(&t, " .valid_path = \"%s\",", c_string(d->valid.path));
    if (d->test.path) text_add(&t, " .test_path = \"%s\",", c_string(d->test.path));
    if (d->valid.last) text_add(&t, " .valid_last = true,");
    if (d->test.last) text_add(&t, " .test_last = true,");
    env_set(e, "split_paths", "%s", t.s);
    env_set(e, "csv_is", "%s",
            d->header || d->separator || d->decimal ? text(" .csv = { %s },", form_text(d)) : "");
    env_set(e, "tokens_is", "%s", d->tokens.length ? tokens_text(&d->tokens) : "");
    env_set(e, "valid", "%s", decimal(d->valid.path ? 0 : d->valid.value));
    env_set(e, "test", "%s", decimal(d->test.path ? 0 : d->test.value));
    env_set(e, "shuffle", "%s", d->shuffle ? "true" : "false");
}

static void add_interval(Text *out, const char *name, Interval i)
{
    if (i.every) text_add(out, ", .%s = { '%c', %ld }", name, i.unit, i.every);
}

/* The interval of validations and patience, if the model states them. */
static char *watch_text(const Train *t)
{
    Text out = { 0 };
    text_put(&out, "", 0);
    if (t->best_stated) text_add(&out, ", .best_stated = true");
    if (t->patience) text_add(&out, ", .patience = %ld", t->patience);
    const Plateau *p = &t->plateau;
    if (p->factor > 0)
        text_add(&out, ",\n.plateau = { %s, %s, %s, %ld, %ld }", decimal(p->factor),
                 decimal(p->threshold), decimal(p->least), p->patience, p->cooldown);
    add_interval(&out, "validate", t->validate);
    add_interval(&out, "checkpoint", t->checkpoint);
    add_interval(&out, "line", t->line);
    return out.s;
}

/* ---- the rest ---- */
/* The report with that index. */
static const Report *report_at(const Whole *all, int index)
{
    for (int i = 0; i < all->steps.n; i++)
        for (int k = 0; k < all->steps.at[i]->g->reports.n; k++)
            if (all->steps.at[i]->g->reports.at[k]->index == index)
                return all->steps.at[i]->g->reports.at[k];
    return NULL;
}

static void fill_reports(const Whole *all, Env *e)
{
    const Graph *g = all->steps.at[0]->g;
    Text t = { 0 };
    int best = 0, n = 0;
    for (int i = 0; report_at(all, i); i++, n++) {
        const char *name = report_at(all, i)->name;
        const bool percent = strstr(name, "accuracy"), is_best = !strcmp(name, g->train.best);
        if (is_best) best = i;
        text_add(&t, "%s{ \"%s\", %s, %s }", i ? ", " : "", c_string(name),
                 percent ? "true" : "false",
                 (is_best ? g->train.best_max : percent) ? "true" : "false");
    }
    env_set(e, "report_names", "%s", t.s);
    env_set(e, "nreports", "%d", n);
    env_set(e, "best", "%d%s", best, watch_text(&g->train));
}

/* The address of flat array i: of the parameters, the gradients (NULL: they are added to a state),
   the states. */
static char *flat_at(const Whole *o, const char *from, int i)
{
    if (i == 1 && o->in_place) return "NULL";
    const char *name = i == 0                              ? "p"
                       : i == 1 || (i == 2 && o->in_place) ? "g"
                                                           : text("s_%s", o->state[i - 2]);
    return text("(real *)&%s%s", from, name);
}

static void fill_flat(const Whole *o, const char *from, Env *e)
{
    Text all = { 0 }, each = { 0 };
    for (int i = 0; i < 2 + o->nstates; i++) {
        text_add(&all, i ? ", %s" : "%s", flat_at(o, from, i));
        text_add(&each, "%sflat[%d] = %s", i ? ", " : "", i, flat_at(o, from, i));
    }
    env_set(e, "flat", "%s", all.s);
    env_set(e, "flats", "%s;", each.s);
    env_set(e, "nflat", "%d", 2 + o->nstates);
}

static char *states_text(const Whole *o)
{
    Text called = { 0 };
    if (!o->nstates) return "";
    for (int i = 0; i < o->nstates; i++) text_add(&called, "%s\"%s\"", i ? ", " : "", o->state[i]);
    const bool averages = !strcmp(o->state[o->nstates - 1], "ema");
    return text(" .state_names = { %s },%s", called.s,
                averages ? text(" .ema = %d,", o->nstates) : "");
}

static char *memory_text(const Whole *all)
{
    const Kernels *k = all->steps.at[0]->k;
    if (k->target->allocated) return text("%s", k->target->allocated);
    if (*all->storage) return text("sizeof *memory");
    const char *flat = k->trained < k->elements
                           ? text("sizeof p + sizeof g * %d", flat_arrays(all) - 1)
                           : text("sizeof p * %d", flat_arrays(all));
    return text("%s%s%s", flat, all->packed > 0 ? " + sizeof packed" : "",
                all->arena > 0 ? " + sizeof arena" : "");
}

static char *milestones_text(const Train *t)
{
    Text out = { 0 };
    text_put(&out, "", 0);
    for (int i = 0; i < t->nmilestones; i++)
        text_add(&out, "%s{ '%c', %ld, %ld }", i ? ", " : "", t->milestone[i].unit,
                 t->milestone[i].from, t->milestone[i].accumulate * t->micro_batch);
    return out.s;
}

static void fill_schedule(const Graph *g, Env *e)
{
    const Train *t = &g->train;
    env_flag(e, "turns", g->steps.n > 1);
    env_set(e, "nsteps", "%d", g->steps.n);
    env_set(e, "round_samples", "%ld", round_samples(g));
    env_flag(e, "milestones_given", t->nmilestones > 0);
    env_set(e, "milestones", "%s", milestones_text(t));
    env_set(e, "milestones_are", "%s%s", t->tokens ? text(" .tokens = %ld,", t->tokens) : "",
            t->nmilestones ? text(" .milestones = milestones, .nmilestones = %d,", t->nmilestones)
                           : "");
    env_set(e, "epochs", "%ld", t->epochs);
    env_set(e, "updates", "%ld", t->steps);
    env_set(e, "seed", "%ld", t->seed);
    env_set(e, "tail", "%c", "sdc"[t->tail]);
    env_set(e, "lone", "%s", t->lone ? text(" .lone = \"%s\",", c_string(t->lone)) : "");
    env_set(e, "nonfinite", "%s",
            t->nonfinite ? text(" .nonfinite = '%c',", "ksda"[t->nonfinite]) : "");
    env_set(e, "loss_scale", "%s%s%s", t->noise_scale ? " .noise = true," : "",
            t->loss_scale > 0 ? text(" .loss_scale = %s,", decimal(t->loss_scale)) : "",
            t->scale_interval ? text(" .scale_interval = %ld,", t->scale_interval) : "");
}

static bool any_norm(const Whole *all)
{
    bool any = checks_finite(all->steps.at[0]) || all->steps.at[0]->g->train.grad_norm;
    for (int i = 0; i < all->steps.n; i++) any |= all->steps.at[i]->g->step->optimizer.clip > 0;
    return any;
}

void tables(const Whole *all, Env *e)
{
    const Program *s = all->steps.at[0];
    const Graph *g = s->g;
    int tensors = 0;
    for (int i = 0; i < s->k->params.n; i++) {
        if (s->k->params.at[i]->param->scratch) continue;
        env_set(env_item(e, "tensors"), "text", "%s", tensor_text(s->k->params.at[i]));
        tensors++;
    }
    sources(g, e);
    fill_zero_rows(g, e);
    fill_checks(all, e);
    env_set(e, "trained_is", "%s",
            s->k->trained < s->k->elements ? text(" .trained = %ld,", s->k->trained) : "");
    env_set(e, "ntensors", "%d", tensors);
    env_set(e, "name", "%s", c_string(g->name));
    env_set(e, "fingerprint", "%016llx", (unsigned long long)fingerprint(g));
    env_set(e, "nstates", "%d", all->nstates);
    env_set(e, "states", "%s", states_text(all));
    fill_flat(all, s->k->target->host ? s->k->target->host : all->storage, e);
    const bool frozen = s->k->trained < s->k->elements;
    env_set(e, "flat_bytes",
            frozen ? "sizeof(Params) + sizeof(Trained) * %d" : "sizeof(Params) * %d",
            flat_arrays(all) - frozen);
    env_set(e, "memory", "%s", memory_text(all));
    env_flag(e, "one_prepares", all->steps.n == 1 && prepares(s));
    env_flag(e, "norms", any_norm(all));
    env_flag(e, "drops", s->drops);
    env_set(e, "prepare_name", "%s", all->steps.n == 1 && prepares(s) ? "prepare" : "NULL");
    fill_columns(&g->data, e);
    fill_sampling(&g->train.sampling, e);
    fill_reports(all, e);
    fill_outputs(all, e);
    fill_schedule(g, e);
}
