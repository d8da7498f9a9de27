/* steps.c -- lists of tasks as statements: a micro-step, what is made before the window and after it, the window. */
#include "back/c/share.h"
#include "back/c/steps.h"

static const char *beta_text(const Val *beta)
{
    return !beta ? NULL : beta->kind == VAL_RUN ? "beta" : text("%.0f", beta->number);
}

/* Thread 0 adds up neighbouring sums; returns how many tasks these are. */
static int add_sums(Text *out, const TaskList *list, int from)
{
    int n = 0;
    while (from + n < list->n && list->at[from + n]->kind == TASK_ADD_UP) n++;
    if (n > 1) text_add(out, "if (t->id == 0) {\n");
    for (int i = from; i < from + n; i++)
        text_add(out, "%sadd_up(%d, %d);\n", n == 1 ? "if (t->id == 0) " : "", list->at[i]->sum, list->at[i]->parts);
    if (n > 1) text_add(out, "}\n");
    return n;
}

/* micro: the text of the micro-batch that kernels get */
static void add_tasks(Text *out, const TaskList *list, const char *micro)
{
    for (int i = 0; i < list->n; ) {
        const Task *t = list->at[i];
        if (t->kind == TASK_ADD_UP) { i += add_sums(out, list, i); continue; }
        i++;
        if (t->kind == TASK_CALL) text_add(out, "%s", share_call(t->kernel, micro, beta_text(t->beta)));
        if (t->kind == TASK_MEET) text_add(out, "barrier(t);\n");
        if (t->kind != TASK_LOOP) continue;
        text_add(out, "for (int turn = 0; turn < %ld; turn++) {\n", t->turns);
        add_tasks(out, &t->body, micro);
        text_add(out, "}\n");
    }
}

static char *tasks_text(const TaskList *list, const char *micro)
{
    Text out = { 0 };
    text_put(&out, "", 0);
    add_tasks(&out, list, micro);
    return out.s;
}

static char *conclude_text(const Program *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (any_late(s) || notes(s)) {
        text_add(&t, "if (t->id == 0) {\n%s%s}\n", late_text(s), levels_text(s));
        if (any_late(s)) text_add(&t, "barrier(t);\n");
    }
    text_add(&t, "%s", tasks_text(&s->finish, "NULL"));
    return t.s;
}

static void fill_step(const Program *s, Env *e)
{
    env_set(e, "micro", "%s", tasks_text(&s->micro, "m"));
    env_set(e, "forward", "%s", tasks_text(s->drops ? &s->judge : &s->evaluate, "m"));
    env_set(e, "output_steps", "%s", tasks_text(&s->predict, "m"));
    env_set(e, "counting", "%s", tasks_text(&s->count_tasks, "m"));
    env_set(e, "counted_lines", "%s", counted_text(s));
    env_set(e, "prepare", "%s", tasks_text(&s->once, "NULL"));
    env_set(e, "conclude", "%s", conclude_text(s));
    env_set(e, "level_lines", "%s", levels_text(s));
    window_facts(s, e);
}

void c_kernels(const Whole *all, bool share, Env *program, Env *const *step)
{
    const Shared *list = share_kernels(all, share);
    for (int i = 0; i < all->steps.n; i++) fill_step(all->steps.at[i], step[i]);
    env_set(program, "kernels", "%s", share_functions(list));
}
