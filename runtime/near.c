/* near.c -- finds the tensor of a file that may be the missing one, and the rule of the model that
   loads it.

   Other programs put other words before a path (module. _orig_mod. model.), number layers
   otherwise, or call weights kernels. */
#include "archive.h"

const char *gg_printable(char out[GG_NAME], const char *name)
{
    const size_t n = strlen(name);
    snprintf(out, GG_NAME, n < GG_NAME ? "%s" : "%.70s...", name);
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127) *at = '?';
    return out;
}

const char *gg_shape_text(char out[GG_SHAPE], const int64_t *dim, int rank)
{
    int n = snprintf(out, GG_SHAPE, "[");
    for (int i = 0; i < rank && i < GG_RANK; i++)
        n += snprintf(out + n, 24, i ? ", %lld" : "%lld", (long long)dim[i]);
    snprintf(out + n, 8, rank > GG_RANK ? " ...]" : "]");
    return out;
}

/* ---- names ---- */
static bool gg_parts_here(const char *name, size_t at)
{
    return at == 0 || name[at - 1] == '.' || name[at - 1] == '/';
}

/* The length of the longest common tail of whole parts. */
static size_t gg_tail(const char *a, const char *b)
{
    size_t best = 0;
    for (size_t n = strlen(a), m = strlen(b), i = 1; i <= n && i <= m && a[n - i] == b[m - i]; i++)
        if (gg_parts_here(a, n - i) && gg_parts_here(b, m - i)) best = i;
    return best;
}

static const char *gg_last_part(const char *name)
{
    size_t at = strlen(name);
    while (!gg_parts_here(name, at)) at--;
    return name + at;
}

bool gg_is_kernel(const char *name) { return !strcmp(gg_last_part(name), "kernel"); }

/* Other words for the last part: flax's, Keras's and TensorFlow's. */
static bool gg_synonyms(const char *ours, const char *theirs)
{
    static const char *const words[][2] = { { "weight", "kernel" },
                                            { "weight", "scale" },
                                            { "weight", "gamma" },
                                            { "weight", "embedding" },
                                            { "bias", "beta" },
                                            { "running_mean", "mean" },
                                            { "running_mean", "moving_mean" },
                                            { "running_var", "var" },
                                            { "running_var", "moving_variance" } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i][0], gg_last_part(ours)) && !strcmp(words[i][1], gg_last_part(theirs)))
            return true;
    return false;
}

/* ---- which entry ---- */
static bool gg_same_shape(const Entry *e, const Tensor *t)
{
    bool same = e->rank == t->rank;
    for (int i = 0; i < t->rank && same; i++) same = e->dim[i] == t->dim[i];
    return same;
}

/* [in, out] for [out, in], [rows, columns, in, out] for [out, in, rows, columns] */
static bool gg_turned_shape(const Entry *e, const Tensor *t)
{
    const int n = t->rank;
    bool same = e->rank == n && n > 1;
    for (int i = 0; i < n && same; i++) same = e->dim[i] == t->dim[i < n - 2 ? i + 2 : n - 1 - i];
    return same;
}

static size_t gg_score(const Entry *e, const char *wanted, const Tensor *t)
{
    if (gg_same_shape(e, t))
        return 4 * gg_tail(e->name, wanted) + (gg_synonyms(wanted, e->name) ? 2 : 1);
    return gg_is_kernel(e->name) && gg_turned_shape(e, t) ? 2 : 0;
}

/* Of the shape and with the longest common tail; among equals the shortest name. */
static const Entry *gg_nearest(const Archive *a, const char *wanted, const Tensor *t)
{
    const Entry *best = NULL;
    size_t most = 0;
    for (const Entry *e = a->entry; e < a->entry + a->entries; e++) {
        const size_t score = gg_score(e, wanted, t);
        if (score > most || (score && score == most && strlen(e->name) < strlen(best->name)))
            best = e, most = score;
    }
    return best;
}

/* ---- what to write ---- */
static bool gg_plain(const char *s, size_t most)
{
    size_t n = 0;
    for (; s[n] && (strchr("_./:-", s[n]) || (s[n] >= '0' && s[n] <= '9') ||
                    ((s[n] | 32) >= 'a' && (s[n] | 32) <= 'z'));
         n++)
        ;
    return !s[n] && n < most;
}

/* The beginning of a path as a pattern of Lua. */
static void gg_lua_pattern(char *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr("./:-", s[i])) *out++ = '%';
        *out++ = s[i];
    }
    *out = 0;
}

