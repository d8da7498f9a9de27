/* function.c -- the functions of a kernel on the device: names, parameters, views of memory, and
   the lines that enqueue them. Kernels that are alike share functions. An argument in which they
   differ is a parameter. */
#include <string.h>
#include "back/cuda/cuda.h"
#include "back/actual.h"

/* ---- names ---- */
/* It is one number, not an array. */
static bool is_alone(const Formal *f)
{
    return f->type == AS_DOUBLE || (f->layout && !f->layout->ndims);
}

static const char *own_name(Naming *to, const char *wish)
{
    const char *name = words_free(naming_words(to), wish);
    vec_push(&to->own, name);
    return name;
}

static void name_formal(Naming *to, const Alike *x, int i)
{
    const Formal *f = x->k->loops->formals.at[i];
    to->formal[i] = actual_name(x->k->actual.at[i], "sums");
    if (!x->differs[i]) return;
    const char *name = own_name(to, alike_wish(x, i));
    to->formal[i] = is_alone(f) ? text("%s[0]", name) : name;
}

static Naming naming_of(const Alike *x)
{
    const int n = x->k->actual.n, args = x->k->draws.n;
    Naming to = { .k = x->k->loops,
                  .formal = NEW_ARRAY(const char *, n + 1),
                  .arg = NEW_ARRAY(const char *, args + 1) };
    for (int i = 0; i < n; i++) name_formal(&to, x, i);
    for (int i = 0; i < args; i++)
        to.arg[i] = x->differs[n + i] ? own_name(&to, "key") : stream_text(x->k->draws.at[i]);
    return to;
}

/* ---- views of memory in a function ---- */
static const char *const homes[] = {
    [HOME_ARENA] = "arena", [HOME_PARAM] = "p", [HOME_GRADIENT] = "g", [HOME_PACKED] = "packed"
};

const char *view_of(const Actual *a)
{
    if (a->column) return "data";
    if (a->buffer) return a->state ? text("s_%s", a->state) : homes[a->buffer->home];
    return a->sum >= 0 ? "sums" : NULL;
}

static bool sees(const Alike *x, const Words *w, const char *view)
{
    for (int i = 0; i < x->k->actual.n; i++) {
        const char *own = w->touched[i] && !x->differs[i] ? view_of(x->k->actual.at[i]) : NULL;
        if (own && !strcmp(own, view)) return true;
    }
    return false;
}

static bool reads_window(const Words *w)
{
    bool reads = w->micro;
    for (int i = 0; i < RUN_ARG; i++) reads |= w->used[i];
    return reads;
}

/* Whether the kernel reads more of the window than the micro-batch. */
static bool reads_more(const Words *w)
{
    bool reads = false;
    for (int i = 0; i < RUN_ARG; i++) reads |= w->used[i] && i != RUN_ROWS && i != RUN_FROM;
    return reads;
}

static char *views_text(const Alike *x, const Words *w)
{
    Text t = { 0 };
    const Whole *all = x->s->all;
    text_put(&t, "", 0);
    const bool window = reads_more(w);
    if (window) text_add(&t, "const Window &w = dev->w;\n");
    if (w->micro)
        text_add(&t, "const Micro here = gg_micro(%s, " ROWS_NAME "), *m = &here;\n",
                 window ? "w" : "dev->w");
    static const char *const first[] = { "p", "g" }, *const last[] = { "packed", "data", "arena",
                                                                       "sums" };
    for (int i = 0; i < 2; i++)
        if (sees(x, w, first[i])) text_add(&t, "auto &%s = dev->%s;\n", first[i], first[i]);
    for (int i = 0; i < all->nstates; i++)
        if (sees(x, w, text("s_%s", all->state[i])))
            text_add(&t, "auto &s_%s = dev->s_%s;\n", all->state[i], all->state[i]);
    for (int i = 0; i < 4; i++)
        if (sees(x, w, last[i]))
            text_add(&t, i == 1 ? "const auto &%s = dev->%s;\n" : "auto &%s = dev->%s;\n", last[i],
                     last[i]);
    return t.s;
}

static char *tables_text(const Words *w)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < w->k->formals.n; i++)
        if (w->k->formals.at[i]->table && w->touched[i]) text_add(&t, "%s\n", words_table(w, i));
    return t.s;
}

char *penalty_views(const Program *s)
{
    bool seen[HOME_PACKED + 1] = { false };
    Text t = { 0 };
    text_add(&t, "const Window &w = dev->w;\n");
    for (int i = 0; i < s->penalties.n; i++) seen[buffer_of(s->k, s->penalties.at[i])->home] = true;
    for (int i = 0; i <= HOME_PACKED; i++)
        if (seen[i]) text_add(&t, "auto &%s = dev->%s;\n", homes[i], homes[i]);
    text_add(&t, "auto &sums = dev->sums;\n");
    return t.s;
}

/* ---- parameters and arguments ---- */
static bool takes_dev(const Alike *x, const Piece *p)
{
    bool takes = p->dev || reads_window(p->w);
    for (int i = 0; i < x->k->actual.n; i++)
        takes |= p->w->touched[i] && !x->differs[i] && view_of(x->k->actual.at[i]);
    return takes;
}

/* Its name as a parameter of a function of several calls: "h_0_ln1", "d_net_0_weight". */
const char *wish_of(const Actual *a)
{
    if (!a->buffer) return "sum";
    if (!a->buffer->param) return a->buffer->ident;
    const char *name = c_ident(a->buffer->param->name);
    return a->state                           ? text("%s_%s", a->state, name)
           : a->buffer->home == HOME_GRADIENT ? text("d_%s", name)
                                              : name;
}

