/* options.h -- the command line of a program. */
#ifndef GAGEN_OPTIONS_H
#define GAGEN_OPTIONS_H
#include "base.h"
#include "program.h"

typedef struct {
    long epochs, steps, seed, threads, save_every; /* -1: not given */
    long tokens, top_k, samples;                   /* of --sample; the same */
    double temperature, top_p;
    const char *data, *save, *load, *key, *exported, *log, *predict, *output, *sample;
    bool resume, eval, profile;
    const void *const *columns; /* a number of rows, in place of files */
    long rows;
} Options;
#define GG_NO_OPTIONS \
    { \
        .epochs = -1, .steps = -1, .seed = -1, .threads = -1, .save_every = -1, .tokens = -1, \
        .top_k = -1, .samples = -1, .temperature = -1, .top_p = -1 \
    }
Options gg_options(int argc, char **argv, const Program *p);
static inline bool gg_infers(const Options *o) { return o->predict || o->sample; }
Sampling gg_options_sampling(const Options *o, const Program *p); /* as --sample says */
long gg_predict_count(const Dataset *set, const char *rows);
/* the file of the weights; best: room for its name */
const char *gg_predict_weights(const Options *o, char best[4096]);
/* the naming of all tensors; NULL: the program has none of that name */
const Naming *gg_naming(const Model *m, const char *key);
bool gg_predict_single(const char *path); /* --output: a file, not a directory of files */
#endif
