/* update.c -- the program's formulas: the optimizer's pass over the flat arrays, what is known before the window, the
   reports. The parameter's value is called x in the pass, its gradient dx. */
#include <string.h>
#include "back/emit.h"

static const ExprStyle lanes = { .prefix = "v_", .vector = true }, one = { .prefix = "r_" };
typedef struct { const Program *s; const Optimizer *o; const char *device; } Update;         /* by the rules of o; device, as in Target: a thread has an element, not lanes of them */

static const Expr *pass_name(void *context, const char *name)
{
    (void)context;
    return !strcmp(name, "p") ? expr_variable("x") : !strcmp(name, "g") ? expr_variable("dx") : NULL;
}

static char *pass_text(const Update *u, const Expr *e)
{
    Text t = { 0 };
    expr_print(&t, expr_replace(e, pass_name, NULL), u->device ? &one : &lanes);
    return t.s;
}

/* What a pass computes: all of the update, or one half where steps depend on lengths: what is measured, then the step. */
typedef enum { PASS_ALL, PASS_MEASURE, PASS_STEP } Pass;

static bool pass_uses(const Update *u, Pass pass, const char *name)
{
    const Optimizer *o = u->o;
    bool uses = pass == PASS_MEASURE ? expr_uses(o->direction, name) : expr_uses(o->step, name);
    for (int i = 0; i < o->nlets && pass != PASS_STEP; i++) uses |= expr_uses(o->let[i].e, name);
    for (int i = 0; i < o->nstates && pass != PASS_STEP; i++) uses |= expr_uses(o->next[i], name);
    return uses;
}

/* ---- the pass --------------------------------------------------------------------------------------------------- */
static char *pointers_text(const Update *u, Pass pass)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    Text t = { 0 };
    const char *from = u->device ? u->device : s->all->storage;
    if (pass != PASS_STEP && !o->fold[0]) text_add(&t, "const real *dx_at = (const real *)&%sg;\n", from);
    text_add(&t, "real *x_at = (real *)&%sp", from);
    for (int i = 0; i < o->nstates; i++)
        if (pass != PASS_STEP || expr_uses(o->step, o->state[i])) text_add(&t, ", *%s_at = (real *)&%s%s", o->state[i], from, o->in_place && i == 0 ? "g" : text("s_%s", o->state[i]));
    if (s->g->train.ema > 0 && pass != PASS_MEASURE) text_add(&t, ", *ema_at = (real *)&%ss_ema", from);
    text_add(&t, ";\n");
    return t.s;
}

/* The factor of every gradient, or NULL: 1. */
static const char *scale_of(const Program *s)
{
    const bool scaled = s->late || s->g->train.loss_scale > 0;
    if (s->g->step->optimizer.clip > 0) return scaled ? "w.scale_out * (real)w.clip" : "(real)w.clip";
    return scaled ? "w.scale_out" : NULL;
}

static const char *type(const Update *u) { return u->device ? "real" : "vec"; }
static char *splat(const Update *u, const char *x) { return u->device ? text("%s", x) : text("v_set(%s)", x); }
static char *load(const Update *u, const char *name) { return text(u->device ? "%s_at[i]" : "v_load(%s_at + i)", name); }
static char *store(const Update *u, const char *name, const char *value) { return text(u->device ? "%s_at[i] = %s;\n" : "v_store(%s_at + i, %s);\n", name, value); }

static char *constants_text(const Update *u, Pass pass)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    Text t = { 0 }, c = { 0 };
    const char *scale = scale_of(s);
    text_put(&t, "", 0);
    if (scale && pass != PASS_STEP) text_add(&t, "const %s scale = %s;\n", type(u), splat(u, scale));
    if (pass_uses(u, pass, "rate")) text_add(&t, "const %s rate = %s;\n", type(u), splat(u, o->rate_slot < 0 ? "w.rate" : text("w.c[%d]", o->rate_slot)));
    for (int i = 0; i < o->nscalars; i++)
        if (pass_uses(u, pass, o->scalar[i])) text_add(&c, "%s%s = %s", c.n ? ", " : text("const %s ", type(u)), o->scalar[i], splat(u, text("w.c[%d]", o->slot[i])));
    if (c.n) text_add(&t, "%s;\n", c.s);
    return t.s;
}

/* States that micro-steps have made: the step uses them, and they are left as the next window finds them. */
static char *folded_text(const Update *u)
{
    const Optimizer *o = u->o;
    Text t = { 0 };
    text_add(&t, "const %s x = %s", type(u), load(u, "x"));
    for (int i = 0; i < o->nstates; i++) text_add(&t, ", %s = %s", o->state[i], load(u, o->state[i]));
    text_add(&t, ";\n");
    for (int i = 0; i < o->nstates; i++) text_add(&t, "%s", store(u, o->state[i], pass_text(u, o->next[i])));
    return t.s;
}

