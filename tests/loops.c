/* loops.c -- the text of the loop IR, from files and from trees made here.
       loops print FILE        reads it and prints it
       loops verify FILE       reads it and verifies it, which ends with a bug that says the rule
       loops fields            TAP: a tree with something in each field comes back, and a change of any field is seen
       loops damage FILE       parses the text with each byte missing or replaced and each end cut off; an error names its line */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "ir/loops.h"
#include "ir/tidy.h"

static char *file_text(const char *path)
{
    FILE *f = fopen(path, "r");
    Text t = { 0 };
    for (int c; f && (c = getc(f)) != EOF; ) text_put(&t, &(char) { (char)c }, 1);
    if (f) fclose(f);
    return t.s;
}

static char *printed(const Loops *k)
{
    Text t = { 0 };
    loops_print(&t, k, NULL);
    return t.s;
}

static Loops *parsed(const char *s)
{
    const char *error;
    Loops *k = loops_parse(s, &error);
    if (!k) printf("# %s\n%s", error, s);
    return k;
}

/* ---- a tree with something in each field ---- */
static Layout image;
static const double numbers[] = { 1, -0.25, 0.1, 1e-300 };

static At at_of(int buffer, long base, int n, const Term *term)
{
    At at = { .buffer = buffer, .base = base, .n = n };
    for (int i = 0; i < n; i++) at.term[i] = term[i];
    return at;
}

static void add_formals(Loops *k)
{
    image = (Layout) { .size = 1200, .ndims = 3, .dims = { 3, 20, 20 }, .strides = { 400, 20, 1 } };
    loops_formal(k, &(Formal) { .type = AS_REAL, .layout = &image, .wish = "x" });
    loops_formal(k, &(Formal) { .type = AS_REAL, .table = numbers, .count = 4, .wish = "x" });
    loops_formal(k, &(Formal) { .type = AS_BYTE });
    loops_formal(k, &(Formal) { .type = AS_REAL, .half = true, .count = 60 });
    loops_formal(k, &(Formal) { .type = AS_DOUBLE, .layout = &image, .count = 7, .wish = "acc" });
}

static const Val *bool_of(Val *v, double x) { return *v = (Val) { .kind = VAL_NUMBER, .type = AS_BOOL, .number = x }, v; }

static Stmt *loop(StmtList *into, int var, Deal deal, long to)
{
    Stmt *s = stmt_new(into, STMT_FOR);
    s->var = var, s->deal = deal, s->from = val_int(0), s->to = val_int(to);
    return s;
}

/* Variables: 0 u, 1 n, 2 for (a keyword), 3 without a wish, 4 never defined, 5 n again, 6 real s, 7 product, 8 double */
static void add_variables(Loops *k)
{
    static const char *const wish[] = { "u", "n", "for", NULL, "idle", "n", "s", "max", "u" };
    static const ValType type[] = { AS_INT, AS_INT, AS_INT, AS_LONG, AS_BOOL, AS_INT, AS_REAL, AS_REAL, AS_DOUBLE };
    for (int i = 0; i < 9; i++) loops_var(k, wish[i], type[i]);
}

static const Val *odd_value(const Loops *k)
{
    const Val *n = val_var(k, 1), *s = val_var(k, 6);
    const Val *twice = val_call(CALL_NEG, val_call(CALL_SUB, s, val_call(CALL_SUB, val_number(-2.5), s, NULL), NULL), NULL, NULL);
    const Val *cond = val_call(CALL_AND, val_call(CALL_OR, val_call(CALL_LT, n, val_int(3), NULL), val_run(RUN_TRAINING, AS_BOOL), NULL),
                               val_call(CALL_GE, val_call(CALL_IDIV, n, val_call(CALL_MOD, n, val_int(7), NULL), NULL), val_run(RUN_ARG + 3, AS_INT), NULL), NULL);
    const Val *noise = val_call(CALL_UNIFORM, n, val_run(RUN_ARG, AS_INT), val_call(CALL_MUL, n, val_int(-4), NULL));
    return val_call(CALL_SELECT, cond, val_call(CALL_DIV, twice, val_call(CALL_MUL, noise, val_run(RUN_SCALE + 11, AS_REAL), NULL), NULL), val_number(NAN));
}

