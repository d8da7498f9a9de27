/* teams.c -- the team under a race detector: plain variables handed over by barriers, thousands of times, on more threads
   than cores. */
#include <unistd.h>
#include "base.h"
#include "team.h"
#include "tap.h"

enum { ROUNDS = 3000, ITEMS = 97 };
static long item[ITEMS], total, expected;
static int rounds, seen[GG_THREADS], flushed[GG_THREADS];

/* Each round adds to what other threads wrote in the round before. */
static void work(const Thread *t)
{
    volatile float small = 1e-30f;
    flushed[t->id] = small * 1e-10f == 0;
    seen[t->id]++;
    for (int round = 0; round < rounds; round++) {
        for_span (i, t, ITEMS) item[i] = item[i] + 1;
        barrier(t);
        if (t->id == round % t->n) {
            total = 0;
            for (int i = 0; i < ITEMS; i++) total += item[i];
        }
        if (round % 500 == 0 && t->id == 0) usleep(2000);   /* long enough for the others to fall asleep */
        barrier(t);
    }
}

static void test_team(int n)
{
    Team *team = gg_team_start(n);
    for (int i = 0; i < ITEMS; i++) item[i] = 0;
    memset(seen, 0, sizeof seen);
    expected = 0;
    bool right = true;
    for (int call = 0; call < 20; call++) {
        rounds = call == 10 ? ROUNDS : call;
        gg_team_call(team, work);
        expected += (long)ITEMS * rounds;
        right &= call == 0 || total == expected;
    }
    for (int i = 0; i < n; i++) right &= seen[i] == 20 && flushed[i];
    gg_team_stop(team);
    ok(right, "%d threads: every barrier hands over what was written; denormals are flushed", n);
}

static void test_spans(void)
{
    bool right = true;
    for (int n = 1; n < 20; n++)
        for (int count = 0; count < 40; count++) {
            int next = 0;
            for (int id = 0; id < n; id++) {
                Thread t = { id, n, NULL };
                for_span (i, &t, count) right &= i == next++;
            }
            right &= next == count;
        }
    ok(right, "spans cover every item once, in order");
}

int main(void)
{
    test_spans();
    test_team(1), test_team(2), test_team(3), test_team(8);
    return done();
}
