/* ---- the program as the runtime sees it ---- */
//:for s in steps
/* ${lr_text}, at update t of T, E to an epoch */
static double ${prefix}learning_rate(double t, double T, double E)
{
    ${lr_unused}
    return ${lr};
}

/* Before each window: its scales and the optimizer's constants. to->samples is its size. */
static void ${prefix}scalars(Window *to)
{
    ${scalars}
}
//:end

/* From sums over any number of windows. */
static void report(const double *s, double samples, double *out)
{
    ${report_unused}
    ${report_lines}
    //:for r in reports
    out[${index}] = ${value}; @@ ${name}
    //:end
}

static const Tensor tensors[] = {
    //:for p in tensors
    ${text}
    //:end
};

//:if has_namings
//:for n in namings
static const char *const ${naming}_buffers[] = { ${buffers} };
//:if named
static const Source ${naming}_sources[] = {
    //:for p in pieces
    ${text}
    //:end
};
//:end
//:end
static const Naming namings[] = { @@ names in files of other programs
    //:for n in namings
    ${row}
    //:end
};
//:end
//:if loads
static const Source sources[] = {
    //:for s in sources
    ${text}
    //:end
};
//:end
//:if zeroes
static const ZeroRow zero_rows[] = { ${zero_rows} };
//:end
//:if has_checks
static const Check checks[] = { ${checks} };
//:end
//:for l in class_lists
static const char *const ${ident}[] = { ${names} };
//:end
static const Column columns[] = {
    //:for c in columns
    ${text}
    //:end
};

//:if milestones_given
static const Milestone milestones[] = { ${milestones} };
//:end
//:if augments
static const Augment augments[] = {
    //:for a in augment_list
    ${text}
    //:end
};

//:end
static const ReportName reports[] = { ${report_names} };
//:if predicts

//:if allocates
static Output outputs[] = {
    //:for o in outputs
    { { ${place}, 'c', 0, 0 }, NULL, ${names}, ${whole} },
    //:end
};
//:else
static const Output outputs[] = {
    //:for o in outputs
    { { ${place}, 'c', 0, 0 }, ${at}, ${names}, ${whole} },
    //:end
};
//:end
//:end

//:if allocates
static real *flat[${nflat}];
static void allocate(void)
{
    ${room} = ${room_type}gg_room(sizeof *${room});
    ${flats}
    //:for o in outputs
    outputs[${index}].at = ${at};
    //:end
}

static void release(void) { gg_room_free(${room}), ${room} = NULL; }
//:else
static real *const flat[] = { ${flat} };
//:end

//:if turns
static const Step steps[] = { @@ a round: each in turn
//:else
static const Step steps[] = {
//:end
    //:for s in steps
    ${row}
    //:end
};

${linkage}const Program gagen_${title} = {
    .name = "${name}",
    .model = {
        .fingerprint = 0x${fingerprint}u,
        .tensors = tensors, .ntensors = ${ntensors},${sources_are}${zero_rows_are}${lone}
        .elements = ${elements},${trained_is} .flat = flat, .nstates = ${nstates},${states}
        .reports = reports, .nreports = ${nreports}, .nsums = ${nsums},
        .report = report,${checks_are}
        //:if predicts
        .outputs = outputs, .noutputs = ${noutputs},
        //:end
    },
    .schedule = {
        .batch = ${samples}, .micro_batch = N, .accumulate = ${micros},
        .epochs = ${epochs}, .updates = ${updates}, .seed = ${seed},
        .tail = '${tail}',${nonfinite}${milestones_are}${loss_scale}
        .steps = steps, .nsteps = ${nsteps}, .round = ${round_samples},
        .best = ${best},
    },
    .data = {
        .reader = "${reader}", .path = "${path}",${split_paths}
        .valid = ${valid}, .test = ${test}, .shuffle = ${shuffle},${csv_is}${tokens_is}
        .columns = columns, .ncolumns = ${ncolumns},
        //:if augments
        .augments = augments, .naugments = ${naugments},
        //:end
    },
    .device = {
        .target = "${target}", .machine = ${machine}, .memory = ${memory},
        //:if allocates
        .allocate = allocate, .release = release,
        //:end
        .w = &w, .sums = sums,
        .prepare = ${prepare_name}, .evaluate = evaluate,${predict_is}
        //:if device
        .open = device_open, .close = gg_device_close, .send = send, .fetch = fetch,
        .await = gg_await, .profile = gg_profile, .skips = ${skips},
        //:end
    },
    //:if can_sample
    .sampling = ${sampling},
    //:end
};
//:if main

int main(int argc, char **argv) { return gg_main(argc, argv, &gagen_${title}); }
//:end
