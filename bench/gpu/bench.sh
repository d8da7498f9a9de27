#!/bin/sh
# bench.sh -- make bench-gpu, in the kit: what the GPU can do at most, then our programs beside PyTorch, in turns; the same data,
# first weights and losses. results/<gpu>.md is written again after every stage, results/<gpu>.log has all that was said; where
# the kit lies in gagen's repository both go to bench/results too, and to RESULTS if that is set.
# From the environment: PYTHON python3   ROUNDS 7   TURN 0.25 s   SECONDS_ALL 560   NETS, which   MAKE_ARGS for the build
cd "$(dirname "$0")" || exit 1
: "${PYTHON:=python3}" "${ROUNDS:=7}" "${TURN:=0.25}" "${SECONDS_ALL:=560}"
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_COMPILE_THREADS=2
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2> /dev/null | head -n 1)
slug=$(echo "${gpu:-no-gpu}" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/-$//')
raw=out/said
result=results/$slug.md
log=results/$slug.log
began=$(date +%s)
rm -rf $raw
mkdir -p $raw results out/weights
: > "$log"

left() { echo $((SECONDS_ALL - ($(date +%s) - began))); }
note() { echo "# $(($(date +%s) - began)) s: $*" | tee -a "$log"; }
# within LEAST MOST: seconds for a stage, no more than are left
within() { n=$(left); if [ "$n" -gt "$1" ]; then echo "$1"; elif [ "$n" -gt 5 ]; then echo "$n"; else echo 5; fi; }

data() { case $1 in mlp*) echo out/peers/peer_a ;; lenet*) echo out/peers/peer_b ;; *) echo out/pictures ;; esac; }
net() { echo "${1%%_*}"; }
# batch and micro-batch of mlp_512, lenet_8x32 and mlp_128x4
sizes() {
    case $1 in
        lenet_*x*) n=${1#*_}; echo $((${n%x*} * ${n#*x})) "${n#*x}" ;;
        *x*) n=${1#*_}; echo $((${n%x*} * ${n#*x})) "${n%x*}" ;;
        *) echo "${1#*_} ${1#*_}" ;;
    esac
}

# weights NET: out/weights/NET.safetensors, which our program and the peers begin with
weights() {
    at=out/weights/$(net "$1").safetensors
    [ -f "$at" ] || timeout 60 "out/time-$1" x "$(data "$1")" init="$at" >> "$log" 2>&1
    echo "$at"
}

ours() {
    for precision in fp32 tf32; do
        program=out/time-$1; [ $precision = fp32 ] || program=${program}_$precision
        [ -x "$program" ] || continue
        echo "exec $program $1.$precision/gagen $(data "$1") $(weights "$1") $TURN"
    done
}
peers() {
    for precision in fp32 tf32; do
        # shellcheck disable=SC2046
        echo "exec $PYTHON src/gpu.py $1.$precision $(net "$1") $(sizes "$1" | tr '\n' ' ')$precision $(data "$1") $(weights "$1") $TURN 2>> out/said/peers.errors"
    done
}

# ---- what is measured: groups in the order of the tables
groups=${NETS:-mlp_64 mlp_128 mlp_512 lenet_128 lenet_8x32 resnet_128}
accumulated="1 2 4 8 16 32 64"

alone() {
    for g in $groups; do ours "$g"; done > $raw/alone.commands
    timeout "$(within 120)" out/turns 60 20 3 < $raw/alone.commands > $raw/alone
    cat $raw/alone >> "$log"
}
accumulation() {
    for k in $accumulated; do
        [ -x out/time-mlp_128x"$k" ] && echo "exec out/time-mlp_128x$k mlp_128x$k.fp32/gagen $(data mlp) $(weights mlp_128) $TURN"
    done > $raw/accumulation.commands
    timeout "$(within 90)" out/turns 60 20 "$ROUNDS" < $raw/accumulation.commands > $raw/accumulation
    cat $raw/accumulation >> "$log"
}
beside() {
    for g in $groups; do ours "$g"; peers "$g"; done > $raw/beside.commands
    ready=$(($(left) - 170))
    [ $ready -gt 240 ] && ready=240
    if [ $ready -lt 30 ]; then note "no time is left for PyTorch"; return; fi
    timeout "$(within 500)" out/turns "$ready" 20 "$ROUNDS" < $raw/beside.commands > $raw/beside
    cat $raw/beside >> "$log"
    tail -n 40 $raw/peers.errors >> "$log" 2> /dev/null
}

# ---- the report, from what was said so far
value() { awk -v k="$1" '$1 == k { print substr($0, length(k) + 2); exit }' $raw/ceilings; }

ceilings_table() {
    printf '\n| ceiling | measured |\n|---|---|\n'
    printf '| copy, bytes read and written | %s GB/s |\n' "$(value copy_gb_s)"
    for p in bf16 tf32 fp32; do printf '| %s product, 8192 x 8192 x 8192, random numbers | %s TFLOP/s |\n' $p "$(value ${p}_tflop_s)"; done
    printf '| an empty kernel, one of 100 in a graph | %s us |\n' "$(value kernel_in_graph_us)"
    printf '| an empty kernel, launched | %s us |\n' "$(value kernel_alone_us)"
    printf '| a graph of 100 empty kernels, launched and waited for | %s us |\n' "$(value graph_of_100_and_wait_us)"
}

