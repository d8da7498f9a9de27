/* verify_partition.c -- rules after partition and place.

   partition:
   1. A kernel touches what it stores, what it adds to and what it reads from buffers. Each has a
      number and a name.
   2. Phases rise along each list, and those of outputs alone come after all forward ones.
   3. If two kernels of one phase share what one of them writes, both have parts of one kind and
      number, each its own.
   4. Parts of rows cover all rows of the batch.
   5. Kernels that evaluation or outputs run read only what such kernels write.

   place:
   6. Buffers of the arena are inside it, aligned, and no two that are alive in one phase overlap.
   7. A buffer is alive in every phase that touches it, and is written in or before the first phase
      that reads it.
   8. A value that is made once per update has memory of its own. */
#include "lower/verify.h"

static bool touches(const Kernel *x, const Buffer *b, bool write)
{
    for (int i = 0; i < x->touches.n; i++)
        if (whole_of(x->touches.at[i]->buffer) == whole_of((Buffer *)b) &&
            (x->touches.at[i]->write || !write))
            return true;
    return false;
}

/* ---- partition ---- */
static void verify_argument(Kernels *k, const Kernel *x, const Node *n, Node *arg)
{
    const Bases below = node_bases(arg);
    for (int i = 0; i < below.n; i++) {
        const Buffer *b = buffer_of(k, below.at[i]);
        if (!b || (b->home == HOME_PARAM && !b->param->state) ||
            (kernel_of(k, below.at[i]) == x && below.at[i] == arg))
            continue;
        MUST(touches(x, b, false), "partition: %s reads %s, and %s does not touch it",
             value_text(n), b->ident, kernel_text(x));
    }
}

static void verify_node(Kernels *k, const Kernel *x, Node *n, int at)
{
    (void)at;
    for (int a = 0; a < n->nargs && !(n == x->core && x->factor[0]); a++)
        verify_argument(k, x, n, n->arg[a]);
}

static void verify_touches(Kernels *k, const Kernel *x)
{
    each_node(k, x, verify_node);
    for (int i = 0; i < 2 && x->factor[0]; i++) verify_argument(k, x, x->core, x->factor[i]);
    for (int i = 0; i < x->stores.n; i++)
        MUST(touches(x, buffer_of(k, x->stores.at[i]), true),
             "partition: %s stores %s without touching it", kernel_text(x),
             value_text(x->stores.at[i]));
    if (!x->adds_to) return;
    const Buffer *d = (x->moves_state ? k->params.at : k->gradients.at)[x->adds_to->index];
    MUST(touches(x, d, true), "partition: %s adds to %s without touching it", kernel_text(x),
         x->adds_to->name);
}

static void verify_pair(const Kernel *a, const Kernel *b)
{
    const bool alike = a->part.kind == b->part.kind && a->part.count == b->part.count;
    for (int i = 0; i < a->touches.n; i++)
        for (int j = 0; j < b->touches.n; j++) {
            const Touch *s = a->touches.at[i], *t = b->touches.at[j];
            if (s->buffer != t->buffer || !(s->write || t->write)) continue;
            MUST(alike && s->own && t->own, "partition: %s and %s share %s in phase %d",
                 kernel_text(a), kernel_text(b), s->buffer->ident, a->phase);
        }
}

static void verify_phases(const KernelList *l)
{
    for (int i = 0; i < l->n; i++) {
        MUST(i == 0 || l->at[i]->phase >= l->at[i - 1]->phase,
             "partition: %s has an earlier phase than the one before it", kernel_text(l->at[i]));
        for (int j = i; j-- > 0 && l->at[j]->phase == l->at[i]->phase;)
            verify_pair(l->at[j], l->at[i]);
    }
}

static void verify_parts(const Kernel *x)
{
    const Partition *p = &x->part;
    const Shape *s = x->core && x->core->when == WHEN_AFTER ? &x->core->arg[0]->shape
                     : x->core                              ? &x->core->shape
                                                            : &x->out->shape;
    MUST(p->count > 0 && p->size > 0, "partition: %s has no parts", kernel_text(x));
    MUST(p->kind != PART_ONE || p->count == 1, "partition: %s is one part, and has %d",
         kernel_text(x), p->count);
    if (p->kind == PART_ROWS)
        MUST(p->count * p->size == s->dim[0], "partition: %s deals %ld rows of %ld", kernel_text(x),
             p->count * p->size, s->dim[0]);
}

