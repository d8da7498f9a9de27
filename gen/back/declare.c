/* declare.c -- the declarations of the program's memory: parameters as nested structs, packed
   copies, the arena, the data. */
#include <string.h>
#include "back/emit.h"

/* ---- arrays ---- */
static long pad_of(const Layout *l)
{
    long n = 1;
    for (int i = 0; i < l->ndims; i++) n *= l->dims[i];
    return l->size - n;
}

static void add_array(Text *t, const char *name, const Buffer *b, int pad)
{
    text_add(t, "%s%s", name, dims_text(&b->layout));
    if (pad_of(&b->layout)) text_add(t, ", pad_%d[%ld]", pad, pad_of(&b->layout));
}

/* The struct of the parameters from .. to - 1, or a lone parameter without a struct. */
static char *group_text(const Kernels *k, int from, int to)
{
    Text t = { 0 }, shapes = { 0 };
    const char *first = k->params.at[from]->param->field;
    const size_t group = strcspn(first, ".");
    const bool alone = !first[group];
    text_add(&t, alone ? "real " : "struct { real ");
    for (int i = from; i < to; i++) {
        const Buffer *b = k->params.at[i];
        const char *field = b->param->field;
        if (i > from) text_add(&t, ", ");
        if (i > from && t.n + strlen(dims_text(&b->layout)) > 90) text_add(&t, "\n        ");
        add_array(&t, alone ? field : field + group + 1, b, i);
        text_add(&shapes, " %s", shape_text(&b->param->shape));
    }
    if (alone) text_add(&t, ";");
    else text_add(&t, "; } %.*s;", (int)group, first);
    return text("%s @@%s", t.s, shapes.s);
}

/* Whether both are lone parameters of one layer: a batch norm's running mean and variance. */
static bool side_by_side(const Param *a, const Param *b)
{
    const char *dot = strrchr(a->name, '.'), *other = strrchr(b->name, '.');
    return dot && other && dot - a->name == other - b->name &&
           !strncmp(a->name, b->name, (size_t)(dot - a->name)) && a->state && b->state &&
           !a->field[strcspn(a->field, ".")] && !b->field[strcspn(b->field, ".")];
}

static int end_of_group(const Program *s, int from)
{
    const Kernels *k = s->k;
    int to = from + 1;
    while (to < k->params.n && (!opens_group(s->g, to) ||
                                side_by_side(k->params.at[to - 1]->param, k->params.at[to]->param)))
        to++;
    return to;
}

static char *states_list(const Whole *all)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = all->in_place; i < all->nstates; i++) text_add(&t, ", s_%s", all->state[i]);
    return t.s;
}

/* Adds a field to a line that may have several. */
static void add_packed(Text *lines, const char *field)
{
    enum { WIDTH = 90 };
    size_t line = 0;
    while (line < lines->n && lines->s[lines->n - 1 - line] != '\n') line++;
    if (lines->n) text_add(lines, line + strlen(field) > WIDTH ? "\n" : " ");
    text_add(lines, "%s", field);
}

static void declare_params(const Whole *all, Env *e)
{
    Text trained = { 0 };
    text_put(&trained, "", 0);
    const Program *s = all->steps.at[0];
    const Kernels *k = s->k;
    const bool frozen = k->trained < k->elements;
    for (int from = 0, to; from < k->params.n; from = to) {
        to = end_of_group(s, from);
        const char *field = group_text(k, from, to);
        env_set(env_item(e, "fields"), "text", "%s", field);
        if (frozen && k->params.at[from]->param->trained)
            add_packed(&trained, mem_copy(field, strcspn(field, "@") - 1));
    }
    env_flag(e, "frozen", frozen);
    env_set(e, "trained_fields", "%s", trained.s);
    env_set(e, "arrays", "%s%s", frozen ? "g" : "p, g", states_list(all));
    env_set(e, "gradients", "%s", frozen ? "Trained" : "Params");
    const char *folds =
        all->steps.at[0]->g->step->optimizer.fold[0] ? "the optimizer's m, its other states" : NULL;
    env_set(e, "arrays_are", "%s%s%s%s", frozen ? "" : "parameters, ", folds ? folds : "gradients",
            all->in_place && !folds ? " added to momentum" : "",
            all->nstates > all->in_place && !folds ? ", optimizer states" : "");
    env_set(e, "elements", "%ld", k->elements);
    env_set(e, "trained", "%ld", k->trained);
}

static const char *type_of(const Buffer *b) { return b->half ? "gg_factor" : "real"; }

static char *packed_text(const Buffer *b, int pad)
{
    Text t = { 0 };
    text_add(&t, "%s ", type_of(b));
    add_array(&t, b->ident, b, pad);
    text_add(&t, ";");
    return t.s;
}

