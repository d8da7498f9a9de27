/* intervals.h -- from where to where an index runs, and its value for given loops. */
#ifndef GAGEN_INTERVALS_H
#define GAGEN_INTERVALS_H
#include "ir/places.h"

enum { FAR = 1 << 30 }; /* an index beyond +-FAR is unknown */
typedef struct {
    long lo, hi;
} Interval;
typedef struct { /* by variable, of those that stand around a place */
    const Around *around;
    Interval *of;
    const Val **is; /* LET: its value; else NULL */
    bool *data;     /* it depends on what memory holds */
    long *now;      /* while loops are run through */
} Known;

Known known_of(const Around *a);
Interval interval_of(const Known *k, const Val *v);
/* on what memory holds: a row of the data, an id */
bool depends_on_data(const Known *k, const Val *v);
/* of a loop whose `to` is from + so many, or the less of that and another; -1: it is not */
long length_of(const Val *from, const Val *to);
bool value_now(const Known *k, const Val *v, long *value); /* false: the run or memory decides */

/* Calls `each` with the place's element for all turns of the loops that it depends on and, `units`,
   of those over units; a part that depends on data counts 0. False: they have more than `most`
   turns. */
typedef void Each(void *context, const Known *k, long element);
bool places_run(Known *k, const Place *p, bool units, long most, Each *each, void *context);
#endif
