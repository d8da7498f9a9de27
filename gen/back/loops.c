/* loops.c -- the loops of a kernel: the digits of a layout in the order of memory, dealt to threads as the partition says. */
#include <string.h>
#include "back/loops.h"

const Program *S;
const Kernel *k;

/* All digits of the layout as loops, outermost first, named n s r c j i. */
void loops_of(Nest *x, const Layout *l, const Shape *domain)
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
            const char *name = a == 0 && domain->batch ? "n" : lanes ? "j" : strips ? "s" : l->axis[a].n > 1 ? text("%s_%ld", names[a], g->div) : names[a];
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

long old_loop_length(const Scope *s, int at)
{
    const Loop *l = &s->loop[at];
    long end = s->domain->dim[l->axis];
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == l->axis && s->loop[i].div > l->div && s->loop[i].div < end) end = s->loop[i].div;
    return (end + l->div - 1) / l->div;
}

bool old_loop_overlaps(const Scope *s, int at)
{
    return is_part(&s->loop[at], s, at) && old_loop_length(s, at) < s->loop[at].extent;
}

static char *limit_of(const Scope *s, int at)
{
    const Loop *l = &s->loop[at];
    const long extent = s->domain->dim[l->axis];
    if (old_loop_overlaps(s, at)) return text("%ld", old_loop_length(s, at));
    if (!is_part(l, s, at)) return text("%ld", (extent + l->div - 1) / l->div);
    if (extent % (l->div * l->extent) == 0 || (l->div > 1 && at < s->n - 1)) return text("%ld", l->extent);
    Scope outer = *s;
    outer.loop[at].var = 0;
    char *rest = old_places_left(extent, old_coordinate(&outer, l->axis), l->div);
    return text("(%s < %ld ? %s : %ld)", rest, l->extent, rest, l->extent);
}

/* Writes the heads; scalars stop at the logical extent, lanes run over the padding. */
void heads(Nest *x)
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

bool several_lines(const char *s)
{
    const char *end = strchr(s, '\n');
    return end && end[1];
}

char *wrap(const char *head, const char *first, const char *inner)
{
    Env *e = env_new(0), *l = env_item(e, "loops");
    const bool brace = (first && *first) || several_lines(inner);
    env_set(l, "head", "%s", head);
    env_set(l, "first", "%s", first ? first : "");
    env_set(l, "brace", "%s", brace ? " {" : "");
    env_set(l, "close", "%s", brace ? "}" : "");
    env_set(e, "inner", "%s", inner);
    return template_render("c/nest.c", e);
}

char *units(const char *unit, int count, const char *inner)
{
    Env *e = env_new(0);
    env_set(e, "unit", "%s", unit);
    env_set(e, "count", "%d", count);
    env_set(e, "inner", "%s", inner);
    return template_render("c/units.c", e);
}

int loop_at(const Scope *s, int axis, long div)
{
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].div == div) return i;
    return -1;
}

const char *row_line(bool reads) { return reads ? "const long at = data_row(&w, m, n);\n" : ""; }

char *rows_head(void)
{
    const long p = k->part.size;
    return text("int n = %s; n < %s; n++", p == 1 ? "q" : text("%ld * q", p), p == 1 ? "q + 1" : text("%ld * q + %ld", p, p));
}

/* Wraps loops [0, n) of the nest around inner; `skip` loops are open already. */
char *wrap_loops(const Nest *x, char *inner, unsigned skip, bool reads)
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
char *deal(Nest *x, char *inner, bool reads)
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

const Layout *old_main_layout(void)
{
    if (k->stores.n) return &buffer_of(S->k, k->stores.at[0])->layout;
    return &k->grad_layout;
}

/* Zeros for the padding of what a scalar loop stored. */
char *pad_stores(const Nest *x, Body *b, char *inner)
{
    const int j = x->scope.n - 1;
    if (j < 0 || !x->pad[j]) return inner;
    Body *zero = body_new(S, k);
    zero->scope = x->scope, zero->fold = b->fold;
    for (int i = 0; i < k->stores.n; i++)
        if (layout_same(&buffer_of(S->k, k->stores.at[i])->layout, old_main_layout())) body_store(zero, k->stores.at[i], expr_number(0));
    if (k->grad && kernel_of(S->k, k->grad) == k) body_store(zero, k->grad, expr_number(0));
    return text("%s%s", wrap(x->head[j].head, "", inner), zero->out.n ? wrap(x->pad[j], "", zero->out.s) : "");
}

/* Zeros for the padding of one store: of all rows, or of the row that is at hand. */
char *old_zero_padding(Node *n, bool row)
{
    Nest x;
    loops_of(&x, &buffer_of(S->k, n)->layout, &n->shape);
    heads(&x);
    const int j = x.scope.n - 1, rows = loop_at(&x.scope, 0, 1);
    if (j < 0 || !x.pad[j]) return mem_copy("", 0);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    body_store(b, n, expr_number(0));
    x.head[j].head = x.pad[j];
    return wrap_loops(&x, b->out.s, 1u << 31 | (rows < 0 || !row ? 0 : 1u << rows), false);
}

/* The stores that lie otherwise than the first, around whose layout the kernel's loops run. */
char *pad_others(void)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 1; i < k->stores.n; i++) {
        char *zeros = layout_same(&buffer_of(S->k, k->stores.at[i])->layout, old_main_layout()) ? "" : old_zero_padding(k->stores.at[i], false);
        if (*zeros) text_add(&t, "%s", units("one", 1, zeros));
    }
    return t.s;
}

char *old_zero_halos(const char *n)
{
    Text t = { 0 };
    for (int i = 0; i < k->stores.n; i++) {
        const Buffer *b = buffer_of(S->k, k->stores.at[i]);
        const long (*h)[2] = (const long (*)[2])b->layout.halo;
        if (!(h[2][0] | h[2][1] | h[3][0] | h[3][1])) continue;
        const long *p = b->layout.plane, plane = p[0] * p[1] * p[2], sample = b->layout.axis[0].digit[0].stride;
        for (long c = 0; c < sample / plane; c++)
            text_add(&t, "zero_halo((real *)%s + %s * %ld + %ld, %ld, %ld, %ld, %ld, %ld, %ld, %ld);\n", buffer_name(b), n, sample,
                     c * plane, p[0], p[1], h[2][0], h[2][1], h[3][0], h[3][1], p[2]);
    }
    return t.s ? t.s : mem_copy("", 0);
}

const char *kernel_title(void) { return title_of(S->k, k); }
