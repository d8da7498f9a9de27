/* rows.c -- prints the rows that a program of tokens reads: rows DATA KEY=VALUE... Keys are the fields of TokenForm and of the
   data set. `windows`: so many windows are trained. `pause`, `save`: after so many the run is saved to that file, and resumed. Then it
   prints the reports of each split, unless evaluate=0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "library.h"
extern const Program gagen_rows;

static double number(int argc, char **argv, const char *key, double preset)
{
    const size_t n = strlen(key);
    for (int i = 2; i < argc; i++)
        if (!strncmp(argv[i], key, n) && argv[i][n] == '=') return atof(argv[i] + n + 1);
    return preset;
}

static const char *word(int argc, char **argv, const char *key)
{
    const size_t n = strlen(key);
    for (int i = 2; i < argc; i++)
        if (!strncmp(argv[i], key, n) && argv[i][n] == '=') return argv[i] + n + 1;
    return NULL;
}

static void print_row(const Program *p, long row)
{
    for (int c = 0; c < p->data.ncolumns; c++) {
        const int32_t *base = *p->data.columns[c].base;
        printf("%s%s", c ? " " : "", p->data.columns[c].name);
        for (long i = 0; i < p->data.tokens.length; i++) printf("%s%d", i ? "," : "=", base[row * p->data.tokens.length + i]);
    }
    printf("\n");
}

static int failed(void)
{
    fprintf(stderr, "error: %s\n", gg_error());
    return 1;
}

int main(int argc, char **argv)
{
    Program program = gagen_rows, *p = &program;
    const char *kind = word(argc, argv, "kind");
    double reports[8];
    p->data.tokens = (TokenForm) { kind ? *kind : 'H',
                                   number(argc, argv, "random", 0) > 0,
                                   number(argc, argv, "begins", 0) > 0,
                                   6,
                                   (long)number(argc, argv, "stride", 6),
                                   (long)number(argc, argv, "classes", 50),
                                   (long)number(argc, argv, "end", 7) };
    p->data.valid = number(argc, argv, "valid", 0), p->data.test = number(argc, argv, "test", 0);
    p->data.test_path = word(argc, argv, "test_path");
    p->data.shuffle = number(argc, argv, "shuffle", 0) > 0;
    if (gg_open(p, argv[1], (int)number(argc, argv, "threads", 1), (long)number(argc, argv, "seed", -1))) return failed();
    const long windows = (long)number(argc, argv, "windows", -1), pause = (long)number(argc, argv, "pause", -1);
    const char *save = word(argc, argv, "save");
    if (windows >= 0 && gg_steps(p, windows)) return failed();
    for (long n = 1; !gg_train(p, 1, reports); n++) {
        for (long i = 0; i < p->device.w->samples; i++) print_row(p, i);
        if (n != pause) continue;
        if (gg_save(p, save)) return failed();
        gg_close(p);
        if (gg_open(p, argv[1], 1, -1) || gg_steps(p, windows) || gg_resume(p, save)) return failed();
    }
    if (!number(argc, argv, "evaluate", 1)) return 0;
    const char *const splits[] = { "train", "valid", "test" };
    for (int i = 0; i < 3; i++)
        if (!gg_evaluate(p, splits[i], reports)) {
            printf("%s", splits[i]);
            for (int k = 1; k < p->model.nreports; k++) printf(" %s %.6f", p->model.reports[k].name, reports[k]);
            printf("\n");
        }
    gg_close(p);
    return 0;
}
