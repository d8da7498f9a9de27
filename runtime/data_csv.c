/* data_csv.c -- CSV: the rows, and the notes about a file. csv_record.c reads its text,
   csv_header.c its header, csv_value.c its values. */
#include "readers.h"
#include "csv.h"
#include <locale.h>

/* ---- faults ---- */
/* The cure: missing = 0 and the like. */
static void gg_csv_cure(const Csv *f, const CsvField *at, const Column *c, const char *wrong,
                        Line *out)
{
    double value;
    const char other = f->decimal == ',' ? '.' : ',';
    if (wrong == gg_csv_lacks)
        gg_add(out, ": say missing = 0, or another number to put in, or missing = \"drop\", which "
                    "leaves such rows out");
    else if (c->classes) gg_add(out, "; the model says %ld classes", c->classes);
    else if (!strpbrk(at->text, "0123456789"))
        gg_add(out, "; classes = { \"%.20s\", ... } makes numbers of words", at->text);
    if (wrong != gg_csv_lacks && !c->names && strchr(at->text, other) &&
        gg_csv_number(at->text, other, &value))
        gg_add(out, "; decimal = \"%c\" makes it %g%s", other, value,
               other == ',' ? ", and thousands have no mark" : "");
    if (f->guessed_header && !f->header.n && at->line == f->record.field[0].line && !f->rows)
        gg_add(out, "; header = true if this line names the columns");
}

static _Noreturn void gg_csv_fail(const Csv *f, const CsvField *at, const Column *c,
                                  const char *wrong)
{
    char text[400];
    Line cure = { 0 };
    gg_add(&cure, "%s", "");
    gg_csv_cure(f, at, c, wrong, &cure);
    snprintf(text, sizeof text, "%s", cure.s);
    free(cure.s);
    gg_fail(GG_DATA, "%s:%ld:%ld: %s: '%.40s' %s%s", f->path, at->line, at->at, c->name, at->text,
            wrong, text);
}

static _Noreturn void gg_csv_fail_width(const Csv *f, long fields)
{
    const char *cure =
        f->record.n != fields + 1 ? ""
        : fields > 1 ? "; if the first one is the row's name, quote it, or give it a field in "
                       "the header"
                     : "; if its commas are decimal, say separator = \";\", decimal = \",\"";
    gg_fail(GG_DATA, "%s:%ld: %ld field%s, the first line has %ld%s", f->path,
            f->record.field[0].line, f->record.n, f->record.n == 1 ? "" : "s", fields, cure);
}

/* ---- rows ---- */
/* A missing field; false: its row is left out. */
static bool gg_csv_replace(Csv *f, const Table *d, const Column *c, const CsvField *at)
{
    if (!c->missing) gg_csv_fail(f, at, c, gg_csv_lacks);
    if (c->missing == 'v') return ++f->replaced;
    if (d->asked)
        gg_csv_fail(f, at, c,
                    "is missing, and a prediction leaves no row out: missing = 0, or take the row "
                    "out of the file");
    f->dropped++;
    return false;
}

/* Reads the record into that row; false where it is left out. */
static bool gg_csv_row(Csv *f, const Table *d, long row)
{
    const long *place = f->place;
    for (int i = 0; i < d->set->ncolumns; i++) {
        const Column *c = &d->set->columns[i];
        long width = gg_row_count(c);
        char *out = (char *)d->column[i] + (size_t)((d->rows + row) * width) * gg_element_size(c);
        for (long k = 0; k < width; k++) {
            const CsvField *at = &f->record.field[*place++];
            double value;
            const char *wrong = gg_csv_value(f, c, at->text, &value);
            if (wrong && wrong != gg_csv_lacks) gg_csv_fail(f, at, c, wrong);
            if (wrong && !gg_csv_replace(f, d, c, at)) return false;
            gg_table_put(c, out, k, value);
        }
    }
    return true;
}

static void gg_csv_rows(Csv *f, Table *d)
{
    const long fields = f->header.n ? f->header.n : f->record.n;
    long room = 0;
    for (bool more = f->record.n > 0; more; more = gg_csv_record(f)) {
        /* a separator ends the line */
        if (f->record.n == fields + 1 && !*f->record.field[fields].text) f->record.n--;
        if (f->record.n != fields) gg_csv_fail_width(f, fields);
        if (f->rows == room) {
            room = 2 * room + 256;
            for (int i = 0; i < d->set->ncolumns; i++) gg_table_grow(d, i, room);
        }
        f->rows += gg_csv_row(f, d, f->rows);
    }
    for (int i = 0; i < d->set->ncolumns; i++) gg_table_grow(d, i, f->rows);
}

/* ---- what is told ---- */
/* Whether neither the model nor a header makes it certain. */
static void gg_csv_tell(const Csv *f, Table *d)
{
    const char *stop =
                   f->separator == '\t' ? "tabs separate its fields" : "';' separates its fields",
               *head = f->header.n ? "its first line names the columns (header = false: it is data)"
                                   : "its first line is data (header = true: it names the columns)";
    char dropped[80], replaced[80];
    snprintf(dropped, sizeof dropped, "%ld of %ld rows are left out: fields are missing",
             f->dropped, f->dropped + f->rows);
    snprintf(replaced, sizeof replaced, "%ld missing field%s replaced", f->replaced,
             f->replaced == 1 ? " is" : "s are");
    const struct {
        bool holds;
        const char *text;
    } notes[] = { { f->guessed_header, head },
                  { f->guessed_separator, stop },
                  { f->guessed_decimal, "decimals have a comma" },
                  { f->named_rows, "its rows begin with a name of their own" },
                  { f->dropped > 0, dropped },
                  { f->replaced > 0, replaced } };
    bool any = false;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (!notes[i].holds) continue;
        if (!any) gg_add(&d->notes, "note: %s", f->path);
        gg_add(&d->notes, "%s%s", any ? "; " : ": ", notes[i].text);
        any = true;
    }
    if (any) gg_add(&d->notes, "\n");
    for (int i = 0; i < d->set->ncolumns; i++) {
        const Column *c = &d->set->columns[i];
        if (gg_csv_is_elsewhere(f, d, c))
            gg_add(&d->notes,
                   "note: %s: %s reads field %s, and another is called %s: { name = \"%s\" }\n",
                   f->path, c->name, c->source, c->source, c->source);
    }
}

static void gg_csv_read(Csv *f, Table *d)
{
    for (int i = 0; i < d->set->ncolumns; i++) gg_csv_check_instead(f, &d->set->columns[i]);
    if (!gg_csv_record(f)) gg_fail(GG_DATA, "%s: empty", f->path);
    gg_csv_begin(f, d);
    gg_csv_rows(f, d);
    if (!f->rows && f->dropped)
        gg_fail(GG_DATA, "%s: no rows: all %ld have missing fields, and missing = \"drop\"",
                f->path, f->dropped);
    gg_csv_tell(f, d);
}

long gg_csv_append(Table *d, const char *path, bool test)
{
    if (test && !d->set->test_path) return -1;
    Csv f;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), old = uselocale(plain);
    gg_csv_open(&f, &d->held.stream, path, d->set->csv);
    gg_csv_read(&f, d);
    uselocale(old);
    freelocale(plain);
    free(f.text), free(f.record.field), free(f.header.field), free(f.place);
    return f.rows;
}
