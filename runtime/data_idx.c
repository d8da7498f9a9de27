/* data_idx.c -- the IDX format of MNIST: two zeros, a type, a rank, big-endian sizes, elements;
   also .gz with zlib.
   1. A directory is searched for names of the form SET-train-images-idx3-ubyte.gz: a set, train,
      t10k or test, images or labels, the format. All but the kind may be missing.
   2. Where several sets lie there, as EMNIST's do, the model names one: a column's source is
      "image" or "letters/image".
   3. A file of labels with eight numbers a row is QMNIST's (idx2-int): the first is the class. */
#include "readers.h"
#include "known.h"
#include "number.h"
#include "stream.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/* ---- names ---- */
enum { GG_IDX_STAGES = 4, GG_IDX_SET = 64 };
static const char *const gg_idx_stages[GG_IDX_STAGES] = { "train-", "t10k-", "test-", "" };
typedef struct {
    char set[GG_IDX_SET];
    int stage;
    bool label;
} IdxName;
typedef struct {
    char path[4096];
    bool label;
} IdxFile;

/* "-idx3-ubyte", ".idx2-int.gz", ".idx" */
static bool gg_idx_format(const char *end)
{
    static const char *const units[] = { "ubyte", "byte", "short", "int", "float", "double" };
    if (strncmp(end, "-idx", 4) && strncmp(end, ".idx", 4)) return false;
    const bool bare = *end == '.';
    end += 4;
    if (*end >= '1' && *end <= '8' && end[1] == '-') {
        size_t i = 0, n = strcspn(end += 2, ".");
        while (i < 6 && (strlen(units[i]) != n || memcmp(units[i], end, n))) i++;
        if (i == 6) return false;
        end += n;
    } else if (!bare) return false;
    return !*end || !strcmp(end, ".gz");
}

/* Splits a name; false: it has another form. */
static bool gg_idx_name(const char *name, IdxName *x)
{
    const char *labels = strstr(name, "labels"), *kind = labels ? labels : strstr(name, "images");
    if (!kind || !gg_idx_format(kind + 6) || kind - name >= GG_IDX_SET) return false;
    size_t n = (size_t)(kind - name), m = 0;
    *x = (IdxName) { .label = kind == labels };
    for (; x->stage < GG_IDX_STAGES; x->stage++) {
        m = strlen(gg_idx_stages[x->stage]);
        if (n >= m && !memcmp(kind - m, gg_idx_stages[x->stage], m) &&
            (n == m || name[n - m - 1] == '-'))
            break;
    }
    if (x->stage == GG_IDX_STAGES) return false;
    if (n > m) memcpy(x->set, name, n - m - 1);
    return true;
}

/* The directory's next name of that form; NULL: there are no more, and it is closed. */
static const char *gg_idx_next(DIR *dir, IdxName *x)
{
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (gg_idx_name(e->d_name, x)) return e->d_name;
    if (dir) closedir(dir);
    return NULL;
}

/* ---- which set ---- */
/* The whole name of the set, or its last part: "letters" for "emnist-letters". */
static bool gg_idx_is_set(const char *set, const char *asked)
{
    const size_t n = strlen(set), m = strlen(asked);
    return !strcmp(set, asked) ||
           (m && n > m && set[n - m - 1] == '-' && !strcmp(set + n - m, asked));
}

static bool gg_idx_listed(const char *list, const char *set)
{
    const size_t n = strlen(set);
    for (const char *at = list; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] ? 2 : 0))
        if (strcspn(at, ",") == n && !strncmp(at, set, n)) return true;
    return false;
}

/* Lists the sets in the directory that the model may mean, "emnist-digits, emnist-letters", and
   returns how many. A set without a name is alone. */
static int gg_idx_sets(const char *path, const char *asked, char list[300])
{
    IdxName x;
    int count = 0;
    bool plain = false;
    DIR *dir = opendir(path);
    *list = 0;
    while (gg_idx_next(dir, &x)) {
        const size_t n = strlen(list);
        plain |= !*x.set && !*asked;
        if (!*x.set || gg_idx_listed(list, x.set) || (*asked && !gg_idx_is_set(x.set, asked)))
            continue;
        if (n + strlen(x.set) + 3 < 300) snprintf(list + n, 300 - n, "%s%s", n ? ", " : "", x.set);
        count++;
    }
    if (plain) *list = 0;
    return plain ? 1 : count;
}

