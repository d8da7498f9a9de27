/* index.c -- the growth of indices with a variable, and the subscripts of an element in its
   buffer's array. */
#include <stdlib.h>
#include "back/value.h"
#include "ir/ident.h"

static bool product_step(const Val *v, int var, long *step)
{
    for (int i = 0; i < 2; i++) {
        const Val *factor = v->arg[1 - i];
        if (factor->kind != VAL_NUMBER || !index_step(v->arg[i], var, step)) continue;
        *step *= (long)factor->number;
        return true;
    }
    return false;
}

bool index_step(const Val *v, int var, long *step)
{
    long other;
    *step = v->kind == VAL_VAR && v->id == var;
    if (*step || !val_uses(v, var)) return true;
    if (v->kind != VAL_CALL) return false;
    switch ((Call)v->id) {
        case CALL_MUL:
            return product_step(v, var, step);
        case CALL_NEG:
            return index_step(v->arg[0], var, step) && (*step = -*step, true);
        case CALL_ADD:
            return index_step(v->arg[0], var, step) && index_step(v->arg[1], var, &other) &&
                   (*step += other, true);
        case CALL_SUB:
            return index_step(v->arg[0], var, step) && index_step(v->arg[1], var, &other) &&
                   (*step -= other, true);
        default:
            return false;
    }
}

bool at_step(const At *at, int var, long *step)
{
    long one;
    *step = 0;
    for (int i = 0; i < at->n; i++) {
        if (!index_step(at->term[i].index, var, &one)) return false;
        *step += one * at->term[i].stride;
    }
    return true;
}

char *dims_text(const Layout *l)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < l->ndims; i++)
        text_add(&t, "[%s]", l->rows == i + 1 ? ROWS_NAME : text("%ld", l->dims[i]));
    return t.s;
}

bool dims_overrun(const At *at, const Layout *l)
{
    for (int i = 0; i < at->n; i++) {
        const long stride = labs(at->term[i].stride);
        const int d = layout_dim(l, stride);
        if (d > 0 && at->term[i].most * stride > (l->dims[d] - 1) * l->strides[d]) return true;
    }
    return false;
}
