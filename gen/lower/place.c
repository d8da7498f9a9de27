/* place.c -- gives every buffer of a micro-step its offset in one arena.

   1. A buffer is alive from the first phase that touches it to the last. Lifetimes are in phases,
      not kernels, since between two barriers threads may be in different kernels. An output is
      read after the last phase that makes outputs.
   2. Buffers are placed one after another, large ones first, each at the lowest offset that is
      free during its lifetime.
   3. If the result is above the bound, the largest sum of live buffers, other orders are tried,
      and the best is taken.
   4. A loop's kernels run again and again: what others touch, too, is alive in all its phases.
   5. Values that are made from parameters once per update are outside the arena and never
      reused. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "lower/lower.h"

enum { TURNS = 8000 }; /* divided by the number of buffers: how often the order is changed */

/* Kernels of this loop alone touch it, so it holds values of one turn. */
static bool is_of_turn(const Kernels *k, const Buffer *b, const Loop *l)
{
    const KernelList *const lists[] = { &k->micro, &k->predict };
    if (b->slots) return false;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < lists[i]->n; j++) {
            const Kernel *x = lists[i]->at[j];
            for (int t = 0; t < x->touches.n && x->loop != l; t++)
                if (x->touches.at[t]->buffer == b) return false;
        }
    return true;
}

/* The phases of x's loop. */
static void span_of(const Kernels *k, const Kernel *x, int *first, int *last)
{
    const KernelList *l = x->predicts ? &k->predict : &k->micro;
    for (int i = 0; i < l->n; i++) {
        if (l->at[i]->loop != x->loop) continue;
        if (l->at[i]->phase < *first) *first = l->at[i]->phase;
        if (l->at[i]->phase > *last) *last = l->at[i]->phase;
    }
}

static void live(const Kernels *k, Kernel *x)
{
    for (int i = 0; i < x->touches.n; i++) {
        Buffer *b = whole_of(x->touches.at[i]->buffer);
        int first = x->phase, last = x->phase;
        if (x->loop && !is_of_turn(k, b, x->loop)) span_of(k, x, &first, &last);
        if (b->first < 0 || first < b->first) b->first = first;
        if (last > b->last) b->last = last;
    }
}

/* a buffer of the arena, with the data for placing it */
typedef struct {
    Buffer *buffer;
    long size, at;
    int first, last;
} Piece;

static int larger_first(const void *pa, const void *pb)
{
    const Piece *a = *(Piece *const *)pa, *b = *(Piece *const *)pb;
    if (a->size != b->size) return a->size < b->size ? 1 : -1;
    return a->buffer->node->id - b->buffer->node->id;
}

static bool meet(const Piece *a, const Piece *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static long end_of(const Piece *b) { return b->at + b->size; }

/* Puts b at the lowest free offset among n buffers sorted by their offsets, and inserts it. */
static void place_lowest(Piece **placed, int n, Piece *b, bool reuse)
{
    long at = 0;
    int i = 0;
    for (; i < n && placed[i]->at < at + b->size; i++)
        if ((!reuse || meet(placed[i], b)) && at < end_of(placed[i])) at = end_of(placed[i]);
    while (i > 0 && placed[i - 1]->at > at) i--;
    while (i < n && placed[i]->at < at) i++;
    memmove(placed + i + 1, placed + i, sizeof *placed * (size_t)(n - i));
    placed[i] = b;
    b->at = at;
}

static int earlier_first(const void *pa, const void *pb)
{
    const Piece *a = *(Piece *const *)pa, *b = *(Piece *const *)pb;
    return a->first != b->first ? a->first - b->first : larger_first(pa, pb);
}

static int longer_first(const void *pa, const void *pb)
{
    const Piece *a = *(Piece *const *)pa, *b = *(Piece *const *)pb;
    const int x = a->last - a->first, y = b->last - b->first;
    return x != y ? y - x : larger_first(pa, pb);
}

/* Puts each at the lowest free offset, in this order; returns the one that ends last. placed has
   room for n. */
static int place_in_order(Piece **at, int n, Piece **placed, bool reuse)
{
    int top = 0;
    for (int i = 0; i < n; i++) {
        place_lowest(placed, i, at[i], reuse);
        if (end_of(at[i]) > end_of(at[top])) top = i;
    }
    return top;
}

/* Rule 3: the buffer that ends last comes first in the next attempt. best[] gets the best
   offsets, by position in all[]. */
static long improve(Piece **at, int n, Piece **all, long *best, long least, long bound)
{
    const int turns = 2 + TURNS / (1 + n);
    Piece **placed = NEW_ARRAY(Piece *, n);
    for (int turn = 0; turn < turns && least > bound; turn++) {
        const int top = place_in_order(at, n, placed, true);
        Piece *b = at[top];
        if (end_of(b) < least) {
            least = end_of(b);
            for (int i = 0; i < n; i++) best[i] = all[i]->at;
        }
        memmove(at + 1, at, sizeof *at * (size_t)top);
        at[0] = b;
    }
    return least;
}

static long place_arena(Piece **all, int n, bool reuse, long bound)
{
    static int (*const orders[])(const void *, const void *) = { larger_first, earlier_first,
                                                                 longer_first };
    Piece **at = NEW_ARRAY(Piece *, n + 1);
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
    for (int i = 0; i < n; i++) all[i]->at = best[i];
    return least;
}

static long lower_bound(Piece **at, int n, int phases)
{
    long bound = 0;
    for (int p = 0; p < phases; p++) {
        long sum = 0;
        for (int i = 0; i < n; i++)
            if (at[i]->first <= p && p <= at[i]->last) sum += at[i]->size;
        if (sum > bound) bound = sum;
    }
    return bound;
}

static Piece *piece_of(Buffer *b)
{
    Piece *x = NEW(Piece);
    *x = (Piece) { b, buffer_size(b), 0, b->first, b->last };
    return x;
}

Plan *place(Kernels *k, bool reuse)
{
    Plan *p = NEW(Plan);
    VEC(Piece) arena = { 0 };
    p->k = k;
    for (int i = 0; i < k->micro.n; i++) live(k, k->micro.at[i]);
    for (int i = 0; i < k->predict.n; i++) live(k, k->predict.at[i]);
    for (int i = 0; i < k->g->outputs.n; i++) {
        Buffer *b = whole_of(buffer_of(k, k->g->outputs.at[i]->node));
        if (b->last < k->last_output) b->last = k->last_output;
    }
    for (int i = 0; i < k->buffers.n; i++) {
        Buffer *b = k->buffers.at[i];
        if (b->home == HOME_ARENA) vec_push(&arena, piece_of(b));
        if (b->home == HOME_PACKED) b->offset = p->packed, p->packed += buffer_size(b);
    }
    p->bound = lower_bound(arena.at, arena.n, k->phases);
    p->arena = place_arena(arena.at, arena.n, reuse, p->bound);
    for (int i = 0; i < arena.n; i++) arena.at[i]->buffer->offset = arena.at[i]->at;
    p->nstates = k->g->step->optimizer.nstates;
    return p;
}
