/* drive.c -- drives a program made with --library and keeps what it computed in one file: lines of text, each tensor's line
   followed by its elements as floats. tests/gpu/differ.c reads two such files.

       cc -DPROGRAM=gagen_name drive.c program.o runtime...
       drive DATA WEIGHTS UPDATES OUT [AT...] [save=FILE] [train | together]
           WEIGHTS   a file, resume=FILE for a checkpoint, - for the model's own; DATA may be - too
           AT        updates whose gradients are kept; these are made by gg_window and gg_update
           train     the other updates are windows with their step in one (gg_train); together: all of them in one call

   OUT has "loss U X", "gradient U NAME COUNT", "weight NAME COUNT". */
#include "library.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const Program PROGRAM;
static FILE *out;

static void must(int status)
{
    if (!status) return;
    fprintf(stderr, "drive: %s\n", gg_error());
    exit(status);
}

static long elements(const Tensor *t)
{
    long n = 1;
    for (int r = 0; r < t->rank; r++) n *= t->dim[r];
    return n;
}

static void keep(const char *head, int (*get)(const Program *, const char *, real *))
{
    for (int i = 0; i < PROGRAM.model.ntensors; i++) {
        const Tensor *t = &PROGRAM.model.tensors[i];
        const long n = elements(t);
        real *value = malloc((size_t)n * sizeof *value);
        float *narrow = malloc((size_t)n * sizeof *narrow);
        if (!value || !narrow) exit(3);
        must(get(&PROGRAM, t->name, value));
        for (long e = 0; e < n; e++) narrow[e] = (float)value[e];
        fprintf(out, "%s %s %ld\n", head, t->name, n);
        fwrite(narrow, sizeof *narrow, (size_t)n, out);
        free(value), free(narrow);
    }
}

static void update(long u, bool looked_at, bool train)
{
    double reports[64];
    char head[64];
    if (train && !looked_at) must(gg_train(&PROGRAM, 1, reports));
    else must(gg_window(&PROGRAM, reports));
    fprintf(out, "loss %ld %.17g\n", u, reports[0]);
    if (train && !looked_at) return;
    snprintf(head, sizeof head, "gradient %ld", u);
    if (looked_at) keep(head, gg_gradient);
    must(gg_update(&PROGRAM));
}

int main(int argc, char **argv)
{
    if (argc < 5) return fprintf(stderr, "usage: drive DATA WEIGHTS UPDATES OUT [AT...] [save=FILE] [train | together]\n"), 2;
    const char *save = NULL;
    bool train = false, together = false;
    for (int i = 5; i < argc; i++) {
        if (!strncmp(argv[i], "save=", 5)) save = argv[i] + 5;
        if (!strcmp(argv[i], "train")) train = true;
        if (!strcmp(argv[i], "together")) together = true;
    }
    if (!(out = fopen(argv[4], "wb"))) return perror(argv[4]), 1;
    must(gg_open(&PROGRAM, strcmp(argv[1], "-") ? argv[1] : NULL, 0, -1));
    if (!strncmp(argv[2], "resume=", 7)) must(gg_resume(&PROGRAM, argv[2] + 7));
    else if (strcmp(argv[2], "-")) must(gg_load(&PROGRAM, argv[2]));
    if (together) must(gg_train(&PROGRAM, atol(argv[3]), NULL));
    for (long u = 1; u <= atol(argv[3]) && !together; u++) {
        bool looked_at = false;
        for (int i = 5; i < argc; i++) looked_at |= atol(argv[i]) == u;
        update(u, looked_at, train);
    }
    keep("weight", gg_parameter);
    if (save) must(gg_save(&PROGRAM, save));
    gg_close(&PROGRAM);
    return fclose(out) ? 1 : 0;
}
