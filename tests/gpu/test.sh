#!/bin/sh
# test.sh -- make test-gpu, in the kit: generated CUDA programs on this machine's GPU. TAP; all of it is kept in
# results/test-<gpu>.log. From the environment: MODELS, those to test; STAGES, of products models accumulation precisions whole
# sanitizer; MAKE_ARGS for the build; LIMIT, the seconds that one run may take.
cd "$(dirname "$0")" || exit 1
LC_ALL=C
export LC_ALL
: "${MODELS:=mnist_mlp mnist_cnn multitask peer_a peer_b}" "${STAGES:=products models accumulation precisions whole sanitizer}"
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2> /dev/null | head -n 1)
slug=$(echo "${gpu:-no-gpu}" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/-$//')
mkdir -p results out/run
log=results/test-$slug.log
work=out/run
began=$(date +%s)

facts=0
tell() {
    facts=$((facts + 1))
    if [ "$1" -eq 0 ]; then echo "ok $facts - $2"; else echo "not ok $facts - $2"; touch $work/failed; fi
}
show() { tail -n "${1:-12}" $work/said | sed 's/^/# /'; }
# yes WHAT COMMAND...: the command succeeds within two minutes;  no: it ends with 1, or the control proves nothing
yes() { what=$1; shift; timeout 120 "$@" > $work/said 2>&1; tell $? "$what"; show; }
no() { what=$1; shift; timeout 120 "$@" > $work/said 2>&1; [ $? -eq 1 ]; tell $? "control: $what"; show 3; }
skip() { facts=$((facts + 1)); echo "ok $facts - $1 # skip $2"; }
spent() { echo "# $(($(date +%s) - began)) s so far"; }

where() { case $1 in mnist_*) echo data/digits ;; multitask) echo data/cars.csv ;; *) echo "out/peers/${1%%_[0-9]*}" ;; esac; }

# drive MODEL OUT WEIGHTS UPDATES [ARGUMENT...]: a run in a process of its own; told only where it fails
drive() {
    program=$1 to=$2 weights=$3 count=$4; shift 4
    timeout "${LIMIT:-120}" "out/drive-$program" "$(where "$program")" "$weights" "$count" "$to" "$@" > $work/said 2>&1 && return 0
    tell 1 "$program: a run of $count updates, $*"
    show
    return 1
}

# same WHAT A B: bit for bit
same() { yes "$1" cmp "$2" "$3"; }

model() {
    m=$1 first=resume=reference/$1.0.safetensors
    drive "$m" $work/$m.look "$first" 10 1 || return
    yes "$m: the first 10 losses are the C target's in double to 1e-6" out/differ $work/$m.look reference/$m.1.ref --loss 1e-6 --updates 10
    yes "$m: gradients of update 1 are those in double, case 54's bound" out/differ $work/$m.look reference/$m.1.ref --tensor 1e-4
    no "$m: one gradient times 1.001" out/differ $work/$m.look reference/$m.1.ref --tensor 1e-4 --scale 1.001
    drive "$m" $work/$m.20 "resume=reference/$m.19.safetensors" 1 1 &&
        yes "$m: gradients of update 20 from the same weights" out/differ $work/$m.20 reference/$m.20.ref --tensor 1e-4
    drive "$m" $work/$m.a "$first" 10 train save=$work/$m.a.st || return
    yes "$m: whole windows leave the weights of gradient and update one by one" out/differ $work/$m.a $work/$m.look --loss 0 --weight 0
    drive "$m" $work/$m.b "$first" 10 train save=$work/$m.b.st && same "$m: two runs agree bit for bit" $work/$m.a $work/$m.b &&
        same "$m: their checkpoints too" $work/$m.a.st $work/$m.b.st
    (GG_NO_GRAPH=1; export GG_NO_GRAPH; drive "$m" $work/$m.c "$first" 10 train; echo $facts > $work/facts); facts=$(cat $work/facts)
    same "$m: launched one by one, without graphs, bit for bit" $work/$m.c $work/$m.a
    (GG_STREAM=1; export GG_STREAM; drive "$m" $work/$m.d "$first" 10 train; echo $facts > $work/facts); facts=$(cat $work/facts)
    same "$m: data streamed instead of resident, bit for bit" $work/$m.d $work/$m.a
    drive "$m" $work/$m.e "$first" 4 train save=$work/$m.4.st && drive "$m" $work/$m.f resume=$work/$m.4.st 6 train save=$work/$m.10.st &&
        same "$m: 4 updates, saved, resumed, 6 more: the checkpoint of 10" $work/$m.10.st $work/$m.a.st
    drive "$m" $work/$m.h "$first" 10 together save=$work/$m.h.st &&
        same "$m: ten windows in one call, each begun before the last one ended: the checkpoint of 10" $work/$m.h.st $work/$m.a.st
    drive "$m" $work/$m.g "$first" 9 train && no "$m: 9 updates leave other weights than 10" cmp $work/$m.g $work/$m.a
    spent
}

