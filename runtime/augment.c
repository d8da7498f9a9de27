/* augment.c -- data augmentation: rows of a training window are mirrored, moved and get noise.

   All threads copy the samples' rows into memory of their own and change them there. Evaluation
   and prediction read the table.

   1. The key of a draw is the seed, the sample's number since the start and the kind. So a row's
      columns share a draw, and every epoch has new ones. Draws do not depend on micro-batches,
      threads or the target.
   2. New elements are 0, or the value that a column of classes ignores. */
#include "window.h"
#include "philox.h"

enum { GG_FLIP = 0x666c6970, GG_MOVE = 0x63726f70, GG_NOISY = 0x6e6f6973 }; /* streams */

typedef struct {
    const Augment *by;
    const Column *c;
    uint64_t seed, sample;
    long rows, columns, planes;
    size_t unit;
    char *at, *room;
} Image;

static double gg_draw(const Image *x, uint32_t stream, uint32_t i)
{
    return (double)noise_uniform(x->seed, x->sample, stream, i);
}

static void gg_swap(char *a, char *b, size_t n)
{
    char t[sizeof(real)];
    memcpy(t, a, n), memcpy(a, b, n), memcpy(b, t, n);
}

static void gg_flip(const Image *x)
{
    if (gg_draw(x, GG_FLIP, 0) >= x->by->value) return;
    for (long line = 0; line < x->planes * x->rows; line++) {
        char *at = x->at + (size_t)(line * x->columns) * x->unit;
        for (long i = 0, k = x->columns - 1; i < k; i++, k--)
            gg_swap(at + (size_t)i * x->unit, at + (size_t)k * x->unit, x->unit);
    }
}

/* -most .. most */
static long gg_shift(const Image *x, uint32_t i, long most)
{
    const long n = (long)(gg_draw(x, GG_MOVE, i) * (double)(2 * most + 1));
    return (n > 2 * most ? 2 * most : n) - most;
}

static void gg_move(const Image *x)
{
    const long most = (long)x->by->value, down = gg_shift(x, 0, most), right = gg_shift(x, 1, most);
    memcpy(x->room, x->at, (size_t)(x->planes * x->rows * x->columns) * x->unit);
    for (long p = 0; p < x->planes; p++)
        for (long i = 0; i < x->rows; i++)
            for (long k = 0; k < x->columns; k++) {
                const long to = (p * x->rows + i) * x->columns + k,
                           from = to + down * x->columns + right;
                const bool inside =
                    i + down >= 0 && i + down < x->rows && k + right >= 0 && k + right < x->columns;
                if (inside)
                    memcpy(x->at + (size_t)to * x->unit, x->room + (size_t)from * x->unit, x->unit);
                else gg_table_put(x->c, x->at, to, (double)x->c->ignored);
            }
}

/* Box-Muller pairs; each column has numbers of its own. */
static void gg_noise(const Image *x)
{
    real *at = (real *)(void *)x->at;
    for (long i = 0, n = x->planes * x->rows * x->columns; i < n; i++) {
        const uint32_t stream = GG_NOISY + (uint32_t)x->by->column, k = (uint32_t)(i / 2 * 2);
        const double r = sqrt(-2 * log(1 - gg_draw(x, stream, k))),
                     angle = 6.283185307179586 * gg_draw(x, stream, k + 1);
        at[i] += (real)(x->by->value * r * (i % 2 ? sin(angle) : cos(angle)));
    }
}

static void gg_change(Image *x)
{
    const Column *c = x->c;
    x->columns = c->rank > 0 ? c->dim[c->rank - 1] : 1,
    x->rows = c->rank > 1 ? c->dim[c->rank - 2] : 1;
    x->planes = gg_row_count(c) / (x->rows * x->columns), x->unit = gg_element_size(c);
    if (x->by->kind == 'f') gg_flip(x);
    else if (x->by->kind == 'c') gg_move(x);
    else gg_noise(x);
}

/* Sample i of the window, in all columns. */
static void gg_stage_sample(const Run *r, long i, char *room)
{
    const Program *p = r->p;
    const long row = window_row(p->device.w, i);
    for (int c = 0; c < p->data.ncolumns; c++) {
        const size_t size = gg_row_bytes(&p->data.columns[c]);
        memcpy(r->staging.rows[c] + (size_t)i * size,
               (const char *)r->data.column[c] + (size_t)row * size, size);
    }
    for (int k = 0; k < p->data.naugments; k++) {
        const Augment *a = &p->data.augments[k];
        const Column *c = &p->data.columns[a->column];
        Image x = { .by = a,
                    .c = c,
                    .seed = p->device.w->seed,
                    .sample = (uint64_t)(p->device.w->first + i),
                    .room = room };
        x.at = r->staging.rows[a->column] + (size_t)i * gg_row_bytes(c);
        gg_change(&x);
    }
}

static void gg_stage_all(const Thread *t)
{
    const Run *r = t->team->task;
    char *room = r->staging.room + (size_t)t->id * r->staging.row;
    for_span(i, t, (int)r->p->device.w->samples) gg_stage_sample(r, i, room);
}

void gg_augment_open(Run *r)
{
    const Program *p = r->p;
    if (!p->data.naugments) return;
    r->staging.rows = gg_alloc((size_t)p->data.ncolumns, sizeof *r->staging.rows);
    for (int c = 0; c < p->data.ncolumns; c++) {
        const size_t size = gg_row_bytes(&p->data.columns[c]);
        r->staging.rows[c] = gg_alloc((size_t)p->schedule.batch, size);
        if (size > r->staging.row) r->staging.row = size;
    }
    r->staging.room = gg_alloc((size_t)r->device.team->n, r->staging.row);
}

void gg_augment(Run *r)
{
    const Program *p = r->p;
    if (!p->data.naugments) return;
    r->device.team->task = r;
    gg_team_call(r->device.team, gg_stage_all);
    for (int c = 0; c < p->data.ncolumns; c++) *p->data.columns[c].base = r->staging.rows[c];
    p->device.w->order = p->device.w->order_next = NULL;
    p->device.w->at = p->device.w->base = 0, p->device.w->places = p->device.w->samples;
}

void gg_augment_close(Run *r)
{
    for (int c = 0; r->staging.rows && c < r->p->data.ncolumns; c++) free(r->staging.rows[c]);
    free(r->staging.rows), free(r->staging.room), free(r->staging.sums);
}
