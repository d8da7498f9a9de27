/* team.c -- starting, calling and stopping the threads; waiting at a barrier. */
#include "runtime.h"
#include <pthread.h>
#if defined __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

enum { GG_SPINS = 2000 };
static Thread    gg_members[GG_THREADS];
static pthread_t gg_workers[GG_THREADS];
static Team      gg_team;

#if defined __linux__
static void gg_sleep(Team *team, int turn)
{
    while (atomic_load(&team->turn) == turn) syscall(SYS_futex, &team->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
}

void gg_team_wake(Team *team)
{
    syscall(SYS_futex, &team->turn, FUTEX_WAKE_PRIVATE, team->n, NULL, NULL, 0);
}
#else
static pthread_mutex_t gg_bed = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  gg_bell = PTHREAD_COND_INITIALIZER;

static void gg_sleep(Team *team, int turn)
{
    pthread_mutex_lock(&gg_bed);
    while (atomic_load(&team->turn) == turn) pthread_cond_wait(&gg_bell, &gg_bed);
    pthread_mutex_unlock(&gg_bed);
}

void gg_team_wake(Team *team)
{
    (void)team;
    pthread_mutex_lock(&gg_bed);
    pthread_cond_broadcast(&gg_bell);
    pthread_mutex_unlock(&gg_bed);
}
#endif

void gg_team_wait(Team *team, int turn)
{
    for (int spin = 0; spin < GG_SPINS; spin++) {
        if (atomic_load_explicit(&team->turn, memory_order_acquire) != turn) return;
        spin_pause();
    }
    atomic_fetch_add(&team->asleep, 1);
    gg_sleep(team, turn);
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
    gg_team.n = n;
    flush_denormals();
    for (int i = 0; i < n; i++) gg_members[i] = (Thread){ i, n, &gg_team };
    for (int i = 1; i < n; i++)
        if (pthread_create(&gg_workers[i], NULL, gg_worker, &gg_members[i])) return NULL;
    return &gg_team;
}

void gg_team_call(Team *team, void (*fn)(const Thread *))
{
    const Thread *me = &gg_members[0];
    team->fn = fn;
    barrier(me);
    fn(me);
    barrier(me);
}

void gg_team_stop(Team *team)
{
    team->fn = NULL;
    barrier(&gg_members[0]);
    for (int i = 1; i < team->n; i++) pthread_join(gg_workers[i], NULL);
}
