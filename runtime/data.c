/* data.c -- finds the data, loads the columns, and decides which rows train, validate and test. */
#include "data.h"
#include "data_flat.h"
#include "readers.h"
#include "tokens.h"
#include <errno.h>
#include <glob.h>

typedef struct {
    const char *name;
    long (*append)(Table *, const char *path, bool test);
} Reader;
static const Reader gg_readers[] = {
    { "idx", gg_idx_append }, { "csv", gg_csv_append },       { "npy", gg_npy_append },
    { "raw", gg_raw_append }, { "cifar10", gg_cifar_append }, { "tokens", gg_tokens_append }
};

static const Reader *gg_reader(const char *name)
{
    for (size_t i = 0; i < sizeof gg_readers / sizeof *gg_readers; i++)
        if (!strcmp(gg_readers[i].name, name)) return &gg_readers[i];
    gg_fail(GG_DATA, "this runtime has no reader '%s'", name);
}

/* Whether there is such a file; of tokens, also whether there are files of such a pattern. */
static bool gg_exists(const Dataset *set, const char *path)
{
    glob_t found;
    if (access(path, F_OK) == 0) return true;
    if (!set->tokens.length || glob(path, 0, NULL, &found)) return false;
    globfree(&found);
    return true;
}

/* path, $GAGEN_DATA/path, $GAGEN_DATA/the path's last part: the first that exists */
static const char *gg_find_path(const Dataset *set, const char *path, char found[4096])
{
    const char *root = getenv("GAGEN_DATA"), *last = strrchr(path, '/');
    if (gg_exists(set, path)) return path;
    if (root && *path != '/') {
        snprintf(found, 4096, "%s/%s", root, path);
        if (gg_exists(set, found)) return found;
        snprintf(found, 4096, "%s/%s", root, last ? last + 1 : path);
        if (gg_exists(set, found)) return found;
    }
    gg_fail(GG_DATA, "%s: %s; --data DIR says where the data lies%s%s", path, strerror(errno),
            root ? ", GAGEN_DATA is " : "", root ? root : "");
}

/* --data DIR: DIR/the last part of the model's path where that exists, else DIR itself */
static const char *gg_given_path(const Dataset *set, const char *dir, char inside[4096])
{
    const char *path = set->path, *last = strrchr(path, '/');
    snprintf(inside, 4096, "%s/%s", dir, last ? last + 1 : path);
    return gg_exists(set, inside) ? inside : dir;
}

static Rows gg_append(Table *d, const char *path, bool test)
{
    long before = d->rows, rows;
    d->rows = gg_flat_next(d);
    rows = gg_reader(d->set->reader)->append(d, path, test);
    if (rows < 0) return d->rows = before, (Rows) { 0 };
    if (rows == 0) gg_fail(GG_DATA, "%s: no rows", path);
    if ((uint64_t)d->rows + (uint64_t)rows > UINT32_MAX)
        gg_fail(GG_DATA, "%s: more than 4,294,967,295 rows", path);
    d->rows += rows;
    return (Rows) { d->rows - rows, rows, NULL };
}

