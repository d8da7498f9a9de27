/* entry.c -- a tensor of the model and one of a file: whether their shapes agree, and how its
   numbers, of any type, get there. The message about a missing tensor has the nearest one in the
   file (near.c). */
#include "weights.h"
#include "number.h"
#include "tensor.h"

/* The shape that the file's tensor should have; any: its first axis may be longer, and the result
   is that axis. */
static int gg_wanted(const Tensor *t, const Source *s, int64_t dim[GG_RANK])
{
    for (int i = 0; i < t->rank; i++) dim[i] = t->dim[i];
    if (s && s->turned) dim[0] = t->dim[1], dim[1] = t->dim[0];
    if (!s || !s->rows) return -1;
    dim[s->turned] = s->from + s->rows;
    return s->turned;
}

static void gg_check_shape(const Archive *a, const Entry *e, const Tensor *t, const Source *s)
{
    int64_t dim[GG_RANK];
    const int longer = gg_wanted(t, s, dim);
    bool same = e->rank == t->rank, turned = same && t->rank > 1 && !s;
    for (int i = 0; i < t->rank && same; i++) turned &= e->dim[i] == dim[t->rank - 1 - i];
    for (int i = 0; i < t->rank && same; i++)
        same = i == longer ? e->dim[i] >= dim[i] : e->dim[i] == dim[i];
    if (same) return;
    char name[GG_NAME], in_file[GG_SHAPE], in_model[GG_SHAPE];
    gg_fail(GG_DATA, "%s: %s is %s, the model says %s%s%s", a->path, gg_printable(name, e->name),
            gg_shape_text(in_file, e->dim, e->rank), gg_shape_text(in_model, dim, t->rank),
            longer >= 0 ? " or more" : "",
            turned ? ", the other way round: weights of [in, out] are "
                     "to be saved as v.T.copy(), square ones too"
                   : "");
}

void gg_check_entry(const Archive *a, const Entry *e, const Tensor *t, const Source *s)
{
    char shown[GG_NAME];
    if (!gg_dtype(e->dtype))
        gg_fail(GG_DATA,
                "%s: %s is %.20s: floats of 16 to 64 bits and whole numbers can be read: save it "
                "as t.to(torch.float32)",
                a->path, gg_printable(shown, e->name), e->dtype);
    gg_check_shape(a, e, t, s);
    if (gg_is_kernel(e->name) && !gg_is_kernel(t->name) && t->rank > 1 && !(s && s->turned))
        gg_kernel(a, e, t);
}

const Entry *gg_match(const Archive *a, const char *name, const Tensor *t, const Source *s)
{
    const Entry *e = gg_archive_find(a, name);
    if (!e) gg_missing(a, name, t, s);
    gg_check_entry(a, e, t, s);
    return e;
}

void gg_read_chunk(const Archive *a, const Entry *e, int64_t from, long n, real *out)
{
    unsigned char raw[GG_CHUNK * 8];
    const char type = gg_dtype(e->dtype);
    const long unit = gg_type_bytes(type);
    char name[GG_NAME], text[32];
    if (pread(a->shard[e->shard].fd, raw, (size_t)(n * unit), e->from + from * unit) !=
        (ssize_t)(n * unit))
        gg_fail(GG_DATA, "%s: %s cannot be read", a->shard[e->shard].path,
                gg_printable(name, e->name));
    if (type == (sizeof(real) == 8 ? 'd' : 'f')) memcpy(out, raw, (size_t)n * sizeof *out);
    else
        for (long i = 0; i < n; i++) {
            const Number x = gg_number(type, false, raw + i * unit);
            const char *wrong = gg_number_wrong(&x);
            gg_number_text(text, &x);
            if (wrong)
                gg_fail(GG_DATA, "%s: an element of %s is %s, %s", a->path,
                        gg_printable(name, e->name), text, wrong);
            out[i] = (real)x.value;
        }
}

/* `count` elements of t from `first` are those of the file's tensor from `from`. */
static void gg_read_run(const Archive *a, const Entry *e, const Tensor *t, real *flat, long first,
                        long count, int64_t from)
{
    real chunk[GG_CHUNK];
    for (long at = 0; at < count; at += GG_CHUNK) {
        const long n = count - at < GG_CHUNK ? count - at : GG_CHUNK;
        gg_read_chunk(a, e, from + at, n, chunk);
        gg_write_tensor(t, flat, first + at, n, chunk);
    }
}

enum { GG_TILE = 64 };
/* Rows `row` to `row` + h - 1 of t are the file's columns from `from`, in its rows `at` to
   `at` + w - 1. */
static void gg_read_tile(const Archive *a, const Entry *e, const Tensor *t, real *flat, long row,
                         int64_t from, long h, long at, long w)
{
    real line[GG_TILE], tile[GG_TILE][GG_TILE];
    for (long i = 0; i < w; i++) {
        gg_read_chunk(a, e, (at + i) * e->dim[1] + from, h, line);
        for (long o = 0; o < h; o++) tile[o][i] = line[o];
    }
    for (long o = 0; o < h; o++) gg_write_tensor(t, flat, (row + o) * t->dim[1] + at, w, tile[o]);
}

static void gg_read_turned(const Archive *a, const Entry *e, const Tensor *t, real *flat, long row,
                           long rows, int64_t from)
{
    for (long o = 0; o < rows; o += GG_TILE)
        for (long i = 0; i < t->dim[1]; i += GG_TILE)
            gg_read_tile(a, e, t, flat, row + o, from + o, rows - o < GG_TILE ? rows - o : GG_TILE,
                         i, t->dim[1] - i < GG_TILE ? t->dim[1] - i : GG_TILE);
}

void gg_read_entry(const Archive *a, const Entry *e, const Tensor *t, const Source *s, real *flat)
{
    const bool part = s && s->rows;
    const long row = part ? s->row : 0, from = part ? s->from : 0,
               rows = part      ? s->rows
                      : t->rank ? t->dim[0]
                                : 1,
               width = gg_count(t) / (t->rank ? t->dim[0] : 1);
    if (s && s->turned) gg_read_turned(a, e, t, flat, row, rows, from);
    else gg_read_run(a, e, t, flat, row * width, rows * width, from * width);
}
