/* safetensors.c -- reading the header of a safetensors file, which may be anything: eight bytes of length, then JSON
   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"key": "value"}}, then data. */
#include "runtime.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

typedef struct { Archive *a; char *at, *end; long entry_room, meta_room; } Json;

static _Noreturn void gg_json_fail(const Json *j, const char *what)
{
    gg_fail(GG_DATA, "%s: damaged header: %s at byte %ld", j->a->path, what, (long)(j->at - j->a->text));
}

static void gg_json_space(Json *j)
{
    while (j->at < j->end && *j->at && strchr(" \t\r\n", *j->at)) j->at++;
}

static bool gg_json_eat(Json *j, char c)
{
    gg_json_space(j);
    if (j->at == j->end || *j->at != c) return false;
    j->at++;
    return true;
}

static void gg_json_need(Json *j, char c)
{
    char what[] = "'?' is missing";
    what[1] = c;
    if (!gg_json_eat(j, c)) gg_json_fail(j, what);
}

/* the character of \uXXXX below 128; others are kept out of names and metadata */
static char gg_json_hex(Json *j)
{
    long value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF", *at;
        if (j->at == j->end || !*j->at || !(at = strchr(digits, *j->at))) gg_json_fail(j, "a bad \\u");
        value = value * 16 + (at - digits) % 16;
        j->at++;
    }
    return value > 0 && value < 128 ? (char)value : '?';
}

/* A string, decoded where it stands and zero-terminated in place of its closing quote. */
static const char *gg_json_string(Json *j)
{
    gg_json_need(j, '"');
    char *begin = j->at, *out = begin;
    while (j->at < j->end && *j->at != '"') {
        char c = *j->at++;
        if ((unsigned char)c < ' ') gg_json_fail(j, "a control character in a string");
        if (c == '\\') {
            const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t", *which;
            char escape = j->at < j->end ? *j->at++ : 0;
            if (escape == 'u') c = gg_json_hex(j);
            else if (escape && (which = strchr(from, escape))) c = to[which - from];
            else gg_json_fail(j, "a bad escape");
        }
        *out++ = c;
    }
    if (j->at == j->end) gg_json_fail(j, "a string without end");
    j->at++;
    *out = 0;
    return begin;
}

static long gg_json_size(Json *j)
{
    long value = 0;
    gg_json_space(j);
    char *begin = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') {
        if (value > (1l << 53) / 10) gg_json_fail(j, "too large a number");
        value = value * 10 + (*j->at++ - '0');
    }
    if (j->at == begin || (*begin == '0' && j->at > begin + 1)) gg_json_fail(j, "a whole number is missing");
    return value;
}

static int gg_json_sizes(Json *j, long *out, int most)
{
    int n = 0;
    gg_json_need(j, '[');
    if (gg_json_eat(j, ']')) return 0;
    do {
        if (n == most) gg_json_fail(j, "too many numbers");
        out[n++] = gg_json_size(j);
    } while (gg_json_eat(j, ','));
    gg_json_need(j, ']');
    return n;
}

/* ---- tensors and metadata ------------------------------------------------------------------------------- */
static long gg_dtype_bytes(const char *dtype)
{
    static const struct { const char *name; long bytes; } types[] = {
        { "F32", 4 }, { "F64", 8 }, { "F16", 2 }, { "BF16", 2 }, { "I64", 8 }, { "I32", 4 }, { "I16", 2 }, { "I8", 1 },
        { "U64", 8 }, { "U32", 4 }, { "U16", 2 }, { "U8", 1 }, { "BOOL", 1 } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, dtype)) return types[i].bytes;
    return 0;
}

static void gg_entry_check(const Json *j, const Entry *e)
{
    long bytes = gg_dtype_bytes(e->dtype);
    if (!bytes) gg_json_fail(j, "a dtype that is not known");
    for (int a = 0; a < e->rank; a++) {
        if (e->dim[a] && bytes > (1l << 53) / e->dim[a]) gg_json_fail(j, "too large a shape");
        bytes *= e->dim[a];
    }
    if (e->to < e->from || e->to - e->from != bytes) gg_json_fail(j, "a shape and offsets that disagree");
}

static void gg_archive_entry(Json *j, const char *name)
{
    Entry e = { .name = name };
    long offsets[2];
    int seen = 0;
    gg_json_need(j, '{');
    do {
        const char *key = gg_json_string(j);
        gg_json_need(j, ':');
        int which = !strcmp(key, "dtype") ? 1 : !strcmp(key, "shape") ? 2 : !strcmp(key, "data_offsets") ? 4 : 0;
        if (!which || (seen & which)) gg_json_fail(j, "an unknown or repeated key");
        seen |= which;
        if (which == 1) snprintf(e.dtype, sizeof e.dtype, "%s", gg_json_string(j));
        else if (which == 2) e.rank = gg_json_sizes(j, e.dim, GG_RANK);
        else if (gg_json_sizes(j, offsets, 2) != 2) gg_json_fail(j, "data_offsets are two numbers");
    } while (gg_json_eat(j, ','));
    gg_json_need(j, '}');
    if (seen != 7) gg_json_fail(j, "a tensor lacks dtype, shape or data_offsets");
    e.from = offsets[0], e.to = offsets[1];
    gg_entry_check(j, &e);
    Archive *a = j->a;
    if (a->entries == j->entry_room)
        a->entry = gg_resize(a->entry, (size_t)(j->entry_room = 2 * j->entry_room + 16), sizeof e);
    a->entry[a->entries++] = e;
}

