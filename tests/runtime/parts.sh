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
    echo 'int main(int argc, char **argv) { return gagen_main(argc, argv, &mlp); }'
} > $dir/one.c
$cc -std=c11 -O2 -Wall -Wextra -Wpedantic -Wshadow -Werror -Iruntime -Itests/runtime $dir/one.c -o $dir/one -lm -lpthread 2> $dir/err
check $? "all sources in one translation unit compile without a warning"
$dir/one --log $dir/one.jsonl > $dir/out && $dir/fast --log $dir/linked.jsonl > $dir/out
[ "$(sed 's/,"ms":.*//' $dir/one.jsonl)" = "$(sed 's/,"ms":.*//' $dir/linked.jsonl)" ]; check $? "and give the losses of the linked program"
