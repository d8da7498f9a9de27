/* alike.c -- finds the kernels with equal trees, and the buffers in which they differ. */
#include <ctype.h>
#include <string.h>
#include "back/alike.h"

Alike *alike_add(AlikeList *l, const Program *s, Kernel *k)
{
    Alike *x = NEW(Alike);
    *x = (Alike) { .s = s, .k = k, .first = x };
    x->differs = NEW_ARRAY(bool, k->actual.n + k->draws.n + 1);
    for (int i = 0; i < k->actual.n; i++) {
        const Buffer *b = k->actual.at[i]->buffer;
        x->differs[i] = b && b->of; /* its function knows no turn */
    }
    vec_push(&l->at, x);
    return x;
}

const Alike *alike_of(const AlikeList *l, const Kernel *k)
{
    for (int i = 0; i < l->at.n; i++)
        if (l->at.at[i]->k == k) return l->at.at[i];
    BUG("kernel %d is in no list", k->id);
}

/* ---- what is alike ---- */
static bool actual_same(const Actual *a, const Actual *b)
{
    const bool state = a->state && b->state ? !strcmp(a->state, b->state) : a->state == b->state;
    return a->buffer == b->buffer && a->column == b->column && a->sum == b->sum && state;
}

/* Two actuals may be arguments of one function if their memory is of one kind. */
static bool actual_alike(const Actual *a, const Actual *b)
{
    return a->column == b->column && !a->buffer == !b->buffer && (a->sum < 0) == (b->sum < 0);
}

static bool is_alike(const Alike *a, const Alike *b)
{
    if (a->alone || b->alone || a->kind != b->kind || a->k->actual.n != b->k->actual.n)
        return false;
    for (int i = 0; i < a->k->actual.n; i++)
        if (!actual_alike(a->k->actual.at[i], b->k->actual.at[i])) return false;
    return loops_same(a->k->loops, b->k->loops);
}

static void join(Alike *first, Alike *x)
{
    const Kernel *a = first->k, *b = x->k;
    x->first = first;
    vec_push(&first->also, x);
    for (int i = 0; i < a->actual.n; i++)
        first->differs[i] |= !actual_same(a->actual.at[i], b->actual.at[i]);
    for (int i = 0; i < a->draws.n; i++)
        first->differs[a->actual.n + i] |= strcmp(a->draws.at[i]->path, b->draws.at[i]->path) != 0;
}

void alike_find(const AlikeList *l)
{
    for (int i = 1; i < l->at.n; i++) {
        Alike *x = l->at.at[i];
        int at = 0;
        while (at < i && !(l->at.at[at]->first == l->at.at[at] && is_alike(l->at.at[at], x))) at++;
        if (at < i) join(l->at.at[at], x);
    }
}

static void add_stored(Text *t, const Kernels *k, const Kernel *x, const Node *n)
{
    for (int i = 0; i < x->stores.n; i++)
        if (x->stores.at[i] == n)
            text_add(t, "%s%s", t->n ? ", " : "", buffer_of(k, x->stores.at[i])->ident);
}

/* The names of the kernel's results, in order: "h, mask", "d net.0.bias", "sums[1]". */
static char *results_of(const Kernels *k, const Kernel *x)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (x->adds_to) text_add(&t, x->moves_state ? "%s" : "d %s", x->adds_to->name);
    if (x->core) add_stored(&t, k, x, x->core);
    for (int i = 0; i < x->body.n; i++) add_stored(&t, k, x, x->body.at[i]);
    if (x->sum >= 0)
        text_add(&t, "%s%s[%d]", t.n ? ", " : "", k->target->launches ? "sums" : "part", x->sum);
    return t.s;
}

/* The ops of the kernel: "matmul, add, relu". */
static char *ops_of(const Kernel *x)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    if (x->core) text_add(&t, "%s", x->core->op->name);
    for (int i = 0; i < x->body.n; i++)
        text_add(&t, "%s%s", t.n ? ", " : "", x->body.at[i]->op->name);
    return t.s;
}

