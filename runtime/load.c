/* load.c -- loads weights and runs from safetensors files: checkpoints (checkpoint.c), or files
   of other programs. Numbers of any type are converted. The message about a missing tensor has
   the nearest one in the file (near.c). */
#include "weights.h"
#include "device.h"
#include "number.h"
#include "tensor.h"

static void gg_check_shape(const Archive *a, const Entry *e, const Tensor *t)
{
    bool same = e->rank == t->rank, turned = same && t->rank > 1;
    for (int i = 0; i < t->rank && same; i++) turned &= e->dim[i] == t->dim[t->rank - 1 - i];
    for (int i = 0; i < t->rank && same; i++) same = e->dim[i] == t->dim[i];
    if (same) return;
    char name[GG_NAME], in_file[GG_SHAPE], in_model[GG_SHAPE];
    int64_t dim[GG_RANK];
    for (int i = 0; i < t->rank; i++) dim[i] = t->dim[i];
    gg_fail(GG_DATA, "%s: %s is %s, the model says %s%s", a->path, gg_printable(name, e->name),
            gg_shape_text(in_file, e->dim, e->rank), gg_shape_text(in_model, dim, t->rank),
            turned ? ", the other way round: weights of [in, out] are "
                     "to be saved as v.T.copy(), square ones too"
                   : "");
}

static const Entry *gg_match(const Archive *a, const char *name, const Tensor *t,
                             const Source *source)
{
    const Entry *e = gg_archive_find(a, name);
    char shown[GG_NAME];
    if (!e) gg_missing(a, name, t, source);
    if (!gg_dtype(e->dtype))
        gg_fail(GG_DATA,
                "%s: %s is %.20s: floats of 16 to 64 bits and whole numbers can be read: save it "
                "as t.to(torch.float32)",
                a->path, gg_printable(shown, name), e->dtype);
    gg_check_shape(a, e, t);
    if (gg_is_kernel(e->name) && !gg_is_kernel(t->name) && t->rank > 1) gg_kernel(a, e, t);
    return e;
}

static void gg_read_chunk(const Archive *a, const Entry *e, int64_t from, long n, real *out)
{
    unsigned char raw[GG_CHUNK * 8];
    const char type = gg_dtype(e->dtype);
    const long unit = gg_type_bytes(type);
    char name[GG_NAME], text[32];
    if (pread(a->shard[e->shard].fd, raw, (size_t)(n * unit), e->from + from * unit) !=
        (ssize_t)(n * unit))
        gg_fail(GG_DATA, "%s: %s cannot be read", a->shard[e->shard].path,
                gg_printable(name, e->name));
    if (type == (sizeof(real) == 8 ? 'd' : 'f')) memcpy(out, raw, (size_t)n * sizeof *out);
    else
        for (long i = 0; i < n; i++) {
            const Number x = gg_number(type, false, raw + i * unit);
            const char *wrong = gg_number_wrong(&x);
            gg_number_text(text, &x);
            if (wrong)
                gg_fail(GG_DATA, "%s: an element of %s is %s, %s", a->path,
                        gg_printable(name, e->name), text, wrong);
            out[i] = (real)x.value;
        }
}

static void gg_read_one(const Archive *a, const Entry *e, const Tensor *t, real *flat)
{
    real chunk[GG_CHUNK];
    for (long from = 0, count = gg_count(t); from < count; from += GG_CHUNK) {
        long n = count - from < GG_CHUNK ? count - from : GG_CHUNK;
        gg_read_chunk(a, e, from, n, chunk);
        gg_write_tensor(t, flat, from, n, chunk);
    }
}

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
            if (pass) gg_read_one(a, e, t, gg_array(m, array));
        }
}

/* A load that failed may have left the archive open. */
static bool gg_open_archive(Run *r, const char *path)
{
    gg_archive_close(&r->model.archive);
    return gg_archive_open(&r->model.archive, path);
}

void gg_load_sources(Run *r)
{
    const Program *p = r->p;
    for (int i = 0; i < p->model.nsources; i++) {
        const Source *s = &p->model.sources[i];
        const Tensor *t = &p->model.tensors[s->tensor];
        const bool again = i && !strcmp(s->file, p->model.sources[i - 1].file);
        if (!again && !gg_open_archive(r, s->file))
            gg_fail(GG_DATA, "%s: no such file: a rule of the model loads %s from it", s->file,
                    t->name);
        gg_read_one(&r->model.archive, gg_match(&r->model.archive, s->key, t, s), t,
                    gg_params(&p->model));
    }
    gg_archive_close(&r->model.archive);
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

void gg_load_weights(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    gg_run_fetch(r);
    gg_read_arrays(&r->model.archive, &r->p->model, 0, 1);
    gg_average_start(r);
    if (gg_average_has(&r->p->model, &r->model.archive))
        gg_read_arrays(&r->model.archive, &r->p->model, r->p->model.ema, r->p->model.ema + 1);
    if (r->o.eval) gg_load_updates(r);
    gg_archive_close(&r->model.archive);
    r->device.prepared = false;
}

void gg_load_fields(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    const char *fields = gg_archive_meta(&r->model.archive, "fields");
    if (fields) gg_add(&r->data.fields, "%s", fields);
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
    gg_check_run(r, a, update, samples);
    gg_run_fetch(r);
    gg_read_arrays(a, &r->p->model, 0, 1 + r->p->model.nstates);
    gg_scan_sums(r, sums);
    gg_scan_skipped(r, skipped);
    at->step_window = (StepWindow) { 0 };
    at->update = update, at->best = best, at->stale = stale ? strtol(stale, NULL, 10) : 0;
    r->log.bytes = log_bytes < 0 ? 0 : log_bytes;
    char *end;
    if (scale) at->loss_scale = strtod(scale, &end), at->finite = strtol(end, NULL, 10);
    r->device.prepared = false;
    gg_archive_close(&r->model.archive);
    return true;
}