# 8 x 32 and 1 x 256 from the same weights
accumulation() {
    drive peer_a $work/k8 reference/peer_a.0.safetensors 5 1 && drive peer_a_1 $work/k1 reference/peer_a.0.safetensors 5 1 || return
    yes "peer_a: 8 x 32 and 1 x 256, gradients and 5 losses within rounding" \
        out/differ $work/k8 $work/k1 --gradient 1e-5 --tensor 1e-4 --loss 1e-6
    no "one gradient times 1.001" out/differ $work/k8 $work/k1 --tensor 1e-4 --scale 1.001
}

precisions() {
    for p in tf32 bf16; do
        [ -x "out/drive-mnist_mlp_$p" ] || continue
        drive "mnist_mlp_$p" $work/$p reference/mnist_mlp.0.safetensors 10 1 || continue
        loss=2e-3 gradient=3e-2
        if [ $p = bf16 ]; then loss=1e-2 gradient=1e-1; fi
        yes "mnist_mlp in $p: losses are fp32's to $loss, the gradient to $gradient" \
            out/differ $work/$p reference/mnist_mlp.1.ref --loss $loss --gradient $gradient
        no "mnist_mlp in $p has fp32's gradient" out/differ $work/$p reference/mnist_mlp.1.ref --gradient 1e-5
    done
}

# reaches PROGRAM LEAST OPTION...: the test accuracy of a whole run
reaches() {
    program=$1 least=$2; shift 2
    timeout 120 "out/main-$program" "$@" 2>&1 | awk -v least="$least" '
        { last = $0 }
        /^test / { print; for (i = 1; i < NF; i++) if ($i ~ /accuracy/ && $(i + 1) + 0 > best) best = $(i + 1) + 0 }
        / updates in / { print }
        END { if (best == "") print last; exit !(best >= least) }'
}
whole() {
    for p in "mnist_mlp 97 data/digits" "mnist_cnn 97 data/digits" "multitask 92 data/cars.csv"; do
        # shellcheck disable=SC2086
        set -- $p
        if [ ! -x "out/main-$1" ]; then continue; fi
        reaches "$1" "$2" --data "$3" > $work/said 2>&1; tell $? "$1 trains to $2 % and more"; show
    done
    timeout 60 out/main-mnist_mlp --data data/digits --steps 50 --profile > $work/said 2>&1; tell $? "mnist_mlp --profile"; show 30
}

# The four tools at once, on programs that take a few rows: no graphs, so that a kernel has its name, and once with them.
sanitizer() {
    tool=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer /usr/local/cuda/compute-sanitizer/compute-sanitizer 2> /dev/null | head -n 1)
    if [ -z "$tool" ]; then skip "compute-sanitizer" "it is not here"; return; fi
    if ! timeout 60 "$tool" out/drive-tiny_cars data/cars.csv - 1 $work/sane > $work/said 2>&1 && grep -q 'Device not supported\|no CUDA device' $work/said; then
        skip "compute-sanitizer" "it does not know this device: $(grep -m 1 'not supported\|no CUDA' $work/said)"
        return
    fi
    for p in tiny_cnn tiny_cars; do
        case $p in tiny_cnn) data=data/digits ;; *) data=data/cars.csv ;; esac
        for t in memcheck racecheck initcheck synccheck graphs; do
            (
                GG_NO_GRAPH=1; kind=$t
                if [ $t = graphs ]; then GG_NO_GRAPH=0 kind=memcheck; fi
                export GG_NO_GRAPH
                timeout 150 "$tool" --tool "$kind" --error-exitcode 9 out/drive-$p $data - 2 $work/$p.$t 1 > $work/said.$p.$t 2>&1
                echo $? > $work/status.$p.$t
            ) &
        done
        wait
        for t in memcheck racecheck initcheck synccheck graphs; do
            status=$(cat $work/status.$p.$t)
            tell "$status" "$p: compute-sanitizer, $t$([ "$status" -eq 124 ] && echo ' (no end in 150 s)')"
            if [ "$status" -ne 0 ]; then head -n 60 $work/said.$p.$t | sed 's/^/# /'; else tail -n 1 $work/said.$p.$t | sed 's/^/# /'; fi
        done
        spent
    done
}

products() {
    yes "matrix products by cuBLASLt, fp32" out/products
    yes "matrix products by cuBLASLt, tf32" out/products_tf32
}

models() { for m in $MODELS; do model "$m"; done; }

all() {
    echo "# $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null || echo 'nvidia-smi does not answer')"
    # shellcheck disable=SC2086
    timeout 280 make -j "$(nproc)" build-test ${MAKE_ARGS:-} > results/build-test.log 2>&1
    tell $? "all of it compiles and links"
    grep -E 'error|Error|warning|fatal' results/build-test.log | head -n 20 | sed 's/^/# /'
    spent
    timeout 60 out/drive-multitask data/cars.csv - 0 $work/probe > $work/said 2>&1; tell $? "a device answers"
    show
    if grep -q 'no CUDA device' $work/said || [ ! -x out/differ ]; then
        echo "Bail out! there is nothing to test on"
        return
    fi
    for stage in $STAGES; do
        $stage
        spent
    done
    echo "1..$facts"
    spent
}

rm -rf $work
mkdir -p $work
all 2>&1 | tee "$log"
[ ! -e $work/failed ]
