/* resources.h -- the contents of build/resources.c, which embed writes. */
#ifndef GAGEN_RESOURCES_H
#define GAGEN_RESOURCES_H
#include <stddef.h>
typedef struct {
    const char *path, *data;
    size_t n;
} Resource;
extern const Resource resources[]; /* the last one's path is NULL */
#endif