static char *states_text(const Update *u)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    Text t = { 0 };
    if (o->fold[0]) return folded_text(u);
    text_add(&t, "const %s x = %s, dx = %s%s;\n", type(u), load(u, "x"), load(u, "dx"), scale_of(s) ? " * scale" : "");
    for (int i = 0; i < o->nlets; i++) text_add(&t, "const %s %s = %s;\n", type(u), o->let[i].name, pass_text(u, o->let[i].e));
    for (int i = 0; i < o->nstates; i++) {
        if (o->in_place) text_add(&t, "const %s %s = %s;\n", type(u), o->state[i], pass_text(u, o->next[i]));
        else text_add(&t, "%s %s = %s;\n%s = %s;\n", type(u), o->state[i], load(u, o->state[i]), o->state[i], pass_text(u, o->next[i]));
        text_add(&t, "%s", store(u, o->state[i], o->state[i]));
    }
    return t.s;
}

/* The new p, and what follows it. */
static char *put_text(const Update *u)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    const double ema = s->g->train.ema;
    const char *error, *formula = text("ema + %.17g * (now - ema)", 1 - ema);
    if (ema <= 0) return store(u, "x", pass_text(u, o->step));
    return text("const %s now = %s, ema = %s;\n%s%s", type(u), pass_text(u, o->step), load(u, "ema"), store(u, "x", "now"),
                store(u, "ema", pass_text(u, expr_parse(formula, &error))));
}

/* The half that makes the new states, and leaves the direction in u. */
static char *measure_text(const Update *u)
{
    const Optimizer *o = u->o;
    Text t = { 0 };
    text_add(&t, "%sconst %s u = %s;\n", states_text(u), type(u), pass_text(u, o->direction));
    return t.s;
}

/* The other half, behind the lengths. */
static char *step_text(const Update *u)
{
    const Optimizer *o = u->o;
    Text t = { 0 };
    text_add(&t, "const %s x = %s", type(u), load(u, "x"));
    for (int i = 0; i < o->nstates; i++)
        if (expr_uses(o->step, o->state[i])) text_add(&t, ", %s = %s", o->state[i], load(u, o->state[i]));
    text_add(&t, ";\n%s", put_text(u));
    return t.s;
}

static char *body_text(const Update *u)
{
    return text("%s%s", states_text(u), put_text(u));
}

/* what is said of a group where there are several: its parameters and how its options differ */
static char *group_text(const Update *u, int group)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    Text t = { 0 };
    int n = 0;
    for (int i = 0; i < s->g->params.n; i++) {
        const Param *p = s->g->params.at[i];
        if (!p->mine || p->group != group) continue;
        if (n < 3) text_add(&t, n ? ", %s" : "%s", p->name);
        n++;
    }
    if (n > 3) text_add(&t, " and %d more", n - 3);
    if (*o->text) text_add(&t, ": %s", o->text);
    return c_comment(t.s);
}

static void fill_measure(const Update *u, Env *x)
{
    env_set(x, "measure_pointers", "%s", pointers_text(u, PASS_MEASURE));
    env_set(x, "measure_constants", "%s", constants_text(u, PASS_MEASURE));
    env_set(x, "measure_body", "%s", measure_text(u));
}

enum { PIECE = 4096 };

static long piece_count(const Program *s)
{
    long n = 0;
    for (int i = 0; i < s->k->params.n; i++)
        if (s->k->params.at[i]->param->mine) n += (s->k->params.at[i]->layout.size + PIECE - 1) / PIECE;
    return n;
}

/* The step's tensors, and how many pieces there are in front of each. */
static void fill_tensors(const Program *s, Env *e)
{
    Text at = { 0 }, piece = { 0 };
    long pieces = 0;
    int n = 0;
    for (int i = 0; i < s->k->params.n; i++) {
        const Buffer *b = s->k->params.at[i];
        if (!b->param->mine) continue;
        text_add(&at, "%ld, ", b->offset);
        text_add(&piece, "%ld, ", pieces);
        pieces += (b->layout.size + PIECE - 1) / PIECE;
        n++;
    }
    env_set(e, "tensor_at", "%s%ld", at.s, s->k->to);
    env_set(e, "piece_at", "%s%ld", piece.s, pieces);
    env_set(e, "tensors", "%d", n);
    env_set(e, "pieces", "%ld", pieces);
}

