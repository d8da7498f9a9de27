/* plot.h -- gagen plot: logs as runtime/log.c writes them, and their picture. */
#ifndef PLOT_H
#define PLOT_H
#include "base/base.h"

enum { BY_UPDATE, BY_SAMPLE, BY_TIME, AXES };
/* updates; splits; training rows evaluated */
typedef enum { PART_TRAIN, PART_VALID, PART_TEST, PART_WHOLE, PARTS } Part;
typedef struct {
    double x[AXES], y;
} Point;
/* bad: values that are no numbers */
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

Log *log_read(const char *file, Logs *all); /* NULL, with an error told, where it is no log */
void plot_draw(Text *out, const Logs *all);
#endif
