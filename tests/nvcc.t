#!/bin/sh
# nvcc.t -- what nvcc says of generated CUDA: no warning, no spill, no local memory, no atomics, no more registers than
# tests/cuda/ptxas tells for sm_80 and sm_90, and a program that links. BLESS=1 writes these tables. It needs no GPU. Where
# nvcc is missing it is skipped, unless GAGEN_REQUIRE_NVCC=1.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2> /dev/null)
if [ -z "$nvcc" ]; then
    if [ "${GAGEN_REQUIRE_NVCC:-0}" = 1 ]; then
        tell 1 "nvcc is in PATH or in /usr/local/cuda/bin"
        finish
    fi
    echo "1..0 # skip no nvcc in PATH or in /usr/local/cuda/bin"
    exit 0
fi
release=$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')
flags="-std=c++17 -O3 --fmad=false -Iruntime -Werror all-warnings -Xptxas -v,-warn-spills,-Werror"
flags="$flags -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90"
archs="sm_80 sm_90"
tables=tests/cuda/ptxas
programs="mnist_mlp mnist_cnn multitask peer_a peer_b"

model() { case $1 in peer_*) echo tests/models/$1.lua ;; *) echo examples/$1.lua ;; esac; }

# translate NAME: $work/NAME.cu becomes NAME.o, NAME/*.ptx and NAME.said
translate() {
    mkdir -p "$work/$1"
    # shellcheck disable=SC2086
    timeout 300 "$nvcc" $flags --keep --keep-dir "$work/$1" -c "$work/$1.cu" -o "$work/$1.o" > "$work/$1.said" 2>&1
    echo $? > "$work/$1.status"
}

# complaints NAME: what nvcc said besides ptxas's figures
complaints() { grep -vE '^ptxas info|bytes stack frame|^$' "$work/$1.said"; }

# figures NAME ARCH: "kernel registers shared stack spilled" for each kernel, in order of names
figures() {
    awk -v arch="'$2'" '
        /Compiling entry function/ {
            on = $NF == arch
            name = $(NF - 2); gsub("\047", "", name)
            if (match(name, /^_ZL?[0-9]+/)) {
                n = substr(name, 1, RLENGTH); sub(/^_ZL?/, "", n)
                name = substr(name, RLENGTH + 1, n)
            }
        }
        on && /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
        on && / Used [0-9]+ registers/ {
            shared = 0
            for (i = 2; i < NF; i++) {
                if ($i == "registers,") registers = $(i - 1)
                if ($i == "bytes" && $(i + 1) ~ /^smem/) shared = $(i - 1)
            }
            if ($NF == "registers") registers = $(NF - 1)
            print name, registers, shared, stack, spilled
        }' "$work/$1.said" | sort
}

write_table() {
    echo "# nvcc $release, $1: kernel, registers a thread, bytes of shared memory a block"
    awk '{ printf "%-48s %4d %6d\n", $1, $2, $3 }' "$2"
}

# hold TABLE FIGURES: nothing lies in local memory, and no kernel has over 8 registers more than TABLE tells. Of another
# release of nvcc the table tells nothing.
hold() {
    awk -v release="$release" '
        NR == FNR && /^#/ { split($0, w, /[ ,]+/); same = w[3] == release; next }
        NR == FNR { told[$1] = $2; next }
        { seen[$1] = 1 }
        $4 + $5 > 0 { print $1 ": " $4 " bytes of stack, " $5 " bytes spilled"; bad = 1 }
        same && !($1 in told) { print $1 ": not in the table; BLESS=1 writes it"; bad = 1 }
        same && ($1 in told) && $2 > told[$1] + 8 { print $1 ": " $2 " registers, the table tells " told[$1]; bad = 1 }
        END {
            for (k in told) if (same && !(k in seen)) { print k ": in the table, and no longer in the program"; bad = 1 }
            if (!same) print "the table is of another nvcc: registers were not compared"
            exit bad
        }' "$1" "$2"
}

