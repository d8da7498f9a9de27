/* share.c -- kernels of the C target that are the same but for what they touch become one function, called with it.

   1. While a kernel is written, a mark stands for each operand: a buffer, or a number in which blocks differ. Two kernels
      are alike when their texts and the dimensions of their operands are, marks numbered as they come.
   2. The first of several that are alike gives the function its name; what they all name the same stays in it, the rest
      are its parameters. A kernel that is like no other is written as if there were no marks.
   3. Where memory is allocated at start, all buffers of a function are its parameters: compilers know then that they do not overlap.
   4. Buffers of one place and one shape are one operand. So a kernel that works in place is like others that do, and
      parameters never overlap: they are `restrict`. A kernel whose operands overlap in another way is like no other. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "back/body.h"
#include "back/c/emit_c.h"
#include "back/c/share.h"

typedef struct Written {
    const Program *s;
    const Kernel *k;
    Operands operands;
    VEC(Operand) formal;                /* as they stand in the key, each once */
    Statements body;                    /* marks in its text */
    const char *key;                    /* the text with operands in order, then their types; NULL: like no other */
    struct Written *first;              /* whose function runs it */
    bool *differs;                      /* of the first: by formal */
    VEC(struct Written) also;           /* of the first: those behind it */
} Written;
struct Shared { bool allocated; VEC(Written) at; };

/* ---- what is alike ---- */
static bool in_arena(const Operand *o) { return o->buffer && o->buffer->home == HOME_ARENA; }

static bool is_same(const Operand *a, const Operand *b)
{
    return a == b || (in_arena(a) && in_arena(b) && a->buffer->offset == b->buffer->offset && !strcmp(a->type, b->type));
}

static bool overlap(const Operand *a, const Operand *b)
{
    if (!in_arena(a) || !in_arena(b)) return false;
    const Buffer *x = a->buffer, *y = b->buffer;
    return x->offset < y->offset + y->layout.size && y->offset < x->offset + x->layout.size;
}

/* The number of that operand among the formal ones, to which it is added. */
static int formal_of(Written *x, Operand *o)
{
    for (int i = 0; i < x->formal.n; i++)
        if (is_same(x->formal.at[i], o)) {
            x->formal.at[i]->written |= o->written;
            return i;
        }
    vec_push(&x->formal, o);
    return x->formal.n - 1;
}

static const char *key_of(Written *x)
{
    Text t = { 0 };
    const char *s = x->body.text;
    for (const char *at; (at = strchr(s, MARK)); s = strchr(at, MARK_END) + 1) {
        text_put(&t, s, (size_t)(at - s));
        text_add(&t, "%s", operand_mark(formal_of(x, x->operands.at.at[atoi(at + 1)])));
    }
    text_add(&t, "%s%s", s, kernel_has_beta(x->s, x->k) ? "beta" : "");
    for (int i = 0; i < x->formal.n; i++) {
        const Operand *o = x->formal.at[i];
        text_add(&t, "%c%s", MARK, o->type);
        for (int k = 0; k < i; k++)
            if (overlap(o, x->formal.at[k])) return NULL;
    }
    return t.s;
}

static unsigned hash(const char *s)
{
    unsigned h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

static void join_first(Written *first, Written *x)
{
    x->first = first;
    vec_push(&first->also, x);
    for (int i = 0; i < first->formal.n; i++) first->differs[i] |= strcmp(first->formal.at[i]->words, x->formal.at[i]->words) != 0;
}

/* Each finds the first that it is like, in a table of twice their number. */
static void find_alike(Shared *list)
{
    const unsigned room = 2 * (unsigned)list->at.n + 1;
    Written **table = NEW_ARRAY(Written *, room);
    for (int i = 0; i < list->at.n; i++) {
        Written *x = list->at.at[i];
        x->key = key_of(x);
        x->differs = NEW_ARRAY(bool, x->formal.n + 1);
        if (!x->key) continue;
        for (int f = 0; f < x->formal.n; f++) x->differs[f] = list->allocated && x->formal.at[f]->buffer;
        unsigned at = hash(x->key) % room;
        while (table[at] && strcmp(table[at]->key, x->key)) at = (at + 1) % room;
        if (table[at]) join_first(table[at], x);
        else table[at] = x;
    }
}

/* ---- writing ---- */
static void write_kernel(Shared *list, const Program *s, Kernel *k)
{
    Written *x = NEW(Written);
    *x = (Written) { .s = s, .k = k, .operands.k = k, .first = x };
    operands_into(&x->operands);
    x->body = kernel_statements(k);
    operands_into(NULL);
    k->written = x;
    vec_push(&list->at, x);
}

static bool is_counted(const Program *s, const Kernel *x)
{
    for (int i = 0; i < s->k->micro.n; i++)
        if (s->k->micro.at[i] == x) return false;
    return true;
}

static void write_step(Shared *list, const Program *s)
{
    const Kernels *k = s->k;
    for (int i = 0; i < k->once.n; i++) write_kernel(list, s, k->once.at[i]);
    for (int i = 0; i < s->counting.n; i++)
        if (is_counted(s, s->counting.at[i])) write_kernel(list, s, s->counting.at[i]);
    for (int i = 0; i < k->micro.n; i++) write_kernel(list, s, k->micro.at[i]);
    for (int i = 0; i < k->finish.n; i++) write_kernel(list, s, k->finish.at[i]);
    for (int i = 0; i < k->predict.n; i++) write_kernel(list, s, k->predict.at[i]);
}

Shared *share_kernels(const Whole *all, bool share)
{
    Shared *list = NEW(Shared);
    list->allocated = *all->storage != 0;
    for (int i = 0; i < all->steps.n; i++) write_step(list, all->steps.at[i]);
    if (share) find_alike(list);
    return list;
}

/* ---- functions ---- */
static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static bool has_word(const char *s, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = s; (at = strstr(at, word)); at += n)
        if ((at == s || !in_word(at[-1])) && !in_word(at[n])) return true;
    return false;
}

