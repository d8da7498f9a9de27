#!/bin/sh
# mutations.t -- ACCEPTANCE's case 53: faults of the kind that loops have, planted in generated C. One counts only where the text has
# changed, the program compiled, all updates ran to exit 0 and a number differs: then the cases whose assertions fail have killed it.
cd "$(dirname "$0")/../.." || exit 1
OPTIMIZE=-O1
. tests/lib.sh
window_data
models=$work/models
mkdir -p "$models" "$work/rows"
cp tests/models/window_*.lua tests/models/case_*.lua tests/models/net_*.lua tests/models/batch_norm.lua "$models"
lua5.4 tests/nets_data.lua "$work/rows"
sed 's/steps = 200/steps = 20, ema = 0.99/' tests/models/window_adamw.lua > "$models/window_ema.lua"
# AdamA's net of tests/rules_model.lua, its first weights by the program's own names
rules=$work/rules
lua5.4 tests/rules_model.lua "$rules" && cp -r "$rules/parts" "$models" && sed 's/load = .* end, //; /load = /d' "$rules/adama.lua" > "$models/adama.lua"
lua5.4 - "$rules/named.safetensors" << 'END'
dofile("tests/hashed.lua").safetensors(arg[1], { { "trunk.0.weight", 9, 6 }, { "trunk.0.bias", 9 }, { "trunk.3.weight", 5, 9 }, { "trunk.3.bias", 5 },
  { "head.0.weight", 7, 5 }, { "head.0.bias", 7 }, { "head.2.weight", 1, 7 }, { "head.2.bias", 1 } }, 10)
END
windows=tests/reference/windows.txt nets=tests/reference/nets.txt norms=tests/reference/batch_norm.txt
perceptron=$data/perceptron.safetensors

# base|library|model and options|what the probe is given|the reference: a file and a case, or another split|CASE: assertion; CASE: assertion
bases() {
    cat <<'END'
even|gagen|window_even micro_batch=64|$data $perceptron 2 1 1|$windows --case "even 1024"|1: --gradient 1e-6 --tensor 1e-4; 48: --loss 1e-6
tail|gagen|window_tail|$data/rows_77 $perceptron 2 6|$windows --case "tail 77 step"|11: --weight 1e-6; 48: --loss 1e-6
ragged|gagen|window_ragged|$data $data/ragged.safetensors 2 1 1|$windows --case "ragged 128 3 64 17 100 1 40 90"|3: --gradient 1e-6; 48: --loss 1e-6
terms|gagen|window_terms|$data $data/ragged.safetensors 2 1 1|$windows --case "terms 8"|6: --gradient 1e-6; 48: --loss 1e-6
adamw|gagen|window_adamw micro_batch=8|$data $perceptron 2 200|$windows --case "adamw 200"|27: --weight 1e-5; 48: --loss 1e-5
clip|gagen|window_clip|$data $data/clip.safetensors 2 1|$windows --case clip|26: --weight 1e-5
decay|gagen_double|window_decay|$data $data/decay.safetensors 2 3|window_decay micro_batch=16|28: --weight 1e-12
tied|gagen|window_tied|$data $data/tied.safetensors 2 1 1|$windows --case "tied 64"|33: --gradient 1e-6
dropout|gagen|window_dropout|$data - 2 1 1|window_dropout micro_batch=64|35: --gradient 1e-6
masked|gagen|window_masked batch=16 rows=masked_2.csv|$data $perceptron 2 100|window_masked|18: --weight 0
resume|gagen_double|case_resume|$data - 2 24|case_resume micro_batch=32|15: --weight 1e-9; 48: --loss 1e-9
split|gagen|window_split micro_batch=3|$data - 2 5 1|window_split|2: --gradient 0 --weight 0
conv|gagen_double|net_conv|$work/rows $work/rows/conv.safetensors 2 50 1 20|$nets --case "conv double"|54: --loss 1e-9 --gradient 1e-9 --weight 1e-9
scaled|gagen|window_even micro_batch=64 loss_scale=1024|$data $perceptron 2 1 1|$windows --case "even 1024"|19: --gradient 1e-6 --tensor 1e-4; 48: --loss 1e-6
ema|gagen_double|window_ema micro_batch=8|$data $perceptron 2 20|window_ema|29: --average 1e-12; 27: --weight 1e-12
norm|gagen_double|batch_norm momentum=window|$work/rows $work/rows/batch_norm.safetensors 2 20 1|$norms --case window|37: --loss 1e-12 --gradient 1e-12 --weight 1e-12
looked|gagen_double|batch_norm|$work/rows $work/rows/batch_norm.safetensors 2 20 1 evaluate|$norms --case micro|49: --weight 1e-12
adama|gagen_double|adama|$rules/rows.csv $rules/named.safetensors 2 6|$rules/adama.txt|31: --loss 1e-12 --weight 1e-12
tasks|gagen_double|net_tasks|$work/rows $work/rows/tasks.safetensors 2 50 1 20|$nets --case "tasks double"|54: --loss 1e-9 --gradient 1e-9 --weight 1e-9
END
}

