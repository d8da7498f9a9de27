/* template.c -- text with holes. The number a BUG names is the line of the template. */
#include "back/template.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- environments ---- */
typedef struct {
    const char *key, *value;
    bool flag, on;
    VEC(Env) items;
} Entry;
struct Env {
    const Env *parent;
    VEC(Entry) entries;
};

Env *env_new(const Env *parent)
{
    Env *e = NEW(Env);
    e->parent = parent;
    return e;
}

static Entry *find_here(const Env *e, const char *key, size_t n)
{
    for (int i = 0; i < e->entries.n; i++)
        if (strlen(e->entries.at[i]->key) == n && !strncmp(e->entries.at[i]->key, key, n))
            return e->entries.at[i];
    return NULL;
}

static Entry *find_entry(const Env *e, const char *key, size_t n)
{
    for (; e; e = e->parent) {
        Entry *x = find_here(e, key, n);
        if (x) return x;
    }
    return NULL;
}

static Entry *entry(Env *e, const char *key)
{
    Entry *x = find_here(e, key, strlen(key));
    if (x) return x;
    x = NEW(Entry);
    x->key = key;
    vec_push(&e->entries, x);
    return x;
}

void env_set(Env *e, const char *key, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    char *s = mem_alloc((size_t)n + 1);
    va_start(args, format);
    vsnprintf(s, (size_t)n + 1, format, args);
    va_end(args);
    entry(e, key)->value = s;
}

void env_flag(Env *e, const char *key, bool on)
{
    Entry *x = entry(e, key);
    x->flag = true, x->on = on;
}

Env *env_item(Env *e, const char *list)
{
    Env *item = env_new(e);
    Entry *x = entry(e, list);
    vec_push(&x->items, item);
    return item;
}

/* ---- rendering ---- */
/* left: the indentation of all lines */
typedef struct {
    const char *path, *s, *end;
    int line;
    Text *out;
    size_t left;
} Reader;

static bool next_line(Reader *r, const char **from, size_t *n)
{
    if (r->s >= r->end) return false;
    const char *nl = memchr(r->s, '\n', (size_t)(r->end - r->s));
    *from = r->s, *n = (size_t)((nl ? nl : r->end) - r->s);
    r->s = nl ? nl + 1 : r->end;
    r->line++;
    return true;
}

/* the word of a directive line after //: and the rest of the line; NULL: no directive */
static const char *directive(const char *s, size_t n)
{
    while (n && *s == ' ') s++, n--;
    return n > 3 && !strncmp(s, "//:", 3) ? mem_copy(s + 3, n - 3) : NULL;
}

static const Entry *need(const Reader *r, const Env *e, const char *key, size_t n)
{
    const char *dot = memchr(key, '.', n);
    if (dot) n -= (size_t)(dot + 1 - key), key = dot + 1;
    const Entry *x = find_entry(e, key, n);
    if (!x) BUG("templates/%s:%d: nothing is called '%.*s'", r->path, r->line, (int)n, key);
    return x;
}

static const char *value_of(const Reader *r, const Env *e, const char *key, size_t n)
{
    const Entry *x = need(r, e, key, n);
    if (!x->value) BUG("templates/%s:%d: '%.*s' is no text", r->path, r->line, (int)n, key);
    return x->value;
}

void put_lines(Text *out, const char *s, size_t left)
{
    size_t n = strlen(s);
    while (n && s[n - 1] == '\n') n--;
    for (const char *end = s + n, *next; s < end; s = next) {
        const char *nl = memchr(s, '\n', (size_t)(end - s));
        next = nl ? nl + 1 : end;
        if (*s != '\n') text_add(out, "%*s", (int)left, "");
        text_add(out, "%.*s\n", (int)((nl ? nl : end) - s), s);
    }
}

/* A value within a line; its further lines are indented by `left`. */
static void put_value(Text *out, const char *s, size_t left)
{
    for (const char *nl; (nl = strchr(s, '\n')); s = nl + 1)
        text_add(out, "%.*s\n%*s", (int)(nl - s), s, (int)left, "");
    text_add(out, "%s", s);
}

