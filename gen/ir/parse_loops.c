/* parse_loops.c -- reads the text of a kernel's loops; print_loops.c has the rules of that text.
   The first error ends it. */
#include <ctype.h>
#include <string.h>
#include "ir/loops_text.h"

enum { DIMS = sizeof((Layout *)0)->dims / sizeof(long) };

/* ---- statements ---- */
static void parse_for(Parser *p, Stmt *s)
{
    if (take(p, "(")) s->width = (int)take_long(p), want(p, ")");
    const Name name = take_name(p);
    const ValType type = take_type(p, AS_INT);
    s->from = val_int(0);
    s->to = parse_operators(p, 4);
    if (take(p, "..")) s->from = s->to, s->to = parse_operators(p, 4);
    s->var = define_var(p, name, type);
}

static void parse_definition(Parser *p, Stmt *s)
{
    const Name name = take_name(p);
    const char *from = p->s;
    const ValType type = take_type(p, AS_REAL);
    const bool given = p->s > from;
    want(p, "=");
    s->value = parse_val(p);
    s->var = define_var(p, name, given ? type : s->value->type);
}

static void parse_zero(Parser *p, Stmt *s)
{
    s->at = parse_at(p, take_name(p));
    if (!take(p, "box")) return;
    do {
        if (s->n == (int)(sizeof s->side / sizeof *s->side)) {
            wrong(p, "a box has too many sides");
            return;
        }
        Side *x = &s->side[s->n++];
        x->extent = take_long(p);
        x->stride = take(p, ":") ? take_long(p) : -1;
        if (take(p, "("))
            x->before = take_long(p), want(p, ","), x->after = take_long(p), want(p, ")");
    } while (!p->error && take(p, ","));
    for (int i = 0; i < s->n && !p->error; i++)
        if (s->side[i].stride < 0)
            s->side[i].stride = side_stride(p->k->formals.at[s->at.buffer], i, s->n);
}

/* "n 32, j 64 : i 784  v = x[n][i] * w[i][j]": a range has a number after its name. */
static void parse_product(Parser *p, Stmt *s)
{
    s->chain = take(p, "chain");
    bool summed = false;
    for (int n = 0; !p->error; n++) {
        if (take(p, ":")) summed = true;
        const char *from = p->s;
        const Name name = take_name(p);
        const ValType type = take_type(p, AS_INT);
        skip_spaces(p);
        if (!isdigit((unsigned char)*p->s)) {
            p->s = from;
            break;
        }
        if (n == (int)(sizeof s->range / sizeof *s->range)) {
            wrong(p, "a product has too many ranges");
            return;
        }
        s->range[n].extent = take_long(p);
        s->range[n].var = define_var(p, name, type);
        if (summed) s->summed++;
        else s->n++;
        take(p, ",");
    }
    const Name name = take_name(p);
    const ValType type = take_type(p, AS_REAL);
    want(p, "="), s->a = parse_unary(p);
    want(p, "*"), s->b = parse_unary(p);
    s->var = define_var(p, name, type);
}

static void parse_store(Parser *p, Stmt *s, Name name)
{
    s->kind = STMT_STORE;
    s->at = parse_at(p, name);
    if (take(p, "by_beta")) s->beta = val_run(RUN_BETA, AS_INT);
    else if (take(p, "add")) s->beta = val_int(1);
    else if (take(p, "beta")) want(p, "("), s->beta = parse_val(p), want(p, ")");
    else want(p, "=");
    s->value = parse_val(p);
}

static void parse_fold(Parser *p, Stmt *s, Name name)
{
    s->kind = STMT_FOLD;
    s->var = find_var(p, name);
    while (fold_signs[s->fold] && !take(p, text("%s=", fold_signs[s->fold]))) s->fold++;
    if (!fold_signs[s->fold]) s->fold = FOLD_NONE, unexpected(p);
    s->value = parse_val(p);
}

static void parse_local(Parser *p, Stmt *s)
{
    s->buffer = find_buffer(p, take_name(p));
    s->extent = take_long(p);
}

static void parse_if(Parser *p, Stmt *s) { s->value = parse_val(p); }

static const struct {
    const char *word;
    StmtKind kind;
    Deal deal;
    void (*parse)(Parser *p, Stmt *s);
} heads[] = {
    { "for", STMT_FOR, SERIAL, parse_for },
    { "units", STMT_FOR, UNITS, parse_for },
    { "lanes", STMT_FOR, LANES, parse_for },
    { "shares", STMT_FOR, SHARES, parse_for },
    { "if", STMT_IF, SERIAL, parse_if },
    { "let", STMT_LET, SERIAL, parse_definition },
    { "variable", STMT_VARIABLE, SERIAL, parse_definition },
    { "zero", STMT_ZERO, SERIAL, parse_zero },
    { "product", STMT_PRODUCT, SERIAL, parse_product },
    { "local", STMT_LOCAL, SERIAL, parse_local },
};

