/* host.c -- runs the model file in a closed world.

   1. dsl/world.lua makes all that the user's code can reach. Nothing in it opens a file, loads
      code or catches an error.
   2. A hook counts instructions, and the allocator counts bytes. Inside a library function in C no
      hook fires; there a CPU-time timer ends the process. Its handler only writes a prepared line.
   3. A tail call erases its caller's frame. Then the user's place is the last line that the hook
      saw. */
#include "front/host.h"
#include <errno.h>
#include <lualib.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    MEMORY = 256 << 20,
    BUDGET = 100 * 1000 * 1000,
    COUNT = 1000,
    LINE_COST = 20,
    SECONDS = 3,
    FILE_MOST = 4 << 20,
    FILES = 100
};

struct Host {
    lua_State *L;
    const Opts *opts;        /* NULL: no model is read */
    VEC(const char) files;   /* files of the user; their chunks are named @1, @2 ... */
    VEC(const char) running; /* files that nn.File runs now, by path */
    Loc last;                /* the line that ran last */
    long budget;             /* instructions that are left */
    size_t bytes;            /* bytes that L has */
    Loc within;              /* the layer that runs now: its nodes get the line that made it */
    Graph *graph;            /* nodes are added to it */
    bool *asked;             /* by define: the model has read it */
};

/* The signal handler prints these, since it has no argument. The hook writes them. */
static const char *volatile signal_file;
static volatile sig_atomic_t signal_line;

/* Lua keeps room for us beside every state: it points to the state's host. */
static Host *host_of(lua_State *L) { return *(Host **)lua_getextraspace(L); }

static Loc loc_of(const Host *h, int file, int line)
{
    return (Loc) { file > 0 && file <= h->files.n ? h->files.at[file - 1] : NULL, line };
}

/* ---- limits ---- */
static void *limited_alloc(void *context, void *p, size_t old, size_t size)
{
    Host *h = context;
    if (!p) old = 0;
    if (size > old && h->bytes + size - old > MEMORY) return NULL;
    void *q = NULL;
    if (size) q = realloc(p, size);
    else free(p);
    if (q || !size) h->bytes += size - old;
    return q;
}

static void set_last(Host *h, Loc loc)
{
    h->last = loc, signal_file = loc.file, signal_line = loc.line;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    Host *h = host_of(L);
    if (ar->event == LUA_HOOKLINE) {
        lua_getinfo(L, "S", ar);
        if (ar->source[0] != '@') return;
        set_last(h, loc_of(h, atoi(ar->source + 1), ar->currentline));
    }
    h->budget -= ar->event == LUA_HOOKLINE ? LINE_COST : COUNT;
    if (h->budget < 0)
        host_fail(host_where(L),
                  "the model file runs too long: a loop without end? (it may take %d million "
                  "instructions)",
                  BUDGET / 1000000);
}

/* Runs in a signal handler, so it calls no function that allocates or locks. */
static void too_long(int signal_number)
{
    (void)signal_number;
    char line[400], digits[12];
    size_t n = 0;
    int k = 0;
    const char *file = signal_file ? signal_file : "gagen";
    while (*file && n < 300) line[n++] = *file++;
    for (int x = signal_line; x > 0 && k < 11; x /= 10) digits[k++] = (char)('0' + x % 10);
    if (k) line[n++] = ':';
    while (k) line[n++] = digits[--k];
    const char *message =
        ": error: this line takes too long (a pattern, a sort or a copy without end?)\n";
    while (*message) line[n++] = *message++;
    if (write(STDERR_FILENO, line, n) < 0) _exit(1);
    _exit(1);
}

static void set_timer(int seconds)
{
    struct itimerval t = { .it_value = { seconds, 0 } };
    signal(SIGVTALRM, seconds ? too_long : SIG_IGN);
    setitimer(ITIMER_VIRTUAL, &t, NULL);
}

/* ---- places and errors ---- */
Loc host_where(lua_State *L)
{
    lua_Debug ar;
    bool lost = false;
    for (int level = 0; lua_getstack(L, level, &ar) && !lost; level++) {
        lua_getinfo(L, "Slt", &ar);
        if (ar.source[0] == '@' && ar.currentline > 0)
            return loc_of(host_of(L), atoi(ar.source + 1), ar.currentline);
        lost = ar.istailcall;
    }
    return host_of(L)->last;
}

Loc host_defined(lua_State *L, int index)
{
    lua_Debug ar;
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &ar);
    return ar.source[0] == '@' ? loc_of(host_of(L), atoi(ar.source + 1), ar.linedefined)
                               : (Loc) { NULL, 0 };
}

