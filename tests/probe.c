/* probe.c -- drives a program made with --library and prints what it computed, in the words of tests/reference/windows.txt.

       cc -DPROGRAM=name probe.c program.c runtime...
       probe DATA WEIGHTS THREADS UPDATES [AT...] [raw] [evaluate] [aside] [twice] [between=FILE] [save=FILE]   gradients at updates AT
   "-" for DATA or WEIGHTS: the model's own. resume=FILE for WEIGHTS: a checkpoint. hashed=ROWS[,COLUMN%N], hashed and nudged=N:
   tests/hashed_program.h's. raw: a tensor's line ends with "raw" and its numbers follow as doubles, then a new line.
   evaluate: the training rows, after every update. aside: ahead of it, between the window and its update, where `twice` has the
   window once more and `between` saves to the file. */
#include "symbol.h"
#include "hashed_program.h"

extern const Program SYMBOL;

static void must(int status)
{
    if (!status) return;
    fprintf(stderr, "probe: %s\n", gg_error());
    exit(1);
}

static int raw, evaluates, asides, twice;
static const char *between;

static long elements(const Tensor *t)
{
    long n = 1;
    for (int r = 0; r < t->rank; r++) n *= t->dim[r];
    return n;
}

static void show(const char *head, int (*get)(const Program *, const char *, real *))
{
    for (int i = 0; i < SYMBOL.model.ntensors; i++) {
        const Tensor *t = &SYMBOL.model.tensors[i];
        if (get != gg_parameter && SYMBOL.model.trained && t->offset >= SYMBOL.model.trained) continue;
        real *value = malloc((size_t)elements(t) * sizeof *value);
        if (!value) exit(3);
        must(get(&SYMBOL, t->name, value));
        printf("%s %s %ld%s", head, t->name, elements(t), raw ? " raw\n" : "");
        for (long e = 0; e < elements(t); e++) {
            const double x = (double)value[e];
            if (raw) fwrite(&x, sizeof x, 1, stdout);
            else printf(" %.17g", x);
        }
        putchar('\n');
        free(value);
    }
}

static void update(long u, char **at, int count)
{
    double reports[64];
    char head[64];
    must(gg_window(&SYMBOL, reports));
    printf("loss %ld %.17g\n", u, reports[0]);
    if (asides) must(gg_evaluate(&SYMBOL, "train", reports));
    if (twice) must(gg_window(&SYMBOL, reports));
    if (between) must(gg_save(&SYMBOL, between));
    for (int i = 0; i < count; i++) {
        snprintf(head, sizeof head, "gradient %ld", u);
        if (atol(at[i]) == u) show(head, gg_gradient);
    }
    must(gg_update(&SYMBOL));
    if (evaluates) must(gg_evaluate(&SYMBOL, "train", reports));
}

static int average(const Program *p, const char *name, real *out) { return gg_state(p, "ema", name, out); }

/* What evaluation finds with them, and themselves. */
static void averages(void)
{
    double reports[64];
    must(gg_evaluate(&SYMBOL, "train", reports));
    printf("average %.17g\n", reports[0]);
    show("ema", average);
}

int main(int argc, char **argv)
{
    if (argc < 5) return fprintf(stderr, "usage: probe DATA WEIGHTS THREADS UPDATES [AT...]\n"), 2;
    if (!strncmp(argv[1], "hashed=", 7)) must(hashed_open(&SYMBOL, argv[1] + 7, atoi(argv[3])));
    else must(gg_open(&SYMBOL, strcmp(argv[1], "-") ? argv[1] : NULL, atoi(argv[3]), -1));
    for (int i = 5; i < argc; i++) evaluates |= !strcmp(argv[i], "evaluate");
    for (int i = 5; i < argc; i++) raw |= !strcmp(argv[i], "raw"), asides |= !strcmp(argv[i], "aside"), twice |= !strcmp(argv[i], "twice");
    for (int i = 5; i < argc; i++)
        if (!strncmp(argv[i], "between=", 8)) between = argv[i] + 8;
    if (!strncmp(argv[2], "resume=", 7)) must(gg_resume(&SYMBOL, argv[2] + 7));
    else if (!strcmp(argv[2], "hashed")) must(hashed_weights(&SYMBOL));
    else if (!strncmp(argv[2], "nudged=", 7)) must(hashed_nudged(&SYMBOL, (uint32_t)atol(argv[2] + 7)));
    else if (strcmp(argv[2], "-")) must(gg_load(&SYMBOL, argv[2]));
    for (long u = 1; u <= atol(argv[4]); u++) update(u, argv + 5, argc - 5);
    show("weight", gg_parameter);
    if (SYMBOL.model.ema) averages();
    if (!strncmp(argv[argc - 1], "save=", 5)) must(gg_save(&SYMBOL, argv[argc - 1] + 5));
    gg_close(&SYMBOL);
    return fflush(stdout) ? 1 : 0;
}
