# lib.sh -- what tests in sh share: facts as TAP, programs made of models, numbers compared.
#   . tests/lib.sh          first;  finish          last
: "${CC:=gcc}"
name=$(basename "$0" .t)
work=build/tests/$name${PAIR:+_$(printf %s "$PAIR" | tr -c 'a-z0-9' _)}
mkdir -p "$work"
facts=0 failed=0
zlib=$(echo '#include <zlib.h>' | $CC -E - > /dev/null 2>&1 && echo -lz)
LC_ALL=C
export LC_ALL

# Programs are compiled as users compile them: -O3 and one of four pairs of a compiler and a machine. The test's name chooses the
# pair; PAIR=clang:native names another, as tests/long/flags_*.t do for all. A test whose numbers do not matter sets OPTIMIZE.
pairs="gcc:native gcc:x86-64-v3 clang:native clang:x86-64-v3"
choose_pair() {
    local pair=${PAIR:-$(echo "$pairs" | cut -d' ' -f$(($(printf %s "$name" | cksum | cut -d' ' -f1) % 4 + 1)))}
    compiler=${pair%%:*} machine=${pair#*:}
    command -v "$compiler" > /dev/null || compiler=$CC
    grep -qsw avx2 /proc/cpuinfo || machine=native
    echo "# $compiler ${OPTIMIZE:--O3} -march=$machine"
}
choose_pair

# quick COMMAND...: what it compiles is compiled at -O1, which takes gcc the least time: controls, whose numbers are wrong anyway
quick() {
    local OPTIMIZE=-O1
    "$@"
}

# tell GOOD WHAT: GOOD is 0 where the fact holds, a status
tell() {
    facts=$((facts + 1))
    if [ "$1" -eq 0 ]; then echo "ok $facts - $2"; else echo "not ok $facts - $2"; failed=1; fi
}

# yes WHAT COMMAND...: the command succeeds;  no WHAT COMMAND...: it fails. What it says is shown when that is wrong.
yes() {
    local what=$1
    shift
    "$@" > "$work/said" 2>&1; tell $? "$what"
    tail -n 1 "$work/said" | grep -q . && sed 's/^/# /' "$work/said" | tail -n 12
}
no() {
    local what=$1
    shift
    "$@" > "$work/said" 2>&1; [ $? -eq 1 ]; tell $? "control: $what"
    tail -n 1 "$work/said" | grep -q . && sed 's/^/# /' "$work/said" | tail -n 12
}

# relay HEAD COMMAND...: the facts of a test that runs by itself, each with a head
relay() {
    local head=$1 status count
    shift
    "$@" > "$work/told" 2>&1
    status=$?
    count=$(grep -c '^ok \|^not ok ' "$work/told")
    awk -v n="$facts" -v head="$head" '/^(not )?ok [0-9]+ - / { sub(/[0-9]+ - /, ++n " - " head) } !/^1\.\.[0-9]/ { print }' "$work/told"
    facts=$((facts + count))
    [ $status -eq 0 ] && [ "$count" -gt 0 ]; tell $? "${head}the whole ends well"
}

# finish: how many facts there were
finish() {
    echo "1..$facts"
    exit $failed
}

# generate OUT MODEL OPTION...: the program's source, every stage verified
generate() {
    local out=$1 model=$2
    shift 2
    ./gagen --verify "$@" -o "$out" "$model" 2> "$work/errors" && return 0
    tell 1 "gagen $* $model"
    sed 's/^/# /' "$work/errors"
    return 1
}

# probe_objects: tests/probe.c for both libraries, once for all tests, unless headers are newer; the linker says which program
# `gagen_PROGRAM` is
probe_objects() {
    local made=build/tests/probe_gagen.o other=build/tests/probe_gagen_double.o new
    mkdir -p build/tests
    [ -f $made ] && [ -f $other ] && [ -z "$(find runtime tests/probe.c tests/hashed.h -name '*.[ch]' -newer $other)" ] && return
    new=$(mktemp -d build/tests/probe.XXXXXX) &&
        $CC -std=gnu11 -O1 -Iruntime -Itests -c tests/probe.c -o "$new/a.o" && mv "$new/a.o" $made &&
        $CC -std=gnu11 -O1 -Iruntime -Itests -DGAGEN_DOUBLE -c tests/probe.c -o "$new/b.o" && mv "$new/b.o" $other && rmdir "$new"
}

# compile OUT SOURCE LIBRARY FLAG...: LIBRARY is gagen or gagen_double
compile() {
    local out=$1 source=$2 library=$3
    shift 3
    if [ "$library" = gagen_double ]; then set -- -DGAGEN_DOUBLE "$@"; fi
    case "$source $*" in
        "tests/probe.c "*-DPROGRAM=*)
            local program="$* "
            program=${program#*-DPROGRAM=}
            probe_objects || return
            source="build/tests/probe_$library.o ${source#tests/probe.c } -Wl,--defsym=gagen_PROGRAM=gagen_${program%% *}" ;;
    esac
    # shellcheck disable=SC2086
    $compiler -std=gnu11 ${OPTIMIZE:--O3} -march=$machine -Iruntime -Itests "$@" $source -L. -l"$library" $zlib -lm -lpthread \
        -o "$out" 2> "$work/errors" && return 0
    tell 1 "$source compiles"
    head -n 20 "$work/errors" | sed 's/^/# /'
    return 1
}

# trainer NAME MODEL OPTION...: build/tests/.../NAME, a program with a command line
trainer() {
    generate "$work/$1.c" "$2" $(shift 2; echo "$@") && compile "$work/$1" "$work/$1.c" gagen
}

# prober NAME MODEL LIBRARY OPTION...: the program under tests/probe.c
prober() {
    generate "$work/$1.c" "$2" --library $(shift 3; echo "$@") &&
        compile "$work/$1" "tests/probe.c $work/$1.c" "$3" -DPROGRAM="$(basename "$2" .lua)"
}

# emulated NAME LIBRARY [DRIVER PROGRAM]: build/tests/.../NAME of NAME.cu, for the emulator (tests/cuda/emu.sh, read before)
drivers=
emulated() {
    local out=$work/$1 library=$2 double= driver=
    if [ "$library" = gagen_double ]; then double=-DGAGEN_DOUBLE; fi
    if [ $# -gt 2 ]; then
        driver=$work/$(basename "$3" .c)_$4$double.o
        # shellcheck disable=SC2086
        case $drivers in
            *" $driver "*) ;;
            *) $CC -std=gnu11 -O1 -Iruntime -Itests $double -DPROGRAM="$4" -c "$3" -o "$driver" || return ;;
        esac
        drivers="$drivers $driver "
    fi
    # shellcheck disable=SC2086
    EMU_CFLAGS=$double emu_build "$out" "$out.cu" $driver -L. -l"$library" $zlib -lm -lpthread 2> "$work/errors" && return 0
    tell 1 "$out.cu compiles"
    head -n 20 "$work/errors" | sed 's/^/# /'
    return 1
}

