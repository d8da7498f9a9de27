/* kernels.c -- properties of kernels and buffers. */
#include "ir/kernels.h"

Kernel *kernel_of(const Kernels *k, const Node *n) { return entry_at(&k->makers, n->id); }

Buffer *buffer_of(const Kernels *k, const Node *n) { return entry_at(&k->holders, n->id); }

void set_kernel(Kernels *k, const Node *n, Kernel *x) { put_entry(&k->makers, n->id, x); }

void set_buffer(Kernels *k, const Node *n, Buffer *b) { put_entry(&k->holders, n->id, b); }

bool node_layout(const Kernels *k, Node *n, Layout *out)
{
    if (n->kind != K_VIEW) {
        const Buffer *b = buffer_of(k, n);
        if (b) *out = b->layout;
        return b != NULL;
    }
    Layout l;
    Node *x = n->arg[0];
    if (!node_layout(k, x, &l)) return false;
    if (has_role(n, "reshape")) return layout_view(out, &l, &x->shape, &n->shape);
    if (has_role(n, "place") || has_role(n, "gather")) return false;
    if (has_role(n, "slice")) {
        const int axis = (int)node_attr(n, "axis");
        return layout_slice(out, &l, axis, (long)node_attr(n, "from"), (long)node_attr(n, "step"),
                            n->shape.dim[axis]);
    }
    if (has_role(n, "permute")) layout_permute(out, &l, n->perm);
    else layout_expand(out, &l, &x->shape, &n->shape);
    return true;
}

Buffer *whole_of(Buffer *b) { return b->of ? b->of : b; }

long block_of(const Kernels *k, long extent)
{
    return k->target->blocks ? layout_block(extent)
                             : layout_row(extent, k->g->train.precision >= BF16 ? 8 : 4);
}

/* Reals in a buffer: half as many if its numbers have 16 bits. */
long buffer_size(const Buffer *b)
{
    return b->half ? (b->layout.size / 2 + ALIGN - 1) / ALIGN * ALIGN : b->layout.size;
}

long times_run(const Kernel *x) { return x->loop ? x->loop->turns : 1; }

long runs_of(const Kernels *k)
{
    long n = 0;
    for (int i = 0; i < k->micro.n; i++) n += times_run(k->micro.at[i]);
    return n;
}

long meetings_of(const Kernels *k)
{
    long n = k->phases;
    for (int i = 0; i < k->micro.n; i++) {
        const Kernel *x = k->micro.at[i];
        if (!i || k->micro.at[i - 1]->phase != x->phase) n += times_run(x) - 1;
    }
    return n;
}

bool reads_data(const Kernel *x)
{
    for (int i = 0; i < x->body.n; i++)
        for (int a = 0; a < x->body.at[i]->nargs; a++)
            if (node_base(x->body.at[i]->arg[a])->kind == K_INPUT) return true;
    return false;
}

Node *target_of(const Kernels *k, const Kernel *x)
{
    if (x->grad == x->core || (x->core && buffer_of(k, x->core))) return x->core;
    return x->stores.at[0];
}

/* Groups of that many channels are whole blocks in memory, or divide a block. */
static bool blocks_nest(long channels, long each)
{
    const long block = layout_block(channels);
    return each % BLOCK_MIN == 0 && (block % each == 0 || each % block == 0);
}

bool by_taps(const Kernels *k, const Node *n)
{
    const long groups = conv_groups(n);
    const Node *w = has_role(n, "weight") ? n : n->arg[1];
    if (groups == 1) return false;
    return !k->target->blocks || !blocks_nest(groups * w->shape.dim[1], w->shape.dim[1]) ||
           !blocks_nest(w->shape.dim[0], w->shape.dim[0] / groups);
}

bool is_conv(const Kernels *k, const Node *n)
{
    return n->kind == K_WINDOW && !by_taps(k, n) &&
           (has_role(n, "forward") || has_role(n, "data") || has_role(n, "weight"));
}

bool contracts(const Kernels *k, const Kernel *x)
{
    return x->core && (x->core->kind == K_MATMUL || is_conv(k, x->core));
}

bool has_beta(const Kernels *k, const Kernel *x)
{
    const bool next = k->g->train.accumulate > 1 || k->g->train.nonfinite == NONFINITE_DROP;
    return x->adds_to && !x->moves_state && !k->g->step->optimizer.fold[0] &&
           (!x->first_write || (next && x->when == WHEN_MICRO));
}
