/* emit_c.c -- the function of a kernel: units dealt to threads, loops in the order of memory, statements inside. */
#include <string.h>
#include "emit_c.h"

static const Program *S;
static const Kernel *k;

/* ---- loops ---- */
typedef struct { const char *head, *first; } Head;
typedef struct { Scope scope; Head head[12]; const char *pad[12]; } Nest;       /* pad: the head of a loop over the padding behind */

/* All digits of the layout as loops, outermost first, named n s r c j i. */
static void loops_of(Nest *x, const Layout *l, const Shape *domain)
{
    static const char *const names[RANK] = { "i", "i2", "r", "c", "i3", "i4" };
    Scope *s = &x->scope;
    *x = (Nest) { .scope = { .domain = domain } };
    long stride[12];
    int lane_axis = -1;
    for (int a = 0; a < domain->rank; a++)
        for (int d = 0; d < l->axis[a].n; d++)
            if (l->axis[a].digit[d].stride == 1 && l->axis[a].digit[d].extent > 1) lane_axis = a;
    for (int a = 0; a < domain->rank; a++)
        for (int d = 0; d < l->axis[a].n; d++) {
            const Digit *g = &l->axis[a].digit[d];
            if (g->extent == 1 && !(a == 0 && domain->batch)) continue;
            int at = s->n++;
            for (; at > 0 && stride[at - 1] < g->stride; at--) s->loop[at] = s->loop[at - 1], stride[at] = stride[at - 1];
            const bool lanes = g->stride == 1, strips = a == lane_axis && g->div > 1 && !g->mod && l->axis[a].n == 2;
            const char *name = a == 0 && domain->batch ? "n" : lanes ? "j" : strips ? "s" : l->axis[a].n > 1 ? text("%s%ld", names[a], g->div) : names[a];
            s->loop[at] = (Loop) { a, g->div, g->extent, name }, stride[at] = g->stride;
        }
    scope_scalar(s);
}

static bool is_part(const Loop *l, const Scope *s, int at)      /* of an axis that has outer digits too */
{
    for (int i = 0; i < s->n; i++)
        if (i != at && s->loop[i].axis == l->axis && s->loop[i].div > l->div) return true;
    return false;
}

static char *limit_of(const Scope *s, int at)
{
    const Loop *l = &s->loop[at];
    const long extent = s->domain->dim[l->axis];
    if (!is_part(l, s, at)) return text("%ld", (extent + l->div - 1) / l->div);
    if (l->div > 1 || extent % l->extent == 0) return text("%ld", l->extent);
    Scope outer = *s;
    outer.loop[at].var = 0;
    char *c = coordinate(&outer, l->axis);
    return text("(%ld - %s < %ld ? %ld - %s : %ld)", extent, c, l->extent, extent, c, l->extent);
}

/* Writes the heads; scalars stop at the logical extent, lanes run over the padding. */
static void heads(Nest *x)
{
    Scope *s = &x->scope;
    for (int i = 0; i < s->n; i++) {
        const Loop *l = &s->loop[i];
        const char *v = l->var;
        char *end = s->vector == i ? text("%ld", l->extent) : limit_of(s, i);
        x->head[i].head = s->vector == i ? text("int %s = 0; %s < %s; %s += %s", v, v, end, v, s->lanes)
                                         : text("int %s = 0; %s < %s; %s++", v, v, end, v);
        x->pad[i] = s->vector < 0 && strcmp(end, text("%ld", l->extent)) ? text("int %s = %s; %s < %ld; %s++", v, end, v, l->extent, v) : 0;
    }
}

static int lines(const char *s)
{
    int n = 0;
    for (; *s; s++) n += *s == '\n';
    return n;
}

