/* emit_c.c -- the function of a kernel: units dealt to threads, loops in the order of memory, statements inside. */
#include <string.h>
#include "back/c/emit_c.h"
#include "back/loops.h"

/* ---- maps ---- */
static void choose_lanes(Nest *x)
{
    Scope lanes = x->scope;
    const int j = x->scope.n - 1;
    if (j < 0 || x->scope.loop[j].extent % BLOCK_MIN || strcmp(x->scope.loop[j].var, "j")) return;
    scope_vector(&lanes, j);
    if (body_vectorises(S, k, &lanes, k->body.at, k->body.n)) x->scope = lanes;
}

static char *map_loops(void)
{
    Nest x;
    loops_of(&x, old_main_layout(), &k->out->shape);
    choose_lanes(&x);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    body_maps(b, k->body.at, k->body.n, 0, 0);
    char *inner = b->out.s;
    unsigned done = 0;
    if (x.scope.n && x.pad[x.scope.n - 1]) inner = pad_stores(&x, b, inner), done = 1u << (x.scope.n - 1);
    const char *halo = old_zero_halos("n");
    const int n = loop_at(&x.scope, 0, 1);
    if (k->part.kind == PART_ROWS && n >= 0) {
        inner = wrap_loops(&x, inner, done | 1u << n | 1u << 31, b->reads_data);
        return units("q", k->part.count, wrap(rows_head(), row_line(b->reads_data), text("%s%s", halo, inner)));
    }
    if (*halo) BUG("a halo in what is not dealt by rows");
    if (done) {
        x.scope.n--;
        inner = deal(&x, inner, b->reads_data);
        x.scope.n++;
        return inner;
    }
    return deal(&x, inner, b->reads_data);
}

static char *map_text(void) { return text("%s%s", map_loops(), pad_others()); }

/* ---- contractions ---- */
typedef struct { const char *var; const Level *level; } Open;

static char *operand_text(int which, const Layout *l, const char *name, const Open *open, int n)
{
    const Contraction *c = k->contraction;
    Address a = { .constant = c->base[which] };
    for (int i = 0; i < n; i++)
        if (open[i].var && open[i].level->stride[which]) a.at[a.n++] = (Piece) { open[i].var, open[i].level->stride[which], false, open[i].level->extent - 1 };
    return address_text(&a, l, name);
}

static void set_levels(Env *e, const char *count, const char *s0, int o0, const char *s1, int o1, const Level *at, int n, int room)
{
    for (int i = 0; i < room; i++) {
        const Level *l = i < room - n ? 0 : &at[i - (room - n)];
        env_set(e, text("%s%d", count, i), "%ld", l ? l->extent : 1);
        env_set(e, text("%s%d", s0, i), "%ld", l ? l->stride[o0] : 0);
        env_set(e, text("%s%d", s1, i), "%ld", l ? l->stride[o1] : 0);
    }
}

static char *call_text(const Open *open, int n, const char *beta)
{
    const Contraction *c = k->contraction;
    Env *e = env_new(0);
    Layout la, lb;
    node_layout(S->k, k->factor[0], &la), node_layout(S->k, k->factor[1], &lb);
    Node *target = k->grad == k->core || buffer_of(S->k, k->core) ? k->core : k->stores.at[0];
    const bool grad = k->grad == target;
    set_levels(e, "rows", "arow", 0, "crow", 2, c->rows, c->nrows, 2);
    set_levels(e, "depth", "ak", 0, "bk", 1, c->depth, c->ndepth, 3);
    env_set(e, "width", "%ld", c->vector.extent);
    env_set(e, "a", "%s", operand_text(0, &la, buffer_name(buffer_of(S->k, node_base(k->factor[0]))), open, n));
    env_set(e, "b", "%s", operand_text(1, &lb, buffer_name(buffer_of(S->k, node_base(k->factor[1]))), open, n));
    env_set(e, "c", "%s", operand_text(2, grad ? &k->grad_layout : &buffer_of(S->k, target)->layout,
                                       buffer_name(grad ? S->k->gradients.at[k->adds_to->index] : buffer_of(S->k, target)), open, n));
    env_set(e, "beta", "%s", beta);
    return template_render("c/contract.c", e);
}

