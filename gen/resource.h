/* resource.h -- what build/resources.c, written by embed, holds. */
#ifndef GAGEN_RESOURCE_H
#define GAGEN_RESOURCE_H
#include <stddef.h>
typedef struct { const char *path, *data; size_t n; } Resource;
extern const Resource resources[];                          /* the last one's path is NULL */
#endif
