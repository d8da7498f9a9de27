/* target.c -- CUDA: its properties for the earlier stages, and the memory of a program besides
   its state and its arena. */
#include <math.h>
#include "back/cuda/cuda.h"

enum { WORKSPACE = 32 << 20, WINDOW = 2048, HALF_BYTES = 2 };

/* The workspace is runtime/gagen_cuda.h's; WINDOW is more than the window, its columns' addresses
   and gaps take. */
static double device_bytes(const Whole *all)
{
    double lengths = 0;
    const Program *first = all->steps.at[0];
    for (int i = 0; i < all->steps.n; i++) {
        const Program *s = all->steps.at[i];
        if (adapts(s))
            lengths = 16 * ceil((double)s->k->trained / 4096) + 24 * (double)s->k->params.n;
    }
    const double rounded =
        first->g->train.precision >= BF16 ? HALF_BYTES * (double)first->k->elements : 0;
    return WORKSPACE + WINDOW + rounded + 4 * (double)long_sum_reals(all) +
           4 * (double)largest_window(first->g) + 8 * (double)all->nsums +
           8 * ceil((double)first->k->trained / 4096) + lengths;
}

/* The runtime by the C compiler, the program by nvcc. */
static char *script(const char *cc, const char *nvcc, const char *title, bool zlib)
{
    return text("cd \"$1\" && %s -std=gnu11 -O3 -march=native %s -c *.c && %s -std=c++17 -O3 "
                "--fmad=false -arch=native -I. -o %s %s.cu *.o "
                "-lcublasLt %s -lm -lpthread && rm -f *.o *.c *.h",
                cc, zlib ? "-DGAGEN_ZLIB" : "", nvcc, title, title, zlib ? "-lz" : "");
}

const Target target_cuda = {
    .name = "cuda",
    .title = "CUDA",
    .extension = "cu",
    .launches = true,
    .rounds = true,
    .tf32 = true,
    .flops = 20e12,
    .bytes = 1500e9,
    .kernels = cuda_kernels,
    .statements = statements_text,
    .device = "dev->",
    .host = "host->",
    .allocated = "sizeof(Device) + GG_WORKSPACE",
    .multiplies = "cuBLASLt multiplies",
    .beside = "; workspace 32 MiB",
    .fixed = device_bytes,
    .tools = { .variable = "NVCC",
               .command = "nvcc",
               .elsewhere = "/usr/local/cuda/bin/nvcc",
               .flags = "-O3 -arch=native",
               .script = script,
               .missing = "no nvcc: install the CUDA Toolkit, name nvcc in NVCC, or say -t c",
               .device = "nvidia-smi -L 2> /dev/null" }
};
