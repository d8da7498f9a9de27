/* readers.h -- the readers of data files. */
#ifndef GAGEN_READERS_H
#define GAGEN_READERS_H
#include "base.h"
#include "table.h"

/* reads a file set: its rows; -1: no test files */
long gg_idx_append(Table *d, const char *path, bool test);
long gg_csv_append(Table *d, const char *path, bool test);
long gg_npy_append(Table *d, const char *path, bool test);
long gg_raw_append(Table *d, const char *path, bool test);
long gg_cifar_append(Table *d, const char *path, bool test);
long gg_tokens_append(Table *d, const char *path, bool test);
#endif
