/* resource.c -- the files that gagen carries: the embedded ones, or for development those under
   GAGEN_PATH. */
#include "base/base.h"
#include "base/resources.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    Text t = { 0 };
    char block[4096];
    if (!f) return NULL;
    text_put(&t, "", 0);
    for (size_t k; (k = fread(block, 1, sizeof block, f)) > 0;) text_put(&t, block, k);
    fclose(f);
    *n = t.n;
    return t.s;
}

const char *resource(const char *path, size_t *n)
{
    const char *from = getenv("GAGEN_PATH");
    if (from && *from) return read_file(text("%s/%s", from, path), n);
    for (const Resource *r = resources; r->path; r++)
        if (!strcmp(r->path, path)) {
            *n = r->n;
            return r->data;
        }
    return NULL;
}
