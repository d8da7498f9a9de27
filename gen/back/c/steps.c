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
    Text text;
    const Functions *f;
    const char *micro;
    bool given;
} Calls;

/* Thread 0 adds up neighbouring sums; returns how many tasks these are. */
static int add_sums(Text *out, const TaskList *list, int from)
{
    int n = 0;
    while (from + n < list->n && list->at[from + n]->kind == TASK_ADD_UP) n++;
    if (n > 1) text_add(out, "if (t->id == 0) {\n");
    for (int i = from; i < from + n; i++)
        text_add(out, "%sadd_up(%d, %d);\n", n == 1 ? "if (t->id == 0) " : "    ", list->at[i]->sum,
                 list->at[i]->parts);
    if (n > 1) text_add(out, "}\n");
    return n;
}

static void add_tasks(Calls *x, const TaskList *list);

static void add_turns(Calls *x, const Task *t)
{
    Calls inner = { .f = x->f, .micro = x->micro };
    add_tasks(&inner, &t->body);
    x->given |= inner.given;
    text_add(&x->text, "for (int turn = 0; turn < %ld; turn++) {\n", t->turns);
    put_lines(&x->text, inner.text.s, 4);
    text_add(&x->text, "}\n");
}

static void add_call(Calls *x, const Task *t)
{
    text_add(&x->text, "%s", function_call(x->f, t->kernel, x->micro, beta_text(t->beta)));
    x->given |= function_reads_micro(x->f, t->kernel);
}

static void add_tasks(Calls *x, const TaskList *list)
{
    Text *out = &x->text;
    for (int i = 0; i < list->n;) {
        const Task *t = list->at[i];
        if (t->kind == TASK_ADD_UP) {
            i += add_sums(out, list, i);
            continue;
        }
        i++;
        if (t->kind == TASK_CALL) add_call(x, t);
        if (t->kind == TASK_MEET) text_add(out, "barrier(t);\n");
        if (t->kind == TASK_LOOP) add_turns(x, t);
    }
}

static char *tasks_text(const Functions *f, const TaskList *list, const char *micro)
{
    Calls x = { .f = f, .micro = micro };
    text_put(&x.text, "", 0);
    add_tasks(&x, list);
    if (*micro == 'm' && !x.given) text_add(&x.text, "(void)m;\n");
    return x.text.s;
}

static char *conclude_text(const Functions *f, const Program *s)
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

static void fill_step(const Functions *f, const Program *s, Env *e)
{
    env_set(e, "micro", "%s", tasks_text(f, &s->micro, "m"));
    env_set(e, "forward", "%s", tasks_text(f, s->drops ? &s->judge : &s->evaluate, "m"));
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
    const Functions *f = functions_of(all, share);
    for (int i = 0; i < all->steps.n; i++) fill_step(f, all->steps.at[i], step[i]);
    env_set(program, "kernels", "%s", functions_text(f));
}