# what is done to the window|base|how its text changes
mutations() {
    cat <<'END'
beta is dropped: next micro-steps store|even|s/{ micro(t, m, 1); }/{ micro(t, m, 0); }/
beta is dropped in one weight's gradient|even|s/\(matmul_d_weight(t, \)beta\(); .* d net.2.weight \)/\10\2/
beta is dropped in one bias' gradient|even|s/\(sum_d_bias(t, \)beta\(); .* d net.0.bias \)/\10\2/
beta of a convolution's weight is dropped|conv|s/\(_d_weight(t, \)beta\(); .* d net.0.weight \)/\10\2/
beta of a norm's weight is dropped|conv|s/\((t, .*g.net_1.weight, \)beta/\10/
the first micro-step adds to the window before|tail|s/{ micro(t, m, 0); }/{ micro(t, m, 1); }/
the second micro-step of a window is skipped|adamw|/^static void window_full/,/^}/s/micro_next(t, &(Micro){ N, N });//
the last micro-batch of a window is skipped|adamw|/^static void window_full/,/^}/s/micro_next(t, &(Micro){ 7 \* N, N });//
the last micro-batch of a tail is skipped|tail|s/for (int k = 1; k <= last; k++)/for (int k = 1; k < last; k++)/
a micro-batch is read twice|adamw|/^static void window_full/,/^}/s/{ 7 \* N, N }/{ 6 * N, N }/
micro-batches begin one row late|even|/^static void window_full/,/^}/s/{ \([^,]*\), N }/{ (\1 + 1) % 961, N }/
the gradient is scaled by 1 / N twice|tail|s/to->scale_in\[0\] = (real)(1.0 \/ samples);/to->scale_in[0] = (real)(1.0 \/ samples \/ samples);/
it is divided by K as well|even|s/to->scale_in\[0\] = (real)(1.0 \/ samples);/to->scale_in[0] = (real)(1.0 \/ samples \/ 16);/
it is not divided|even|s/to->scale_in\[0\] = (real)(1.0 \/ samples);/to->scale_in[0] = 1;/
a tail is divided by K|tail|s/to->scale_in\[0\] = (real)(1.0 \/ samples);/to->scale_in[0] = (real)(1.0 \/ 32.0);/
the divisor is K + 1|even|s/to->scale_in\[0\] = (real)(1.0 \/ samples);/to->scale_in[0] = (real)(1.0 \/ (samples + 64));/
scale_out is applied twice|ragged|s/w.scale_out = divisor != 0 .*;/w.scale_out = (real)(1 \/ w.count \/ w.count);/
scale_out is that of all tokens, valid or not|ragged|s/w.scale_out = divisor != 0 .*;/w.scale_out = (real)(1 \/ 1024.0);/
the last micro-batch alone is counted|terms|/^static void count/,/^}/s/k = 0/k = last/
a term is divided by the other one's count|terms|s/w.scale_in\[1\] = .*;/w.scale_in[1] = (real)(1.0 \/ 8);/
lambda is lost|terms|s/(0.3 \/ samples)/(1.0 \/ samples)/
rows that pad a tail count in the gradient|tail|s/n < rows ? scale_in0 : 0/scale_in0/g
rows that pad a tail count in the loss|tail|s/^        if (n < rows)$/        if (n < N)/
a part of the sum is left out|even|s/add_up(0, 8)/add_up(0, 7)/
sums of the window before are kept|tail|s/sums\[i\] = 0;/(void)i;/
the accumulator has 16 bits|even|s/{ micro(t, m, \([01]\)); }/{ micro(t, m, \1); to_16_bits(t); }/;s/^INLINE void micro(.*/static void to_16_bits(const Thread *t)\n{\n    uint32_t *x = (uint32_t *)(void *)\&g;\n    for (size_t i = 0; t->id == 0 \&\& i < sizeof g \/ 4; i++) x[i] = (x[i] + 0x7fff + (x[i] >> 16 \& 1)) \& 0xffff0000;\n    barrier(t);\n}\n&/
the optimizer steps per micro-step|adamw|/^static void window_full/,/^}/s/micro_next(t, .*;/update(t); &/
moments are updated per micro-step|adamw|/^static void optimize/,/^}/s/const vec new_m = \(.*\);/vec new_m = \1;\n        for (int k = 1; k < 8; k++) new_m = R(0.9) * new_m + R(0.1) * dx;/
bias corrections count micro-steps|adamw|s/const double t = (double)to->t;/const double t = 8 * (double)to->t;/
bias corrections are one update late|adamw|s/const double t = (double)to->t;/const double t = (double)to->t + 1;/
the learning rate's schedule counts micro-steps|resume|/^static double learning_rate/,/^}/s/(t - 1.0) \/ T/(8.0 * t - 1.0) \/ T/
the learning rate is one update late|resume|/^static double learning_rate/,/^}/s/(t - 1.0) \/ T/t \/ T/
the sum is clipped, not the mean|resume|s/= (double)gradient_at\[i + j\]/= 32 * (double)gradient_at[i + j]/
each micro-step is clipped|clip|/^static void window_full/,/^}/s/micro_next/norm(t); for (long i = 0; t->id == 0 \&\& i < REALS; i++) ((real *)\&g)[i] *= (real)w.clip; barrier(t); micro_next/;s/^static void window_full/static void norm(const Thread *t);\nenum { REALS = sizeof g \/ sizeof(real) };\n&/
nothing is clipped|clip|s/if (w.clip > 1) w.clip = 1;/w.clip = 1;/
clip's epsilon is 1e-3|clip|s/w.norm + 1e-6/w.norm + 1e-3/
decay per micro-step|decay|s/(1.0 - lr \* 0.01)/pow(1.0 - lr * 0.01, 16.0)/
the second use of a layer stores|tied|s/\(matmul_d_weight(t, .*, \)1); /\10); /
masks are those of the micro-batch, used again by the next|dropout|s/w.first + m->from)/w.first)/g
masks of a window are used again by the next|resume|s/w.first + m->from)/m->from)/g
noise is drawn anew by the backward|dropout|/_dx(const Thread/,/^}/s/w.first + m->from)/w.first + m->from + 1)/
a window in which half counts is divided by all|masked|s/w.scale_out = divisor != 0 .*;/w.scale_out = (real)(1 \/ (2 * w.count));/
an all-masked micro-batch replaces the gradient|masked|s/{ micro(t, m, 1); }/{ micro(t, m, 0); }/
transposed weights are those of the window before|adamw|/^static void update/,/^}/s/    prepare(t);//
a chain of additions begins anew in each micro-step|split|s/, 2 \* beta)/, beta)/
a penalty on weights counts twice|split|s/^    conclude(t);/    conclude(t), conclude(t);/
a penalty on weights replaces the gradient|split|s/\(_d_weight(t, \)1\(); .* d token.0.weight \)/\10\2/
momentum counts micro-steps|conv|s/R(0.9) \* old_m/R(0.6561) * old_m/
gradients are kept in fp32 while all else is double|conv|s/{ micro(t, m, \([01]\)); }/{ micro(t, m, \1); to_fp32(t); }/;s/^INLINE void micro(.*/static void to_fp32(const Thread *t)\n{\n    real *x = (real *)\&g;\n    for (size_t i = 0; t->id == 0 \&\& i < sizeof g \/ sizeof *x; i++) x[i] = (float)x[i];\n    barrier(t);\n}\n&/
eps stands inside of the root|adamw|s/(v_sqrt(new_v) \* c2 + R(1e-8))/v_sqrt(new_v * c2 * c2 + R(1e-8))/
a loss scale is applied twice|scaled|s/to->loss_scale \* (/to->loss_scale * &/
a loss scale is not undone|scaled|s/to->scale_out = .*;/to->scale_out = 1;/
a loss scale is undone twice|scaled|s/1 \/ to->loss_scale/1 \/ to->loss_scale \/ to->loss_scale/
an average of the weights per micro-step|ema|s/v_store(&ema_at\[i\], \(.*\));/vec e = ema;\n        for (int k = 0; k < 8; k++) e += (\1 - ema) \/ (now - ema) * (now - e);\n        v_store(\&ema_at[i], e);/
an average of the weights of the update before|ema|s/(now - ema)/(x - ema)/
batch norm's momentum is as given where K of it make one|norm|s/arena.first_window_momentum = .*;/arena.first_window_momentum = R(0.1);/
batch norm's running statistics move in evaluation|looked|/^INLINE void micro(/,/^}/{ /(t, .*p.first_running_var/H; }; /^static void forward(/,/^}/{ / k[0-9]*_running_var(t, m);/{ s/if (w.training) //; G; }; }
the last micro-batch alone moves batch norm's running statistics|norm|/^static void forward(/,/^}/s/if (w.training) \(k[0-9]*_running\)/if (m->from >= 16) \1/
AdamA's moments decay per micro-step|adama|s/, \(v8*_load(&[^)]*)\) + (real)(1 - 0\.9)/, R(0.9) * \1 + (real)(1 - 0.9)/
AdamA's moments do not decay|adama|s/R(0.9) \* old_m)/old_m)/
AdamA squares the micro-batch's mean, not its part of the window's|adama|s/\* micro \* micro/* R(4.0) \* micro * micro/
decay is a gradient, as Adam's|tasks|s/const vec dx = \(.*\);/const vec dx = \1 + v_set(R(0.1)) * x;/;s/x \* shrink/x/
END
}

# program NAME LIBRARY MODEL OPTION...: NAME.c and NAME
program() {
    local name=$1 library=$2 model=$3
    shift 3
    prober "$name" "$models/$model.lua" "$library" $(for o in "$@"; do echo "-D $o"; done)
}

# judged NAME REFERENCE JUDGES: which cases' assertions fail of what is printed in $work/NAME.out
judged() {
    local name=$1 reference=$2 rest=$3 one killed=
    while [ -n "$rest" ]; do
        one=${rest%%;*} rest=${rest#"${rest%%;*}"} rest=${rest#;} one=${one# }
        eval "compare \"\$work/$name.out\" $reference ${one#*:}" > "$work/$name.told" || killed="$killed ${one%%:*}"
    done
    echo $killed
}

# prepared LINE: the base's program and its numbers, judged; its line for the mutants
prepared() (
    IFS='|' read -r base library model given reference judges <<END
$1
END
    # shellcheck disable=SC2086
    program "$base" "$library" $model || exit
    case $reference in
        \$*) ;;
        *) program "${base}_other" "$library" $reference && eval "\"\$work/${base}_other\" $given" > "$work/${base}_other.out"
           reference=\$work/${base}_other.out ;;
    esac
    eval "\"\$work/$base\" $given" > "$work/$base.out"
    echo "$base|$library|${model%% *}|$given|$reference|$judges" > "$work/$base.base"
    [ -z "$(judged "$base" "$reference" "$judges")" ]; tell $? "$base, unchanged: its cases hold"
    sed 's/^/# /' "$work/$base.told"
)

# mutated NUMBER: in $work/NUMBER.killed the cases that kill it; in NUMBER.why what was wrong where it cannot be killed
mutated() (
    IFS='|' read -r what base script <<END
$(sed -n "$1p" "$work/list")
END
    IFS='|' read -r base library model given reference judges < "$work/$base.base"
    rm -f "$work/$1.killed"
    sed "$script" "$work/$base.c" > "$work/$1.c"
    if cmp -s "$work/$1.c" "$work/$base.c"; then echo "the text has not changed" > "$work/$1.why"; exit; fi
    compile "$work/$1" "tests/probe.c $work/$1.c" "$library" -DPROGRAM="$model" > "$work/$1.why" || exit
    eval "timeout 60 \"\$work/$1\" $given" > "$work/$1.out" 2> "$work/$1.why" || { echo "exit status $?" >> "$work/$1.why"; exit; }
    judged "$1" "$reference" "$judges" > "$work/$1.killed"
)

# in_pairs COMMAND: for each line of standard input, in two streams
in_pairs() {
    local half
    cat > "$work/lines"
    for half in 0 1; do
        awk -v half=$half 'NR % 2 == half' "$work/lines" | while read -r line; do "$1" "$line"; done &
    done
    wait
}

mutations > "$work/list"
bases > "$work/bases"
keep() { prepared "$1" > "$work/${1%%|*}.tap"; }
in_pairs keep < "$work/bases"
for base in $(cut -d'|' -f1 "$work/bases"); do
    grep -q '^ok' "$work/$base.tap"; tell $? "$base, unchanged: its cases hold"
    sed 's/^not ok/# not ok/; /^#/!d' "$work/$base.tap"
done
count=$(wc -l < "$work/list") killed=0
seq 1 "$count" | in_pairs mutated
for i in $(seq 1 "$count"); do
    what=$(sed -n "$i{s/|.*//;p}" "$work/list") by=$(cat "$work/$i.killed" 2> /dev/null)
    if [ -z "$by" ] && [ -s "$work/$i.why" ]; then sed 's/^/# /' "$work/$i.why"; fi
    [ -n "$by" ]; tell $? "53. $what: killed by case ${by:-none}"
    if [ -n "$by" ]; then killed=$((killed + 1)); fi
done
[ "$killed" -ge 30 ] && [ "$killed" -eq "$count" ]; tell $? "53. $killed of $count mutations are killed by a case"
finish
