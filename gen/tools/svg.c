/* svg.c -- the parts that pictures share: the page, words, lines, round numbers on axes. */
#include <math.h>
#include <string.h>
#include "tools/svg.h"

static const char style[] =
    "text { font: 12px system-ui, \"Segoe UI\", Helvetica, Arial, sans-serif; fill: #1f2328 }\n"
    ".title { font-size: 15px; font-weight: 600 } .head { font-weight: 600 } .small { font-size: "
    "10px }\n"
    ".soft { fill: #656d76 } .right { text-anchor: end } .middle { text-anchor: middle }\n"
    ".inside { font-size: 10px; fill: #ffffff }\n"
    ".paper { fill: #ffffff } .frame { fill: none; stroke: #afb8c1 } .grid { stroke: #eaeef2 }\n"
    ".mark { stroke: #cf222e; stroke-dasharray: 5 3 } .step { fill: none; stroke: #1f2328; "
    "stroke-width: 1.3 }\n"
    ".zone { fill: #afb8c1; fill-opacity: 0.16 } .cut { stroke: #656d76; stroke-dasharray: 2 3 }\n"
    ".run { fill: none; stroke-width: 1.4; stroke-linejoin: round }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e6edf3 } .soft { fill: #9198a1 } .inside { fill: #ffffff }\n"
    ".paper { fill: #0d1117 } .frame { stroke: #3d444d } .grid { stroke: #21262d }\n"
    ".mark { stroke: #ff7b72 } .step { stroke: #e6edf3 } .cut { stroke: #9198a1 }\n"
    "}\n";

void svg_begin(Text *t, double width, double height, const char *title)
{
    text_add(t,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 "
             "0 %.0f %.0f\">\n",
             width, height, width, height);
    text_add(t, "<title>%s</title>\n<style>\n%s</style>\n", svg_escape(title), style);
    text_add(t, "<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n", width, height);
}

void svg_end(Text *t) { text_add(t, "</svg>\n"); }

/* The length of a UTF-8 character at s that XML allows; 0: none. */
static int character(const unsigned char *s)
{
    const int n = s[0] < 0x80                   ? 1
                  : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                  : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                  : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (n == 1) return s[0] >= 32 && s[0] != 127;
    if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
                   (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)))
        return 0;
    if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))) return 0;
    return n;
}

char *svg_escape(const char *s)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int n; *s; s += n ? n : 1) {
        n = character((const unsigned char *)s);
        if (n == 0) text_put(&t, "?", 1);
        else if (*s == '&') text_put(&t, "&amp;", 5);
        else if (*s == '<') text_put(&t, "&lt;", 4);
        else if (*s == '>') text_put(&t, "&gt;", 4);
        else if (*s == '"') text_put(&t, "&quot;", 6);
        else text_put(&t, s, (size_t)n);
    }
    return t.s;
}

void svg_words(Text *t, const char *class, double x, double y, const char *words)
{
    text_add(t, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", class, x, y,
             svg_escape(words));
}

void svg_line(Text *t, const char *class, double x1, double y1, double x2, double y2)
{
    text_add(t, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
             y1, x2, y2);
}

const char *svg_colour(int i)
{
    static const char *const colours[COLOURS] = { "#3b78c3", "#d9772b", "#3f9a50", "#cf4a52",
                                                  "#8d66c0", "#1d98a0", "#b58a1b", "#a5654f" };
    return colours[i % COLOURS];
}

int round_ticks(double lo, double hi, int about, double at[TICKS])
{
    static const double steps[] = { 1, 2, 5, 10 };
    if (!(hi > lo)) return at[0] = lo, 1;
    const double rough = (hi - lo) / about, ten = pow(10, floor(log10(rough)));
    double step = 10 * ten;
    for (int i = 3; i >= 0; i--)
        if (steps[i] * ten >= 0.7 * rough) step = steps[i] * ten;
    int n = 0;
    for (double k = ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step && n < TICKS; k++)
        at[n++] = k * step;
    return n;
}

int decade_ticks(double lo, double hi, int most, double at[TICKS])
{
    static const double steps[] = { 1, 2, 5 };
    const double first = floor(log10(lo)), last = ceil(log10(hi));
    const int each = last - first > 3 ? 1 : 3,
              every = last - first > most ? (int)ceil((last - first) / most) : 1;
    int n = 0;
    for (double e = first; e <= last; e += every)
        for (int i = 0; i < each; i++) {
            const double x = steps[i] * pow(10, e);
            if (x >= lo * (1 - 1e-9) && x <= hi * (1 + 1e-9) && n < TICKS) at[n++] = x;
        }
    return n;
}

char *tick_text(double x)
{
    static const struct {
        double size;
        const char *unit;
    } units[] = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } };
    for (int i = 0; i < 3; i++)
        if (fabs(x) >= units[i].size * (i == 2 ? 10 : 1) * (1 - 1e-9) && fabs(x) < 1e12)
            return text("%.4g%s", x / units[i].size, units[i].unit);
    return text("%.4g", fabs(x) < 1e-300 ? 0 : x);
}
