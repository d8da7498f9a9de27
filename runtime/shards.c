/* shards.c -- weights in several safetensors files, with an index beside them: {"metadata": {},
   "weight_map": {"name": "file"}}.

   A directory stands for its model.safetensors, or for its model.safetensors.index.json. Files
   of an index must be in its directory. */
#include "archive.h"
#include "json.h"
#include <errno.h>
#include <sys/stat.h>

static bool gg_shards_inside(Archive *a, const char *dir, const char *name)
{
    const int n = snprintf(a->path, sizeof a->path, "%s/%s", dir, name);
    return n < (int)sizeof a->path && access(a->path, F_OK) == 0;
}

/* Finds the file of a->path; whether it is an index. */
bool gg_shards_named(Archive *a, const char *path)
{
    struct stat st;
    char first = 0;
    if (stat(path, &st)) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        if (gg_shards_inside(a, path, "model.safetensors")) return false;
        if (gg_shards_inside(a, path, "model.safetensors.index.json")) return true;
        gg_fail(GG_DATA,
                "%s: a directory without model.safetensors and model.safetensors.index.json: name "
                "the file",
                path);
    }
    if (snprintf(a->path, sizeof a->path, "%s", path) >= (int)sizeof a->path)
        gg_fail(GG_DATA, "%s: too long a name", path);
    FILE *file = fopen(path, "rb");
    if (file) {
        if (fread(&first, 1, 1, file) < 1) first = 0;
        fclose(file);
    }
    const size_t n = strlen(path);
    return first == '{' && n > 5 && !strcmp(path + n - 5, ".json");
}

/* ---- the index ---- */
static char *gg_index_text(Archive *a, long *n)
{
    FILE *file = fopen(a->path, "rb");
    struct stat st;
    if (!file || fstat(fileno(file), &st)) gg_fail(GG_DATA, "%s: %s", a->path, strerror(errno));
    if (st.st_size > 100000000) {
        fclose(file);
        gg_fail(GG_DATA, "%s: an index of %lld bytes", a->path, (long long)st.st_size);
    }
    a->index = gg_alloc((size_t)st.st_size + 1, 1);
    *n = (long)fread(a->index, 1, (size_t)st.st_size, file);
    fclose(file);
    return a->index;
}

static void gg_index_file(const Archive *a, const char *file)
{
    char name[GG_NAME];
    if (!*file || strchr(file, '/') || strchr(file, '\\') || !strcmp(file, ".."))
        gg_fail(
            GG_DATA,
            "%s: it names the file '%s': files of an index lie beside it, names without / are read",
            a->path, gg_printable(name, file));
}

static void gg_index_map(Archive *a, Json *j)
{
    long room = 0;
    gg_json_need(j, '{');
    if (gg_json_eat(j, '}')) return;
    do {
        if (a->helds == room)
            a->held = gg_resize(a->held, (size_t)(room = 2 * room + 64), sizeof *a->held);
        Held *h = &a->held[a->helds];
        h->name = gg_json_string(j);
        gg_json_need(j, ':');
        h->file = gg_json_string(j);
        gg_index_file(a, h->file);
        a->helds++;
    } while (gg_json_eat(j, ','));
    gg_json_need(j, '}');
}

static void gg_index_parse(Archive *a)
{
    long n;
    char *text = gg_index_text(a, &n);
    Json j = { a->path, "index", text, text, text + n };
    bool found = false;
    gg_json_need(&j, '{');
    do {
        const char *key = gg_json_string(&j);
        gg_json_need(&j, ':');
        if (!strcmp(key, "weight_map") && !found) found = true, gg_index_map(a, &j);
        else gg_json_skip(&j, 0);
    } while (gg_json_eat(&j, ','));
    gg_json_need(&j, '}');
    gg_json_end(&j);
    if (!found)
        gg_fail(GG_DATA, "%s: JSON, but no index of safetensors files: it has no weight_map",
                a->path);
}

/* ---- the files ---- */
static int gg_by_file(const void *a, const void *b)
{
    const Held *x = a, *y = b;
    const int order = strcmp(x->file, y->file);
    return order ? order : strcmp(x->name, y->name);
}

static int gg_by_name_and_shard(const void *a, const void *b)
{
    const int order = gg_by_name(a, b);
    return order ? order : ((const Entry *)a)->shard - ((const Entry *)b)->shard;
}

/* Opens each file once, and notes the file of each name. */
static void gg_shards_read(Archive *a)
{
    char path[4096];
    const char *slash = strrchr(a->path, '/');
    qsort(a->held, (size_t)a->helds, sizeof *a->held, gg_by_file);
    for (long i = 0; i < a->helds; i++) {
        if (i == 0 || strcmp(a->held[i].file, a->held[i - 1].file)) {
            const int n =
                snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - a->path) + 1 : 0,
                         a->path, a->held[i].file);
            if (n >= (int)sizeof path) gg_fail(GG_DATA, "%s: too long a name", a->path);
            gg_shard_open(a, path);
        }
        a->held[i].shard = a->shards - 1;
    }
}

/* Keeps the entries that the index names. */
void gg_shards_open(Archive *a)
{
    char name[GG_NAME];
    gg_index_parse(a);
    gg_shards_read(a);
    qsort(a->entry, (size_t)a->entries, sizeof *a->entry, gg_by_name_and_shard);
    Entry *kept = gg_alloc((size_t)a->helds, sizeof *kept);
    for (long i = 0; i < a->helds; i++) {
        const Entry key = { .name = a->held[i].name, .shard = a->held[i].shard };
        const Entry *e = a->entries ? bsearch(&key, a->entry, (size_t)a->entries, sizeof key,
                                              gg_by_name_and_shard)
                                    : NULL;
        if (e) kept[i] = *e;
        else {
            free(kept);
            gg_fail(GG_DATA, "%s: it says that %s is in %.200s, which lacks it", a->path,
                    gg_printable(name, key.name), a->held[i].file);
        }
    }
    free(a->entry);
    a->entry = kept, a->entries = a->helds;
    qsort(a->entry, (size_t)a->entries, sizeof *a->entry, gg_by_name);
    for (long i = 1; i < a->entries; i++)
        if (!strcmp(a->entry[i].name, a->entry[i - 1].name))
            gg_fail(GG_DATA, "%s: damaged: %s comes twice", a->path,
                    gg_printable(name, a->entry[i].name));
}
