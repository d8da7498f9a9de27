/* launch.c -- a function on the device: what it sees of memory, its indices, the line that enqueues it. */
#include <limits.h>
#include <string.h>
#include "back/cuda/emit_cuda.h"

/* ---- words in a text -------------------------------------------------------------------------------------------- */
static bool in_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool speaks_of(const char *body, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = strstr(body, name); at; at = strstr(at + 1, name))
        if ((at == body || (!in_word(at[-1]) && at[-1] != '.' && at[-1] != '>')) && !in_word(at[n])) return true;
    return false;
}

static void add_view(Text *t, const char *body, const char *name, const char *line)
{
    if (speaks_of(body, name)) text_add(t, "%s\n", line);
}

char *cuda_views(const char *body)
{
    Text t = { 0 };
    const Whole *o = S->all;
    text_put(&t, "", 0);
    const char *scalars = body_scalars(speaks_of, body);
    const bool m = speaks_of(body, "m") || speaks_of(scalars, "m");
    if (m || speaks_of(body, "w") || speaks_of(scalars, "w")) text_add(&t, "const Window &w = dev->w;\n");
    if (m) text_add(&t, "const Micro here = gg_micro(w, %ld), *m = &here;\n", S->g->train.micro_batch);
    add_view(&t, body, "p", "auto &p = dev->p;");
    add_view(&t, body, "g", "auto &g = dev->g;");
    for (int i = 0; i < o->nstates; i++)
        add_view(&t, body, text("s_%s", o->state[i]), text("auto &s_%s = dev->s_%s;", o->state[i], o->state[i]));
    add_view(&t, body, "packed", "auto &packed = dev->packed;");
    add_view(&t, body, "data", "const auto &data = dev->data;");
    add_view(&t, body, "arena", "auto &arena = dev->arena;");
    add_view(&t, body, "sums", "auto &sums = dev->sums;");
    text_add(&t, "%s", scalars);
    return t.s;
}

/* ---- launches --------------------------------------------------------------------------------------------------- */
static char *grid_text(const long blocks[3])
{
    if (blocks[1] <= 1 && blocks[2] <= 1) return text("%ld", blocks[0]);
    return text("dim3(%ld, %ld, %ld)", blocks[0], blocks[1] ? blocks[1] : 1, blocks[2] ? blocks[2] : 1);
}

/* The first of a parameter's contributions stores in the window's first micro-step; all others add. */
const char *cuda_beta(void) { return k->first_write ? "beta" : "1"; }

void cuda_launch(Cuda *out, const Launch *l)
{
    Env *e = env_new(0);
    env_flag(e, "alone", !out->shared);
    env_set(e, "title", "%s", l->title);
    env_set(e, "loc", "%s", k->out->loc.file ? text("%s:%d", c_comment(k->out->loc.file), k->out->loc.line) : "");
    env_set(e, "threads", "%d", l->threads);
    env_set(e, "ident", "%s", l->function);
    env_set(e, "parameter", "%s", l->beta ? ", int beta" : "");
    env_set(e, "views", "%s", cuda_views(l->body));
    env_set(e, "body", "%s", l->body);
    text_add(&out->functions, "%s\n", template_render("cuda/kernel.cu", e));
    if (out->shared) return;
    text_add(&out->launch, "GG_LAUNCH(%s, %s, %d, 0, gg_stream, device%s);\n", l->function, grid_text(l->blocks), l->threads,
             l->beta ? text(", %s", cuda_beta()) : "");
}

void cuda_launch_flat(Cuda *out, const char *body, int threads, long blocks)
{
    const Launch l = { k->ident, kernel_title(), body, threads, { blocks }, kernel_has_beta(S, k) };
    cuda_launch(out, &l);
}

/* An index that counts so far: narrow, or long where an int would not do. */
void set_index(Env *e, const char *name, const char *narrow, long count)
{
    const bool wide = count > INT_MAX - 1024;
    env_set(e, name, "%s", wide ? "long" : narrow);
    env_set(e, "suffix", wide ? "L" : "u");
}

long blocks_of(long count, long each) { return (count + each - 1) / each; }

char *cuda_row(void) { return text("const long at = dev->row[m->from + n];\n"); }

/* ---- loops from one index --------------------------------------------------------------------------------------- */
long loop_count(const Scope *s, unsigned which)
{
    long n = 1;
    for (int i = 0; i < s->n; i++)
        if (which >> i & 1) n *= old_loop_length(s, i);
    return n;
}

static bool outermost(unsigned which, int i) { return !(which & ((1u << i) - 1)); }

char *decode(const Scope *s, unsigned which, const char *index, const char *body)
{
    Text t = { 0 };
    long place = 1;
    text_put(&t, "", 0);
    for (int i = s->n; i-- > 0; ) {
        if (!(which >> i & 1)) continue;
        const long extent = old_loop_length(s, i);
        const char *v = s->loop[i].var;
        char *e = place == 1 ? text("%s", index) : text("%s / %ld", index, place);
        if (!outermost(which, i)) e = text("%s %% %ld", e, extent);
        if (speaks_of(body, v) && strcmp(v, index)) text_add(&t, "%s%s = %s", t.n ? ", " : "const int ", v, e);
        place *= extent;
    }
    if (t.n) text_add(&t, ";\n");
    return t.s;
}

/* Where one loop is all there is, its own variable runs; else an index that is taken apart. */
static const char *runner(const Scope *s, unsigned which)
{
    for (int i = 0; i < s->n; i++)
        if (which == 1u << i) return s->loop[i].var;
    return "f";
}

void set_terms(Env *e, const Scope *s, unsigned which, const char *body)
{
    const char *f = runner(s, which), *apart = decode(s, which, f, body);
    const bool brace = *apart || several_lines(body);
    env_set(e, "f", "%s", f);
    set_index(e, "f_type", "int", loop_count(s, which));
    env_set(e, "decode_term", "%s", apart);
    env_set(e, "brace", "%s", brace ? " {" : "");
    env_set(e, "close", "%s", brace ? "}" : "");
    env_set(e, "inner", "%s", body);
}

/* ---- maps ------------------------------------------------------------------------------------------------------- */
char *flat_text(const Cuda *out, const Scope *s, const char *inner, bool reads)
{
    Env *e = env_new(0);
    const unsigned all = (1u << s->n) - 1;
    const char *body = text("%s%s", reads ? cuda_row() : "", inner);
    env_flag(e, "alone", !out->shared);
    env_set(e, "threads", "%d", out->shared ? BLOCK_THREADS : THREADS);
    env_set(e, "count", "%ld", loop_count(s, all));
    set_index(e, "id_type", "unsigned", loop_count(s, all));
    env_set(e, "decode", "%s", decode(s, all, "id", body));
    env_set(e, "inner", "%s", body);
    return template_render("cuda/map.cu", e);
}

char *map_over(const Cuda *out, const Layout *l, const Shape *domain, Node *const *at, int n, Node *first, const char *value)
{
    Nest x;
    loops_of(&x, l, domain);
    Body *b = body_new(S, k);
    b->scope = x.scope;
    if (first) {
        Address to = old_address_of(&x.scope, l, domain);
        body_define(b, first, expr_variable(address_text(&to, l, value)), true);
    }
    body_maps(b, at, n, 0, 0);
    return flat_text(out, &x.scope, body_statements(b), b->reads_data);
}
