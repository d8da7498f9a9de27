/* nest.c -- the text of an address. A loop's variable is a digit of an axis: the axis' index is the sum of var * div.
   A digit of a layout is made of the loops that lie within it; what straddles is written with / and %. */
#include <limits.h>
#include <string.h>
#include "back/nest.h"

void scope_scalar(Scope *s)
{
    s->vector = -1, s->prefix = "r_", s->type = "real", s->lanes = "1";
}

void scope_vector(Scope *s, int loop)
{
    const bool wide = s->loop[loop].extent % 16 == 0;
    s->vector = loop;
    s->prefix = wide ? "v_" : "v8_", s->type = wide ? "vec" : "vec8", s->lanes = wide ? "LANES" : "LANES8";
}

/* room: how many places such indices count; where an int cannot, the factor is a long. */
static char *scaled_in(const char *var, long factor, long room)
{
    const char *wide = room > INT_MAX ? "L" : "";
    if (factor == 1) return text("%s", var);
    if (factor == -1) return text(strpbrk(var, " ") ? "-(%s)" : "-%s", var);
    return text(strpbrk(var, " ") ? "(%s) * %ld%s" : "%s * %ld%s", var, factor, wide);
}

static char *scaled(const char *var, long factor) { return scaled_in(var, factor, 0); }

static char *sum(char *a, char *b)
{
    if (!a) return b;
    return *b == '-' ? text("%s - %s", a, b + 1) : text("%s + %s", a, b);
}

char *old_coordinate(const Scope *s, int axis)
{
    char *t = 0;
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && s->loop[i].var) t = sum(t, scaled(s->loop[i].var, s->loop[i].div));
    return t ? t : text("0");
}

char *old_places_left(long extent, const char *c, long div)
{
    const char *at = strchr(c, '+') ? text("(%s)", c) : c;
    return div == 1 ? text("%ld - %s", extent, at) : text("(%ld - %s) / %ld", extent + div - 1, at, div);
}

static void add_piece(Address *a, const char *words, long stride, bool lane, long most)
{
    if (a->n == 24) BUG("an address of too many pieces");
    a->at[a->n++] = (Piece) { words, stride, lane, most };
}

static bool in_digit(const Loop *l, const Digit *d)
{
    return l->div >= d->div && l->div % d->div == 0 && (!d->mod || l->div * l->extent <= d->div * d->mod);
}

static bool outside(const Loop *l, const Digit *d)
{
    return l->div * l->extent <= d->div || (d->mod && l->div % (d->div * d->mod) == 0);
}

static long least(long a, long b) { return a < b ? a : b; }

/* extent: of the axis in what is addressed */
static void straddle(Address *a, const Scope *s, int axis, const Digit *d, long extent)
{
    const long most = (extent - 1) / d->div;
    char *c = old_coordinate(s, axis);
    if (d->div > 1) c = text("(%s) / %ld", c, d->div);
    if (d->mod) c = d->div > 1 ? text("%s %% %ld", c, d->mod) : text("(%s) %% %ld", c, d->mod);
    add_piece(a, text("(%s)", c), d->stride, false, d->mod ? least(most, d->mod - 1) : most);
    for (int i = 0; i < s->n; i++)
        if (s->loop[i].axis == axis && i == s->vector) a->strange = true;
}

static void add_digit(Address *a, const Scope *s, int axis, const Digit *d, long extent)
{
    for (int i = 0; i < s->n; i++) {
        const Loop *l = &s->loop[i];
        if (l->axis == axis && !in_digit(l, d) && !outside(l, d)) { straddle(a, s, axis, d, extent); return; }
    }
    for (int i = 0; i < s->n; i++) {
        const Loop *l = &s->loop[i];
        if (l->axis != axis || !l->var || outside(l, d)) continue;
        add_piece(a, l->var, d->stride * (l->div / d->div), i == s->vector, least(l->extent, (extent - 1) / l->div + 1) - 1);
    }
}

