/* shadow.cpp -- watches every access of a kernel, through the hooks that g++ -fsanitize=thread,bounds,alignment calls.

   1. A kernel may touch device memory that is allocated, shared memory, its own stack, and read constants.
   2. Every 4 bytes have a cell: the last write and the last read of this launch. Where parts of the 4 bytes are touched they are
      split, and every byte has a cell until the launch ends.
   3. A record is epoch << 32 | flags | thread << 16 | operations of its warp. It stands for all accesses of its kind since:
      flags say that lanes, warps or blocks are more than the one it names.
   4. Two accesses, one of them a write, conflict if they are of different blocks of a launch; of different warps in one epoch;
      of different lanes with no operation of the warp between them. Atomic operations do not conflict with each other.
   5. memcpy, memmove and memset of the program are emu_memcpy and so on (emu.sh renames them), which look at their ranges.
   6. Shared memory forgets when a block begins; reading what nobody wrote since is an error. What a block writes of it is
      counted: all shared variables of a launch have to fit, also those of functions that it calls one after another. */
#include "emu.h"
#include <cstdio>
#include <link.h>
#include <sys/mman.h>

namespace emu {
enum Kind { READ, WRITE, ATOMIC };
constexpr uint64_t SPLIT = 1u << 31, IS_ATOMIC = 1u << 30, BLOCKS = 1u << 29, WARPS = 1u << 28, LANES = 1u << 27;
struct Cell {
    uint64_t write, read;
};
// A piece of memory with its cells; `from` is the first epoch that counts.
struct Space {
    uintptr_t lo;
    size_t bytes;
    Cell *words, *parts;
    bool shared;
};
static Space device, shared, dynamic;
static uintptr_t found, found_size;                     // the allocation that was touched last

static Cell *cells(size_t n)
{
    void *p = mmap(nullptr, n * sizeof(Cell), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) die("no addresses for the shadow");
    return (Cell *)p;
}
static Space space(uintptr_t lo, size_t bytes, bool is_shared)
{
    return { lo, bytes, cells(bytes / 4 + 1), cells(bytes + 4), is_shared };
}

// Shared variables are thread-local, so they lie in the program's own thread-local segment.
static int find_shared(dl_phdr_info *info, size_t, void *)
{
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS && info->dlpi_tls_data)
            shared = space((uintptr_t)info->dlpi_tls_data & ~(uintptr_t)3, info->dlpi_phdr[i].p_memsz + 4, true);
    return 1;
}

static void prepare()
{
    if (!device.lo && device_base()) device = space(device_base(), DEVICE_RANGE, false);
    if (dynamic.lo) return;
    dynamic = space(dynamic_shared_base(), SHARED_MOST, true);
    dl_iterate_phdr(find_shared, nullptr);
}

// ---- what is said
static const char *const verbs[] = { "reads", "writes", "atomically updates" };
static const char *const pasts[] = { "read", "wrote", "updated" };

static void place(char *text, size_t room, const Space &s, uintptr_t p)
{
    const Allocation *a = s.shared ? nullptr : device_find(p);
    if (a) snprintf(text, room, "offset %zu of an allocation of %zu bytes", p - a->lo, a->hi - a->lo);
    else snprintf(text, room, "shared memory + %zu", p - s.lo);
}

[[noreturn]] static void conflict(const Space &s, uintptr_t p, Kind kind, uint64_t record, bool was_write)
{
    char where[96], who[96];
    place(where, sizeof where, s, p);
    const char *past = pasts[record & IS_ATOMIC ? ATOMIC : was_write ? WRITE : READ];
    const uint32_t epoch = (uint32_t)(record >> 32);
    const unsigned t = (unsigned)(record >> 16 & 1023);
    if (!s.shared && epoch < now.block_began) {
        const uint3 b = block_at(epoch);
        snprintf(who, sizeof who, "block (%u,%u,%u) %s in the same launch", b.x, b.y, b.z, past);
    } else if (record & BLOCKS) snprintf(who, sizeof who, "other blocks %s in the same launch", past);
    else snprintf(who, sizeof who, "thread %u of this block %s with no barrier between", t, past);
    die("race: %s %s, which %s", verbs[kind], where, who);
}

[[noreturn]] static void stray(uintptr_t p, size_t n, Kind kind)
{
    const Allocation *a = on_device(p) ? device_find(p) : nullptr;
    const char *verb = verbs[kind];
    if (a && a->freed && p < a->hi) die("%s device memory that was freed, offset %zu", verb, p - a->lo);
    if (a && p < a->hi) die("%s past the end of an allocation of %zu bytes: %zu at %zu", verb, a->hi - a->lo, n, p - a->lo);
    if (a) die("%s out of bounds: %zu bytes past the end of an allocation of %zu bytes", verb, p - a->hi, a->hi - a->lo);
    if (on_device(p)) die("%s out of bounds: before all allocations", verb);
    if (on_pinned(p)) die("%s pinned host memory at %p", verb, (void *)p);
    die("%s host memory at %p, or a wild address", verb, (void *)p);
}

