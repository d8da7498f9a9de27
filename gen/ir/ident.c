/* ident.c -- strings of a model made safe for C. */
#include "ir/ident.h"
#include <ctype.h>
#include <string.h>

/* the characters of a C string literal that stands for s: no quote, newline or trigraph escapes
   from it */
char *c_string(const char *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '?') text_add(&t, "\\%c", *c);
        else if (*c >= 32 && *c < 127) text_put(&t, (const char *)c, 1);
        else text_add(&t, "\\%03o", *c);
    }
    return t.s;
}

/* s as it may stand in a C comment: printable characters, no end of comment, no trigraph, no mark
   of fit_lines() */
char *c_comment(const char *s)
{
    char *copy = mem_copy(s, strlen(s));
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c < 32 || (unsigned char)*c > 126) *c = '.';
        if (c > copy && ((c[-1] == '*' && *c == '/') || (c[-1] == '/' && *c == '*') ||
                         (c[-1] == '@' && *c == '@')))
            *c = '.';
        if (*c == '?' || *c == '\\') *c = '.';
    }
    return copy;
}

/* Words that no member or local may have: keywords of C23, C++20, GNU C and CUDA, types of the
   runtime, and macros. Functions of headers are not among them: a member may have the name of a
   function. */
static const char words[] =
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t "
    "char32_t char8_t class co_await co_return co_yield compl complex concept const "
    "const_cast consteval constexpr constinit continue decltype default delete do double "
    "dynamic_cast else enum explicit export extern false float for friend goto if "
    "imaginary inline int long mutable namespace new noexcept noreturn not not_eq nullptr "
    "operator or or_eq private protected public register reinterpret_cast requires "
    "restrict return short signed sizeof static static_assert static_cast struct switch "
    "template this thread_local throw true try typedef typeid typename typeof "
    "typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq "
    "blockDim blockIdx dim3 gridDim half threadIdx warpSize real vec vec8 mask mask8 "
    "int32_t uint8_t errno stdin stdout stderr math_errhandling sched_priority linux unix "
    "i386 main I Params";

static bool is_word(const char *s)
{
    const size_t n = strlen(s);
    for (const char *w = words; *w;) {
        const size_t length = strcspn(w, " ");
        if (length == n && !strncmp(w, s, n)) return true;
        w += length + (w[length] == ' ');
    }
    return false;
}

/* Families of such words: in capitals, or begun with some of them, "M_PIf"; "si_value" of
   <signal.h>; "cudaStreamDefault"; what fills a struct. */
static bool is_family(const char *s)
{
    static const char *const begins[] = { "cuda", "sa_", "si_", "sigev_", "st_", "sv_" };
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const size_t n = strspn(s, capitals);
    if ((n > 1 && !s[n]) || (n && s[n] == '_')) return true;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (!strncmp(s, begins[i], strlen(begins[i]))) return true;
    return !strncmp(s, "pad_", 4) && s[4] && !s[4 + strspn(s + 4, "0123456789")];
}

/* s of at most 60 letters, digits and single _, of which none comes first */
char *c_word(const char *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (; *s && t.n < 60; s++) {
        const bool good = isalnum((unsigned char)*s) && (unsigned char)*s < 127;
        if (good) text_put(&t, s, 1);
        else if (t.n && t.s[t.n - 1] != '_') text_put(&t, "_", 1);
    }
    return t.s;
}

/* What a model calls something, as the name of a member or local: words of the language get a _
   after them. What stands in a file's scope has a prefix of ours as well, and what is exported
   begins with gagen_. */
char *c_ident(const char *s)
{
    const char *word = c_word(s);
    const bool bad = !isalpha((unsigned char)*word) || !strncmp(word, "gg_", 3);
    return text("%s%s%s", bad ? "u_" : "", word, is_word(word) || is_family(word) ? "_" : "");
}

/* that, with a number where it is one of the n that are taken */
char *c_unique(const char *wish, char *const *taken, int n)
{
    char *name = c_ident(wish);
    for (int again = 2, i = 0; i < n; i++)
        if (!strcmp(taken[i], name)) name = text("%s%d", c_ident(wish), again++), i = -1;
    return name;
}

/* ---- the names of a program, in a table of hashes ---- */
static size_t hash(const char *s)
{
    size_t h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

/* Where the name stands, or the free slot where it would. */
static Name *slot_of(Name *slot, size_t room, const char *name)
{
    size_t at = hash(name) % room;
    while (slot[at].name && strcmp(slot[at].name, name)) at = (at + 1) % room;
    return &slot[at];
}

/* Twice the room, so that less than half is taken. */
static void grow(Names *names)
{
    const size_t room = names->room ? 2 * names->room : 512;
    Name *slot = NEW_ARRAY(Name, room);
    for (size_t i = 0; i < names->room; i++)
        if (names->slot[i].name) *slot_of(slot, room, names->slot[i].name) = names->slot[i];
    names->slot = slot, names->room = room;
}

/* 2 is the first number that a name gets which is taken. */
static void take(Names *names, const char *name)
{
    if (2 * ++names->n >= names->room) grow(names);
    *slot_of(names->slot, names->room, name) = (Name) { name, 2 };
}

Names *names_new(void)
{
    static const char *const own[] = {
        "p",       "g",       "w",       "t",        "m",       "n",        "s",       "q",
        "r",       "c",       "i",       "j",        "k",       "u",        "v",       "at",
        "one",     "data",    "packed",  "arena",    "part",    "sums",     "rows",    "beta",
        "micro",   "update",  "window",  "evaluate", "prepare", "gradient", "main",    "real",
        "vec",     "program", "report",  "lr",       "scalars", "predict",  "outputs", "contract",
        "barrier", "row",     "sum",     "total",    "best",    "open",     "share",   "gy",
        "ky",      "kx",      ROWS_NAME, MICROS_NAME
    };
    Names *names = NEW(Names);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) take(names, own[i]);
    return names;
}

char *ident_new(Names *names, const char *wish)
{
    char *name = c_ident(wish);
    Name *first = slot_of(names->slot, names->room, name);
    while (slot_of(names->slot, names->room, name)->name)
        name = text("%s%d", first->name, first->next++);
    take(names, name);
    return name;
}
