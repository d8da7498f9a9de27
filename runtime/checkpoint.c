/* checkpoint.c -- a run's state as a safetensors file: tensors in logical order under their names, optimizer states as
   optimizer.m.NAME, and as metadata where the run stands. */
#include "runtime.h"
#include <errno.h>
#include <fcntl.h>
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "checkpoints are written and read on little-endian machines"
#endif

enum { GG_CHUNK = 8192 };                                   /* reals that pass through memory at once */

/* array 0 is the parameters, array 1 the first state ... */
static real *gg_array(const Program *p, int array)
{
    return array ? p->states[array - 1] : p->params;
}

/* Frozen tensors have no states. */
static bool gg_in_array(const Program *p, int array, const Tensor *t)
{
    return !array || !p->trained || t->offset < p->trained;
}

static void gg_array_name(char *out, size_t room, const Program *p, int array, const Tensor *t)
{
    if (array && array == p->ema) snprintf(out, room, "ema.%s", t->name);
    else if (array) snprintf(out, room, "optimizer.%s.%s", p->state_names[array - 1], t->name);
    else snprintf(out, room, "%s", t->name);
}

/* ---- writing -------------------------------------------------------------------------------------------- */
static void gg_header_metadata(const Run *r, Line *h)
{
    gg_add(h, "{\"__metadata__\":{\"format\":\"gagen 1\",\"update\":\"%ld\",\"skipped\":\"%ld", r->update, r->skipped[0]);
    for (int i = 1; i < r->p->nsteps; i++) gg_add(h, " %ld", r->skipped[i]);
    gg_add(h, "\",\"samples\":\"%ld\",\"seed\":\"%llu\",\"fingerprint\":\"%016llx\",\"best\":\"%a\",\"stale\":\"%ld\",\"log\":\"%ld\",\"sums\":\"%a",
           gg_consumed(&r->plan, r->update), (unsigned long long)r->seed, (unsigned long long)r->p->fingerprint, r->best, r->stale,
           r->log_bytes, r->samples);
    for (int i = 0; i < r->p->nsums; i++) gg_add(h, " %a", r->sums[i]);
    gg_add(h, "\"");
    if (r->data.fields.n) gg_add(h, ",\"fields\":"), gg_add_quoted(h, r->data.fields.s);
    if (r->p->scale_interval) gg_add(h, ",\"loss_scale\":\"%a %ld\"", r->loss_scale, r->finite);
    gg_add(h, "}");
}

static void gg_header(Run *r)
{
    const Program *p = r->p;
    Line *h = &r->header;
    char name[1024];
    long at = 0;
    h->n = 0;
    gg_header_metadata(r, h);
    for (int array = 0; array <= p->nstates; array++)
        for (int i = 0; i < p->ntensors; i++) {
            const Tensor *t = &p->tensors[i];
            long bytes = gg_count(t) * (long)sizeof(real);
            if (!gg_in_array(p, array, t)) continue;
            gg_array_name(name, sizeof name, p, array, t);
            gg_add(h, ",");
            gg_add_quoted(h, name);
            gg_add(h, ":{\"dtype\":\"%s\",\"shape\":[", sizeof(real) == 8 ? "F64" : "F32");
            for (int a = 0; a < t->rank; a++) gg_add(h, a ? ",%ld" : "%ld", t->dim[a]);
            gg_add(h, "],\"data_offsets\":[%ld,%ld]}", at, at + bytes);
            at += bytes;
        }
    gg_add(h, "}");
    while (h->n % 8) gg_add(h, " ");
}

static bool gg_write(int fd, const void *data, size_t n)
{
    const char *from = data;
    while (n > 0) {
        ssize_t done = write(fd, from, n);
        if (done < 0 && errno != EINTR) return false;
        if (done > 0) from += done, n -= (size_t)done;
    }
    return true;
}

static bool gg_write_one(const Tensor *t, const real *flat, int fd)
{
    static real chunk[GG_CHUNK];
    for (long from = 0, count = gg_count(t); from < count; from += GG_CHUNK) {
        long n = count - from < GG_CHUNK ? count - from : GG_CHUNK;
        gg_read_tensor(t, flat, from, n, chunk);
        if (!gg_write(fd, chunk, (size_t)n * sizeof *chunk)) return false;
    }
    return true;
}

static bool gg_write_tensors(const Program *p, int fd)
{
    for (int array = 0; array <= p->nstates; array++)
        for (int i = 0; i < p->ntensors; i++)
            if (gg_in_array(p, array, &p->tensors[i]) && !gg_write_one(&p->tensors[i], gg_array(p, array), fd)) return false;
    return true;
}

