/* stream.h -- a file from its beginning to its end. */
#ifndef GAGEN_STREAM_H
#define GAGEN_STREAM_H
#include "base.h"

typedef struct { const char *path; long bytes; bool packed; void *file; } Stream; /* bytes of the file; packed: a .gz */
void gg_stream_open(Stream *s, const char *path); /* packed or not; closes what s had open */
long gg_stream_read(Stream *s, void *to, long n); /* the bytes that came: fewer than n at the end alone */
void gg_stream_close(Stream *s);
#endif