/* A number for a row and a stream; no two rows of a stream share one. */
static uint64_t gg_row_hash(long row, uint64_t stream)
{
    uint64_t x = (uint64_t)row * 2 + stream + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int gg_by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* the hash below which `count` of the rows without a split are */
static uint64_t gg_hash_bound(const char *split, long n, long count, uint64_t stream)
{
    long free_rows = 0, i = 0;
    for (long row = 0; row < n; row++) free_rows += !split[row];
    if (count >= free_rows)
        gg_fail(GG_DATA, "a split of %ld rows leaves none of %ld to train", count, free_rows);
    uint64_t *hash = gg_alloc((size_t)free_rows, sizeof *hash);
    for (long row = 0; row < n; row++)
        if (!split[row]) hash[i++] = gg_row_hash(row, stream);
    qsort(hash, (size_t)free_rows, sizeof *hash, gg_by_value);
    uint64_t bound = hash[count];
    free(hash);
    return bound;
}

/* Marks a fraction or a count of the n rows: the last ones without a split. */
static void gg_choose_last(char *split, long n, double part, char mark)
{
    const long count = part < 1 ? (long)(part * (double)n + 0.5) : (long)part;
    long row = n, left = count;
    for (; row > 0 && left > 0; row--)
        if (!split[row - 1]) split[row - 1] = mark, left--;
    if (left > 0)
        gg_fail(GG_DATA, "a split of the last %ld rows: there are only %ld", count, count - left);
}

/* Marks the rows of a fraction or a count: those with the smallest hashes. */
static void gg_choose(char *split, long n, double part, uint64_t stream, char mark)
{
    uint64_t bound = part < 1 ? (uint64_t)(part * 18446744073709551616.0)
                              : gg_hash_bound(split, n, (long)part, stream);
    for (long row = 0; row < n; row++)
        if (!split[row] && gg_row_hash(row, stream) < bound) split[row] = mark;
}

static Rows gg_marked(const char *split, long n, char mark)
{
    Rows rows = { 0, 0, gg_alloc((size_t)n, sizeof *rows.list) };
    for (long row = 0; row < n; row++)
        if (split[row] == mark) rows.list[rows.count++] = (uint32_t)row;
    if (rows.count && (long)(rows.list[rows.count - 1] - rows.list[0]) == rows.count - 1) {
        rows.from = rows.list[0];
        free(rows.list), rows.list = NULL;
    }
    return rows;
}

/* Of the n rows of the main set, by hash of the row number. */
static void gg_split(Table *d, long n)
{
    const Dataset *set = d->set;
    enum { TRAIN, VALID, TEST };
    char *split = d->split = gg_alloc((size_t)n, 1);
    bool cut_test = !d->test.count && set->test > 0, cut_valid = !d->valid.count && set->valid > 0;
    if (cut_test && set->test_last) gg_choose_last(split, n, set->test, TEST);
    if (cut_valid && set->valid_last) gg_choose_last(split, n, set->valid, VALID);
    if (cut_test && !set->test_last) gg_choose(split, n, set->test, 1, TEST);
    if (cut_valid && !set->valid_last) gg_choose(split, n, set->valid, 0, VALID);
    if (cut_test) d->test = gg_marked(split, n, TEST);
    if (cut_valid) d->valid = gg_marked(split, n, VALID);
    d->train = gg_marked(split, n, TRAIN);
    free(split);
    d->split = NULL;
    if (!d->train.count) gg_fail(GG_DATA, "the splits leave none of %ld rows to train", n);
}

/* Rule 1 of predict.c. */
static void gg_table_zeros(Table *d, const Dataset *set)
{
    size_t row = 0;
    for (int c = 0; c < set->ncolumns; c++) {
        size_t size = gg_row_bytes(&set->columns[c]);
        if (!set->columns[c].asked && size > row) row = size;
    }
    if (row) d->zeros = gg_alloc((size_t)d->rows, row);
    for (int c = 0; c < set->ncolumns; c++)
        if (!set->columns[c].asked) *set->columns[c].base = d->zeros;
}

void gg_table_ask(Table *d, const Dataset *set, const char *path, long rows)
{
    Column *columns = d->asked_columns = gg_alloc((size_t)set->ncolumns, sizeof *columns);
    d->set = d->asked = gg_alloc(1, sizeof *d->asked);
    *d->asked = *set;
    d->asked->columns = columns, d->asked->ncolumns = 0;
    d->asked->test_path = d->asked->valid_path = NULL;
    for (int c = 0; c < set->ncolumns; c++)
        if (set->columns[c].asked) columns[d->asked->ncolumns++] = set->columns[c];
    d->column = gg_alloc((size_t)set->ncolumns, sizeof *d->column);
    d->map = gg_alloc((size_t)set->ncolumns, sizeof *d->map);
    if (path) gg_append(d, path, false);
    else d->rows = rows;
    gg_table_bind(d);
    gg_table_zeros(d, set);
}

void gg_table_load(Table *d, const Dataset *set, const char *path)
{
    *d = (Table) { .set = set, .column = gg_alloc((size_t)set->ncolumns, sizeof *d->column) };
    d->map = gg_alloc((size_t)set->ncolumns, sizeof *d->map);
    char found[4096], other[4096];
    path = path ? gg_given_path(set, path, found) : gg_find_path(set, set->path, found);
    long rows = gg_append(d, path, false).count;
    if (set->test_path) d->test = gg_append(d, gg_find_path(set, set->test_path, other), true);
    else if (set->test > 0 && !d->tokens) d->test = gg_append(d, path, true);
    if (set->valid_path) d->valid = gg_append(d, gg_find_path(set, set->valid_path, other), false);
    if (!d->tokens) gg_split(d, rows);
    gg_table_bind(d);
}

void gg_table_give(Table *d, const Dataset *set, long rows, const void *const *columns)
{
    *d = (Table) { .set = set,
                   .rows = rows,
                   .column = gg_alloc((size_t)set->ncolumns, sizeof *d->column) };
    for (int c = 0; c < set->ncolumns; c++) {
        memcpy(&d->column[c], &columns[c], sizeof columns[c]);
        gg_table_check("the rows given", &set->columns[c], columns[c], rows);
    }
    gg_split(d, rows);
    gg_table_bind(d);
}

void gg_table_free(Table *d)
{
    for (int c = 0; d->map && c < d->set->ncolumns; c++) {
        if (!d->map[c].n) free(d->column[c]);
        gg_map_free(&d->map[c]);
    }
    gg_stream_close(&d->held.stream);
    gg_flat_close(d);
    free(d->held.room);
    free(d->map), free(d->column), free(d->train.list), free(d->valid.list), free(d->test.list),
        free(d->split);
    gg_tokens_free(d->tokens), free(d->chars.s);
    free(d->notes.s), free(d->fields.s), free(d->zeros), free(d->asked_columns);
    const Dataset *set = d->asked ? NULL : d->set;
    free(d->asked);
    *d = (Table) { .set = set };
}
