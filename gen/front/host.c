/* host.c -- stage 2: runs the model file in a closed world and gives back the graph that it described.

   1. What the user may see is made by dsl/world.lua; nothing in it opens a file, loads code or catches an error.
   2. A hook counts instructions, the allocator counts bytes. Where no hook fires, inside a library function written in
      C, a CPU-time timer ends the process; its handler only writes a line that stands ready.
   3. A tail call erases its caller's frame: then the last line that the hook saw is the user's place. */
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

enum { MEMORY = 256 << 20, BUDGET = 100 * 1000 * 1000, COUNT = 1000, LINE_COST = 20, SECONDS = 3, FILE_MOST = 4 << 20, FILES = 100 };

static lua_State *state;
static const Opts *opts;
static VEC(const char) files;           /* the user's, as the chunk names @1, @2 ... */
static VEC(const char) running;         /* those that nn.File runs now, by path */
static volatile sig_atomic_t last_line, last_file;      /* that ran */
static long budget;
static size_t bytes;
static Loc within;                      /* a layer that runs: what it makes is of the line that made it */
static Graph *graph;                    /* that nodes are added to */
static bool *asked;                     /* by define: the model looked at it */

/* ---- limits --------------------------------------------------------------------------------------------------------- */
static void *limited_alloc(void *context, void *p, size_t old, size_t size)
{
    (void)context;
    if (!p) old = 0;
    if (size > old && bytes + size - old > MEMORY) return NULL;
    void *q = NULL;
    if (size) q = realloc(p, size);
    else free(p);
    if (q || !size) bytes += size - old;
    return q;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    if (ar->event == LUA_HOOKLINE) {
        lua_getinfo(L, "S", ar);
        if (ar->source[0] != '@') return;
        last_file = atoi(ar->source + 1);
        last_line = ar->currentline;
    }
    budget -= ar->event == LUA_HOOKLINE ? LINE_COST : COUNT;
    if (budget < 0)
        host_fail(host_where(L), "the model file runs too long: a loop without end? (it may take %d million instructions)",
                  BUDGET / 1000000);
}

/* Written by a signal handler: no library function that allocates or locks. */
static void too_long(int signal_number)
{
    (void)signal_number;
    char line[400], digits[12];
    size_t n = 0;
    int k = 0;
    const char *file = last_file ? files.at[last_file - 1] : "gagen";
    while (*file && n < 300) line[n++] = *file++;
    for (int x = last_line; x > 0 && k < 11; x /= 10) digits[k++] = (char)('0' + x % 10);
    if (k) line[n++] = ':';
    while (k) line[n++] = digits[--k];
    const char *message = ": error: this line takes too long (a pattern, a sort or a copy without end?)\n";
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

/* ---- places and errors ---------------------------------------------------------------------------------------------- */
static Loc loc_of(int file, int line)
{
    return (Loc){ file > 0 && file <= files.n ? files.at[file - 1] : NULL, line };
}

Loc host_where(lua_State *L)
{
    lua_Debug ar;
    bool lost = false;
    for (int level = 0; lua_getstack(L, level, &ar) && !lost; level++) {
        lua_getinfo(L, "Slt", &ar);
        if (ar.source[0] == '@' && ar.currentline > 0) return loc_of(atoi(ar.source + 1), ar.currentline);
        lost = ar.istailcall;
    }
    return loc_of(last_file, last_line);
}

Loc host_defined(lua_State *L, int index)
{
    lua_Debug ar;
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &ar);
    return ar.source[0] == '@' ? loc_of(atoi(ar.source + 1), ar.linedefined) : (Loc){ NULL, 0 };
}

void host_within(Loc loc) { within = loc; }

Graph *host_graph(void)
{
    if (!graph) graph = NEW(Graph), graph->ops = NEW(Ops);
    return graph;
}

void host_calls(const char *name) { host_graph()->called = name; }

const char *host_called(const char *otherwise) { return host_graph()->called ? host_graph()->called : otherwise; }

Loc host_made(lua_State *L) { return within.file ? within : host_where(L); }

enum { LINES = 1 << 24 };

Loc host_at(int where) { return loc_of(where / LINES, where % LINES); }