static char *wrap(const char *head, const char *first, const char *inner)
{
    Env *e = env_new(0), *l = env_item(e, "loops");
    const bool brace = (first && *first) || lines(inner) > 1;
    env_set(l, "head", "%s", head);
    env_set(l, "first", "%s", first ? first : "");
    env_set(l, "brace", "%s", brace ? " {" : "");
    env_set(l, "close", "%s", brace ? "}" : "");
    env_set(e, "inner", "%s", inner);
    return template_render("c/nest.c", e);
}

static char *units(const char *unit, int count, const char *inner)
{
    Env *e = env_new(0);
    env_set(e, "unit", "%s", unit);
    env_set(e, "count", "%d", count);
    env_set(e, "inner", "%s", inner);
    return template_render("c/units.c", e);
}

static int loop_at(const Scope *s, int axis, long div)
{
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].div == div) return i;
    return -1;
}

static const char *row_line(bool reads) { return reads ? "const long at = data_row(&w, m, n);\n" : ""; }

static char *rows_head(void)
{
    const long p = k->part.size;
    return text("int n = %s; n < %s; n++", p == 1 ? "q" : text("%ld * q", p), p == 1 ? "q + 1" : text("%ld * q + %ld", p, p));
}

/* Wraps loops [0, n) of the nest around inner; `skip` loops are open already. */
static char *wrap_loops(const Nest *x, char *inner, unsigned skip, bool reads)
{
    bool told = false;
    for (int i = x->scope.n; i-- > 0; ) {
        const bool rows = x->scope.loop[i].axis == 0 && x->scope.domain->batch;
        if (skip >> i & 1) continue;
        inner = wrap(x->head[i].head, rows ? row_line(reads) : "", inner);
        told |= rows;
    }
    return reads && !told && !(skip & 1u << 31) ? text("{\nconst long at = data_row(&w, m, %s);\n%s}\n", loop_at(&x->scope, 0, 1) >= 0 ? "n" : "0", inner) : inner;
}

/* The row loop of a kernel that deals rows stands outermost; the part's strips, when it deals strips. */
static char *deal(Nest *x, char *inner, bool reads)
{
    const int n = loop_at(&x->scope, 0, 1);
    if (k->part.kind == PART_ROWS && n >= 0) {
        inner = wrap_loops(x, inner, 1u << n | 1u << 31, reads);
        return units("q", k->part.count, wrap(rows_head(), row_line(reads), inner));
    }
    for (int i = 0; i < x->scope.n && k->part.kind == PART_STRIPS; i++)
        if (!strcmp(x->scope.loop[i].var, "s") && x->scope.loop[i].extent == k->part.count)
            return units("s", k->part.count, wrap_loops(x, inner, 1u << i, reads));
    return units("one", 1, wrap_loops(x, inner, 0, reads));
}

/* ---- maps ---- */
static const Layout *main_layout(void)
{
    if (k->stores.n) return &k->stores.at[0]->buffer->layout;
    return &k->grad_layout;
}

static void choose_lanes(Nest *x)
{
    Scope lanes = x->scope;
    const int j = x->scope.n - 1;
    if (j < 0 || x->scope.loop[j].extent % BLOCK_MIN || strcmp(x->scope.loop[j].var, "j")) return;
    scope_vector(&lanes, j);
    if (body_vectorises(S, k, &lanes, k->body.at, k->body.n)) x->scope = lanes;
}

/* Zeros for the padding of what a scalar loop stored. */
static char *pad_stores(const Nest *x, Body *b, char *inner)
{
    const int j = x->scope.n - 1;
    if (j < 0 || !x->pad[j]) return inner;
    Body *zero = body_new(S, k);
    zero->scope = x->scope, zero->fold = b->fold;
    for (int i = 0; i < k->stores.n; i++) body_store(zero, k->stores.at[i], expr_number(0));
    if (k->grad && k->grad->kernel == k) body_store(zero, k->grad, expr_number(0));
    return text("%s%s", wrap(x->head[j].head, "", inner), wrap(x->pad[j], "", zero->out.s));
}

