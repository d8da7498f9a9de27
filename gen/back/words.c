/* words.c -- the names in a tree's function: of variables, of tables, of the scalars read at its
   top; numbers.

   1. A name that a variable of a loop has is free again after the loop. All others are given once
      in a function.
   2. Loops, rows and sums are called the same in all programs. Those names are reserved for
   them. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include "back/value.h"
#include "ir/ident.h"

static const char *const reserved[] = { "n",        "m",        "t",           "q",
                                        "s",        "j",        "r",           "c",
                                        "i",        "at",       "w",           "g",
                                        "p",        "data",     "part",        "sum",
                                        "row",      "total",    "best",        "open",
                                        "share",    "gy",       "ky",          "kx",
                                        "one",      "packed",   "beta",        "dev",
                                        "id",       "lane",     "here",        "rows",
                                        "micros",   "before",   "consumed",    "samples",
                                        "training", "seed",     "arena",       "sums",
                                        "real",     "real_int", "real_bits",   "vec",
                                        "vec8",     "mask",     "mask8",       "contract",
                                        "matmul",   "conv2d",   "conv2d_data", "conv2d_weight",
                                        "stored",   "barrier",  "data_row",    "zero_halo",
                                        ROWS_NAME,  MICROS_NAME };
/* the beginnings of the names that kernels call */
static const char *const families[] = { "r_", "v_", "v8_", "gg_", "noise_", "span_", "scale_in" };
static const char *const of_indices[] = { "n", "q",  "s",  "j",  "r",   "c",
                                          "i", "at", "ky", "kx", "one", "id" };
static const char *const of_sums[] = { "sum", "row", "total", "best", "open", "share", "gy" };
#define AMONG(list, name) is_among(list, sizeof(list) / sizeof *(list), name)

static bool is_among(const char *const *at, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(at[i], name)) return true;
    return false;
}

/* allowed: it may be one of the reserved names */
static const char *free_name(Words *w, const char *wish, bool allowed)
{
    const char *name = wish;
    for (int n = 2;
         (!allowed && AMONG(reserved, name)) || is_among(w->taken.at, (size_t)w->taken.n, name);
         n++)
        name = text("%s%d", wish, n), allowed = false;
    vec_push(&w->taken, name);
    return name;
}

const char *words_free(Words *w, const char *wish) { return free_name(w, wish, false); }

const char *words_index(Words *w, const char *wish)
{
    return free_name(w, wish, AMONG(of_indices, wish));
}

/* A column's name may equal a type, a function that kernels call, or a macro's variable. */
static const char *safe_wish(const char *wish)
{
    const size_t n = strlen(wish);
    bool ours = isupper((unsigned char)*wish) || (n > 3 && !strcmp(wish + n - 3, "_to"));
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        ours |= !strncmp(wish, families[i], strlen(families[i]));
    return ours ? text("x_%s", wish) : wish;
}

const char *words_var(Words *w, int var)
{
    const Variable *v = w->k->vars.at[var];
    const char *wish = safe_wish(v->wish);
    const bool index = v->type == AS_INT || v->type == AS_LONG;
    w->vector[var] = w->lanes >= 0 && v->type == AS_REAL;
    return w->var[var] = free_name(w, wish, index ? AMONG(of_indices, wish) : AMONG(of_sums, wish));
}

void words_leave(Words *w, const char *name)
{
    for (int i = w->taken.n; i-- > 0;)
        if (w->taken.at[i] == name) w->taken.at[i] = "";
}

const char *words_type(const Words *w, int var)
{
    static const char *const types[] = {
        [AS_REAL] = "real", [AS_DOUBLE] = "double", [AS_INT] = "int",
        [AS_LONG] = "long", [AS_BOOL] = "bool",     [AS_BYTE] = "int"
    };
    const ValType type = w->k->vars.at[var]->type;
    if (!w->vector[var]) return types[type];
    return type == AS_BOOL ? w->mask : w->type;
}

void words_lanes(Words *w, int var, long extent)
{
    const bool wide = extent % 16 == 0;
    w->lanes = var;
    w->prefix = var < 0 ? "r_"
                : wide  ? "v_"
                        : "v8_",
    w->type = var < 0 ? "real"
              : wide  ? "vec"
                      : "vec8";
    w->mask = wide ? "mask" : "mask8", w->width = wide ? "LANES" : "LANES8";
}

