/* sample.c -- continuations of a prompt, a token at a time.

   1. Each row of a micro-batch is a continuation. A token is one forward pass over the last
      `length` tokens of all rows. Its logits are those of the last one.
   2. A row that is shorter is padded after its last token, which a causal model does not read.
   3. The key of a draw is the seed, the number of the continuation and that of the token. */
#include "window.h"
#include "philox.h"
#include "tensor.h"
#include "tokens.h"
#include "weights.h"

enum { GG_SAMPLED = 0x73616d70 }; /* a stream of draws */

typedef struct {
    double logit;
    int32_t id;
} Choice;
typedef struct {
    const Sampling *how;
    const Program *p;
    const char *chars;                   /* the vocabulary, or NULL */
    long length, classes, mark, n, most; /* n: tokens of each row so far, at most `most` */
    int32_t *token;                      /* by row: the prompt, then those drawn */
    int32_t *x, *documents;              /* the columns' rows; NULL: the program reads none */
    real *logits;
    Choice *choice;
} Sampler;

/* ---- text and tokens ---- */
static int32_t gg_prompt_character(const Sampler *s, const unsigned char **at,
                                   const unsigned char *end)
{
    const unsigned char *here = *at;
    const long code = gg_character(at, end), id = code < 0 ? -1 : gg_character_id(s->chars, code);
    if (code < 0) gg_fail(GG_USAGE, "the prompt of a sample is not UTF-8: '%s'", s->how->prompt);
    if (id < 0)
        gg_fail(GG_DATA, "the prompt of a sample has '%.*s', a character that the text lacks",
                (int)(*at - here), (const char *)here);
    return (int32_t)id;
}

/* "15496,11": ids that another program made of a text. */
static int32_t gg_prompt_id(const Sampler *s, const unsigned char **at)
{
    char *end;
    const char *here = (const char *)*at;
    const long id = strtol(here, &end, 10);
    if (*here < '0' || *here > '9' || (*end && *end != ',') || (*end && !end[1]))
        gg_fail(GG_USAGE,
                "the prompt of a sample is '%s': the model reads ids of tokens: write 15496,11",
                s->how->prompt);
    if (id >= s->classes)
        gg_fail(GG_USAGE,
                "the prompt of a sample has token %ld, and the model says %ld classes, 0 to %ld",
                id, s->classes, s->classes - 1);
    *at = (const unsigned char *)end + (*end != 0);
    return (int32_t)id;
}

static void gg_read_prompt(Sampler *s)
{
    const unsigned char *at = (const unsigned char *)s->how->prompt,
                        *end = at + strlen(s->how->prompt);
    const char kind = s->p->data.tokens.kind;
    if (at == end) gg_fail(GG_USAGE, "the prompt of a sample is empty: write a character or more");
    for (s->n = 0; at < end; s->n++)
        s->token[s->n] = kind == 'b'   ? *at++
                         : kind == 'c' ? gg_prompt_character(s, &at, end)
                                       : gg_prompt_id(s, &at);
}

static void gg_print_token(const Sampler *s, long i, int32_t id)
{
    const char kind = s->p->data.tokens.kind;
    int bytes = 0;
    if (kind == 'b') putchar(id);
    else if (kind != 'c') printf(i ? ",%d" : "%d", id);
    else {
        const char *at = gg_character_at(s->chars, id, &bytes);
        printf("%.*s", bytes, at);
    }
}

/* ---- a token ---- */
static int gg_by_logit(const void *a, const void *b)
{
    const Choice *x = a, *y = b;
    if (x->logit != y->logit) return x->logit < y->logit ? 1 : -1;
    return x->id - y->id;
}

/* Weights of the choices left, in place of their logits: how many are left. */
static long gg_narrow(const Sampler *s, double *all)
{
    const Sampling *how = s->how;
    const double top = s->choice[0].logit;
    long n = how->top_k && how->top_k < s->classes ? how->top_k : s->classes, left = 0;
    double sum = 0, kept = 0;
    for (long i = 0; i < n; i++)
        sum += s->choice[i].logit = exp((s->choice[i].logit - top) / how->temperature);
    while (left < n && (left == 0 || kept < how->top_p * sum)) kept += s->choice[left++].logit;
    *all = kept;
    return left;
}

static int32_t gg_choose_token(const Sampler *s, uint64_t seed, uint64_t row, uint32_t number)
{
    double all, sum = 0;
    for (long i = 0; i < s->classes; i++) {
        if (isnan(s->logits[i])) gg_fail(GG_DATA, "a logit is nan: no token can be drawn");
        s->choice[i] = (Choice) { (double)s->logits[i], (int32_t)i };
    }
    qsort(s->choice, (size_t)s->classes, sizeof *s->choice, gg_by_logit);
    if (s->how->temperature == 0) return s->choice[0].id;
    const long left = gg_narrow(s, &all);
    const double at = (double)noise_uniform(seed, row, GG_SAMPLED, number) * all;
    long i = 0;
    while (i + 1 < left && (sum += s->choice[i].logit) <= at) i++;
    return s->choice[i].id;
}

