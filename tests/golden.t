#!/bin/sh
# golden.t -- the text of programs. Beside golden/x.lua stand x.c, x.cu and x.dump; what is missing is written and fails, BLESS=1
# writes all. Lines of x.lua such as "-- kernels: 7" and "-- arena: 59008" must hold whatever the text says. Every program
# compiles without a warning.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"

# golden FILE GOT: the file says what was got
golden() {
    if [ -n "${BLESS:-}" ]; then cp "$2" "$1"; fi
    if [ ! -f "$1" ]; then
        cp "$2" "$1"
        tell 1 "$1: was not there, written now"
        return
    fi
    cmp -s "$1" "$2"; tell $? "$1"
    cmp -s "$1" "$2" || diff "$1" "$2" | head -n 20 | sed 's/^/# /'
}

# counted NAME: what the dump says of it
counted() {
    case $1 in
        kernels) grep -c '^  k[0-9].* phase ' "$dump" ;;
        *) awk -v key="$1" '/^arena [0-9]/ { for (i = 1; i < NF; i++) if ($i == key) { print $(i + 1) + 0; exit } }' "$dump" ;;
    esac
}

for model in tests/golden/*.lua; do
    base=$work/$(basename "$model" .lua)
    dump=$base.dump
    ./gagen -t c --verify "$model" > "$base.c" 2> "$base.err"; tell $? "gagen $model"
    for stage in partition join schedule; do ./gagen -t c --dump=$stage "$model"; done > "$dump" 2> "$base.err"
    sed -n 's/^-- \([a-z]*\): \([0-9]*\)$/\1 \2/p' "$model" > "$base.structure"
    while read -r name expect; do
        got=$(counted "$name")
        [ "$got" = "$expect" ]; tell $? "$model: $name: $expect${got:+, got $got}"
    done < "$base.structure"
    golden "${model%.lua}.c" "$base.c"
    golden "${model%.lua}.dump" "$dump"
    ./gagen -t cuda --verify "$model" > "$base.cu" 2> "$base.err"; tell $? "gagen -t cuda $model"
    golden "${model%.lua}.cu" "$base.cu"
    # shellcheck disable=SC2086
    yes "$model: its CUDA is C++ without a warning" ${CXX:-g++} -x c++ $emu_flags $emu_warnings -Werror -fsyntax-only "$base.cu"
    for cc in gcc clang; do
        command -v $cc > /dev/null || continue
        # shellcheck disable=SC2086
        yes "$model: $cc has no warning" $cc -std=c11 -O1 -march=native $warnings -Iruntime -c "$base.c" -o "$base.o"
    done
    # shellcheck disable=SC2086
    yes "$model: nor in double" $CC -std=gnu11 -O1 $warnings -DGAGEN_DOUBLE -Iruntime -c "$base.c" -o "$base.o"
done
finish