// ---- conflicts
static bool conflicts(const Space &s, uint64_t record, uint32_t from, uint64_t me)
{
    const uint32_t epoch = (uint32_t)(record >> 32);
    if (epoch < from) return false;
    if (!s.shared && (epoch < now.block_began || (record & BLOCKS))) return true;
    if (epoch != (uint32_t)(me >> 32)) return false;
    if (record & WARPS) return true;
    if ((record ^ me) >> 21 & 31) return true;
    const bool same_lane = ((record ^ me) >> 16 & 31) == 0, same_time = ((record ^ me) & 0xffff) == 0;
    return same_time && (!same_lane || (record & LANES));
}

// The record that stands for `record` and for an access by `me`, where the two do not conflict.
static uint64_t joined(const Space &s, uint64_t record, uint32_t from, uint64_t me)
{
    const uint32_t epoch = (uint32_t)(record >> 32);
    if (epoch < from) return me;
    if (!s.shared && epoch < now.block_began) return me | BLOCKS;
    me |= record & BLOCKS;
    if (epoch != (uint32_t)(me >> 32)) return me;
    const uint64_t apart = record ^ me;
    if ((record & WARPS) || (apart >> 21 & 31)) return me | WARPS;
    if (apart & 0xffff) return me;
    return (record & LANES) || (apart >> 16 & 31) ? me | LANES : me;
}

// Rule 6: so many more bytes of shared variables that the block had not written yet.
static void take_shared(size_t bytes)
{
    static uint32_t block;
    static size_t taken;
    if (block != now.block_began) taken = 0;
    block = now.block_began;
    taken += bytes;
    if (taken + now.launch->shared > SHARED_UNASKED)
        die("the block's shared variables take more than %zu bytes", SHARED_UNASKED - now.launch->shared);
}

static void update(const Space &s, Cell &c, uintptr_t p, Kind kind)
{
    const uint32_t from = s.shared ? now.block_began : now.launch_began;
    const uint64_t me = now.stamp;
    const bool together = kind == ATOMIC && (c.write & IS_ATOMIC);
    if (!together && conflicts(s, c.write, from, me)) conflict(s, p, kind, c.write, true);
    if (kind == READ) {
        if (s.shared && c.write >> 32 < from) die("reads shared memory + %zu, which nobody wrote", p - s.lo);
        if (c.read != me) c.read = joined(s, c.read, from, me);
        return;
    }
    if (conflicts(s, c.read, from, me)) conflict(s, p, kind, c.read, false);
    if (s.lo == shared.lo && c.write >> 32 < from) take_shared(&c >= s.parts && &c < s.parts + s.bytes ? 1 : 4);
    c.write = (together ? joined(s, c.write, from, me) : me) | (kind == ATOMIC ? IS_ATOMIC : 0);
}

static bool is_split(const Space &s, const Cell &c)
{
    return (c.write & SPLIT) && c.write >> 32 >= (s.shared ? now.block_began : now.launch_began);
}

static void word(const Space &s, uintptr_t p, Kind kind)
{
    const size_t i = p - s.lo;
    if (!is_split(s, s.words[i / 4])) update(s, s.words[i / 4], p, kind);
    else
        for (size_t b = 0; b < 4; b++) update(s, s.parts[i + b], p + b, kind);
}

static void byte(const Space &s, uintptr_t p, Kind kind)
{
    const size_t i = p - s.lo;
    Cell &c = s.words[i / 4];
    if (!is_split(s, c)) {
        for (size_t b = 0; b < 4; b++) s.parts[i / 4 * 4 + b] = c;
        c.write = now.stamp >> 32 << 32 | SPLIT;
    }
    update(s, s.parts[i], p, kind);
}

static void watch(const Space &s, uintptr_t p, size_t n, Kind kind)
{
    while (n)
        if (p % 4 == 0 && n >= 4) {
            word(s, p, kind);
            p += 4, n -= 4;
        } else {
            byte(s, p, kind);
            p += 1, n -= 1;
        }
}

// Constants lie between the program's code and its tables for unwinding.
extern "C" const char etext[], __GNU_EH_FRAME_HDR[];
static bool constant(uintptr_t p) { return p >= (uintptr_t)etext && p < (uintptr_t)__GNU_EH_FRAME_HDR; }
static bool within(const Space &s, uintptr_t p, size_t n) { return p - s.lo < s.bytes && p - s.lo + n <= s.bytes; }

