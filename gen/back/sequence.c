/* sequence.c -- calls as text, and what sequences of them have in common. Parameters are named
   by what their arguments' names end in: arena.h_0_qkv gives qkv. */
#include <ctype.h>
#include <string.h>
#include "back/sequence.h"
#include "back/template.h"

Line *line_add(Lines *to, const char *before, const char *after)
{
    Line *c = NEW(Line);
    *c = (Line) { .before = before, .after = after, .note = "" };
    vec_push(to, c);
    return c;
}

void arg_add(Line *c, Arg a)
{
    Arg *own = NEW(Arg);
    *own = a;
    vec_push(&c->args, own);
}

/* ---- what is alike ---- */
static bool line_alike(const Line *a, const Line *b)
{
    if (strcmp(a->before, b->before) || strcmp(a->after, b->after) || a->args.n != b->args.n)
        return false;
    for (int i = 0; i < a->args.n; i++)
        if (strcmp(a->args.at[i]->dims, b->args.at[i]->dims) ||
            strcmp(a->args.at[i]->type, b->args.at[i]->type))
            return false;
    return true;
}

bool line_same(const Line *a, const Line *b)
{
    if (!line_alike(a, b)) return false;
    for (int i = 0; i < a->args.n; i++)
        if (strcmp(a->args.at[i]->text, b->args.at[i]->text)) return false;
    return true;
}

bool lines_alike(const Lines *a, int from, const Lines *b, int at, int n)
{
    if (from + n > a->n || at + n > b->n) return false;
    for (int i = 0; i < n; i++)
        if (!line_alike(a->at[from + i], b->at[at + i])) return false;
    return true;
}

/* ---- text ---- */
static char *arguments_text(const Line *c)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < c->args.n; i++)
        if (!c->args.at[i]->condition) text_add(&t, "%s%s", t.n ? ", " : "", c->args.at[i]->text);
    return t.s;
}

/* "if (training) " */
static const char *condition_text(const Line *c)
{
    for (int i = 0; i < c->args.n; i++)
        if (c->args.at[i]->condition) return text("if (%s) ", c->args.at[i]->text);
    return "";
}

int text_height(size_t n) { return 1 + (int)(n / 86); }

int line_height(const Line *c)
{
    size_t n = strlen(c->before);
    for (int i = 0; i < c->args.n; i++) n += strlen(c->args.at[i]->text) + 2;
    return text_height(n);
}

static const char *line_text(const Line *c)
{
    return c->brief ? c->brief
                    : text("%s%s%s%s", condition_text(c), c->before, arguments_text(c), c->after);
}

static bool is_seen(const Lines *c, int call, int arg, const char *view)
{
    for (int i = 0; i <= call; i++)
        for (int a = 0; a < (i < call ? c->at[i]->args.n : arg); a++)
            if (c->at[i]->args.at[a]->view && !strcmp(c->at[i]->args.at[a]->view, view))
                return true;
    return false;
}

char *lines_text(const Lines *c, const char *dev)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < c->n; i++)
        for (int a = 0; a < c->at[i]->args.n; a++) {
            const char *view = c->at[i]->args.at[a]->view;
            if (dev && view && !is_seen(c, i, a, view))
                text_add(&t, "auto &%s = %s->%s;\n", view, dev, view);
        }
    for (int i = 0; i < c->n; i++)
        text_add(&t, "%s%s%s\n", line_text(c->at[i]), *c->at[i]->note ? " @@ " : "",
                 c->at[i]->note);
    return t.s;
}

/* ---- what sequences have in common ---- */
static const Arg *arg_at(const Lines *c, int call, int arg) { return c->at[call]->args.at[arg]; }

/* All sequences have the same there and here. */
static bool agree(const Lines *const *at, int n, int call, int arg, int call2, int arg2)
{
    for (int i = 0; i < n; i++)
        if (strcmp(arg_at(at[i], call, arg)->text, arg_at(at[i], call2, arg2)->text)) return false;
    return !strcmp(arg_at(at[0], call, arg)->dims, arg_at(at[0], call2, arg2)->dims);
}

static bool differs(const Lines *const *at, int n, int call, int arg)
{
    for (int i = 1; i < n; i++)
        if (strcmp(arg_at(at[0], call, arg)->text, arg_at(at[i], call, arg)->text)) return true;
    return arg_at(at[0], call, arg)->own;
}

static const char *free_name(const Common *c, const char *wish)
{
    const char *name = wish;
    for (int n = 2, i = 0; i < c->params.n; i++)
        if (!strcmp(c->params.at[i]->name, name)) name = text("%s%d", wish, n++), i = -1;
    return name;
}

/* ---- names ---- */
static const char *after_view(const char *text) { return text + strcspn(text, ".") + 1; }

/* "g.h_0_qkv.bias", "memory->g.h_0_qkv.bias" */
static bool in_gradients(const char *text)
{
    const size_t n = strcspn(text, ".");
    return n && text[n - 1] == 'g' && (n == 1 || !isalnum((unsigned char)text[n - 2]));
}

/* So many characters at the end of both. */
static size_t ends_alike(const char *a, const char *b)
{
    size_t n = 0;
    const size_t na = strlen(a), nb = strlen(b);
    while (n < na && n < nb && a[na - 1 - n] == b[nb - 1 - n]) n++;
    return n;
}

