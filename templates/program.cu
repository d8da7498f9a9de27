#include "gagen_cuda.h"

enum { ${sizes} }; @@ ${sizes_are}
/* The arena's offsets are for this N: gagen -D micro_batch=... writes the program for another. */

typedef struct { @@ as stored; logical shapes
    //:for f in fields
    ${text}
    //:end
} Params;
static_assert(sizeof(Params) == ${elements} * sizeof(real), "flat");
//:if frozen
typedef struct { @@ those that are trained: they come first
    ${trained_fields}
} Trained;
static_assert(sizeof(Trained) == ${trained} * sizeof(real), "flat");
//:end

typedef struct { @@ rows in memory
    //:for c in data_fields
    ${text}
    //:end
} Data;

typedef struct { @@ all that lies on the device
    alignas(256) Params p; @@ ${arrays_are}
    ${gradients} g${states_list};
    double sums[${nsums}]; @@ over the window's samples
    Window w;
    Data data;
    uint32_t row[${samples}]; @@ of data, by the window's samples
    uint32_t row_end;
    //:if norms
    double squares[(${trained} + 4095) / 4096];
    //:end
    //:if adapts
    double lengths[${most_pieces}][2]; @@ of parameters and their steps, squared
    real trust[${most_tensors}];
    //:end
    //:if packed
    alignas(256) ${packed_kind} { @@ made from parameters once per update
        //:for f in packed_fields
        ${text}
        //:end
    } packed;
    //:end
    //:if rounds
    alignas(256) gg_factor half_p[${elements}]; @@ parameters, rounded once per update
    //:end
    //:if long_sums
    real long_sums[${long_sums}]; @@ sums of parts of a long sum
    //:end
    //:if drops
    double before[${nsums}]; @@ sums ahead of the micro-step
    //:end
    //:if arena
    /* A phase is a kernel of micro, from 0; a pad keeps an offset. */
    alignas(256) union { @@ a micro-step's values; the structs share memory
        real ${all}[${arena}];
        //:for b in buffers
        ${text}
        //:end
    } arena;
    //:end
} Device;

static Device *device;
static struct { @@ what files and options see, allocated at start
    //:if frozen
    Params p;
    Trained g${states_list};
    //:else
    Params p, g${states_list};
    //:end
    //:for o in outputs
    real output_${index}[${size}];
    //:end
} *host;
static Data data;
static Window w;
static double sums[${nsums}];
//:if products_one
static GgMatmul ${handles}; @@ products that cuBLASLt makes
//:end
//:if products_two
static GgMatmul ${pairs}; @@ those of gradients: [0] stores, [1] adds
//:end

//:for s in steps
//:if turns
/* ---- a window of ${step_title} ---- */
//:else
/* ---- a window ---- */
//:end
//:if whole
//:if unrolled
static void ${prefix}micro_first(void), ${prefix}update_steps(void)${steps_before};

/* ${window}, one graph: the first micro-batch stores its gradients, others add theirs. */
static void ${prefix}window_full(void)
{
    //:if refreshed
    ${prefix}prepare_steps();
    //:end
    //:if counted
    for (int k = 0; k < ${prefix}MICROS; k++) ${prefix}counting_steps();
    ${prefix}counted_steps();
    //:end
    ${prefix}micro_first();
    //:for m in micros
    ${prefix}micro_next();
    //:end
    //:if concluded
    ${prefix}conclude_steps();
    //:end
    ${prefix}update_steps();
}

//:end
//:end
/* Recorded once, at start: forward, a micro-step that stores, an update, a micro-step that adds. */
static GgGraph ${prefix}pass, ${prefix}first, ${prefix}step${graphs};

static void ${prefix}replay_micros(void)
{
    //:if refreshed
    gg_replay(&${prefix}prepared);
    //:end
    //:if counted
    for (int k = 0; k < w.micros; k++) gg_replay(&${prefix}counting);
    gg_replay(&${prefix}counted_graph);
    //:end
    //:if drops
    for (int k = 0, kept = 0; k < w.micros; k++) {
        gg_replay(&${prefix}judged);
        if (gg_flag(&device->w.keeps)) gg_replay(kept++ ? &${prefix}next : &${prefix}first);
    }
    //:else
    gg_replay(&${prefix}first);
    //:if next
    for (int k = 1; k < w.micros; k++) gg_replay(&${prefix}next);
    //:end
    //:end
    //:if concluded
    gg_replay(&${prefix}conclude);
    //:end
}

