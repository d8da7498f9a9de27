/* measure.c -- runs a command on the first CPUs it may use and tells the largest memory it held.

       measure CPUS COMMAND...      adds "rss_kb N" to standard output when the command has ended
       measure -b CPUS COMMAND...   the same while another process keeps the last of those CPUs busy */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first n of the CPUs that this process may use, and the last of them alone. */
static void choose(int n, cpu_set_t *all, cpu_set_t *last)
{
    cpu_set_t may;
    CPU_ZERO(all);
    if (sched_getaffinity(0, sizeof may, &may)) return;
    for (int c = 0; c < CPU_SETSIZE && n > 0; c++) {
        if (!CPU_ISSET(c, &may)) continue;
        CPU_SET(c, all);
        CPU_ZERO(last);
        CPU_SET(c, last);
        n--;
    }
}

static pid_t busy(const cpu_set_t *cpu)
{
    pid_t pid = fork();
    if (pid) return pid;
    sched_setaffinity(0, sizeof *cpu, cpu);
    for (volatile unsigned long x = 0; getppid() > 1; )
        for (int i = 0; i < 1 << 20; i++) x++;
    _exit(0);
}

static int run(char **command, const cpu_set_t *cpus, struct rusage *used)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        sched_setaffinity(0, sizeof *cpus, cpus);
        execvp(*command, command);
        fprintf(stderr, "measure: %s: %s\n", *command, strerror(errno));
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, used) < 0) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    int contended = argc > 1 && !strcmp(argv[1], "-b");
    char **arg = argv + 1 + contended;
    if (argc < 3 + contended || atoi(*arg) < 1)
        return fprintf(stderr, "usage: measure [-b] CPUS COMMAND...\n"), 2;
    cpu_set_t all, last;
    struct rusage used = { 0 };
    choose(atoi(*arg), &all, &last);
    pid_t other = contended ? busy(&last) : 0;
    int status = run(arg + 1, &all, &used);
    if (other > 0) kill(other, SIGKILL);
    printf("rss_kb %ld\n", used.ru_maxrss);
    return status;
}