static char *zero_halos(const char *n)
{
    Text t = { 0 };
    for (int i = 0; i < k->stores.n; i++) {
        const Buffer *b = k->stores.at[i]->buffer;
        const long (*h)[2] = (const long (*)[2])b->layout.halo;
        if (!(h[2][0] | h[2][1] | h[3][0] | h[3][1])) continue;
        const long *p = b->layout.plane, plane = p[0] * p[1] * p[2], sample = b->layout.axis[0].digit[0].stride;
        for (long c = 0; c < sample / plane; c++)
            text_add(&t, "zero_halo((real *)%s + %s * %ld + %ld, %ld, %ld, %ld, %ld, %ld, %ld, %ld);\n", buffer_name(b), n, sample,
                     c * plane, p[0], p[1], h[2][0], h[2][1], h[3][0], h[3][1], p[2]);
    }
    return t.s ? t.s : mem_copy("", 0);
}

static char *map_text(void)
{
    Nest x;
    loops_of(&x, main_layout(), &k->out->shape);
    choose_lanes(&x);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    body_maps(b, k->body.at, k->body.n, 0, 0);
    char *inner = b->out.s;
    unsigned done = 0;
    if (x.scope.n && x.pad[x.scope.n - 1]) inner = pad_stores(&x, b, inner), done = 1u << (x.scope.n - 1);
    const char *halo = zero_halos("n");
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

/* ---- contractions ---- */
typedef struct { const char *var; const Level *level; } Open;

static char *operand_text(int which, const Layout *l, const char *name, const Open *open, int n)
{
    const Contraction *c = k->contraction;
    Address a = { .constant = c->base[which] };
    for (int i = 0; i < n; i++)
        if (open[i].var && open[i].level->stride[which]) a.at[a.n++] = (Piece) { open[i].var, open[i].level->stride[which], false };
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
    node_layout(c->a, &la), node_layout(c->b, &lb);
    Node *target = k->grad == k->core || k->core->buffer ? k->core : k->stores.at[0];
    const bool grad = k->grad == target;
    set_levels(e, "rows", "arow", 0, "crow", 2, c->rows, c->nrows, 2);
    set_levels(e, "depth", "ak", 0, "bk", 1, c->depth, c->ndepth, 3);
    env_set(e, "width", "%ld", c->vector.extent);
    env_set(e, "a", "%s", operand_text(0, &la, buffer_name(node_base(c->a)->buffer), open, n));
    env_set(e, "b", "%s", operand_text(1, &lb, buffer_name(node_base(c->b)->buffer), open, n));
    env_set(e, "c", "%s", operand_text(2, grad ? &k->grad_layout : &target->buffer->layout,
                                       buffer_name(grad ? S->k->gradients.at[k->adds_to->index] : target->buffer), open, n));
    env_set(e, "beta", "%s", beta);
    return template_render("c/contract.c", e);
}

/* What happens to the result, over the part of it that is there: axes whose loops are open are fixed. */
static char *post_text(const char *const open_vars[], int n)
{
    if (!k->body.n) return mem_copy("", 0);
    Nest x;
    loops_of(&x, main_layout(), &k->out->shape);
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
    Node *target = k->core->buffer ? k->core : k->stores.at[0];
    Address at = address_of(&x.scope, &target->buffer->layout, &target->shape);
    char *place = address_text(&at, &target->buffer->layout, buffer_name(target->buffer));
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
    const char *b = beta.n ? text("%s ? 1 : %s", beta.s, beta_of(S, k)) : beta_of(S, k);
    char *inner = call_text(open, n, k->grad == k->core ? b : beta.n ? text("%s ? 1 : 0", beta.s) : "0");
    if (samples) inner_from = 1;
    for (int i = c->nouter; i-- > inner_from; ) {
        const char *v = open[i + 1].var;
        inner = wrap(text("int %s = 0; %s < %ld; %s++", v, v, c->outer[i].extent, v), "", inner);
    }
    const char *vars[2] = { unit, "n" };
    const char *halo = rows && (samples || k->part.size == 1) ? zero_halos("n") : zero_halos("0");
    inner = text("%s%s%s", halo, inner, post_text(vars, samples ? 2 : 1));
    if (samples) inner = wrap(rows_head(), "", inner);
    return units(unit, k->part.count, inner);
}

/* ---- folds ---- */
static const char *const fold_start[] = { [FOLD_SUM] = "0", [FOLD_MAX] = "-INFINITY", [FOLD_MIN] = "INFINITY" };
static const char *const fold_step[] = { [FOLD_SUM] = "%s += %s;\n", [FOLD_MAX] = "%s = r_max(%s, %s);\n", [FOLD_MIN] = "%s = r_min(%s, %s);\n" };

/* Loops over the first argument, and which of them fold. */
static unsigned fold_loops(Nest *x)
{
    Layout l;
    Node *f = k->core;
    const Shape *s = &f->arg[0]->shape;
    const bool known = !k->pre.n && node_layout(f->arg[0], &l);
    if (!known && k->stores.n && shape_same(&k->stores.at[0]->shape, s)) l = k->stores.at[0]->buffer->layout;
    else if (!known) layout_make(&l, s, -1, 0, 0);
    loops_of(x, &l, s);
    unsigned folded = 0;
    for (int i = 0; i < x->scope.n; i++)
        if (f->axes >> x->scope.loop[i].axis & 1) folded |= 1u << i;
    return folded;
}

static char *wrap_some(const Nest *x, char *inner, unsigned which)
{
    return wrap_loops(x, inner, ~which, false);
}

static Body *fold_body(const Nest *x)
{
    Node *f = k->core;
    Body *b = body_new(S, k);
    b->scope = x->scope, b->fold = f;
    b->fold_count = 1;
    for (int i = 0; i < f->op->nlets; i++) b->fold_name[i] = body_name(b, f->op->let[i].name);
    for (int a = 0; a < f->arg[0]->shape.rank; a++)
        if (f->axes >> a & 1) b->fold_count *= f->arg[0]->shape.dim[a], b->fold_index = coordinate(&x->scope, a);
    return b;
}

static char *statements(Body *b)
{
    char *s = b->out.s ? b->out.s : mem_copy("", 0);
    b->out = (Text) { 0 };
    return s;
}

/* One pass: "m = max(x)". */
static char *pass_text(Body *b, const Nest *x, int i, unsigned folded)
{
    Node *f = k->core;
    const Let *let = &f->op->let[i];
    const char *name = b->fold_name[i];
    if (let->fold == FOLD_NONE) return text("const real %s = %s;\n", name, body_text(b, body_formula(b, f, let->e)));
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    const char *e = body_text(b, body_formula(b, f, let->e));
    text_add(&b->out, fold_step[let->fold], name, let->fold == FOLD_SUM ? e : name, e);
    return text("real %s = %s;\n%s", name, fold_start[let->fold], wrap_some(x, statements(b), folded));
}

/* The result has a value for each row: the folded axes are gone, the loops around it are the same. */
static char *row_result(Body *b, const Nest *x)
{
    Node *f = k->core;
    Scope rows = { .domain = &f->shape };
    const Expr *e = body_formula(b, f, f->op->value);
    scope_scalar(&rows);
    for (int i = 0; i < x->scope.n; i++) {
        Loop l = x->scope.loop[i];
        if (f->axes >> l.axis & 1) continue;
        for (int a = 0, axis = l.axis; a < axis; a++) l.axis -= f->axes >> a & 1;
        rows.loop[rows.n++] = l;
    }
    b->scope = rows;
    body_define(b, f, e, k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return statements(b);
}

static char *element_result(Body *b, const Nest *x, unsigned folded)
{
    Node *f = k->core;
    body_define(b, f, body_formula(b, f, f->op->value), k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return wrap_some(x, statements(b), folded);
}

/* Zeros for the padding of what a fold stored, over all loops but the rows'. */
static char *zero_padding(void)
{
    Text t = { 0 };
    for (int i = 0; i < k->stores.n; i++) {
        Node *n = k->stores.at[i];
        Nest x;
        loops_of(&x, &n->buffer->layout, &n->shape);
        heads(&x);
        const int j = x.scope.n - 1, rows = loop_at(&x.scope, 0, 1);
        if (j < 0 || !x.pad[j]) continue;
        Body *b = body_new(S, k);
        b->scope = x.scope;
        body_store(b, n, expr_number(0));
        x.head[j].head = x.pad[j];
        text_add(&t, "%s", wrap_loops(&x, b->out.s, 1u << 31 | (rows < 0 ? 0 : 1u << rows), false));
    }
    return t.s ? t.s : mem_copy("", 0);
}

static char *fold_text(void)
{
    Nest x;
    Node *f = k->core;
    const unsigned folded = fold_loops(&x);
    heads(&x);
    Body *b = fold_body(&x);
    Text t = { 0 };
    for (int i = 0; i < f->op->nlets; i++) {
        text_add(&t, "%s", pass_text(b, &x, i, folded));
    }
    text_add(&t, "%s", f->op->per_row ? row_result(b, &x) : element_result(b, &x, folded));
    const int n = loop_at(&x.scope, 0, 1);
    if (n < 0) return units("one", 1, text("{\nenum { n = 0, q = 0 };\n%s%s}\n", row_line(b->reads_data), t.s));
    char *inner = text("%s%s", wrap_some(&x, t.s, ~folded & ~(1u << n)), zero_padding());
    return units("q", k->part.count, wrap(rows_head(), row_line(b->reads_data), inner));
}

/* A sum over the batch, down to one number a window. */
static char *total_text(void)
{
    Nest x;
    fold_loops(&x);
    heads(&x);
    Node *f = k->core;
    Body *b = fold_body(&x);
    Env *e = env_new(0);
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    text_add(&b->out, "total += %s;\n", body_text(b, body_formula(b, f, f->op->let[0].e)));
    const int n = loop_at(&x.scope, 0, 1);
    const long p = k->part.size;
    env_set(e, "inner", "%s", wrap_loops(&x, statements(b), n < 0 ? 1u << 31 : 1u << n | 1u << 31, false));
    env_set(e, "first", "%s", row_line(b->reads_data));
    env_set(e, "count", "%d", k->part.count);
    env_set(e, "from", "%s", p == 1 ? "q" : text("%ld * q", p));
    env_set(e, "to", "%s", p == 1 ? "q + 1" : text("%ld * q + %ld", p, p));
    env_set(e, "sum", "%d", k->sum);
    return template_render("c/total.c", e);
}

/* A sum over the batch that leaves a tensor: the gradient of a bias. Rows are summed one by one, then together. */
static char *column_text(void)
{
    Nest x;
    Node *f = k->core;
    unsigned folded = fold_loops(&x);
    const int j = x.scope.n - 1, n = loop_at(&x.scope, 0, 1);
    if (j >= 0 && !(folded >> j & 1) && x.scope.loop[j].extent % BLOCK_MIN == 0 && !k->pre.n) scope_vector(&x.scope, j);
    heads(&x);
    Body *b = fold_body(&x);
    const char *type = x.scope.type, *zero = x.scope.vector < 0 ? "0" : text("%sset(0)", x.scope.prefix);
    body_maps(b, k->pre.at, k->pre.n, &f, 1);
    const char *e = body_text(b, body_formula(b, f, f->op->let[0].e));
    const bool two = n >= 0 && (folded & ~(1u << n));
    text_add(&b->out, "%s += %s;\n", two ? "row" : "sum", e);
    char *inner = statements(b);
    if (two) inner = text("%s row = %s;\n%ssum += row;\n", type, zero, wrap_some(&x, inner, folded & ~(1u << n)));
    inner = n >= 0 ? wrap(x.head[n].head, row_line(b->reads_data), inner) : wrap_some(&x, inner, folded);
    body_store(b, f, expr_variable("sum"));
    inner = text("%s sum = %s;\n%s%s", type, zero, inner, statements(b));
    unsigned keep = ~folded;
    for (int i = 0; i < x.scope.n && k->part.kind == PART_STRIPS; i++)
        if (!strcmp(x.scope.loop[i].var, "s")) return units("s", k->part.count, wrap_some(&x, inner, keep & ~(1u << i)));
    return units("one", 1, wrap_some(&x, inner, keep));
}

/* ---- pools ---- */
/* x's element under tap (ky, kx) of the window at (r, c) */
static char *tap_text(const Scope *out, Node *x, const double *a)
{
    Layout l;
    Scope s = *out;
    node_layout(x, &l);
    s.domain = &x->shape;
    for (int i = 0; i < out->n; i++)
        if (s.loop[i].axis >= 2) s.loop[i].div = (long)a[s.loop[i].axis];
    s.loop[s.n++] = (Loop) { 2, (long)a[6], (long)a[0], "ky" };
    s.loop[s.n++] = (Loop) { 3, (long)a[7], (long)a[1], "kx" };
    Address at = address_of(&s, &l, &x->shape);
    for (int d = 0; d < 2; d++)
        if (a[4 + d] > 0) at.at[at.n++] = (Piece) { text("-%ld", (long)a[4 + d]), l.axis[2 + d].digit[0].stride, false };
    return address_text(&at, &l, buffer_name(node_base(x)->buffer));
}

static void set_bounds(Env *e, const Scope *s, const Node *f, const Shape *in, const Shape *out)
{
    Text t = { 0 };
    for (int d = 0; d < 2; d++) {
        const long kn = (long)f->attr[d], stride = (long)f->attr[2 + d], pad = (long)f->attr[4 + d], dil = (long)f->attr[6 + d];
        const long last = (out->dim[2 + d] - 1) * stride + (kn - 1) * dil - pad;
        const char *v = coordinate(s, 2 + d);
        const char *at = text("(%s) * %ld + %s * %ld", v, stride, d ? "kx" : "ky", dil);
        if (pad) text_add(&t, "%s%s < %ld", t.n ? " || " : "", at, pad);
        if (last >= in->dim[2 + d]) text_add(&t, "%s%s >= %ld", t.n ? " || " : "", at, in->dim[2 + d] + pad);
    }
    env_flag(e, "bounds", t.n > 0);
    env_set(e, "outside", "%s", t.n ? t.s : "");
}

static char *best_text(const Scope *s, Node *x, const Node *f, const Shape *out)
{
    Env *e = env_new(0);
    const bool lanes = s->vector >= 0;
    const char *at = tap_text(s, x, f->attr);
    env_set(e, "type", "%s", s->type);
    env_set(e, "least", lanes ? "%sset(-INFINITY)" : "-INFINITY%.0s", s->prefix);
    env_set(e, "kh", "%ld", (long)f->attr[0]);
    env_set(e, "kw", "%ld", (long)f->attr[1]);
    env_set(e, "load", lanes ? "%sload(&%s)" : "%.0s%s", s->prefix, at);
    env_set(e, "choose", lanes ? "%sselect((v > best) | (v != v), v, best)" : "v > best || v != v ? v : best%.0s", s->prefix);
    set_bounds(e, s, f, &x->shape, out);
    return template_render("c/pool.c", e);
}

static void pool_lanes(Nest *x)
{
    const int j = x->scope.n - 1;
    if (j >= 0 && !strcmp(x->scope.loop[j].var, "j") && x->scope.loop[j].extent % BLOCK_MIN == 0) scope_vector(&x->scope, j);
}

static char *pool_text(void)
{
    Nest x;
    Node *f = k->core;
    loops_of(&x, main_layout(), &f->shape);
    pool_lanes(&x);
    if (x.scope.vector >= 0 && !body_vectorises(S, k, &x.scope, k->body.at, k->body.n)) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    text_add(&b->out, "%s", best_text(&x.scope, f->arg[0], f, &f->shape));
    body_define(b, f, expr_variable("best"), false);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    const int n = loop_at(&x.scope, 0, 1), j = x.scope.n - 1;
    char *inner = statements(b);
    unsigned done = 0;
    if (x.pad[j]) inner = pad_stores(&x, b, inner), done = 1u << j;
    inner = text("%s%s", zero_halos("n"), wrap_loops(&x, inner, done | 1u << 31 | (n < 0 ? 0 : 1u << n), false));
    return units("q", k->part.count, wrap(rows_head(), row_line(b->reads_data), inner));
}

/* dx's element under a tap, in the scope of dx: what maps behind a pool's gradient see */
static Scope tap_scope(const Scope *out, const Node *f)
{
    Scope s = *out;
    s.domain = &f->shape;
    for (int i = 0; i < out->n; i++)
        if (s.loop[i].axis >= 2) s.loop[i].div = (long)f->attr[s.loop[i].axis];
    s.loop[s.n++] = (Loop) { 2, (long)f->attr[6], (long)f->attr[0], "ky" };
    s.loop[s.n++] = (Loop) { 3, (long)f->attr[7], (long)f->attr[1], "kx" };
    return s;
}

static char *spread_text(Body *b, const Nest *x, bool tiles)
{
    Node *f = k->core;
    const bool lanes = x->scope.vector >= 0;
    const char *p = x->scope.prefix;
    const char *dy = lanes ? text("%sselect(share > 0, gy, %sset(0))", p, p) : "share > 0 ? gy : 0";
    if (!tiles) {
        Node *target = f;
        char *at = tap_text(&x->scope, target, f->attr);
        return lanes ? text("%sstore(&%s, %sload(&%s) + %s);\n", p, at, p, at, dy) : text("%s += %s;\n", at, dy);
    }
    b->scope = tap_scope(&x->scope, f);
    body_define(b, f, expr_variable(lanes ? dy : text("(%s)", dy)), k->stores.n + k->body.n > 1);
    body_store(b, f, b->value[f->id]);
    body_maps(b, k->body.at, k->body.n, 0, 0);
    return statements(b);
}

static char *pool_grad_text(void)
{
    Nest x;
    Layout l;
    Node *f = k->core, *gy = f->arg[1], *to = k->stores.at[0];
    const Layout *dx = &to->buffer->layout;
    if (!node_layout(gy, &l)) BUG("a pool's gradient that lies nowhere");
    loops_of(&x, &l, &gy->shape);
    pool_lanes(&x);
    const Scope taps = tap_scope(&x.scope, f);
    if (x.scope.vector >= 0 && !body_vectorises(S, k, &taps, k->body.at, k->body.n)) scope_scalar(&x.scope);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const bool lanes = x.scope.vector >= 0, tiles = pool_tiles(f);
    const char *load = body_text(b, body_load(b, gy)), *at = tap_text(&x.scope, f->arg[0], f->attr);
    Env *e = env_new(0);
    env_set(e, "type", "%s", x.scope.type);
    env_set(e, "one", lanes ? "%sset(1)" : "1%.0s", x.scope.prefix);
    env_set(e, "kh", "%ld", (long)f->attr[0]);
    env_set(e, "kw", "%ld", (long)f->attr[1]);
    env_set(e, "share", lanes ? "%sselect(%sload(&%s) == best, open, %sset(0))" : "%.0s%.0s%s == best ? open : 0%.0s", x.scope.prefix, x.scope.prefix, at, x.scope.prefix);
    env_set(e, "spread", "%s", spread_text(b, &x, tiles));
    set_bounds(e, &x.scope, f, &f->shape, &gy->shape);
    char *inner = text("%sconst %s gy = %s;\n%s", best_text(&x.scope, f->arg[0], f, &gy->shape), x.scope.type, load, template_render("c/pool_grad.c", e));
    const int n = loop_at(&x.scope, 0, 1);
    inner = wrap_loops(&x, inner, 1u << 31 | (n < 0 ? 0 : 1u << n), false);
    const long sample = dx->axis[0].digit[0].stride;
    const char *zero = tiles ? zero_halos("n") : text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(to->buffer), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}

/* An image's rows and columns, apart; zeros between them. */
static char *spread_image_text(void)
{
    Nest x;
    Layout l;
    Node *f = k->core, *from = f->arg[0];
    const Layout *to = &f->buffer->layout;
    if (!node_layout(from, &l)) BUG("an image that lies nowhere");
    loops_of(&x, &l, &from->shape);
    pool_lanes(&x);
    heads(&x);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    const Expr *e = body_load(b, from);
    b->scope.domain = &f->shape;
    for (int i = 0; i < b->scope.n; i++)
        if (b->scope.loop[i].axis >= 2) b->scope.loop[i].div = (long)f->attr[b->scope.loop[i].axis];
    body_store(b, f, e);
    const int n = loop_at(&x.scope, 0, 1);
    const long sample = to->axis[0].digit[0].stride;
    char *inner = wrap_loops(&x, statements(b), 1u << 31 | (n < 0 ? 0 : 1u << n), false);
    const char *zero = text("for (long i = 0; i < %ld; i++)\n((real *)%s)[n * %ld + i] = 0;\n", sample, buffer_name(f->buffer), sample);
    return units("q", k->part.count, wrap(rows_head(), "", text("%s%s", zero, inner)));
}

/* ---- kernels ---- */
static char *kernel_text(void)
{
    const Node *f = k->core;
    if (!f) return map_text();
    if (k->contraction) return contraction_text();
    if (f->kind == K_REDUCE && f->when == WHEN_AFTER) return total_text();
    if (f->kind == K_REDUCE) return f->shape.batch ? fold_text() : column_text();
    if (has_role(f, "spread")) return spread_image_text();
    return has_role(f, "max") ? pool_text() : pool_grad_text();
}

static const char *title(void)
{
    Text t = { 0 };
    text_add(&t, "k%d ", k->id);
    if (k->adds_to) text_add(&t, " d %s", k->adds_to->name);
    for (int i = 0; i < k->stores.n; i++) text_add(&t, " %s%s", i ? ", " : "", k->stores.at[i]->buffer->ident);
    if (k->sum >= 0) text_add(&t, " sum %d", k->sum);
    text_add(&t, " = ");
    if (k->core) text_add(&t, "%s", k->core->op->name);
    for (int i = 0; i < k->body.n; i++) text_add(&t, "%s%s", t.s[t.n - 1] == ' ' ? "" : ", ", k->body.at[i]->op->name);
    text_add(&t, "  %s", shape_text(&k->out->shape));
    return c_comment(t.s);
}

void emit_kernel(const Program *s, const Kernel *kernel, Text *out)
{
    S = s, k = kernel;
    Env *e = env_new(0);
    char *body = kernel_text();
    const bool beta = kernel_has_beta(s, k);
    const bool m = strstr(body, "m->") || strstr(body, ", m, ");
    env_set(e, "title", "%s", title());
    env_set(e, "loc", "%s", k->out->loc.file ? text("%s:%d", c_comment(k->out->loc.file), k->out->loc.line) : "");
    env_set(e, "linkage", "%s", beta ? "INLINE void" : "static void");
    env_set(e, "ident", "%s", k->ident);
    env_set(e, "parameter", "%s", beta ? ", const int beta" : "");
    env_set(e, "body", "%s", body);
    env_set(e, "unused", "%s", m ? "" : "(void)m;");
    text_add(out, "%s\n", template_render("c/kernel.c", e));
}
