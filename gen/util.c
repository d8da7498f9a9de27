/* util.c -- memory that lives until exit, text that grows, strings made safe for C. */
#include "gagen.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16 };

/* zeroed; never fails but by fatal(); lives until exit */
void *mem_alloc(size_t bytes)
{
    static char *next;
    static size_t left;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > left) {
        size_t size = bytes > BLOCK ? bytes : BLOCK;
        char *block = calloc(1, size);
        if (!block) fatal("out of memory (%zu bytes)", size);
        if (size == bytes) return block;
        next = block;
        left = size;
    }
    void *p = next;
    next += bytes;
    left -= bytes;
    return p;
}

char *mem_copy(const char *s, size_t n)
{
    char *copy = mem_alloc(n + 1);
    memcpy(copy, s, n);
    return copy;
}

static char *format_text(const char *format, va_list args, size_t *n)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    if (size < 0) BUG("bad format '%s'", format);
    char *s = mem_alloc((size_t)size + 1);
    vsnprintf(s, (size_t)size + 1, format, again);
    va_end(again);
    if (n) *n = (size_t)size;
    return s;
}

char *text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = format_text(format, args, NULL);
    va_end(args);
    return s;
}

void text_put(Text *t, const char *s, size_t n)
{
    if (t->n + n + 1 > t->room) {
        t->room = (t->n + n + 1) * 2 + 256;
        t->s = realloc(t->s, t->room);
        if (!t->s) fatal("out of memory (%zu bytes)", t->room);
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = 0;
}

void text_add(Text *t, const char *format, ...)
{
    size_t n;
    va_list args;
    va_start(args, format);
    char *s = format_text(format, args, &n);
    va_end(args);
    text_put(t, s, n);
}

void vec_grow(void ***at, int *n, int *room)
{
    if (*n < *room) return;
    *room = *room ? *room * 2 : 16;
    *at = realloc(*at, sizeof(void *) * (size_t)*room);
    if (!*at) fatal("out of memory");
}

/* the characters of a C string literal that stands for s: no quote, newline or trigraph escapes from it */
char *c_string(const char *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '?') text_add(&t, "\\%c", *c);
        else if (*c >= 32 && *c < 127) text_put(&t, (const char *)c, 1);
        else text_add(&t, "\\%03o", *c);
    }
    return t.s;
}

/* s as it may stand in a C comment: printable characters, no end of comment, no trigraph, no mark of indent() */
char *c_comment(const char *s)
{
    char *copy = mem_copy(s, strlen(s));
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c < 32 || (unsigned char)*c > 126) *c = '.';
        if (c > copy && ((c[-1] == '*' && *c == '/') || (c[-1] == '/' && *c == '*')
                      || (c[-1] == '@' && *c == '@'))) *c = '.';
        if (*c == '?' || *c == '\\') *c = '.';
    }
    return copy;
}

/* words that C, CUDA or their headers own; names in capitals may be macros */
static bool reserved(const char *s)
{
    static const char *const words[] = {
        "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class", "complex", "const",
        "constexpr", "continue", "default", "delete", "do", "double", "dim3", "else", "enum", "errno", "explicit",
        "export", "extern", "false", "float", "for", "friend", "goto", "half", "if", "imaginary", "inline", "int", "long",
        "main", "mutable", "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected",
        "public", "real", "register", "restrict", "return", "short", "signed", "sizeof", "static", "stderr", "stdin",
        "stdout", "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typeid", "typename",
        "typeof", "union", "unsigned", "using", "vec", "vec8", "virtual", "void", "volatile", "while", "xor",
        "blockDim", "blockIdx", "gridDim", "threadIdx", "warpSize", "linux", "unix", "NULL", "INFINITY", "NAN"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i], s)) return true;
    return s[0] && s[1] && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

/* a C identifier made from s: other characters become _, keywords of C and CUDA get one behind them */
char *c_ident(const char *s)
{
    bool bad = !isalpha((unsigned char)s[0]) || !strncmp(s, "gg_", 3);
    char *id = text("%s%.60s%s", bad ? "u_" : "", s, reserved(s) ? "_" : "");
    for (char *c = id; *c; c++)
        if (!isalnum((unsigned char)*c) || (unsigned char)*c > 126) *c = '_';
    return id;
}