static bool is_alone(const char *s, size_t n)
{
    while (n && isspace((unsigned char)*s)) s++, n--;
    while (n && isspace((unsigned char)s[n - 1])) n--;
    const char *close = memchr(s, '}', n);
    return n > 3 && s[0] == '$' && s[1] == '{' && close == s + n - 1;
}

static void put_line(Reader *r, const Env *e, const char *s, size_t n)
{
    const bool alone = is_alone(s, n);
    const char *end = s + n;
    const size_t left = r->left + strspn(s, " ");
    if (!alone && n) text_add(r->out, "%*s", (int)r->left, "");
    while (s < end) {
        const char *hole = s;
        while (hole + 1 < end && !(hole[0] == '$' && hole[1] == '{')) hole++;
        if (hole + 1 >= end) break;
        const char *close = memchr(hole, '}', (size_t)(end - hole));
        if (!close) BUG("templates/%s:%d: a hole without an end", r->path, r->line);
        const char *value = value_of(r, e, hole + 2, (size_t)(close - hole - 2));
        if (alone) put_lines(r->out, value, left);
        else text_put(r->out, s, (size_t)(hole - s)), put_value(r->out, value, left);
        s = close + 1;
    }
    if (!alone) text_put(r->out, s, (size_t)(end - s)), text_put(r->out, "\n", 1);
}

static const char *render_block(Reader *r, const Env *e, bool live);

static void render_if(Reader *r, const Env *e, const char *key, bool live)
{
    const Entry *x = live ? need(r, e, key, strlen(key)) : NULL;
    if (x && !x->flag) BUG("templates/%s:%d: '%s' is no flag", r->path, r->line, key);
    const char *last = render_block(r, e, x && x->on);
    if (!strcmp(last, "else")) last = render_block(r, e, x && !x->on);
    if (strcmp(last, "end")) BUG("templates/%s:%d: //:end is missing", r->path, r->line);
}

static void render_for(Reader *r, const Env *e, const char *words, bool live)
{
    const char *in = strstr(words, " in ");
    if (!in) BUG("templates/%s:%d: //:for x in list", r->path, r->line);
    const Entry *x = live ? find_entry(e, in + 4, strlen(in + 4)) : NULL;
    const Reader start = *r;
    for (int i = 0; x && i < x->items.n; i++) {
        *r = start;
        render_block(r, x->items.at[i], true);
    }
    if (!x || !x->items.n) render_block(r, e, false);
}

/* Another template's text in the same environment, indented by `left`. */
static void render_include(Reader *r, const Env *e, const char *path, size_t left)
{
    size_t n;
    const char *s = resource(text("templates/%s", path), &n);
    if (!s) BUG("templates/%s:%d: no template '%s'", r->path, r->line, path);
    Reader inner = { path, s, s + n, 0, r->out, r->left + left };
    if (*render_block(&inner, e, true))
        BUG("templates/%s:%d: an //:end too many", path, inner.line);
}

/* Renders up to the //:else or //:end that closes the block and returns that word, or "" at the end
   of the file. */
static const char *render_block(Reader *r, const Env *e, bool live)
{
    const char *s;
    size_t n;
    while (next_line(r, &s, &n)) {
        const char *word = directive(s, n);
        if (!word && live) put_line(r, e, s, n);
        else if (!word) continue;
        else if (!strncmp(word, "if ", 3)) render_if(r, e, word + 3, live);
        else if (!strncmp(word, "for ", 4)) render_for(r, e, word + 4, live);
        else if (live && !strncmp(word, "include ", 8))
            render_include(r, e, word + 8, (size_t)(strspn(s, " ")));
        else if (!strncmp(word, "include ", 8)) continue;
        else if (!strcmp(word, "else") || !strcmp(word, "end")) return word;
        else BUG("templates/%s:%d: //:%s", r->path, r->line, word);
    }
    return "";
}

char *template_render(const char *path, const Env *e)
{
    Text out = { 0 };
    Reader r = { .path = path, .out = &out };
    text_put(&out, "", 0);
    render_include(&r, e, path, 0);
    return out.s;
}