static void elsewhere(uintptr_t p, size_t n, Kind kind)
{
    prepare();
    const Allocation *a = on_device(p) ? device_find(p) : nullptr;
    if (a && !a->freed && p + n <= a->hi) {
        found = a->lo;
        found_size = a->hi - a->lo;
        watch(device, p, n, kind);
    } else if (within(shared, p, n)) watch(shared, p, n, kind);
    else if (p - dynamic.lo < now.launch->shared && p - dynamic.lo + n <= now.launch->shared) watch(dynamic, p, n, kind);
    else if (within(dynamic, p, n))
        die("%s dynamic shared memory + %zu; the launch has %zu bytes", verbs[kind], p - dynamic.lo, now.launch->shared);
    else if (kind != READ || !constant(p)) stray(p, n, kind);
}

static inline void touch(const void *address, size_t n, Kind kind)
{
    const uintptr_t p = (uintptr_t)address;
    if (!now.launch || p - now.stack < now.stack_size) return;
    if (p - found < found_size && p - found + n <= found_size) watch(device, p, n, kind);
    else elsewhere(p, n, kind);
}

void shadow_forget() { found_size = 0; }
void touch_atomic(const void *p, size_t bytes)
{
    if (!now.launch) die("an atomic operation outside of a kernel");
    blamed = 0;
    if ((uintptr_t)p % bytes) die("an atomic operation on %zu bytes at an address that is not aligned", bytes);
    touch(p, bytes, ATOMIC);
}
void float_atomic(const char *what) { die("%s: its result depends on the order of threads", what); }
} // namespace emu

// ---- the hooks of -fsanitize=thread
#define SEES(p, n, kind) (emu::blamed = (uintptr_t)__builtin_return_address(0), emu::touch(p, n, kind))
#define HOOKS(n)                                                                                                            \
    void __tsan_read##n(void *p) { SEES(p, n, emu::READ); }                                                                 \
    void __tsan_write##n(void *p) { SEES(p, n, emu::WRITE); }                                                               \
    void __tsan_unaligned_read##n(void *p) { SEES(p, n, emu::READ); }                                                       \
    void __tsan_unaligned_write##n(void *p) { SEES(p, n, emu::WRITE); }                                                     \
    void __tsan_volatile_read##n(void *p) { SEES(p, n, emu::READ); }                                                        \
    void __tsan_volatile_write##n(void *p) { SEES(p, n, emu::WRITE); }
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
void __tsan_read_range(void *p, size_t n) { SEES(p, n, emu::READ); }
void __tsan_write_range(void *p, size_t n) { SEES(p, n, emu::WRITE); }
void __tsan_init(void) {}
void __tsan_func_entry(void *) {}
void __tsan_func_exit(void) {}
void __tsan_vptr_update(void **, void *) {}
int __tsan_atomic32_fetch_add(volatile int *p, int x, int) { return __atomic_fetch_add(p, x, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_fetch_sub(volatile int *p, int x, int) { return __atomic_fetch_sub(p, x, __ATOMIC_SEQ_CST); }
unsigned char __tsan_atomic8_load(const volatile unsigned char *p, int) { return *p; }
unsigned __tsan_atomic32_load(const volatile unsigned *p, int) { return *p; }
unsigned long __tsan_atomic64_load(const volatile unsigned long *p, int) { return *p; }

void *emu_memset(void *to, int value, size_t n)
{
    SEES(to, n, emu::WRITE);
    return memset(to, value, n);
}
void *emu_memmove(void *to, const void *from, size_t n)
{
    SEES(from, n, emu::READ);
    emu::touch(to, n, emu::WRITE);
    return memmove(to, from, n);
}
void *emu_memcpy(void *to, const void *from, size_t n)
{
    SEES(from, n, emu::READ);
    emu::touch(to, n, emu::WRITE);
    return memcpy(to, from, n);
}

// ---- the hooks of -fsanitize=bounds,alignment: what they are given begins with a place in the source
struct Place {
    const char *file;
    unsigned line, column;
};
[[noreturn]] void __ubsan_handle_out_of_bounds_abort(const Place *at, uintptr_t index)
{
    emu::blamed = 0;
    emu::die("index %ld is out of bounds at %s:%u", (long)index, at->file, at->line);
}
void __ubsan_handle_out_of_bounds(const Place *at, uintptr_t index) { __ubsan_handle_out_of_bounds_abort(at, index); }
[[noreturn]] void __ubsan_handle_type_mismatch_v1_abort(const Place *at, uintptr_t p)
{
    emu::blamed = 0;
    emu::die("%p is not aligned for its type at %s:%u", (void *)p, at->file, at->line);
}
void __ubsan_handle_type_mismatch_v1(const Place *at, uintptr_t p) { __ubsan_handle_type_mismatch_v1_abort(at, p); }
}
