/* csv.h -- the text of a CSV file, its records, its header, its values. */
#ifndef GAGEN_CSV_H
#define GAGEN_CSV_H
#include "base.h"
#include "table.h"

typedef struct {
    const char *text;
    long line, at;
} CsvField; /* the line where it begins, from 1 */
typedef struct {
    CsvField *field;
    long n, room;
} CsvRecord;
typedef struct {
    const char *path;
    /* the file; fields end in place; the text ends with a line */
    char *text, *next, *end, *line_start;
    long line;
    /* the last line before that begins with #; NULL: none */
    char *comment;
    long comment_line;
    char separator, decimal;
    bool packed; /* by gzip, or a pipe */
    bool guessed_separator, guessed_decimal;
    bool stops[256];          /* characters that end a field without quotes */
    CsvRecord record, header; /* the record just read; the names, n 0: there are none */
    /* no column is asked for by name; rows have one field more than the header */
    bool guessed_header, named_rows;
    long rows, dropped, replaced; /* rows kept, rows left out, values that replace missing ones */
    long *place;                  /* the field of every element of a row, column by column */
} Csv;
/* opens the text before its first record; the stream s belongs to it until the file is read */
void gg_csv_open(Csv *f, Stream *s, const char *path, CsvForm form);
bool gg_csv_record(Csv *f); /* the next record; false at the end; skips empty lines */
void gg_csv_push(CsvRecord *r, CsvField field);
/* takes the record just read as the first: finds the fields of columns, and the names to keep */
void gg_csv_begin(Csv *f, Table *d);
/* whether another field has the column's position as its name */
bool gg_csv_is_elsewhere(const Csv *f, const Table *d, const Column *c);
bool gg_csv_number(const char *text, char decimal, double *value);
bool gg_csv_missing(const char *text);
bool gg_csv_is_data(const char *text, char decimal); /* and no column's name */
/* reads the field's value; NULL, or the fault in words */
const char *gg_csv_value(const Csv *f, const Column *c, const char *text, double *value);
extern const char gg_csv_lacks[]; /* whether the field is missing; value: the model's replacement */
void gg_csv_check_instead(const Csv *f, const Column *c);
#endif
