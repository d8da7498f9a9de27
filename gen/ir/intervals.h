/* intervals.h -- the interval of an index, and its value at given turns of loops. */
#ifndef GAGEN_INTERVALS_H
#define GAGEN_INTERVALS_H
#include "ir/accesses.h"

enum { FAR = 1 << 30 }; /* an index beyond +-FAR is unknown */
typedef struct {
    long lo, hi;
} Interval;
typedef struct { /* by variable, for the loops and constants around an element */
    const Around *around;
    Interval *of;
    const Val **is; /* LET: its value; else NULL */
    bool *data;     /* it depends on values in memory */
    long *now;      /* while the turns of loops are enumerated */
} Known;

Known known_of(const Around *a);
Interval interval_of(const Known *k, const Val *v);
/* it depends on values in memory: a row of the data, an id */
bool depends_on_data(const Known *k, const Val *v);
/* the most turns of a loop whose `to` is from + a number, or the smaller of that and another
   value; -1: unknown */
long length_of(const Val *from, const Val *to);
/* false: it depends on the run or on memory */
bool value_now(const Known *k, const Val *v, long *value);

/* Calls `each` with the element for all turns of the loops that it depends on, or with `units`
   only of those over units. A part that depends on data counts 0. False: there are more than
   `most` turns. */
typedef void Each(void *context, const Known *k, long element);
bool accesses_run(Known *k, const Access *p, bool units, long most, Each *each, void *context);
#endif
