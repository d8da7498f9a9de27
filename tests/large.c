/* large.c -- evaluates one micro-batch of tests/models/large.lua, whose table has one row that is not zero: the last. Pages of the
   others are never touched. Prints the sum of the squares of its four errors. */
#include <stdio.h>
#include <sys/resource.h>
#include "team.h"
#include "tensor.h"
#include "library.h"

extern const Program gagen_large;

static const Tensor *tensor(const Program *p, const char *name)
{
    for (int i = 0; i < p->model.ntensors; i++)
        if (!strcmp(p->model.tensors[i].name, name)) return &p->model.tensors[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const Program *p = &gagen_large;
    const Tensor *words = tensor(p, "words.weight"), *head = tensor(p, "head.weight");
    const long last = words->dim[0] - 1;
    const int32_t id[4] = { 0, (int32_t)(argc > 1 ? atol(argv[1]) : last), 1, (int32_t)last };
    const real y[4] = { 0, 0, 0, 0 }, one = 1;
    const Thread t = { 0, 1, NULL };
    p->device.allocate();
    for (long i = 0; i < 64; i++) {
        const real x = (real)i;
        gg_write_tensor(words, p->model.flat[0], last * 160 + i, 1, &x);
        gg_write_tensor(head, p->model.flat[0], i, 1, &one);
    }
    *p->data.columns[0].base = id, *p->data.columns[1].base = y;
    p->device.w->micros = 1, p->device.w->rows = 4, p->device.w->samples = 4, p->device.w->places = 4;
    if (p->device.prepare) p->device.prepare(&t);
    p->device.evaluate(&t);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%.0f%s\n", p->device.sums[0], used.ru_maxrss > 1 << 20 ? ", but over 1 GiB was touched" : "");
    p->device.release();
    return 0;
}
