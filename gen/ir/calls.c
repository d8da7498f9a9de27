/* calls.c -- the table of calls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ir/calls.h"

static const struct {
    const char *name, *host;
    int n;
} calls[] = {
    { "", NULL, 0 },
#define CALL(id, name, arguments, host, value) { name, host, arguments },
#include "ir/calls.def"
#undef CALL
};

const char *call_name(Call call) { return calls[call].name; }

int call_arguments(Call call) { return calls[call].n; }

const char *call_host(Call call) { return calls[call].host; }

Call call_named(const char *name)
{
    for (int i = 1; i < CALLS; i++)
        if (!strcmp(calls[i].name, name)) return (Call)i;
    return CALL_NONE;
}

double call_value(Call call, const double a[3])
{
    switch (call) {
#define CALL(id, name, arguments, host, value) \
    case CALL_##id: \
        return value;
#include "ir/calls.def"
#undef CALL
        default:
            BUG("no call %d", call);
    }
}

enum { MANY = 12, OPERAND = 10 };

char *folded_text(Call call, double x, const char *a, const char *b)
{
    const bool operates =
        call == CALL_ADD || call == CALL_SUB || call == CALL_MUL || call == CALL_DIV;
    const char *own = decimal(x);
    if (!operates || strlen(own) < MANY || strlen(a) > OPERAND || strlen(b) > OPERAND || *b == '-')
        return NULL;
    const float once = strtof(own, NULL), twice = (float)x;
    if (once < twice || once > twice) return NULL;
    const bool whole = !is_fraction(a) && !is_fraction(b);
    return text("(%s%s %s %s)", a, whole ? ".0" : "", call_name(call), b);
}