static void ${prefix}gradient(const Thread *)
{
    gg_stage();
    ${prefix}replay_micros();
    gg_finish();
}

//:if checked
static void ${prefix}update(const Thread *)
{
    gg_replay(&${prefix}step);
    gg_finish();
}
//:else
static void ${prefix}update(const Thread *) { gg_replay(&${prefix}step); }
//:end

static void ${prefix}window(const Thread *)
{
    gg_stage();
    //:if unrolled
    if (w.micros == ${prefix}MICROS && w.rows == N) gg_replay(&${prefix}full);
    else ${prefix}replay_micros(), gg_replay(&${prefix}step);
    //:else
    ${prefix}replay_micros();
    gg_replay(&${prefix}step);
    //:end
    gg_finish();
}

//:end
/* ---- a micro-batch: its kernels in order, with their shapes and lines of ${model} ---- */
${prototypes}

//:for s in steps
//:if next
//:if drops
/* A micro-batch's backward. beta is 0 in the window's first that is kept, 1 in the next ones. */
//:else
/* One micro-batch: forward, loss, backward. beta: 0 stores gradients, 1 adds to them. */
//:end
static void ${prefix}micro(int beta)
{
    //:if no_beta
    (void)beta;
    //:end
    ${micro}
}

//:if noise
static void ${prefix}noise_steps(void);
static void ${prefix}micro_first(void)
{
    ${prefix}micro(0);
    ${prefix}noise_steps();
}
//:else
static void ${prefix}micro_first(void) { ${prefix}micro(0); }
//:end
static void ${prefix}micro_next(void) { ${prefix}micro(1); }
//:else
/* The window's micro-batch: forward, loss, backward. */
static void ${prefix}micro_first(void)
{
    ${micro}
}
//:end

//:if has_penalty
static __global__ void ${prefix}penalties(Device *dev);

//:end
/* The forward part of it. */
static void ${prefix}forward(void)
{
    ${forward}
    //:if has_penalty
    GG_LAUNCH(${prefix}penalties, 1, 1, 0, gg_stream, device);
    //:end
}

//:if makes_outputs
/* The outputs of a micro-batch. */
static void output_steps(void)
{
    ${output_steps}
}

//:end
//:end
//:if prepares
/* ---- kernels: what an update prepares, then those of a micro-batch in order of execution ---- */
//:else
/* ---- kernels, in order of execution ---- */
//:end
${kernels}

//:if next_micro
/* The micro-step is over. */
static __global__ void next_micro(Device *dev) { dev->w.micro++; }

//:end
//:for s in steps
//:if turns
/* ---- before and after the micro-batches of ${step_title} ---- */
//:end
//:if has_late
/* What is known only after the last micro-step. */
static __global__ void ${prefix}late(Device *dev)
{
    Window &w = dev->w;
    const double *sums = dev->sums;
    ${late_lines}
}

//:end
//:if has_penalty
/* Scalars made of parameters alone, for the reports. */
static __global__ void ${prefix}penalties(Device *dev)
{
    ${penalty_views}
    ${penalty_lines}
}

//:end
//:if counted
/* What scales are made of is counted: the sums begin anew. */
static __global__ void ${prefix}counted(Device *dev)
{
    Window &w = dev->w;
    double *sums = dev->sums;
    ${counted_lines}
    for (int i = 0; i < ${nsums}; i++) sums[i] = 0;
    w.micro = 0;
}

static void ${prefix}counting_steps(void)
{
    ${counting}
}
static void ${prefix}counted_steps(void)
{
    GG_LAUNCH(${prefix}counted, 1, 1, 0, gg_stream, device);
}

//:end
//:if rounds_here
/* half_p, of all parameters */
static __global__ __launch_bounds__(256) void round_parameters(Device *dev)
{
    const long id = blockIdx.x * 256L + threadIdx.x;
    if (id < ${elements}) dev->half_p[id] = gg_round(((const real *)&dev->p)[id]);
}