int host_place(Loc loc)
{
    for (int i = 0; i < files.n; i++)
        if (loc.file == files.at[i]) return (i + 1) * LINES + loc.line;
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

/* "attempt to index a nil value (field 'x')" -> "cannot index 'x': it is nil"; other messages as they are, less their place in dsl/ */
static const char *reword(const char *message)
{
    static const char attempt[] = "attempt to ", value[] = " value";
    int ours = 0;
    if (sscanf(message, "dsl/%*[^:]:%*d: %n", &ours) == 0 && ours) message += ours;
    const char *of = strstr(message, " a "), *end = of ? strstr(of, value) : NULL;
    if (strstr(message, "stack overflow")) return "stack overflow: a function that calls itself without end?";
    if (strncmp(message, attempt, sizeof attempt - 1) || !end) return message;
    const char *verb = text("%.*s", (int)(of - message) - (int)sizeof attempt + 1, message + sizeof attempt - 1);
    const char *type = text("%.*s", (int)(end - of) - 3, of + 3), *name = strchr(end, '\'');
    if (!strcmp(verb, "perform arithmetic on")) verb = "compute with";
    const char *close = name ? strchr(name + 1, '\'') : NULL;
    if (!close) return text("cannot %s a %s", verb, type);
    return text("cannot %s '%.*s': it is %s%s", verb, (int)(close - name) - 1, name + 1,
                strcmp(type, "nil") ? "a " : "", type);
}

/* Tells an error that Lua raised: its own "1:6: " is the user's place; one in dsl/ is a mistake of gagen's. */
static int on_error(lua_State *L)
{
    Loc loc = host_where(L);
    if (lua_type(L, 1) != LUA_TSTRING) host_fail(loc, "error() was called with a %s", luaL_typename(L, 1));
    const char *message = lua_tostring(L, 1);
    int file, line, used = 0;
    if (sscanf(message, "%d:%d: %n", &file, &line, &used) == 2 && used) {
        loc = loc_of(file, line);
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
        host_fail(loc_of(last_file, last_line), "the model file needs more than %d MB of memory: a table or a string that grows "
                  "without end?", MEMORY >> 20);
    if (status != LUA_OK) host_fail(loc_of(last_file, last_line), "%s", lua_tostring(L, -1));
    lua_remove(L, base);
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */
int host_load(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t n;
    const char *source = resource(path, &n);
    if (!source) fatal("cannot read %s", path);
    if (luaL_loadbufferx(L, source, n, text("=%s", path), "t")) BUG("%s", lua_tostring(L, -1));
    core_push(L);
    lua_call(L, 1, 1);
    return 1;
}

static void load_dsl(lua_State *L)
{
    lua_pushcfunction(L, host_load);
    lua_pushstring(L, "dsl/init.lua");
    host_call(L, 1, 1);
}

static char *read_source(const char *path, size_t *n)
{
    bool standard = !strcmp(path, "-");
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f) host_fail((Loc){ path, 0 }, "cannot open: %s", strerror(errno));
    char *s = malloc(FILE_MOST + 1);
    if (!s) fatal("out of memory");
    errno = 0;
    *n = fread(s, 1, FILE_MOST + 1, f);
    if (ferror(f)) host_fail((Loc){ path, 0 }, "cannot read: %s", strerror(errno));
    if (*n > FILE_MOST) host_fail((Loc){ path, 0 }, "a model file of more than %d MB", FILE_MOST >> 20);
    if (!standard) fclose(f);
    s[*n] = 0;
    return s;
}

/* The number of a file, which is read unless it was before; *s is then its text. */
static int open_file(const char *path, char **s, size_t *n)
{
    const char *name = strcmp(path, "-") ? path : "<stdin>";
    *s = read_source(path, n);
    for (int i = 0; i < files.n; i++)
        if (!strcmp(files.at[i], name)) return i + 1;
    if (files.n == FILES) host_fail(host_where(state), "nn.File: a model of more than %d files", FILES);
    vec_push(&files, name);
    diag_source(name, mem_copy(*s, *n), *n);
    return files.n;
}

/* Pushes a file of the user's as a function of the world on the top of the stack, which it takes the place of. */
static void load_model(lua_State *L, const char *path)
{
    size_t n;
    char *s;
    int world = lua_gettop(L), file = open_file(path, &s, &n), other, line = 1, used = 0;
    if (luaL_loadbufferx(L, s, n, text("@%d", file), "t")) {
        const char *message = lua_tostring(L, -1);
        if (sscanf(message, "%d:%d: %n", &other, &line, &used) != 2) used = 0;
        host_fail(loc_of(file, line), "%s", message + used);
    }
    lua_pushvalue(L, world);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
    lua_remove(L, world);
    free(s);
}

/* the path of a file named in another one: it is relative to that one's directory */
static const char *beside(const char *from, const char *path)
{
    const char *slash = strrchr(from, '/');
    while (!strncmp(path, "./", 2)) path += 2;
    return slash ? text("%.*s%s", (int)(slash - from) + 1, from, path) : path;
}

/* file(world, path): what another file of the user's returns, run in the same world */
int host_file(lua_State *L)
{
    const Loc here = host_where(L), layer = within;
    const char *path = beside(here.file ? here.file : "", luaL_checkstring(L, 2));
    for (int i = 0; i < running.n; i++)
        if (!strcmp(running.at[i], path)) host_fail(here, "nn.File: %s is running already: files that run each other never end", path);
    if (access(path, R_OK)) host_fail(here, "nn.File: cannot open %s: %s", path, strerror(errno));
    lua_settop(L, 1);
    vec_push(&running, path);
    within = (Loc){ NULL, 0 };
    load_model(L, path);
    lua_call(L, 0, LUA_MULTRET);
    within = layer;
    running.n--;
    return lua_gettop(L);
}

int host_depth(void) { return running.n; }

/* ---- -D ------------------------------------------------------------------------------------------------------------- */
const char *host_define(const char *name)
{
    const char *found = NULL;
    for (int i = 0; opts && i < opts->defines.n; i++) {
        const char *d = opts->defines.at[i], *equal = strchr(d, '=');
        if (strlen(name) != (size_t)(equal - d) || strncmp(d, name, strlen(name))) continue;
        asked[i] = true;
        found = equal + 1;
    }
    return found;
}

static void check_defines(void)
{
    for (int i = 0; i < opts->defines.n; i++)
        if (!asked[i])
            usage_error("-D %s: the model asks for no option \"%.*s\"", opts->defines.at[i],
                        (int)(strchr(opts->defines.at[i], '=') - opts->defines.at[i]), opts->defines.at[i]);
}

/* ---- the stage ------------------------------------------------------------------------------------------------------ */
static lua_State *start(void)
{
    state = lua_newstate(limited_alloc, NULL);
    if (!state) fatal("out of memory");
    luaL_openlibs(state);
    lua_gc(state, LUA_GCGEN, 0, 0);
    load_dsl(state);
    return state;
}

static void set_title(Graph *g, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (!strcmp(path, "-")) base = "stdin";
    size_t n = strlen(base);
    bool lua = n > 4 && !strcmp(base + n - 4, ".lua");
    g->file = base;
    g->name = mem_copy(base, lua ? n - 4 : n);
    g->title = *c_word(g->name) ? c_word(g->name) : "model";
}

Graph *read_model(const Opts *o)
{
    opts = o;
    asked = NEW_ARRAY(bool, o->defines.n + 1);
    lua_State *L = start();
    load_model(L, o->model);
    vec_push(&running, o->model);
    Graph *g = host_graph();
    set_title(g, o->model);
    budget = BUDGET;
    set_timer(SECONDS);
    lua_sethook(L, hook, LUA_MASKLINE | LUA_MASKCOUNT, COUNT);
    host_call(L, 0, 0);
    lua_sethook(L, NULL, 0, 0);
    set_timer(0);
    if (!g->train.loc.file) host_fail(loc_of(1, diag_lines(files.at[0])), "no train { ... }: nothing says what to minimize");
    check_defines();
    stop_if_errors();
    return g;
}

/* ---- gagen ops ------------------------------------------------------------------------------------------------------ */
static const char *op_kind(Kind kind)
{
    static const char *const names[] = { [K_MAP] = "map", [K_REDUCE] = "reduce", [K_MATMUL] = "contraction",
                                         [K_WINDOW] = "window", [K_VIEW] = "view" };
    return names[kind];
}

static void print_formula(Text *out, const char *name, const Expr *e)
{
    if (!e) return;
    text_add(out, "  %-8s ", name);
    expr_print(out, e, NULL);
    text_add(out, "\n");
}

static void print_let(Text *out, const Let *let)
{
    Text e = { 0 };
    expr_print(&e, let->e, NULL);
    text_add(out, "  %-8s %s%s%s\n", let->name, fold_calls[let->fold], e.s, let->fold ? ")" : "");
}

static char *signature(const Op *op)
{
    Text t = { 0 };
    text_add(&t, "%s(", op->name);
    for (int i = 0; i < op->nargs; i++) text_add(&t, "%s%s", i ? ", " : "", op->arg[i]);
    text_add(&t, ")");
    return t.s;
}

static void op_print(Text *out, const Op *op)
{
    lua_rawgeti(state, LUA_REGISTRYINDEX, op->lua);
    const char *example = field_string(state, -1, "example");
    lua_pop(state, 1);
    text_add(out, "%s  %s\n  %s\n", signature(op), op_kind(op->kind), op->doc);
    text_add(out, "  example  %s\n", example ? example : text("fn.%s", signature(op)));
    if (*op->role) text_add(out, "  role     %s\n", op->role);
    for (int i = 0; i < op->nattrs; i++) text_add(out, "  %-8s attribute, %g unless told\n", op->attr[i], op->preset[i]);
    for (int i = 0; i < op->nlets; i++) print_let(out, &op->let[i]);
    print_formula(out, "value", op->value);
    for (int i = 0; i < op->nargs; i++) print_formula(out, text("d%s", op->arg[i]), op->grad[i]);
    if (op->has_grad) text_add(out, "  gradient by other ops, in dsl/ops\n");
}

void ops_print(Text *out, const char *name)
{
    start();
    if (name && !op_find(host_graph()->ops, name)) usage_error("there is no op '%s'", name);
    if (name) op_print(out, op_find(host_graph()->ops, name));
    else
        for (int i = 0; i < host_graph()->ops->at.n; i++)
            text_add(out, "%-16s %-7s %s\n", host_graph()->ops->at.at[i]->name, op_kind(host_graph()->ops->at.at[i]->kind), host_graph()->ops->at.at[i]->doc);
}

/* ---- gagen help ----------------------------------------------------------------------------------------------------- */
void names_print(Text *out, const char *name)
{
    lua_State *L = start();
    core_push(L);
    lua_getfield(L, -1, "help");
    lua_pushstring(L, name ? name : "");
    host_call(L, 1, 2);
    if (lua_isnil(L, -2)) usage_error("there is no '%s'%s", name, lua_isnil(L, -1) ? "" : lua_tostring(L, -1));
    text_add(out, "%s", lua_tostring(L, -2));
}

/* ---- gradients of structured ops ------------------------------------------------------------------------------------ */
/* Asks the op's own grad(y, gy, args...) for the arguments' adjoints; what is not needed comes back NULL. */
int node_gradients(Graph *g, Node *y, Node *gy, const bool need[ARGS], Node *out[ARGS])
{
    lua_State *L = state;
    int found = 0, top = lua_gettop(L);
    graph = g;
    if (!y->op || !y->op->has_grad) return 0;
    last_file = host_place(y->loc) / LINES;
    last_line = y->loc.line;
    lua_rawgeti(L, LUA_REGISTRYINDEX, y->op->lua);
    lua_getfield(L, -1, "grad");
    node_push(L, y);
    node_push(L, gy);
    for (int i = 0; i < y->nargs; i++) node_push(L, y->arg[i]);
    host_call(L, y->nargs + 2, y->nargs);
    for (int i = 0; i < y->nargs; i++) {
        out[i] = need[i] ? node_at(L, i - y->nargs) : NULL;
        found += out[i] != NULL;
    }
    lua_settop(L, top);
    return found;
}
