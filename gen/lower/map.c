/* map.c -- maps compute every element of the kernel's result by itself, in the order of memory.
   In C the contiguous axis is lanes if everything read and stored is contiguous there. */
#include "lower/build.h"

/* The innermost loop becomes lanes if lanes can compute the kernel's maps. */
void choose_lanes(Build *b)
{
    Scope lanes = b->scope;
    if (!b->k->target->blocks || !scope_wide(&lanes)) return;
    lanes.lanes = lanes.n - 1;
    if (lanes_do(b, &lanes, b->x->body.at, b->x->body.n)) b->scope = lanes;
}

void build_map(Build *b)
{
    b->scope = scope_of(b->l, main_layout(b), &b->x->out->shape);
    choose_lanes(b);
    const Scope *s = &b->scope;
    const int j = s->n - 1, n = scope_batch(s);
    const bool pads = b->k->target->blocks && j >= 0 && loop_pads(s, j);
    StmtList *inner = open_dealt(b, pads ? 1u << j : 0);
    if (b->k->target->blocks && n >= 0) zero_halos(b, b->rows, s->loop[n].index);
    b->out = pads ? open_loop(b, inner, j, SERIAL) : inner;
    build_maps(b, b->x->body.at, b->x->body.n, NULL, 0);
    if (pads) zero_loop(b, inner, s, NULL);
    if (b->k->target->blocks && n >= 0 && b->x->part.kind == PART_ROWS && b->x->stores.n)
        zero_factors(b, b->rows, b->x->stores.at[0]);
    if (b->k->target->blocks) zero_others(b);
}
