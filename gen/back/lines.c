/* lines.c -- the lines of generated text, which are indented already: comments in a column, no line
   too long.

   1. A line breaks outside most brackets, there rather at a comma than at an operator, then as far
      right as there is room, and never inside a subscript. It goes on two levels deeper.
   2. Comments of several lines and lines of the preprocessor stay as they are. Of several empty
      lines one stays. */
#include "back/template.h"
#include <ctype.h>

enum { DEEPEST = 64, COLUMN = 72, WIDTH = 118, DEEPER = 8 };
typedef struct {
    bool comment, macro; /* inside a comment; inside a # line that goes on */
    bool blank;          /* the last line was empty */
} State;

static const char *skip_quoted(const char *c, const char *end)
{
    for (const char quote = *c++; c < end && *c != quote; c++)
        if (*c == '\\') c++;
    return c;
}

/* The mark @@ outside of strings and comments, or the end. Keeps track of open comments. */
static const char *find_mark(const char *s, const char *end, bool *comment)
{
    for (; s + 1 < end; s++) {
        if (s[0] == '@' && s[1] == '@') return s;
        if (!*comment && s[0] == '/' && s[1] == '*') *comment = true, s++;
        else if (*comment && s[0] == '*' && s[1] == '/') *comment = false, s++;
        else if (!*comment && (*s == '"' || *s == '\'')) s = skip_quoted(s, end);
    }
    return end;
}

static bool is_among(char c, const char *set)
{
    while (*set && *set != c) set++;
    return *set;
}

/* Is there a space after a comma or, outside of braces, "=", or before an operator? */
static bool may_break(const char *c, const char *end, int braces)
{
    if (*c != ' ' || end - c < 4) return false;
    if (c[-1] == ',' || (c[-1] == '=' && c[-2] == ' ' && braces <= 0)) return true;
    return (is_among(c[1], "?:+-*/<>|&") && c[2] == ' ') ||
           (is_among(c[1], "=!<>") && c[2] == '=') || (is_among(c[1], "&|") && c[2] == c[1]);
}

/* Where a line with room for so many characters breaks best; NULL: nowhere. */
static const char *find_break(const char *s, const char *end, size_t room)
{
    const char *best = NULL;
    int depth = 0, braces = 0, subscripts = 0, least = DEEPEST;
    for (const char *c = s; c < end && (size_t)(c - s) < room; c++) {
        if (*c == '"' || *c == '\'') c = skip_quoted(c, end);
        else if (*c == '(') depth++;
        else if (*c == ')') depth--;
        else if (*c == '{') braces++;
        else if (*c == '}') braces--;
        else if (*c == '[') subscripts++;
        else if (*c == ']') subscripts--;
        else if (!subscripts && (size_t)(c - s) > room / 3 && may_break(c, end, braces)) {
            const int here = 2 * (depth + braces) + (c[-1] != ',');
            if (here <= least) best = c, least = here;
        }
    }
    return best;
}

/* Returns the column after the code, 0 when it is empty. */
static size_t put_code(Text *out, const char *s, const char *end, size_t left)
{
    if (s == end) return 0;
    for (const size_t next = left + DEEPER;; left = next) {
        const size_t n = (size_t)(end - s);
        const char *cut = left + n > WIDTH && *s != '/' ? find_break(s, end, WIDTH - left) : NULL;
        text_add(out, "%*s%.*s", (int)left, "", (int)(cut ? cut - s : end - s), s);
        if (!cut) return left + n;
        text_add(out, "\n");
        s = cut + 1;
    }
}

/* Puts a comment, or the rest of a comment that the code has opened. */
static void put_words(Text *out, const char *s, const char *end, size_t column, size_t left,
                      bool opened)
{
    while (s < end && *s == ' ') s++;
    if (s == end) return;
    const size_t space = !column ? left : column < COLUMN ? COLUMN - column : 1;
    text_add(out, opened ? "%*s%.*s" : "%*s/* %.*s */", (int)space, "", (int)(end - s), s);
}

static const char *trim(const char *s, const char *end)
{
    while (end > s && isspace((unsigned char)end[-1])) end--;
    return end;
}

static void put_line(State *t, Text *out, const char *line, const char *end)
{
    const char *s = line;
    while (s < end && *s == ' ') s++;
    const size_t left = (size_t)(s - line);
    const char *mark = find_mark(s, end, &t->comment);
    const size_t column = put_code(out, s, trim(s, mark), left);
    if (mark < end) {
        put_words(out, mark + 2, trim(s, end), column, left, t->comment);
        find_mark(mark + 2, end, &t->comment);
    }
    text_put(out, "\n", 1);
}

static void put_verbatim(State *t, Text *out, const char *s, const char *end)
{
    const char *stop = trim(s, end);
    find_mark(s, stop, &t->comment);
    text_put(out, s, (size_t)(stop - s));
    text_put(out, "\n", 1);
    t->macro = t->macro && stop > s && stop[-1] == '\\';
}

void fit_lines(Text *out, const char *program)
{
    State t = { 0 };
    for (const char *s = program, *end; *s; s = *end ? end + 1 : end) {
        for (end = s; *end && *end != '\n'; end++) continue;
        const bool blank = trim(s, end) == s;
        if (*s == '#' && !t.comment) t.macro = true;
        if (blank && t.blank) continue;
        t.blank = blank;
        if (t.comment || t.macro || blank) put_verbatim(&t, out, s, end);
        else put_line(&t, out, s, end);
    }
}
