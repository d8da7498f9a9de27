/* product.c -- a product whose shape is that of runtime/contract.h, as a call of a function there.

   Its last range of results is neighbouring columns of B and of the result, whole vectors of 8,
   along which A does not move. At most two more ranges are rows, along which B does not move, and
   at most three are summed. */
#include <string.h>
#include "back/c/print.h"
#include "back/c/product.h"
#include "back/template.h"

enum { OF_A, OF_B, OF_C };
typedef struct {
    long extent, stride[3];
    const char *spelled;
} Run; /* strides in A, B and the result */

static bool run_of(const Stmt *s, const Range *r, Run *out)
{
    out->extent = r->extent, out->spelled = r->spelled;
    return at_step(s->a->at, r->var, &out->stride[OF_A]) &&
           at_step(s->b->at, r->var, &out->stride[OF_B]) &&
           at_step(&s->body.at[0]->at, r->var, &out->stride[OF_C]);
}

/* Each index is the variable of a range, or depends on none. */
static bool is_apart(const Stmt *s, const At *at)
{
    for (int i = 0; i < at->n; i++)
        for (int r = 0; r < s->n + s->summed && at->term[i].index->kind != VAL_VAR; r++)
            if (val_uses(at->term[i].index, s->range[r].var)) return false;
    return true;
}

static bool has_shape(const Stmt *s, Run *run)
{
    const Stmt *to = s->body.n == 1 ? s->body.at[0] : NULL;
    if (!to || to->kind != STMT_STORE || to->value->kind != VAL_VAR || to->value->id != s->var)
        return false;
    if (s->n < 1 || s->n > 3 || s->summed > 3 || s->a->kind != VAL_LOAD || s->b->kind != VAL_LOAD)
        return false;
    if (!is_apart(s, s->a->at) || !is_apart(s, s->b->at) || !is_apart(s, &to->at)) return false;
    for (int i = 0; i < s->n + s->summed; i++) {
        if (!run_of(s, &s->range[i], &run[i])) return false;
        if (i < s->n - 1 && run[i].stride[OF_B]) return false;
        if (i >= s->n && run[i].stride[OF_C]) return false;
    }
    const Run *v = &run[s->n - 1];
    return v->extent % BLOCK_MIN == 0 && v->stride[OF_A] == 0 && v->stride[OF_B] == 1 &&
           v->stride[OF_C] == 1;
}

/* Where all ranges of the product are at 0: "arena.h1[s][n]", or "&arena.h1[s][n][4]". */
static char *first_element(Words *w, const Stmt *s, const At *at)
{
    At first = *at;
    first.n = 0;
    for (int i = 0; i < at->n; i++) {
        bool ranged = false;
        for (int r = 0; r < s->n + s->summed; r++)
            ranged |= val_uses(at->term[i].index, s->range[r].var);
        if (!ranged) first.term[first.n++] = at->term[i];
    }
    return pointer_text(w, &first);
}

/* Ranges at[0 .. n - 1] as the last of `room`: how often, and their strides in two of A, B, C. */
static void take_runs(const Run *at, int n, int room, long *extent, long *s0, int o0, long *s1,
                      int o1)
{
    for (int i = 0; i < room; i++) {
        const Run *l = i < room - n ? NULL : &at[i - (room - n)];
        extent[i] = l ? l->extent : 1;
        s0[i] = l ? l->stride[o0] : 0;
        s1[i] = l ? l->stride[o1] : 0;
    }
}

static const char *spelled_at(const Run *at, int i) { return i < 0 ? NULL : at[i].spelled; }

static Sums sums_of(const Stmt *s, const Run *run)
{
    const Run *rows = run, *depth = run + s->n;
    Sums x = { .width = run[s->n - 1].extent,
               .spelled = { spelled_at(rows, s->n - 2), spelled_at(depth, s->summed - 1),
                            spelled_at(rows, s->n - 3), spelled_at(depth, s->summed - 2) } };
    take_runs(rows, s->n - 1, 2, x.rows, x.a_row, OF_A, x.c_row, OF_C);
    take_runs(depth, s->summed, 3, x.depth, x.a_k, OF_A, x.b_k, OF_B);
    return x;
}

/* last, before: names of the last number and of the one before it */
static char *list_of(const long *at, int n, const char *last, const char *before)
{
    Text t = { 0 };
    for (int i = 0; i < n; i++) {
        const char *name = i == n - 1 ? last : i == n - 2 ? before : NULL;
        text_add(&t, "%s%s", i ? ", " : "", name ? name : text("%ld", at[i]));
    }
    return t.s;
}

/* The fields of a Contract. */
static void set_sums(Env *e, const Sums *x)
{
    env_set(e, "rows", "%s", list_of(x->rows, 2, x->spelled[0], x->spelled[2]));
    env_set(e, "a_row", "%s", list_of(x->a_row, 2, NULL, NULL));
    env_set(e, "c_row", "%s", list_of(x->c_row, 2, NULL, NULL));
    env_set(e, "depth", "%s", list_of(x->depth, 3, x->spelled[1], x->spelled[3]));
    env_set(e, "a_k", "%s", list_of(x->a_k, 3, NULL, NULL));
    env_set(e, "b_k", "%s", list_of(x->b_k, 3, NULL, NULL));
    env_set(e, "width", "%ld", x->width);
}

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }

/* "n || i1": some index is not at 0 */
static char *later_text(Words *w, const Val *v)
{
    if (is_call(v, CALL_OR))
        return text("%s || %s", later_text(w, v->arg[0]), later_text(w, v->arg[1]));
    if (is_call(v, CALL_NE) && v->arg[1]->kind == VAL_NUMBER && v->arg[1]->number == 0)
        return val_within(w, v->arg[0], LEVEL_SUM);
    return val_within(w, v, LEVEL_LOGIC);
}

/* What contract() is told: 0 stores, 1 adds to what is there, 2 goes on with it. */
static char *beta_text(Words *w, const Val *v, bool chain)
{
    if (!v) return text("0");
    if (v->kind == VAL_NUMBER) return text("%ld", (long)v->number * (chain ? 2 : 1));
    if (is_call(v, CALL_SELECT))
        return text("%s ? %s : %s", later_text(w, v->arg[0]), beta_text(w, v->arg[1], chain),
                    beta_text(w, v->arg[2], chain));
    return text(chain ? "2 * %s" : "%s", val_within(w, v, LEVEL_PRODUCT));
}

static void set_name(Env *e, const Named *x)
{
    static const char *const flags[] = { "of_rows", "of_images", "to_images", "to_taps",
                                         "of_sums" };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        env_flag(e, flags[i], !strcmp(flags[i], x->flag));
    env_set(e, "sizes", "%s", x->sizes);
}

bool product_call(Words *w, const Stmt *s, Text *out)
{
    Run run[12];
    Env *e = env_new(NULL);
    if (!has_shape(s, run)) return false;
    const Sums sums = sums_of(s, run);
    const Named name = sums_name(&sums, w->k->formals.at[s->a->at->buffer]->layout);
    w->products |= name.product;
    set_sums(e, &sums);
    set_name(e, &name);
    env_set(e, "a", "%s", first_element(w, s, s->a->at));
    env_set(e, "b", "%s", first_element(w, s, s->b->at));
    env_set(e, "c", "%s", first_element(w, s, &s->body.at[0]->at));
    env_set(e, "beta", "%s", beta_text(w, s->body.at[0]->beta, s->chain));
    text_add(out, "%s", template_render("c/contract.c", e));
    return true;
}
