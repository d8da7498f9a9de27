#!/bin/sh
# attention_options.t -- the options of fn.attention beside the same written out (tests/models/attention.lua), with a fault for each:
# a tile too few, keys that should be hidden. tests/gradients.t and cuda_ops.t hold them to PyTorch at many sizes.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O0
model=tests/models/attention.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
ask() { "$work/$1" hashed=5 hashed "$2" 1 1 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }

# equal WHAT OPTION...: both forms in double, losses and gradients of a window whose last micro-batch is shorter
equal() {
    local what=$1
    shift
    prober fused $model gagen_double "$@" && prober hand $model gagen_double "$@" -D by=hand || return
    ask fused 2 && ask hand 2
    # shellcheck disable=SC2086
    yes "$what" compare "$work/fused.got" "$work/hand.got" $limits
}

# broken WHAT SED...: a fault that `equal` sees
broken() {
    local what=$1
    shift
    sed "$@" "$work/fused.c" > "$work/off.c"
    cmp -s "$work/fused.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=attention && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/hand.got" $limits
}

equal "a causal window of 20 and a softcap" -D t=130 -D causal=true -D window=20 -D softcap=2
broken "a tile that is skipped at the low end" 's/: 0) \/ 26,/: 0) \/ 26 + 1,/'
broken "keys before the window" 's/(real)(k \* 26 + j + 20)/(real)(k * 26 + j + 21)/'
broken "the slope of another score" 's/\* v_load(&slopes\[j/* v_load(\&slopes[(j ^ 1)/'
equal "lengths, a mask and documents" -D t=130 -D lengths=true -D mask=true -D documents=true
broken "a tile that is skipped before the last valid key" 's/((long)length + 25) \/ 26/((long)length - 1) \/ 26/g'
broken "a key after the last valid one" 's/(real)(k \* 26 + j) >= length/(real)(k * 26 + j) > length/'
broken "the mask of another key" 's/\(may = .*\)\[k \* 26 + j\]/\1[k * 26 + (j ^ 1)]/'
broken "keys of other documents" 's/mine != other/mine < other/'
finish
