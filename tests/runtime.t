#!/bin/sh
# The runtime by itself, driven by a program written by hand (tests/runtime/mlp.h), under ASan, UBSan and TSan.
dir=build/tests/runtime
cc=${CC:-cc}
mkdir -p $dir
n=0 bad=0
ok() { n=$((n + 1)); printf '%s %d - %s\n' "$1" $n "$2"; [ "$1" = ok ] || bad=1; }
check() { if [ "$1" -eq 0 ]; then ok ok "$2"; else ok "not ok" "$2"; fi; }

# build NAME FLAGS: tests/runtime/NAME.c with the runtime's sources
build() {
    $cc -std=gnu11 -g -O1 $2 -Wall -Wextra -Iruntime tests/runtime/$1.c $dir/asan/*.o $3 -lm -lpthread -o $dir/$1 ||
        ok "not ok" "tests/runtime/$1.c compiles"
}
asan="-fsanitize=address,undefined -fno-sanitize-recover=all"
mkdir -p $dir/asan
for source in runtime/*.c; do
    $cc -std=gnu11 -g -O1 $asan -Wall -Wextra -Wpedantic -Iruntime -c $source -o $dir/asan/$(basename $source .c).o ||
        ok "not ok" "$source compiles"
done
for program in units read hostile hostile_npy embed train_mlp; do build $program "$asan"; done
$cc -std=gnu11 -g -O1 -fsanitize=thread -Iruntime tests/runtime/teams.c runtime/team.c runtime/base.c -lpthread -o $dir/teams
zlib=$(echo '#include <zlib.h>' | $cc -E - > /dev/null 2>&1 && echo -lz)
# trained NAME FLAG...: a program that trains, with the runtime as users have it
trained() { out=$dir/$1; shift; $cc -std=gnu11 -O2 -Iruntime "$@" tests/runtime/train_mlp.c ${library:-libgagen.a} -lm -lpthread $zlib -o $out; }
trained fast
trained carry "-DTAIL='c'"
# watched NAME RATE FIELD TAIL [VALID]: trains at that rate with that field of the schedule, validates on that part of the rows
watched() { trained "$1" -DRATE=$2 "-DWATCH=$3" "-DTAIL='$4'" -DVALID=${5:-0.1}; }
watched patient 0.1 ".patience = 2" s
watched stuck 0.0 ".patience = 2" s
watched nobody_patient 0.1 ".patience = 2" s 1e-9
watched nobody_best 0.1 ".best_stated = true" s 1e-9
watched updates 0.1 ".validate = { 117, 10 }" s
watched epochs 0.1 ".validate = { 101, 4 }" s
watched carried 0.1 ".validate = { 101, 4 }" c
library=libgagen_double.a trained double -DGAGEN_DOUBLE
if [ -n "$zlib" ]; then $cc -std=gnu11 -O1 -Iruntime tests/runtime/read.c libgagen.a -lm -lpthread -lz -o $dir/read_gz; fi
$cc tests/runtime/squares.c -o $dir/squares
rm -rf $dir/data; mkdir -p $dir/data/squares; $dir/squares $dir/data/squares
GAGEN_DATA=$PWD/$dir/data; export GAGEN_DATA

# the facts that a test program prints, numbered on
facts() {
    "$@" > $dir/facts 2> $dir/facts.err; facts_rc=$?
    while read -r line; do
        case $line in
            "ok "*) ok ok "${line#*- }" ;;
            "not ok "*) ok "not ok" "${line#*- }" ;;
        esac
    done < $dir/facts
    [ $facts_rc -eq 0 ] || { ok "not ok" "$1 exits $facts_rc"; sed 's/^/# /' $dir/facts.err; }
}

# refused WHAT PATTERN COMMAND...: exit 1, a message of one line with the pattern, nothing from a sanitizer
refused() {
    what=$1 pattern=$2; shift 2
    "$@" > $dir/out 2> $dir/err
    rc=$?
    if [ $rc -eq 1 ] && grep -q "^error: .*$pattern" $dir/err && [ "$(wc -l < $dir/err)" -eq 1 ]; then ok ok "$what: $(cut -c8- $dir/err)"
    else ok "not ok" "$what: exit $rc: $(head -3 $dir/err)"; fi
}

# same WHAT EXPECTED COMMAND...: exit 0 and this text
same() {
    what=$1 expected=$2; shift 2
    if [ "$("$@" 2>&1)" = "$expected" ]; then ok ok "$what"; else ok "not ok" "$what: $("$@" 2>&1 | tr '\n' '|')"; fi
}

. tests/runtime/parts.sh
. tests/runtime/data.sh
. tests/runtime/files.sh
. tests/runtime/runs.sh
. tests/runtime/writable.sh
echo "1..$n"
exit $bad
