#!/bin/sh
# floats.t -- exp, log, tanh and erf of vectors at every 64th float and at all exponents' boundaries: 1 ulp for exp and log, 2 for the
# others, the same bits in lanes and in single numbers. FLOATS=1 takes all floats (make test-floats).
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

# scan WHAT COMPILER INCLUDE STEP FLAG...
scan() {
    local what=$1 compiler=$2 include=$3 step=$4
    shift 4
    command -v "$compiler" > /dev/null || return 0
    "$compiler" -std=gnu11 "$@" "-I$include" tests/kernels/floats.c -o "$work/floats" -lm 2> "$work/errors" || { tell 1 "$what: it compiles"; return; }
    "$work/floats" "$step" > "$work/facts"
}

# all WHAT COMPILER FLAG...: every function holds its bound
all() {
    local what=$1
    scan "$1" "$2" runtime "${FLOATS:-64}" -O2 $(shift 2; echo "$@")
    while read -r fact; do
        [ "${fact#ok}" != "$fact" ]; tell $? "$what: ${fact#* - }"
    done < "$work/facts"
}
all "SSE2" gcc
if grep -qw avx2 /proc/cpuinfo 2> /dev/null; then all "AVX2" gcc -mavx2 -mfma; all "AVX2, clang" clang -mavx2 -mfma; fi
if grep -qw avx512f /proc/cpuinfo 2> /dev/null; then all "AVX-512" gcc -mavx512f -mfma; fi

# broken NAME SED: last bits of a coefficient are others
broken() {
    mkdir -p "$work/runtime" && cp runtime/*.h "$work/runtime"
    sed "$2" runtime/elementary.h > "$work/runtime/elementary.h"
    cmp -s runtime/elementary.h "$work/runtime/elementary.h" && tell 1 "control: $1: nothing was planted"
    scan "$1" gcc "$work/runtime" 4096 -O1 -march=native
    [ "$(grep -c '^not ok' "$work/facts")" = 1 ] && grep -q "^not ok - $1:" "$work/facts"
    tell $? "control: $1 with other last bits: $(sed -n 's/^not ok - //p' "$work/facts")"
}
broken exp 's/0.166666672/0.16666696/'
broken log 's/0.333333135/0.3333335/'
broken tanh 's/-0.333333194/-0.3333337/'
broken erf 's/0.128379151/0.1283793/'
sed 's/return v8_##name(v8_set(x))\[0\]/return (real)name((double)x)/' runtime/real.h > "$work/runtime/real.h"
cp runtime/elementary.h "$work/runtime"
scan "libm" gcc "$work/runtime" 4096 -O1 -march=native
[ "$(grep -c '^not ok' "$work/facts")" = 4 ]; tell $? "control: single numbers of libm have other bits"
finish
