/* target.h -- what a program is written for, and what it asks of the stages before back/. */
#ifndef GAGEN_TARGET_H
#define GAGEN_TARGET_H
#include "base/base.h"

struct Env;
struct Whole;
struct Words;
struct StmtList;
typedef struct Toolchain { /* what gagen run builds programs with */
    /* the compiler: $NVCC, else nvcc, else that path; elsewhere NULL: nothing is looked for */
    const char *variable, *command, *elsewhere;
    const char *missing; /* what is said where there is none */
    const char *flags;   /* as they are told */
    /* a command that prints "GPU 0: its name (...)" where one answers; NULL: none is asked for */
    const char *device;
    char *(*script)(const char *cc, const char *compiler, const char *title, bool zlib);
    /* for sh: makes $1/TITLE of the sources in directory $1,
                                           and leaves nothing else but the program's source */
} Toolchain;

typedef struct Target {
    const char *name, *title; /* as -t names it; as plans do */
    const char *extension;    /* of its programs: "cu" */
    /* vector axes have blocks, images have halos; products read column blocks and packed
       weights */
    bool blocks;
    bool launches;       /* a kernel is a launch, and a launch is a phase: no barriers */
    bool rounds;         /* what a product rounds to 16 bits are nodes of its own */
    bool tf32, chains;   /* it has precision = "tf32"; it keeps deterministic = "split" */
    double flops, bytes; /* what a machine of its kind is taken to do in a second */
    /* ---- what back/ writes ---- */
    void (*kernels)(const struct Whole *all, bool share, struct Env *program,
                    struct Env *const *step);
    /* fills the rooms that kernels have in the program's
                                           template and in each step's; share: like ones once */
    char *(*statements)(struct Words *w, const struct StmtList *l); /* of a tree, by one thread */
    /* memory is one struct on a device: what stands before its names in kernels, "dev->", and on
       the host, "host->"; NULL: it is the program's arrays, and the update takes vectors of
       their elements */
    const char *device, *host;
    const char *allocated; /* how many bytes are, as an expression; NULL: those of the arrays */
    /* the banner: "products multiply", and what it says after the sizes of memory */
    const char *multiplies, *beside;
    /* the runtime may stand in the program's file; gagen run puts it there, or else beside it */
    bool one_file;
    Toolchain tools;
    /* bytes besides states and arena: workspaces, scratch; NULL: none */
    double (*fixed)(const struct Whole *all);
} Target;

extern const Target target_c, target_cuda;
#endif