void host_within(lua_State *L, Loc loc) { host_of(L)->within = loc; }

Graph *host_graph(lua_State *L) { return host_of(L)->graph; }

void host_calls(lua_State *L, const char *name) { host_graph(L)->called = name; }

const char *host_called(lua_State *L, const char *otherwise)
{
    return host_graph(L)->called ? host_graph(L)->called : otherwise;
}

Loc host_made(lua_State *L) { return host_of(L)->within.file ? host_of(L)->within : host_where(L); }

enum { LINES = 1 << 24 };

Loc host_at(lua_State *L, int place) { return loc_of(host_of(L), place / LINES, place % LINES); }

int host_place(lua_State *L, Loc loc)
{
    const Host *h = host_of(L);
    for (int i = 0; i < h->files.n; i++)
        if (loc.file == h->files.at[i]) return (i + 1) * LINES + loc.line;
    return 0;
}

_Noreturn void host_fail(Loc loc, const char *format, ...)
{
    va_list args;
    char message[2000];
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    error_at(loc, "%s", message);
    stop_if_errors();
    abort();
}

/* "attempt to index a nil value (field 'x')" -> "cannot index 'x': it is nil". Other messages
   lose only their place in dsl/. */
static const char *reword(const char *message)
{
    static const char attempt[] = "attempt to ", value[] = " value";
    int ours = 0;
    if (sscanf(message, "dsl/%*[^:]:%*d: %n", &ours) == 0 && ours) message += ours;
    const char *of = strstr(message, " a "), *end = of ? strstr(of, value) : NULL;
    if (strstr(message, "stack overflow"))
        return "stack overflow: a function that calls itself without end?";
    if (strncmp(message, attempt, sizeof attempt - 1) || !end) return message;
    const char *verb =
        text("%.*s", (int)(of - message) - (int)sizeof attempt + 1, message + sizeof attempt - 1);
    const char *type = text("%.*s", (int)(end - of) - 3, of + 3), *name = strchr(end, '\'');
    if (!strcmp(verb, "perform arithmetic on")) verb = "compute with";
    const char *close = name ? strchr(name + 1, '\'') : NULL;
    if (!close) return text("cannot %s a %s", verb, type);
    return text("cannot %s '%.*s': it is %s%s", verb, (int)(close - name) - 1, name + 1,
                strcmp(type, "nil") ? "a " : "", type);
}

/* Prints an error that Lua raised. Its "1:6: " is the user's place; a place in dsl/ is a bug of
   gagen. */
static int on_error(lua_State *L)
{
    Loc loc = host_where(L);
    if (lua_type(L, 1) != LUA_TSTRING)
        host_fail(loc, "error() was called with a %s", luaL_typename(L, 1));
    const char *message = lua_tostring(L, 1);
    int file, line, used = 0;
    if (sscanf(message, "%d:%d: %n", &file, &line, &used) == 2 && used) {
        loc = loc_of(host_of(L), file, line);
        message += used;
    }
    host_fail(loc, "%s", reword(message));
}

void host_call(lua_State *L, int nargs, int nresults)
{
    int base = lua_gettop(L) - nargs;
    lua_pushcfunction(L, on_error);
    lua_insert(L, base);
    int status = lua_pcall(L, nargs, nresults, base);
    if (status == LUA_ERRMEM)
        host_fail(host_of(L)->last,
                  "the model file needs more than %d MB of memory: a table or a string that grows "
                  "without end?",
                  MEMORY >> 20);
    if (status != LUA_OK) host_fail(host_of(L)->last, "%s", lua_tostring(L, -1));
    lua_remove(L, base);
}

/* ---- files ---- */
static char *read_source(const char *path, size_t *n)
{
    bool standard = !strcmp(path, "-");
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f) host_fail((Loc) { path, 0 }, "cannot open: %s", strerror(errno));
    char *s = malloc(FILE_MOST + 1);
    if (!s) fatal("out of memory");
    errno = 0;
    *n = fread(s, 1, FILE_MOST + 1, f);
    if (ferror(f)) host_fail((Loc) { path, 0 }, "cannot read: %s", strerror(errno));
    if (*n > FILE_MOST)
        host_fail((Loc) { path, 0 }, "a model file of more than %d MB", FILE_MOST >> 20);
    if (!standard) fclose(f);
    s[*n] = 0;
    return s;
}

