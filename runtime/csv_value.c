/* csv_value.c -- the values of a CSV file's fields.

   1. A number is decimal, with an exponent or without, in the form of C's strtod; true and false
      are 1 and 0.
   2. A field is missing if it is empty or holds, in any case, one of the words in gg_csv_missing:
      those of pandas, of R, of Julia, of SQL dumps and of spreadsheets. The name of a class of the
      model comes first.
   3. A field looks like data, not like a column's name, if it is a number of any form or size,
      true or false, or such a word. So it does if it has a digit and no letters: a date, 3%,
      1,000. */
#include "csv.h"
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <strings.h>

const char gg_csv_lacks[] = "is missing";

static bool gg_csv_word(const char *text, const char *const *words)
{
    while (*words && strcasecmp(text, *words)) words++;
    return *words;
}

bool gg_csv_missing(const char *text)
{
    static const char *const words[] = { "",     "NA",      "N/A",     "NaN",     "-NaN",
                                         "null", "none",    "?",       "-",       ".",
                                         "\\N",  "missing", "<NA>",    "#N/A",    "#N/A N/A",
                                         "#NA",  "1.#IND",  "1.#QNAN", "-1.#IND", "-1.#QNAN",
                                         NULL };
    return gg_csv_word(text, words);
}

/* A number of at most 15 digits without an exponent: exact before its one division. */
static bool gg_csv_short(const char *s, char decimal, double *value)
{
    static const double power[] = { 1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    const bool minus = *s == '-';
    const char *point = NULL, *from = s + (minus || *s == '+');
    int64_t digits = 0;
    for (s = from; s - from < 17; s++) {
        const unsigned digit = (unsigned)*s - '0';
        if (digit < 10) digits = 10 * digits + digit;
        else if (*s == decimal && !point) point = s;
        else break;
    }
    const long n = s - from - (point != NULL), after = point ? s - point - 1 : 0;
    if (*s || n < 1 || n > 15 || FLT_EVAL_METHOD) return false;
    *value = (double)digits / power[after];
    if (minus) *value = -*value;
    return true;
}

/* Any number, infinite where it is too large, in the C locale. */
bool gg_csv_number(const char *text, char decimal, double *value)
{
    char copy[400], *end, *comma;
    if (gg_csv_short(text, decimal, value)) return true;
    if (decimal == ',') {
        if (strchr(text, '.') || strlen(text) >= sizeof copy) return false;
        comma = strchr(strcpy(copy, text), ',');
        if (comma) *comma = '.';
        text = copy;
    }
    if (!strpbrk(text, "0123456789") || strpbrk(text, "xXnN")) return false;
    *value = strtod(text, &end);
    return !*end;
}

static bool gg_csv_truth(const char *text, double *value)
{
    *value = !strcasecmp(text, "true");
    return *value || !strcasecmp(text, "false");
}

/* The fault of a number as a value of the column, or NULL. */
static const char *gg_csv_fits(const Column *c, double value)
{
    if (!isfinite(c->type == 'r' ? (double)(real)value : value)) return "is too large";
    if (c->type == 'r') return NULL;
    if (value != rint(value) || fabs(value) > INT32_MAX) return "is not a whole number";
    if (c->type == 'b' && (value < 0 || value > 255)) return "is outside 0 to 255";
    if (c->classes && !gg_in_range(c, (long)value)) return "is not a class, they count from 0";
    return NULL;
}

const char *gg_csv_value(const Csv *f, const Column *c, const char *text, double *value)
{
    for (long k = 0; c->names && c->names[k]; k++)
        if (!strcmp(c->names[k], text)) return *value = (double)k, NULL;
    if (!c->names && gg_csv_number(text, f->decimal, value)) return gg_csv_fits(c, *value);
    if (gg_csv_missing(text)) return *value = c->instead, gg_csv_lacks;
    if (c->names) return "is none of the model's classes";
    return gg_csv_truth(text, value) ? NULL : "is not a number";
}

/* Fails if the model's replacement for missing fields is no value of the column. */
void gg_csv_check_instead(const Csv *f, const Column *c)
{
    const char *wrong = c->missing == 'v' ? gg_csv_fits(c, c->instead) : NULL;
    if (wrong)
        gg_fail(GG_DATA, "%s: %s: missing = %g %s; the model says %ld classes", f->path, c->name,
                c->instead, wrong, c->classes);
}

bool gg_csv_is_data(const char *text, char decimal)
{
    double value;
    char *end;
    if (gg_csv_number(text, decimal, &value) || gg_csv_truth(text, &value)) return true;
    if (*text && (gg_csv_missing(text) || (strtod(text, &end), end != text && !*end))) return true;
    bool digit = false;
    for (; *text && !isalpha((unsigned char)*text) && (unsigned char)*text < 128; text++)
        digit |= isdigit((unsigned char)*text);
    return digit && (!*text || (*text == 'T' && isdigit((unsigned char)text[1])));
}
