/* data.h -- finds the data, and decides which rows train, validate and test. */
#ifndef GAGEN_DATA_H
#define GAGEN_DATA_H
#include "base.h"
#include "table.h"

/* path NULL: the model's */
void gg_table_load(Table *d, const Dataset *set, const char *path);
/* for a prediction; path NULL: so many rows */
void gg_table_ask(Table *d, const Dataset *set, const char *path, long rows);
void gg_table_give(Table *d, const Dataset *set, long rows, const void *const *columns);
void gg_table_free(Table *d);
/* statistics of the training rows, into the parameters that hold them */
void gg_table_statistics(const Table *d, const Model *m);
#endif
