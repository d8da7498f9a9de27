/* memory.cpp -- the device's memory and the host's pinned memory.

   1. Device addresses come from one range. An allocation has pages of its own, huge ones if it is large (closing them is
      cheap), and begins 256 bytes into the first, so it is aligned to 256 bytes and no more, and what lies before and after
      belongs to nobody.
   2. Addresses are not used twice, so what was freed is known for ever.
   3. The range is inaccessible while host code runs; a fault there names the host as the culprit. */
#include "emu.h"
#include <csignal>
#include <cstdlib>
#include <map>
#include <sys/mman.h>

namespace emu {
constexpr uintptr_t PAGE = 4096, HUGE = 2 << 20, BEGIN = 256;
static uintptr_t base, top;                             // of the range; what is given out
static std::vector<Allocation> allocations;             // ascending
static std::map<uintptr_t, size_t> pinned;
static size_t used;
static bool open;

uintptr_t device_base() { return base; }
size_t device_used() { return used; }

const Allocation *device_find(uintptr_t p)
{
    size_t lo = 0, hi = allocations.size();
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        if (allocations[mid].lo <= p) lo = mid + 1;
        else hi = mid;
    }
    return lo ? &allocations[lo - 1] : nullptr;
}

static void fault(int, siginfo_t *info, void *)
{
    const uintptr_t p = (uintptr_t)info->si_addr;
    const Allocation *a = on_device(p) ? device_find(p) : nullptr;
    if (a && !open) die("host code touches device memory, offset %zu of an allocation of %zu bytes", p - a->lo, a->hi - a->lo);
    if (a) die("touches device memory that is not allocated, %zu bytes past an allocation of %zu bytes", p - a->hi, a->hi - a->lo);
    if (now.launch && p - (now.stack - PAGE) < PAGE) die("local variables do not fit the stack");
    die("segmentation fault at %p", info->si_addr);
}

static void reserve()
{
    void *p = mmap(nullptr, DEVICE_RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) die("no addresses for the device");
    base = top = (uintptr_t)p;
    fault_stack();
    struct sigaction action = {};
    action.sa_sigaction = fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
}

// Its pages: from where to where.
static uintptr_t up(uintptr_t p, uintptr_t to) { return (p + to - 1) / to * to; }
static uintptr_t page(size_t bytes) { return bytes < HUGE / 2 ? PAGE : HUGE; }
static void *first(const Allocation &a) { return (void *)(a.lo - BEGIN); }
static size_t span(const Allocation &a) { return up(BEGIN + a.hi - a.lo, page(a.hi - a.lo)); }
static void protect(const Allocation &a, int how)
{
    if (!a.freed) mprotect(first(a), span(a), how);
}

void device_open()
{
    if (open) return;
    for (const Allocation &a : allocations) protect(a, PROT_READ | PROT_WRITE);
    open = true;
}

void device_close()
{
    if (!open) return;
    for (const Allocation &a : allocations) protect(a, PROT_NONE);
    open = false;
}

void *device_alloc(size_t bytes)
{
    if (!base) reserve();
    const size_t most = (size_t)setting("GG_EMU_MEMORY", 8l << 30);
    const uintptr_t begin = up(top + PAGE, page(bytes)), last = base + DEVICE_RANGE - HUGE;
    if (bytes > most || used + bytes > most || begin > last || bytes > last - begin) return nullptr;
    const Allocation a = { begin + BEGIN, begin + BEGIN + bytes, false };
    top = begin + span(a);
    used += bytes;
    allocations.push_back(a);
    protect(a, PROT_READ | PROT_WRITE);
    if (page(bytes) == HUGE) madvise(first(a), span(a), MADV_HUGEPAGE);
    memset((void *)a.lo, 0xff, bytes);
    if (!open) protect(a, PROT_NONE);
    return (void *)a.lo;
}

bool device_free(void *p)
{
    Allocation *a = const_cast<Allocation *>(device_find((uintptr_t)p));
    if (!a || a->lo != (uintptr_t)p || a->freed) return false;
    protect(*a, PROT_NONE);
    madvise(first(*a), span(*a), MADV_DONTNEED);
    a->freed = true;
    shadow_forget();
    used -= a->hi - a->lo;
    return true;
}

// Dies unless the bytes lie in one allocation that lives.
void check_device(const void *p, size_t bytes, const char *what)
{
    const uintptr_t lo = (uintptr_t)p;
    if (!on_device(lo)) die("%s: %p is not device memory", what, p);
    const Allocation *a = device_find(lo);
    if (a && a->freed && lo < a->hi) die("%s: device memory that was freed", what);
    if (!a || lo + bytes > a->hi) die("%s: %zu bytes at %p reach past the allocation", what, bytes, p);
}

void *pinned_alloc(size_t bytes)
{
    void *p = aligned_alloc(PAGE, up(bytes ? bytes : 1, PAGE));
    if (!p) return nullptr;
    memset(p, 0xff, bytes);
    pinned[(uintptr_t)p] = bytes;
    return p;
}

bool pinned_free(void *p)
{
    if (!pinned.erase((uintptr_t)p)) return false;
    free(p);
    return true;
}

bool pinned_has(const void *p, size_t bytes)
{
    auto next = pinned.upper_bound((uintptr_t)p);
    if (next == pinned.begin()) return false;
    --next;
    return (uintptr_t)p + bytes <= next->first + next->second;
}
bool on_pinned(uintptr_t p) { return pinned_has((void *)p, 1); }
} // namespace emu
