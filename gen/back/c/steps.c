/* steps.c -- lists of tasks as statements: those of a micro-step, those before and after a
   window, the window. */
#include "back/c/function.h"
#include "back/c/product.h"
#include "back/c/steps.h"

static const char *beta_text(const Val *beta)
{
    return !beta ? NULL : beta->kind == VAL_RUN ? "beta" : text("%.0f", beta->number);
}

/* micro: the text of the micro-batch that kernels get; given: one has got it. evaluated: what else
   there is runs in training alone; NULL: all runs */
typedef struct {
    Lines lines;
    Functions *f;
    const char *micro;
    const TaskList *evaluated;
    bool given;
} Calls;

/* Thread 0 adds up neighbouring sums; returns how many tasks these are. */
static int add_sums(Lines *to, const TaskList *list, int from)
{
    Text t = { 0 };
    int n = 0;
    for (; from + n < list->n && list->at[from + n]->kind == TASK_ADD_UP; n++)
        text_add(&t, "%sadd_up(%d, %d)", n ? ", " : "if (t->id == 0) ", list->at[from + n]->sum,
                 list->at[from + n]->parts);
    line_add(to, t.s, ";");
    return n;
}

static void add_tasks(Calls *x, const TaskList *list);

static void add_turns(Calls *x, const Task *t)
{
    Calls inner = { .f = x->f, .micro = x->micro, .evaluated = x->evaluated };
    Text text = { 0 };
    add_tasks(&inner, &t->body);
    x->given |= inner.given;
    text_add(&text,
             t->back ? "for (int turn = %ld; turn-- > 0;) {\n"
                     : "for (int turn = 0; turn < %ld; turn++) {\n",
             t->turns);
    put_lines(&text, lines_text(&inner.lines, NULL), 4);
    line_add(&x->lines, text.s, "}");
}

static bool has_call(const TaskList *l, const Kernel *k)
{
    bool has = !l;
    for (int i = 0; l && i < l->n; i++)
        has |= l->at[i]->kernel == k || (l->at[i]->body.n && has_call(&l->at[i]->body, k));
    return has;
}

static void add_call(Calls *x, const Task *t)
{
    function_line(x->f, t->kernel, x->micro, beta_text(t->beta), &x->lines);
    Line *line = x->lines.at[x->lines.n - 1];
    if (!has_call(x->evaluated, t->kernel)) line->before = text("if (w.training) %s", line->before);
    x->given |= function_reads_micro(x->f, t->kernel);
}

static void add_tasks(Calls *x, const TaskList *list)
{
    for (int i = 0; i < list->n;) {
        const Task *t = list->at[i];
        if (t->kind == TASK_ADD_UP) {
            i += add_sums(&x->lines, list, i);
            continue;
        }
        i++;
        if (t->kind == TASK_CALL) add_call(x, t);
        if (t->kind == TASK_MEET) line_add(&x->lines, "barrier(t", ");");
        if (t->kind == TASK_LOOP) add_turns(x, t);
    }
}

/* After the text `before`, which uses the micro-batch unless it is empty. */
static char *tasks_of(Functions *f, const TaskList *list, const char *micro, const char *before,
                      const TaskList *evaluated)
{
    static const Folding folding = { "calls", NULL };
    Calls x = { .f = f, .micro = micro, .evaluated = evaluated };
    add_tasks(&x, list);
    lines_shorten(&x.lines, &folding, &f->blocks);
    return text("%s%s%s", before, lines_text(&x.lines, NULL),
                *micro == 'm' && !x.given && !*before ? "(void)m;\n" : "");
}

static char *tasks_text(Functions *f, const TaskList *list, const char *micro)
{
    return tasks_of(f, list, micro, "", NULL);
}

static char *conclude_text(Functions *f, const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (any_late(s) || notes(s)) {
        text_add(&t, "if (t->id == 0) {\n");
        put_lines(&t, late_text(s), 4), put_lines(&t, penalties_text(s), 4);
        text_add(&t, "}\n");
        if (any_late(s)) text_add(&t, "barrier(t);\n");
    }
    text_add(&t, "%s", tasks_text(f, &s->finish, "NULL"));
    return t.s;
}

