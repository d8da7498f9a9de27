/* value.c -- the text of a value, with no more brackets than C needs.

   1. With lanes every real is a vector: a load of neighbours is v_load(&x). What is the same in all
      lanes is a real, which an operator takes beside a vector; alone it is v_set(x).
   2. A choice is v_select where its condition is a mask, the comparison of vectors; else c ? a : b.
   3. A real that is a whole number, or made of an int, is C's int: beside a real, as an argument
      and in an assignment C makes a real of it. Where C would compute with ints, one of the
      operands is cast. Ints are compared as they are: real would round what is above 2^24. */
#include <string.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include "back/value.h"

static const struct {
    const char *sign;
    int level;
} operators[CALLS] = { [CALL_OR] = { "||", LEVEL_LOGIC },    [CALL_AND] = { "&&", LEVEL_LOGIC },
                       [CALL_LT] = { "<", LEVEL_COMPARE },   [CALL_LE] = { "<=", LEVEL_COMPARE },
                       [CALL_GT] = { ">", LEVEL_COMPARE },   [CALL_GE] = { ">=", LEVEL_COMPARE },
                       [CALL_EQ] = { "==", LEVEL_COMPARE },  [CALL_NE] = { "!=", LEVEL_COMPARE },
                       [CALL_ADD] = { "+", LEVEL_SUM },      [CALL_SUB] = { "-", LEVEL_SUM },
                       [CALL_MUL] = { "*", LEVEL_PRODUCT },  [CALL_DIV] = { "/", LEVEL_PRODUCT },
                       [CALL_IDIV] = { "/", LEVEL_PRODUCT }, [CALL_MOD] = { "%", LEVEL_PRODUCT },
                       [CALL_NEG] = { "-", LEVEL_SIGN },     [CALL_REAL] = { "(real)", LEVEL_SIGN },
                       [CALL_INT] = { "(long)", LEVEL_SIGN } };

static bool is_call(const Val *v, Call call) { return v->kind == VAL_CALL && v->id == (int)call; }
static bool is_real(const Val *v) { return v->type == AS_REAL; }
static bool in_lanes(const Words *w) { return w->lanes >= 0; }

/* The smaller or the larger of two ints. */
static bool is_bound(const Val *v)
{
    return (is_call(v, CALL_MIN) || is_call(v, CALL_MAX)) && !is_real(v);
}

/* ---- reals that are ints in C ---- */
enum { WHOLE = 10000000 };

static bool is_whole_number(const Val *v)
{
    const double x = v->number;
    return v->kind == VAL_NUMBER && is_real(v) && fabs(x) < WHOLE && floor(x) >= x &&
           !(signbit(x) && x >= 0);
}

static bool is_of_int(const Val *v)
{
    return is_call(v, CALL_REAL) && !is_real(v->arg[0]) && v->arg[0]->type != AS_DOUBLE;
}

/* C computes with it as with a real. */
static bool is_floating(const Val *v)
{
    if (!is_real(v)) return v->type == AS_DOUBLE;
    if (is_call(v, CALL_SELECT)) return is_floating(v->arg[1]) || is_floating(v->arg[2]);
    return !is_whole_number(v) && !is_of_int(v);
}

/* The number of a lane, and an even one: 0 + i, 1 + i, ... */
static bool is_lane_count(const Words *w, const Val *v)
{
    return is_of_int(v) && in_lanes(w) && val_uses(v, w->lanes);
}

/* ---- what lanes share ---- */
static bool is_even(const Words *w, const Val *v);

bool val_is_mask(const Words *w, const Val *v)
{
    if (!in_lanes(w) || v->type != AS_BOOL) return false;
    if (v->kind == VAL_VAR) return w->vector[v->id];
    for (int i = 0; v->kind == VAL_CALL && i < v->n; i++)
        if ((is_real(v->arg[i]) && !is_even(w, v->arg[i])) || val_is_mask(w, v->arg[i]))
            return true;
    return false;
}

