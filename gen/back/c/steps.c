/* steps.c -- lists of tasks as statements: a micro-step, what is made before the window and after
   it, the window. */
#include "back/c/function.h"
#include "back/c/steps.h"

static const char *beta_text(const Val *beta)
{
    return !beta ? NULL : beta->kind == VAL_RUN ? "beta" : text("%.0f", beta->number);
}

/* micro: the text of the micro-batch that kernels get; given: one has got it */
typedef struct {
    Lines lines;
    Functions *f;
    const char *micro;
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
    Calls inner = { .f = x->f, .micro = x->micro };
    Text text = { 0 };
    add_tasks(&inner, &t->body);
    x->given |= inner.given;
    text_add(&text, "for (int turn = 0; turn < %ld; turn++) {\n", t->turns);
    put_lines(&text, lines_text(&inner.lines, NULL), 4);
    line_add(&x->lines, text.s, "}");
}

static void add_call(Calls *x, const Task *t)
{
    function_line(x->f, t->kernel, x->micro, beta_text(t->beta), &x->lines);
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
static char *tasks_after(const char *before, Functions *f, const TaskList *list, const char *micro)
{
    static const Folding folding = { "calls", NULL };
    Calls x = { .f = f, .micro = micro };
    add_tasks(&x, list);
    lines_fold(&x.lines, &folding, &f->blocks);
    return text("%s%s%s", before, lines_text(&x.lines, NULL),
                *micro == 'm' && !x.given && !*before ? "(void)m;\n" : "");
}

static char *tasks_text(Functions *f, const TaskList *list, const char *micro)
{
    return tasks_after("", f, list, micro);
}

static char *conclude_text(Functions *f, const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (any_late(s) || notes(s)) {
        text_add(&t, "if (t->id == 0) {\n");
        put_lines(&t, late_text(s), 4), put_lines(&t, levels_text(s), 4);
        text_add(&t, "}\n");
        if (any_late(s)) text_add(&t, "barrier(t);\n");
    }
    text_add(&t, "%s", tasks_text(f, &s->finish, "NULL"));
    return t.s;
}

/* ---- forward ---- */
static int calls_in(const TaskList *l, int n)
{
    int calls = 0;
    for (int i = 0; i < n; i++) calls += l->at[i]->kind == TASK_CALL;
    return calls;
}

/* A micro-step begins with so many tasks as evaluation does. */
static int begin_alike(const TaskList *a, const TaskList *b)
{
    int n = 0;
    while (n < a->n && n < b->n && a->at[n]->kind == b->at[n]->kind &&
           a->at[n]->kernel == b->at[n]->kernel && a->at[n]->sum == b->at[n]->sum)
        n++;
    return n;
}

static TaskList part(const TaskList *l, int from, int to)
{
    return (TaskList) { l->at + from, to - from, to - from };
}

/* Where a micro-step begins with all kernels of an evaluation, it calls forward(), too. */
static void fill_forward(Functions *f, const Program *s, Env *e)
{
    const TaskList *all = s->drops ? &s->judge : &s->evaluate;
    int n = s->drops ? 0 : begin_alike(&s->micro, all);
    const bool shares = n && calls_in(all, n) == calls_in(all, all->n);
    if (!shares) n = 0;
    const TaskList forward = part(all, 0, shares ? n : all->n), end = part(all, forward.n, all->n),
                   rest = part(&s->micro, n, s->micro.n);
    const char *begin = shares ? text("%sforward(t, m);\n", s->g->step->prefix) : "";
    env_set(e, "forward", "%s", tasks_text(f, &forward, "m"));
    env_set(e, "micro", "%s", tasks_after(begin, f, &rest, "m"));
    env_flag(e, "shares_forward", shares || s->drops);
    env_flag(e, "ends_forward", end.n > 0);
    env_set(e, "forward_end", "%s", tasks_text(f, &end, "NULL"));
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
    env_set(e, "level_lines", "%s", levels_text(s));
    window_facts(s, e);
}

void c_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    Functions *f = functions_of(all, share);
    for (int i = 0; i < all->steps.n; i++) fill_step(f, all->steps.at[i], step[i]);
    env_set(program, "blocks", "%s", f->blocks.functions.s ? f->blocks.functions.s : "");
    env_set(program, "prototypes", "%s", prototypes_text(f));
    env_set(program, "kernels", "%s", functions_text(f));
    env_flag(program, "adds_up", any_sum(all));
}
