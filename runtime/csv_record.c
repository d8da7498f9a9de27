/* csv_record.c -- the text of a CSV file and its records.

   1. Text is UTF-8, or another encoding that contains ASCII. A byte order mark and Excel's line
      "sep=;" are skipped.
   2. Fields are quoted as in RFC 4180: quotes inside quotes are doubled. R's and MySQL's \" is a
      quote, too, unless the field may end there. A line ends at \n, \r\n or \r. Blanks around a
      field do not count. If the separator is a blank, several blanks count as one.
   3. Without a separator of the model, comma, semicolon and tab are tried on the first lines. A
      separator fits if all lines have as many fields. Of several, the one with most numbers is
      taken.
   4. Without a decimal mark of the model, it is a comma if the separator is none, and the first
      lines have numbers such as 1,5 or 0,125, and none with a point. 1,234 alone decides
      nothing. */
#include "csv.h"
#include "known.h"
#include "stream.h"
#include <strings.h>

enum { GG_PEEK = 64, GG_PEEK_LINES = 32, GG_PEEK_BYTES = 1 << 16 };

/* ---- the text ---- */
static void gg_csv_load(Csv *f, Stream *s)
{
    gg_stream_open(s, f->path);
    size_t n = 0, room = 1 << 16, got;
    f->text = gg_alloc(room, 1);
    while ((got = (size_t)gg_stream_read(s, f->text + n, (long)(room - n - 2))) > 0)
        if ((n += got) == room - 2) f->text = gg_resize(f->text, room *= 2, 1);
    f->packed = s->packed || !s->bytes;
    gg_stream_close(s);
    if (n && f->text[n - 1] != '\n' && f->text[n - 1] != '\r') f->text[n++] = '\n';
    f->text[n] = 0;
    f->next = f->text, f->end = f->text + n;
}

/* Beginnings that no table has: bytes that are not text, a web page, the first line of another
   format. */
static bool gg_csv_is_strange(const Csv *f)
{
    static const char *const begins[] = { "<", "version https:", "# Created by Octave" };
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (!strncasecmp(f->text, begins[i], strlen(begins[i]))) return true;
    for (const char *at = f->text; at < f->end && at < f->text + 600; at++)
        if ((unsigned char)*at < ' ' && !(*at >= '\t' && *at <= '\r')) return true;
    return false;
}

static void gg_csv_check_text(const Csv *f)
{
    const unsigned char *t = (const unsigned char *)f->text;
    const size_t n = (size_t)(f->end - f->text);
    const bool mark = n > 2 && ((t[0] == 0xff && t[1] == 0xfe) || (t[0] == 0xfe && t[1] == 0xff));
    if (mark || (n > 3 && !t[0] != !t[1]))
        gg_fail(GG_DATA,
                "%s: UTF-16, and UTF-8 can be read: iconv -f UTF-16%s -t UTF-8 %s > utf8.csv",
                f->path,
                mark   ? ""
                : t[0] ? "LE"
                       : "BE",
                f->path);
    if (!f->packed && gg_csv_is_strange(f)) gg_known(f->path, GG_FOR_CSV);
    if (memchr(t, 0, n))
        gg_fail(GG_DATA, "%s: no text: byte %ld is zero", f->path,
                (long)((const unsigned char *)memchr(t, 0, n) - t) + 1);
}

/* ---- records ---- */
static bool gg_csv_blank(const Csv *f, char c)
{
    return c == ' ' || (c == '\t' && f->separator != '\t');
}

static void gg_csv_next_line(Csv *f, char *at)
{
    f->next = at + (*at == '\r' && at[1] == '\n' ? 2 : 1);
    f->line++, f->line_start = f->next;
}

/* Whether the quote there closes its field. */
static bool gg_csv_closes(const Csv *f, const char *quote)
{
    const char after = quote[1];
    if (after == '"') return false;
    return quote[-1] != '\\' || f->stops[(unsigned char)after] || gg_csv_blank(f, after);
}