static bool is_even_call(const Words *w, const Val *v)
{
    const bool choice = is_call(v, CALL_SELECT);
    if (choice && (val_is_mask(w, v->arg[0]) || val_uses(v->arg[0], w->lanes))) return false;
    if (!choice && operators[v->id].level < LEVEL_SUM) return false;
    for (int i = choice; i < v->n; i++)
        if (!is_even(w, v->arg[i])) return false;
    return true;
}

/* A real that is the same in all lanes: no vector. */
static bool is_even(const Words *w, const Val *v)
{
    long step;
    if (v->kind == VAL_LOAD) return at_step(v->at, w->lanes, &step) && step == 0;
    if (v->kind == VAL_VAR) return !w->vector[v->id];
    if (is_lane_count(w, v)) return false;
    return v->kind != VAL_CALL || is_call(v, CALL_REAL) || is_even_call(w, v);
}

bool val_is_even(const Words *w, const Val *v)
{
    return in_lanes(w) && is_real(v) && is_even(w, v);
}

static int level(const Words *w, const Val *v)
{
    if (is_lane_count(w, v)) return LEVEL_SUM;
    if (is_of_int(v)) return level(w, v->arg[0]);
    if (v->kind == VAL_NUMBER) return signbit(v->number) ? LEVEL_SIGN : LEVEL_WHOLE;
    if (is_call(v, CALL_SELECT)) return val_is_mask(w, v->arg[0]) ? LEVEL_WHOLE : LEVEL_LOOSE;
    if (v->kind == VAL_CALL && is_bound(v)) return LEVEL_LOOSE;
    return v->kind == VAL_CALL && operators[v->id].sign ? operators[v->id].level : LEVEL_WHOLE;
}

/* alone: it is a vector, an argument or assigned; else an operand beside another */
static void put(Words *w, Text *out, const Val *v, int least, bool alone);

static void put_number(Text *out, const Val *v)
{
    if (v->type == AS_DOUBLE) text_add(out, "%s", decimal_text(v->number, v->spelled));
    else if (is_whole_number(v)) text_add(out, "%.0f", v->number);
    else if (is_real(v)) text_add(out, "%s", number_text(v->number, v->spelled));
    else if (v->type == AS_INT && v->spelled) text_add(out, "%s", v->spelled);
    else text_add(out, "%.0f%s", v->number, v->type == AS_LONG ? "L" : "");
}

/* ---- elements ---- */
typedef struct {
    Text words;
    long constant;
    const Val *alone; /* the one term, which stands as it is; or NULL */
} Index;

/* Adds index * factor to a sum; wide: an int cannot count so far. */
static void add_term(Words *w, Index *to, const Val *index, long factor, bool wide)
{
    if (index->kind == VAL_NUMBER) {
        to->constant += (long)index->number * factor;
        return;
    }
    const long times = labs(factor);
    const bool less = factor < 0, first = !to->words.n;
    to->alone = first && factor == 1 ? index : NULL;
    text_add(&to->words, "%s", first ? less ? "-" : "" : less ? " - " : " + ");
    if (times == 1)
        text_add(&to->words, "%s",
                 val_within(w, index, less ? first ? LEVEL_WHOLE : LEVEL_PRODUCT : LEVEL_SUM));
    else
        text_add(&to->words, "%s * %ld%s", val_within(w, index, LEVEL_PRODUCT), times,
                 wide ? "L" : "");
}

static char *sum_text(Words *w, const Index *x)
{
    const long c = x->constant;
    if (!x->words.n) return text("%ld", c);
    if (!c && x->alone) return val_text(w, x->alone);
    return c ? text("%s %c %ld", x->words.s, c < 0 ? '-' : '+', labs(c)) : x->words.s;
}

/* "n * 784 + j" */
static char *flat_index(Words *w, const At *at, bool wide)
{
    Index x = { .constant = at->base };
    for (int i = 0; i < at->n; i++) add_term(w, &x, at->term[i].index, at->term[i].stride, wide);
    return sum_text(w, &x);
}

