/* run.c -- gagen run: the program is compiled once for its source, compiler and machine, kept, and run. */
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

typedef struct { const char *compiler, *nvcc, *directory; bool keep; const char *zlib[3]; } Build;      /* nvcc: for a CUDA program */

static const char *setting(const char *name)
{
    const char *s = getenv(name);
    return s && *s ? s : NULL;
}

/* ---- what makes a program another one --------------------------------------------------------------------------- */
static uint64_t hash(uint64_t h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h;
}

/* The instructions this machine has: a program built with -march=native is for them. */
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

/* ---- the compiler ----------------------------------------------------------------------------------------------- */
/* Runs CC, which may be several words, with the arguments; returns its exit status. */
static int call_compiler(const Build *b, const char *const *args, bool quiet)
{
    const char *argv[24] = { "sh", "-c", text("exec %s \"$@\"", b->compiler), "cc" };
    int n = 4, status;
    while (*args && n < 23) argv[n++] = *args++;
    pid_t child = fork();
    if (child < 0) fatal("fork: %s", strerror(errno));
    if (child == 0) {
        if (quiet && (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))) _exit(127);
        execv("/bin/sh", (char **)(void *)argv);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) fatal("wait: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Compressed data can be read where zlib is there to compile with. */
static void find_zlib(Build *b)
{
    const char *const try[] = { "-E", "-include", "zlib.h", "-x", "c", "/dev/null", NULL };
    if (call_compiler(b, try, true) == 0) b->zlib[0] = "-DGAGEN_ZLIB", b->zlib[1] = "-lz";
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compile(const Build *b, const char *source, const char *program)
{
    const char *args[16] = { "-std=gnu11", "-O3", "-march=native", "-o", program, source };
    int n = 6;
    if (b->zlib[0]) args[n++] = b->zlib[0];
    args[n++] = "-lm", args[n++] = "-lpthread";
    if (b->zlib[1]) args[n++] = b->zlib[1];
    fprintf(stderr, "gagen: compiling with %s -O3 -march=native ... ", b->compiler);
    const double start = seconds();
    const int status = call_compiler(b, args, false);
    if (!status) fprintf(stderr, "%.1f s\n", seconds() - start);
    return status;
}

/* ---- CUDA ------------------------------------------------------------------------------------------------------- */
static const char *find_nvcc(void)
{
    if (setting("NVCC")) return setting("NVCC");
    if (system("command -v nvcc > /dev/null 2>&1") == 0) return "nvcc";
    return access("/usr/local/cuda/bin/nvcc", X_OK) == 0 ? "/usr/local/cuda/bin/nvcc" : NULL;
}

/* "NVIDIA H100" of "GPU 0: NVIDIA H100 (UUID: ...)", or NULL: no device answers */
static const char *find_device(void)
{
    char line[256] = "";
    FILE *f = popen("nvidia-smi -L 2> /dev/null", "r");
    const bool said = f && fgets(line, sizeof line, f);
    if (f) pclose(f);
    char *name = said && !strncmp(line, "GPU ", 4) ? strchr(line, ':') : NULL;
    return name ? text("%.*s", (int)strcspn(name + 2, "(\n"), name + 2) : NULL;
}

void choose_run_target(Opts *o)
{
    if (o->target_given) return;
    const char *device = find_nvcc() ? find_device() : NULL;
    o->target = device ? &target_cuda : &target_c;
    if (device) fprintf(stderr, "gagen: CUDA, for %s\n", device);
    else fprintf(stderr, "gagen: C, for this machine's CPU (%s)\n", find_nvcc() ? "nvcc is here, but no device answers" : "no nvcc here");
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

/* The runtime by the C compiler, the program by nvcc; both in the directory `work`. */
static int compile_cuda(const Build *b, const char *work, const char *title)
{
    const char *zlib = b->zlib[0] ? b->zlib[0] : "", *z = b->zlib[1] ? b->zlib[1] : "";
    const char *script = text("cd \"$1\" && %s -std=gnu11 -O3 -march=native %s -c *.c && %s -std=c++17 -O3 --fmad=false -arch=native -I. -o %s %s.cu *.o "
                              "-lcublasLt %s -lm -lpthread && rm -f *.o *.c *.h *.cu", b->compiler, zlib, b->nvcc, title, title, z);
    const Build shell = { .compiler = "sh -c" };
    const char *const args[] = { script, "sh", work, NULL };
    fprintf(stderr, "gagen: compiling with %s -O3 -arch=native ... ", b->nvcc);
    const double start = seconds();
    write_runtime(work);
    const int status = call_compiler(&shell, args, false);
    if (!status) fprintf(stderr, "%.1f s\n", seconds() - start);
    return status;
}

/* ---- where programs are kept ------------------------------------------------------------------------------------ */
static bool make_directory(const char *path) { return mkdir(path, 0700) == 0 || errno == EEXIST; }

/* Elsewhere than in the user's own cache nothing is kept: others might put a program there. */
static void find_directory(Build *b)
{
    const char *cache = setting("XDG_CACHE_HOME"), *home = setting("HOME");
    if (!cache && home) cache = text("%s/.cache", home);
    b->directory = cache ? text("%s/gagen", cache) : NULL;
    b->keep = cache && make_directory(cache) && make_directory(b->directory) && access(b->directory, W_OK) == 0;
    if (!b->keep) b->directory = setting("TMPDIR") ? setting("TMPDIR") : "/tmp";
}

static const char **arguments(const Opts *o, const char *title)
{
    const char **argv = NEW_ARRAY(const char *, o->run_args.n + 2);
    argv[0] = title;
    for (int i = 0; i < o->run_args.n; i++) argv[i + 1] = o->run_args.at[i];
    return argv;
}

/* Becomes the program in that directory, which is gone by then. */
static _Noreturn void run_unkept(const Opts *o, const char *title, const char *program, const char *work)
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

/* Compiles in a directory of its own, so that what is found under the final name is whole. */
static _Noreturn void build(const Opts *o, const Build *b, const char *title, const Text *source, const char *final)
{
    char *work = text("%s/build-XXXXXX", b->directory);
    if (!mkdtemp(work)) fatal("%s: %s", work, strerror(errno));
    const char *c = text("%s/%s.%s", work, title, b->nvcc ? "cu" : "c"), *program = text("%s/%s", work, title);
    write_output(c, source);
    const int status = b->nvcc ? compile_cuda(b, work, title) : compile(b, c, program);
    remove(c);
    if (!status && !b->keep) run_unkept(o, title, program, work);
    if (!status && rename(program, final)) fatal("%s: %s", final, strerror(errno));
    rmdir(work);
    const char *compiler = b->nvcc ? b->nvcc : b->compiler;
    if (status == 127) fatal("no compiler '%s': install one, or name it in %s", compiler, b->nvcc ? "NVCC" : "CC");
    if (status) fatal("'%s' could not compile the program (status %d)", compiler, status);
    run_kept(o, title, final);
}

void run_program(const Opts *o, const char *title, const Text *source)
{
    Build b = { .compiler = setting("CC") ? setting("CC") : "cc" };
    if (o->target == &target_cuda && !(b.nvcc = find_nvcc())) fatal("no nvcc: install the CUDA Toolkit, name nvcc in NVCC, or say -t c");
    find_directory(&b);
    find_zlib(&b);
    uint64_t h = hash(0xcbf29ce484222325u, source->s, source->n);
    h = hash_machine(hash(h, b.compiler, strlen(b.compiler)) + (b.zlib[0] != NULL));
    const char *final = text("%s/%s-%016llx", b.directory, title, (unsigned long long)h);
    if (b.keep && access(final, X_OK) == 0) run_kept(o, title, final);
    build(o, &b, title, source, final);
}
