/* accumulate.c -- what a window costs: cc -DPROGRAM=gagen_name accumulate.c program.c runtime...

       accumulate DATA WINDOWS      milliseconds of one thread's CPU that a gradient, an update and both took, on average
       accumulate DATA WINDOWS -    the same windows and not a word: for counting instructions */
#define _GNU_SOURCE
#include "library.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const Program PROGRAM;

static void must(int status)
{
    if (!status) return;
    fprintf(stderr, "accumulate: %s\n", gg_error());
    exit(1);
}

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int main(int argc, char **argv)
{
    if (argc < 3) return fprintf(stderr, "usage: accumulate DATA WINDOWS [-]\n"), 2;
    const long windows = atol(argv[2]); /* the first is not timed */
    double gradient = 0, update = 0;
    must(gg_open(&PROGRAM, argv[1], 1, -1));
    must(gg_steps(&PROGRAM, windows));
    must(gg_window(&PROGRAM, NULL));
    must(gg_update(&PROGRAM));
    for (long i = 1; i < windows; i++) {
        const double begin = milliseconds();
        must(gg_window(&PROGRAM, NULL));
        const double middle = milliseconds();
        must(gg_update(&PROGRAM));
        gradient += middle - begin, update += milliseconds() - middle;
    }
    gg_close(&PROGRAM);
    const double n = (double)(windows - 1);
    if (argc == 3) printf("%.6f %.6f %.6f\n", gradient / n, update / n, (gradient + update) / n);
    return 0;
}
