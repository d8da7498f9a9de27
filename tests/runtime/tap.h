/* tap.h -- one line of TAP a fact. */
#ifndef TAP_H
#define TAP_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_bad;

static inline void ok(bool holds, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%sok %d - ", holds ? "" : "not ", ++tap_count);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    tap_bad += !holds;
}

static inline int done(void)
{
    printf("1..%d\n", tap_count);
    return tap_bad ? 1 : 0;
}
#endif