static void add_product(Loops *k, StmtList *into)
{
    Stmt *p = stmt_new(into, STMT_PRODUCT);
    p->n = 1, p->summed = 2, p->chain = true, p->var = 7;
    p->range[0] = (Range) { 2, 5, NULL }, p->range[1] = (Range) { 5, 6, NULL }, p->range[2] = (Range) { 3, 2, NULL };
    const At a = at_of(0, -21, 3, (Term[]) { { val_var(k, 1), 400, 0 }, { val_var(k, 2), -20, 0 }, { val_var(k, 5), 1, 0 } });
    const At b = at_of(0, 3, 2, (Term[]) { { val_var(k, 5), 1, 0 }, { val_int(6), 400, 0 } });
    p->a = val_load(k, &a), p->b = val_call(CALL_EXP, val_load(k, &b), NULL, NULL);
    Stmt *s = stmt_new(&p->body, STMT_STORE);
    s->at = at_of(0, 0, 1, (Term[]) { { val_call(CALL_INT, val_var(k, 7), NULL, NULL), 0, 0 } });
    s->value = val_var(k, 7), s->beta = val_run(RUN_BETA, AS_INT);
}

static void add_stores(Loops *k, StmtList *into)
{
    static Val tiny = { .kind = VAL_NUMBER, .number = 0.1, .spelled = "1e-1" }, whole = { .kind = VAL_NUMBER, .type = AS_LONG, .number = 5 };
    const At id = at_of(2, 0, 1, (Term[]) { { val_var(k, 1), 8, 0 } });
    Stmt *s = stmt_new(into, STMT_STORE);
    s->at = at_of(3, 2, 2, (Term[]) { { val_load(k, &id), 2, 0 }, { val_call(CALL_IDIV, val_var(k, 1), val_int(3), NULL), 1, 0 } });
    s->value = val_call(CALL_ADD, val_number(-0.0), &tiny, NULL), s->value = s->value->n ? s->value : &tiny;
    s->beta = val_number(1);
    s = stmt_new(into, STMT_STORE);
    s->at = at_of(4, 401, 0, NULL);
    s->value = odd_value(k), s->beta = &whole;
}

static Loops *whole_tree(void)
{
    Loops *k = NEW(Loops);
    k->args = 4;
    add_formals(k), add_variables(k);
    Stmt *u = loop(&k->body, 0, UNITS, 8), *n = loop(&u->body, 1, LANES, 16);
    n->width = 4, n->from = val_call(CALL_MUL, val_var(k, 0), val_int(4), NULL);
    Stmt *z = stmt_new(&n->body, STMT_ZERO);
    z->at = at_of(0, 7, 1, (Term[]) { { val_var(k, 1), 400, 0 } }), z->n = 2;
    z->side[0] = (Side) { 4, 40, 1, 2 }, z->side[1] = (Side) { 3, 1, 0, 0 };
    Stmt *local = stmt_new(&n->body, STMT_LOCAL);
    local->buffer = 4, local->extent = 9;
    Stmt *v = stmt_new(&n->body, STMT_VARIABLE), *d = stmt_new(&n->body, STMT_LET);
    v->var = 6, v->value = val_number(-INFINITY), d->var = 8, d->value = val_var(k, 6);
    Stmt *test = stmt_new(&n->body, STMT_IF), *f = stmt_new(&test->body, STMT_FOLD);
    test->value = bool_of(NEW(Val), 1), f->var = 6, f->fold = FOLD_MIN, f->value = val_var(k, 8);
    add_product(k, &n->body), add_stores(k, &n->body);
    return k;
}