/* Formal i as a parameter of the function. */
static Arg formal_arg(const Alike *x, const Piece *p, int i)
{
    const Formal *f = x->k->loops->formals.at[i];
    const bool number = is_alone(f);
    const char *name = p->w->formal[i];
    return (Arg) { .type = f->type == AS_DOUBLE ? "double"
                           : f->half            ? "gg_factor"
                                                : "real",
                   .kept = !f->written,
                   .name = number ? text("%.*s", (int)strlen(name) - 3, name) : name,
                   .dims = number ? "[1]" : dims_text(f->layout) };
}

/* What piece p of the first is called with for x, as parameters of it; x NULL: the parameters
   themselves. */
static void add_args(Line *c, const Alike *first, const Alike *x, const Piece *p, const char *dev)
{
    const int n = first->k->actual.n;
    if (takes_dev(first, p))
        arg_add(c, (Arg) { .text = dev, .type = "Device *", .name = "dev", .dims = "" });
    for (int i = 0; i < n; i++) {
        if (!first->differs[i] || !p->w->touched[i]) continue;
        Arg a = formal_arg(first, p, i);
        const Actual *actual = x->k->actual.at[i];
        a.wish = wish_of(actual);
        a.text = text("%s%s", is_alone(x->k->loops->formals.at[i]) ? "&" : "",
                      actual_name(actual, "sums")),
        a.view = view_of(actual);
        arg_add(c, a);
    }
    for (int i = 0; i < first->k->draws.n; i++)
        if (first->differs[n + i] && p->w->drawn[i])
            arg_add(c, (Arg) { .text = stream_text(x->k->draws.at[i]),
                               .type = "uint32_t",
                               .name = p->w->arg[i],
                               .dims = "" });
    if (p->w->beta)
        arg_add(c, (Arg) { .text = x->k->first_write ? "beta" : "1",
                           .type = "int",
                           .name = "beta",
                           .dims = "",
                           .own = x->k->first_write });
}

/* named: with their names */
static char *parameters_text(const Alike *x, const Piece *p, bool named)
{
    Text t = { 0 };
    Line c = { .before = "" };
    text_put(&t, "", 0);
    add_args(&c, x, x, p, "dev");
    for (int i = 0; i < c.args.n; i++)
        text_add(&t, "%s%s", i ? ", " : "", (named ? arg_declared : arg_type)(c.args.at[i]));
    return t.s;
}

/* ---- functions ---- */
static void put_piece(const Coded *c, const Piece *p, Written *out)
{
    const Alike *x = c->alike;
    Env *e = env_new(NULL);
    env_flag(e, "alone", !c->shared);
    alike_heading(x, p->says, e);
    env_set(e, "threads", "%d", p->grid.threads);
    env_set(e, "ident", "%s%s", x->k->ident, p->suffix);
    env_set(e, "parameters", "%s", parameters_text(x, p, true));
    if (!c->shared)
        declare_function(&out->kernels, text("%s%s", x->k->ident, p->suffix),
                         parameters_text(x, p, false));
    env_set(e, "views", "%s%s%s", views_text(x, p->w), words_scalars(p->w), tables_text(p->w));
    env_set(e, "body", "%s", p->body);
    text_add(&out->functions, "%s\n", template_render("cuda/kernel.cu", e));
}

/* The tree's functions. If the first statement is a product of the library, it has none. */
static void print_kernel(Coded *c)
{
    const Alike *x = c->alike;
    const Naming names = naming_of(x);
    const bool library = x->k->gemm && x->k->gemm->library;
    const StmtList *all = &x->k->loops->body,
                   rest = { all->at + library, all->n - library, all->n - library };
    if (!rest.n) return;
    if (rest.at[0]->kind == STMT_PRODUCT) print_product(&c->pieces, &names, rest.at[0]);
    else print_loops(&c->pieces, &names, &rest, c->shared, library ? ", after the product" : "");
}

void code_kernel(Coded *c, Written *out)
{
    print_kernel(c);
    for (int i = 0; i < c->pieces.n; i++) {
        put_piece(c, c->pieces.at[i], out);
        c->counts |= c->pieces.at[i]->w->micro;
    }
}

/* What the kernel writes is a parameter. */
static bool passes_result(const Alike *first, const Alike *x)
{
    bool passes = false;
    for (int i = 0; i < x->k->actual.n; i++)
        passes |=
            first->differs[i] && x->k->loops->formals.at[i]->written && x->k->actual.at[i]->buffer;
    return passes;
}

static void name_kernel(Line *c, const Coded *first, const Alike *x)
{
    c->first = c->last = x->k->id;
    c->note = text("%s%s", x == first->alike ? "" : text("k%d  ", x->k->id),
                   note_of(x->s->k, x->k, passes_result(first->alike, x)));
}

void call_on_device(Lines *to, const Coded *first, const Alike *x)
{
    Line *c = line_add(to, text("%s(", first->alike->k->ident), ");");
    add_args(c, first->alike, x, first->pieces.at[0], "dev");
    name_kernel(c, first, x);
}

void call_launch(Lines *to, const Coded *first, const Alike *x)
{
    for (int i = 0; i < first->pieces.n; i++) {
        const Piece *p = first->pieces.at[i];
        Line *c = line_add(to,
                           text("GG_RUN(%s%s, %ld, %d, ", first->alike->k->ident, p->suffix,
                                p->grid.blocks, p->grid.threads),
                           ");");
        add_args(c, first->alike, x, p, "device");
        name_kernel(c, first, x);
    }
}
