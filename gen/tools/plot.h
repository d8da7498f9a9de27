/* plot.h -- gagen plot: logs as runtime/log.c writes them, and their picture. */
#ifndef PLOT_H
#define PLOT_H
#include "base/base.h"

enum { BY_UPDATE, BY_SAMPLE, BY_TIME, AXES };
typedef enum { PART_TRAIN, PART_VALID, PART_TEST, PART_WHOLE, PARTS } Part;    /* updates; splits; training rows evaluated */
typedef struct { double x[AXES], y; } Point;
typedef struct { int metric; Part part; Point *at; int n, room, bad; } Series;     /* bad: values that are no numbers */
typedef struct { const char *file; VEC(Series) series; long updates; double now[AXES]; } Log;
typedef struct { VEC(const char) metrics; VEC(Log) logs; } Logs;   /* metrics: "loss" first, lr and grad_norm last */

Log *log_read(const char *file, Logs *all);                 /* NULL, with an error told, where it is no log */
void plot_draw(Text *out, const Logs *all);
#endif
