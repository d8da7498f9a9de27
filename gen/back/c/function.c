/* function.c -- C: kernels become functions, called with the memory that they touch.

   1. Kernels that are alike are one function, under the name of the first. An argument in which
      they differ is a parameter.
   2. If memory is allocated at start, all buffers of a function are parameters. So compilers
      know that they do not overlap.
   3. Buffers of one address and one shape are one parameter. So parameters never overlap: they
      are `restrict`. A kernel whose buffers overlap in another way shares no function. */
#include <string.h>
#include "back/c/function.h"
#include "back/c/print.h"
#include "back/emit.h"
#include "back/actual.h"

/* ---- buffers at one address ---- */
static const Buffer *in_arena(const Kernel *k, int formal)
{
    const Buffer *b = k->actual.at[formal]->buffer;
    return b && b->home == HOME_ARENA && !b->of ? b : NULL;
}

static bool one_place(const Kernel *k, int a, int b)
{
    const Buffer *x = in_arena(k, a), *y = in_arena(k, b);
    return a == b || (x && y && x->offset == y->offset &&
                      !strcmp(layout_text(&x->layout), layout_text(&y->layout)));
}

static bool overlap(const Kernel *k, int a, int b)
{
    const Buffer *x = in_arena(k, a), *y = in_arena(k, b);
    return x && y && x->offset < y->offset + y->layout.size &&
           y->offset < x->offset + x->layout.size;
}

/* The first formal at the same address. */
static int place_of(const Kernel *k, int formal)
{
    int first = 0;
    while (!one_place(k, first, formal)) first++;
    return first;
}

/* A hash of the pairs of formals that share an address. Kernels with other pairs are not alike. */
static void note_places(Alike *x)
{
    const Kernel *k = x->k;
    x->kind = has_beta(x->s->k, k);
    for (int i = 0; i < k->actual.n; i++) {
        const int first = place_of(k, i);
        x->alone |= i >= 32 || x->kind >> 50;
        if (first != i) x->kind = x->kind << 10 | i << 5 | first;
        for (int b = 0; b < i; b++) x->alone |= overlap(k, b, i) && !one_place(k, b, i);
    }
}

/* If a formal differs between kernels, so do all formals at its address. With --allocate all do. */
static void spread_differences(const Functions *f, Alike *x)
{
    const Kernel *k = x->k;
    for (int i = 0; i < k->actual.n; i++) {
        x->differs[i] |= f->allocated && !x->alone && k->actual.at[i]->buffer;
        x->differs[place_of(k, i)] |= x->differs[i];
    }
    for (int i = 0; i < k->actual.n; i++) x->differs[i] = x->differs[place_of(k, i)];
}

/* ---- the list ---- */
static void add_all(Functions *f, const Program *s, Kernel *const *at, int n)
{
    for (int i = 0; i < n; i++) note_places(alike_add(&f->alike, s, at[i]));
}

static bool is_piece(const Program *s, const Kernel *x)
{
    for (int i = 0; i < s->k->micro.n; i++)
        if (s->k->micro.at[i] == x) return false;
    return true;
}

static void add_step(Functions *f, const Program *s)
{
    const Kernels *k = s->k;
    add_all(f, s, k->once.at, k->once.n);
    for (int i = 0; i < s->counting.n; i++)
        if (is_piece(s, s->counting.at[i])) add_all(f, s, &s->counting.at[i], 1);
    add_all(f, s, k->micro.at, k->micro.n);
    add_all(f, s, k->finish.at, k->finish.n);
    add_all(f, s, k->predict.at, k->predict.n);
}

/* ---- parameters ---- */
static bool is_parameter(const Alike *x, int formal)
{
    return x->differs[formal] && place_of(x->k, formal) == formal;
}

/* A buffer of one number. */
static bool is_number(const Formal *f) { return f->layout && !f->layout->ndims; }

static char *wish_of(const Alike *x, int formal)
{
    int written = formal;
    for (int i = formal; i < x->k->actual.n; i++)
        if (place_of(x->k, i) == formal && x->k->loops->formals.at[i]->written) written = i;
    return text("%s", alike_wish(x, written));
}

static char *parameter_text(const Formal *f, const char *name)
{
    if (!f->layout) return text(", double %s[restrict]", name);
    return is_number(f) ? text(", real %s[restrict 1]", name)
                        : text(", real %s[restrict %s", name, dims_text(f->layout) + 1);
}

/* The same without a name: ", real[N][64]" */
static char *type_text(const Formal *f)
{
    if (!f->layout) return text(", double[]");
    return text(", real%s", is_number(f) ? "[1]" : dims_text(f->layout));
}

/* The function's words, in `to` its parameters, and their types. */
static Words *words_with(const Alike *x, Text *to, Text *types)
{
    const Kernel *k = x->k;
    const int n = k->actual.n;
    Words *w = words_of(k, "part");
    text_put(to, "", 0), text_put(types, "", 0);
    for (int i = 0; i < n; i++) {
        const Formal *f = k->loops->formals.at[i];
        if (is_parameter(x, i)) {
            const char *name = words_free(w, wish_of(x, i));
            text_add(to, "%s", parameter_text(f, name));
            text_add(types, "%s", type_text(f));
            w->formal[i] = is_number(f) ? text("%s[0]", name) : name;
        } else if (x->differs[i]) {
            w->formal[i] = w->formal[place_of(k, i)];
        }
    }
    for (int i = 0; i < k->draws.n; i++) {
        if (!x->differs[n + i]) continue;
        w->arg[i] = words_free(w, "key");
        text_add(to, ", const uint32_t %s", w->arg[i]);
        text_add(types, ", uint32_t");
    }
    return w;
}

