/* by_number.c -- tables of numbers, which grow as they are set. */
#include "ir/by_number.h"
#include <string.h>

int number_at(const Numbers *t, int i) { return i < t->n ? t->at[i] : 0; }

static void grow(Numbers *t, int n)
{
    int *at = NEW_ARRAY(int, 2 * n);
    if (t->n) memcpy(at, t->at, sizeof *at * (size_t)t->n);
    t->at = at, t->room = 2 * n;
}

void put_number(Numbers *t, int i, int x)
{
    if (i >= t->room) grow(t, i + 1);
    if (i >= t->n) t->n = i + 1;
    t->at[i] = x;
}
