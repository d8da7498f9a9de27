/* turns.c -- starts commands, waits until each is ready, then lets what they offer run in turns, one at a time.

       turns SECONDS_READY SECONDS_TURN ROUNDS < COMMANDS      a command a line, for sh

   A command says "offer NAME" for each thing it can time and then "ready"; it is sent "go NAME" and answers a line that begins
   "us NAME"; it ends when its input does. All that is said goes to standard output as it comes. A command that is not ready in
   SECONDS_READY, counted from the start, or does not answer in SECONDS_TURN is ended and its offers are out. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 64, OFFERS = 16, LINE = 4096 };
typedef struct {
    char command[LINE], line[LINE], offer[OFFERS][128];
    size_t used;                                  /* of line */
    int in, out, offers;                          /* in: to the command */
    pid_t pid;
    int ready, gone, answered;
} Child;
static Child child[COMMANDS];
static int children;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Each command is a group of processes, so that all it started ends with it. */
static void begin(Child *c)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) exit(1);
    c->pid = fork();
    if (c->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl("/bin/sh", "sh", "-c", c->command, (char *)NULL);
        _exit(127);
    }
    if (c->pid < 0) exit(1);
    setpgid(c->pid, c->pid);
    close(to[0]), close(from[1]);
    c->in = to[1], c->out = from[0];
}

/* Ends a command; why NULL: its work is done. */
static void drop(Child *c, const char *why)
{
    if (c->gone) return;
    c->gone = 1;
    if (why) printf("out %s: %s\n", why, c->command);
    fflush(stdout);
    kill(-c->pid, SIGKILL);
    close(c->in), close(c->out);
    waitpid(c->pid, NULL, 0);
}

static void said(Child *c)
{
    puts(c->line);
    fflush(stdout);
    if (!strncmp(c->line, "offer ", 6) && c->offers < OFFERS)
        snprintf(c->offer[c->offers++], sizeof *c->offer, "%.100s", c->line + 6);
    if (!strcmp(c->line, "ready")) c->ready = 1;
    if (!strncmp(c->line, "us ", 3)) c->answered = 1;
}

/* Takes what the command has written, line by line. */
static void listen_to(Child *c)
{
    char part[LINE];
    const ssize_t n = read(c->out, part, sizeof part);
    if (n <= 0) {
        drop(c, "ended");
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (part[i] != '\n' && c->used + 1 < sizeof c->line) c->line[c->used++] = part[i];
        if (part[i] != '\n') continue;
        c->line[c->used] = 0, c->used = 0;
        said(c);
    }
}

/* Listens to all commands for a while. */
static void listen_all(int ms)
{
    struct pollfd on[COMMANDS];
    for (int i = 0; i < children; i++) on[i] = (struct pollfd) { child[i].gone ? -1 : child[i].out, POLLIN, 0 };
    if (poll(on, (nfds_t)children, ms) <= 0) return;
    for (int i = 0; i < children; i++)
        if (on[i].revents && !child[i].gone) listen_to(&child[i]);
}

static int waiting(void)
{
    int n = 0;
    for (int i = 0; i < children; i++) n += !child[i].gone && !child[i].ready;
    return n;
}

static void turn(Child *c, const char *offer, double limit)
{
    const double end = seconds() + limit;
    if (c->gone) return;
    c->answered = 0;
    if (dprintf(c->in, "go %s\n", offer) < 0) drop(c, "deaf");
    while (!c->gone && !c->answered) {
        listen_all(100);
        if (!c->answered && seconds() > end) drop(c, "late");
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) return fprintf(stderr, "usage: turns SECONDS_READY SECONDS_TURN ROUNDS < COMMANDS\n"), 2;
    const double end = seconds() + atof(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    while (children < COMMANDS && fgets(child[children].command, LINE, stdin)) {
        child[children].command[strcspn(child[children].command, "\n")] = 0;
        if (*child[children].command) children++;
    }
    for (int i = 0; i < children; i++) begin(&child[i]);
    while (waiting() && seconds() < end) listen_all(100);
    for (int i = 0; i < children; i++)
        if (!child[i].ready) drop(&child[i], "not ready");
    for (int round = 0; round < atoi(argv[3]); round++)
        for (int i = 0; i < children; i++)
            for (int k = 0; k < child[i].offers; k++) turn(&child[i], child[i].offer[k], atof(argv[2]));
    for (int i = 0; i < children; i++)
        drop(&child[i], NULL);
    return 0;
}
