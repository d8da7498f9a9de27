/* table.c -- the columns in memory. */
#include "table.h"

char *gg_table_grow(Table *d, int column, long rows)
{
    const Column *c = &d->set->columns[column];
    size_t row = gg_row_bytes(c);
    d->column[column] = gg_resize(d->column[column], (size_t)(d->rows + rows), row);
    return (char *)d->column[column] + (size_t)d->rows * row;
}

void gg_table_bind(const Table *d)
{
    for (int c = 0; c < d->set->ncolumns; c++) *d->set->columns[c].base = d->column[c];
}

long gg_table_mapped(const Table *d)
{
    long bytes = d->stream_mapped;
    for (int c = 0; d->map && c < d->set->ncolumns; c++) bytes += (long)d->map[c].bytes;
    return bytes;
}

long gg_table_bytes(const Table *d)
{
    long bytes = 0;
    if (d->tokens) return d->stream_bytes;
    for (int c = 0; c < d->set->ncolumns; c++)
        bytes += d->rows * (long)gg_row_bytes(&d->set->columns[c]);
    return bytes;
}

void *gg_table_room(Table *d, size_t bytes)
{
    free(d->held.room);
    d->held.room = NULL;
    return d->held.room = bytes ? gg_alloc(bytes, 1) : NULL;
}
