/* linear.c -- indices made simpler: cases by their text, and random ones compared with what they were for all turns of their loops. */
#include <stdio.h>
#include <string.h>
#include "ir/linear.h"
#include "ir/loops_text.h"

static int number, failed;
static void tell(bool good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failed |= !good;
}

/* ---- loops over i 4, j 8, k 12 around an index ---- */
enum { VARS = 3 };
static const long extent[VARS] = { 4, 8, 12 };
static Loops kernel;
static Around around;

static void make_loops(void)
{
    static const char *const wish[VARS] = { "i", "j", "k" };
    around.k = &kernel;
    for (int v = 0; v < VARS; v++) {
        loops_var(&kernel, wish[v], AS_INT);
        around.at[around.n++] = (Bind) { .kind = BIND_LOOP, .var = v, .from = val_int(0), .to = val_int(extent[v]) };
    }
}

static const Val *call(Call c, const Val *a, const Val *b) { return val_call(c, a, b, NULL); }

/* Whether a and b are equal for all turns; a condition may be a number. */
static bool equal(const Val *a, const Val *b)
{
    Known k = known_of(&around);
    for (k.now[0] = 0; k.now[0] < extent[0]; k.now[0]++)
        for (k.now[1] = 0; k.now[1] < extent[1]; k.now[1]++)
            for (k.now[2] = 0; k.now[2] < extent[2]; k.now[2]++) {
                long x, y;
                if (!value_now(&k, a, &x) || !value_now(&k, b, &y)) return false;
                if (x != y) return printf("# at %ld %ld %ld: %ld, not %ld\n", k.now[0], k.now[1], k.now[2], y, x), false;
            }
    return true;
}

/* ---- random indices ---- */
static unsigned state = 1;
static unsigned draw(unsigned n) { return (state = state * 1664525u + 1013904223u) >> 8, (state >> 8) % n; }

static const Val *random_index(int deep)
{
    static const long factors[] = { 1, 2, 3, 4, 6, 8, 12, 24, 48, 96 };
    const Val *a = deep ? random_index(deep - 1) : val_var(&kernel, (int)draw(VARS));
    const Val *factor = val_int(factors[draw(10)]);
    switch (draw(deep ? 8 : 2)) {
        case 0: return a;
        case 1: return call(CALL_MUL, a, factor);
        case 2: return call(CALL_IDIV, a, factor);
        case 3: return call(CALL_MOD, a, factor);
        case 4: return call(CALL_SUB, a, factor);
        case 5: return val_call(CALL_SELECT, call(CALL_GE, a, factor), call(CALL_SUB, a, factor), val_int(0));
        default: return call(CALL_ADD, a, random_index(deep - 1));
    }
}

static void test_random(void)
{
    int wrong = 0, simpler = 0;
    const Known k = known_of(&around);
    for (int n = 0; n < 20000; n++) {
        const Val *v = random_index(1 + (int)draw(5)), *w = index_simpler(&k, v);
        simpler += v != w;
        wrong += !equal(v, w);
        const Val *c = call(draw(2) ? CALL_LT : CALL_GE, v, val_int((long)draw(60)));
        wrong += !equal(c, index_simpler(&k, c));
    }
    tell(!wrong, "20,000 random indices and conditions are what they were");
    printf("# %d are simpler\n", simpler);
    tell(simpler > 5000, "a quarter of them is simpler");
    const Val *i = val_var(&kernel, 0);
    tell(!equal(call(CALL_IDIV, i, val_int(2)), call(CALL_IDIV, i, val_int(3))), "control: another index is not what it was");
}

/* ---- by their text: what stands in a subscript ---- */
static const struct {
    const char *from, *to;
} cases[] = {
    { "(8*i + j) div 8", "i" },
    { "(8*i + j) mod 8", "j" },
    { "(8*i + j + 16) div 8", "i + 2" },
    { "(8*i + j) div 16", "i div 2" },
    { "(8*i + j) mod 16", "(8*i + j) mod 16" },
    { "(8*i + k) div 8", "i + k div 8" },
    { "(8*i + k) mod 8", "k mod 8" },
    { "k div 12", "0" },
    { "k mod 12", "k" },
    { "k div 2 div 3", "k div 6" },
    { "k mod 8 div 4", "k mod 8 div 4" },
    { "k mod 8 div 4 mod 2", "k div 4 mod 2" },
    { "k mod 8 mod 4", "k mod 4" },
    { "k div 4*4 + k mod 4", "k" },
    { "k div 2 mod 3*2 + k mod 2", "k mod 6" },
    { "(k - 2) div -1", "2 - k" },
    { "(k - 12) div 12", "(k - 12) div 12" },
    { "(k - 1) mod 12", "(k - 1) mod 12" },
    { "select(8*i + j - 8 >= 0, 8*i + j - 8, 0) div 8", "select(8*i + j - 8 >= 0, i - 1, 0)" },
    { "select(8*i + j - 8 >= 0, 8*i + j - 8, 0) mod 8", "select(8*i + j - 8 >= 0, j, 0)" },
    { "select(8*i + j - 8 >= -1, 8*i + j - 8, 0) div 8", "select(8*i + j - 8 >= -1, 8*i + j - 8, 0) div 8" },
    { "j*2 + i*16", "j*2 + i*16" },
    { "(j + i*8)*2 mod 16", "j*2" },
    { "j < 8", "1:bool" },
    { "j < 7", "j < 7" },
    { "8*i + j >= 0 and 8*i + j < 8", "8*i + j < 8" },
    { "j < 0 or k > 11", "0:bool" },
};

static void becomes(const char *from, const char *to)
{
    const char *error;
    Loops *l = loops_parse(text("buffer x: real [100000]\nfor i 4, for j 8, for k 12: let v = %s\n", from), &error);
    if (!l) return tell(false, text("%s: %s", from, error));
    Around a = { .k = l };
    const Stmt *s = l->body.at[0];
    for (; s->kind == STMT_FOR; s = s->body.at[0])
        a.at[a.n++] = (Bind) { .kind = BIND_LOOP, .var = s->var, .from = s->from, .to = s->to };
    const Known k = known_of(&a);
    ((Stmt *)s)->value = index_simpler(&k, s->value);
    Text t = { 0 };
    loops_print(&t, l, NULL);
    const char *is = strstr(t.s, "let v = ") + 8;
    const bool good = !strncmp(is, to, strlen(to)) && is[strlen(to)] == '\n';
    tell(good, text("%s is %s", from, to));
    if (!good) printf("# %s", is);
}

int main(void)
{
    make_loops();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) becomes(cases[c].from, cases[c].to);
    test_random();
    printf("1..%d\n", number);
    return failed;
}
