/* differ.c -- compares what tests/gpu/drive.c kept of two runs, says how far they differ, exits 1 when too far.

       differ GOT REFERENCE [OPTION X]...
       --loss X       the largest relative difference of a loss;  --updates N: of the first N alone
       --gradient X   relative L2 of a gradient over all tensors
       --tensor X     of each tensor of a gradient: ||difference|| / (||tensor|| + 1e-3 ||all tensors||)
       --weight X     relative L2 of the final weights over all tensors
       --scale X      multiplies the first tensor of each gradient and every loss by X: a control, which must fail */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096, NAME = 200 };
typedef struct { char kind; long update, count; char name[NAME]; double loss; float *value; } Record;
typedef struct { Record *at; int n; } Run;
static double loss_most = -1, gradient_most = -1, tensor_most = -1, weight_most = -1, scale = 1;
static long updates = 1000000000;
static int compared, failed;

static void stop(const char *path, const char *why)
{
    fprintf(stderr, "differ: %s: %s\n", path, why);
    exit(2);
}

static float *values(FILE *f, const char *path, long n)
{
    float *v = n > 0 ? malloc((size_t)n * sizeof *v) : NULL;
    if (!v || fread(v, sizeof *v, (size_t)n, f) != (size_t)n) stop(path, "ends in a tensor");
    return v;
}

static Run read_run(const char *path)
{
    Run run = { calloc(MOST, sizeof(Record)), 0 };
    FILE *f = fopen(path, "rb");
    char line[512];
    if (!f || !run.at) stop(path, "cannot be read");
    while (run.n < MOST && fgets(line, sizeof line, f)) {
        Record *r = &run.at[run.n++];
        if (sscanf(line, "loss %ld %lf", &r->update, &r->loss) == 2) r->kind = 'l';
        else if (sscanf(line, "gradient %ld %199s %ld", &r->update, r->name, &r->count) == 3) r->kind = 'g';
        else if (sscanf(line, "weight %199s %ld", r->name, &r->count) == 2) r->kind = 'w';
        else stop(path, "is not what drive writes");
        if (r->kind != 'l') r->value = values(f, path, r->count);
    }
    fclose(f);
    return run;
}

static const Record *find(const Run *run, const Record *like)
{
    for (int i = 0; i < run->n; i++) {
        const Record *r = &run->at[i];
        if (r->kind == like->kind && r->update == like->update && !strcmp(r->name, like->name)) return r;
    }
    return NULL;
}

static void judge(const char *what, double measured, double most)
{
    const int over = !(measured <= most);
    printf("%s %s: %.3g of %g\n", over ? "over" : "fine", what, measured, most);
    failed |= over, compared++;
}

/* NaN is the largest of all. */
static double larger(double a, double b)
{
    return a != a || a > b ? a : b;
}

static void losses(const Run *got, const Run *want)
{
    double most = 0;
    long n = 0;
    char what[64];
    for (int i = 0; i < want->n; i++) {
        const Record *w = &want->at[i], *g = find(got, w);
        if (w->kind != 'l' || w->update > updates || !g) continue;
        most = larger(most, fabs(g->loss * scale - w->loss) / fabs(w->loss)), n++;
    }
    if (!n) return;
    snprintf(what, sizeof what, "%ld losses, largest relative difference", n);
    judge(what, most, loss_most);
}

/* Squares of the difference and of the reference; a tensor that is missing is infinitely far. */
static void distance(const Record *g, const Record *w, double by, double *difference, double *square)
{
    *difference = *square = 0;
    if (!g || g->count != w->count) {
        *difference = INFINITY;
        return;
    }
    for (long e = 0; e < w->count; e++) {
        const double d = g->value[e] * by - w->value[e];
        *difference += d * d, *square += (double)w->value[e] * w->value[e];
    }
}

/* All tensors of a kind and update together and, where each is a bound, one by one. */
static void tensors(const Run *got, const Run *want, char kind, long update, double all, double each)
{
    double d[MOST], s[MOST], difference = 0, square = 0, most = 0;
    const char *worst = "none";
    char what[NAME + 64];
    int n = 0;
    for (int i = 0; i < want->n; i++) {
        const Record *w = &want->at[i];
        if (w->kind != kind || w->update != update) continue;
        distance(find(got, w), w, kind == 'g' && n == 0 ? scale : 1, &d[n], &s[n]);
        difference += d[n], square += s[n], n++;
    }
    snprintf(what, sizeof what, "%s %ld, relative L2", kind == 'g' ? "gradient" : "weights", update);
    if (all >= 0) judge(what, sqrt(difference / square), all);
    for (int i = 0, k = 0; i < want->n; i++) {
        const Record *w = &want->at[i];
        if (w->kind != kind || w->update != update) continue;
        const double x = sqrt(d[k]) / (sqrt(s[k]) + 1e-3 * sqrt(square));
        if (!(x <= most)) most = x, worst = w->name;
        k++;
    }
    snprintf(what, sizeof what, "gradient %ld, worst tensor %s", update, worst);
    if (each >= 0) judge(what, most, each);
}

static void options(int argc, char **argv)
{
    const struct { const char *name; double *to; } table[] = {
        { "--loss", &loss_most }, { "--gradient", &gradient_most }, { "--tensor", &tensor_most },
        { "--weight", &weight_most }, { "--scale", &scale },
    };
    for (int i = 3; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--updates")) updates = atol(argv[i + 1]);
        for (size_t k = 0; k < sizeof table / sizeof *table; k++)
            if (!strcmp(argv[i], table[k].name)) *table[k].to = atof(argv[i + 1]);
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) return fprintf(stderr, "usage: differ GOT REFERENCE OPTION X...\n"), 2;
    options(argc, argv);
    const Run got = read_run(argv[1]), want = read_run(argv[2]);
    long seen = -1;
    if (loss_most >= 0) losses(&got, &want);
    for (int i = 0; i < want.n; i++) {
        const Record *w = &want.at[i];
        if (w->kind != 'g' || w->update == seen || (gradient_most < 0 && tensor_most < 0)) continue;
        seen = w->update;
        tensors(&got, &want, 'g', seen, gradient_most, tensor_most);
    }
    if (weight_most >= 0) tensors(&got, &want, 'w', 0, weight_most, -1);
    if (!compared) puts("over nothing to compare");
    return failed || !compared;
}
