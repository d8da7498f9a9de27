/* target.c -- C: its properties for the earlier stages, and the functions that write its
   programs. */
#include "back/c/print.h"
#include "back/c/steps.h"

static char *script(const char *cc, const char *compiler, const char *title, bool zlib)
{
    (void)compiler;
    return text("exec %s -std=gnu11 -O3 -march=native -o \"$1\"/%s \"$1\"/%s.c%s -lm -lpthread%s",
                cc, title, title, zlib ? " -DGAGEN_ZLIB" : "", zlib ? " -lz" : "");
}

const Target target_c = {
    .name = "c",
    .title = "C",
    .extension = "c",
    .blocks = true,
    .chains = true,
    .flops = 100e9,
    .bytes = 20e9,
    .kernels = c_kernels,
    .statements = c_statements,
    .multiplies = "products multiply",
    .beside = "",
    .one_file = true,
    .tools = { .variable = "CC", .command = "cc", .flags = "-O3 -march=native", .script = script }
};