/* ---- changes that loops_same sees ---- */
static Stmt *inner(Loops *k, int i) { return k->body.at[0]->body.at[0]->body.at[i]; }
static Stmt *outer(Loops *k) { return k->body.at[0]; }
static Stmt *lanes(Loops *k) { return k->body.at[0]->body.at[0]; }
static Val *own(const Val **v) { Val *copy = NEW(Val); return *copy = **v, *v = copy, copy; }
static void c_args(Loops *k)      { k->args++; }
static void c_vars(Loops *k)      { loops_var(k, "more", AS_INT); }
static void c_type(Loops *k)      { k->formals.at[3]->type = AS_DOUBLE; }
static void c_half(Loops *k)      { k->formals.at[0]->half = true; }
static void c_count(Loops *k)     { k->formals.at[3]->count++; }
static void c_layout(Loops *k)    { Layout *l = NEW(Layout); *l = image, l->dims[0] = 4; k->formals.at[0]->layout = l; }
static void c_no_layout(Loops *k) { k->formals.at[4]->layout = NULL; }
static void c_table(Loops *k)     { static const double other[] = { 1, -0.25, 0.1, 2e-300 }; k->formals.at[1]->table = other; }
static void c_formals(Loops *k)   { loops_formal(k, k->formals.at[2]); }
static void c_deal(Loops *k)      { outer(k)->deal = SERIAL; }
static void c_width(Loops *k)     { lanes(k)->width = 0; }
static void c_var(Loops *k)       { lanes(k)->var = 5; }
static void c_from(Loops *k)      { lanes(k)->from = val_int(1); }
static void c_to(Loops *k)        { outer(k)->to = val_int(9); }
static void c_fold(Loops *k)      { inner(k, 4)->body.at[0]->fold = FOLD_NONE; }
static void c_sides(Loops *k)     { inner(k, 0)->n = 1; }
static void c_side(Loops *k)      { inner(k, 0)->side[1].extent = 2; }
static void c_stride(Loops *k)    { inner(k, 0)->side[1].stride = 2; }
static void c_before(Loops *k)    { inner(k, 0)->side[0].before = 0; }
static void c_after(Loops *k)     { inner(k, 0)->side[0].after = 0; }
static void c_buffer(Loops *k)    { inner(k, 1)->buffer = 3; }
static void c_extent(Loops *k)    { inner(k, 1)->extent = 8; }
static void c_kind(Loops *k)      { inner(k, 3)->kind = STMT_VARIABLE; }
static void c_summed(Loops *k)    { inner(k, 5)->summed = 1, inner(k, 5)->n = 2; }
static void c_range(Loops *k)     { inner(k, 5)->range[2].extent = 3; }
static void c_chain(Loops *k)     { inner(k, 5)->chain = false; }
static void c_a(Loops *k)         { inner(k, 5)->a = val_var(k, 6); }
static void c_b(Loops *k)         { inner(k, 5)->b = val_var(k, 6); }
static void c_beta(Loops *k)      { inner(k, 6)->beta = NULL; }
static void c_another(Loops *k)   { inner(k, 6)->beta = val_number(2); }
static void c_base(Loops *k)      { inner(k, 6)->at.base++; }
static void c_term(Loops *k)      { inner(k, 6)->at.term[0].stride++; }
static void c_terms(Loops *k)     { inner(k, 6)->at.n--; }
static void c_at(Loops *k)        { inner(k, 7)->at.buffer = 3; }
static void c_number(Loops *k)    { own(&inner(k, 7)->value)->arg[2] = val_number(-NAN); }
static void c_number_type(Loops *k) { own(&inner(k, 7)->beta)->type = AS_INT; }
static void c_operator(Loops *k)  { const Val *c = own(&inner(k, 7)->value)->arg[0]; inner(k, 7)->value = val_call(CALL_OR, c->arg[0], c->arg[1], NULL); }
static void c_run(Loops *k)       { inner(k, 7)->value = val_run(RUN_FROM, AS_INT); }
static void c_body(Loops *k)      { inner(k, 5)->body.n = 0; }
static void c_order(Loops *k)     { StmtList *l = &lanes(k)->body; Stmt *s = l->at[6]; l->at[6] = l->at[7], l->at[7] = s; }