# table FILE GROUP.PRECISION: all that offered to run it
table() {
    awk -v group="$2" '
        function median(list,  n, a, i, j, t) {
            n = split(list, a, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            least = a[1] + 0; most = a[n] + 0
            return n % 2 ? a[(n + 1) / 2] + 0 : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        { split($2, p, "/") }
        p[1] != group { next }
        $1 == "offer" { name[++count] = p[2] }
        $1 == "loss" { loss[p[2], $3] = $4 }
        $1 == "us" { us[p[2]] = us[p[2]] " " $3 }
        $1 == "failed" { why[p[2]] = substr($0, length($1 $2) + 3, 100) }
        END {
            if (!count) exit
            printf "\n| %s | us an update, median | least | most | ours / this | loss 1 | loss 10 |\n|---|---|---|---|---|---|---|\n", group
            for (i = 1; i <= count; i++) if (name[i] == "gagen") ours = median(us["gagen"])
            for (i = 1; i <= count; i++) {
                m = median(us[name[i]])
                if (!m) continue
                printf "| %s | %.1f | %.1f | %.1f | %s | %s | %s |\n", name[i], m, least, most, (ours ? sprintf("%.2f", ours / m) : ""),
                    loss[name[i], 1], loss[name[i], 10]
            }
            for (n in why) printf "| %s | failed: %s | | | | | |\n", n, why[n]
        }' "$1"
}

accumulation_table() {
    awk '
        function median(list,  n, a, i, j, t) {
            n = split(list, a, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            return n % 2 ? a[(n + 1) / 2] + 0 : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        $1 == "us" && match($2, /x[0-9]+\./) { k = substr($2, RSTART + 1, RLENGTH - 2); us[k] = us[k] " " $3 }
        END {
            printf "\n| MLP, K x 128 | us an update | us / K | (K - 1) more micro-steps, us each |\n|---|---|---|---|\n"
            for (k = 1; k <= 64; k *= 2) if (k in us) {
                t = median(us[k]); if (k == 1) one = t
                printf "| K = %d | %.1f | %.2f | %s |\n", k, t, t / k, (k > 1 && one) ? sprintf("%.2f", (t - one) / (k - 1)) : ""
            }
        }' $raw/accumulation
}

report() {
    echo "# $(value name)"
    printf '\nDriver %s, CUDA runtime %s, cuBLASLt %s, nvcc %s; %s multiprocessors, %s GiB, L2 of %s MiB.\n' "$(value driver)" \
        "$(value runtime)" "$(value cublaslt)" "$(nvcc_release)" "$(value multiprocessors)" "$(value memory_gib)" "$(value l2_mib)"
    echo "Microseconds of wall time per update, in turns of $TURN s behind half as long that does not count; medians of the turns. An update is the forward and"
    echo "backward pass of all its rows and one step of Adam; data lies on the device and losses are read by the host (ours: every"
    echo "update's, PyTorch's: a turn's last). All begin with the same weights: the losses of updates 1 and 10 say so."
    if [ -s $raw/ceilings ]; then ceilings_table; fi
    if [ -s $raw/beside ]; then
        printf '\n%s; resnet is a small residual network without normalisation.\n' "$(awk '$1 == "version" { print substr($0, 9); exit }' $raw/beside)"
        from=$raw/beside
    else
        printf '\nNot beside PyTorch: %s\n' "${torch:-not yet}"
        from=$raw/alone
    fi
    for g in $groups; do for p in fp32 tf32; do table $from "$g.$p"; done; done
    if grep -q '^us ' $raw/accumulation; then accumulation_table; fi
    grep -h '^out \|^failed ' $raw/alone $raw/accumulation $raw/beside 2> /dev/null | cut -c 1-160 | sed 's/^/    /' > $raw/missing
    if [ -s $raw/missing ]; then printf '\nLeft out:\n\n'; cat $raw/missing; fi
}
nvcc_release() { "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)" --version 2> /dev/null | sed -n 's/.*release \([0-9.]*\).*/\1/p'; }

publish() {
    report > "$result.new" 2>> "$log" && mv "$result.new" "$result"
    for to in "$([ -f ../../bench/run.sh ] && echo ../../bench/results)" "${RESULTS:-}"; do
        if [ -n "$to" ] && mkdir -p "$to"; then cp "$result" "$log" "$to/"; fi
    done
}
trap 'publish; exit 143' TERM INT HUP

# ---- stages
note "$(nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,power.limit,temperature.gpu --format=csv,noheader 2> /dev/null || echo 'nvidia-smi does not answer')"
touch $raw/ceilings $raw/alone $raw/accumulation
# shellcheck disable=SC2086
timeout "$(within 220)" make -j "$(nproc)" -k build-bench ${MAKE_ARGS:-} > results/build-bench.log 2>&1 || note "not all of it builds: results/build-bench.log"
grep -E 'error|fatal' results/build-bench.log | head -n 20 | tee -a "$log"
note "built"
timeout "$(within 90)" out/ceilings > $raw/ceilings 2>> "$log" || note "ceilings: status $?"
cat $raw/ceilings >> "$log"
if grep -q '^fail' $raw/ceilings; then
    note "no device answers: $(grep '^fail' $raw/ceilings)"
    exit 1
fi
publish
note "ceilings are measured"
alone
publish
note "ours alone"
accumulation
publish
note "accumulation"
if [ -n "${PEER_CPU:-}" ] || timeout 60 "$PYTHON" -c "import torch; assert torch.cuda.is_available()" 2>> "$log"; then
    beside
else
    torch="$PYTHON cannot import torch, or torch sees no device"
fi
publish
note "done"
cat "$result"
grep -q '^us ' $raw/alone