/* A field to a line, with its shape; many of them share lines. */
static void add_packed_fields(const Kernels *k, int *packed, Env *e)
{
    enum { MANY = 24 };
    Text together = { 0 };
    int n = 0;
    text_put(&together, "", 0);
    for (int i = 0; i < k->buffers.n; i++) n += k->buffers.at[i]->home == HOME_PACKED;
    for (int i = 0; i < k->buffers.n; i++) {
        const Buffer *b = k->buffers.at[i];
        if (b->home != HOME_PACKED) continue;
        const char *field = packed_text(b, (*packed)++);
        if (n > MANY) add_packed(&together, field);
        else
            env_set(env_item(e, "packed_fields"), "text", "%s @@ %s", field,
                    shape_text(&b->node->shape));
    }
    if (n > MANY) env_set(env_item(e, "packed_fields"), "text", "%s", together.s);
}

static bool any_packed(const Kernels *k)
{
    bool any = false;
    for (int i = 0; i < k->buffers.n; i++) any |= k->buffers.at[i]->home == HOME_PACKED;
    return any;
}

/* A step packs its copies anew for each of its windows, so steps share this memory. */
static int declare_packed(const Whole *all, Env *e)
{
    int packed = 0;
    const bool several = all->steps.n > 1;
    for (int n = 0; n < all->steps.n; n++) {
        const Program *s = all->steps.at[n];
        const bool named = several && any_packed(s->k);
        if (named)
            env_set(env_item(e, "packed_fields"), "text", "struct { @@ of %s",
                    c_comment(s->g->step->name));
        add_packed_fields(s->k, &packed, e);
        if (named) env_set(env_item(e, "packed_fields"), "text", "};");
    }
    return packed;
}

static void declare_buffers(const Whole *all, Env *e)
{
    for (int i = 0; i < all->steps.n; i++) declare_arena(all->steps.at[i]->k, e);
    env_flag(e, "packed", declare_packed(all, e) > 0);
    env_set(e, "packed_kind", "%s", all->steps.n > 1 ? "union" : "struct");
    env_flag(e, "arena", all->arena > 0);
    env_set(e, "arena", "%ld", all->arena);
    env_set(e, "all", "%s", ident_new(all->steps.at[0]->g->names, "all"));
}

static void lie_in(Kernels *k, const char *storage)
{
    for (int i = 0; i < k->buffers.n; i++) k->buffers.at[i]->inside = storage;
    for (int i = 0; i < k->gradients.n; i++)
        if (k->gradients.at[i]) k->gradients.at[i]->inside = storage;
}

/* Compilers place what is static within 2 GiB of the code, in double, too. */
static void choose_storage(Whole *all, bool allocate, Env *e)
{
    enum { MOST_STATIC = 1 << 27 }; /* reals */
    const Kernels *k = all->steps.at[0]->k;
    const long reals = k->elements + k->trained * (flat_arrays(all) - 1) + all->packed + all->arena;
    const bool allocated = !k->target->device && (allocate || reals >= MOST_STATIC);
    all->storage = allocated ? "memory->" : "";
    for (int i = 0; i < all->steps.n; i++) lie_in(all->steps.at[i]->k, all->storage);
    env_flag(e, "allocated", allocated);
    env_flag(e, "device", k->target->device != NULL);
    env_flag(e, "allocates", allocated || k->target->device);
    env_set(e, "room", "%s", k->target->device ? "host" : "memory");
    env_set(e, "room_type", "%s", k->target->device ? "(decltype(host))" : "");
    env_set(e, "static", "%s", allocated ? "" : "static ");
}

/* The sums of all steps, and room for their parts. */
static void declare_sums(const Whole *all, Env *e)
{
    const Program *last = all->steps.at[all->steps.n - 1];
    const int sums = last->g->first_sum + last->g->sums.n;
    env_set(e, "nsums", "%d", all->nsums);
    env_set(e, "nparts", "%d", sums ? sums : 1);
    env_set(e, "parts", "%ld", partials(all));
}

static void declare_data(const Program *s, Env *e)
{
    static const char *const types[] = {
        [T_REAL] = "const real", [T_INT] = "const int32_t", [T_U8] = "const uint8_t"
    };
    const Dataset *d = &s->g->data;
    for (int i = 0; i < d->columns.n; i++) {
        const Column *c = d->columns.at[i];
        Env *x = env_item(e, "data_fields");
        Shape row = { .rank = c->rank };
        for (int a = 0; a < c->rank; a++) row.dim[a] = c->dim[a];
        env_set(x, "text", "%s *%s; @@ %s", types[c->type], c->ident,
                c->rank ? shape_text(&row) : "one number");
    }
}

void declare(Whole *all, bool allocate, Env *e)
{
    choose_storage(all, allocate, e);
    declare_params(all, e);
    declare_buffers(all, e);
    declare_data(all->steps.at[0], e);
    env_set(e, "states_list", "%s", states_list(all));
    declare_sums(all, e);
}