/* "k2  h = matmul, add, relu  [N, 256]"; "k1 div [N, 784]" if the value has the name of its op. */
char *title_of(const Kernels *k, const Kernel *x)
{
    const char *results = results_of(k, x), *ops = ops_of(x);
    return c_comment(text("k%d  %s%s%s  %s", x->id, results, strcmp(results, ops) ? " = " : "",
                          strcmp(results, ops) ? ops : "", shape_text(&x->out->shape)));
}

char *note_of(const Kernels *k, const Kernel *x, bool named)
{
    enum { ROOM = 28 };
    const char *results = results_of(k, x), *file = x->out->loc.file;
    Text t = { 0 };
    if (!named && strlen(results) <= ROOM) text_add(&t, "%s  ", c_comment(results));
    text_add(&t, "%s", shape_text(&x->out->shape));
    if (!file) return t.s;
    const char *slash = strrchr(file, '/');
    text_add(&t, "  %s %d",
             file == k->g->train.loc.file ? "line" : c_comment(slash ? slash + 1 : file),
             x->out->loc.line);
    return t.s;
}

/* "k7, k12": those after the first. */
static char *others(const Alike *x)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < x->also.n; i++)
        text_add(&t, "%sk%d", i == 0 ? "" : i % 16 ? ", " : ",\n   ", x->also.at[i]->k->id);
    return t.s;
}

void alike_heading(const Alike *x, const char *says, Env *e)
{
    enum { ROOM = 84 }; /* room for the text before the line of the model */
    const char *title = text("%s%s", title_of(x->s->k, x->k), says), *also = others(x);
    const bool fits = strlen(title) + strlen(also) < ROOM && x->also.n < 16;
    const Loc loc = x->k->out->loc;
    env_set(e, "title", "%s%s%s", title, fits && *also ? "; also " : "", fits ? also : "");
    env_set(e, "also", "%s", fits ? "" : text("/* also %s */", also));
    env_set(e, "loc", "%s", loc.file ? text("%s:%d", c_comment(loc.file), loc.line) : "");
}

/* ---- names of parameters ---- */
/* Whether a local of that name would hide a name that the macro for_span uses. */
static bool is_of_span(const char *name)
{
    const size_t n = strlen(name);
    return !strncmp(name, "span_", 5) || (n > 3 && !strcmp(name + n - 3, "_to"));
}

/* What the layer calls it, "d_bias", or NULL; types begin with a capital. */
static char *field_of(const Actual *a)
{
    const Param *p = a->buffer && !a->state ? a->buffer->param : NULL;
    const char *dot = p ? strrchr(p->name, '.') : NULL;
    return dot && islower((unsigned char)dot[1]) && !is_of_span(dot + 1)
               ? text(a->buffer->home == HOME_GRADIENT ? "d_%s" : "%s", c_ident(dot + 1))
               : NULL;
}

/* The name that n's op gives to the argument in that buffer; NULL: no argument is in it. */
static const char *argument_name(const Kernel *x, const Node *n, const Buffer *b)
{
    for (int i = 0; i < n->nargs && n->op; i++) {
        const bool copied =
            n == x->core && i < 2 && x->factor[i] && node_base(x->factor[i]) == b->node;
        if (!copied && node_base(n->arg[i]) != b->node) continue;
        return strcmp(n->op->arg[i], "gy") ? n->op->arg[i] : "dy";
    }
    return NULL;
}

/* Its role in the kernel: the argument of an op, or the result. */
static const char *role_of(const Kernel *x, const Buffer *b, bool written)
{
    const char *name = x->core && !written ? argument_name(x, x->core, b) : NULL;
    for (int i = 0; !name && !written && i < x->pre.n; i++)
        name = argument_name(x, x->pre.at[i], b);
    for (int i = 0; !name && !written && i < x->body.n; i++)
        name = argument_name(x, x->body.at[i], b);
    return name ? name : !written ? "x" : x->backward ? "dx" : "y";
}

const char *alike_wish(const Alike *x, int formal)
{
    const Actual *a = x->k->actual.at[formal];
    char *field = field_of(a);
    if (!a->buffer) return "result";
    if (a->state) return a->state;
    for (int i = 0; field && i < x->also.n; i++) {
        const char *other = field_of(x->also.at[i]->k->actual.at[formal]);
        if (!other || strcmp(field, other)) field = NULL;
    }
    return field ? field : role_of(x->k, a->buffer, x->k->loops->formals.at[formal]->written);
}
