/* ${file} -- written by gagen: ${command}

${banner}
*/
//:if precision
#define GG_COMPUTE ${compute}
//:end
#include "gagen_cuda.h"

typedef struct { @@ as stored; logical shapes
//:for f in fields
${text}
//:end
} Params;
static_assert(sizeof(Params) == ${elements} * sizeof(real), "flat");
//:if frozen
typedef struct { @@ those that are trained: they come first
//:for f in trained_fields
${text}
//:end
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
uint32_t row[${batch}]; @@ of data, by the window's samples
uint32_t row_end;
//:if norm
double squares[(${trained} + 4095) / 4096];
//:end
//:if packed
alignas(256) struct { @@ made from parameters once per update
//:for f in packed_fields
${text}
//:end
} packed;
//:end
//:if rounds
alignas(256) gg_factor half_p[${elements}]; @@ parameters, rounded once per update
alignas(256) gg_factor half[${half}]; @@ what cuBLASLt multiplies, rounded
//:end
//:if split
real split[${split}]; @@ sums of parts of a long sum
//:end
//:if drops
double before[${nsums}]; @@ sums ahead of the micro-step
//:end
//:if arena
alignas(256) union { @@ a micro-step's values and their lives
real ${all}[${arena}];
//:for b in buffers
${text}
//:end
} arena;
//:end
} Device;

static Device *device;
//:if frozen
static struct { Params p; Trained g${states_list}; } host; @@ what files and options see
//:else
static struct { Params p, g${states_list}; } host; @@ what files and options see
//:end
static Data data;
static Window w;
static double sums[${nsums}];
//:if blas
static GgMatmul ${handles};${handles_are}
//:end

${kernels}

//:if next_micro
/* The micro-step is over. */
static __global__ void next_micro(Device *dev) { dev->w.micro++; }

//:end
//:if has_late
/* What is known only behind the last micro-step. */
static __global__ void late(Device *dev)
{
Window &w = dev->w;
const double *sums = dev->sums;
${late_lines}
}

//:end
//:if has_level
/* Scalars made of parameters alone, for the reports. */
static __global__ void levels(Device *dev)
{
${level_views}
${level_lines}
}

//:end
//:if counted
/* What scales are made of is counted: the sums begin anew. */
static __global__ void counted(Device *dev)
{
Window &w = dev->w;
double *sums = dev->sums;
${counted_lines}
for (int i = 0; i < ${nsums}; i++) sums[i] = 0;
w.micro = 0;
}

static void counting_steps(void)
{
${counting}
}
static void counted_steps(void) { GG_LAUNCH(counted, 1, 1, 0, gg_stream, device); }

//:end
//:if rounds
/* half_p, of all parameters */
static __global__ __launch_bounds__(256) void round_parameters(Device *dev)
{
const long id = blockIdx.x * 256L + threadIdx.x;
if (id < ${elements}) dev->half_p[id] = gg_round(((const real *)&dev->p)[id]);
}

//:end
//:if prepared
/* What is made from parameters once per update. */
static void prepare_steps(void)
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
/* A micro-batch whose loss is not finite is dropped: its sums are taken back. sums[${rows_kept}] is of the rows that are kept. */
static __global__ void keep(Device *dev)
{
static constexpr int judged[] = { ${judged} };
Window &w = dev->w;
double *sums = dev->sums, *before = dev->before;
bool keeps = true;
for (int i : judged) keeps = keeps && fabs(sums[i]) <= DBL_MAX;
if (keeps) sums[${rows_kept}] += gg_micro(w, ${micro_batch}).rows, w.kept++;
else w.dropped++;
for (int i = 0; i < ${nsums}; i++) {
if (!keeps) sums[i] = w.micro ? before[i] : 0;
before[i] = sums[i];
}
w.keeps = keeps;
if (!keeps) w.micro++;
}

/* A micro-batch's forward, and whether the rest follows. */
static void judge(void)
{
${judging}
GG_LAUNCH(keep, 1, 1, 0, gg_stream, device);
}

/* Its backward. beta is 0 in the window's first that is kept, 1 in the next ones. */
//:else
/* One micro-batch: forward, loss, backward. beta is 0 in the window's first, 1 in the next ones. */
//:end
static void micro(int beta)
{
//:if no_beta
(void)beta;
//:end
${micro}
}

static void micro_first(void) { micro(0); }
static void micro_next(void) { micro(1); }
//:else
/* The window's micro-batch: forward, loss, backward. */
static void micro_first(void)
{
${micro}
}
//:end

/* The forward part of it. */
static void forward(void)
{
${forward}
//:if has_level
GG_LAUNCH(levels, 1, 1, 0, gg_stream, device);
//:end
}

//:if concluded
/* Behind the last micro-step. */
static void conclude_steps(void)
{
//:if has_late
GG_LAUNCH(late, 1, 1, 0, gg_stream, device);
//:end
//:if has_level
GG_LAUNCH(levels, 1, 1, 0, gg_stream, device);
//:end
${finish}
}

