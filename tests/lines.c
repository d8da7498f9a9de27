/* lines.c -- standard input as the lines of a program: comments in their column, no line too long. */
#include <stdio.h>
#include "back/template.h"

int main(void)
{
    static char s[1 << 16];
    Text out = { 0 };
    s[fread(s, 1, sizeof s - 1, stdin)] = 0;
    text_put(&out, "", 0);
    fit_lines(&out, s);
    fputs(out.s, stdout);
    return 0;
}