/* "qkv_weight" of "p.h_0_qkv.weight[0]" and "p.h_1_qkv.weight[0]", "d_qkv" of gradients; NULL:
   their ends are no name. */
static const char *ending(const char *a, const char *b)
{
    const char *from = a + strlen(a) - ends_alike(a, b), *own = after_view(a);
    while (*from && *from != '_' && *from != '.') from++;
    while (*from == '_' || *from == '.') from++;
    if (!isalpha((unsigned char)*from)) return NULL;
    const bool adjoint = in_gradients(a) || (own[0] == 'd' && own[1] == '_' && from > own + 2);
    char *name = text("%s%.*s", adjoint ? "d_" : "", (int)strcspn(from, "["), from);
    for (char *c = name; *c; c++)
        if (*c == '.') *c = '_';
    return name;
}

/* "h_0" in "arena.h_0_qkv", when another sequence has "arena.h_1_qkv" there; NULL: no number
   differs. */
static const char *layer_in(const char *a, const char *b)
{
    size_t same = 0;
    while (a[same] && a[same] == b[same]) same++;
    while (same && isdigit((unsigned char)a[same - 1])) same--;
    const char *own = after_view(a);
    if (a + same <= own || a[same - 1] != '_') return NULL;
    const size_t n = strspn(a + same, "0123456789");
    if (!n || (a[same + n] != '_' && a[same + n] != '.')) return NULL;
    if (own[0] == 'd' && own[1] == '_') own += 2;
    return text("%.*s", (int)(a + same + n - own), own);
}

/* The layer that sequence `which` is of: all its first such arguments name it. NULL: none does. */
const char *lines_layer(const Lines *const *at, int which)
{
    const Lines *other = at[which ? 0 : 1];
    for (int i = 0; i < other->n; i++)
        for (int a = 0; a < other->at[i]->args.n; a++) {
            const char *name = layer_in(arg_at(at[which], i, a)->text, arg_at(other, i, a)->text);
            if (name) return name;
        }
    return NULL;
}

static const Arg *param_for(Common *c, const Lines *const *at, int n, int call, int arg)
{
    const Arg *a = arg_at(at[0], call, arg);
    for (int i = 0; i < c->params.n; i++)
        if (agree(at, n, call, arg, c->call[i], c->arg[i])) {
            c->params.at[i]->kept &= a->kept;
            return c->params.at[i];
        }
    Arg *own = NEW(Arg);
    *own = *a;
    own->view = NULL;
    const char *end = n > 1 ? ending(a->text, arg_at(at[1], call, arg)->text) : NULL;
    own->text = own->name = free_name(c, end ? end : a->wish ? a->wish : a->name);
    c->call[c->params.n] = call, c->arg[c->params.n] = arg;
    vec_push(&c->params, own);
    return own;
}

/* Parameters that the caller has under the same name come first: t, m, beta. */
static void own_first(Common *c, const Lines *const *at, int n)
{
    for (int i = 0; i < at[0]->n; i++)
        for (int a = 0; a < at[0]->at[i]->args.n; a++)
            if (arg_at(at[0], i, a)->own) param_for(c, at, n, i, a);
}

Common lines_common(const Lines *const *at, int n)
{
    Common c = { .call = NULL };
    int args = 0;
    for (int i = 0; i < at[0]->n; i++) args += at[0]->at[i]->args.n;
    c.call = NEW_ARRAY(int, args + 1), c.arg = NEW_ARRAY(int, args + 1);
    own_first(&c, at, n);
    for (int i = 0; i < at[0]->n; i++) {
        const Line *from = at[0]->at[i];
        Line *to = line_add(&c.body, from->before, from->after);
        to->first = from->first, to->last = from->last;
        for (int a = 0; a < from->args.n; a++)
            arg_add(to, differs(at, n, i, a) ? *param_for(&c, at, n, i, a) : *from->args.at[a]);
    }
    return c;
}

char *arg_declared(const Arg *a)
{
    const char *space = a->type[strlen(a->type) - 1] == '*' ? "" : " ";
    return text("%s%s%s%s%s", a->kept ? "const " : "", a->type, space, a->name, a->dims);
}

char *arg_type(const Arg *a) { return text("%s%s%s", a->kept ? "const " : "", a->type, a->dims); }

static char *list_of(const Common *c, char *(*of)(const Arg *))
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < c->params.n; i++) text_add(&t, "%s%s", i ? ", " : "", of(c->params.at[i]));
    return t.s;
}

char *params_text(const Common *c) { return list_of(c, arg_declared); }
char *params_types_text(const Common *c) { return list_of(c, arg_type); }

void params_given(const Common *c, const Lines *from, Line *to)
{
    for (int i = 0; i < c->params.n; i++) {
        Arg a = *arg_at(from, c->call[i], c->arg[i]);
        a.kept = c->params.at[i]->kept, a.condition = false, a.name = c->params.at[i]->name;
        arg_add(to, a);
    }
}

Lines lines_slice(const Lines *c, int from, int n)
{
    Lines s = { c->at + from, n, n };
    return s;
}
