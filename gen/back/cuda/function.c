/* function.c -- the functions of a kernel on the device: names, parameters, what they see of memory; and the lines that enqueue them.

   Kernels that are alike share functions: what is not the same in all of them is a parameter. */
#include <string.h>
#include "back/cuda/cuda.h"
#include "back/operand.h"

/* ---- names ---- */
/* A buffer of one number. */
static bool is_number(const Formal *f) { return f->layout && !f->layout->ndims; }

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
    to->formal[i] = is_number(f) || f->type == AS_DOUBLE ? text("%s[0]", name) : name;
}

static Naming naming_of(const Alike *x)
{
    const int n = x->k->actual.n, args = x->k->draws.n;
    Naming to = { .k = x->k->loops, .formal = NEW_ARRAY(const char *, n + 1), .arg = NEW_ARRAY(const char *, args + 1) };
    for (int i = 0; i < n; i++) name_formal(&to, x, i);
    for (int i = 0; i < args; i++) to.arg[i] = x->differs[n + i] ? own_name(&to, "key") : stream_text(x->k->draws.at[i]);
    return to;
}

/* ---- what a function sees ---- */
static const char *const homes[] = { [HOME_ARENA] = "arena", [HOME_PARAM] = "p", [HOME_GRADIENT] = "g", [HOME_PACKED] = "packed" };

static const char *view_of(const Actual *a)
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

