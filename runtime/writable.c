/* writable.c -- checks before the run that all its files are writable: a run of days must not end
   at its first checkpoint.

   1. A new file is created and removed. An existing file is opened and not changed.
   2. A checkpoint is written beside FILE and renamed. So an existing FILE must be a regular file
      that may be replaced.
   3. The file system must have room for the certain checkpoints, and one block for a log. */
#include "start.h"
#include "weights.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

typedef struct {
    const char *option, *path;
} Written;

static _Noreturn void gg_unwritable(Written w, const char *why)
{
    gg_fail(GG_DATA, "%s: --%s: %s", w.path, w.option, why);
}

static void gg_parent(const char *path, char out[4096])
{
    const char *slash = strrchr(path, '/');
    const int n = slash == path ? 1 : slash ? (int)(slash - path) : 1;
    snprintf(out, 4096, "%.*s", n, slash ? path : ".");
}

/* Why this name cannot be created: about its directory. */
static _Noreturn void gg_cannot_make(Written w, int why)
{
    char text[8300], parent[4096];
    struct stat st;
    gg_parent(w.path, parent);
    if (stat(parent, &st))
        snprintf(text, sizeof text, "there is no directory %s: make it first, mkdir -p %s", parent,
                 parent);
    else if (!S_ISDIR(st.st_mode))
        snprintf(text, sizeof text, "%s is a file, not a directory: name another", parent);
    else
        snprintf(text, sizeof text,
                 "no file can be made in %s: %s: name a directory that is writable", parent,
                 strerror(why));
    gg_unwritable(w, text);
}

static void gg_prove_open(Written w)
{
    int fd = open(w.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
        close(fd), unlink(w.path);
        return;
    }
    if (errno != EEXIST) gg_cannot_make(w, errno);
    fd = open(w.path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT && errno != ENXIO)
        gg_unwritable(w, "it is read-only: chmod u+w makes it writable, or name another file");
    if (fd >= 0) close(fd);
}

/* Special files are writable, except the one that is always full. */
static void gg_prove_file(Written w)
{
    struct stat st, full;
    if (strlen(w.path) > 4000) gg_unwritable(w, "too long a name");
    if (!stat(w.path, &st) && S_ISDIR(st.st_mode))
        gg_unwritable(w, "a directory is in the way: name a file");
    if (!stat(w.path, &st) && S_ISCHR(st.st_mode) && !stat("/dev/full", &full) &&
        st.st_rdev == full.st_rdev)
        gg_unwritable(w, "the device is full: name another file");
    gg_prove_open(w);
}

/* Free bytes in the file's directory, or -1: a special file, or an unknown number. */
static double gg_free_bytes(const char *path)
{
    char parent[4096];
    struct statvfs fs;
    struct stat st;
    if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return -1;
    gg_parent(path, parent);
    if (statvfs(parent, &fs) || !fs.f_blocks) return -1;
    return (double)fs.f_frsize * (double)(geteuid() ? fs.f_bavail : fs.f_bfree);
}

static void gg_prove_room(Written w, double bytes, const char *what)
{
    char text[256];
    const double room = gg_free_bytes(w.path), unit = bytes < 1048576 ? 1024 : 1048576;
    const char *name = unit < 1048576 ? "KiB" : "MiB";
    if (room < 0 || room >= bytes) return;
    snprintf(text, sizeof text,
             "%s takes %.1f %s, and %.1f %s are free there: make room, or name a file elsewhere",
             what, bytes / unit, name, room / unit, name);
    gg_unwritable(w, text);
}

/* ---- what each option writes ---- */
static void gg_prove_replaced(Written w)
{
    struct stat st;
    char temporary[4096];
    gg_prove_file(w);
    if (!stat(w.path, &st) && !S_ISREG(st.st_mode))
        gg_unwritable(w, "it is no regular file, which a checkpoint would replace: name a file");
    snprintf(temporary, sizeof temporary, "%.4080s.tmp", w.path);
    gg_prove_file((Written) { w.option, temporary });
}

static void gg_prove_save(const Program *p, const char *path)
{
    char best[4096];
    const bool validates = p->data.valid > 0 || p->data.valid_path;
    gg_prove_replaced((Written) { "save", path });
    snprintf(best, sizeof best, "%.4080s.best", path);
    if (validates) gg_prove_replaced((Written) { "save", best });
    const int files = 1 + (validates && access(best, F_OK));
    gg_prove_room((Written) { "save", path },
                  (double)files * (double)gg_checkpoint_bytes(&p->model),
                  files > 1 ? "a checkpoint beside the best one" : "a checkpoint");
}

static void gg_prove_log(const char *path)
{
    const Written w = { "log", path };
    gg_prove_file(w);
    gg_prove_room(w, 4096, "a log");
}

static void gg_prove_output(const Program *p, const char *path)
{
    const Written w = { "output", path };
    struct stat st;
    char file[4096 + 256];
    if (gg_predict_single(path)) {
        gg_prove_file(w);
        gg_prove_room(w, 4096, "a file");
    } else if (stat(path, &st)) {
        if (mkdir(path, 0777)) gg_cannot_make(w, errno);
        rmdir(path);
    } else if (!S_ISDIR(st.st_mode))
        gg_unwritable(
            w, "a file is in the way: FILE.csv, FILE.npy or a directory for a .npy of each output");
    else
        for (int i = 0; i < p->model.noutputs; i++) {
            snprintf(file, sizeof file, "%.4000s/%.200s.npy", path,
                     p->model.outputs[i].tensor.name);
            gg_prove_file((Written) { "output", file });
        }
}

static bool gg_same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (!strcmp(a, b)) return true;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
           !S_ISCHR(x.st_mode);
}

static void gg_prove_export(const Program *p, const Options *o)
{
    char best[4096];
    const Written w = { "export", o->exported };
    gg_prove_replaced(w);
    gg_prove_room(w, (double)p->model.elements * sizeof(real), "a file");
    if (gg_same_file(o->exported, gg_predict_weights(o, best)))
        gg_unwritable(w, "the weights are read from there: name another file");
}

void gg_prove_writable(const Program *p, const Options *o)
{
    const bool trains = !o->eval && !gg_infers(o) && !o->exported;
    if (trains && o->save) gg_prove_save(p, o->save);
    if (o->log) gg_prove_log(o->log);
    if (o->log && o->save && gg_same_file(o->log, o->save))
        gg_fail(GG_USAGE, "--log and --save name one file, %s: each needs its own", o->log);
    if (o->exported) gg_prove_export(p, o);
    if (!o->output) return;
    if (gg_same_file(o->output, o->predict))
        gg_fail(GG_USAGE, "--output %s: the rows are read from there: name another file",
                o->output);
    if (o->load && gg_same_file(o->output, o->load))
        gg_fail(GG_USAGE, "--output %s: the weights are read from there: name another file",
                o->output);
    gg_prove_output(p, o->output);
}
