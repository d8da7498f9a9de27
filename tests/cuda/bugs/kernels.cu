/* kernels.cu -- bugs inside a kernel. */
#include "cases.h"

static __global__ void reverse(const float *x, float *y, bool bug)
{
    __shared__ float room[64];
    const unsigned t = threadIdx.x;
    room[t] = x[t];
    if (!bug) __syncthreads();
    y[t] = room[63 - t];
}
static bool missing_barrier(bool bug)
{
    float *x = sent(counting(64)), *y = on_device<float>(64);
    GG_KERNEL(reverse, 1, 64, 0, stream, x, y, bug);
    return fetched(y, 64)[3] == 60;
}

// The second barrier: without it a thread writes what another still reads.
static __global__ void turn_twice(float *x, bool bug)
{
    __shared__ float room[64];
    const unsigned t = threadIdx.x;
    for (int i = 0; i < 2; i++) {
        room[t] = x[t] + (float)i;
        __syncthreads();
        x[t] = room[63 - t];
        if (!bug) __syncthreads();
    }
}
static bool missing_second_barrier(bool bug)
{
    float *x = sent(counting(64));
    GG_KERNEL(turn_twice, 1, 64, 0, stream, x, bug);
    return fetched(x, 64)[3] == 4;
}

static __global__ void neighbour(float *x, bool bug)
{
    __shared__ float room[32];
    const unsigned t = threadIdx.x;
    room[t] = x[t];
    if (!bug) __syncwarp();
    x[t] = room[(t + 1) % 32];
}
static bool missing_warp_barrier(bool bug)
{
    float *x = sent(counting(32));
    GG_KERNEL(neighbour, 1, 32, 0, stream, x, bug);
    return fetched(x, 32)[31] == 0;
}

// db[j] += part by every block; right: each block has a row of its own, a second kernel adds the rows.
static __global__ void part(const float *x, float *db, bool bug)
{
    const unsigned j = threadIdx.x, b = blockIdx.x;
    if (bug) db[j] += x[b * 32 + j];
    else db[b * 32 + j] = x[b * 32 + j];
}
static __global__ void add_parts(const float *parts, float *db, int n)
{
    float sum = 0;
    for (int b = 0; b < n; b++) sum += parts[b * 32 + (int)threadIdx.x];
    db[threadIdx.x] = sum;
}
static bool blocks_add(bool bug)
{
    float *x = sent(counting(128)), *db = sent(std::vector<float>(128)), *sum = on_device<float>(32);
    GG_KERNEL(part, 4, 32, 0, stream, x, db, bug);
    GG_KERNEL(add_parts, 1, 32, 0, stream, db, sum, bug ? 1 : 4);
    return fetched(sum, 32)[1] == 1 + 33 + 65 + 97;
}

// A block writes what another has read.
static __global__ void shift(const float *x, float *y) { y[blockIdx.x * 32 + threadIdx.x] = x[blockIdx.x * 32 + threadIdx.x + 32]; }
static bool block_overwrites(bool bug)
{
    float *x = sent(counting(128)), *y = bug ? x : on_device<float>(128);
    GG_KERNEL(shift, 3, 32, 0, stream, x, y);
    return fetched(y, 96)[40] == 72;
}

// Two blocks, each one half of a word: bytes are told apart.
static __global__ void halves(uint16_t *x, int by) { x[(int)blockIdx.x * by] = (uint16_t)blockIdx.x; }
static bool same_half(bool bug)
{
    uint16_t *x = on_device<uint16_t>(2);
    GG_KERNEL(halves, 2, 1, 0, stream, x, bug ? 0 : 1);
    const auto y = fetched(x, 2);
    return y[0] == 0 && y[1] == 1;
}

template <class T> static __global__ void count(T *sum) { atomicAdd(sum, (T)threadIdx.x); }
static bool float_atomic(bool bug)
{
    unsigned *u = sent(std::vector<unsigned>(1));
    float *f = sent(std::vector<float>(1));
    if (bug) GG_KERNEL(count<float>, 2, 64, 0, stream, f);
    else GG_KERNEL(count<unsigned>, 2, 64, 0, stream, u);
    return bug ? fetched(f, 1)[0] == 4032 : fetched(u, 1)[0] == 4032;
}

