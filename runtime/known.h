/* known.h -- files in formats of other readers. */
#ifndef GAGEN_KNOWN_H
#define GAGEN_KNOWN_H
#include "base.h"

typedef enum { GG_FOR_CSV, GG_FOR_ARRAYS, GG_FOR_RAW, GG_FOR_WEIGHTS } Purpose;
/* fails, with the cure, if the file is in a known format */
void gg_known(const char *path, Purpose purpose);
#endif