static bool gg_write_file(Run *r, int fd)
{
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)(r->header.n >> 8 * i);
    return gg_write(fd, size, 8) && gg_write(fd, r->header.s, r->header.n) && gg_write_tensors(r->p, fd) && !fsync(fd);
}

/* A new name is on the disk when its directory is. */
static void gg_sync_directory(const char *path)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) + 1 : 1;
    snprintf(dir, sizeof dir, "%.*s", n, slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

void gg_save_run(Run *r, const char *path)
{
    char temporary[4096];
    if (r->turn.n) gg_fail(GG_USAGE, "%s: a round is under way: its last step first, then a checkpoint", path);
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        gg_fail(GG_DATA, "%s: too long a name", path);
    gg_run_fetch(r);
    gg_header(r);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) gg_fail(GG_DATA, "%s: %s", temporary, strerror(errno));
    bool written = gg_write_file(r, fd);
    if (close(fd)) written = false;
    if (!written || rename(temporary, path)) {
        int why = errno;
        unlink(temporary);
        gg_fail(GG_DATA, "%s: %s; what it held before is untouched", path, strerror(why));
    }
    gg_sync_directory(path);
}

/* ---- reading -------------------------------------------------------------------------------------------- */
static const Entry *gg_match(const Archive *a, const char *name, const Tensor *t)
{
    const Entry *e = gg_archive_find(a, name);
    if (!e) gg_fail(GG_DATA, "%s: it lacks %s", a->path, name);
    if (strcmp(e->dtype, "F32") && strcmp(e->dtype, "F64"))
        gg_fail(GG_DATA, "%s: %s is %s, F32 and F64 can be read", a->path, name, e->dtype);
    if (e->rank != t->rank || memcmp(e->dim, t->dim, (size_t)t->rank * sizeof *t->dim)) {
        char in_file[128] = "", in_model[128] = "";
        for (int i = 0, n = 0; i < e->rank; i++) n += snprintf(in_file + n, 20, i ? ", %ld" : "%ld", e->dim[i]);
        for (int i = 0, n = 0; i < t->rank; i++) n += snprintf(in_model + n, 20, i ? ", %ld" : "%ld", t->dim[i]);
        gg_fail(GG_DATA, "%s: %s is [%s], the model says [%s]", a->path, name, in_file, in_model);
    }
    return e;
}

static void gg_read_chunk(const Archive *a, const Entry *e, long from, long n, real *out)
{
    static double raw[GG_CHUNK];
    size_t unit = e->dtype[1] == '6' ? sizeof(double) : sizeof(float), bytes = (size_t)n * unit;
    if (pread(a->fd, raw, bytes, a->start + e->from + from * (long)unit) != (ssize_t)bytes)
        gg_fail(GG_DATA, "%s: %s cannot be read", a->path, e->name);
    for (long i = 0; i < n; i++) {
        float single;
        memcpy(&single, (char *)raw + sizeof single * (size_t)i, sizeof single);
        out[i] = unit == sizeof single ? (real)single : (real)raw[i];
    }
}

static void gg_read_one(const Archive *a, const Entry *e, const Tensor *t, real *flat)
{
    static real chunk[GG_CHUNK];
    for (long from = 0, count = gg_count(t); from < count; from += GG_CHUNK) {
        long n = count - from < GG_CHUNK ? count - from : GG_CHUNK;
        gg_read_chunk(a, e, from, n, chunk);
        gg_write_tensor(t, flat, from, n, chunk);
    }
}

/* Every tensor is looked up before the first is read, so that a wrong file changes nothing. */
static void gg_read_arrays(const Archive *a, const Program *p, int from, int to)
{
    for (int pass = 0; pass < 2; pass++)
        for (int k = from * p->ntensors; k < to * p->ntensors; k++) {
            char name[1024];
            const int array = k / p->ntensors;
            const Tensor *t = &p->tensors[k % p->ntensors];
            if (!gg_in_array(p, array, t)) continue;
            gg_array_name(name, sizeof name, p, array, t);
            const Entry *e = gg_match(a, name, t);
            if (pass) gg_read_one(a, e, t, gg_array(p, array));
        }
}

/* A load that failed may have left the archive open. */
static bool gg_open_archive(Run *r, const char *path)
{
    gg_archive_close(&r->archive);
    return gg_archive_open(&r->archive, path);
}

void gg_load_sources(Run *r)
{
    const Program *p = r->p;
    for (int i = 0; i < p->nsources; i++) {
        const Source *s = &p->sources[i];
        const Tensor *t = &p->tensors[s->tensor];
        const bool again = i && !strcmp(s->file, p->sources[i - 1].file);
        if (!again && !gg_open_archive(r, s->file))
            gg_fail(GG_DATA, "%s: no such file: a rule of the model loads %s from it", s->file, t->name);
        gg_read_one(&r->archive, gg_match(&r->archive, s->key, t), t, p->params);
    }
    gg_archive_close(&r->archive);
}

