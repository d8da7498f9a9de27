/* data.h -- finds the data, and decides which rows train, validate and test. */
#ifndef GAGEN_DATA_H
#define GAGEN_DATA_H
#include "base.h"
#include "table.h"

/* reads the data; path NULL: the model's. Fails by gg_fail */
void gg_table_load(Table *d, const Dataset *set, const char *path);
/* the same for a prediction; path NULL: `rows` rows without data */
void gg_table_ask(Table *d, const Dataset *set, const char *path, long rows);
/* the same with the caller's memory: columns[i] has `rows` rows of the set's column i */
void gg_table_give(Table *d, const Dataset *set, long rows, const void *const *columns);
void gg_table_free(Table *d);
/* computes the statistics of training rows that parameters hold */
void gg_table_statistics(const Table *d, const Model *m);
#endif