/* What happens to the result, over the part of it that is there: axes whose loops are open are fixed. */
static char *post_text(const char *const open_vars[], int n)
{
    if (!k->body.n) return mem_copy("", 0);
    Nest x;
    loops_of(&x, old_main_layout(), &k->out->shape);
    choose_lanes(&x);
    heads(&x);
    unsigned skip = 0;
    for (int i = 0; i < x.scope.n; i++)
        for (int o = 0; o < n; o++)
            if (!strcmp(x.scope.loop[i].var, open_vars[o])) skip |= 1u << i;
    for (int i = 0; i < x.scope.n; i++)
        if (!strcmp(x.scope.loop[i].var, "n") && k->part.kind == PART_ROWS && !(skip >> i & 1)) x.head[i].head = rows_head();
    Body *b = body_new(S, k);
    b->scope = x.scope;
    Node *target = buffer_of(S->k, k->core) ? k->core : k->stores.at[0];
    Address at = old_address_of(&x.scope, &buffer_of(S->k, target)->layout, &target->shape);
    char *place = address_text(&at, &buffer_of(S->k, target)->layout, buffer_name(buffer_of(S->k, target)));
    b->value[k->core->id] = expr_variable(x.scope.vector < 0 ? place : text("%sload(&%s)", x.scope.prefix, place));
    body_define(b, k->core, b->value[k->core->id], true);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return wrap_loops(&x, b->out.s, skip, b->reads_data);
}

static char *contraction_text(void)
{
    const Contraction *c = k->contraction;
    Open open[9];
    int n = 0, inner_from = 0;
    const bool rows = k->part.kind == PART_ROWS, samples = rows && c->nouter && c->outer[0].label == c->unit.label;
    const char *unit = k->part.kind == PART_STRIPS ? "s" : c->unit.extent == 1 ? "one" : rows && k->part.size == 1 ? "n" : "q";
    open[n++] = (Open) { c->unit.extent > 1 && !samples ? unit : 0, &c->unit };
    Text beta = { 0 };
    for (int i = 0; i < c->nouter; i++) {
        open[n] = (Open) { i == 0 && samples ? "n" : c->outer[i].label == 'n' ? "n" : text("i%d", i), &c->outer[i] };
        if (c->outer_sum[i]) text_add(&beta, "%s%s", beta.n ? " || " : "", open[n].var);
        n++;
    }
    const char *add = S->g->train.split ? "2" : "1", *next = old_beta_of(S, k);
    const char *first = k->grad != k->core ? "0" : S->g->train.split && *next != '0' ? text("2 * %s", next) : next;
    char *inner = call_text(open, n, beta.n ? text("%s ? %s : %s", beta.s, add, first) : first);
    if (samples) inner_from = 1;
    for (int i = c->nouter; i-- > inner_from; ) {
        const char *v = open[i + 1].var;
        inner = wrap(text("int %s = 0; %s < %ld; %s++", v, v, c->outer[i].extent, v), "", inner);
    }
    const char *vars[2] = { unit, "n" };
    const char *halo = old_zero_halos("n");
    if (*halo && !(rows && (samples || k->part.size == 1))) halo = wrap(text("int n = 0; n < %ld; n++", k->core->shape.dim[0]), "", halo);
    inner = text("%s%s%s", halo, inner, post_text(vars, samples ? 2 : 1));
    if (samples) inner = wrap(rows_head(), "", inner);
    return units(unit, k->part.count, inner);
}

/* ---- kernels ---- */
static char *kernel_text(void)
{
    const Node *f = k->core;
    if (!f) return map_text();
    if (k->contraction) return contraction_text();
    if (f->kind == K_REDUCE && f->when == WHEN_AFTER) return total_text();
    if (f->kind == K_REDUCE) return old_is_column(f) ? column_text() : fold_text();
    if (has_role(f, "spread")) return spread_image_text();
    if (has_role(f, "scatter")) return scatter_text();
    if (by_taps(S->k, f) && has_role(f, "weight")) return weight_taps_text();
    return has_role(f, "max") || by_taps(S->k, f) ? pool_text() : pool_grad_text();
}

char *kernel_statements(const Program *s, const Kernel *kernel)
{
    S = s, k = kernel;
    body_scalars_begin();
    char *body = kernel_text();
    return text("%s%s", body_scalars(NULL, NULL), body);
}

void emit_kernel(const Program *s, const Kernel *kernel, const char *body, const char *parameters, const char *also, Text *out)
{
    S = s, k = kernel;
    Env *e = env_new(0);
    const bool beta = kernel_has_beta(s, k);
    const bool m = strstr(body, "m->") || strstr(body, ", m, ");
    env_set(e, "title", "%s", kernel_title());
    env_set(e, "loc", "%s", k->out->loc.file ? text("%s:%d", c_comment(k->out->loc.file), k->out->loc.line) : "");
    env_set(e, "also", "%s", also);
    env_set(e, "linkage", "%s", *also || *parameters ? "SHARED void" : beta ? "INLINE void" : "static void");
    env_set(e, "ident", "%s", k->ident);
    env_set(e, "parameters", "%s%s", parameters, beta ? ", const int beta" : "");
    env_set(e, "body", "%s", body);
    env_set(e, "unused", "%s", m ? "" : "(void)m;");
    text_add(out, "%s\n", template_render("c/kernel.c", e));
}