Words *words_new(const Loops *k, const char *const *formal, const char *const *arg)
{
    Words *w = NEW(Words);
    *w = (Words) { .k = k, .arg = NEW_ARRAY(const char *, k->args + 1) };
    words_lanes(w, -1, 0);
    w->var = NEW_ARRAY(const char *, k->vars.n + 1);
    w->vector = NEW_ARRAY(bool, k->vars.n + 1);
    w->drawn = NEW_ARRAY(bool, k->args + 1);
    w->touched = NEW_ARRAY(bool, k->formals.n + 1);
    w->formal = NEW_ARRAY(const char *, k->formals.n + 1);
    for (int i = 0; i < k->args; i++) w->arg[i] = arg[i];
    for (int i = 0; i < k->formals.n; i++) {
        const Formal *f = k->formals.at[i];
        const char *wish = f->table ? "table" : f->wish ? f->wish : "own";
        w->formal[i] = formal[i] ? formal[i] : words_free(w, wish);
    }
    return w;
}

/* ---- numbers ---- */
char *number_text(double x, const char *spelled)
{
    if (!isfinite(x)) return text("%s", isnan(x) ? "NAN" : x < 0 ? "-INFINITY" : "INFINITY");
    const char *s = decimal_text(x, spelled);
    if (*s == '(') return text("(real)%s", s);
    return *s == '-' ? text("-R(%s)", s + 1) : text("R(%s)", s);
}

/* ---- scalars of the window and of the micro-batch ---- */
static const struct {
    int id;
    bool micro;
    const char *name, *type, *value;
} scalars[] = { { RUN_ROWS, true, "rows", "int", "m->rows" },
                { RUN_FROM, true, "before", "long", "m->from" },
                { RUN_CONSUMED, true, "consumed", "uint64_t", "(uint64_t)(w.first + m->from)" },
                { RUN_SEED, false, "seed", "uint64_t", "w.seed" },
                { RUN_MICROS, false, "micros", "int", "w.micros" },
                { RUN_SAMPLES, false, "samples", "long", "w.samples" },
                { RUN_TRAINING, false, "training", "bool", "w.training" } };
enum { SCALARS_OF_RUN = sizeof scalars / sizeof *scalars };

const char *words_run(Words *w, int id)
{
    static const char *const told[] = { [RUN_BETA] = "beta",
                                        [RUN_BEGIN] = "from",
                                        [RUN_END] = "to",
                                        [RUN_RATE] = "w.rate",
                                        [RUN_SCALE_OUT] = "w.scale_out",
                                        [RUN_CLIP] = "w.clip",
                                        [RUN_TRUST] = "trust" };
    if (id >= RUN_CONSTANT) return text("w.c[%d]", id - RUN_CONSTANT);
    if (id >= RUN_ARG) {
        w->drawn[id - RUN_ARG] = true;
        return w->arg[id - RUN_ARG];
    }
    w->beta |= id == RUN_BETA;
    if (id <= RUN_TRUST && told[id]) return told[id];
    w->used[id] = true;
    if (id >= RUN_SCALE) return text("scale_in%d", id - RUN_SCALE);
    for (int i = 0; i < SCALARS_OF_RUN; i++)
        if (scalars[i].id == id) {
            w->micro |= scalars[i].micro;
            return scalars[i].name;
        }
    BUG("no scalar %d", id);
}

char *words_scalars(const Words *w)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = RUN_SCALE; i < RUN_ARG; i++)
        if (w->used[i])
            text_add(&t, "const real scale_in%d = w.scale_in[%d];\n", i - RUN_SCALE, i - RUN_SCALE);
    for (int i = 0; i < SCALARS_OF_RUN; i++)
        if (w->used[scalars[i].id])
            text_add(&t, "const %s %s = %s;\n", scalars[i].type, scalars[i].name, scalars[i].value);
    return t.s;
}

char *words_table(const Words *w, int formal)
{
    const Formal *f = w->k->formals.at[formal];
    Text t = { 0 };
    text_add(&t, "const real %s[%ld] = { ", w->formal[formal], f->count);
    for (long i = 0; i < f->count; i++)
        text_add(&t, "%s%s", i ? ", " : "", number_text(f->table[i], NULL));
    text_add(&t, " };");
    return t.s;
}
