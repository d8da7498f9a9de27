/* output.c -- gagen writes a file whole or not at all. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/base.h"

/* The file is written under another name, then renamed. */
static void write_file(const char *path, const Text *t)
{
    const char *temporary = text("%s.%ld.tmp", path, (long)getpid());
    FILE *f = fopen(temporary, "w");
    if (!f) fatal("%s: %s", path, strerror(errno));
    bool good = fwrite(t->s, 1, t->n, f) == t->n;
    good &= fclose(f) == 0;
    if (good && rename(temporary, path) == 0) return;
    const char *why = strerror(errno);
    remove(temporary);
    fatal("%s: %s", path, why);
}

static void write_stream(FILE *f, const char *name, const Text *t)
{
    if (!f || fwrite(t->s, 1, t->n, f) != t->n || fflush(f) || ferror(f))
        fatal("%s: %s", name, strerror(errno));
}

void write_output(const char *path, const Text *t)
{
    struct stat st;
    if (!path) write_stream(stdout, "standard output", t);
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) write_stream(fopen(path, "w"), path, t);
    else write_file(path, t);
}
