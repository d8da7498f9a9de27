/* column.h -- rows of a column in memory. */
#ifndef GAGEN_COLUMN_H
#define GAGEN_COLUMN_H
#include "base.h"
#include "program.h"

long gg_row_count(const Column *c); /* elements of a row */
size_t gg_element_size(const Column *c);
size_t gg_row_bytes(const Column *c);          /* its type in memory */
bool gg_in_range(const Column *c, long value); /* whether it is a class, or the ignored value */
/* the same; fails if it is not */
void gg_table_range(const char *file, const Column *c, long row, long value);
/* checks all classes of these rows; fails with the row */
void gg_table_check(const char *file, const Column *c, const char *data, long rows);
/* fails unless the column's rows have these sizes */
void gg_table_dims(const char *file, const Column *c, const long *dim, int rank);
void gg_table_put(const Column *c, char *out, long i, double value);
#endif
