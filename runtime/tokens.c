/* tokens.c -- a stream of tokens in files, and rows of it.

   1. Files are mapped. The host copies a window's rows out of them, so a token in a file may have
      any size, and a row may end in another file than it begins.
   2. Row r of a stretch begins at its token r x stride. With order = "random" a training sample
      begins at a token that its number and the seed determine.
   3. y is x, one token later. `documents` counts the marks up to a position, with itself if
      a mark begins a document. */
#include "tokens.h"
#include "number.h"
#include "philox.h"
#include <sys/mman.h>

TokenFile *gg_tokens_add(Tokens *t, TokenFile file)
{
    t->file = gg_resize(t->file, (size_t)t->nfiles + 1, sizeof *t->file);
    file.from = t->n;
    t->n += file.n;
    if (file.mapped) t->mapped += (long)file.bytes;
    t->file[t->nfiles] = file;
    return &t->file[t->nfiles++];
}

void gg_tokens_unmap(Tokens *t, TokenFile *f)
{
    munmap(f->memory, f->bytes);
    t->mapped -= (long)f->bytes;
    f->mapped = false, f->memory = NULL;
}

void gg_tokens_free(Tokens *t)
{
    for (int i = 0; t && i < t->nfiles; i++) {
        if (t->file[i].mapped) gg_tokens_unmap(t, &t->file[i]);
        free(t->file[i].memory), free(t->file[i].path);
    }
    if (t) free(t->file), free(t->names.s);
    free(t);
}

long gg_tokens_bytes(const Tokens *t)
{
    long bytes = 0;
    for (int i = 0; i < t->nfiles; i++)
        bytes += t->file[i].mapped ? (long)t->file[i].bytes
                                   : t->file[i].n * gg_type_bytes(t->file[i].type);
    return bytes;
}

/* ---- one token ---- */
static int64_t gg_token_other(const TokenFile *f, long i)
{
    const Number x = gg_number(f->type, f->big, f->at + i * gg_type_bytes(f->type));
    const int64_t size = x.size > INT64_MAX ? INT64_MAX : (int64_t)x.size;
    return x.minus ? -size : size;
}

int64_t gg_token(const TokenFile *f, long i)
{
    uint16_t half;
    uint32_t whole;
    if (f->type == 'b') return f->at[i];
    if (f->big != GG_BIG) return gg_token_other(f, i);
    if (f->type == 'H') {
        memcpy(&half, f->at + 2 * i, sizeof half);
        return half;
    }
    if (f->type == 'I') {
        memcpy(&whole, f->at + 4 * i, sizeof whole);
        return whole;
    }
    return gg_token_other(f, i);
}

void gg_tokens_check(const TokenFile *f, long classes)
{
    if (f->type == 'b' ? classes >= 256 : f->type == 'H' && classes >= 65536) return;
    for (long i = 0; i < f->n; i++) {
        const int64_t id = gg_token(f, i);
        if (id < 0 || id >= classes)
            gg_fail(GG_DATA,
                    "%s: token %ld is %lld, and the model says classes = %ld, 0 to %ld: state more "
                    "classes, or another type",
                    f->path, i + 1, (long long)id, classes, classes - 1);
    }
}

/* ---- rows ---- */
long gg_tokens_reach(const Tokens *t, const TokenForm *form) { return form->length + t->y; }

long gg_tokens_begin(const Tokens *t, const TokenForm *form, long row)
{
    const Stretch *s = t->stretch;
    while (s + 1 < t->stretch + t->nstretches && s[1].row <= row) s++;
    const long at = (row - s->row) * form->stride, last = s->n - gg_tokens_reach(t, form);
    return s->from + (at < last ? at : last);
}

long gg_tokens_draw(const Tokens *t, const TokenForm *form, uint64_t seed, uint64_t sample)
{
    uint32_t c[4] = { 0, 0x746f6b65u, (uint32_t)sample, (uint32_t)(sample >> 32) };
    const uint64_t starts = (uint64_t)(t->stretch[0].n - gg_tokens_reach(t, form) + 1);
    philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return t->stretch[0].from + (long)(((uint64_t)c[0] << 32 | c[1]) % starts);
}

static const TokenFile *gg_tokens_file(const Tokens *t, long at)
{
    int least = 0, most = t->nfiles;
    while (most - least > 1) {
        const int half = (least + most) / 2;
        if (t->file[half].from <= at) least = half;
        else most = half;
    }
    return &t->file[least];
}

static void gg_tokens_copy(const Tokens *t, long from, long n, int32_t *out)
{
    for (const TokenFile *f = gg_tokens_file(t, from); n > 0; f++) {
        const long skip = from - f->from, left = f->n - skip, some = left < n ? left : n;
        if (f->type == 'b')
            for (long i = 0; i < some; i++) out[i] = t->id[f->at[skip + i]];
        else
            for (long i = 0; i < some; i++) out[i] = (int32_t)gg_token(f, skip + i);
        from += some, n -= some, out += some;
    }
}

void gg_documents(const TokenForm *form, int32_t *token, long n, long mark)
{
    int32_t now = 0;
    for (long i = 0; i < n; i++) {
        const bool marked = token[i] == mark;
        token[i] = now + (marked && form->begins);
        now += marked;
    }
}

void gg_tokens_row(const Tokens *t, const TokenForm *form, const Column *c, long from, int32_t *out)
{
    gg_tokens_copy(t, from + (*c->source == 'y'), c->dim[0], out);
    if (*c->source == 'd') gg_documents(form, out, c->dim[0], t->mark);
}
