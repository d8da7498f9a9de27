/* options.c -- the command line of a generated program, from one table. */
#include "options.h"
#include "team.h"
#include <errno.h>
#include <limits.h>
#include <stddef.h>

enum { GG_FLAG, GG_NUMBER, GG_REAL, GG_TEXT };
typedef struct {
    const char *name, *value, *help;
    int kind;
    size_t place;
    long least;
} Option;
#define AT(field) offsetof(Options, field)
static const Option gg_option_table[] = {
    { "epochs", "N", "passes over the training samples", GG_NUMBER, AT(epochs), 0 },
    { "steps", "N", "updates, in place of epochs", GG_NUMBER, AT(steps), 0 },
    { "seed", "N", "of weights, order and noise", GG_NUMBER, AT(seed), 0 },
    { "threads", "N", "default: the cores at hand; results do not depend on it", GG_NUMBER,
      AT(threads), 1 },
    { "data", "DIR", "where the data lies, in place of the model's path", GG_TEXT, AT(data), 0 },
    { "save", "FILE", "write checkpoints to FILE, the best one to FILE.best", GG_TEXT, AT(save),
      0 },
    { "save-every", "N", "save after every N updates too, not only every epoch", GG_NUMBER,
      AT(save_every), 1 },
    { "load", "FILE", "begin with the weights in FILE", GG_TEXT, AT(load), 0 },
    { "key", "NAME", "of --load and --export: the names in that file, gpt2, llama or lora", GG_TEXT,
      AT(key), 0 },
    { "export", "FILE", "no training: write the weights of --load, with the names of --key",
      GG_TEXT, AT(exported), 0 },
    { "resume", NULL, "go on from the file that --save names, if it exists", GG_FLAG, AT(resume),
      0 },
    { "log", "FILE", "write a line of JSON for every update", GG_TEXT, AT(log), 0 },
    { "eval", NULL, "no training: validate and test what --load or --resume loads", GG_FLAG,
      AT(eval), 0 },
    { "predict", "FILE",
      "no training: the model's outputs for the rows of FILE, with the weights of --load", GG_TEXT,
      AT(predict), 0 },
    { "output", "FILE",
      "of --predict: FILE.csv, FILE.npy or a directory of .npy; default, and -: CSV here", GG_TEXT,
      AT(output), 0 },
    { "sample", "TEXT", "no training: continue TEXT with the weights of --load, a token at a time",
      GG_TEXT, AT(sample), 0 },
    { "tokens", "N", "of --sample: so many tokens; default 200, or what the model says", GG_NUMBER,
      AT(tokens), 1 },
    { "samples", "N", "of --sample: so many continuations, each with draws of its own; default 1",
      GG_NUMBER, AT(samples), 1 },
    { "temperature", "X", "of --sample: divides the logits; 0 takes the largest; default 1",
      GG_REAL, AT(temperature), 0 },
    { "top-k", "N", "of --sample: among the N largest logits; 0, the default: all", GG_NUMBER,
      AT(top_k), 0 },
    { "top-p", "X", "of --sample: among the fewest with this share of the probability; default 1",
      GG_REAL, AT(top_p), 0 },
    { "profile", NULL, "CUDA: time every launch, tell at the end which took how long", GG_FLAG,
      AT(profile), 0 },
};
#undef AT
enum { GG_OPTIONS = sizeof gg_option_table / sizeof *gg_option_table };

static void gg_help(const Program *p, const char *program)
{
    printf("usage: %s [options]\n\ntrains %s: batch %ld = %ld x %ld\n\n", program, p->name,
           p->schedule.batch, p->schedule.accumulate, p->schedule.micro_batch);
    for (int i = 0; i < GG_OPTIONS; i++) {
        const Option *o = &gg_option_table[i];
        printf("  --%s%s%-*s  %s\n", o->name, o->value ? " " : "",
               (int)(16 - strlen(o->name) - (o->value ? 1 : 0)), o->value ? o->value : "", o->help);
    }
    printf("  --%-16s  %s\n\nData is looked for at the model's path, then under the directory "
           "GAGEN_DATA.\n"
           "Exit status: 0 done, 1 data or file error, 2 usage, 3 memory or device, 130 "
           "interrupted and saved.\n",
           "help", "this text");
    exit(fflush(stdout) ? GG_DATA : 0);
}

