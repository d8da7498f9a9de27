/* data_tokens.c -- streams of tokens: .bin files of uint16 or uint32, with llm.c's header or
   without one, NumPy's arrays of one axis, texts by bytes or by characters.

   1. llm.c's header is 256 int32: a magic number, a version, the number of tokens. The file's
      size then says how large a token is.
   2. A path may be a pattern, train_*.bin: the files are one stream, in order of their names.
   3. valid and test are the end of the main files, train is the rest before them. No row crosses
      from one part into the next. */
#include "readers.h"
#include "data_flat.h"
#include "known.h"
#include "number.h"
#include "tokens.h"
#include <errno.h>
#include <glob.h>
#include <sys/mman.h>

enum { GG_HEADER = 1024 };

/* ---- a file ---- */
/* Whether llm.c wrote it; then the tokens begin after the header. */
static bool gg_bin_header(Flat *f)
{
    int32_t head[3] = { 0 };
    if (f->bytes >= GG_HEADER) gg_flat_get(f, head, 0, sizeof head);
    if (head[0] != 20240520 && head[0] != 20240801) return false;
    const long n = head[2], rest = f->bytes - GG_HEADER;
    if (n < 0 || (rest != 2 * n && rest != 4 * n))
        gg_fail(GG_DATA,
                "%s: its header says %ld tokens, and %ld bytes follow it, neither 2 nor 4 for "
                "each: truncated, or another format",
                f->path, n, rest);
    f->type = rest == 2 * n ? 'H' : 'I';
    f->start = GG_HEADER, f->rows = n;
    return true;
}

static void gg_bin_plain(Flat *f, char type)
{
    const long unit = gg_type_bytes(type);
    gg_known(f->path, GG_FOR_RAW);
    f->type = type, f->rows = f->bytes / unit;
    if (f->bytes % unit)
        gg_fail(GG_DATA, "%s: %ld bytes are no whole number of %s: state type, or it is truncated",
                f->path, f->bytes, gg_type_name(type));
}

static void gg_array_tokens(Table *d, Flat *f)
{
    gg_npy_describe(d, f);
    if (f->rank)
        gg_fail(GG_DATA, "%s: an array of several axes: a stream of tokens has one: save a.ravel()",
                f->path);
    if (strchr("eEfd", f->type))
        gg_fail(GG_DATA, "%s: its elements are %s, and tokens are whole numbers", f->path,
                gg_type_name(f->type));
}

/* The type of a file's tokens, their number, and where they begin. */
static void gg_token_format(Table *d, Flat *f)
{
    const TokenForm *form = &d->set->tokens;
    unsigned char magic[6] = { 0 };
    f->big = GG_BIG;
    if (form->kind != 'H' && form->kind != 'I') {
        f->type = 'b', f->rows = f->bytes;
        return;
    }
    if (f->bytes >= 6) gg_flat_get(f, magic, 0, 6);
    if (!memcmp(magic, "\x93NUMPY", 6)) gg_array_tokens(d, f);
    else if (!gg_bin_header(f)) gg_bin_plain(f, form->kind);
}

static void gg_token_file(Table *d, const char *path)
{
    Flat f = { 0 };
    if (snprintf(f.path, sizeof f.path, "%s", path) >= (int)sizeof f.path)
        gg_fail(GG_DATA, "%s: too long a name", path);
    gg_flat_open(d, &f);
    gg_token_format(d, &f);
    if (!f.rows) gg_fail(GG_DATA, "%s: empty", path);
    void *map = mmap(NULL, (size_t)f.bytes, PROT_READ, MAP_PRIVATE, f.fd, 0);
    if (map == MAP_FAILED)
        gg_fail(GG_MACHINE, "%s: it cannot be mapped: %s", path, strerror(errno));
    TokenFile *file = gg_tokens_add(d->tokens, (TokenFile) { .at = (unsigned char *)map + f.start,
                                                             .type = f.type,
                                                             .big = f.big,
                                                             .mapped = true,
                                                             .memory = map,
                                                             .bytes = (size_t)f.bytes,
                                                             .n = f.rows });
    file->path = gg_alloc(strlen(path) + 1, 1);
    strcpy(file->path, path);
    gg_flat_close(d);
}

