/* data_npy.c -- NumPy's format: a magic number, a version, the text of a Python dictionary,
   elements. A directory holds one file for each column. Other writers than NumPy put other quotes,
   spaces and orders of keys into the dictionary. */
#include "readers.h"
#include "data_flat.h"
#include "known.h"
#include "number.h"
#include <errno.h>
#include <limits.h>

enum { GG_NPY_TEXT = 1 << 16 };

/* The dictionary's text, which ends where the elements begin: f->start. */
static char *gg_npy_text(Table *d, Flat *f)
{
    unsigned char head[12] = { 0 };
    gg_flat_get(f, head, 0, f->bytes < 12 ? f->bytes : 12);
    const bool magic = f->bytes >= 10 && !memcmp(head, "\x93NUMPY", 6);
    if (!magic) gg_known(f->path, GG_FOR_ARRAYS);
    if (!magic)
        gg_fail(GG_DATA, "%s: not an NPY file: it begins with %02x %02x %02x %02x", f->path,
                head[0], head[1], head[2], head[3]);
    if (head[6] < 1 || head[6] > 3)
        gg_fail(GG_DATA, "%s: NPY version %d.%d; 1, 2 and 3 can be read", f->path, head[6],
                head[7]);
    long n = head[8] | head[9] << 8, at = head[6] == 1 ? 10 : 12;
    if (head[6] > 1) n |= (long)head[10] << 16 | (long)head[11] << 24;
    if (n > f->bytes - at)
        gg_fail(GG_DATA, "%s: truncated: its header has %ld bytes, the file %ld", f->path, n,
                f->bytes);
    if (n > GG_NPY_TEXT)
        gg_fail(GG_DATA, "%s: a header of %ld bytes; %d are read", f->path, n, GG_NPY_TEXT);
    char *text = gg_table_room(d, (size_t)n + 1);
    gg_flat_get(f, text, at, n);
    f->start = at + n;
    return text;
}

/* The position of the value of 'key' or "key". */
static const char *gg_npy_value(const Flat *f, const char *text, const char *key)
{
    const size_t n = strlen(key);
    const char *at = text;
    while ((at = strstr(at, key)) && (at == text || !strchr("'\"", at[-1]) || at[n] != at[-1]))
        at++;
    if (at) at += n + 1, at += strspn(at, " ");
    if (!at || *at != ':')
        gg_fail(GG_DATA, "%s: its header has no '%s': %.60s", f->path, key, text);
    at++;
    return at + strspn(at, " ");
}

/* ---- the type of elements: '<f4' ---- */
static const struct {
    char kind;
    const char *what, *cure;
} gg_npy_others[] = {
    { 'c', "complex numbers", "save numpy.stack([a.real, a.imag], -1)" },
    { 'O', "Python objects",
      "save a.astype('float32') where each is a number, numpy.unique(a, return_inverse=True)[1] "
      "where text, else numpy.stack(a)" },
    { 'U', "text",
      "save numpy.unique(a, return_inverse=True)[1], the classes in order of the alphabet" },
    { 'S', "text",
      "save numpy.unique(a, return_inverse=True)[1], the classes in order of the alphabet" },
    { 'M', "dates", "save (a - a.min()) / numpy.timedelta64(1, 's')" },
    { 'm', "times", "save a / numpy.timedelta64(1, 's')" },
    { 'V', "bytes of a type that NumPy does not know, as bfloat16 is",
      "save a.astype('float32') before it is written" },
    { 'f', "floats of another size", "save a.astype('float64')" },
};

static _Noreturn void gg_npy_other(const Flat *f, const char *descr, char kind)
{
    const char *end = *descr ? strchr(descr + 1, *descr) : NULL;
    const int n = end && end - descr < 24 ? (int)(end - descr) + 1 : 0;
    if (*descr == '[')
        gg_fail(GG_DATA,
                "%s: its elements are records of several fields: save each as a file of its own, "
                "numpy.save('x.npy', a['x'])",
                f->path);
    for (size_t i = 0; n && i < sizeof gg_npy_others / sizeof *gg_npy_others; i++)
        if (gg_npy_others[i].kind == kind)
            gg_fail(GG_DATA, "%s: its elements are %.*s, %s: %s", f->path, n, descr,
                    gg_npy_others[i].what, gg_npy_others[i].cure);
    gg_fail(GG_DATA, "%s: its elements are %.*s, no type that NumPy has: save a.astype('float32')",
            f->path, n ? n : 12, descr);
}