/* A local of that name would hide what the macro for_span declares or calls. */
static bool is_of_span(const char *name)
{
    const size_t n = strlen(name);
    return !strncmp(name, "span_", 5) || (n > 3 && !strcmp(name + n - 3, "_to"));
}

/* What the layer calls it, "d_bias", or NULL; types begin with a capital. */
static char *field_of(const Operand *o)
{
    const Param *p = o->buffer->param;
    const char *dot = p ? strrchr(p->name, '.') : NULL;
    return dot && islower((unsigned char)dot[1]) && !is_of_span(dot + 1) ? text(o->buffer->home == HOME_GRADIENT ? "d_%s" : "%s", c_ident(dot + 1)) : NULL;
}

/* What parameter i is called: as all layers call it, else x where it is read and y where it is written. */
static char *wish_of(const Written *x, int i)
{
    const Operand *o = x->formal.at[i];
    if (!o->buffer) return text("key");
    char *field = field_of(o);
    for (int k = 0; field && k < x->also.n; k++) {
        const char *other = field_of(x->also.at[k]->formal.at[i]);
        if (!other || strcmp(field, other)) field = NULL;
    }
    return field ? field : text(o->written ? "y" : "x");
}

static bool is_scalar(const Operand *o) { return o->buffer && !*o->type; }

static char *parameter_text(const Operand *o, const char *name)
{
    if (!o->buffer) return text(", const %s %s", o->type, name);
    return text(", real %s[restrict %s", name, is_scalar(o) ? "1]" : o->type + 1);
}

/* what programs and headers call their own, beside what body_new knows */
static const char *const taken[] = { "arena", "sums", "real", "real_int", "real_bits", "vec", "vec8", "mask", "mask8" };

static bool any_parameter(const Written *x)
{
    bool any = false;
    for (int i = 0; i < x->formal.n; i++) any |= x->differs[i];
    return any;
}

/* Names for the parameters of x's function: by formal in names[], NULL where all kernels name the same. */
static char *parameters_of(const Written *x, char **names)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    Body *b = body_new(x->s, x->k);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) body_name(b, taken[i]);
    for (int i = 0; i < x->formal.n; i++) {
        const Operand *o = x->formal.at[i];
        if (!x->differs[i]) continue;
        do names[i] = body_name(b, wish_of(x, i));
        while (has_word(x->body.text, names[i]));
        text_add(&t, "%s", parameter_text(o, names[i]));
    }
    return t.s;
}

static char *also_text(const Written *x)
{
    Text t = { 0 };
    for (int i = 0; i < x->also.n; i++) text_add(&t, "%sk%d", i == 0 ? "/* also " : i % 16 ? ", " : ",\n   ", x->also.at[i]->k->id);
    return t.n ? text("%s */", t.s) : mem_copy("", 0);
}

static void function_text(Written *x, Text *out)
{
    char **names = NEW_ARRAY(char *, x->formal.n + 1), **words = NEW_ARRAY(char *, x->operands.at.n + 1);
    const char *parameters = any_parameter(x) ? parameters_of(x, names) : "";
    for (int i = 0; i < x->operands.at.n; i++) {
        words[i] = (char *)x->operands.at.at[i]->words;
        for (int f = 0; f < x->formal.n; f++)
            if (names[f] && is_same(x->formal.at[f], x->operands.at.at[i])) words[i] = is_scalar(x->formal.at[f]) ? text("%s[0]", names[f]) : names[f];
    }
    const Statements body = { unmarked(x->body.text, words), x->body.micro };
    emit_kernel(x->s, x->k, &body, parameters, also_text(x), out);
}

char *share_functions(const Shared *list)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < list->at.n; i++)
        if (list->at.at[i]->first == list->at.at[i]) function_text(list->at.at[i], &t);
    return t.s;
}

char *share_call(const Kernel *k, const char *micro, const char *beta)
{
    Text t = { 0 };
    const Written *x = k->written, *f = x->first;
    text_add(&t, "%s(t, %s", f->k->ident, micro);
    for (int i = 0; i < f->formal.n; i++)
        if (f->differs[i]) text_add(&t, ", %s%s", is_scalar(x->formal.at[i]) ? "&" : "", x->formal.at[i]->words);
    if (beta) text_add(&t, ", %s", beta);
    text_add(&t, f == x ? ");\n" : "); @@ k%d\n", k->id);
    return t.s;
}