static void gg_scan_skipped(Run *r, const char *text)
{
    char *end;
    for (int i = 0; i < gg_step_count(r->p); i++, text = end) r->skipped[i] = strtol(text, &end, 10);
}

/* An evaluation takes schedules from the update that left the weights, where the file is of a run of this program. */
static void gg_load_updates(Run *r)
{
    const Archive *a = &r->archive;
    const char *whose = gg_archive_meta(a, "fingerprint"), *update = gg_archive_meta(a, "update"), *skipped = gg_archive_meta(a, "skipped");
    if (!whose || !update || !skipped || strtoull(whose, NULL, 16) != r->p->fingerprint || strtol(update, NULL, 10) < 0) return;
    r->update = strtol(update, NULL, 10);
    gg_scan_skipped(r, skipped);
}

void gg_load_weights(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    gg_run_fetch(r);
    gg_read_arrays(&r->archive, r->p, 0, 1);
    gg_average_start(r);
    if (gg_average_has(r->p, &r->archive)) gg_read_arrays(&r->archive, r->p, r->p->ema, r->p->ema + 1);
    if (r->o.eval) gg_load_updates(r);
    gg_archive_close(&r->archive);
    r->prepared = false;
}

void gg_load_fields(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) gg_fail(GG_DATA, "%s: no such file", path);
    const char *fields = gg_archive_meta(&r->archive, "fields");
    if (fields) gg_add(&r->data.fields, "%s", fields);
    gg_archive_close(&r->archive);
}

static const char *gg_need_meta(const Archive *a, const char *key)
{
    const char *value = gg_archive_meta(a, key);
    if (!value)
        gg_fail(GG_DATA, "%s: no checkpoint of a run: it lacks '%s' (--load takes weights alone)", a->path, key);
    return value;
}

static void gg_check_run(const Run *r, const Archive *a, long update, long samples)
{
    uint64_t fingerprint = strtoull(gg_need_meta(a, "fingerprint"), NULL, 16);
    if (fingerprint != r->p->fingerprint)
        gg_fail(GG_DATA, "%s: it belongs to another model: fingerprint %016llx, this program's is %016llx", a->path,
                (unsigned long long)fingerprint, (unsigned long long)r->p->fingerprint);
    uint64_t seed = strtoull(gg_need_meta(a, "seed"), NULL, 10);
    if (seed != r->seed)
        gg_fail(GG_DATA, "%s: its run has --seed %llu, this one %llu", a->path, (unsigned long long)seed,
                (unsigned long long)r->seed);
    if (r->o.eval) return;
    if (update < 0 || update > r->plan.T)
        gg_fail(GG_DATA, "%s: it has done %ld updates, this run plans %ld", a->path, update, r->plan.T);
    if (samples != gg_consumed(&r->plan, update))
        gg_fail(GG_DATA, "%s: %ld samples in %ld updates, here they would be %ld: other data, batch or tail", a->path,
                samples, update, gg_consumed(&r->plan, update));
}

/* "samples sum sum ...", as gg_header_metadata wrote them */
static void gg_scan_sums(Run *r, const char *text)
{
    char *end;
    r->samples = strtod(text, &end);
    for (int i = 0; i < r->p->nsums; i++) r->sums[i] = strtod(text = end, &end);
}

bool gg_load_run(Run *r, const char *path)
{
    if (!gg_open_archive(r, path)) return false;
    const Archive *a = &r->archive;
    long update = strtol(gg_need_meta(a, "update"), NULL, 10), samples = strtol(gg_need_meta(a, "samples"), NULL, 10);
    long log_bytes = strtol(gg_need_meta(a, "log"), NULL, 10);
    double best = strtod(gg_need_meta(a, "best"), NULL);
    const char *sums = gg_need_meta(a, "sums"), *skipped = gg_need_meta(a, "skipped"), *stale = gg_archive_meta(a, "stale");
    const char *scale = r->p->scale_interval ? gg_need_meta(a, "loss_scale") : NULL;
    gg_check_run(r, a, update, samples);
    gg_run_fetch(r);
    gg_read_arrays(a, r->p, 0, 1 + r->p->nstates);
    gg_scan_sums(r, sums);
    gg_scan_skipped(r, skipped);
    r->turn = (Turn){ 0 };
    r->update = update, r->best = best, r->stale = stale ? strtol(stale, NULL, 10) : 0;
    r->log_bytes = log_bytes < 0 ? 0 : log_bytes;
    char *behind;
    if (scale) r->loss_scale = strtod(scale, &behind), r->finite = strtol(behind, NULL, 10);
    r->prepared = false;
    gg_archive_close(&r->archive);
    return true;
}
