/* vocabulary.c -- the characters of a text, in order of their Unicode numbers: a character's place
   is its token. The vocabulary is kept as UTF-8, in that order. */
#include "tokens.h"

enum { GG_CODES = 0x110000 };

long gg_character(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *s = *at;
    const int more = *s < 0x80   ? 0
                     : *s < 0xc2 ? -1
                     : *s < 0xe0 ? 1
                     : *s < 0xf0 ? 2
                     : *s < 0xf5 ? 3
                                 : -1;
    static const long least[] = { 0, 0x80, 0x800, 0x10000 };
    if (more < 0 || end - s <= more) return -1;
    long code = more == 0 ? *s : *s & (0x3f >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) return -1;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[more] || code >= GG_CODES || (code >= 0xd800 && code < 0xe000)) return -1;
    *at += more + 1;
    return code;
}

static void gg_add_character(Line *out, uint32_t code)
{
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned first[] = { 0, 0xc0, 0xe0, 0xf0 };
    gg_add(out, "%c", (int)(first[more] | code >> 6 * more));
    for (int i = more - 1; i >= 0; i--) gg_add(out, "%c", (int)(0x80 | (code >> 6 * i & 0x3f)));
}

long gg_characters(const char *chars)
{
    long n = 0;
    for (; *chars; chars++) n += (*chars & 0xc0) != 0x80;
    return n;
}

long gg_character_id(const char *chars, long code)
{
    const unsigned char *at = (const unsigned char *)chars, *end = at + strlen(chars);
    for (long id = 0; at < end; id++) {
        const long c = gg_character(&at, end);
        if (c < 0) return -1;
        if (c == code) return id;
    }
    return -1;
}

const char *gg_character_at(const char *chars, long id, int *bytes)
{
    const unsigned char *at = (const unsigned char *)chars, *end = at + strlen(chars), *here = at;
    for (; at < end && id >= 0; id--) {
        here = at;
        if (gg_character(&at, end) < 0) break;
    }
    *bytes = (int)(at - here);
    return (const char *)here;
}

/* ---- texts ---- */
/* Counts a text's characters and marks them in `seen`. */
static void gg_text_scan(TokenFile *f, unsigned char *seen)
{
    const unsigned char *at = f->at, *end = at + f->bytes;
    for (f->n = 0; at < end; f->n++) {
        const unsigned char *here = at;
        const long code = gg_character(&at, end);
        if (code < 1)
            gg_fail(GG_DATA,
                    "%s: byte %ld is %02x: not UTF-8, or no text; bytes = true in place of chars "
                    "reads any file",
                    f->path, (long)(here - f->at) + 1, *here);
        seen[code] = 1;
    }
}

/* 1 + the id of each character, by its number. */
static const int32_t *gg_text_ids(Table *d)
{
    int32_t *id = gg_table_room(d, GG_CODES * sizeof *id), n = 0;
    const unsigned char *at = (const unsigned char *)d->chars.s, *end = at + d->chars.n;
    while (at < end) {
        const long code = gg_character(&at, end);
        if (code < 1) gg_fail(GG_DATA, "the vocabulary of the weights is damaged");
        id[code] = ++n;
    }
    return id;
}

static void gg_text_check(const TokenFile *f, const int32_t *id)
{
    const unsigned char *at = f->at, *end = at + f->bytes;
    for (long n = 1; at < end; n++) {
        const unsigned char *here = at;
        if (!id[gg_character(&at, end)])
            gg_fail(GG_DATA, "%s: character %ld is '%.*s', which is not in the vocabulary", f->path,
                    n, (int)(at - here), (const char *)here);
    }
}

/* Ids in memory of their own, of 16 or 32 bits. */
static void gg_text_decode(Tokens *t, TokenFile *f, const int32_t *id, bool small)
{
    const unsigned char *at = f->at, *end = at + f->bytes;
    unsigned char *out = gg_alloc((size_t)f->n, small ? 2 : 4);
    for (long i = 0; i < f->n; i++) {
        const uint32_t x = (uint32_t)id[gg_character(&at, end)] - 1;
        const uint16_t half = (uint16_t)x;
        if (small) memcpy(out + 2 * i, &half, 2);
        else memcpy(out + 4 * i, &x, 4);
    }
    gg_tokens_unmap(t, f);
    f->memory = out, f->at = out, f->type = small ? 'H' : 'I';
}

static void gg_text_vocabulary(Table *d, const unsigned char *seen)
{
    for (uint32_t code = 1; code < GG_CODES; code++)
        if (seen[code]) gg_add_character(&d->chars, code);
}

void gg_text_count(const Table *d, const char *path)
{
    const long n = gg_characters(d->chars.s), told = d->set->tokens.classes;
    if (n != told)
        gg_fail(GG_DATA,
                "%s: %ld different characters, and the model says chars = %ld: chars = %ld", path,
                n, told, n);
}

void gg_text_read(Table *d, int first)
{
    Tokens *t = d->tokens;
    const bool makes = !d->chars.n;
    unsigned char *seen = gg_table_room(d, GG_CODES);
    for (int i = first; i < t->nfiles; i++) gg_text_scan(&t->file[i], seen);
    if (makes) gg_text_vocabulary(d, seen);
    gg_text_count(d, t->file[first].path);
    const int32_t *id = gg_text_ids(d);
    for (int c = 0; c < 128; c++) t->id[c] = id[c] - 1;
    for (int i = first; i < t->nfiles; i++) {
        TokenFile *f = &t->file[i];
        if (!makes) gg_text_check(f, id);
        if ((size_t)f->n < f->bytes) gg_text_decode(t, f, id, d->set->tokens.classes <= 65536);
        f->from = i ? t->file[i - 1].from + t->file[i - 1].n : 0;
    }
    t->n = t->file[t->nfiles - 1].from + t->file[t->nfiles - 1].n;
    gg_table_room(d, 0);
}
