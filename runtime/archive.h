/* archive.h -- the tensors of a safetensors file, or of several with an index. */
#ifndef GAGEN_ARCHIVE_H
#define GAGEN_ARCHIVE_H
#include "base.h"
#include "program.h"

/* in the shard's file */
typedef struct {
    const char *name, *dtype;
    int rank, shard;
    int64_t dim[GG_RANK], from, to;
} Entry;
/* text: the header, cut into strings */
typedef struct {
    char path[4096];
    int fd;
    char *text;
} Shard;
typedef struct {
    const char *name, *file;
    int shard;
} Held; /* an entry of an index */
typedef struct {
    char path[4096]; /* metadata of the one file, or of the index */
    Shard *shard;
    int shards;
    Entry *entry;
    long entries, room; /* by name */
    const char *(*meta)[2];
    long metas;
    char *index;
    Held *held;
    long helds;
} Archive;
/* false: no such file; any other fault fails; close it afterwards */
bool gg_archive_open(Archive *a, const char *path);
void gg_archive_close(Archive *a);
const Entry *gg_archive_find(const Archive *a, const char *name);
const char *gg_archive_meta(const Archive *a, const char *key);
char gg_dtype(const char *dtype);                 /* number.c's type; 0: none of them */
void gg_shard_open(Archive *a, const char *path); /* adds the file's entries */
bool gg_shards_named(Archive *a, const char *path);
void gg_shards_open(Archive *a);
int gg_by_name(const void *a, const void *b); /* entries */

/* ---- a name that a file lacks, and the nearest ones that it has ---- */
enum { GG_NAME = 80, GG_SHAPE = 160 };
const char *gg_printable(char out[GG_NAME], const char *name);
const char *gg_shape_text(char out[GG_SHAPE], const int64_t *dim, int rank);
/* source: of the rule; NULL: --load */
_Noreturn void gg_missing(const Archive *a, const char *name, const Tensor *t,
                          const Source *source);
/* the name that flax and Keras give to a weight with axes [in, out] */
bool gg_is_kernel(const char *name);
_Noreturn void gg_kernel(const Archive *a, const Entry *e, const Tensor *t);
#endif
