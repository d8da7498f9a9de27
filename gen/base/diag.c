/* diag.c -- prints errors with file, line and the source line, by whose fault they are. */
#include "base/base.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 20, WIDEST = 160 };

typedef struct {
    const char *file, *source;
    size_t n;
} Source;
static VEC(Source) sources;
static int errors;
static jmp_buf *trying; /* where a failed attempt returns to; NULL: none runs */

void diag_source(const char *file, const char *source, size_t n)
{
    Source *s = NEW(Source);
    *s = (Source) { file, source, n };
    vec_push(&sources, s);
}

static const Source *source_of(const char *file)
{
    for (int i = 0; i < sources.n; i++)
        if (!strcmp(sources.at[i]->file, file)) return sources.at[i];
    return NULL;
}

/* The first line from `line` on where `key` is given a value, as in "batch = 64"; 0: none. */
int diag_find_key(Loc from, const char *key)
{
    const Source *s = source_of(from.file);
    size_t n = strlen(key);
    const char *p = s ? s->source : NULL, *end = s ? p + s->n : NULL;
    for (int line = 1; p && p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p)), *last = stop ? stop : end;
        for (const char *c = p; line >= from.line && c + n < last; c++) {
            bool starts = c == p || !(isalnum((unsigned char)c[-1]) || c[-1] == '_');
            if (starts && !strncmp(c, key, n) && c[n + strspn(c + n, " \t")] == '=') return line;
        }
        p = stop ? stop + 1 : NULL;
    }
    return 0;
}

int diag_lines(const char *file)
{
    const Source *s = source_of(file);
    int lines = s && s->n && s->source[s->n - 1] != '\n';
    for (size_t i = 0; s && i < s->n; i++) lines += s->source[i] == '\n';
    return lines;
}

/* control characters of the user's text do not reach the terminal */
static void put_safe(const char *s, size_t n, size_t most)
{
    for (size_t i = 0; i < n && i < most; i++) {
        unsigned char c = (unsigned char)s[i];
        fputc(c < 32 || c == 127 ? (c == '\t' ? ' ' : '?') : c, stderr);
    }
    fputc('\n', stderr);
}

static void show_line(Loc loc)
{
    const Source *s = loc.file && loc.line > 0 ? source_of(loc.file) : NULL;
    if (!s) return;
    const char *p = s->source, *end = p + s->n;
    for (int line = 1; line < loc.line && p; line++)
        if ((p = memchr(p, '\n', (size_t)(end - p)))) p++;
    if (!p || p >= end) return;
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    fprintf(stderr, "%5d | ", loc.line);
    put_safe(p, (size_t)((stop ? stop : end) - p), WIDEST);
}

static void tell(Loc loc, const char *kind, const char *format, va_list args)
{
    char message[2000];
    if (trying) return;
    vsnprintf(message, sizeof message, format, args);
    if (loc.file && loc.line > 0) fprintf(stderr, "%s:%d: ", loc.file, loc.line);
    else fprintf(stderr, "%s: ", loc.file ? loc.file : "gagen");
    fprintf(stderr, "%s: ", kind);
    put_safe(message, strlen(message), sizeof message);
    show_line(loc);
}

void error_at(Loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(loc, "error", format, args);
    va_end(args);
    if (++errors < MOST || trying) return;
    fprintf(stderr, "gagen: %d errors, the rest is not looked at\n", errors);
    exit(1);
}

void warn_at(Loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(loc, "warning", format, args);
    va_end(args);
}

void note_at(Loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(loc, "note", format, args);
    va_end(args);
}

void stop_if_errors(void)
{
    if (errors && trying) longjmp(*trying, 1);
    if (errors) exit(1);
}

bool attempt(void (*run)(void *context), void *context)
{
    jmp_buf here;
    if (trying || errors) BUG("an attempt within another one, or after errors");
    trying = &here;
    if (!setjmp(here)) run(context);
    trying = NULL;
    const bool good = !errors;
    errors = 0;
    return good;
}

static _Noreturn void die(int status, const char *before, const char *format, va_list args,
                          const char *after)
{
    fprintf(stderr, "gagen: %s", before);
    vfprintf(stderr, format, args);
    fprintf(stderr, "%s\n", after);
    if (status < 0) abort();
    exit(status);
}

_Noreturn void fatal(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    die(3, "", format, args, "");
}

_Noreturn void usage_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    die(2, "", format, args, " (gagen --help lists the options)");
}

_Noreturn void bug_at(const char *file, int line, const char *format, ...)
{
    const char *slash = strrchr(file, '/');
    va_list args;
    va_start(args, format);
    die(-1, text("a bug of gagen's own at %s:%d: ", slash ? slash + 1 : file, line), format, args,
        "");
}