static const Option *gg_option_find(const char *arg, size_t n)
{
    for (int i = 0; i < GG_OPTIONS; i++)
        if (strlen(gg_option_table[i].name) == n && !memcmp(gg_option_table[i].name, arg, n))
            return &gg_option_table[i];
    return NULL;
}

static long gg_option_number(const Option *o, const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        gg_fail(GG_USAGE, "--%s %s: not a whole number", o->name, text);
    if (value < o->least) gg_fail(GG_USAGE, "--%s %s: at least %ld", o->name, text, o->least);
    return value;
}

static double gg_option_real(const Option *o, const char *text)
{
    char *end;
    const double value = strtod(text, &end);
    if (!*text || *end || !(value >= (double)o->least && value <= 1e6))
        gg_fail(GG_USAGE, "--%s %s: not a number of at least %ld", o->name, text, o->least);
    return value;
}

static void gg_option_set(Options *all, const Option *o, const char *value)
{
    char *place = (char *)all + o->place;
    if (o->kind == GG_FLAG) *(bool *)(void *)place = true;
    else if (o->kind == GG_TEXT) *(const char **)(void *)place = value;
    else if (o->kind == GG_REAL) *(double *)(void *)place = gg_option_real(o, value);
    else *(long *)(void *)place = gg_option_number(o, value);
}

/* ---- what --predict and --output say ---- */
/* The number of rows, or -1: they are in a file. */
long gg_predict_count(const Dataset *set, const char *rows)
{
    char *end;
    for (int c = 0; c < set->ncolumns; c++)
        if (set->columns[c].asked) return -1;
    errno = 0;
    long n = strtol(rows, &end, 10);
    if (*end || errno || n < 1)
        gg_fail(GG_USAGE, "--predict %s: the outputs read no data: say how many rows, --predict 64",
                rows);
    return n;
}

/* Whether all outputs go to one file. */
bool gg_predict_single(const char *path) { return gg_ends(path, ".csv") || gg_ends(path, ".npy"); }

static void gg_predict_check(const Options *o, const Program *p)
{
    if (o->output && !o->predict)
        gg_fail(GG_USAGE, "--output says where predictions go: it needs --predict");
    if (!o->predict) return;
    if (!p->model.noutputs)
        gg_fail(GG_USAGE, "--predict: the model declares no outputs: write train { predict = { "
                          "class = fn.argmax(logits, "
                          "{ axis = 2 }) } } and generate again");
    if (o->eval) gg_fail(GG_USAGE, "--predict and --eval exclude each other");
    if (o->log) gg_fail(GG_USAGE, "--log: a prediction writes no log: leave it out");
    if (!o->load && !o->save)
        gg_fail(GG_USAGE, "--predict needs the weights: --load FILE, or the --save FILE of a run, "
                          "whose best ones it takes");
    if (o->output && gg_ends(o->output, ".npy") && p->model.noutputs > 1)
        gg_fail(
            GG_USAGE,
            "--output %s: there are %d outputs: name a directory, a file NAME.npy is made for each",
            o->output, p->model.noutputs);
    gg_predict_count(&p->data, o->predict);
}

/* ---- what --key and --export say ---- */
const Naming *gg_naming(const Model *m, const char *key)
{
    for (int i = 0; i < m->nnamings; i++)
        if (m->namings[i].nsources && !strcmp(m->namings[i].name, key)) return &m->namings[i];
    return NULL;
}

static void gg_export_check(const Options *o, const Program *p)
{
    if (o->key && !o->load && !o->exported)
        gg_fail(GG_USAGE, "--key says the names in a file: it needs --load FILE or --export FILE");
    if (o->key && !gg_naming(&p->model, o->key))
        gg_fail(GG_USAGE,
                "--key %s: this program's parameters do not have the names of %s: a rule { net, "
                "load = FILE, key = \"%s\" } tells which, when it is generated",
                o->key, o->key, o->key);
    if (!o->exported) return;
    if (!o->key) gg_fail(GG_USAGE, "--export needs the names: --key gpt2, llama or lora");
    if (!o->load && !o->save)
        gg_fail(GG_USAGE, "--export needs the weights: --load FILE, or the --save FILE of a run, "
                          "whose best ones it takes");
    if (o->eval || o->predict || o->sample || o->log)
        gg_fail(GG_USAGE, "--export excludes --eval, --predict, --sample and --log");
}