static __global__ void count_and_read(unsigned *sum, unsigned *seen, bool bug)
{
    atomicAdd(sum, 1u);
    if (!bug) __syncthreads();
    seen[threadIdx.x] = *sum;
}
static bool atomic_and_plain(bool bug)
{
    unsigned *sum = sent(std::vector<unsigned>(1)), *seen = on_device<unsigned>(64);
    GG_KERNEL(count_and_read, 1, 64, 0, stream, sum, seen, bug);
    return fetched(seen, 64)[5] == 64;
}

static __global__ void fill(float *x, int n, bool bug)
{
    const int i = (int)(blockIdx.x * 32 + threadIdx.x);
    if (bug || i < n) x[i] = 1;
}
static bool out_of_bounds(bool bug)
{
    float *x = on_device<float>(40);
    GG_KERNEL(fill, 2, 32, 0, stream, x, 40, bug);
    return fetched(x, 40)[39] == 1;
}

struct Rows {
    float x[2][8], y[8];
};
static __global__ void row(Rows *r) { r->x[0][threadIdx.x] = 2; }
static bool index_out_of_row(bool bug)
{
    Rows *r = on_device<Rows>(1);
    GG_KERNEL(row, 1, bug ? 9 : 8, 0, stream, r);
    return fetched(r, 1)[0].x[0][7] == 2;
}

static __global__ void add_four(const float *x, float *y)
{
    const float4 v = *reinterpret_cast<const float4 *>(x);
    *y = v.x + v.y + v.z + v.w;
}
static bool misaligned_vector(bool bug)
{
    float *x = sent(counting(16)), *y = on_device<float>(1);
    GG_KERNEL(add_four, 1, 1, 0, stream, x + (bug ? 1 : 4), y);
    return fetched(y, 1)[0] == 22;
}

static __global__ void rotate(float *x, unsigned mask)
{
    if (mask >> threadIdx.x & 1) x[threadIdx.x] = __shfl_sync(mask, x[threadIdx.x], (int)threadIdx.x + 1);
}
static bool partial_mask(bool bug)
{
    float *x = sent(counting(32));
    GG_KERNEL(rotate, 1, 32, 0, stream, x, bug ? 0xffffu : 0xffffffffu);
    return fetched(x, 32)[7] == 8;
}

static __global__ void half_shuffles(float *x, unsigned lanes)
{
    float v = x[threadIdx.x];
    if (threadIdx.x < lanes) v += __shfl_xor_sync(0xffffffffu, v, 1);
    x[threadIdx.x] = v;
}
static bool divergent_shuffle(bool bug)
{
    float *x = sent(counting(32));
    GG_KERNEL(half_shuffles, 1, 32, 0, stream, x, bug ? 16u : 32u);
    return fetched(x, 32)[7] == 13;
}

static __global__ void half_waits(float *x, unsigned threads)
{
    __shared__ float room[64];
    room[threadIdx.x] = x[threadIdx.x];
    if (threadIdx.x < threads) __syncthreads();
    else room[threadIdx.x]++;
    x[threadIdx.x] = room[threadIdx.x] + 1;
}
static bool divergent_barrier(bool bug)
{
    float *x = sent(counting(64));
    GG_KERNEL(half_waits, 1, 64, 0, stream, x, bug ? 32u : 64u);
    return fetched(x, 64)[7] == 8;
}

static __global__ void two_places(float *x, bool bug)
{
    __shared__ float sum[2];
    if (threadIdx.x % 32 == 0) sum[threadIdx.x / 32] = x[threadIdx.x];
    if (bug && threadIdx.x >= 32)
        __syncthreads();
    else
        __syncthreads();
    x[threadIdx.x] = sum[0] + sum[1];
}
static bool two_barriers(bool bug)
{
    float *x = sent(counting(64));
    GG_KERNEL(two_places, 1, 64, 0, stream, x, bug);
    return fetched(x, 64)[7] == 32;
}

