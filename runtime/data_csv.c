/* data_csv.c -- CSV as RFC 4180 has it: fields between commas, quotes doubled inside quotes, line ends \n or \r\n.
   The first line is a header, unless all columns are named by position and its fields there are values themselves.
   With a header positions become names: in any further file, of the same run or of a prediction with its weights, a column's
   fields are those that are called so, wherever they stand. */
#include "runtime.h"
#include <errno.h>
#include <locale.h>

typedef struct { const char *text; long line, at; } CsvField;      /* where it begins, from 1 */
typedef struct {
    const char *path;
    char *text, *next, *end, *line_start;                   /* fields are cut off in place */
    long line;
    CsvField *field; long fields, room;                     /* of the record just read */
    long *place;                                            /* of every element of a row, column by column */
} Csv;

static _Noreturn void gg_csv_fail(const Csv *f, const CsvField *at, const Column *c, const char *what)
{
    char classes[64] = "";
    if (c->classes) snprintf(classes, sizeof classes, "; the model says %ld classes", c->classes);
    gg_fail(GG_DATA, "%s:%ld:%ld: %s: '%.40s' %s%s", f->path, at->line, at->at, c->name, at->text, what, classes);
}

static void gg_csv_open(Csv *f, const char *path)
{
    *f = (Csv){ .path = path, .line = 1 };
    FILE *file = fopen(path, "rb");
    if (!file) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    size_t n = 0, room = 1 << 16, got;
    f->text = gg_alloc(room, 1);
    while ((got = fread(f->text + n, 1, room - n - 2, file)) > 0)
        if ((n += got) == room - 2) f->text = gg_resize(f->text, room *= 2, 1);
    if (ferror(file)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    fclose(file);
    f->text[n] = 0;
    f->end = f->text + n;
    f->next = n >= 3 && !memcmp(f->text, "\xef\xbb\xbf", 3) ? f->text + 3 : f->text;
    f->line_start = f->next;
}

/* Unquotes in place from the quote at f->next; leaves f->next after the closing one. */
static const char *gg_csv_quoted(Csv *f)
{
    char *in = f->next + 1, *out = in, *begin = in;
    long opened = f->line;
    for (; in < f->end; in++) {
        if (*in == '"' && in[1] != '"') {
            f->next = in + 1;
            *out = 0;
            return begin;
        }
        if (*in == '"') in++;
        if (*in == '\n') f->line++, f->line_start = in + 1;
        *out++ = *in;
    }
    gg_fail(GG_DATA, "%s:%ld: a quote opens here and never closes", f->path, opened);
}

static const char *gg_csv_plain(Csv *f)
{
    char *begin = f->next;
    while (f->next < f->end && *f->next != ',' && *f->next != '\n' && *f->next != '\r') f->next++;
    return begin;
}

/* Reads the fields of one record, false at the end; empty lines are passed over. */
static bool gg_csv_record(Csv *f)
{
    f->fields = 0;
    while (f->next < f->end && (*f->next == '\n' || *f->next == '\r'))
        if (*f->next++ == '\n') f->line++, f->line_start = f->next;
    while (f->next < f->end) {
        CsvField field = { NULL, f->line, f->next - f->line_start + 1 };
        field.text = *f->next == '"' ? gg_csv_quoted(f) : gg_csv_plain(f);
        if (f->fields == f->room) f->field = gg_resize(f->field, (size_t)(f->room = 2 * f->room + 16), sizeof field);
        f->field[f->fields++] = field;
        char stop = f->next < f->end ? *f->next : '\n', *cut = f->next;
        if (stop == '\r' && f->next + 1 < f->end && f->next[1] == '\n') stop = *++f->next;
        if (stop != ',' && stop != '\n')
            gg_fail(GG_DATA, "%s:%ld:%ld: a comma or the line's end belongs after a closing quote", f->path, f->line,
                    (long)(f->next - f->line_start) + 1);
        *cut = 0;
        if (f->next < f->end) f->next++;
        if (stop == '\n') {
            f->line++, f->line_start = f->next;
            return true;
        }
        if (f->next == f->end) f->end[0] = '\n', f->end++;   /* a comma ends the file: one empty field follows */
    }
    return f->fields > 0;
}

/* ---- which fields a column reads ------------------------------------------------------------------------ */
/* "3" and "2-9" are positions, from 1; all else is a header's name. */
static bool gg_csv_positions(const char *source, long *from, long *to)
{
    char *end;
    if (*source < '0' || *source > '9') return false;
    *from = *to = strtol(source, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9') *to = strtol(end + 1, &end, 10);
    return !*end;
}

static long gg_csv_named(const Csv *f, const Column *c, const char *name, size_t n)
{
    for (long i = 0; i < f->fields; i++)
        if (strlen(f->field[i].text) == n && !memcmp(f->field[i].text, name, n)) return i;
    gg_fail(GG_DATA, "%s:%ld: no field '%.*s' in the header, which %s needs", f->path, f->field[0].line, (int)n, name, c->name);
}

/* The names that an earlier header had for this column: behind "column\x1f", up to \x1e; NULL: none. */
static const char *gg_csv_known(const Table *d, const Column *c)
{
    const char *at = d->fields.n ? d->fields.s : "";
    for (size_t n = strlen(c->name); *at; at += strcspn(at, "\x1e") + 1)
        if (!strncmp(at, c->name, n) && at[n] == '\x1f') return at + n + 1;
    return NULL;
}

static bool gg_csv_nameable(const Csv *f, long i)
{
    bool able = *f->field[i].text && !strpbrk(f->field[i].text, "\x1e\x1f");
    for (long k = 0; k < f->fields && able; k++) able = k == i || strcmp(f->field[k].text, f->field[i].text);
    return able;
}

/* Keeps the names of fields from .. to where they tell them apart. */
static void gg_csv_keep(const Csv *f, Table *d, const Column *c, long from, long to)
{
    for (long i = from; i <= to; i++)
        if (!gg_csv_nameable(f, i)) return;
    gg_add(&d->fields, "%s", c->name);
    for (long i = from; i <= to; i++) gg_add(&d->fields, "\x1f%s", f->field[i].text);
    gg_add(&d->fields, "\x1e");
}

static void gg_csv_place_column(const Csv *f, const Table *d, const Column *c, long *place)
{
    long from, to, width = gg_row_count(c);
    const char *known = gg_csv_known(d, c);
    if (known) {
        for (long k = 0; k < width; k++, known += strcspn(known, "\x1f\x1e") + 1)
            place[k] = gg_csv_named(f, c, known, strcspn(known, "\x1f\x1e"));
        return;
    }
    if (!gg_csv_positions(c->source, &from, &to)) from = to = gg_csv_named(f, c, c->source, strlen(c->source)) + 1;
    if (to - from + 1 != width)
        gg_fail(GG_DATA, "%s: fields %s are %ld, the model says %ld for %s", f->path, c->source, to - from + 1, width, c->name);
    if (from < 1 || to > f->fields)
        gg_fail(GG_DATA, "%s: %ld fields a line, %s reads %s", f->path, f->fields, c->name, c->source);
    for (long k = 0; k < width; k++) place[k] = from - 1 + k;
}

static void gg_csv_place(Csv *f, const Table *d)
{
    long n = 0;
    for (int i = 0; i < d->p->ncolumns; i++) n += gg_row_count(&d->p->columns[i]);
    f->place = gg_alloc((size_t)n, sizeof *f->place);
    n = 0;
    for (int i = 0; i < d->p->ncolumns; i++) {
        gg_csv_place_column(f, d, &d->p->columns[i], f->place + n);
        n += gg_row_count(&d->p->columns[i]);
    }
}

/* ---- values --------------------------------------------------------------------------------------------- */
/* NULL, or what is wrong with the text as a value of the column */
static const char *gg_csv_value(const Column *c, const char *text, double *value)
{
    char *end;
    for (long k = 0; c->names && c->names[k]; k++)
        if (!strcmp(c->names[k], text)) return *value = (double)k, NULL;
    if (c->names) return "is none of the model's classes";
    if (!*text) return "is empty, a number belongs here";
    *value = strtod(text, &end);
    while (*end == ' ' || *end == '\t') end++;
    if (*end || strpbrk(text, "xXnN")) return "is not a number";
    if (!isfinite(*value)) return "is too large";
    if (c->type != 'r' && (*value != rint(*value) || fabs(*value) > INT32_MAX)) return "is not a whole number";
    if (c->type == 'b' && (*value < 0 || *value > 255)) return "is outside 0 to 255";
    if (c->type != 'r' && c->classes && !gg_in_range(c, (long)*value))
        return "is not a class, they count from 0";
    return NULL;
}

static void gg_csv_row(const Csv *f, const Table *d, long row)
{
    const long *place = f->place;
    for (int i = 0; i < d->p->ncolumns; i++) {
        const Column *c = &d->p->columns[i];
        long width = gg_row_count(c);
        char *out = (char *)d->column[i] + (size_t)((d->rows + row) * width) * gg_element_size(c);
        for (long k = 0; k < width; k++) {
            const CsvField *at = &f->field[*place++];
            double value;
            const char *wrong = gg_csv_value(c, at->text, &value);
            if (wrong) gg_csv_fail(f, at, c, wrong);
            gg_table_put(c, out, k, value);
        }
    }
}

/* The record just read holds values wherever columns ask for positions, and no column asks for a name. */
static bool gg_csv_headless(const Csv *f, const Table *d)
{
    for (int i = 0; i < d->p->ncolumns; i++) {
        long from, to;
        double value;
        if (gg_csv_known(d, &d->p->columns[i]) || !gg_csv_positions(d->p->columns[i].source, &from, &to)) return false;
        for (long k = from; k <= to && k >= 1 && k <= f->fields; k++)
            if (gg_csv_value(&d->p->columns[i], f->field[k - 1].text, &value)) return false;
    }
    return true;
}

static long gg_csv_rows(Csv *f, Table *d, long fields)
{
    long rows = 0, room = 0;
    do {
        if (!f->fields) break;
        if (f->fields != fields)
            gg_fail(GG_DATA, "%s:%ld: %ld fields, the first line has %ld", f->path, f->field[0].line, f->fields,
                    fields);
        if (rows == room) {
            room = 2 * room + 256;
            for (int i = 0; i < d->p->ncolumns; i++) gg_table_grow(d, i, room);
        }
        gg_csv_row(f, d, rows++);
    } while (gg_csv_record(f));
    for (int i = 0; i < d->p->ncolumns; i++) gg_table_grow(d, i, rows);
    return rows;
}

static long gg_csv_read(Csv *f, Table *d)
{
    if (!gg_csv_record(f)) gg_fail(GG_DATA, "%s: empty", f->path);
    gg_csv_place(f, d);
    long fields = f->fields;
    if (!gg_csv_headless(f, d)) {
        for (int i = 0; i < d->p->ncolumns && !d->asked; i++) {
            long from, to;
            const Column *c = &d->p->columns[i];
            if (!gg_csv_known(d, c) && gg_csv_positions(c->source, &from, &to)) gg_csv_keep(f, d, c, from - 1, to - 1);
        }
        gg_csv_record(f);
    }
    return gg_csv_rows(f, d, fields);
}

long gg_csv_append(Table *d, const char *path, bool test)
{
    if (test && !d->p->test_path) return -1;
    Csv f;
    gg_csv_open(&f, path);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), old = uselocale(plain);
    long rows = gg_csv_read(&f, d);
    uselocale(old);
    freelocale(plain);
    free(f.text), free(f.field), free(f.place);
    return rows;
}