/* The file of the weights. */
const char *gg_predict_weights(const Options *o, char best[4096])
{
    if (o->load || o->resume) return o->load ? o->load : o->save;
    return snprintf(best, 4096, "%s.best", o->save) < 4096 && access(best, R_OK) == 0 ? best
                                                                                      : o->save;
}

/* ---- what --sample says ---- */
Sampling gg_options_sampling(const Options *o, const Program *p)
{
    Sampling how = p->sampling;
    how.prompt = o->sample;
    if (o->tokens >= 0) how.tokens = o->tokens;
    if (o->samples >= 0) how.samples = o->samples;
    if (o->temperature >= 0) how.temperature = o->temperature;
    if (o->top_k >= 0) how.top_k = o->top_k;
    if (o->top_p >= 0) how.top_p = o->top_p;
    return how;
}

static void gg_sample_check(const Options *o, const Program *p)
{
    const bool finer =
        o->tokens >= 0 || o->samples >= 0 || o->temperature >= 0 || o->top_k >= 0 || o->top_p >= 0;
    if (finer && !o->sample)
        gg_fail(GG_USAGE, "--tokens, --samples, --temperature, --top-k and --top-p need --sample");
    if (!o->sample) return;
    if (!p->sampling.print)
        gg_fail(GG_USAGE, "--sample: the model names no logits of a next token: read data.tokens, "
                          "write train { predict = { next = logits } } and generate again");
    if (o->eval || o->predict || o->exported || o->log)
        gg_fail(GG_USAGE, "--sample excludes --eval, --predict, --export and --log");
    if (!o->load && !o->save)
        gg_fail(GG_USAGE, "--sample needs the weights: --load FILE, or the --save FILE of a run, "
                          "whose best ones it takes");
    if (o->top_p > 1) gg_fail(GG_USAGE, "--top-p %g: at most 1", o->top_p);
}

/* ---- all options together ---- */
static void gg_options_check(const Options *o, const Program *p)
{
    if (o->epochs >= 0 && o->steps >= 0)
        gg_fail(GG_USAGE, "--epochs and --steps exclude each other");
    if (o->resume && !o->save)
        gg_fail(GG_USAGE, "--resume needs --save FILE: the file to go on from");
    if (o->save_every >= 0 && !o->save) gg_fail(GG_USAGE, "--save-every needs --save FILE");
    if (o->save && !strcmp(o->save, "-"))
        gg_fail(GG_USAGE, "--save -: a checkpoint is replaced whole, so it is a file: name one");
    if (o->log && !strcmp(o->log, "-"))
        gg_fail(GG_USAGE, "--log -: reports go to standard output already: name a file");
    if (o->eval && !o->load && !o->resume) gg_fail(GG_USAGE, "--eval needs --load FILE");
    gg_predict_check(o, p);
    gg_export_check(o, p);
    gg_sample_check(o, p);
    if (o->threads > GG_THREADS)
        gg_fail(GG_USAGE, "--threads %ld: at most %d", o->threads, GG_THREADS);
    if (o->profile && !p->device.profile)
        gg_fail(GG_USAGE,
                "--profile: this program runs on the CPU; one made with gagen -t cuda can");
}

Options gg_options(int argc, char **argv, const Program *p)
{
    Options all = GG_NO_OPTIONS;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *name = arg + 2;
        if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) gg_help(p, argv[0]);
        size_t n = strncmp(arg, "--", 2) ? 0 : strcspn(name, "=");
        const Option *o = n ? gg_option_find(name, n) : NULL;
        if (!o) gg_fail(GG_USAGE, "unknown option '%s'; --help lists them", arg);
        const char *value = name[n] ? name + n + 1 : NULL;
        if (o->kind == GG_FLAG && value) gg_fail(GG_USAGE, "--%s takes no value", o->name);
        if (o->kind != GG_FLAG && !value && !(value = argv[++i]))
            gg_fail(GG_USAGE, "--%s needs a value", o->name);
        gg_option_set(&all, o, value);
    }
    gg_options_check(&all, p);
    if (all.output && !strcmp(all.output, "-")) all.output = NULL;
    return all;
}