/* Unquotes in place from the quote at f->next; leaves f->next after the closing one. */
static const char *gg_csv_quoted(Csv *f)
{
    char *in = f->next + 1, *out = in, *begin = in;
    long opened = f->line;
    for (; in < f->end; in++) {
        if (*in == '"' && gg_csv_closes(f, in)) {
            f->next = in + 1;
            while (out > begin && gg_csv_blank(f, out[-1])) out--;
            *out = 0;
            while (gg_csv_blank(f, *begin)) begin++;
            return begin;
        }
        if (*in == '"' && in[1] == '"') in++;
        else if (*in == '"') out--; /* the backslash before */
        if (*in == '\n' || (*in == '\r' && in[1] != '\n')) f->line++, f->line_start = in + 1;
        *out++ = *in;
    }
    gg_fail(GG_DATA, "%s:%ld: a quote opens here and never closes", f->path, opened);
}

/* Skips the separator at f->next; false: the record ends. */
static bool gg_csv_more(Csv *f)
{
    char *at = f->next;
    while (gg_csv_blank(f, *at)) at++;
    if (*at == '\n' || *at == '\r') return gg_csv_next_line(f, at), false;
    const bool apart = f->separator == ' ' && at > f->next;
    if (!apart && *at != f->separator)
        gg_fail(GG_DATA,
                "%s:%ld:%ld: a separator or the line's end belongs after a closing quote; %s",
                f->path, f->line, (long)(at - f->line_start) + 1,
                at > f->next ? "say separator = \" \" if blanks separate fields"
                             : "a quote inside quotes is doubled");
    f->next = at + !apart;
    return true;
}

/* Ends the field at f->next and returns it; *more: another one follows in its record. */
static CsvField gg_csv_field(Csv *f, bool *more)
{
    while (gg_csv_blank(f, *f->next)) f->next++;
    CsvField field = { f->next, f->line, f->next - f->line_start + 1 };
    if (*f->next == '"') {
        field.text = gg_csv_quoted(f);
        *more = gg_csv_more(f);
        return field;
    }
    char *end = f->next;
    while (!f->stops[(unsigned char)*end]) end++;
    f->next = end;
    while (end > field.text && gg_csv_blank(f, end[-1])) end--;
    *more = gg_csv_more(f);
    *end = 0;
    return field;
}

bool gg_csv_record(Csv *f)
{
    f->record.n = 0;
    for (;;) {
        char *at = f->next;
        while (f->separator == ' ' && gg_csv_blank(f, *at)) at++;
        if (at >= f->end) return false;
        if (*at != '\n' && *at != '\r') break;
        gg_csv_next_line(f, at);
    }
    for (bool more = true; more;) {
        const CsvField field = gg_csv_field(f, &more);
        gg_csv_push(&f->record, field);
    }
    return true;
}

void gg_csv_push(CsvRecord *r, CsvField field)
{
    if (r->n == r->room)
        r->field = gg_resize(r->field, (size_t)(r->room = 2 * r->room + 16), sizeof field);
    r->field[r->n++] = field;
}

/* ---- what separates fields, and the decimal mark ---- */
/* The field from `at` on, with that separator and without its first quote; returns its end. */
static const char *gg_csv_peek(const char *at, const char *end, char separator, char out[GG_PEEK])
{
    int n = 0;
    while (*at == ' ' && separator != ' ') at++;
    const bool quotes = *at == '"';
    for (bool inside = false; at < end; at++) {
        if (quotes && *at == '"') inside = !inside;
        else if (!inside && (*at == separator || *at == '\n' || *at == '\r')) break;
        else if (n < GG_PEEK - 1) out[n++] = *at;
    }
    while (n > 0 && out[n - 1] == ' ') n--;
    out[n] = 0;
    return at;
}

