/* data_raw.c -- files without a header, in this machine's byte order.

   A column's source is its type and position. "float32 x.bin" is a file of its own in the
   directory. "uint8@2/3073" is from byte 2 of records of 3,073 bytes, which are one file for all
   columns. CIFAR-10's binary version has five files of such records, and one for testing. */
#include "readers.h"
#include "data_flat.h"
#include "known.h"
#include "number.h"

/* The type at the beginning of the source; *rest is the text after it. */
static char gg_raw_type(const char *source, const char **rest)
{
    const size_t n = strcspn(source, " @");
    const char type = gg_type_named(source, n);
    if (!type || !source[n]) gg_fail(GG_DATA, "this runtime cannot read '%s'", source);
    *rest = source + n;
    return type;
}

static void gg_raw_check_size(Flat *f, const Column *c, const char *what)
{
    f->big = GG_BIG;
    f->rows = f->bytes / f->stride;
    gg_known(f->path, GG_FOR_RAW);
    if (f->bytes % f->stride)
        gg_fail(GG_DATA,
                "%s: %ld bytes are %ld %s of %ld bytes and %ld over: the model's sizes or type of "
                "%s are not the "
                "file's, or it is truncated",
                f->path, f->bytes, f->rows, what, f->stride, f->bytes % f->stride, c->name);
}

/* One column of a file of records that is open. */
static void gg_raw_records(Table *d, int column, Flat *f, long done)
{
    const Column *c = &d->set->columns[column];
    const char *rest;
    f->type = gg_raw_type(c->source, &rest);
    if (sscanf(rest, "@%ld/%ld", &f->start, &f->stride) != 2)
        gg_fail(GG_DATA, "this runtime cannot read '%s'", c->source);
    f->start--;
    gg_raw_check_size(f, c, "records");
    gg_flat_append(d, column, f, done);
}

static void gg_raw_file(Table *d, int column, Flat *f, const char *path, const char *rest)
{
    const Column *c = &d->set->columns[column];
    f->type = gg_raw_type(c->source, &rest);
    gg_flat_find(d, f, path, rest + 1);
    f->stride = gg_row_count(c) * gg_type_bytes(f->type);
    gg_raw_check_size(f, c, "rows");
    gg_flat_append(d, column, f, 0);
}

static void gg_raw_path(Table *d, Flat *f, const char *path)
{
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        gg_fail(GG_DATA, "%s: too long a name", path);
    gg_flat_open(d, f);
}

long gg_raw_append(Table *d, const char *path, bool test)
{
    Flat f, first = { 0 };
    const char *rest;
    if (test && !d->set->test_path) return -1;
    for (int c = 0; c < d->set->ncolumns; c++) {
        f = (Flat) { 0 };
        gg_raw_type(d->set->columns[c].source, &rest);
        if (*rest == '@') gg_raw_path(d, &f, path), gg_raw_records(d, c, &f, 0);
        else gg_raw_file(d, c, &f, path, rest);
        if (c == 0) first = f;
        gg_flat_beside(f.path, f.rows, first.path, first.rows);
    }
    return first.rows;
}

/* ---- CIFAR-10 ---- */
/* One batch file after `done` rows of its set: its rows. */
static long gg_cifar_file(Table *d, const char *path, long done)
{
    Flat f = { 0 };
    for (int c = 0; c < d->set->ncolumns; c++) {
        f = (Flat) { 0 };
        gg_raw_path(d, &f, path);
        gg_raw_records(d, c, &f, done);
    }
    return f.rows;
}

static bool gg_cifar_name(char out[4096], const char *dir, const char *name, int number)
{
    int n = number ? snprintf(out, 4096, "%s/%s_%d.bin", dir, name, number)
                   : snprintf(out, 4096, "%s/%s.bin", dir, name);
    return n < 4096 && access(out, F_OK) == 0;
}

static long gg_cifar_train(Table *d, const char *dir)
{
    char path[4096];
    long rows = 0;
    for (int i = 1; i <= 5 && gg_cifar_name(path, dir, "data_batch", i); i++)
        rows += gg_cifar_file(d, path, rows);
    if (!rows && !gg_cifar_name(path, dir, "data_batch", 1))
        gg_fail(GG_DATA,
                "%s: no data_batch_1.bin there: CIFAR-10's binary version has it "
                "(cifar-10-binary.tar.gz)",
                dir);
    return rows;
}

/* A file of records, or test_batch.bin if it exists. A directory made for testing may hold other
   batches. */
long gg_cifar_append(Table *d, const char *dir, bool test)
{
    char path[4096];
    size_t n = strlen(dir);
    if (n > 4 && !strcmp(dir + n - 4, ".bin")) return test ? -1 : gg_cifar_file(d, dir, 0);
    if (!test) return gg_cifar_train(d, dir);
    if (gg_cifar_name(path, dir, "test_batch", 0)) return gg_cifar_file(d, path, 0);
    return d->set->test_path ? gg_cifar_train(d, dir) : -1;
}
