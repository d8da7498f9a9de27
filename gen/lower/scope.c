/* scope.c -- loops over the factors of a layout, and addresses inside them. A factor's index is
   a sum of the loops inside it. A loop that crosses a factor's border is divided and taken
   modulo. */
#include <string.h>
#include "lower/build.h"

const Val *both(Call call, const Val *a, const Val *b) { return val_call(call, a, b, NULL); }

const Val *choose(const Val *c, const Val *yes, const Val *no)
{
    return val_call(CALL_SELECT, c, yes, no);
}

const Val *times(const Val *v, long factor) { return both(CALL_MUL, v, val_int(factor)); }

/* a + v * factor; a NULL: 0 */
static const Val *plus(const Val *a, const Val *v, long factor)
{
    if (!a) return times(v, factor);
    return factor < 0 ? both(CALL_SUB, a, times(v, -factor)) : both(CALL_ADD, a, times(v, factor));
}

/* ---- loops ---- */
static bool is_contiguous(const Factor *d) { return d->stride == 1 && d->extent > 1; }

static int contiguous_axis(const Layout *l, const Shape *domain)
{
    int axis = -1;
    for (int a = 0; a < domain->rank; a++)
        for (int d = 0; d < l->axis[a].n; d++)
            if (is_contiguous(&l->axis[a].factor[d])) axis = a;
    return axis;
}

/* n s r c j i: column blocks of the contiguous axis are s, its lanes j */
static const char *wish_of(const Layout *l, const Shape *domain, int a, const Factor *g,
                           bool blocks)
{
    static const char *const names[RANK] = { "i", "i2", "r", "c", "i3", "i4" };
    if (a == 0 && domain->batch) return "n";
    if (g->stride == 1) return "j";
    if (blocks) return "s";
    return l->axis[a].n > 1 ? text("%s_%ld", names[a], g->div) : names[a];
}

Scope scope_of(Loops *loops, const Layout *l, const Shape *domain)
{
    Scope s = { .domain = domain, .lanes = -1, .blocks = -1 };
    long stride[12];
    const char *wish[12];
    const int lane_axis = contiguous_axis(l, domain);
    for (int a = 0; a < domain->rank; a++)
        for (int d = 0; d < l->axis[a].n; d++) {
            const Factor *g = &l->axis[a].factor[d];
            if (g->extent == 1 && !(a == 0 && domain->batch)) continue;
            int at = s.n++;
            for (; at > 0 && stride[at - 1] < g->stride; at--)
                s.loop[at] = s.loop[at - 1], stride[at] = stride[at - 1], wish[at] = wish[at - 1];
            s.loop[at] = (ScopeLoop) { .axis = a, .div = g->div, .extent = g->extent },
            stride[at] = g->stride;
            wish[at] = wish_of(l, domain, a, g,
                               a == lane_axis && g->div > 1 && !g->mod && l->axis[a].n == 2);
        }
    s.contiguous = s.n && stride[s.n - 1] == 1;
    for (int i = 0; i < s.n; i++) {
        if (!strcmp(wish[i], "s")) s.blocks = i;
        s.loop[i].var = loops_var(loops, wish[i], AS_INT);
        s.loop[i].index = val_var(loops, s.loop[i].var);
    }
    return s;
}

int scope_loop(const Scope *s, int axis, long div)
{
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].div == div) return i;
    return -1;
}

int scope_batch(const Scope *s) { return s->domain->batch ? scope_loop(s, 0, 1) : -1; }

void scope_add(Scope *s, int axis, long div, long extent, const Val *index)
{
    const int var = index && index->kind == VAL_VAR ? index->id : -1;
    s->loop[s->n++] = (ScopeLoop) { axis, div, extent, index, var };
}

/* of an axis that has outer factors too */
static bool is_part(const ScopeLoop *l, const Scope *s, int at)
{
    for (int i = 0; i < s->n; i++)
        if (i != at && s->loop[i].axis == l->axis && s->loop[i].div > l->div) return true;
    return false;
}

long loop_length(const Scope *s, int at)
{
    const ScopeLoop *l = &s->loop[at];
    long end = s->domain->dim[l->axis];
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == l->axis && s->loop[i].div > l->div && s->loop[i].div < end)
            end = s->loop[i].div;
    return (end + l->div - 1) / l->div;
}

bool loop_overlaps(const Scope *s, int at)
{
    return is_part(&s->loop[at], s, at) && loop_length(s, at) < s->loop[at].extent;
}

/* n turns of that loop, by the name N if they are all rows of a micro-batch. */
static const Val *turns_of(const Scope *s, int at, long n)
{
    return at == scope_batch(s) && n == s->domain->dim[0] ? val_rows(n) : val_int(n);
}

const Val *loop_turns(const Scope *s, int at) { return turns_of(s, at, loop_length(s, at)); }

const Val *elements_left(long extent, const Val *c, long div)
{
    return both(CALL_IDIV, both(CALL_SUB, val_int(extent + div - 1), c), val_int(div));
}

