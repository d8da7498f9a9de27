/* print.c -- the statements that C prints in its own form: loops over units and lanes, zeros,
   products.

   1. A loop over units goes to threads. Turns of a loop over lanes are lanes of vectors, inside
      it reals are vectors.
   2. A product is a call of contract() where it has that shape, else loops. */
#include <limits.h>
#include "back/c/lanes.h"
#include "back/c/print.h"
#include "back/print.h"

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* ---- loops ---- */
enum { FEW = 16 };

static bool is_few(const Val *to)
{
    if (is_call(to, CALL_MIN)) return is_few(to->arg[0]) || is_few(to->arg[1]);
    return to->kind == VAL_NUMBER && to->number <= FEW;
}

/* A short loop of unknown length that adds products: a pragma makes compilers unroll it. */
static bool is_over_taps(const Stmt *s)
{
    const Stmt *fold = s->body.n == 1 ? s->body.at[0] : NULL;
    const bool known = s->from->kind == VAL_NUMBER && s->to->kind == VAL_NUMBER;
    return fold && fold->kind == STMT_FOLD && fold->fold == FOLD_SUM &&
           is_call(fold->value, CALL_MUL) && !known && is_few(s->to);
}

static void put_lanes(Printer *p, const Stmt *s)
{
    Words *w = p->w;
    const char *to = val_text(w, s->to), *v = words_var(w, s->var);
    words_lanes(w, s->var, (long)s->to->number);
    put_under(p, text("for (int %s = 0; %s < %s; %s += %s)", v, v, to, v, w->width), &s->body);
    words_lanes(w, -1, 0);
    words_leave(w, v);
}

static void put_units(Printer *p, const Stmt *s)
{
    put_under(p, text("for_span (%s, t, %s)", words_var(p->w, s->var), val_text(p->w, s->to)),
              &s->body);
    words_leave(p->w, p->w->var[s->var]);
}

static void put_for(Printer *p, const Stmt *s)
{
    folds_open(p, s);
    if (s->deal == LANES) put_lanes(p, s);
    else if (s->deal == UNITS) put_units(p, s);
    else put_serial(p, s, is_over_taps(s) ? "TAPS " : "");
    folds_close(p, s);
}

/* ---- zeros ---- */
/* "n * 1024 + 16": in reals from the buffer's first */
static char *place_text(Words *w, const At *at)
{
    Text t = { 0 };
    const Layout *l = w->k->formals.at[at->buffer]->layout;
    const char *wide = l && l->size > INT_MAX ? "L" : "";
    for (int i = 0; i < at->n; i++)
        text_add(&t, "%s%s * %ld%s", i ? " + " : "",
                 val_within(w, at->term[i].index, LEVEL_PRODUCT), at->term[i].stride, wide);
    if (at->base || !t.n) text_add(&t, t.n ? " + %ld" : "%ld", at->base);
    return t.s;
}

/* The frame of an image: rows, columns, channels. */
static void put_frame(Printer *p, const Stmt *s)
{
    const Side *d = s->side;
    if (s->n != 3 || d[2].before || d[2].after || d[2].stride != 1 || d[1].stride != d[2].extent ||
        d[0].stride != d[1].extent * d[1].stride)
        BUG("the frame of another box than an image");
    put_line(p, text("zero_halo((real *)%s + %s, %ld, %ld, %ld, %ld, %ld, %ld, %ld);",
                     p->w->formal[s->at.buffer], place_text(p->w, &s->at), d[0].extent, d[1].extent,
                     d[0].before, d[0].after, d[1].before, d[1].after, d[2].extent));
}

/* The whole box: its contiguous part is one loop. */
static void put_box(Printer *p, const Stmt *s)
{
    long piece = 1;
    int outer = s->n;
    while (outer && s->side[outer - 1].stride == piece) piece *= s->side[--outer].extent;
    const char *index[5] = { "", "", "", "", "" }, *place = place_text(p->w, &s->at);
    Text t = { 0 };
    for (int i = 0; i <= outer; i++) {
        index[i] = words_index(p->w, "i");
        place = i < outer ? text("%s + %s * %ld", place, index[i], s->side[i].stride)
                          : text("%s + %s", place, index[i]);
        text_add(&t, "%*sfor (long %s = 0; %s < %ld; %s++)\n", 4 * i, "", index[i], index[i],
                 i < outer ? s->side[i].extent : piece, index[i]);
    }
    text_add(&t, "%*s((real *)%s)[%s] = 0;\n", 4 * (outer + 1), "", p->w->formal[s->at.buffer],
             place);
    put_one(p, &t);
    for (int i = 0; i <= outer; i++) words_leave(p->w, index[i]);
}

static void put_zero(Printer *p, const Stmt *s)
{
    bool frame = false;
    for (int i = 0; i < s->n; i++) frame |= s->side[i].before || s->side[i].after;
    if (frame) put_frame(p, s);
    else put_box(p, s);
}

/* ---- products ---- */
static void put_product(Printer *p, const Stmt *s)
{
    Text call = { 0 };
    if (!product_call(p->w, s, &call)) put_product_loops(p, s, SERIAL);
    else put_one(p, &call);
}

static void put_local(Printer *p, const Stmt *s)
{
    put_line(p, text("real %s[%ld];", p->w->formal[s->buffer], s->extent));
}

static bool put_own(Printer *p, const Stmt *s)
{
    static void (*const put[])(Printer *, const Stmt *) = { [STMT_FOR] = put_for,
                                                            [STMT_ZERO] = put_zero,
                                                            [STMT_PRODUCT] = put_product,
                                                            [STMT_LOCAL] = put_local };
    if (s->kind == STMT_VARIABLE) return folds_wait(p, s);
    if (!put[s->kind]) return false;
    put[s->kind](p, s);
    return true;
}

char *c_statements(Words *w, const StmtList *l)
{
    const Printer p = { .w = w, .own = put_own, .target = folds_of(w->k, l) };
    return list_text(&p, l, NULL);
}

char *print_body(Words *w)
{
    Text all = { 0 };
    const char *statements = c_statements(w, &w->k->body);
    text_add(&all, "%s", words_scalars(w));
    for (int i = 0; i < w->k->formals.n; i++)
        if (w->k->formals.at[i]->table) text_add(&all, "static %s\n", words_table(w, i));
    text_add(&all, "%s", statements);
    return all.s;
}
