/* data_idx.c -- the IDX format of MNIST: two zeros, a type, a rank, big-endian sizes, elements; also .gz with zlib.
   A directory is searched for MNIST's names: train-images-idx3-ubyte, t10k-labels-idx1-ubyte, images.idx ... */
#include "runtime.h"
#include <errno.h>
#include <sys/stat.h>
#ifdef GAGEN_ZLIB
#include <zlib.h>
#endif

typedef struct {
    char path[4096];
    long bytes;                                             /* of the file */
    bool packed;                                            /* a .gz */
    void *file;
} IdxFile;

#ifdef GAGEN_ZLIB
static void *gg_stream_open(const char *path)            { return gzopen(path, "rb"); }
static long gg_stream_read(void *f, void *to, unsigned n) { return gzread(f, to, n); }
static void gg_stream_close(void *f)                     { gzclose(f); }
#else
static void *gg_stream_open(const char *path)            { return fopen(path, "rb"); }
static long gg_stream_read(void *f, void *to, unsigned n) { return (long)fread(to, 1, n, f); }
static void gg_stream_close(void *f)                     { fclose(f); }
#endif

static long gg_idx_read(IdxFile *f, void *to, long n)
{
    long done = 0, got = 1;
    while (done < n && got > 0) {
        long want = n - done < 1 << 24 ? n - done : 1 << 24;
        got = gg_stream_read(f->file, (char *)to + done, (unsigned)want);
        if (got > 0) done += got;
    }
    return done;
}

static void gg_idx_open(IdxFile *f)
{
    struct stat st;
    unsigned char magic[2] = { 0 };
    FILE *file = fopen(f->path, "rb");
    if (!file || fstat(fileno(file), &st)) gg_fail(GG_DATA, "%s: %s", f->path, strerror(errno));
    if (S_ISDIR(st.st_mode)) gg_fail(GG_DATA, "%s: a directory, not a file", f->path);
    size_t got = fread(magic, 1, 2, file);
    fclose(file);
    f->bytes = st.st_size;
    f->packed = got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
#ifndef GAGEN_ZLIB
    if (f->packed)
        gg_fail(GG_DATA, "%s: compressed, and this program was built without zlib: gunzip it, or build with "
                "-DGAGEN_ZLIB and -lz", f->path);
#endif
    if (!(f->file = gg_stream_open(f->path))) gg_fail(GG_DATA, "%s: %s", f->path, strerror(errno));
}

/* ---- the header ----------------------------------------------------------------------------------------- */
enum { GG_IDX_U8 = 0x08, GG_IDX_INT = 0x0c, GG_IDX_FLOAT = 0x0d, GG_IDX_RANK = 8 };
typedef struct { int type, rank; long rows, dim[GG_IDX_RANK]; } IdxHeader;      /* dim: of a row, 1s left out */

static uint32_t gg_big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static IdxHeader gg_idx_header(IdxFile *f)
{
    unsigned char head[4], size[4];
    IdxHeader h = { 0 };
    if (gg_idx_read(f, head, 4) < 4) gg_fail(GG_DATA, "%s: truncated: no header", f->path);
    if (head[0] || head[1] || head[3] < 1 || head[3] > GG_IDX_RANK)
        gg_fail(GG_DATA, "%s: not an IDX file: it begins with %02x %02x %02x %02x", f->path, head[0], head[1], head[2],
                head[3]);
    h.type = head[2];
    if (h.type != GG_IDX_U8 && h.type != GG_IDX_INT && h.type != GG_IDX_FLOAT)
        gg_fail(GG_DATA, "%s: IDX type 0x%02x; 0x08 (unsigned byte), 0x0c (int32) and 0x0d (float32) can be read",
                f->path, h.type);
    for (int a = 0; a < head[3]; a++) {
        if (gg_idx_read(f, size, 4) < 4) gg_fail(GG_DATA, "%s: truncated: the header ends early", f->path);
        if (a == 0) h.rows = gg_big_endian(size);
        else if (gg_big_endian(size) != 1) h.dim[h.rank++] = gg_big_endian(size);
    }
    return h;
}

/* No memory is asked for that the file cannot fill: deflate packs at most 1,032 to 1. */
static void gg_idx_check_size(const IdxFile *f, const IdxHeader *h, long row_bytes)
{
    double need = (double)h->rows * (double)row_bytes, most = (double)f->bytes * (f->packed ? 1040 : 1);
    if (need > most)
        gg_fail(GG_DATA, "%s: truncated: its header says %ld rows of %ld bytes, the file has %ld bytes%s", f->path,
                h->rows, row_bytes, f->bytes, f->packed ? " compressed" : "");
}

