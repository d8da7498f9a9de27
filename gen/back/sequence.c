/* sequence.c -- calls as text, and what sequences of them have in common.

   1. Blocks of a net are the same calls over and over, with other buffers. From three times on such
      a sequence is a function, in both targets.
   2. It is named by the layers that the buffers are named by: h_0, h_1, ... give k5_to_k20_h. Its
      parameters are named by what their arguments' names end in: arena.h_0_qkv gives qkv. */
#include <ctype.h>
#include <string.h>
#include "back/sequence.h"
#include "back/template.h"

/* of a sequence that becomes a function: its calls, how often it comes */
enum { SHORTEST = 3, LONGEST = 256, FEWEST = 3 };

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
static const char *layer_of(const Lines *const *at, int which)
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

/* ---- functions of several calls ---- */
static Lines slice(const Lines *c, int from, int n)
{
    Lines s = { c->at + from, n, n };
    return s;
}

static int first_of(const Lines *c)
{
    int first = 0;
    for (int i = 0; !first && i < c->n; i++) first = c->at[i]->first;
    return first;
}

static int last_of(const Lines *c)
{
    int last = 0;
    for (int i = 0; i < c->n; i++)
        if (c->at[i]->last) last = c->at[i]->last;
    return last;
}

/* The kernels of the calls: "k2 to k9". */
static char *range_text(const Lines *c)
{
    const int first = first_of(c), last = last_of(c);
    return first == last ? text("k%d", first) : text("k%d to k%d", first, last);
}

void declare_function(Text *to, const char *name, const char *parameters)
{
    text_add(to, "%s%s(%s)", to->n ? ", " : "", name, *parameters ? parameters : "void");
}

/* "k2_to_k9_h" */
static const char *function_name(const Lines *const *at, const Folding *f)
{
    const char *layer = layer_of(at, 0);
    const size_t n = layer ? strlen(layer) : 0;
    size_t stem = n;
    while (stem && isdigit((unsigned char)layer[stem - 1])) stem--;
    char *range = range_text(at[0]);
    for (char *c = range; *c; c++)
        if (*c == ' ') *c = '_';
    return stem > 1 ? text("%s_%.*s", range, (int)stem - 1, layer) : text("%s_%s", range, f->what);
}

/* A function of that text; k2_to_k9_h_2 where another has the wish. */
static const char *write_function(Written *out, const char *wish, const char *title,
                                  const Common *common, const char *body)
{
    const char *name = wish, *params = params_text(common), *rest = text("(%s)\n%s", params, body);
    for (int i = 0, again = 2; i < out->names.n; i++) {
        if (strcmp(out->names.at[i], name)) continue;
        if (!strcmp(out->texts.at[i], rest)) return name;
        name = text("%s_%d", wish, again++), i = -1;
    }
    vec_push(&out->names, name);
    vec_push(&out->texts, rest);
    declare_function(&out->steps, name, params_types_text(common));
    text_add(&out->functions, "%sstatic void %s(%s)\n{\n", title, name, params);
    put_lines(&out->functions, body, 4);
    text_add(&out->functions, "}\n\n");
    return name;
}

/* The calls of a function that does what each of these does. */
static Lines fold_one(const Lines *const *at, int times, const Folding *f, Written *out)
{
    Lines calls = { 0 };
    const Common common = lines_common(at, times);
    const char *title = text("/* %s, and what is like them up to %s */\n", range_text(at[0]),
                             range_text(at[times - 1]));
    const char *name = write_function(out, function_name(at, f), title, &common,
                                      lines_text(&common.body, f->memory));
    for (int i = 0; i < times; i++) {
        const char *layer = layer_of(at, i);
        Line *call = line_add(&calls, text("%s(", name), ");");
        call->note = layer ? text("%s: %s", layer, range_text(at[i])) : range_text(at[i]);
        call->folded = true;
        call->first = first_of(at[i]), call->last = last_of(at[i]);
        params_given(&common, at[i], call);
    }
    return calls;
}

/* ---- what is repeated ---- */
/* A sequence of n calls, where it comes, and how many lines a function of it saves. */
typedef struct {
    int n, times, *at, saved;
} Found;

/* By call: a number that calls alike have in common. */
static int *classes_of(const Lines *c)
{
    int *class = NEW_ARRAY(int, c->n + 1);
    for (int i = 0; i < c->n; i++)
        for (class[i] = 0; !line_alike(c->at[class[i]], c->at[i]);) class[i]++;
    return class;
}

/* How many calls from a on are like those from b on, which come later. */
static int alike_from(const int *class, int n, int a, int b)
{
    int same = 0;
    while (same < LONGEST && b + same < n && class[a + same] == class[b + same]) same++;
    return same;
}

/* So many calls from there on came before. */
static int came_before(const int *class, int n, int from)
{
    int most = 0;
    for (int i = 0; i < from && most < LONGEST && from + most < n; i++) {
        const int same = alike_from(class, n, i, from);
        if (same > most) most = same;
    }
    return most;
}

/* It is a shorter sequence several times. */
static bool is_periodic(const int *class, int n)
{
    for (int d = 1; d <= n / 2; d++)
        if (n % d == 0 && alike_from(class, n, 0, d) == n - d) return true;
    return false;
}

/* Where the n calls from there on come, none in another; returns how often. */
static int places_of(const int *class, int all, int from, int n, int *at)
{
    int times = 0;
    for (int i = from; i + n <= all;) {
        const bool here = alike_from(class, all, from, i) >= n;
        if (here) at[times++] = i;
        i += here ? n : 1;
    }
    return times;
}