static __global__ void early_return(float *x, int n, bool bug)
{
    __shared__ float room[64];
    const int t = (int)threadIdx.x;
    if (bug && t >= n) return;
    room[t] = t < n ? x[t] : 0;
    __syncthreads();
    if (t < n) x[t] = room[n - 1 - t];
}
static bool barrier_after_return(bool bug)
{
    float *x = sent(counting(40));
    GG_KERNEL(early_return, 1, 64, 0, stream, x, 40, bug);
    return fetched(x, 40)[0] == 39;
}

static __global__ void double_it(const float *x, float *y) { y[threadIdx.x] = 2 * x[threadIdx.x]; }
static bool host_pointer(bool bug)
{
    static std::vector<float> h = counting(32);
    float *x = sent(h), *y = on_device<float>(32);
    GG_KERNEL(double_it, 1, 32, 0, stream, bug ? h.data() : x, y);
    return fetched(y, 32)[7] == 14;
}

static __global__ void half_filled(float *x, unsigned n)
{
    __shared__ float room[64];
    if (threadIdx.x < n) room[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = room[threadIdx.x ^ 1];
}
static bool unwritten_shared(bool bug)
{
    float *x = sent(counting(64));
    GG_KERNEL(half_filled, 1, 64, 0, stream, x, bug ? 63u : 64u);
    return fetched(x, 64)[62] == 63;
}

static __global__ void large_room(float *x, int n)
{
    GG_DYN_SHARED(float, room);
    for (int i = (int)threadIdx.x; i < n; i += 32) room[i] = (float)i;
    __syncthreads();
    if (threadIdx.x == 0) *x = room[n - 1];
}
static bool shared_not_asked_for(bool bug)
{
    float *x = on_device<float>(1);
    const int n = 16 << 10;
    if (!bug) check(cudaFuncSetAttribute(large_room, cudaFuncAttributeMaxDynamicSharedMemorySize, n * 4));
    GG_KERNEL(large_room, 1, 32, n * 4, stream, x, n);
    return fetched(x, 1)[0] == (float)(n - 1);
}
static bool past_dynamic_shared(bool bug)
{
    float *x = on_device<float>(1);
    GG_KERNEL(large_room, 1, 32, 128 * 4, stream, x, bug ? 129 : 128);
    return fetched(x, 1)[0] == 127;
}

// Shared variables of functions that a kernel calls one after another lie beside each other. nvcc refuses too many of them.
#ifdef GG_EMU
constexpr int MANY = 8 << 10;
#else
constexpr int MANY = 1 << 10;
#endif
template <int N> static __device__ float turned(float x)
{
    __shared__ float room[MANY];
    for (int i = (int)threadIdx.x; i < MANY; i += 32) room[i] = x + (float)(i + N);
    __syncthreads();
    return room[31 - threadIdx.x];
}
static __global__ void two_rooms(float *x, bool bug)
{
    const float y = turned<0>(0);
    __syncthreads();
    x[threadIdx.x] = bug ? turned<1>(y) : y;
}
static bool too_many_shared(bool bug)
{
    float *x = on_device<float>(32);
    GG_KERNEL(two_rooms, 1, 32, 0, stream, x, bug);
    return fetched(x, 32)[31] == 0;
}

static __global__ void nothing(float *x)
{
    if (blockIdx.x + blockIdx.y + blockIdx.z + threadIdx.x == 0) *x = 1;
}
static bool grid_too_deep(bool bug)
{
    float *x = on_device<float>(1);
    GG_KERNEL(nothing, bug ? dim3(1, 1, 65536) : dim3(65536), 1, 0, stream, x);
    return fetched(x, 1)[0] == 1;
}
static bool grid_too_tall(bool bug)
{
    float *x = on_device<float>(1);
    GG_KERNEL(nothing, bug ? dim3(1, 65536) : dim3(65536), 1, 0, stream, x);
    return fetched(x, 1)[0] == 1;
}
static bool block_too_large(bool bug)
{
    float *x = on_device<float>(1);
    GG_KERNEL(nothing, 1, bug ? 1025 : 1024, 0, stream, x);
    return fetched(x, 1)[0] == 1;
}

// A copy by memcpy, whose size the compiler does not know.
static __global__ void copy(float *y, const float *x, int n) { memcpy(y, x, (size_t)n * sizeof *y); }
static bool copy_past_the_end(bool bug)
{
    float *x = sent(counting(32)), *y = on_device<float>(32);
    GG_KERNEL(copy, 1, 1, 0, stream, y, x, bug ? 33 : 32);
    return fetched(y, 32)[5] == 5;
}

// A table of constants may be read; a stack has an end.
static __global__ void polynomial(float *x)
{
    const float table[8] = { 1, 2, 3, 5, 7, 11, 13, 17 };
    x[threadIdx.x] = table[(int)x[threadIdx.x] & 7];
}
static __global__ void large_frame(float *x, int n)
{
    float room[32 << 10];
    for (int i = 0; i < n; i++) room[i] = x[i & 31];
    x[threadIdx.x] = room[n - 1 - (int)threadIdx.x];
}
static bool stack_overflow(bool bug)
{
    float *x = sent(counting(32));
    if (bug) GG_KERNEL(large_frame, 1, 1, 0, stream, x, 32 << 10);
    else GG_KERNEL(polynomial, 1, 32, 0, stream, x);
    return fetched(x, 32)[4] == (bug ? 4 : 7);
}

static const Case kernel_cases[] = {
    { "missing_barrier", missing_barrier, "shared memory" },
    { "missing_second_barrier", missing_second_barrier, "race: .* shared memory" },
    { "missing_warp_barrier", missing_warp_barrier, "shared memory" },
    { "blocks_add", blocks_add, "race: reads offset .* which block .* wrote in the same launch" },
    { "block_overwrites", block_overwrites, "race: .* which block .* in the same launch" },
    { "same_half", same_half, "race: writes offset 0 .* which block" },
    { "float_atomic", float_atomic, "atomicAdd on float" },
    { "atomic_and_plain", atomic_and_plain, "race: .* (updated|read)" },
    { "out_of_bounds", out_of_bounds, "writes (past the end|out of bounds)" },
    { "index_out_of_row", index_out_of_row, "index 8 is out of bounds at .*kernels.cu" },
    { "misaligned_vector", misaligned_vector, "not aligned for its type" },
    { "partial_mask", partial_mask, "with a partial mask" },
    { "divergent_shuffle", divergent_shuffle, "after a lane of the warp returned|deadlock: 16 threads wait in a warp operation" },
    { "divergent_barrier", divergent_barrier, "deadlock: 32 of 64 threads|after a thread of the block returned" },
    { "two_barriers", two_barriers, "__syncthreads in divergent flow" },
    { "barrier_after_return", barrier_after_return, "after a thread of the block returned|deadlock" },
    { "host_pointer", host_pointer, "reads host memory" },
    { "unwritten_shared", unwritten_shared, "which nobody wrote" },
    { "shared_not_asked_for", shared_not_asked_for, "65536 bytes of dynamic shared memory" },
    { "too_many_shared", too_many_shared, "shared variables take more than 49152 bytes" },
    { "grid_too_deep", grid_too_deep, "launch of nothing: a grid of \\(1,1,65536\\) blocks" },
    { "grid_too_tall", grid_too_tall, "launch of nothing: a grid of \\(1,65536,1\\) blocks" },
    { "block_too_large", block_too_large, "launch of nothing: a block of \\(1025,1,1\\) threads" },
    { "copy_past_the_end", copy_past_the_end, "reads past the end of an allocation of 128 bytes: 132 at 0" },
    { "stack_overflow", stack_overflow, "local variables do not fit the stack" },
    { "past_dynamic_shared", past_dynamic_shared, "writes dynamic shared memory" },
};
