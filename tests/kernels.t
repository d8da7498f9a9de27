#!/bin/sh
# kernels.t -- vectors, elementary functions and contract(), for every vector width that this machine has; ALL=1 (tests/long/kernels.t)
# takes the builds that are left.
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
count=0

# tell LINE: a line of TAP
tell() { count=$((count + 1)); echo "$1"; }

# program NAME COMPILER FLAGS: builds it, then every fact must hold, and none with the control's fault
program() {
    name=$1 compiler=$2 flags=$3
    if ! $compiler $warnings $flags -Iruntime "tests/kernels/$name.c" -o "$work/$name" -lm 2> "$work/errors"; then
        tell "not ok - $name builds with $compiler $flags"
        sed 's/^/# /' "$work/errors"
        return
    fi
    "$work/$name" > "$work/facts" 2> "$work/errors" || echo "not ok - exit status $?" >> "$work/facts"
    while read -r fact; do tell "$fact ($compiler $flags)"; done < "$work/facts"
    if [ -s "$work/errors" ]; then tell "not ok - $name is silent"; sed 's/^/# /' "$work/errors"; fi
    "$work/$name" fault > "$work/control" 2>&1
    if grep -q '^not ok' "$work/control" && ! grep -q '^ok' "$work/control"; then tell "ok - $name: the control fails"
    else tell "not ok - $name: the control fails"; grep '^ok' "$work/control" | sed 's/^/# /'; fi
}

both() { program functions "$1" "$2"; program contract "$1" "$2"; }

clang=$(command -v clang)
if [ -z "$ALL" ]; then
    both "${CC:-cc}" "-std=c11 -O3 -march=native"
    both "${CC:-cc}" "-std=gnu11 -O3 -DGAGEN_DOUBLE"
    if [ -n "$clang" ]; then both clang "-std=c11 -O3"; fi
else
    both "${CC:-cc}" "-std=c11 -O3 -march=native -DGAGEN_DOUBLE"
    both "${CC:-cc}" "-std=gnu11 -O3"
    if grep -qw avx2 /proc/cpuinfo 2> /dev/null; then both "${CC:-cc}" "-std=gnu11 -O3 -mavx2 -mfma"; fi
    if [ -n "$clang" ]; then both clang "-std=gnu11 -O3 -march=native"; fi
    both "${CC:-cc}" "-std=gnu11 -O1 -march=native -fsanitize=address,undefined -fno-sanitize-recover=all"
fi
echo "1..$count"
