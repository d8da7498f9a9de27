/* tasks.h -- lists of tasks: calls of kernels, loops of them, and meetings of threads. */
#ifndef GAGEN_TASKS_H
#define GAGEN_TASKS_H
#include "ir/kernels.h"

/* CALL     kernel, with beta where it has one
   LOOP     the body so many times, one for each step of fn.scan
   MEET     all threads wait for one another
   ADD_UP   sums[sum] += its parts, in order, by one thread */
typedef enum { TASK_CALL, TASK_LOOP, TASK_MEET, TASK_ADD_UP } TaskKind;
typedef struct TaskList {
    struct Task **at;
    int n, room;
} TaskList;
typedef struct Task {
    TaskKind kind;
    Kernel *kernel; /* CALL */
    /* CALL: RUN_BETA, the micro-step's, or a number; NULL: the kernel takes none */
    const Val *beta;
    long turns;     /* LOOP */
    int sum, parts; /* ADD_UP */
    bool back;      /* LOOP: the last turn first */
    TaskList body;  /* LOOP */
} Task;

/* print_tasks.c: an empty list prints nothing */
void tasks_print(Text *out, const char *title, const TaskList *list);
#endif