static Stmt *parse_head(Parser *p, StmtList *into)
{
    Stmt *s = stmt_new(into, STMT_FOR);
    const Name name = take_name(p);
    for (size_t i = 0; i < sizeof heads / sizeof *heads && *p->s != '[' && !p->error; i++)
        if (!strcmp(heads[i].word, name.text)) {
            s->kind = heads[i].kind, s->deal = heads[i].deal;
            heads[i].parse(p, s);
            return s;
        }
    if (p->error) return s;
    if (*p->s == '[') parse_store(p, s, name);
    else parse_fold(p, s, name);
    return s;
}

static void end_line(Parser *p)
{
    skip_spaces(p);
    if (*p->s == '\n') p->s++, p->line++;
    else if (*p->s) unexpected(p);
}

static void parse_block(Parser *p, StmtList *into, int outer);

/* Statements to the end of the line. A loop among them has the rest of the line as its body, or the
   lines that are deeper. */
static void parse_line(Parser *p, StmtList *into, int indent)
{
    if (++p->depth > DEEPEST) wrong(p, "it is nested too deeply");
    do {
        const int known = p->seen.n;
        const Stmt *s = parse_head(p, into);
        if (p->error) return;
        if (s->kind != STMT_FOR && s->kind != STMT_IF && s->kind != STMT_PRODUCT) continue;
        StmtList *body = &into->at[into->n - 1]->body;
        if (take(p, ",") || take(p, ":")) parse_line(p, body, indent);
        else end_line(p), parse_block(p, body, indent);
        p->seen.n = known, p->depth--;
        return;
    } while (take(p, ";"));
    end_line(p);
    p->depth--;
}

static int indentation(Parser *p)
{
    while (p->s[strspn(p->s, " ")] == '\n') p->s += strspn(p->s, " ") + 1, p->line++;
    return (int)strspn(p->s, " ");
}

/* The lines that are deeper than `outer`, all alike. */
static void parse_block(Parser *p, StmtList *into, int outer)
{
    const int mine = indentation(p), known = p->seen.n;
    for (int here = mine; !p->error && here > outer && p->s[here]; here = indentation(p)) {
        if (here != mine) {
            wrong(p, "its indentation is no block's");
            return;
        }
        p->s += here;
        parse_line(p, into, mine);
    }
    p->seen.n = known;
}

/* ---- the header ---- */
static void parse_dims(Parser *p, Formal *f)
{
    Layout *l = NEW(Layout);
    l->size = 1;
    for (bool none = take(p, "[]"); !none && !p->error && take(p, "[");) {
        const long extent = take_long(p);
        if (l->ndims == DIMS || extent < 1 || __builtin_mul_overflow(l->size, extent, &l->size) ||
            l->size > 1L << 40) {
            wrong(p, "a buffer is too large");
            return;
        }
        l->dims[l->ndims++] = extent;
        want(p, "]");
    }
    for (long d = l->ndims, stride = 1; d-- > 0; stride *= l->dims[d]) l->strides[d] = stride;
    l->size = (l->size + ALIGN - 1) / ALIGN * ALIGN;
    f->layout = l;
}

static void parse_table(Parser *p, Formal *f)
{
    double *table = NULL;
    long room = 0;
    do {
        skip_spaces(p);
        if (f->count == room) {
            double *more = NEW_ARRAY(double, room = 2 * room + 16);
            if (table) memcpy(more, table, sizeof *table * (size_t)f->count);
            table = more;
        }
        table[f->count++] =
            at_number(p->s) ? parse_number(p)->number : wrong(p, "a number expected")->number;
    } while (!p->error && take(p, ","));
    f->table = table;
}

static void parse_formal(Parser *p)
{
    Formal f = { .wish = take_name(p).text };
    want(p, ":"), skip_spaces(p);
    const int type = word_index(val_types, take_word(p));
    if (type < 0) wrong(p, "a type expected");
    f.type = (ValType)type;
    f.half = take(p, "half");
    skip_spaces(p);
    if (*p->s == '[') parse_dims(p, &f);
    if (take(p, "count")) f.count = take_long(p);
    if (take(p, "table")) f.count = 0, parse_table(p, &f);
    if (!p->error) loops_formal(p->k, &f);
}

static void parse_unused(Parser *p)
{
    const Name name = take_name(p);
    const ValType type = take_type(p, AS_INT);
    if (name.number < 0) wrong(p, "a variable's number expected");
    else declare_var(p, name, name.number, type);
}

static void parse_header(Parser *p)
{
    while (!p->error && indentation(p) == 0) {
        if (take(p, "args")) p->k->args = (int)take_long(p);
        else if (take(p, "buffer")) parse_formal(p);
        else if (take(p, "unused")) parse_unused(p);
        else break;
        end_line(p);
    }
}

Loops *loops_parse(const char *s, const char **error)
{
    Loops *k = NEW(Loops);
    Parser p = { s, 1, 0, NULL, k, { k, NULL, 0, 0, -1 } };
    parse_header(&p);
    if (!p.error) parse_block(&p, &k->body, -1);
    for (int i = 0; i < k->vars.n && !p.error; i++)
        if (!k->vars.at[i]) wrong(&p, text("there is no variable .%d", i));
    if (!p.error) loops_touch(k);
    *error = p.error;
    return p.error ? NULL : k;
}
