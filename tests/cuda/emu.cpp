/* emu.cpp -- runs a kernel: blocks one after another, a block's threads as fibers of the one thread that calls.

   1. A thread begins on the stack of the one that ended before it. Only a thread that waits keeps its stack, so a kernel
      without barriers is a loop of calls.
   2. A thread runs until it waits. Whoever comes next in the block's order and can run goes on; if nobody can, that is a
      deadlock and is reported.
   3. A barrier is one place in the source where all threads of the block meet, a warp's operation one where all 32 lanes do.
      Anything else has no meaning on the device, or one that depends on its make, and is an error.
   4. Every barrier and every block begins an epoch. Two accesses of one launch are ordered if they are of one thread, of one
      block in different epochs, or of one warp with an operation of the warp between them (shadow.cpp). */
#include "emu.h"
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sys/mman.h>

extern "C" void gg_switch(void **save, void *to);
#if defined(__x86_64__)
asm(".text\n.globl gg_switch\n.type gg_switch,@function\ngg_switch:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n  ret\n.size gg_switch, .-gg_switch\n");
enum { SAVED = 8, RETURNS = 6 };                        // words of a fresh stack; the one that holds the address to go to
#elif defined(__aarch64__)
asm(".text\n.globl gg_switch\n.type gg_switch,%function\ngg_switch:\n  sub sp, sp, #160\n"
    "  stp x19, x20, [sp]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n  stp x25, x26, [sp, #48]\n"
    "  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n"
    "  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
    "  ldp x19, x20, [sp]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n  ldp x25, x26, [sp, #48]\n"
    "  ldp x27, x28, [sp, #64]\n  ldp x29, x30, [sp, #80]\n  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n"
    "  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n  add sp, sp, #160\n  ret\n.size gg_switch, .-gg_switch\n");
enum { SAVED = 20, RETURNS = 11 };
#else
#error "gg_switch is written for x86-64 and aarch64"
#endif

