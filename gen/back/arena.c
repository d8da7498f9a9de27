/* arena.c -- the arena as a union of structs, whose members are the buffers at their places.

   1. A struct takes each buffer that overlaps none of its buffers in memory, in the order of
      their lifetimes. So the first struct has the values of forward. Later structs have the
      memory of values that are no longer needed.
   2. A buffer has a line with its shape and its lifetime. If a struct has many buffers, they
      share lines, and the struct has one lifetime. */
#include <stdlib.h>
#include <string.h>
#include "back/emit.h"

typedef VEC(Buffer) Buffers;

static long numbers_of(const Buffer *b)
{
    long n = 1;
    for (int i = 0; i < b->layout.ndims; i++) n *= b->layout.dims[i];
    return n;
}

static bool meets(const Buffer *a, const Buffer *b)
{
    return a->offset < b->offset + numbers_of(b) && b->offset < a->offset + numbers_of(a);
}

static int by_life(const void *a, const void *b)
{
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    return x->first != y->first ? x->first - y->first
                                : (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_place(const void *a, const void *b)
{
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Buffers whose numbers have 16 bits are in structs of their own. */
static bool takes(const Buffers *taken, const Buffer *b)
{
    bool may = !taken->n || (!b->half && !taken->at[0]->half);
    for (int i = 0; may && i < taken->n; i++) may = !meets(taken->at[i], b);
    return may;
}

/* Moves the buffers that a struct takes out of `left`. */
static Buffers take(Buffers *left)
{
    Buffers taken = { 0 };
    int n = 0;
    for (int i = 0; i < left->n; i++)
        if (takes(&taken, left->at[i])) vec_push(&taken, left->at[i]);
        else left->at[n++] = left->at[i];
    left->n = n;
    qsort(taken.at, (size_t)taken.n, sizeof *taken.at, by_place);
    return taken;
}

/* ---- text ---- */
static char *lives(int first, int last)
{
    return first == last ? text("phase %d", first) : text("phases %d-%d", first, last);
}

/* "pad3[512], h1[N][64]": a member, after padding from the end of the one before */
static char *member(Names *names, const Buffer *b, long end)
{
    const long gap = b->offset - end;
    const char *own = text("%s%s", b->ident, dims_text(&b->layout));
    if (!gap) return text("%s %s", b->half ? "gg_factor" : "real", own);
    return text("real %s[%ld]%s %s", ident_new(names, "pad"), gap, b->half ? "; gg_factor" : ",",
                own);
}

static char *words_of_one(const Buffer *b)
{
    return text("%s  %s", shape_text(&b->node->shape), lives(b->first, b->last));
}

static void add_lines(Text *t, Names *names, const Buffers *all)
{
    long end = 0;
    for (int i = 0; i < all->n; i++) {
        const Buffer *b = all->at[i];
        text_add(t, "    %s; @@ %s\n", member(names, b, end), words_of_one(b));
        end = b->offset + numbers_of(b);
    }
}

/* All in one declaration. */
static void add_together(Text *t, Names *names, const Buffers *all)
{
    long end = 0;
    for (int i = 0; i < all->n; i++) {
        const Buffer *b = all->at[i];
        text_add(t, "%s%s", i ? ", " : "real ", member(names, b, end) + strlen("real "));
        end = b->offset + numbers_of(b);
    }
    text_add(t, ";");
}

static char *struct_text(Names *names, const Buffers *all, bool many)
{
    Text t = { 0 };
    const Buffer *b = all->at[0];
    if (all->n == 1 && !b->offset) return text("%s; @@ %s", member(names, b, 0), words_of_one(b));
    if (all->n == 1) return text("struct { %s; }; @@ %s", member(names, b, 0), words_of_one(b));
    int first = b->first, last = b->last;
    for (int i = 1; i < all->n; i++) {
        if (all->at[i]->first < first) first = all->at[i]->first;
        if (all->at[i]->last > last) last = all->at[i]->last;
    }
    text_add(&t, many ? "struct { " : "struct {\n");
    (many ? add_together : add_lines)(&t, names, all);
    text_add(&t, many ? " }; @@ %s" : "};", lives(first, last));
    return t.s;
}

void declare_arena(const Kernels *k, Env *e)
{
    enum { MANY = 64 };
    Buffers left = { 0 };
    for (int i = 0; i < k->buffers.n; i++)
        if (k->buffers.at[i]->home == HOME_ARENA) vec_push(&left, k->buffers.at[i]);
    const bool many = left.n > MANY;
    if (left.n) qsort(left.at, (size_t)left.n, sizeof *left.at, by_life);
    while (left.n) {
        const Buffers taken = take(&left);
        env_set(env_item(e, "buffers"), "text", "%s", struct_text(k->g->names, &taken, many));
    }
}
