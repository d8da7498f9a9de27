/* print.c -- prints a kernel's loops, from the file whose name it gets, as the body of a function in C. */
#include <stdio.h>
#include <stdlib.h>
#include "back/c/print.h"

static char *read_all(const char *path)
{
    static char s[1 << 16];
    FILE *f = fopen(path, "r");
    s[f ? fread(s, 1, sizeof s - 1, f) : 0] = 0;
    if (f) fclose(f);
    return s;
}

int main(int argc, char **argv)
{
    static const char *const streams[] = { "0x12u", "0x34u" };
    const char *error = NULL, *names[32] = { NULL };
    Loops *k = argc == 2 ? loops_parse(read_all(argv[1]), &error) : NULL;
    if (!k) {
        fprintf(stderr, "%s\n", error ? error : "print FILE");
        return 1;
    }
    for (int i = 0; i < k->formals.n; i++)
        if (!k->formals.at[i]->table) names[i] = k->formals.at[i]->wish;
    Words *w = words_new(k, names, streams);
    fputs(print_body(w), stdout);
    if (w->micro) puts("uses m");
    return 0;
}
