/* repeats.c -- what comes again in a list of calls, with other arguments: the sequence whose
   function saves most lines of the program. */
#include <string.h>
#include "back/repeats.h"

/* of a sequence that becomes a function: its calls, how often it comes */
enum { SHORTEST = 3, LONGEST = 256, FEWEST = 3 };

/* By call: a number that calls alike have in common. */
static int *classes_of(const Lines *c)
{
    int *class = NEW_ARRAY(int, c->n + 1);
    for (int i = 0; i < c->n; i++)
        for (class[i] = 0; !lines_alike(c, class[i], c, i, 1);) class[i]++;
    return class;
}

/* How many calls from a on are like those from b on, which come later. */
static int alike_from(const int *class, int n, int a, int b)
{
    int same = 0;
    while (same < LONGEST && b + same < n && class[a + same] == class[b + same]) same++;
    return same;
}

/* So many calls from there on came before. */
static int came_before(const int *class, int n, int from)
{
    int most = 0;
    for (int i = 0; i < from && most < LONGEST && from + most < n; i++) {
        const int same = alike_from(class, n, i, from);
        if (same > most) most = same;
    }
    return most;
}

/* It is a shorter sequence several times. */
static bool is_periodic(const int *class, int n)
{
    for (int d = 1; d <= n / 2; d++)
        if (n % d == 0 && alike_from(class, n, 0, d) == n - d) return true;
    return false;
}

/* Where the n calls from there on come, none in another; returns how often. */
static int places_of(const int *class, int all, int from, int n, int *at)
{
    int times = 0;
    for (int i = from; i + n <= all;) {
        const bool here = alike_from(class, all, from, i) >= n;
        if (here) at[times++] = i;
        i += here ? n : 1;
    }
    return times;
}

/* A phase begins there: the line before runs no kernel. */
static bool begins_phase(const Lines *c, int at)
{
    return c->at[at]->first && at > 0 && !c->at[at - 1]->first;
}

/* The sequences are blocks of a net: they follow one another. */
static bool are_blocks(const Found *x)
{
    bool follow = true;
    for (int i = 1; i < x->times; i++) follow &= x->at[i] == x->at[i - 1] + x->n;
    return follow;
}

static bool begin_phases(const Lines *c, const Found *x)
{
    for (int i = 0; i < x->times; i++)
        if (!begins_phase(c, x->at[i])) return false;
    return true;
}

enum { AROUND = 5 }; /* lines around the body of a function */

/* No function of the sequence saves more: a call is one line at least. */
static int most_saved(const Lines *c, const Found *x)
{
    int before = 0;
    for (int i = 0; i < x->times; i++)
        for (int k = 0; k < x->n; k++) before += line_height(c->at[x->at[i] + k]);
    return before - x->n - x->times - AROUND;
}

/* Blocks are called by a macro, which is as long as one call. */
static int lines_saved(const Lines *c, const Found *x)
{
    Lines *each = NEW_ARRAY(Lines, x->times);
    const Lines **at = NEW_ARRAY(const Lines *, x->times);
    int before = 0, calls = 0, one = 0;
    for (int i = 0; i < x->times; i++) {
        each[i] = lines_slice(c, x->at[i], x->n), at[i] = &each[i];
        for (int k = 0; k < x->n; k++) before += line_height(each[i].at[k]);
    }
    const Common common = lines_common(at, x->times);
    for (int i = 0; i < x->times; i++) {
        Line call = { .before = "", .after = "" };
        params_given(&common, at[i], &call);
        one = line_height(&call), calls += one;
    }
    if (are_blocks(x) && calls > x->times + one) calls = x->times + one;
    for (int k = 0; k < x->n; k++) calls += line_height(common.body.at[k]);
    return before - calls - text_height(strlen(params_text(&common))) - AROUND;
}

/* A walk over the sequences that may become functions. host: calls are launches, whose phases are
   not marked. */
typedef struct {
    const Lines *c;
    const int *class;
    bool host;
    int from, n; /* the next one */
    Found x;
} Search;

static Search search_of(const Lines *c, const int *class, bool host)
{
    return (Search) {
        c, class, host, .from = -1, .n = LONGEST + 1, .x = { .at = NEW_ARRAY(int, c->n + 1) }
    };
}

/* Goes to where the next sequences begin; a sequence that begins at a kernel and came before is
   left out. */
static bool next_from(Search *s)
{
    if (++s->from >= s->c->n) return false;
    const int before = s->c->at[s->from]->first ? came_before(s->class, s->c->n, s->from) : LONGEST;
    s->n = before < SHORTEST ? SHORTEST : before + 1;
    return true;
}

/* x is the next one; false: there are no more. */
static bool next_found(Search *s)
{
    while (s->n <= LONGEST || next_from(s)) {
        s->x.n = s->n++;
        if (s->x.n > LONGEST) continue;
        s->x.times = places_of(s->class, s->c->n, s->from, s->x.n, s->x.at);
        if (s->x.times < FEWEST) s->n = LONGEST + 1;
        else if (!is_periodic(s->class + s->from, s->x.n) &&
                 (s->host || are_blocks(&s->x) || begin_phases(s->c, &s->x)))
            return true;
    }
    return false;
}

/* x becomes the one that the walk is at. */
static void take(Found *x, Search *s)
{
    *x = s->x;
    s->x.at = NEW_ARRAY(int, s->c->n + 1);
}

/* What saves at most as much as the best one needs no closer look, so the most promising one is
   looked at first. */
Found repeat_of(const Lines *c, bool host)
{
    const int *class = classes_of(c);
    Found promising = { .n = 0 }, best = { .n = 0 };
    for (Search s = search_of(c, class, host); next_found(&s);) {
        s.x.saved = most_saved(c, &s.x);
        if (s.x.saved > promising.saved) take(&promising, &s);
    }
    if (promising.n) best.saved = lines_saved(c, &promising) - 1;
    if (best.saved < 0) best.saved = 0;
    for (Search s = search_of(c, class, host); next_found(&s);) {
        if (most_saved(c, &s.x) <= best.saved) continue;
        s.x.saved = lines_saved(c, &s.x);
        if (s.x.saved > best.saved) take(&best, &s);
    }
    return best;
}
