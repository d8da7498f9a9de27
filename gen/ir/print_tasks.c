/* print_tasks.c -- lists of tasks as text, for --dump=schedule. */
#include "ir/tasks.h"

static void print_list(Text *out, const TaskList *list, int depth);

static void print_call(Text *out, const Task *t)
{
    text_add(out, "%s", t->kernel->ident);
    if (!t->beta) return;
    if (t->beta->kind == VAL_RUN) text_add(out, " beta");
    else text_add(out, " beta %g", t->beta->number);
}

static void print_task(Text *out, const Task *t, int depth)
{
    text_add(out, "%*s", 2 * depth, "");
    switch (t->kind) {
        case TASK_CALL:
            print_call(out, t);
            break;
        case TASK_LOOP:
            text_add(out, "loop %ld", t->turns);
            break;
        case TASK_MEET:
            text_add(out, "meet");
            break;
        case TASK_ADD_UP:
            text_add(out, "add up sums[%d], %d parts", t->sum, t->parts);
            break;
    }
    text_add(out, "\n");
    print_list(out, &t->body, depth + 1);
}

static void print_list(Text *out, const TaskList *list, int depth)
{
    for (int i = 0; i < list->n; i++) print_task(out, list->at[i], depth);
}

void tasks_print(Text *out, const char *title, const TaskList *list)
{
    if (!list->n) return;
    text_add(out, "%s\n", title);
    print_list(out, list, 1);
}
