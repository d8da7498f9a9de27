/* stream.c -- reads a file from its beginning to its end, plain or compressed by gzip (zlib). A
   compressed file that is truncated, or whose check sum is wrong, is an error. */
#include "stream.h"
#include <errno.h>
#include <sys/stat.h>
#ifdef GAGEN_ZLIB
#include <zlib.h>

static void *gg_unpack_open(const char *path) { return gzopen(path, "rb"); }
static long gg_unpack_read(void *f, void *to, unsigned n) { return gzread(f, to, n); }
static void gg_unpack_close(void *f) { gzclose(f); }

/* NULL, or the fault of the file */
static const char *gg_unpack_wrong(void *f)
{
    int status;
    const char *why = gzerror(f, &status), *end = strrchr(why, ':'); /* "path: what" */
    return status == Z_OK || status == Z_STREAM_END ? NULL
           : status == Z_ERRNO                      ? strerror(errno)
           : status == Z_BUF_ERROR                  ? "it ends within its gzip data"
           : end                                    ? end + 2
                                                    : why;
}
#else
static void *gg_unpack_open(const char *path) { return fopen(path, "rb"); }
static long gg_unpack_read(void *f, void *to, unsigned n) { return (long)fread(to, 1, n, f); }
static void gg_unpack_close(void *f) { fclose(f); }
static const char *gg_unpack_wrong(void *f) { return ferror((FILE *)f) ? strerror(errno) : NULL; }
#endif

void gg_stream_close(Stream *s)
{
    if (s->file) gg_unpack_close(s->file);
    s->file = NULL;
}

void gg_stream_open(Stream *s, const char *path)
{
    struct stat st;
    unsigned char magic[2] = { 0 };
    gg_stream_close(s);
    if (stat(path, &st)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    /* bytes read from a pipe are gone */
    FILE *file = S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;
    if (!file && S_ISREG(st.st_mode)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    size_t got = file ? fread(magic, 1, 2, file) : 0;
    if (file) fclose(file);
    if (S_ISDIR(st.st_mode)) gg_fail(GG_DATA, "%s: a directory, not a file", path);
    *s = (Stream) { .path = path,
                    .bytes = st.st_size,
                    .packed = got == 2 && magic[0] == 0x1f && magic[1] == 0x8b };
#ifndef GAGEN_ZLIB
    if (s->packed)
        gg_fail(GG_DATA,
                "%s: compressed, and this program was built without zlib: gunzip it, or build with "
                "-DGAGEN_ZLIB and -lz",
                path);
#endif
    if (!(s->file = gg_unpack_open(path))) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
}

long gg_stream_read(Stream *s, void *to, long n)
{
    long done = 0, got = 1;
    while (done < n && got > 0) {
        long want = n - done < 1 << 24 ? n - done : 1 << 24;
        got = gg_unpack_read(s->file, (char *)to + done, (unsigned)want);
        if (got > 0) done += got;
    }
    const char *wrong = done < n ? gg_unpack_wrong(s->file) : NULL;
    if (wrong) gg_fail(GG_DATA, "%s: truncated or damaged: %s", s->path, wrong);
    return done;
}