static const struct { const char *name; void (*change)(Loops *k); } changes[] = {
    { "args", c_args }, { "vars", c_vars }, { "type", c_type }, { "half", c_half }, { "count", c_count }, { "layout", c_layout },
    { "no layout", c_no_layout }, { "table", c_table }, { "formals", c_formals }, { "deal", c_deal }, { "width", c_width }, { "var", c_var },
    { "from", c_from }, { "to", c_to }, { "fold", c_fold }, { "sides", c_sides }, { "side", c_side }, { "stride", c_stride },
    { "before", c_before }, { "after", c_after }, { "buffer", c_buffer }, { "extent", c_extent }, { "kind", c_kind }, { "summed", c_summed },
    { "range", c_range }, { "chain", c_chain }, { "a", c_a }, { "b", c_b }, { "beta", c_beta }, { "another beta", c_another },
    { "base", c_base }, { "term", c_term }, { "terms", c_terms }, { "at", c_at }, { "number", c_number }, { "type of a number", c_number_type },
    { "operator", c_operator }, { "run", c_run }, { "body", c_body }, { "order", c_order },
};

static int tests, failures;
static void ok(bool good, const char *what, const char *name)
{
    printf("%sok %d - %s%s\n", good ? "" : "not ", ++tests, what, name);
    failures += !good;
}

static int test_fields(void)
{
    const Loops *k = whole_tree(), *again = parsed(printed(k));
    ok(again && loops_same(k, again), "a tree with something in each field comes back", "");
    ok(again && !strcmp(printed(again), printed(k)), "so does its text", "");
    if (failures) printf("%s\n---\n%s", printed(k), again ? printed(again) : "");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        Loops *other = whole_tree();
        changes[i].change(other);
        again = parsed(printed(other));
        ok(again && loops_same(other, again) && !loops_same(k, again), "another one comes back as another: ", changes[i].name);
        if (again && !loops_same(other, again)) printf("%s---\n%s", printed(other), printed(again));
    }
    printf("1..%d\n", tests);
    return failures > 0;
}

/* ---- damaged text ---- */
static int bad_errors;
static bool survives(const char *s)
{
    const char *error;
    const Loops *k = loops_parse(s, &error);
    if (!k && strncmp(error, "line ", 5)) bad_errors++;
    if (k) printed(k);
    return k != NULL;
}

static int damage(const char *s)
{
    const size_t n = strlen(s);
    int taken = 0, tried = 0;
    for (size_t i = 0; i < n; i++) {
        taken += survives(mem_copy(s, i)), tried++;
        taken += survives(text("%.*s%s", (int)i, s, s + i + 1)), tried++;
        for (const char *c = "(.[9:,-= \nx"; *c; c++) taken += survives(text("%.*s%c%s", (int)i, s, *c, s + i + 1)), tried++;
    }
    printf("%d of %d taken, %d errors without a line\n", taken, tried, bad_errors);
    return bad_errors > 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "fields")) return test_fields();
    const char *s = argc == 3 ? file_text(argv[2]) : NULL, *error;
    if (!s) return 2;
    if (!strcmp(argv[1], "damage")) return damage(s);
    Loops *k = loops_parse(s, &error);
    if (!k) return fprintf(stderr, "%s\n", error), 1;
    if (!strcmp(argv[1], "tidy")) loops_tidy(k), loops_inline(k), loops_number(k);
    if (!strcmp(argv[1], "verify")) loops_verify(k, argv[2]);
    else fputs(printed(k), stdout);
    return 0;
}
