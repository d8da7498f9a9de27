/* number.c -- decimal texts of numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"

enum { DIGITS = 17, MOST = 7, LEAST = -4 }; /* positions from 10^MOST on: an exponent is shorter */

static bool reads_back(const char *s, double x)
{
    const double read = strtod(s, NULL);
    return read >= x && read <= x;
}

char *decimal(double x)
{
    char s[40];
    int digits = 1;
    if (!isfinite(x)) return text("%s", isnan(x) ? "NAN" : x < 0 ? "-INFINITY" : "INFINITY");
    while (snprintf(s, sizeof s, "%.*e", digits - 1, x), digits < DIGITS && !reads_back(s, x))
        digits++;
    char *mark = s;
    while (*mark != 'e') mark++;
    const int exponent = atoi(mark + 1);
    if (exponent >= LEAST && (exponent < MOST || exponent < digits))
        return text("%.*f", digits - 1 > exponent ? digits - 1 - exponent : 0, x);
    return text("%.*se%d", (int)(mark - s), s, exponent);
}

bool is_fraction(const char *s)
{
    for (; *s; s++)
        if (*s == '.' || *s == 'e' || *s == 'E') return true;
    return false;
}

char *decimal_text(double x, const char *spelled)
{
    if (!spelled) spelled = decimal(x);
    return text("%s%s", spelled, isfinite(x) && !is_fraction(spelled) ? ".0" : "");
}