static void gg_archive_metadata(Json *j)
{
    Archive *a = j->a;
    gg_json_need(j, '{');
    if (gg_json_eat(j, '}')) return;
    do {
        if (a->metas == j->meta_room)
            a->meta = gg_resize(a->meta, (size_t)(j->meta_room = 2 * j->meta_room + 16), sizeof *a->meta);
        a->meta[a->metas][0] = gg_json_string(j);
        gg_json_need(j, ':');
        a->meta[a->metas++][1] = gg_json_string(j);
    } while (gg_json_eat(j, ','));
    gg_json_need(j, '}');
}

static void gg_archive_parse(Json *j)
{
    gg_json_need(j, '{');
    if (!gg_json_eat(j, '}')) {
        do {
            const char *name = gg_json_string(j);
            gg_json_need(j, ':');
            if (!strcmp(name, "__metadata__")) gg_archive_metadata(j);
            else gg_archive_entry(j, name);
        } while (gg_json_eat(j, ','));
        gg_json_need(j, '}');
    }
    gg_json_space(j);
    if (j->at != j->end) gg_json_fail(j, "something follows");
}

static int gg_by_place(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

static int gg_by_name(const void *a, const void *b)
{
    return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

/* The data is covered once and wholly, and no name comes twice. Leaves the entries sorted by name. */
static void gg_archive_check(Archive *a, long data)
{
    long at = 0;
    if (!a->entries) a->entry = gg_alloc(1, sizeof *a->entry);
    qsort(a->entry, (size_t)a->entries, sizeof *a->entry, gg_by_place);
    for (long i = 0; i < a->entries; at = a->entry[i++].to)
        if (a->entry[i].from != at)
            gg_fail(GG_DATA, "%s: damaged: %s begins at byte %ld of the data, %ld was expected", a->path,
                    a->entry[i].name, a->entry[i].from, at);
    if (at != data)
        gg_fail(GG_DATA, "%s: %s: its tensors take %ld bytes, the file has %ld for them", a->path,
                at > data ? "truncated" : "oversized", at, data);
    qsort(a->entry, (size_t)a->entries, sizeof *a->entry, gg_by_name);
    for (long i = 1; i < a->entries; i++)
        if (!strcmp(a->entry[i].name, a->entry[i - 1].name))
            gg_fail(GG_DATA, "%s: damaged: %s comes twice", a->path, a->entry[i].name);
}

bool gg_archive_open(Archive *a, const char *path)
{
    struct stat st;
    unsigned char size[8];
    uint64_t n = 0;
    *a = (Archive){ .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC) };
    if (a->fd < 0 && errno == ENOENT) return false;
    a->open = a->fd >= 0;
    if (!a->open || fstat(a->fd, &st)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) gg_fail(GG_DATA, "%s: not a file", path);
    if (pread(a->fd, size, 8, 0) != 8) gg_fail(GG_DATA, "%s: truncated: no header", path);
    for (int i = 0; i < 8; i++) n |= (uint64_t)size[i] << 8 * i;
    if (n < 2 || n > 100000000 || n > (uint64_t)st.st_size - 8)
        gg_fail(GG_DATA, "%s: not a safetensors file, or truncated: its header would have %llu bytes, the file has "
                "%lld", path, (unsigned long long)n, (long long)st.st_size);
    a->text = gg_alloc((size_t)n + 1, 1);
    if (pread(a->fd, a->text, (size_t)n, 8) != (ssize_t)n) gg_fail(GG_DATA, "%s: cannot be read", path);
    a->start = 8 + (long)n;
    gg_archive_parse(&(Json){ .a = a, .at = a->text, .end = a->text + n });
    gg_archive_check(a, st.st_size - a->start);
    return true;
}

void gg_archive_close(Archive *a)
{
    if (a->open) close(a->fd);
    free(a->text), free(a->entry), free(a->meta);
    *a = (Archive){ 0 };
}

const Entry *gg_archive_find(const Archive *a, const char *name)
{
    Entry key = { .name = name };
    return bsearch(&key, a->entry, (size_t)a->entries, sizeof key, gg_by_name);
}

const char *gg_archive_meta(const Archive *a, const char *key)
{
    for (long i = 0; i < a->metas; i++)
        if (!strcmp(a->meta[i][0], key)) return a->meta[i][1];
    return NULL;
}