/* ---- text ---- */
static void print_function(Functions *f, const Alike *x)
{
    Text parameters = { 0 }, types = { 0 };
    Function *own = NEW(Function);
    Words *w = words_with(x, &parameters, &types);
    *own =
        (Function) { .of = x, .parameters = parameters.s, .types = types.s, .body = print_body(w) };
    own->micro = w->micro;
    f->products |= w->products;
    vec_push(&f->at, own);
}

Functions *functions_of(const Whole *all, bool share)
{
    Functions *f = NEW(Functions);
    f->allocated = *all->storage != 0;
    for (int i = 0; i < all->steps.n; i++) add_step(f, all->steps.at[i]);
    if (share) alike_find(&f->alike);
    for (int i = 0; i < f->alike.at.n; i++) {
        Alike *x = f->alike.at.at[i];
        if (x->first != x) continue;
        if (share) spread_differences(f, x);
        print_function(f, x);
    }
    return f;
}

static const Function *function_of(const Functions *f, const Kernel *k)
{
    const Alike *x = alike_of(&f->alike, k);
    int i = 0;
    while (f->at.at[i]->of != x->first) i++;
    return f->at.at[i];
}

bool function_reads_micro(const Functions *f, const Kernel *k) { return function_of(f, k)->micro; }

static char *parameters_text(const Function *f)
{
    return text("const Thread *t%s%s%s", f->micro ? ", const Micro *m" : "", f->parameters,
                has_beta(f->of->s->k, f->of->k) ? ", const int beta" : "");
}

char *prototypes_text(const Functions *f)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < f->at.n; i++) {
        const Function *x = f->at.at[i];
        text_add(&t, "%s%s(const Thread *%s%s%s)", i ? ", " : "static void ", x->of->k->ident,
                 x->micro ? ", const Micro *" : "", x->types,
                 has_beta(x->of->s->k, x->of->k) ? ", int" : "");
    }
    return t.n ? text("%s;\n", t.s) : t.s;
}

static void function_text(const Function *f, Text *out)
{
    Env *e = env_new(NULL);
    const Alike *x = f->of;
    const bool beta = has_beta(x->s->k, x->k);
    alike_heading(x, "", e);
    env_set(e, "linkage", "%s",
            x->also.n || *f->parameters ? "SHARED void"
            : beta                      ? "INLINE void"
                                        : "static void");
    env_set(e, "ident", "%s", x->k->ident);
    env_set(e, "parameters", "%s", parameters_text(f));
    env_set(e, "body", "%s", f->body);
    text_add(out, "%s\n", template_render("c/kernel.c", e));
}

char *functions_text(const Functions *f)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < f->at.n; i++) function_text(f->at.at[i], &t);
    return t.s;
}

/* ---- calls ---- */
/* A parameter of a function of several calls. Its outermost extent is left out, because
   compilers would warn: the address once had a value of another extent. */
static const char *open_dims(const Formal *f)
{
    if (is_number(f) || !f->layout) return "[]";
    const char *all = dims_text(f->layout);
    return text("[]%s", all + strcspn(all, "]") + 1);
}

static void add_formal(Line *to, const Kernel *k, int i)
{
    const Formal *f = k->loops->formals.at[i];
    const char *name = actual_name(k->actual.at[i], "part");
    arg_add(to, (Arg) { .text = is_number(f) ? text("&%s", name) : name,
                        .type = f->layout ? "real" : "double",
                        .name = f->written ? "y" : "x",
                        .dims = open_dims(f) });
}

/* What the kernel writes is a parameter. */
static bool passes_result(const Alike *x)
{
    bool passes = false;
    for (int i = 0; i < x->k->actual.n; i++)
        passes |= is_parameter(x->first, i) && x->k->loops->formals.at[i]->written &&
                  x->k->actual.at[i]->buffer;
    return passes;
}

void function_line(const Functions *f, const Kernel *k, const char *micro, const char *beta,
                   Lines *to)
{
    const Alike *x = alike_of(&f->alike, k), *first = x->first;
    const int n = k->actual.n;
    Line *c = line_add(to, text("%s(", first->k->ident), ");");
    c->first = c->last = k->id;
    c->note =
        text("%s%s", first == x ? "" : text("k%d  ", k->id), note_of(x->s->k, k, passes_result(x)));
    arg_add(c,
            (Arg) { .text = "t", .type = "const Thread *", .name = "t", .dims = "", .own = true });
    if (function_reads_micro(f, k))
        arg_add(c, (Arg) { .text = micro,
                           .type = "const Micro *",
                           .name = "m",
                           .dims = "",
                           .own = *micro == 'm' });
    for (int i = 0; i < n; i++)
        if (is_parameter(first, i)) add_formal(c, k, i);
    for (int i = 0; i < k->draws.n; i++)
        if (first->differs[n + i])
            arg_add(c, (Arg) { .text = stream_text(k->draws.at[i]),
                               .type = "uint32_t",
                               .name = "key",
                               .dims = "" });
    if (beta)
        arg_add(
            c,
            (Arg) { .text = beta, .type = "int", .name = "beta", .dims = "", .own = *beta == 'b' });
}
