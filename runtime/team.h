/* team.h -- the threads of a program. They start once, each owns its spans, and all meet at
   barriers. */
#ifndef GAGEN_TEAM_H
#define GAGEN_TEAM_H
#include <stdatomic.h>
#include <stddef.h>
#if defined __x86_64__ || defined __i386__
#include <xmmintrin.h>
#endif

enum { GG_THREADS = 256 };
typedef struct Thread {
    int id, n;
    struct Team *team;
} Thread;
typedef struct Team {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int generation;
    _Alignas(64) atomic_int asleep;
    int n;
    void (*fn)(const Thread *); /* the next job of the team; NULL: leave */
    const void *task;           /* and its argument, if fn is not the program's */
} Team;

Team *gg_team_start(int n); /* starts n - 1 workers, which wait; NULL: no threads available */
/* calls fn on every thread; the caller is thread 0 */
void gg_team_call(Team *team, void (*fn)(const Thread *));
void gg_team_stop(Team *team);
void gg_team_wait(Team *team,
                  int generation); /* waits until the generation changes: spins, then sleeps */
void gg_team_wake(Team *team);
long gg_cores(void); /* those that this process may use */

/* this thread's share of `count` equal things */
static inline int span_from(const Thread *t, int count)
{
    return (int)((long)count * t->id / t->n);
}
static inline int span_to(const Thread *t, int count)
{
    return (int)((long)count * (t->id + 1) / t->n);
}
/* Declares that a kernel's stores are read. Without it gcc 12 may take a function that stores
   through vectors alone, into the program's own memory, for one without effects, and drop the
   call. */
static inline int stored(void)
{
    __asm__ volatile("" : : : "memory");
    return 0;
}
/* i runs over this thread's share of `count` things */
#define for_span(i, t, count) \
    for (int i = span_from(t, count), i##_to = span_to(t, count); i < i##_to || stored(); i++)

/* All threads meet; afterwards all see what any wrote before. */
static inline void barrier(const Thread *t)
{
    Team *m = t->team;
    if (t->n == 1) return;
    int generation = atomic_load_explicit(&m->generation, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&m->arrived, 1, memory_order_acq_rel) < t->n - 1) {
        gg_team_wait(m, generation);
        return;
    }
    atomic_store_explicit(&m->arrived, 0, memory_order_relaxed);
    atomic_store(&m->generation, (int)((unsigned)generation + 1));
    if (atomic_load(&m->asleep)) gg_team_wake(m);
}

/* Denormals become zero in this thread: Adam's moments decay into them, and they are slow. */
static inline void flush_denormals(void)
{
#if defined __x86_64__ || defined __SSE__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#elif defined __aarch64__
    unsigned long fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | 1ul << 24));
#endif
}

static inline void spin_pause(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}
#endif
