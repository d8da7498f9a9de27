/* embed.c -- a tool of the build: writes the files named as arguments as the array that resource()
   reads. */
#include <stdio.h>
#include <stdlib.h>

static void put_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    int c, n = 0;
    if (!f) {
        perror(path);
        exit(1);
    }
    printf("    { \"%s\", (const char []){", path);
    for (; (c = getc(f)) != EOF; n++) printf("%s%d,", n % 32 ? "" : "\n", (signed char)c);
    printf("0}, %d },\n", n);
    fclose(f);
}

int main(int argc, char **argv)
{
    puts("#include <stddef.h>\n#include \"base/resources.h\"\nconst Resource resources[] = {");
    for (int i = 1; i < argc; i++) put_file(argv[i]);
    puts("    { NULL, NULL, 0 }\n};");
    return fflush(stdout) != 0;
}
