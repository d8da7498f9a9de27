/* sources.c -- weights from files with names of their own: those of a rule, and those of a naming
   such as gpt2, which --key names. A naming takes every tensor of a file. So a model with fewer
   layers than the file is an error. */
#include "weights.h"

/* ---- names ---- */
static bool gg_begins_with(const char *s, const char *head)
{
    return !strncmp(s, head, strlen(head));
}

/* The tensor of that key; files may leave out the naming's prefix. */
static const Entry *gg_named(const Archive *a, const Naming *of, const char *key)
{
    const Entry *e = gg_archive_find(a, key);
    return e || !of || !gg_begins_with(key, of->prefix)
               ? e
               : gg_archive_find(a, key + strlen(of->prefix));
}

/* A model may have a head of its own where the file's is the table. */
static const Entry *gg_source_entry(const Archive *a, const Source *s, const Naming *of)
{
    const Entry *e = gg_named(a, of, s->key);
    return e || !of || strcmp(s->key, of->head) ? e : gg_named(a, of, of->tied);
}

static _Noreturn void gg_missing_named(const Archive *a, const Source *s, const Naming *of,
                                       const Tensor *t)
{
    char name[GG_NAME], ours[GG_NAME];
    gg_fail(GG_DATA,
            "%s: it lacks %s, which key %s says for %s of the model: it has %ld tensors, beginning "
            "with %s",
            a->path, gg_printable(name, s->key), of->name, gg_printable(ours, t->name), a->entries,
            a->entries ? a->entry[0].name : "none");
}

/* ---- what a file has besides ---- */
static bool gg_is_buffer(const Naming *of, const char *name)
{
    for (const char *const *end = of->buffers; *end; end++)
        if (gg_ends(name, *end)) return true;
    return false;
}

static bool gg_equal_entries(const Archive *a, const Entry *x, const Entry *y)
{
    real one[GG_CHUNK], two[GG_CHUNK];
    int64_t count = 1;
    for (int i = 0; i < x->rank; i++)
        if (x->rank != y->rank || x->dim[i] != y->dim[i]) return false;
        else count *= x->dim[i];
    for (int64_t at = 0; at < count; at += GG_CHUNK) {
        const long n = count - at < GG_CHUNK ? (long)(count - at) : GG_CHUNK;
        gg_read_chunk(a, x, at, n, one), gg_read_chunk(a, y, at, n, two);
        for (long i = 0; i < n; i++)
            if (!(one[i] >= two[i] && one[i] <= two[i])) return false;
    }
    return true;
}

/* A head that no parameter is has to be the table. */
static bool gg_is_tied(const Archive *a, const Naming *of, const Entry *e)
{
    const Entry *table = gg_named(a, of, of->tied);
    if (strcmp(e->name, of->head) || !table) return false;
    if (gg_equal_entries(a, e, table)) return true;
    gg_fail(GG_DATA,
            "%s: %s differs from %s, and the model's head is that table: give it a head of its "
            "own, lm_head = nn.Linear(%lld, { bias = false })",
            a->path, of->head, table->name, (long long)e->dim[0]);
}

static bool gg_has_source(const Archive *a, const Source *at, int n, const Naming *of,
                          const Entry *e)
{
    for (int i = 0; i < n; i++)
        if (gg_source_entry(a, &at[i], of) == e) return true;
    return false;
}

static void gg_check_unused(const Archive *a, const Source *at, int n, const Naming *of)
{
    const Entry *first = NULL;
    char name[GG_NAME];
    long more = -1;
    for (const Entry *e = a->entry; e < a->entry + a->entries; e++) {
        if (gg_has_source(a, at, n, of, e) || gg_is_buffer(of, e->name) || gg_is_tied(a, of, e))
            continue;
        if (!first) first = e;
        more++;
    }
    if (!first) return;
    gg_fail(
        GG_DATA,
        "%s: the model has no parameter for %s%s: key %s takes whole files: give the model these "
        "layers, or load it by a rule whose key is a function",
        a->path, gg_printable(name, first->name), more ? " and others" : "", of->name);
}

/* ---- loading ---- */
/* Loads those sources of the file, or all where that is NULL; of: the naming of those that state
   none. It looks up every tensor before it reads the first, so a wrong file changes nothing. */
static void gg_take(const Archive *a, const Model *m, const Source *at, int n, const char *file,
                    const Naming *of)
{
    const Naming *whole = of;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < n; i++) {
            const Source *s = &at[i];
            const Tensor *t = &m->tensors[s->tensor];
            const Naming *names = s->of ? s->of : of;
            if (file && strcmp(s->file, file)) continue;
            const Entry *e = gg_source_entry(a, s, names);
            if (!e && names) gg_missing_named(a, s, names, t);
            if (!e) gg_missing(a, s->key, t, s);
            if (pass) gg_read_entry(a, e, t, s, gg_array(m, 0));
            else gg_check_entry(a, e, t, s);
            if (names) whole = names;
        }
        if (whole && !pass) gg_check_unused(a, at, n, whole);
    }
}

void gg_load_sources(Run *r)
{
    const Model *m = &r->p->model;
    Archive *a = &r->model.archive;
    for (int i = 0; i < m->nsources; i++) {
        const Source *s = &m->sources[i];
        bool again = false;
        for (int k = 0; k < i && !again; k++) again = !strcmp(s->file, m->sources[k].file);
        if (again) continue;
        gg_archive_close(a);
        if (!gg_archive_open(a, s->file))
            gg_fail(GG_DATA, "%s: no such file: a rule of the model loads %s from it", s->file,
                    m->tensors[s->tensor].name);
        gg_take(a, m, m->sources, m->nsources, s->file, NULL);
    }
    gg_archive_close(a);
}

/* A checkpoint of gagen has the model's own names. */
const Naming *gg_names_of(const Run *r, const Archive *a)
{
    const char *format = gg_archive_meta(a, "format");
    const bool own = format && gg_begins_with(format, "gagen ");
    return own || !r->o.key ? NULL : gg_naming(&r->p->model, r->o.key);
}

void gg_load_named(const Archive *a, const Model *m, const Naming *of)
{
    gg_take(a, m, of->sources, of->nsources, NULL, of);
}
