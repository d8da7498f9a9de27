/* safetensors.c -- reads the header of an arbitrary safetensors file: eight bytes of length, then
   JSON {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__":
   {"key": "value"}}, then data.

   Unused tensors may have any type and rank. shards.c reads several files with an index. */
#include "archive.h"
#include "json.h"
#include "known.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    int bits;
    char type;
} gg_dtypes[] = {
    { "F32", 32, 'f' },  { "F64", 64, 'd' },  { "F16", 16, 'e' },  { "BF16", 16, 'E' },
    { "I64", 64, 'l' },  { "I32", 32, 'i' },  { "I16", 16, 'h' },  { "I8", 8, 'a' },
    { "U64", 64, 'L' },  { "U32", 32, 'I' },  { "U16", 16, 'H' },  { "U8", 8, 'b' },
    { "BOOL", 8, 'b' },  { "C64", 64, 0 },    { "F8_E4M3", 8, 0 }, { "F8_E5M2", 8, 0 },
    { "F8_E8M0", 8, 0 }, { "F6_E2M3", 6, 0 }, { "F6_E3M2", 6, 0 }, { "F4", 4, 0 },
};
enum { GG_DTYPES = sizeof gg_dtypes / sizeof *gg_dtypes };

static int gg_dtype_at(const char *dtype)
{
    int i = 0;
    while (i < GG_DTYPES && strcmp(gg_dtypes[i].name, dtype)) i++;
    return i;
}

char gg_dtype(const char *dtype)
{
    const int i = gg_dtype_at(dtype);
    return i < GG_DTYPES ? gg_dtypes[i].type : 0;
}

/* ---- tensors and metadata ---- */
/* "[2, 3]": keeps the first sizes and their number; the elements, or -1 for too many. */
static int64_t gg_json_shape(Json *j, Entry *e)
{
    int64_t count = 1, size;
    bool none = false, many = false;
    gg_json_need(j, '[');
    if (gg_json_eat(j, ']')) return 1;
    do {
        size = gg_json_size(j);
        if (e->rank < GG_RANK) e->dim[e->rank] = size;
        e->rank++;
        none |= !size;
        many |= size && count > GG_LARGE / size;
        if (size && !many) count *= size;
    } while (gg_json_eat(j, ','));
    gg_json_need(j, ']');
    return none ? 0 : many ? -1 : count;
}

/* A tensor of an unknown type has the size of its offsets. */
static void gg_entry_check(const Json *j, const Entry *e, int64_t count)
{
    const int i = gg_dtype_at(e->dtype);
    if (count < 0) gg_json_fail(j, "too large a shape");
    const bool right = i == GG_DTYPES || (count <= GG_LARGE / 64 &&
                                          count * gg_dtypes[i].bits == 8 * (e->to - e->from));
    if (e->to < e->from || !right) gg_json_fail(j, "a shape and offsets that disagree");
}

static void gg_archive_push(Archive *a, Entry e)
{
    if (a->entries == a->room)
        a->entry = gg_resize(a->entry, (size_t)(a->room = 2 * a->room + 16), sizeof e);
    a->entry[a->entries++] = e;
}

static void gg_archive_entry(Archive *a, Json *j, const char *name)
{
    Entry e = { .name = name, .shard = a->shards - 1 };
    int64_t count = 0;
    int seen = 0;
    gg_json_need(j, '{');
    do {
        const char *key = gg_json_string(j);
        gg_json_need(j, ':');
        int which = !strcmp(key, "dtype")          ? 1
                    : !strcmp(key, "shape")        ? 2
                    : !strcmp(key, "data_offsets") ? 4
                                                   : 0;
        if (seen & which) gg_json_fail(j, "a repeated key");
        seen |= which;
        if (which == 0) gg_json_skip(j, 0);
        else if (which == 1) e.dtype = gg_json_string(j);
        else if (which == 2) count = gg_json_shape(j, &e);
        else {
            gg_json_need(j, '['), e.from = gg_json_size(j);
            gg_json_need(j, ','), e.to = gg_json_size(j), gg_json_need(j, ']');
        }
    } while (gg_json_eat(j, ','));
    gg_json_need(j, '}');
    if (seen != 7) gg_json_fail(j, "a tensor lacks dtype, shape or data_offsets");
    gg_entry_check(j, &e, count);
    gg_archive_push(a, e);
}

