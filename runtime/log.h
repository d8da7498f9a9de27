/* log.h -- the messages of a run, in files and on the terminal. */
#ifndef GAGEN_LOG_H
#define GAGEN_LOG_H
#include "run.h"

void gg_log_open(Run *r); /* cut at r->log.bytes */
void gg_log_update(Run *r, const Started *s, double ms, double seconds);
void gg_log_split(Run *r, const char *split, const double *values);
void gg_show_plan(const Run *r);
void gg_show_notes(const Run *r, FILE *to); /* the readers' notes about their files */
void gg_show_progress(Run *r);              /* on a terminal, now and then */
void gg_show_report(Run *r, const char *what, const double *values);
#endif
