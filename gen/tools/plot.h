/* plot.h -- gagen plot: logs as runtime/log.c writes them, and their picture. */
#ifndef PLOT_H
#define PLOT_H
#include "base/base.h"

enum { BY_UPDATE, BY_SAMPLE, BY_TIME, AXES };
/* points of updates; of splits; of evaluated training rows */
typedef enum { PART_TRAIN, PART_VALID, PART_TEST, PART_WHOLE, PARTS } Part;
typedef struct {
    double x[AXES], y;
} Point;
/* bad: how many values are not finite */
typedef struct {
    int metric;
    Part part;
    Point *at;
    int n, room, bad;
} Series;
typedef struct {
    const char *file;
    VEC(Series) series;
    long updates;
    double now[AXES];
} Log;
/* metrics: "loss" first, lr and grad_norm last */
typedef struct {
    VEC(const char) metrics;
    VEC(Log) logs;
} Logs;

Log *log_read(const char *file, Logs *all); /* NULL, after an error message, where it is no log */
void plot_draw(Text *out, const Logs *all);
#endif