//:end
//:if prepared
/* What is made from parameters once per update. */
static void ${prefix}prepare_steps(void)
{
    //:if rounds
    GG_LAUNCH(round_parameters, (${elements} + 255) / 256, 256, 0, gg_stream, device);
    //:end
    ${prepare}
}

//:end
${update}

//:if next
//:if drops
/* A micro-batch whose loss is not finite is dropped: its sums are taken back.
   sums[${rows_kept}] counts the rows that are kept. */
static __global__ void ${prefix}keep(Device *dev)
{
    static constexpr int judged[] = { ${judged} };
    Window &w = dev->w;
    double *sums = dev->sums, *before = dev->before;
    bool keeps = true;
    for (int i : judged) keeps = keeps && fabs(sums[i]) <= DBL_MAX;
    if (keeps) sums[${rows_kept}] += gg_micro(w, N).rows, w.kept++;
    else w.dropped++;
    for (int i = 0; i < ${nsums}; i++) {
        if (!keeps) sums[i] = w.micro ? before[i] : 0;
        before[i] = sums[i];
    }
    w.keeps = keeps;
    if (!keeps) w.micro++;
}

/* A micro-batch's forward, and whether the rest follows. */
static void ${prefix}judge(void)
{
    ${judging}
    GG_LAUNCH(${prefix}keep, 1, 1, 0, gg_stream, device);
}

//:end
//:end
//:if concluded
/* After the last micro-step. */
static void ${prefix}conclude_steps(void)
{
    //:if has_late
    GG_LAUNCH(${prefix}late, 1, 1, 0, gg_stream, device);
    //:end
    //:if has_penalty
    GG_LAUNCH(${prefix}penalties, 1, 1, 0, gg_stream, device);
    //:end
    ${finish}
}

//:end
//:end
//:if turns
static void evaluate(const Thread *)
{
    //:for s in steps
    gg_evaluate_step(${prepared_graph}, &${prefix}pass, ${fresh});
    //:end
    gg_evaluate_end();
}
//:else
static void evaluate(const Thread *) { gg_evaluate(&pass); }
//:end

//:if predicts
static void predict(const Thread *)
{
    //:for s in steps
    //:if refreshed
    gg_replay(&${prefix}prepared);
    //:end
    //:end
    gg_stage();
    gg_replay(&predicting);
    gg_finish();
    //:for o in outputs
    gg_copy_out(host->output_${index}, &device->${from}, sizeof host->output_${index});
    //:end
}

//:end
//:if one_prepares
static void prepare(const Thread *)
{
    prepare_steps();
}

//:end
/* ---- the device ---- */
extern "C" const Program gagen_${title};

static void open_products(void)
{
    ${products}
}

//:for s in steps
static void ${prefix}record(void) @@ what the device replays
{
    ${prefix}pass = gg_record(${prefix}forward);
    ${prefix}first = gg_record(${prefix}micro_first);
    //:if drops
    ${prefix}judged = gg_record(${prefix}judge);
    //:end
    ${prefix}step = gg_record(${prefix}update_steps);
    //:if makes_outputs
    predicting = gg_record(output_steps);
    //:end
    //:if refreshed
    ${prefix}prepared = gg_record(${prefix}prepare_steps);
    //:end
    //:if next
    ${prefix}next = gg_record(${prefix}micro_next);
    //:end
    //:if counted
    ${prefix}counting = gg_record(${prefix}counting_steps);
    ${prefix}counted_graph = gg_record(${prefix}counted_steps);
    //:end
    //:if concluded
    ${prefix}conclude = gg_record(${prefix}conclude_steps);
    //:end
    //:if unrolled
    ${prefix}full = gg_record(${prefix}window_full);
    //:end
}

//:end
static const char *device_open(long rows)
{
    static const GgOffsets offsets = GG_OFFSETS(Device);
    device = (Device *)gg_device_open(&gagen_${title}, rows, sizeof(Device), offsets);
    open_products();
    //:for s in steps
    ${prefix}record();
    //:end
    return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, host, ${flat_bytes}); }
static void fetch(void) { gg_copy_out(host, &device->p, ${flat_bytes}); }

//:include seen.c
