/* partition.c -- decides where threads must meet.

   1. A kernel's units are dealt to threads in order; parts.c makes the units.
   2. Two kernels may run without a barrier between them if one unit of both touches each element
      that either writes and the other touches. They then have the same kind and number of parts,
      each its own.
   3. No unit ever adds to what another unit writes.
   4. Kernels for outputs alone have phases of their own, after the last phase with a forward
      kernel. There their inputs are still alive, and training is the same with and without them.
   5. A buffer is free after its last phase. So phases end early where values are rematerialised,
      terms run in turn or a head is in pieces. */
#include <string.h>
#include "lower/lower.h"

enum { SMALL = 64 }; /* buffers that many times smaller than the largest are no reason to meet */

/* ---- what a kernel touches ---- */
static bool owns(const Kernel *x, const Node *value, const Layout *l)
{
    if (x->part.kind == PART_ONE) return true;
    if (x->part.kind == PART_ROWS) return value->shape.batch;
    return x->part.kind == PART_BLOCKS && blocks_of(l) == x->part.count;
}

static void touch(Kernel *x, Buffer *b, bool write, bool own)
{
    Touch *t = NEW(Touch);
    *t = (Touch) { b, write, own };
    vec_push(&x->touches, t);
}

static bool is_operand_a(const Kernel *x, const Node *n)
{
    return x->contraction && x->factor[0] == n;
}
static bool is_operand_b(const Kernel *x, const Node *n)
{
    return x->contraction && x->factor[1] == n;
}

/* Whether column block s of the view n is column block s of the buffer under it. */
static bool keeps_blocks(const Kernels *k, Node *n, const Layout *b)
{
    Layout l;
    if (!node_layout(k, n, &l) || blocks_of(&l) != blocks_of(b)) return false;
    return blocks_of(b) == 1 ||
           (l.axis[l.vaxis].factor[1].stride == b->axis[b->vaxis].factor[1].stride &&
            l.block == b->block);
}

/* Whether the view's column blocks lie along the axis by which x is dealt. */
static bool dealt_alike(const Kernels *k, const Kernel *x, Node *n)
{
    Layout l, first;
    const bool folds = x->core && x->core->kind == K_REDUCE;
    const Shape *domain = folds ? &x->core->arg[0]->shape : &x->out->shape;
    if (!node_layout(k, n, &l) || (folds && !node_layout(k, x->core->arg[0], &first))) return false;
    const int dealt = folds ? first.vaxis : dealt_layout(k, x)->vaxis;
    return l.vaxis == shape_under(&n->shape, domain->rank, dealt);
}

static void touch_read(const Kernels *k, Kernel *x, Node *n)
{
    Node *b = node_base(n);
    Buffer *at = buffer_of(k, b);
    if (!at || (at->home == HOME_PARAM && !b->param->state) || (kernel_of(k, b) == x && b == n))
        return;
    bool own = owns(x, b, &at->layout);
    if (x->part.kind == PART_BLOCKS &&
        (is_operand_a(x, n) || moves(n) || !keeps_blocks(k, n, &at->layout) ||
         (!is_operand_b(x, n) && !dealt_alike(k, x, n))))
        own = false;
    if (x->core && by_taps(k, x->core) && x->part.kind == PART_BLOCKS) own = false;
    if (is_operand_b(x, n) && x->part.kind == PART_ROWS && x->core->shape.batch) own = false;
    touch(x, at, false, own);
}

/* Ids that index x's input are dealt by rows like their readers; by column blocks their use is
   unknown. */
static void touch_ids(const Kernels *k, Kernel *x, Node *n)
{
    const Bases below = node_bases(n);
    for (int i = 1; i < below.n; i++) {
        Buffer *b = buffer_of(k, below.at[i]);
        if (b && b->home != HOME_PARAM)
            touch(x, b, false, x->part.kind != PART_BLOCKS && owns(x, below.at[i], &b->layout));
    }
}

static void read_nodes(const Kernels *k, Kernel *x, Node **at, int n)
{
    for (int i = 0; i < n; i++)
        for (int a = 0; a < at[i]->nargs; a++)
            touch_read(k, x, at[i]->arg[a]), touch_ids(k, x, at[i]->arg[a]);
}

