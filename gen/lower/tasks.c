/* tasks.c -- makes the lists of tasks: before the window, counting, a micro-step, after the last
   one, evaluation, outputs.

   1. Threads meet where the phase changes and at the end. A device's launches wait for one
      another.
   2. Kernels of a loop follow one another, in phases of their own. So threads meet after each turn.
   3. The parts of a sum are added up after the meeting that ends their phase. The next
      micro-step overwrites them, so a meeting must come before it. If all is one phase, there is
      none, and one is added. */
#include "lower/lower.h"

static Task *task_new(TaskList *list, TaskKind kind)
{
    Task *t = NEW(Task);
    t->kind = kind;
    vec_push(list, t);
    return t;
}

/* A gradient's first write of a micro-step takes the micro-step's beta; later writes add. */
static void add_call(const Kernels *k, TaskList *list, Kernel *x)
{
    Task *t = task_new(list, TASK_CALL);
    t->kernel = x;
    if (has_beta(k, x)) t->beta = x->first_write ? val_run(RUN_BETA, AS_INT) : val_int(1);
}

static int add_sums(TaskList *list, Kernel *const *at, int n)
{
    int sums = 0;
    for (int i = 0; i < n; i++) {
        if (at[i]->sum < 0) continue;
        Task *t = task_new(list, TASK_ADD_UP);
        t->sum = at[i]->sum, t->parts = at[i]->part.count;
        sums++;
    }
    return sums;
}

static TaskList tasks_of(const Kernels *k, Kernel *const *at, int n, const Loop *in);

/* A loop of the kernels from there on; returns how many. */
static int add_loop(const Kernels *k, TaskList *list, Kernel *const *at, int n)
{
    const Loop *l = at[0]->loop;
    int to = 0;
    while (to < n && at[to]->loop == l) to++;
    Task *t = task_new(list, TASK_LOOP);
    t->turns = l->turns, t->back = l->back;
    t->body = tasks_of(k, at, to, l);
    return to;
}

static TaskList tasks_of(const Kernels *k, Kernel *const *at, int n, const Loop *in)
{
    TaskList list = { 0 };
    for (int from = 0, to; from < n; from = to) {
        if (at[from]->loop != in) {
            to = from + add_loop(k, &list, at + from, n - from);
            continue;
        }
        for (to = from; to < n && at[to]->phase == at[from]->phase; to++)
            add_call(k, &list, at[to]);
        if (k->target->launches) continue;
        task_new(&list, TASK_MEET);
        if (add_sums(&list, at + from, to - from) && from == 0 && to == n)
            task_new(&list, TASK_MEET);
    }
    return list;
}

void make_tasks(Program *s)
{
    const Kernels *k = s->k;
    const int judged = s->drops ? k->forward.n : 0;
    s->once = tasks_of(k, k->once.at, k->once.n, NULL);
    s->count_tasks = tasks_of(k, s->counting.at, s->counting.n, NULL);
    s->judge = tasks_of(k, k->micro.at, judged, NULL);
    s->micro = tasks_of(k, k->micro.at + judged, k->micro.n - judged, NULL);
    s->finish = tasks_of(k, k->finish.at, k->finish.n, NULL);
    s->evaluate = tasks_of(k, k->evaluated.at, k->evaluated.n, NULL);
    s->predict = tasks_of(k, k->outputs.at, k->outputs.n, NULL);
}