/* ---- rows ---- */
/* The last tokens of each row, and padding. */
static void gg_fill_rows(const Sampler *s, long rows)
{
    const long real_ = s->n < s->length ? s->n : s->length;
    memset(s->x, 0, (size_t)(rows * s->length) * sizeof *s->x);
    for (long i = 0; i < rows; i++)
        memcpy(s->x + i * s->length, s->token + i * s->most + s->n - real_,
               (size_t)real_ * sizeof *s->x);
    if (!s->documents) return;
    memcpy(s->documents, s->x, (size_t)(rows * s->length) * sizeof *s->x);
    for (long i = 0; i < rows; i++)
        gg_documents(&s->p->data.tokens, s->documents + i * s->length, s->length, s->mark);
}

/* Draws a token for each of the rows, which are continuations from `first` on. */
static void gg_next_tokens(Run *r, Sampler *s, long first, long rows, uint32_t number)
{
    const Output *o = &s->p->model.outputs[s->how->output];
    const long last = (s->n < s->length ? s->n : s->length) - 1;
    gg_fill_rows(s, rows);
    gg_run_outputs(r, rows);
    for (long i = 0; i < rows; i++) {
        gg_read_tensor(&o->tensor, o->at, (i * s->length + last) * s->classes, s->classes,
                       s->logits);
        s->token[i * s->most + s->n] =
            gg_choose_token(s, r->schedule.seed, (uint64_t)(first + i), number);
    }
    s->n++;
}

static void gg_print_rows(const Sampler *s, long first, long rows)
{
    for (long i = 0; i < rows; i++) {
        if (s->how->samples > 1) printf("---- %ld of %ld\n", first + i + 1, s->how->samples);
        for (long k = 0; k < s->n; k++) gg_print_token(s, k, s->token[i * s->most + k]);
        printf("\n");
    }
    fflush(stdout);
}

static void gg_sample_rows(Run *r, Sampler *s, long first, long rows)
{
    gg_read_prompt(s);
    for (long i = 1; i < rows; i++)
        memcpy(s->token + i * s->most, s->token, (size_t)s->n * sizeof *s->token);
    for (long k = 0; k < s->how->tokens; k++) gg_next_tokens(r, s, first, rows, (uint32_t)k);
    gg_print_rows(s, first, rows);
}

/* ---- the program's columns read the sampler's rows ---- */
static void gg_sampler_open(Sampler *s, const Run *r, const Sampling *how)
{
    const Program *p = r->p;
    const size_t rows = (size_t)p->schedule.micro_batch;
    *s = (Sampler) { .how = how,
                     .p = p,
                     .chars = r->data.chars.s,
                     .length = p->data.tokens.length,
                     .classes = p->data.tokens.classes,
                     .mark = p->data.tokens.mark };
    if (p->data.tokens.kind == 'c' && s->mark >= 0) s->mark = gg_character_id(s->chars, s->mark);
    s->most = (long)strlen(how->prompt) + how->tokens;
    s->token = gg_alloc(rows, (size_t)s->most * sizeof *s->token);
    s->logits = gg_alloc((size_t)s->classes, sizeof *s->logits);
    s->choice = gg_alloc((size_t)s->classes, sizeof *s->choice);
    for (int c = 0; c < p->data.ncolumns; c++) {
        const Column *column = &p->data.columns[c];
        if (!column->asked) continue;
        int32_t *own = gg_alloc(rows, gg_row_bytes(column));
        if (*column->source == 'd') s->documents = own;
        else s->x = own;
        *column->base = own;
    }
}

static void gg_sampler_close(Sampler *s)
{
    free(s->token), free(s->x), free(s->documents), free(s->logits), free(s->choice);
}

void gg_sample(Run *r, const Sampling *how)
{
    Sampler s;
    const Program *p = r->p;
    const long most = p->schedule.micro_batch;
    const Window w = *p->device.w;
    gg_sampler_open(&s, r, how);
    gg_read_prompt(&s);
    memcpy(r->sums.aside, p->device.sums, (size_t)p->model.nsums * sizeof *r->sums.aside);
    if (how->samples && !r->o.sample) gg_average_swap(r);
    for (long first = 0; first < how->samples; first += most)
        gg_sample_rows(r, &s, first, how->samples - first < most ? how->samples - first : most);
    if (how->samples && !r->o.sample) gg_average_swap(r);
    memcpy(p->device.sums, r->sums.aside, (size_t)p->model.nsums * sizeof *r->sums.aside);
    *p->device.w = w;
    gg_sampler_close(&s);
}