static char *views_text(const Alike *x, const Words *w)
{
    Text t = { 0 };
    const Whole *all = x->s->all;
    text_put(&t, "", 0);
    if (reads_window(w)) text_add(&t, "const Window &w = dev->w;\n");
    if (w->micro) text_add(&t, "const Micro here = gg_micro(w, %ld), *m = &here;\n", x->s->g->train.micro_batch);
    static const char *const first[] = { "p", "g" }, *const last[] = { "packed", "data", "arena", "sums" };
    for (int i = 0; i < 2; i++)
        if (sees(x, w, first[i])) text_add(&t, "auto &%s = dev->%s;\n", first[i], first[i]);
    for (int i = 0; i < all->nstates; i++)
        if (sees(x, w, text("s_%s", all->state[i]))) text_add(&t, "auto &s_%s = dev->s_%s;\n", all->state[i], all->state[i]);
    for (int i = 0; i < 4; i++)
        if (sees(x, w, last[i])) text_add(&t, i == 1 ? "const auto &%s = dev->%s;\n" : "auto &%s = dev->%s;\n", last[i], last[i]);
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

char *level_views(const Program *s)
{
    bool seen[HOME_PACKED + 1] = { false };
    Text t = { 0 };
    text_add(&t, "const Window &w = dev->w;\n");
    for (int i = 0; i < s->levels.n; i++) seen[buffer_of(s->k, s->levels.at[i])->home] = true;
    for (int i = 0; i <= HOME_PACKED; i++)
        if (seen[i]) text_add(&t, "auto &%s = dev->%s;\n", homes[i], homes[i]);
    text_add(&t, "auto &sums = dev->sums;\n");
    return t.s;
}

/* ---- parameters, and what is given for them ---- */
static bool takes_dev(const Alike *x, const Piece *p)
{
    bool takes = p->dev || reads_window(p->w);
    for (int i = 0; i < x->k->actual.n; i++) takes |= p->w->touched[i] && !x->differs[i] && view_of(x->k->actual.at[i]);
    return takes;
}

static void add(Text *t, const char *s) { text_add(t, "%s%s", t->n ? ", " : "", s); }

static char *parameter_text(const Alike *x, const Piece *p, int i)
{
    const Formal *f = x->k->loops->formals.at[i];
    const char *kept = f->written ? "" : "const ";
    const char *type = f->type == AS_DOUBLE ? "double" : f->half ? "gg_factor" : "real", *name = p->w->formal[i];
    if (f->type == AS_DOUBLE || is_number(f)) return text("%s%s %s", kept, type, text("%.*s[1]", (int)strlen(name) - 3, name));
    return text("%s%s %s%s", kept, type, name, layout_text(f->layout));
}

static char *parameters_text(const Alike *x, const Piece *p)
{
    Text t = { 0 };
    const int n = x->k->actual.n;
    text_put(&t, "", 0);
    if (takes_dev(x, p)) add(&t, "Device *dev");
    for (int i = 0; i < n; i++)
        if (x->differs[i] && p->w->touched[i]) add(&t, parameter_text(x, p, i));
    for (int i = 0; i < x->k->draws.n; i++)
        if (x->differs[n + i] && p->w->drawn[i]) add(&t, text("uint32_t %s", p->w->arg[i]));
    if (p->w->beta) add(&t, "int beta");
    return t.s;
}

char *call_text(const Coded *first, const Alike *x, const Piece *p, const char *dev)
{
    Text t = { 0 };
    const Alike *a = first->alike;
    const int n = a->k->actual.n;
    text_put(&t, "", 0);
    if (takes_dev(a, p)) add(&t, dev);
    for (int i = 0; i < n; i++) {
        const Formal *f = x->k->loops->formals.at[i];
        if (a->differs[i] && p->w->touched[i])
            add(&t, text("%s%s->%s", f->type == AS_DOUBLE || is_number(f) ? "&" : "", dev, actual_name(x->k->actual.at[i], "sums")));
    }
    for (int i = 0; i < a->k->draws.n; i++)
        if (a->differs[n + i] && p->w->drawn[i]) add(&t, stream_text(x->k->draws.at[i]));
    if (p->w->beta) add(&t, x->k->first_write ? "beta" : "1");
    return t.s;
}

/* ---- functions ---- */
static void put_piece(const Coded *c, const Piece *p, Text *out)
{
    const Alike *x = c->alike;
    Env *e = env_new(NULL);
    const Loc loc = x->k->out->loc;
    env_flag(e, "alone", !c->shared);
    env_set(e, "title", "%s%s", title_of(x->s->k, x->k), p->says);
    env_set(e, "also", "%s", alike_also(x));
    env_set(e, "loc", "%s", loc.file ? text("%s:%d", c_comment(loc.file), loc.line) : "");
    env_set(e, "threads", "%d", p->grid.threads);
    env_set(e, "ident", "%s%s", x->k->ident, p->suffix);
    env_set(e, "parameters", "%s", parameters_text(x, p));
    env_set(e, "views", "%s%s%s", views_text(x, p->w), words_scalars(p->w), tables_text(p->w));
    env_set(e, "body", "%s", p->body);
    text_add(out, "%s\n", template_render("cuda/kernel.cu", e));
}

/* The tree's functions; the library makes its first statement where that is a product which it can make. */
static void print_kernel(Coded *c)
{
    const Alike *x = c->alike;
    const Naming names = naming_of(x);
    const bool library = x->k->gemm && x->k->gemm->library;
    const StmtList *all = &x->k->loops->body, rest = { all->at + library, all->n - library, all->n - library };
    if (!rest.n) return;
    if (rest.at[0]->kind == STMT_PRODUCT) print_product(&c->pieces, &names, rest.at[0]);
    else print_loops(&c->pieces, &names, &rest, c->shared, library ? ", behind the product" : "");
}

void code_kernel(Coded *c, Text *out)
{
    print_kernel(c);
    for (int i = 0; i < c->pieces.n; i++) {
        put_piece(c, c->pieces.at[i], out);
        c->counts |= c->pieces.at[i]->w->micro;
    }
}

char *launch_text(const Coded *first, const Alike *x)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < first->pieces.n; i++) {
        const Piece *p = first->pieces.at[i];
        text_add(&t, "GG_LAUNCH(%s%s, %ld, %d, 0, gg_stream, %s);", first->alike->k->ident, p->suffix, p->grid.blocks, p->grid.threads,
                 call_text(first, x, p, "device"));
        text_add(&t, x == first->alike ? "\n" : " @@ k%d\n", x->k->id);
    }
    return t.s;
}
