/* run.c -- gagen run compiles the program once for its source, compiler and machine, keeps it,
   and runs it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/resources.h"
#include "tools/run.h"

/* cc: for C; compiler: for the program */
typedef struct {
    const char *cc, *compiler, *directory, *script;
    bool keep;
} Build;

static const char *setting(const char *name)
{
    const char *s = getenv(name);
    return s && *s ? s : NULL;
}

/* ---- the key under which a program is kept ---- */
static uint64_t hash(uint64_t h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h;
}

/* The machine's instruction sets: -march=native compiles for them. */
static uint64_t hash_machine(uint64_t h)
{
    static const char *const keys[] = { "flags", "Features", "model name" };
    char line[4096];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f) && *line != '\n')
        for (int i = 0; i < 3; i++)
            if (!strncmp(line, keys[i], strlen(keys[i]))) h = hash(h, line, strlen(line));
    if (f) fclose(f);
    return h;
}

/* ---- the compiler ---- */
/* Runs the script with the directory as its $1; returns its exit status. */
static int call_shell(const char *script, const char *directory, bool quiet)
{
    const char *const argv[] = { "sh", "-c", script, "sh", directory, NULL };
    int status;
    pid_t child = fork();
    if (child < 0) fatal("fork: %s", strerror(errno));
    if (child == 0) {
        if (quiet && (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout)))
            _exit(127);
        execv("/bin/sh", (char **)(void *)argv);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) fatal("wait: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* With zlib installed, the program reads compressed data. */
static bool has_zlib(const char *cc)
{
    return call_shell(text("exec %s -E -include zlib.h -x c /dev/null", cc), "", true) == 0;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The runtime's sources, as files beside the program's. */
static void write_runtime(const char *work)
{
    for (const Resource *r = resources; r->path; r++) {
        size_t n;
        Text t = { 0 };
        if (strncmp(r->path, "runtime/", 8)) continue;
        const char *s = resource(r->path, &n);
        text_put(&t, s, n);
        write_output(text("%s/%s", work, r->path + 8), &t);
    }
}

static int compile(const Build *b, const Toolchain *t, const char *work)
{
    fprintf(stderr, "gagen: compiling with %s %s ... ", b->compiler, t->flags);
    const double start = seconds();
    const int status = call_shell(b->script, work, false);
    if (!status) fprintf(stderr, "%.1f s\n", seconds() - start);
    return status;
}

/* NULL: there is none */
static const char *find_compiler(const Toolchain *t)
{
    if (setting(t->variable)) return setting(t->variable);
    if (!t->elsewhere || system(text("command -v %s > /dev/null 2>&1", t->command)) == 0)
        return t->command;
    return access(t->elsewhere, X_OK) == 0 ? t->elsewhere : NULL;
}

/* ---- the target ---- */
/* "NVIDIA H100" of "GPU 0: NVIDIA H100 (UUID: ...)", or NULL: no device answers */
static const char *find_device(const Toolchain *t)
{
    char line[256] = "";
    FILE *f = popen(t->device, "r");
    const bool said = f && fgets(line, sizeof line, f);
    if (f) pclose(f);
    char *name = said && !strncmp(line, "GPU ", 4) ? strchr(line, ':') : NULL;
    return name ? text("%.*s", (int)strcspn(name + 2, "(\n"), name + 2) : NULL;
}

const Target *run_target(const Target *device, const Target *cpu)
{
    const Toolchain *t = &device->tools;
    const char *compiler = find_compiler(t), *name = compiler ? find_device(t) : NULL;
    if (name) fprintf(stderr, "gagen: %s, for %s\n", device->title, name);
    else
        fprintf(stderr, "gagen: %s, for this machine's CPU (%s)\n", cpu->title,
                text(compiler ? "%s is here, but no device answers" : "no %s here", t->command));
    return name ? device : cpu;
}

/* ---- where programs are kept ---- */
static bool make_directory(const char *path) { return mkdir(path, 0700) == 0 || errno == EEXIST; }

/* Programs are kept only in the user's own cache: elsewhere other users might put a program. */
static void find_directory(Build *b)
{
    const char *cache = setting("XDG_CACHE_HOME"), *home = setting("HOME");
    if (!cache && home) cache = text("%s/.cache", home);
    b->directory = cache ? text("%s/gagen", cache) : NULL;
    b->keep = cache && make_directory(cache) && make_directory(b->directory) &&
              access(b->directory, W_OK) == 0;
    if (!b->keep) b->directory = setting("TMPDIR") ? setting("TMPDIR") : "/tmp";
}

static const char **arguments(const Opts *o, const char *title)
{
    const char **argv = NEW_ARRAY(const char *, o->run_args.n + 2);
    argv[0] = title;
    for (int i = 0; i < o->run_args.n; i++) argv[i + 1] = o->run_args.at[i];
    return argv;
}

/* Replaces this process by the program and removes its directory. */
static _Noreturn void run_unkept(const Opts *o, const char *title, const char *program,
                                 const char *work)
{
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    remove(program);
    rmdir(work);
    if (fd >= 0) fexecve(fd, (char **)(void *)arguments(o, title), environ);
    fatal("%s: %s", program, strerror(errno));
}

static _Noreturn void run_kept(const Opts *o, const char *title, const char *program)
{
    execv(program, (char **)(void *)arguments(o, title));
    fatal("%s: %s", program, strerror(errno));
}

/* Compiles in a directory of its own and renames it, so the final name never has half a program. */
static _Noreturn void build(const Opts *o, const Build *b, const char *title, const Text *source,
                            const char *final)
{
    const Toolchain *t = &o->target->tools;
    char *work = text("%s/build-XXXXXX", b->directory);
    if (!mkdtemp(work)) fatal("%s: %s", work, strerror(errno));
    const char *file = text("%s/%s.%s", work, title, o->target->extension),
               *program = text("%s/%s", work, title);
    write_output(file, source);
    if (!o->target->one_file) write_runtime(work);
    const int status = compile(b, t, work);
    remove(file);
    if (!status && !b->keep) run_unkept(o, title, program, work);
    if (!status && rename(program, final)) fatal("%s: %s", final, strerror(errno));
    rmdir(work);
    if (status == 127)
        fatal("no compiler '%s': install one, or name it in %s", b->compiler, t->variable);
    if (status) fatal("'%s' could not compile the program (status %d)", b->compiler, status);
    run_kept(o, title, final);
}

void run_program(const Opts *o, const char *title, const Text *source)
{
    const Toolchain *t = &o->target->tools;
    Build b = { .cc = setting("CC") ? setting("CC") : "cc", .compiler = find_compiler(t) };
    if (!b.compiler) fatal("%s", t->missing);
    find_directory(&b);
    b.script = t->script(b.cc, b.compiler, title, has_zlib(b.cc));
    const uint64_t h = hash_machine(
        hash(hash(0xcbf29ce484222325u, source->s, source->n), b.script, strlen(b.script)));
    const char *final = text("%s/%s-%016llx", b.directory, title, (unsigned long long)h);
    if (b.keep && access(final, X_OK) == 0) run_kept(o, title, final);
    build(o, &b, title, source, final);
}
