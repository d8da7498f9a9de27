/* zero.c -- the kernel that writes a padded buffer also zeroes its padding and halo. */
#include "lower/build.h"

/* The frame of one plane: rows, columns, channels of a block. */
static void zero_plane(Build *b, StmtList *into, const Buffer *buffer, const Val *row, long plane)
{
    const Layout *l = &buffer->layout;
    const long *p = l->plane;
    Stmt *s = stmt_new(into, STMT_ZERO);
    s->at = (At) { .buffer = formal_of(b, buffer), .base = plane };
    s->at.term[s->at.n++] =
        (Term) { row, l->axis[0].factor[0].stride, l->axis[0].factor[0].extent - 1 };
    s->n = 3;
    s->side[0] = (Side) { p[0], p[1] * p[2], l->halo[2][0], l->halo[2][1] };
    s->side[1] = (Side) { p[1], p[2], l->halo[3][0], l->halo[3][1] };
    s->side[2] = (Side) { p[2], 1, 0, 0 };
}

void zero_halos(Build *b, StmtList *into, const Val *row)
{
    for (int i = 0; i < b->x->stores.n; i++) {
        const Buffer *to = buffer_of(b->k, b->x->stores.at[i]);
        const Layout *l = &to->layout;
        if (!(l->halo[2][0] | l->halo[2][1] | l->halo[3][0] | l->halo[3][1])) continue;
        const long plane = l->plane[0] * l->plane[1] * l->plane[2],
                   sample = l->axis[0].factor[0].stride;
        for (long c = 0; c < sample / plane; c++) zero_plane(b, into, to, row, c * plane);
    }
}

void zero_loop(Build *b, StmtList *into, const Scope *s, const Node *padded)
{
    const ScopeLoop *j = &s->loop[s->n - 1];
    StmtList *out = b->out;
    b->out = open_range(b, into, j->var, loop_end(s, s->n - 1), val_int(j->extent), SERIAL);
    for (int i = 0; i < b->x->stores.n; i++) {
        Node *n = b->x->stores.at[i];
        if (n != padded && layout_same(&buffer_of(b->k, n)->layout, main_layout(b)))
            store_node(b, n, val_number(0));
    }
    if (b->x->grad && b->x->grad != padded && kernel_of(b->k, b->x->grad) == b->x)
        store_node(b, b->x->grad, val_number(0));
    if (!b->out->n) into->n--;
    b->out = out;
}

void zero_padding(Build *b, StmtList *into, Node *n, bool row)
{
    const Scope here = b->scope;
    StmtList *out = b->out, *rows = b->rows;
    b->scope = scope_of(b->l, &buffer_of(b->k, n)->layout, &n->shape);
    const Scope *s = &b->scope;
    const int j = s->n - 1, at = scope_batch(s);
    if (j >= 0 && loop_pads(s, j)) {
        unsigned which = (1u << j) - 1;
        if (at >= 0 && row)
            which &= ~(1u << at), b->scope.loop[at].index = here.loop[scope_batch(&here)].index;
        into = open_loops(b, into, which, SERIAL);
        b->out =
            open_range(b, into, s->loop[j].var, loop_end(s, j), val_int(s->loop[j].extent), SERIAL);
        store_node(b, n, val_number(0));
    }
    b->scope = here, b->out = out, b->rows = rows;
}

/* The part of a factor after the end of its axis, with all inner factors. */
static void zero_factor(Build *b, StmtList *into, Node *n, int at)
{
    const Scope *s = &b->scope;
    const int batch = scope_batch(s);
    into = open_loops(b, into, ((1u << at) - 1) & ~(batch >= 0 && batch < at ? 1u << batch : 0),
                      SERIAL);
    into =
        open_range(b, into, s->loop[at].var, loop_end(s, at), val_int(s->loop[at].extent), SERIAL);
    for (int i = at + 1; i < s->n; i++)
        if (i != batch)
            into =
                open_range(b, into, s->loop[i].var, val_int(0), val_int(s->loop[i].extent), SERIAL);
    b->out = into;
    store_node(b, n, val_number(0));
}

void zero_factors(Build *b, StmtList *into, Node *n)
{
    const Scope here = b->scope;
    StmtList *out = b->out, *rows = b->rows;
    const int factors = here.n - 1, batch = scope_batch(&here);
    for (int at = 0; at < factors; at++) {
        b->scope = scope_of(b->l, &buffer_of(b->k, n)->layout, &n->shape);
        if (at == batch || !loop_pads(&b->scope, at)) continue;
        b->scope.loop[batch].index = here.loop[batch].index;
        zero_factor(b, into, n, at);
    }
    b->scope = here, b->out = out, b->rows = rows;
}

/* Lanes store whole blocks, so also the padding of these: values and steps of them differ in their
   order, but not in their blocks. */
static bool lanes_pad(const Build *b, const Buffer *to)
{
    const Layout *first = main_layout(b), *l = &to->layout;
    const bool steps = to->of || buffer_of(b->k, b->x->stores.at[0])->of;
    return steps && b->scope.lanes >= 0 && first->vaxis == l->vaxis && first->block == l->block;
}

void zero_others(Build *b)
{
    for (int i = 1; i < b->x->stores.n; i++) {
        Node *n = b->x->stores.at[i];
        const Buffer *to = buffer_of(b->k, n);
        if (layout_same(&to->layout, main_layout(b)) || lanes_pad(b, to)) continue;
        StmtList *one = open_one(b);
        zero_padding(b, one, n, false);
        if (!one->n) b->l->body.n--;
    }
}