namespace emu {
constexpr int THREADS = 1024, LANES = 32;
constexpr uintptr_t STACK = 64 << 10, PAGE = 4096;
enum State { FRESH, READY, IN_WARP, IN_BLOCK, DONE };

struct Fiber {
    State state;
    int stack;
    void *sp;
};
struct Warp {
    unsigned met;                                       // operations that all lanes have passed
    int lanes, arrived, done;
    Site site;
    uint64_t given[2][LANES];                           // by lane; the next operation may begin while this one is read
};
struct Barrier {
    unsigned met;
    int arrived;
    Site site;
    int sum[2];
};

Running now;
static Fiber fibers[THREADS];
static Warp warps[THREADS / LANES];
static Barrier barrier;
static int turn[THREADS], place[THREADS];               // the threads in the order of this launch, and the inverse
static int threads, left;                               // of the block; not done
static uint32_t epoch;
static void *scheduler;                                 // its stack pointer while fibers run
static char *stacks;
static std::vector<int> free_stacks;
static int made_stacks;
static std::vector<std::pair<uint32_t, uint3>> began;   // the blocks of this launch by their first epoch
alignas(1024) static char dynamic[SHARED_MOST + 16];

uintptr_t dynamic_shared_base() { return (uintptr_t)dynamic + 16; }      // aligned to 16 bytes and no more
void *dynamic_shared() { return (void *)dynamic_shared_base(); }
dim3 block_size() { return now.launch->block; }
dim3 grid_size() { return now.launch->grid; }
uint3 block_index() { return now.block; }
uint3 thread_index()
{
    const dim3 b = now.launch->block;
    const unsigned t = (unsigned)now.thread;
    if (b.y == 1 && b.z == 1) return { t, 0, 0 };
    return { t % b.x, t / b.x % b.y, t / b.x / b.y };
}
int lane() { return now.thread % LANES; }

uint3 block_at(uint32_t when)
{
    auto next = std::upper_bound(began.begin(), began.end(), when, [](uint32_t e, auto &b) { return e < b.first; });
    return next == began.begin() ? now.block : next[-1].second;
}

// ---- stacks and switches
static int take_stack()
{
    if (!free_stacks.empty()) {
        const int i = free_stacks.back();
        free_stacks.pop_back();
        return i;
    }
    if (!stacks) {
        void *p = mmap(nullptr, THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) die("no memory for stacks");
        stacks = (char *)p;
    }
    mprotect(stacks + made_stacks * STACK, PAGE, PROT_NONE);
    return made_stacks++;
}

void fault_stack()
{
    static char room[64 << 10];
    stack_t s = {};
    s.ss_sp = room;
    s.ss_size = sizeof room;
    sigaltstack(&s, nullptr);
}

static void stamp()
{
    blamed = 0;
    now.stamp = (uint64_t)epoch << 32 | (uint64_t)now.thread << 16 | (warps[now.thread / LANES].met & 0xffff);
}

static void become(int t)
{
    now.thread = t;
    now.stack = (uintptr_t)stacks + (uintptr_t)fibers[t].stack * STACK + PAGE;
    now.stack_size = STACK - PAGE;
    stamp();
}

static void thread_main();

// The stack pointer of a stack that begins in thread_main; tops are spread so that stacks do not share cache sets.
static void *fresh_stack(int stack)
{
    void **sp = (void **)(stacks + (stack + 1) * STACK - 256 - stack % 16 * 192);
    sp -= SAVED;
    memset(sp, 0, SAVED * sizeof *sp);
    sp[RETURNS] = (void *)thread_main;
    return sp;
}

// The next thread in the block's order that can run; -1 if there is none.
static int next_after(int t)
{
    for (int i = place[t] + 1; i < threads; i++)
        if (fibers[turn[i]].state <= READY) return turn[i];
    for (int i = 0; i < place[t]; i++)
        if (fibers[turn[i]].state <= READY) return turn[i];
    return -1;
}

[[noreturn]] static void deadlock()
{
    int at[2] = { 0, 0 };
    for (int t = 0; t < threads; t++)
        if (fibers[t].state == IN_WARP || fibers[t].state == IN_BLOCK) at[fibers[t].state == IN_BLOCK]++;
    Site warp = { "", 0 };
    for (const Warp &w : warps)
        if (w.arrived) warp = w.site;
    if (at[0] && at[1])
        die("deadlock: %d threads wait in __syncthreads at %s:%d, %d in a warp operation at %s:%d", at[1], barrier.site.file,
            barrier.site.line, at[0], warp.file, warp.line);
    if (at[1])
        die("deadlock: %d of %d threads wait in __syncthreads at %s:%d, the others returned", at[1], threads, barrier.site.file,
            barrier.site.line);
    die("deadlock: %d threads wait in a warp operation at %s:%d, the others returned", at[0], warp.file, warp.line);
}

static void go(void **save, int t)
{
    if (fibers[t].state == FRESH) {
        fibers[t].stack = take_stack();
        fibers[t].sp = fresh_stack(fibers[t].stack);
    }
    fibers[t].state = READY;
    become(t);
    gg_switch(save, fibers[t].sp);
}

// The thread waits in `state` until another makes it ready.
static void wait(State state)
{
    const int me = now.thread;
    fibers[me].state = state;
    int next = next_after(order() == 2 ? turn[random_below((unsigned)threads)] : me);
    if (next < 0) next = next_after(me);
    if (next < 0) deadlock();
    go(&fibers[me].sp, next);
}

// A stack runs one thread after another until none is fresh; then it is free and a waiting one goes on.
static void thread_main()
{
    for (;;) {
        void *unused;
        const int me = now.thread;
        now.launch->run(now.launch->arguments.get());
        fibers[me].state = DONE;
        warps[me / LANES].done++;
        left--;
        const int next = next_after(me);
        if (next >= 0 && fibers[next].state == FRESH) {
            fibers[next].stack = fibers[me].stack;
            fibers[next].state = READY;
            become(next);
            continue;
        }
        if (next < 0 && left) deadlock();
        free_stacks.push_back(fibers[me].stack);
        if (next < 0) gg_switch(&unused, scheduler);
        else go(&unused, next);
    }
}

// ---- where threads meet
static bool same(Site a, Site b) { return a.line == b.line && strcmp(a.file, b.file) == 0; }

int block_sync(int value, Site site)
{
    if (!now.launch) die("__syncthreads outside of a kernel");
    if (left != threads) die("__syncthreads at %s:%d after a thread of the block returned", site.file, site.line);
    const unsigned met = barrier.met;
    if (barrier.arrived == 0) {
        barrier.site = site;
        barrier.sum[met & 1] = 0;
    } else if (!same(barrier.site, site))
        die("__syncthreads in divergent flow: others wait at %s:%d, this one at %s:%d", barrier.site.file, barrier.site.line,
            site.file, site.line);
    barrier.sum[met & 1] += value;
    if (++barrier.arrived < threads) wait(IN_BLOCK);
    else {
        for (int t = 0; t < threads; t++) fibers[t].state = READY;
        barrier.arrived = 0;
        barrier.met++;
        epoch++;
        stamp();
    }
    return barrier.sum[met & 1];
}

static void check_warp(unsigned mask, Site site)
{
    if (!now.launch) die("a warp operation outside of a kernel");
    const Warp &w = warps[now.thread / LANES];
    if (mask != 0xffffffff) die("warp operation at %s:%d with a partial mask, %08x", site.file, site.line, mask);
    if (w.lanes < LANES) die("warp operation at %s:%d in a warp of %d threads", site.file, site.line, w.lanes);
    if (w.done) die("warp operation at %s:%d after a lane of the warp returned", site.file, site.line);
    if (w.arrived && !same(w.site, site))
        die("warp operation in divergent flow: others wait at %s:%d, this one is at %s:%d", w.site.file, w.site.line, site.file,
            site.line);
}

// All lanes meet; returns the half of `given` that holds what they gave.
static uint64_t *meet(unsigned mask, uint64_t value, Site site)
{
    check_warp(mask, site);
    const int first = now.thread / LANES * LANES;
    Warp &w = warps[now.thread / LANES];
    uint64_t *given = w.given[w.met & 1];
    given[lane()] = value;
    w.site = site;
    if (++w.arrived < LANES) wait(IN_WARP);
    else {
        for (int t = first; t < first + LANES; t++) fibers[t].state = READY;
        w.arrived = 0;
        w.met++;
        stamp();
    }
    return given;
}

void warp_sync(unsigned mask, Site site) { meet(mask, 0, site); }
uint64_t warp_exchange(unsigned mask, uint64_t value, int from, Site site) { return meet(mask, value, site)[from & 31]; }
unsigned warp_ballot(unsigned mask, bool value, Site site)
{
    const uint64_t *given = meet(mask, value, site);
    unsigned all = 0;
    for (int i = 0; i < LANES; i++) all |= (unsigned)given[i] << i;
    return all;
}

// ---- blocks
static void shuffle(int *x, int n)
{
    for (int i = n - 1; i > 0; i--) std::swap(x[i], x[random_below((unsigned)i + 1)]);
}

static void order_threads()
{
    for (int i = 0; i < threads; i++) turn[i] = order() == 1 ? threads - 1 - i : i;
    if (order() == 2) shuffle(turn, threads);
    for (int i = 0; i < threads; i++) place[turn[i]] = i;
}

static void run_block(uint3 block, size_t shared)
{
    if (++epoch == 0) die("more epochs than the shadow can count");
    now.block = block;
    now.block_began = epoch;
    began.emplace_back(epoch, block);
    left = threads;
    barrier = {};
    for (int t = 0; t < threads; t++) fibers[t].state = FRESH;
    for (int w = 0; w * LANES < threads; w++) {
        warps[w].met = 0;
        warps[w].arrived = warps[w].done = 0;
        warps[w].lanes = std::min(LANES, threads - w * LANES);
    }
    if (shared) memset(dynamic_shared(), 0xff, shared);
    go(&scheduler, turn[0]);
}

void execute(const Launch &launch)
{
    const dim3 g = launch.grid, b = launch.block;
    const int blocks = (int)(g.x * g.y * g.z);
    now.launch = &launch;
    now.launch_began = epoch + 1;
    threads = (int)(b.x * b.y * b.z);
    order_threads();
    began.clear();
    std::vector<int> list((size_t)blocks);
    for (int i = 0; i < blocks; i++) list[(size_t)i] = order() == 1 ? blocks - 1 - i : i;
    if (order() == 2) shuffle(list.data(), blocks);
    for (int i : list) {
        const unsigned n = (unsigned)i;
        run_block({ n % g.x, n / g.x % g.y, n / g.x / g.y }, launch.shared);
    }
    now.launch = nullptr;
}
} // namespace emu
