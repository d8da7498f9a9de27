/* settings.cpp -- the environment, the random numbers of shuffled schedules, and how the emulator ends a program. */
#include "emu.h"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <link.h>
#include <unistd.h>

namespace emu {
enum { FAILED = 97 };

long setting(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text && *text ? atol(text) : otherwise;
}

int order()
{
    static const int chosen = (int)setting("GG_EMU_ORDER", 0);
    return chosen;
}

unsigned random_below(unsigned n)
{
    static uint64_t state = (uint64_t)setting("GG_EMU_SEED", 1) * 0x9E3779B97F4A7C15u + 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) * n >> 32);
}

// The source that the address was made of, by addr2line where there is one; it knows addresses as the file has them.
uintptr_t blamed;
static int show_source(dl_phdr_info *info, size_t, void *)
{
    char command[96];
    const unsigned long at = blamed - 1 - info->dlpi_addr;
    snprintf(command, sizeof command, "addr2line -ipfCe /proc/%d/exe %#lx 1>&2 2>/dev/null", (int)getpid(), at);
    if (system(command) != 0) fprintf(stderr, "gg_emu: at %#lx of the program\n", at);
    return 1;
}

// One line on standard error that says which thread of which kernel, then the source; no handlers run, so nothing hides the
// status.
void die(const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fprintf(stderr, "gg_emu: ");
    if (now.launch) {
        const dim3 b = now.launch->block;
        const unsigned t = (unsigned)now.thread;
        fprintf(stderr, "%s, block (%u,%u,%u), thread (%u,%u,%u): ", now.launch->name, now.block.x, now.block.y, now.block.z,
                t % b.x, t / b.x % b.y, t / b.x / b.y);
    }
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n");
    if (now.launch && blamed) dl_iterate_phdr(show_source, nullptr);
    _exit(FAILED);
}
} // namespace emu