Address old_address_of(const Scope *s, const Layout *l, const Shape *shape)
{
    Address a = { .constant = l->offset };
    for (int axis = 0; axis < s->domain->rank; axis++) {
        const int mine = shape_axis(shape, s->domain, axis);
        if (mine < 0 || (shape->dim[mine] == 1 && s->domain->dim[axis] != 1)) continue;
        for (int d = 0; d < l->axis[mine].n; d++) add_digit(&a, s, axis, &l->axis[mine].digit[d], shape->dim[mine]);
    }
    return a;
}

static int dim_of(const Layout *l, long stride)
{
    if (stride < 0) stride = -stride;
    for (int i = 0; i < l->ndims; i++)
        if (l->strides[i] <= stride && stride % l->strides[i] == 0) return i;
    return l->ndims - 1;
}

/* One index runs over several dimensions of the array: within its own it would be out of bounds. */
static bool overruns_dims(const Address *a, const Layout *l)
{
    for (int i = 0; i < a->n; i++) {
        const long stride = a->at[i].stride < 0 ? -a->at[i].stride : a->at[i].stride;
        const int d = dim_of(l, stride);
        if (d > 0 && a->at[i].most * stride > (l->dims[d] - 1) * l->strides[d]) return true;
    }
    return false;
}

/* "(&h1[0][0][0])[q * 8 + j]" */
static char *flat_text(const Address *a, const Layout *l, const char *name)
{
    char *index = 0;
    Text t = { 0 };
    for (int i = 0; i < a->n; i++) index = sum(index, scaled_in(a->at[i].text, a->at[i].stride, l->size));
    if (a->constant || !index) index = index ? text("%s + %ld", index, a->constant) : text("%ld", a->constant);
    text_add(&t, "(&%s", name);
    for (int i = 0; i < l->ndims; i++) text_add(&t, "[0]");
    text_add(&t, ")[%s]", index);
    return t.s;
}

char *address_text(const Address *a, const Layout *l, const char *name)
{
    if (overruns_dims(a, l)) return flat_text(a, l, name);
    char *index[8] = { 0 };
    Text t = { 0 };
    long rest = a->constant;
    for (int i = 0; i < a->n; i++) {
        const int d = dim_of(l, a->at[i].stride);
        index[d] = sum(index[d], scaled(a->at[i].text, a->at[i].stride / l->strides[d]));
    }
    for (int i = 0; i < l->ndims; i++) {
        const long c = i == l->ndims - 1 ? rest / l->strides[i] : rest / l->strides[i] * (rest >= 0);
        rest -= c * l->strides[i];
        if (c) index[i] = index[i] ? text("%s %c %ld", index[i], c < 0 ? '-' : '+', c < 0 ? -c : c) : text("%ld", c);
    }
    text_add(&t, "%s", name);
    for (int i = 0; i < l->ndims; i++) text_add(&t, "[%s]", index[i] ? index[i] : "0");
    return t.s;
}

long old_lane_stride(const Address *a)
{
    long stride = 0;
    for (int i = 0; i < a->n; i++)
        if (a->at[i].lane) stride += a->at[i].stride;
    return a->strange ? -1 : stride;
}

char *old_flat_index(const Scope *s, const Shape *shape, long *lane)
{
    char *t = 0;
    long place = 1;
    *lane = 0;
    for (int axis = s->domain->rank; axis-- > 0; ) {
        const int mine = shape_axis(shape, s->domain, axis);
        if (mine < 0 || (shape->batch && mine == 0)) continue;
        if (shape->dim[mine] > 1) {
            char *c = scaled_in(old_coordinate(s, axis), place, shape_sample(shape));
            t = t ? text("%s + %s", c, t) : c;
            for (int i = 0; i < s->n; i++)
                if (i == s->vector && s->loop[i].axis == axis) *lane = place * s->loop[i].div;
        }
        place *= shape->dim[mine];
    }
    return t ? t : text("0");
}
