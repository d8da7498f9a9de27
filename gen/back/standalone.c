/* standalone.c -- the runtime's source inside the program's file. A header with an include guard
   is copied once. A header without one is copied for each #include. */
#include <string.h>
#include "back/emit.h"
#include "base/resources.h"

static const char *runtime_file(const char *name, size_t *n)
{
    const char *s = resource(text("runtime/%s", name), n);
    if (!s) BUG("no file runtime/%s", name);
    return s;
}

static bool is_pasted(const Pasted *done, const char *name)
{
    for (int i = 0; i < done->n; i++)
        if (!strcmp(done->at[i], name)) return true;
    return false;
}

/* the name in #include "name", or NULL */
static char *local_include(const char *line, size_t n)
{
    static const char start[] = "#include \"";
    const size_t k = sizeof start - 1;
    if (n <= k || strncmp(line, start, k)) return NULL;
    const char *end = memchr(line + k, '"', n - k);
    return end ? mem_copy(line + k, (size_t)(end - line) - k) : NULL;
}

static void paste(Text *out, const char *name, Pasted *done)
{
    size_t n;
    const char *s = runtime_file(name, &n), *end = s + n;
    if (is_pasted(done, name)) return;
    if (strstr(s, "#ifndef GAGEN_")) vec_push(done, mem_copy(name, strlen(name)));
    for (const char *line = s; line < end;) {
        const char *nl = memchr(line, '\n', (size_t)(end - line));
        const size_t length = (size_t)((nl ? nl + 1 : end) - line);
        const char *other = local_include(line, length);
        if (other) paste(out, other, done);
        else text_put(out, line, length);
        line += length;
    }
}

void paste_headers(Text *out, const char *name, Pasted *done)
{
    text_add(out,
             "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE 1\n#endif\n#ifndef "
             "_FILE_OFFSET_BITS\n#define _FILE_OFFSET_BITS 64\n#endif\n"
             "#ifdef __clang__\n#pragma clang diagnostic ignored \"-Wunused-function\"\n#endif\n");
    paste(out, name, done);
}

/* sample.c belongs to programs that can sample. */
void paste_runtime(Text *out, Pasted *done, bool samples)
{
    for (const Resource *r = resources; r->path; r++) {
        const size_t n = strlen(r->path);
        if (strncmp(r->path, "runtime/", 8) || strcmp(r->path + n - 2, ".c")) continue;
        if (!samples && !strcmp(r->path, "runtime/sample.c")) continue;
        text_add(out, "\n");
        paste(out, r->path + 8, done);
    }
}
