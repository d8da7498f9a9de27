#!/bin/sh
# run.sh -- our programs beside PyTorch and JAX: the same data, weights, threads and losses, in turns. Prints Markdown and
# keeps it in bench/results/<cpu>.md. Peers that cannot be imported are left out with a note. From the environment:
#   PYTHON python3   THREADS 2   ROUNDS 5   UPDATES 100   CC cc   CFLAGS "-O3 -march=native"   BUSY_ROUNDS 3
#   NETS "a b c d": a perceptron, LeNet, two GPTs (bench/models/gpt.lua); e is GPT-2 124M at 64 positions and takes 2.4 GB
#   LARGE_UPDATES 15   LARGE_ROUNDS 2: of d and e, whose updates take seconds
set -eu
cd "$(dirname "$0")/.."
: "${PYTHON:=python3}" "${THREADS:=2}" "${ROUNDS:=5}" "${UPDATES:=100}" "${CC:=cc}" "${CFLAGS:=-O3 -march=native}"
: "${BUSY_ROUNDS:=3}" "${NETS:=a b c d}" "${LARGE_UPDATES:=15}" "${LARGE_ROUNDS:=2}"
export THREADS PYTHONDONTWRITEBYTECODE=1 LC_ALL=C
dir=build/bench
warm=5

fail() { echo "bench: $*" >&2; exit 1; }

complain() { cat "$dir/errors" >&2; fail "$1 failed"; }

# build NET MODEL OPTION...: its program
build() {
  net=$1; shift
  ./gagen --standalone -o "$dir/peer_$net.c" "$@"
  # shellcheck disable=SC2086
  $CC $CFLAGS -o "$dir/peer_$net" "$dir/peer_$net.c" -lm -lpthread
}

# The sizes of a GPT: vocabulary, positions, layers, heads, width, micro-batch, micro-batches of a window.
sizes() {
  case $1 in
    c) echo 256 64 4 4 128 8 4 ;;
    d) echo 256 256 6 6 384 4 4 ;;
    e) echo 50304 64 12 12 768 4 1 ;;
  esac
}

# The program, its text and its first weights, which the peers load.
build_gpt() {
  net=$1
  # shellcheck disable=SC2046
  set -- $(sizes "$1")
  lua5.4 bench/text.lua "$dir/data/text_$net" "$2" "$1"
  build "$net" -D vocab="$1" -D t="$2" -D layers="$3" -D heads="$4" -D dim="$5" -D micro="$6" -D accumulate="$7" bench/models/gpt.lua
  rm -f "$dir/first_$net.safetensors"
  "$dir/peer_$net" --data "$dir/data/text_$net" --steps 0 --save "$dir/first_$net.safetensors" > "$dir/said"
}

prepare() {
  rm -rf "$dir/runs"
  mkdir -p "$dir/runs"
  $CC -O2 -o "$dir/measure" bench/measure.c
  $CC -O2 -o "$dir/peer_data" tests/peer_data.c -lm
  # shellcheck disable=SC2086
  $CC $CFLAGS -std=gnu11 -Iruntime -o "$dir/peak" bench/peak.c -lm -lpthread
  : > "$dir/peaks"
  "$dir/peer_data" "$dir/data"
  for net in $NETS; do
    case $net in a | b) build $net "tests/models/peer_$net.lua" ;; *) build_gpt $net ;; esac
  done
}

# Says "version NAME", then "ms X" per update but the first few and "loss N X", like the peers.
ours() {
  awk -v warm="$warm" '
    function field(name,  skip) {
      skip = length(name) + 3
      return match($0, "\"" name "\": *[-+.eE0-9]+") ? substr($0, RSTART + skip, RLENGTH - skip) + 0 : ""
    }
    BEGIN { print "version gagen" }
    /"update":/ && /"ms":/ {
      n = field("update")
      printf "loss %d %.9g\n", n, field("loss")
      if (n > warm) printf "ms %.4f\n", field("ms")
    }' "$1"
}

