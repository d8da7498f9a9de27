/* data_npy.c -- NumPy's format: a magic number, a version, the text of a Python dictionary, elements. A directory holds one
   file for each column. */
#include "runtime.h"
#include <errno.h>

enum { GG_NPY_RANK = 8, GG_NPY_TEXT = 1 << 16 };
typedef struct { int rank; long rows, dim[GG_NPY_RANK]; } NpyShape;             /* dim: of a row, 1s left out */

/* The dictionary's text, which ends where the elements begin: f->start. */
static char *gg_npy_text(Flat *f)
{
    unsigned char head[12] = { 0 };
    gg_flat_get(f, head, 0, f->bytes < 12 ? f->bytes : 12);
    if (f->bytes < 10 || memcmp(head, "\x93NUMPY", 6))
        gg_fail(GG_DATA, "%s: not an NPY file: it begins with %02x %02x %02x %02x", f->path, head[0], head[1], head[2],
                head[3]);
    if (head[6] < 1 || head[6] > 3)
        gg_fail(GG_DATA, "%s: NPY version %d.%d; 1, 2 and 3 can be read", f->path, head[6], head[7]);
    long n = head[8] | head[9] << 8, at = head[6] == 1 ? 10 : 12;
    if (head[6] > 1) n |= (long)head[10] << 16 | (long)head[11] << 24;
    if (n > f->bytes - at) gg_fail(GG_DATA, "%s: truncated: its header has %ld bytes, the file %ld", f->path, n, f->bytes);
    if (n > GG_NPY_TEXT) gg_fail(GG_DATA, "%s: a header of %ld bytes; %d are read", f->path, n, GG_NPY_TEXT);
    static char text[GG_NPY_TEXT + 1];
    gg_flat_get(f, text, at, n);
    text[n] = 0;
    f->start = at + n;
    return text;
}

/* Where the value of 'key' begins. */
static const char *gg_npy_value(const Flat *f, const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (at) at += strlen(key), at += strspn(at, " ");
    if (!at || *at != ':') gg_fail(GG_DATA, "%s: its header has no %s: %.60s", f->path, key, text);
    at++;
    return at + strspn(at, " ");
}

static char gg_npy_type(const Flat *f, const char *descr)
{
    static const struct { const char *text; char type; } types[] = {
        { "'|u1'", 'b' }, { "'<u1'", 'b' }, { "'<i4'", 'i' }, { "'<i8'", 'l' }, { "'<f4'", 'f' }, { "'<f8'", 'd' },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strncmp(descr, types[i].text, 5)) return types[i].type;
    if (descr[0] == '\'' && descr[1] == '>')
        gg_fail(GG_DATA, "%s: its elements are %.5s, big-endian: save a.astype('<%.2s')", f->path, descr, descr + 2);
    gg_fail(GG_DATA, "%s: its elements are %.12s; u1, i4, i8, f4 and f8 can be read: save a.astype('float32')", f->path,
            descr);
}

static void gg_npy_shape(const Flat *f, const char *text, NpyShape *s)
{
    const char *at = text + (*text == '(');
    int n = 0;
    while (*text == '(' && *at >= '0' && *at <= '9') {
        char *end;
        errno = 0;
        long size = strtol(at, &end, 10);
        if (errno || s->rank == GG_NPY_RANK) gg_fail(GG_DATA, "%s: its shape is too large: %.60s", f->path, text);
        if (n++ == 0) s->rows = size;
        else if (size != 1) s->dim[s->rank++] = size;
        at = end + strspn(end, ", ");
    }
    if (*text != '(' || *at != ')') gg_fail(GG_DATA, "%s: its shape is none: %.60s", f->path, text);
    if (n == 0) gg_fail(GG_DATA, "%s: it holds one number without axes; the first axis is the rows", f->path);
}

static void gg_npy_check_type(const Flat *f, const Column *c)
{
    bool whole = f->type == 'b' || f->type == 'i' || f->type == 'l';
    if (c->type == 'i' && !whole)
        gg_fail(GG_DATA, "%s: it holds %s, the model says whole numbers for %s: save a.astype('int32')", f->path,
                gg_flat_name(f->type), c->name);
    if (c->type == 'b' && f->type != 'b')
        gg_fail(GG_DATA, "%s: it holds %s, the model says type = \"uint8\" for %s", f->path, gg_flat_name(f->type),
                c->name);
}

static void gg_npy_check_size(const Flat *f)
{
    double need = (double)f->start + (double)f->rows * (double)f->stride;
    if (need == (double)f->bytes) return;
    gg_fail(GG_DATA, "%s: %s: its header says %ld rows of %ld bytes behind %ld, the file has %ld bytes", f->path,
            need > (double)f->bytes ? "truncated" : "oversized", f->rows, f->stride, f->start, f->bytes);
}

static void gg_npy_header(Flat *f, const Column *c)
{
    NpyShape shape = { 0 };
    char *text = gg_npy_text(f);
    f->type = gg_npy_type(f, gg_npy_value(f, text, "'descr'"));
    if (strncmp(gg_npy_value(f, text, "'fortran_order'"), "False", 5))
        gg_fail(GG_DATA, "%s: in Fortran's order: save numpy.ascontiguousarray(a)", f->path);
    gg_npy_shape(f, gg_npy_value(f, text, "'shape'"), &shape);
    gg_npy_check_type(f, c);
    gg_table_dims(f->path, c, shape.dim, shape.rank);
    f->rows = shape.rows, f->stride = gg_row_count(c) * gg_flat_unit(f->type);
    gg_npy_check_size(f);
}

long gg_npy_append(Table *d, const char *path, bool test)
{
    const Program *p = d->p;
    static Flat f, first;
    if (test && !p->test_path) return -1;
    for (int c = 0; c < p->ncolumns; c++) {
        f = (Flat){ 0 };
        gg_flat_find(&f, p, path, p->columns[c].source);
        gg_npy_header(&f, &p->columns[c]);
        if (c == 0) first = f;
        gg_flat_beside(f.path, f.rows, first.path, first.rows);
        gg_flat_append(d, c, &f, 0);
    }
    return first.rows;
}
