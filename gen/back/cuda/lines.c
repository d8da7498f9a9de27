/* lines.c -- calls as text, and what sequences of them have in common.

   Blocks of a network are the same calls over and over, with other buffers. From three times on
   such a sequence is a function. */
#include <string.h>
#include "back/cuda/lines.h"
#include "back/template.h"

/* of a sequence that becomes a function: its calls, how often it comes */
enum { SHORTEST = 4, FEWEST = 3 };

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
    for (int i = 0; i < c->args.n; i++) text_add(&t, "%s%s", i ? ", " : "", c->args.at[i]->text);
    return t.s;
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
            if (view && !is_seen(c, i, a, view))
                text_add(&t, "auto &%s = %s->%s;\n", view, dev, view);
        }
    for (int i = 0; i < c->n; i++)
        text_add(&t, "%s%s%s%s%s\n", c->at[i]->before, arguments_text(c->at[i]), c->at[i]->after,
                 *c->at[i]->note ? " @@ " : "", c->at[i]->note);
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
    own->text = own->name = free_name(c, a->wish ? a->wish : a->name);
    c->call[c->params.n] = call, c->arg[c->params.n] = arg;
    vec_push(&c->params, own);
    return own;
}

Common lines_common(const Lines *const *at, int n)
{
    Common c = { .call = NULL };
    int args = 0;
    for (int i = 0; i < at[0]->n; i++) args += at[0]->at[i]->args.n;
    c.call = NEW_ARRAY(int, args + 1), c.arg = NEW_ARRAY(int, args + 1);
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

char *params_text(const Common *c)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < c->params.n; i++)
        text_add(&t, "%s%s", i ? ", " : "", arg_declared(c->params.at[i]));
    return t.s;
}

void params_given(const Common *c, const Lines *from, Line *to)
{
    for (int i = 0; i < c->params.n; i++) {
        Arg a = *arg_at(from, c->call[i], c->arg[i]);
        a.kept = c->params.at[i]->kept;
        arg_add(to, a);
    }
}

/* ---- what is repeated ---- */
/* How often the n calls from there on come one after another. */
static int times_of(const Lines *c, int from, int n)
{
    int times = 1;
    while (lines_alike(c, from, c, from + times * n, n)) times++;
    return times;
}

/* The length of the sequence from there on that saves most calls, and how often it comes; 0: none
   is worth it. */
static int longest(const Lines *c, int from, int *times)
{
    int best = 0, saved = 0;
    for (int n = SHORTEST; from + FEWEST * n <= c->n; n++) {
        const int k = times_of(c, from, n);
        if (k < FEWEST || (k - 1) * n <= saved) continue;
        saved = (k - 1) * n, best = n, *times = k;
    }
    return best;
}

static Lines slice(const Lines *c, int from, int n)
{
    Lines s = { c->at + from, n, n };
    return s;
}

static char *range_text(const Lines *c)
{
    const int first = c->at[0]->first, last = c->at[c->n - 1]->last;
    return first == last ? text("k%d", first) : text("k%d to k%d", first, last);
}

void declare_function(Text *to, const char *name, const char *parameters)
{
    text_add(to, "%s%s(%s)", to->n ? ", " : "", name, *parameters ? parameters : "void");
}

static void fold_one(Lines *to, const Lines *c, int from, int n, int times, const char *what,
                     Written *out)
{
    Lines *each = NEW_ARRAY(Lines, times);
    const Lines **at = NEW_ARRAY(const Lines *, times);
    for (int i = 0; i < times; i++) each[i] = slice(c, from + i * n, n), at[i] = &each[i];
    const Common common = lines_common(at, times);
    const char *name = text("k%d_to_k%d_%s", each[0].at[0]->first, each[0].at[n - 1]->last, what);
    declare_function(&out->steps, name, params_text(&common));
    text_add(&out->functions, "/* %s, and what is like them up to k%d */\nstatic void %s(%s)\n{\n",
             range_text(at[0]), each[times - 1].at[n - 1]->last, name, params_text(&common));
    put_lines(&out->functions, lines_text(&common.body, "device"), 4);
    text_add(&out->functions, "}\n\n");
    for (int i = 0; i < times; i++) {
        Line *call = line_add(to, text("%s(", name), ");");
        call->first = each[i].at[0]->first, call->last = each[i].at[n - 1]->last;
        call->note = range_text(at[i]);
        params_given(&common, at[i], call);
    }
}

void lines_fold(Lines *c, const char *what, Written *out)
{
    Lines to = { 0 };
    for (int from = 0, times, n; from < c->n; from += n * times) {
        n = longest(c, from, &times);
        if (n) fold_one(&to, c, from, n, times, what, out);
        else vec_push(&to, c->at[from]), n = times = 1;
    }
    *c = to;
}