/* ---- the elements --------------------------------------------------------------------------------------- */
static float gg_big_endian_float(const unsigned char *b)
{
    uint32_t u = gg_big_endian(b);
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void gg_idx_convert(const unsigned char *in, int type, long n, char to, char *out)
{
    for (long i = 0; i < n; i++) {
        const unsigned char *b = type == GG_IDX_U8 ? in + i : in + 4 * i;
        int32_t whole = type == GG_IDX_U8 ? *b : type == GG_IDX_INT ? (int32_t)gg_big_endian(b) : 0;
        if (to == 'b') out[i] = (char)whole;
        else if (to == 'i') ((int32_t *)(void *)out)[i] = whole;
        else ((real *)(void *)out)[i] = type == GG_IDX_FLOAT ? (real)gg_big_endian_float(b) : (real)whole;
    }
}

static void gg_idx_check_type(const IdxFile *f, const IdxHeader *h, const Column *c)
{
    bool whole = h->type != GG_IDX_FLOAT;
    if ((c->type == 'b' && h->type != GG_IDX_U8) || (c->type == 'i' && !whole))
        gg_fail(GG_DATA, "%s: it holds %s, the model says %s for %s", f->path, whole ? "int32" : "float32",
                c->type == 'b' ? "unsigned bytes" : "whole numbers", c->name);
}

static long gg_idx_column(Table *d, int column, IdxFile *f)
{
    const Column *c = &d->p->columns[column];
    gg_idx_open(f);
    IdxHeader h = gg_idx_header(f);
    gg_idx_check_type(f, &h, c);
    gg_table_dims(f->path, c, h.dim, h.rank);
    long width = gg_row_count(c), unit = h.type == GG_IDX_U8 ? 1 : 4, row = width * unit, done = 0, extra;
    gg_idx_check_size(f, &h, row);
    char *out = gg_table_grow(d, column, h.rows);
    unsigned char *in = gg_alloc(1, (size_t)row);
    for (; done < h.rows && gg_idx_read(f, in, row) == row; done++)
        gg_idx_convert(in, h.type, width, c->type, out + (size_t)(done * width) * gg_element_size(c));
    if (done < h.rows)
        gg_fail(GG_DATA, "%s: truncated or damaged: its header says %ld rows, it ends in row %ld", f->path, h.rows,
                done);
    extra = gg_idx_read(f, in, 1);
    if (extra) gg_fail(GG_DATA, "%s: oversized: bytes follow the %ld rows that its header says", f->path, h.rows);
    free(in);
    gg_stream_close(f->file);
    gg_table_check(f->path, c, out, h.rows);
    return h.rows;
}

/* ---- the files of a set --------------------------------------------------------------------------------- */
static bool gg_idx_find(IdxFile *f, const char *dir, const char *prefix, const char *source)
{
    static const char *const patterns[] = { "%s/%s%ss-idx%d-ubyte%s", "%s/%s%ss.idx%d-ubyte%s", "%s/%s%ss.idx%.0d%s" };
    static const char *const ends[] = { "", ".gz" };
    int axes = strcmp(source, "label") ? 3 : 1;
    for (int i = 0; i < 6; i++) {
        int room = (int)sizeof f->path, form = i / 2;
        int n = snprintf(f->path, sizeof f->path, patterns[form], dir, prefix, source, form == 2 ? 0 : axes,
                         ends[i % 2]);
        if (n < room && access(f->path, F_OK) == 0) return true;
    }
    return false;
}

static bool gg_idx_find_all(IdxFile *files, const Table *d, const char *dir, const char *prefix)
{
    for (int c = 0; c < d->p->ncolumns; c++)
        if (!gg_idx_find(&files[c], dir, prefix, d->p->columns[c].source)) return false;
    return true;
}

static const char *gg_idx_find_set(IdxFile *files, const Table *d, const char *dir, bool test)
{
    static const char *const prefixes[2][4] = { { "train-", "", "t10k-", "test-" }, { "t10k-", "test-" } };
    for (int i = 0; i < 4 && prefixes[test][i]; i++)
        if (gg_idx_find_all(files, d, dir, prefixes[test][i])) return prefixes[test][i];
    return NULL;
}

/* The file itself, where the model reads one column. The test files of the directory that also trains count only where it has training files of their own. */
static bool gg_idx_files(IdxFile *files, const Table *d, const char *dir, bool test)
{
    struct stat st;
    if (d->p->ncolumns == 1 && stat(dir, &st) == 0 && S_ISREG(st.st_mode))
        return snprintf(files->path, sizeof files->path, "%s", dir) < (int)sizeof files->path && !test;
    const char *train = gg_idx_find_set(files, d, dir, false);
    if (!train)
        gg_fail(GG_DATA, "%s: no train-images-idx3-ubyte and train-labels-idx1-ubyte there, no t10k-..., no images.idx "
                "and labels.idx, .gz or not", dir);
    if (!test) return true;
    bool alone = d->p->test_path != NULL;
    const char *found = gg_idx_find_set(files, d, dir, true);
    if (!found && alone) return gg_idx_find_set(files, d, dir, false) != NULL;
    return found && (alone || strcmp(found, train));
}

long gg_idx_append(Table *d, const char *path, bool test)
{
    IdxFile *files = gg_alloc((size_t)d->p->ncolumns, sizeof *files);
    long rows = -1;
    if (gg_idx_files(files, d, path, test))
        for (int c = 0; c < d->p->ncolumns; c++) {
            long n = gg_idx_column(d, c, &files[c]);
            if (c && n != rows)
                gg_fail(GG_DATA, "%s: %ld rows, but %s has %ld", files[c].path, n, files[0].path, rows);
            rows = n;
        }
    free(files);
    return rows;
}
