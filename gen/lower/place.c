/* memory.c -- stage 7: every buffer of a micro-step gets its place in one arena.

   1. A buffer is alive from the first phase that touches it to the last. Phases, not kernels: between two barriers
      threads may be in different kernels. An output is read behind the last phase of what makes outputs.
   2. Buffers are placed one after another, each at the lowest place that is free while it is alive: large ones first.
   3. Where that is above the bound, the largest sum of what is alive at once, other orders are tried and the best is taken.
   4. What is made from parameters once per update lies apart and is never reused. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "lower/lower.h"

enum { TURNS = 8000 };                 /* over the number of buffers: how often an order is mended */

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
    if (buffer_size(a) != buffer_size(b)) return buffer_size(a) < buffer_size(b) ? 1 : -1;
    return a->node->id - b->node->id;
}

static bool meet(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }

static long end_of(const Buffer *b) { return b->offset + buffer_size(b); }

/* Puts b at the lowest place that is free, among n buffers that are sorted by their offsets, and sorts it in. */
static void place_lowest(Buffer **placed, int n, Buffer *b, bool reuse)
{
    const long size = buffer_size(b);
    long at = 0;
    int i = 0;
    for (; i < n && placed[i]->offset < at + size; i++)
        if ((!reuse || meet(placed[i], b)) && at < end_of(placed[i])) at = end_of(placed[i]);
    while (i > 0 && placed[i - 1]->offset > at) i--;
    while (i < n && placed[i]->offset < at) i++;
    memmove(placed + i + 1, placed + i, sizeof *placed * (size_t)(n - i));
    placed[i] = b;
    b->offset = at;
}

static int earlier_first(const void *pa, const void *pb)
{
    const Buffer *a = *(Buffer *const *)pa, *b = *(Buffer *const *)pb;
    return a->first != b->first ? a->first - b->first : larger_first(pa, pb);
}

static int longer_first(const void *pa, const void *pb)
{
    const Buffer *a = *(Buffer *const *)pa, *b = *(Buffer *const *)pb;
    const int x = a->last - a->first, y = b->last - b->first;
    return x != y ? y - x : larger_first(pa, pb);
}

/* Each at the lowest place that is free, in this order; gives which one ends last. placed: room for n. */
static int place_in_order(Buffer **at, int n, Buffer **placed, bool reuse)
{
    int top = 0;
    for (int i = 0; i < n; i++) {
        place_lowest(placed, i, at[i], reuse);
        if (end_of(at[i]) > end_of(at[top])) top = i;
    }
    return top;
}

/* Rule 3: the buffer that ends last comes first in the next turn. The best offsets are left in best[], by position in all[]. */
static long improve(Buffer **at, int n, Buffer **all, long *best, long least, long bound)
{
    const int turns = 2 + TURNS / (1 + n);
    Buffer **placed = NEW_ARRAY(Buffer *, n);
    for (int turn = 0; turn < turns && least > bound; turn++) {
        const int top = place_in_order(at, n, placed, true);
        Buffer *b = at[top];
        if (end_of(b) < least) {
            least = end_of(b);
            for (int i = 0; i < n; i++) best[i] = all[i]->offset;
        }
        memmove(at + 1, at, sizeof *at * (size_t)top);
        at[0] = b;
    }
    return least;
}

static long place_arena(Buffer **all, int n, bool reuse, long bound)
{
    static int (*const orders[])(const void *, const void *) = { larger_first, earlier_first, longer_first };
    Buffer **at = NEW_ARRAY(Buffer *, n + 1);
    long *best = NEW_ARRAY(long, n + 1), least = LONG_MAX;
    if (!n) return 0;
    if (!reuse) {
        qsort(all, (size_t)n, sizeof *all, larger_first);
        return end_of(all[place_in_order(all, n, at, false)]);
    }
    for (int o = 0; o < 3 && least > bound; o++) {
        memcpy(at, all, sizeof *at * (size_t)n);
        qsort(at, (size_t)n, sizeof *at, orders[o]);
        least = improve(at, n, all, best, least, bound);
    }
    for (int i = 0; i < n; i++) all[i]->offset = best[i];
    return least;
}

static long lower_bound(Buffer **at, int n, int phases)
{
    long bound = 0;
    for (int p = 0; p < phases; p++) {
        long sum = 0;
        for (int i = 0; i < n; i++)
            if (at[i]->first <= p && p <= at[i]->last) sum += buffer_size(at[i]);
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
        if (b->home == HOME_PACKED) b->offset = p->packed, p->packed += buffer_size(b);
    }
    p->bound = lower_bound(arena.at, arena.n, k->phases);
    p->arena = place_arena(arena.at, arena.n, reuse, p->bound);
    p->nstates = k->g->step->optimizer.nstates;
    return p;
}
