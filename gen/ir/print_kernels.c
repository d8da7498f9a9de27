/* print_kernels.c -- --dump=group, layout and lower: kernels before they have numbers, layouts as
   formulas, contractions as loops. */
#include "ir/program.h"

static char *node_text(const Node *n)
{
    return text("%s %%%d",
                n->name    ? n->name
                : n->op    ? n->op->name
                : n->param ? n->param->name
                           : "leaf",
                n->id);
}

static void add_nodes(Text *out, const char *title, Node *const *at, int n)
{
    for (int i = 0; i < n; i++) text_add(out, "%s%s", i ? ", " : title, node_text(at[i]));
}

static void add_members(Text *out, const Kernel *x)
{
    text_add(out, "  %s %s", node_text(x->out), shape_text(&x->out->shape));
    add_nodes(out, ": pre ", x->pre.at, x->pre.n);
    if (x->core) text_add(out, "%s core %s", x->pre.n ? ";" : ":", node_text(x->core));
    add_nodes(out, x->core ? "; body " : ": body ", x->body.at, x->body.n);
    if (x->moves_state) text_add(out, "; moves %s", x->adds_to->name);
    else if (x->adds_to)
        text_add(out, "; %s gradient of %s", x->first_write ? "writes" : "adds to",
                 x->adds_to->name);
    if (x->for_fold) text_add(out, "; for a fold");
    if (x->sum >= 0) text_add(out, "; sum %d", x->sum);
    text_add(out, "\n");
}

typedef void AddMore(Text *out, const Kernels *k, const Kernel *x);
static void add_list(Text *out, const char *title, const Kernels *k, const KernelList *l,
                     AddMore *more)
{
    for (int i = 0; i < l->n; i++) {
        const Kernel *x = l->at[i];
        if (i == 0 || (l == &k->micro && x->backward != l->at[i - 1]->backward))
            text_add(out, "%s%s\n", title,
                     l != &k->micro ? ""
                     : x->backward  ? ", backward"
                                    : ", forward");
        add_members(out, x);
        if (more) more(out, k, x);
    }
}

static void add_lists(Text *out, const Kernels *k, AddMore *more)
{
    add_list(out, "once, from parameters", k, &k->once, more);
    add_list(out, "micro-step", k, &k->micro, more);
    add_list(out, "after the last micro-step", k, &k->finish, more);
    add_list(out, "for outputs alone", k, &k->predict, more);
}

void groups_print(Text *out, const Kernels *k) { add_lists(out, k, NULL); }

/* ---- layouts ---- */
static void add_factor(Text *out, int axis, const Factor *d)
{
    text_add(out, " + i%d", axis);
    if (d->div != 1) text_add(out, " / %ld", d->div);
    if (d->mod) text_add(out, " %% %ld", d->mod);
    if (d->stride != 1) text_add(out, " * %ld", d->stride);
}

/* The position of element (i0, i1 ...), without factors that are always 0. */
static void add_formula(Text *out, const Layout *l)
{
    text_add(out, "%ld", l->offset);
    for (int a = 0; a < l->rank; a++)
        for (int d = 0; d < l->axis[a].n; d++)
            if (l->axis[a].factor[d].extent > 1) add_factor(out, a, &l->axis[a].factor[d]);
}

static void add_halo(Text *out, const Layout *l)
{
    for (int a = 0; a < l->rank; a++)
        if (l->halo[a][0] | l->halo[a][1])
            text_add(out, ", halo %ld and %ld of i%d", l->halo[a][0], l->halo[a][1], a);
}

static void add_buffer(Text *out, const Buffer *b)
{
    static const char *const homes[] = { "arena", "param", "gradient", "packed" };
    text_add(out, "  %s, %s, %s in %s, %ld reals%s\n      ", b->param ? b->param->name : b->ident,
             homes[b->home], shape_text(&b->node->shape), layout_text(&b->layout), b->layout.size,
             b->half ? " of 16 bits" : "");
    add_formula(out, &b->layout);
    add_halo(out, &b->layout);
    text_add(out, "\n");
}

static void add_stores(Text *out, const Kernels *k, const Kernel *x)
{
    for (int i = 0; i < x->stores.n; i++)
        text_add(out, "%s%s", i ? ", " : "      stores ", buffer_of(k, x->stores.at[i])->ident);
    if (x->factor[0])
        text_add(out, "%sfactors %s, %s", x->stores.n ? "; " : "      ", node_text(x->factor[0]),
                 node_text(x->factor[1]));
    if (x->stores.n || x->factor[0]) text_add(out, "\n");
    if (!x->grad) return;
    text_add(out, "      gradient at ");
    add_formula(out, &x->grad_layout);
    text_add(out, "\n");
}

void layouts_print(Text *out, const Kernels *k)
{
    add_lists(out, k, add_stores);
    text_add(out, "buffers\n");
    for (int i = 0; i < k->buffers.n; i++)
        if (k->buffers.at[i]->layout.size) add_buffer(out, k->buffers.at[i]);
}

/* ---- contractions ---- */
static void add_level(Text *out, const char *what, const Level *l)
{
    text_add(out, "      %-7s %c / %ld, %ld times, strides %ld %ld %ld\n", what, l->label, l->div,
             l->extent, l->stride[0], l->stride[1], l->stride[2]);
}

static void add_levels(Text *out, const char *what, const Level *at, int n)
{
    for (int i = 0; i < n; i++) add_level(out, what, &at[i]);
}

static void add_bases(Text *out, Node *const factor[2], const long base[3])
{
    text_add(out, "      A is %s at %ld, B is %s at %ld, C at %ld\n", node_text(factor[0]), base[0],
             node_text(factor[1]), base[1], base[2]);
}

static void add_contraction(Text *out, const Contraction *c)
{
    if (c->unit.extent > 1) add_level(out, "unit", &c->unit);
    for (int i = 0; i < c->nouter; i++)
        add_level(out, c->outer_sum[i] ? "sum" : "outer", &c->outer[i]);
    add_levels(out, "row", c->rows, c->nrows);
    add_levels(out, "depth", c->depth, c->ndepth);
    add_level(out, "vector", &c->vector);
}

static void add_gemm(Text *out, const Gemm *m)
{
    add_levels(out, "batch", m->batch.at, m->batch.n);
    add_levels(out, "row", m->rows.at, m->rows.n);
    add_levels(out, "column", m->columns.at, m->columns.n);
    add_levels(out, "depth", m->depth.at, m->depth.n);
    for (int i = 0; i < m->nbounds; i++)
        text_add(out, "      inside where 0 <= %c * %ld + %c * %ld + %ld < %ld\n",
                 m->bound[i].label[0], m->bound[i].factor[0], m->bound[i].label[1],
                 m->bound[i].factor[1], m->bound[i].constant, m->bound[i].extent);
    if (m->library)
        text_add(out, "      library %ld x %ld x %ld, batch %ld\n", m->blas.rows, m->blas.columns,
                 m->blas.depth, m->blas.batch);
}

static void add_sums(Text *out, const Kernels *k, const Kernel *x)
{
    (void)k;
    if (x->factor[0]) add_bases(out, x->factor, x->gemm ? x->gemm->base : x->contraction->base);
    if (x->gemm) add_gemm(out, x->gemm);
    else if (x->contraction) add_contraction(out, x->contraction);
    if (x->loops) loops_print(out, x->loops, NULL);
}

void lowered_print(Text *out, const Kernels *k) { add_lists(out, k, add_sums); }
