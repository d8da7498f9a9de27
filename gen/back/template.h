/* template.h -- text with holes, and the lines of the text that comes out.

   A template has four constructs: ${name}; //:if flag ... //:else ... //:end; //:for x in list ...
   //:end, inside which ${x.name} and ${name} are the element's, then the surroundings'; //:include
   path, another template's text, as far to the right. A line of nothing but a hole is its value,
   each line as far to the right as the hole; where the value is empty there is no line. */
#ifndef TEMPLATE_H
#define TEMPLATE_H
#include "base/base.h"

typedef struct Env Env;
/* a name that is not in this environment is looked up in the parent */
Env *env_new(const Env *parent);
void env_set(Env *e, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void env_flag(Env *e, const char *key, bool on);
Env *env_item(Env *e, const char *list); /* appends an element, whose parent is e */
/* "c/map.c": of templates/c/map.c; an unknown hole is a BUG */
char *template_render(const char *path, const Env *e);

void put_lines(Text *out, const char *s, size_t left); /* adds lines, so far to the right */
/* lines.c: adds the program to out with no line too long. "code @@ words" becomes code, and the
   words as a comment in a column of their own. */
void fit_lines(Text *out, const char *program);
#endif
