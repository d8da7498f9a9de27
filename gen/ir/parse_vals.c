/* parse_vals.c -- reads names, values and elements in the text of a kernel's loops. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "ir/loops_text.h"

enum { MOST_VARS = 1 << 16, DIMS = sizeof((Layout *)0)->dims / sizeof(long) };

/* ---- characters ---- */
const Val *wrong(Parser *p, const char *message)
{
    if (!p->error) p->error = text("line %d: %s", p->line, message);
    return val_int(0);
}

void skip_spaces(Parser *p)
{
    while (*p->s == ' ') p->s++;
}

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static bool has_number(const char *s) { return s[0] == '.' && isdigit((unsigned char)s[1]); }

/* A word ends where no letter, digit or number of a variable follows. */
bool take(Parser *p, const char *token)
{
    skip_spaces(p);
    const size_t n = strlen(token);
    if (strncmp(p->s, token, n) ||
        (in_word(token[n - 1]) && (in_word(p->s[n]) || has_number(p->s + n))))
        return false;
    p->s += n;
    return true;
}

static char *here(const Parser *p)
{
    const size_t n = strcspn(p->s, "\n");
    return n ? text("'%.*s'", n < 12 ? (int)n : 12, p->s) : "the end of the line";
}

const Val *unexpected(Parser *p) { return wrong(p, text("unexpected %s", here(p))); }

void want(Parser *p, const char *token)
{
    if (!take(p, token)) wrong(p, text("'%s' expected before %s", token, here(p)));
}

char *take_word(Parser *p)
{
    const char *from = p->s;
    while (in_word(*p->s)) p->s++;
    return mem_copy(from, (size_t)(p->s - from));
}

/* "j", "j.7", ".7" */
Name take_name(Parser *p)
{
    skip_spaces(p);
    const char *from = p->s;
    if (isdigit((unsigned char)*p->s)) return wrong(p, "a name expected"), (Name) { "", NULL, -1 };
    Name name = { NULL, take_word(p), -1 };
    if (has_number(p->s)) {
        const long number = strtol(p->s + 1, NULL, 10);
        p->s++, take_word(p);
        name.number = number < MOST_VARS ? (int)number : MOST_VARS;
    }
    if (p->s == from) unexpected(p);
    if (!*name.wish) name.wish = NULL;
    name.text = mem_copy(from, (size_t)(p->s - from));
    return name;
}

int word_index(const char *const *list, const char *word)
{
    for (int i = 0; list[i]; i++)
        if (!strcmp(list[i], word)) return i;
    return -1;
}

/* ":double", with no space before the type; else `otherwise` */
ValType take_type(Parser *p, ValType otherwise)
{
    const char *from = p->s;
    if (*p->s != ':' || !isalpha((unsigned char)p->s[1])) return otherwise;
    p->s++;
    const int type = word_index(val_types, take_word(p));
    if (type < 0) p->s = from;
    return type < 0 ? otherwise : (ValType)type;
}

long take_long(Parser *p)
{
    skip_spaces(p);
    char *end;
    const long x = strtol(p->s, &end, 10);
    if (end == p->s || labs(x) > 1L << 40) return wrong(p, "a whole number expected"), 0;
    p->s = end;
    return x;
}

/* ---- variables ---- */
void declare_var(Parser *p, Name name, int var, ValType type)
{
    if (var >= MOST_VARS) {
        wrong(p, "a variable's number is too large");
        return;
    }
    while (p->k->vars.n <= var) vec_push(&p->k->vars, NULL);
    if (p->k->vars.at[var]) return;
    p->k->vars.at[var] = variable_new(name.wish, type, var);
}

int define_var(Parser *p, Name name, ValType type)
{
    const int var = name.number >= 0 ? name.number : p->seen.last + 1;
    declare_var(p, name, var, type);
    if (!p->error) seen_add(&p->seen, var);
    return var;
}

