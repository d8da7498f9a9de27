# pair.sh -- two programs of one model, in two ways, whose losses and gradients must agree; then one of them with a fault.
#   . tests/lib.sh; . tests/pair.sh        then set what these read:
# model limits            the model, and compare.lua's bounds
# one other               the programs' names; one_options other_options: what tells them apart
# build_one build_other   "quick" or nothing: how they are compiled
# updates                 what the probe takes after rows, weights and threads; 1 1, unless told
updates="1 1" library=gagen_double

# ask NAME THREADS: NAME.got, what that program says
ask() {
    # shellcheck disable=SC2086
    "$work/$1" hashed=5 hashed "$2" $updates > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }
}

# agree WHAT NAME NAME: they say the same
# shellcheck disable=SC2086
agree() { yes "$1" compare "$work/$2.got" "$work/$3.got" $limits; }

# build_pair OPTION...: both programs
build_pair() {
    # shellcheck disable=SC2086
    $build_one prober $one $model $library $one_options "$@" && $build_other prober $other $model $library $other_options "$@"
}

# equal WHAT OPTION...: losses and gradients of a window whose last micro-batch is shorter
equal() {
    local what=$1
    shift
    build_pair "$@" || return
    ask $one 2 && ask $other 2
    agree "$what" $one $other
}

# same_on_threads: `one` on 1 thread and on 3
same_on_threads() {
    ask $one 1 && cp "$work/$one.got" "$work/on_one" && ask $one 3
    yes "on 3 threads the same bits as on 1" cmp "$work/$one.got" "$work/on_one"
}

# plant OF WHAT SED...: a fault in the program OF, in off.c
plant() {
    local of=$1 what=$2
    shift 2
    sed "$@" "$work/$of.c" > "$work/off.c"
    cmp -s "$work/$of.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
}

# broken WHAT SED...: a fault of `one` that the same comparison sees
broken() {
    local what=$1
    plant $one "$@"
    quick compile "$work/off" "tests/probe.c $work/off.c" $library -DPROGRAM="$(basename $model .lua)" && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/$other.got" $limits
}

# on_device WHAT OPTION...: `one` in CUDA under the emulator, in all orders, beside `other` in C
on_device() {
    local what=$1
    shift
    # shellcheck disable=SC2086
    cuda_prober device $model $library $one_options "$@" && quick prober $other $model $library $other_options "$@" && ask $other 2 || return
    # shellcheck disable=SC2086
    yes "$what" emu_orders sh -c "$work/device hashed=5 hashed 1 $updates > $work/device.got && lua5.4 tests/compare.lua $work/device.got $work/$other.got $limits"
}
