/* checkpoint.c -- a run's state as a safetensors file: tensors in logical order under their
   names, and optimizer states as optimizer.m.NAME. The metadata have the run's position. */
#include "weights.h"
#include "device.h"
#include "tensor.h"
#include <errno.h>
#include <fcntl.h>
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "checkpoints are written and read on little-endian machines"
#endif

real *gg_array(const Model *m, int array) { return array ? gg_states(m, array - 1) : gg_params(m); }

bool gg_in_array(const Model *m, int array, const Tensor *t)
{
    return !array || !m->trained || t->offset < m->trained;
}

void gg_array_name(char *out, size_t room, const Model *m, int array, const Tensor *t)
{
    if (array && array == m->ema) snprintf(out, room, "ema.%s", t->name);
    else if (array) snprintf(out, room, "optimizer.%s.%s", m->state_names[array - 1], t->name);
    else snprintf(out, room, "%s", t->name);
}

/* ---- writing ---- */
static void gg_header_metadata(const Run *r, Line *h)
{
    const Progress *at = &r->schedule;
    gg_add(h, "{\"__metadata__\":{\"format\":\"gagen 1\",\"update\":\"%ld\",\"skipped\":\"%ld",
           at->update, at->skipped[0]);
    for (int i = 1; i < r->p->schedule.nsteps; i++) gg_add(h, " %ld", at->skipped[i]);
    gg_add(h,
           "\",\"samples\":\"%ld\",\"seed\":\"%llu\",\"fingerprint\":\"%016llx\",\"best\":\"%a\","
           "\"stale\":\"%ld\",\"log\":\"%ld\",\"sums\":\"%a",
           gg_consumed(&at->calendar, at->update), (unsigned long long)at->seed,
           (unsigned long long)r->p->model.fingerprint, at->best, at->stale, r->log.bytes,
           r->sums.samples);
    for (int i = 0; i < r->p->model.nsums; i++) gg_add(h, " %a", r->sums.since[i]);
    gg_add(h, "\"");
    if (r->data.fields.n) gg_add(h, ",\"fields\":"), gg_add_quoted(h, r->data.fields.s);
    if (r->data.chars.n) gg_add(h, ",\"chars\":"), gg_add_quoted(h, r->data.chars.s);
    if (r->p->schedule.scale_interval)
        gg_add(h, ",\"loss_scale\":\"%a %ld\"", at->loss_scale, at->finite);
    if (r->p->schedule.plateau.factor > 0)
        gg_add(h, ",\"plateau\":\"%a %a %ld %ld\"", at->level.rate, at->level.best, at->level.bad,
               at->level.cooling);
    gg_add(h, "}");
}

static void gg_header(Run *r)
{
    const Program *p = r->p;
    Line *h = &r->model.header;
    char name[1024];
    long at = 0;
    h->n = 0;
    gg_header_metadata(r, h);
    for (int array = 0; array <= p->model.nstates; array++)
        for (int i = 0; i < p->model.ntensors; i++) {
            const Tensor *t = &p->model.tensors[i];
            long bytes = gg_count(t) * (long)sizeof(real);
            if (!gg_in_array(&p->model, array, t)) continue;
            gg_array_name(name, sizeof name, &p->model, array, t);
            gg_add(h, ",");
            gg_add_quoted(h, name);
            gg_add(h, ":{\"dtype\":\"%s\",\"shape\":[", sizeof(real) == 8 ? "F64" : "F32");
            for (int a = 0; a < t->rank; a++) gg_add(h, a ? ",%ld" : "%ld", t->dim[a]);
            gg_add(h, "],\"data_offsets\":[%ld,%ld]}", at, at + bytes);
            at += bytes;
        }
    gg_add(h, "}");
}

bool gg_write(int fd, const void *data, size_t n)
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
    real chunk[GG_CHUNK];
    for (long from = 0, count = gg_count(t); from < count; from += GG_CHUNK) {
        long n = count - from < GG_CHUNK ? count - from : GG_CHUNK;
        gg_read_tensor(t, flat, from, n, chunk);
        if (!gg_write(fd, chunk, (size_t)n * sizeof *chunk)) return false;
    }
    return true;
}

static bool gg_write_tensors(Run *r, int fd)
{
    const Model *m = &r->p->model;
    for (int array = 0; array <= m->nstates; array++)
        for (int i = 0; i < m->ntensors; i++)
            if (gg_in_array(m, array, &m->tensors[i]) &&
                !gg_write_one(&m->tensors[i], gg_array(m, array), fd))
                return false;
    return true;
}

long gg_checkpoint_bytes(const Model *m)
{
    long bytes = 0;
    for (int array = 0; array <= m->nstates; array++)
        for (int i = 0; i < m->ntensors; i++)
            if (gg_in_array(m, array, &m->tensors[i]))
                bytes += gg_count(&m->tensors[i]) * (long)sizeof(real);
    return bytes;
}

static bool gg_write_header(Run *r, int fd)
{
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)(r->model.header.n >> 8 * i);
    return gg_write(fd, size, 8) && gg_write(fd, r->model.header.s, r->model.header.n);
}

/* A new name is on the disk only when its directory is. */
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

void gg_replace_file(Run *r, const char *path, bool (*write)(Run *r, int fd))
{
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        gg_fail(GG_DATA, "%s: too long a name", path);
    while (r->model.header.n % 8) gg_add(&r->model.header, " ");
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) gg_fail(GG_DATA, "%s: %s", temporary, strerror(errno));
    bool written = gg_write_header(r, fd) && write(r, fd) && !fsync(fd);
    if (close(fd)) written = false;
    if (!written || rename(temporary, path)) {
        int why = errno;
        unlink(temporary);
        gg_fail(GG_DATA, "%s: %s; what it held before is untouched", path, strerror(why));
    }
    gg_sync_directory(path);
}

void gg_save_run(Run *r, const char *path)
{
    if (r->schedule.step_window.n)
        gg_fail(GG_USAGE, "%s: a round is under way: its last step first, then a checkpoint", path);
    gg_run_fetch(r);
    gg_header(r);
    gg_replace_file(r, path, gg_write_tensors);
}
