/* emu.h -- what the emulator's files share: settings, errors, the device's memory and the thread that runs now. */
#ifndef EMU_H
#define EMU_H
#include "gg_emu.h"
#include <functional>
#include <vector>

namespace emu {
// ---- settings.cpp
int order();                                            // GG_EMU_ORDER: 0 ascending and late, 1 reversed and early, 2 shuffled
unsigned random_below(unsigned n);                      // from GG_EMU_SEED
long setting(const char *name, long otherwise);
[[noreturn]] void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern uintptr_t blamed;                                // the address of the program's code that die() names, or 0

// ---- memory.cpp: the device's memory is one range of addresses, which nobody can touch while host code runs
struct Allocation {
    uintptr_t lo, hi;
    bool freed;
};
constexpr uintptr_t DEVICE_RANGE = 16ull << 30;
uintptr_t device_base();                                // of the range; 0 before the first allocation
inline bool on_device(uintptr_t p) { return device_base() && p - device_base() < DEVICE_RANGE; }
void *device_alloc(size_t bytes);                       // full of NaN; null where memory is out
bool device_free(void *p);
size_t device_used();
const Allocation *device_find(uintptr_t p);             // the one that holds p or ends before it; null if there is none
void device_open();
void device_close();
void check_device(const void *p, size_t bytes, const char *what);
void *pinned_alloc(size_t bytes);
bool pinned_free(void *p);
bool pinned_has(const void *p, size_t bytes);
bool on_pinned(uintptr_t p);

// ---- emu.cpp: the thread that runs now
struct Running {
    const Launch *launch;                               // null while host code runs
    uint3 block;
    int thread;
    uint64_t stamp;                                     // epoch << 32 | thread << 16 | warp operations so far
    uint32_t launch_began, block_began;                 // epochs
    uintptr_t stack, stack_size;
};
extern Running now;
void execute(const Launch &launch);
uint3 block_at(uint32_t epoch);                         // the block of this launch that ran then
uintptr_t dynamic_shared_base();
constexpr size_t SHARED_MOST = 232448, SHARED_UNASKED = 49152;
void fault_stack();                                     // signals have a stack of their own

// ---- shadow.cpp
void shadow_forget();                                   // which allocation was touched last

// ---- shim.cpp: what streams run, and what blas.cpp puts there
struct Span {                                           // of pinned host memory
    uintptr_t lo;
    size_t bytes;
    bool written;
};
cudaError_t submit(cudaStream_t stream, const char *what, std::function<void()> run, std::vector<Span> spans = {});
bool no_device();
} // namespace emu
#endif
