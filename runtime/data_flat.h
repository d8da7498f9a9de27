/* data_flat.h -- columns whose rows are at equal distances in a file. */
#ifndef GAGEN_DATA_FLAT_H
#define GAGEN_DATA_FLAT_H
#include "base.h"
#include "table.h"

enum { GG_FLAT_RANK = 8 };
typedef struct {
    char path[4096];
    int fd;
    char type;   /* of elements (number.c) */
    bool big;    /* their first byte is the highest */
    bool turned; /* Fortran's order: the first axis, the rows, runs fastest */
    int rank;
    long dim[GG_FLAT_RANK];          /* sizes of a row without 1s; in Fortran's order, reversed */
    long bytes, start, stride, rows; /* bytes of the file; offset of row 0; distance of rows */
} Flat;
void gg_flat_find(Table *d, Flat *f, const char *path, const char *source); /* opens it */
void gg_flat_open(Table *d, Flat *f); /* f->path; one at a time, until it is mapped or closed */
void gg_flat_close(Table *d);
void gg_flat_get(const Flat *f, void *to, long from, long n); /* bytes */
/* appends its rows after the set's first `done`; then keeps the file mapped or closes it */
void gg_flat_append(Table *d, int column, const Flat *f, long done);
void gg_flat_beside(const char *path, long rows, const char *first, long others);
long gg_flat_next(const Table *d);
void gg_npy_describe(Table *d, Flat *f); /* what an open .npy file has, by its header */
void gg_map_free(Map *m);
#endif