/* "(&h1[0][0][0])[q * 8 + j]" */
static char *from_first(Words *w, const At *at, const Layout *l, const char *name)
{
    Text t = { 0 };
    text_add(&t, "(&%s", name);
    for (int i = 0; i < l->ndims; i++) text_add(&t, "[0]");
    text_add(&t, ")[%s]", flat_index(w, at, l->size > INT_MAX));
    return t.s;
}

char *at_text(Words *w, const At *at)
{
    const Layout *l = w->k->formals.at[at->buffer]->layout;
    const char *name = w->formal[at->buffer];
    w->touched[at->buffer] = true;
    if (!l && !at->n && w->k->formals.at[at->buffer]->type == AS_DOUBLE) return text("%s", name);
    if (!l) return text("%s[%s]", name, flat_index(w, at, false));
    if (dims_overrun(at, l)) return from_first(w, at, l, name);
    Index index[8] = { { { 0 }, 0, NULL } };
    Text t = { 0 };
    long rest = at->base;
    for (int i = 0; i < at->n; i++) {
        const int d = layout_dim(l, at->term[i].stride);
        add_term(w, &index[d], at->term[i].index, at->term[i].stride / l->strides[d], false);
    }
    for (int i = 0; i < l->ndims; i++) {
        const long c = rest / l->strides[i];
        rest -= c * l->strides[i];
        index[i].constant += c;
    }
    text_add(&t, "%s", name);
    for (int i = 0; i < l->ndims; i++) text_add(&t, "[%s]", sum_text(w, &index[i]));
    return t.s;
}

char *pointer_text(Words *w, const At *at)
{
    char *place = at_text(w, at);
    const size_t n = strlen(place);
    return n > 3 && !strcmp(place + n - 3, "[0]") ? mem_copy(place, n - 3) : text("&%s", place);
}

/* ---- choices, draws, calls ---- */
static void put_choice(Words *w, Text *out, const Val *v)
{
    const Val *condition = v->arg[0];
    const bool mask = val_is_mask(w, condition);
    const int least = mask ? LEVEL_LOOSE : LEVEL_LOGIC;
    if (mask) text_add(out, "%sselect(", w->prefix);
    put(w, out, condition, least, false);
    for (int i = 1; i < 3; i++) {
        text_add(out, "%s", mask ? ", " : i == 1 ? " ? " : " : ");
        put(w, out, v->arg[i], least, true);
    }
    if (mask) text_add(out, ")");
}

/* What lies before the end of an axis, in lanes; else the place is always inside. */
static void put_keep(Words *w, Text *out, const Val *v)
{
    text_add(out, "%skeep(", w->prefix);
    put(w, out, v->arg[0], LEVEL_LOOSE, true);
    text_add(out, ", %s)", val_text(w, v->arg[1]));
}

/* A number of [0, 1) for each lane: in an array of their own. */
static void put_lane_draws(Words *w, Text *out, const Val *v, const char *key)
{
    long step;
    const char *name = words_free(w, "u");
    if (!index_step(v->arg[2], w->lanes, &step)) BUG("lanes that draw unevenly");
    text_add(&w->before, "real %s[%s];\nnoise_fill(%s, %s, %s, %ld);\n", name, w->width, name,
             w->width, key, step);
    text_add(out, "%sload(%s)", w->prefix, name);
}

static void put_uniform(Words *w, Text *out, const Val *v)
{
    const char *seed = words_run(w, RUN_SEED), *consumed = words_run(w, RUN_CONSUMED);
    const char *key =
        text("%s, %s + %s, %s, (uint32_t)%s", seed, consumed, val_within(w, v->arg[0], LEVEL_SUM),
             val_text(w, v->arg[1]), val_within(w, v->arg[2], LEVEL_WHOLE));
    if (in_lanes(w)) put_lane_draws(w, out, v, key);
    else text_add(out, "noise_uniform(%s)", key);
}

