# beside.sh -- ACCEPTANCE's case 54: a net trained by programs in float and in double, beside PyTorch.
#   . tests/lib.sh; . tests/beside.sh        then set what `beside` reads:
# want             the reference and how compare.lua finds a run in it, "tests/reference/nets.txt --case"
# updates at       how many there are; of updates 1 and `at` gradients are compared with PyTorch's,
# far              and of 1 and `far`, float's with double's; at, unless told
# data weights threads raw                   the probe's (tests/probe.c)

# probed BUILD UPDATES ARGUMENT...: what a build of $net prints, after `from` where it says a checkpoint
probed() {
    local probe=$work/${net}_$1 count=$2
    shift 2
    # shellcheck disable=SC2086
    "$probe" "$data" "${from:-$weights}" $threads $count $raw "$@"
}

# told UPDATE RUN: a loss of the reference
told() {
    awk -v u="$1" -v run="$2" '$1 == "case" { on = $0 == "case " run }
        $1 == "loss" && (on && $2 == u || $2 " " $3 == run && $4 == u) { print $NF }' ${want% --*}
}

# beside "54. WHAT" NET RUN: build/tests/.../NET_float, NET_double and NET_off (lr times 1.01, in double) are there
beside() {
    local what=$1 net=$2 run=$3 out=$work/$2 first=10 from= far=${far:-$at}
    if [ $updates -lt 10 ]; then first=$updates; fi
    for build in float double off; do probed $build $updates 1 $at > "$out.$build"; done
    yes "$what, 1, in double: $updates losses, gradients of updates 1 and $at and the weights are PyTorch's to 1e-9" \
        compare "$out.double" $want "$run double" --loss 1e-9 --gradient 1e-9 --weight 1e-9
    no "54.1 lr times 1.01 in the losses" compare "$out.off" $want "$run double" --loss 1e-9
    no "54.1 lr times 1.01 in the weights" compare "$out.off" $want "$run double" --weight 1e-9

    probed float $((far - 1)) save="$out.safetensors" > "$work/said"
    for u in 1 $far; do
        if [ $u -gt 1 ]; then from=resume=$out.safetensors; fi
        for build in float double; do probed $build 1 1 > "$out.$build.$u"; done
        yes "$what, 2: gradients of update $u in float and in double from the same weights" \
            compare "$out.float.$u" "$out.double.$u" --tensor 1e-4
        no "54.2 one gradient times 1.001" compare "$out.float.$u" "$out.double.$u" --tensor 1e-4 --scale 1.001
    done

    yes "$what, 3, in float: the first $first losses are PyTorch's in double to 1e-6" \
        compare "$out.float" $want "$run double" --loss 1e-6 --updates $first
    no "54.3 lr times 1.01" compare "$out.off" $want "$run double" --loss 1e-6 --updates $first
    for u in $((updates * 2 / 5)) $updates; do
        echo "# update $u: gagen $(awk -v u=$u '$1 == "loss" && $2 == u { print $3 }' "$out.float")," \
            "PyTorch $(told $u "$run float"), in double $(told $u "$run double")"
    done
    rm -f "$out".*
}

# builds NET MODEL OPTION...: NET_float, NET_double and NET_off of it, whose rate is 1.01 times as large
builds() {
    local net=$1 model=$2 off=$work/off/$1/$(basename "$2")
    shift 2
    mkdir -p "$(dirname "$off")"
    lua5.4 -e 'local s, n = io.read("a"):gsub("(lr%s*=[^\n%d]-)(%d[%d.e-]*)", function(a, x) return ("%s%.17g"):format(a, 1.01 * x) end)
        assert(n == 1, n .. " rates") io.write(s)' < "$model" > "$off" || return
    program "${net}_float" "$model" gagen "$@" && program "${net}_double" "$model" gagen_double "$@" &&
        quick program "${net}_off" "$off" gagen_double "$@"
}
