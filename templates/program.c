//:if standalone
//:else
#include "gagen.h"
//:end

enum { ${sizes} }; @@ ${sizes_are}
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct { @@ stored as weight[block][in][column]; PyTorch's shapes
    //:for f in fields
    ${text}
    //:end
} Params;
_Static_assert(sizeof(Params) == ${elements} * sizeof(real), "flat");
//:if frozen
typedef struct { @@ those that are trained: they come first
    ${trained_fields}
} Trained;
_Static_assert(sizeof(Trained) == ${trained} * sizeof(real), "flat");
//:end

static struct { @@ rows in memory
    //:for c in data_fields
    ${text}
    //:end
} data;
static Window w;
static double part[${nparts}][${parts}], sums[${nsums}]; @@ of a micro-batch, in parts; of a window
//:if allocated
static struct { @@ allocated at start
    //:include memory.c
} *memory;
//:else
//:include memory.c
//:end

//:if adds_up
static void add_up(int sum, int parts) @@ in order, whatever the threads
{
    for (int i = 0; i < parts; i++) sums[sum] += part[sum][i];
}

//:end
//:for s in steps
//:if turns
/* ---- a window of ${step_title} ---- */
//:else
/* ---- a window ---- */
//:end
static void ${prefix}update(const Thread *t);
//:if refreshed
static void ${prefix}prepare(const Thread *t);
//:end
//:if counted
static void ${prefix}count(const Thread *t);
//:end
//:if concluded
static void ${prefix}conclude(const Thread *t);
//:end
//:if drops
static void ${prefix}micro(const Thread *t, const Micro *m);

/* ${window}, or fewer in a tail: w.rows in the last. */
static void ${prefix}micros(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    for (int k = 0; k <= last; k++)
        ${prefix}micro(t, &(Micro){ (long)N * k, k == last ? rows : N });
}

//:else
//:if next
//:if noise
static void ${prefix}noise(const Thread *t, const Micro *m);
//:end
static void ${prefix}micro_first(const Thread *t, const Micro *m);
static void ${prefix}micro_next(const Thread *t, const Micro *m);

/* ${window}; Micro: first sample, rows. The first micro-batch stores gradients, others add. */
static void ${prefix}window_full(const Thread *t)
{
    ${prefix}micro_first(t, &(Micro){ 0, N });
    //:if noise
    ${prefix}noise(t, &(Micro){ 0, N });
    //:end
    //:if unrolled
    //:for m in micros
    ${prefix}micro_next(t, &(Micro){ ${from}, N });
    //:end
    //:else
    for (int k = 1; k < ${prefix}MICROS; k++) ${prefix}micro_next(t, &(Micro){ (long)N * k, N });
    //:end
}

/* Any window, the usual one as well: w.micros micro-batches, w.rows rows in the last. */
static void ${prefix}window_short(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    ${prefix}micro_first(t, &(Micro){ 0, last == 0 ? rows : N });
    //:if noise
    ${prefix}noise(t, &(Micro){ 0, last == 0 ? rows : N });
    //:end
    for (int k = 1; k <= last; k++)
        ${prefix}micro_next(t, &(Micro){ (long)N * k, k == last ? rows : N });
}

//:else
static void ${prefix}micro(const Thread *t, const Micro *m);

//:end
//:end
/* A window's gradients and sums. */
static void ${prefix}gradient(const Thread *t)
{
    //:if refreshed
    ${prefix}prepare(t);
    //:end
    if (t->id == 0)
        for (int i = 0; i < ${nsums}; i++) sums[i] = 0;
    //:if counted
    ${prefix}count(t);
    //:end
    //:if drops
    ${prefix}micros(t);
    //:else
    //:if next
    if (w.micros == ${prefix}MICROS && w.rows == N) ${prefix}window_full(t);
    else ${prefix}window_short(t);
    //:else
    ${prefix}micro(t, &(Micro){ 0, w.rows });
    //:end
    //:end
    //:if concluded
    ${prefix}conclude(t);
    //:end
}

static void ${prefix}window(const Thread *t)
{
    ${prefix}gradient(t);
    ${prefix}update(t);
}

//:end
/* ---- a micro-batch: its kernels in order, with their shapes and lines of ${model} ---- */
${prototypes}
${blocks}
//:for s in steps
//:if shares_forward
static void ${prefix}forward(const Thread *t, const Micro *m);
//:end
//:end

//:for s in steps
//:if drops
/* A micro-batch's backward. beta is 0 in the window's first that is kept, 1 in the next ones. */
INLINE void ${prefix}backward(const Thread *t, const Micro *m, const int beta)
{
    //:if ignores_beta
    (void)beta;
    //:end
    ${micro}
}

