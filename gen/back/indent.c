/* indent.c -- the layout of generated text: levels from braces, brackets and what hangs, comments in a column. */
#include "back/template.h"
#include <ctype.h>
#include <string.h>

enum { DEEPEST = 64, COLUMN = 72, WIDTH = 118 };
typedef struct {
    int open[DEEPEST], n;               /* level of the line that opened each brace */
    int hang;                           /* levels that for and if without braces have added */
    int brackets;                       /* ( and [ open */
    bool goes_on;                       /* a statement is not over yet */
    bool comment, macro;                /* inside a comment; inside a # line */
    bool blank;                         /* the last line was empty */
} State;

typedef struct { const char *s; size_t n; char last; int net; const char *words; size_t nwords; } Line;

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static const char *skip_quoted(const char *c, const char *end)
{
    for (const char quote = *c++; c < end && *c != quote; c++)
        if (*c == '\\') c++;
    return c;
}

static void brace(State *t, char c, int level)
{
    if (c == '{') {
        if (t->n == DEEPEST) BUG("braces are too deep");
        t->open[t->n++] = level;
    } else if (c == '}' && t->n) {
        t->n--;
    } else if (c == '(' || c == '[') {
        t->brackets++;
    } else if ((c == ')' || c == ']') && t->brackets) {
        t->brackets--;
    }
}

/* Follows the braces and brackets of a line at that level; returns its last character that is code, or 0. */
static char scan(State *t, const char *s, const char *end, int level)
{
    char last = 0;
    for (const char *c = s; c < end; c++) {
        if (t->comment) {
            if (c[0] == '*' && c + 1 < end && c[1] == '/') t->comment = false, c++;
        } else if (c[0] == '/' && c + 1 < end && c[1] == '*') {
            t->comment = true, c++;
        } else if (c[0] == '/' && c + 1 < end && c[1] == '/') {
            break;
        } else if (*c == '"' || *c == '\'') {
            last = *c, c = skip_quoted(c, end);
        } else {
            brace(t, *c, level);
            if (!isspace((unsigned char)*c)) last = *c;
        }
    }
    return last;
}

/* Does the line begin with a word that another statement follows? */
static bool is_control(const char *s, const char *end)
{
    static const char *const words[] = { "for", "if", "else", "while", "do", "for_span", "UNROLL", "}" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - s) >= n && !strncmp(s, words[i], n) && (s + n == end || !is_word(s[n]))) return true;
    }
    return false;
}

/* What a line leaves for the next one. */
static void leave(State *t, const char *s, const char *end, char last)
{
    if (!last) return;
    if (last == ';' || last == '}') t->hang = 0, t->goes_on = false;
    else if (last == '{' || last == ',' || last == ':') t->goes_on = t->brackets > 0;
    else if (t->brackets == 0 && !t->goes_on && is_control(s, end)) t->hang++;
    else t->goes_on = true;
    if (last == '{') t->hang = 0;
}

static int base(const State *t) { return t->n ? t->open[t->n - 1] + 1 : 0; }

static int level_of(const State *t, const char *s)
{
    if (*s == '}' && t->n) return t->open[t->n - 1];
    if (*s == '{' && t->n == 0) return 0;
    int hang = t->hang + (t->goes_on || t->brackets > 0);
    return base(t) + (*s == '{' && t->hang ? hang - 1 : hang);
}

static const char *trim(const char *s, const char *end)
{
    while (end > s && isspace((unsigned char)end[-1])) end--;
    return end;
}

/* The mark in front of a comment of its own, which is in no string; the end when there is none. */
static const char *find_mark(const char *s, const char *end)
{
    bool comment = false;
    for (; s + 1 < end; s++) {
        if (s[0] == '@' && s[1] == '@') return s;
        if (s[0] == '/' && s[1] == '*') comment = true;
        if (s[0] == '*' && s[1] == '/') comment = false;
        if (!comment && (*s == '"' || *s == '\'')) s = skip_quoted(s, end);
    }
    return end;
}

/* Is there a space behind a comma, or in front of an operator? */
static bool may_break(const char *c, const char *end)
{
    if (*c != ' ' || end - c < 4) return false;
    if (c[-1] == ',') return true;
    return (strchr("?:+-*/", c[1]) && c[2] == ' ') || ((c[1] == '&' || c[1] == '|') && c[2] == c[1]);
}

/* Where a line with room for so many characters breaks best: outside most brackets, then farthest; NULL: nowhere. */
static const char *find_break(const char *s, const char *end, size_t room)
{
    const char *best = NULL;
    int depth = 0, least = DEEPEST;
    for (const char *c = s; c < end && (size_t)(c - s) < room; c++) {
        if (*c == '"' || *c == '\'') c = skip_quoted(c, end);
        else if (*c == '(' || *c == '[') depth++;
        else if (*c == ')' || *c == ']') depth--;
        else if ((size_t)(c - s) > room / 3 && depth <= least && may_break(c, end)) best = c, least = depth;
    }
    return best;
}

/* Returns the column behind the code, 0 when it is empty. */
static size_t put_code(Text *out, const char *s, const char *end, int level)
{
    if (s == end) return 0;
    for (int first = level; ; level = first + 2) {
        const size_t left = 4 * (size_t)level, n = (size_t)(end - s);
        const char *cut = left + n > WIDTH && *s != '/' ? find_break(s, end, WIDTH - left) : NULL;
        text_add(out, "%*s%.*s", (int)left, "", (int)(cut ? cut - s : end - s), s);
        if (!cut) return left + n;
        text_add(out, "\n");
        s = cut + 1;
    }
}

/* The words of a comment of its own, or the rest of a comment that the code has opened. */
static void put_words(Text *out, const char *s, const char *end, size_t column, int level, bool opened)
{
    while (s < end && *s == ' ') s++;
    if (s == end) return;
    if (column) text_add(out, "%*s", (int)(column < COLUMN ? COLUMN - column : 1), "");
    else text_add(out, "%*s", 4 * level, "");
    text_add(out, opened ? "%.*s" : "/* %.*s */", (int)(end - s), s);
}

static void put_line(State *t, Text *out, const char *s, const char *end)
{
    while (s < end && isspace((unsigned char)*s)) s++;
    const char *mark = find_mark(s, end), *code = trim(s, mark), *words = mark < end ? mark + 2 : end;
    const int level = level_of(t, s);
    if (t->hang && *s == '{') t->hang--;
    const size_t column = put_code(out, s, code, level);
    const char last = scan(t, s, code, level);
    put_words(out, words, trim(words, end), column, level, t->comment);
    if (t->comment) scan(t, words, end, level);
    leave(t, s, code, last);
    text_put(out, "\n", 1);
}

static void put_verbatim(State *t, Text *out, const char *s, const char *end)
{
    const char *stop = trim(s, end);
    text_put(out, s, (size_t)(stop - s));
    text_put(out, "\n", 1);
    t->macro = t->macro && stop > s && stop[-1] == '\\';
}

void indent(Text *out, const char *program)
{
    State t = { 0 };
    for (const char *s = program, *end; *s; s = *end ? end + 1 : end) {
        end = s + strcspn(s, "\n");
        const char *first = s + strspn(s, " ");
        const bool blank = trim(s, end) == s;
        if (*first == '#' && !t.comment) t.macro = true, s = first;
        if (blank && t.blank) continue;
        t.blank = blank;
        if (t.comment) {
            put_verbatim(&t, out, s, end);
            scan(&t, s, end, 0);
        } else if (t.macro || blank) {
            put_verbatim(&t, out, s, end);
        } else {
            put_line(&t, out, s, end);
        }
    }
}