int find_var(Parser *p, Name name)
{
    const int var = name.number >= 0 ? name.number
                    : name.wish      ? seen_find(&p->seen, name.wish)
                                     : -1;
    if (var >= 0 && var < p->k->vars.n && p->k->vars.at[var]) return var;
    wrong(p, text("there is no variable '%s'", name.text));
    return -1;
}

int find_buffer(Parser *p, Name name)
{
    for (int i = 0; i < p->k->formals.n; i++)
        if (!strcmp(p->k->formals.at[i]->wish, name.text)) return i;
    wrong(p, text("there is no buffer '%s'", name.text));
    return -1;
}

/* ---- values ---- */
const Val *parse_val(Parser *p) { return parse_operators(p, 1); }

static const Val *number_of(Parser *p, const char *digits, bool whole)
{
    Val *v = NEW(Val);
    *v = (Val) { .kind = VAL_NUMBER, .number = strtod(digits, NULL) };
    v->type = take_type(p, whole ? AS_INT : AS_REAL);
    v->spelled = !whole && strcmp(real_text(v->number), digits) ? digits : NULL;
    return v;
}

/* A point belongs to the number if no second one follows: "0..5" is a range. */
const Val *parse_number(Parser *p)
{
    const char *from = p->s;
    p->s += *p->s == '-';
    if (isalpha((unsigned char)*p->s))
        return take_word(p), number_of(p, mem_copy(from, (size_t)(p->s - from)), false);
    const char *first = p->s;
    while (isdigit((unsigned char)*p->s) || (*p->s == '.' && p->s[1] != '.')) p->s++;
    if (*p->s == 'e') {
        p->s += p->s[1] == '-' || p->s[1] == '+' ? 2 : 1;
        while (isdigit((unsigned char)*p->s)) p->s++;
    }
    const bool whole = strspn(first, "0123456789") >= (size_t)(p->s - first);
    char *digits = mem_copy(from, (size_t)(p->s - from)), *end;
    strtod(digits, &end);
    if (*end || in_word(*p->s)) return wrong(p, text("'%s' is not a number", digits));
    return number_of(p, digits, whole);
}

bool at_number(const char *s)
{
    s += *s == '-';
    return isdigit((unsigned char)*s) ||
           ((!strncmp(s, "inf", 3) || !strncmp(s, "nan", 3)) && !in_word(s[3]) && s[3] != '.');
}

static const Val *parse_run(Parser *p, const char *word)
{
    for (int i = 0; i < RUN_NAMES; i++) {
        const RunName *r = &run_names[i];
        const size_t n = strlen(r->name);
        if (strncmp(word, r->name, n) ||
            (r->id < RUN_SCALE ? word[n] != 0
                               : !word[n] || word[n + strspn(word + n, "0123456789")]))
            continue;
        const long more = r->id < RUN_SCALE ? 0 : strtol(word + n, NULL, 10);
        if (more >= RUN_ARG - RUN_SCALE) return wrong(p, text("'%s' has too large a number", word));
        return val_run(r->id + (int)more, take_type(p, r->type));
    }
    return NULL;
}

static const Val *parse_call(Parser *p, const char *word)
{
    const Call call = call_named(word);
    if (call == CALL_NONE) return wrong(p, text("there is no function '%s'", word));
    const Val *arg[3] = { NULL };
    const int n = call_arguments(call);
    for (int i = 0; i < n && !p->error; i++) {
        if (i) want(p, ",");
        arg[i] = parse_val(p);
    }
    want(p, ")");
    return p->error ? val_int(0) : val_call(call, arg[0], arg[1], arg[2]);
}

static const Val *parse_atom(Parser *p)
{
    skip_spaces(p);
    if (at_number(p->s) && *p->s != '-') return parse_number(p);
    if (take(p, "(")) {
        const Val *v = parse_val(p);
        want(p, ")");
        return v;
    }
    const Name name = take_name(p);
    if (p->error) return val_int(0);
    if (*p->s == '[') {
        const At at = parse_at(p, name);
        return p->error ? val_int(0) : val_load(p->k, &at);
    }
    if (name.number < 0 && *p->s == '(') return p->s++, parse_call(p, name.wish);
    const Val *run = name.number < 0 ? parse_run(p, name.wish) : NULL;
    if (run) return run;
    const int var = find_var(p, name);
    return p->error ? val_int(0) : val_var(p->k, var);
}