const Val *loop_end(const Scope *s, int at)
{
    const ScopeLoop *l = &s->loop[at];
    const long extent = s->domain->dim[l->axis];
    if (s->lanes == at) return val_int(l->extent);
    if (loop_overlaps(s, at)) return val_int(loop_length(s, at));
    if (!is_part(l, s, at)) return turns_of(s, at, (extent + l->div - 1) / l->div);
    if (extent % (l->div * l->extent) == 0 || (l->div > 1 && at < s->n - 1))
        return val_int(l->extent);
    Scope outer = *s;
    outer.loop[at].index = NULL;
    return both(CALL_MIN, elements_left(extent, coordinate(&outer, l->axis), l->div),
                val_int(l->extent));
}

bool loop_pads(const Scope *s, int at)
{
    const Val *end = loop_end(s, at);
    return s->lanes < 0 && !val_same(end, val_int(s->loop[at].extent));
}

/* ---- addresses ---- */
const Val *coordinate(const Scope *s, int axis)
{
    const Val *v = NULL;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].index)
            v = plus(v, s->loop[i].index, s->loop[i].div);
    return v ? v : val_int(0);
}

static void add_term(At *a, const Val *index, long stride, long most)
{
    if (index->kind == VAL_NUMBER) {
        a->base += (long)index->number * stride;
        return;
    }
    if (a->n == TERMS) BUG("an address of too many terms");
    a->term[a->n++] = (Term) { index, stride, most };
}

static bool in_factor(const ScopeLoop *l, const Factor *d)
{
    return l->div >= d->div && l->div % d->div == 0 &&
           (!d->mod || l->div * l->extent <= d->div * d->mod);
}

static bool outside(const ScopeLoop *l, const Factor *d)
{
    return l->div * l->extent <= d->div || (d->mod && l->div % (d->div * d->mod) == 0);
}

static long least(long a, long b) { return a < b ? a : b; }

/* extent: that of the axis in the addressed tensor */
static void straddle(At *a, const Scope *s, int axis, const Factor *d, long extent)
{
    const long most = (extent - 1) / d->div;
    const Val *c = both(CALL_IDIV, coordinate(s, axis), val_int(d->div));
    if (d->mod) c = both(CALL_MOD, c, val_int(d->mod));
    add_term(a, c, d->stride, d->mod ? least(most, d->mod - 1) : most);
}

static void add_factor(At *a, const Scope *s, int axis, const Factor *d, long extent)
{
    for (int i = 0; i < s->n; i++) {
        const ScopeLoop *l = &s->loop[i];
        if (l->axis == axis && !in_factor(l, d) && !outside(l, d)) {
            straddle(a, s, axis, d, extent);
            return;
        }
    }
    for (int i = 0; i < s->n; i++) {
        const ScopeLoop *l = &s->loop[i];
        if (l->axis != axis || !l->index || outside(l, d)) continue;
        add_term(a, l->index, d->stride * (l->div / d->div),
                 least(l->extent, (extent - 1) / l->div + 1) - 1);
    }
}

At address_of(const Scope *s, const Layout *l, const Shape *shape, int buffer)
{
    At a = { .buffer = buffer, .base = l->offset };
    for (int axis = 0; axis < s->domain->rank; axis++) {
        const int mine = shape_axis(shape, s->domain, axis);
        if (mine < 0 || (shape->dim[mine] == 1 && s->domain->dim[axis] != 1)) continue;
        for (int d = 0; d < l->axis[mine].n; d++)
            add_factor(&a, s, axis, &l->axis[mine].factor[d], shape->dim[mine]);
    }
    return a;
}

At flat_address(const Scope *s, const Shape *shape, int buffer)
{
    At a = { .buffer = buffer };
    long place = shape_sample(shape);
    for (int axis = 0; axis < s->domain->rank; axis++) {
        const int mine = shape_axis(shape, s->domain, axis);
        if (mine < 0 || (shape->batch && mine == 0)) continue;
        place /= shape->dim[mine];
        if (shape->dim[mine] > 1) add_term(&a, coordinate(s, axis), place, shape->dim[mine] - 1);
    }
    return a;
}

const Val *flat_index(const Scope *s, const Shape *shape)
{
    const At a = flat_address(s, shape, -1);
    const Val *v = NULL;
    for (int i = 0; i < a.n; i++) v = plus(v, a.term[i].index, a.term[i].stride);
    if (a.base || !v) v = v ? both(CALL_ADD, v, val_int(a.base)) : val_int(a.base);
    return v;
}

long lane_stride(const Scope *s, const At *at)
{
    long stride = 0;
    if (s->lanes < 0) return 0;
    const int lane = s->loop[s->lanes].var;
    for (int i = 0; i < at->n; i++) {
        const Val *index = at->term[i].index;
        if (index->kind == VAL_VAR && index->id == lane) stride += at->term[i].stride;
        else if (val_uses(index, lane)) return -1;
    }
    return stride;
}

bool scope_wide(const Scope *s)
{
    return s->contiguous && s->loop[s->n - 1].extent % BLOCK_MIN == 0;
}

Layout with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out)
{
    Layout v = *l;
    *out = *s;
    int from = 0, rank = s->rank;
    for (unsigned a = axes; a; a &= a - 1) rank++;
    for (int a = 0; a < rank; a++) {
        const bool one = axes >> a & 1;
        v.axis[a] = one ? (Axis) { 0 } : l->axis[from];
        out->dim[a] = one ? 1 : s->dim[from];
        from += !one;
    }
    v.rank = out->rank = rank;
    return v;
}