static void gg_idx_set(const char *path, const char *asked, char set[300])
{
    const int count = gg_idx_sets(path, asked, set);
    if (count > 1)
        gg_fail(GG_DATA, "%s: %d sets lie there: %s: say which, set = \"%.60s\"", path, count, set,
                strrchr(set, ' ') ? strrchr(set, ' ') + 1 : set);
    if (!*asked || count) return;
    char all[300];
    gg_idx_sets(path, "", all);
    gg_fail(GG_DATA, "%s: no set \"%s\" lies there%s%s", path, asked, *all ? "; there are: " : "",
            all);
}

/* ---- which files ---- */
static bool gg_idx_better(const char *name, const char *best)
{
    const bool packed = name[strlen(name) - 1] == 'z', before = best[strlen(best) - 1] == 'z';
    return packed != before ? before : strcmp(name, best) < 0;
}

static bool gg_idx_find(IdxFile *f, const char *path, const char *set, int stage,
                        const char *source)
{
    IdxName x;
    char best[256] = "";
    const char *name, *kind = strrchr(source, '/');
    DIR *dir = opendir(path);
    f->label = !strcmp(kind ? kind + 1 : source, "label");
    while ((name = gg_idx_next(dir, &x)))
        if (x.stage == stage && x.label == f->label && !strcmp(x.set, set) &&
            (!*best || gg_idx_better(name, best)))
            snprintf(best, sizeof best, "%s", name);
    return *best && snprintf(f->path, sizeof f->path, "%s/%s", path, best) < (int)sizeof f->path;
}

static bool gg_idx_find_all(IdxFile *files, const Table *d, const char *dir, const char *set,
                            int stage)
{
    for (int c = 0; c < d->set->ncolumns; c++)
        if (!gg_idx_find(&files[c], dir, set, stage, d->set->columns[c].source)) return false;
    return true;
}

/* The split whose files are all there, or -1. */
static int gg_idx_stage(IdxFile *files, const Table *d, const char *dir, const char *set, bool test)
{
    static const int order[2][GG_IDX_STAGES + 1] = { { 0, 3, 1, 2, -1 }, { 1, 2, -1 } };
    for (const int *stage = order[test]; *stage >= 0; stage++)
        if (gg_idx_find_all(files, d, dir, set, *stage)) return *stage;
    return -1;
}

/* The file itself, if the model reads one column. Test files of the directory that also trains
   count only if it has training files of their own. */
static bool gg_idx_files(IdxFile *files, const Table *d, const char *dir, bool test)
{
    struct stat st;
    char set[300], asked[GG_IDX_SET] = "";
    const char *source = d->set->columns->source, *slash = strrchr(source, '/');
    if (d->set->ncolumns == 1 && stat(dir, &st) == 0 && S_ISREG(st.st_mode)) {
        files->label = !strcmp(slash ? slash + 1 : source, "label");
        return snprintf(files->path, sizeof files->path, "%s", dir) < (int)sizeof files->path &&
               !test;
    }
    if (slash) snprintf(asked, sizeof asked, "%.*s", (int)(slash - source), source);
    gg_idx_set(dir, asked, set);
    const int train = gg_idx_stage(files, d, dir, set, false);
    if (train < 0)
        gg_fail(GG_DATA,
                "%s: no train-images-idx3-ubyte and train-labels-idx1-ubyte there, no t10k-..., no "
                "images.idx "
                "and labels.idx, .gz or not",
                dir);
    if (!test) return true;
    const bool alone = d->set->test_path != NULL;
    const int found = gg_idx_stage(files, d, dir, set, true);
    if (found < 0 && alone) return gg_idx_stage(files, d, dir, set, false) >= 0;
    return found >= 0 && (alone || found != train);
}

/* ---- the header ---- */
enum { GG_IDX_RANK = 8 };
/* dim: of a row, 1s left out */
typedef struct {
    char type;
    int rank;
    long rows, dim[GG_IDX_RANK];
} IdxHeader;

