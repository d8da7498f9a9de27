/* peak.c -- what all threads together can do at most: multiply-adds in registers, and bytes read from memory.
   cc -std=gnu11 -O3 -march=native -Iruntime bench/peak.c -o peak -lm -lpthread && ./peak THREADS

   Prints "peak GFLOP/s GB/s", the best of some rounds. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "peak.h"

enum { MOST = 64, ROUNDS = 9, CALLS = 2000, BYTES = 256 << 20 };

typedef struct { pthread_barrier_t *meet; const real *from; size_t n; real sum; double at[ROUNDS][4]; } Worker;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void compute(Worker *w)
{
    _Alignas(64) real half[LANES], one[LANES], ends[CHAINS * LANES];
    for (int i = 0; i < LANES; i++) half[i] = R(0.5), one[i] = 1;
    for (int i = 0; i < CALLS; i++) peak(half, one, ends);
    w->sum += ends[0];
}

static void read_all(Worker *w)
{
    vec s[8];
    UNROLL for (int j = 0; j < 8; j++) s[j] = v_set(0);
    for (size_t i = 0; i + 8 * LANES <= w->n; i += 8 * LANES)
        UNROLL for (int j = 0; j < 8; j++) s[j] = s[j] + v_load(w->from + i + j * LANES);
    UNROLL for (int j = 1; j < 8; j++) s[0] = s[0] + s[j];
    _Alignas(64) real all[LANES];
    v_store(all, s[0]);
    w->sum += all[0];
}

static void *work(void *argument)
{
    Worker *w = argument;
    for (int round = 0; round < ROUNDS; round++) {
        double *at = w->at[round];
        pthread_barrier_wait(w->meet);
        at[0] = seconds(), compute(w), at[1] = seconds();
        pthread_barrier_wait(w->meet);
        at[2] = seconds(), read_all(w), at[3] = seconds();
    }
    return NULL;
}

/* from the first thread's begin to the last one's end */
static double lasted(const Worker *w, int n, int round, int begin)
{
    double first = w[0].at[round][begin], last = w[0].at[round][begin + 1];
    for (int i = 1; i < n; i++) {
        if (w[i].at[round][begin] < first) first = w[i].at[round][begin];
        if (w[i].at[round][begin + 1] > last) last = w[i].at[round][begin + 1];
    }
    return last - first;
}

int main(int argc, char **argv)
{
    const int n = argc > 1 ? atoi(argv[1]) : 1;
    if (n < 1 || n > MOST) return fprintf(stderr, "peak: 1 to %d threads\n", MOST), 2;
    const size_t all = BYTES / sizeof(real), each = all / (size_t)n / 64 * 64;
    real *memory = aligned_alloc(64, BYTES);
    if (!memory) return perror("peak"), 1;
    for (size_t i = 0; i < all; i++) memory[i] = R(1.5);
    pthread_barrier_t meet;
    pthread_barrier_init(&meet, NULL, (unsigned)n);
    static Worker workers[MOST];
    pthread_t threads[MOST];
    for (int i = 0; i < n; i++) {
        workers[i] = (Worker){ .meet = &meet, .from = memory + (size_t)i * each, .n = each };
        if (pthread_create(&threads[i], NULL, work, &workers[i])) return perror("peak"), 1;
    }
    real sum = 0;
    for (int i = 0; i < n; i++) pthread_join(threads[i], NULL), sum += workers[i].sum;
    double flops = 0, bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double f = (double)n * CALLS * PEAK_FLOP / lasted(workers, n, round, 0);
        const double b = (double)n * (double)each * sizeof(real) / lasted(workers, n, round, 2);
        if (f > flops) flops = f;
        if (b > bytes) bytes = b;
    }
    printf("peak %.1f %.1f\n", flops * 1e-9, bytes * 1e-9);
    return !(sum > 0);
}