const Val *parse_unary(Parser *p)
{
    skip_spaces(p);
    if (++p->depth > DEEPEST) return wrong(p, "it is nested too deeply");
    const bool minus = *p->s == '-' && !at_number(p->s);
    p->s += minus;
    const Val *v = minus ? parse_unary(p) : *p->s == '-' ? parse_number(p) : parse_atom(p);
    p->depth--;
    return minus && !p->error ? val_call(CALL_NEG, v, NULL, NULL) : v;
}

/* The longest operator at this position: "<=" rather than "<"; CALL_NONE: none. */
static Call operator_here(const Parser *p)
{
    Call best = CALL_NONE;
    for (int i = 1; i < CALLS; i++) {
        const char *sign = call_name((Call)i);
        const size_t n = strlen(sign);
        if (call_precedence(i) > 5 || strncmp(p->s, sign, n) ||
            (in_word(*sign) && in_word(p->s[n])))
            continue;
        if (best == CALL_NONE || n > strlen(call_name(best))) best = (Call)i;
    }
    return best;
}

const Val *parse_operators(Parser *p, int level)
{
    if (level > 5) return parse_unary(p);
    const Val *v = parse_operators(p, level + 1);
    while (!p->error) {
        skip_spaces(p);
        const Call call = operator_here(p);
        if (call == CALL_NONE || call_precedence(call) != level) break;
        p->s += strlen(call_name(call));
        const Val *right = parse_operators(p, level + 1);
        if (!p->error) v = val_call(call, v, right, NULL);
    }
    return v;
}

/* ---- elements ---- */
/* "4*q": a stride and an index; a number alone is added to the base. */
static void parse_term(Parser *p, At *at, long *base, bool minus)
{
    skip_spaces(p);
    long by = 1;
    const bool number = isdigit((unsigned char)*p->s);
    if (number) by = take_long(p);
    if (minus) by = -by;
    if (number && !take(p, "*")) {
        *base += by;
        return;
    }
    if (at->n == TERMS) {
        wrong(p, "an element has too many terms");
        return;
    }
    const Val *index = number ? parse_unary(p) : parse_operators(p, 5);
    at->term[at->n++] = (Term) { index, by, 0 };
}

/* In "[2*r - 1]" the first term may have a minus, too. */
static void parse_index(Parser *p, At *at, long *base)
{
    want(p, "[");
    bool minus = take(p, "-");
    do {
        parse_term(p, at, base, minus);
        minus = take(p, "-");
    } while (!p->error && (minus || take(p, "+")));
    want(p, "]");
}

/* Each index counts in units of its dimension's stride; a single index counts elements. */
At parse_at(Parser *p, Name name)
{
    At at = { .buffer = find_buffer(p, name) };
    long base[DIMS] = { 0 };
    int n = 0, end[DIMS];
    for (; *p->s == '[' && n < DIMS && !p->error; n++) parse_index(p, &at, &base[n]), end[n] = at.n;
    if (p->error) return at;
    const Layout *l = p->k->formals.at[at.buffer]->layout;
    if (n == 0 || *p->s == '[' || (n > 1 && (!l || l->ndims != n)))
        return wrong(p, text("'%s' has not %d dimensions", name.text, n)), at;
    for (int d = 0, i = 0; d < n; d++) {
        const long unit = n > 1 ? l->strides[d] : 1;
        long far = 0;
        bool large = __builtin_mul_overflow(base[d], unit, &far) ||
                     __builtin_add_overflow(at.base, far, &at.base);
        for (; i < end[d]; i++)
            large |= __builtin_mul_overflow(at.term[i].stride, unit, &at.term[i].stride);
        if (large) wrong(p, "an index is too large");
    }
    return at;
}
