/* operand.c -- the names of buffers in a program, and the marks that stand for them while a kernel is written. */
#include <stdlib.h>
#include <string.h>
#include "back/operand.h"

static Operands *now;                   /* of the kernel that is being written; NULL: no marks */

void operands_into(Operands *o) { now = o; }

char *operand_mark(int i) { return text("%c%d%c", MARK, i, MARK_END); }

static int operand(Operand o)
{
    for (int i = 0; i < now->at.n; i++)
        if (now->at.at[i]->buffer == o.buffer && !strcmp(now->at.at[i]->words, o.words)) return i;
    Operand *own = NEW(Operand);
    *own = o;
    vec_push(&now->at, own);
    return now->at.n - 1;
}

static bool writes(const Kernel *k, const Buffer *b)
{
    for (int i = 0; i < k->touches.n; i++)
        if (k->touches.at[i]->buffer == b && k->touches.at[i]->write) return true;
    return false;
}

static char *operand_name(const Buffer *b, char *words)
{
    return now ? operand_mark(operand((Operand) { b, words, layout_text(&b->layout), writes(now->k, b) })) : words;
}

char *operand_number(const char *type, char *words)
{
    return now ? operand_mark(operand((Operand) { NULL, words, type, false })) : words;
}

bool operand_in(const char *s)
{
    for (; (s = strchr(s, MARK)); s++)
        if (now->at.at[atoi(s + 1)]->buffer) return true;
    return false;
}

char *unmarked(const char *s, char *const *words)
{
    Text t = { 0 };
    for (const char *at; (at = strchr(s, MARK)); s = strchr(at, MARK_END) + 1) {
        text_put(&t, s, (size_t)(at - s));
        text_add(&t, "%s", words[atoi(at + 1)]);
    }
    text_add(&t, "%s", s);
    return t.s;
}

/* ---- names ---- */
static const char *inside(const Buffer *b) { return b->inside ? b->inside : ""; }

static char *name_of(const Buffer *b)
{
    switch (b->home) {
    case HOME_PARAM: return text("%sp.%s", inside(b), b->param->field);
    case HOME_GRADIENT: return text("%sg.%s", inside(b), b->param->field);
    case HOME_PACKED: return text("%spacked.%s", inside(b), b->ident);
    default: return text("%sarena.%s", inside(b), b->ident);
    }
}

char *buffer_name(const Buffer *b) { return operand_name(b, name_of(b)); }

char *state_name(const Buffer *gradient, const char *state)
{
    return operand_name(gradient, text("%ss_%s.%s", inside(gradient), state, gradient->param->field));
}

static uint32_t stream_of(const char *path)
{
    uint32_t h = 2166136261u;
    for (; *path; path++) h = (h ^ (unsigned char)*path) * 16777619u;
    return h;
}

char *stream_text(const Node *noise) { return operand_number("uint32_t", text("0x%08xu", stream_of(noise->path))); }

char *actual_name(const Actual *a, const char *sums)
{
    if (a->column) return text("data.%s", a->column->ident);
    if (a->buffer) return a->state ? state_name(a->buffer, a->state) : buffer_name(a->buffer);
    return a->sum >= 0 ? text("%s[%d]", sums, a->sum) : NULL;
}

Words *words_of(const Kernel *k, const char *sums)
{
    const char **formal = NEW_ARRAY(const char *, k->loops->formals.n + 1), **arg = NEW_ARRAY(const char *, k->draws.n + 1);
    for (int i = 0; i < k->actual.n; i++) formal[i] = actual_name(k->actual.at[i], sums);
    for (int i = 0; i < k->draws.n; i++) arg[i] = stream_text(k->draws.at[i]);
    return words_new(k->loops, formal, arg);
}
