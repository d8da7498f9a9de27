#!/bin/sh
# run.sh -- our programs beside PyTorch and JAX: the same data, weights, threads and losses, in turns. Prints Markdown and
# keeps it in bench/results/<cpu>.md. Peers that cannot be imported are left out with a note. From the environment:
#   PYTHON python3   THREADS 2   ROUNDS 5   UPDATES 100   CC cc   CFLAGS "-O3 -march=native"   BUSY_ROUNDS 3
set -eu
cd "$(dirname "$0")/.."
: "${PYTHON:=python3}" "${THREADS:=2}" "${ROUNDS:=5}" "${UPDATES:=100}" "${CC:=cc}" "${CFLAGS:=-O3 -march=native}"
: "${BUSY_ROUNDS:=3}"
export THREADS PYTHONDONTWRITEBYTECODE=1 LC_ALL=C
dir=build/bench
warm=5

fail() { echo "bench: $*" >&2; exit 1; }

complain() { cat "$dir/errors" >&2; fail "$1 failed"; }

prepare() {
  rm -rf "$dir/runs"
  mkdir -p "$dir/runs"
  $CC -O2 -o "$dir/measure" bench/measure.c
  $CC -O2 -o "$dir/peer_data" tests/peer_data.c -lm
  "$dir/peer_data" "$dir/data"
  for net in a b; do
    ./gagen --standalone -o "$dir/peer_$net.c" "tests/models/peer_$net.lua"
    # shellcheck disable=SC2086
    $CC $CFLAGS -o "$dir/peer_$net" "$dir/peer_$net.c" -lm -lpthread
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
      set -- "$@" --threads "$THREADS" --steps "$UPDATES" --log "$dir/log.jsonl"
      "$dir/measure" $busy "$THREADS" "$@" > "$dir/said" 2> "$dir/errors" || complain "$name"
      ours "$dir/log.jsonl" >> "$out"
      tail -n 1 "$dir/said" >> "$out" ;;
    *) "$dir/measure" $busy "$THREADS" "$@" "$UPDATES" >> "$out" 2> "$dir/errors" || complain "$name" ;;
  esac
}

round() {
  for net in $1; do
    run "gagen-$net" "$2" "$dir/peer_$net" --data "$dir/data/peer_$net" --load "$dir/data/peer_$net.safetensors"
    case $net in a) script=mlp ;; b) script=lenet ;; esac
    if [ "$torch" ]; then run "torch-$net" "$2" "$PYTHON" "bench/peers/$script.py"; fi
    if [ "$jax" ] && [ "$net" = a ]; then run "jax-$net" "$2" "$PYTHON" bench/peers/mlp_jax.py; fi
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

title() { case $1 in a) echo "a: MLP 784-256-128-10" ;; b) echo "b: LeNet" ;; esac; }

row() {
  file=$1 base=$2
  # shellcheck disable=SC2046
  set -- $(spread "$file")
  name=$(awk '/^version/ { print substr($0, 9); exit }' "$file")
  printf '| %s | %.2f | %.2f | %s | %s | %s | %s | %s |\n' "$name" "$1" "$2" \
    "$(awk -v a="$base" -v b="$1" 'BEGIN { printf "%.2f", a / b }')" "$(loss_at "$file" 1)" "$(loss_at "$file" 10)" \
    "$(loss_at "$file" 50)" "$(memory "$file")"
}

# table NET MODE
table() {
  printf '\n| %s | ms, median | ms, least | ours / this | loss 1 | loss 10 | loss 50 | peak MB |\n' "$(title "$1")"
  echo "|---|---|---|---|---|---|---|---|"
  base=$(spread "$dir/runs/gagen-$1.$2"); base=${base%% *}
  for who in gagen torch jax; do
    if [ -f "$dir/runs/$who-$1.$2" ]; then row "$dir/runs/$who-$1.$2" "$base"; fi
  done
  awk -v net="$1" '$1 == "loss" && $2 == net && $3 == "double" { l[$4] = $5 }
    END { printf "| PyTorch in double | | | | %.9g | %.9g | %.9g | |\n", l[1], l[10], l[50] }' tests/reference/peers.txt
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
  echo "An update is a window of 8 micro-batches of 32 rows and one step of Adam; $UPDATES updates a run, the first $warm untimed,"
  echo "$ROUNDS runs of each in turns. Times are wall milliseconds per update over all runs, memory is the largest resident size."
  echo "Other processes' load before the first run: $load."
  if [ ! "$torch" ]; then printf '\n%s cannot import torch: its peers are left out.\n' "$(basename "$PYTHON")"; fi
  if [ ! "$jax" ]; then printf '\n%s cannot import jax: its peer is left out.\n' "$(basename "$PYTHON")"; fi
  table a quiet
  table b quiet
  printf '\nWith another process keeping one of the %s CPUs busy, %s runs of each in turns:\n' "$THREADS" "$BUSY_ROUNDS"
  table a busy
  table b busy
}

[ -x ./gagen ] || fail "build ./gagen first: make"
torch=; "$PYTHON" -c "import torch" 2> /dev/null && torch=yes
jax=; "$PYTHON" -c "import jax" 2> /dev/null && jax=yes
load=$(cut -d ' ' -f 1 /proc/loadavg)
prepare
i=0; while [ $i -lt "$ROUNDS" ]; do round "a b" quiet; i=$((i + 1)); done
i=0; while [ $i -lt "$BUSY_ROUNDS" ]; do round "a b" busy; i=$((i + 1)); done
slug=$(echo "$(cpu_name) $(cpu_field 'cpu family') $(cpu_field model)" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/-$//')
mkdir -p bench/results
report | tee "bench/results/$slug.md"
