/* hostile_npy.c FILE -- thousands of damaged NPY files: each is refused with a message, or holds the rows of the original,
   unless the damage made them of another type of the same size. */
#include "data.h"
#include "tap.h"

static const void *base;
static const Column column = { .name = "x", .type = 'r', .rank = 2, .dim = { 3, 2 }, .source = "x.npy", .base = &base };
static unsigned char good[512], bad[512];
static size_t size;
static const char *path;

static uint32_t next(uint32_t n)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)state * n >> 32);
}

static void make(void)
{
    int n = snprintf((char *)good, sizeof good, "\x93NUMPY\x01%cv%c%-118s", 0, 0,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (7, 3, 2), }");
    good[8] = 118;
    for (int i = 0; i < 42; i++) memcpy(good + n + 4 * i, &(float){ (float)i }, 4);
    size = (size_t)n + 168;
}

/* 0 refused, 1 taken rightly, 2 taken wrongly */
static int load(size_t n)
{
    static Table d;
    Dataset set = { .reader = "npy", .path = path, .columns = &column, .ncolumns = 1 };
    jmp_buf here;
    FILE *f = fopen(path, "wb");
    fwrite(bad, 1, n, f);
    fclose(f);
    gg_trap = &here, *gg_message = 0;
    volatile int taken = 0;
    if (!setjmp(here)) {
        gg_table_load(&d, &set, NULL);
        taken = d.train.count == 7 ? 1 : 2;
        for (int i = 0; i < 42; i++)
            if (((const real *)base)[i] != (real)i) taken = 2;
    }
    gg_table_free(&d);
    return taken;
}

int main(int argc, char **argv)
{
    long taken = 0, wrong = 0, silent = 0;
    path = argc > 1 ? argv[1] : "build/tests/hostile.npy";
    make();
    memcpy(bad, good, size);
    ok(load(size) == 1, "control: the whole file is taken");
    for (size_t n = 0; n < size; n++) {
        taken += load(n) != 0;
        silent += !strstr(gg_message, path);
    }
    ok(taken == 0 && silent == 0, "truncated NPY files are refused, with the file's name: %ld taken", taken);
    taken = 0;
    for (int i = 0; i < 6000; i++) {
        memcpy(bad, good, size);
        for (uint32_t k = 0, hits = 1 + next(3); k < hits; k++)
            bad[next(128)] = next(2) ? (unsigned char)next(256) : (unsigned char)"{}()',:<|fiu1489 FalseTrue"[next(26)];
        int got = load(size);
        taken += got > 0, wrong += got == 2 && !memmem(bad, 128, "'<i4'", 5);
    }
    ok(wrong == 0, "6,000 headers with one to three wrong bytes: %ld taken, %ld of them wrongly", taken, wrong);
    return done();
}
