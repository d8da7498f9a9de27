/* data_flat.c -- columns whose rows are at equal distances in a file.

   1. If a row in the file has the bytes of a row in memory, the file is mapped, not read. So data
      may be larger than memory.
   2. A mapped column is one range of addresses: row i is at its beginning + i x bytes of a row.
      Each file set has a piece.
   3. A file's pages are at pages of memory. So a further set begins at a row where this holds for
      every mapped column. Rows between two sets belong to none and are zero.
   4. Other files are read and converted: into their piece, or into memory of their own. */
#include "data_flat.h"
#include "number.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

void gg_flat_close(Table *d)
{
    if (d->held.file) close(d->held.file - 1);
    d->held.file = 0;
}

void gg_flat_open(Table *d, Flat *f)
{
    struct stat st;
    gg_flat_close(d);
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    d->held.file = f->fd + 1;
    if (f->fd < 0 || fstat(f->fd, &st)) gg_fail(GG_DATA, "%s: %s", f->path, strerror(errno));
    if (!S_ISREG(st.st_mode)) gg_fail(GG_DATA, "%s: not a file", f->path);
    f->bytes = (long)st.st_size;
    if (f->bytes != st.st_size)
        gg_fail(GG_MACHINE, "%s: %lld bytes are more than a machine of 32 bits can count", f->path,
                (long long)st.st_size);
}

void gg_flat_get(const Flat *f, void *to, long from, long n)
{
    for (long done = 0; done < n;) {
        ssize_t got = pread(f->fd, (char *)to + done, (size_t)(n - done), from + done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) gg_fail(GG_DATA, "%s: %s", f->path, strerror(errno));
        if (got == 0) gg_fail(GG_DATA, "%s: truncated: it ends at byte %ld", f->path, from + done);
        done += got;
    }
}

/* ---- reading ---- */
/* Reads rows at equal distances, some at a time. */
static void gg_flat_read(Table *d, const Flat *f, const Column *c, char *out)
{
    const long width = gg_row_count(c), used = width * gg_type_bytes(f->type);
    const size_t size = gg_row_bytes(c);
    long some = (1 << 20) / f->stride + 1;
    if (some > f->rows) some = f->rows;
    unsigned char *in = gg_table_room(d, (size_t)(some * f->stride));
    for (long row = 0; row < f->rows; row += some) {
        long n = f->rows - row < some ? f->rows - row : some;
        gg_flat_get(f, in, f->start + row * f->stride, (n - 1) * f->stride + used);
        for (long i = 0; i < n; i++)
            gg_number_convert(f->path, c, row + i, f->type, f->big, in + i * f->stride, width,
                              out + (size_t)(row + i) * size);
    }
}

/* The index in Fortran's order of element i of a row in C's order. */
static long gg_flat_turned(const Flat *f, long i)
{
    long size = 1, at = 0;
    for (int a = 0; a < f->rank; a++) size *= f->dim[a];
    for (int a = f->rank - 1; a >= 0; a--) {
        size /= f->dim[a];
        at += i % f->dim[a] * size;
        i /= f->dim[a];
    }
    return at;
}

/* Fortran's order: an element of all rows, then the next. */
static void gg_flat_read_turned(Table *d, const Flat *f, const Column *c, char *out)
{
    const long unit = gg_type_bytes(f->type), most = (1 << 20) / unit;
    const size_t size = gg_row_bytes(c), element = gg_element_size(c);
    unsigned char *in = gg_table_room(d, (size_t)((f->rows < most ? f->rows : most) * unit));
    for (long i = 0, width = gg_row_count(c); i < width; i++)
        for (long row = 0; row < f->rows; row += most) {
            const long n = f->rows - row < most ? f->rows - row : most;
            gg_flat_get(f, in, f->start + (gg_flat_turned(f, i) * f->rows + row) * unit, n * unit);
            for (long k = 0; k < n; k++)
                gg_number_convert(f->path, c, row + k, f->type, f->big, in + k * unit, 1,
                                  out + (size_t)(row + k) * size + (size_t)i * element);
        }
}

static void gg_flat_convert(Table *d, const Flat *f, const Column *c, char *out)
{
    if (f->turned) gg_flat_read_turned(d, f, c, out);
    else gg_flat_read(d, f, c, out);
    gg_table_room(d, 0);
    gg_flat_close(d);
}

/* ---- mapping ---- */
static size_t gg_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* Pages of the range that hold [from, from + n), to be written. */
static void gg_map_open(const Map *m, size_t from, size_t n)
{
    size_t first = from / gg_page() * gg_page();
    if (mprotect(m->pages + first, from + n - first, PROT_READ | PROT_WRITE))
        gg_fail(GG_MACHINE, "out of memory: %zu bytes are not to be had", n);
}