/* Room on a device for the lengths of the step that has most of them. */
void lengths(const Whole *all, Env *e)
{
    long pieces = 0;
    int tensors = 0;
    for (int i = 0; i < all->steps.n; i++) {
        const Program *s = all->steps.at[i];
        if (!adapts(s)) continue;
        const long n = piece_count(s);
        if (n > pieces) pieces = n;
        tensors = s->k->params.n;
    }
    env_flag(e, "adapts", pieces > 0);
    env_set(e, "most_pieces", "%ld", pieces);
    env_set(e, "most_tensors", "%d", tensors);
}

static void fill_groups(const Update *whole, Env *e)
{
    const Program *s = whole->s;
    const Graph *g = s->g;
    for (int i = 0; i < g->step->groups.n; i++) {
        Env *x = env_item(e, "groups");
        const Optimizer *o = g->step->groups.at[i];
        const Update *u = &(Update) { s, o, whole->device };
        env_set(x, "pass", "%s%s", g->step->prefix, g->step->groups.n > 1 ? text("optimize_%d", i + 1) : "optimize");
        env_set(x, "who", "%s", g->step->groups.n > 1 ? group_text(u, i) : "");
        const Pass pass = o->direction ? PASS_STEP : PASS_ALL;
        env_set(x, "pointers", "%s", pointers_text(u, pass));
        env_set(x, "constants", "%s", constants_text(u, pass));
        env_set(x, "body", "%s", o->direction ? step_text(u) : body_text(u));
        env_flag(x, "adapts", o->direction != NULL);
        env_set(x, "ratio", "%s", o->direction ? ", real ratio" : "");
        env_set(x, "give_ratio", "%s", o->direction ? ", ratio" : "");
        if (o->direction) fill_measure(u, x);
        env_set(x, "from", "%ld", o->from);
        env_set(x, "to", "%ld", o->to);
    }
    env_flag(e, "one", g->step->groups.n == 1);
    env_flag(e, "several", g->step->groups.n > 1);
}

int check_sum(const Program *s, const Check *c)
{
    for (int i = 0; i < s->g->sums.n; i++)
        if (s->g->sums.at[i] == c->sum) return s->g->first_sum + i;
    BUG("a sum of ids that nobody makes");
}

/* Whether the update is left out: nothing counts, or a computed id is beyond its axis. */
static char *left_out_text(const Update *u, bool counts)
{
    const Program *s = u->s;
    Text t = { 0 };
    if (counts) text_add(&t, "w.count == 0");
    for (int i = 0; i < s->g->checks.n; i++)
        text_add(&t, "%s%ssums[%d] != 0", t.n ? " || " : "", u->device ? u->device : "", check_sum(s, s->g->checks.at[i]));
    return t.n ? t.s : "";
}

bool checks_finite(const Program *s) { return s->g->train.nonfinite != NONFINITE_KEEP; }

/* What the first micro-batch's gradient is a mean of, and what makes it one. */
static void fill_noise(const Update *u, Env *e)
{
    const Program *s = u->s;
    const char *rows = u->device ? text("(micros == 1 ? rows : %ld)", s->g->train.micro_batch) : "m->rows";
    const bool samples = s->late && expr_uses(s->count, "samples");
    const char *lines = u->device && (samples || !s->late) ? "const int micros = w.micros, rows = w.rows;\n" : "";
    env_flag(e, "noise", s->g->train.noise_scale);
    env_flag(e, "noise_sums", s->late);
    env_set(e, "part_samples", "%s", samples ? text("%sconst double samples = %s;\n", lines, rows) : lines);
    env_set(e, "part", "%s", s->late ? host_text(s->count) : rows);
    env_set(e, "part_mean", "%s", s->late ? "1 / w.part" : "(double)w.samples / w.part");
}

static void fill_update(const Update *u, Env *e)
{
    const Program *s = u->s;
    const Optimizer *o = u->o;
    const bool clips = o->clip > 0, checks = checks_finite(s);
    env_flag(e, "norm", clips || checks || s->g->train.grad_norm);
    env_flag(e, "clip", clips);
    env_flag(e, "checked", checks);
    const bool beyond = s->g->checks.n > 0;
    env_flag(e, "may_be_empty", s->count || s->drops || beyond);
    env_flag(e, "may_be_left_out", s->count || checks || beyond);
    env_set(e, "empty", "%s", left_out_text(u, s->count || s->drops));
    env_set(e, "left_out", "%s", left_out_text(u, s->count || checks));
    env_set(e, "norm_does", "%s%s", checks ? "; w.count is 0 where it is not finite" : "",
            clips ? text("; w.clip = min(1, %.9g / (norm + 1e-6))", o->clip) : "");
    env_set(e, "begin", "%s", s->k->from ? text("%ld + ", s->k->from) : "");
    env_set(e, "owned", "%ld", s->k->to - s->k->from);
    env_set(e, "end", "%ld", s->k->to);
    env_flag(e, "repacked", s->all->steps.n == 1 && prepares(s));
    env_set(e, "clip", "%.9g", o->clip);
    env_set(e, "optimizer", "%s", c_comment(o->title ? o->title : o->name));
    env_set(e, "doc", "%s", c_comment(o->doc));
    env_flag(e, "trust", adapts(s));
    env_set(e, "part_ratio", "%s", adapts(s) ? ", real ratio" : "");
    if (adapts(s)) fill_tensors(s, e);
    fill_groups(u, e);
    fill_noise(u, e);
    bool all = adapts(s);
    for (int i = 0; i < s->g->step->groups.n; i++) all &= s->g->step->groups.at[i]->direction != NULL;
    env_set(e, "pointers", "%s", pointers_text(u, all ? PASS_STEP : PASS_ALL));
    if (adapts(s)) env_set(e, "measure_pointers", "%s", pointers_text(u, PASS_MEASURE));
    env_set(e, "storage", "%s", s->all->storage);
    env_set(e, "update", "%s", template_render(text("%s/update.%s", s->k->target->name, s->k->target->extension), e));
}

