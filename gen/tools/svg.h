/* svg.h -- pictures as text: one file without scripts, which a browser opens in light or dark
   mode. */
#ifndef SVG_H
#define SVG_H
#include "base/base.h"
enum { TICKS = 16, COLOURS = 8 };
void svg_begin(Text *t, double width, double height, const char *title);
void svg_end(Text *t);
char *svg_escape(const char *s); /* escaped for XML; bytes that are not UTF-8 become ? */
void svg_words(Text *t, const char *class, double x, double y, const char *words);
void svg_line(Text *t, const char *class, double x1, double y1, double x2, double y2);
/* legible on white and on black; after COLOURS they repeat */
const char *svg_colour(int i);
/* multiples of 1, 2 or 5 times a power of ten within lo .. hi */
int round_ticks(double lo, double hi, int about, double at[TICKS]);
/* for a logarithmic axis, 0 < lo < hi */
int decade_ticks(double lo, double hi, int most, double at[TICKS]);
char *tick_text(double x); /* "0.05", "20k", "1e-6" */
#endif
