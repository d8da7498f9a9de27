/* library.c -- products that cuBLASLt makes: opened once at start, enqueued by their handles. */
#include "back/cuda/cuda.h"
#include "back/actual.h"

/* "k4" of "k4_matmul_h" */
static char *handle_of(const Kernel *x) { return text("k%d", x->id); }

static const Actual *actual_at(const Kernel *x, const At *at) { return x->actual.at[at->buffer]; }

/* The element where all ranges are at 0, as a parameter of that name. */
static Arg element_arg(const Kernel *x, Words *w, const At *at, const char *type, const char *name)
{
    const At first = { .buffer = at->buffer, .base = at->base };
    return (Arg) { .text = pointer_text(w, &first),
                   .view = view_of(actual_at(x, at)),
                   .type = type,
                   .name = name,
                   .dims = "",
                   .wish = wish_of(actual_at(x, at)) };
}

/* A factor: where products are of 16 bits, parameters are read as they were rounded. */
static Arg factor_arg(const Program *s, const Kernel *x, Words *w, const Val *v, const char *name)
{
    const Buffer *b = actual_at(x, v->at)->buffer;
    if (s->g->train.precision < BF16 || b->home != HOME_PARAM)
        return element_arg(x, w, v->at, "const gg_factor *", name);
    return (Arg) { .text = text("device->half_p + %ld", b->offset + v->at->base),
                   .type = "const gg_factor *",
                   .name = name,
                   .dims = "",
                   .wish = wish_of(actual_at(x, v->at)) };
}

static const Stmt *last_store(const Kernel *x)
{
    const StmtList *l = &x->loops->body.at[0]->body;
    return l->at[l->n - 1];
}

/* How far the buffer of a formal moves in a turn, in numbers; 0: it stays. */
static long turn_of(const Kernel *x, int formal)
{
    const Buffer *b = x->actual.at[formal]->buffer;
    return b && b->turns ? b->of->layout.axis[1].factor[0].stride : 0;
}

/* The formals of the product's A, B and C. */
static void operands_of(const Kernel *x, int formal[3])
{
    const Stmt *product = x->loops->body.at[0];
    formal[0] = product->a->at->buffer, formal[1] = product->b->at->buffer,
    formal[2] = last_store(x)->at.buffer;
}

static bool has_turns(const Kernel *x)
{
    int formal[3];
    operands_of(x, formal);
    return turn_of(x, formal[0]) || turn_of(x, formal[1]) || turn_of(x, formal[2]);
}

/* A product is opened for the first turn, and several slots begin at the first of them. */
static Words *words_at_first(const Kernel *x)
{
    Words *w = words_of(x, "sums");
    for (int i = 0; i < x->actual.n; i++) {
        const Buffer *b = x->actual.at[i]->buffer;
        if (!b || !b->of || (!b->turns && !b->slot)) continue;
        Buffer first = *b;
        first.turns = false;
        w->formal[i] = b->slots ? text("(%s)", buffer_name(&first)) : buffer_name(&first);
    }
    return w;
}

/* The micro-batch's rows have a name. */
static const char *extent_text(const Stmt *product, long extent, bool summed)
{
    const int from = summed ? product->n : 0,
              to = summed ? product->n + product->summed : product->n;
    for (int i = from; i < to; i++)
        if (product->range[i].spelled && product->range[i].extent == extent)
            return product->range[i].spelled;
    return text("%ld", extent);
}

/* "{ .rows = N, .columns = 10, .depth = 256, .b_turned = true, .c_row = 12 }": a distance of rows
   is there if the rows are padded. */
static char *sizes_text(const Kernel *x, const Stmt *product, bool relu)
{
    Text t = { 0 };
    const Blas *b = &x->gemm->blas;
    text_add(&t, "{ .rows = %s, .columns = %s, .depth = %s", extent_text(product, b->rows, false),
             extent_text(product, b->columns, false), extent_text(product, b->depth, true));
    for (int i = 0; i < 2; i++)
        if (b->turned[i]) text_add(&t, ", .%c_turned = true", "ab"[i]);
    const long dense[3] = { b->turned[0] ? b->rows : b->depth, b->turned[1] ? b->depth : b->columns,
                            b->columns };
    for (int i = 0; i < 3; i++)
        if (b->lead[i] != dense[i]) text_add(&t, ", .%c_row = %ld", "abc"[i], b -> lead[i]);
    if (relu) text_add(&t, ", .relu = true");
    int formal[3];
    operands_of(x, formal);
    if (has_turns(x))
        text_add(&t, ", .turn = { %ld, %ld, %ld }", turn_of(x, formal[0]), turn_of(x, formal[1]),
                 turn_of(x, formal[2]));
    if (b->batch > 1)
        text_add(&t, ", .batch = %ld, .step = { %ld, %ld, %ld }", b->batch, b->step[0], b->step[1],
                 b->step[2]);
    text_add(&t, " }");
    return t.s;
}

void library_open(Library *l, const Program *s, const Kernel *x)
{
    int bias;
    Words *w = words_at_first(x);
    const Stmt *product = x->loops->body.at[0], *store = last_store(x);
    const bool relu = product_epilogue(product, &bias), beta = store->beta != NULL;
    const char *h = handle_of(x);
    Text *handles = beta ? &l->pairs : &l->handles;
    text_add(handles, "%s%s%s", handles->n ? ", " : "", h, beta ? "[2]" : "");
    Line *c = line_add(&l->products, beta ? "gg_product_open_both(" : "gg_product_open(",
                       text(", %s);", sizes_text(x, product, relu)));
    c->first = c->last = x->id;
    arg_add(
        c, (Arg) {
               .text = text(beta ? "%s" : "&%s", h), .type = "GgMatmul *", .name = h, .dims = "" });
    arg_add(c, factor_arg(s, x, w, product->a, "a"));
    arg_add(c, factor_arg(s, x, w, product->b, "b"));
    arg_add(c, element_arg(x, w, &store->at, "real *", "c"));
    if (bias >= 0)
        arg_add(c, (Arg) { .text = w->formal[bias],
                           .view = view_of(x->actual.at[bias]),
                           .type = "real",
                           .kept = true,
                           .name = "bias",
                           .wish = wish_of(x->actual.at[bias]),
                           .dims = dims_text(x->loops->formals.at[bias]->layout) });
    else arg_add(c, (Arg) { .text = "NULL", .type = "const real *", .name = "bias", .dims = "" });
}

void call_library(Lines *to, const Program *s, const Kernel *x)
{
    const bool beta = last_store(x)->beta, first = beta && x->first_write;
    Line *c = has_turns(x) ? line_add(to, "gg_matmul_turn(", ", turn);")
                           : line_add(to, "gg_matmul_run(", ");");
    c->first = c->last = x->id;
    arg_add(c, (Arg) { .text = text("&%s%s", handle_of(x),
                                    first  ? "[beta]"
                                    : beta ? "[1]"
                                           : ""),
                       .type = "const GgMatmul *",
                       .name = handle_of(x),
                       .dims = "",
                       .own = first });
    const Loc loc = x->out->loc;
    c->note = loc.file ? text("%s  line %d", title_of(s->k, x), loc.line) : title_of(s->k, x);
}