static uint32_t gg_big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static char gg_idx_type(const Stream *f, int code)
{
    static const char types[] = "ba?hifd"; /* 0x08 to 0x0e */
    if (code >= 0x08 && code <= 0x0e && code != 0x0a) return types[code - 0x08];
    gg_fail(GG_DATA,
            "%s: IDX type 0x%02x is none: 0x08 and 0x09 are bytes, 0x0b int16, 0x0c int32, 0x0d "
            "float32, 0x0e float64",
            f->path, code);
}

static IdxHeader gg_idx_header(Stream *f)
{
    unsigned char head[4], size[4];
    IdxHeader h = { 0 };
    if (gg_stream_read(f, head, 4) < 4) gg_fail(GG_DATA, "%s: truncated: no header", f->path);
    if (head[0] || head[1] || head[3] < 1 || head[3] > GG_IDX_RANK) {
        gg_known(f->path, GG_FOR_ARRAYS);
        gg_fail(GG_DATA, "%s: not an IDX file: it begins with %02x %02x %02x %02x", f->path,
                head[0], head[1], head[2], head[3]);
    }
    h.type = gg_idx_type(f, head[2]);
    for (int a = 0; a < head[3]; a++) {
        if (gg_stream_read(f, size, 4) < 4)
            gg_fail(GG_DATA, "%s: truncated: the header ends early", f->path);
        if (a == 0) h.rows = gg_big_endian(size);
        else if (gg_big_endian(size) != 1) h.dim[h.rank++] = gg_big_endian(size);
    }
    return h;
}

/* Allocates no more memory than the file can fill: deflate compresses at most 1,032 to 1. */
static void gg_idx_check_size(const Stream *f, const IdxHeader *h, long row_bytes)
{
    double need = (double)h->rows * (double)row_bytes,
           most = (double)f->bytes * (f->packed ? 1040 : 1);
    if (need > most)
        gg_fail(GG_DATA,
                "%s: truncated: its header says %ld rows of %ld bytes, the file has %ld bytes%s",
                f->path, h->rows, row_bytes, f->bytes, f->packed ? " compressed" : "");
}

/* ---- the elements ---- */
/* The elements of a row in the file. */
static long gg_idx_width(const IdxFile *f, const IdxHeader *h, const Column *c)
{
    if (f->label && h->rank == 1 && h->dim[0] == 8 && gg_row_count(c) == 1) return 8;
    gg_table_dims(f->path, c, h->dim, h->rank);
    return gg_row_count(c);
}

static long gg_idx_column(Table *d, int column, const IdxFile *file)
{
    const Column *c = &d->set->columns[column];
    Stream *f = &d->held.stream;
    gg_stream_open(f, file->path);
    IdxHeader h = gg_idx_header(f);
    const long width = gg_row_count(c), row = gg_idx_width(file, &h, c) * gg_type_bytes(h.type);
    const size_t size = gg_row_bytes(c);
    long done = 0;
    gg_idx_check_size(f, &h, row);
    char *out = gg_table_grow(d, column, h.rows);
    unsigned char *in = gg_table_room(d, (size_t)row + 1);
    for (; done < h.rows && gg_stream_read(f, in, row) == row; done++)
        gg_number_convert(f->path, c, done, h.type, true, in, width, out + (size_t)done * size);
    if (done < h.rows)
        gg_fail(GG_DATA, "%s: truncated or damaged: its header says %ld rows, it ends in row %ld",
                f->path, h.rows, done);
    if (gg_stream_read(f, in, 1))
        gg_fail(GG_DATA, "%s: oversized: bytes follow the %ld rows that its header says", f->path,
                h.rows);
    gg_table_room(d, 0);
    gg_stream_close(f);
    gg_table_check(f->path, c, out, h.rows);
    return h.rows;
}

long gg_idx_append(Table *d, const char *path, bool test)
{
    IdxFile *files = gg_alloc((size_t)d->set->ncolumns, sizeof *files);
    long rows = -1;
    if (gg_idx_files(files, d, path, test))
        for (int c = 0; c < d->set->ncolumns; c++) {
            long n = gg_idx_column(d, c, &files[c]);
            if (c && n != rows)
                gg_fail(GG_DATA, "%s: %ld rows, but %s has %ld", files[c].path, n, files[0].path,
                        rows);
            rows = n;
        }
    free(files);
    return rows;
}