/* ", key = ..." that makes `name` of the path; nothing where they are the same. */
static void gg_key_text(char *out, size_t room, const char *path, const char *name)
{
    const size_t tail = gg_tail(path, name), before = strlen(path) - tail,
                 instead = strlen(name) - tail;
    char pattern[400];
    gg_lua_pattern(pattern, path, before);
    *out = 0;
    if (!before && !instead) return;
    if (!before)
        snprintf(out, room, ", key = function(path) return \"%.*s\" .. path end", (int)instead,
                 name);
    else if (tail)
        snprintf(out, room, ", key = function(path) return (path:gsub(\"^%s\", \"%.*s\")) end",
                 pattern, (int)instead, name);
    else
        snprintf(out, room,
                 ", key = function(path) return ({ [\"%s\"] = \"%s\" })[path] or path end", path,
                 name);
}

/* For a file with other names than the model. A rule's path is the part that its key does not
   change. */
static _Noreturn void gg_missing_near(const Archive *a, const char *name, const Tensor *t,
                                      const Source *source, const Entry *e)
{
    const char *dot = strchr(name, '.'), *path = !source
                                                     ? dot ? dot + 1 : name
                                                     : name + strlen(name) - gg_tail(name, t->name);
    const char *file = gg_plain(a->path, 150) ? a->path : "FILE";
    char key[600], wanted[GG_NAME], has[GG_NAME];
    gg_printable(wanted, name), gg_printable(has, e->name);
    if (!gg_plain(name, 190) || !gg_plain(e->name, 190))
        gg_fail(GG_DATA, "%s: it lacks %s; of that shape it has %s", a->path, wanted, has);
    gg_key_text(key, sizeof key, path, e->name);
    if (source)
        gg_fail(GG_DATA, "%s: it lacks %s, which a rule of the model loads; it has %s: %s%s",
                a->path, wanted, has,
                *path ? "say in that rule, beside its other names, "
                      : "its key(path) has to give that",
                *path ? key + 2 : "");
    gg_fail(GG_DATA,
            "%s: it lacks %s; it has %s: in place of --load write into train's rules { %.*s, load "
            "= \"%s\"%s }",
            a->path, wanted, has, (int)(dot ? dot - name : (long)strlen(name)), name, file, key);
}

static _Noreturn void gg_missing_all(const Archive *a, const char *wanted, const Tensor *t)
{
    char shape[GG_SHAPE], name[GG_NAME], list[4 * GG_NAME] = "";
    int64_t dim[GG_RANK];
    for (int i = 0; i < t->rank; i++) dim[i] = t->dim[i];
    for (long i = 0, n = 0; i < a->entries && i < 3; i++)
        n += snprintf(list + n, GG_NAME + 4, i ? ", %s" : ": %s",
                      gg_printable(name, a->entry[i].name));
    gg_fail(GG_DATA, "%s: it lacks %s, and has no tensor of its shape, %s; it has %ld%s%s", a->path,
            wanted, gg_shape_text(shape, dim, t->rank), a->entries, list,
            a->entries > 3 ? " ..." : "");
}

void gg_missing(const Archive *a, const char *name, const Tensor *t, const Source *source)
{
    char wanted[GG_NAME];
    gg_printable(wanted, name);
    if (!source && strcmp(name, t->name)) gg_fail(GG_DATA, "%s: it lacks %s", a->path, wanted);
    const Entry *e = gg_nearest(a, name, t);
    if (!e) gg_missing_all(a, wanted, t);
    if (gg_is_kernel(e->name) && t->rank > 1) gg_kernel(a, e, t);
    gg_missing_near(a, name, t, source, e);
}

void gg_kernel(const Archive *a, const Entry *e, const Tensor *t)
{
    char has[GG_NAME], wanted[GG_NAME], shape[GG_SHAPE];
    gg_fail(GG_DATA,
            "%s: it has %s %s for %s: kernels of flax and Keras are transposed weights: make "
            "weights of them, safetensors.numpy.save_file("
            "{k.replace('kernel', 'weight'): v.transpose(-1, -2, *range(v.ndim - 2)).copy() if "
            "k.endswith('kernel') else v "
            "for k, v in safetensors.numpy.load_file(FILE).items()}, 'w.safetensors')",
            a->path, gg_printable(has, e->name), gg_shape_text(shape, e->dim, e->rank),
            gg_printable(wanted, t->name));
}
