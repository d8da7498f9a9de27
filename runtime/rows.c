/* rows.c -- rows of a stream of tokens: all threads copy those of a window out of the files. */
#include "window.h"
#include "tokens.h"

/* Sample i of the window, in the columns that are read. */
static void gg_row_copy(const Run *r, long i)
{
    const Dataset *set = &r->p->data;
    const Window *w = r->p->device.w;
    const bool draws = w->training && set->tokens.random;
    const long from =
        draws ? gg_tokens_draw(r->data.tokens, &set->tokens, w->seed, (uint64_t)(w->first + i))
              : gg_tokens_begin(r->data.tokens, &set->tokens, window_row(w, i));
    for (int c = 0; c < set->ncolumns; c++)
        if (r->staging.rows[c])
            gg_tokens_row(r->data.tokens, &set->tokens, &set->columns[c], from,
                          (int32_t *)(void *)r->staging.rows[c] + i * set->tokens.length);
}

static void gg_rows_all(const Thread *t)
{
    const Run *r = t->team->task;
    for_span(i, t, (int)r->p->device.w->samples) gg_row_copy(r, i);
}

void gg_rows_open(Run *r)
{
    const Dataset *set = &r->p->data;
    if (!r->data.tokens) return;
    r->staging.rows = gg_alloc((size_t)set->ncolumns, sizeof *r->staging.rows);
    r->staging.sums = gg_alloc((size_t)r->p->model.nsums, sizeof *r->staging.sums);
    for (int c = 0; c < set->ncolumns; c++)
        if (!r->o.predict || set->columns[c].asked)
            r->staging.rows[c] =
                gg_alloc((size_t)r->p->schedule.batch, gg_row_bytes(&set->columns[c]));
}

void gg_rows_stage(Run *r)
{
    const Program *p = r->p;
    Window *w = p->device.w;
    if (!r->data.tokens) return;
    r->device.team->task = r;
    gg_team_call(r->device.team, gg_rows_all);
    for (int c = 0; c < p->data.ncolumns; c++)
        if (r->staging.rows[c]) *p->data.columns[c].base = r->staging.rows[c];
    w->order = w->order_next = NULL;
    w->at = w->base = 0, w->places = w->samples;
}