static void gg_npy_type(Flat *f, const char *descr)
{
    const bool quoted = *descr == '\'' || *descr == '"',
               ordered = quoted && descr[1] && strchr("<>=|", descr[1]);
    const char *kind = descr + quoted + ordered;
    const char order = ordered ? descr[1] : '=';
    char *end = NULL;
    long bytes =
        quoted && *kind >= 'A' && kind[1] >= '0' && kind[1] <= '9' ? strtol(kind + 1, &end, 10) : 0;
    f->type = !end || *end != *descr ? 0
              : *kind == 'b'         ? (bytes == 1 ? 'b' : 0)
                                     : gg_type_of(*kind, bytes);
    if (!f->type) gg_npy_other(f, descr, quoted ? *kind : 0);
    f->big = bytes == 1 || order == '=' || order == '|' ? GG_BIG : order == '>';
}

/* ---- the shape: (10, 3), of Python 2 also (10L, 3L) ---- */
static void gg_npy_shape(Flat *f, const char *text)
{
    const char *at = text + (*text == '(');
    int n = 0;
    while (*text == '(' && *at >= '0' && *at <= '9') {
        char *end;
        errno = 0;
        long size = strtol(at, &end, 10);
        if (errno || f->rank == GG_FLAT_RANK)
            gg_fail(GG_DATA, "%s: its shape is too large: %.60s", f->path, text);
        if (n++ == 0) f->rows = size;
        else if (size != 1) f->dim[f->rank++] = size;
        if (*end == 'L') end++;
        at = end + strspn(end, ", ");
    }
    if (*text != '(' || *at != ')') gg_fail(GG_DATA, "%s: its shape is none: %.60s", f->path, text);
    if (n == 0)
        gg_fail(GG_DATA, "%s: it holds one number without axes; the first axis is the rows",
                f->path);
}

/* Fortran's order equals C's if only one axis is longer than 1. */
static bool gg_npy_turned(const Flat *f, const char *value)
{
    if (!strncmp(value, "False", 5)) return false;
    if (strncmp(value, "True", 4))
        gg_fail(GG_DATA, "%s: its fortran_order is %.12s, neither True nor False", f->path, value);
    return f->rank > (f->rows > 1 ? 0 : 1);
}

static void gg_npy_check_size(const Flat *f)
{
    double need = (double)f->start + (double)f->rows * (double)f->stride;
    if (need == (double)f->bytes) return;
    gg_fail(GG_DATA,
            "%s: %s: its header says %ld rows of %ld bytes after byte %ld, the file has %ld bytes",
            f->path, need > (double)f->bytes ? "truncated" : "oversized", f->rows, f->stride,
            f->start, f->bytes);
}

void gg_npy_describe(Table *d, Flat *f)
{
    char *text = gg_npy_text(d, f);
    gg_npy_type(f, gg_npy_value(f, text, "descr"));
    gg_npy_shape(f, gg_npy_value(f, text, "shape"));
    f->turned = gg_npy_turned(f, gg_npy_value(f, text, "fortran_order"));
    f->stride = gg_type_bytes(f->type);
    for (int a = 0; a < f->rank; a++) {
        if (f->dim[a] && f->stride > LONG_MAX / f->dim[a])
            gg_fail(GG_DATA, "%s: its shape is too large", f->path);
        f->stride *= f->dim[a];
    }
    gg_npy_check_size(f);
}

static void gg_npy_header(Table *d, Flat *f, const Column *c)
{
    gg_npy_describe(d, f);
    gg_table_dims(f->path, c, f->dim, f->rank);
}

long gg_npy_append(Table *d, const char *path, bool test)
{
    const Dataset *set = d->set;
    Flat f, first = { 0 };
    if (test && !set->test_path) return -1;
    for (int c = 0; c < set->ncolumns; c++) {
        f = (Flat) { 0 };
        gg_flat_find(d, &f, path, set->columns[c].source);
        gg_npy_header(d, &f, &set->columns[c]);
        if (c == 0) first = f;
        gg_flat_beside(f.path, f.rows, first.path, first.rows);
        gg_flat_append(d, c, &f, 0);
    }
    return first.rows;
}
