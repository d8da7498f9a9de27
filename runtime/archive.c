/* archive.c -- the tensors of one file or of several, by name. */
#include "archive.h"
#include <errno.h>

static void gg_archive_one(Archive *a)
{
    char name[GG_NAME];
    gg_shard_open(a, a->path);
    qsort(a->entry, (size_t)a->entries, sizeof *a->entry, gg_by_name);
    for (long i = 1; i < a->entries; i++)
        if (!strcmp(a->entry[i].name, a->entry[i - 1].name))
            gg_fail(GG_DATA, "%s: damaged: %s comes twice", a->path,
                    gg_printable(name, a->entry[i].name));
}

bool gg_archive_open(Archive *a, const char *path)
{
    *a = (Archive) { 0 };
    if (access(path, F_OK) && errno == ENOENT) return false;
    if (gg_shards_named(a, path)) gg_shards_open(a);
    else gg_archive_one(a);
    return true;
}

void gg_archive_close(Archive *a)
{
    for (int i = 0; i < a->shards; i++) {
        if (a->shard[i].fd >= 0) close(a->shard[i].fd);
        free(a->shard[i].text);
    }
    free(a->shard), free(a->index), free(a->entry), free(a->meta), free(a->held);
    *a = (Archive) { 0 };
}

const Entry *gg_archive_find(const Archive *a, const char *name)
{
    Entry key = { .name = name };
    return bsearch(&key, a->entry, (size_t)a->entries, sizeof key, gg_by_name);
}

const char *gg_archive_meta(const Archive *a, const char *key)
{
    for (long i = 0; i < a->metas; i++)
        if (!strcmp(a->meta[i][0], key)) return a->meta[i][1];
    return NULL;
}
