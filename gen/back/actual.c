/* actual.c -- the names of memory and of streams of noise in a program. */
#include "back/actual.h"

static const char *inside(const Buffer *b)
{
    const char *name = b->of ? b->of->inside : b->inside;
    return name ? name : "";
}

/* "arena.h[turn + 1]", "arena.h[64]", "arena.h + 1": a step, in a loop or outside, or several. */
static char *slots_name(const Buffer *b, char *all)
{
    if (!b->of) return all;
    if (b->turns) return b->slot ? text("%s[turn + %ld]", all, b->slot) : text("%s[turn]", all);
    if (!b->slots) return text("%s[%ld]", all, b->slot);
    return b->slot ? text("%s + %ld", all, b->slot) : all;
}

char *buffer_name(const Buffer *b)
{
    switch (b->home) {
        case HOME_PARAM:
            return text("%sp.%s", inside(b), b->param->field);
        case HOME_GRADIENT:
            return text("%sg.%s", inside(b), b->param->field);
        case HOME_PACKED:
            return text("%spacked.%s", inside(b), b->ident);
        default:
            return slots_name(b, text("%sarena.%s", inside(b), b->ident));
    }
}

char *state_name(const Buffer *gradient, const char *state)
{
    return text("%ss_%s.%s", inside(gradient), state, gradient->param->field);
}

char *actual_name(const Actual *a, const char *sums)
{
    if (a->column) return text("data.%s", a->column->ident);
    if (a->buffer) return a->state ? state_name(a->buffer, a->state) : buffer_name(a->buffer);
    return a->sum >= 0 ? text("%s[%d]", sums, a->sum) : NULL;
}

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

char *stream_text(const Node *noise) { return text("0x%08xu", hash(noise->path)); }

Words *words_of(const Kernel *k, const char *sums)
{
    const char **formal = NEW_ARRAY(const char *, k->loops->formals.n + 1),
               **arg = NEW_ARRAY(const char *, k->draws.n + 1);
    for (int i = 0; i < k->actual.n; i++) formal[i] = actual_name(k->actual.at[i], sums);
    for (int i = 0; i < k->draws.n; i++) arg[i] = stream_text(k->draws.at[i]);
    return words_new(k->loops, formal, arg);
}
