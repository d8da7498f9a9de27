/* size.c -- numbers of bytes as people write and read them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/base.h"

static const struct {
    const char *name;
    double bytes;
} units[] = { { "B", 1 },           { "KB", 1e3 },           { "MB", 1e6 },
              { "GB", 1e9 },        { "TB", 1e12 },          { "KiB", 1024.0 },
              { "MiB", 1048576.0 }, { "GiB", 1073741824.0 }, { "TiB", 1099511627776.0 } };
enum { UNITS = sizeof units / sizeof *units };

static double unit_of(const char *name)
{
    for (int i = 0; i < UNITS; i++)
        if (!strcmp(units[i].name, name)) return units[i].bytes;
    return 0;
}

const char *size_parse(const char *s, double *bytes)
{
    char *unit;
    const double n = s[strspn(s, " ")] >= '0' && s[strspn(s, " ")] <= '9' ? strtod(s, &unit) : -1;
    if (n < 0 || strpbrk(s, "xX"))
        return text("'%.40s' is no size: write a number and a unit, \"6 GB\"", s);
    unit += strspn(unit, " ");
    const double each = unit_of(unit);
    if (!*unit) return text("'%.40s' has no unit: write \"%.40s MB\" or \"%.40s GB\"", s, s, s);
    if (each <= 0)
        return text("'%.40s': unknown unit '%.20s': there is KB, MB, GB (of 1000) and KiB, MiB, "
                    "GiB (of 1024)",
                    s, unit);
    *bytes = n * each;
    if (*bytes < 1 || *bytes > 1e18) return text("'%.40s': a size is from 1 B to 1000000 TB", s);
    return NULL;
}

char *size_text(double bytes)
{
    static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    int i = 0;
    for (; i < 4 && bytes >= 1024; i++) bytes /= 1024;
    return i ? text("%.*f %s",
                    bytes < 9.995   ? 2
                    : bytes < 99.95 ? 1
                                    : 0,
                    bytes, names[i])
             : text("%.0f B", bytes);
}

char *digits(double n)
{
    const char *s = text("%.0f", n);
    Text t = { 0 };
    for (size_t i = 0, length = strlen(s); i < length; i++) {
        if (i && (length - i) % 3 == 0) text_put(&t, " ", 1);
        text_put(&t, s + i, 1);
    }
    return t.s;
}
