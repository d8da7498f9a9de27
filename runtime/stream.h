/* stream.h -- a file from its beginning to its end. */
#ifndef GAGEN_STREAM_H
#define GAGEN_STREAM_H
#include "base.h"

/* bytes of the file; packed: a .gz */
typedef struct {
    const char *path;
    long bytes;
    bool packed;
    void *file;
} Stream;
/* compressed or not; closes the file that s had open */
void gg_stream_open(Stream *s, const char *path);
/* the number of bytes read: fewer than n only at the end */
long gg_stream_read(Stream *s, void *to, long n);
void gg_stream_close(Stream *s);
#endif