/* ---- forward ---- */
static bool task_same(const Task *a, const Task *b)
{
    bool same =
        a->kind == b->kind && a->kernel == b->kernel && a->sum == b->sum && a->body.n == b->body.n;
    for (int i = 0; same && i < a->body.n; i++) same = task_same(a->body.at[i], b->body.at[i]);
    return same;
}

static bool runs_kernels(const Task *t) { return t->kind == TASK_CALL || t->kind == TASK_LOOP; }

/* A micro-step begins as an evaluation does, but for kernels that training alone runs: those of
   states. forward() has so many of its tasks, and evaluation has the rest of its own list after it;
   0: it begins otherwise. */
static int shared_forward(const TaskList *micro, const TaskList *evaluation, int *end)
{
    int n = 0, at = 0, calls = 0;
    for (int i = 0; i < evaluation->n; i++) calls += runs_kernels(evaluation->at[i]);
    for (; calls && n < micro->n && at < evaluation->n; n++) {
        const Task *t = micro->at[n], *e = evaluation->at[at];
        const bool same = task_same(t, e);
        if (same) at++, calls -= runs_kernels(t);
        else if (t->kind == TASK_ADD_UP || t->kind == TASK_LOOP ||
                 (t->kind == TASK_CALL && t->kernel->backward))
            return 0;
    }
    *end = at;
    return calls ? 0 : n;
}

static TaskList part(const TaskList *l, int from, int to)
{
    return (TaskList) { l->at + from, to - from, to - from };
}

static void fill_forward(Functions *f, const Program *s, Env *e)
{
    int end = s->evaluate.n;
    const int n = s->drops ? 0 : shared_forward(&s->micro, &s->evaluate, &end);
    const TaskList forward = s->drops ? s->judge
                             : n      ? part(&s->micro, 0, n)
                                      : s->evaluate,
                   tail = part(&s->evaluate, n ? end : s->evaluate.n, s->evaluate.n),
                   rest = part(&s->micro, n, s->micro.n);
    const char *begin = n ? text("%sforward(t, m);\n", s->g->step->prefix) : "";
    const TaskList *evaluated = n ? &s->evaluate : NULL;
    env_set(e, "forward", "%s", tasks_of(f, &forward, "m", "", evaluated));
    env_set(e, "micro", "%s", tasks_of(f, &rest, "m", begin, NULL));
    env_flag(e, "shares_forward", n > 0 || s->drops);
    env_flag(e, "ends_forward", tail.n > 0);
    env_set(e, "forward_end", "%s", tasks_text(f, &tail, "NULL"));
}

static bool any_sum(const Whole *all)
{
    bool any = false;
    for (int i = 0; i < all->steps.n; i++) any |= all->steps.at[i]->g->sums.n > 0;
    return any;
}

static void fill_step(Functions *f, const Program *s, Env *e)
{
    fill_forward(f, s, e);
    env_set(e, "output_steps", "%s", tasks_text(f, &s->predict, "m"));
    env_set(e, "counting", "%s", tasks_text(f, &s->count_tasks, "m"));
    env_set(e, "counted_lines", "%s", counted_text(s));
    env_set(e, "prepare", "%s", tasks_text(f, &s->once, "NULL"));
    env_set(e, "conclude", "%s", conclude_text(f, s));
    env_set(e, "penalty_lines", "%s", penalties_text(s));
    window_facts(s, e);
}

void c_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    Functions *f = functions_of(all, share);
    for (int i = 0; i < all->steps.n; i++) fill_step(f, all->steps.at[i], step[i]);
    env_set(program, "blocks", "%s%s", f->blocks.functions.s ? f->blocks.functions.s : "",
            f->blocks.calls.s ? f->blocks.calls.s : "");
    env_set(program, "prototypes", "%s", prototypes_text(f));
    env_set(program, "kernels", "%s", functions_text(f));
    env_flag(program, "multiplies", f->products & PRODUCT_OF_ROWS);
    env_flag(program, "convolves", f->products & PRODUCT_OF_IMAGES);
    env_flag(program, "contracts", f->products & PRODUCT_OF_SUMS);
    env_flag(program, "adds_up", any_sum(all));
}
