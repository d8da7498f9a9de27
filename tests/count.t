#!/bin/sh
# count.t -- denominators and detached factors that are counted ahead of a window are those that its forward passes find, whatever
# products, convolutions, gathers and turned axes of the data they are made of.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/ahead.lua

# counted NAME [SED]: the program, which says after each window what scales its own sums would give; count() changed by SED
counted() {
    sed "/^static void count(/,/^}/{$2
}" "$work/counted.c" | awk '
        /^static void count\(.*[^;]$/ { on = 1 }
        on { part = part $0 "\n" }
        on && /^    if \(t->id == 0\) \{/ { lines = ""; taken = 1; print; next }
        on && taken && /sums\[i\] = 0/ { taken = 0 }
        on && taken { lines = lines $0 "\n" }
        /^static void gradient\(/ { inside = 1; print "static void recount(real *again);" }
        on && /^}/ { print; on = 0; gsub(/w\.scale_in\[/, "again[", lines); gsub(/w\.count = /, "const double found = ", lines)
            print "static void recount(real *again)\n{\n" lines "}"; next }
        inside && /^}/ { inside = 0
            print "    if (t->id == 0) {\n        real again[64];\n        recount(again);"
            print "        for (int i = 0; i < 5; i++) printf(\"%s %d\\n\", again[i] == w.scale_in[i] ? \"same\" : \"other\", i);\n    }" }
        { print }' > "$work/$1.c"
    sed -i '1i\
#include <stdio.h>' "$work/$1.c"
    compile "$work/$1" "tests/probe.c $work/$1.c" gagen_double -DPROGRAM=ahead && "$work/$1" - - 2 3 1 3 > "$work/$1.out"
}
same() { [ "$(grep -c '^same' "$work/$1.out")" -eq 15 ] && ! grep -q '^other' "$work/$1.out"; }

generate "$work/counted.c" $model --library -t c
counted all && yes "five scales of three windows are those of the windows' own sums" same all
counted less 's/ k[0-9]*_copy(t);//' && no "without the copies in another order" same less
cuda_prober cuda $model gagen && "$work/cuda" - - 1 3 1 3 > "$work/cuda.out" && "$work/all" - - 1 3 1 3 | grep -v '^same' > "$work/double.out"
yes "CUDA: the losses and gradients of updates 1 and 3 are those of C in double" compare "$work/cuda.out" "$work/double.out" --loss 1e-5 --gradient 1e-5
no "CUDA: the first gradient times 1.001" compare "$work/cuda.out" "$work/double.out" --gradient 1e-5 --scale 1.001
finish
