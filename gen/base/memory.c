/* memory.c -- memory that lives until exit, text that grows, growing arrays. */
#include "base/base.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16 };

/* The same as fatal(), which itself needs memory. */
static _Noreturn void no_memory(size_t bytes)
{
    fprintf(stderr, "gagen: out of memory (%zu bytes)\n", bytes);
    exit(3);
}

/* zeroed; lives until exit; ends by no_memory() where there is none */
void *mem_alloc(size_t bytes)
{
    static char *next;
    static size_t left;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > left) {
        size_t size = bytes > BLOCK ? bytes : BLOCK;
        char *block = calloc(1, size);
        if (!block) no_memory(size);
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
    if (size < 0) abort(); /* our formats are never bad */
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
        if (!t->s) no_memory(t->room);
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
    if (!*at) no_memory(sizeof(void *) * (size_t)*room);
}