static void find_touches(const Kernels *k, Kernel *x)
{
    x->touches.n = 0;
    read_nodes(k, x, x->pre.at, x->pre.n);
    read_nodes(k, x, x->body.at, x->body.n);
    if (x->factor[0]) touch_read(k, x, x->factor[0]), touch_read(k, x, x->factor[1]);
    else if (x->core) read_nodes(k, x, &x->core, 1);
    for (int i = 0; i < x->stores.n; i++) {
        Buffer *b = buffer_of(k, x->stores.at[i]);
        touch(x, b, true, owns(x, x->stores.at[i], &b->layout));
    }
    if (x->adds_to) {
        const int i = x->adds_to->index;
        Buffer *d = x->moves_state ? k->params.at[i] : k->gradients.at[i];
        touch(x, d, true,
              x->part.kind == PART_ONE ||
                  (x->part.kind == PART_BLOCKS && blocks_of(&d->layout) == x->part.count));
    }
}

static bool same_parts(const Kernel *a, const Kernel *b)
{
    return a->part.kind == b->part.kind && a->part.count == b->part.count;
}

static bool clash(const Kernel *a, const Kernel *b)
{
    for (int i = 0; i < a->touches.n; i++)
        for (int j = 0; j < b->touches.n; j++) {
            const Touch *s = a->touches.at[i], *t = b->touches.at[j];
            if (s->buffer != t->buffer || !(s->write || t->write)) continue;
            if (!(s->own && t->own && same_parts(a, b))) return true;
        }
    return false;
}

static bool touches(const Kernel *x, const Buffer *b)
{
    for (int i = 0; i < x->touches.n; i++)
        if (x->touches.at[i]->buffer == b) return true;
    return false;
}

/* Rule 5: a large buffer of the arena is read for the last time in at[from .. to - 1]. */
static bool frees(Kernel **at, int n, int from, int to, long largest)
{
    for (int i = from; i < to; i++)
        for (int t = 0; t < at[i]->touches.n; t++) {
            const Buffer *b = at[i]->touches.at[t]->buffer;
            bool later = b->home != HOME_ARENA || buffer_size(b) * SMALL < largest;
            for (int j = to; j < n && !later; j++) later = touches(at[j], b);
            if (!later) return true;
        }
    return false;
}

static long largest_buffer(const Kernels *k)
{
    long largest = 0;
    for (int i = 0; i < k->buffers.n; i++) {
        const Buffer *b = k->buffers.at[i];
        if (b->home == HOME_ARENA && buffer_size(b) > largest) largest = buffer_size(b);
    }
    return largest;
}

static int find_phases(const Kernels *k, Kernel **at, int n)
{
    const long largest = largest_buffer(k);
    int phase = 0, from = 0;
    for (int i = 0; i < n; i++) { find_touches(k, at[i]); }
    for (int i = 0; i < n; i++) {
        bool meets = k->target->launches;
        for (int j = from; j < i; j++) meets |= clash(at[j], at[i]);
        if ((k->g->train.recompute_level || k->g->in_turn || k->g->heads.n) && !meets)
            meets = frees(at, n, from, i, largest);
        meets |= i > 0 && at[i]->loop != at[i - 1]->loop;
        if (meets && i > from) phase++, from = i;
        at[i]->phase = phase;
    }
    return n ? phase + 1 : 0;
}

/* Rule 4. */
static void insert_predictions(Kernels *k)
{
    const int phases = find_phases(k, k->predict.at, k->predict.n);
    int last = 0;
    for (int i = 0; i < k->forward.n; i++)
        if (k->forward.at[i]->phase > last) last = k->forward.at[i]->phase;
    for (int i = 0; i < k->micro.n; i++)
        if (k->micro.at[i]->phase > last) k->micro.at[i]->phase += phases;
    for (int i = 0; i < k->predict.n; i++) k->predict.at[i]->phase += last + 1;
    k->phases += phases;
    k->last_output = last + phases;
}

/* ---- numbers and names ---- */
enum { NAMED = 4 }; /* most ops in a kernel's name */

static void add_name(Text *t, const char *name) { text_add(t, "%s%s", t->n ? "_" : "", name); }

