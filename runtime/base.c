/* base.c -- errors, memory, text that grows. */
#include "base.h"
#include "program.h"
#include <errno.h>
#include <stdarg.h>

jmp_buf *gg_trap;
int gg_status;
char gg_message[1024];

void gg_fail(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(gg_message, sizeof gg_message, format, args);
    va_end(args);
    gg_status = status;
    if (gg_trap) longjmp(*gg_trap, 1);
    fflush(stdout);
    fprintf(stderr, "error: %s\n", gg_message);
    exit(status);
}

void *gg_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        gg_fail(GG_MACHINE, "out of memory: %zu x %zu bytes are not to be had", count, size);
    return memory;
}

/* The address from calloc is stored before the room. */
void *gg_room(size_t bytes)
{
    const size_t aside = 64 + sizeof(void *);
    char *memory = bytes <= PTRDIFF_MAX - aside ? calloc(bytes + aside, 1) : NULL;
    if (!memory)
        gg_fail(GG_MACHINE,
                "out of memory: the program's parameters, states and values take %zu bytes, which "
                "are not to be had",
                bytes);
    char *room = memory + aside - (uintptr_t)(memory + aside) % 64;
    memcpy(room - sizeof memory, &memory, sizeof memory);
    return room;
}

void gg_room_free(void *room)
{
    void *memory = NULL;
    if (room) memcpy(&memory, (char *)room - sizeof memory, sizeof memory);
    free(memory);
}

void *gg_resize(void *memory, size_t count, size_t size)
{
    bool fits = count <= PTRDIFF_MAX / size;
    void *moved = fits ? realloc(memory, count ? count * size : 1) : NULL;
    if (!moved)
        gg_fail(GG_MACHINE, "out of memory: %zu x %zu bytes are not to be had", count, size);
    return moved;
}

double gg_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void gg_add(Line *line, const char *format, ...)
{
    for (;;) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(line->s ? line->s + line->n : NULL, line->room - line->n, format, args);
        va_end(args);
        if (n < 0) gg_fail(GG_MACHINE, "a line of text cannot be written");
        if (line->n + (size_t)n < line->room) {
            line->n += (size_t)n;
            return;
        }
        line->room = 2 * line->room + (size_t)n + 4096;
        line->s = gg_resize(line->s, line->room, 1);
    }
}

void gg_add_quoted(Line *line, const char *s)
{
    gg_add(line, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') gg_add(line, "\\%c", *s);
        else if ((unsigned char)*s < ' ') gg_add(line, "\\u%04x", (unsigned)*s);
        else gg_add(line, "%c", *s);
    }
    gg_add(line, "\"");
}

void gg_add_number(Line *line, double x)
{
    if (isfinite(x)) gg_add(line, "%.17g", x);
    else gg_add(line, "null");
}

bool gg_ends(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}