/* The number of a file, which is read once; *s becomes its text. */
static int open_file(lua_State *L, const char *path, char **s, size_t *n)
{
    Host *h = host_of(L);
    const char *name = strcmp(path, "-") ? path : "<stdin>";
    *s = read_source(path, n);
    for (int i = 0; i < h->files.n; i++)
        if (!strcmp(h->files.at[i], name)) return i + 1;
    if (h->files.n == FILES)
        host_fail(host_where(L), "nn.File: a model of more than %d files", FILES);
    vec_push(&h->files, name);
    diag_source(name, mem_copy(*s, *n), *n);
    return h->files.n;
}

/* Pushes a file of the user as a function. It takes the world from the top of the stack. */
static void load_model(lua_State *L, const char *path)
{
    size_t n;
    char *s;
    int world = lua_gettop(L), file = open_file(L, path, &s, &n), other, line = 1, used = 0;
    if (luaL_loadbufferx(L, s, n, text("@%d", file), "t")) {
        const char *message = lua_tostring(L, -1);
        if (sscanf(message, "%d:%d: %n", &other, &line, &used) != 2) used = 0;
        host_fail(loc_of(host_of(L), file, line), "%s", message + used);
    }
    lua_pushvalue(L, world);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
    lua_remove(L, world);
    free(s);
}

/* a path in a file is relative to that file's directory */
static const char *beside(const char *from, const char *path)
{
    const char *slash = strrchr(from, '/');
    while (!strncmp(path, "./", 2)) path += 2;
    return slash ? text("%.*s%s", (int)(slash - from) + 1, from, path) : path;
}

/* file(world, path): the value that another file of the user returns, run in the same world */
int host_file(lua_State *L)
{
    Host *h = host_of(L);
    const Loc here = host_where(L), layer = h->within;
    const char *path = beside(here.file ? here.file : "", luaL_checkstring(L, 2));
    for (int i = 0; i < h->running.n; i++)
        if (!strcmp(h->running.at[i], path))
            host_fail(here, "nn.File: %s is running already: files that run each other never end",
                      path);
    if (access(path, R_OK)) host_fail(here, "nn.File: cannot open %s: %s", path, strerror(errno));
    lua_settop(L, 1);
    vec_push(&h->running, path);
    h->within = (Loc) { NULL, 0 };
    load_model(L, path);
    lua_call(L, 0, LUA_MULTRET);
    h->within = layer;
    h->running.n--;
    return lua_gettop(L);
}

int host_depth(lua_State *L) { return host_of(L)->running.n; }

/* ---- -D ---- */
const char *host_define(lua_State *L, const char *name)
{
    Host *h = host_of(L);
    const char *found = NULL;
    for (int i = 0; h->opts && i < h->opts->defines.n; i++) {
        const char *d = h->opts->defines.at[i], *equal = strchr(d, '=');
        if (strlen(name) != (size_t)(equal - d) || strncmp(d, name, strlen(name))) continue;
        h->asked[i] = true;
        found = equal + 1;
    }
    return found;
}

static void check_defines(const Host *h)
{
    for (int i = 0; i < h->opts->defines.n; i++) {
        const char *d = h->opts->defines.at[i];
        if (!h->asked[i])
            usage_error("-D %s: the model has no option \"%.*s\"", d, (int)(strchr(d, '=') - d), d);
    }
}

/* ---- a model ---- */
lua_State *host_start(const Opts *o)
{
    Host *h = NEW(Host);
    h->opts = o;
    h->asked = NEW_ARRAY(bool, o ? o->defines.n : 0);
    h->graph = NEW(Graph);
    h->graph->ops = NEW(Ops);
    h->L = lua_newstate(limited_alloc, h);
    if (!h->L) fatal("out of memory");
    *(Host **)lua_getextraspace(h->L) = h;
    luaL_openlibs(h->L);
    lua_gc(h->L, LUA_GCGEN, 0, 0);
    return h->L;
}

/* Time and instructions are limited while the model file runs. */
static void run_model(Host *h)
{
    h->budget = BUDGET;
    set_timer(SECONDS);
    lua_sethook(h->L, hook, LUA_MASKLINE | LUA_MASKCOUNT, COUNT);
    host_call(h->L, 0, 0);
    lua_sethook(h->L, NULL, 0, 0);
    set_timer(0);
}

void host_run(lua_State *L, const char *path)
{
    Host *h = host_of(L);
    load_model(L, path);
    vec_push(&h->running, path);
    run_model(h);
    if (!h->graph->train.loc.file)
        host_fail(loc_of(h, 1, diag_lines(h->files.at[0])),
                  "no train { ... }: the model file does not say what to minimize");
    check_defines(h);
    stop_if_errors();
}

void host_serve(lua_State *L, Graph *g, Loc loc)
{
    host_of(L)->graph = g;
    set_last(host_of(L), loc);
}