/* Rule 5, for a list that leaves kernels out; before: the kernels that run before it. */
static void verify_list(const char *what, const KernelList *l)
{
    for (int i = 0; i < l->n; i++)
        for (int t = 0; t < l->at[i]->touches.n; t++) {
            const Buffer *b = l->at[i]->touches.at[t]->buffer;
            bool made = b->home != HOME_ARENA;
            for (int j = 0; j <= i && !made; j++) made = touches(l->at[j], b, true);
            MUST(made, "partition: %s reads %s, which no kernel of %s writes",
                 kernel_text(l->at[i]), b->ident, what);
        }
}

void verify_partition(Kernels *k)
{
    const KernelList all = all_kernels(k);
    for (int i = 0; i < all.n; i++) {
        MUST(all.at[i]->id > 0 && all.at[i]->ident, "partition: %s has no number",
             kernel_text(all.at[i]));
        verify_touches(k, all.at[i]);
        verify_parts(all.at[i]);
    }
    verify_phases(&k->once), verify_phases(&k->micro), verify_phases(&k->finish),
        verify_phases(&k->predict);
    for (int i = 0; i < k->forward.n; i++)
        MUST(!k->predict.n || k->forward.at[i]->phase < k->predict.at[0]->phase,
             "partition: %s runs after what outputs alone need", kernel_text(k->forward.at[i]));
    verify_list("evaluation", &k->evaluated);
    verify_list("outputs", &k->outputs);
}

/* ---- place ---- */
static bool overlap(const Buffer *a, const Buffer *b)
{
    return a->offset < b->offset + buffer_size(b) && b->offset < a->offset + buffer_size(a);
}

static void verify_lifetime(const Kernels *k, const Buffer *b)
{
    int written = -1, read = -1;
    const KernelList *const list[] = { &k->micro, &k->predict };
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < list[l]->n; i++) {
            const Kernel *x = list[l]->at[i];
            if (!touches(x, b, false)) continue;
            MUST(b->first <= x->phase && x->phase <= b->last,
                 "place: %s touches %s in phase %d, which is alive in %d to %d", kernel_text(x),
                 b->ident, x->phase, b->first, b->last);
            int *first = touches(x, b, true) ? &written : &read;
            if (*first < 0 || x->phase < *first) *first = x->phase;
        }
    MUST(read < 0 || (written >= 0 && written <= read),
         "place: %s is read in phase %d and written in phase %d", b->ident, read, written);
}

static void verify_outputs(const Kernels *k)
{
    for (int i = 0; i < k->g->outputs.n; i++) {
        const Buffer *b = buffer_of(k, k->g->outputs.at[i]->node);
        MUST(b && (b->home != HOME_ARENA || whole_of((Buffer *)b)->last >= k->last_output),
             "place: the output %s is gone before it is read", k->g->outputs.at[i]->name);
    }
}

void verify_place(const Plan *p)
{
    const Kernels *k = p->k;
    for (int i = 0; i < k->buffers.n; i++) {
        const Buffer *b = k->buffers.at[i];
        const long room = b->home == HOME_ARENA ? p->arena : p->packed;
        if (b->home != HOME_ARENA && b->home != HOME_PACKED) continue;
        MUST(b->offset >= 0 && b->offset % ALIGN == 0 && b->offset + buffer_size(b) <= room,
             "place: %s is at %ld of %ld reals", b->ident, b->offset, room);
        for (int j = 0; j < i; j++) {
            const Buffer *c = k->buffers.at[j];
            const bool both = c->home == b->home && (b->home == HOME_PACKED ||
                                                     (b->first <= c->last && c->first <= b->last));
            MUST(!both || !overlap(b, c), "place: %s and %s overlap while both are alive", c->ident,
                 b->ident);
        }
        if (b->home == HOME_ARENA) verify_lifetime(k, b);
    }
    verify_outputs(k);
    MUST(p->arena >= p->bound, "place: an arena of %ld reals, %ld are alive at once", p->arena,
         p->bound);
}
