# The test programs that check by themselves.
facts $dir/units
facts $dir/teams
$dir/train_mlp --save $dir/hostile.safetensors > $dir/out 2>&1; check $? "a run under ASan and UBSan"
facts $dir/hostile $dir/hostile.safetensors
facts $dir/embed $dir/data/squares

# ---- the whole runtime in one file, as --standalone makes it ----
{
    echo '#include "gagen.h"'
    for source in runtime/*.c; do echo "#include \"${source#runtime/}\""; done
    echo '#include "mlp.h"'
    echo 'int main(int argc, char **argv) { return gg_main(argc, argv, &mlp); }'
} > $dir/one.c
$cc -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Werror -Iruntime -Itests/runtime $dir/one.c -o $dir/one -lm -lpthread 2> $dir/err
check $? "all sources in one translation unit compile without a warning"
$dir/one --log $dir/one.jsonl > $dir/out && $dir/fast --log $dir/linked.jsonl > $dir/out
[ "$(sed 's/,"ms":.*//' $dir/one.jsonl)" = "$(sed 's/,"ms":.*//' $dir/linked.jsonl)" ]; check $? "and give the losses of the linked program"

# ---- no memory is asked for once the run has begun; a loss that is NaN is shown ----
for tail in s c; do
    $cc -std=gnu11 -O2 -Iruntime -DTAIL="'$tail'" tests/runtime/allocs.c runtime/*.c -o $dir/allocs -lm -lpthread \
        -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
    facts $dir/allocs --epochs 80 --save $dir/a.st --save-every 5 --log $dir/a.jsonl
done
$cc -std=gnu11 -O2 -Iruntime -DRATE=1e30 tests/runtime/train_mlp.c runtime/*.c -o $dir/wild -lm -lpthread
$dir/wild --log $dir/wild.jsonl > $dir/out; check $? "a run that goes wild ends by itself"
grep -q '"update":3,.*"loss":null,.*"nonfinite":{"loss":"nan"' $dir/wild.jsonl && grep -q 'loss nan' $dir/out; check $? "and shows its NaN in the log and in its lines"