# run NAME MODE COMMAND...: adds what one run of a peer or of ours says to its file.
run() {
  name=$1 mode=$2; shift 2
  busy=; [ "$mode" = quiet ] || busy=-b
  out="$dir/runs/$name.$mode"
  case $name in
    gagen-*)
      rm -f "$dir/log.jsonl"
      set -- "$@" --threads "$THREADS" --steps "$updates" --log "$dir/log.jsonl"
      "$dir/measure" $busy "$THREADS" "$@" > "$dir/said" 2> "$dir/errors" || complain "$name"
      ours "$dir/log.jsonl" >> "$out"
      tail -n 1 "$dir/said" >> "$out" ;;
    *) "$dir/measure" $busy "$THREADS" "$@" "$updates" >> "$out" 2> "$dir/errors" || complain "$name" ;;
  esac
}

# round NETS MODE: the machine's peak, then each program once
round() {
  "$dir/peak" "$THREADS" >> "$dir/peaks"
  for net in $1; do
    updates=$UPDATES
    case $net in d | e) updates=$LARGE_UPDATES ;; esac
    case $net in a | b) round_net "$net" "$2" ;; *) round_gpt "$net" "$2" ;; esac
  done
}

round_net() {
  run "gagen-$1" "$2" "$dir/peer_$1" --data "$dir/data/peer_$1" --load "$dir/data/peer_$1.safetensors"
  case $1 in a) script=mlp ;; b) script=lenet ;; esac
  if [ "$torch" ]; then run "torch-$1" "$2" "$PYTHON" "bench/peers/$script.py"; fi
  if [ "$jax" ] && [ "$1" = a ]; then run "jax-$1" "$2" "$PYTHON" bench/peers/mlp_jax.py; fi
}

round_gpt() {
  text=$dir/data/text_$1 first=$dir/first_$1.safetensors
  run "gagen-$1" "$2" "$dir/peer_$1" --data "$text" --load "$first"
  for kind in ${torch:+eager sdpa compile}; do
    run "torch_$kind-$1" "$2" env MODE="$kind" SIZES="$(sizes "$1")" TEXT="$text" FIRST="$first" "$PYTHON" bench/peers/gpt.py
  done
}

# median and minimum of the ms in a file
spread() { awk '$1 == "ms" { print $2 }' "$1" | sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)], a[1] }'; }

loss_at() { awk -v n="$2" '$1 == "loss" && $2 == n { x = $3 } END { print x }' "$1"; }

# The first memory that each run tells, since a peer's own figure leaves the interpreter's exit out; the largest of all runs.
memory() {
  awk '$1 == "version" { fresh = 1 }
    $1 == "rss_kb" && fresh { fresh = 0; if ($2 > m) m = $2 }
    END { printf "%.0f", m / 1024 }' "$1"
}

title() {
  case $1 in
    a) echo "a: MLP 784-256-128-10" ;;
    b) echo "b: LeNet" ;;
    c) echo "c: GPT, 4 layers of 128, 64 positions" ;;
    d) echo "d: GPT, 6 layers of 384, 256 positions" ;;
    e) echo "e: GPT-2 124M, 64 positions" ;;
  esac
}

row() {
  file=$1 base=$2
  # shellcheck disable=SC2046
  set -- $(spread "$file")
  name=$(awk '/^version/ { print substr($0, 9); exit }' "$file")
  printf '| %s | %.2f | %.2f | %s | %s | %s | %s | %s |\n' "$name" "$1" "$2" \
    "$(awk -v a="$base" -v b="$1" 'BEGIN { printf "%.2f", a / b }')" "$(loss_at "$file" 1)" "$(loss_at "$file" 10)" \
    "$(loss_at "$file" 50)" "$(memory "$file")"
}

# best FIELD: GFLOP/s (2) or GB/s (3) of all threads, the best of the rounds
best() { awk -v f="$1" '$f > b { b = $f } END { print b }' "$dir/peaks"; }

# floor NET BASE: the least time that its multiply-adds take, and ours as a multiple of it
floor() {
  micros=8
  # shellcheck disable=SC2046
  case $1 in c | d | e) set -- "$1" "$2" $(sizes "$1"); micros=$9 ;; esac
  awk -v k="$micros" -v peak="$(best 2)" -v base="$2" '/^ *a micro-step .* MFLOP/ {
    ms = $3 * k / peak
    printf "| floor: %.3g GFLOP at the peak | %.2f | %.2f | %.2f | | | | |\n", $3 * k / 1000, ms, ms, base / ms
    exit }' "$dir/peer_$1.c"
}

