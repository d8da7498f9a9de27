/* team.c -- starting, calling and stopping the threads; waiting at a barrier. */
#include "base.h"
#include "team.h"
#include <pthread.h>
#include <sched.h>
#if defined __linux__
#include <sys/syscall.h>
#if !defined SYS_futex
#define SYS_futex SYS_futex_time64
#endif
/* private to this process; <linux/futex.h> comes with the kernel's headers, which may be missing */
enum { GG_FUTEX_WAIT = 0 | 128, GG_FUTEX_WAKE = 1 | 128 };
#endif

typedef struct {
    Team team;
    Thread member[GG_THREADS];
    pthread_t worker[GG_THREADS];
    pthread_mutex_t bed;
    pthread_cond_t bell; /* for sleeping threads without futexes */
} Crew;

#if defined __linux__
static void gg_sleep(Team *team, int generation)
{
    while (atomic_load(&team->generation) == generation)
        syscall(SYS_futex, &team->generation, GG_FUTEX_WAIT, generation, NULL, NULL, 0);
}

void gg_team_wake(Team *team)
{
    syscall(SYS_futex, &team->generation, GG_FUTEX_WAKE, team->n, NULL, NULL, 0);
}
#else
static void gg_sleep(Team *team, int generation)
{
    Crew *crew = (Crew *)team;
    pthread_mutex_lock(&crew->bed);
    while (atomic_load(&team->generation) == generation) pthread_cond_wait(&crew->bell, &crew->bed);
    pthread_mutex_unlock(&crew->bed);
}

void gg_team_wake(Team *team)
{
    Crew *crew = (Crew *)team;
    pthread_mutex_lock(&crew->bed);
    pthread_cond_broadcast(&crew->bell);
    pthread_mutex_unlock(&crew->bed);
}
#endif

/* A thread that often spins in vain shares its core. For a while it sleeps early, so that others
   may run there. A miss counts GG_MISS, a hit subtracts one; at GG_MISSES the thread sleeps
   early for GG_SHY waits. */
enum { GG_SPINS = 4000, GG_SHY_SPINS = 50, GG_MISS = 16, GG_MISSES = 64, GG_SHY = 256 };
static _Thread_local int gg_misses, gg_shy;

static bool gg_spin(Team *team, int generation)
{
    for (int left = gg_shy ? GG_SHY_SPINS : GG_SPINS; left > 0; left--) {
        if (atomic_load_explicit(&team->generation, memory_order_acquire) != generation)
            return true;
        spin_pause();
    }
    return false;
}

void gg_team_wait(Team *team, int generation)
{
    bool hit = gg_spin(team, generation);
    if (gg_shy) gg_shy--;
    else if (hit) gg_misses -= gg_misses > 0;
    else if ((gg_misses += GG_MISS) >= GG_MISSES) gg_shy = GG_SHY, gg_misses = GG_MISSES / 2;
    if (hit) return;
    atomic_fetch_add(&team->asleep, 1);
    gg_sleep(team, generation);
    atomic_fetch_sub(&team->asleep, 1);
}

static void *gg_worker(void *member)
{
    const Thread *t = member;
    flush_denormals();
    for (;;) {
        barrier(t);
        void (*fn)(const Thread *) = t->team->fn;
        if (!fn) return NULL;
        fn(t);
        barrier(t);
    }
}

Team *gg_team_start(int n)
{
    Crew *crew = aligned_alloc(_Alignof(Crew), sizeof *crew);
    if (!crew) return NULL;
    memset(crew, 0, sizeof *crew);
    pthread_mutex_init(&crew->bed, NULL), pthread_cond_init(&crew->bell, NULL);
    crew->team.n = n;
    flush_denormals();
    for (int i = 0; i < n; i++) crew->member[i] = (Thread) { i, n, &crew->team };
    for (int i = 1; i < n; i++)
        if (pthread_create(&crew->worker[i], NULL, gg_worker, &crew->member[i])) return NULL;
    return &crew->team;
}

void gg_team_call(Team *team, void (*fn)(const Thread *))
{
    const Thread me = { 0, team->n, team };
    team->fn = fn;
    barrier(&me);
    fn(&me);
    barrier(&me);
}

void gg_team_stop(Team *team)
{
    Crew *crew = (Crew *)team;
    team->fn = NULL;
    barrier(&crew->member[0]);
    for (int i = 1; i < team->n; i++) pthread_join(crew->worker[i], NULL);
    free(crew);
}

long gg_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
#if defined __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) n = CPU_COUNT(&set);
#endif
    return n < 1 ? 1 : n > GG_THREADS ? GG_THREADS : n;
}