/* The files of a path that may be a pattern. */
static void gg_token_files(Table *d, const char *path)
{
    glob_t found;
    Line *names = &d->tokens->names;
    names->n = 0;
    if (access(path, F_OK) == 0) gg_add(names, "%s\n", path);
    else if (glob(path, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) gg_add(names, "%s\n", found.gl_pathv[i]);
        globfree(&found);
    } else gg_fail(GG_DATA, "%s: no such file", path);
    for (char *at = names->s, *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        gg_token_file(d, at);
    }
}

/* ---- rows ---- */
static long gg_rows_in(const Table *d, long n)
{
    const TokenForm *form = &d->set->tokens;
    const long reach = gg_tokens_reach(d->tokens, form);
    return n < reach ? 0 : (n - reach) / form->stride + 1;
}

/* The tokens of a share: a fraction, or so many rows. */
static long gg_share(const Table *d, double part, long n)
{
    const TokenForm *form = &d->set->tokens;
    if (part < 1) return (long)(part * (double)n);
    return ((long)part - 1) * form->stride + gg_tokens_reach(d->tokens, form);
}

/* Makes rows of n tokens from `from` on, after those that there are. */
static Rows gg_stretch(Table *d, const char *path, const char *part, long from, long n)
{
    Tokens *t = d->tokens;
    const Stretch *last = t->nstretches ? &t->stretch[t->nstretches - 1] : NULL;
    const long row = last ? last->row + last->rows : 0;
    long rows = gg_rows_in(d, n);
    if (rows < 1)
        gg_fail(GG_DATA,
                "%s: %s%ld tokens are left, and a row has %ld%s: a shorter length, or more text",
                path, part, n < 0 ? 0 : n, d->set->tokens.length,
                t->y ? " and one more for y" : "");
    if (t->nstretches == 0 && d->set->tokens.random) rows = n / d->set->tokens.stride;
    if (rows < 1) rows = 1;
    t->stretch[t->nstretches++] = (Stretch) { row, rows, from, n };
    return (Rows) { row, rows, NULL };
}

/* Rule 3. */
static long gg_token_parts(Table *d, const char *path, long from, long n)
{
    const Dataset *set = d->set;
    const long test = set->test > 0 ? gg_share(d, set->test, n) : 0,
               valid = set->valid > 0 ? gg_share(d, set->valid, n) : 0, train = n - valid - test;
    d->train = gg_stretch(d, path, "train: ", from, train);
    if (set->valid > 0) d->valid = gg_stretch(d, path, "valid: ", from + train, valid);
    if (set->test > 0) d->test = gg_stretch(d, path, "test: ", from + train + valid, test);
    return d->train.count + d->valid.count + d->test.count;
}

/* The id of the character that begins or ends documents. */
static void gg_text_mark(Table *d)
{
    const long code = d->set->tokens.mark;
    d->tokens->mark = gg_character_id(d->chars.s, code);
    if (d->tokens->mark < 0)
        gg_fail(GG_DATA, "document_%s: the text has no character U+%04lX",
                d->set->tokens.begins ? "start" : "end", code);
}

static void gg_tokens_begin_set(Table *d)
{
    const Dataset *set = d->set;
    Tokens *t = d->tokens = gg_alloc(1, sizeof *t);
    for (int i = 0; i < 256; i++) t->id[i] = i;
    for (int c = 0; c < set->ncolumns; c++) t->y |= *set->columns[c].source == 'y';
    t->mark = set->tokens.mark;
}

long gg_tokens_append(Table *d, const char *path, bool test)
{
    if (test && !d->set->test_path) return -1;
    const bool main = !d->tokens;
    if (main) gg_tokens_begin_set(d);
    Tokens *t = d->tokens;
    const int first = t->nfiles;
    const long from = t->n;
    gg_token_files(d, path);
    if (d->set->tokens.kind == 'c') gg_text_read(d, first);
    for (int i = first; i < t->nfiles; i++)
        if (d->set->tokens.kind != 'c') gg_tokens_check(&t->file[i], d->set->tokens.classes);
    if (d->set->tokens.kind == 'c' && t->mark >= 0) gg_text_mark(d);
    d->stream_bytes = gg_tokens_bytes(t), d->stream_mapped = t->mapped;
    if (main && !d->asked) return gg_token_parts(d, path, from, t->n - from);
    return gg_stretch(d, path, "", from, t->n - from).count;
}