/* ---- before the window ------------------------------------------------------------------------------------------ */
static bool scalars_use(const Program *s, const char *name)
{
    bool uses = false;
    for (int i = 0; i < s->g->step->nscalars; i++) uses |= expr_uses(s->g->step->scalar_value[i], name);
    for (int i = 0; i < s->g->seeds.n; i++) uses |= s->seed_when[i] == SEED_EARLY && expr_uses(s->scale_in[i], name);
    return uses;
}

static char *scalars_text(const Program *s)
{
    static const char *const given[] = { "samples", "t", "T", "E", "lr" };
    Text t = { 0 };
    text_put(&t, "", 0);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (scalars_use(s, given[i])) text_add(&t, "const double %s = (double)to->%s;\n", given[i], given[i]);
    text_add(&t, "to->rate = (real)to->lr;\n");
    for (int i = 0; i < s->g->step->nscalars; i++)
        text_add(&t, "to->c[%d] = (real)(%s); @@ %s\n", i, host_text(s->g->step->scalar_value[i]), s->g->step->scalar[i]);
    for (int i = 0; i < s->g->seeds.n; i++)
        if (s->seed_when[i] == SEED_EARLY) text_add(&t, "to->scale_in[%d] = %s;\n", i, scale_text(&t, s, s->scale_in[i], "to->"));
    if (s->g->train.loss_scale > 0) text_add(&t, "to->scale_out = (real)(1 / to->loss_scale);\n");
    if (!s->count) text_add(&t, "to->count = (double)to->samples;\n");
    return t.s;
}

/* (void)T for each of the names that no formula uses; the names are space separated */
static char *unused(const char *list, const Expr *const *e, int n)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    while (*list) {
        size_t length = strcspn(list, " ");
        const char *name = mem_copy(list, length);
        bool uses = false;
        for (int i = 0; i < n; i++) uses |= expr_uses(e[i], name);
        if (!uses) text_add(&t, "%s(void)%s", t.n ? ", " : "", name);
        list += length + (list[length] == ' ');
    }
    if (t.n) text_add(&t, ";");
    return t.s;
}

/* ---- reports ---------------------------------------------------------------------------------------------------- */
static const Expr *report_name(void *context, const char *name)
{
    (void)context;
    return strncmp(name, "sums[", 5) ? NULL : expr_variable(text("s%s", name + 4));
}

void reports(const Whole *all, Env *e)
{
    VEC(const Expr) values = { 0 };
    Text lines = { 0 };
    text_put(&lines, "", 0);
    for (int n = 0; n < all->steps.n; n++) {
        const Program *s = all->steps.at[n];
        char *at = all->steps.n > 1 ? text("w.of[%d].", n) : "w.";
        for (int i = 0; i < s->g->reports.n; i++) {
            Env *x = env_item(e, "reports");
            env_set(x, "index", "%d", s->g->reports.at[i]->index);
            env_set(x, "value", "%s", window_text(&lines, expr_replace(s->report[i], report_name, NULL), at));
            env_set(x, "name", "%s", c_comment(s->g->reports.at[i]->name));
            vec_push(&values, s->report[i]);
        }
    }
    env_set(e, "report_lines", "%s", lines.s);
    env_set(e, "report_unused", "%s", unused("samples", values.at, values.n));
}

void update(const Program *s, Env *e)
{
    const Optimizer *o = &s->g->step->optimizer;
    fill_update(&(Update) { s, o, s->k->target->device }, e);
    env_set(e, "lr", "%s", host_text(o->lr));
    env_set(e, "lr_text", "%s", c_comment(o->lr_text));
    env_set(e, "lr_unused", "%s", unused("t T E", &o->lr, 1));
    env_set(e, "scalars", "%s", scalars_text(s));
}