static void put_row(Words *w, Text *out, const Val *v)
{
    w->micro = true;
    if (w->device) text_add(out, "dev->row[m->from + %s]", val_within(w, v->arg[0], LEVEL_SUM));
    else text_add(out, "data_row(&w, m, %s)", val_text(w, v->arg[0]));
}

static void put_bound(Words *w, Text *out, const Val *v)
{
    const char *a = val_within(w, v->arg[0], LEVEL_SUM), *b = val_within(w, v->arg[1], LEVEL_SUM);
    text_add(out, "%s %c %s ? %s : %s", a, is_call(v, CALL_MIN) ? '<' : '>', b, a, b);
}

static void put_call(Words *w, Text *out, const Val *v)
{
    if (is_call(v, CALL_ROUND16)) text_add(out, "gg_round(");
    else text_add(out, "%s%s(", w->prefix, call_name((Call)v->id));
    for (int i = 0; i < v->n; i++)
        text_add(out, i ? ", " : ""), put(w, out, v->arg[i], LEVEL_LOOSE, true);
    text_add(out, ")");
}

/* ---- operators ---- */
/* C would take operand i of v for an int. */
static bool needs_cast(const Words *w, const Val *v, int i)
{
    const Val *own = v->arg[i], *other = v->n > 1 ? v->arg[1 - i] : NULL;
    if (!is_real(own) || is_floating(own)) return false;
    if (!other) return true;
    if (own->kind == VAL_NUMBER) return false;
    if (in_lanes(w)) return is_even(w, own);
    const bool compares = operators[v->id].level == LEVEL_COMPARE;
    if (is_floating(other)) return !is_real(other);
    return !compares && (i == 0 || other->kind == VAL_NUMBER);
}

/* A number that an int is compared with is double. */
static bool is_beside_int(const Val *v, int i)
{
    return operators[v->id].level == LEVEL_COMPARE && v->arg[i]->kind == VAL_NUMBER &&
           is_real(v->arg[i]) && is_floating(v->arg[i]) && !is_floating(v->arg[1 - i]);
}

static void put_operand(Words *w, Text *out, const Val *v, int i, int least)
{
    const Val *own = v->arg[i];
    if (is_beside_int(v, i)) {
        text_add(out, "%s", decimal_text(own->number, NULL));
    } else if (needs_cast(w, v, i)) {
        text_add(out, "(real)");
        put(w, out, own, LEVEL_SIGN, false);
    } else {
        put(w, out, own, least, false);
    }
}

/* 0 <= index && index < extent, in one comparison */
static bool put_inside(Words *w, Text *out, const Val *v)
{
    const Val *from = v->arg[0], *to = v->arg[1];
    if (!is_call(v, CALL_AND) || !is_call(from, CALL_GE) || !is_call(to, CALL_LT) ||
        !val_same(from->arg[0], to->arg[0]))
        return false;
    if (is_real(from->arg[0]) || from->arg[1]->kind != VAL_NUMBER || from->arg[1]->number != 0)
        return false;
    text_add(out, "(unsigned)%s < %s", val_within(w, from->arg[0], LEVEL_WHOLE),
             val_within(w, to->arg[1], LEVEL_SUM));
    return true;
}

/* Two masks, or two conditions; beside a mask a condition is all ones or zero. */
static void put_logic(Words *w, Text *out, const Val *v)
{
    const bool mask = val_is_mask(w, v), either = is_call(v, CALL_OR);
    for (int i = 0; i < 2; i++) {
        const Val *own = v->arg[i];
        const bool wide = mask && !val_is_mask(w, own);
        if (i) text_add(out, mask ? either ? " | " : " & " : either ? " || " : " && ");
        if (wide) text_add(out, "-(real_int)");
        put(w, out, own,
            wide                        ? LEVEL_WHOLE
            : mask                      ? LEVEL_SUM
            : is_call(own, (Call)v->id) ? LEVEL_LOGIC
                                        : LEVEL_COMPARE,
            false);
    }
}

