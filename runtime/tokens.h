/* tokens.h -- a stream of tokens in files; a row is `length` of them. */
#ifndef GAGEN_TOKENS_H
#define GAGEN_TOKENS_H
#include "base.h"
#include "table.h"

/* tokens from .. from + n - 1 of the stream */
typedef struct {
    char *path;
    const unsigned char *at; /* the first one */
    char type;               /* number.c */
    bool big, mapped;
    void *memory; /* `bytes` of the file, mapped, or room for characters above one byte */
    size_t bytes;
    long from, n;
} TokenFile;
/* rows row .. row + rows - 1 lie in tokens from .. from + n - 1 */
typedef struct {
    long row, rows, from, n;
} Stretch;
enum { GG_STRETCHES = 5 };
struct Tokens {
    TokenFile *file;
    int nfiles;
    long n, mapped; /* tokens; bytes that are mapped */
    Line names;     /* of files that a pattern finds */
    Stretch stretch[GG_STRETCHES];
    int nstretches;
    int32_t id[256]; /* of a token of one byte */
    long mark;       /* the token that begins or ends a document; -1: none does */
    bool y;          /* whether rows have y, one token later */
};

TokenFile *gg_tokens_add(Tokens *t, TokenFile file); /* after the others */
void gg_tokens_unmap(Tokens *t, TokenFile *f);
int64_t gg_token(const TokenFile *f, long i); /* token i of the file, as the file has it */
/* fails unless all tokens of the file are below `classes` */
void gg_tokens_check(const TokenFile *f, long classes);
/* the first token of a row */
long gg_tokens_begin(const Tokens *t, const TokenForm *form, long row);
/* the first token of training sample `sample` under order = "random" */
long gg_tokens_draw(const Tokens *t, const TokenForm *form, uint64_t seed, uint64_t sample);
long gg_tokens_reach(const Tokens *t, const TokenForm *form); /* tokens that a row needs */
/* a row of a column whose tokens begin at `from` */
void gg_tokens_row(const Tokens *t, const TokenForm *form, const Column *c, long from,
                   int32_t *out);
long gg_tokens_bytes(const Tokens *t);
void gg_tokens_free(Tokens *t);
/* numbers the documents of n tokens, in place */
void gg_documents(const TokenForm *form, int32_t *token, long n, long mark);

/* ---- vocabulary.c: the characters of a text in order of their numbers, as UTF-8 ---- */
/* the character at *at, which moves on; -1: it is not UTF-8 */
long gg_character(const unsigned char **at, const unsigned char *end);
long gg_characters(const char *chars);              /* how many there are */
long gg_character_id(const char *chars, long code); /* -1: there is no such character */
const char *gg_character_at(const char *chars, long id, int *bytes); /* character `id` */
void gg_text_count(const Table *d, const char *path); /* fails unless the model says as many */
/* files from `first` on are texts: their tokens become ids. If d->chars is empty, they make it */
void gg_text_read(Table *d, int first);
#endif
