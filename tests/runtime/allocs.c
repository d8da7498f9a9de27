/* allocs.c -- what malloc, calloc and realloc are asked for between a run's first update and its last, with a log and
   checkpoints. Linked with --wrap for each. */
#include <stdlib.h>
#include "mlp.h"
#include "tap.h"

static long asked, at_first = -1, at_last;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n)               { asked++; return __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size)  { asked++; return __real_calloc(n, size); }
void *__wrap_realloc(void *m, size_t n)     { asked++; return __real_realloc(m, n); }

static void counted(const Thread *t)
{
    if (t->id == 0) at_last = asked;
    if (t->id == 0 && at_first < 0) at_first = asked;
    window(t);
}

int main(int argc, char **argv)
{
    Program q = mlp;
    Step step = steps[0];
    step.window = counted, q.schedule.steps = &step;
    int status = gg_main(argc, argv, &q);
    ok(status == 0 && at_first > 10, "control: %ld requests before the first update are seen", at_first);
    ok(at_last == at_first, "none between the first update and the last: %ld", at_last - at_first);
    return done();
}
