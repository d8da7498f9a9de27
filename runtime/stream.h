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
void gg_stream_open(Stream *s, const char *path); /* packed or not; closes what s had open */
/* the bytes that came: fewer than n at the end alone */
long gg_stream_read(Stream *s, void *to, long n);
void gg_stream_close(Stream *s);
#endif
