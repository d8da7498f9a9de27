/* library.c -- products that cuBLASLt makes: planned once at start, enqueued by their handles. */
#include "back/cuda/cuda.h"
#include "back/operand.h"

/* "k4" of "k4_matmul_h" */
static char *handle_of(const Kernel *x) { return text("k%d", x->id); }

/* The element where all ranges are at 0. */
static char *first_element(Words *w, const At *at)
{
    const At first = { .buffer = at->buffer, .base = at->base };
    return text("&device->%s", at_text(w, &first));
}

/* A factor: where products are of 16 bits, parameters are read as they were rounded. */
static char *factor_text(const Program *s, const Kernel *x, Words *w, const At *at)
{
    const Buffer *b = x->actual.at[at->buffer]->buffer;
    if (s->g->train.precision >= BF16 && b->home == HOME_PARAM) return text("device->half_p + %ld", b->offset + at->base);
    return first_element(w, at);
}

static char *plan_call(const Program *s, const Kernel *x, const char *beta)
{
    int bias;
    Words *w = words_of(x, "sums");
    const Stmt *product = x->loops->body.at[0], *store = product->body.at[product->body.n - 1];
    const bool relu = product_epilogue(product, &bias);
    const Blas *b = &x->gemm->blas;
    Env *e = env_new(NULL);
    env_set(e, "ta", "%d", b->turned[0]);
    env_set(e, "tb", "%d", b->turned[1]);
    env_set(e, "m", "%ld", b->rows);
    env_set(e, "n", "%ld", b->columns);
    env_set(e, "k", "%ld", b->depth);
    env_set(e, "a", "%s", factor_text(s, x, w, product->a->at));
    env_set(e, "b", "%s", factor_text(s, x, w, product->b->at));
    env_set(e, "c", "%s", first_element(w, &store->at));
    env_set(e, "lda", "%ld", b->lead[0]);
    env_set(e, "ldb", "%ld", b->lead[1]);
    env_set(e, "ldc", "%ld", b->lead[2]);
    env_set(e, "batch", "%ld", b->batch);
    env_set(e, "steps", "%ld, %ld, %ld", b->step[0], b->step[1], b->step[2]);
    env_set(e, "beta", "%s", beta);
    env_set(e, "epilogue", "%s", relu ? "GG_RELU_BIAS" : bias >= 0 ? "GG_BIAS" : "GG_NONE");
    env_set(e, "bias", "%s", bias >= 0 ? text("(const real *)&device->%s", w->formal[bias]) : "NULL");
    return template_render("cuda/blas.cu", e);
}

static bool has_beta(const Kernel *x)
{
    const StmtList *l = &x->loops->body.at[0]->body;
    return l->at[l->n - 1]->beta != NULL;
}

void library_plan(Library *l, const Program *s, const Kernel *x)
{
    const bool beta = has_beta(x);
    const char *h = handle_of(x);
    text_add(&l->handles, "%s%s%s", l->handles.n ? ", " : "", h, beta ? "[2]" : "");
    l->pairs |= beta;
    if (beta) {
        text_add(&l->plans, "for (int beta = 0; beta < 2; beta++)\n");
        put_lines(&l->plans, text("%s[beta] = %s", h, plan_call(s, x, "beta")), 4);
    } else text_add(&l->plans, "%s = %s", h, plan_call(s, x, "0"));
}

char *library_call(const Program *s, const Kernel *x)
{
    const char *beta = !has_beta(x) ? "" : x->first_write ? "[beta]" : "[1]";
    return text("gg_matmul_run(&%s%s); @@ %s\n", handle_of(x), beta, title_of(s->k, x));
}