/* The name of a kernel: the core's op, with its size for a window, and the ops after it. */
static const char *name_of(const Kernel *x)
{
    Text t = { 0 };
    int named = x->core && x->core->op;
    if (named) add_name(&t, x->core->op->name);
    if (named && x->core->kind == K_WINDOW && x->core->attr[0] > 0 && !attends(x->core))
        text_add(&t, "_%.0fx%.0f", x->core->attr[0], x->core->attr[1]);
    for (int i = 0; i < x->body.n && named < NAMED; i++) {
        if (i && x->body.at[i]->op == x->body.at[i - 1]->op) continue;
        add_name(&t, x->body.at[i]->op->name);
        named++;
    }
    const char *dot = x->adds_to ? strrchr(x->adds_to->name, '.') : NULL;
    if (x->adds_to && !x->moves_state) add_name(&t, text("d_%s", dot ? dot + 1 : x->adds_to->name));
    if (x->again) add_name(&t, "again");
    return t.s;
}

static void number(Kernel **at, int n, int *id)
{
    for (int i = 0; i < n; i++) {
        at[i]->id = ++*id;
        const char *name = c_ident(name_of(at[i]));
        /* k6_to_k9 runs four */
        at[i]->ident = text("k%d_%s%s", at[i]->id, strncmp(name, "to_k", 4) ? "" : "u_", name);
    }
}

/* ---- what evaluation and outputs run ---- */
static void list_forward(Kernels *k)
{
    for (int i = 0; i < k->micro.n; i++) {
        Kernel *x = k->micro.at[i];
        if (!x->backward) vec_push(&k->forward, x);
        x->again = !x->core || first_of(k->g, x->core) != NULL;
        for (int n = 0; n < x->body.n && !x->core; n++)
            x->again &= first_of(k->g, x->body.at[n]) != NULL;
    }
}

static bool is_wanted(const Kernel *x, bool sums, const bool *need)
{
    bool wanted = sums && x->sum >= 0;
    for (int t = 0; t < x->touches.n; t++)
        wanted |= x->touches.at[t]->write && need[x->touches.at[t]->buffer->node->id];
    return wanted;
}

/* x is wanted, or another kernel of its loop: a turn reads what the turn before wrote. */
static bool any_wanted(const Kernels *k, const Kernel *x, bool sums, const bool *need)
{
    const KernelList *const lists[] = { &k->micro, &k->predict };
    bool wanted = is_wanted(x, sums, need);
    for (int l = 0; l < 2 && x->loop; l++)
        for (int i = 0; i < lists[l]->n; i++)
            if (lists[l]->at[i]->loop == x->loop) wanted |= is_wanted(lists[l]->at[i], sums, need);
    return wanted;
}

/* The kernels of forward, then of predict, that make sums or a needed node; from the last to the
   first, since earlier kernels make what a kernel reads. */
static void list_needed(const Kernels *k, KernelList *out, bool sums, bool *need)
{
    VEC(Kernel) chosen = { 0 };
    for (int i = k->forward.n + (sums ? 0 : k->predict.n); i-- > 0;) {
        Kernel *x = i < k->forward.n ? k->forward.at[i] : k->predict.at[i - k->forward.n];
        if (!any_wanted(k, x, sums, need)) continue;
        for (int t = 0; t < x->touches.n; t++)
            need[x->touches.at[t]->buffer->node->id] |= !x->touches.at[t]->write;
        vec_push(&chosen, x);
    }
    while (chosen.n) vec_push(out, chosen.at[--chosen.n]);
}

static void list_outputs(Kernels *k)
{
    bool *need = NEW_ARRAY(bool, k->g->nodes.n);
    for (int i = 0; i < k->g->outputs.n; i++) need[k->g->outputs.at[i]->node->id] = true;
    list_needed(k, &k->outputs, false, need);
}

void partition(Kernels *k)
{
    int id = k->g->before ? k->g->before->k->kernels : 0;
    list_forward(k);
    k->once_phases = find_phases(k, k->once.at, k->once.n);
    k->phases = find_phases(k, k->micro.at, k->micro.n);
    k->finish_phases = find_phases(k, k->finish.at, k->finish.n);
    insert_predictions(k);
    number(k->micro.at, k->micro.n, &id);
    number(k->finish.at, k->finish.n, &id);
    number(k->once.at, k->once.n, &id);
    number(k->predict.at, k->predict.n, &id);
    k->kernels = id;
    list_needed(k, &k->evaluated, true, NEW_ARRAY(bool, k->g->nodes.n));
    list_outputs(k);
}
