/* table.c -- the columns in memory. */
#include "table.h"

char *gg_table_grow(Table *d, int column, long rows)
{
    const Column *c = &d->p->columns[column];
    size_t row = gg_row_bytes(c);
    d->column[column] = gg_resize(d->column[column], (size_t)(d->rows + rows), row);
    return (char *)d->column[column] + (size_t)d->rows * row;
}

void gg_table_bind(const Table *d)
{
    for (int c = 0; c < d->p->ncolumns; c++) *d->p->columns[c].base = d->column[c];
}

long gg_table_mapped(const Table *d)
{
    long bytes = 0;
    for (int c = 0; d->map && c < d->p->ncolumns; c++) bytes += (long)d->map[c].bytes;
    return bytes;
}

long gg_table_bytes(const Table *d)
{
    long bytes = 0;
    for (int c = 0; c < d->p->ncolumns; c++)
        bytes += d->rows * (long)gg_row_bytes(&d->p->columns[c]);
    return bytes;
}