static void put_operator(Words *w, Text *out, const Val *v)
{
    const int mine = operators[v->id].level;
    if (v->n == 1) {
        text_add(out, "%s", operators[v->id].sign);
        put_operand(w, out, v, 0, LEVEL_WHOLE);
    } else if (mine == LEVEL_LOGIC) {
        if (!put_inside(w, out, v)) put_logic(w, out, v);
    } else {
        put_operand(w, out, v, 0, mine);
        text_add(out, " %s ", operators[v->id].sign);
        put_operand(w, out, v, 1, !is_real(v) && is_call(v, CALL_ADD) ? mine : mine + 1);
    }
}

static void put_load(Words *w, Text *out, const Val *v)
{
    long step;
    const char *at = at_text(w, v->at);
    if (!in_lanes(w) || !is_real(v)) text_add(out, "%s", at);
    else if (at_step(v->at, w->lanes, &step) && step == 1)
        text_add(out, "%sload(&%s)", w->prefix, at);
    else BUG("lanes of %s that are not neighbours", at);
}

static void put_lane_count(Words *w, Text *out, const Val *v)
{
    long step;
    if (!index_step(v->arg[0], w->lanes, &step) || step != 1) BUG("lanes that count unevenly");
    text_add(out, "%siota() + (real)%s", w->prefix, val_within(w, v->arg[0], LEVEL_SIGN));
}

static void put_plain(Words *w, Text *out, const Val *v)
{
    switch (v->kind) {
        case VAL_NUMBER:
            put_number(out, v);
            return;
        case VAL_VAR:
            text_add(out, "%s", w->var[v->id]);
            return;
        case VAL_RUN:
            text_add(out, "%s", words_run(w, v->id));
            return;
        case VAL_LOAD:
            put_load(w, out, v);
            return;
        case VAL_CALL:
            break;
    }
    if (is_lane_count(w, v)) put_lane_count(w, out, v);
    else if (is_of_int(v)) put(w, out, v->arg[0], LEVEL_LOOSE, true);
    else if (operators[v->id].sign) put_operator(w, out, v);
    else if (is_call(v, CALL_SELECT)) put_choice(w, out, v);
    else if (is_call(v, CALL_KEEP)) put_keep(w, out, v);
    else if (is_call(v, CALL_UNIFORM)) put_uniform(w, out, v);
    else if (is_call(v, CALL_ROW)) put_row(w, out, v);
    else if (is_bound(v)) put_bound(w, out, v);
    else put_call(w, out, v);
}

/* What is the same in all lanes, as a real; alone it is a vector. */
static void put_even(Words *w, Text *out, const Val *v, int least, bool alone)
{
    const int lanes = w->lanes;
    w->lanes = -1;
    if (alone) text_add(out, "%sset(", w->prefix);
    put(w, out, v, alone ? LEVEL_LOOSE : least, alone);
    if (alone) text_add(out, ")");
    w->lanes = lanes;
}

static void put(Words *w, Text *out, const Val *v, int least, bool alone)
{
    if (val_is_even(w, v)) {
        put_even(w, out, v, least, alone);
        return;
    }
    const bool brackets = level(w, v) < least;
    if (brackets) text_add(out, "(");
    put_plain(w, out, v);
    if (brackets) text_add(out, ")");
}

char *val_within(Words *w, const Val *v, int least)
{
    Text t = { 0 };
    put(w, &t, v, least, true);
    return t.s;
}

char *val_text(Words *w, const Val *v) { return val_within(w, v, LEVEL_LOOSE); }

char *val_even(Words *w, const Val *v)
{
    Text t = { 0 };
    put_even(w, &t, v, LEVEL_LOOSE, false);
    return t.s;
}

char *val_double(Words *w, const Val *v)
{
    return is_real(v) && !is_floating(v) ? text("(real)%s", val_within(w, v, LEVEL_SIGN))
                                         : val_text(w, v);
}
