#!/usr/bin/env bash
# generate.sh -- what gagen itself takes, what compilers take for its programs, and what making values again costs a chain of 48
# layers: processor time, the least of three turns. From the top of the repository, after make: bash bench/generate.sh
set -eu
: "${CC:=gcc}"
work=build/bench/generate
mkdir -p "$work"
TIMEFORMAT='%U %S'
# took COMMAND...: seconds of processor time
took() {
    local t
    t=$({ time "$@" > "$work/out" 2>&1; } 2>&1)
    awk '{ print $1 + $2 }' <<< "$t"
}
least() { { for _ in 1 2 3; do took "$@"; done; } | sort -n | head -n 1; }

echo "| model | gagen, C, ms | gagen, CUDA, ms | $CC -O2, s | $CC -O3, s |"
echo "|---|---|---|---|---|"
for model in examples/*.lua; do
    grep -q '^train' "$model" || continue
    name=$(basename "$model" .lua)
    c=$(least ./gagen -t c -o "$work/$name.c" "$model")
    cuda=$(least ./gagen -t cuda -o "$work/$name.cu" "$model")
    for level in 2 3; do
        took "$CC" -O$level -march=native -std=gnu11 -Iruntime -c -o "$work/$name.o" "$work/$name.c" > "$work/O$level"
    done
    awk -v n="$name" -v c="$c" -v d="$cuda" -v a="$(cat "$work/O2")" -v b="$(cat "$work/O3")" \
        'BEGIN { printf("| %s | %.0f | %.0f | %.1f | %.1f |\n", n, 1000 * c, 1000 * d, a, b) }'
done

echo
"$CC" -O2 -o "$work/window_data" tests/window_data.c -lm
"$work/window_data" "$work/data"
for level in none 1 all; do
    ./gagen -t c --standalone -D recompute=$level -D width=256 -D steps=6 -o "$work/chain_$level.c" tests/models/chain.lua
    "$CC" -O3 -march=native -o "$work/chain_$level" "$work/chain_$level.c" -lm -lpthread
done
for level in none 1 all; do echo "recompute = $level: $(least "$work/chain_$level" --data "$work/data" --threads 1) s"; done
