/* table.h -- the columns of a run in memory. */
#ifndef GAGEN_TABLE_H
#define GAGEN_TABLE_H
#include "base.h"
#include "column.h"
#include "stream.h"

/* from, from + 1, ...; or those in the list */
typedef struct {
    long from, count;
    uint32_t *list;
} Rows;
/* rows from .. of a file at byte start; fd -1: read */
typedef struct {
    int fd;
    long start, from, rows;
} Piece;
/* row 0 is at pages + lead */
typedef struct {
    char *pages;
    size_t bytes, lead;
    int n;
    Piece piece[3];
} Map;
typedef struct {
    Stream stream;
    int file;
    void *room;
} Reading; /* file: a descriptor + 1 */
typedef struct Tokens Tokens;
typedef struct {
    const Dataset *set;
    long rows; /* in memory, of all the file sets */
    void **column;
    Map *map;    /* by column; those with pieces are mapped; NULL: all belong to the caller */
    char *split; /* by row of the main set: its split, train, valid or test */
    Rows train, valid, test;
    Line notes;     /* the readers' notes about their files */
    Line fields;    /* csv: positions as the header's names: "x\x1fage\x1fincome\x1ey\x1f..." */
    Tokens *tokens; /* the stream that rows are cut from, or NULL */
    long stream_bytes, stream_mapped;
    Line chars; /* its vocabulary, in the order of ids, UTF-8 */
    /* for a prediction: the set with the columns that it needs */
    Dataset *asked;
    Column *asked_columns;
    void *zeros;  /* rows of all others */
    Reading held; /* of the current reader; after a failure gg_table_free frees it */
} Table;
long gg_table_bytes(const Table *d);  /* of all columns */
long gg_table_mapped(const Table *d); /* those of them that lie in files */
/* makes the program's columns those of the table */
void gg_table_bind(const Table *d);
char *gg_table_grow(Table *d, int column, long rows); /* room for more rows; where they begin */
void *gg_table_room(Table *d, size_t bytes);          /* until it is called again; 0: none */
#endif
