/* csv_header.c -- finds the fields of a column in a CSV file's records.

   1. The first record names the columns if the model says header = true or asks for a name. If the
      model says neither, it does unless one of its fields looks like data (csv_value.c) or is a
      class of its column. 0, 1, 2 ... in order, after an empty field or none, are names: pandas
      writes them for a table without names.
   2. A line before the first record that begins with # is a comment. It is the header if it has as
      many fields as that record and the record is data, as numpy.savetxt writes it.
   3. If the first row has one field more than the header, in quotes or not a number, it is the
      row's name, as R writes it. A number would be two, cut by a decimal comma.
   4. With a header, positions become names. In any further file, of the same run or of a
      prediction, a column has the fields with these names, in any order. */
#include "csv.h"
#include <ctype.h>

/* ---- names ---- */
/* "3" and "2-9" are positions, from 1; all else is a name, "\"3\"" too. */
static bool gg_csv_positions(const char *source, long *from, long *to)
{
    char *end;
    if (*source < '0' || *source > '9') return false;
    *from = *to = strtol(source, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9') *to = strtol(end + 1, &end, 10);
    return !*end;
}

static long gg_csv_find(const Csv *f, const char *name, size_t n)
{
    for (long i = 0; i < f->header.n; i++)
        if (strlen(f->header.field[i].text) == n && !memcmp(f->header.field[i].text, name, n))
            return i;
    return -1;
}

static bool gg_csv_repeated(const Csv *f, long i)
{
    for (long k = i + 1; k < f->header.n; k++)
        if (!strcmp(f->header.field[k].text, f->header.field[i].text)) return true;
    return false;
}

/* The edit distance of two names, ignoring case; 3 if it is larger. */
static int gg_csv_distance(const char *a, size_t n, const char *b)
{
    int before[41], now[41];
    const size_t m = strlen(b);
    if (n > 40 || m > 40) return 3;
    for (size_t j = 0; j <= m; j++) before[j] = (int)j;
    for (size_t i = 0; i < n; i++) {
        now[0] = (int)i + 1;
        for (size_t j = 0; j < m; j++) {
            const bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
            int least = before[j] + !same;
            if (before[j + 1] + 1 < least) least = before[j + 1] + 1;
            now[j + 1] = now[j] + 1 < least ? now[j] + 1 : least;
        }
        memcpy(before, now, sizeof now);
    }
    return before[m] < 3 ? before[m] : 3;
}

/* " (did you mean 'price'?); it has a, b, c" */
static void gg_csv_header_text(const Csv *f, const char *name, size_t n, char *out, size_t room)
{
    const char *near = NULL;
    int least = n < 4 ? 2 : 3;
    for (long i = 0; i < f->header.n; i++) {
        const int d = gg_csv_distance(name, n, f->header.field[i].text);
        if (d < least && *f->header.field[i].text) least = d, near = f->header.field[i].text;
    }
    int at = near ? snprintf(out, room, " (did you mean '%s'?)", near) : 0;
    at += snprintf(out + at, room - (size_t)at, "; the header is");
    for (long i = 0; i < f->header.n; i++) {
        if ((size_t)at > room - 60) {
            snprintf(out + at, room - (size_t)at, " ... (%ld fields)", f->header.n);
            return;
        }
        at += snprintf(out + at, room - (size_t)at, "%s %.36s", i ? "," : "",
                       f->header.field[i].text);
    }
}

/* The hint for a record of one field that contains a possible separator. */
static const char *gg_csv_other_separator(const CsvRecord *r, char out[40])
{
    const char *at = r->n == 1 ? strpbrk(r->field[0].text, "|;,:\t ") : NULL;
    *out = 0;
    if (at)
        snprintf(out, 40, *at == '\t' ? "; say separator = \"\\t\"" : "; say separator = \"%c\"",
                 *at);
    return out;
}

static long gg_csv_named(const Csv *f, const Column *c, const char *name, size_t n)
{
    char text[300], hint[40];
    const long i = gg_csv_find(f, name, n);
    if (i >= 0) return i;
    gg_csv_header_text(f, name, n, text, sizeof text);
    gg_fail(GG_DATA, "%s:%ld: no field '%.*s' in the header, which %s needs%s%s", f->path,
            f->header.n ? f->header.field[0].line : 1, (int)n, name, c->name, text,
            gg_csv_other_separator(&f->header, hint));
}

/* The names that an earlier header had for this column: after "column\x1f", up to \x1e; NULL:
   none. */
static const char *gg_csv_known(const Table *d, const Column *c)
{
    const char *at = d->fields.n ? d->fields.s : "";
    for (size_t n = strlen(c->name); *at; at += strcspn(at, "\x1e") + 1)
        if (!strncmp(at, c->name, n) && at[n] == '\x1f') return at + n + 1;
    return NULL;
}

static bool gg_csv_nameable(const Csv *f, long i)
{
    if (i >= f->header.n) return false; /* rows may have more fields than the header */
    const char *name = f->header.field[i].text;
    return *name && !strpbrk(name, "\x1e\x1f") && gg_csv_find(f, name, strlen(name)) == i &&
           !gg_csv_repeated(f, i);
}

/* Keeps the names of fields from .. to if they are distinct. */
static void gg_csv_keep(const Csv *f, Table *d, const Column *c, long from, long to)
{
    for (long i = from; i <= to; i++)
        if (!gg_csv_nameable(f, i)) return;
    gg_add(&d->fields, "%s", c->name);
    for (long i = from; i <= to; i++) gg_add(&d->fields, "\x1f%s", f->header.field[i].text);
    gg_add(&d->fields, "\x1e");
}

static void gg_csv_keep_all(const Csv *f, Table *d)
{
    for (int i = 0; i < d->set->ncolumns && !d->asked && f->header.n; i++) {
        long from, to;
        const Column *c = &d->set->columns[i];
        if (!gg_csv_known(d, c) && gg_csv_positions(c->source, &from, &to))
            gg_csv_keep(f, d, c, from - 1, to - 1);
    }
}

bool gg_csv_is_elsewhere(const Csv *f, const Table *d, const Column *c)
{
    long from, to;
    if (!gg_csv_positions(c->source, &from, &to) || d->asked) return false;
    const long i = gg_csv_find(f, c->source, strlen(c->source));
    return i >= 0 && i != from - 1;
}

/* ---- places ---- */
static void gg_csv_place_column(const Csv *f, const Table *d, const Column *c, long *place)
{
    const long width = gg_row_count(c), fields = f->record.n ? f->record.n : f->header.n;
    long from, to;
    const char *known = gg_csv_known(d, c), *name = c->source + (*c->source == '"');
    char hint[40];
    if (known) {
        for (long k = 0; k < width; k++, known += strcspn(known, "\x1f\x1e") + 1)
            place[k] = gg_csv_named(f, c, known, strcspn(known, "\x1f\x1e"));
        return;
    }
    if (!gg_csv_positions(c->source, &from, &to))
        from = to = gg_csv_named(f, c, name, strlen(name) - (*c->source == '"')) + 1;
    if (to - from + 1 != width)
        gg_fail(GG_DATA, "%s: fields %s are %ld, the model says %ld for %s", f->path, c->source,
                to - from + 1, width, c->name);
    if (from < 1 || to > fields)
        gg_fail(GG_DATA, "%s: %ld field%s a line, %s reads %s%s", f->path, fields,
                fields == 1 ? "" : "s", c->name, c->source,
                gg_csv_other_separator(f->record.n ? &f->record : &f->header, hint));
    for (long k = 0; k < width; k++) place[k] = from - 1 + k;
}

static void gg_csv_place(Csv *f, const Table *d)
{
    long n = 0;
    for (int i = 0; i < d->set->ncolumns; i++) n += gg_row_count(&d->set->columns[i]);
    f->place = gg_alloc((size_t)n, sizeof *f->place);
    n = 0;
    for (int i = 0; i < d->set->ncolumns; i++) {
        gg_csv_place_column(f, d, &d->set->columns[i], f->place + n);
        n += gg_row_count(&d->set->columns[i]);
    }
}

/* ---- the header ---- */
/* 0, 1, 2 ..., after an empty field or none */
static bool gg_csv_counts(const CsvRecord *r)
{
    const long first = r->n > 1 && !*r->field[0].text;
    char number[24];
    for (long i = first; i < r->n; i++) {
        snprintf(number, sizeof number, "%ld", i - first);
        if (strcmp(r->field[i].text, number)) return false;
    }
    return true;
}

static bool gg_csv_is_class(const Csv *f, const Column *c)
{
    long from, to;
    if (!c->names || !gg_csv_positions(c->source, &from, &to) || from < 1 || from > f->record.n)
        return false;
    for (long k = 0; c->names[k]; k++)
        if (!strcmp(c->names[k], f->record.field[from - 1].text)) return true;
    return false;
}

/* Whether the record just read looks like a row. */
static bool gg_csv_is_row(const Csv *f, const Table *d)
{
    if (gg_csv_counts(&f->record)) return false;
    for (long i = 0; i < f->record.n; i++)
        if (gg_csv_is_data(f->record.field[i].text, f->decimal)) return true;
    for (int i = 0; i < d->set->ncolumns; i++)
        if (gg_csv_is_class(f, &d->set->columns[i])) return true;
    return false;
}

static bool gg_csv_asks_names(const Table *d)
{
    for (int i = 0; i < d->set->ncolumns; i++) {
        long from, to;
        if (gg_csv_known(d, &d->set->columns[i]) ||
            !gg_csv_positions(d->set->columns[i].source, &from, &to))
            return true;
    }
    return false;
}

/* Makes the record just read the header, and reads the next one. */
static void gg_csv_take_header(Csv *f)
{
    f->header = f->record;
    f->record = (CsvRecord) { 0 };
    gg_csv_record(f);
}

/* Makes the last line with # the header, if rule 2 holds for the record just read. */
static bool gg_csv_comment_header(Csv *f, const Table *d)
{
    if (!f->comment || (!gg_csv_is_row(f, d) && d->set->csv.header != 'y')) return false;
    Csv at = *f;
    at.record = (CsvRecord) { 0 };
    at.next = f->comment + strspn(f->comment, "# \t"), at.line_start = f->comment,
    at.line = f->comment_line;
    gg_csv_record(&at);
    if (at.record.n == f->record.n) f->header = at.record;
    else free(at.record.field);
    return f->header.n > 0;
}

static bool gg_csv_names_row(const Csv *f)
{
    double value;
    const char *name = f->record.field[0].text;
    return *name && *f->record.field[f->record.n - 1].text &&
           (name[-1] == '"' || !gg_csv_number(name, f->decimal, &value));
}

void gg_csv_begin(Csv *f, Table *d)
{
    const char told = d->set->csv.header;
    const bool names = gg_csv_asks_names(d);
    f->guessed_header = !told && !names;
    if (told == 'n' || gg_csv_comment_header(f, d)) f->guessed_header = false;
    else if (told || names || !gg_csv_is_row(f, d)) gg_csv_take_header(f);
    if (f->header.n && f->record.n == f->header.n + 1 && gg_csv_names_row(f)) {
        gg_csv_push(&f->header, f->header.field[0]);
        memmove(f->header.field + 1, f->header.field,
                (size_t)(f->header.n - 1) * sizeof *f->header.field);
        f->header.field[0].text = "", f->named_rows = true;
    }
    gg_csv_place(f, d);
    gg_csv_keep_all(f, d);
}
