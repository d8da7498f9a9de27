/* update.c -- the program's formulas: the optimizer's pass over the flat arrays, the scalars
   that are known before the window, the reports. In the pass x is the parameter's value and dx
   its gradient. */
#include <string.h>
#include "back/emit.h"
#include "back/value.h"

/* by the rules of o; device, as in Target: a thread has an element, not lanes of them */
typedef struct {
    const Program *s;
    const Optimizer *o;
    const char *device;
} Update;

/* ---- the pass ---- */
/* Where an array lies: "p", "g", "s_m". */
static char *array_text(const Update *u, const char *array)
{
    const Optimizer *o = u->o;
    const char *from = u->device ? u->device : u->s->all->storage;
    if (!strcmp(array, "x")) return text("%sp", from);
    if (!strcmp(array, "dx") || (o->in_place && !strcmp(array, o->state[0])))
        return text("%sg", from);
    return text("%ss_%s", from, array);
}

/* "const real *dx_at = (const real *)&g;" for every array of the passes */
static char *pointers_text(const Update *u, Kernel *const *pass, int n)
{
    Text t = { 0 };
    VEC(const char) seen = { 0 };
    text_put(&t, "", 0);
    for (int k = 0; k < n; k++)
        for (int i = 0; pass[k] && i < pass[k]->actual.n; i++) {
            const char *array = pass[k]->actual.at[i]->array;
            bool known = false;
            for (int j = 0; j < seen.n; j++) known |= !strcmp(seen.at[j], array);
            if (known) continue;
            vec_push(&seen, array);
            const char *kept = !strcmp(array, "dx") ? "const " : "";
            text_add(&t, "%sreal *%s_at = (%sreal *)&%s;\n", kept, array, kept,
                     array_text(u, array));
        }
    return t.s;
}

/* The holes of the pass: constants of all elements, and the statements for one element or for
   lanes. */
static void fill_pass(const Update *u, const Kernel *x, Env *e, const char *constants,
                      const char *body)
{
    const Target *target = u->s->k->target;
    const StmtList *all = &x->loops->body, first = { all->at, all->n - 1, all->n - 1 };
    const Stmt *elements = all->at[all->n - 1];
    const char **formal = NEW_ARRAY(const char *, x->actual.n + 1);
    for (int i = 0; i < x->actual.n; i++) formal[i] = text("%s_at", x->actual.at[i]->array);
    Words *w = words_new(x->loops, formal, NULL);
    env_set(e, constants, "%s", target->statements(w, &first));
    words_var(w, elements->var);
    if (elements->deal == LANES) words_lanes(w, elements->var, ALIGN);
    env_set(e, body, "%s", target->statements(w, &elements->body));
}

/* the comment of a group if there are several: its parameters and its own options */
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

enum { PIECE = 4096 };

static long piece_count(const Program *s)
{
    long n = 0;
    for (int i = 0; i < s->k->params.n; i++)
        if (s->k->params.at[i]->param->mine)
            n += (s->k->params.at[i]->layout.size + PIECE - 1) / PIECE;
    return n;
}

/* The step's tensors, and the number of pieces before each. */
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

/* The device's memory for lengths, as many as the largest step has. */
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
        env_set(x, "pass", "%s%s", g->step->prefix,
                g->step->groups.n > 1 ? text("optimize_%d", i + 1) : "optimize");
        env_set(x, "who", "%s", g->step->groups.n > 1 ? group_text(u, i) : "");
        Kernel *const measure = s->measure.at[i];
        env_set(x, "pointers", "%s", pointers_text(u, &s->optimize.at[i], 1));
        fill_pass(u, s->optimize.at[i], x, "constants", "body");
        env_flag(x, "adapts", measure != NULL);
        env_set(x, "ratio", "%s", measure ? ", real trust" : "");
        env_set(x, "give_ratio", "%s", measure ? ", ratio" : "");
        if (measure)
            env_set(x, "measure_pointers", "%s", pointers_text(u, &measure, 1)),
                fill_pass(u, measure, x, "measure_constants", "measure_body");
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
        text_add(&t, "%s%ssums[%d] != 0", t.n ? " || " : "", u->device ? u->device : "",
                 check_sum(s, s->g->checks.at[i]));
    return t.n ? t.s : "";
}

bool checks_finite(const Program *s) { return s->g->train.nonfinite != NONFINITE_KEEP; }

/* The count over which the first micro-batch's gradient is a mean, and the factor that makes it
   one. */
static void fill_noise(const Update *u, Env *e)
{
    const Program *s = u->s;
    const char *rows =
        u->device ? text("(micros == 1 ? rows : %ld)", s->g->train.micro_batch) : "m->rows";
    const bool samples = s->late && expr_uses(s->count, "samples");
    const char *lines =
        u->device && (samples || !s->late) ? "const int micros = w.micros, rows = w.rows;\n" : "";
    env_flag(e, "noise", s->g->train.noise_scale);
    env_flag(e, "noise_sums", s->late);
    env_set(e, "part_samples", "%s",
            samples ? text("%sconst double samples = %s;\n", lines, rows) : lines);
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
    env_set(e, "pointers", "%s", pointers_text(u, s->optimize.at, s->optimize.n));
    env_set(e, "measure_pointers", "%s", pointers_text(u, s->measure.at, s->measure.n));
    env_set(e, "storage", "%s", s->all->storage);
    env_set(e, "update", "%s",
            template_render(text("%s/update.%s", s->k->target->name, s->k->target->extension), e));
}

/* ---- before the window ---- */
static bool scalars_use(const Program *s, const char *name)
{
    bool uses = false;
    for (int i = 0; i < s->g->step->nscalars; i++)
        uses |= expr_uses(s->g->step->scalar_value[i], name);
    for (int i = 0; i < s->g->roots.n; i++)
        uses |= s->root_when[i] == ROOT_EARLY && expr_uses(s->scale_in[i], name);
    return uses;
}

static char *scalars_text(const Program *s)
{
    static const char *const given[] = { "samples", "t", "T", "E", "lr" };
    Text t = { 0 };
    text_put(&t, "", 0);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (scalars_use(s, given[i]))
            text_add(&t, "const double %s = (double)to->%s;\n", given[i], given[i]);
    text_add(&t, "to->rate = (real)to->lr;\n");
    for (int i = 0; i < s->g->step->nscalars; i++)
        text_add(&t, "to->c[%d] = (real)(%s); @@ %s\n", i, host_text(s->g->step->scalar_value[i]),
                 s->g->step->scalar[i]);
    for (int i = 0; i < s->g->roots.n; i++)
        if (s->root_when[i] == ROOT_EARLY)
            text_add(&t, "to->scale_in[%d] = %s;\n", i, scale_text(&t, s, s->scale_in[i], "to->"));
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

/* ---- reports ---- */
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
            env_set(x, "value", "%s",
                    window_text(&lines, expr_replace(s->report[i], report_name, NULL), at));
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
