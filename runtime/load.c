/* load.c -- loads weights and runs from safetensors files: checkpoints (checkpoint.c), or files
   of other programs with the model's names (entry.c) or with their own (sources.c). */
#include "weights.h"
#include "device.h"
#include "tokens.h"

/* Looks up every tensor before it reads the first, so a wrong file changes nothing. */
static void gg_read_arrays(const Archive *a, const Model *m, int from, int to)
{
    for (int pass = 0; pass < 2; pass++)
        for (int k = from * m->ntensors; k < to * m->ntensors; k++) {
            char name[1024];
            const int array = k / m->ntensors;
            const Tensor *t = &m->tensors[k % m->ntensors];
            if (!gg_in_array(m, array, t)) continue;
            gg_array_name(name, sizeof name, m, array, t);
            const Entry *e = gg_match(a, name, t, NULL);
            if (pass) gg_read_entry(a, e, t, NULL, gg_array(m, array));
        }
}

/* A load that failed may have left the archive open. */
static bool gg_open_archive(Run *r, const char *path)
{
    gg_archive_close(&r->model.archive);
    return gg_archive_open(&r->model.archive, path);
}

static void gg_scan_skipped(Run *r, const char *text)
{
    char *end;
    for (int i = 0; i < r->p->schedule.nsteps; i++, text = end)
        r->schedule.skipped[i] = strtol(text, &end, 10);
}

/* An evaluation uses schedules at the update of the weights, if the file is of a run of this
   program. */
static void gg_load_updates(Run *r)
{
    const Archive *a = &r->model.archive;
    const char *whose = gg_archive_meta(a, "fingerprint"), *update = gg_archive_meta(a, "update"),
               *skipped = gg_archive_meta(a, "skipped");
    if (!whose || !update || !skipped || strtoull(whose, NULL, 16) != r->p->model.fingerprint ||
        strtol(update, NULL, 10) < 0)
        return;
    r->schedule.update = strtol(update, NULL, 10);
    gg_scan_skipped(r, skipped);
}

/* A token means another character in another vocabulary. */
static void gg_check_chars(const Run *r, const Archive *a)
{
    const char *chars = gg_archive_meta(a, "chars");
    if (!chars || !r->data.chars.n || !strcmp(chars, r->data.chars.s)) return;
    gg_fail(GG_DATA,
            "%s: its weights are for a text of other characters: they know %ld, the data has %ld",
            a->path, gg_characters(chars), gg_characters(r->data.chars.s));
}

void gg_load_weights(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    gg_check_chars(r, &r->model.archive);
    gg_run_fetch(r);
    const Naming *naming = gg_names_of(r, &r->model.archive);
    if (naming) gg_load_named(&r->model.archive, &r->p->model, naming);
    else gg_read_arrays(&r->model.archive, &r->p->model, 0, 1);
    gg_average_start(r);
    if (!naming && gg_average_has(&r->p->model, &r->model.archive))
        gg_read_arrays(&r->model.archive, &r->p->model, r->p->model.ema, r->p->model.ema + 1);
    if (r->o.eval) gg_load_updates(r);
    gg_archive_close(&r->model.archive);
    r->device.prepared = false;
}

void gg_load_fields(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    const char *fields = gg_archive_meta(&r->model.archive, "fields");
    const char *chars = gg_archive_meta(&r->model.archive, "chars");
    if (fields) gg_add(&r->data.fields, "%s", fields);
    if (chars) gg_add(&r->data.chars, "%s", chars);
    gg_archive_close(&r->model.archive);
}

static const char *gg_need_meta(const Archive *a, const char *key)
{
    const char *value = gg_archive_meta(a, key);
    if (!value)
        gg_fail(GG_DATA, "%s: no checkpoint of a run: it lacks '%s' (--load takes weights alone)",
                a->path, key);
    return value;
}

static void gg_check_run(const Run *r, const Archive *a, long update, long samples)
{
    uint64_t fingerprint = strtoull(gg_need_meta(a, "fingerprint"), NULL, 16);
    if (fingerprint != r->p->model.fingerprint)
        gg_fail(GG_DATA,
                "%s: it belongs to another model: fingerprint %016llx, this program's is %016llx",
                a->path, (unsigned long long)fingerprint,
                (unsigned long long)r->p->model.fingerprint);
    uint64_t seed = strtoull(gg_need_meta(a, "seed"), NULL, 10);
    if (seed != r->schedule.seed)
        gg_fail(GG_DATA, "%s: its run has --seed %llu, this one %llu", a->path,
                (unsigned long long)seed, (unsigned long long)r->schedule.seed);
    if (r->o.eval) return;
    if (update < 0 || update > r->schedule.calendar.T)
        gg_fail(GG_DATA, "%s: it has done %ld updates, this run plans %ld", a->path, update,
                r->schedule.calendar.T);
    if (samples != gg_consumed(&r->schedule.calendar, update))
        gg_fail(GG_DATA,
                "%s: %ld samples in %ld updates, here they would be %ld: other data, batch or tail",
                a->path, samples, update, gg_consumed(&r->schedule.calendar, update));
}

/* "samples sum sum ...", as gg_header_metadata wrote them */
static void gg_scan_sums(Run *r, const char *text)
{
    char *end;
    r->sums.samples = strtod(text, &end);
    for (int i = 0; i < r->p->model.nsums; i++) r->sums.since[i] = strtod(text = end, &end);
}

/* "rate best bad cooling", as gg_header_metadata wrote them */
static void gg_scan_level(Level *l, const char *text)
{
    char *end;
    l->rate = strtod(text, &end), l->best = strtod(end, &end);
    l->bad = strtol(end, &end, 10), l->cooling = strtol(end, &end, 10);
}

bool gg_load_run(Run *r, const char *path)
{
    Progress *at = &r->schedule;
    if (!gg_open_archive(r, path)) return false;
    const Archive *a = &r->model.archive;
    long update = strtol(gg_need_meta(a, "update"), NULL, 10),
         samples = strtol(gg_need_meta(a, "samples"), NULL, 10);
    long log_bytes = strtol(gg_need_meta(a, "log"), NULL, 10);
    double best = strtod(gg_need_meta(a, "best"), NULL);
    const char *sums = gg_need_meta(a, "sums"), *skipped = gg_need_meta(a, "skipped"),
               *stale = gg_archive_meta(a, "stale");
    const char *scale = r->p->schedule.scale_interval ? gg_need_meta(a, "loss_scale") : NULL;
    const char *level = r->p->schedule.plateau.factor > 0 ? gg_need_meta(a, "plateau") : NULL;
    gg_check_run(r, a, update, samples);
    gg_check_chars(r, a);
    gg_run_fetch(r);
    gg_read_arrays(a, &r->p->model, 0, 1 + r->p->model.nstates);
    gg_scan_sums(r, sums);
    gg_scan_skipped(r, skipped);
    at->step_window = (StepWindow) { 0 };
    at->update = update, at->best = best, at->stale = stale ? strtol(stale, NULL, 10) : 0;
    r->log.bytes = log_bytes < 0 ? 0 : log_bytes;
    char *end;
    if (level) gg_scan_level(&at->level, level);
    if (scale) at->loss_scale = strtod(scale, &end), at->finite = strtol(end, NULL, 10);
    r->device.prepared = false;
    gg_archive_close(&r->model.archive);
    return true;
}