static void gg_map_place(const Map *m, const Piece *x, size_t size, const Map *old)
{
    size_t from = m->lead + (size_t)x->from * size, n = (size_t)x->rows * size,
           over = (size_t)x->start % gg_page();
    if (x->fd < 0) {
        gg_map_open(m, from, n);
        if (old) memcpy(m->pages + from, old->pages + from, n);
    } else if (mmap(m->pages + from - over, n + over, PROT_READ, MAP_PRIVATE | MAP_FIXED, x->fd,
                    x->start - (long)over) == MAP_FAILED)
        gg_fail(GG_MACHINE, "%zu bytes of a file cannot be mapped: %s", n, strerror(errno));
}

/* Makes a range for all pieces, the new one's rows after the others, and frees the old range. */
static char *gg_map_add(Table *d, int column, const Flat *f, long from, size_t size, bool same)
{
    Map *m = &d->map[column], old = *m, new = old;
    if (!old.n) new.lead = (size_t)f->start % gg_page();
    new.bytes = new.lead + (size_t)(from + f->rows) * size;
    new.pages =
        mmap(NULL, new.bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (new.pages == MAP_FAILED)
        gg_fail(GG_MACHINE, "%s: addresses for %zu bytes are not to be had (ulimit -v): %s",
                f->path, new.bytes, strerror(errno));
    size_t at = new.lead + (size_t)from *size;
    bool mapped = same && at % gg_page() == (size_t)f->start % gg_page();
    new.piece[new.n++] = (Piece) { mapped ? f->fd : -1, f->start, from, f->rows };
    if (mapped) d->held.file = 0;
    *m = new;
    for (int i = 0; i < new.n; i++)
        gg_map_place(&new, &new.piece[i], size, i < old.n ? &old : NULL);
    if (old.n) munmap(old.pages, old.bytes);
    d->column[column] = new.pages + new.lead;
    if (!mapped) gg_flat_convert(d, f, &d->set->columns[column], new.pages + at);
    return new.pages + at;
}

void gg_map_free(Map *m)
{
    if (m->n) munmap(m->pages, m->bytes);
    for (int i = 0; i < m->n; i++)
        if (m->piece[i].fd >= 0) close(m->piece[i].fd);
    *m = (Map) { 0 };
}

/* ---- columns ---- */
/* The row at which a further set of files begins. */
long gg_flat_next(const Table *d)
{
    long step = 1, least = 0, page = (long)gg_page();
    for (int c = 0; d->rows && c < d->set->ncolumns; c++) {
        if (!d->map[c].n) continue;
        long size = (long)gg_row_bytes(&d->set->columns[c]), even = size & -size;
        if (even < page && page / even > step) step = page / even;
        if ((page + size - 1) / size > least) least = (page + size - 1) / size;
    }
    return (d->rows + least + step - 1) / step * step;
}

void gg_flat_append(Table *d, int column, const Flat *f, long done)
{
    const Column *c = &d->set->columns[column];
    long from = d->rows + done, row = gg_row_count(c) * gg_type_bytes(f->type);
    size_t size = gg_row_bytes(c);
    char type = c->type != 'r' ? c->type : sizeof(real) == 8 ? 'd' : 'f', *out;
    bool same = f->type == type && f->big == GG_BIG && !f->turned && f->stride == row &&
                f->start % gg_type_bytes(type) == 0;
    if (f->rows == 0) return;
    if (d->map[column].n || (same && from == 0)) out = gg_map_add(d, column, f, from, size, same);
    else {
        out = gg_table_grow(d, column, done + f->rows) + (size_t)done * size;
        gg_flat_convert(d, f, c, out);
    }
    gg_table_check(f->path, c, out, f->rows);
}

/* Rows of one column, beside those of the first one. */
void gg_flat_beside(const char *path, long rows, const char *first, long others)
{
    if (rows != others) gg_fail(GG_DATA, "%s: %ld rows, but %s has %ld", path, rows, first, others);
}

/* The file `source` in the directory, or the path itself where it is a file and there is one
   column. */
void gg_flat_find(Table *d, Flat *f, const char *path, const char *source)
{
    struct stat st;
    bool file = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    if (file && d->set->ncolumns > 1)
        gg_fail(GG_DATA,
                "%s: a file, and the model reads %d columns: a directory with one file for each "
                "belongs here",
                path, d->set->ncolumns);
    int n = file ? snprintf(f->path, sizeof f->path, "%s", path)
                 : snprintf(f->path, sizeof f->path, "%s/%s", path, source);
    if (n >= (int)sizeof f->path) gg_fail(GG_DATA, "%s: too long a name", path);
    gg_flat_open(d, f);
}