//:end
//:if whole
/* ${window} */
static void window_full(void)
{
//:if counted
for (int k = 0; k < ${accumulate}; k++) counting_steps();
counted_steps();
//:end
micro_first();
//:if unrolled
//:for m in micros
micro_next();
//:end
//:else
for (int k = 1; k < ${accumulate}; k++) micro_next();
//:end
//:if concluded
conclude_steps();
//:end
update_steps();
}
//:end

/* ---- what the device replays ---- */
static GgGraph pass, first, step;
//:if drops
static GgGraph judged;
//:end
//:if next
static GgGraph next;
//:end
//:if counted
static GgGraph counting, counted_graph;
//:end
//:if concluded
static GgGraph conclude;
//:end
//:if unrolled
static GgGraph full;
//:end

static void record(void)
{
pass = gg_record(forward);
first = gg_record(micro_first);
//:if drops
judged = gg_record(judge);
//:end
step = gg_record(update_steps);
//:if next
next = gg_record(micro_next);
//:end
//:if counted
counting = gg_record(counting_steps);
counted_graph = gg_record(counted_steps);
//:end
//:if concluded
conclude = gg_record(conclude_steps);
//:end
//:if unrolled
full = gg_record(window_full);
//:end
}

static void replay_micros(void)
{
//:if counted
for (int k = 0; k < w.micros; k++) gg_replay(&counting);
gg_replay(&counted_graph);
//:end
//:if drops
for (int k = 0, kept = 0; k < w.micros; k++) {
gg_replay(&judged);
if (gg_flag(&device->w.keeps)) gg_replay(kept++ ? &next : &first);
}
//:else
gg_replay(&first);
//:if next
for (int k = 1; k < w.micros; k++) gg_replay(&next);
//:end
//:end
//:if concluded
gg_replay(&conclude);
//:end
}

static void gradient(const Thread *t)
{
(void)t;
gg_stage();
replay_micros();
gg_finish();
}

static void update(const Thread *t)
{
(void)t;
gg_replay(&step);
//:if checked
gg_finish();
//:end
}

static void window(const Thread *t)
{
(void)t;
gg_stage();
//:if unrolled
if (w.micros == ${accumulate} && w.rows == ${micro_batch}) gg_replay(&full);
else {
replay_micros();
gg_replay(&step);
}
//:else
replay_micros();
gg_replay(&step);
//:end
gg_finish();
}

static void evaluate(const Thread *t)
{
(void)t;
gg_evaluate(&pass);
}

//:if prepared
static void prepare(const Thread *t)
{
(void)t;
prepare_steps();
}

//:end
/* ---- the device ---- */
extern "C" const Program ${title};

static void plan(void)
{
${plans}
}

static const char *device_open(long rows)
{
static const GgPlaces places = GG_PLACES(Device);
device = (Device *)gg_device_open(&${title}, rows, sizeof(Device), places);
plan();
record();
return gg_device_text();
}

static void send(void) { gg_copy_in(&device->p, &host, sizeof host); }
static void fetch(void) { gg_copy_out(&host, &device->p, sizeof host); }

/* ---- the program as the runtime sees it ---- */
/* ${lr_text}, at update t of T, E to an epoch */
static double learning_rate(double t, double T, double E)
{
${lr_unused}
return ${lr};
}

/* What is known before the window. */
static void scalars(Window *to)
{
${scalars}
}

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
${report_unused}
//:for r in reports
out[${index}] = ${value}; @@ ${name}
//:end
}

static const Tensor tensors[] = {
//:for p in tensors
${text}
//:end
};

//:if loads
static const Source sources[] = {
//:for s in sources
${text}
//:end
};
//:end
//:for l in class_lists
static const char *const ${ident}[] = { ${names} };
//:end
static const Column columns[] = {
//:for c in columns
${text}
//:end
};

static const ReportName reports[] = { ${report_names} };

extern "C" const Program ${title} = {
.name = "${name}", .fingerprint = 0x${fingerprint}u,
.batch = ${batch}, .micro_batch = ${micro_batch}, .accumulate = ${accumulate},
.epochs = ${epochs}, .steps = ${steps}, .seed = ${seed}, .tail = '${tail}',${nonfinite}
.reader = "${reader}", .path = "${path}",${split_paths}
.valid = ${valid}, .test = ${test}, .shuffle = ${shuffle},
.columns = columns, .ncolumns = ${ncolumns},
.tensors = tensors, .ntensors = ${ntensors},${sources_are} .elements = ${elements},${trained_is}
.params = (real *)&host.p, .gradients = (real *)&host.g,
.nstates = ${nstates},${states}
.memory = ${memory},
.reports = reports, .nreports = ${nreports}, .best = ${best}, .nsums = ${nsums},
.prepare = ${prepare_name}, .window = window, .gradient = gradient, .update = update, .evaluate = evaluate,
.w = &w, .sums = sums, .lr = learning_rate, .scalars = scalars, .report = report,
.target = "cuda", .machine = "",
.open = device_open, .close = gg_device_close, .send = send, .fetch = fetch, .await = gg_await, .profile = gg_profile, .skips = ${skips}
};
//:if main

int main(int argc, char **argv) { return gagen_main(argc, argv, &${title}); }
//:end