# atomics NAME: lines of its PTX that may add in any order; 0 where there is one
atomics() { grep -hnE '^[[:space:]]*(@%?!?p[0-9]+ )?(atom|red)\.' "$work/$1"/*.ptx | head -n 5 | grep .; }

# ---- programs, two at a time
all=$programs
for p in $programs; do generate "$work/$p.cu" "$(model $p)"; done
set -- $programs
while [ $# -gt 0 ]; do
    translate "$1" &
    if [ $# -gt 1 ]; then translate "$2"; shift; fi
    shift
    wait
done
mkdir -p $tables
for p in $all; do
    complaints $p > "$work/said"
    [ "$(cat "$work/$p.status")" = 0 ] && [ ! -s "$work/said" ]
    tell $? "$p: compiled for sm_80 and sm_90 without a word"
    head -n 12 "$work/said" | sed 's/^/# /'
    [ "$(cat "$work/$p.status")" = 0 ] || continue
    for arch in $archs; do
        figures $p $arch > "$work/$p.$arch"
        table=$tables/$p.$arch.txt
        if [ "${BLESS:-0}" = 1 ]; then write_table $arch "$work/$p.$arch" > $table; fi
        if [ ! -f $table ]; then
            write_table $arch "$work/$p.$arch" > $table
            tell 1 "$table was missing; it is written now, look at it"
            continue
        fi
        yes "$p: $(wc -l < "$work/$p.$arch") kernels on $arch, none in local memory, registers as told" hold $table "$work/$p.$arch"
    done
    atomics $p > "$work/said"; [ ! -s "$work/said" ]; tell $? "$p: no atomic operation in its PTX"
    sed 's/^/# /' "$work/said"
done

# ---- a whole program, which says what it lacks where no device answers
libraries=$(dirname "$(dirname "$nvcc")")/lib64
"$nvcc" "$work/mnist_mlp.o" -L. -lgagen $zlib -lcublasLt -o "$work/mnist_mlp.run" > "$work/said" 2>&1
tell $? "mnist_mlp links with libgagen.a, cudart and cublasLt"
sed 's/^/# /' "$work/said" | head -n 12
[ -d data/digits ] || make data/digits > "$work/said" 2>&1
LD_LIBRARY_PATH=$libraries:${LD_LIBRARY_PATH:-} timeout 300 "$work/mnist_mlp.run" --data data/digits --steps 1 > "$work/said" 2>&1
status=$?
if [ $status -eq 3 ]; then grep -q 'no CUDA device answers' "$work/said"; else [ $status -eq 0 ]; fi
tell $? "it trains, or ends with status 3 and says that no device answers"
tail -n 1 "$work/said" | sed 's/^/# /'

# ---- controls: what the same checks must find
cat > "$work/spills.cu" <<'END'
__global__ __launch_bounds__(1024, 2) void spills(float *x)
{
    float a[96];
#pragma unroll
    for (int i = 0; i < 96; i++) a[i] = x[i * 1024 + threadIdx.x];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 96; i++) x[(95 - i) * 1024 + threadIdx.x] = a[i] * a[(i * 7 + 3) % 96];
}
END
cat > "$work/lies.cu" <<'END'
__global__ void lies(float *x, const int *at)
{
    float a[256];
    for (int i = 0; i < 256; i++) a[i] = x[i];
    for (int i = 0; i < 256; i++) a[at[i] & 255] += x[i + threadIdx.x];
    x[threadIdx.x] = a[at[threadIdx.x] & 255];
}
END
cat > "$work/races.cu" <<'END'
__global__ void races(float *x) { atomicAdd(x, (float)threadIdx.x); }
END
translate spills
translate lies
translate races
[ "$(cat "$work/spills.status")" != 0 ] && grep -q 'registers were spilled\|spill' "$work/spills.said"
tell $? "control: nvcc refuses a kernel that spills"
figures spills sm_90 > "$work/spills.sm_90"
echo "# nvcc $release, sm_90: a table" > "$work/empty"
figures lies sm_90 > "$work/lies.sm_90"
write_table sm_90 "$work/lies.sm_90" > "$work/lies.table"
no "a kernel with an array in local memory" hold "$work/lies.table" "$work/lies.sm_90"
awk '/^#/ || $2 < 17 { print; next } !done { $2 -= 9; done = 1 } { print }' $tables/mnist_mlp.sm_90.txt > "$work/fewer"
no "a kernel with 9 registers more than the table tells" hold "$work/fewer" "$work/mnist_mlp.sm_90"
no "a kernel that the table lacks" hold "$work/empty" "$work/mnist_mlp.sm_90"
atomics races > "$work/said"; tell $? "control: an atomicAdd is found in PTX"
finish