/* Numbers such as 1,5 or 0,125: a comma that separates no thousands. */
static bool gg_csv_comma_is_decimal(const char *text)
{
    double value;
    const char *comma = strchr(text, ',');
    if (!comma || !gg_csv_number(text, ',', &value)) return false;
    const size_t digits = strspn(comma + 1, "0123456789");
    return digits > 0 &&
           (digits != 3 || comma == text ||
            (comma[-1] == '0' && (comma == text + 1 || !strchr("0123456789", comma[-2]))));
}

/* fields of a line, 0: lines differ; fields in all */
typedef struct {
    long width, fields, numbers, commas, points;
} CsvTry;

static void gg_csv_count(CsvTry *t, const char *text, char separator)
{
    double value;
    const bool comma = separator != ',' && gg_csv_comma_is_decimal(text),
               number = gg_csv_number(text, '.', &value);
    t->fields++;
    t->numbers += comma || number;
    t->commas += comma;
    t->points += number && strchr(text, '.');
}

/* Splits the first lines by `separator`. The first may have one field less: R's header has no
   name for the names of rows. */
static CsvTry gg_csv_try(const Csv *f, char separator)
{
    const char *end = f->end - f->next < GG_PEEK_BYTES ? f->end : f->next + GG_PEEK_BYTES,
               *at = f->next;
    char text[GG_PEEK];
    CsvTry t = { 0 };
    long first = 0;
    for (long line = 0, n = 1; at < end && line < GG_PEEK_LINES; at++) {
        at = gg_csv_peek(at, end, separator, text);
        if (at == end) break;
        gg_csv_count(&t, text, separator);
        if (*at == separator) n++;
        else if (n > 1 || *text) {
            if (line == 0) first = n;
            if (line == 1) t.width = n;
            if (line++ && (n != t.width || first > n || first < n - (first > 1)))
                return (CsvTry) { 0 };
            n = 1;
        }
    }
    if (!t.width) t.width = first;
    return t;
}

static void gg_csv_guess(Csv *f)
{
    static const char separators[] = { ',', ';', '\t' };
    CsvTry best = { 0 };
    char taken = f->separator;
    for (int i = 0; i < 3; i++) {
        if (f->separator && f->separator != separators[i]) continue;
        CsvTry t = gg_csv_try(f, separators[i]);
        if (t.width > 1 && (!best.width || t.numbers * best.fields > best.numbers * t.fields))
            best = t, taken = separators[i];
    }
    if (f->separator && !best.width) best = gg_csv_try(f, f->separator);
    if (!f->separator && taken && taken != ',') f->guessed_separator = true;
    f->separator = taken ? taken : ',';
    if (f->decimal) return;
    f->guessed_decimal = f->separator != ',' && best.commas > 0 && !best.points;
    f->decimal = f->guessed_decimal ? ',' : '.';
}

/* "sep=;" */
static void gg_csv_excel(Csv *f)
{
    const char *t = f->next;
    if (f->end - t < 6 || memcmp(t, "sep=", 4) || (t[5] != '\n' && t[5] != '\r')) return;
    if (!f->separator) f->separator = t[4];
    gg_csv_next_line(f, f->next + 5);
}

void gg_csv_open(Csv *f, Stream *s, const char *path, CsvForm form)
{
    *f = (Csv) { .path = path, .line = 1, .separator = form.separator, .decimal = form.decimal };
    gg_csv_load(f, s);
    gg_csv_check_text(f);
    if (f->end - f->next >= 3 && !memcmp(f->next, "\xef\xbb\xbf", 3)) f->next += 3;
    f->line_start = f->next;
    gg_csv_excel(f);
    while (*f->next == '#' && strncmp(f->next, "#N/A", 4)) {
        f->comment = f->next, f->comment_line = f->line;
        gg_csv_next_line(f, f->next + strcspn(f->next, "\r\n"));
    }
    gg_csv_guess(f);
    const unsigned char stops[] = { 0, '\n', '\r', (unsigned char)f->separator,
                                    f->separator == ' ' ? '\t' : '\n' };
    for (size_t i = 0; i < sizeof stops; i++) f->stops[stops[i]] = true;
}