# table NET MODE
table() {
  printf '\n| %s | ms, median | ms, least | ours / this | loss 1 | loss 10 | loss 50 | peak MB |\n' "$(title "$1")"
  echo "|---|---|---|---|---|---|---|---|"
  base=$(spread "$dir/runs/gagen-$1.$2"); base=${base%% *}
  for who in gagen torch torch_eager torch_sdpa torch_compile jax; do
    if [ -f "$dir/runs/$who-$1.$2" ]; then row "$dir/runs/$who-$1.$2" "$base"; fi
  done
  floor "$1" "$base"
  awk -v net="$1" '$1 == "loss" && $2 == net && $3 == "double" { l[$4] = $5; n++ }
    END { if (n) printf "| PyTorch in double | | | | %.9g | %.9g | %.9g | |\n", l[1], l[10], l[50] }' tests/reference/peers.txt
}

cpu_name() { awk -F ': *' '/^model name/ { print $2; exit }' /proc/cpuinfo | grep . || uname -m; }

cpu_field() { awk -F ': *' -v key="$1" '$1 ~ "^" key "[ \t]*$" { print $2; exit }' /proc/cpuinfo; }

features() {
  for bit in avx2 fma avx512f avx512_bf16 amx_tile amx_bf16 asimd sve; do
    if grep -qwE "$bit" /proc/cpuinfo; then printf ' %s' "$bit"; fi
  done
}

report() {
  echo "# $(cpu_name), family $(cpu_field 'cpu family') model $(cpu_field model)"
  # shellcheck disable=SC2016
  printf '\nFeatures:%s. Compiler: %s, `%s`. %s threads on %s CPUs.\n' "$(features)" "$($CC --version | head -n 1)" \
    "$CFLAGS" "$THREADS" "$(nproc)"
  echo "An update of a and b is a window of 8 micro-batches of 32 rows and one step of Adam; of c 4 micro-batches of 8 rows, of d 4 of 4"
  echo "and of e one of 4, and one step of AdamW. $UPDATES updates a run ($LARGE_UPDATES of d and e), the first $warm untimed,"
  echo "$ROUNDS runs of each ($LARGE_ROUNDS of d and e) in turns. Times are wall milliseconds per update over all runs, memory is the"
  echo "largest resident size."
  echo "Other processes' load before the first run: $load. Peak of $THREADS threads: $(best 2) GFLOP/s in registers, $(best 3) GB/s of reads."
  if [ ! "$torch" ]; then printf '\n%s cannot import torch: its peers are left out.\n' "$(basename "$PYTHON")"; fi
  if [ ! "$jax" ]; then printf '\n%s cannot import jax: its peer is left out.\n' "$(basename "$PYTHON")"; fi
  for net in $NETS; do table "$net" quiet; done
  [ "$small" ] || return 0
  printf '\nWith another process keeping one of the %s CPUs busy, %s runs of each in turns:\n' "$THREADS" "$BUSY_ROUNDS"
  for net in $small; do table "$net" busy; done
}

# of NET...: those that are asked for
of() { for net in $NETS; do case " $* " in *" $net "*) echo "$net" ;; esac; done; }

small=$(of a b)
[ -x ./gagen ] || fail "build ./gagen first: make"
torch=; "$PYTHON" -c "import torch" 2> /dev/null && torch=yes
jax=; "$PYTHON" -c "import jax" 2> /dev/null && jax=yes
load=$(cut -d ' ' -f 1 /proc/loadavg)
prepare
i=0; while [ $i -lt "$ROUNDS" ]; do round "$(of a b c)" quiet; i=$((i + 1)); done
i=0; while [ $i -lt "$LARGE_ROUNDS" ]; do round "$(of d e)" quiet; i=$((i + 1)); done
i=0; while [ $i -lt "$BUSY_ROUNDS" ]; do round "$small" busy; i=$((i + 1)); done
slug=$(echo "$(cpu_name) $(cpu_field 'cpu family') $(cpu_field model)" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/-$//')
mkdir -p bench/results
report | tee "bench/results/$slug.md"