# cuda_trainer NAME MODEL OPTION..., cuda_prober NAME MODEL LIBRARY OPTION...: the same programs in CUDA
cuda_trainer() {
    generate "$work/$1.cu" "$2" -t cuda $(shift 2; echo "$@") && emulated "$1" gagen
}
cuda_prober() {
    generate "$work/$1.cu" "$2" -t cuda --library $(shift 3; echo "$@") && emulated "$1" "$3" tests/probe.c "$(basename "$2" .lua)"
}

compare() { lua5.4 tests/compare.lua "$@"; }

# near A B RELATIVE: two numbers agree
near() { awk -v a="$1" -v b="$2" -v e="$3" 'BEGIN { d = a - b; m = b < 0 ? -b : b; exit !(a != "" && b != "" && d <= e * m && -d <= e * m) }'; }

# A log's lines without what a clock said; one field of its updates.
log_facts() { sed 's/,"ms":.*//' "$1"; }
log_field() { sed -n "s/,\"nonfinite\":{[^}]*}//; s/^{\"update\":.*\"$2\":\([-+.eEa-zA-Z0-9]*\).*/\1/p" "$1"; }

# The hashed data and weights, made once for all tests.
window_data() {
    data=build/tests/data/windows
    [ -f "$data/done" ] && return
    mkdir -p build/tests/data
    $CC -O2 -o "$work/window_data" tests/window_data.c -lm && "$work/window_data" "$data" && touch "$data/done"
}
peer_data() {
    peers=build/tests/data/peers
    [ -f "$peers/done" ] && return
    mkdir -p build/tests/data
    $CC -O2 -o "$work/peer_data" tests/peer_data.c -lm && "$work/peer_data" "$peers" && touch "$peers/done"
}
