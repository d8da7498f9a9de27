/* calls.h -- the operators and functions of formulas and values, by sign or name. calls.def
   lists them. */
#ifndef GAGEN_CALLS_H
#define GAGEN_CALLS_H
#include "base/base.h"

typedef enum {
    CALL_NONE,
#define CALL(id, name, arguments, host, value) CALL_##id,
#include "ir/calls.def"
#undef CALL
    CALLS
} Call;
const char *call_name(Call call);
int call_arguments(Call call);
const char *call_host(Call call); /* in C's math.h; NULL: formulas cannot call it */
double call_value(Call call, const double a[3]);
Call call_named(const char *name); /* CALL_NONE: there is none */
/* "(1 - 0.9)": x, which C folds from the texts of two numbers to the same bits in float and in
   double; NULL where its own digits are few or there is no such text */
char *folded_text(Call call, double x, const char *a, const char *b);
#endif
