/* product.c -- a product whose shape is that of runtime/contract.h, as a call of contract().

   Its last range of results is neighbouring columns of B and of the result, whole vectors of 8,
   along which A does not move. At most two more ranges are rows, along which B does not move, and
   at most three are summed. */
#include "back/c/print.h"
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

static bool has_shape(const Stmt *s, Run *run)
{
    const Stmt *to = s->body.n == 1 ? s->body.at[0] : NULL;
    if (!to || to->kind != STMT_STORE || to->value->kind != VAL_VAR || to->value->id != s->var)
        return false;
    if (s->n < 1 || s->n > 3 || s->summed > 3 || s->a->kind != VAL_LOAD || s->b->kind != VAL_LOAD)
        return false;
    for (int i = 0; i < s->n + s->summed; i++) {
        if (!run_of(s, &s->range[i], &run[i])) return false;
        if (i < s->n - 1 && run[i].stride[OF_B]) return false;
        if (i >= s->n && run[i].stride[OF_C]) return false;
    }
    const Run *v = &run[s->n - 1];
    return v->extent % BLOCK_MIN == 0 && v->stride[OF_A] == 0 && v->stride[OF_B] == 1 &&
           v->stride[OF_C] == 1;
}

/* The element where all ranges of the product are at 0. */
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
    return at_text(w, &first);
}

static void set_runs(Env *e, const char *extent, const char *s0, int o0, const char *s1, int o1,
                     const Run *at, int n, int room)
{
    for (int i = 0; i < room; i++) {
        const Run *l = i < room - n ? NULL : &at[i - (room - n)];
        env_set(e, text("%s%d", extent, i), "%s",
                l && l->spelled ? l->spelled : text("%ld", l ? l->extent : 1));
        env_set(e, text("%s%d", s0, i), "%ld", l ? l->stride[o0] : 0);
        env_set(e, text("%s%d", s1, i), "%ld", l ? l->stride[o1] : 0);
    }
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

bool product_call(Words *w, const Stmt *s, Text *out)
{
    Run run[12];
    Env *e = env_new(NULL);
    if (!has_shape(s, run)) return false;
    set_runs(e, "rows", "arow", OF_A, "crow", OF_C, run, s->n - 1, 2);
    set_runs(e, "depth", "ak", OF_A, "bk", OF_B, run + s->n, s->summed, 3);
    env_set(e, "width", "%ld", run[s->n - 1].extent);
    env_set(e, "a", "%s", first_element(w, s, s->a->at));
    env_set(e, "b", "%s", first_element(w, s, s->b->at));
    env_set(e, "c", "%s", first_element(w, s, &s->body.at[0]->at));
    env_set(e, "beta", "%s", beta_text(w, s->body.at[0]->beta, s->chain));
    text_add(out, "%s", template_render("c/contract.c", e));
    return true;
}