/* A phase begins there: the line before runs no kernel. */
static bool begins_phase(const Lines *c, int at)
{
    return c->at[at]->first && at > 0 && !c->at[at - 1]->first;
}

/* The sequences are blocks of a net: they follow one another. */
static bool are_blocks(const Found *x)
{
    bool follow = true;
    for (int i = 1; i < x->times; i++) follow &= x->at[i] == x->at[i - 1] + x->n;
    return follow;
}

static bool begin_phases(const Lines *c, const Found *x)
{
    for (int i = 0; i < x->times; i++)
        if (!begins_phase(c, x->at[i])) return false;
    return true;
}

enum { AROUND = 5 }; /* lines around the body of a function */

/* No function of the sequence saves more: a call is one line at least. */
static int most_saved(const Lines *c, const Found *x)
{
    int before = 0;
    for (int i = 0; i < x->times; i++)
        for (int k = 0; k < x->n; k++) before += line_height(c->at[x->at[i] + k]);
    return before - x->n - x->times - AROUND;
}

/* Blocks are called by a macro, which is as long as one call. */
static int lines_saved(const Lines *c, const Found *x)
{
    Lines *each = NEW_ARRAY(Lines, x->times);
    const Lines **at = NEW_ARRAY(const Lines *, x->times);
    int before = 0, calls = 0, one = 0;
    for (int i = 0; i < x->times; i++) {
        each[i] = slice(c, x->at[i], x->n), at[i] = &each[i];
        for (int k = 0; k < x->n; k++) before += line_height(each[i].at[k]);
    }
    const Common common = lines_common(at, x->times);
    for (int i = 0; i < x->times; i++) {
        Line call = { .before = "", .after = "" };
        params_given(&common, at[i], &call);
        one = line_height(&call), calls += one;
    }
    if (are_blocks(x) && calls > x->times + one) calls = x->times + one;
    for (int k = 0; k < x->n; k++) calls += line_height(common.body.at[k]);
    return before - calls - text_height(strlen(params_text(&common))) - AROUND;
}

/* A walk over the sequences that may become functions. host: calls are launches, whose phases are
   not marked. */
typedef struct {
    const Lines *c;
    const int *class;
    bool host;
    int from, n; /* the next one */
    Found x;
} Search;

static Search search_of(const Lines *c, const int *class, bool host)
{
    return (Search) {
        c, class, host, .from = -1, .n = LONGEST + 1, .x = { .at = NEW_ARRAY(int, c->n + 1) }
    };
}

/* Goes to where the next sequences begin; a sequence that begins at a kernel and came before is
   left out. */
static bool next_from(Search *s)
{
    if (++s->from >= s->c->n) return false;
    const int before = s->c->at[s->from]->first ? came_before(s->class, s->c->n, s->from) : LONGEST;
    s->n = before < SHORTEST ? SHORTEST : before + 1;
    return true;
}

/* x is the next one; false: there are no more. */
static bool next_found(Search *s)
{
    while (s->n <= LONGEST || next_from(s)) {
        s->x.n = s->n++;
        if (s->x.n > LONGEST) continue;
        s->x.times = places_of(s->class, s->c->n, s->from, s->x.n, s->x.at);
        if (s->x.times < FEWEST) s->n = LONGEST + 1;
        else if (!is_periodic(s->class + s->from, s->x.n) &&
                 (s->host || are_blocks(&s->x) || begin_phases(s->c, &s->x)))
            return true;
    }
    return false;
}

/* x becomes the one that the walk is at. */
static void take(Found *x, Search *s)
{
    *x = s->x;
    s->x.at = NEW_ARRAY(int, s->c->n + 1);
}

/* The sequence that saves most lines, the first of those; n 0: none does. What saves at most as
   much as the best one needs no closer look, so the most promising one is looked at first. */
static Found best_of(const Lines *c, bool host)
{
    const int *class = classes_of(c);
    Found promising = { .n = 0 }, best = { .n = 0 };
    for (Search s = search_of(c, class, host); next_found(&s);) {
        s.x.saved = most_saved(c, &s.x);
        if (s.x.saved > promising.saved) take(&promising, &s);
    }
    if (promising.n) best.saved = lines_saved(c, &promising) - 1;
    if (best.saved < 0) best.saved = 0;
    for (Search s = search_of(c, class, host); next_found(&s);) {
        if (most_saved(c, &s.x) <= best.saved) continue;
        s.x.saved = lines_saved(c, &s.x);
        if (s.x.saved > best.saved) take(&best, &s);
    }
    return best;
}

/* Calls of one function stand where the sequences were. */
static void fold_all(Lines *c, const Found *x, const Folding *f, Written *out)
{
    Lines to = { 0 }, *each = NEW_ARRAY(Lines, x->times);
    const Lines **at = NEW_ARRAY(const Lines *, x->times);
    for (int i = 0; i < x->times; i++) each[i] = slice(c, x->at[i], x->n), at[i] = &each[i];
    const Lines calls = fold_one(at, x->times, f, out);
    for (int i = 0, done = 0; i < c->n;) {
        const bool here = done < x->times && x->at[done] == i;
        vec_push(&to, here ? calls.at[done++] : c->at[i]);
        i += here ? x->n : 1;
    }
    *c = to;
}

void lines_fold(Lines *c, const Folding *f, Written *out)
{
    for (Found x; (x = best_of(c, f->memory != NULL)).n;) fold_all(c, &x, f, out);
}
