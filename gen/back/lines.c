/* lines.c -- the lines of generated text, which are indented already: comments in a column, no line
   too long.

   1. A line breaks outside most brackets, there rather at a comma than at an operator, then as far
      right as there is room. It breaks between subscripts only where there is no other place, and
      inside one only where there is none between them. It goes on two levels deeper. A row of a
      table is filled, but for its innermost lists.
   2. Words after a mark are a comment in a column. Words that do not fit there begin earlier or
      further right; those that do not fit beside the code stand before it.
   3. Comments break at spaces. Lines of the preprocessor stay as they are. Of several empty lines
      one stays. */
#include "back/template.h"
#include <ctype.h>
#include <string.h>

enum { DEEPEST = 1000, COLUMN = 56, SOURCE_COLUMN = 72, WIDTH = 120, DEEPER = 8 };
/* how bad a place is after a condition, between subscripts, inside them; brackets count 2 each */
enum { LISTS = 2 }; /* a row of a table breaks anywhere in its lists */
enum { AFTER = 150, BETWEEN = 200, INSIDE = 400 };
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

/* Where the line stands open while it is read. */
typedef struct {
    int depth, braces, subscripts;
    bool row; /* it is a row of a table */
} Open;

static void read_bracket(Open *o, char c)
{
    o->depth += (c == '(') - (c == ')');
    o->braces += (c == '{') - (c == '}');
    o->subscripts += (c == '[') - (c == ']');
}

/* How bad a break before c is; DEEPEST: it may not be there. */
static int badness(const Open *o, const char *c, const char *end)
{
    if (*c == '[' && c[-1] == ']' && o->subscripts == 1) return BETWEEN;
    if (*c == ' ' && c[-1] == ')' && !o->depth && !o->subscripts && isalpha((unsigned char)c[1]))
        return AFTER;
    if (!may_break(c, end, o->braces)) return DEEPEST;
    if (o->row && o->braces <= LISTS) return 0;
    return 2 * (o->depth + o->braces) + (c[-1] != ',') + (o->subscripts ? INSIDE : 0);
}

/* Where a line with room for so many characters breaks best; NULL: nowhere. */
static const char *find_break(const char *s, const char *end, size_t room, Open open)
{
    const char *best = NULL;
    int least = DEEPEST;
    for (const char *c = s; c < end && ((size_t)(c - s) < room || !best); c++) {
        if (*c == '"' || *c == '\'') c = skip_quoted(c, end);
        read_bracket(&open, *c);
        const int bad = (size_t)(c - s) > room / 3 ? badness(&open, c, end) : DEEPEST;
        if (bad < DEEPEST && bad <= least) best = c, least = bad;
    }
    return best;
}

/* Returns the column after the code, 0 when it is empty. */
static size_t put_code(Text *out, const char *s, const char *end, size_t left)
{
    Open open = { .row = *s == '{' };
    if (s == end) return 0;
    for (const size_t next = left + DEEPER;; left = next) {
        const size_t n = (size_t)(end - s);
        const char *cut = left + n > WIDTH ? find_break(s, end, WIDTH - left, open) : NULL;
        text_add(out, "%*s%.*s", (int)left, "", (int)(cut ? cut - s : end - s), s);
        if (!cut) return left + n;
        text_add(out, "\n");
        for (; s < cut; s++) read_bracket(&open, *s);
        s += *cut == ' ';
    }
}

/* The words of a comment from that column on; further lines of it begin at `left`. */
static void put_words(Text *out, const char *s, const char *end, size_t column, size_t left)
{
    for (; column + (size_t)(end - s) > WIDTH; column = left) {
        const char *cut = s;
        for (const char *c = s; c < end && column + (size_t)(c - s) <= WIDTH; c++)
            if (*c == ' ' && c > s && c[1] != '*') cut = c;
        if (cut == s) break;
        text_add(out, "%.*s\n%*s", (int)(cut - s), s, (int)left, "");
        s = cut + 1;
    }
    text_put(out, s, (size_t)(end - s));
}

/* The column of a comment of n characters beside code that ends there; 0: there is no room. */
static size_t find_column(size_t column, size_t n, size_t wish)
{
    if (column < wish && wish + n <= WIDTH) return wish;
    if (column + 2 + n > WIDTH) return 0;
    return column < wish ? WIDTH - n : column + 2;
}

static const char *trim(const char *s, const char *end)
{
    while (end > s && isspace((unsigned char)end[-1])) end--;
    return end;
}

/* Code, and the words that stand beside it; opened: they are the rest of a comment that the code
   has begun. */
static void put_both(Text *out, const char *s, const char *mark, const char *end, size_t left,
                     bool opened)
{
    Text code = { 0 };
    text_put(&code, "", 0);
    const char *stop = trim(s, mark);
    size_t column = left + (size_t)(stop - s);
    if (opened) text_add(&code, "%*s%.*s", (int)left, "", (int)(stop - s), s);
    else column = put_code(&code, s, stop, left);
    for (mark += 2; mark < end && *mark == ' ';) mark++;
    const char *words =
        opened ? mem_copy(mark, (size_t)(end - mark)) : text("/* %.*s */", (int)(end - mark), mark);
    const size_t n = strlen(words),
                 at = column ? find_column(column, n, opened ? SOURCE_COLUMN : COLUMN) : 0;
    if (at) {
        text_add(out, "%s%*s%s", code.s, (int)(at - column), "", words);
    } else if (opened) {
        put_words(out, code.s, code.s + code.n, 0, left + 3);
        text_add(out, "\n%*s%s", (int)left + 3, "", words);
    } else {
        text_add(out, "%*s", (int)left, "");
        put_words(out, words, words + n, left, left + 3);
        if (column) text_add(out, "\n%s", code.s);
    }
}

static void put_line(State *t, Text *out, const char *line, const char *end)
{
    const char *s = line;
    while (s < end && *s == ' ') s++;
    const size_t left = (size_t)(s - line);
    const char *mark = find_mark(s, end, &t->comment), *stop = trim(s, end);
    if (mark < stop) {
        put_both(out, s, mark, stop, left, t->comment);
        find_mark(mark + 2, end, &t->comment);
    } else if (s[0] == '/' && s[1] == '*') {
        text_add(out, "%*s", (int)left, "");
        put_words(out, s, stop, left, left + 3);
    } else {
        put_code(out, s, stop, left);
    }
    text_put(out, "\n", 1);
}

static void put_verbatim(State *t, Text *out, const char *s, const char *end)
{
    const char *stop = trim(s, end), *first = s;
    find_mark(s, stop, &t->comment);
    while (first < stop && *first == ' ') first++;
    if (t->macro) text_put(out, s, (size_t)(stop - s));
    else {
        const size_t left = (size_t)(first - s);
        text_add(out, "%*s", (int)left, "");
        put_words(out, first, stop, left, left);
    }
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