NOINLINE void ${prefix}backward_first(const Thread *t, const Micro *m)
{
    ${prefix}backward(t, m, 0);
}

NOINLINE void ${prefix}backward_next(const Thread *t, const Micro *m)
{
    ${prefix}backward(t, m, 1);
}

/* A micro-batch whose loss is not finite is dropped: its sums are taken back.
   sums[${rows_kept}] counts the rows that are kept. */
static bool ${prefix}keep(const Thread *t, const Micro *m)
{
    static const int judged[] = { ${judged} };
    static double before[${nsums}];
    static bool keeps;
    if (t->id == 0) {
        keeps = true;
        for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
            keeps &= fabs(sums[judged[i]]) <= DBL_MAX;
        if (keeps) sums[${rows_kept}] += m->rows, w.kept++;
        else w.dropped++;
        for (int i = 0; i < ${nsums}; i++) {
            const double now = sums[i], then = before[i], kept = m->from > 0 ? then : 0;
            before[i] = sums[i] = keeps ? now : kept;
        }
    }
    barrier(t);
    return keeps;
}

/* One micro-batch: forward, loss, and the backward of what is kept. */
static void ${prefix}micro(const Thread *t, const Micro *m)
{
    ${prefix}forward(t, m);
    if (!${prefix}keep(t, m)) return;
    if (w.kept == 1) ${prefix}backward_first(t, m);
    else ${prefix}backward_next(t, m);
}

//:else
//:if next
/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
INLINE void ${prefix}micro(const Thread *t, const Micro *m, const int beta)
{
    //:if ignores_beta
    (void)beta;
    //:end
    ${micro}
}

NOINLINE void ${prefix}micro_first(const Thread *t, const Micro *m) { ${prefix}micro(t, m, 0); }
NOINLINE void ${prefix}micro_next(const Thread *t, const Micro *m)  { ${prefix}micro(t, m, 1); }

//:else
/* The window is one micro-batch: forward, loss, backward. */
static void ${prefix}micro(const Thread *t, const Micro *m)
{
    ${micro}
}

//:end
//:end
/* The forward part. */
static void ${prefix}forward(const Thread *t, const Micro *m)
{
    ${forward}
}

//:if counted
/* Scales consist of these sums over the window's data, known before the first backward. */
static void ${prefix}count(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    for (int k = 0; k <= last; k++) {
        const Micro *m = &(Micro){ (long)N * k, k == last ? rows : N };
        ${counting}
    }
    if (t->id == 0) {
        ${counted_lines}
        for (int i = 0; i < ${nsums}; i++) sums[i] = 0;
    }
    barrier(t);
}

//:end
//:if concluded
/* What is known only after the last micro-step. */
static void ${prefix}conclude(const Thread *t)
{
    ${conclude}
}

//:end
//:end
//:if prepares
/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
//:else
/* ---- kernels, in order of execution ---- */
//:end
//:if multiplies
/* matmul: c = a b, or c += a b; runtime/contract.h explains its fields. */
//:end
//:if convolves
/* conv2d, conv2d_data, conv2d_weight: a convolution of one image, the gradients of x and weight. */
//:end
//:if contracts
/* contract: sums of other strides; runtime/contract.h explains them. */
//:end
${kernels}

//:for s in steps
//:if turns
/* ---- the update of ${step_title} ---- */
//:else
/* ---- the update ---- */
//:end
//:if prepared
/* What is made from parameters once per update. */
static void ${prefix}prepare(const Thread *t)
{
    ${prepare}
}

//:end
${update}

//:end
//:for s in steps
//:if makes_outputs
/* The outputs of a micro-batch. */
static void predict(const Thread *t)
{
    //:if refreshed
    ${prefix}prepare(t);
    //:end
    const Micro *m = &(Micro){ 0, w.rows };
    ${output_steps}
}

//:end
//:end
/* The sums of w.micros micro-batches. */
static void evaluate(const Thread *t)
{
    const int last = w.micros - 1, rows = w.rows;
    if (t->id == 0)
        for (int i = 0; i < ${nsums}; i++) sums[i] = 0;
    //:for s in steps
    //:if refreshed
    barrier(t);
    ${prefix}prepare(t);
    //:end
    //:if ends_forward
    for (int k = 0; k <= last; k++) {
        ${prefix}forward(t, &(Micro){ (long)N * k, k == last ? rows : N });
        ${forward_end}
    }
    //:else
    for (int k = 0; k <= last; k++)
        ${prefix}forward(t, &(Micro){ (long)N * k, k == last ? rows : N });
    //:end
    //:if penalties
    if (t->id == 0) {
        ${penalty_lines}
    }
    //:end
    //:end
}

//:include seen.c
