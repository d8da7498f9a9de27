#!/bin/sh
# names.t -- tests/names.t over every word of the runtime's headers and of the skeletons, and every macro of the system's headers.
cd "$(dirname "$0")/../.." || exit 1
. tests/names.sh
./gagen -t c --standalone -o "$work/all.c" tests/golden/one.lua
{
    keywords
    $CC -std=gnu11 -dM -E "$work/all.c" | sed -n 's/^#define \([A-Za-z][A-Za-z0-9_]*\) .*/\1/p' | grep '[a-z]' | grep -v '^SYS_\|^M_.*[0-9]f\|^M_.*f[0-9]'
    cat runtime/*.h templates/*.c templates/*.cu templates/c/*.c templates/cuda/*.cu | sed 's,//.*,,; s/"[^"]*"//g' |
        grep -oh '\b[A-Za-z_][A-Za-z0-9_]*\b'
} | awk 'length <= 40 && !seen[$0]++' > "$work/words"
models "$work/words"
[ "$parts" -gt 25 ]; tell $? "$(wc -l < "$work/words") words in $parts models"
for part in $(seq "$parts"); do
    c_program part_$part gcc -std=c11; judged "words of part $part: C"
    cuda_program part_$part -std=c++20; judged "words of part $part: CUDA"
done
finish
