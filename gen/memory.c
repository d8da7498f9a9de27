/* memory.c -- stage 7: every buffer of a micro-step gets its place in one arena.

   1. A buffer is alive from the first phase that touches it to the last. Phases, not kernels: between two barriers
      threads may be in different kernels. An output is read behind the last phase of what makes outputs.
   2. Large buffers are placed first, each at the lowest place that is free while it is alive.
   3. What is made from parameters once per update lies apart and is never reused. */
#include <stdlib.h>
#include "gagen.h"

static void live(Kernel *x)
{
    for (int i = 0; i < x->touches.n; i++) {
        Buffer *b = x->touches.at[i]->buffer;
        if (b->first < 0) b->first = x->phase;
        if (x->phase > b->last) b->last = x->phase;
    }
}

static int larger_first(const void *pa, const void *pb)
{
    const Buffer *a = *(Buffer *const *)pa, *b = *(Buffer *const *)pb;
    if (a->layout.size != b->layout.size) return a->layout.size < b->layout.size ? 1 : -1;
    return a->node->id - b->node->id;
}

static bool meet(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }

static long lowest_place(Buffer **placed, int n, const Buffer *b, bool reuse)
{
    long at = 0;
    for (int i = 0; i < n; i++) {
        const Buffer *o = placed[i];
        if ((!reuse || meet(o, b)) && at < o->offset + o->layout.size && o->offset < at + b->layout.size) {
            at = o->offset + o->layout.size;
            i = -1;
        }
    }
    return at;
}

static long place_arena(Buffer **at, int n, bool reuse)
{
    long size = 0;
    qsort(at, (size_t)n, sizeof *at, larger_first);
    for (int i = 0; i < n; i++) {
        at[i]->offset = lowest_place(at, i, at[i], reuse);
        if (at[i]->offset + at[i]->layout.size > size) size = at[i]->offset + at[i]->layout.size;
    }
    return size;
}

static long lower_bound(Buffer **at, int n, int phases)
{
    long bound = 0;
    for (int p = 0; p < phases; p++) {
        long sum = 0;
        for (int i = 0; i < n; i++)
            if (at[i]->first <= p && p <= at[i]->last) sum += at[i]->layout.size;
        if (sum > bound) bound = sum;
    }
    return bound;
}

Plan *place(Kernels *k, bool reuse)
{
    Plan *p = NEW(Plan);
    VEC(Buffer) arena = { 0 };
    p->k = k;
    for (int i = 0; i < k->micro.n; i++) live(k->micro.at[i]);
    for (int i = 0; i < k->predict.n; i++) live(k->predict.at[i]);
    for (int i = 0; i < k->g->outputs.n; i++) {
        Buffer *b = k->g->outputs.at[i]->node->buffer;
        if (b->last < k->last_output) b->last = k->last_output;
    }
    for (int i = 0; i < k->buffers.n; i++) {
        Buffer *b = k->buffers.at[i];
        if (b->home == HOME_ARENA) vec_push(&arena, b);
        if (b->home == HOME_PACKED) b->offset = p->packed, p->packed += b->layout.size;
    }
    p->arena = place_arena(arena.at, arena.n, reuse);
    p->bound = lower_bound(arena.at, arena.n, k->phases);
    p->nstates = k->g->optimizer.nstates;
    return p;
}
