/* time.c -- a program made with --library, timed in turns with others: bench/gpu/turns.c says when.

       cc -DPROGRAM=gagen_name time.c program.o runtime...
       time NAME DATA WEIGHTS [SECONDS]      WEIGHTS - are the model's own; init=FILE writes these and ends

   Says "offer NAME", "loss NAME U X" of the first ten updates and "ready"; for each line "go NAME" it makes updates for SECONDS
   (0.25), after some that wake the device and do not count, and says "end NAME X", the last loss, and "us NAME X", an update. */
#include "library.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const Program PROGRAM;
enum { SHOWN = 10, WARM = 30 };

static void must(int status)
{
    if (!status) return;
    printf("fail %s\n", gg_error());
    fflush(stdout);
    exit(status);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void begin(const char *name)
{
    double reports[64];
    printf("offer %s\n", name);
    for (int u = 1; u <= SHOWN; u++) {
        must(gg_train(&PROGRAM, 1, reports));
        printf("loss %s %d %.9g\n", name, u, reports[0]);
    }
    must(gg_train(&PROGRAM, WARM, reports));
    puts("ready");
    fflush(stdout);
}

/* The updates that take so long, 10 and more: as many as are made meanwhile, by tens. */
static long awake(double limit)
{
    const double from = seconds();
    long n = 0;
    do {
        must(gg_train(&PROGRAM, 10, NULL));
        n += 10;
    } while (seconds() - from < limit);
    return (long)((double)n * limit / (seconds() - from)) + 10;
}

static void turn(const char *name, double limit)
{
    double reports[64];
    const long updates = awake(limit / 2) * 2;
    double from = seconds();
    must(gg_train(&PROGRAM, updates, reports));
    from = seconds() - from;
    printf("end %s %.9g\nus %s %.3f\n", name, reports[0], name, 1e6 * from / (double)updates);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[256];
    if (argc < 4) return fprintf(stderr, "usage: time NAME DATA WEIGHTS [SECONDS]\n"), 2;
    must(gg_open(&PROGRAM, argv[2], 0, -1));
    if (!strncmp(argv[3], "init=", 5)) {
        must(gg_save(&PROGRAM, argv[3] + 5));
        gg_close(&PROGRAM);
        return 0;
    }
    must(gg_steps(&PROGRAM, 1000000000));
    if (strcmp(argv[3], "-")) must(gg_load(&PROGRAM, argv[3]));
    begin(argv[1]);
    while (fgets(line, sizeof line, stdin)) turn(argv[1], argc > 4 ? atof(argv[4]) : 0.25);
    gg_close(&PROGRAM);
    return 0;
}
