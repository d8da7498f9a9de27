/* by_number.h -- side tables by node number: results of a stage about nodes that another stage
   made. A missing entry is 0 or NULL. */
#ifndef GAGEN_BY_NUMBER_H
#define GAGEN_BY_NUMBER_H
#include "base/base.h"

typedef struct Numbers {
    int *at, n, room;
} Numbers;
int number_at(const Numbers *t, int i);
void put_number(Numbers *t, int i, int x);

/* the same where t is a VEC */
#define entry_at(t, i) ((i) < (t)->n ? (t)->at[i] : NULL)
#define put_entry(t, i, x) \
    do { \
        while ((t)->n <= (i)) vec_push(t, NULL); \
        (t)->at[i] = (x); \
    } while (0)
#endif
