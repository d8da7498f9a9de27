/* known.h -- formats that other readers are for. */
#ifndef GAGEN_KNOWN_H
#define GAGEN_KNOWN_H
#include "base.h"

typedef enum { GG_FOR_CSV, GG_FOR_ARRAYS, GG_FOR_RAW, GG_FOR_WEIGHTS } Purpose;
/* fails where the file is in a known format, with what to do */
void gg_known(const char *path, Purpose purpose);
#endif