static void gg_archive_metadata(Archive *a, Json *j)
{
    gg_json_need(j, '{');
    if (gg_json_eat(j, '}')) return;
    do {
        a->meta = gg_resize(a->meta, (size_t)a->metas + 1, sizeof *a->meta);
        a->meta[a->metas][0] = gg_json_string(j);
        gg_json_need(j, ':');
        a->meta[a->metas][1] = gg_json_string(j);
        a->metas++;
    } while (gg_json_eat(j, ','));
    gg_json_need(j, '}');
}

static void gg_archive_parse(Archive *a, Json *j)
{
    gg_json_need(j, '{');
    if (!gg_json_eat(j, '}')) {
        do {
            const char *name = gg_json_string(j);
            gg_json_need(j, ':');
            if (!strcmp(name, "__metadata__")) gg_archive_metadata(a, j);
            else gg_archive_entry(a, j, name);
        } while (gg_json_eat(j, ','));
        gg_json_need(j, '}');
    }
    gg_json_end(j);
}

static int gg_by_place(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

int gg_by_name(const void *a, const void *b)
{
    return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

/* Checks that the entries from `first` on cover the data of the file exactly once, and makes
   their offsets those of the file. */
static void gg_archive_check(Archive *a, const Shard *s, long first, int64_t start, int64_t data)
{
    int64_t at = 0;
    char name[GG_NAME];
    if (!a->entries) a->entry = gg_resize(a->entry, 1, sizeof *a->entry);
    qsort(a->entry + first, (size_t)(a->entries - first), sizeof *a->entry, gg_by_place);
    for (Entry *e = a->entry + first; e < a->entry + a->entries; e++) {
        if (e->from != at)
            gg_fail(GG_DATA, "%s: damaged: %s begins at byte %lld of the data, %lld was expected",
                    s->path, gg_printable(name, e->name), (long long)e->from, (long long)at);
        at = e->to, e->from += start, e->to += start;
    }
    if (at != data)
        gg_fail(GG_DATA, "%s: %s: its tensors take %lld bytes, the file has %lld for them", s->path,
                at > data ? "truncated" : "oversized", (long long)at, (long long)data);
}

/* ---- files ---- */
/* The length of the header. */
static uint64_t gg_shard_header(const Shard *s, int64_t bytes)
{
    unsigned char size[8];
    uint64_t n = 0;
    if (bytes < 8 || pread(s->fd, size, 8, 0) != 8)
        gg_fail(GG_DATA, "%s: truncated: no header", s->path);
    for (int i = 0; i < 8; i++) n |= (uint64_t)size[i] << 8 * i;
    if (n >= 2 && n <= 100000000 && n <= (uint64_t)bytes - 8) return n;
    gg_known(s->path, GG_FOR_WEIGHTS);
    gg_fail(GG_DATA,
            "%s: not a safetensors file, or truncated: its first 8 bytes say a header of %llu "
            "bytes, the file has %lld",
            s->path, (unsigned long long)n, (long long)bytes);
}

void gg_shard_open(Archive *a, const char *path)
{
    struct stat st;
    a->shard = gg_resize(a->shard, (size_t)a->shards + 1, sizeof *a->shard);
    Shard *s = &a->shard[a->shards++];
    *s = (Shard) { .fd = -1 };
    if (snprintf(s->path, sizeof s->path, "%s", path) >= (int)sizeof s->path)
        gg_fail(GG_DATA, "%s: too long a name", path);
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) gg_fail(GG_DATA, "%s: not a file", path);
    const uint64_t n = gg_shard_header(s, st.st_size);
    const long first = a->entries;
    s->text = gg_alloc((size_t)n + 1, 1);
    if (pread(s->fd, s->text, (size_t)n, 8) != (ssize_t)n)
        gg_fail(GG_DATA, "%s: cannot be read", path);
    if (s->text[0] != '{') gg_known(path, GG_FOR_WEIGHTS);
    gg_archive_parse(a, &(Json) { path, "header", s->text, s->text, s->text + n });
    gg_archive_check(a, s, first, 8 + (int64_t)n, st.st_size - 8 - (int64_t)n);
}
