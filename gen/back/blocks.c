/* blocks.c -- calls of one function whose arguments differ in a number of their names, as calls of
   a macro.

   1. The blocks of a net have buffers h_0_qkv, h_1_qkv, ... So the call for a block is told by its
      number, and by those of its neighbours: K2_TO_K9_H(1, 0).
   2. An argument that differs in another way is a parameter of its own: the function's, in
      capitals. */
#include <ctype.h>
#include <string.h>
#include "back/sequence.h"
#include "ir/ident.h"

enum { FEWEST = 3, MOST_PARAMS = 12, LAYERS = 4, ROOM = 98 };
static const char *const layers[LAYERS] = { "LAYER", "OTHER", "THIRD", "FOURTH" };
typedef struct {
    const Line *const *call;
    int n;
    VEC(const char) name;            /* parameters of the macro, */
    const char **value[MOST_PARAMS]; /* and by parameter and call what it is given */
    int numbers;                     /* how many of them are numbers of layers */
    bool fits;                       /* there are no more of them */
} Macro;

static const char *text_of(const Macro *m, int call, int arg)
{
    return m->call[call]->args.at[arg]->text;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Some argument has that name in it. */
static bool has_name(const Macro *m, const char *name)
{
    const size_t n = strlen(name);
    for (int i = 0; i < m->n; i++)
        for (int a = 0; a < m->call[i]->args.n; a++)
            for (const char *s = text_of(m, i, a); (s = strstr(s, name)); s += n)
                if ((s == text_of(m, i, a) || !is_word(s[-1])) && !is_word(s[n])) return true;
    return false;
}

static bool is_taken(const Macro *m, const char *name)
{
    bool taken = !strcmp(name, ROWS_NAME) || has_name(m, name);
    for (int i = 0; !taken && i < LAYERS; i++) taken = !strcmp(name, layers[i]);
    for (int i = 0; !taken && i < m->name.n; i++) taken = !strcmp(name, m->name.at[i]);
    return taken;
}

static char *capitals(const char *s)
{
    char *all = text("%s", s);
    for (char *c = all; *c; c++) *c = (char)toupper((unsigned char)*c);
    return all;
}

/* "KEY" of the function's key */
static const char *capital_name(const Macro *m, int arg)
{
    const char *wish = capitals(m->call[0]->args.at[arg]->name), *name = wish;
    for (int n = 2; is_taken(m, name); n++) name = text("%s%d", wish, n);
    return name;
}

/* The parameter for that argument, which is given these values: numbers of layers, or other
   things. */
static const char *param_for(Macro *m, int arg, const char **value, bool numbers)
{
    for (int i = 0; i < m->name.n; i++) {
        bool same = true;
        for (int k = 0; same && k < m->n; k++) same = !strcmp(m->value[i][k], value[k]);
        if (same) return m->name.at[i];
    }
    const char *own = !numbers              ? capital_name(m, arg)
                      : m->numbers < LAYERS ? layers[m->numbers]
                                            : NULL;
    if (!own || m->name.n == MOST_PARAMS || (numbers && has_name(m, own))) {
        m->fits = false;
        return "";
    }
    m->numbers += numbers;
    m->value[m->name.n] = value;
    vec_push(&m->name, own);
    return own;
}

static size_t digits_at(const char *s) { return strspn(s, "0123456789"); }

/* What stands there is a number that names may end or go on after: of h_0_qkv, of k12. */
static bool is_number(const char *first, size_t at)
{
    const char *rest = first + at + digits_at(first + at);
    if (!at || rest == first + at) return false;
    if (first[at - 1] == '_') return *rest == '_' || *rest == '.';
    return first[at - 1] == 'k' && (at == 1 || !is_word(first[at - 2])) && !is_word(*rest);
}

/* The argument has a number there, and in all calls the same around it. */
static bool number_differs(const Macro *m, int arg, size_t at)
{
    const char *first = text_of(m, 0, arg), *rest = first + at + digits_at(first + at);
    if (!is_number(first, at)) return false;
    for (int i = 1; i < m->n; i++) {
        const char *s = text_of(m, i, arg);
        if (strncmp(s, first, at) || !digits_at(s + at)) return false;
        if (strcmp(s + at + digits_at(s + at), rest)) return false;
    }
    return true;
}

static bool all_same(const Macro *m, int arg)
{
    bool same = true;
    for (int i = 1; i < m->n; i++) same &= !strcmp(text_of(m, 0, arg), text_of(m, i, arg));
    return same;
}

/* "arena.h_##LAYER##_qkv", or "&X[beta]" of &k12[beta], where a number differs */
static const char *numbered_text(Macro *m, int arg, size_t at)
{
    const char *first = text_of(m, 0, arg), **value = NEW_ARRAY(const char *, m->n);
    const bool pasted = first[at - 1] == '_';
    if (!pasted) at--;
    for (int i = 0; i < m->n; i++) {
        const char *s = text_of(m, i, arg) + at;
        value[i] = mem_copy(s, !pasted + digits_at(s + !pasted));
    }
    const char *rest = first + at + strlen(value[0]);
    return text("%.*s%s%s%s%s", (int)at, first, pasted ? "##" : "",
                param_for(m, arg, value, pasted), *rest == '_' ? "##" : "", rest);
}

static const char *argument_text(Macro *m, int arg)
{
    const char *first = text_of(m, 0, arg), **value = NEW_ARRAY(const char *, m->n);
    if (all_same(m, arg)) return first;
    for (size_t at = 1; first[at]; at++)
        if (number_differs(m, arg, at)) return numbered_text(m, arg, at);
    for (int i = 0; i < m->n; i++) value[i] = text_of(m, i, arg);
    return param_for(m, arg, value, false);
}

static char *names_text(const Macro *m)
{
    Text t = { 0 };
    for (int i = 0; i < m->name.n; i++) text_add(&t, "%s%s", i ? ", " : "", m->name.at[i]);
    return t.s;
}

/* "(LAYER, X) \ ..." */
static char *define_text(Macro *m)
{
    Text t = { 0 };
    const Line *first = m->call[0];
    size_t column = 4 + strlen(first->before);
    for (int i = 0; i < first->args.n; i++) {
        const char *s = argument_text(m, i);
        const bool ends = column + strlen(s) + 4 > ROOM;
        if (ends) column = 12;
        text_add(&t, "%s%s", !i ? "" : ends ? ", \\\n            " : ", ", s);
        column += strlen(s) + 2;
    }
    return text("(%s) \\\n    %s%s%.*s\n", m->fits ? names_text(m) : "", first->before, t.s,
                (int)strcspn(first->after, ";"), first->after);
}

/* "K2_TO_K9_H", which has that text. */
static const char *define(Written *out, const char *before, const char *define)
{
    const char *wish = capitals(mem_copy(before, strcspn(before, "("))), *name = wish;
    for (int i = 0, again = 2; i < out->macros.n; i++) {
        if (strcmp(out->macros.at[i], name)) continue;
        if (!strcmp(out->defines.at[i], define)) return name;
        name = text("%s_%d", wish, again++), i = -1;
    }
    vec_push(&out->macros, name);
    vec_push(&out->defines, define);
    text_add(&out->calls, "/* its call for a layer of that number */\n");
    text_add(&out->calls, "#define %s%s", name, define);
    return name;
}

static char *given_text(const Macro *m, int call)
{
    Text t = { 0 };
    for (int p = 0; p < m->name.n; p++) text_add(&t, "%s%s", p ? ", " : "", m->value[p][call]);
    return t.s;
}

static void shorten(Line **call, int n, Written *out)
{
    Macro m = { .call = (const Line *const *)call, .n = n, .fits = true };
    const char *body = define_text(&m);
    if (!m.fits || !m.name.n) return;
    int saved = -3 - line_height(call[0]);
    for (int i = 0; i < n; i++)
        saved += line_height(call[i]) - text_height(40 + strlen(given_text(&m, i)));
    if (saved < 0) return;
    const char *name = define(out, call[0]->before, body);
    for (int i = 0; i < n; i++) call[i]->brief = text("%s(%s);", name, given_text(&m, i));
}

/* Calls of one function that differ in numbers of names become calls of a macro. */
static void name_calls(const Lines *c, Written *out)
{
    Line **like = NEW_ARRAY(Line *, c->n + 1);
    for (int i = 0; i < c->n; i++) {
        int n = 0;
        if (c->at[i]->brief || !c->at[i]->folded) continue;
        for (int k = 0; k < c->n; k++)
            if (!strcmp(c->at[k]->before, c->at[i]->before)) like[n++] = c->at[k];
        if (n >= FEWEST && like[0] == c->at[i]) shorten(like, n, out);
    }
}

void lines_shorten(Lines *c, const Folding *f, Written *out)
{
    lines_fold(c, f, out);
    name_calls(c, out);
}
